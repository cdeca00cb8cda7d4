"""What is counted: a table by hand around Tết, sums that always agree, and the same numbers as the officers' queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.accounts.models import Office, User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.dossiers.time_limits import label_of
from motcua.figures import counting, words
from motcua.figures.counting import (
    Flow,
    Point,
    cells_of,
    grouped,
    points_of,
    share,
    spans_of,
    standings_of,
    total,
)
from motcua.figures.reporting import report_of
from motcua.procedures.models import Procedure
from motcua.web.days import Period
from tests.figures.lives import at, due, lived, slice_of
from tests.people import FIRST_OFFICE, SECOND_OFFICE
from tests.reception.queues import Looker, standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
# Offices are closed from Monday 16 to Friday 20 February 2026; three working days from the 12th end on the 24th.
BEFORE_TET, AFTER_TET = at("12/02 09:00"), at("24/02 17:00")
FEBRUARY = (at("01/02 00:00"), at("28/02 00:00"))
IN_MARCH = at("02/03 10:00")


def flow_of(first: datetime, last: datetime, *, now: datetime, **narrowing: Any) -> Flow:
    """Count the flow of a period."""
    return total(cell.flow for cell in cells_of(slice_of(first, last, **narrowing), now=now))


def test_the_three_days_around_tet_end_when_the_law_says() -> None:
    assert due(BEFORE_TET, 3) == AFTER_TET


@pytest.mark.parametrize(
    ("life", "case"),
    [
        ({"finished": at("13/02 16:00")}, "early"),
        ({"finished": at("23/02 17:00")}, "early"),
        ({"finished": at("24/02 07:00")}, "on_day"),
        ({"finished": at("24/02 17:00")}, "on_day"),
        ({"finished": at("24/02 17:01")}, "late"),
        ({"finished": at("27/02 09:00")}, "late"),
        ({"finished": at("27/02 09:00"), "days": None}, "untimed"),
        ({"finished": at("26/02 09:00"), "put_off": (at("23/02 09:00"), at("27/02 17:00"))}, "kept_new"),
        ({"finished": at("27/02 17:01"), "put_off": (at("23/02 09:00"), at("27/02 17:00"))}, "late_new"),
        ({"withdrawn": at("13/02 09:00")}, "withdrawn"),
        ({"stopped": at("25/02 09:00")}, "stopped"),
        ({"paused": at("13/02 09:00")}, "paused"),
        ({"days": 20}, "in_time"),
        ({}, "overdue"),
        ({"days": None}, "open_untimed"),
        ({"put_off": (at("23/02 09:00"), at("10/03 17:00"))}, "in_time"),
        ({"put_off": (at("23/02 09:00"), at("26/02 17:00"))}, "overdue"),
    ],
)
def test_a_dossier_received_before_tet_is_counted_once_and_where_it_belongs(
    life: dict[str, Any], case: str
) -> None:
    lived(BEFORE_TET, **life)
    extended = int("put_off" in life and case in {"in_time", "overdue"})
    expected = Flow(**{"received": 1, case: 1, "extended": extended})  # type: ignore[arg-type]

    assert flow_of(*FEBRUARY, now=IN_MARCH) == expected
    if case not in {"overdue", "in_time"} or not life.get("put_off"):
        assert flow_of(*FEBRUARY, now=at("28/02 23:00")) == expected


def test_a_result_by_the_first_date_after_an_apology_keeps_both_promises() -> None:
    put_off = (at("23/02 09:00"), at("27/02 17:00"))
    lived(BEFORE_TET, finished=at("24/02 16:00"), put_off=put_off)
    lived(BEFORE_TET, finished=at("25/02 16:00"), put_off=put_off)
    lived(BEFORE_TET, finished=at("23/02 16:00"))
    lived(BEFORE_TET, finished=at("26/02 16:00"))
    flow = flow_of(*FEBRUARY, now=IN_MARCH)

    assert (flow.kept_new, flow.first_kept, flow.early, flow.late) == (2, 1, 1, 1)
    assert (flow.kept_share, flow.kept_first_share) == (75.0, 50.0)


def test_what_is_carried_over_what_ends_later_and_what_comes_later_are_told_apart() -> None:
    lived(at("15/01 09:00"), finished=at("20/01 09:00"))
    lived(at("15/01 09:00"), finished=at("03/02 09:00"))
    lived(at("15/01 09:00"))
    lived(at("15/01 09:00"), finished=at("01/03 09:00"))
    lived(BEFORE_TET, finished=at("01/03 09:00"))
    lived(at("01/03 00:00"))

    assert flow_of(*FEBRUARY, now=IN_MARCH) == Flow(carried=3, received=1, late=1, overdue=3)


def test_a_day_begins_and_ends_at_midnight_in_vietnam() -> None:
    lived(at("01/02 00:00"), days=None, finished=at("28/02 23:59"))
    lived(at("31/01 23:59"), days=None, finished=at("01/03 00:00"))

    assert flow_of(*FEBRUARY, now=IN_MARCH) == Flow(carried=1, received=1, untimed=1, open_untimed=1)


def test_an_apology_made_after_the_period_does_not_make_it_look_better() -> None:
    lived(BEFORE_TET, put_off=(at("01/03 09:00"), at("20/03 17:00")))

    assert flow_of(*FEBRUARY, now=IN_MARCH).overdue == 1
    assert flow_of(at("01/03 00:00"), at("31/03 00:00"), now=IN_MARCH).in_time == 1


def test_an_apology_made_this_very_moment_counts_as_the_queue_counts_it() -> None:
    lived(BEFORE_TET, put_off=(IN_MARCH, at("20/03 17:00")))
    march = (at("01/03 00:00"), at("31/03 00:00"))

    assert (flow_of(*march, now=IN_MARCH).overdue, flow_of(*march, now=IN_MARCH).in_time) == (0, 1)
    assert standings_of(slice_of(*march), now=IN_MARCH).now[states.PROCESSING].late == 0


def test_a_pause_that_began_after_the_period_is_not_one_in_it() -> None:
    lived(BEFORE_TET, paused=at("01/03 09:00"))

    assert flow_of(*FEBRUARY, now=IN_MARCH).overdue == 1
    assert flow_of(*FEBRUARY, now=IN_MARCH).paused == 0


def test_what_was_overdue_and_has_a_new_term_since_is_judged_by_the_new_date() -> None:
    dossier = lived(at("12/02 09:00"), paused=at("01/03 09:00"))
    assert flow_of(*FEBRUARY, now=IN_MARCH).overdue == 1
    Dossier.objects.filter(pk=dossier.pk).update(
        status=states.RECEIVED, paused_at=None, due_at=due(at("02/03 09:00"), 3)
    )
    assert flow_of(*FEBRUARY, now=IN_MARCH).in_time == 1
    assert "thì đếm theo hạn mới" in str(words.GENERAL[-1])


def test_dossiers_that_were_never_received_are_counted_beside_the_balance() -> None:
    standing(states.REFUSED, 1, closed_at=at("10/02 09:00"), saved_at=at("10/02 09:00"))
    standing(states.REFUSED, 2, closed_at=at("10/01 09:00"), saved_at=at("10/02 09:00"))
    standing(states.SUBMITTED, 3)
    lived(None, withdrawn=at("11/02 09:00"))
    standings = standings_of(slice_of(*FEBRUARY), now=IN_MARCH)

    assert (standings.refused, standings.withdrawn_before) == (1, 1)
    assert standings.now[states.SUBMITTED].all == 1
    assert flow_of(*FEBRUARY, now=IN_MARCH) == Flow()


def test_only_what_is_asked_for_is_counted() -> None:
    other = Procedure.objects.exclude(code="1.001193").order_by("pk")[0]
    desk, second = (Office.objects.get(code=code) for code in (FIRST_OFFICE, SECOND_OFFICE))
    lived(BEFORE_TET)
    lived(BEFORE_TET, procedure=other)
    lived(BEFORE_TET, channel=Dossier.Channel.POSTAL)
    lived(BEFORE_TET, office=SECOND_OFFICE)

    def received(**narrowing: Any) -> int:
        return flow_of(*FEBRUARY, now=IN_MARCH, **narrowing).received

    assert received() == 4
    assert received(offices=(desk.pk,)) == 3
    assert received(offices=(second.pk,)) == 1
    assert received(offices=()) == 0
    assert received(procedures=(other.pk,)) == 1
    assert received(procedures=()) == 0
    assert received(channel=Dossier.Channel.POSTAL) == 1


DAYS = st.integers(min_value=-70, max_value=30)


@st.composite
def lives(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a life that may have happened by 2 March 2026."""
    begin = at("20/02 08:00") + timedelta(days=draw(DAYS), minutes=draw(st.integers(0, 600)))
    received = min(begin, IN_MARCH)

    def later() -> datetime:
        return min(received + timedelta(hours=draw(st.integers(1, 900))), IN_MARCH)

    life: dict[str, Any] = {"received": received, "days": draw(st.sampled_from([None, 0, 1, 5, 30]))}
    end = draw(st.sampled_from(["finished", "withdrawn", "stopped", "paused", None]))
    if end:
        life[end] = later()
    if life["days"] is not None and draw(st.booleans()):
        old = due(received, life["days"])
        assert old is not None
        life["put_off"] = (min(later(), IN_MARCH), old + timedelta(days=draw(st.integers(1, 20))))
    life["channel"] = draw(st.sampled_from(Dossier.Channel.values))
    life["office"] = draw(st.sampled_from([FIRST_OFFICE, SECOND_OFFICE]))
    return life


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=st.lists(lives(), max_size=8), first=DAYS, length=st.integers(0, 80))
def test_every_table_adds_up_whatever_happened(lives: list[dict[str, Any]], first: int, length: int) -> None:
    with undone():
        dossiers = [lived(**life) for life in lives]
        begin = at("20/02 00:00") + timedelta(days=first)
        chosen = slice_of(begin, begin + timedelta(days=length))
        cells = cells_of(chosen, now=IN_MARCH)
        flow = total(cell.flow for cell in cells)

        assert flow.taken_on == flow.finished + flow.ended + flow.open
        for cell in cells:
            assert cell.flow.taken_on == cell.flow.finished + cell.flow.ended + cell.flow.open
        for side in ("office", "procedure", "channel"):
            assert total(grouped(cells, lambda cell, side=side: getattr(cell, side)).values()) == flow
        report = report_of(chosen, procedures=_all(), office_codes=None, procedure_codes=None, now=IN_MARCH)
        for rows in (report.offices, report.procedures, report.channels):
            assert total(row.flow for row in rows) == flow

        points = points_of(chosen)
        assert sum(point.received for point in points) == flow.received
        assert sum(point.finished for point in points) == flow.finished
        assert sum(point.missed for point in points) == flow.missed

        # What one period leaves open the next one carries over.
        following = slice_of(begin + timedelta(days=length + 1), begin + timedelta(days=length + 9))
        assert total(cell.flow for cell in cells_of(following, now=IN_MARCH)).carried == flow.open

        # Until now: the queue's numbers, and the labels that officers see on each dossier.
        ever = slice_of(at("01/01 00:00") - timedelta(days=200), IN_MARCH)
        flow = total(cell.flow for cell in cells_of(ever, now=IN_MARCH))
        standings = standings_of(ever, now=IN_MARCH)
        in_hand = [one for status, one in standings.now.items() if status != states.FINISHED]
        assert flow.open == sum(one.received for one in in_hand)
        assert flow.overdue == sum(one.late for one in in_hand)
        assert flow == _by_labels(dossiers)


