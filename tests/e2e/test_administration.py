"""The administrators' pages: nothing inaccessible, nothing that the browser's rules refuse."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import NARROW, USUAL, Visit
from tests.people import PASSWORD

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "accounts/",
    "accounts/user/",
    "accounts/user/add/",
    "accounts/user/1/change/",
    "accounts/user/bang-phan-quyen/",
    "accounts/citizen/",
    "accounts/office/",
    "accounts/office/1/change/",
    "accounts/daychange/",
    "accounts/daychange/add/",
    "accounts/notice/",
    "hop-thu/",
    "messaging/",
    "messaging/template/",
    "messaging/template/received-email/sua/",
    "messaging/template/received-sms/sua/",
    "procedures/",
    "procedures/procedure/",
    "procedures/procedure/1/change/",
    "procedures/procedure/add/",
    "procedures/procedure/1/ban/",
    "procedures/procedure/tep/",
    "procedures/offer/",
    "procedures/offer/add/",
    "procedures/offer/sao-chep/",
    "audit/auditevent/",
    "audit/auditbatch/",
    "verification/identitycheck/",
    "verification/linechoice/",
)


def logged_in(visitor: Visit) -> Visit:
    """Return the administrator, on the first page behind the log-in."""
    administrator = visitor()
    administrator.opens("/dang-nhap/")
    administrator.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", "quantri")
    administrator.types("Mật khẩu", PASSWORD)
    administrator.presses("Đăng nhập")
    administrator.sees("Quản trị hệ thống")
    return administrator


def test_an_administrator_finds_nothing_inaccessible(visitor: Visit) -> None:
    administrator = logged_in(visitor)
    for path in PAGES:
        administrator.opens(f"/quan-tri/{path}")
        administrator.has_nothing_inaccessible(f"administration {path}")
        administrator.page.set_viewport_size({"width": NARROW, "height": 800})
        overflow = administrator.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"administration {path}: {overflow} px wider than a phone"
        administrator.page.set_viewport_size({"width": USUAL, "height": 800})


def test_what_people_will_read_is_shown_while_an_administrator_types_and_the_first_text_comes_back(
    visitor: Visit,
) -> None:
    administrator = logged_in(visitor)
    administrator.opens("/quan-tri/messaging/template/finished-sms/sua/")
    administrator.types("Nội dung", "Hồ sơ {ma_ho_so} {ho_ten}")
    administrator.sees("Không có ô {ho_ten}")
    administrator.types("Nội dung", "Mời ông/bà đến {co_quan}.")
    administrator.sees("Mời ông/bà đến Bộ phận Một cửa phường Mẫu A.")
    administrator.keeps_for_readers("message-template")
    administrator.presses("Lưu")
    administrator.sees("Đã lưu mẫu tin.")
    administrator.presses("Khôi phục mẫu gốc")
    administrator.sees("Đã khôi phục mẫu gốc.")
