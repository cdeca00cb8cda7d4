"""When a term ends, counted as the law counts: no database, no clock; decision 21 tells why.

Days of a term are working days of the law: Monday to Friday without holidays, and the days worked in a holiday's place.
On a Saturday on which an office is merely open it receives, and terms in hours run; it is no day of a term.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext as _

from motcua.accounts.hours import Span, WorkingHours
from motcua.procedures.models import TimeUnit

_DAY: Final = timedelta(days=1)
_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_SAME_DAY_UNTIL: Final = time(15)
_SATURDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """The country's days off and make-up days, and what differs at an office.

    ``closed``: days on which it does not work although the country does. ``worked``: days on which it works although
    the country does not.
    """

    closed: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Say whether a day is one of those in which terms are counted."""
        if day in self.worked:
            return True
        if day in self.closed:
            return False
        free, made_up = _country(day.year)
        return day in made_up if day.isoweekday() >= _SATURDAY else day not in free

    def is_off(self, day: date) -> bool:
        """Say whether a day is a holiday or another day off; a weekend alone is none."""
        return day not in self.worked and (day in self.closed or day in _country(day.year)[0])


NATIONAL: Final = Calendar()


def is_working_day(day: date) -> bool:
    """Say whether public offices of the country work on a day.

    Holidays come from the labor code and, for Tết and Giỗ Tổ, from the lunar calendar. A bridge day that the government
    grants late in a year, against a Saturday, is known once the package ``holidays`` knows it, or the administrator
    has written it down.
    """
    return NATIONAL.is_working_day(day)


def add_working_days(start: date, days: int, calendar: Calendar = NATIONAL) -> date:
    """Return the last day of a term that is counted in working days.

    Args:
        start: the day on which the term is set off; it is not counted, whatever the hour and whether or not it is a
            working day.
        days: how many working days the term has; none ends it on ``start``.
        calendar: of the office.

    Raises:
        ValueError: ``days`` is negative.
    """
    if days < 0:
        raise ValueError("a term runs forward")
    if days == 0:
        return start
    year, place = start.year, bisect_right(_worked(calendar, start.year), start) + days - 1
    while place >= len(_worked(calendar, year)):
        place -= len(_worked(calendar, year))
        year += 1
    return _worked(calendar, year)[place]


def working_days_between(start: date, end: date, calendar: Calendar = NATIONAL) -> int:
    """Return how many working days there are after ``start``, up to and with ``end``; negative when ``end`` is over."""
    if end < start:
        return -working_days_between(end, start, calendar)
    years = sum(len(_worked(calendar, year)) for year in range(start.year, end.year))
    return (
        years
        + bisect_right(_worked(calendar, end.year), end)
        - bisect_right(_worked(calendar, start.year), start)
    )


def closing_time(day: date, calendar: Calendar, hours: WorkingHours) -> datetime | None:
    """Return when an office closes on a working day; None for another day."""
    if not calendar.is_working_day(day):
        return None
    return _at(day, _spans(day, calendar, hours)[-1][1])


def is_open(moment: datetime, calendar: Calendar, hours: WorkingHours) -> bool:
    """Say whether an office is open at a moment; the moment at which it closes is the last one."""
    here = moment.astimezone(_VIETNAM)
    return any(opens <= here.time() <= closes for opens, closes in _spans(here.date(), calendar, hours))


def due_at(
    *, limit: int | None, unit: str, started_at: datetime, calendar: Calendar, hours: WorkingHours
) -> datetime | None:
    """Return the moment at which a term ends, always one at which the office is open.

    Args:
        limit: how many days or hours; the unit *same day* needs none.
        unit: a value of ``TimeUnit``; an empty one is taken for working days.
        started_at: when the dossier was received, or its missing papers were.
        calendar: of the office.
        hours: of the office.

    Returns:
        None where the law gives no term.
    """
    start = started_at.astimezone(_VIETNAM)
    today = start.date()
    if unit == TimeUnit.SAME_DAY:
        # As the slip has it, in whole minutes: who reads 15:00 on it is not late.
        is_late = start.time().replace(second=0, microsecond=0) > _SAME_DAY_UNTIL
        return _closing(today + _DAY if is_late else today, start, calendar, hours)
    if limit is None:
        return None
    match unit:
        case TimeUnit.HOURS:
            return _after_open_time(start, timedelta(hours=limit), calendar, hours)
        case TimeUnit.DAYS:
            return _closing(today + _DAY * limit, start, calendar, hours)
        case _:
            return _closing(add_working_days(today, limit, calendar), start, calendar, hours)


def resumed(
    *,
    due: datetime,
    unit: str,
    paused_at: datetime,
    resumed_at: datetime,
    calendar: Calendar,
    hours: WorkingHours,
) -> datetime:
    """Return the new end of a term that stood still and goes on with what was left of it.

    A term in hours moves by the hours for which the office was open meanwhile, one in days by the days of its own kind.

    Args:
        due: when it would have ended.
        unit: a value of ``TimeUnit``.
        paused_at: since when it stood still.
        resumed_at: from when it runs again.
        calendar: of the office.
        hours: of the office.
    """
    old, stopped, again = (moment.astimezone(_VIETNAM) for moment in (due, paused_at, resumed_at))
    if unit == TimeUnit.HOURS:
        new = _after_open_time(old, _open_time(stopped, again, calendar, hours), calendar, hours)
    elif unit == TimeUnit.DAYS:
        new = _same_or_closing(old, (again.date() - stopped.date()).days, calendar, hours)
    else:
        stood = working_days_between(stopped.date(), again.date(), calendar)
        day = add_working_days(old.date(), stood, calendar)
        new = _same_or_closing(old, (day - old.date()).days, calendar, hours)
    if old < stopped or new >= again:
        return new
    # Nothing was left of its last day when it went on, in the evening say: it ends when the office has been open again.
    if unit == TimeUnit.HOURS:
        return _after_open_time(again, timedelta(), calendar, hours)
    return _closing(again.date(), again, calendar, hours)


