"""The three journeys, request by request, as a person without JavaScript makes them.

Each step has the name of the page and is one request; the same journeys run over HTTP, where processor time is read,
and inside one process, where queries are counted.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from bench.browser import Browser, Page, gist
from bench.crowd import PASSWORD, officer_login, somebody

Step = Callable[[], Page]
Watch = Callable[[str, Step], Page]  # runs a step and notes what it took

DESK_PROCEDURE = "1.004873"
FILED_PROCEDURE = "1.004873"
PHONE = "0912345678"
CHECK_BUTTON = "Kiểm tra danh tính số"
_NEW_PASSWORD = "ba-con-trau-gam-co-xanh"


def log_in(browser: Browser, watch: Watch, word: str) -> None:
    """Log in with the crowd's password."""
    watch("Đăng nhập: trang", lambda: browser.get("/dang-nhap/"))
    watch("Đăng nhập: bấm nút", lambda: browser.press("Đăng nhập", word=word, password=PASSWORD))


def reception(browser: Browser, watch: Watch, place: int) -> None:
    """Receive one person's dossier at the desk; the officer is logged in."""
    person = somebody(place)
    said = {
        "full_name": person.full_name,
        "number": person.number,
        "birth_date": person.typed_birth,
        "procedure": procedure_key(watch("Một cửa: tiếp nhận", lambda: browser.get("/mot-cua/tiep-nhan/"))),
    }
    _insist(watch("Một cửa: kiểm tra", lambda: browser.press(CHECK_BUTTON, **said)), "Xác thực thành công")
    watch("Một cửa: lưu hồ sơ", lambda: browser.press("Lưu hồ sơ", phone=PHONE))
    receipt = watch("Một cửa: phiếu", browser.follow)
    _insist(receipt, "Giấy tiếp nhận hồ sơ")
    watch("Một cửa: hồ sơ", lambda: browser.get(receipt.url.replace("phieu/", "")))
    watch("Một cửa: danh sách", lambda: browser.get("/mot-cua/"))


def registration(browser: Browser, watch: Watch, place: int) -> None:
    """Register an account for one person who has none."""
    person = somebody(place)
    watch("Đăng ký: trang", lambda: browser.get("/dang-ky/"))
    watch(
        "Đăng ký: bấm nút",
        lambda: browser.press(
            "Đăng ký",
            full_name=person.full_name,
            number=person.number,
            birth_date=person.typed_birth,
            phone=PHONE,
            password=_NEW_PASSWORD,
            password_again=_NEW_PASSWORD,
            has_read_notice="on",
        ),
    )
    _insist(watch("Đăng ký: hoàn tất", browser.follow), "Đăng ký thành công")


def profile(browser: Browser, watch: Watch) -> None:
    """Look at one's own data and at the form that changes them."""
    watch("Cá nhân", lambda: browser.get("/ca-nhan/"))
    watch("Cá nhân: chỉnh sửa", lambda: browser.get("/ca-nhan/chinh-sua/"))


def catalogue(browser: Browser, watch: Watch) -> None:
    """Find the procedure."""
    watch("Trang đầu", lambda: browser.get("/"))
    watch("Thủ tục: tìm", lambda: browser.get("/thu-tuc/?q=xac+nhan"))
    watch("Thủ tục", lambda: browser.get(f"/thu-tuc/{FILED_PROCEDURE}/"))


def filing(browser: Browser, watch: Watch) -> None:
    """File one dossier, from the procedure's page to the code; the citizen is logged in and has no such draft."""
    watch("Thủ tục", lambda: browser.get(f"/thu-tuc/{FILED_PROCEDURE}/"))
    watch("Nộp: bắt đầu", lambda: browser.press("Nộp hồ sơ trực tuyến"))
    watch("Nộp: người nộp", browser.follow)
    watch(
        "Nộp: đồng ý và tiếp tục",
        lambda: browser.press("Đồng ý và tiếp tục", phone=PHONE, address="Số 1 phố Thử Nghiệm"),
    )
    _insist(watch("Nộp: giấy tờ", browser.follow), "Giấy tờ")
    papers = {first_file_field(browser.page): ("giay-to.png", "image/png", picture())}
    watch("Nộp: tải giấy tờ lên", lambda: browser.press("Tiếp tục", files=papers))
    watch("Nộp: xem lại", browser.follow)
    watch("Nộp: nộp hồ sơ", lambda: browser.press("Nộp hồ sơ", oath="on"))
    _insist(watch("Nộp: hoàn tất", browser.follow), "Mã hồ sơ")


def own_dossiers(browser: Browser, watch: Watch) -> None:
    """Look at one's own dossiers, and track one by a code."""
    done = browser.page
    watch("Hồ sơ của tôi", lambda: browser.get("/ho-so/"))
    watch("Hồ sơ", lambda: browser.get(done.url.replace("hoan-tat/", "")))
    watch("Tra cứu", lambda: browser.get("/tra-cuu/"))


def first_officer() -> str:
    """Return the log-in word of the officer whose pages are measured."""
    return officer_login(0)


def picture() -> bytes:
    """Return a small real PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    side = 64
    rows = b"".join(b"\x00" + bytes((row * 3, 120, 200)) * side for row in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def procedure_key(page: Page) -> str:
    """Return the value of the desk's procedure on the page's list."""
    before, found, _ = page.text.partition(f"({DESK_PROCEDURE})</option>")
    if not found:
        raise AssertionError(f"the desk offers no procedure {DESK_PROCEDURE}")
    return before.rpartition('value="')[2].partition('"')[0]


def first_file_field(page: Page) -> str:
    """Return the name of the first paper's field: the procedure requires this one alone."""
    return page.text.partition('type="file"')[2].partition('name="')[2].partition('"')[0]


def _insist(page: Page, words: str) -> None:
    if words not in page.text:
        raise AssertionError(f"{page.url} ({page.status}) does not say “{words}”: {gist(page)}")
