"""Who may see which page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from motcua.accounts import second_factor
from motcua.accounts.models import Citizen, User

View = Callable[..., HttpResponse]


def citizen_of(request: HttpRequest) -> Citizen:
    """Return the citizen who is logged in, on a page that only citizens see."""
    return Citizen.objects.select_related("user").get(user_id=request.user.pk)


def _way_back(request: HttpRequest) -> str:
    """Return where to go after log in: this page; for a button that was pressed, the page it stood on."""
    return request.get_full_path() if request.method in {"GET", "HEAD"} else ""


def citizen_required(view: View) -> View:
    """Let only a logged-in citizen see a view; others are sent to log in, officers are told that it is not theirs."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_way_back(request))
        if not request.user.is_citizen:
            raise PermissionDenied(_("Trang này dành cho công dân. Cán bộ vui lòng dùng trang Một cửa."))
        return view(request, *args, **kwargs)

    return guarded


def officer_required(view: View) -> View:
    """Let only a logged-in officer or supervisor see a view; others are sent to log in, citizens are told so.

    Who must have a second factor and has none is led to switch it on.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_way_back(request))
        if not request.user.is_officer:
            raise PermissionDenied(_("Trang này dành cho cán bộ một cửa."))
        if second_factor.is_missing(request.user):
            return redirect("second_factor")
        return view(request, *args, **kwargs)

    return guarded


def official_required(view: View) -> View:
    """Let only a logged-in officer, supervisor or administrator see a view that is about their own account."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_way_back(request))
        if request.user.is_citizen:
            raise PermissionDenied(_("Trang này dành cho cán bộ."))
        return view(request, *args, **kwargs)

    return guarded


def supervisor_required(view: View) -> View:
    """Let only a logged-in supervisor or administrator see a view; others are sent to log in, or told so.

    Who must have a second factor and has none is led to switch it on.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_way_back(request))
        if request.user.role not in {User.Role.SUPERVISOR, User.Role.ADMINISTRATOR}:
            raise PermissionDenied(_("Trang này dành cho phụ trách bộ phận một cửa."))
        if second_factor.is_missing(request.user):
            return redirect("second_factor")
        return view(request, *args, **kwargs)

    return guarded
