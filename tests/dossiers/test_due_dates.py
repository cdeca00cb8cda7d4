"""A term in working days ends on the day that the calendar on the wall gives."""

from __future__ import annotations

from datetime import date

import pytest

from motcua.dossiers.due_dates import add_working_days, is_working_day, working_days_between

TERMS = {
    # why: (set off, working days, ends)
    "a Monday": (date(2026, 11, 16), 2, date(2026, 11, 18)),
    "a Thursday, over the weekend": (date(2026, 10, 15), 2, date(2026, 10, 19)),
    "a Friday": (date(2026, 10, 16), 2, date(2026, 10, 20)),
    "a Saturday": (date(2026, 10, 17), 2, date(2026, 10, 20)),
    "a Sunday": (date(2026, 10, 18), 2, date(2026, 10, 20)),
    "the Friday before Tết 2026": (date(2026, 2, 13), 2, date(2026, 2, 24)),
    "within Tết 2026": (date(2026, 2, 17), 2, date(2026, 2, 24)),
    "two days before Tết 2026": (date(2026, 2, 12), 2, date(2026, 2, 23)),
    "before Tết 2027, whose first day is a Saturday": (date(2027, 2, 3), 2, date(2027, 2, 12)),
    "Giao thừa 2027": (date(2027, 2, 5), 2, date(2027, 2, 12)),
    "Giỗ Tổ on a Sunday, made good on Monday": (date(2026, 4, 24), 2, date(2026, 4, 29)),
    "before 30/4 and 1/5": (date(2026, 4, 29), 2, date(2026, 5, 5)),
    "on 30/4": (date(2026, 4, 30), 2, date(2026, 5, 5)),
    "30/4 and 1/5 of 2027, made good after the weekend": (date(2027, 4, 29), 2, date(2027, 5, 5)),
    "2/9 with its bridge days": (date(2026, 8, 28), 2, date(2026, 9, 4)),
    "over the Saturday worked for 31/8/2026": (date(2026, 8, 20), 2, date(2026, 8, 22)),
    "24/11, since 2026": (date(2026, 11, 23), 2, date(2026, 11, 26)),
    "24/11 a year before": (date(2025, 11, 21), 2, date(2025, 11, 25)),
    "over New Year": (date(2026, 12, 30), 2, date(2027, 1, 4)),
    "New Year of 2028 on a Saturday, made good on Monday": (date(2027, 12, 31), 2, date(2028, 1, 5)),
    "no days at all": (date(2026, 10, 17), 0, date(2026, 10, 17)),
    "ten days": (date(2026, 4, 20), 10, date(2026, 5, 7)),
}


@pytest.mark.parametrize(("start", "days", "end"), TERMS.values(), ids=TERMS)
def test_a_term_ends_after_its_working_days(start: date, days: int, end: date) -> None:
    assert add_working_days(start, days) == end


@pytest.mark.parametrize(("start", "days", "end"), TERMS.values(), ids=TERMS)
def test_the_days_of_a_term_are_counted_back(start: date, days: int, end: date) -> None:
    assert working_days_between(start, end) == days
    assert working_days_between(end, start) == -days


def test_a_term_does_not_run_backwards() -> None:
    with pytest.raises(ValueError):
        add_working_days(date(2026, 11, 16), -1)


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 8, 22), True),  # a Saturday, worked for 31/8
        (date(2026, 8, 29), False),
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), False),
        (date(2026, 9, 3), True),
        (date(2027, 2, 5), False),  # Giao thừa
        (date(2027, 2, 10), False),
        (date(2014, 12, 27), True),  # a Saturday, worked for a day of the next year
    ],
)
def test_a_day_is_worked_or_free(day: date, is_worked: bool) -> None:
    assert is_working_day(day) is is_worked
