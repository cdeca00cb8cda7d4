"""Whom a dossier's life is told outside the portal: the contact that was given, and nothing but the code."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.dossiers import states
from motcua.dossiers.extensions import extend
from motcua.dossiers.models import Dossier
from motcua.dossiers.notifications import write_outside
from motcua.dossiers.service import run_next_recheck
from motcua.dossiers.states import MOVES
from motcua.dossiers.steps import go, may_take, take_step
from motcua.messaging.kinds import KINDS
from motcua.outbox.models import Parcel
from motcua.outbox.service import Failed, Load, bring_next
from tests.at_rest import told
from tests.conftest import ToldRegister
from tests.dossiers.filing import agree, begin, filed
from tests.dossiers.lives import DIVISION, place, received, standing_at
from tests.dossiers.test_rechecks import NOW, SECOND, applicant
from tests.dossiers.test_rechecks import received as received_unchecked
from tests.messaging.reading import delivered, waiting
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
MAIL, PHONE = "lien.he@vidu.vn", "0912345678"


def goes(dossier: Dossier, move: str, *, reason: str = "Thiếu giấy", now: datetime | None = None) -> None:
    """Move a dossier, at the hand of anybody who has the right."""
    if move == "ask_fee":
        Dossier.objects.filter(pk=dossier.pk).update(holder_office=place(DIVISION))
    dossier.refresh_from_db()
    hands = (
        one
        for one in User.objects.exclude(role="citizen")
        if may_take(dossier=dossier, move=MOVES[move], by=one)
    )
    go(dossier=dossier, move=move, by=next(hands), now=now or timezone.now(), reason=reason)


def at(status: int, **other: Any) -> Dossier:
    """Return a dossier of somebody without an account at a status, with a contact; what was told so far is gone."""
    dossier = standing_at(status, email=MAIL, phone=PHONE, **other)
    Parcel.objects.all().delete()
    return dossier


def test_every_move_that_is_told_in_the_inbox_is_told_outside_too() -> None:
    for move in MOVES.values():
        assert (move.kind in KINDS) == (move.message is not None), move.name


@pytest.mark.parametrize(
    ("move", "origin", "subject", "has_sms"),
    [
        ("take_up", states.SUBMITTED, "Đã tiếp nhận hồ sơ {}", True),
        ("refuse", states.SUBMITTED, "Hồ sơ {} không được tiếp nhận", True),
        ("ask_supplement", states.RECEIVED, "Hồ sơ {} cần bổ sung giấy tờ", True),
        ("take_supplement", states.SUPPLEMENT, "Đã nhận giấy tờ bổ sung của hồ sơ {}", False),
        ("ask_fee", states.PROCESSING, "Hồ sơ {} cần nộp phí, lệ phí", True),
        ("take_fee", states.FEE, "Đã nhận phí, lệ phí của hồ sơ {}", False),
        ("withdraw", states.PROCESSING, "Hồ sơ {} đã được rút", False),
        ("stop", states.PROCESSING, "Hồ sơ {} đã dừng giải quyết", True),
        ("finish", states.PROCESSING, "Hồ sơ {} đã có kết quả", True),
        ("reopen", states.FINISHED, "Kết quả của hồ sơ {} được xem lại", True),
        ("hand_out", states.FINISHED, "Đã trả kết quả của hồ sơ {}", False),
    ],
)
def test_a_move_reaches_the_contact_that_was_given_without_any_account(
    move: str, origin: int, subject: str, has_sms: bool
) -> None:
    dossier = at(origin)
    goes(dossier, move, reason="Thiếu giấy của Nguyễn Văn An")
    letters = sorted(delivered(), key=lambda one: one.channel)
    assert [(one.channel, one.address) for one in letters] == [
        ("email", MAIL),
        *([("sms", PHONE)] if has_sms else []),
    ]
    assert letters[0].subject == subject.format(dossier.code)
    assert all(str(dossier.code) in one.body for one in letters)
    assert all("Nguyễn Văn An" not in one.body for one in letters)


def test_who_comes_to_the_desk_is_told_at_the_telephone_number_they_left(officer: User) -> None:
    dossier = received(officer)
    (letter,) = delivered()
    assert (letter.channel, letter.address) == ("sms", PHONE)
    assert letter.body.startswith(f"Đã tiếp nhận hồ sơ {dossier.code}. Hẹn trả kết quả: ")


def test_a_draft_is_told_to_nobody(an_client: Client, register: ToldRegister) -> None:
    draft = begin(an_client)
    agree(an_client, draft)
    draft.refresh_from_db()
    assert draft.email
    assert waiting() == 0
    with transaction.atomic():
        write_outside(draft, "filed", email=MAIL, phone=PHONE, now=timezone.now())
    assert waiting() == 0


def test_what_is_undone_is_told_to_nobody(specialist: User) -> None:
    dossier = at(states.PROCESSING, holder_office=DIVISION)
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=MOVES["ask_fee"], by=specialist, now=timezone.now(), reason="Phí")
        assert waiting() == 2
        transaction.set_rollback(True)
    assert waiting() == 0


def test_a_dossier_without_a_contact_is_told_to_nobody_outside() -> None:
    dossier = at(states.PROCESSING)
    Dossier.objects.update(email="", phone="")
    goes(dossier, "finish")
    assert waiting() == 0


def test_a_whole_life_is_told_in_its_order_and_no_message_says_who_it_is_about(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = filed(an_client)
    now = timezone.now()
    for minute, move in enumerate(
        ("take_up", "ask_supplement", "take_supplement", "process", "ask_fee", "take_fee", "finish", "reopen",
         "finish", "hand_out")
    ):  # fmt: skip
        reason = f"{cast.an.full_name}, {cast.an.number}"
        goes(dossier, move, reason=reason, now=now + timedelta(minutes=minute))

    letters = delivered(now + timedelta(minutes=20))
    mails = [one.subject.replace(str(dossier.code), "…") for one in letters if one.channel == "email"]
    assert mails == [
        "Đã nộp hồ sơ …",
        "Đã tiếp nhận hồ sơ …",
        "Hồ sơ … cần bổ sung giấy tờ",
        "Đã nhận giấy tờ bổ sung của hồ sơ …",
        "Hồ sơ … cần nộp phí, lệ phí",
        "Đã nhận phí, lệ phí của hồ sơ …",
        "Hồ sơ … đã có kết quả",
        "Kết quả của hồ sơ … được xem lại",
        "Hồ sơ … đã có kết quả",
        "Đã trả kết quả của hồ sơ …",
    ]
    assert {one.address for one in letters} == {"an@vidu.vn", "0912345678"}
    says_nothing_of_a_person(f"{one.subject}\n{one.body}" for one in letters)
    for one in letters:
        assert dossier.procedure_name not in one.body
        assert not set("{}") & set(one.subject + one.body)


def says_nothing_of_a_person(texts: Any) -> None:
    """Insist that nothing of the cast, nor how they are reached, stands in some texts."""
    people = (cast.an, cast.binh, cast.cuc, cast.dung, cast.duc, cast.hanh, cast.lan, cast.bao)
    secrets = [word for words in told(*people).values() for word in words]
    for text in texts:
        assert [word for word in [*secrets, "an@vidu.vn", "912345678", "912 345 678"] if word in text] == []


class TestLaterChecks:
    """What the register said later is told where somebody can act on it."""

    def test_a_no_reaches_the_contact_and_the_owner_of_the_number_at_their_own_address(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        User.objects.filter(pk=citizen_an.user_id).update(email="chinh.chu@vidu.vn")
        letters = self.told_of(officer, register, rejected=True)
        assert {one.address for one in letters} == {MAIL, PHONE, "chinh.chu@vidu.vn"}
        assert all("giấy tờ gốc" in one.body for one in letters)
        says_nothing_of_a_person(one.body for one in letters)

    def test_a_contact_whose_address_takes_nothing_keeps_nothing_from_the_owner_of_the_number(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        User.objects.filter(pk=citizen_an.user_id).update(email="chinh.chu@vidu.vn")
        self.told_of(officer, register, rejected=True, is_read=False)
        arrived = []

        def courier(load: Load) -> None:
            if load.content["to"] == MAIL:
                raise Failed("recipient_451")
            arrived.append(load.content["to"])

        while bring_next(couriers={"email": courier}, now=NOW + 2 * SECOND):
            pass
        assert arrived == ["chinh.chu@vidu.vn"]

    def test_a_yes_is_told_by_e_mail_alone_once(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        User.objects.filter(pk=citizen_an.user_id).update(email=MAIL.upper())
        (letter,) = self.told_of(officer, register)
        assert letter.address == MAIL
        assert "đã được xác thực" in letter.subject

    def told_of(
        self, officer: User, register: ToldRegister, *, rejected: bool = False, is_read: bool = True
    ) -> list[Any]:
        typed = applicant(full_name="Nguyễn Văn Ân") if rejected else applicant()
        received_unchecked(officer, replace(typed, email=MAIL, phone=PHONE))
        Parcel.objects.all().delete()
        assert run_next_recheck(now=NOW + SECOND)
        return delivered(NOW + 2 * SECOND) if is_read else []


def test_an_apology_is_told_with_the_new_date(officer: User, leader: User) -> None:
    dossier = received(officer)
    Dossier.objects.filter(pk=dossier.pk).update(email=MAIL, phone=PHONE)
    Parcel.objects.all().delete()
    dossier.refresh_from_db()
    assert dossier.due_at is not None
    later = next_open(dossier.due_at)
    now = timezone.now()
    extend(dossier=dossier, new_due_at=later, reason="Chờ xác minh", by=leader, now=now)
    letters = sorted(delivered(now), key=lambda one: one.channel)
    assert [one.channel for one in letters] == ["email", "sms"]
    assert all(f"{timezone.localtime(later):%H:%M %d/%m/%Y}" in one.body for one in letters)


def next_open(due: datetime) -> datetime:
    """Return the moment a week later, at which the office is as open as it was."""
    return due + timedelta(days=7)
