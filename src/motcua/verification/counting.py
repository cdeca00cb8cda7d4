"""How many checks came to what: counted by the database, for whoever watches over checks or manages by numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any, Final

from django.db.models import Count, Q, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from motcua.audit.models import AuditEvent
from motcua.identity.register import Trouble
from motcua.verification.line import longest_question
from motcua.verification.models import IdentityCheck

# What an outcome that is an empty text is called.
PENDING: Final = "pending"
_OUTCOME_COUNTS: Final[dict[str, Any]] = {
    "asked": Count("*"),
    **{
        outcome.value or PENDING: Count("asked_at", filter=Q(outcome=outcome))
        for outcome in IdentityCheck.Outcome
    },
}
_UNUSABLE: Final = tuple(trouble.value for trouble in Trouble if trouble.is_unusable)


@dataclass(frozen=True, slots=True)
class DayOfChecks:
    """What came of the checks of one day.

    All but ``limited`` add up to ``asked``; ``limited`` counts presses for which nothing was asked, because too many
    had been wrong before. ``unanswered`` had no answer, ``unusable`` one that could not be trusted.
    """

    on: date
    asked: int = 0
    verified: int = 0
    rejected: int = 0
    unanswered: int = 0
    unusable: int = 0
    not_allowed: int = 0
    pending: int = 0
    limited: int = 0


def checks_by_day(
    *,
    office_codes: Collection[str] | None,
    begin: datetime,
    end: datetime,
    procedure_codes: Collection[str] | None = None,
) -> list[DayOfChecks]:
    """Count checks by local day, days without any left out; one query.

    Args:
        office_codes: of the offices that asked; "" stands for the portal and the operator; None for all there are.
        begin: the first moment.
        end: the moment after the last.
        procedure_codes: only those of these procedures; what limits stopped is then not counted, for it names none.
    """
    checks = IdentityCheck.objects.filter(asked_at__gte=begin, asked_at__lt=end)
    stopped = AuditEvent.objects.filter(name="check.limited", at__gte=begin, at__lt=end)
    if office_codes is not None:
        checks = checks.filter(office_code__in=list(office_codes))
        stopped = stopped.filter(office_code__in=list(office_codes))
    if procedure_codes is not None:
        checks, stopped = checks.filter(procedure_code__in=list(procedure_codes)), stopped.none()
    counts = _OUTCOME_COUNTS | {
        "unusable": Count("asked_at", filter=Q(outcome="unanswered", reason__in=_UNUSABLE))
    }
    asked = checks.order_by().values(on=TruncDate("asked_at")).annotate(**counts, limited=Value(0))
    refused = (
        stopped.order_by()
        .values(on=TruncDate("at"))
        .annotate(**dict.fromkeys(counts, Value(0)), limited=Count("pk"))
    )
    names = ("on", *counts, "limited")
    days: dict[date, dict[str, int]] = {}
    for on, *found in asked.values_list(*names).union(refused.values_list(*names), all=True):
        day = days.setdefault(on, dict.fromkeys(names[1:], 0))
        for name, count in zip(names[1:], found, strict=True):
            day[name] += count
    for day in days.values():
        day["unanswered"] -= day["unusable"]
    return [DayOfChecks(on, **days[on]) for on in sorted(days)]


@dataclass(frozen=True, slots=True)
class Today:
    """The checks of one local day that can change no more: touch point, office and outcome, and how many."""

    begin: datetime
    until: datetime
    counts: Counter[tuple[str, str, str]]


_today: Today | None = None  # as far as this process has counted
_counting = Lock()


def checks_today(*, now: datetime) -> Today:
    """Count the checks since local midnight by touch point, office and outcome; one query.

    Only checks older than any question lasts are counted: they change no more, so every process says the same without
    asking another one, and looks at each check once. The first look of a process reads the day so far.
    """
    global _today
    begin = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    until = max(begin, now - longest_question())
    with _counting:
        known = _today
        if known is None or known.begin != begin:
            known = Today(begin, begin, Counter())
        if until > known.until:
            settled = IdentityCheck.objects.filter(asked_at__gte=known.until, asked_at__lt=until).order_by()
            counts = known.counts.copy()
            for *key, count in settled.values_list("touch_point", "office_code", "outcome").annotate(
                n=Count("pk")
            ):
                touch_point, office, outcome = key
                counts[touch_point, office, outcome or PENDING] += count
            known = _today = Today(begin, until, counts)
        return known


def count_anew() -> None:
    """Forget what was counted of the day."""
    global _today
    _today = None
