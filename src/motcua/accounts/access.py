"""Who may see which page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar, cast
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts import second_factor
from motcua.accounts.models import Citizen, User
from motcua.accounts.requests import CitizenRequest, OfficialRequest
from motcua.accounts.rights import Right, may
from motcua.web.requests import came_from

_P = ParamSpec("_P")
_R = TypeVar("_R", bound=HttpRequest)
View: TypeAlias = Callable[Concatenate[_R, _P], HttpResponseBase]
_log = logging.getLogger("motcua.accounts")


def citizen_of(request: CitizenRequest) -> Citizen:
    """Return the citizen who is logged in; the backend read them with the user."""
    return request.user.citizen


def user_of(request: HttpRequest) -> User:
    """Return who is logged in, on a page that another guard stands before, as Django's does in the administration."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def to_log_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to the log-in and, after it, back to this page; who pressed a button reads that the press did nothing."""
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    query = urlencode({"next": came_from(request), "het-han": 1}, safe="/")
    return redirect(f"{reverse('log_in')}?{query}")


def _only(
    view: View[_R, _P],
    is_theirs: Callable[[User], bool],
    refusal: Promise,
    *,
    is_guarded: bool,
    right: Right | None = None,
) -> View[HttpRequest, _P]:
    """Let only those see a view whose it is; others are sent to log in, or told so.

    ``is_guarded``: who must have a second factor and has none is led to switch it on first. ``right`` is what the view
    can be asked for: the test of the table of rights walks all pages.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_log_in(request)
        if not is_theirs(request.user):
            page = request.resolver_match.view_name if request.resolver_match else ""
            _log.warning("access.refused user=%d page=%s", request.user.pk, page)
            raise PermissionDenied(str(refusal))
        if is_guarded and second_factor.is_missing(request.user):
            return redirect("second_factor")
        return view(cast(_R, request), *args, **kwargs)

    guarded.right = right  # type: ignore[attr-defined]
    return guarded


def citizen_required(view: View[CitizenRequest, _P]) -> View[HttpRequest, _P]:
    """Let only a logged-in citizen see a view."""
    refusal = _("Trang này dành cho công dân. Cán bộ vui lòng dùng trang Một cửa.")
    return _only(view, lambda user: user.is_citizen, refusal, is_guarded=False)


def right_required(right: Right) -> Callable[[View[OfficialRequest, _P]], View[HttpRequest, _P]]:
    """Let only officials who have a right see a view; whose dossier it is about the view asks ``dossiers.access``."""

    def guard(view: View[OfficialRequest, _P]) -> View[HttpRequest, _P]:
        refusal = _("Vai trò của ông/bà không được làm việc này. Vui lòng liên hệ phụ trách nếu cần.")
        return _only(view, lambda user: may(user, right), refusal, is_guarded=True, right=right)

    return guard


def official_required(view: View[OfficialRequest, _P]) -> View[HttpRequest, _P]:
    """Let only a logged-in officer, supervisor or administrator see a view that is about their own account."""
    return _only(view, lambda user: not user.is_citizen, _("Trang này dành cho cán bộ."), is_guarded=False)


def supervisor_required(view: View[OfficialRequest, _P]) -> View[HttpRequest, _P]:
    """Let only a logged-in supervisor or administrator see a view."""
    refusal = _("Trang này dành cho phụ trách bộ phận một cửa.")
    return _only(view, lambda user: may(user, Right.OVERSEE), refusal, is_guarded=True, right=Right.OVERSEE)
