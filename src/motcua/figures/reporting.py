"""All numbers of a slice with the names of what they are about, as the page shows and the files hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from motcua.accounts.offices import known
from motcua.dossiers.models import Dossier
from motcua.figures import counting
from motcua.figures.counting import Cell, Flow, Marks, Point, Rated, Slice, Standing, Standings
from motcua.figures.words import span
from motcua.procedures.models import Procedure
from motcua.procedures.service import in_order
from motcua.verification.service import DayOfChecks, checks_by_day
from motcua.web.alphabet import alphabetical
from motcua.web.days import Period

Procedures = Mapping[int, Procedure]
_CHANNELS: Final = dict(Dossier.Channel.choices)
# As the tabs of the officers' queue have them, in their order.
_STATUSES: Final = (
    Dossier.Status.SUBMITTED, Dossier.Status.RECEIVED, Dossier.Status.PROCESSING, Dossier.Status.SUPPLEMENT,
    Dossier.Status.FEE, Dossier.Status.FINISHED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what it is about, with its code, and the flow."""

    label: str
    code: str
    flow: Flow


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one day, week or month."""

    label: str
    counts: DayOfChecks

    @property
    def without_answer(self) -> float | None:
        """Return the share of checks without an answer, in percent; None without checks."""
        return counting.share(self.counts.unanswered, self.counts.asked)


@dataclass(frozen=True, slots=True)
class MarksRow:
    """The ratings of one office or procedure."""

    label: str
    code: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of a slice; every table of flows has the same sum, ``total``."""

    chosen: Slice
    made_at: datetime
    cells: Sequence[Cell]
    total: Flow
    offices: Sequence[Row]
    procedures: Sequence[Row]
    channels: Sequence[Row]
    points: Sequence[Point]
    standings: Standings
    checks: Sequence[Checks]
    checks_total: DayOfChecks

    @property
    def standing_rows(self) -> list[tuple[str, Standing]]:
        """Return what is in hand now, a line for each status."""
        return [(str(one.label), self.standings.now.get(one.value, Standing())) for one in _STATUSES]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was there to be counted in the period."""
        turned_away = self.standings.refused + self.standings.withdrawn_before
        return not (
            self.total.taken_on or turned_away or self.checks_total.asked or self.checks_total.limited
        )


def all_procedures() -> Procedures:
    """Return every procedure by key, also those no longer in force, by sector and name; one query."""
    found = Procedure.objects.only("code", "name", "sector").order_by()
    return {one.pk: one for one in in_order(found)}


def report_of(
    chosen: Slice,
    *,
    procedures: Procedures,
    office_codes: Sequence[str] | None,
    procedure_codes: Sequence[str] | None,
    now: datetime,
) -> Report:
    """Count all that the page of dossiers and checks shows; four queries.

    Args:
        chosen: which dossiers.
        procedures: as ``all_procedures`` has them.
        office_codes: of the offices whose checks are counted; None for all, the portal's among them.
        procedure_codes: of the procedures whose checks are counted; None for all.
        now: the moment.
    """
    cells = counting.cells_of(chosen, now=now)
    begin, end = chosen.period.moments
    days = checks_by_day(office_codes=office_codes, begin=begin, end=end, procedure_codes=procedure_codes)
    return Report(
        chosen=chosen,
        made_at=now,
        cells=cells,
        total=counting.total(cell.flow for cell in cells),
        offices=_rows(cells, lambda cell: cell.office, office_words),
        procedures=_rows(cells, lambda cell: cell.procedure, _procedure_words(procedures)),
        channels=_rows(cells, lambda cell: cell.channel, lambda key: (str(_CHANNELS[key]), "")),
        points=counting.points_of(chosen),
        standings=counting.standings_of(chosen, now=now),
        checks=_by_span(days, chosen.period),
        checks_total=_together(days, chosen.period),
    )


def ratings_rows(
    rated: Iterable[Rated], *, procedures: Procedures
) -> tuple[Marks, list[MarksRow], list[MarksRow]]:
    """Return ratings together, by office and by procedure, the most rated first."""
    given = list(rated)
    return (
        sum((one.marks for one in given), Marks()),
        _marks(given, lambda one: one.office, office_words),
        _marks(given, lambda one: one.procedure, _procedure_words(procedures)),
    )


def office_words(key: int) -> tuple[str, str]:
    """Return an office's name and code."""
    office = known(key)
    return (office.name, office.code) if office else (_("Cơ quan mới"), "")


def _procedure_words(procedures: Procedures) -> Callable[[int], tuple[str, str]]:
    return lambda key: (procedures[key].name, procedures[key].code)


def _rows(
    cells: Iterable[Cell], key: Callable[[Cell], int], words: Callable[[int], tuple[str, str]]
) -> list[Row]:
    return [Row(*words(one), flow) for one, flow in counting.grouped(cells, key).items()]


def _marks(
    rated: Iterable[Rated], key: Callable[[Rated], int], words: Callable[[int], tuple[str, str]]
) -> list[MarksRow]:
    found: dict[int, Marks] = {}
    for one in rated:
        found[key(one)] = found.get(key(one), Marks()) + one.marks
    rows = [MarksRow(*words(one), marks) for one, marks in found.items()]
    return sorted(rows, key=lambda row: (-row.marks.ratings, alphabetical(row.label)))


def _by_span(days: Sequence[DayOfChecks], period: Period) -> list[Checks]:
    return [
        Checks(span(Point(first, last)), _together([day for day in days if first <= day.on <= last], period))
        for first, last in counting.spans_of(period)
    ]


def _together(days: Sequence[DayOfChecks], period: Period) -> DayOfChecks:
    names = [name for name in DayOfChecks.__dataclass_fields__ if name != "on"]
    return DayOfChecks(period.first, **{name: sum(getattr(day, name) for day in days) for name in names})
