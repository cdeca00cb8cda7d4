"""Who comes in to the administration pages and how they leave them; the pages themselves are Django's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from motcua.accounts import second_factor, views
from motcua.accounts.access import to_log_in


class AdministrationSite(AdminSite):
    """Django's administration behind the one log-in, where tries are counted."""

    site_title = site_header = _("Quản trị hệ thống")
    index_title = _("Dữ liệu của hệ thống")

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may enter."""
        user = request.user
        return user.is_active and user.is_staff and not second_factor.is_missing(user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send who is not logged in to the log-in page; refuse who is no administrator.

        An administrator who must have a second factor and has none is led to switch it on.
        """
        if request.user.is_authenticated:
            if request.user.is_staff and second_factor.is_missing(request.user):
                return redirect("second_factor")
            raise PermissionDenied(_("Trang này dành cho quản trị hệ thống."))
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard a page, and tell who pressed a button after the session had ended that it did nothing."""
        inner: Callable[..., HttpResponseBase] = super().admin_view(view, cacheable)

        @wraps(inner)
        def answer(request: HttpRequest, /, *args: Any, **named: Any) -> HttpResponseBase:
            is_lost = request.method == "POST" and not request.user.is_authenticated
            if is_lost and request.path != reverse("admin:logout"):
                return to_log_in(request)
            return inner(request, *args, **named)

        return answer

    def password_change(  # type: ignore[override]  # Django names what it shows itself
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one page where officials change their own password."""
        return redirect("account_password")

    def logout(  # type: ignore[override]  # the same
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End the session as everywhere else, on record."""
        return views.log_out(request)
