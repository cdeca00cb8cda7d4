"""Working days, in which the law counts: no weekends, no public holidays, and the Saturdays worked in their place."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Say whether public offices work on a day.

    Holidays come from the labor code and, for Tết and Giỗ Tổ, from the lunar calendar. A bridge day that the government
    grants late in a year, against a Saturday, is known once the package ``holidays`` knows it.
    """
    return _calendar(day.year).is_working_day(day)


def add_working_days(start: date, days: int) -> date:
    """Return the last day of a term that is counted in working days.

    Args:
        start: the day on which the term is set off; it is not counted, whatever the hour and whether or not it is a
            working day.
        days: how many working days the term has; none ends it on ``start``.

    Raises:
        ValueError: ``days`` is negative.
    """
    if days < 0:
        raise ValueError("a term runs forward")
    day = start
    while days:
        day += _DAY
        days -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Return how many working days there are after ``start``, up to and with ``end``; negative when ``end`` is over."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + _DAY * place) for place in range(1, (end - start).days + 1))


@lru_cache(maxsize=8)
def _calendar(year: int) -> holidays.Vietnam:
    # The next year too: a Saturday of December may be worked for a free day in January.
    return holidays.Vietnam(years=(year, year + 1), expand=False)