def _by_labels(dossiers: list[Dossier]) -> Flow:
    """Count dossiers by what the pages of the desk say of each."""
    counts = dict.fromkeys(counting.FLOW_NAMES, 0)
    for dossier in dossiers:
        fresh = Dossier.objects.select_related("office", "extension").get(pk=dossier.pk)
        label = label_of(fresh, now=IN_MARCH)
        extension = getattr(fresh, "extension", None)
        counts["received"] += 1
        if fresh.status in (states.WITHDRAWN, states.STOPPED):
            counts["withdrawn" if fresh.status == states.WITHDRAWN else "stopped"] += 1
        elif fresh.status == states.FINISHED:
            case = "untimed" if label is None or fresh.due_at is None else _finished(label.text, extension)
            counts[case] += 1
            counts["first_kept"] += bool(extension and fresh.finished_at <= extension.old_due_at)
        else:
            is_paused = label is not None and label.text.startswith("Tạm dừng")
            open_case = "in_time" if label and not label.text.startswith("Quá hạn") else "overdue"
            counts["paused" if is_paused else open_case if fresh.due_at else "open_untimed"] += 1
            counts["extended"] += bool(extension)
    return Flow(**counts)


def _finished(label: str, extension: object) -> str:
    if extension is not None:
        return "late_new" if label.startswith("Trễ") else "kept_new"
    return {"Trước hạn": "early", "Đúng hạn": "on_day"}.get(label, "late")


