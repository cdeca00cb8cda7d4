"""Filing for another: the owner is checked like the applicant, and nobody becomes an owner by what a browser says."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier, DossierOwner
from motcua.dossiers.service import named
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, RegisterError, Trouble
from motcua.oversight.balancing import balance
from motcua.oversight.models import Difference
from motcua.procedures.models import Procedure
from motcua.procedures.service import forget
from motcua.verification.models import IdentityCheck, WaitingRecord
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, Desk

pytestmark = pytest.mark.django_db

NEWBORN = {
    "owner-without_number": "newborn",
    "owner-full_name": "Nguyễn Thị Mẫu",
    "owner-number": "",
    "owner-birth_date": "20/11/2026",
    "owner-sex": "female",
}
SEEN = {"owner-originals_seen": "on"}


def owner() -> DossierOwner:
    return DossierOwner.objects.select_related("dossier", "identity_check").get()


@pytest.fixture
def expects_newborns(catalogue: None) -> None:
    """Let birth registration be for somebody who has no number yet."""
    Procedure.objects.filter(code=BIRTH_REGISTRATION).update(owner_may_lack_number=True)
    forget()


# Verified


def test_an_owner_whom_the_register_knows_is_kept_as_the_register_has_them(desk: Desk) -> None:
    desk.checks(cast.an)
    screen = desk.checks_owner(cast.han, relation="parent")
    assert screen.owner.answers == ["Xác thực thành công"]
    receipt = desk.saves()

    kept = owner()
    assert cast.han.record is not None
    assert (kept.full_name, kept.number, kept.birth) == (
        cast.han.record.full_name, cast.han.number, cast.han.born,
    )  # fmt: skip
    assert kept.identity_check is not None
    assert kept.identity_check.is_verified
    assert (kept.is_by_hand, kept.relation) == (False, "parent")
    assert kept.residence
    assert kept.dossier.applicant_number == cast.an.number
    assert receipt.is_receipt
    assert cast.han.record.full_name in receipt
    assert "Cha, mẹ nộp cho con" in receipt
    assert cast.han.number not in receipt


def test_who_files_for_themselves_has_no_owner_whatever_else_is_posted(
    desk: Desk, register: ToldRegister
) -> None:
    desk.types_owner(cast.han)
    desk.form["for_other"] = ""
    desk.checks(cast.an)
    assert desk.saves().is_receipt
    assert not DossierOwner.objects.exists()


def test_what_a_browser_says_of_a_verified_owner_counts_for_nothing(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.saves(**{"owner-sex": "male", "owner-residence": "Dinh Độc Lập", **SEEN})
    kept = owner()
    assert (kept.sex, kept.is_by_hand) == ("female", False)
    assert "Dinh" not in kept.residence


def test_both_records_are_erased_when_they_are_used_and_used_once(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    assert WaitingRecord.objects.count() == 2
    desk.saves()
    assert not WaitingRecord.objects.exists()

    desk.form["press_key"] = str(uuid.uuid4())
    desk.opens()
    desk.checks(cast.dung, birth_date="1950")
    screen = desk.saves()
    assert "Kiểm tra danh tính chủ hồ sơ” trước khi lưu" in screen.owner
    assert Dossier.objects.count() == 1


def test_a_yes_without_data_lets_the_rest_be_typed_and_is_used_once(
    desk: Desk, register: ToldRegister
) -> None:
    register._service = "003"
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    assert desk.saves(**{"owner-sex": "female"}).is_receipt
    assert owner().sex == "female"

    desk.opens()
    register._service = "003"
    desk.checks(cast.dung, birth_date="1950")
    assert not desk.saves().is_receipt
    assert Dossier.objects.count() == 1


def test_a_scanned_card_fills_the_owners_part_and_not_the_applicants(desk: Desk) -> None:
    desk.types(cast.an)
    born = cast.duc.typed_birth.replace("/", "")
    card = f"{cast.duc.number}|{cast.duc.old_number}|{cast.duc.full_name}|{born}|Nam|Tổ 5|01062021"
    desk.form |= {"for_other": "1", "owner-relation": "relative", "owner-scan": card}
    screen = desk.checks_owner()
    assert screen.owner.answers == ["Xác thực thành công"]
    assert screen.value("owner-number") == cast.duc.number
    assert screen.value("number") == cast.an.number
    assert card not in screen.html


@pytest.mark.parametrize("htmx", [True, False], ids=["swap", "page"])
def test_the_owners_check_leaves_the_applicants_answer_where_it_is(desk: Desk, htmx: bool) -> None:
    desk.checks(cast.an)
    screen = desk.checks_owner(cast.cuc, htmx=htmx)
    assert screen.owner.answers == ["Xác thực thành công"]
    assert screen.html.count("Xác thực thành công") == (1 if htmx else 2)
    assert ('id="kiem-tra"' in screen) is not htmx
    assert desk.saves().is_receipt


def test_the_applicants_check_on_a_whole_page_keeps_the_owners_answer(desk: Desk) -> None:
    desk.types(cast.an)
    desk.checks_owner(cast.cuc)
    screen = desk.checks(cast.an)
    assert screen.owner.answers == ["Xác thực thành công"]
    assert desk.saves().is_receipt


# The other outcomes


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "Xác thực thất bại"),
        (CouldNotAsk(Trouble.TIMEOUT), "Chưa kiểm tra được"),
        (CouldNotAsk(Trouble.OTHER_PERSON), "Chưa kiểm tra được"),
        (NotPermitted(Barred.PROCEDURE), "Chưa được phép tra cứu"),
    ],
    ids=["rejected", "timeout", "other person", "not allowed"],
)
def test_an_owner_who_is_not_verified_is_taken_on_originals_alone(
    desk: Desk, register: ToldRegister, error: RegisterError | None, words: str
) -> None:
    desk.checks(cast.an)
    register.trouble = error
    screen = desk.checks_owner(cast.hanh)
    assert screen.owner.answers == [f"{words}: thông tin chủ hồ sơ"]

    refused = desk.saves()
    assert "Vui lòng xem bản gốc giấy tờ của chủ hồ sơ" in refused
    assert not Dossier.objects.exists()

    assert desk.saves(**SEEN).is_receipt
    kept = owner()
    assert (kept.full_name, kept.number, kept.is_by_hand) == (cast.hanh.full_name, cast.hanh.number, True)
    assert kept.identity_check == IdentityCheck.objects.get(claim_digest=kept.identity_check.claim_digest)
    assert kept.dossier.is_identity_verified
    assert not kept.dossier.is_decision_barred


def test_an_unanswered_owner_is_not_told_like_an_applicant(desk: Desk, register: ToldRegister) -> None:
    register.is_down()
    screen = desk.checks_owner(cast.han)
    assert "không phải kết luận về chủ hồ sơ" in screen.owner
    assert "xác thực sau" not in screen.owner


def test_an_officer_who_must_pause_still_takes_an_owner_on_originals(desk: Desk, settings: object) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 1}  # type: ignore[attr-defined]
    desk.checks(cast.an)
    desk.checks_owner(cast.hanh)
    screen = desk.checks_owner(cast.cuc)
    assert (screen.status, screen.owner.answers) == (429, ["Tạm dừng kiểm tra: thông tin chủ hồ sơ"])
    assert screen.response["Retry-After"].isdecimal()
    assert desk.saves(**SEEN).is_receipt
    assert (owner().identity_check, owner().is_by_hand) == (None, True)


def test_nothing_of_the_register_is_shown_of_an_owner_it_did_not_confirm(desk: Desk) -> None:
    screen = desk.checks_owner(cast.an, full_name="Nguyen Van An")
    assert screen.owner.answers == ["Xác thực thất bại: thông tin chủ hồ sơ"]
    assert not screen.shows_record_of(cast.an)


# Who is not vouched for


def test_an_owner_with_a_number_is_not_taken_without_a_check_even_on_originals(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.an)
    desk.types_owner(cast.cuc)
    screen = desk.saves(**SEEN)
    assert "Kiểm tra danh tính chủ hồ sơ” trước khi lưu" in screen.owner
    assert screen.shows_record_of(cast.an)
    assert (Dossier.objects.count(), register.asked) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"owner-full_name": "Phạm Thị Thúy Cục"},
        {"owner-number": cast.han.number},
        {"owner-birth_date": "1990"},
    ],
)
def test_an_owner_changed_after_the_check_is_refused(desk: Desk, change: dict[str, str]) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    screen = desk.saves(**change)
    assert "Thông tin đã thay đổi sau khi kiểm tra" in screen.owner
    assert not Dossier.objects.exists()
    assert WaitingRecord.objects.count() == 2


def test_another_procedure_needs_a_new_check_of_the_owner_too(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.choose(ANOTHER_PROCEDURE)
    desk.checks()
    assert "Kiểm tra danh tính chủ hồ sơ” trước khi lưu" in desk.saves().owner
    assert not Dossier.objects.exists()


def test_another_officers_check_of_an_owner_counts_for_nothing(
    desk: Desk, desk_of: Callable[[User], Desk], second_officer: User
) -> None:
    desk.checks_owner(cast.cuc)
    theirs = desk_of(second_officer)
    theirs.form = {
        **desk.form,
        "press_key": theirs.form["press_key"],
        "form_token": theirs.form["form_token"],
    }
    theirs.checks(cast.an)
    screen = theirs.saves(**SEEN)
    assert not screen.is_receipt
    assert not screen.shows_record_of(cast.cuc)


def test_a_check_of_half_an_hour_ago_does_not_vouch_for_an_owner(desk: Desk) -> None:
    desk.checks_owner(cast.cuc)
    IdentityCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=31))
    WaitingRecord.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    desk.checks(cast.an)
    assert not desk.saves(**SEEN).is_receipt


def test_nobody_files_for_themselves_as_for_another(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.types_owner(cast.an)
    assert "Chủ hồ sơ chính là người nộp" in desk.saves()
    assert not Dossier.objects.exists()


@pytest.mark.parametrize("old", ["applicant", "owner"])
def test_nobody_files_for_themselves_by_their_old_number_either(desk: Desk, old: str) -> None:
    numbers = {"applicant": cast.duc.number, "owner": cast.duc.number, old: cast.duc.old_number}
    desk.checks(cast.duc, number=numbers["applicant"])
    desk.checks_owner(cast.duc, number=numbers["owner"])

    screen = desk.saves()

    assert "Chủ hồ sơ chính là người nộp" in screen.owner
    assert not Dossier.objects.exists()
    assert desk.saves(for_other="").is_receipt
    assert Dossier.objects.get().is_identity_verified


def test_without_an_open_form_nobody_asks_about_an_owner(desk: Desk, register: ToldRegister) -> None:
    desk.form["form_token"] = "x"
    screen = desk.checks_owner(cast.cuc, htmx=True)
    assert screen.owner.answers == ["Chưa kiểm tra"]
    assert register.asked == 0
    assert AuditEvent.objects.filter(name="check.form_missing").count() == 1
    assert desk.checks_owner(htmx=True).owner.answers == ["Xác thực thành công"]


def test_the_owners_press_twice_asks_once(desk: Desk, register: ToldRegister) -> None:
    desk.types_owner(cast.cuc)
    pressed = dict(desk.form)
    desk.checks_owner()
    desk.form = pressed
    assert desk.checks_owner().owner.answers == ["Xác thực thành công"]
    assert register.asked == 1


def test_the_applicants_press_does_not_answer_for_the_owner(desk: Desk, register: ToldRegister) -> None:
    desk.types(cast.an)
    pressed = desk.form["check_key"]
    desk.checks()
    screen = desk.checks_owner(cast.cuc, check_key=pressed)
    assert (screen.status, screen.owner.answers) == (409, ["Vui lòng bấm lại"])
    assert register.asked == 1


def test_without_a_procedure_nobody_is_asked_about_an_owner(desk: Desk, register: ToldRegister) -> None:
    desk.form["procedure"] = ""
    assert "Vui lòng chọn thủ tục trước" in desk.checks_owner(cast.cuc).owner
    assert register.asked == 0


def test_a_procedure_that_nobody_files_for_another_takes_no_owner_and_asks_nobody(
    desk: Desk, register: ToldRegister
) -> None:
    Procedure.objects.update(may_be_filed_for_others=False)
    forget()
    assert "do chủ hồ sơ tự nộp" in desk.checks_owner(cast.cuc)
    assert register.asked == 0
    desk.checks(cast.an)
    assert "do chủ hồ sơ tự nộp" in desk.saves(**{"for_other": "1", **SEEN})
    assert not Dossier.objects.exists()


# Without a number


@pytest.mark.usefixtures("expects_newborns")
def test_a_newborn_is_received_with_name_birth_and_sex_alone(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    receipt = desk.saves(**{"for_other": "1", "owner-relation": "parent"}, **NEWBORN)
    kept = owner()
    assert (kept.full_name, kept.birth, kept.sex) == ("Nguyễn Thị Mẫu", "2026-11-20", "female")
    assert (kept.number_digest, kept.without_number, kept.is_by_hand) == ("", "newborn", False)
    assert (kept.identity_check, register.asked) == (None, 1)
    assert "Trẻ mới sinh, chưa có số định danh" in receipt


@pytest.mark.usefixtures("expects_newborns")
@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ({"owner-full_name": ""}, "Vui lòng nhập họ và tên."),
        ({"owner-birth_date": ""}, "Vui lòng nhập ngày sinh."),
        ({"owner-sex": ""}, "Vui lòng chọn giới tính của trẻ."),
        ({"owner-relation": ""}, "Vui lòng chọn quan hệ của người nộp"),
        ({"owner-number": cast.han.number}, "Chủ hồ sơ có số thì cần kiểm tra"),
    ],
)
def test_what_a_newborn_cannot_be_received_without_is_said(
    desk: Desk, lacks: dict[str, str], words: str
) -> None:
    desk.checks(cast.an)
    screen = desk.saves(**({"for_other": "1", "owner-relation": "parent"} | NEWBORN | lacks))
    assert words in screen.owner
    assert not Dossier.objects.exists()


def test_where_a_newborn_is_not_expected_the_officer_has_seen_the_originals(desk: Desk) -> None:
    desk.choose(ANOTHER_PROCEDURE)
    desk.checks(cast.an)
    said = {"for_other": "1", "owner-relation": "parent", **NEWBORN}
    assert "Vui lòng xem bản gốc" in desk.saves(**said)
    assert desk.saves(**SEEN).is_receipt
    assert owner().is_by_hand


@pytest.mark.usefixtures("expects_newborns")
@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}], ids=["swap", "page"])
def test_birth_registration_opens_for_a_newborn_at_once(desk: Desk, headers: dict[str, str]) -> None:
    desk.form |= {"for_other": ""}
    text = desk.client.post(
        reverse("reception"), {**desk.form, "show_documents": "1"}, headers=headers
    ).content.decode()
    assert 'id="id_for_other_1" value="1" checked' in text
    assert '<option value="newborn" selected>' in text
    assert '<option value="parent" selected>' in text


@pytest.mark.usefixtures("expects_newborns")
def test_who_said_that_they_file_for_themselves_is_not_overruled_by_the_same_procedure(desk: Desk) -> None:
    shown = str(desk.form["procedure"])
    data = {**desk.form, "for_other": "", "shown_procedure": shown, "show_documents": "1"}
    text = desk.client.post(reverse("reception"), data, headers={"HX-Request": "true"}).content.decode()
    assert "chu-ho-so" not in text


# By what right


@pytest.mark.parametrize(
    ("relation", "paper"),
    [("authorized", "Giấy ủy quyền"), ("guardian", "Giấy tờ chứng minh là người giám hộ")],
)
def test_who_files_by_authority_leaves_a_paper(desk: Desk, relation: str, paper: str) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc, relation=relation)
    assert "Vui lòng nhận giấy ủy quyền" in desk.saves()
    assert not Dossier.objects.exists()
    receipt = desk.saves(**{"owner-has_authority": "on"})
    assert receipt.is_receipt
    assert owner().dossier.received_documents == [{"name": paper, "originals": 1, "copies": 0}]


def test_a_parent_needs_none(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.han, relation="parent")
    assert desk.saves(**{"owner-has_authority": "on"}).is_receipt
    assert owner().dossier.received_documents == []


# Two presses


@pytest.mark.parametrize("kind", ["verified", "by hand", "newborn"])
def test_a_double_press_receives_one_dossier_with_one_owner(desk: Desk, kind: str) -> None:
    desk.checks(cast.an)
    if kind == "newborn":
        desk.form |= {"for_other": "1", "owner-relation": "parent", **NEWBORN, **SEEN}
    else:
        desk.checks_owner(cast.cuc if kind == "verified" else cast.hanh)
        desk.form |= SEEN
    first, second = desk.saves(), desk.saves()
    assert first.is_receipt
    assert second.response.redirect_chain == first.response.redirect_chain
    assert (Dossier.objects.count(), DossierOwner.objects.count()) == (1, 1)


def test_a_double_press_by_hand_for_a_verified_owner_receives_one_dossier(desk: Desk) -> None:
    desk.checks(cast.hanh)
    desk.checks_owner(cast.cuc)
    said = {"by_hand_reason": "rejected", "originals_seen": "on"}
    first, second = desk.saves(**said), desk.saves()
    assert first.is_receipt
    assert second.response.redirect_chain == first.response.redirect_chain


@pytest.mark.parametrize("by_hand", [False, True], ids=["verified", "by hand"])
def test_the_same_form_for_another_owner_does_not_swallow_them(desk: Desk, by_hand: bool) -> None:
    used = dict(desk.form)
    if by_hand:
        desk.types(cast.an, number="", birth_date="")
        desk.form |= {"by_hand_reason": "no_number", "originals_seen": "on"}
    else:
        desk.checks(cast.an)
    desk.form |= {"for_other": "1", "owner-relation": "parent", **NEWBORN, **SEEN}
    desk.saves()
    screen = desk.saves(**{"press_key": used["press_key"], "owner-full_name": "Nguyễn Văn Mẫu"})
    assert "đã lưu một hồ sơ khác" in screen
    assert owner().full_name == "Nguyễn Thị Mẫu"


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_one_moment_receive_one_dossier_with_its_owner(desk: Desk, officer: User) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)

    def press() -> str:
        client = Client()
        client.force_login(officer)
        try:
            return client.post(reverse("reception"), desk.form).headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = (pressed.result() for pressed in [pool.submit(press), pool.submit(press)])
    assert first == second == reverse("receipt", args=[owner().pk])


# Afterwards


def test_the_dossier_is_found_by_its_owners_name(desk: Desk, officer: User) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.saves()
    found = [named(offices=[officer.office_id or 0], text=text, most=5) for text in ("cuc", "van an")]
    assert found == [[owner().pk], [owner().pk]]


def test_an_owners_check_is_no_difference_in_the_nightly_balance(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.saves()
    balance(on=timezone.localdate(), now=timezone.now() + timedelta(days=2))
    assert not Difference.objects.exists()


@pytest.mark.parametrize(
    "hostile",
    [
        {"owner-relation": "king"},
        {"owner-without_number": "' OR 1=1--"},
        {"owner-full_name": "<script>alert(1)</script>"},
        {"owner-full_name": "a" * 5000},
        {"owner-number": "९" * 12},
        {"owner-birth_date": "31/02/2020"},
        {"owner-residence": "x" * 401},
        {"owner-sex": "{{7*7}}"},
        {"owner-scan": "\x00" * 50},
        {"for_other": "1", "owner-full_name": "\x00"},
    ],
)
def test_nonsense_about_an_owner_is_refused_and_shown_escaped(desk: Desk, hostile: dict[str, str]) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    page = desk.client.post(reverse("reception"), desk.form | hostile)
    if "owner-scan" in hostile:  # a scan box counts at the check alone
        page = desk.client.post(reverse("check_owner"), desk.form | hostile)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert not Dossier.objects.exists()


def test_the_desk_needs_no_more_queries_for_an_owner_than_for_an_applicant(
    desk: Desk, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    desk.types_owner(cast.hanh)
    desk.checks_owner()
    for data in ({"show_documents": "1"}, {"other_way": "guide"}):
        with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
            desk.client.post(reverse("reception"), {**desk.form, **data})


def test_an_ordinary_procedure_leaves_the_owners_part_alone(desk: Desk) -> None:
    """Its answer may come late, when the owner is being typed."""
    desk.choose(ANOTHER_PROCEDURE)
    for shown in ("", "x", "99999999999", str(Procedure.objects.get(code="1.004222").pk)):
        data = {**desk.form, "shown_procedure": shown, "show_documents": "1"}
        text = desk.client.post(reverse("reception"), data, headers={"HX-Request": "true"}).content.decode()
        assert "chu-ho-so" not in text
        assert 'id="thanh-phan"' in text
