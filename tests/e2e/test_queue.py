"""The officer's queue: from end to end with the keyboard, and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit, Visitor
from tests.people import cast

pytestmark = pytest.mark.browser

LONGEST = ("Nguyễn Hoàng Phương Thảo Nguyên Khánh An", "Trần Thị Mẫu", "Lê Văn Thử")


def receives(officer: Visitor, name: str) -> None:
    """Receive the dossier of a newborn."""
    officer.opens("/mot-cua/tiep-nhan/")
    officer.chooses("Thủ tục", re.compile("khai sinh"))
    officer.types("Họ và tên", name)
    officer.page.get_by_text("Người nộp không có số định danh").click()
    officer.chooses("Lý do", "Trẻ mới sinh")
    officer.ticks(re.compile("Đã xem giấy tờ gốc"))
    officer.types("Số điện thoại", "0912345678")
    officer.presses("Lưu hồ sơ")
    officer.sees("CHƯA XÁC THỰC DANH TÍNH")


def test_the_queue_is_worked_through_by_keyboard_alone(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.phuc)
    for name in LONGEST:
        receives(officer, name)
    officer.opens("/mot-cua/?pham-vi=tiep-nhan&muc=da-tiep-nhan&xep=moi")
    officer.looks_closely("queue")
    keyboard, rows = officer.page.keyboard, officer.page.locator("[data-row]")
    keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    keyboard.press("K")  # with Caps Lock on
    expect(rows.nth(0)).to_be_focused()
    expect(rows.nth(1)).to_have_attribute("tabindex", "-1")
    keyboard.press("/")
    expect(officer.page.locator("#q")).to_be_focused()
    keyboard.insert_text("jkx")
    keyboard.press("j")
    expect(officer.page.locator("#q")).to_have_value("jkxj")
    keyboard.press("Escape")
    expect(rows.nth(0)).to_be_focused()
    keyboard.press("l")
    expect(officer.page.get_by_label("Sắp xếp")).to_be_visible()
    officer.looks_closely("queue-filter")
    keyboard.press("/")
    keyboard.press("Control+a")
    keyboard.insert_text("hoang thao nguyen")
    keyboard.press("Enter")
    officer.sees(re.compile(r"Tìm thấy \d+ hồ sơ"))
    officer.looks_closely("queue-found")
    keyboard.press("j")
    code = officer.page.locator("[data-row]").first.inner_text()
    keyboard.press("Enter")
    officer.sees(re.compile(f"^{re.escape(code)}$"))


def is_given_to_khanh(officer: Visitor, name: str) -> str:
    """Receive a dossier, hand it over to Khánh and return its code."""
    receives(officer, name)
    code = officer.page.locator(".receipt .code").first.inner_text()
    officer.follows("Xem hồ sơ")
    officer.follows("Chuyển xử lý")
    officer.chooses("Chuyển đến", re.compile("Đỗ Ngọc Khánh"))
    officer.presses("Chuyển xử lý")
    officer.sees(re.compile("Đã chuyển"))
    return code


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_enter_behind_the_reason_of_a_refusal_accepts_nothing(visitor: Visit, javascript: bool) -> None:
    officer, specialist = visitor(), visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    code = is_given_to_khanh(officer, "Nguyễn Thị Trả")
    specialist.logs_in(cast.khanh)
    specialist.opens("/mot-cua/?pham-vi=ban-giao")
    specialist.ticks(re.compile(f"Chọn hồ sơ {re.escape(code)}"))
    specialist.types("Lý do", "Không thuộc phòng")
    specialist.page.keyboard.press("Enter")
    expect(specialist.field("Lý do")).to_have_value("Không thuộc phòng")
    specialist.presses("Trả lại bên giao")
    specialist.sees("Trả lại bên giao: 1 hồ sơ đã xong")


def test_a_batch_that_lacks_something_costs_no_tick_and_no_word(visitor: Visit) -> None:
    officer, specialist = visitor(), visitor()
    officer.logs_in(cast.lan)
    code = is_given_to_khanh(officer, "Nguyễn Thị Giữ")
    specialist.logs_in(cast.khanh)
    specialist.opens("/mot-cua/?pham-vi=ban-giao")
    specialist.types("Lý do", "Không thuộc phòng")
    specialist.presses("Trả lại bên giao")
    specialist.sees("Chưa chọn hồ sơ nào. Vui lòng đánh dấu ít nhất một hồ sơ.")
    expect(specialist.field("Lý do")).to_have_value("Không thuộc phòng")
    row = specialist.page.get_by_label(re.compile(f"Chọn hồ sơ {re.escape(code)}"))
    row.check()
    specialist.types("Lý do", " ")
    specialist.presses("Trả lại bên giao")
    specialist.sees("Vui lòng điền đủ nơi nhận, người nhận hoặc lý do cho việc này.")
    expect(specialist.field("Lý do")).to_be_focused()
    expect(row).to_be_checked()
    specialist.looks_closely("queue-batch-lacks")
    specialist.types("Lý do", "Không thuộc phòng")
    specialist.presses("Trả lại bên giao")
    specialist.sees("Trả lại bên giao: 1 hồ sơ đã xong")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_filter_is_chosen_and_kept(visitor: Visit, javascript: bool) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.minh)
    receives(officer, LONGEST[0])
    officer.opens("/mot-cua/?pham-vi=tiep-nhan&muc=da-tiep-nhan")
    officer.page.get_by_text("Lọc, sắp xếp").click()
    officer.chooses("Hình thức nộp", "Trực tuyến")
    officer.presses("Lọc")
    officer.sees("Không có hồ sơ nào")
    name = f"Nộp trực tuyến {javascript}"
    officer.types("Lưu danh sách đang xem với tên", name)
    officer.presses("Lưu bộ lọc")
    officer.sees(f"Đã lưu bộ lọc “{name}”.")
    officer.looks_closely("queue-saved")
    officer.follows("Đã tiếp nhận")
    officer.follows(name)
    officer.is_at(re.compile(r"/mot-cua/\?.*kenh=2"))
