"""The officer's desk: check a person, receive the dossier, and never be at a dead end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from motcua.config.crowding import refusals
from tests.e2e.conftest import Stack, Visit, Visitor
from tests.people import PASSWORD, Person, cast

pytestmark = pytest.mark.browser

MARRIAGE = "1.004873"
RECEIVED_LAST = "/mot-cua/?pham-vi=tiep-nhan&muc=da-tiep-nhan&xep=moi"
DESK = "/mot-cua/tiep-nhan/"
CHECK = "Kiểm tra danh tính số"
LATER = "Tiếp nhận, xác thực sau"
both_ways = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without JavaScript"]
)


def claims(officer: Visitor, person: Person, *, name: str = "", procedure: str = MARRIAGE) -> None:
    """Fill in the procedure and the three things."""
    officer.chooses("Thủ tục", re.compile(re.escape(procedure)))
    if officer.has_javascript:
        officer.sees(re.compile("Thời hạn giải quyết:"))
    officer.types("Họ và tên", name or person.full_name)
    officer.types("Số CCCD/CMND", person.number)
    officer.types("Ngày sinh", person.typed_birth)


@both_ways
def test_a_verified_person_is_received_and_stands_in_the_queue(visitor: Visit, javascript: bool) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.looks_closely("desk-empty")
    person = cast.an if javascript else cast.hoa2
    claims(officer, person)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    applicant = officer.page.get_by_role("region", name="Thông tin người nộp")
    for shown in (person.full_name, person.number, person.typed_birth, "Nam" if javascript else "Nữ"):
        expect(applicant.get_by_text(re.compile(rf"^{shown}(\s|\(|$)", re.IGNORECASE))).to_be_visible()
    expect(applicant).to_contain_text("Hải Phòng")
    expect(applicant.locator(".locked").get_by_role("textbox")).to_have_count(0)
    officer.looks_closely("desk-success")
    officer.types("Số điện thoại", "0912 345 678")
    if javascript:
        officer.keeps_for_readers("desk-success")
        officer.ticks(re.compile("Đã nhận bản chính: Tờ khai"))
    officer.presses("Lưu hồ sơ")
    officer.is_at(re.compile("/mot-cua/ho-so/.*/phieu/"))
    officer.sees("Giấy tiếp nhận hồ sơ")
    officer.sees(re.compile("Đã xác thực danh tính"))
    officer.looks_closely("desk-receipt")
    sheets = re.findall(rb"/Type /Page\b", officer.page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1, "the signatures do not stand alone on a second sheet"
    officer.keeps_slip_for_readers("In giấy tiếp nhận (PDF)", "slip-01") if javascript else None
    code = officer.page.locator(".receipt .code").first.inner_text()
    officer.follows("Danh sách hồ sơ")
    officer.opens(RECEIVED_LAST)  # others' dossiers may be due before, or wait to be received
    row = officer.page.get_by_role("row").filter(has_text=code)
    expect(row).to_contain_text(re.compile(person.full_name, re.IGNORECASE))
    officer.looks_closely("desk-queue")
    row.get_by_role("link", name=code).click()
    officer.sees(re.compile(person.full_name, re.IGNORECASE))
    officer.looks_closely("desk-dossier")


@both_ways
def test_a_person_who_is_not_who_they_say_fills_nothing(visitor: Visit, javascript: bool) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.phuc)
    officer.opens(DESK)
    claims(officer, cast.nguyen, name="Đỗ Khôi Nghiêm")
    officer.presses(CHECK)
    officer.sees("Xác thực thất bại")
    officer.does_not_see(cast.nguyen.full_name)
    officer.does_not_see(re.compile("^từ CSDLQG về dân cư"))
    assert officer.field("Họ và tên").input_value() == "Đỗ Khôi Nghiêm"
    officer.looks_closely("desk-failure")


@both_ways
def test_while_the_register_is_out_of_reach_the_officer_receives_by_hand(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    person = cast.hmai if javascript else cast.oanh
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    stack.sandbox.trouble("fault_500", number=person.number)
    claims(officer, person)
    officer.presses(CHECK)
    officer.sees("Chưa kiểm tra được")
    officer.does_not_see("Xác thực thất bại")
    officer.looks_closely("desk-outage")
    officer.presses("Thử lại")
    officer.sees("Chưa kiểm tra được")
    officer.sees("Lý do: Chưa kiểm tra được, xác thực sau")
    expect(officer.page.get_by_role("button", name="Lưu hồ sơ")).to_have_count(0)
    officer.ticks(re.compile("Đã xem giấy tờ gốc"))
    officer.presses(LATER)
    officer.sees("Vui lòng nhập số điện thoại.")
    officer.types("Số điện thoại", "0912345678")
    officer.presses(LATER)
    officer.sees("CHƯA XÁC THỰC DANH TÍNH")
    officer.looks_closely("desk-receipt-by-hand")


@both_ways
def test_once_the_register_is_back_the_same_form_is_checked_again(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    person = cast.dung if javascript else cast.them
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    stack.sandbox.trouble("reset", number=person.number)
    claims(officer, person)
    officer.presses(CHECK)
    officer.sees("Chưa kiểm tra được")
    stack.sandbox.clear()
    officer.presses("Thử lại")
    officer.sees("Xác thực thành công")


def test_a_scanned_card_checks_itself(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    officer.chooses("Thủ tục", re.compile(re.escape(MARRIAGE)))
    person = cast.duc
    officer.page.keyboard.press("F2")
    expect(officer.field("Quét mã trên thẻ")).to_be_focused()
    officer.page.keyboard.insert_text(card_of(person))
    officer.page.keyboard.press("Enter")
    officer.sees("Xác thực thành công")
    assert officer.field("Số CCCD/CMND").input_value() == person.number
    expect(officer.field("Số điện thoại")).to_be_focused()
    officer.looks_closely("desk-scanned")


@pytest.mark.parametrize(("before", "bar"), [("", "|"), ("]Q1", "~")], ids=["as it is", "by another scanner"])
def test_a_card_scanned_before_a_procedure_is_chosen_fills_what_it_says(
    visitor: Visit, before: str, bar: str
) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    expect(officer.field("Tìm nhanh thủ tục")).to_be_focused()
    officer.page.keyboard.type(before + card_of(cast.duc).replace("|", bar))
    officer.page.keyboard.press("Enter")
    officer.sees("Vui lòng chọn thủ tục trước: mỗi lần tra cứu phải gắn với một thủ tục.")
    expect(officer.field("Tìm nhanh thủ tục")).to_have_value("")
    expect(officer.field("Họ và tên")).to_have_value(cast.duc.full_name)
    officer.chooses("Thủ tục", re.compile(re.escape(MARRIAGE)))
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")


@pytest.mark.parametrize("scans_early", [False, True], ids=["in its time", "before the procedure is there"])
def test_what_is_typed_after_a_scan_counts_and_not_the_card(visitor: Visit, scans_early: bool) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    officer.chooses("Thủ tục", re.compile(re.escape(MARRIAGE)))
    if not scans_early:
        officer.sees(re.compile("Hẹn trả nếu nhận bây giờ"))
    officer.page.keyboard.press("F2")
    officer.page.keyboard.insert_text(card_of(cast.duc))
    officer.page.keyboard.press("Enter")
    officer.sees("Xác thực thành công")
    expect(officer.field("Quét mã trên thẻ")).to_have_value("")
    for label, text in (
        ("Họ và tên", cast.hoa.full_name),
        ("Số CCCD/CMND", cast.hoa.number),
        ("Ngày sinh", cast.hoa.typed_birth),
    ):
        officer.types(label, text)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    expect(officer.field("Số CCCD/CMND")).to_have_value(cast.hoa.number)
    applicant = officer.page.get_by_role("region", name="Thông tin người nộp")
    expect(applicant.get_by_text(cast.hoa.number)).to_be_visible()


def test_changing_what_was_checked_takes_the_mark_away(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    claims(officer, cast.cuc)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.field("Họ và tên").press_sequentially("x")
    officer.does_not_see("Xác thực thành công")
    officer.does_not_see(re.compile("^từ CSDLQG về dân cư"))
    officer.types("Số điện thoại", "0912345678")
    officer.presses("Lưu hồ sơ")
    officer.is_at(DESK)
    officer.looks_closely("desk-changed-after-check")


class Hands:
    """Somebody's hands on a keyboard, without a mouse; counts the keys, a scanned card as none."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def type(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def scan(self, person: Person) -> None:
        """Hold a card under the scanner, which types it and presses Enter."""
        self.page.keyboard.insert_text(card_of(person))
        self.page.keyboard.press("Enter")


