"""Who may not try at present, until when, and who lets them go on: the limits, told to pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction

from motcua.audit import service as audit
from motcua.identity.register import TouchPoint
from motcua.verification import limits
from motcua.verification.models import IdentityCheck, LimitRelease
from motcua.web.statements import adapted, marks, planned_once


@dataclass(frozen=True, slots=True)
class LimitStanding:
    """How an officer stands with the limit on wrong tries: how many there may be, how many are left, until when."""

    tries: int
    left: int
    until: datetime | None  # when the next try passes; None while any is left


def number_lock(*, number_digest: str, now: datetime) -> datetime | None:
    """Say until when the portal asks nothing about a number, after too many wrong tries; None while it asks.

    The desk asks about it all the same.

    Args:
        number_digest: the keyed digest of the number.
        now: the moment.
    """
    bounds = [
        limit
        for limit in limits.limits_of(touch_point=TouchPoint.REGISTRATION, number_digest=number_digest)
        if limit.scope == "number"
    ]
    exceeded = limits.exceeded(bounds, limits.count(limits=bounds, now=now))
    return max((limits.next_try_at(limit=limit, now=now) for limit in exceeded), default=None)


def officer_limit(*, officer: AbstractBaseUser, now: datetime) -> LimitStanding:
    """Say how an officer stands with the limit on wrong tries.

    Args:
        officer: whose tries.
        now: the moment.
    """
    return _standing(officer.pk, now)


def stopped_officers(*, office_codes: Collection[str], now: datetime) -> dict[int, LimitStanding]:
    """Say which officers may not try at present, by key. One query, and three more for each of them.

    Args:
        office_codes: of the offices in whose name they asked.
        now: the moment.
    """
    if not office_codes:
        return {}
    limit = limits.limits_of(touch_point=TouchPoint.RECEPTION)[0]
    outcomes = (IdentityCheck.Outcome.REJECTED.value, IdentityCheck.Outcome.PENDING.value)
    points = tuple(str(point) for point in limit.touch_points)
    # Written here: of a whole province's offices the ORM takes longer to build it than the database to answer.
    text = (
        "SELECT asked_by_id FROM verification_identitycheck"  # noqa: S608  # nosec B608 # marks alone
        f" WHERE outcome IN ({marks(outcomes)}) AND touch_point IN ({marks(points)})"
        f" AND office_code IN ({marks(office_codes)}) AND asked_at > %s AND asked_by_id IS NOT NULL"
        " GROUP BY asked_by_id HAVING count(*) >= %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [*outcomes, *points, *office_codes, adapted(now - limit.window), limit.tries])
        often = [user_id for (user_id,) in cursor.fetchall()]
    standings = {user_id: _standing(user_id, now) for user_id in often}
    return {user_id: standing for user_id, standing in standings.items() if not standing.left}


def release_officer(
    *, officer: AbstractBaseUser, by: AbstractBaseUser, office_code: str, reason: str, now: datetime
) -> None:
    """Let an officer go on who was stopped after too many wrong tries; whether ``by`` may do so the caller knows.

    Args:
        officer: who was stopped.
        by: the supervisor; never the officer.
        office_code: of the office.
        reason: why, in a few words.
        now: the moment.

    Raises:
        ValueError: no reason is given, or an officer would release themselves.
    """
    words = " ".join(reason.split())[:300]
    if not words or officer.pk == by.pk:
        raise ValueError("a release has a reason and is another's")
    with transaction.atomic():
        LimitRelease.objects.create(officer_id=officer.pk, released_by_id=by.pk, reason=words, at=now)
        audit.record(
            name="limit.released",
            now=now,
            actor=by,
            office_code=office_code,
            subject=str(officer.pk),
            details={"reason": words, "officer": officer.pk},
        )


def _standing(officer_id: int, now: datetime) -> LimitStanding:
    bounds = limits.limits_of(touch_point=TouchPoint.RECEPTION, user_id=officer_id)
    with planned_once():
        counts = limits.count(limits=bounds, now=now)
    left = limits.left(bounds, counts) or 0
    until = None if left else limits.next_try_at(limit=bounds[0], now=now)
    return LimitStanding(bounds[0].tries, left, until)
