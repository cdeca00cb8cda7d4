"""Pages of registering, logging in and of one's own data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import auth, messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts import notices, second_factor, service, sessions
from motcua.accounts.access import citizen_of, citizen_required
from motcua.accounts.forms import CodeForm, LoginForm, NewPasswordForm, ProfileForm, RegistrationForm
from motcua.accounts.models import User
from motcua.accounts.requests import CitizenRequest, UserRequest
from motcua.accounts.rights import may
from motcua.accounts.tries import LoginLimited
from motcua.verification.models import IdentityCheck
from motcua.verification.service import ChallengeNeeded, Limited, PressReused, line_status, press_of
from motcua.web.requests import client_address, too_many

_MOST_NOTICES = 50
_page = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters()
@_page
def register(request: HttpRequest) -> HttpResponse:
    """Register an account: the register is asked, and only its yes makes one."""
    if request.user.is_authenticated:
        return redirect(_home_of(request.user))
    if not settings.REGISTRATION_OPEN:
        return render(request, "accounts/closed.html", status=403 if request.method == "POST" else 200)
    form = RegistrationForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "accounts/register.html", context)
    password_hash, now = form.password_hash(), timezone.now()
    if form.contradictions():
        form.keep_password(password_hash)
        return render(request, "accounts/register.html", context)
    try:
        check = service.register_citizen(
            claim=form.claim,
            password_hash=password_hash,
            contact=form.contact,
            address=client_address(request),
            now=now,
            press=press_of(request.POST),
        )
    except (ChallengeNeeded, PressReused, Limited) as refusal:
        form.keep_password(password_hash)
        return _not_asked(request, "accounts/register.html", context, refusal, now)
    except service.NumberTaken:
        form.keep_password(password_hash)
        form.add_error(
            "number",
            _(
                "Chưa đăng ký được bằng số CMND này. Vui lòng nhập số định danh 12 số trên thẻ căn cước, hoặc đến bộ "
                "phận một cửa."
            ),
        )
        return render(request, "accounts/register.html", context)
    if check.is_verified:
        return redirect("registered")
    if not check.is_rejected:
        form.keep_password(password_hash)
    return render(request, "accounts/register.html", context | _outcome(check, now))


@require_safe
def registered(request: HttpRequest) -> HttpResponse:
    """Say that it went well, the same to everybody."""
    return render(request, "accounts/registered.html")


@sensitive_post_parameters()
@_page
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in, and go where one wanted to go."""
    way_back = _way_back(request)
    if request.user.is_authenticated:
        return redirect(_next_page(request.user, way_back))
    form = LoginForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "form": form,
        "way_back": way_back,
        "was_ended": sessions.was_ended(request),
        "press_was_lost": "het-han" in request.GET,
    }
    if not form.is_valid():
        return render(request, "accounts/log_in.html", context)
    now = timezone.now()
    try:
        user = service.log_in(
            request=request,
            word=form.cleaned_data["word"],
            password=form.cleaned_data["password"],
            now=now,
            address=client_address(request),
        )
    except LoginLimited as limited:
        context |= {"until": limited.until, "tries": limited.tries, "is_of_address": limited.is_of_address}
        return too_many(render(request, "accounts/log_in.html", context), until=limited.until, now=now)
    except service.AccountAsleep as asleep:
        return render(request, "accounts/log_in.html", context | {"asleep_days": asleep.days})
    if user is None:
        return render(request, "accounts/log_in.html", context | {"is_wrong": True})
    if user.has_second_factor:
        sessions.ask_for_code(request=request, user=user, way_back=way_back, now=now)
        return redirect("log_in_code")
    sessions.begin(request=request, user=user, now=now)
    return redirect(_next_page(user, way_back))


@sensitive_post_parameters()
@_page
def log_in_code(request: HttpRequest) -> HttpResponse:
    """Ask who has given the right password for the code of their telephone."""
    now = timezone.now()
    waiting = sessions.half_way(request=request, now=now)
    if request.user.is_authenticated:
        return redirect("log_in")
    if waiting is None:
        return _password_again(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "accounts/log_in_code.html", context)
    try:
        right = second_factor.confirm(user=waiting.user, typed=form.cleaned_data["code"], now=now)
    except LoginLimited as limited:
        context |= {"until": limited.until, "tries": limited.tries}
        return too_many(render(request, "accounts/log_in_code.html", context), until=limited.until, now=now)
    if not right:
        return render(request, "accounts/log_in_code.html", {"form": CodeForm(), "is_wrong": True})
    sessions.begin(request=request, user=waiting.user, now=now, second_factor=right)
    if right == "recovery_code":
        left = waiting.user.recovery_codes.count()
        messages.warning(
            request,
            _(
                "Ông/bà vừa dùng một mã dự phòng. Còn lại %d mã. Nếu mất điện thoại, vui lòng bấm “Đổi điện thoại” ở "
                "“Tài khoản của tôi”."
            )
            % left,
        )
    return redirect(_next_page(waiting.user, waiting.way_back))


def _password_again(request: HttpRequest) -> HttpResponse:
    """Lead back to the log-in who comes too late with a code, and on to where they wanted to go."""
    way_back = sessions.give_up(request=request)
    if way_back is not None:
        messages.warning(
            request, _("Lần đăng nhập này đã hết hạn. Vui lòng nhập lại tên đăng nhập và mật khẩu.")
        )
    return redirect(f"{reverse('log_in')}?{_query(way_back)}" if way_back else "log_in")


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sessions.end(request=request, now=timezone.now())
    messages.info(request, _("Ông/bà đã đăng xuất."))
    return redirect("home")


