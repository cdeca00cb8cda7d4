"""How many wrong tries are left, counted from the checks themselves; nothing is counted twice or elsewhere.

Five counters, each over its own window that slides: the number asked about, the account, the network address, the
officer, and the whole portal. A try is wrong when it was *rejected*. A question still under way counts as wrong until
it is answered, so that twenty tries at one time are no way round a limit of five. An unanswered question never counts.

Spellings of one name that differ in the place of a tone mark alone are one try: nobody learns anything by the second.
But every question is work for the register, so never are more than ``_MOST_SPELLINGS`` of them one try, on average.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, QuerySet

from motcua.identity.register import TouchPoint
from motcua.verification.line import longest_question
from motcua.verification.models import IdentityCheck, LimitRelease
from motcua.web.statements import adapted

DESK: Final = (TouchPoint.RECEPTION, TouchPoint.LOOKUP)
PORTAL: Final = (TouchPoint.REGISTRATION, TouchPoint.FILING)
SYSTEM: Final = "system"
BURST_WINDOW: Final = timedelta(minutes=5)
SYSTEM_WINDOW: Final = timedelta(minutes=5)
_RECEPTION: Final = (TouchPoint.RECEPTION,)
# The lane of all questions that leave the desks their share.
_AFTER_DESKS: Final = (*PORTAL, TouchPoint.RECHECK, TouchPoint.LOOKUP)
_MOST_SPELLINGS: Final = 4  # of one claim, on average, that are one try
_CHECKS: Final = IdentityCheck._meta.db_table
_RELEASES: Final = LimitRelease._meta.db_table
_IN_FLIGHT: Final = f"""(
    SELECT COUNT(*) FROM {_CHECKS} WHERE outcome = '' AND asked_at > %s AND touch_point IN ({{points}})
)"""  # noqa: S608  # nosec B608 # names of ours
_RECENT: Final = f"""(
    SELECT COUNT(*) FROM {_CHECKS} WHERE asked_by_id = %s AND asked_at > %s AND touch_point IN ({{points}})
)"""  # noqa: S608  # nosec B608 # names of ours
_SPELLINGS: Final = "COUNT(DISTINCT COALESCE(NULLIF(spelling_digest, ''), claim_digest))"
_COUNTED: Final = f"COUNT(*) - {_SPELLINGS} + COUNT(DISTINCT claim_digest)"
_TRIES: Final = f"""(
    SELECT CASE WHEN COUNT(*) > {_MOST_SPELLINGS} * ({_COUNTED})
        THEN (COUNT(*) + {_MOST_SPELLINGS - 1}) / {_MOST_SPELLINGS} ELSE {_COUNTED} END
    FROM {_CHECKS} WHERE {{column}} = %s AND asked_at > {{since}} AND touch_point IN ({{points}})
    AND (outcome = 'rejected' OR (outcome = '' AND asked_at > %s))
)"""  # noqa: S608  # nosec B608 # names of ours
_SINCE: Final = "%s"
_SINCE_RELEASE: Final = f"COALESCE((SELECT MAX(at) FROM {_RELEASES} WHERE officer_id = %s AND at > %s), %s)"  # noqa: S608  # nosec B608 # names of ours
# Two looks at one index instead of an OR over both, which neither database takes from an index.
_SYSTEM_TRIES: Final = f"""(
    (SELECT COUNT(*) FROM {_CHECKS} WHERE outcome = 'rejected' AND asked_at > %s AND touch_point IN ({{points}}))
    + (SELECT COUNT(*) FROM {_CHECKS} WHERE outcome = '' AND asked_at > %s AND touch_point IN ({{points}}))
)"""  # noqa: S608  # nosec B608 # names of ours


_OF_THE_PORTAL: Final = (
    f"SELECT COUNT(*) FROM {_CHECKS} WHERE outcome IN ({{outcomes}}) AND asked_at > %s AND asked_at <= %s "  # noqa: S608  # nosec B608 # names of ours
    f"AND touch_point IN ({', '.join(repr(point.value) for point in PORTAL)})"
)


class Limited(Exception):
    """Too many wrong tries: nothing was asked."""

    def __init__(self, *, scope: str, tries: int, until: datetime) -> None:
        super().__init__(f"too many wrong tries ({scope})")
        self.scope = scope
        self.tries = tries
        self.until = until


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries in a window, over the checks with one value in one column; in no column: over all."""

    scope: str  # "number", "account", "address", "officer" or SYSTEM
    tries: int
    window: timedelta
    touch_points: tuple[TouchPoint, ...]
    column: str = ""
    value: str | int | None = None

    @property
    def is_released_by_hand(self) -> bool:
        """Say whether a supervisor may let the tries be forgotten."""
        return self.scope == "officer"


@dataclass(frozen=True, slots=True)
class Counts:
    """What is under way, what was tried and how much one officer asked of late, at one moment."""

    desk_in_flight: int
    portal_in_flight: int
    recent: int  # questions of the officer in ``BURST_WINDOW``, whatever came of them
    tries: tuple[int, ...]  # wrong ones, in the order of the limits


