"""A question of the desk belongs to an open reception form of the officer who asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import Desk

pytestmark = pytest.mark.django_db
CLOSED = "Chưa kiểm tra"


@pytest.mark.parametrize("what", ["nothing", "another form's", "another officer's", "nonsense", "too old"])
def test_without_an_open_form_of_one_s_own_nobody_is_asked_and_the_try_is_on_record(
    desk: Desk, desk_of: Callable[[User], Desk], second_officer: User, register: ToldRegister, what: str
) -> None:
    desk.types(cast.an)
    later = timezone.now()
    match what:
        case "nothing":
            del desk.form["form_token"]
        case "another form's":
            desk.form["press_key"] = str(uuid.uuid4())
        case "another officer's":
            desk.form |= {name: desk_of(second_officer).form[name] for name in ("press_key", "form_token")}
        case "nonsense":
            desk.form["form_token"] = "x" * 600
        case "too old":
            later += timedelta(hours=13)

    with time_machine.travel(later):
        desk.client.force_login(User.objects.get(login="lan"))
        screen = desk.checks()

    assert screen.answers == [CLOSED]
    assert register.asked == 0
    assert not IdentityCheck.objects.exists()
    assert AuditEvent.objects.get(name="check.form_missing").actor.login == "lan"


def test_the_next_press_on_the_same_page_may_ask(desk: Desk) -> None:
    del desk.form["form_token"]
    desk.checks(cast.an)

    assert desk.checks().answers == ["Xác thực thành công"]


def test_a_form_that_became_a_dossier_is_closed(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    kept = dict(desk.form)
    assert desk.saves().is_receipt
    desk.form = kept

    assert desk.checks(cast.cuc).answers == [CLOSED]
    assert register.asked == 1


def test_the_check_names_its_form_and_the_dossier_is_received_under_it(desk: Desk) -> None:
    desk.checks(cast.an)
    form = desk.form["press_key"]
    desk.saves()

    assert str(IdentityCheck.objects.get().form_key) == form


def test_the_same_press_twice_asks_once_and_shows_the_same(desk: Desk, register: ToldRegister) -> None:
    desk.types(cast.an)
    pressed = dict(desk.form)
    first = desk.checks()
    desk.form = pressed
    second = desk.checks()

    assert register.asked == 1
    assert first.column == second.column


def test_an_old_press_with_another_person_typed_asks_nobody_and_the_next_does(
    desk: Desk, register: ToldRegister
) -> None:
    desk.types(cast.an)
    pressed = desk.form["check_key"]
    desk.checks()
    desk.form["check_key"] = pressed

    screen = desk.checks(cast.cuc)

    assert (screen.status, screen.answers) == (409, ["Vui lòng bấm lại"])
    assert register.asked == 1
    assert desk.checks().answers == ["Xác thực thành công"]


def test_a_key_that_is_none_opens_no_form_even_when_a_page_carried_it(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.an, full_name="", press_key="không")  # shown again, for the name is missing
    assert desk.form["press_key"] == "không"

    assert desk.checks(cast.an).answers == [CLOSED]
    assert register.asked == 0
    assert desk.checks().answers == ["Xác thực thành công"]