class DueLabel(NamedTuple):
    """How a due date stands, in words, and the class of the badge around them (``web/motcua.css``)."""

    text: str
    tone: str


def due_label(
    *,
    due: datetime | None,
    unit: str,
    now: datetime,
    calendar: Calendar,
    finished_at: datetime | None = None,
    paused_at: datetime | None = None,
) -> DueLabel | None:
    """Say in words how a due date stands: "Còn 2 ngày", "Đến hạn hôm nay", "Quá hạn 1 ngày".

    Days are working days; for a term in plain days they are plain days. What is late by less than a day says so.

    Args:
        due: the due date.
        unit: a value of ``TimeUnit``.
        now: the moment.
        calendar: of the office.
        finished_at: when there was a result; the label then tells whether that was in time.
        paused_at: since when the term stands still.

    Returns:
        None where there is no due date and none is waited for.
    """
    if due is None:
        return DueLabel(_("Tạm dừng tính thời hạn"), "waiting") if paused_at and not finished_at else None
    last, at = due.astimezone(_VIETNAM), (finished_at or now).astimezone(_VIETNAM)
    if unit == TimeUnit.DAYS:
        days = abs((last.date() - at.date()).days)
    else:
        days = abs(working_days_between(at.date(), last.date(), calendar))
    if finished_at is not None:
        if at > last:
            late = _("Trễ hạn %(days)d ngày") if days else _("Trễ hạn dưới 1 ngày")
            return DueLabel(late % {"days": days}, "late")
        return DueLabel(_("Đúng hạn") if at.date() == last.date() else _("Trước hạn"), "done")
    if paused_at is not None:
        return DueLabel(_("Tạm dừng tính thời hạn"), "waiting")
    if at > last:
        return DueLabel(
            (_("Quá hạn %(days)d ngày") if days else _("Quá hạn dưới 1 ngày")) % {"days": days}, "late"
        )
    if at.date() == last.date():
        is_timed = unit == TimeUnit.HOURS
        today = _("Đến hạn hôm nay, lúc %(at)s") if is_timed else _("Đến hạn hôm nay")
        return DueLabel(today % {"at": f"{last:%H:%M}"}, "waiting")
    # On a Saturday on which the office is only open no working day is left, and it is not today either.
    days = max(days, 1)
    return DueLabel(_("Còn %(days)d ngày") % {"days": days}, "waiting" if days == 1 else "")


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, _VIETNAM)


def _spans(day: date, calendar: Calendar, hours: WorkingHours) -> tuple[Span, ...]:
    """Return when an office is open on a day; a make-up day at a weekend has the hours of a Monday."""
    weekday = day.isoweekday()
    if weekday < _SATURDAY:
        return hours.week[weekday - 1] if calendar.is_working_day(day) else ()
    if calendar.is_working_day(day):
        return hours.week[0]
    return () if calendar.is_off(day) else hours.week[weekday - 1]


def _closing(day: date, reached: datetime, calendar: Calendar, hours: WorkingHours) -> datetime:
    """Return when the office closes on the first working day from ``day`` on that is not over by ``reached``."""
    while True:
        closes = closing_time(day, calendar, hours)
        if closes is not None and closes >= reached:
            return closes
        day += _DAY


def _same_or_closing(due: datetime, days: int, calendar: Calendar, hours: WorkingHours) -> datetime:
    """Return a due date that many days later; moved by none, it stays as it is."""
    return _closing(due.date() + _DAY * days, due, calendar, hours) if days else due


def _open_spans(
    start: datetime, calendar: Calendar, hours: WorkingHours
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans in which the office is open, from the one on that is not over by ``start``."""
    day = start.date()
    while True:
        for opens, closes in _spans(day, calendar, hours):
            if _at(day, closes) >= start:
                yield max(_at(day, opens), start), _at(day, closes)
        day += _DAY


def _after_open_time(start: datetime, length: timedelta, calendar: Calendar, hours: WorkingHours) -> datetime:
    """Return the moment by which an office has been open for so long."""
    for opens, closes in _open_spans(start, calendar, hours):
        if closes - opens >= length:
            return opens + length
        length -= closes - opens
    raise AssertionError("an office opens again")


def _open_time(start: datetime, end: datetime, calendar: Calendar, hours: WorkingHours) -> timedelta:
    """Return for how long an office was open between two moments."""
    total = timedelta()
    for opens, closes in _open_spans(start, calendar, hours):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


@lru_cache(maxsize=1)
def _vietnam() -> Any:
    """Return the class of the country's holidays; by its name it would bring those of 250 others, 8 MB a process."""
    file = Path(holidays.__file__).with_name("countries") / "vietnam.py"
    found = spec_from_file_location("holidays_of_vietnam", file)
    assert found is not None  # nosec B101 # tells the type checker
    assert found.loader is not None  # nosec B101 # tells the type checker
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module.Vietnam


@lru_cache(maxsize=16)
def _country(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return a year's holidays and its days worked at a weekend."""
    # The next year too: a Saturday of December may be worked for a free day in January.
    known = _vietnam()(years=(year, year + 1), expand=False)
    return frozenset(known), frozenset(known.weekend_workdays)


@lru_cache(maxsize=512)
def _worked(calendar: Calendar, year: int) -> tuple[date, ...]:
    """Return a year's working days, in order: a label counts them by their places, whatever the distance."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    days = (first + _DAY * place for place in range((after - first).days))
    return tuple(day for day in days if calendar.is_working_day(day))
