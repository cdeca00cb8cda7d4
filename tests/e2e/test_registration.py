"""A citizen registers an account; only the register's yes makes one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stack, Visit, Visitor
from tests.e2e.test_desk import both_ways
from tests.people import Person, cast

pytestmark = pytest.mark.browser

NEW_PASSWORD = "ba con trâu gặm cỏ xanh"


def fills_in(citizen: Visitor, person: Person, *, name: str = "") -> None:
    """Fill in the whole form."""
    citizen.types("Họ và tên", name or person.full_name)
    citizen.types("Ngày sinh", person.typed_birth)
    citizen.types("Số CCCD/CMND", person.number)
    citizen.types("Số điện thoại", "0912345678")
    citizen.types("Mật khẩu", NEW_PASSWORD)
    citizen.types("Nhập lại mật khẩu", NEW_PASSWORD)
    citizen.ticks(re.compile("Tôi đã đọc và đồng ý"))


@both_ways
def test_a_verified_citizen_gets_an_account_and_logs_in(visitor: Visit, javascript: bool) -> None:
    person = cast.cuc if javascript else cast.nguyen
    # Decomposed letters and the other tone placement, as some keyboards type them.
    name = "Pha\u0323m Thi\u0323 Thu\u0301y Cu\u0301c" if javascript else person.full_name
    citizen = visitor(javascript=javascript)
    citizen.opens("/")
    citizen.looks_closely("home")
    citizen.follows("Đăng ký")
    citizen.looks_closely("register")
    fills_in(citizen, person, name=name)
    citizen.presses("Đăng ký")
    citizen.sees("Đăng ký thành công")
    citizen.is_at("/dang-ky/hoan-tat/")
    citizen.looks_closely("registered")
    citizen.follows("Đăng nhập")
    citizen.looks_closely("log-in")
    citizen.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", person.number)
    citizen.types("Mật khẩu", NEW_PASSWORD)
    citizen.presses("Đăng nhập")
    citizen.follows("Thông tin cá nhân")
    citizen.sees("Phạm Thị Thúy Cúc" if javascript else person.full_name)
    citizen.looks_closely("profile")


@both_ways
def test_a_citizen_who_is_not_who_they_say_gets_no_account(visitor: Visit, javascript: bool) -> None:
    citizen = visitor(javascript=javascript)
    citizen.opens("/dang-ky/")
    fills_in(citizen, cast.hoa, name="Vũ Thị Hoà")
    citizen.presses("Đăng ký")
    citizen.sees("Xác thực thất bại")
    citizen.is_at("/dang-ky/")
    assert citizen.field("Họ và tên").input_value() in {"Vũ Thị Hoà", "Vũ Thị Hòa"}
    citizen.looks_closely("register-failure")
    citizen.opens("/dang-nhap/")
    citizen.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", cast.hoa.number)
    citizen.types("Mật khẩu", NEW_PASSWORD)
    citizen.presses("Đăng nhập")
    citizen.sees("Chưa đăng nhập được")
    citizen.looks_closely("log-in-failure")


@both_ways
def test_an_outage_makes_no_account_and_loses_nothing_typed(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    person = cast.an2 if javascript else cast.duc
    stack.sandbox.trouble("fault_500", number=person.number)
    citizen = visitor(javascript=javascript)
    citizen.opens("/dang-ky/")
    fills_in(citizen, person)
    citizen.presses("Đăng ký")
    citizen.sees("Chưa kiểm tra được")
    citizen.does_not_see("Xác thực thất bại")
    citizen.sees(re.compile("còn nguyên ở trang này và chưa được lưu ở đâu khác"))
    assert citizen.field("Họ và tên").input_value() == person.full_name
    assert citizen.field("Số CCCD/CMND").input_value() == person.number
    assert citizen.field("Số điện thoại").input_value() == "0912345678"
    citizen.looks_closely("register-outage")
    stack.sandbox.clear()
    citizen.presses("Thử lại")
    citizen.sees("Đăng ký thành công")


def test_a_form_with_mistakes_names_each_and_leads_to_its_field(visitor: Visit) -> None:
    citizen = visitor()
    citizen.opens("/dang-ky/")
    citizen.types("Họ và tên", "Nguyeenx Vawn An")
    citizen.types("Ngày sinh", "31/02/1985")
    citizen.types("Số CCCD/CMND", "12345")
    citizen.presses("Đăng ký")
    summary = citizen.page.get_by_role("alert").first
    expect(summary).to_be_focused()
    citizen.looks_closely("register-mistakes")
    summary.get_by_role("link").first.click()
    expect(citizen.field("Họ và tên")).to_be_focused()
    citizen.presses("Nguyễn Văn An")
    expect(citizen.field("Họ và tên")).to_have_value("Nguyễn Văn An")


def test_a_field_that_the_browser_fills_in_by_itself_breaks_no_script(visitor: Visit) -> None:
    citizen = visitor()
    citizen.opens("/dang-nhap/")
    login = citizen.field("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập")
    login.evaluate(
        "field => field.dispatchEvent(new Event('keydown', { bubbles: true }))"
    )  # as browsers say it
    citizen.page.wait_for_load_state("load")
