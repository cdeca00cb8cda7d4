"""Sessions: how one begins, in two steps where there is a second factor, and that an official has one at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from motcua.accounts.models import User
from motcua.accounts.recording import office_code, record_account
from motcua.audit.service import record

_HALF_WAY: Final = "half_way"
_MARK: Final = "session_mark"
_ENDED: Final = "session_ended"
_FOR_THE_CODE: Final = timedelta(minutes=5)
_BEGAN: Final = "began"
_SEEN: Final = "seen"
_BETWEEN_LOOKS: Final = timedelta(
    minutes=5
)  # a session that is used is written this often and not at every page


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Somebody whose password was right and whose code is awaited."""

    user: User
    way_back: str


def ask_for_code(*, request: HttpRequest, user: User, way_back: str, now: datetime) -> None:
    """Remember in the session whose password was right; it opens nothing but the page for the code, for five minutes.

    Args:
        request: its session has nobody logged in.
        user: has a second factor.
        way_back: the page where they wanted to go.
        now: the moment.
    """
    request.session.cycle_key()
    request.session[_HALF_WAY] = {
        "user": user.pk,
        "at": now.isoformat(),
        "password": user.get_session_auth_hash(),
        "way_back": way_back,
    }
    record_account(name="account.second_factor_asked", user=user, now=now)


def half_way(*, request: HttpRequest, now: datetime) -> HalfWay | None:
    """Return whose code is awaited in this session.

    None after five minutes, when the password has changed, and when the factor was switched off meanwhile: no code can
    be right any more, and the next log-in asks for none.
    """
    kept: dict[str, Any] | None = request.session.get(_HALF_WAY)
    if kept is None or now - datetime.fromisoformat(kept["at"]) >= _FOR_THE_CODE:
        return None
    user = User.objects.select_related("office").filter(pk=kept["user"], is_active=True).first()
    if user is None or not user.has_second_factor:
        return None
    if not constant_time_compare(user.get_session_auth_hash(), kept["password"]):
        return None
    return HalfWay(user, kept["way_back"])


def give_up(*, request: HttpRequest) -> str | None:
    """Return where they wanted to go whose code was awaited, None when nobody's was; forget it at a press.

    A page that stood open looks for itself before it sends what was typed: that takes nothing from the press.
    """
    kept: dict[str, Any] | None = request.session.get(_HALF_WAY)
    if request.method == "POST":
        request.session.pop(_HALF_WAY, None)
    return None if kept is None else kept["way_back"]


def begin(*, request: HttpRequest, user: User, now: datetime, second_factor: str = "none") -> None:
    """Log a user in; an official's other session ends by it.

    Args:
        request: whose session it becomes.
        user: their password, and code where there is one, were right.
        now: the moment.
        second_factor: what was right beside the password: ``"none"``, ``"code"`` or ``"recovery_code"``.
    """
    auth.login(request, user)
    request.session[_BEGAN] = request.session[_SEEN] = now.timestamp()
    for name in (_HALF_WAY, _ENDED):
        request.session.pop(name, None)
    with transaction.atomic():
        if not user.is_citizen:
            mark = uuid.uuid4()
            User.objects.filter(pk=user.pk).update(session_mark=mark, asleep_since=None)
            user.session_mark = mark
            request.session[_MARK] = str(mark)
        record(
            name="account.logged_in",
            now=now,
            actor=user,
            office_code=office_code(user),
            details={"second_factor": second_factor},
        )


def end(*, request: HttpRequest, now: datetime) -> None:
    """Log out whoever is logged in; the session's cookie opens nothing any more."""
    user = request.user
    auth.logout(request)
    if isinstance(user, User):
        record_account(name="account.logged_out", user=user, now=now, actor=user)


def was_ended(request: HttpRequest) -> bool:
    """Say whether this browser's session ended because the account logged in elsewhere."""
    return bool(request.session.get(_ENDED))


class OneSessionMiddleware(AuthenticationMiddleware):
    """Django's own, but an official is logged in only in the session that began last, and nobody for ever.

    The user's row is read for every page anyway, so this costs no query but one in five minutes.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Set ``request.user``, looked up when somebody asks for it."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    user, now = get_user(request), timezone.now()
    if not isinstance(user, User):
        return user
    if _is_over(request, now):
        request.session.flush()
        return _nobody(request)
    if user.is_citizen:
        return user
    # Neither mark: a session that a program made for itself, before anybody logged in at the page.
    if request.session.get(_MARK) == (str(user.session_mark) if user.session_mark else None):
        return user
    _end(request, user, now)
    return _nobody(request)


def _nobody(request: HttpRequest) -> AnonymousUser:
    nobody = AnonymousUser()
    request._cached_user = nobody  # type: ignore[attr-defined]  # where Django keeps whom it found
    return nobody


def _is_over(request: HttpRequest, now: datetime) -> bool:
    """Say whether a session lasted as long as any may, or nobody used it for too long; otherwise it was used now."""
    began, seen = request.session.get(_BEGAN), request.session.get(_SEEN)
    if began is None or seen is None:  # a session that a program made for itself
        return False
    moment, idle = now.timestamp(), timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    if moment - began >= settings.SESSION_COOKIE_AGE or moment - seen >= idle.total_seconds():
        return True
    if moment - seen >= min(_BETWEEN_LOOKS, idle / 10).total_seconds() and not _asks_by_itself(request):
        request.session[_SEEN] = moment
    return False


def _asks_by_itself(request: HttpRequest) -> bool:
    """Say whether a page asks for itself anew, all day, while nobody may sit before it.

    So does one whose session ended, until its own person is logged in again; meanwhile another may be.
    """
    return request.path == reverse("status") or "X-Asked-By-Itself" in request.headers


def _end(request: HttpRequest, user: User, now: datetime) -> None:
    """End a session that is not its user's latest; of several requests at one moment, one records it."""
    if Session.objects.filter(session_key=request.session.session_key).delete()[0]:
        record_account(name="account.session_ended", user=user, now=now, actor=user)
    request.session.flush()
    request.session[_ENDED] = True
