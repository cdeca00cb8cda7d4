"""The button "Kiểm tra danh tính số": five outcomes, each with its own words, never confused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, RegisterError, Trouble
from motcua.verification.models import IdentityCheck, LineRow, WaitingRecord
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, PHONE, RESIDENCE, Desk

pytestmark = pytest.mark.django_db

CARD_OF_AN = (
    "999085000001|999000001|Nguyễn Văn An|07031985|Nam|Số 1 phố Thử Nghiệm, Phường Hải Dương|01012022"
)

HEADINGS = {
    "verified": "Xác thực thành công",
    "rejected": "Xác thực thất bại",
    "unanswered": "Chưa kiểm tra được",
    "not_allowed": "Chưa được phép tra cứu",
    "limited": "Tạm dừng kiểm tra",
}

TROUBLES = [
    *[(CouldNotAsk(trouble), "unanswered") for trouble in Trouble],
    *[(NotPermitted(barred), "not_allowed") for barred in Barred],
]


@pytest.mark.parametrize("is_htmx", [True, False], ids=["swap", "page"])
@pytest.mark.parametrize(
    ("error", "outcome"),
    TROUBLES,
    ids=lambda value: str(getattr(value, "trouble", "") or getattr(value, "barred", "") or ""),
)
def test_trouble_of_the_register_is_neither_yes_nor_no(
    desk: Desk, register: ToldRegister, error: RegisterError, outcome: str, is_htmx: bool
) -> None:
    register.trouble = error
    screen = desk.checks(cast.an, htmx=is_htmx)
    assert screen.status == 200
    assert screen.answers == [HEADINGS[outcome]]
    assert not screen.shows_record_of(cast.an)
    assert "chưa xác thực danh tính" in screen


@pytest.mark.parametrize("is_htmx", [True, False], ids=["swap", "page"])
@pytest.mark.parametrize("person", ["hanh", "giang"])
def test_an_absent_or_dead_person_fails(desk: Desk, person: str, is_htmx: bool) -> None:
    screen = desk.checks(getattr(cast, person), htmx=is_htmx)
    assert screen.status == 200
    assert screen.answers == [HEADINGS["rejected"]]
    assert "1.012564" in screen


def test_a_wrong_name_fails_and_nothing_is_filled(desk: Desk) -> None:
    screen = desk.checks(cast.an, full_name="Nguyễn Văn Anh")
    assert screen.answers == [HEADINGS["rejected"]]
    assert "khác cách viết dấu" not in screen
    assert not screen.shows_record_of(cast.an)
    assert screen.value("full_name") == "Nguyễn Văn Anh"


@pytest.mark.parametrize("typed", ["Nguyen Van An", "Nguyễn VănAn", "Nguyễn Văn-An"])
def test_a_name_of_the_same_letters_fails_with_the_hint_and_nothing_of_the_record(
    desk: Desk, typed: str
) -> None:
    screen = desk.checks(cast.an, full_name=typed)
    assert screen.answers == [HEADINGS["rejected"]]
    assert "khác cách viết dấu, khoảng trắng hoặc gạch nối" in screen
    assert not screen.shows_record_of(cast.an)


def test_the_right_three_fill_the_form_from_the_register(desk: Desk) -> None:
    desk.choose(RESIDENCE)
    screen = desk.checks(cast.an)
    assert screen.answers == [HEADINGS["verified"]]
    for said in (
        "NGUYỄN VĂN AN", "999085000001", "07/03/1985", "Nam",
        "Số 1 phố Thử Nghiệm, Phường Hải Dương, Thành phố Hải Phòng",
        "Số 9 phố Thử Nghiệm, Phường Lê Thanh Nghị, Thành phố Hải Phòng",
    ):  # fmt: skip
        assert f'locked">{said}' in screen.html or f'locked number">{said}' in screen.html
    for unneeded in ("Kinh", "dân tộc", "quốc tịch", "999000001"):
        assert unneeded not in screen


def test_what_is_filled_cannot_be_typed_over(desk: Desk) -> None:
    screen = desk.checks(cast.an)
    for name in ("sex", "permanent_residence", "current_residence", "by_hand_reason"):
        assert f'name="{name}"' not in screen


def test_an_old_number_is_answered_with_the_personal_number(desk: Desk) -> None:
    screen = desk.checks(cast.duc, number=cast.duc.old_number)
    assert screen.answers == [HEADINGS["verified"]]
    assert 'locked number">999078000005' in screen


def test_a_year_alone_is_enough_at_the_desk_and_is_said(desk: Desk) -> None:
    screen = desk.checks(cast.dung, birth_date="1950")
    assert screen.answers == [HEADINGS["verified"]]
    assert "năm sinh khớp" in screen


@pytest.mark.parametrize("person", ["an", "hanh"])
def test_a_swap_equals_a_reload(desk_of: Callable[[User], Desk], officer: User, person: str) -> None:
    with time_machine.travel(timezone.now(), tick=False):  # both say at what minute
        swapped = desk_of(officer).checks(getattr(cast, person), htmx=True)
        reloaded = desk_of(officer).checks(getattr(cast, person))
    assert swapped.html.strip().endswith(swapped.column[-500:])
    assert swapped.column == reloaded.column


def test_a_swap_equals_a_reload_when_the_form_is_wrong(desk: Desk) -> None:
    wrong = {"full_name": "Nguyễn Văn 4n", "number": "123", "birth_date": "31/02/1985"}
    assert desk.checks(cast.an, htmx=True, **wrong).column == desk.checks(cast.an, **wrong).column


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("full_name", ""),
        ("full_name", "Ng1"),
        ("number", "12345678901"),
        ("birth_date", "31/02/1985"),
        ("birth_date", ""),
    ],
)
def test_a_wrong_shape_is_told_and_nobody_is_asked(
    desk: Desk, register: ToldRegister, field: str, typed: str
) -> None:
    screen = desk.checks(cast.an, **{field: typed})
    assert screen.status == 200
    assert f'id="id_{field}-error"' in screen
    assert screen.value("phone") == PHONE
    assert register.asked == 0


def test_no_question_leaves_without_a_procedure(desk: Desk, register: ToldRegister) -> None:
    desk.form["procedure"] = ""
    screen = desk.checks(cast.an)
    assert "mỗi lần tra cứu phải gắn với một thủ tục" in screen
    assert screen.value("full_name") == cast.an.full_name
    assert register.asked == 0


def test_the_question_says_who_asks_and_why(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    check = IdentityCheck.objects.get()
    assert (check.touch_point, check.procedure_code) == ("reception", BIRTH_REGISTRATION)
    assert check.asked_by is not None
    assert check.asked_by.login == "lan"
    assert register.inquiries[0].officer == cast.lan.number


def test_what_was_typed_beside_the_claim_stays(desk: Desk) -> None:
    desk.form |= {"email": "an@vidu.vn", "original": ["1"]}
    screen = desk.checks(cast.hanh)
    assert (screen.value("phone"), screen.value("email")) == (PHONE, "an@vidu.vn")
    assert f'<option value="{desk.form["procedure"]}" selected>' in screen


def test_pressing_again_after_success_asks_nobody(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    assert desk.checks().answers == [HEADINGS["verified"]]
    assert register.asked == 1


def test_another_procedure_is_another_purpose_and_is_asked_for_anew(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.an)
    desk.choose(ANOTHER_PROCEDURE)
    desk.checks()
    assert register.asked == 2


def test_digits_that_contradict_are_shown_before_anybody_is_asked(desk: Desk, register: ToldRegister) -> None:
    screen = desk.checks(cast.an, birth_date="07/03/1986")
    assert "người sinh năm 1985" in screen
    assert "Vẫn kiểm tra" in screen
    assert register.asked == 0


def test_the_second_press_asks_all_the_same(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an, birth_date="07/03/1986")
    screen = desk.checks()
    assert screen.answers == [HEADINGS["rejected"]]
    assert "người sinh năm 1985" in screen
    assert register.asked == 1


def test_another_contradiction_is_shown_again(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an, birth_date="07/03/1986")
    assert "Vẫn kiểm tra" in desk.checks(cast.an, birth_date="07/03/1987")
    assert register.asked == 0


def test_an_outage_says_since_when(desk: Desk, register: ToldRegister) -> None:
    register.is_down()
    for _ in range(6):
        screen = desk.checks(cast.an)
    assert LineRow.objects.exists()
    assert f"gián đoạn từ {timezone.localtime():%H:}" in screen
    assert "Thử lại" in screen


@pytest.mark.parametrize("htmx", [True, False])
def test_the_head_of_the_page_tells_of_the_line_what_the_answer_tells(
    desk: Desk, register: ToldRegister, htmx: bool
) -> None:
    register.is_down()
    screen = desk.checks(cast.an, htmx=htmx)
    assert "CSDLQG về dân cư trả lời chập chờn" in screen
    assert "CSDLQG về dân cư trả lời trong" not in screen
    register.trouble = None
    assert "CSDLQG về dân cư trả lời trong" in desk.checks(cast.an, htmx=htmx)


@pytest.mark.parametrize(
    ("barred", "words"),
    [
        (Barred.OFFICER, "Tài khoản cán bộ chưa được cấp phép"),
        (Barred.PROCEDURE, "Thủ tục này chưa được cấp phép"),
        (Barred.CLIENT, "Hệ thống của cơ quan chưa được cấp phép"),
    ],
)
def test_a_refusal_says_whose_licence_is_missing(
    desk: Desk, register: ToldRegister, barred: Barred, words: str
) -> None:
    register.trouble = NotPermitted(barred)
    screen = desk.checks(cast.an)
    assert words in screen
    assert "quản trị hệ thống" in screen


def test_an_officer_without_a_number_is_told_whom_to_ask(
    desk: Desk, officer: User, register: ToldRegister
) -> None:
    officer.officer_number = ""
    officer.save()
    screen = desk.checks(cast.an)
    assert "chưa có số định danh cá nhân" in screen
    assert register.asked == 0


@pytest.mark.parametrize("is_htmx", [True, False], ids=["swap", "page"])
def test_too_many_wrong_tries_pause_with_the_time_to_come_back(
    desk: Desk, register: ToldRegister, settings: object, is_htmx: bool
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 2}  # type: ignore[attr-defined]
    desk.checks(cast.hanh)
    desk.checks(cast.hanh)
    screen = desk.checks(cast.an, htmx=is_htmx)
    assert screen.status == 429
    assert 0 < int(screen.response["Retry-After"]) <= 600
    assert screen.answers == [HEADINGS["limited"]]
    assert screen.value("full_name") == cast.an.full_name
    assert register.asked == 2


def test_a_scanned_card_fills_and_checks_by_itself(desk: Desk, register: ToldRegister) -> None:
    desk.form["scan"] = CARD_OF_AN
    screen = desk.checks()
    assert screen.answers == [HEADINGS["verified"]]
    assert (screen.value("full_name"), screen.value("birth_date")) == ("Nguyễn Văn An", "07/03/1985")
    assert screen.value("scan") == ""
    assert register.asked == 1


def test_a_scanned_card_takes_the_place_of_the_former_person(desk: Desk) -> None:
    desk.types(cast.hanh)
    desk.form["scan"] = CARD_OF_AN
    assert desk.checks().value("number") == cast.an.number


def test_a_new_card_with_more_fields_is_read_and_its_relatives_are_dropped(desk: Desk) -> None:
    desk.form["scan"] = CARD_OF_AN + "|Người Cha|999055000001|Người Mẹ|999155000001"
    screen = desk.checks()
    assert screen.answers == [HEADINGS["verified"]]
    assert "Người Cha" not in screen


def test_a_card_is_not_held_up_by_warnings(desk: Desk, register: ToldRegister) -> None:
    desk.form["scan"] = CARD_OF_AN.replace("07031985", "07031986")
    assert desk.checks().answers == [HEADINGS["rejected"]]
    assert register.asked == 1


@pytest.mark.parametrize("scanned", ["https://vidu.vn/abc", "999085000001", "a|b|c|d|e|f|g", "x" * 1500])
def test_what_is_no_card_is_said_and_is_not_in_the_way_of_typing(
    desk: Desk, register: ToldRegister, scanned: str
) -> None:
    desk.form["scan"] = scanned
    screen = desk.checks(cast.an)
    assert 'id="id_scan-error"' in screen
    assert screen.value("scan") == ""
    assert screen.value("full_name") == cast.an.full_name
    assert register.asked == 0
    assert "Xác thực thành công" in desk.checks()


def test_a_card_read_in_part_is_left_to_be_finished_by_hand(desk: Desk, register: ToldRegister) -> None:
    desk.form["scan"] = CARD_OF_AN.replace("Nguyễn Văn An", "Nguy3n V8n An")
    screen = desk.checks()
    assert 'id="id_full_name-error"' in screen
    assert screen.value("number") == cast.an.number
    assert screen.value("full_name") == "Nguy3n V8n An"
    assert register.asked == 0


def test_a_reload_of_the_check_leads_back_to_the_form(desk: Desk) -> None:
    assert desk.client.get(reverse("check")).url == reverse("reception")  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["queue", "reception", "check"])
def test_a_citizen_has_no_business_at_the_desk(an_client: Client, page: str) -> None:
    assert an_client.get(reverse(page)).status_code == 403
    assert an_client.post(reverse(page), {}).status_code == 403


@pytest.mark.parametrize("page", ["queue", "reception", "check"])
def test_a_stranger_is_sent_to_log_in(client: Client, page: str) -> None:
    response: HttpResponse = client.get(reverse(page))
    assert response.status_code == 302
    assert response["Location"].startswith("/dang-nhap/")


def test_the_record_waits_half_an_hour_and_no_longer(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    IdentityCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=31))
    WaitingRecord.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    desk.checks()
    assert register.asked == 2


def test_camera_and_web_assembly_are_allowed_on_this_page_alone(officer_client: Client) -> None:
    desk, queue = (officer_client.get(reverse(name)).headers for name in ("reception", "queue"))
    assert "camera=(self)" in desk["Permissions-Policy"]
    assert "microphone=()" in desk["Permissions-Policy"]
    assert "'wasm-unsafe-eval'" in desk["Content-Security-Policy"]
    assert "'unsafe-eval'" not in desk["Content-Security-Policy"].replace("'wasm-unsafe-eval'", "")
    assert "camera=()" in queue["Permissions-Policy"]
    assert "wasm" not in queue["Content-Security-Policy"]
