"""A dossier's whole life in five browsers: from the card at the desk to the hand that takes the result home."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.dossiers.filing import PDF
from tests.e2e.conftest import Visit, Visitor
from tests.e2e.test_desk import DESK, MARRIAGE, both_ways
from tests.people import cast

pytestmark = pytest.mark.browser

WHO = cast.hoa2  # she has no account, so that no other journey meets her dossiers
CHECK = "Kiểm tra danh tính số"
RESULT = {"name": "giay-xac-nhan.pdf", "mimeType": "application/pdf", "buffer": PDF}


def receives(officer: Visitor, *, has_scanner: bool) -> str:
    """Receive somebody at the desk, by the card's code where there is a scanner, and return the dossier's address."""
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.chooses("Thủ tục", re.compile(re.escape(MARRIAGE)))
    if has_scanner:
        born = "".join(reversed(WHO.born.split("-")))
        card = f"{WHO.number}||{WHO.full_name}|{born}|Nữ|Số 1, phường Mẫu A|01012022"
        officer.page.locator("[data-scan]").first.fill(card)
        officer.page.keyboard.press("Enter")
    else:
        officer.types("Họ và tên", WHO.full_name)
        officer.types("Số CCCD/CMND", WHO.number)
        officer.types("Ngày sinh", WHO.typed_birth)
        officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.types("Số điện thoại", "0912 345 678")
    officer.presses("Lưu hồ sơ")
    officer.is_at(re.compile("/mot-cua/ho-so/.*/phieu/"))
    return re.sub(r"^https?://[^/]+|phieu/$", "", officer.page.url)


def says(somebody: Visitor, words: str) -> None:
    """Insist on the message after a step; with JavaScript it has the focus."""
    message = somebody.page.get_by_role("status").filter(has_text=words)
    expect(message.first).to_be_visible()
    if somebody.has_javascript:
        expect(message.first).to_be_focused()


@both_ways
def test_from_the_card_at_the_desk_to_the_result_in_hand(visitor: Visit, javascript: bool) -> None:
    lan, khanh, bao, ket = (visitor(javascript=javascript) for _ in range(4))
    address = receives(lan, has_scanner=javascript)

    lan.opens(address)
    lan.sees("Được tiếp nhận")
    lan.looks_closely("life-received")
    lan.follows("Chuyển xử lý")
    lan.looks_closely("life-hand-over")
    lan.chooses("Chuyển đến", re.compile(r"Văn hóa.*cả bộ phận"))
    lan.types("Ghi chú", "Người nộp cần sớm")
    lan.presses("Chuyển xử lý")
    says(lan, "Hồ sơ vẫn ở bộ phận của ông/bà")
    lan.looks_closely("life-on-its-way")

    khanh.logs_in(cast.khanh)
    khanh.opens(address)
    khanh.sees("Người nộp cần sớm")
    khanh.looks_closely("life-to-accept")
    khanh.presses("Nhận bàn giao")
    says(khanh, "Đã nhận bàn giao hồ sơ.")
    khanh.sees("Đang xử lý")
    khanh.follows("Tệp kết quả")
    khanh.page.get_by_label("Thêm tệp").set_input_files([RESULT])
    with khanh.page.expect_navigation():  # where files go up in pieces, the page waits for them first
        khanh.presses("Lưu tệp")
    khanh.sees("giay-xac-nhan.pdf")
    khanh.looks_closely("life-result-files")
    khanh.follows("Quay lại hồ sơ")
    khanh.follows("Yêu cầu bổ sung giấy tờ")
    khanh.presses("Thêm dòng")
    expect(khanh.field("Giấy tờ khác 5")).to_be_visible()
    khanh.presses("Yêu cầu bổ sung giấy tờ")
    khanh.sees("Vui lòng điền mục “Lý do”.")
    khanh.looks_closely("life-supplement")
    khanh.follows("Quay lại hồ sơ")
    khanh.follows("Chuyển xử lý")
    khanh.chooses("Chuyển đến", re.compile(cast.bao.full_name))
    khanh.types("Ghi chú", "Trình lãnh đạo ký")
    khanh.presses("Chuyển xử lý")

    bao.logs_in(cast.bao)
    bao.opens(address)
    bao.presses("Nhận bàn giao")
    bao.follows("Ghi nhận kết quả")
    bao.sees("giay-xac-nhan.pdf")
    bao.ticks(re.compile("^Đồng ý giải quyết"))
    bao.types("Nội dung kết quả", "Giấy xác nhận số 12/2026")
    bao.looks_closely("life-finish")
    if javascript:
        bao.page.keyboard.press("Control+Enter")
    else:
        bao.presses("Ghi nhận kết quả")
    says(bao, "Đã ghi nhận kết quả.")
    bao.looks_closely("life-finished")
    bao.follows("Chuyển xử lý")
    bao.presses("Chuyển xử lý")  # the desk is chosen already
    says(bao, "Hồ sơ vẫn ở bộ phận của ông/bà")

    ket.logs_in(cast.ket)
    ket.opens(address)
    ket.presses("Nhận bàn giao")
    ket.follows("Trả kết quả")
    expect(ket.field("Họ và tên người nhận")).to_have_value(re.compile(WHO.full_name, re.IGNORECASE))
    ket.looks_closely("life-hand-out")
    ket.presses("Tiếp tục")
    ket.sees("Việc này không hoàn tác được")
    ket.looks_closely("life-second-look")
    ket.presses("Xác nhận: Trả kết quả")
    says(ket, "Đã trả kết quả.")
    ket.sees("Giấy xác nhận số 12/2026")
    ket.sees("Lúc này không có việc nào của ông/bà")
    ket.looks_closely("life-returned")
    if javascript:
        lan.opens(address)
        lan.keeps_for_readers("whole-life")
