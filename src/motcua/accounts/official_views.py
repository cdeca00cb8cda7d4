"""The pages of an official's own account: "Tài khoản của tôi"."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from motcua.accounts import second_factor, service
from motcua.accounts.access import official_required
from motcua.accounts.forms import ConfirmForm, SecondFactorForm
from motcua.accounts.models import User
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.tries import LoginLimited
from motcua.accounts.views import another_password
from motcua.sealing import BrokenSeal, seal, unseal
from motcua.web.requests import too_many

_page = require_http_methods(["GET", "HEAD", "POST"])
# In the session, sealed: the secret that the page shows until its first code is typed.
_OFFERED = "offered_totp"


@require_safe
@official_required
def account(request: OfficialRequest) -> HttpResponse:
    """Show who one is here, and how well the account is guarded."""
    context = {
        "roles": [User.Role(role).label for role in request.user.roles],
        "codes_left": request.user.recovery_codes.count(),
        "is_required": second_factor.is_missing(request.user),
    }
    return render(request, "accounts/account.html", context)


@sensitive_post_parameters()
@_page
@official_required
def second_factor_page(request: OfficialRequest) -> HttpResponse:
    """Switch the second factor on, or put another telephone in the place of the old one."""
    secret = _offered_secret(request)
    form = SecondFactorForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show_secret(request, form, secret)
    now, is_first = timezone.now(), not request.user.has_second_factor
    try:
        codes = second_factor.switch_on(
            user=request.user,
            secret=secret,
            code=form.cleaned_data["code"],
            password=form.cleaned_data["current_password"],
            now=now,
        )
    except service.WrongPassword:
        form.refuse_password()
    except LoginLimited as limited:
        page = _show_secret(request, form, secret, until=limited.until, tries=limited.tries)
        return too_many(page, until=limited.until, now=now)
    else:
        if codes is not None:
            del request.session[_OFFERED]
            return _show_codes(request, codes, after="switched_on" if is_first else "another_telephone")
        form.add_error(
            "code",
            _(
                "Mã chưa đúng. Vui lòng nhập mã ứng dụng đang hiện, và xem đồng hồ của điện thoại có đúng giờ không."
            ),
        )
    return _show_secret(request, form, secret)


@sensitive_post_parameters()
@_page
@official_required
def recovery_codes(request: OfficialRequest) -> HttpResponse:
    """Make new recovery codes in the place of all old ones."""
    if not request.user.has_second_factor:
        return redirect("second_factor")
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        now = timezone.now()
        try:
            codes = second_factor.renew_codes(
                user=request.user, password=form.cleaned_data["current_password"], now=now
            )
        except service.WrongPassword:
            form.refuse_password()
        except LoginLimited as limited:
            context |= {"until": limited.until, "tries": limited.tries}
            page = render(request, "accounts/recovery_codes.html", context)
            return too_many(page, until=limited.until, now=now)
        else:
            return _show_codes(request, codes, after="new_codes")
    return render(request, "accounts/recovery_codes.html", context)


@sensitive_post_parameters()
@_page
@official_required
def password(request: OfficialRequest) -> HttpResponse:
    """Take another password."""
    return another_password(request, "account")


def _offered_secret(request: HttpRequest) -> str:
    """Return the secret that this session is offered: the same until it is used, should the page be loaded again."""
    try:
        return unseal("offered_totp", b64decode(request.session.get(_OFFERED, "")))
    except BrokenSeal:
        secret = second_factor.new_secret()
        request.session[_OFFERED] = b64encode(seal("offered_totp", secret)).decode("ascii")
        return secret


def _show_secret(
    request: OfficialRequest, form: SecondFactorForm, secret: str, **limited: Any
) -> HttpResponse:
    context = {
        "form": form,
        "qr": _qr(second_factor.address_for_phone(request.user, secret)),
        "groups": [secret[start : start + 4] for start in range(0, len(secret), 4)],
        "is_required": second_factor.is_missing(request.user),
        **limited,
    }
    return render(request, "accounts/second_factor.html", context)


def _show_codes(request: HttpRequest, codes: list[str], *, after: str) -> HttpResponse:
    """Show recovery codes, this once, and say what was done."""
    return render(request, "accounts/codes.html", {"codes": codes, "after": after})


def _qr(text: str) -> str:
    """Return a QR code as an SVG element."""
    code = segno.make_qr(text, error="l")
    return mark_safe(code.svg_inline(scale=4, border=4, omitsize=True))  # noqa: S308  # nosec B308, B703 # our own drawing
