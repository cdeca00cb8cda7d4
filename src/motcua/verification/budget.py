"""How many wrong tries are left, counted from the checks themselves; nothing is counted twice or elsewhere.

A try is wrong when it was *rejected*. A question still under way counts as wrong until it is answered, so that twenty
tries at one time are no way round a limit of five. An unanswered question never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Q

from motcua.identity.register import TouchPoint
from motcua.verification.models import IdentityCheck

_DESK: Final = (TouchPoint.RECEPTION,)
_PORTAL: Final = (TouchPoint.REGISTRATION, TouchPoint.FILING)
_AFTER_DESKS: Final = (
    *_PORTAL,
    TouchPoint.RECHECK,
)  # the lane of all questions that leave the desks their share
_CHECKS: Final = IdentityCheck._meta.db_table
_IN_FLIGHT: Final = f"""(
    SELECT COUNT(*) FROM {_CHECKS} WHERE outcome = '' AND asked_at > %s AND touch_point IN ({{points}})
)"""  # noqa: S608
_TRIES: Final = f"""(
    SELECT COUNT(*) FROM {_CHECKS} WHERE {{column}} = %s AND asked_at > %s AND touch_point IN ({{points}})
    AND (outcome = 'rejected' OR (outcome = '' AND asked_at > %s))
)"""  # noqa: S608


class Limited(Exception):
    """Too many wrong tries: nothing was asked."""

    def __init__(self, *, scope: str, tries: int, until: datetime) -> None:
        super().__init__(f"too many wrong tries ({scope})")
        self.scope = scope
        self.tries = tries
        self.until = until


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries in a window, over the checks with one value in one column."""

    scope: str  # "number", "account", "address" or "officer"
    tries: int
    window: timedelta
    touch_points: tuple[TouchPoint, ...]
    column: str
    value: str | int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What is under way and what was tried, at one moment."""

    desk_in_flight: int
    portal_in_flight: int
    tries: tuple[int, ...]  # wrong ones, in the order of the limits


def limits_of(
    *, touch_point: TouchPoint, number_digest: str, user_id: int | None, address_digest: str
) -> list[Limit]:
    """List the limits that hold for a question.

    Args:
        touch_point: where it arises; operators' questions and later checks have no limits, a desk's only the officer's
            own.
        number_digest: keyed digest of the number asked about.
        user_id: who is logged in, if anybody.
        address_digest: keyed digest of the network address, empty when unknown.
    """
    allowed, hour, day = settings.LIMITS, timedelta(hours=1), timedelta(days=1)
    if touch_point is TouchPoint.RECEPTION:
        window = timedelta(minutes=10)
        return [Limit("officer", allowed["TRIES_OFFICER_10_MINUTES"], window, _DESK, "asked_by_id", user_id)]
    if touch_point in (TouchPoint.OPERATION, TouchPoint.RECHECK):
        return []
    limits = [
        Limit("number", allowed["TRIES_NUMBER_HOUR"], hour, _PORTAL, "number_digest", number_digest),
        Limit("number", allowed["TRIES_NUMBER_DAY"], day, _PORTAL, "number_digest", number_digest),
    ]
    if user_id is not None:
        limits.append(Limit("account", allowed["TRIES_ACCOUNT_HOUR"], hour, _PORTAL, "asked_by_id", user_id))
    if address_digest:
        limits.append(
            Limit("address", allowed["TRIES_ADDRESS_HOUR"], hour, _PORTAL, "address_digest", address_digest)
        )
    return limits


def count(*, limits: list[Limit], now: datetime, longest_question: timedelta) -> Counts:
    """Count questions in flight and wrong tries, in one statement of one index look-up each.

    Plain SQL, for building the same with the ORM costs a check more than all its other statements together.

    Args:
        limits: what to count tries for.
        now: the moment.
        longest_question: the age after which a question is no longer under way.
    """
    as_stored = connection.ops.adapt_datetimefield_value
    young = as_stored(now - longest_question)
    parts = [_IN_FLIGHT.format(points=_quoted(points)) for points in (_DESK, _AFTER_DESKS)]
    values: list[Any] = [young, young]
    for limit in limits:
        parts.append(_TRIES.format(column=limit.column, points=_quoted(limit.touch_points)))
        values += [limit.value, as_stored(now - limit.window), young]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        desk, portal, *tries = cursor.fetchone()
    return Counts(desk, portal, tuple(tries))


def _quoted(touch_points: tuple[TouchPoint, ...]) -> str:
    return ", ".join(f"'{point.value}'" for point in touch_points)


def network_of(address: str) -> str:
    """Return what counts as one network address: an IPv4 address, or the /64 that one IPv6 line is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((address, 64), strict=False)) if parsed.version == 6 else str(parsed)


def next_try_at(*, limit: Limit, now: datetime, longest_question: timedelta) -> datetime:
    """Return when the limit lets the next try pass: when its oldest counting try leaves the window."""
    under_way = Q(outcome=IdentityCheck.Outcome.PENDING, asked_at__gt=now - longest_question)
    tries = IdentityCheck.objects.filter(
        Q(outcome=IdentityCheck.Outcome.REJECTED) | under_way,
        touch_point__in=limit.touch_points,
        asked_at__gt=now - limit.window,
        **{limit.column: limit.value},
    )
    asked_at = tries.order_by("-asked_at").values_list("asked_at", flat=True)[limit.tries - 1 : limit.tries]
    return max((at + limit.window for at in asked_at), default=now)