def _all() -> dict[int, Procedure]:
    return {one.pk: one for one in Procedure.objects.all()}


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever the block writes."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def test_the_numbers_in_hand_are_those_on_the_tabs_of_the_queue(officer: User) -> None:
    place = iter(range(100))
    for status, count in ((1, 3), (2, 2), (4, 4), (5, 1), (6, 2), (9, 3), (10, 2), (7, 1), (3, 1)):
        for _ in range(count):
            standing(status, next(place))
    standing(states.PROCESSING, next(place), office=SECOND_OFFICE)
    desk = Office.objects.get(code=FIRST_OFFICE)
    standings = standings_of(slice_of(*FEBRUARY, offices=(desk.pk,)), now=IN_MARCH)
    lan = Looker(officer)
    lan.sees("pham-vi=tiep-nhan&muc=xu-ly")
    tabs = {
        "Chờ tiếp nhận": states.SUBMITTED, "Đã tiếp nhận": states.RECEIVED, "Xử lý": states.PROCESSING,
        "Bổ sung": states.SUPPLEMENT, "Thu phí": states.FEE, "Trả kết quả": states.FINISHED,
    }  # fmt: skip
    assert {name: standings.now[status].all for name, status in tabs.items()} == {
        name: lan.counts()[name] for name in tabs
    }


