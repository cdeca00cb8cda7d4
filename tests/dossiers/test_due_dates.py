"""A term ends at the moment that law, wall calendar and the office's door give; every expected one was found by hand.

Of 2027 and later the package ``holidays`` knows the law and the moon alone: which days around Tết and 2/9 are free, and
what is swapped, the government has not decided yet. Cases marked "foreseen" rest on the package's forecast.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.accounts.hours import WorkingHours, hours_of
from motcua.dossiers.due_dates import (
    NATIONAL,
    Calendar,
    add_working_days,
    closing_time,
    due_at,
    due_label,
    is_open,
    is_working_day,
    resumed,
    working_days_between,
)
from motcua.procedures.models import TimeUnit

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


def test_no_other_country_is_loaded() -> None:
    assert is_working_day(date(2026, 4, 29))
    assert "holidays.countries" not in sys.modules


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


HERE = ZoneInfo("Asia/Ho_Chi_Minh")
USUAL_HOURS = hours_of({})
UNITS = {
    "wd": TimeUnit.WORKING_DAYS,
    "d": TimeUnit.DAYS,
    "h": TimeUnit.HOURS,
    "same": TimeUnit.SAME_DAY,
    "": "",
}
# Whose calendar and hours: 07:30-11:30 and 13:00-17:00 from Monday to Friday where nothing else is said.
OFFICES: dict[str, tuple[Calendar, WorkingHours]] = {
    "": (NATIONAL, USUAL_HOURS),
    "police": (NATIONAL, hours_of({"6": "07:30-11:30"})),
    "early": (NATIONAL, hours_of({str(day): "07:00-11:00, 13:30-16:30" for day in range(1, 6)})),
    "short Friday": (NATIONAL, hours_of({"5": "07:30-11:30"})),
    # A flood shuts it on Wednesday and Thursday; it makes one day good on Saturday.
    "flooded": (
        Calendar(
            closed=frozenset({date(2026, 9, 9), date(2026, 9, 10)}), worked=frozenset({date(2026, 9, 12)})
        ),
        USUAL_HOURS,
    ),
    # The swap of a Friday for a Saturday, written down by the administrator because no package knew it.
    "bridge": (
        Calendar(closed=frozenset({date(2026, 1, 2)}), worked=frozenset({date(2026, 1, 10)})),
        USUAL_HOURS,
    ),
    "police, shut for a Saturday": (
        Calendar(closed=frozenset({date(2026, 11, 21)})),
        hours_of({"6": "07:30-11:30"}),
    ),
}
# name | term | started | due | office
CASES = """
an ordinary Monday                         | 2 wd  | 2026-11-16 08:00 | 2026-11-18 17:00 |
over the weekend                           | 2 wd  | 2026-10-15 10:00 | 2026-10-19 17:00 |
Friday, a minute before closing            | 1 wd  | 2026-10-16 16:59 | 2026-10-19 17:00 |
Friday, at closing                         | 1 wd  | 2026-10-16 17:00 | 2026-10-19 17:00 |
Friday night                               | 1 wd  | 2026-10-16 20:00 | 2026-10-19 17:00 |
Saturday                                   | 2 wd  | 2026-10-17 09:00 | 2026-10-20 17:00 |
Sunday, the last minute                    | 1 wd  | 2026-10-18 23:59 | 2026-10-19 17:00 |
Monday, the first minute                   | 1 wd  | 2026-10-19 00:00 | 2026-10-20 17:00 |
15:00 changes nothing for days             | 1 wd  | 2026-11-16 15:01 | 2026-11-17 17:00 |
a unit that nobody wrote down              | 2     | 2026-11-16 08:00 | 2026-11-18 17:00 |
across 24/11/2026                          | 2 wd  | 2026-11-20 10:00 | 2026-11-25 17:00 |
online on 24/11/2026                       | 1 wd  | 2026-11-24 09:00 | 2026-11-25 17:00 |
24/11 before it was free                   | 1 wd  | 2025-11-21 09:00 | 2025-11-24 17:00 |
24/11/2027                                 | 1 wd  | 2027-11-23 09:00 | 2027-11-25 17:00 |
the last hour before Tết 2024              | 1 wd  | 2024-02-07 16:00 | 2024-02-15 17:00 |
five days around Tết 2024                  | 5 wd  | 2024-02-05 08:00 | 2024-02-19 17:00 |
online on the first day of Tết 2024        | 2 wd  | 2024-02-10 09:00 | 2024-02-16 17:00 |
around Tết 2025                            | 3 wd  | 2025-01-23 09:00 | 2025-02-04 17:00 |
ten days around Tết 2025                   | 10 wd | 2025-01-17 09:00 | 2025-02-07 17:00 |
the Friday before Tết 2026                 | 1 wd  | 2026-02-13 16:30 | 2026-02-23 17:00 |
the Thursday before Tết 2026               | 2 wd  | 2026-02-12 08:00 | 2026-02-23 17:00 |
online in Tết 2026                         | 3 wd  | 2026-02-18 22:00 | 2026-02-25 17:00 |
the day before Tết 2027, foreseen          | 1 wd  | 2027-02-03 09:00 | 2027-02-11 17:00 |
around Tết 2027, foreseen                  | 5 wd  | 2027-02-01 09:00 | 2027-02-15 17:00 |
Giỗ Tổ 2024, a Thursday                    | 1 wd  | 2024-04-17 09:00 | 2024-04-19 17:00 |
Giỗ Tổ 2025, a Monday                      | 1 wd  | 2025-04-04 09:00 | 2025-04-08 17:00 |
Giỗ Tổ 2026, a Sunday made good            | 2 wd  | 2026-04-24 09:00 | 2026-04-29 17:00 |
Giỗ Tổ 2027, a Friday                      | 1 wd  | 2027-04-15 09:00 | 2027-04-19 17:00 |
30/4 of 2024, with the swapped Monday      | 2 wd  | 2024-04-26 09:00 | 2024-05-03 17:00 |
to the Saturday worked for it              | 3 wd  | 2024-04-26 09:00 | 2024-05-04 17:00 |
2024, to the make-up Saturday              | 2 wd  | 2024-05-02 09:00 | 2024-05-04 17:00 |
2025, to the make-up Saturday              | 2 wd  | 2025-04-24 09:00 | 2025-04-26 17:00 |
30/4 of 2025, with the swapped Friday      | 2 wd  | 2025-04-28 09:00 | 2025-05-05 17:00 |
30/4 and 1/5 of 2026                       | 1 wd  | 2026-04-29 09:00 | 2026-05-04 17:00 |
30/4 and 1/5 of 2027, Saturday made good   | 2 wd  | 2027-04-29 09:00 | 2027-05-05 17:00 |
2/9 of 2024                                | 1 wd  | 2024-08-30 09:00 | 2024-09-04 17:00 |
2/9 of 2025                                | 1 wd  | 2025-08-29 09:00 | 2025-09-03 17:00 |
2/9 of 2026, with the swapped Monday       | 1 wd  | 2026-08-28 09:00 | 2026-09-03 17:00 |
to the Saturday worked for it, 22/8/2026   | 2 wd  | 2026-08-20 09:00 | 2026-08-22 17:00 |
received on that Saturday                  | 1 wd  | 2026-08-22 09:00 | 2026-08-24 17:00 |
2/9 of 2027, foreseen                      | 1 wd  | 2027-09-01 09:00 | 2027-09-06 17:00 |
over New Year 2027                         | 2 wd  | 2026-12-30 09:00 | 2027-01-04 17:00 |
over New Year 2025                         | 1 wd  | 2024-12-31 09:00 | 2025-01-02 17:00 |
New Year 2028, a Saturday made good        | 1 wd  | 2027-12-31 09:00 | 2028-01-04 17:00 |
a swap that the administrator wrote down   | 1 wd  | 2025-12-31 09:00 | 2026-01-05 17:00 | bridge
and its Saturday                           | 5 wd  | 2026-01-05 09:00 | 2026-01-10 17:00 | bridge
to the leap day                            | 1 wd  | 2024-02-28 09:00 | 2024-02-29 17:00 |
on the leap day                            | 1 wd  | 2024-02-29 09:00 | 2024-03-01 17:00 |
the end of February in a common year       | 2 wd  | 2025-02-27 09:00 | 2025-03-03 17:00 |
thirty days through spring 2026            | 30 wd | 2026-04-01 09:00 | 2026-05-18 17:00 |
no days at all                             | 0 wd  | 2026-11-16 08:00 | 2026-11-16 17:00 |
no days at all, in the evening             | 0 wd  | 2026-11-16 18:00 | 2026-11-17 17:00 |
no days at all, on a Saturday              | 0 wd  | 2026-11-14 09:00 | 2026-11-16 17:00 |
plain days                                 | 10 d  | 2026-11-02 09:00 | 2026-11-12 17:00 |
plain days to a Sunday                     | 20 d  | 2026-11-02 09:00 | 2026-11-23 17:00 |
plain days to a holiday                    | 10 d  | 2026-11-14 09:00 | 2026-11-25 17:00 |
plain days into Tết                        | 5 d   | 2026-02-12 09:00 | 2026-02-23 17:00 |
plain days to the leap day                 | 30 d  | 2024-01-30 09:00 | 2024-02-29 17:00 |
plain days to a make-up Saturday           | 5 d   | 2024-04-29 09:00 | 2024-05-04 17:00 |
plain days to New Year                     | 10 d  | 2026-12-22 09:00 | 2027-01-04 17:00 |
sixty plain days                           | 60 d  | 2026-10-02 09:00 | 2026-12-01 17:00 |
no plain days, on a Sunday                 | 0 d   | 2026-11-15 09:00 | 2026-11-16 17:00 |
plain days to a Saturday morning           | 5 d   | 2026-11-09 09:00 | 2026-11-16 17:00 | police
same day, in the morning                   | same  | 2026-11-16 09:00 | 2026-11-16 17:00 |
same day, 14:59                            | same  | 2026-11-16 14:59 | 2026-11-16 17:00 |
same day, 15:00                            | same  | 2026-11-16 15:00 | 2026-11-16 17:00 |
same day, 15:01                            | same  | 2026-11-16 15:01 | 2026-11-17 17:00 |
same day, Friday afternoon                 | same  | 2026-11-20 15:01 | 2026-11-23 17:00 |
same day, the afternoon before 24/11       | same  | 2026-11-23 15:30 | 2026-11-25 17:00 |
same day, on 24/11                         | same  | 2026-11-24 10:00 | 2026-11-25 17:00 |
same day, on a Saturday                    | same  | 2026-11-21 09:00 | 2026-11-23 17:00 |
same day, before the door opens            | same  | 2026-11-16 05:00 | 2026-11-16 17:00 |
same day, the last afternoon before Tết    | same  | 2026-02-13 16:00 | 2026-02-23 17:00 |
same day, on a make-up Saturday            | same  | 2026-08-22 14:00 | 2026-08-22 17:00 |
same day, late on a make-up Saturday       | same  | 2026-08-22 15:30 | 2026-08-24 17:00 |
same day, where Saturday mornings are open | same  | 2026-11-21 08:00 | 2026-11-23 17:00 | police
same day, the desk is shut since noon      | same  | 2026-11-20 12:00 | 2026-11-23 17:00 | short Friday
an hour                                    | 1 h   | 2026-11-16 08:00 | 2026-11-16 09:00 |
an hour across lunch                       | 1 h   | 2026-11-16 11:00 | 2026-11-16 13:30 |
an hour from within lunch                  | 1 h   | 2026-11-16 12:00 | 2026-11-16 14:00 |
an hour across the night                   | 1 h   | 2026-11-16 16:30 | 2026-11-17 08:00 |
an hour from the night                     | 1 h   | 2026-11-16 22:00 | 2026-11-17 08:30 |
an hour from Saturday                      | 1 h   | 2026-11-21 09:00 | 2026-11-23 08:30 |
eight hours are a day                      | 8 h   | 2026-11-16 07:30 | 2026-11-16 17:00 |
eight hours from nine                      | 8 h   | 2026-11-16 09:00 | 2026-11-17 09:00 |
four hours across the weekend              | 4 h   | 2026-11-20 15:00 | 2026-11-23 09:30 |
four hours across 24/11                    | 4 h   | 2026-11-23 15:00 | 2026-11-25 09:30 |
two hours across Tết                       | 2 h   | 2026-02-13 16:00 | 2026-02-23 08:30 |
sixteen hours over New Year                | 16 h  | 2026-12-31 13:00 | 2027-01-05 11:30 |
no hours                                   | 0 h   | 2026-11-16 08:00 | 2026-11-16 08:00 |
no hours, within lunch                     | 0 h   | 2026-11-16 12:00 | 2026-11-16 13:00 |
hours run on an open Saturday              | 4 h   | 2026-11-20 15:00 | 2026-11-21 09:30 | police
and stop at its noon                       | 1 h   | 2026-11-21 11:00 | 2026-11-23 08:00 | police
a Saturday of Tết is not open              | 2 h   | 2024-02-07 16:00 | 2024-02-15 08:30 | police
nor one that the office closed             | 4 h   | 2026-11-20 15:00 | 2026-11-23 09:30 | police, shut for a Saturday
a make-up Saturday is open all day         | 6 h   | 2026-08-22 07:30 | 2026-08-22 15:00 | police
an open Saturday is no working day         | 1 wd  | 2026-11-20 09:00 | 2026-11-23 17:00 | police
an office's own closing hour               | 2 wd  | 2026-11-20 09:00 | 2026-11-25 16:30 | early
its own hours                              | 4 h   | 2026-11-16 10:00 | 2026-11-16 16:30 | early
a day that ends at noon                    | 1 wd  | 2026-11-19 09:00 | 2026-11-20 11:30 | short Friday
over local closing days                    | 1 wd  | 2026-09-08 09:00 | 2026-09-11 17:00 | flooded
to a local make-up day                     | 2 wd  | 2026-09-08 09:00 | 2026-09-12 17:00 | flooded
same day, on a local closing day           | same  | 2026-09-09 09:00 | 2026-09-11 17:00 | flooded
hours over local closing days              | 2 h   | 2026-09-08 16:00 | 2026-09-11 08:30 | flooded
hours on a local make-up day               | 4 h   | 2026-09-11 15:00 | 2026-09-12 09:30 | flooded
plain days to a local closing day          | 3 d   | 2026-09-06 09:00 | 2026-09-11 17:00 | flooded
the same days elsewhere                    | 1 wd  | 2026-09-08 09:00 | 2026-09-09 17:00 |
"""


def at(text: str) -> datetime:
    """Read a moment as the tables write it, in local time; in UTC, as the product's clock and database give it."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=HERE).astimezone(UTC)


