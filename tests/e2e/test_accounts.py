"""An official's own account: a second factor from switching on to logging in, and one session at a time."""

from __future__ import annotations

import time
from base64 import b32decode

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.people import PASSWORD, cast

pytestmark = pytest.mark.browser
WORD = "Số CCCD/CMND, thư điện tử hoặc tên đăng nhập"


def test_an_officer_guards_the_account_and_logs_in_with_the_telephone(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.mo)  # who works in no other journey: from now on a telephone is needed
    officer.follows("Bật xác thực hai bước")
    officer.is_at("/tai-khoan/xac-thuc-hai-buoc/")
    officer.looks_closely("second-factor")
    secret = "".join(officer.page.locator(".groups span").all_text_contents())
    telephone = TOTP(b32decode(secret), 6, SHA1(), 30)
    began = time.time()
    officer.types("Mã xác thực", telephone.generate(int(began)).decode())
    officer.types("Mật khẩu hiện tại", PASSWORD)
    officer.presses("Bật")
    officer.sees("Đã bật xác thực hai bước.")
    officer.looks_closely("recovery-codes")
    officer.follows("Đã cất, vào làm việc")
    officer.does_not_see("Bật xác thực hai bước")
    officer.follows(cast.mo.full_name)
    officer.sees("Còn 10 mã dự phòng.")
    officer.looks_closely("account")
    officer.follows("Đổi mật khẩu")
    officer.looks_closely("account-password")
    officer.presses("Đăng xuất")

    officer.opens("/dang-nhap/")
    officer.types(WORD, "mo")
    officer.types("Mật khẩu", PASSWORD)
    officer.presses("Đăng nhập")
    officer.is_at("/dang-nhap/ma-xac-thuc/")
    officer.looks_closely("log-in-code")
    officer.types("Mã xác thực", "000000")
    officer.presses("Tiếp tục")
    officer.sees("Mã xác thực chưa đúng hoặc đã dùng.")
    officer.looks_closely("log-in-code-wrong")
    # The code that switched it on was used; the telephone shows the next one half a minute later.
    officer.types("Mã xác thực", telephone.generate(int(began) + 30).decode())
    officer.presses("Tiếp tục")
    officer.is_at("/mot-cua/")
    officer.sees("Có người nhập đúng mật khẩu của ông/bà nhưng sai mã xác thực.")
    expect(officer.page.get_by_role("button", name="Đăng xuất")).to_be_attached()


def test_a_second_desk_ends_the_first_one_which_keeps_what_was_typed(visitor: Visit) -> None:
    first, second = visitor(), visitor()
    first.logs_in(cast.minh)
    first.opens("/mot-cua/tiep-nhan/")
    first.types("Họ và tên", cast.dung.full_name)
    first.types("Số CCCD/CMND", cast.dung.number)
    first.types("Ngày sinh", cast.dung.typed_birth)
    first.page.locator("#id_procedure").select_option(index=1)
    second.logs_in(cast.minh)

    first.presses("Kiểm tra danh tính số")

    first.sees("Tài khoản này vừa đăng nhập ở nơi khác, nên phiên làm việc ở đây đã kết thúc.")
    first.sees("Thông tin đã nhập vẫn còn.")
    first.has_nothing_inaccessible("desk after a log-in elsewhere")
    assert first.field("Họ và tên").input_value() == cast.dung.full_name
    first.opens("/mot-cua/")
    first.looks_closely("log-in-ended")
    second.opens("/mot-cua/")
    second.sees("Danh sách hồ sơ")