@pytest.mark.parametrize(
    ("first", "last", "spans"),
    [
        ("2026-02-12", "2026-02-12", ["12/02-12/02"]),
        ("2026-02-12", "2026-02-14", ["12/02-12/02", "13/02-13/02", "14/02-14/02"]),
        ("2026-01-01", "2026-02-22", [
            "01/01-04/01", "05/01-11/01", "12/01-18/01", "19/01-25/01", "26/01-01/02", "02/02-08/02", "09/02-15/02",
            "16/02-22/02",
        ]),
        ("2025-12-15", "2026-07-02", [
            "15/12-31/12", "01/01-31/01", "01/02-28/02", "01/03-31/03", "01/04-30/04", "01/05-31/05", "01/06-30/06",
            "01/07-02/07",
        ]),
    ],
)  # fmt: skip
def test_a_period_is_cut_into_days_weeks_or_months(first: str, last: str, spans: list[str]) -> None:
    period = Period(*(datetime.fromisoformat(day).date() for day in (first, last)))

    assert [f"{begin:%d/%m}-{end:%d/%m}" for begin, end in spans_of(period)] == spans


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-02", "2026-11-02", "02/11/2026"),
        ("2026-11-02", "2026-11-08", "02/11–08/11/2026"),
        ("2026-12-28", "2027-01-03", "28/12/2026–03/01/2027"),
    ],
)
def test_a_span_says_the_year_of_each_of_its_ends(first: str, last: str, said: str) -> None:
    assert words.span(Point(date.fromisoformat(first), date.fromisoformat(last))) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (1, 16, "6,3%"),
        (1, 80, "1,3%"),
        (3, 2000, "0,2%"),
        (1, 3, "33,3%"),
        (2, 3, "66,7%"),
        (5, 5, "100,0%"),
        (0, 5, "0,0%"),
    ],
)
def test_a_share_is_rounded_as_people_and_spreadsheets_do(part: int, whole: int, said: str) -> None:
    assert words.percent(share(part, whole)) == said


def test_points_on_average_are_rounded_as_people_and_spreadsheets_do() -> None:
    assert [words.mean(points / 8) for points in (9, 11, 16)] == ["1,13", "1,38", "2,00"]


def test_an_empty_period_has_every_day_with_nothing_on_it() -> None:
    points = points_of(slice_of(*FEBRUARY))

    assert len(points) == 28
    assert points[0] == Point(date(2026, 2, 1), date(2026, 2, 1))
