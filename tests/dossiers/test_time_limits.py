"""The clock of a dossier runs by its office's hours and days, starts anew after a supplement, and waits for a fee."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from motcua.accounts import offices
from motcua.accounts.models import Citizen, DayChange, User
from motcua.dossiers import service
from motcua.dossiers.models import Dossier
from motcua.dossiers.steps import go
from motcua.dossiers.supplements import ask_supplement, take_supplement
from motcua.dossiers.time_limits import calendar_of, closes_on, label_of
from motcua.identity.numbers import IdNumber
from motcua.procedures.models import Procedure
from motcua.procedures.service import publish
from tests.dossiers.filing import procedure_of
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
MONDAY = "2026-11-16 09:00"


def at(text: str) -> datetime:
    """Return a moment that is written in local time, in UTC as the product's clock gives it."""
    return timezone.make_aware(datetime.fromisoformat(text)).astimezone(UTC)


def receive(
    officer: User, now: str = MONDAY, *, limit: int | None = 2, unit: str = "ngày làm việc"
) -> Dossier:
    """Receive a dossier with this term at an officer's desk."""
    procedure = procedure_of()
    Procedure.objects.filter(pk=procedure.pk).update(time_limit=limit, time_unit=unit, times={})
    publish(keys=[procedure.pk], by=None, now=at(now))
    assert officer.office is not None
    return service.receive_at_desk(
        officer=officer,
        office=officer.office,
        procedure=procedure,
        applicant=service.Applicant(
            full_name=cast.an.full_name, number=IdNumber(cast.an.number), birth=cast.an.born
        ),
        check=None,
        by_hand_reason="rejected",
        received_documents=[],
        press_key=uuid4(),
        now=at(now),
    )


def change(on: date, *, is_working: bool, officer: User | None = None) -> None:
    """Write down how a day differs: for an officer's office, or for all."""
    office = officer.office if officer else None
    DayChange.objects.create(office=office, on=on, is_working=is_working, note="Mưa bão")
    offices.forget()


@pytest.mark.parametrize(
    ("limit", "unit", "due"),
    [
        (2, "ngày làm việc", "2026-11-18 17:00"),
        (5, "ngày", "2026-11-23 17:00"),
        (3, "giờ", "2026-11-16 13:30"),
        (1, "trong ngày", "2026-11-16 17:00"),
    ],
)
def test_a_received_dossier_is_due_in_the_unit_of_its_procedure(
    officer: User, limit: int, unit: str, due: str
) -> None:
    assert receive(officer, limit=limit, unit=unit).due_at == at(due)


def test_a_procedure_without_a_term_gives_no_due_date(officer: User) -> None:
    dossier = receive(officer, limit=None, unit="")

    assert dossier.due_at is None
    assert label_of(dossier, now=at(MONDAY)) is None


def test_an_office_s_own_hours_decide_when_its_dossiers_are_due(officer: User, other_officer: User) -> None:
    assert officer.office is not None
    officer.office.hours = {str(day): "07:00-11:00, 13:30-16:30" for day in range(1, 6)}
    officer.office.save()

    assert receive(officer).due_at == at("2026-11-18 16:30")
    assert receive(other_officer).due_at == at("2026-11-18 17:00")


def test_a_day_that_one_office_is_closed_is_a_day_of_terms_elsewhere(
    officer: User, other_officer: User
) -> None:
    change(date(2026, 11, 17), is_working=False, officer=officer)

    assert receive(officer).due_at == at("2026-11-19 17:00")
    assert receive(other_officer).due_at == at("2026-11-18 17:00")


def test_a_make_up_day_for_all_is_a_day_of_terms_at_every_office(officer: User, other_officer: User) -> None:
    change(date(2026, 11, 21), is_working=True)

    for one in (officer, other_officer):
        assert receive(one, "2026-11-20 09:00", limit=1).due_at == at("2026-11-21 17:00")


def test_what_is_written_down_for_one_office_goes_before_what_is_for_all(
    officer: User, other_officer: User
) -> None:
    change(date(2026, 11, 17), is_working=False)
    change(date(2026, 11, 17), is_working=True, officer=officer)

    assert receive(officer).due_at == at("2026-11-18 17:00")
    assert receive(other_officer).due_at == at("2026-11-19 17:00")


def test_the_term_starts_from_zero_when_missing_papers_have_come(officer: User) -> None:
    dossier = receive(officer, limit=3)
    papers = [{"name": "Giấy chứng sinh", "note": ""}]
    ask_supplement(
        dossier=dossier, documents=papers, reason="Còn thiếu", by=officer, now=at("2026-11-18 10:00")
    )
    dossier.refresh_from_db()
    waiting = label_of(dossier, now=at("2026-12-30 10:00"))
    assert waiting is not None
    assert waiting.text == "Tạm dừng tính thời hạn"

    fresh = take_supplement(dossier=dossier, by=officer, now=at("2026-11-20 16:00"))

    assert fresh.term_began_at == at("2026-11-20 16:00")
    assert fresh.due_at == at("2026-11-26 17:00")
    assert fresh.paused_at is None