def rows(table: str) -> list[list[str]]:
    """Split a table into its cells."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def term(text: str) -> tuple[int | None, str]:
    """Read "2 wd": limit and unit."""
    limit, _, unit = text.partition(" ") if text[0].isdigit() else ("", "", text)
    return (int(limit) if limit else None), UNITS[unit]


def test_the_table_has_at_least_sixty_cases_over_four_years() -> None:
    assert len(rows(CASES)) >= 60
    assert {row[2][:4] for row in rows(CASES)} >= {"2024", "2025", "2026", "2027"}
    assert len({row[0] for row in rows(CASES)}) == len(rows(CASES))


@pytest.mark.parametrize(
    ("length", "started", "expected", "office"),
    [row[1:] for row in rows(CASES)],
    ids=[row[0] for row in rows(CASES)],
)
def test_a_dossier_is_due_when_law_and_calendar_say(
    length: str, started: str, expected: str, office: str
) -> None:
    limit, unit = term(length)
    calendar, hours = OFFICES[office]

    assert due_at(limit=limit, unit=unit, started_at=at(started), calendar=calendar, hours=hours) == at(
        expected
    )


@pytest.mark.parametrize("unit", [TimeUnit.WORKING_DAYS, TimeUnit.DAYS, TimeUnit.HOURS, ""])
def test_without_a_limit_nothing_is_due(unit: str) -> None:
    start = at("2026-11-16 08:00")

    assert due_at(limit=None, unit=unit, started_at=start, calendar=NATIONAL, hours=USUAL_HOURS) is None


def test_the_moment_of_reception_may_come_in_any_time_zone() -> None:
    """23:30 UTC on Sunday is Monday morning here: Monday is the first day, which is not counted."""
    start = datetime(2026, 11, 15, 23, 30, tzinfo=ZoneInfo("UTC"))

    assert due_at(
        limit=1, unit=TimeUnit.WORKING_DAYS, started_at=start, calendar=NATIONAL, hours=USUAL_HOURS
    ) == at("2026-11-17 17:00")


# name | unit | due | paused | goes on | due then | office
PAUSES = """
settled within the day     | wd   | 2026-11-20 17:00 | 2026-11-16 10:00 | 2026-11-16 15:00 | 2026-11-20 17:00 |
two days, over 24/11       | wd   | 2026-11-20 17:00 | 2026-11-16 10:00 | 2026-11-18 09:00 | 2026-11-25 17:00 |
until after midnight       | wd   | 2026-11-20 17:00 | 2026-11-16 10:00 | 2026-11-18 00:30 | 2026-11-25 17:00 |
from after midnight        | wd   | 2026-11-20 17:00 | 2026-11-17 00:30 | 2026-11-18 09:00 | 2026-11-23 17:00 |
over a weekend             | wd   | 2026-11-17 17:00 | 2026-11-13 10:00 | 2026-11-16 09:00 | 2026-11-18 17:00 |
within a weekend           | wd   | 2026-11-17 17:00 | 2026-11-14 10:00 | 2026-11-15 09:00 | 2026-11-17 17:00 |
until a holiday            | wd   | 2026-11-25 17:00 | 2026-11-23 10:00 | 2026-11-24 09:00 | 2026-11-25 17:00 |
over Tết                   | wd   | 2026-02-13 17:00 | 2026-02-12 10:00 | 2026-02-23 09:00 | 2026-02-24 17:00 |
the last day, till evening | wd   | 2026-11-16 17:00 | 2026-11-16 10:00 | 2026-11-16 20:00 | 2026-11-17 17:00 |
late, and late it stays    | wd   | 2026-11-13 17:00 | 2026-11-16 10:00 | 2026-11-18 09:00 | 2026-11-17 17:00 |
over local closing days    | wd   | 2026-09-08 17:00 | 2026-09-07 10:00 | 2026-09-11 09:00 | 2026-09-12 17:00 | flooded
same day, two days later   | same | 2026-11-16 17:00 | 2026-11-16 10:00 | 2026-11-18 09:00 | 2026-11-18 17:00 |
plain days, to a Saturday  | d    | 2026-11-12 17:00 | 2026-11-09 10:00 | 2026-11-11 09:00 | 2026-11-16 17:00 |
plain days, after midnight | d    | 2026-11-12 17:00 | 2026-11-09 10:00 | 2026-11-11 00:30 | 2026-11-16 17:00 |
plain days, not moved      | d    | 2026-11-12 17:00 | 2026-11-09 10:00 | 2026-11-09 11:00 | 2026-11-12 17:00 |
hours across lunch         | h    | 2026-11-16 10:00 | 2026-11-16 09:00 | 2026-11-16 14:00 | 2026-11-16 15:00 |
hours until the night      | h    | 2026-11-17 08:00 | 2026-11-16 16:30 | 2026-11-16 20:00 | 2026-11-17 08:30 |
hours to a closed Saturday | h    | 2026-11-20 17:00 | 2026-11-20 16:00 | 2026-11-21 10:00 | 2026-11-23 08:30 |
hours to an open Saturday  | h    | 2026-11-20 17:00 | 2026-11-20 16:00 | 2026-11-21 10:00 | 2026-11-21 11:00 | police
"""


@pytest.mark.parametrize(
    ("unit", "due", "paused", "goes_on", "expected", "office"),
    [row[1:] for row in rows(PAUSES)],
    ids=[row[0] for row in rows(PAUSES)],
)
def test_what_was_left_of_a_term_is_left_when_it_goes_on(
    unit: str, due: str, paused: str, goes_on: str, expected: str, office: str
) -> None:
    calendar, hours = OFFICES[office]

    assert resumed(
        due=at(due),
        unit=UNITS[unit],
        paused_at=at(paused),
        resumed_at=at(goes_on),
        calendar=calendar,
        hours=hours,
    ) == at(expected)


# unit | due | now | label
LABELS = """
wd   | 2026-11-25 17:00 | 2026-11-20 09:00 | Còn 2 ngày
wd   | 2026-11-25 17:00 | 2026-11-22 09:00 | Còn 2 ngày
wd   | 2026-11-25 17:00 | 2026-11-23 09:00 | Còn 1 ngày
wd   | 2026-11-25 17:00 | 2026-11-24 09:00 | Còn 1 ngày
wd   | 2026-11-25 17:00 | 2026-11-25 00:00 | Đến hạn hôm nay
wd   | 2026-11-25 17:00 | 2026-11-25 17:00 | Đến hạn hôm nay
wd   | 2026-11-25 17:00 | 2026-11-25 17:01 | Quá hạn dưới 1 ngày
wd   | 2026-11-25 17:00 | 2026-11-26 08:00 | Quá hạn 1 ngày
wd   | 2026-11-25 17:00 | 2026-11-28 08:00 | Quá hạn 2 ngày
wd   | 2026-11-25 17:00 | 2026-11-30 08:00 | Quá hạn 3 ngày
wd   | 2026-11-20 17:00 | 2026-11-21 08:00 | Quá hạn dưới 1 ngày
wd   | 2026-11-20 17:00 | 2026-11-23 08:00 | Quá hạn 1 ngày
wd   | 2026-02-23 17:00 | 2026-02-13 08:00 | Còn 1 ngày
same | 2026-11-16 17:00 | 2026-11-16 09:00 | Đến hạn hôm nay
d    | 2026-11-23 17:00 | 2026-11-20 09:00 | Còn 3 ngày
d    | 2026-11-20 17:00 | 2026-11-23 09:00 | Quá hạn 3 ngày
h    | 2026-11-25 14:30 | 2026-11-25 08:00 | Đến hạn hôm nay, lúc 14:30
h    | 2026-11-25 14:30 | 2026-11-25 15:00 | Quá hạn dưới 1 ngày
h    | 2026-11-21 09:30 | 2026-11-20 16:00 | Còn 1 ngày
"""


@pytest.mark.parametrize(("unit", "due", "now", "label"), rows(LABELS))
def test_a_label_tells_what_is_left(unit: str, due: str, now: str, label: str) -> None:
    said = due_label(due=at(due), unit=UNITS[unit], now=at(now), calendar=NATIONAL)

    assert said is not None
    assert said.text == label
    assert (said.tone == "late") is label.startswith("Quá hạn")
    assert (said.tone == "waiting") is label.startswith(("Còn 1 ngày", "Đến hạn"))


@pytest.mark.parametrize(
    ("finished", "label"),
    [
        ("2026-11-23 10:00", "Trước hạn"),
        ("2026-11-25 07:30", "Đúng hạn"),
        ("2026-11-25 17:00", "Đúng hạn"),
        ("2026-11-25 18:00", "Trễ hạn dưới 1 ngày"),
        ("2026-11-27 10:00", "Trễ hạn 2 ngày"),
    ],
)
def test_a_label_of_a_finished_dossier_tells_whether_it_was_in_time(finished: str, label: str) -> None:
    said = due_label(
        due=at("2026-11-25 17:00"),
        unit=TimeUnit.WORKING_DAYS,
        now=at("2027-06-01 08:00"),
        calendar=NATIONAL,
        finished_at=at(finished),
        paused_at=at(finished),
    )

    assert said is not None
    assert said.text == label
    assert said.tone == ("late" if label.startswith("Trễ") else "done")


def test_a_term_that_stands_still_is_neither_near_nor_late() -> None:
    for due in (at("2026-11-20 17:00"), None):
        said = due_label(
            due=due,
            unit=TimeUnit.WORKING_DAYS,
            now=at("2026-12-20 08:00"),
            calendar=NATIONAL,
            paused_at=at("2026-11-18 08:00"),
        )

        assert said is not None
        assert said.text == "Tạm dừng tính thời hạn"


def test_where_nothing_is_due_there_is_no_label() -> None:
    assert due_label(due=None, unit="", now=at("2026-12-20 08:00"), calendar=NATIONAL) is None


moments = st.builds(
    datetime.combine, st.dates(date(2024, 1, 1), date(2027, 12, 1)), st.times(), st.just(HERE)
)
days = st.dates(date(2024, 1, 1), date(2028, 6, 1))
calendars = st.builds(
    Calendar, closed=st.frozensets(days, max_size=20), worked=st.frozensets(days, max_size=20)
)
offices = st.sampled_from([hours for _, hours in OFFICES.values()])
units = st.sampled_from(TimeUnit.values)
limits = st.integers(0, 90)


def due_of(limit: int, unit: str, start: datetime, calendar: Calendar, hours: WorkingHours) -> datetime:
    """Return the due date, which is there."""
    due = due_at(limit=limit, unit=unit, started_at=start, calendar=calendar, hours=hours)
    assert due is not None
    return due


@given(limits, units, moments, calendars, offices)
def test_nothing_is_due_before_it_began_or_at_a_closed_door(
    limit: int, unit: str, start: datetime, calendar: Calendar, hours: WorkingHours
) -> None:
    due = due_of(limit, unit, start, calendar, hours)

    assert due >= start
    assert is_open(due, calendar, hours)
    assert unit == TimeUnit.HOURS or due == closing_time(due.date(), calendar, hours)


@given(limits, units, moments, calendars, offices)
def test_a_longer_term_ends_no_earlier(
    limit: int, unit: str, start: datetime, calendar: Calendar, hours: WorkingHours
) -> None:
    assert due_of(limit, unit, start, calendar, hours) <= due_of(limit + 1, unit, start, calendar, hours)


@given(
    st.integers(1, 60),
    st.sampled_from([TimeUnit.WORKING_DAYS, TimeUnit.DAYS]),
    moments,
    st.times(),
    calendars,
    offices,
)
def test_the_first_day_is_never_counted_whatever_the_hour(
    limit: int, unit: str, start: datetime, other: object, calendar: Calendar, hours: WorkingHours
) -> None:
    due = due_of(limit, unit, start, calendar, hours)

    assert due.date() > start.date()
    assert due == due_of(limit, unit, datetime.combine(start, other, HERE), calendar, hours)  # type: ignore[arg-type]


@given(limits, units, moments, st.timedeltas(timedelta(), timedelta(days=40)), calendars, offices)
def test_a_term_that_starts_anew_later_ends_no_earlier(
    limit: int, unit: str, start: datetime, later: timedelta, calendar: Calendar, hours: WorkingHours
) -> None:
    assert due_of(limit, unit, start, calendar, hours) <= due_of(limit, unit, start + later, calendar, hours)


@given(
    limits,
    units,
    moments,
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.timedeltas(timedelta(), timedelta(days=40)),
    calendars,
    offices,
)
def test_a_term_that_stood_still_ends_no_earlier_and_not_before_it_goes_on(
    limit: int,
    unit: str,
    start: datetime,
    after: timedelta,
    stood: timedelta,
    calendar: Calendar,
    hours: WorkingHours,
) -> None:
    old, paused = due_of(limit, unit, start, calendar, hours), start + after
    new = resumed(
        due=old, unit=unit, paused_at=paused, resumed_at=paused + stood, calendar=calendar, hours=hours
    )

    assert new >= old
    assert is_open(new, calendar, hours)
    if old >= paused:
        assert new >= paused + stood
    if not stood:
        assert new == old
    if (
        unit == TimeUnit.WORKING_DAYS
        and (left := working_days_between(paused.date(), old.date(), calendar)) > 0
    ):
        assert working_days_between((paused + stood).date(), new.date(), calendar) == left


@given(days, days, calendars)
def test_working_days_are_counted_as_one_counts_them_on_a_wall(
    start: date, end: date, calendar: Calendar
) -> None:
    first, last = sorted((start, end))
    between = (first + timedelta(days=place) for place in range(1, (last - first).days + 1))
    counted = sum(calendar.is_working_day(day) for day in between)

    assert working_days_between(first, last, calendar) == counted
    if counted and calendar.is_working_day(last):
        assert add_working_days(first, counted, calendar) == last
