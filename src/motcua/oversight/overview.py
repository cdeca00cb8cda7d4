"""Who asked how often, and what came of it: counted by the database, a table at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.accounts.offices import all_known
from motcua.accounts.rights import Right, may
from motcua.procedures.service import offered
from motcua.verification import service as verification
from motcua.verification.models import IdentityCheck
from motcua.web.days import Period
from motcua.web.markup import opened
from motcua.web.moments import moment_of, number_of
from motcua.web.requests import number_in
from motcua.web.statements import adapted, marks

A_PAGE: Final = 50
MOST_ROWS: Final = 50  # of a table
# What stands in an address for an outcome, an office and a procedure that is an empty text.
PENDING: Final = verification.PENDING
PORTAL: Final = "cong"
NO_PROCEDURE: Final = "khong"
_LISTED: Final = (
    *("asked_at", "office_code", "purpose", "touch_point", "number_masked", "outcome", "marks"),
    *("asked_by__role", "asked_by__full_name"),
)


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
    if may(user, Right.ADMINISTER):
        everywhere = {"": _("Cổng trực tuyến, vận hành")}
        named = {office.code: office.name for office in all_known().values()}
        return Scope(everywhere | named, is_whole=True)
    if may(user, Right.OVERSEE) and user.office is not None:
        return Scope({user.office.code: user.office.name}, is_whole=False)
    return Scope({}, is_whole=False)


def asked_in(period: Period, checks: QuerySet[IdentityCheck]) -> QuerySet[IdentityCheck]:
    """Return those of these checks that were asked in a period."""
    begin, end = period.moments
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


@dataclass(frozen=True, slots=True)
class Tables:
    """The checks of a period, counted; ``left_out`` is how many officers asked less than those who are named.

    ``to_review`` counts the marked checks that nobody has decided on, of whatever time.
    """

    officers: list[Row]
    offices: list[Row]
    procedures: list[Row]
    left_out: int
    to_review: int


def counted(scope: Scope, period: Period) -> Tables:
    """Count the checks of a period, most first: per officer, of whom ``MOST_ROWS`` are named, per office and procedure.

    Whoever looks after one office gets no table of offices. One query, written here: the ORM takes longer to build its
    parts than the database to count a day.
    """
    found = _read(scope, period)
    names = {procedure.code: procedure.name for procedure in offered().values()}
    officers = sorted(found["officer"], key=lambda row: (-row.asked, not row.key, int(row.key or 0)))
    return Tables(
        officers=[
            Row(
                opened(_FULL_NAME.from_db_value(row.name, None, connection)) or row.login or "—",
                row.figures,
                urlencode(period.query | {"can-bo": row.key or ""}),
                row.login or "",
            )
            for row in officers
        ],
        offices=[
            Row(
                scope.offices[row.key],
                row.figures,
                urlencode(period.query | {"co-quan": row.key or PORTAL}),
                row.key,
            )
            for row in sorted(found["office"], key=lambda row: (-row.asked, row.key))
        ],
        procedures=[
            Row(
                names.get(row.key, row.key) or _("Không theo thủ tục"),
                row.figures,
                urlencode(period.query | {"thu-tuc": row.key or NO_PROCEDURE}),
                row.key,
            )
            for row in sorted(found["procedure"], key=lambda row: (-row.asked, row.key))
        ],
        left_out=officers[0].many - len(officers) if officers else 0,
        to_review=found["review"][0].asked if found["review"] else 0,
    )


class _Counted(NamedTuple):
    """A row of a table as the database counted it."""

    part: str
    key: str
    asked: int
    pending: int
    verified: int
    rejected: int
    unanswered: int
    not_allowed: int
    look_ups: int
    many: int  # rows of the whole table
    name: bytes | None
    login: str | None

    @property
    def figures(self) -> Figures:
        """Return what it counts."""
        return Figures(**{name: getattr(self, name) for name in Figures.__dataclass_fields__})


_FULL_NAME: Final[Any] = User._meta.get_field("full_name")
_COUNTING: Final = ", ".join(
    (
        "count(*) AS asked",
        *(
            f"count(*) FILTER (WHERE outcome = '{outcome.value}') AS {outcome.value or PENDING}"
            for outcome in IdentityCheck.Outcome
        ),
        f"count(*) FILTER (WHERE touch_point = '{IdentityCheck.TouchPoint.LOOKUP.value}') AS look_ups",
    )
)
_COUNTS: Final = ", ".join(_Counted._fields[2:9])


def _read(scope: Scope, period: Period) -> dict[str, list[_Counted]]:
    """Return the rows of all tables; of the officers only the first. In the text are words of ours and marks."""
    places = list(scope.offices)
    found: dict[str, list[_Counted]] = {"officer": [], "office": [], "procedure": [], "review": []}
    if not places:
        return found
    theirs = f"verification_identitycheck WHERE office_code IN ({marks(places)})"
    asked = f"{theirs} AND asked_at >= %s AND asked_at < %s"
    of_asked = [*places, *map(adapted, period.moments)]
    # Keys are numbers in one table and codes in the others, so that all are written as text.
    text = (
        f"SELECT 'officer', CAST(asked_by_id AS VARCHAR(20)), {_COUNTS}, many, full_name, login"  # noqa: S608  # nosec B608 # words of ours
        f" FROM (SELECT asked_by_id, {_COUNTING}, count(*) OVER () AS many FROM {asked} AND office_code <> ''"
        f" GROUP BY asked_by_id ORDER BY asked DESC, asked_by_id LIMIT {MOST_ROWS}) AS often"
        " LEFT JOIN accounts_user ON accounts_user.id = asked_by_id"
        f" UNION ALL SELECT 'procedure', procedure_code, {_COUNTING}, 0, NULL, NULL FROM {asked}"
        " GROUP BY procedure_code"
        f" UNION ALL SELECT 'review', '', {_COUNTING}, 0, NULL, NULL FROM {theirs} AND marks <> ''"
        " AND NOT EXISTS (SELECT 1 FROM oversight_checkreview WHERE check_made_id = id)"
    )
    values = [*of_asked, *of_asked, *places]
    if scope.is_whole:
        text += f" UNION ALL SELECT 'office', office_code, {_COUNTING}, 0, NULL, NULL FROM {asked} GROUP BY office_code"  # noqa: S608  # nosec B608 # words of ours
        values += of_asked
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        for row in map(_Counted._make, cursor.fetchall()):
            found[row.part].append(row)
    return found


def filtered(scope: Scope, period: Period, chosen: Mapping[str, str]) -> QuerySet[IdentityCheck]:
    """Return the checks behind a figure, newest first; what an address says wrongly finds nothing.

    Args:
        scope: what may be seen.
        period: when.
        chosen: what the address says: "can-bo" (key), "co-quan", "thu-tuc", "ket-qua", "diem" (codes).
    """
    checks = asked_in(period, scope.checks())
    if officer := chosen.get("can-bo"):
        key = number_in(officer)
        checks = checks.none() if key is None else checks.filter(asked_by_id=key)
    if office := chosen.get("co-quan"):
        checks = checks.filter(office_code="" if office == PORTAL else office)
    if procedure := chosen.get("thu-tuc"):
        checks = checks.filter(procedure_code="" if procedure == NO_PROCEDURE else procedure)
    if outcome := chosen.get("ket-qua"):
        checks = checks.filter(outcome="" if outcome == PENDING else outcome)
    if touch_point := chosen.get("diem"):
        checks = checks.filter(touch_point=touch_point)
    return listed(checks)


def listed(checks: QuerySet[IdentityCheck]) -> QuerySet[IdentityCheck]:
    """Return checks, newest first, with what a line shows of them and of who asked."""
    return checks.select_related("asked_by").only(*_LISTED).order_by("-asked_at", "-pk")


def paged(checks: QuerySet[IdentityCheck], after: str, size: int = A_PAGE) -> tuple[list[IdentityCheck], str]:
    """Return one page of checks, newest first, and where the next begins (empty when there is none).

    Args:
        checks: ordered by moment and key, falling.
        after: where the page before ended; a text that is none begins anew.
        size: how many make a page.
    """
    found = list(within(checks, after)[: size + 1])
    return found[:size], place_after(found[size - 1]) if len(found) > size else ""


def within(checks: QuerySet[IdentityCheck], after: str) -> QuerySet[IdentityCheck]:
    """Return those of the checks, newest first, that come after a place; all where the text is none."""
    place = _place(after)
    if place is None:
        return checks
    at, key = place
    return checks.filter(Q(asked_at__lt=at) | Q(asked_at=at, pk__lt=key), asked_at__lte=at)


def place_after(check: IdentityCheck) -> str:
    """Return the place after a check, as it stands in an address."""
    return f"{number_of(check.asked_at)}_{check.pk.hex}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    moment, _underscore, key = text.partition("_")
    try:
        return moment_of(int(moment)), UUID(key)
    except (ValueError, OverflowError):
        return None
