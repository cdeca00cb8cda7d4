"""One browser, two people: who comes after a log-out finds nothing of the one before, not even by the back button."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.chromium import start_chromium
from tests.e2e.conftest import Stack, Visit, Visitor
from tests.e2e.test_desk import CHECK, DESK, both_ways, claims
from tests.people import cast

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def remembering(chromium: Browser) -> Iterator[Browser]:
    """Start a Chromium that keeps left pages alive for the back button, as people's browsers do."""
    again = start_chromium(chromium.browser_type, ignore_default_args=["--disable-back-forward-cache"])
    yield again
    again.close()


def goes_back_and_finds_nobody(visitor: Visitor) -> None:
    """Press back as often as there are pages, and insist that no page shows a person."""
    for _ in range(6):
        try:
            visitor.page.go_back()
        except Error as error:
            if "ERR_CACHE_MISS" in str(error):  # an answer to a form, which the browser did not keep
                return
            if "Not attached" not in str(error):
                raise
            # The browser is changing to a page that it kept alive: it is looked at once it is there.
            visitor.page.wait_for_timeout(500)
        shown = visitor.page.content()
        assert cast.an.full_name.casefold() not in shown.casefold()
        assert cast.an.number not in shown
        assert "999******001" not in shown
        if visitor.page.url == "about:blank":
            return


@both_ways
def test_after_log_out_the_back_button_shows_nothing_of_a_citizen(
    remembering: Browser, stack: Stack, javascript: bool
) -> None:
    context = remembering.new_context(java_script_enabled=javascript)
    citizen = Visitor(context.new_page(), stack.url, javascript, None)
    citizen.logs_in(cast.an)
    citizen.opens("/ca-nhan/")
    citizen.sees(cast.an.full_name)
    citizen.opens("/ho-so/")
    citizen.opens("/ca-nhan/chinh-sua/")
    citizen.presses("Đăng xuất")
    citizen.is_at(re.compile("/.*"))

    goes_back_and_finds_nobody(citizen)
    context.close()


@both_ways
def test_after_log_out_the_back_button_shows_nothing_of_a_check(
    remembering: Browser, stack: Stack, javascript: bool
) -> None:
    context = remembering.new_context(java_script_enabled=javascript)
    officer = Visitor(context.new_page(), stack.url, javascript, None)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    claims(officer, cast.an)
    officer.presses(CHECK)
    officer.sees("Xác thực thành công")
    officer.opens("/mot-cua/")
    officer.presses("Đăng xuất")

    goes_back_and_finds_nobody(officer)
    context.close()


@pytest.mark.parametrize("logs_out", [False, True], ids=["who stayed", "who logged out"])
def test_a_page_that_comes_back_from_a_browsers_memory_is_seen_by_its_own_person_alone(
    visitor: Visit, logs_out: bool
) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    citizen.opens("/ca-nhan/chinh-sua/")
    citizen.types("Địa chỉ liên hệ", "Số 12 phố Thử Nghiệm")
    if logs_out:
        citizen.page.context.clear_cookies(name="sessionid")

    # As browsers of Safari's family do where there is no TLS.
    citizen.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    if logs_out:
        citizen.is_at(re.compile("/dang-nhap/"))
    else:
        expect(citizen.field("Địa chỉ liên hệ")).to_have_value("Số 12 phố Thử Nghiệm")