def limits_of(
    *, touch_point: TouchPoint, number_digest: str = "", user_id: int | None = None, address_digest: str = ""
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
    if touch_point in DESK:
        window = timedelta(minutes=10)
        return [Limit("officer", allowed["TRIES_OFFICER_10_MINUTES"], window, DESK, "asked_by_id", user_id)]
    if touch_point not in PORTAL:
        return []
    limits = [
        Limit("number", allowed["TRIES_NUMBER_HOUR"], hour, PORTAL, "number_digest", number_digest),
        Limit("number", allowed["TRIES_NUMBER_DAY"], day, PORTAL, "number_digest", number_digest),
    ]
    if user_id is not None:
        limits.append(Limit("account", allowed["TRIES_ACCOUNT_HOUR"], hour, PORTAL, "asked_by_id", user_id))
    if address_digest:
        limits.append(
            Limit("address", allowed["TRIES_ADDRESS_HOUR"], hour, PORTAL, "address_digest", address_digest)
        )
    return [*limits, Limit(SYSTEM, allowed["TRIES_SYSTEM_5_MINUTES"], SYSTEM_WINDOW, PORTAL)]


def limits_on(check: IdentityCheck) -> list[Limit]:
    """List the limits that hold for the question of a check."""
    return limits_of(
        touch_point=TouchPoint(check.touch_point),
        number_digest=check.number_digest,
        user_id=check.asked_by_id,
        address_digest=check.address_digest,
    )


def count(*, limits: list[Limit], now: datetime, officer_id: int | None = None) -> Counts:
    """Count questions in flight and wrong tries, in one statement of one index look-up each.

    Plain SQL, for building the same with the ORM costs a check more than all its other statements together.

    Args:
        limits: what to count tries for.
        now: the moment.
        officer_id: whose questions of late are counted; None for nobody's.
    """
    young = adapted(now - longest_question())
    parts = [_IN_FLIGHT.format(points=_quoted(points)) for points in (_RECEPTION, _AFTER_DESKS)]
    values: list[Any] = [young, young]
    if officer_id is None:
        parts.append("0")
    else:
        parts.append(_RECENT.format(points=_quoted(DESK)))
        values += [officer_id, adapted(now - BURST_WINDOW)]
    for limit in limits:
        since = adapted(now - limit.window)
        if not limit.column:
            parts.append(_SYSTEM_TRIES.format(points=_quoted(limit.touch_points)))
            values += [since, young]
            continue
        moment, moments = (
            (_SINCE_RELEASE, [limit.value, since, since]) if limit.is_released_by_hand else (_SINCE, [since])
        )
        parts.append(_TRIES.format(column=limit.column, since=moment, points=_quoted(limit.touch_points)))
        values += [limit.value, *moments, young]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        desk, portal, recent, *tries = cursor.fetchone()
    return Counts(desk, portal, recent, tuple(tries))


def count_portal(*, now: datetime, outcomes: Iterable[str]) -> int:
    """Count the portal's questions of ``SYSTEM_WINDOW`` with certain outcomes.

    With its words written out, for SQLite takes the index of the portal's checks for nothing else.

    Args:
        now: the moment.
        outcomes: values of ``IdentityCheck.Outcome``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _OF_THE_PORTAL.format(outcomes=", ".join(f"'{outcome}'" for outcome in outcomes)),
            [adapted(now - SYSTEM_WINDOW), adapted(now)],
        )
        counted: int = cursor.fetchone()[0]
    return counted


def exceeded(limits: list[Limit], counts: Counts) -> list[Limit]:
    """List the limits that let no further try pass."""
    return [limit for limit, tries in zip(limits, counts.tries, strict=True) if tries >= limit.tries]


def left(limits: list[Limit], counts: Counts) -> int | None:
    """Return how many wrong tries are left under the tightest limit of a person; None where none holds."""
    own = [
        limit.tries - tries
        for limit, tries in zip(limits, counts.tries, strict=True)
        if limit.scope != SYSTEM
    ]
    return max(0, min(own)) if own else None


def is_near_system_limit(limits: list[Limit], counts: Counts, *, within: int) -> bool:
    """Say whether so few tries are left to the whole portal that questions admitted at one moment could pass it."""
    return any(
        limit.scope == SYSTEM and tries > limit.tries - within
        for limit, tries in zip(limits, counts.tries, strict=True)
    )


def network_of(address: str) -> str:
    """Return what counts as one network address: an IPv4 address, or the /64 that one IPv6 line is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((address, 64), strict=False)) if parsed.version == 6 else str(parsed)


def next_try_at(*, limit: Limit, now: datetime) -> datetime:
    """Return when the limit lets the next try pass: when its oldest counting try leaves the window."""
    tries = _wrong_tries(limit, now).order_by("-asked_at")
    if not limit.column:
        moments = list(tries.values_list("asked_at", flat=True)[limit.tries - 1 : limit.tries])
        return max((at + limit.window for at in moments), default=now)
    latest = tries.values_list("asked_at", "claim_digest", "spelling_digest")
    counting = list(latest[: limit.tries * _MOST_SPELLINGS])
    until = now
    while _tries_in(counting) >= limit.tries:
        until = counting.pop()[0] + limit.window
    return until


def _tries_in(checks: list[tuple[datetime, str, str]]) -> int:
    """Count as the statement above does: every question, but spellings of one claim once."""
    spellings = {spelling or claim for _, claim, spelling in checks}
    tries = len(checks) - len(spellings) + len({claim for _, claim, _ in checks})
    return max(tries, ceil(len(checks) / _MOST_SPELLINGS))


def _wrong_tries(limit: Limit, now: datetime) -> QuerySet[IdentityCheck]:
    under_way = Q(outcome=IdentityCheck.Outcome.PENDING, asked_at__gt=now - longest_question())
    since = now - limit.window
    if limit.is_released_by_hand:
        released = LimitRelease.objects.filter(officer__pk=str(limit.value), at__gt=since)
        since = released.aggregate(last=Max("at"))["last"] or since
    return IdentityCheck.objects.filter(
        Q(outcome=IdentityCheck.Outcome.REJECTED) | under_way,
        touch_point__in=limit.touch_points,
        asked_at__gt=since,
        **({limit.column: limit.value} if limit.column else {}),
    )


def _quoted(touch_points: tuple[TouchPoint, ...]) -> str:
    return ", ".join(f"'{point.value}'" for point in touch_points)
