"""The camera beside the scanner: a card's code that it sees is checked, and nothing is asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, expect

from tests.chromium import start_chromium
from tests.e2e.conftest import Visit
from tests.e2e.test_desk import DESK, MARRIAGE, card_of
from tests.people import cast

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 640, 480


def film(text: str, folder: Path) -> Path:
    """Write a film of one picture, a card's code before a gray wall, as cameras give it (YUV4MPEG2)."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=5, border=4)]
    top, left = (HEIGHT - len(rows)) // 2, (WIDTH - len(rows[0])) // 2
    wall = bytes([150])
    picture = bytearray(wall * WIDTH * HEIGHT)
    for y, row in enumerate(rows, top):
        picture[y * WIDTH + left : y * WIDTH + left + len(row)] = bytes(30 if dark else 225 for dark in row)
    path = folder / "card.y4m"
    frame = b"FRAME\n" + bytes(picture) + bytes([128]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2)
    return path


@pytest.fixture
def camera(chromium: Browser, tmp_path: Path) -> Iterator[Browser]:
    """Start a browser before whose camera lies Cúc's card."""
    options = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film(card_of(cast.cuc), tmp_path)}",
    ]
    browser = start_chromium(chromium.browser_type, *options)
    yield browser
    browser.close()


def test_a_card_before_the_camera_is_checked(visitor: Visit, camera: Browser) -> None:
    officer = visitor(browser=camera, width=390, has_touch=True)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.chooses("Thủ tục", re.compile(re.escape(MARRIAGE)))
    officer.sees(re.compile("Thời hạn giải quyết:"))
    officer.presses("Quét bằng máy ảnh")
    officer.sees("Xác thực thành công")
    expect(officer.page.get_by_role("dialog")).to_have_count(0)
    assert officer.field("Số CCCD/CMND").input_value() == cast.cuc.number


def test_where_the_camera_is_refused_the_officer_is_told_what_to_do(visitor: Visit) -> None:
    officer = visitor(width=390, has_touch=True)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.presses("Quét bằng máy ảnh")
    officer.sees(re.compile("Vui lòng (cho phép ở thanh địa chỉ|dùng máy quét)"))
    officer.looks_closely("desk-camera")
    officer.presses("Đóng")
    expect(officer.page.get_by_role("dialog")).to_have_count(0)
    expect(
        officer.page.get_by_role("button", name="Quét bằng máy ảnh").filter(visible=True).first
    ).to_be_focused()


def test_without_a_script_there_is_no_button_that_does_nothing(visitor: Visit) -> None:
    officer = visitor(javascript=False, width=390, has_touch=True)
    officer.logs_in(cast.lan)
    officer.opens(DESK)
    officer.does_not_see("Quét bằng máy ảnh")
