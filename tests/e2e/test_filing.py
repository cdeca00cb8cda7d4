"""A citizen files a dossier online, and an officer takes it up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.journeys import picture
from motcua.config.env import VARIABLES
from tests.e2e.conftest import Stack, Visit, Visitor, running
from tests.e2e.test_desk import both_ways
from tests.people import PASSWORD, WRONG_NAME_OF_BINH, Person, cast

pytestmark = pytest.mark.browser

AN_HOUR_LATER = "const now = Date.now; Date.now = () => now() + 3_600_000"
AGREE = "Đồng ý và tiếp tục"
PAPER = {"name": "to-khai.png", "mimeType": "image/png", "buffer": picture()}


def starts(citizen: Visitor, code: str) -> None:
    """Begin a dossier from the procedure's page."""
    citizen.opens(f"/thu-tuc/{code}/")
    citizen.presses("Nộp hồ sơ trực tuyến")
    citizen.sees("Thông tin người nộp hồ sơ")


def fills_in_contact(citizen: Visitor) -> None:
    """Fill in what the account does not hold."""
    citizen.types("Số điện thoại", "0912345678")
    citizen.types("Nơi ở hiện tại", "Số 9 phố Thử Nghiệm, phường Mẫu A")
    case = citizen.page.get_by_role("group", name="Trường hợp").get_by_role("radio").first
    if case.count():
        case.check()


def follows_by_number(citizen: Visitor, code: str, number: str) -> None:
    """Ask on "Tra cứu hồ sơ" how far a dossier is."""
    citizen.types("Mã hồ sơ", code)
    citizen.types("Số CCCD/CMND", number)
    citizen.presses("Tra cứu")


def gives_papers_and_reviews(citizen: Visitor) -> None:
    """Upload a picture for every required paper and go on to the review."""
    expect(citizen.page.get_by_role("heading", name="Giấy tờ", exact=True)).to_be_visible()
    for chooser in citizen.page.locator('.field:has-text("(bắt buộc)") input[type=file]').all():
        chooser.set_input_files([PAPER])
    citizen.presses("Tiếp tục")
    citizen.sees("Lời cam đoan")


