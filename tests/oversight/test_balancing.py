"""The nightly balance: every kind of difference, once a day, for the office that it concerns."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.oversight import balancing
from motcua.oversight.balancing import DayNotOver, balance, run_due_balance
from motcua.oversight.models import Balance, Difference
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from tests.oversight.conftest import NOON
from tests.people import FIRST_OFFICE, cast

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = NOON.date()
NIGHT = datetime(2026, 11, 24, 0, 31, tzinfo=HERE).astimezone(UTC)
Asked = Callable[..., IdentityCheck]
Received = Callable[..., Dossier]


@pytest.fixture(autouse=True)
def _looked_anew() -> None:
    balancing.forget_last_look()


def found(on: date = DAY, now: datetime = NIGHT) -> list[tuple[str, str, Any, Any]]:
    """Balance the day and return what differs."""
    differences = balance(on=on, now=now).differences.order_by("kind", "pk")
    return [(one.kind, one.office_code, one.check_made, one.dossier) for one in differences]


def test_a_day_in_order_has_no_differences(desk_dossier: Received, asked: Asked, officer: User) -> None:
    desk_dossier()
    desk_dossier(cast.duc)
    asked(officer, outcome="rejected")
    asked(officer, touch_point="lookup", marks="lookup")
    asked(None, touch_point="registration")

    assert found() == []
    made = Balance.objects.get()
    assert (made.on, made.checks, made.dossiers) == (DAY, 5, 2)
    event = AuditEvent.objects.get(name="balance.made")
    assert (event.subject, event.details) == ("23/11/2026", {"differences": 0})


def test_somebody_verified_at_a_desk_and_never_received_is_listed_once_for_a_form(
    asked: Asked, officer: User
) -> None:
    form = uuid.uuid4()
    first, _again = (asked(officer, at=NOON + timedelta(minutes=m), form_key=form) for m in (0, 5))
    neighbor = asked(officer, cast.binh, at=NOON + timedelta(minutes=6), form_key=form)
    formless = asked(officer, at=NOON + timedelta(minutes=7))

    assert found() == [("no_dossier", FIRST_OFFICE, one, None) for one in (first, neighbor, formless)]


def test_a_form_that_was_saved_after_midnight_is_in_order(
    desk_dossier: Received, asked: Asked, officer: User
) -> None:
    late = datetime(2026, 11, 23, 23, 50, tzinfo=HERE).astimezone(UTC)
    check = asked(officer, at=late)
    desk_dossier(at=late + timedelta(minutes=20), identity_check=check)

    assert found() == []


def test_a_question_whose_fate_nobody_knows_is_listed_wherever_it_came_from(
    asked: Asked, officer: User
) -> None:
    later = NOON + timedelta(minutes=1)
    checks = [asked(officer, outcome=""), asked(None, touch_point="filing", outcome="", at=later)]

    assert found() == [
        ("no_outcome", FIRST_OFFICE, checks[0], None),
        ("no_outcome", "", checks[1], None),
    ]


def test_a_dossier_that_says_verified_without_a_check_that_says_so_is_listed(
    desk_dossier: Received, asked: Asked, officer: User
) -> None:
    forged = desk_dossier(identity_check=asked(officer, outcome="rejected"))
    by_hand = {"identity_check": None, "by_hand_reason": "newborn"}
    desk_dossier(**by_hand)

    assert found() == [("no_check", FIRST_OFFICE, None, forged)]


def test_a_dossier_with_another_number_than_its_check_is_listed(
    desk_dossier: Received, asked: Asked, officer: User
) -> None:
    check = asked(officer, cast.binh)
    dossier = desk_dossier(cast.an, identity_check=check)

    assert found() == [("other_person", FIRST_OFFICE, check, dossier)]


def test_an_old_number_at_the_desk_and_the_personal_number_in_the_dossier_are_one_person(
    desk_dossier: Received, asked: Asked, officer: User
) -> None:
    old = {
        "number_digest": digest("number", cast.duc.old_number),
        "person_digest": digest("number", cast.duc.number),
    }
    key = uuid.uuid4()
    desk_dossier(cast.duc, press_key=key, identity_check=asked(officer, cast.duc, form_key=key, **old))
    asked(officer, cast.duc, form_key=key, **old)

    assert found() == []


def test_a_neighbor_who_was_asked_about_in_somebody_elses_form_is_listed(
    desk_dossier: Received, asked: Asked, officer: User
) -> None:
    key = uuid.uuid4()
    neighbor = asked(officer, cast.binh, form_key=key)
    asked(officer, cast.binh, at=NOON + timedelta(seconds=30), form_key=key)
    dossier = desk_dossier(cast.an, press_key=key)

    assert found() == [("other_person", FIRST_OFFICE, neighbor, dossier)]


def test_a_dossier_belongs_to_the_day_on_which_it_came_in(
    desk_dossier: Received, asked: Asked, officer: User, citizen_an: Citizen
) -> None:
    check = asked(officer, cast.binh, at=NOON - timedelta(days=2))
    filed = NOON - timedelta(days=1)
    desk_dossier(
        channel=Dossier.Channel.ONLINE,
        citizen=citizen_an,
        has_sworn=True,
        submitted_at=filed,
        identity_check=check,
        press_key=None,
    )

    assert [kind for kind, *_ in found()] == []
    assert [kind for kind, *_ in found(on=filed.date())] == ["other_person"]


def test_a_day_is_balanced_once_and_stays_as_it_was_found(asked: Asked, officer: User) -> None:
    asked(officer)
    first = found()
    asked(officer, cast.binh)

    assert found(now=NIGHT + timedelta(days=1)) == first
    assert AuditEvent.objects.filter(name="balance.made").count() == 1


@pytest.mark.parametrize(
    ("hour", "minute", "is_over"), [(0, 0, False), (0, 29, False), (0, 30, True), (23, 0, True)]
)
def test_a_day_is_not_balanced_before_half_past_midnight(
    people: None, hour: int, minute: int, is_over: bool
) -> None:
    now = datetime(2026, 11, 24, hour, minute, tzinfo=HERE).astimezone(UTC)
    if is_over:
        balance(on=DAY, now=now)
    else:
        with pytest.raises(DayNotOver):
            balance(on=DAY, now=now)
    assert Balance.objects.exists() == is_over


def test_the_work_that_waits_makes_up_for_missed_nights_and_then_rests_an_hour(
    people: None, django_assert_num_queries: Any
) -> None:
    balance(on=DAY, now=NIGHT)
    now = NIGHT + timedelta(days=3)

    assert [run_due_balance(now=now) for _ in range(4)] == [True, True, True, False]
    assert Balance.objects.count() == 4
    with django_assert_num_queries(0):
        assert not run_due_balance(now=now + timedelta(minutes=59))
    with django_assert_num_queries(1):
        assert not run_due_balance(now=now + timedelta(minutes=61))


def test_the_first_night_begins_with_yesterday(people: None) -> None:
    assert run_due_balance(now=NIGHT)
    assert not run_due_balance(now=NIGHT)
    assert Balance.objects.get().on == DAY


def test_what_fails_is_not_tried_again_at_once(people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(balancing, "balance", fail)
    with pytest.raises(ZeroDivisionError):
        run_due_balance(now=NIGHT)

    assert not run_due_balance(now=NIGHT + timedelta(seconds=2))


def test_the_command_says_how_much_differs_and_repeats_it(asked: Asked, officer: User) -> None:
    asked(officer)
    said = []
    for _ in range(2):
        out = StringIO()
        call_command("balance", "--on", "23/11/2026", stdout=out)
        said.append(out.getvalue())

    assert said == ["23/11/2026: 1 checks, 0 dossiers\n  no_dossier: 1\n"] * 2
    with pytest.raises(CommandError, match="can be balanced from 00:30"):
        call_command("balance", "--on", f"{timezone.localdate():%d/%m/%Y}", stdout=StringIO())


def test_an_office_sees_its_own_differences_with_what_to_do(
    asked: Asked,
    officer: User,
    other_officer: User,
    supervisor_client: Client,
    other_supervisor_client: Client,
    administrator_client: Client,
) -> None:
    check = asked(officer)
    asked(other_officer, cast.binh, outcome="")
    night = balance(on=DAY, now=NIGHT)
    page = f"/mot-cua/giam-sat/doi-soat/{night.pk}/"

    own, other, whole = (
        browser.get(page).content.decode()
        for browser in (supervisor_client, other_supervisor_client, administrator_client)
    )
    assert check.number_masked in own
    assert "Hỏi cán bộ vì sao đã tra cứu mà không tiếp nhận" in own
    assert "không ghi được câu trả lời" not in own
    assert check.number_masked not in other
    assert "không ghi được câu trả lời" in other
    assert Difference.objects.count() == whole.count("<li>") == 2
    assert page in supervisor_client.get("/mot-cua/giam-sat/doi-soat/").content.decode()


def test_an_administrator_reads_the_nights_with_their_differences(
    asked: Asked, officer: User, administrator_client: Client
) -> None:
    asked(officer)
    night = balance(on=DAY, now=NIGHT)

    page = administrator_client.get(f"/quan-tri/oversight/balance/{night.pk}/change/").content.decode()
    assert "Đã tra cứu nhưng không có hồ sơ" in page
    assert administrator_client.post(f"/quan-tri/oversight/balance/{night.pk}/delete/").status_code == 403


def test_the_last_night_stands_first(people: None, supervisor_client: Client) -> None:
    for days in (0, 1, 2):
        balance(on=DAY + timedelta(days=days), now=NIGHT + timedelta(days=days))
    html = supervisor_client.get("/mot-cua/giam-sat/doi-soat/").content.decode()

    assert html.index("25/11/2026") < html.index("24/11/2026") < html.index("23/11/2026")
