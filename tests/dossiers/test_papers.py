"""Papers: what is taken, what is refused, how it is kept, and who may open it."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from motcua.accounts.models import Citizen
from motcua.dossiers import papers
from motcua.dossiers.files import reading
from motcua.dossiers.files.reading import PaperRefused, read_paper
from motcua.dossiers.models import Dossier
from tests.dossiers.filing import (
    PDF,
    address,
    delete_forgotten_files,
    file_it,
    filed,
    give_papers,
    pdf,
    picture,
)
from tests.people import PASSWORD, cast

NOW = timezone.now()
ZIP_TAIL = b"PK\x03\x04" + b"<script>alert(1)</script>" * 20


def refusal(content: bytes, name: str = "to-khai.pdf") -> str:
    """Return why a file is refused."""
    with pytest.raises(PaperRefused) as refused:
        read_paper(SimpleUploadedFile(name, content, "application/pdf"))
    assert "Vui lòng" in refused.value.message
    return refused.value.reason


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + b"\x00" * 300, "to-khai.pdf"),
        (b"\x7fELF" + b"\x00" * 300, "anh.jpg"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "anh.png"),
        (b"<!doctype html><script>alert(1)</script>", "to-khai.pdf"),
        (b"PK\x03\x04" + b"\x00" * 300, "to-khai.pdf"),
        (b"GIF89a" + b"\x00" * 300, "anh.png"),
        (b"GIF89a/*\x00\x00*/=1;alert(document.domain)//" + b"\x00" * 300, "anh.jpg"),
        (b"alert(document.domain)//%PDF-1.7 %%EOF", "to-khai.pdf"),
        ("chỉ là chữ".encode(), "to-khai.pdf"),
    ],
    ids=["exe", "elf", "svg", "html", "zip", "gif", "gif and script", "script and pdf", "text"],
)
def test_a_file_of_another_type_is_refused_whatever_its_name(content: bytes, name: str) -> None:
    assert refusal(content, name) == "type"


@pytest.mark.parametrize("before", [b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n \n"])
def test_a_pdf_with_empty_lines_before_it_is_one(before: bytes) -> None:
    read = read_paper(SimpleUploadedFile("to-khai.pdf", before + PDF))

    assert (read.media_type, read.content) == (reading.PDF, before + PDF)


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "empty"


def test_a_file_over_the_limit_is_refused_with_the_limit(settings: Settings) -> None:
    settings.PAPER_MAX_BYTES = 1024 * 1024
    with pytest.raises(PaperRefused) as refused:
        read_paper(SimpleUploadedFile("to.pdf", PDF + b"\x00" * 1024 * 1024))
    assert refused.value.reason == "too_large"
    assert "1 MB" in refused.value.message


def test_a_pdf_that_was_cut_off_is_refused() -> None:
    assert refusal(PDF[:-10]) == "broken"


def test_a_pdf_that_was_filled_up_on_its_way_is_one() -> None:
    read = read_paper(SimpleUploadedFile("to-khai.pdf", PDF + b"\0" * 8192))

    assert (read.media_type, read.content) == (reading.PDF, PDF + b"\0" * 8192)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_was_cut_off_is_refused(kind: str) -> None:
    assert refusal(picture((300, 300), kind)[:-40], "anh.png") == "broken"


def chunk(name: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)


def test_a_picture_that_was_damaged_on_its_way_is_refused_and_not_kept_as_another() -> None:
    whole = bytearray(picture(kind="PNG"))
    whole[whole.index(b"IDAT") + 20] ^= 1
    assert refusal(bytes(whole), "anh.png") == "broken"


@pytest.mark.parametrize(
    "beside",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x/>" * 600_000)),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 100_000_000)),
        chunk(b"iCCP", b"scanner\0\0" + zlib.compress(b"a" * 2_000_000)),
        chunk(b"tEXt", b"Software\0a")[:-1] + b"?",
    ],
    ids=["history", "bomb", "profile", "damaged"],
)
def test_a_picture_is_kept_whatever_stands_beside_it_in_its_file(beside: bytes) -> None:
    whole = picture(kind="PNG")
    plain = read_paper(SimpleUploadedFile("anh.png", whole))

    assert read_paper(SimpleUploadedFile("anh.png", whole[:33] + beside + whole[33:])) == plain


def test_of_a_picture_that_moves_the_first_is_kept() -> None:
    first, second = Image.new("RGB", (30, 20), "red"), Image.new("RGB", (30, 20), "blue")
    moving, still = BytesIO(), BytesIO()
    first.save(moving, "PNG", save_all=True, append_images=[second])
    first.save(still, "PNG")

    assert read_paper(SimpleUploadedFile("anh.png", moving.getvalue())).content == still.getvalue()


def test_a_picture_that_names_colors_and_lists_none_is_refused() -> None:
    kept = BytesIO()
    Image.new("P", (30, 30)).save(kept, "PNG")
    drawn = kept.getvalue()
    colors = drawn.index(b"PLTE") - 4
    listed = 12 + int.from_bytes(drawn[colors : colors + 4])
    assert refusal(drawn[:colors] + drawn[colors + listed :], "anh.png") == "broken"


def test_a_picture_that_unfolds_to_gigabytes_is_refused_unread() -> None:
    assert refusal(picture((8000, 7000), "PNG"), "anh.png") == "too_many_pixels"


def test_a_picture_larger_than_the_library_itself_allows_is_refused() -> None:
    header = bytearray(picture((10, 10), "PNG"))
    header[16:24] = (60000).to_bytes(4, "big") + (60000).to_bytes(4, "big")
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    assert refusal(bytes(header), "anh.png") == "too_many_pixels"


def with_scans(more: int, tail: bytes = b"") -> bytes:
    """Return a progressive JPEG whose last refinement is written again and again."""
    whole = picture((64, 64), progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * more + whole[-2:] + tail


def test_a_picture_that_is_refined_without_end_is_refused_before_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_drawn_anew", lambda content, kind: pytest.fail("it was drawn"))
    for more in (100, 10_000):
        assert refusal(with_scans(more)) == "broken"
    whole = picture()
    assert refusal(whole[:2] + b"\xff\xe9\x00\x02" * 100_000 + whole[2:]) == "broken"
    whole = picture(kind="PNG")
    empty = b"\x00\x00\x00\x00abCd" + zlib.crc32(b"abCd").to_bytes(4)
    assert refusal(whole[:33] + empty * 100_000 + whole[33:]) == "broken"


def test_a_scan_in_thousands_of_pieces_is_kept() -> None:
    written = BytesIO()
    Image.effect_noise((700, 700), 90).save(written, "PNG")
    whole = written.getvalue()
    start = whole.index(b"IDAT") - 4
    data, place = b"", start
    while (kind := whole[place + 4 : place + 8]) == b"IDAT":
        length = int.from_bytes(whole[place : place + 4])
        data += whole[place + 8 : place + 8 + length]
        place += 12 + length
    assert kind == b"IEND"
    pieces = [data[at : at + 100] for at in range(0, len(data), 100)]
    assert len(pieces) > 3000
    chunks = [
        len(piece).to_bytes(4) + b"IDAT" + piece + zlib.crc32(b"IDAT" + piece).to_bytes(4) for piece in pieces
    ]
    finely_cut = whole[:start] + b"".join(chunks) + whole[place:]
    assert read_paper(SimpleUploadedFile("a.png", finely_cut)).media_type == reading.PNG


def test_an_honest_progressive_photograph_is_kept_whatever_film_is_behind_it() -> None:
    film = b"ftypmp42" + b"\xff\xda\x00\x02" * 500
    assert read_paper(SimpleUploadedFile("anh.jpg", with_scans(0, film))).media_type == reading.JPEG


def test_while_another_picture_is_drawn_one_waits_and_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_PATIENCE", 0.01)
    with reading._DRAWING:
        assert refusal(picture(), "anh.jpg") == "busy"
        assert read_paper(SimpleUploadedFile("to.pdf", PDF)).media_type == reading.PDF
    assert read_paper(SimpleUploadedFile("anh.jpg", picture())).media_type == reading.JPEG


def test_a_large_photograph_is_made_smaller() -> None:
    read = read_paper(SimpleUploadedFile("anh.jpg", picture((6000, 3000))))

    assert Image.open(BytesIO(read.content)).size == (4000, 2000)


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_a_large_scan_in_few_colors_loses_none_of_its_thin_lines(mode: str) -> None:
    ruled = Image.new("L", (300, 6000), 255)
    for y in range(100, 6000, 100):
        ruled.paste(0, (0, y, 300, y + 1))
    written = BytesIO()
    ruled.convert(mode).save(written, "PNG")

    kept = Image.open(BytesIO(read_paper(SimpleUploadedFile("quet.png", written.getvalue())).content))

    assert kept.height == 4000
    column = kept.convert("L").crop((100, 0, 101, 4000)).tobytes()
    assert len(re.findall(rb"[\x00-\xc8]+", column)) == 59


def test_a_scan_in_few_colors_that_is_small_enough_is_not_refused_for_what_we_make_of_it(
    settings: Settings,
) -> None:
    written = BytesIO()
    Image.effect_noise((600, 400), 60).convert("RGB").quantize(64).save(written, "PNG", optimize=True)
    settings.PAPER_MAX_BYTES = len(written.getvalue()) * 5 // 4

    read = read_paper(SimpleUploadedFile("quet.png", written.getvalue()))

    with Image.open(written) as given, Image.open(BytesIO(read.content)) as kept:
        assert kept.convert("RGB").tobytes() == given.convert("RGB").tobytes()


def test_a_photograph_that_is_small_enough_is_not_refused_for_the_quality_that_we_give_it(
    settings: Settings,
) -> None:
    written = BytesIO()
    Image.effect_noise((900, 900), 60).save(written, "JPEG", quality=70)
    settings.PAPER_MAX_BYTES = written.tell()

    read = read_paper(SimpleUploadedFile("anh.jpg", written.getvalue()))

    assert len(read.content) <= settings.PAPER_MAX_BYTES


def test_a_picture_that_uses_a_color_it_does_not_list_is_kept_as_it_is_shown() -> None:
    head, pixels = struct.pack(">IIBBBBB", 4, 2, 8, 3, 0, 0, 0), zlib.compress(b"\0\0\1\2\7" * 2)
    parts = [(b"IHDR", head), (b"PLTE", b"\xff\0\0\0\0\xff"), (b"IDAT", pixels), (b"IEND", b"")]
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)

    read = read_paper(SimpleUploadedFile("quet.png", picture))

    with Image.open(BytesIO(picture)) as given, Image.open(BytesIO(read.content)) as kept:
        assert kept.convert("RGB").tobytes() == given.convert("RGB").tobytes()


def test_a_photograph_stands_upright_and_tells_no_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Hang may anh"
    exif.get_ifd(0x8825)[1] = "N"

    read = read_paper(SimpleUploadedFile("anh.jpg", picture((60, 40), exif=exif)))

    kept = Image.open(BytesIO(read.content))
    assert kept.size == (40, 60)
    assert not kept.getexif()
    assert b"Hang may anh" not in read.content


def written_by_a_camera(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Return EXIF with these entries: tag, type, count and four bytes of value."""
    table = b"".join(struct.pack(">HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(entries)) + table + bytes(4)


@pytest.mark.filterwarnings("ignore::UserWarning")  # the library says that it is nonsense
@pytest.mark.parametrize(
    ("exif", "size"),
    [
        (written_by_a_camera((0x0112, 3, 1, b"\0\x06\0\0"), (0x011A, 2, 4, b"abc\0")), (40, 60)),
        (written_by_a_camera((0x0112, 3, 1, b"\0\x08\0\0"), (0x8298, 5, 1, b"\xff\xff\xff\xff")), (40, 60)),
        (written_by_a_camera((0x0112, 2, 4, b"six\0")), (60, 40)),
        (written_by_a_camera((0x0112, 3, 1, b"\0\x63\0\0")), (60, 40)),
        (b"Exif\0\0MM\0*\xff\xff\xff\xff", (60, 40)),
    ],
)
def test_a_photograph_is_kept_whatever_nonsense_its_camera_wrote(exif: bytes, size: tuple[int, int]) -> None:
    read = read_paper(SimpleUploadedFile("anh.jpg", picture((60, 40), exif=exif)))

    assert Image.open(BytesIO(read.content)).size == size


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hides_behind_a_picture_is_dropped(kind: str) -> None:
    read = read_paper(SimpleUploadedFile("anh.jpg", picture((60, 40), kind) + ZIP_TAIL))

    assert b"<script>" not in read.content
    assert b"PK\x03\x04" not in read.content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind_of_scanner_are_kept(mode: str) -> None:
    written = BytesIO()
    Image.new(mode, (30, 20)).save(written, "JPEG" if mode == "CMYK" else "PNG")

    read = read_paper(SimpleUploadedFile("quet", written.getvalue()))

    assert Image.open(BytesIO(read.content)).size == (30, 20)


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_a_gray_scan_keeps_its_grays_however_finely_it_tells_them(mode: str) -> None:
    whitest = 255 if mode == "L" else 65535
    scan = Image.new(mode, (30, 20), whitest)
    scan.paste(Image.new(mode, (15, 20), whitest // 4), (0, 0))
    written = BytesIO()
    scan.save(written, "PNG")

    read = read_paper(SimpleUploadedFile("quet.png", written.getvalue()))

    for one in (read.content, read.preview):
        kept = Image.open(BytesIO(one)).convert("L")
        assert kept.getpixel((5, 10)) == pytest.approx(63, abs=4)
        assert kept.getpixel((25, 10)) == pytest.approx(255, abs=4)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Giấy chứng sinh.PDF", "Giấy chứng sinh.pdf"),
        ("to-khai.exe", "to-khai.pdf"),
        ("..\\..\\etc\\passwd", "passwd.pdf"),
        ("\u202etxt.cod", "txt.pdf"),
        ("Screenshot 2026-11-29 at 9.41.00\u202fAM.png", "Screenshot 2026-11-29 at 9.41.00 AM.pdf"),
        ("Đơn\u00a0xin\tcấp.pdf", "Đơn xin cấp.pdf"),
        ("....", "giay-to.pdf"),
        ("a" * 300, "a" * 120 + ".pdf"),
        ("Đơn ngày 12.05.2026", "Đơn ngày 12.05.2026.pdf"),
        ("Đơn của ông Ng. Văn An.PDF", "Đơn của ông Ng. Văn An.pdf"),
        ("Đơn của ông Ng. Văn An", "Đơn của ông Ng. Văn An.pdf"),
    ],
)
def test_a_files_shown_name_is_harmless(given: str, shown: str) -> None:
    assert reading._shown_name(given, ".pdf") == shown


def test_a_paper_is_stored_under_a_random_name_outside_the_web(
    draft: Dossier, an_client: Client, paper_folder: Path
) -> None:
    give_papers(an_client, draft)

    paper = draft.papers.first()
    assert "to-khai" not in paper.file.name
    assert Path(paper.file.path).is_relative_to(paper_folder)
    assert Path(paper.file.path).stat().st_mode & 0o077 == 0


def test_several_files_make_one_document(draft: Dossier, an_client: Client) -> None:
    photo = SimpleUploadedFile("trang 2.jpg", picture(), "image/jpeg")

    response = an_client.post(address(draft, "giay-to/"), {"other": [pdf("trang 1.pdf"), photo]})

    assert response.headers["Location"] == address(draft, "giay-to/")
    assert [paper.original_name for paper in draft.papers.all()] == ["trang 1.pdf", "trang 2.jpg"]


def test_a_file_whose_row_may_have_been_kept_is_left_to_the_sweep(draft: Dossier) -> None:
    paper, _allow = papers.in_draft(dossier=draft, document=None, now=NOW)

    def broken_line() -> None:
        raise OperationalError("the connection broke while it was committed")

    with pytest.raises(OperationalError):
        papers.store(paper, pdf(), now=NOW, allow=broken_line)

    assert Path(paper.file.path).exists()


def test_a_refused_file_is_named_and_the_others_are_kept(draft: Dossier, an_client: Client) -> None:
    bad = SimpleUploadedFile("virus.pdf", b"MZ\x90\x00" * 99)

    page = an_client.post(address(draft, "giay-to/"), {"other": [pdf("tốt.pdf"), bad], "go_on": "1"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "virus.pdf: Tệp không phải PDF, JPEG hoặc PNG." in text
    assert "tốt.pdf" in text
    assert draft.papers.count() == 1


@pytest.mark.parametrize(
    ("act", "leads_to", "says"),
    [
        ("file", "", "Các giấy tờ đã nộp vẫn còn nguyên"),
        ("change the profile", "nguoi-nop/", "Thông tin cá nhân đã thay đổi"),
        ("delete", None, ""),
    ],
)
def test_what_becomes_of_a_draft_in_another_tab_while_a_file_is_read_is_told(
    draft: Dossier,
    an_client: Client,
    citizen_an: Citizen,
    monkeypatch: pytest.MonkeyPatch,
    act: str,
    leads_to: str | None,
    says: str,
) -> None:
    give_papers(an_client, draft)
    honest = papers.read_paper

    def slowly(upload: UploadedFile[bytes]) -> reading.ReadPaper:
        if act == "file":
            file_it(an_client, draft)
        elif act == "delete":
            an_client.post(address(draft, "xoa/"))
        else:
            Citizen.objects.filter(pk=citizen_an.pk).update(birth="1985-03-08")
        return honest(upload)

    monkeypatch.setattr(papers, "read_paper", slowly)
    answer = an_client.post(address(draft, "giay-to/"), {"other": pdf("cham.pdf")})

    if leads_to is None:
        assert answer.status_code == 404
        return
    assert answer.headers["Location"] == address(draft, leads_to)
    assert says in an_client.get(address(draft, leads_to)).content.decode()
    assert not draft.papers.filter(original_name="cham.pdf").exists()


def test_a_dossier_takes_only_so_many_files(
    draft: Dossier, an_client: Client, paper_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.dossiers.papers.MOST_PAPERS", 1)

    page = an_client.post(address(draft, "giay-to/"), {"other": [pdf("một.pdf"), pdf("hai.pdf")]})

    assert "quá nhiều tệp" in page.content.decode()
    assert draft.papers.count() == 1
    assert len(list(paper_folder.rglob("*.pdf"))) == 1


def test_a_request_that_is_too_large_is_refused_by_its_length(draft: Dossier, an_client: Client) -> None:
    page = an_client.post(
        address(draft, "giay-to/"), {"other": pdf()}, headers={"content-length": str(26 * 1024 * 1024)}
    )

    assert page.status_code == 413
    assert "25 MB" in page.content.decode()
    assert not draft.papers.exists()


def test_more_files_at_a_time_than_are_taken_are_told_so(draft: Dossier, an_client: Client) -> None:
    page = an_client.post(address(draft, "giay-to/"), {"other": [pdf() for _ in range(21)]})

    assert page.status_code == 413
    assert "Một lần gửi nhận tối đa 20 tệp" in page.content.decode()
    assert not draft.papers.exists()


def test_a_removed_paper_is_deleted_from_the_disk(draft: Dossier, an_client: Client) -> None:
    give_papers(an_client, draft)
    paper = draft.papers.first()

    an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))
    delete_forgotten_files()

    assert draft.papers.count() == 1
    assert not Path(paper.file.path).exists()


def test_a_paper_is_handed_out_as_a_file_and_never_shown_in_the_page(
    draft: Dossier, an_client: Client
) -> None:
    an_client.post(address(draft, "giay-to/"), {"other": pdf("Giấy chứng sinh.pdf")})

    response = an_client.get(address(draft, f"giay-to/{draft.papers.get().pk}/"))

    assert b"".join(response.streaming_content) == PDF
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("become", [b"", PDF[:-20], PDF.replace(b"%PDF-1", b"%PDF-2")])
def test_a_file_that_was_changed_in_the_store_is_handed_out_to_nobody(
    draft: Dossier, an_client: Client, paper_folder: Path, become: bytes
) -> None:
    give_papers(an_client, draft)
    paper = draft.papers.first()
    opened = an_client.get(address(draft, f"giay-to/{paper.pk}/"))
    assert b"".join(opened.streaming_content) == PDF

    (paper_folder / str(paper.file.name)).write_bytes(become)
    answer = an_client.get(address(draft, f"giay-to/{paper.pk}/"))

    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Chưa mở được tệp" in page
    assert (
        "không còn đúng như lúc nhận, nên không mở được. Vui lòng xóa tệp này khỏi hồ sơ rồi tải lên lại."
        in page
    )
    assert "Hồ sơ không bị ảnh hưởng" not in page
    assert "Retry-After" not in answer.headers


def test_a_pdf_that_wants_to_run_something_is_a_download_in_a_sandbox(
    draft: Dossier, an_client: Client
) -> None:
    script = PDF.replace(b"<<>>\nendobj", b"<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\nendobj")
    upload = SimpleUploadedFile('to.html.pdf"\r\nX-Evil: 1', script, "text/html")
    an_client.post(address(draft, "giay-to/"), {"other": upload})

    response = an_client.get(address(draft, f"giay-to/{draft.papers.get().pk}/"))

    assert b"".join(response.streaming_content) == script
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert "X-Evil" not in response.headers


def test_the_receiving_office_opens_papers_once_they_are_filed(
    an_client: Client,
    officer_client: Client,
    second_officer_client: Client,
    other_officer_client: Client,
    draft: Dossier,
) -> None:
    give_papers(an_client, draft)
    paper = address(draft, f"giay-to/{draft.papers.first().pk}/")
    assert officer_client.get(paper).status_code == 404

    an_client.post(address(draft, "xem-lai/"), {"oath": "on"})

    for client, status in ((officer_client, 200), (second_officer_client, 200), (other_officer_client, 404)):
        response = client.get(paper)
        assert response.status_code == status
        if response.streaming:
            assert b"".join(response.streaming_content) == PDF


def test_where_a_second_factor_is_required_no_paper_is_opened_before_it(
    settings: Settings, an_client: Client, officer_client: Client, draft: Dossier
) -> None:
    give_papers(an_client, draft)
    paper = address(draft, f"giay-to/{draft.papers.first().pk}/")
    an_client.post(address(draft, "xem-lai/"), {"oath": "on"})
    assert b"".join(officer_client.get(paper).streaming_content) == PDF

    settings.OFFICER_SECOND_FACTOR = "required"

    assert officer_client.get(paper).status_code == 404


def test_nobody_else_opens_papers(
    an_client: Client, binh_client: Client, client: Client, draft: Dossier
) -> None:
    other = filed(an_client, "1.000656")
    paper = other.papers.first().pk

    assert binh_client.get(address(other, f"giay-to/{paper}/")).status_code == 404
    assert client.get(address(other, f"giay-to/{paper}/nho/")).status_code == 404
    assert an_client.get(address(draft, f"giay-to/{paper}/")).status_code == 404


def test_who_opens_a_paper_after_the_session_ended_is_led_to_log_in_and_back(
    an_client: Client, client: Client, draft: Dossier
) -> None:
    mine = filed(an_client, "1.000656")
    paper = address(mine, f"giay-to/{mine.papers.first().pk}/")

    for one in (paper, address(mine, "giay-to/0f0f0f0f-1111-4222-8333-444444444444/")):
        assert client.get(one).headers["Location"] == f"/dang-nhap/?next={one}"
    entered = client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD, "next": paper})
    assert entered.headers["Location"] == paper
