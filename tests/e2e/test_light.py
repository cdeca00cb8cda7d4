"""The light of the register: it turns when the register falls silent, heals by itself, and is the same everywhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stack, Visit, Visitor
from tests.e2e.test_desk import CHECK, DESK, claims
from tests.people import PASSWORD, cast

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("watched_and_fine")]
ANSWERS = re.compile("(CSDLQG|Cơ sở dữ liệu quốc gia) về dân cư trả lời trong")
OUT_OF_REACH = re.compile(r"(CSDLQG|Cơ sở dữ liệu quốc gia) về dân cư gián đoạn từ \d\d:\d\d")
NOT_CHECKED = "Chưa kiểm tra được"


def shows(visitor: Visitor, words: re.Pattern[str]) -> None:
    """Insist on the light of the page that is open."""
    expect(visitor.page.locator("#duong-truyen")).to_have_text(words)


def reloads_until_it_shows(visitor: Visitor, words: re.Pattern[str]) -> None:
    """Load the page anew, as somebody does who waits, until its light is the one waited for."""
    for _ in range(60):
        if words.search(visitor.page.locator("#duong-truyen").text_content() or ""):
            return
        visitor.page.wait_for_timeout(250)
        visitor.page.reload()
    shows(visitor, words)


def waits(visitor: Visitor, seconds: int) -> None:
    """Let so much time pass on the visitor's clock alone; the page must have been opened under it."""
    visitor.page.clock.fast_forward(seconds * 1000)


def test_the_desk_sees_the_register_fall_silent_and_come_back(visitor: Visit, watched: Stack) -> None:
    officer = visitor(at=watched)
    officer.page.clock.install()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.an)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    shows(officer, ANSWERS)
    officer.looks_closely("light-desk-fine")

    watched.sandbox.trouble("no_answer")
    officer.opens(DESK)
    claims(officer, cast.hoa2)
    officer.presses(CHECK)
    officer.sees(NOT_CHECKED)
    officer.presses("Thử lại")
    shows(officer, OUT_OF_REACH)
    officer.sees(re.compile(r"đang gián đoạn từ \d\d:\d\d"))
    officer.does_not_see("Xác thực thất bại")
    assert officer.field("Họ và tên").input_value() == cast.hoa2.full_name
    officer.looks_closely("light-desk-down")

    watched.sandbox.clear()
    waiting = visitor(at=watched)
    waiting.opens("/dang-ky/")
    reloads_until_it_shows(waiting, ANSWERS)
    shows(officer, OUT_OF_REACH)
    waits(officer, 31)
    shows(officer, ANSWERS)
    assert officer.field("Họ và tên").input_value() == cast.hoa2.full_name
    officer.presses("Thử lại")
    officer.sees("Xác thực thành công")
    shows(officer, ANSWERS)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_citizen_reads_what_an_outage_means_and_when_it_is_over(
    visitor: Visit, watched: Stack, is_dark: bool
) -> None:
    watched.sandbox.trouble("no_answer")
    citizen = visitor(at=watched, is_dark=is_dark)
    citizen.page.clock.install()
    citizen.opens("/dang-ky/")
    reloads_until_it_shows(citizen, OUT_OF_REACH)
    citizen.looks_closely(f"light-registration-down{'-dark' * is_dark}")
    citizen.follows("Tình trạng hệ thống")
    citizen.is_at("/trang-thai/")
    citizen.sees(OUT_OF_REACH)
    citizen.sees(re.compile("Hồ sơ vẫn được tiếp nhận"))
    citizen.looks_closely(f"status-down{'-dark' * is_dark}")
    if not is_dark:
        citizen.keeps_for_readers("status-down")
    watched.sandbox.clear()
    other = visitor(at=watched)
    other.opens("/dang-ky/")
    reloads_until_it_shows(other, ANSWERS)
    # Nobody presses anything: the page asks for itself.
    waits(citizen, 16)
    expect(citizen.page.locator("#tinh-trang h2").first).to_have_text(ANSWERS)
    citizen.sees("Kiểm tra danh tính số hoạt động bình thường.")
    citizen.looks_closely(f"status-fine{'-dark' * is_dark}")


