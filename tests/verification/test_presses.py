"""One press of a button asks one question, however often a hand, a browser or a network repeats it."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, Notice
from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import Inquiry, TouchPoint
from motcua.population.memory import MemoryRegister
from motcua.verification import line
from motcua.verification.models import IdentityCheck
from motcua.verification.registers import use_register
from motcua.verification.service import (
    Asker,
    Limited,
    Press,
    PressReused,
    Purpose,
    check_identity,
    fetch_citizen,
    press_of,
)
from tests.accounts.test_registration import typed
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("đăng ký tài khoản")


class SlowRegister(MemoryRegister):
    """Answers once somebody lets it."""

    def __init__(self) -> None:
        super().__init__(cast.records)
        self.may_answer = threading.Event()

    def ask(self, claim: IdentityClaim, inquiry: Inquiry):
        self.may_answer.wait(10)
        return super().ask(claim, inquiry)


def ask(claim: IdentityClaim, press: Press, *, address: str = "192.0.2.7", now: datetime = NOW):
    return check_identity(
        claim=claim,
        asker=Asker(None, address=address),
        touch_point=TouchPoint.REGISTRATION,
        purpose=WHY,
        now=now,
        press=press,
    )


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_presses_of_one_button_are_one_question_and_twenty_equal_answers(settings) -> None:
    register, press = SlowRegister(), Press(uuid.uuid4())
    everybody_in = threading.Barrier(21)
    answers = []

    def one_press() -> None:
        everybody_in.wait()
        try:
            answers.append(ask(cast.an.claim, press).pk)
        finally:
            connection.close()

    with use_register(register):
        presses = [threading.Thread(target=one_press) for _ in range(20)]
        for each in presses:
            each.start()
        everybody_in.wait()
        register.may_answer.set()
        for each in presses:
            each.join()

    check = IdentityCheck.objects.get()
    assert register.asked == 1
    assert answers == [check.pk] * 20
    assert (check.outcome, check.replays) == ("verified", 19)


def test_the_same_press_with_something_else_typed_is_refused_and_asks_nobody(register) -> None:
    press = Press(uuid.uuid4())
    ask(cast.an.claim, press)

    with pytest.raises(PressReused):
        ask(cast.cuc.claim, press)

    assert register.asked == 1


def test_another_s_key_tells_nothing_of_their_answer(register, officer, second_officer) -> None:
    press = Press(uuid.uuid4())
    asker = {"officer_number": "999180000008", "agency": "000.00.01.H23"}
    fetch_citizen(claim=cast.an.claim, asker=Asker(officer, **asker), purpose=WHY, now=NOW, press=press)

    with pytest.raises(PressReused):
        fetch_citizen(
            claim=cast.an.claim, asker=Asker(second_officer, **asker), purpose=WHY, now=NOW, press=press
        )


def test_a_repeated_press_uses_up_no_try_and_is_answered_even_when_none_is_left(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1}
    press = Press(uuid.uuid4())
    first = ask(cast.an.named("Nguyễn Văn Ân"), press)

    again = ask(cast.an.named("Nguyễn Văn Ân"), press, now=NOW + timedelta(seconds=1))

    assert again.pk == first.pk
    assert again.is_rejected


def test_a_first_press_is_limited_like_any_question(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1}
    ask(cast.an.named("Nguyễn Văn Ân"), Press(uuid.uuid4()))

    with pytest.raises(Limited):
        ask(cast.an.claim, Press(uuid.uuid4()))


def test_a_repeated_press_at_the_desk_shows_the_same_record(register, officer) -> None:
    press = Press(uuid.uuid4())
    asked = {
        "claim": cast.an.claim,
        "asker": Asker(officer, officer_number="999180000008", agency="000.00.01.H23"),
        "purpose": WHY,
        "press": press,
    }

    first = fetch_citizen(**asked, now=NOW)
    again = fetch_citizen(**asked, now=NOW + timedelta(seconds=2))

    assert (again.check.pk, again.record) == (first.check.pk, first.record)
    assert register.asked == 1


def test_a_repeated_registration_makes_one_account_and_warns_nobody(client: Client, register) -> None:
    form = typed(cast.cuc, press_key=str(uuid.uuid4()))

    pages = [client.post("/dang-ky/", form).headers["Location"] for _ in range(3)]

    assert pages == ["/dang-ky/hoan-tat/"] * 3
    assert register.asked == 1
    assert Citizen.objects.count() == 1
    assert not Notice.objects.exists()


def test_a_page_used_before_with_something_else_typed_is_told_and_keeps_what_was_typed(
    client: Client, register
) -> None:
    key = str(uuid.uuid4())
    client.post("/dang-ky/", typed(cast.hanh, press_key=key))

    response = client.post("/dang-ky/", typed(cast.cuc, press_key=key))
    page = response.content.decode()

    assert response.status_code == 409
    assert "Vui lòng bấm lại" in page
    assert f'value="{cast.cuc.number}"' in page
    assert key not in page
    assert register.asked == 1


@pytest.mark.parametrize("nonsense", ["", "1", "x" * 1000, "{{7*7}}", "\0"])
def test_a_key_that_is_none_is_no_key(nonsense: str) -> None:
    assert press_of({"press_key": nonsense}).key is None


def test_a_press_repeated_long_after_vouches_for_nothing_and_is_on_record(register) -> None:
    press = Press(uuid.uuid4())
    ask(cast.an.claim, press)

    with pytest.raises(PressReused):
        ask(cast.an.claim, press, now=NOW + timedelta(minutes=31))

    event = AuditEvent.objects.get(name="check.key_reused")
    assert event.details == {
        "check": IdentityCheck.objects.get().request_id,
        "touch_point": "registration",
    }


def test_a_repeated_press_waits_for_no_question_whose_process_died(register, monkeypatch) -> None:
    def die() -> None:
        raise SystemExit

    def sleep(seconds: float) -> None:
        raise AssertionError("nothing is worth waiting for")

    press, register.before_answer = Press(uuid.uuid4()), die
    with pytest.raises(SystemExit):
        ask(cast.an.claim, press)
    monkeypatch.setattr("motcua.verification.asking.time.sleep", sleep)

    again = ask(cast.an.claim, press, now=NOW + line.longest_question())

    assert again.outcome == ""
    assert register.asked == 0


def test_a_repeated_no_comes_no_sooner_than_the_first_could(register, settings, monkeypatch) -> None:
    slept: list[float] = []
    press, now = Press(uuid.uuid4()), timezone.now()
    ask(cast.hanh.claim, press, now=now)
    settings.REJECTED_STEP_SECONDS = 300
    monkeypatch.setattr("motcua.verification.service.time.sleep", slept.append)

    ask(cast.hanh.claim, press, now=now)

    assert len(slept) == 1
    assert 290 < slept[0] <= 300
