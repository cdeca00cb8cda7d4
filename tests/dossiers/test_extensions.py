"""One apology in a dossier's life: by whom, for what, to when, and never a second one."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.extensions import (
    HINDRANCE_TEXTS,
    ExtensionRefused,
    Hindrance,
    extend,
    may_be_extended,
)
from motcua.dossiers.models import Dossier, Extension
from motcua.dossiers.steps import NotYours, go
from motcua.dossiers.supplements import ask_supplement, take_supplement
from tests.dossiers.test_time_limits import at, change, receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
LATER = "2026-11-25 17:00"


def put_off(
    dossier: Dossier,
    by: User,
    *,
    to: str = LATER,
    now: str = "2026-11-17 09:00",
    reason: str = "Chờ xác minh",
) -> Extension:
    """Apologize for a dossier that is due on Wednesday, 18 November."""
    return extend(dossier=dossier, new_due_at=at(to), reason=reason, by=by, now=at(now))


def test_a_leader_moves_the_due_date_and_the_citizen_is_told(
    officer: User, leader: User, citizen_an: Citizen
) -> None:
    dossier = receive(officer)
    Dossier.objects.filter(pk=dossier.pk).update(citizen=citizen_an)

    assert may_be_extended(dossier)

    extension = put_off(dossier, leader)

    dossier = Dossier.objects.get(pk=dossier.pk)
    assert not may_be_extended(dossier)
    assert dossier.due_at == at(LATER)
    assert extension.old_due_at == at("2026-11-18 17:00")
    assert not extension.is_late
    told = citizen_an.user.notices.get()
    assert "xin lỗi ông/bà" in told.text
    assert "17:00 25/11/2026" in told.text
    assert "lý do ở trang hồ sơ" in told.text
    assert "Chờ xác minh" not in told.text  # what somebody wrote is sealed, a message is not
    event = AuditEvent.objects.get(name="dossier.extended")
    assert event.subject == dossier.code
    assert event.details == {"due": "2026-11-25"}


def test_a_second_apology_is_impossible(officer: User, leader: User) -> None:
    dossier = receive(officer)
    put_off(dossier, leader)

    with pytest.raises(ExtensionRefused) as refused:
        put_off(dossier, leader, to="2026-12-01 17:00")
    assert refused.value.hindrance is Hindrance.ALREADY
    with pytest.raises(IntegrityError), transaction.atomic():
        Extension.objects.create(
            dossier=dossier,
            old_due_at=at(LATER),
            new_due_at=at("2026-12-01 17:00"),
            reason="Lần nữa",
            made_at=at(LATER),
            made_by=leader,
        )


def test_a_restart_of_the_clock_gives_no_second_apology(officer: User, leader: User) -> None:
    dossier = receive(officer)
    put_off(dossier, leader)
    ask_supplement(
        dossier=dossier,
        documents=[{"name": "Tờ khai", "note": ""}],
        reason="Còn thiếu",
        by=officer,
        now=at("2026-11-18 09:00"),
    )
    fresh = take_supplement(dossier=dossier, by=officer, now=at("2026-11-19 09:00"))

    assert fresh.due_at == at("2026-11-23 17:00")
    with pytest.raises(ExtensionRefused) as refused:
        put_off(fresh, leader, to="2026-12-01 17:00", now="2026-11-20 09:00")
    assert refused.value.hindrance is Hindrance.ALREADY


@pytest.mark.parametrize(
    ("now", "is_late"),
    [("2026-11-17 23:59", False), ("2026-11-18 00:00", True), ("2026-11-20 09:00", True)],
)
def test_an_apology_later_than_a_day_before_is_taken_and_marked(
    officer: User, leader: User, now: str, is_late: bool
) -> None:
    extension = put_off(receive(officer), leader, now=now)

    assert Extension.objects.get(pk=extension.pk).is_late is is_late


@pytest.mark.parametrize(
    ("to", "hindrance"),
    [
        ("2026-11-18 17:00", Hindrance.NOT_LATER),
        ("2026-11-17 17:00", Hindrance.NOT_LATER),
        ("2026-11-21 09:00", Hindrance.CLOSED_THEN),  # a Saturday
        ("2026-11-24 09:00", Hindrance.CLOSED_THEN),  # a holiday
        ("2026-11-25 12:00", Hindrance.CLOSED_THEN),  # lunch
        ("2026-11-25 22:00", Hindrance.CLOSED_THEN),  # night here, afternoon in Greenwich
        ("2026-11-26 17:00", Hindrance.CLOSED_THEN),  # closed there, see below
    ],
)
def test_the_new_date_is_a_later_one_at_which_the_office_works(
    officer: User, leader: User, to: str, hindrance: Hindrance
) -> None:
    dossier = receive(officer)
    change(date(2026, 11, 26), is_working=False, officer=officer)

    with pytest.raises(ExtensionRefused) as refused:
        put_off(dossier, leader, to=to)

    assert refused.value.hindrance is hindrance
    assert not Extension.objects.exists()
    dossier.refresh_from_db()
    assert dossier.due_at == at("2026-11-18 17:00")


def test_an_overdue_dossier_gets_no_date_that_is_over_already(officer: User, leader: User) -> None:
    with pytest.raises(ExtensionRefused) as refused:
        put_off(receive(officer), leader, to="2026-11-20 17:00", now="2026-11-23 09:00")
    assert refused.value.hindrance is Hindrance.NOT_LATER


def test_an_apology_says_why(officer: User, leader: User) -> None:
    with pytest.raises(ExtensionRefused) as refused:
        put_off(receive(officer), leader, reason="  ")
    assert refused.value.hindrance is Hindrance.NO_REASON


@pytest.mark.parametrize("move", ["finish", "withdraw", "stop", "ask_supplement"])
def test_a_term_that_does_not_run_cannot_be_put_off(officer: User, leader: User, move: str) -> None:
    dossier = receive(officer)
    by = officer if move in {"withdraw", "ask_supplement"} else leader
    go(dossier=dossier, move=move, by=by, reason="Lý do", now=at("2026-11-16 10:00"))

    with pytest.raises(ExtensionRefused) as refused:
        put_off(dossier, leader)
    assert refused.value.hindrance is Hindrance.NOT_RUNNING


def test_a_dossier_without_a_due_date_has_none_to_put_off(officer: User, leader: User) -> None:
    dossier = receive(officer, limit=None, unit="")
    with pytest.raises(ExtensionRefused) as refused:
        put_off(dossier, leader)
    assert refused.value.hindrance is Hindrance.NOT_RUNNING
    assert not may_be_extended(dossier)


@pytest.mark.parametrize("login", ["lan", "khanh", "nga", "ket", "oanh", "minh", "mo", "quantri"])
def test_nobody_but_a_leader_of_the_unit_apologizes(officer: User, login: str) -> None:
    dossier = receive(officer)

    with pytest.raises(NotYours):
        put_off(dossier, User.objects.get(login=login))
    assert not Extension.objects.exists()


def test_a_citizen_cannot_put_off_their_own_dossier(officer: User, citizen_an: Citizen) -> None:
    dossier = receive(officer)
    Dossier.objects.filter(pk=dossier.pk).update(citizen=citizen_an)

    with pytest.raises(NotYours):
        put_off(dossier, citizen_an.user)


def test_every_hindrance_has_its_words() -> None:
    assert set(HINDRANCE_TEXTS) == set(Hindrance)


def test_a_mistyped_year_is_refused(officer: User, leader: User) -> None:
    dossier = receive(officer)
    with pytest.raises(ExtensionRefused) as refused:
        put_off(dossier, leader, to="2126-11-25 17:00")
    assert refused.value.hindrance is Hindrance.TOO_FAR


def test_the_apology_stands_in_every_story(
    officer: User, leader: User, officer_client: Client, an_client: Client, citizen_an: Citizen
) -> None:
    dossier = receive(officer)
    Dossier.objects.filter(pk=dossier.pk).update(citizen=citizen_an)
    put_off(dossier, leader)

    for browser, name in ((an_client, "dossier"), (officer_client, "desk_dossier")):
        page = unescape(browser.get(reverse(name, args=[dossier.pk])).content.decode())
        assert "Chờ xác minh" in page
        assert "hẹn lại" in page
        assert "17:00 18/11/2026" in page
        assert "17:00 25/11/2026" in page


def test_the_receipt_says_what_was_promised_and_what_was_put_off(
    officer: User, leader: User, officer_client: Client
) -> None:
    dossier = receive(officer)
    put_off(dossier, leader)

    page = unescape(officer_client.get(reverse("receipt", args=[dossier.pk])).content.decode())
    assert "<strong>17:00 ngày 18/11/2026</strong>" in page
    assert "Đã hẹn lại: <strong>17:00 ngày 25/11/2026</strong>" in page