@both_ways
def test_a_dossier_is_filed_tracked_and_taken_up(visitor: Visit, javascript: bool) -> None:
    # None that a journey at the desk receives: what An hands in there stands in his list too.
    code_of_procedure = "2.002516" if javascript else "1.010041"
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.an)
    citizen.opens("/thu-tuc/")
    citizen.looks_closely("procedures")
    citizen.opens("/thu-tuc/?q=thong+tin+ho+tich" if javascript else "/thu-tuc/?q=xac+nhan+cu+tru")
    citizen.looks_closely("procedures-found")
    citizen.page.locator("main").locator(f'a[href="/thu-tuc/{code_of_procedure}/"]').first.click()
    name_of_procedure = citizen.page.get_by_role("heading", level=1).inner_text()
    citizen.looks_closely("procedure")
    citizen.presses("Nộp hồ sơ trực tuyến")
    citizen.sees(cast.an.full_name)
    fills_in_contact(citizen)
    citizen.looks_closely("filing-applicant")
    if javascript:
        citizen.keeps_for_readers("filing-applicant")
    citizen.presses(AGREE)
    citizen.sees(re.compile("Xác thực thành công"))
    citizen.looks_closely("filing-papers")
    gives_papers_and_reviews(citizen)
    citizen.sees("to-khai.png")
    citizen.looks_closely("filing-review")
    citizen.presses("Nộp hồ sơ")
    citizen.sees("Vui lòng đọc và đánh dấu lời cam đoan trước khi nộp.")
    citizen.looks_closely("filing-review-without-oath")
    citizen.ticks(re.compile("Tôi xin cam đoan"))
    citizen.page.get_by_role("button", name="Nộp hồ sơ", exact=True).dblclick()
    citizen.is_at(re.compile("/ho-so/.*/hoan-tat/"))
    code = citizen.page.locator(".code").first.inner_text()
    citizen.looks_closely("filing-submitted")
    if javascript:
        citizen.keeps_for_readers("filing-submitted")
    citizen.opens("/ho-so/")
    of_procedure = citizen.page.locator("main li").filter(has_text=name_of_procedure)
    expect(of_procedure).to_have_count(1)
    expect(of_procedure).to_contain_text(code)
    citizen.looks_closely("my-dossiers")
    citizen.opens("/tra-cuu/")
    follows_by_number(citizen, code, cast.cuc.number)
    citizen.sees("Không tìm thấy hồ sơ")
    citizen.looks_closely("track-missing")
    follows_by_number(citizen, code, cast.an.number)
    citizen.sees("Mới đăng ký")
    citizen.does_not_see(cast.an.full_name)
    citizen.looks_closely("track")

    officer = visitor(javascript=javascript)
    officer.logs_in(cast.lan)
    officer.opens("/mot-cua/")
    waiting = officer.page.locator("#danh-sach")
    expect(waiting.get_by_text(code)).to_have_count(1)
    officer.looks_closely("desk-queue-waiting")
    waiting.get_by_role("link", name=code).click()
    officer.sees("to-khai.png")
    officer.presses("Tiếp nhận hồ sơ trực tuyến")
    officer.sees(re.compile("Đã tiếp nhận hồ sơ"))
    officer.looks_closely("desk-taken-up")

    citizen.opens(f"/tra-cuu/?ma={code}")
    expect(citizen.field("Mã hồ sơ")).to_have_value(code)
    follows_by_number(citizen, code, cast.an.number)
    citizen.sees("Được tiếp nhận")


@both_ways
def test_a_wrong_account_is_corrected_and_the_same_draft_goes_on(visitor: Visit, javascript: bool) -> None:
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.binh)
    citizen.opens("/ca-nhan/chinh-sua/")
    citizen.types("Họ và tên", WRONG_NAME_OF_BINH)
    citizen.presses("Cập nhật")
    citizen.is_at("/ca-nhan/")
    starts(citizen, "1.004222" if javascript else "1.010038")
    draft = citizen.page.url
    citizen.sees(WRONG_NAME_OF_BINH)
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    citizen.sees("Xác thực thất bại")
    citizen.looks_closely("filing-failure")
    citizen.opens(draft.removeprefix(citizen.url).replace("nguoi-nop", "giay-to"))
    assert citizen.page.url == draft, "there is no way on past a failed check"
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    citizen.sees("Xác thực thất bại")
    citizen.follows("Chỉnh sửa thông tin cá nhân")
    citizen.looks_closely("profile-edit")
    citizen.types("Họ và tên", cast.binh.full_name)
    citizen.presses("Cập nhật")
    if citizen.page.url != draft:
        citizen.follows(re.compile("Quay lại hồ sơ"))
    assert citizen.page.url == draft
    citizen.sees(cast.binh.full_name)
    citizen.presses(AGREE)
    gives_papers_and_reviews(citizen)
    citizen.ticks(re.compile("Tôi xin cam đoan"))
    citizen.presses("Nộp hồ sơ")
    citizen.sees("Đã nộp hồ sơ")


def test_who_fails_with_the_limits_as_they_come_reads_how_many_tries_are_left(
    visitor: Visit, tmp_path: Path
) -> None:
    usual = {name: str(one.default) for name, one in VARIABLES.items() if name.startswith("TRIES_")}
    with running(tmp_path, **usual) as office:
        citizen = visitor(at=office)
        citizen.logs_in(cast.binh)
        starts(citizen, "1.004222")
        fills_in_contact(citizen)
        citizen.presses(AGREE)
        citizen.sees("Xác thực thất bại")
        citizen.sees("Còn 4 lần thử trước khi tạm dừng kiểm tra.")
        citizen.keeps_for_readers("filing-failure")


