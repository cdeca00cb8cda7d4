"""Checks of every kind, by every door, for tests about what is kept of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from motcua.accounts.models import User
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, TouchPoint, Trouble
from motcua.verification import line
from motcua.verification.models import IdentityCheck, Route
from motcua.verification.service import (
    Asker,
    Purpose,
    check_as_operator,
    check_identity,
    fetch_citizen,
    look_up,
    recheck_identity,
)
from tests.conftest import ToldRegister
from tests.people import cast

NOW = datetime(2026, 11, 23, 1, 31, 7, 40, tzinfo=UTC)


def check_at(
    touch_point: TouchPoint,
    officer: User,
    *,
    claim=cast.an.claim,
    now: datetime = NOW,
    is_licensed: bool = True,
) -> IdentityCheck:
    """Ask by the door of a touch point, and return the check as it is stored."""
    why = Purpose("Tiếp nhận hồ sơ: Đăng ký khai sinh", "1.001193", "G15-TP110", is_licensed=is_licensed)
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23", office_code="000.00.01.H23")
    match touch_point:
        case TouchPoint.RECEPTION:
            check = fetch_citizen(claim=claim, asker=asker, purpose=why, now=now).check
        case TouchPoint.RECHECK:
            check = recheck_identity(
                claim=claim, asker=asker, purpose=why, check_id=uuid.uuid4(), repeats=None, now=now
            )
        case TouchPoint.LOOKUP:
            check = look_up(claim=claim, asker=asker, reason="Người dân hỏi", now=now)
        case TouchPoint.OPERATION:
            check, _ = check_as_operator(claim=claim, now=now)
        case _:
            nobody = Asker(None, address="192.0.2.7")
            check = check_identity(claim=claim, asker=nobody, touch_point=touch_point, purpose=why, now=now)
    return IdentityCheck.objects.get(pk=check.pk)


def _verified(register: ToldRegister) -> None:
    """Leave the register as it is."""


def _shut(register: ToldRegister) -> None:
    for _ in range(5):
        line.record_failure(Route.PRIMARY, NOW.timestamp(), None)


def _troubled(error: Exception) -> Callable[[ToldRegister], None]:
    def trouble(register: ToldRegister) -> None:
        register.trouble = error  # type: ignore[assignment]

    return trouble


# What makes a check end so; with it the outcome and the reason that are expected.
ENDS: dict[str, tuple[Callable[[ToldRegister], None], tuple[str, str]]] = {
    "verified": (_verified, ("verified", "")),
    "rejected": (_verified, ("rejected", "")),
    "unanswered": (_troubled(CouldNotAsk(Trouble.TIMEOUT)), ("unanswered", "timeout")),
    "our own client failed": (_troubled(ZeroDivisionError()), ("unanswered", "fate_unknown")),
    "not allowed": (_troubled(NotPermitted(Barred.OFFICER)), ("not_allowed", "officer")),
    "line shut": (_shut, ("unanswered", "breaker_open")),
    "unlicensed": (_verified, ("not_allowed", "procedure")),
}


def check_that_ends(
    end: str, touch_point: TouchPoint, officer: User, register: ToldRegister
) -> IdentityCheck | None:
    """Ask so that the check ends as named; None where it cannot at this touch point."""
    if touch_point is TouchPoint.OPERATION and end in ("line shut", "unlicensed"):
        return None  # an operator's question has no licence, and is asked over a shut line
    if touch_point is TouchPoint.LOOKUP and end == "unlicensed":
        return None  # it has no procedure
    prepare, expected = ENDS[end]
    prepare(register)
    claim = cast.an.named("Nguyễn Văn Anh") if end == "rejected" else cast.an.claim
    check = check_at(touch_point, officer, claim=claim, is_licensed=end != "unlicensed")
    assert (check.outcome, check.reason) == expected
    return check
