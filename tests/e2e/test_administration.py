"""The administrators' pages: nothing inaccessible, nothing that the browser's rules refuse."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Visit
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


def test_an_administrator_finds_nothing_inaccessible(visitor: Visit) -> None:
    administrator = visitor()
    administrator.opens("/dang-nhap/")
    administrator.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", "quantri")
    administrator.types("Mật khẩu", PASSWORD)
    administrator.presses("Đăng nhập")
    administrator.sees("Quản trị hệ thống")
    for path in PAGES:
        administrator.opens(f"/quan-tri/{path}")
        administrator.has_nothing_inaccessible(f"administration {path}")
