"""What waits for the register: a dossier received "xác thực sau", and a citizen who asked to be reminded."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stack, Visit, Visitor
from tests.e2e.test_desk import CHECK, DESK, LATER, both_ways, claims
from tests.e2e.test_filing import AGREE, fills_in_contact, follows_by_number, starts
from tests.people import Person, cast

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("watched_and_fine")]
NOT_CHECKED = "Chưa kiểm tra được"
NOTHING_TO_DO = re.compile("Ông/bà không cần làm gì thêm lúc này")


def gives_the_register_up(officer: Visitor) -> None:
    """Check until nobody is made to wait any more: later questions are then for the worker, once the line is back."""
    officer.presses(CHECK)
    officer.sees(NOT_CHECKED)
    pressed = officer.page.get_by_role("button", name="Thử lại").element_handle()
    officer.presses("Thử lại")
    if officer.has_javascript:
        pressed.wait_for_element_state("hidden")  # the second answer has taken the first one's place
    expect(officer.page.locator("#duong-truyen")).to_contain_text("gián đoạn từ")
    officer.sees(re.compile(r"đang gián đoạn từ \d\d:\d\d"))


def receives_for_later(officer: Visitor, person: Person, *, name: str = "", procedure: str) -> str:
    """Receive somebody while the register is out of reach, and return the dossier's code."""
    officer.opens(DESK)
    claims(officer, person, name=name, procedure=procedure)
    gives_the_register_up(officer)
    officer.ticks(re.compile("Đã xem giấy tờ gốc"))
    officer.types("Số điện thoại", "0912345678")
    officer.keeps_for_readers("desk-later") if officer.has_javascript else None
    officer.presses(LATER)
    officer.sees("CHƯA XÁC THỰC DANH TÍNH")
    officer.sees(NOTHING_TO_DO)
    return officer.page.locator(".receipt .code").first.inner_text()


@both_ways
def test_a_dossier_received_for_later_is_verified_by_itself(
    visitor: Visit, watched: Stack, javascript: bool
) -> None:
    officer = visitor(at=watched, javascript=javascript)
    officer.logs_in(cast.lan)
    watched.sandbox.trouble("fault_500")
    code = receives_for_later(officer, cast.an, procedure="1.014061" if javascript else "1.004859")
    officer.looks_closely("later-receipt")
    officer.follows("Xem hồ sơ")
    officer.sees(re.compile("Chưa được phép ra quyết định về hồ sơ này"))
    officer.looks_closely("later-dossier")
    citizen = visitor(at=watched, javascript=javascript)
    citizen.opens(f"/tra-cuu/?ma={code}")
    follows_by_number(citizen, code, cast.an.number)
    citizen.sees(NOTHING_TO_DO)
    citizen.does_not_see(cast.an.full_name)
    citizen.looks_closely("later-track")

    watched.sandbox.clear()
    told = re.compile(rf"Hồ sơ {re.escape(code)}: danh tính người nộp đã được xác thực")
    officer.comes_back_until("/mot-cua/", told)
    expect(officer.page.get_by_role("row").filter(has_text=code)).to_contain_text("đã xác thực")
    officer.looks_closely("later-queue")
    officer.follows(told)
    officer.does_not_see(re.compile("chưa xác thực|chưa được phép ra quyết định", re.IGNORECASE))
    follows_by_number(citizen, code, cast.an.number)
    citizen.sees("đã xác thực")
    citizen.logs_in(cast.an)
    citizen.opens("/ca-nhan/")
    citizen.sees(re.compile(rf"Hồ sơ {re.escape(code)} .*danh tính của ông/bà đã được xác thực"))
    citizen.looks_closely("later-inbox")


def test_a_late_no_is_told_and_waits_for_the_officers_look(visitor: Visit, watched: Stack) -> None:
    officer = visitor(at=watched)
    officer.logs_in(cast.phuc)
    watched.sandbox.trouble("fault_500")
    code = receives_for_later(officer, cast.hanh, name="Lý Thị Hành", procedure="2.000635")
    watched.sandbox.clear()
    told = re.compile(rf"Hồ sơ {re.escape(code)}: xác thực thất bại")
    officer.comes_back_until("/mot-cua/", told)
    officer.keeps_for_readers("desk-told-later")
    officer.follows(told)
    officer.looks_closely("later-rejected")
    officer.presses("Ghi nhận đã xem lại giấy tờ gốc")
    officer.sees("Đã ghi nhận. Hồ sơ có thể được giải quyết tiếp.")
    officer.does_not_see(re.compile("chưa được phép ra quyết định", re.IGNORECASE))
    officer.sees("chưa xác thực danh tính")


@both_ways
def test_who_asked_to_be_reminded_goes_on_with_the_kept_draft(
    visitor: Visit, watched: Stack, javascript: bool
) -> None:
    citizen = visitor(at=watched, javascript=javascript)
    citizen.logs_in(cast.an)
    starts(citizen, "2.000635" if javascript else "1.012566")
    name = citizen.page.locator("main p").first.inner_text().splitlines()[0]
    fills_in_contact(citizen)
    watched.sandbox.trouble("fault_500")
    citizen.presses(AGREE)
    citizen.sees(NOT_CHECKED)
    citizen.looks_closely("reminder-offered")
    citizen.keeps_for_readers("filing-outage") if javascript else None
    citizen.presses("Nhắc tôi khi kiểm tra được")
    citizen.is_at("/ho-so/")
    citizen.sees("Ông/bà sẽ được nhắc khi kiểm tra được danh tính số.")
    citizen.looks_closely("reminder-noted")

    watched.sandbox.clear()
    told = re.compile(rf"Đã có thể kiểm tra danh tính số.*{re.escape(name)}")
    citizen.comes_back_until("/ca-nhan/", told)
    citizen.looks_closely("reminder-told")
    citizen.page.get_by_role("listitem").filter(has_text=told).get_by_role("link", name="Xem").click()
    expect(citizen.field("Số điện thoại")).to_have_value("0912345678")
    citizen.presses(AGREE)
    citizen.sees(re.compile("Xác thực thành công"))
