"""Who asked how often, and what came of it: counted by the database, a table at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from motcua.accounts.models import Office, User
from motcua.procedures.service import offered
from motcua.verification import service as verification
from motcua.verification.models import IdentityCheck
from motcua.web import days
from motcua.web.markup import opened

A_PAGE: Final = 50
MOST_ROWS: Final = 50  # of a table
# What stands in an address for an outcome, an office and a procedure that is an empty text.
PENDING: Final = verification.PENDING
PORTAL: Final = "cong"
NO_PROCEDURE: Final = "khong"
_COUNTS: Final[dict[str, Any]] = {
    **verification.OUTCOME_COUNTS,
    "look_ups": Count("asked_at", filter=Q(touch_point=IdentityCheck.TouchPoint.LOOKUP)),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose checks a supervisor or an administrator may see: offices by code, and their names.

    ``""`` stands for what no office asked: the portal and the operator.
    """

    offices: Mapping[str, str]
    is_whole: bool

    def checks(self) -> QuerySet[IdentityCheck]:
        """Return the checks in it; offices are named one by one so that their index is used."""
        return IdentityCheck.objects.filter(office_code__in=list(self.offices))


def scope_of(user: User) -> Scope:
    """Return what a user may see: a supervisor the own office, an administrator everything."""
    if user.role == User.Role.ADMINISTRATOR:
        everywhere = {"": _("Cổng trực tuyến, vận hành")}
        return Scope(everywhere | dict(Office.objects.values_list("code", "name")), is_whole=True)
    if user.role == User.Role.SUPERVISOR and user.office is not None:
        return Scope({user.office.code: user.office.name}, is_whole=False)
    return Scope({}, is_whole=False)


class Period(days.Period):
    """Whole days of checks."""

    __slots__ = ()

    def of(self, checks: QuerySet[IdentityCheck]) -> QuerySet[IdentityCheck]:
        """Return those of these checks that were asked in it."""
        begin, end = self.moments
        return checks.filter(asked_at__gte=begin, asked_at__lt=end)


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of many checks."""

    asked: int = 0
    verified: int = 0
    rejected: int = 0
    unanswered: int = 0
    not_allowed: int = 0
    pending: int = 0
    look_ups: int = 0

    @property
    def rejected_share(self) -> str:
        """Return the share of noes among the answers that decide, in percent; empty when there is none."""
        decided = self.verified + self.rejected
        return f"{100 * self.rejected / decided:.0f}%" if decided else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: whose figures, and the address of the checks behind them."""

    label: str | Promise
    figures: Figures
    query: str
    note: str = ""


def total(rows: Iterable[Row]) -> Figures:
    """Add up the figures of a table."""
    names = Figures.__dataclass_fields__
    return Figures(**{name: sum(getattr(row.figures, name) for row in rows) for name in names})


def by_officer(scope: Scope, period: Period, *, most: int | None = None) -> list[Row]:
    """Count the checks that offices asked, per officer, most first; ``MOST_ROWS`` of them are named. One query.

    Args:
        scope: what may be seen.
        period: when.
        most: how many officers are wanted; None for all.
    """
    grouped = ("asked_by_id", "asked_by__full_name", "asked_by__login")
    counted = _by_offices(scope, period).values(*grouped).annotate(**_COUNTS)
    return [
        Row(
            (opened(row["asked_by__full_name"]) if place < MOST_ROWS else "")
            or row["asked_by__login"]
            or "—",
            _figures(row),
            urlencode(period.query | {"can-bo": row["asked_by_id"] or ""}),
            row["asked_by__login"] or "",
        )
        for place, row in enumerate(counted.order_by("-asked", "asked_by_id")[:most])
    ]


def count_officers(scope: Scope, period: Period) -> int:
    """Return how many officers asked anything. One query."""
    return _by_offices(scope, period).order_by().values("asked_by_id").distinct().count()


def _by_offices(scope: Scope, period: Period) -> QuerySet[IdentityCheck]:
    return period.of(scope.checks()).exclude(office_code="")


def by_office(scope: Scope, period: Period) -> list[Row]:
    """Count per office. One query."""
    return [
        Row(
            scope.offices[row["office_code"]],
            _figures(row),
            urlencode(period.query | {"co-quan": row["office_code"] or PORTAL}),
            row["office_code"],
        )
        for row in _counted(scope, period, "office_code")
    ]


def by_procedure(scope: Scope, period: Period) -> list[Row]:
    """Count per procedure; what was asked for none stands together. One query."""
    names = {procedure.code: procedure.name for procedure in offered().values()}
    return [
        Row(
            names.get(row["procedure_code"], row["procedure_code"]) or _("Không theo thủ tục"),
            _figures(row),
            urlencode(period.query | {"thu-tuc": row["procedure_code"] or NO_PROCEDURE}),
            row["procedure_code"],
        )
        for row in _counted(scope, period, "procedure_code")
    ]


def filtered(scope: Scope, period: Period, chosen: Mapping[str, str]) -> QuerySet[IdentityCheck]:
    """Return the checks behind a figure, newest first; what an address says wrongly finds nothing.

    Args:
        scope: what may be seen.
        period: when.
        chosen: what the address says: "can-bo" (key), "co-quan", "thu-tuc", "ket-qua", "diem" (codes).
    """
    checks = period.of(scope.checks())
    if officer := chosen.get("can-bo"):
        is_key = officer.isascii() and officer.isdecimal() and len(officer) < 19
        checks = checks.filter(asked_by_id=int(officer)) if is_key else checks.none()
    if office := chosen.get("co-quan"):
        checks = checks.filter(office_code="" if office == PORTAL else office)
    if procedure := chosen.get("thu-tuc"):
        checks = checks.filter(procedure_code="" if procedure == NO_PROCEDURE else procedure)
    if outcome := chosen.get("ket-qua"):
        checks = checks.filter(outcome="" if outcome == PENDING else outcome)
    if touch_point := chosen.get("diem"):
        checks = checks.filter(touch_point=touch_point)
    return checks.select_related("asked_by").order_by("-asked_at", "-pk")


def paged(checks: QuerySet[IdentityCheck], after: str, size: int = A_PAGE) -> tuple[list[IdentityCheck], str]:
    """Return one page of checks, newest first, and where the next begins (empty when there is none).

    Args:
        checks: ordered by moment and key, falling.
        after: where the page before ended; a text that is none begins anew.
        size: how many make a page.
    """
    found = list(within(checks, after)[: size + 1])
    return found[:size], place_of(found[size - 1]) if len(found) > size else ""


def within(checks: QuerySet[IdentityCheck], after: str) -> QuerySet[IdentityCheck]:
    """Return those of the checks, newest first, that come after a place; all where the text is none."""
    place = _place(after)
    if place is None:
        return checks
    at, key = place
    return checks.filter(Q(asked_at__lt=at) | Q(asked_at=at, pk__lt=key), asked_at__lte=at)


def place_of(check: IdentityCheck) -> str:
    """Return where a check stands among all, as it stands in an address."""
    return f"{check.asked_at.timestamp():.6f}_{check.pk.hex}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    moment, _underscore, key = text.partition("_")
    try:
        return datetime.fromtimestamp(float(moment), timezone.get_current_timezone()), UUID(key)
    except (ValueError, OverflowError, OSError):
        return None


def _counted(scope: Scope, period: Period, column: str) -> QuerySet[Any]:
    return period.of(scope.checks()).values(column).annotate(**_COUNTS).order_by("-asked", column)


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(**{name: row[name] for name in _COUNTS})
