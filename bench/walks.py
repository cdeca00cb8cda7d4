"""How long people take: an officer with a walk-in and a scanned card, a citizen on a telephone with a slow line.

A browser does what they do, at the pace of the keystroke-level model (Card, Moran, Newell 1980): so many seconds a key,
a tap, and a thought before each thing that is decided or read. What the product takes meanwhile is hidden or shown by
the same pauses as it would be for people.
"""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.chromium import start_chromium
from tests.e2e.conftest import running
from tests.e2e.test_desk import card_of
from tests.people import PASSWORD, Person, cast

_KEY: Final = 0.28  # seconds, an average typist
_KEY_ON_GLASS: Final = 0.32
_TAP: Final = 1.1
_THOUGHT: Final = 1.35
# A slow mobile line, as Lighthouse takes it: 1.6 Mbit/s down, 0.75 up, 150 ms there and back.
_SLOW_LINE: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}


@dataclass
class Hands:
    """Somebody at a page; counts keys, taps and thoughts, and takes the time for them."""

    page: Page
    key_seconds: float
    keys: int = 0
    taps: int = 0
    thoughts: int = 0

    def thinks(self) -> None:
        """Read, or decide what comes next."""
        self.thoughts += 1
        time.sleep(_THOUGHT)

    def types(self, text: str) -> None:
        """Type a text where the focus is."""
        self.keys += len(text)
        self.page.keyboard.type(text, delay=self.key_seconds * 1000)

    def presses(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)
            time.sleep(self.key_seconds)

    def taps_on(self, target: Locator) -> None:
        """Tap something."""
        self.taps += 1
        time.sleep(_TAP)
        target.tap()


def walked() -> dict[str, Any]:
    """Return the steps and seconds of both ways."""
    with (
        tempfile.TemporaryDirectory(prefix="motcua-walks-") as folder,
        running(Path(folder)) as stack,
        sync_playwright() as playwright,
    ):
        browser = start_chromium(playwright.chromium)
        try:
            return _at_the_desk(browser, stack.url) | _on_a_telephone(browser, stack.url)
        finally:
            browser.close()


def _at_the_desk(browser: Browser, url: str) -> dict[str, Any]:
    """Receive a walk-in for marriage registration: from the empty form to the printed receipt's page."""
    page = browser.new_context(locale="vi-VN", viewport={"width": 1366, "height": 768}).new_page()
    log_in(page, url, cast.minh)
    page.goto(f"{url}/mot-cua/tiep-nhan/")
    hands = Hands(page, _KEY)
    began = time.monotonic()
    hands.thinks()
    hands.types("ket hon")
    hands.presses("Enter")
    expect(page.get_by_label("Quét mã trên thẻ").first).to_be_focused()
    hands.thinks()  # takes the card and holds it under the scanner, which types and presses Enter
    page.keyboard.insert_text(card_of(cast.an2))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Xác thực thành công").first).to_be_visible()
    hands.thinks()
    hands.types("0912345678")
    ticks = page.locator("#thanh-phan input[type=checkbox]")
    hands.thinks()
    while not ticks.first.evaluate("box => box === document.activeElement"):
        hands.presses("Tab")
    hands.presses("Space")
    hands.thinks()
    hands.presses("Control+Enter")
    expect(page.get_by_text("Giấy tiếp nhận hồ sơ").first).to_be_visible()
    return {
        "walk_desk_seconds": round(time.monotonic() - began, 1),
        "walk_desk_keys": hands.keys,
        "walk_desk_thoughts": hands.thoughts,
        "walk_desk_mouse": hands.taps,
    }


def _on_a_telephone(browser: Browser, url: str) -> dict[str, Any]:
    """File for a confirmation of residence, with a photograph: from the procedure's page to the dossier's code."""
    context = browser.new_context(
        locale="vi-VN", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _SLOW_LINE)
    log_in(page, url, cast.an)
    photograph = {"name": "to-khai.jpg", "mimeType": "image/jpeg", "buffer": _photograph()}
    hands = Hands(page, _KEY_ON_GLASS)
    began = time.monotonic()
    page.goto(f"{url}/thu-tuc/1.010041/")
    hands.thinks()
    hands.taps_on(page.get_by_role("button", name="Nộp hồ sơ trực tuyến").first)
    expect(page.get_by_role("heading", name="Thông tin người nộp hồ sơ")).to_be_visible()
    hands.thinks()
    for name, said in (
        ("Số điện thoại", "0912345678"),
        ("Nơi ở hiện tại", "Số 9 phố Thử Nghiệm, phường Mẫu A"),
    ):
        field = page.get_by_label(re.compile(rf"^{name}\b")).first
        if not field.input_value():
            hands.taps_on(field)
            hands.types(said)
    cases = page.get_by_role("group", name="Trường hợp").get_by_role("radio")
    if cases.count():
        hands.thinks()
        hands.taps_on(cases.first)
    hands.taps_on(page.get_by_role("button", name="Đồng ý và tiếp tục"))
    expect(page.get_by_role("heading", name="Giấy tờ", exact=True)).to_be_visible()
    hands.thinks()
    for chooser in page.locator('.field:has-text("(bắt buộc)") input[type=file]').all():
        hands.taps += 2  # opens the chooser, and takes a photograph in it
        time.sleep(2 * _TAP + _THOUGHT)
        chooser.set_input_files([photograph])
    hands.taps_on(page.get_by_role("button", name="Tiếp tục"))
    expect(page.get_by_text("Lời cam đoan").first).to_be_visible()
    hands.thinks()
    hands.taps_on(page.get_by_role("checkbox").first)
    hands.taps_on(page.get_by_role("button", name="Nộp hồ sơ"))
    expect(page.get_by_text(re.compile(r"-\d{6}-\d{4}")).first).to_be_visible()
    return {
        "walk_phone_seconds": round(time.monotonic() - began, 1),
        "walk_phone_taps": hands.taps,
        "walk_phone_keys": hands.keys,
        "walk_phone_thoughts": hands.thoughts,
        "walk_phone_photograph_kb": len(photograph["buffer"]) // 1024,
    }


def log_in(page: Page, url: str, person: Person) -> None:
    """Log one of the cast in at a page of the demo."""
    page.goto(f"{url}/dang-nhap/")
    page.get_by_label("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập").fill(person.login)
    page.get_by_label("Mật khẩu").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_attached(timeout=20_000)


def _photograph() -> bytes:
    """Return a photograph of the size that telephones take: noise over a page, which no encoder makes small."""
    side, chance = (1600, 1200), Random(7)
    noise = Image.frombytes("L", side, chance.randbytes(side[0] * side[1])).point(
        lambda gray: 200 + gray // 8
    )
    kept = BytesIO()
    Image.merge("RGB", [noise] * 3).save(kept, "JPEG", quality=90)
    return kept.getvalue()
