"""The button "Lưu hồ sơ": who was verified is received as the register has them, and nobody else as verified."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.identity.numbers import IdNumber
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, RegisterError, Trouble
from motcua.procedures.models import Offer, Procedure, RequiredDocument
from motcua.procedures.service import forget
from motcua.verification.models import IdentityCheck, WaitingRecord
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, PHONE, Desk

pytestmark = pytest.mark.django_db

BY_HAND = {"originals_seen": "on", "sex": "male", "permanent_residence": "Số 2 phố Thử Nghiệm"}


def test_a_verified_person_is_received_as_the_register_has_them(desk: Desk, officer: User) -> None:
    desk.checks(cast.an)
    screen = desk.saves(email="an@vidu.vn")
    assert screen.is_receipt
    dossier = Dossier.objects.get()
    assert dossier.is_identity_verified
    assert (dossier.applicant_name, dossier.applicant_number) == ("NGUYỄN VĂN AN", cast.an.number)
    assert dossier.permanent_residence == "Số 1 phố Thử Nghiệm, Phường Hải Dương, Thành phố Hải Phòng"
    assert (dossier.phone, dossier.email) == (PHONE, "an@vidu.vn")
    assert (dossier.received_by, dossier.office) == (officer, officer.office)


def test_what_the_office_takes_no_more_is_not_received_though_the_form_stood_open(
    desk: Desk, officer: User
) -> None:
    desk.checks(cast.an)
    procedure = Procedure.objects.get(code=BIRTH_REGISTRATION)
    Offer.objects.create(office=officer.office, procedure=procedure, is_offered=False)
    forget()

    screen = desk.saves()

    assert not screen.is_receipt
    assert "Thủ tục này không còn áp dụng" in screen
    assert not Dossier.objects.exists()


def test_what_a_browser_says_in_place_of_the_record_counts_for_nothing(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.saves(sex="female", permanent_residence="Dinh Độc Lập", originals_seen="on")
    dossier = Dossier.objects.get()
    assert (dossier.applicant_sex, dossier.permanent_residence[:4]) == ("male", "Số 1")


def test_the_waiting_record_is_erased_when_it_is_used(desk: Desk) -> None:
    desk.checks(cast.an)
    assert WaitingRecord.objects.exists()
    desk.saves()
    assert not WaitingRecord.objects.exists()


def test_a_record_is_used_once(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    desk.saves()
    screen = desk.saves(press_key=str(uuid.uuid4()))
    assert not screen.is_receipt
    assert Dossier.objects.count() == 1
    assert "không còn dùng được" in screen
    assert desk.checks().answers == ["Xác thực thành công"]
    assert register.asked == 2


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Nguyễn Văn Anh"},
        {"number": cast.an2.number},
        {"birth_date": "08/03/1985"},
        {"birth_date": "1985"},
    ],
)
def test_a_claim_changed_after_the_check_is_refused(desk: Desk, change: dict[str, str]) -> None:
    desk.checks(cast.an)
    screen = desk.saves(**change)
    assert "Thông tin đã thay đổi sau khi kiểm tra, vui lòng kiểm tra lại" in screen
    assert not screen.shows_record_of(cast.an)
    assert screen.value("phone") == PHONE
    assert not Dossier.objects.exists()


def test_the_other_way_to_put_the_tone_mark_is_the_same_claim(desk: Desk) -> None:
    desk.checks(cast.cuc)
    assert desk.saves(full_name="Phạm Thị Thúy Cúc").is_receipt


def test_a_procedure_changed_after_the_check_is_refused(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.choose(ANOTHER_PROCEDURE)
    screen = desk.saves()
    assert "đã đổi thủ tục" in screen
    assert not Dossier.objects.exists()


def test_nobody_is_received_as_verified_without_a_check(desk: Desk, register: ToldRegister) -> None:
    desk.types(cast.an)
    screen = desk.saves()
    assert "Kiểm tra danh tính số” trước khi lưu" in screen
    assert not Dossier.objects.exists()
    assert register.asked == 0


def test_another_officers_check_counts_for_nothing(
    desk: Desk, desk_of: Callable[[User], Desk], second_officer: User
) -> None:
    desk.checks(cast.an)
    theirs = desk_of(second_officer)
    theirs.form = dict(desk.form)
    screen = theirs.saves()
    assert not screen.is_receipt
    assert not screen.shows_record_of(cast.an)
    assert not Dossier.objects.exists()


def test_a_check_of_half_an_hour_ago_counts_for_nothing(desk: Desk) -> None:
    desk.checks(cast.an)
    IdentityCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=31))
    WaitingRecord.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert not desk.saves().is_receipt


def test_a_later_no_about_the_same_claim_takes_an_earlier_yes_away(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.an)
    register.says(cast.an, replace(cast.an.record, is_deceased=True))
    desk.form["checked"] = ""  # as on a new page, which shows no answer yet

    assert desk.checks(cast.an).answers == ["Xác thực thất bại"]
    assert not desk.saves().is_receipt
    assert not Dossier.objects.exists()
    assert not WaitingRecord.objects.exists()


def test_a_check_for_one_office_counts_for_nothing_at_another(
    desk: Desk, officer: User, other_officer: User
) -> None:
    desk.checks(cast.an)
    officer.office = other_officer.office
    officer.save()
    assert "đã đổi thủ tục hay cơ quan" in desk.saves()
    assert not Dossier.objects.exists()
    desk.checks()
    assert desk.saves().is_receipt
    dossier = Dossier.objects.get()
    assert dossier.office.code == dossier.identity_check.office_code


def test_a_failed_check_for_one_office_is_no_reason_at_another(
    desk: Desk, officer: User, other_officer: User
) -> None:
    desk.checks(cast.hanh)
    officer.office = other_officer.office
    officer.save()
    assert not desk.saves(by_hand_reason="rejected", **BY_HAND).is_receipt
    assert not Dossier.objects.exists()


def test_a_form_saved_at_one_office_and_pressed_again_at_another_is_told(
    desk: Desk, officer: User, other_officer: User
) -> None:
    desk.checks(cast.an)
    saved = dict(desk.form)
    desk.saves()
    officer.office = other_officer.office
    officer.save()
    desk.form = saved

    screen = desk.saves()

    assert (screen.status, screen.is_receipt) == (200, False)
    assert "đã dùng cho một hồ sơ, hoặc đã đổi thủ tục hay cơ quan" in screen
    assert Dossier.objects.count() == 1


@pytest.mark.parametrize("service", ["037", "003"])
def test_silence_on_another_form_takes_no_yes_away(
    desk: Desk, desk_of: Callable[[User], Desk], officer: User, register: ToldRegister, service: str
) -> None:
    register._service = service
    desk.checks(cast.an)
    other_form = desk_of(officer)
    register.is_down()
    assert other_form.checks(cast.an).answers == ["Chưa kiểm tra được"]

    assert desk.saves().is_receipt
    assert Dossier.objects.get().is_identity_verified


@pytest.mark.parametrize("service", ["037", "003"])
def test_who_would_receive_for_later_while_a_yes_waits_is_told_and_saves_with_the_yes(
    desk: Desk, desk_of: Callable[[User], Desk], officer: User, register: ToldRegister, service: str
) -> None:
    register._service = service
    desk.checks(cast.an)
    other_form = desk_of(officer)
    register.is_down()
    other_form.checks(cast.an)

    screen = other_form.saves(by_hand_reason="unanswered", **BY_HAND)

    assert screen.answers == ["Xác thực thành công"]
    assert "khác với kết quả đã hiện ở trang này" in screen
    assert "không còn dùng được" not in screen
    assert not Dossier.objects.exists()
    assert other_form.saves(by_hand_reason="").is_receipt
    assert Dossier.objects.get().is_identity_verified


def test_who_saves_with_a_check_that_is_too_old_is_told_of_no_other_result_where_nobody_was_asked(
    desk: Desk,
) -> None:
    desk.checks(cast.an)
    WaitingRecord.objects.all().delete()
    IdentityCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=31))
    User.objects.filter(pk=desk.officer.pk).update(officer_digits="", officer_number_digest="")

    screen = desk.saves()

    assert "không còn dùng được" in screen
    assert "khác với kết quả đã hiện ở trang này" not in screen


@pytest.mark.parametrize("was_down", [True, False], ids=["silence", "yes"])
def test_who_saves_after_a_no_on_another_form_is_told_of_the_no(
    desk: Desk, desk_of: Callable[[User], Desk], officer: User, register: ToldRegister, was_down: bool
) -> None:
    if was_down:
        register.is_down()
    desk.checks(cast.an)
    register.is_up()
    register.says(cast.an, replace(cast.an.record, is_deceased=True))
    desk_of(officer).checks(cast.an)

    screen = desk.saves(**({"by_hand_reason": "unanswered", **BY_HAND} if was_down else {}))

    assert screen.answers == ["Xác thực thất bại"]
    assert "khác với kết quả đã hiện ở trang này" in screen
    assert not Dossier.objects.exists()


def test_a_form_saved_again_uses_up_no_yes_of_another_form(
    desk: Desk, desk_of: Callable[[User], Desk], officer: User
) -> None:
    desk.checks(cast.an)
    first = dict(desk.form)
    desk.saves()
    second = desk_of(officer)
    second.checks(cast.an)

    desk.form = first  # as the browser's way back shows it
    assert desk.saves().is_receipt

    assert second.saves().is_receipt
    assert Dossier.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"phone": "0987654321"}, {"other_name": "Đơn viết tay"}, {"channel": "3"}, {}], ids=str
)
@pytest.mark.parametrize("is_by_hand", [False, True], ids=["verified", "by hand"])
def test_what_is_changed_after_saving_is_said_not_to_count(
    desk: Desk, change: dict[str, str], is_by_hand: bool
) -> None:
    if is_by_hand:
        desk.checks(cast.hanh)
        desk.form |= {"by_hand_reason": "rejected", **BY_HAND}
    else:
        desk.checks(cast.an)
    saved = dict(desk.form)
    desk.saves()

    desk.form = saved
    screen = desk.saves(**change)

    assert screen.is_receipt
    assert ("những gì vừa sửa không được ghi vào hồ sơ" in screen) == bool(change)
    assert Dossier.objects.get().phone == PHONE


def test_a_double_press_receives_one_dossier(desk: Desk) -> None:
    desk.checks(cast.an)
    first, second = desk.saves(), desk.saves()
    assert first.is_receipt
    assert second.response.redirect_chain == first.response.redirect_chain
    assert Dossier.objects.count() == 1


def test_a_form_that_already_received_another_person_does_not_swallow_this_one(desk: Desk) -> None:
    used = desk.form["press_key"]
    desk.checks(cast.an)
    desk.saves()
    desk.form["press_key"] = used
    desk.checks(cast.dung, birth_date="1950")  # the used form is closed, and a new one opens
    assert desk.checks().answers == ["Xác thực thành công"]
    assert not desk.saves(press_key=used).is_receipt
    assert desk.saves().is_receipt
    assert Dossier.objects.count() == 2


def test_a_form_error_keeps_the_check_and_everything_typed(desk: Desk) -> None:
    desk.checks(cast.an)
    screen = desk.saves(phone="123", email="an@vidu.vn")
    assert 'id="id_phone-error"' in screen
    assert screen.answers == ["Xác thực thành công"]
    assert screen.shows_record_of(cast.an)
    assert (screen.value("phone"), screen.value("email")) == ("123", "an@vidu.vn")
    assert desk.saves(phone=PHONE).is_receipt


def test_the_documents_handed_in_are_kept_and_printed(desk: Desk) -> None:
    first, second = RequiredDocument.objects.filter(procedure__code=BIRTH_REGISTRATION)[:2]
    desk.checks(cast.an)
    screen = desk.saves(original=[first.pk], copy=[second.pk])
    assert Dossier.objects.get().received_documents == [
        {"name": first.name, "originals": 1, "copies": 0},
        {"name": second.name, "originals": 0, "copies": 1},
    ]
    assert f"<li>{first.name} · bản chính: 1" in screen


def test_documents_of_another_procedure_are_not_taken(desk: Desk) -> None:
    foreign = RequiredDocument.objects.filter(procedure__code=ANOTHER_PROCEDURE).first()
    assert foreign is not None
    desk.checks(cast.an)
    desk.saves(original=[foreign.pk])
    assert Dossier.objects.get().received_documents == []


def test_a_procedure_that_ended_is_not_received(desk: Desk) -> None:
    desk.checks(cast.an)
    Procedure.objects.filter(code=BIRTH_REGISTRATION).update(is_active=False)
    forget()  # within half a minute, this happens by itself
    assert "không còn áp dụng" in desk.saves()
    assert not Dossier.objects.exists()


# By hand


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, "rejected"),
        (CouldNotAsk(Trouble.TIMEOUT), "unanswered"),
        (CouldNotAsk(Trouble.OTHER_PERSON), "unanswered"),
        (NotPermitted(Barred.PROCEDURE), "not_allowed"),
    ],
    ids=["rejected", "timeout", "other person", "not allowed"],
)
@pytest.mark.parametrize("given", ["rejected", "unanswered", "not_allowed"])
def test_only_the_reason_that_the_register_gave_is_taken(
    desk: Desk, register: ToldRegister, error: RegisterError | None, reason: str, given: str
) -> None:
    register.trouble = error
    desk.checks(cast.hanh)
    screen = desk.saves(by_hand_reason=given, **BY_HAND)
    assert screen.is_receipt == (given == reason)
    if screen.is_receipt:
        dossier = Dossier.objects.get()
        assert not dossier.is_identity_verified
        assert dossier.identity_check == IdentityCheck.objects.get()
        assert (dossier.applicant_name, dossier.applicant_number) == (cast.hanh.full_name, cast.hanh.number)
        assert "CHƯA XÁC THỰC DANH TÍNH" in screen
        assert AuditEvent.objects.filter(name="dossier.received_by_hand", details__reason=reason).exists()


@pytest.mark.parametrize("reason", ["rejected", "unanswered", "not_allowed"])
def test_without_a_question_there_is_no_answer_to_give_as_reason(desk: Desk, reason: str) -> None:
    desk.types(cast.an)
    assert not desk.saves(by_hand_reason=reason, **BY_HAND).is_receipt


def test_another_officers_failed_check_is_no_reason_either(
    desk: Desk, desk_of: Callable[[User], Desk], second_officer: User
) -> None:
    desk.checks(cast.hanh)
    theirs = desk_of(second_officer)
    theirs.form = dict(desk.form)
    assert not theirs.saves(by_hand_reason="rejected", **BY_HAND).is_receipt
    assert not Dossier.objects.exists()


def test_the_originals_must_have_been_seen(desk: Desk) -> None:
    desk.checks(cast.hanh)
    screen = desk.saves(by_hand_reason="rejected")
    assert "Vui lòng xem giấy tờ gốc" in screen
    assert screen.answers == ["Xác thực thất bại"]
    assert not Dossier.objects.exists()


def test_by_hand_also_counts_only_for_the_claim_that_failed(desk: Desk) -> None:
    desk.checks(cast.hanh)
    screen = desk.saves(by_hand_reason="rejected", full_name="Lý Thị Hanh", **BY_HAND)
    assert "Thông tin đã thay đổi" in screen
    assert not Dossier.objects.exists()


def test_nothing_of_the_register_gets_into_a_dossier_by_hand(desk: Desk) -> None:
    desk.checks(cast.an, full_name="Nguyen Van An")
    desk.saves(by_hand_reason="rejected", **BY_HAND)
    dossier = Dossier.objects.get()
    assert (dossier.applicant_name, dossier.permanent_residence) == ("Nguyen Van An", "Số 2 phố Thử Nghiệm")


def test_an_officer_who_must_pause_can_still_receive(desk: Desk, settings: object) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 1}  # type: ignore[attr-defined]
    desk.checks(cast.hanh)
    desk.checks(cast.an)
    assert desk.saves(by_hand_reason="unanswered", **BY_HAND).is_receipt
    assert Dossier.objects.get().identity_check is None


def test_an_officer_without_a_number_can_still_receive(desk: Desk, officer: User) -> None:
    officer.officer_number = ""
    officer.save()
    desk.checks(cast.an)
    assert desk.saves(by_hand_reason="not_allowed", **BY_HAND).is_receipt


@pytest.mark.parametrize("reason", ["newborn", "foreigner", "no_number"])
def test_a_person_without_a_number_is_received_by_hand(
    desk: Desk, register: ToldRegister, reason: str
) -> None:
    desk.types(cast.an, number="", birth_date="")
    screen = desk.saves(by_hand_reason=reason, **BY_HAND)
    assert screen.is_receipt
    assert "CHƯA XÁC THỰC DANH TÍNH" in screen
    assert (Dossier.objects.get().applicant_number, register.asked) == ("", 0)


def test_who_has_a_number_is_not_received_as_having_none(desk: Desk) -> None:
    desk.types(cast.an)
    screen = desk.saves(by_hand_reason="no_number", **BY_HAND)
    assert "Người nộp có số CCCD/CMND" in screen
    assert "<details open>" in screen
    assert not Dossier.objects.exists()


def test_a_later_yes_takes_the_place_of_the_reason(desk: Desk, register: ToldRegister) -> None:
    register.is_down()
    desk.checks(cast.an)
    register.is_up()
    screen = desk.checks()
    assert screen.answers == ["Xác thực thành công"]
    assert not desk.saves(by_hand_reason="unanswered", **BY_HAND).is_receipt
    assert desk.saves(by_hand_reason="").is_receipt
    assert Dossier.objects.get().is_identity_verified


# A register that says yes or no only


def test_a_yes_without_data_leaves_sex_and_residence_to_be_typed(desk: Desk, register: ToldRegister) -> None:
    register._service = "003"
    screen = desk.checks(cast.an)
    assert screen.answers == ["Xác thực thành công"]
    assert 'name="permanent_residence"' in screen
    assert desk.saves(sex="male", permanent_residence="Số 1 phố Thử Nghiệm").is_receipt
    dossier = Dossier.objects.get()
    assert dossier.is_identity_verified
    assert (dossier.applicant_name, dossier.permanent_residence) == ("Nguyễn Văn An", "Số 1 phố Thử Nghiệm")


def test_a_yes_without_data_is_used_once(desk: Desk, register: ToldRegister) -> None:
    register._service = "003"
    desk.checks(cast.an)
    desk.saves()
    assert not desk.saves(press_key=str(uuid.uuid4())).is_receipt
    assert Dossier.objects.count() == 1


def test_a_yes_without_data_to_an_old_number_opens_the_dossier_to_no_account(
    desk: Desk, citizen_an: Citizen, register: ToldRegister
) -> None:
    register._service = "003"
    citizen_an.number = IdNumber(cast.hoa2.old_number)
    citizen_an.save()

    desk.checks(cast.hoa2, number=cast.hoa2.old_number)
    assert desk.saves().is_receipt
    assert Dossier.objects.get().citizen is None


# The list of documents


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}], ids=["swap", "page"])
def test_choosing_a_procedure_shows_its_documents_and_asks_nobody(
    desk: Desk, register: ToldRegister, headers: dict[str, str]
) -> None:
    desk.types(cast.an)
    response = desk.client.post(reverse("reception"), {**desk.form, "show_documents": "1"}, headers=headers)
    assert "Tờ khai đăng ký khai sinh" in response.content.decode()
    assert register.asked == 0
    assert not Dossier.objects.exists()


# Two presses at one moment


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_one_moment_receive_one_dossier(desk: Desk, officer: User) -> None:
    desk.checks(cast.an)

    def press() -> str:
        client = Client()
        client.force_login(officer)
        try:
            return client.post(reverse("reception"), desk.form).headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = (pressed.result() for pressed in [pool.submit(press), pool.submit(press)])
    assert first == second == reverse("receipt", args=[Dossier.objects.get().pk])


def test_the_next_person_can_be_scanned_at_once_for_the_same_procedure(desk: Desk) -> None:
    desk.checks(cast.an)
    receipt = desk.saves()
    link = re.search(r'href="([^"]*)"[^>]*>Tiếp nhận hồ sơ tiếp theo<', receipt.html)
    assert link is not None
    chosen = Procedure.objects.get(code=BIRTH_REGISTRATION)
    text = desk.client.get(link[1]).content.decode()
    assert f'<option value="{chosen.pk}" selected>' in text
    assert RequiredDocument.objects.filter(procedure=chosen)[0].name in text
    assert cast.an.number not in text


@pytest.mark.parametrize("code", ["", "0.000000", "' OR 1=1", "x" * 500])
def test_a_form_for_no_known_procedure_has_none_chosen(desk: Desk, code: str) -> None:
    text = desk.client.get(reverse("reception"), {"thu-tuc": code}).content.decode()
    assert " selected>" not in text.split("</select>")[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", ["037", "003"])
def test_of_two_forms_saved_at_one_moment_one_check_carries_one(
    desk: Desk, officer: User, register: ToldRegister, service: str
) -> None:
    register._service = service
    desk.checks(cast.an)
    all_in = threading.Barrier(6)

    def press(form: dict[str, Any]) -> int:
        client = Client()
        client.force_login(officer)
        all_in.wait()
        try:
            return client.post(reverse("reception"), form).status_code
        finally:
            connection.close()

    forms = [desk.form | {"press_key": str(uuid.uuid4())} for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(press, forms))
    assert sorted(codes) == [200] * 5 + [302]
    assert Dossier.objects.count() == 1