def test_a_fee_takes_no_day_from_a_term_and_gives_none(
    officer: User, specialist: User, cashier: User, leader: User
) -> None:
    dossier = receive(officer, limit=3)
    Dossier.objects.filter(pk=dossier.pk).update(holder_office=specialist.office)
    asked = go(
        dossier=dossier, move="ask_fee", by=specialist, reason="50.000 đồng", now=at("2026-11-17 10:00")
    )
    assert asked.due_at == at("2026-11-19 17:00")

    paid = go(dossier=dossier, move="take_fee", by=cashier, now=at("2026-11-19 09:00"))

    assert paid.due_at == at("2026-11-23 17:00")
    assert paid.paused_at is None


def test_a_result_that_is_looked_at_again_keeps_what_was_left_of_its_term(
    officer: User, leader: User
) -> None:
    dossier = receive(officer, limit=3)
    go(dossier=dossier, move="finish", by=leader, now=at("2026-11-17 10:00"))
    again = go(dossier=dossier, move="reopen", by=leader, reason="Sai ngày", now=at("2026-11-18 09:00"))

    assert again.due_at == at("2026-11-20 17:00")
    running = label_of(again, now=at("2026-11-18 09:00"))
    assert running is not None
    assert running.text == "Còn 2 ngày"


def test_labels_follow_a_dossier_through_its_life(officer: User, leader: User) -> None:
    dossier = receive(officer)

    def said(now: str) -> str | None:
        dossier.refresh_from_db()
        label = label_of(dossier, now=at(now))
        return label.text if label else None

    assert said(MONDAY) == "Còn 2 ngày"
    assert said("2026-11-18 08:00") == "Đến hạn hôm nay"
    assert said("2026-11-19 08:00") == "Quá hạn 1 ngày"
    go(dossier=dossier, move="finish", by=leader, now=at("2026-11-20 09:00"))
    assert said("2026-12-20 08:00") == "Trễ hạn 2 ngày"
    go(dossier=dossier, move="hand_out", by=officer, now=at("2026-11-23 09:00"))
    assert said("2026-12-20 08:00") == "Trễ hạn 2 ngày"


def test_a_dossier_that_ended_without_a_result_has_no_label(officer: User) -> None:
    dossier = receive(officer)
    gone = go(dossier=dossier, move="withdraw", by=officer, reason="Theo đơn", now=at("2026-11-17 09:00"))

    assert label_of(gone, now=at("2026-12-20 08:00")) is None


def test_fifty_labels_cost_one_question_to_the_database_in_half_a_minute(officer: User) -> None:
    dossier = receive(officer)
    for day in range(1, 29):
        DayChange.objects.create(on=date(2025, 3, day), note="Mất điện")
    offices.forget()
    with CaptureQueriesContext(connection) as asked:
        for _ in range(50):
            label_of(dossier, now=at(MONDAY))

    assert len(asked) == 1


def test_a_promised_day_ends_when_the_dossier_s_office_closes(officer: User) -> None:
    assert officer.office is not None
    officer.office.hours = {"5": "07:30-11:30"}
    officer.office.save()
    dossier = receive(officer)

    assert closes_on(dossier, date(2026, 11, 19)) == at("2026-11-19 17:00")
    assert closes_on(dossier, date(2026, 11, 20)) == at("2026-11-20 11:30")
    assert closes_on(dossier, date(2026, 11, 21)) is None
    assert closes_on(dossier, date(2026, 11, 24)) is None


def test_the_calendar_of_an_office_nobody_changed_is_the_country_s(officer: User) -> None:
    assert officer.office_id is not None
    calendar = calendar_of(officer.office_id)

    assert not calendar.closed | calendar.worked


def test_desk_receipt_and_citizen_read_when_the_result_is_due(
    officer: User, officer_client: Client, citizen_an: Citizen, an_client: Client
) -> None:
    dossier = receive(officer)
    Dossier.objects.filter(pk=dossier.pk).update(citizen=citizen_an)

    for browser, name in (
        (officer_client, "receipt"),
        (officer_client, "desk_dossier"),
        (an_client, "dossier"),
    ):
        page = browser.get(reverse(name, args=[dossier.pk])).content.decode()
        assert "Hẹn trả" in page
        assert "17:00 ngày 18/11/2026" in page