@require_safe
@citizen_required
def profile(request: CitizenRequest) -> HttpResponse:
    """Show a citizen's own data and inbox."""
    citizen = citizen_of(request)
    # The unread ones first: whoever has more than are shown comes to the others by reading these.
    in_order = citizen.user.notices.order_by(F("read_at").desc(nulls_first=True), "-created_at")
    notices = list(in_order[:_MOST_NOTICES])
    context = {
        "citizen": citizen,
        "notices": notices,
        "has_unread": any(notice.read_at is None for notice in notices),
        "way_back": _way_back(request),
    }
    return render(request, "accounts/profile.html", context)


@sensitive_post_parameters()
@_page
@citizen_required
def profile_edit(request: CitizenRequest) -> HttpResponse:
    """Correct one's own data."""
    citizen, way_back = citizen_of(request), _way_back(request)
    form = ProfileForm(citizen, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "way_back": way_back}
    if not form.is_valid() or form.contradictions():
        return render(request, "accounts/profile_edit.html", context)
    now = timezone.now()
    try:
        check = service.update_profile(
            citizen=citizen,
            claim=form.claim,
            contact=form.contact,
            current_password=form.cleaned_data["current_password"],
            address=client_address(request),
            now=now,
            press=press_of(request.POST),
        )
    except (ChallengeNeeded, PressReused, Limited, LoginLimited) as refusal:
        return _not_asked(request, "accounts/profile_edit.html", context, refusal, now)
    except service.WrongPassword:
        form.add_error("current_password", _("Mật khẩu hiện tại chưa đúng. Vui lòng nhập lại."))
        return render(request, "accounts/profile_edit.html", context)
    except service.NumberTaken:
        form.add_error(
            "number", _("Chưa cập nhật được số này. Vui lòng đến bộ phận một cửa, mang theo thẻ căn cước.")
        )
        return render(request, "accounts/profile_edit.html", context)
    if check is not None and not check.is_verified:
        return render(request, "accounts/profile_edit.html", context | _outcome(check, now))
    messages.success(request, _("Đã cập nhật thông tin cá nhân."))
    return redirect(f"{reverse('profile')}?{_query(way_back)}" if way_back else "profile")


@sensitive_post_parameters()
@_page
@citizen_required
def password(request: CitizenRequest) -> HttpResponse:
    """Take another password."""
    return another_password(request, "profile")


def another_password(request: UserRequest, then: str) -> HttpResponse:
    """Show the form for another password, or take it; every other session of the account ends by it.

    Args:
        request: of somebody who is logged in.
        then: the name of the page where one goes on.
    """
    form = NewPasswordForm(request.user, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "then": reverse(then)}
    if not form.is_valid():
        return render(request, "accounts/password.html", context)
    now = timezone.now()
    try:
        service.change_password(
            user=request.user,
            current=form.cleaned_data["current_password"],
            new=form.cleaned_data["password"],
            now=now,
        )
    except service.WrongPassword:
        form.refuse_password()
        return render(request, "accounts/password.html", context)
    except LoginLimited as limited:
        context |= {"until": limited.until, "tries": limited.tries}
        return too_many(render(request, "accounts/password.html", context), until=limited.until, now=now)
    auth.update_session_auth_hash(request, request.user)
    messages.success(request, _("Đã đổi mật khẩu."))
    return redirect(then)


@require_POST
@citizen_required
def notices_read(request: CitizenRequest) -> HttpResponse:
    """Mark the messages that were on the page as read."""
    shown = notices.keys_of(request.POST.getlist("notice")[:_MOST_NOTICES])
    notices.read_notices(user=citizen_of(request).user, keys=shown, now=timezone.now())
    return redirect("profile")


def _outcome(check: IdentityCheck, now: datetime) -> dict[str, Any]:
    """Return what the page says of a check that was not verified; of a rejected one, that alone."""
    if check.is_rejected:
        return {"outcome": "rejected", "tries_left": check.tries_left}
    if check.outcome == IdentityCheck.Outcome.NOT_ALLOWED:
        return {"outcome": check.outcome}
    return {"outcome": "unanswered", "since": line_status(now=now).since}


def _not_asked(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    refusal: ChallengeNeeded | PressReused | Limited | LoginLimited,
    now: datetime,
) -> HttpResponse:
    """Show a form again that asked nobody: used before, the portal's own question first, or too many wrong tries."""
    match refusal:
        case PressReused():
            return render(request, template, context | {"outcome": "pressed_before"}, status=409)
        case ChallengeNeeded():
            context |= {"outcome": "challenge", "is_challenge_wrong": refusal.is_wrong}
            return render(request, template, context)
        case _:
            context |= {"outcome": "limited", "until": refusal.until, "tries": refusal.tries}
            return too_many(render(request, template, context), until=refusal.until, now=now)


def _query(way_back: str) -> str:
    return urlencode({"next": way_back})


def _way_back(request: HttpRequest) -> str:
    """Return the page of this site that ``next`` names, empty when it names none or another site's."""
    path = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and len(path) <= 500 else ""


def _home_of(user: User) -> str:
    if user.is_officer:
        return reverse("queue")
    return reverse("admin:index") if user.is_staff else reverse("home")


def _next_page(user: User, way_back: str) -> str:
    """Return where a user goes after log in: the page they wanted, if their kind may see it at all."""
    home = _home_of(user)
    is_theirs = user.is_citizen or way_back.startswith((home, reverse("account"))) or _may_see(user, way_back)
    return way_back if way_back and is_theirs else home


def _may_see(official: User, path: str) -> bool:
    """Say whether a page is one that an official's rights open, or that officials and citizens share."""
    try:
        view = resolve(urlsplit(path).path).func
    except (Resolver404, ValueError):
        return False
    if not hasattr(view, "right"):
        return not path.startswith(reverse("admin:index"))
    return view.right is not None and may(official, view.right)