def test_a_slow_register_is_called_slow_and_not_out_of_reach(visitor: Visit, watched: Stack) -> None:
    watched.sandbox.trouble("delay", seconds=1.2)
    citizen = visitor(at=watched)
    citizen.opens("/dang-ky/")
    reloads_until_it_shows(
        citizen, re.compile(r"Cơ sở dữ liệu quốc gia về dân cư chậm \(trả lời trong [01](,\d)? giây\)")
    )
    citizen.looks_closely("light-registration-slow")
    citizen.opens("/trang-thai/")
    citizen.sees(re.compile("vẫn hoạt động, nhưng lâu hơn thường lệ và có lúc phải thử lại"))
    citizen.looks_closely("status-slow")


def test_a_page_that_loses_the_portal_does_not_keep_an_old_light(visitor: Visit, watched: Stack) -> None:
    citizen = visitor(at=watched)
    citizen.page.clock.install()
    citizen.opens("/trang-thai/")
    citizen.sees(ANSWERS)
    citizen.page.route("**/trang-thai/", lambda route: route.abort())
    waits(citizen, 16)
    citizen.sees("Chưa kết nối được với máy chủ. Trang sẽ tự thử lại.")
    citizen.does_not_see(ANSWERS)
    citizen.has_nothing_inaccessible("status without the portal")
    citizen.page.unroute("**/trang-thai/")
    waits(citizen, 16)
    expect(citizen.page.locator("#tinh-trang h2").first).to_have_text(ANSWERS)
    citizen.does_not_see("Chưa kết nối được với máy chủ")
    # The browser and htmx say in the console what was meant to happen here.
    meant = ("net::ERR_FAILED", "Failed to fetch")
    citizen.complaints[:] = [told for told in citizen.complaints if not any(one in told for one in meant)]


def test_the_state_of_the_system_needs_no_javascript(visitor: Visit, watched: Stack) -> None:
    citizen = visitor(at=watched, javascript=False)
    citizen.opens("/trang-thai/")
    citizen.sees(re.compile(r"Cập nhật lúc \d\d:\d\d:\d\d"))
    citizen.follows("Tải lại")
    citizen.is_at("/trang-thai/")


def test_filing_shows_the_light_before_anybody_is_asked(visitor: Visit, watched: Stack) -> None:
    citizen = visitor(at=watched)
    citizen.logs_in(cast.an)
    citizen.opens("/thu-tuc/1.004873/")
    citizen.presses("Nộp hồ sơ trực tuyến")
    reloads_until_it_shows(citizen, ANSWERS)
    citizen.looks_closely("light-filing")


def test_an_administrator_chooses_a_line_knowingly(visitor: Visit, watched: Stack) -> None:
    administrator = visitor(at=watched)
    administrator.opens("/dang-nhap/")
    administrator.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", "quantri")
    administrator.types("Mật khẩu", PASSWORD)
    administrator.presses("Đăng nhập")
    administrator.sees("Quản trị hệ thống")
    administrator.follows("Đường truyền CSDLQG")
    administrator.sees("Đường truyền CSDLQG")
    administrator.looks_closely("administration-lines")
    administrator.keeps_for_readers("administration-lines")
    administrator.ticks("Luôn dùng đường chính")
    administrator.presses("Đổi đường truyền")
    administrator.sees(re.compile("Từ lúc này mọi câu hỏi"))
    administrator.looks_closely("administration-lines-confirm")
    administrator.presses("Xác nhận đổi")
    administrator.sees(re.compile("Đã chọn: Luôn dùng đường chính"))
    administrator.sees(re.compile("quantri"))
