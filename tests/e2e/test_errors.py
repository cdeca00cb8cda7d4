"""What people see when something is not there, not theirs, too much or too late: why, what was kept, and a way on."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory
from django.views.defaults import server_error
from playwright.sync_api import Route, expect

from motcua.config.crowding import refusals
from tests.e2e.conftest import Visit, Visitor
from tests.e2e.test_filing import AGREE, fills_in_contact, starts
from tests.people import PASSWORD, cast

pytestmark = pytest.mark.browser
# What nobody sees happen: the form leaves as a browser without scripts sends it, with one file of 26 MB.
_SENDS_TOO_MUCH = """() => {
    const chosen = new DataTransfer();
    chosen.items.add(new File([new Uint8Array(26 * 1024 * 1024)], "to-khai.pdf", {type: "application/pdf"}));
    const form = document.getElementById("papers");
    form.querySelector("input[type=file]").files = chosen.files;
    form.submit();
}"""
both_lights = pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])


def finds_back(visitor: Visitor, words: str, path: str) -> None:
    """Take the first way on, and arrive."""
    visitor.page.get_by_role("main").get_by_role("link", name=words, exact=True).click()
    visitor.is_at(path)


@both_lights
def test_what_is_not_there_or_not_theirs_leads_back_to_the_work(visitor: Visit, is_dark: bool) -> None:
    dark = "-dark" * is_dark
    citizen = visitor(is_dark=is_dark)
    citizen.opens("/khong-co/")
    expect(citizen.page).to_have_title("Không tìm thấy trang")
    citizen.looks_closely(f"error-404{dark}")
    citizen.opens("/ngon-ngu/")
    citizen.sees("Việc này chưa được thực hiện")
    citizen.looks_closely(f"error-405{dark}")

    officer = visitor(is_dark=is_dark)
    officer.logs_in(cast.lan)
    officer.opens("/mot-cua/ho-so/00000000-0000-0000-0000-000000000000/")
    officer.sees(re.compile("nơi tài khoản này không xem được"))
    finds_back(officer, "Danh sách hồ sơ", "/mot-cua/")
    officer.opens("/ho-so/")
    officer.sees("Trang này dành cho công dân. Cán bộ vui lòng dùng trang Một cửa.")
    officer.looks_closely(f"error-403{dark}")
    finds_back(officer, "Danh sách hồ sơ", "/mot-cua/")


@both_lights
def test_an_old_page_says_that_nothing_was_saved(visitor: Visit, is_dark: bool) -> None:
    someone = visitor(is_dark=is_dark)
    someone.opens("/dang-nhap/")
    someone.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", cast.lan.login)
    someone.types("Mật khẩu", PASSWORD)
    someone.page.context.clear_cookies()
    someone.presses("Đăng nhập")
    someone.sees(re.compile("chưa có gì được lưu hay gửi đi"))
    someone.looks_closely(f"error-csrf{'-dark' * is_dark}")
    finds_back(someone, "Đăng nhập lại", "/dang-nhap/")


def test_files_that_are_too_large_cost_nothing_that_was_given_before(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.004873")
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    expect(citizen.page.get_by_role("heading", name="Giấy tờ", exact=True)).to_be_visible()
    citizen.page.evaluate(_SENDS_TOO_MUCH)
    citizen.sees(re.compile("Giấy tờ đã lưu trước đó vẫn còn"))
    citizen.looks_closely("error-413")
    citizen.follows("Quay lại phần giấy tờ")
    expect(citizen.page.get_by_role("heading", name="Giấy tờ", exact=True)).to_be_visible()


def test_who_guesses_dossiers_reads_until_when_to_wait_and_where_else_to_ask(visitor: Visit) -> None:
    someone = visitor()
    someone.opens("/tra-cuu/")
    for last in range(10, 40):
        someone.types("Mã hồ sơ", "H24.31.01-010101-9999")
        someone.types("Số CCCD/CMND", f"9990850000{last}")
        someone.presses("Tra cứu")
        expect(someone.page.get_by_role("alert")).to_be_focused()
        if someone.page.get_by_role("heading", name="Tạm dừng tra cứu").count():
            break
    expect(someone.page).to_have_title(re.compile("Tạm dừng tra cứu"))
    someone.sees(re.compile(r"Có thể thử lại lúc \d\d:\d\d"))
    someone.sees(re.compile("Vui lòng hỏi nơi đã nộp hồ sơ"))
    someone.looks_closely("error-429-track")


@both_lights
def test_a_fault_of_ours_is_called_ours_and_leads_back_to_the_start(visitor: Visit, is_dark: bool) -> None:
    def breaks(route: Route) -> None:
        page = server_error(RequestFactory().get("/thu-tuc/")).content
        route.fulfill(status=500, content_type="text/html; charset=utf-8", body=page)

    someone = visitor(is_dark=is_dark)
    someone.page.route("**/thu-tuc/", breaks)
    someone.opens("/thu-tuc/")
    someone.sees(re.compile("Đây không phải lỗi của ông/bà"))
    someone.looks_closely(f"error-500{'-dark' * is_dark}")
    finds_back(someone, "Về trang chủ", "/")
    someone.complaints.clear()  # the browser says 500 too


@both_lights
@pytest.mark.parametrize("method", [b"GET", b"POST"], ids=["asked for", "sent"])
def test_a_crowd_is_told_on_a_page_that_everybody_can_read(
    visitor: Visit, method: bytes, is_dark: bool
) -> None:
    def crowd(route: Route) -> None:
        head, _, page = refusals()(method).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])
        headers.pop("Refresh", None)  # it is looked at for longer than it stays
        route.fulfill(status=503, headers=headers, body=page)

    someone = visitor(is_dark=is_dark)
    someone.page.route("**/thu-tuc/", crowd)
    someone.opens("/thu-tuc/")
    someone.sees("Hiện có rất nhiều người dùng hệ thống")
    someone.sees(re.compile("Very many people are using the system"))
    someone.looks_closely(f"error-503-{method.decode().lower()}{'-dark' * is_dark}")
    someone.complaints.clear()  # the browser says 503 too