@both_ways
def test_an_outage_keeps_the_draft(visitor: Visit, stack: Stack, javascript: bool) -> None:
    stack.sandbox.trouble("fault_500", number=cast.an.number)
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.an)
    starts(citizen, "2.000635" if javascript else "1.012566")
    draft = citizen.page.url
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    citizen.sees("Chưa kiểm tra được")
    citizen.does_not_see("Xác thực thất bại")
    citizen.looks_closely("filing-outage")
    citizen.opens("/ho-so/")
    citizen.sees("Bản nháp")
    citizen.looks_closely("my-dossiers-draft")
    citizen.page.goto(draft)
    expect(citizen.field("Số điện thoại")).to_have_value("0912345678")
    stack.sandbox.clear()
    citizen.presses(AGREE)
    citizen.sees(re.compile("Xác thực thành công"))
    gives_papers_and_reviews(citizen)
    citizen.ticks(re.compile("Tôi xin cam đoan"))
    citizen.presses("Nộp hồ sơ")
    citizen.sees("Đã nộp hồ sơ")


def test_a_parent_files_for_a_newborn_and_is_asked_for_no_number(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.001193")
    citizen.page.get_by_label("Nộp thay người khác").check()
    number = citizen.page.get_by_label("Số CCCD/CMND chủ hồ sơ")
    sex = citizen.page.get_by_label("Giới tính chủ hồ sơ")
    citizen.page.get_by_label("Đã có số định danh", exact=True).check()
    expect(number).to_be_visible()
    expect(sex).to_be_hidden()
    number.fill("9993")
    citizen.page.get_by_label("Trẻ mới sinh, chưa có số định danh").check()
    expect(number).to_be_hidden()
    expect(sex).to_be_visible()
    citizen.looks_closely("newborn")
    citizen.page.get_by_label("Cha, mẹ nộp cho con").check()
    citizen.types("Ngày sinh chủ hồ sơ", "20/11/2026")
    citizen.presses(AGREE)
    citizen.sees("Vui lòng chọn giới tính của chủ hồ sơ.")
    expect(number).to_be_hidden()
    citizen.chooses("Giới tính chủ hồ sơ", "Nữ")
    citizen.presses(AGREE)
    citizen.is_at(re.compile("/ho-so/.*/giay-to/"))


def logs_in_again(citizen: Visitor) -> None:
    """Log in on the page to which one was led."""
    citizen.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", cast.an.login)
    citizen.types("Mật khẩu", PASSWORD)
    citizen.presses("Đăng nhập")


def test_a_session_that_ended_while_somebody_typed_costs_nothing_that_was_typed(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.004222")
    citizen.types("Nơi ở hiện tại", "Số 12 phố Thử Nghiệm")
    citizen.page.evaluate(AN_HOUR_LATER)
    citizen.page.context.clear_cookies()
    citizen.presses(AGREE)
    citizen.sees(re.compile("Phiên làm việc đã hết hạn. Thông tin đã nhập vẫn còn."))
    citizen.has_nothing_inaccessible("filing after the session")
    with citizen.page.context.expect_page() as opened:
        citizen.follows("Đăng nhập lại (mở trang mới)")
    logs_in_again(Visitor(opened.value, citizen.url, has_javascript=True, pictures=None))
    citizen.sees("Đã đăng nhập lại. Vui lòng bấm lần nữa.")
    assert citizen.field("Nơi ở hiện tại").input_value() == "Số 12 phố Thử Nghiệm"
    citizen.presses(AGREE)
    citizen.is_at(re.compile("/ho-so/.*/giay-to/"))


@pytest.mark.parametrize("lacks", ["", "AbortSignal.timeout", "HTMLFormElement.prototype.requestSubmit"])
def test_a_page_that_stood_open_for_long_works_as_any_other_in_older_browsers_too(
    visitor: Visit, lacks: str
) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.004222")
    if lacks:
        citizen.page.evaluate(f"delete {lacks}")
    citizen.page.evaluate("const now = Date.now; Date.now = () => now() + 1_800_000")
    citizen.presses(AGREE)
    citizen.is_at(re.compile("/ho-so/.*/giay-to/"))


def test_who_begins_a_dossier_after_the_session_ended_is_led_to_the_log_in_and_back(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    citizen.opens("/thu-tuc/1.004222/")
    citizen.page.evaluate(AN_HOUR_LATER)
    citizen.page.context.clear_cookies(name="sessionid")
    citizen.presses("Nộp hồ sơ trực tuyến")
    citizen.is_at(re.compile("/dang-nhap/"))
    logs_in_again(citizen)
    citizen.is_at("/thu-tuc/1.004222/")


def logs_in_on_another_page(citizen: Visitor, person: Person) -> None:
    """Log in on a page beside the one that stays open."""
    page = citizen.page.context.new_page()
    Visitor(page, citizen.url, has_javascript=True, pictures=None).logs_in(person)


def test_what_a_citizen_typed_goes_on_in_the_session_that_they_began_on_another_page(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.004222")
    citizen.types("Nơi ở hiện tại", "Số 12 phố Thử Nghiệm")
    citizen.page.context.clear_cookies()
    logs_in_on_another_page(citizen, cast.an)
    citizen.page.evaluate(AN_HOUR_LATER)
    citizen.presses(AGREE)
    citizen.is_at(re.compile("/ho-so/.*/giay-to/"))


def test_what_somebody_typed_does_not_go_on_in_the_session_of_another(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    citizen.opens("/ca-nhan/chinh-sua/")
    citizen.types("Số điện thoại", "0912345678")
    citizen.page.evaluate(AN_HOUR_LATER)
    citizen.page.context.clear_cookies()
    citizen.presses("Cập nhật")
    citizen.sees(re.compile("Phiên làm việc đã hết hạn. Thông tin đã nhập vẫn còn."))
    logs_in_on_another_page(citizen, cast.binh)
    citizen.page.wait_for_timeout(5000)  # the page looks every two seconds
    citizen.does_not_see("Đã đăng nhập lại. Vui lòng bấm lần nữa.")
    citizen.page.context.clear_cookies()
    logs_in_on_another_page(citizen, cast.an)
    citizen.sees("Đã đăng nhập lại. Vui lòng bấm lần nữa.")


def test_a_change_of_the_language_asks_before_it_takes_what_was_typed(visitor: Visit) -> None:
    citizen = visitor()
    asked: list[str] = []
    answers = ["dismiss", "accept"]
    citizen.page.on("dialog", lambda dialog: (asked.append(dialog.type), getattr(dialog, answers.pop(0))()))
    citizen.opens("/dang-ky/")
    citizen.types("Họ và tên", cast.an.full_name)
    citizen.page.get_by_role("button", name="English").click()
    assert asked == ["confirm"]
    assert citizen.field("Họ và tên").input_value() == cast.an.full_name
    citizen.presses("English")
    citizen.sees("Full name")
    citizen.presses("Tiếng Việt")
    citizen.sees("Họ và tên")
    assert asked == ["confirm"] * 2


def test_who_lost_the_session_without_javascript_reads_so_and_comes_back_to_the_draft(visitor: Visit) -> None:
    citizen = visitor(javascript=False)
    citizen.logs_in(cast.an)
    starts(citizen, "1.004222")
    citizen.page.context.clear_cookies(name="sessionid")
    citizen.presses(AGREE)
    citizen.sees(re.compile("Lần bấm vừa rồi chưa được nhận: chưa có gì được lưu hay gửi đi."))
    logs_in_again(citizen)
    citizen.is_at(re.compile("/ho-so/.*/nguoi-nop/"))
