"""Papers over a slow line: the line drops in the middle of a file, the page is closed, and nothing is sent twice."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Request, Route, expect

from tests.e2e.conftest import NARROW, Visit, Visitor
from tests.e2e.test_desk import both_ways
from tests.e2e.test_filing import AGREE, fills_in_contact, starts
from tests.people import cast

pytestmark = pytest.mark.browser

LARGE = {
    "name": "giay-chung-sinh.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7\n" + bytes(range(256)) * 4000 + b"\n%%EOF\n",
}
SMALL = LARGE | {"name": "to-khai.pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
PIECES = re.compile("/tai-len/[^/]+/$")


class Line:
    """The line between a browser and the product: it counts what goes over it, and drops when told."""

    def __init__(self, visitor: Visitor) -> None:
        self.pieces = 0
        self.bytes = 0
        self.drops_after: int | None = None
        visitor.page.route(PIECES, self._bring)

    def _bring(self, route: Route, request: Request) -> None:
        if request.method == "PATCH" and self.drops_after is not None and self.pieces >= self.drops_after:
            return route.abort("connectionreset")
        if request.method == "PATCH":
            self.pieces += 1
            self.bytes += len(request.post_data_buffer or b"")
        return route.continue_()


def comes_to_papers(visitor: Visitor, code: str = "1.001193") -> str:
    """Log in, begin a dossier and come to the step of the papers; return its address."""
    visitor.logs_in(cast.an)
    starts(visitor, code)
    fills_in_contact(visitor)
    visitor.presses(AGREE)
    visitor.sees(re.compile("Xác thực thành công"))
    return visitor.page.url.removeprefix(visitor.url)


def chooses_files(visitor: Visitor, *files: dict[str, Any]) -> None:
    """Choose files for the first paper."""
    visitor.page.locator("input[type=file]").first.set_input_files(list(files))


def forgives_lost_lines(visitor: Visitor) -> None:
    """Leave out what a browser itself says of a line that dropped."""
    visitor.complaints[:] = [one for one in visitor.complaints if "net::ERR" not in one]


def test_a_file_goes_on_where_the_line_dropped_and_where_the_page_was_closed(visitor: Visit) -> None:
    citizen = visitor(width=NARROW)
    path = comes_to_papers(citizen)
    line = Line(citizen)
    line.drops_after = 2
    chooses_files(citizen, LARGE)
    citizen.sees("Mất kết nối, sẽ tự thử lại…")
    citizen.looks_closely("uploads-lost")
    line.drops_after = 3
    citizen.page.evaluate("dispatchEvent(new Event('online'))")
    expect(citizen.page.get_by_role("progressbar")).to_have_attribute(
        "aria-label", re.compile("giay-chung-sinh")
    )
    for _ in range(200):
        if line.pieces == 3:
            break
        citizen.page.wait_for_timeout(50)
    citizen.sees("Mất kết nối, sẽ tự thử lại…")

    citizen.opens(path)
    citizen.sees(re.compile(r"Đã tải \d+%\. Chọn lại đúng tệp để tải tiếp\."))
    citizen.looks_closely("uploads-unfinished")
    citizen.keeps_for_readers("filing-unfinished")
    sent = line.bytes
    assert 0 < sent < len(LARGE["buffer"])
    line.drops_after = None
    chooses_files(citizen, LARGE)
    citizen.does_not_see(re.compile("Chọn lại đúng tệp"))
    expect(citizen.page.get_by_role("link", name="giay-chung-sinh.pdf")).to_be_visible()
    assert line.bytes == len(LARGE["buffer"]), "no byte went over the line twice"
    citizen.looks_closely("uploads-whole")
    with citizen.page.expect_download() as download:
        citizen.follows("giay-chung-sinh.pdf")
    assert download.value.path().read_bytes() == LARGE["buffer"]
    forgives_lost_lines(citizen)
    citizen.presses("Xóa tệp giay-chung-sinh.pdf")
    expect(citizen.page.get_by_role("link", name="giay-chung-sinh.pdf")).to_have_count(0)


def test_another_file_of_the_same_name_and_size_is_begun_anew(visitor: Visit) -> None:
    citizen = visitor()
    path = comes_to_papers(citizen)
    line = Line(citizen)
    line.drops_after = 1
    first = LARGE | {"name": "image.pdf"}
    second = first | {"buffer": b"%PDF-1.4\n" + LARGE["buffer"][9:]}
    chooses_files(citizen, first)
    citizen.sees("Mất kết nối, sẽ tự thử lại…")
    citizen.opens(path)
    citizen.sees(re.compile("Chọn lại đúng tệp"))
    line.drops_after = None
    chooses_files(citizen, second)
    with citizen.page.expect_download() as download:
        citizen.follows("image.pdf")
    assert download.value.path().read_bytes() == second["buffer"]
    citizen.does_not_see(re.compile("Chọn lại đúng tệp"))
    citizen.presses("Xóa tệp image.pdf")
    forgives_lost_lines(citizen)


def test_files_are_held_and_cancelled_and_refused_before_a_byte_is_sent(visitor: Visit) -> None:
    citizen = visitor()
    comes_to_papers(citizen)
    line = Line(citizen)
    line.drops_after = 1
    large = LARGE | {"name": "to-trinh.pdf"}
    text = LARGE | {"name": "ghi-chu.txt", "mimeType": "text/plain"}
    huge = LARGE | {"name": "phim.pdf", "buffer": b"%PDF-1.7\n" + b"0" * 11 * 1024 * 1024}
    chooses_files(citizen, text, huge, large, SMALL | {"name": "trong.pdf", "buffer": b""})
    citizen.sees(re.compile("Tệp không phải PDF, JPEG hoặc PNG"))
    citizen.sees(re.compile("Tệp lớn hơn 10 MB"))
    citizen.sees("Mất kết nối, sẽ tự thử lại…")
    assert line.pieces == 1
    citizen.page.get_by_role("button", name="Tạm dừng tải tệp to-trinh.pdf").click()
    citizen.sees("Đã tạm dừng.")
    citizen.looks_closely("uploads-held")
    line.drops_after = None
    citizen.page.wait_for_timeout(1500)
    assert line.pieces == 1
    line.drops_after = 3
    citizen.page.get_by_role("button", name="Tiếp tục tải tệp to-trinh.pdf").click()
    citizen.sees("Mất kết nối, sẽ tự thử lại…")
    citizen.page.get_by_role("button", name="Hủy tải tệp to-trinh.pdf").click()
    citizen.sees(re.compile("Tệp trống"))
    expect(citizen.page.get_by_role("progressbar")).to_have_count(0)
    citizen.page.reload()
    citizen.does_not_see(re.compile("to-trinh"))
    forgives_lost_lines(citizen)


def test_a_paper_that_was_missing_and_is_given_is_called_missing_no_more(visitor: Visit) -> None:
    citizen = visitor(width=NARROW)
    comes_to_papers(citizen, "1.013227")
    citizen.presses("Tiếp tục")
    missing = "Chưa có giấy tờ bắt buộc: Đơn đề nghị gia hạn."
    citizen.sees(missing)
    chooses_files(citizen, SMALL)
    citizen.sees(re.compile("to-khai.pdf"))
    citizen.does_not_see(missing)
    citizen.sees("Chưa có giấy tờ bắt buộc: Bản chính giấy phép đã cấp.")
    citizen.looks_closely("uploads-missing")


def test_going_on_waits_for_files_that_are_on_the_way(visitor: Visit) -> None:
    citizen = visitor()
    comes_to_papers(citizen)
    large = LARGE | {"name": "ban-sao.pdf"}
    for chooser in citizen.page.locator('.field:has-text("(bắt buộc)") input[type=file]').all():
        chooser.set_input_files([SMALL, large])
    citizen.presses("Tiếp tục")
    citizen.sees("Lời cam đoan")
    citizen.sees("ban-sao.pdf")
    citizen.sees("to-khai.pdf")


def test_who_goes_on_while_a_file_is_on_the_way_sees_that_the_page_waits_for_it(visitor: Visit) -> None:
    citizen = visitor(width=NARROW)
    comes_to_papers(citizen, "2.000950")
    line = Line(citizen)
    line.drops_after = 0
    chooses_files(citizen, SMALL)
    citizen.sees("Mất kết nối, sẽ tự thử lại…")
    citizen.presses("Tiếp tục")
    told = citizen.page.locator(".notice", has_text="Đang tải nốt tệp. Tải xong, trang sẽ tự đi tiếp.")
    expect(told).to_be_visible()
    citizen.looks_closely("uploads-waiting")
    line.drops_after = None
    citizen.sees("Chưa có giấy tờ bắt buộc: Biên bản kiểm phiếu hoặc biểu quyết.")
    expect(told).to_have_count(0)
    forgives_lost_lines(citizen)


def test_a_large_photograph_is_drawn_smaller_before_it_goes(visitor: Visit) -> None:
    written = BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").resize((4500, 3000)).save(written, "JPEG", quality=100)
    photo = {"name": "anh-chup.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}
    assert len(written.getvalue()) > 3_000_000
    citizen = visitor()
    comes_to_papers(citizen)
    line = Line(citizen)
    chooses_files(citizen, photo)
    expect(citizen.page.get_by_role("link", name="anh-chup.jpg")).to_be_visible()
    assert 0 < line.bytes < len(written.getvalue())
    with citizen.page.expect_download() as download:
        citizen.follows("anh-chup.jpg")
    with Image.open(download.value.path()) as kept:
        assert max(kept.size) == 4000
    citizen.presses("Xóa tệp anh-chup.jpg")


# As Firefox does once it is told to resist fingerprinting, and as browsers made of it do by themselves.
_FALSIFIES_DRAWINGS = """() => {
    const { prototype: pen } = CanvasRenderingContext2D, { prototype: canvas } = HTMLCanvasElement;
    const read = pen.getImageData, write = canvas.toBlob;
    pen.getImageData = function (...where) {
        const got = read.apply(this, where);
        got.data.forEach((color, place) => { got.data[place] = color ^ 0b10101010; });
        return got;
    };
    canvas.toBlob = function (...how) {
        this.getContext("2d").fillRect(0, 0, this.width, this.height);
        write.apply(this, how);
    };
}"""


def test_a_browser_that_falsifies_what_is_drawn_sends_a_photograph_as_it_is(visitor: Visit) -> None:
    written = BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").resize((4500, 3000)).save(written, "JPEG", quality=100)
    photo = {"name": "anh-that.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}
    citizen = visitor()
    comes_to_papers(citizen)
    citizen.page.evaluate(_FALSIFIES_DRAWINGS)
    line = Line(citizen)
    chooses_files(citizen, photo)
    expect(citizen.page.get_by_role("link", name="anh-that.jpg")).to_be_visible()
    assert line.bytes == len(written.getvalue())
    citizen.presses("Xóa tệp anh-that.jpg")


def test_a_photograph_that_windows_saved_under_its_own_suffix_is_taken(visitor: Visit) -> None:
    written = BytesIO()
    Image.new("RGB", (60, 40), "red").save(written, "JPEG")
    citizen = visitor()
    comes_to_papers(citizen)
    chooses_files(citizen, {"name": "anh.JFIF", "mimeType": "image/jpeg", "buffer": written.getvalue()})
    expect(citizen.page.get_by_role("link", name="anh.jpg")).to_be_visible()


@both_ways
def test_a_paper_is_used_again_and_found_in_the_store(visitor: Visit, javascript: bool) -> None:
    citizen = visitor(javascript=javascript)
    path = comes_to_papers(citizen, "1.004873" if javascript else "1.001193")
    name = f"so-ho-khau-{'co' if javascript else 'khong'}-js.pdf"
    chooses_files(citizen, SMALL | {"name": name})
    citizen.presses("Lưu giấy tờ")
    expect(citizen.page.get_by_role("link", name=name)).to_be_visible()

    citizen.page.get_by_role("link", name=re.compile("^Dùng lại giấy tờ đã nộp cho mục")).last.click()
    citizen.looks_closely("reuse")
    citizen.page.get_by_role("searchbox").fill(name)
    citizen.presses("Tìm")
    citizen.presses(f"Dùng tệp này: {name}")
    citizen.is_at(path)
    citizen.sees(re.compile("Đã dùng lại tệp"))
    expect(citizen.page.locator("main").get_by_role("link", name=name)).to_have_count(2)

    citizen.follows("Kho giấy tờ")
    citizen.looks_closely("my-papers")
    if javascript:
        citizen.keeps_for_readers("my-papers")
    expect(citizen.page.get_by_role("link", name=name)).to_have_count(1)
