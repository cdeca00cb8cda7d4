"""Reminders: a draft whose owner could not be checked, and the one message when the register answers again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, Notice
from motcua.dossiers import service
from motcua.dossiers.models import Dossier, Reminder
from motcua.dossiers.service import send_reminders
from motcua.identity.register import Barred, NotPermitted
from motcua.procedures.models import Procedure
from motcua.verification.models import LineRow
from tests.conftest import ToldRegister
from tests.dossiers.filing import address, agree, begin, draft_of, filed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
BUTTON = "Nhắc tôi khi kiểm tra được"


def heard(ago: timedelta = timedelta(), **other: object) -> None:
    """Let the register have answered somebody so long ago."""
    at = (timezone.now() - ago).timestamp()
    LineRow.objects.update_or_create(
        pk="primary",
        defaults={"answered_at": at, "seconds": 0.3, "failed_at": [], "opened_at": None, **other},
    )


def press(client: Client, draft: Dossier) -> None:
    """Press the button."""
    assert client.post(address(draft, "nhac-toi/")).status_code == 302


def test_the_draft_is_kept_and_the_button_is_offered_only_when_no_answer_came(
    an_client: Client, binh_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    rejected = begin(binh_client)
    assert BUTTON not in agree(binh_client, rejected).content.decode()
    register.is_down()
    draft = begin(an_client)
    assert BUTTON in agree(an_client, draft).content.decode()
    assert draft_of(citizen_an).phone == "0912345678"


def test_a_missing_licence_looks_the_same_to_the_citizen_whoever_lacks_it(
    an_client: Client, register: ToldRegister
) -> None:
    draft = begin(an_client)
    pages = []
    for barred in Barred:
        register.trouble = NotPermitted(barred)
        pages.append(re.sub(r'value="[^"]+"|lưu lúc [0-9:/ ]+', "", agree(an_client, draft).content.decode()))

    assert "Cổng chưa được phép kiểm tra danh tính cho thủ tục này" in pages[0]
    assert "Thử lại" not in pages[0]
    assert BUTTON not in pages[0]
    assert pages == [pages[0]] * len(Barred)


def test_who_lacks_only_the_licence_of_the_procedure_may_be_told_when_it_is_there(
    an_client: Client, register: ToldRegister
) -> None:
    Procedure.objects.update(may_query=False)
    page = agree(an_client, begin(an_client)).content.decode()

    assert "Cổng chưa được phép kiểm tra danh tính cho thủ tục này" in page
    assert BUTTON in page
    assert "Thử lại" not in page
    assert register.asked == 0


def test_nobody_is_told_to_come_back_before_the_procedure_has_its_licence(
    an_client: Client, register: ToldRegister
) -> None:
    press(an_client, begin(an_client))
    heard()
    Procedure.objects.update(may_query=False)
    assert send_reminders(now=timezone.now()) == 0

    Procedure.objects.update(may_query=True)
    assert send_reminders(now=timezone.now()) == 1


def test_the_owner_is_told_once_when_the_register_answers_again(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    draft = begin(an_client)
    for _ in range(3):
        press(an_client, draft)
    heard(timedelta(minutes=5))
    assert send_reminders(now=timezone.now()) == 0
    heard()

    assert [send_reminders(now=timezone.now()) for _ in range(3)] == [1, 0, 0]
    notice = citizen_an.user.notices.get()
    assert "Đã có thể kiểm tra danh tính số" in notice.text
    assert notice.link == address(draft, "nguoi-nop/")
    assert f'href="{notice.link}"' in an_client.get("/ca-nhan/").content.decode()


def test_nobody_is_told_while_the_line_is_down(an_client: Client, register: ToldRegister) -> None:
    press(an_client, begin(an_client))
    now = timezone.now().timestamp()
    heard(opened_at=now, next_probe_at=now + 3600)

    assert send_reminders(now=timezone.now()) == 0
    assert not Notice.objects.exists()


def test_who_asks_again_after_being_told_is_told_again(an_client: Client, register: ToldRegister) -> None:
    draft = begin(an_client)
    for _ in range(2):
        press(an_client, draft)
        heard()
        assert send_reminders(now=timezone.now()) == 1

    assert Reminder.objects.count() == 1


def test_what_was_filed_meanwhile_needs_no_reminder(an_client: Client, register: ToldRegister) -> None:
    draft = begin(an_client)
    press(an_client, draft)
    assert filed(an_client) == draft
    heard()

    assert send_reminders(now=timezone.now()) == 0
    assert not Reminder.objects.filter(sent_at=None).exists()


def test_a_filed_dossier_takes_no_reminder(an_client: Client, register: ToldRegister) -> None:
    dossier = filed(an_client)
    with pytest.raises(service.NotADraft):
        service.remind(dossier=dossier, now=timezone.now())
    assert an_client.post(address(dossier, "nhac-toi/")).headers["Location"] == address(dossier)


def test_the_reminder_goes_with_its_draft(an_client: Client, register: ToldRegister) -> None:
    draft = begin(an_client)
    press(an_client, draft)
    service.delete_draft(dossier=draft, now=timezone.now())

    assert not Reminder.objects.exists()


def test_nobody_presses_for_another(an_client: Client, binh_client: Client, register: ToldRegister) -> None:
    draft = begin(an_client)
    assert binh_client.post(address(draft, "nhac-toi/")).status_code == 404
    assert an_client.get(address(draft, "nhac-toi/")).status_code == 405
    assert not Reminder.objects.exists()