def card_of(person: Person) -> str:
    """Return what the code on somebody's card holds."""
    born = person.typed_birth.replace("/", "")
    return f"{person.number}|{person.old_number}|{person.full_name}|{born}|Nam|Tổ 5 khu Mẫu Tây|01062021"


def test_a_walk_in_with_a_card_takes_forty_keys_and_no_mouse(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    hands = Hands(officer.page)
    expect(officer.field("Tìm nhanh thủ tục")).to_be_focused()
    hands.type("ket hon")
    officer.looks_closely("desk-finding")
    hands.press("Enter")
    expect(officer.field("Quét mã trên thẻ")).to_be_focused()
    officer.sees(re.compile("Hẹn trả nếu nhận bây giờ"))
    hands.scan(cast.an2)
    officer.sees("Xác thực thành công")
    expect(officer.field("Số điện thoại")).to_be_focused()
    hands.type("0912345678")
    ticks = officer.page.locator("#thanh-phan input[type=checkbox]")
    for _ in range(12):
        if ticks.first.evaluate("box => box === document.activeElement"):
            break
        hands.press("Tab")
    hands.press("Space")
    expect(ticks.first).to_be_checked()
    hands.press("Control+Enter")
    officer.sees("Giấy tiếp nhận hồ sơ")
    assert hands.keys <= 40
    expect(officer.page.get_by_role("link", name="Tiếp nhận hồ sơ tiếp theo")).to_be_focused()
    hands.press("Enter")
    officer.is_at(DESK)
    expect(officer.field("Quét mã trên thẻ")).to_be_focused()


def test_the_whole_counter_flow_works_by_keyboard_alone(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    keyboard = officer.page.keyboard
    keyboard.press("Tab")
    expect(officer.field("Thủ tục")).to_be_focused()
    keyboard.press("End")
    officer.sees(re.compile("Thời hạn giải quyết"))
    person = cast.hoa
    for label, text in (
        ("Quét mã trên thẻ", ""),
        ("Họ và tên", person.full_name),
        ("Số CCCD/CMND", person.number),
        ("Ngày sinh", person.typed_birth),
    ):
        keyboard.press("Tab")
        expect(officer.field(label)).to_be_focused()
        keyboard.insert_text(text)
    keyboard.press("Enter")
    officer.sees("Xác thực thành công")
    expect(officer.field("Số điện thoại")).to_be_focused()
    keyboard.insert_text("0912345678")
    keyboard.press("Control+Enter")
    officer.sees("Giấy tiếp nhận hồ sơ")


def test_what_is_found_can_be_gone_through_with_the_arrows_and_left(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    hands, found = Hands(officer.page), officer.page.get_by_role("listbox", name="Thủ tục tìm thấy")
    hands.type("dang ky")
    expect(found.get_by_role("option", selected=True)).to_have_text(
        found.get_by_role("option").nth(0).inner_text()
    )
    hands.press("ArrowDown", "ArrowDown", "ArrowUp")
    second = found.get_by_role("option").nth(1).inner_text()
    expect(found.get_by_role("option", selected=True)).to_have_text(second)
    hands.press("Enter")
    expect(officer.field("Thủ tục").locator("option:checked").first).to_have_text(second)
    officer.field("Tìm nhanh thủ tục").fill("khai sinh")
    expect(found.get_by_role("option", selected=True)).to_contain_text("Đăng ký khai sinh")
    officer.field("Tìm nhanh thủ tục").fill("")
    hands.type("khong co gi nhu the")
    officer.sees("Không có thủ tục nào khớp.")
    hands.press("Enter", "Escape")
    expect(found).to_be_hidden()
    expect(officer.field("Thủ tục").locator("option:checked").first).to_have_text(second)
    officer.field("Tìm nhanh thủ tục").fill("1.012564")
    hands.press("Enter")
    expect(officer.field("Thủ tục").locator("option:checked").first).to_contain_text("1.012564")


def test_one_files_for_another_with_two_cards_and_no_mouse(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    hands = Hands(officer.page)
    hands.type(MARRIAGE)
    hands.press("Enter")
    officer.sees("Thời hạn giải quyết:")
    hands.scan(cast.duc)
    officer.sees("Xác thực thành công")
    hands.type("0912345678")
    hands.press("Tab", "Tab", "ArrowDown")
    expect(officer.field("Người nộp là")).to_be_focused()
    hands.press("ArrowDown", "F4")
    expect(officer.field("Quét thẻ của chủ hồ sơ (F4)")).to_be_focused()
    hands.scan(cast.cuc)
    owner = officer.page.get_by_role("region", name="Chủ hồ sơ")
    expect(owner.get_by_text("Xác thực thành công")).to_be_visible()
    assert officer.field("Số CCCD/CMND").input_value() == cast.duc.number
    officer.looks_closely("desk-owner")
    owner.evaluate("part => part.scrollIntoView()")
    officer.keeps_for_readers("desk-owner")
    hands.press("Control+Enter")
    officer.sees("Giấy tiếp nhận hồ sơ")
    officer.sees("Cha, mẹ nộp cho con")
    officer.looks_closely("desk-receipt-owner")


def test_whoever_types_as_soon_as_the_answer_is_there_types_into_the_form(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    hands = Hands(officer.page)
    hands.type(MARRIAGE)
    hands.press("Enter")
    officer.sees("Thời hạn giải quyết:")
    officer.page.evaluate(
        """() => {
            const answered = () => document.body.textContent.includes("Xác thực thành công");
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => { document.body.dataset.typedInto = document.activeElement.id; };
            new MutationObserver((changes, self) => {
                if (answered()) self.disconnect(), port2.postMessage("the next task, as a key would be");
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    hands.scan(cast.duc)
    officer.sees("Xác thực thành công")
    expect(officer.page.locator("body")).to_have_attribute("data-typed-into", "id_phone")


def test_changing_the_owner_takes_the_owners_mark_away_and_not_the_applicants(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    claims(officer, cast.hoa2)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.ticks("Người khác (nộp thay)")
    officer.chooses("Người nộp là", "Người thân")
    officer.types("Họ và tên chủ hồ sơ", cast.cuc.full_name)
    officer.types("Số CCCD/CMND của chủ hồ sơ", cast.cuc.number)
    officer.field("Ngày sinh của chủ hồ sơ").fill(cast.cuc.typed_birth)
    officer.field("Ngày sinh của chủ hồ sơ").press("Enter")
    owner = officer.page.get_by_role("region", name="Chủ hồ sơ")
    expect(owner.get_by_text("Xác thực thành công")).to_be_visible()
    officer.field("Họ và tên chủ hồ sơ").press_sequentially("x")
    expect(owner.get_by_text("Xác thực thành công")).to_have_count(0)
    officer.sees("Xác thực thành công")


@both_ways
def test_a_parent_registers_a_newborn(visitor: Visit, javascript: bool) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.minh)
    officer.opens(DESK)
    claims(officer, cast.hoa, procedure="1.001193")
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.types("Số điện thoại", "0912345678")
    officer.ticks("Người khác (nộp thay)")
    officer.chooses("Người nộp là", "Cha, mẹ nộp cho con")
    officer.chooses("Số định danh của chủ hồ sơ", "Trẻ mới sinh")
    officer.does_not_see("Số CCCD/CMND của chủ hồ sơ")
    officer.types("Họ và tên chủ hồ sơ", "Nguyễn Thị Mẫu")
    officer.types("Ngày sinh của chủ hồ sơ", "20/11/2026")
    officer.chooses("Giới tính của chủ hồ sơ", "Nữ")
    seen = officer.page.get_by_label("Đã xem bản gốc giấy tờ của chủ hồ sơ").filter(visible=True)
    if seen.count():
        seen.check()
    officer.looks_closely("desk-newborn")
    officer.presses("Lưu hồ sơ")
    officer.sees("Giấy tiếp nhận hồ sơ")
    officer.sees("Nguyễn Thị Mẫu")
    officer.sees("Trẻ mới sinh, chưa có số định danh")


@both_ways
def test_who_lacks_papers_is_guided_and_who_cannot_be_received_refused(
    visitor: Visit, javascript: bool
) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.minh)
    for words, confirm, status in (
        ("Chưa đủ giấy tờ…", "Lập phiếu yêu cầu bổ sung", "Yêu cầu bổ sung giấy tờ"),
        ("Từ chối tiếp nhận…", "Lập phiếu từ chối", "Không được tiếp nhận"),
    ):
        officer.opens(DESK)
        claims(officer, cast.them)
        officer.presses(CHECK)
        officer.sees("Xác thực thành công")
        officer.types("Số điện thoại", "0912345678")
        officer.presses(words)
        officer.sees(re.compile("mẫu 0[23]"))
        officer.presses(confirm)
        officer.sees("Vui lòng nhập lý do, để người nộp đọc.")
        officer.types("Lý do", "Thiếu giấy tờ theo quy định.")
        officer.looks_closely(f"desk-{'guided' if 'bổ sung' in confirm else 'refused'}")
        officer.presses(confirm)
        officer.sees(status)


def test_enter_on_a_slow_line_shows_that_it_works_and_a_second_enter_asks_nobody(
    visitor: Visit, stack: Stack
) -> None:
    person = cast.hanh
    stack.sandbox.trouble("delay", seconds=1.5, number=person.number)
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, person)
    officer.field("Ngày sinh").press("Enter")
    working = officer.page.get_by_role("button", name="Đang kiểm tra…")
    expect(working).to_be_disabled()
    officer.field("Ngày sinh").press("Enter")
    expect(officer.page.locator("#kiem-tra .notice")).to_be_visible()
    expect(working).to_have_count(0)
    expect(officer.page.get_by_role("button", name=CHECK, exact=True).filter(visible=True)).to_be_enabled()
    asked = [one for one in stack.sandbox.journal() if str(one["number"]).endswith(person.number[-3:])]
    assert len(asked) == 1


def test_a_name_changed_while_the_register_is_asked_takes_the_answer_back(
    visitor: Visit, stack: Stack
) -> None:
    person = cast.hoa2
    stack.sandbox.trouble("delay", seconds=1.5, number=person.number)
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, person)
    officer.field("Ngày sinh").press("Enter")
    expect(officer.page.get_by_role("button", name="Đang kiểm tra…")).to_be_disabled()
    officer.types("Họ và tên", cast.cuc.full_name)
    officer.types("Số điện thoại", "0912345678")
    officer.sees("Thông tin đã thay đổi sau khi kiểm tra, vui lòng kiểm tra lại.")
    assert officer.field("Họ và tên").input_value() == cast.cuc.full_name
    assert officer.field("Số điện thoại").input_value() == "0912345678"


def crowd(route: Route) -> None:
    """Answer as the server does while too many are there."""
    head, _, page = refusals()(b"POST").partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])
    route.fulfill(status=503, headers=headers, body=page)


@both_ways
def test_a_crowd_costs_nothing_that_was_typed_and_is_no_answer_about_anybody(
    visitor: Visit, javascript: bool
) -> None:
    officer = visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.cuc)
    officer.page.route("**/kiem-tra/", crowd)

    officer.presses(CHECK)

    officer.sees(re.compile("Hiện có rất nhiều người dùng hệ thống"))
    officer.sees(re.compile("chưa được nhận"))
    expect(officer.page.get_by_text(re.compile("Xác thực thất bại|Xác thực thành công"))).to_have_count(0)
    officer.looks_closely("desk-crowd")
    officer.page.unroute("**/kiem-tra/")
    officer.complaints.clear()  # the browser says 503 too
    if javascript:
        officer.presses(CHECK)
    else:
        officer.page.reload()
    officer.sees("Xác thực thành công")


_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>"


@pytest.mark.parametrize(
    ("status", "body"), [(502, _GATEWAY), (504, "upstream request timeout"), (413, _GATEWAY)], ids=str
)
def test_what_a_proxy_says_in_our_place_costs_nothing_that_was_typed(
    visitor: Visit, status: int, body: str
) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.cuc)
    officer.page.route("**/kiem-tra/", lambda route: route.fulfill(status=status, body=body))

    officer.presses(CHECK)

    officer.sees("Hệ thống gặp sự cố. Thông tin đã nhập vẫn còn. Vui lòng thử lại sau ít phút.")
    assert officer.field("Họ và tên").input_value() == cast.cuc.full_name
    officer.page.unroute("**/kiem-tra/")
    officer.complaints.clear()  # the browser says 502 too
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")


def test_that_nobody_was_reached_stays_said_whatever_else_is_answered_meanwhile(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.cuc)
    officer.page.route("**/kiem-tra/", lambda route: route.abort())
    officer.presses(CHECK)
    lost = re.compile("Chưa kết nối được với máy chủ. Thông tin đã nhập vẫn còn.")
    officer.sees(lost)
    officer.looks_closely("desk-offline")
    with officer.page.expect_response(lambda answer: answer.url.endswith(DESK)) as documents:
        officer.chooses("Thủ tục", re.compile("khai sinh"))
    documents.value.finished()
    officer.sees(re.compile("Giấy tờ tùy thân"))
    officer.sees(lost)

    officer.page.unroute("**/kiem-tra/")
    officer.complaints.clear()  # the browser says the same
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.does_not_see(lost)


def test_an_ended_session_costs_nothing_that_was_typed(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.dung)
    officer.page.context.clear_cookies()
    officer.presses(CHECK)
    officer.sees(re.compile("Phiên làm việc đã hết hạn. Thông tin đã nhập vẫn còn."))
    officer.has_nothing_inaccessible("desk after the session")
    with officer.page.context.expect_page() as opened:
        officer.follows("Đăng nhập lại (mở trang mới)")
    again = Visitor(opened.value, officer.url, has_javascript=True, pictures=None)
    again.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", cast.lan.login)
    again.types("Mật khẩu", PASSWORD)
    again.presses("Đăng nhập")
    expect(again.page.get_by_role("button", name="Đăng xuất")).to_be_attached()
    officer.sees("Đã đăng nhập lại. Vui lòng bấm lần nữa.")
    assert officer.field("Họ và tên").input_value() == cast.dung.full_name
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")


def test_a_dossier_saved_after_the_session_ended_is_saved_once_the_officer_has_logged_in_again(
    visitor: Visit,
) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.page.clock.install()
    officer.opens(DESK)
    claims(officer, cast.dung)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.types("Số điện thoại", "0912345678")
    officer.types("Giấy tờ khác", "Sổ hộ khẩu cũ")
    officer.page.context.clear_cookies()
    officer.page.clock.fast_forward("01:05:00")
    officer.presses("Lưu hồ sơ")
    officer.sees(re.compile("Phiên làm việc đã hết hạn. Thông tin đã nhập vẫn còn."))
    officer.is_at(DESK)
    officer.looks_closely("desk-saved-after-the-session")
    with officer.page.context.expect_page() as opened:
        officer.follows("Đăng nhập lại (mở trang mới)")
    again = Visitor(opened.value, officer.url, has_javascript=True, pictures=None)
    again.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", cast.lan.login)
    again.types("Mật khẩu", PASSWORD)
    again.presses("Đăng nhập")
    officer.sees("Đã đăng nhập lại. Vui lòng bấm lần nữa.")
    officer.presses("Lưu hồ sơ")
    officer.sees("Giấy tiếp nhận hồ sơ")
    officer.sees(re.compile("Sổ hộ khẩu cũ"))


def test_what_was_typed_goes_on_in_the_session_that_the_same_officer_began_on_another_page(
    visitor: Visit,
) -> None:
    officer = visitor()
    officer.logs_in(cast.phuc)
    officer.page.clock.install()
    officer.opens(DESK)
    claims(officer, cast.them)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.types("Số điện thoại", "0912345678")
    officer.page.context.clear_cookies()
    page = officer.page.context.new_page()
    Visitor(page, officer.url, has_javascript=True, pictures=None).logs_in(cast.phuc)
    officer.page.clock.fast_forward("00:05:00")
    officer.presses("Lưu hồ sơ")
    officer.sees("Giấy tiếp nhận hồ sơ")


def test_a_line_that_broke_before_saving_costs_nothing_that_was_typed(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.page.clock.install()
    officer.opens(DESK)
    claims(officer, cast.hoa)
    officer.types("Số điện thoại", "0912345678")
    officer.page.clock.fast_forward("00:02:00")
    officer.page.context.set_offline(True)
    officer.presses("Lưu hồ sơ")
    officer.sees(re.compile("Chưa kết nối được với máy chủ. Thông tin đã nhập vẫn còn."))
    assert officer.field("Số điện thoại").input_value() == "0912345678"
    officer.page.context.set_offline(False)
    officer.complaints.clear()  # the browser says the same
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.page.get_by_role("button", name="Lưu hồ sơ").dblclick()
    officer.sees("Giấy tiếp nhận hồ sơ")


def test_a_newborn_without_a_number_is_received_by_hand(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.chooses("Thủ tục", re.compile("khai sinh"))
    officer.types("Họ và tên", "Nguyễn Thị Mẫu")
    officer.page.get_by_text("Người nộp không có số định danh").click()
    officer.chooses("Lý do", "Trẻ mới sinh")
    officer.ticks(re.compile("Đã xem giấy tờ gốc"))
    officer.types("Số điện thoại", "0912345678")
    officer.looks_closely("desk-by-hand")
    officer.presses("Lưu hồ sơ")
    officer.sees("CHƯA XÁC THỰC DANH TÍNH")
