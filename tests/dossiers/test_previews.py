"""Small pictures of papers: what is drawn, what is not, and who may see it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
import typst
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from motcua.config.couriers import drawers
from motcua.dossiers.files import previews
from motcua.dossiers.files.previews import NotDrawn, first_page
from motcua.dossiers.files.reading import read_paper
from motcua.dossiers.files.thumbnails import thumbnail
from motcua.dossiers.models import Dossier, Paper
from motcua.outbox.models import Parcel
from motcua.outbox.service import Load, bring_next
from tests.dossiers.filing import (
    PDF,
    address,
    delete_forgotten_files,
    file_it,
    give_papers,
    picture,
)

TEXT = '#set page("a4")\n= Đơn đề nghị\n#lorem(400)'


def drawn_pdf(source: str = TEXT) -> bytes:
    """Return a PDF with something on its pages."""
    made = typst.compile(source.encode(), format="pdf")
    assert isinstance(made, bytes)
    return made


def bare_pdf(
    *, box: str = "[0 0 595 842]", catalog: str = "", trailer: str = "", content: bytes = b""
) -> bytes:
    """Return a PDF of one page, written by hand."""
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents 4 0 R>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    written, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (
        table, trailer.encode(), len(written),
    )  # fmt: skip


def scans(pages: int) -> bytes:
    """Return a PDF of scanned pages, some 1.7 MB each."""
    noise = [Image.effect_noise((2480, 1500), 90) for _page in range(pages)]
    written = BytesIO()
    noise[0].save(written, "PDF", save_all=True, append_images=noise[1:], quality=60)
    return written.getvalue()


ENCRYPTED = (
    "/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O(" + "o" * 32 + ")/U(" + "u" * 32 + ")>>/ID[(i)(i)]"
)
_NO_PASSWORD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def only_kept_from_printing() -> bytes:
    """Return a PDF that all may open and nobody may print: encrypted, by no password (ISO 32000-1, 7.6.3)."""
    owner, allowed = b"o" * 32, (-4).to_bytes(4, "little", signed=True)
    key = hashlib.md5(_NO_PASSWORD + owner + allowed + b"i", usedforsecurity=False).digest()[:5]
    user = rc4(key, _NO_PASSWORD)
    return bare_pdf(
        trailer=f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{owner.hex()}>/U<{user.hex()}>>>/ID[(i)(i)]"
    )


def rc4(key: bytes, text: bytes) -> bytes:
    """Encrypt as PDF's first encryption does."""
    box, mixed = list(range(256)), 0
    for place in range(256):
        mixed = (mixed + box[place] + key[place % len(key)]) % 256
        box[place], box[mixed] = box[mixed], box[place]
    written, mixed = bytearray(), 0
    for place, byte in enumerate(text, 1):
        mixed = (mixed + box[place]) % 256
        box[place], box[mixed] = box[mixed], box[place]
        written.append(byte ^ box[(box[place] + box[mixed]) % 256])
    return bytes(written)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(drawn_pdf, id="text"),
        pytest.param(
            lambda: drawn_pdf("#for page in range(1000) [trang #page #pagebreak()]"), id="1000 pages"
        ),
        pytest.param(lambda: scans(6), id="10 MB of scans"),
        pytest.param(lambda: bare_pdf(catalog="/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), id="script"),
        pytest.param(lambda: bare_pdf(box="[0 0 1000000 1000000]"), id="huge page"),
        pytest.param(lambda: bare_pdf(box="[0 0 100000 1]"), id="thin page"),
    ],
)
def test_the_first_page_of_a_pdf_is_drawn_small(made: Callable[[], bytes]) -> None:
    drawn = first_page(made())

    page = Image.open(BytesIO(drawn), formats=["JPEG"])
    assert max(page.size) == 480
    assert len(drawn) <= 30_000


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: PDF, id="no page"),
        pytest.param(lambda: drawn_pdf()[:4000] + b"%%EOF", id="cut off"),
        pytest.param(lambda: b"%PDF-1.7\n" + bytes(range(256)) * 80 + b"%%EOF", id="junk"),
        pytest.param(lambda: bare_pdf(trailer=ENCRYPTED, content=b"0 0 9 9 re f"), id="encrypted"),
        pytest.param(lambda: bare_pdf(box="[0 0 1e300 1e300]"), id="endless page"),
        pytest.param(lambda: bare_pdf(content=b"0 0 595 842 re f " * 500_000), id="half a million fillings"),
        pytest.param(lambda: bare_pdf(content=b"q " * 1_000_000), id="deeply nested"),
    ],
)
def test_a_pdf_that_cannot_be_drawn_or_takes_too_much_has_no_preview(made: Callable[[], bytes]) -> None:
    with pytest.raises(NotDrawn):
        first_page(made())


def test_a_pdf_that_asks_for_a_password_is_refused_at_once_and_says_what_to_do(
    draft: Dossier, an_client: Client
) -> None:
    locked = bare_pdf(trailer=ENCRYPTED)

    page = an_client.post(
        address(draft, "giay-to/"), {"other": SimpleUploadedFile("to.pdf", locked, "application/pdf")}
    )

    assert (
        "to.pdf: Tệp PDF có mật khẩu nên người nhận không mở được. Vui lòng lưu lại tệp không có mật khẩu"
        in (page.content.decode())
    )
    assert not draft.papers.exists()


def test_a_pdf_that_only_may_not_be_printed_is_a_paper(draft: Dossier, an_client: Client) -> None:
    restricted = only_kept_from_printing()

    upload = SimpleUploadedFile("to.pdf", restricted, "application/pdf")
    an_client.post(address(draft, "giay-to/"), {"other": upload})

    assert draft.papers.get().sha256 == hashlib.sha256(restricted).hexdigest()
    assert first_page(restricted)


def test_a_pdf_that_names_encryption_and_cannot_be_drawn_is_a_paper(
    draft: Dossier, an_client: Client
) -> None:
    upload = SimpleUploadedFile("to.pdf", PDF.replace(b"endobj", b"/Encrypt endobj"), "application/pdf")

    an_client.post(address(draft, "giay-to/"), {"other": upload})

    assert draft.papers.get().original_name == "to.pdf"


def test_a_drawing_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "_PATIENCE", 0.001)
    with pytest.raises(NotDrawn, match="too_slow"):
        first_page(drawn_pdf())


def test_a_preview_shows_what_the_page_shows() -> None:
    for source, has_letters in ((TEXT, True), ('#set page("a4")\n#pagebreak()', False)):
        page = Image.open(BytesIO(first_page(drawn_pdf(source)))).convert("L")
        assert (sum(page.histogram()[:128]) > 100) is has_letters


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_picture_has_a_small_one_on_white(mode: str) -> None:
    written = BytesIO()
    Image.new(mode, (900, 600)).save(written, "PNG")

    read = read_paper(SimpleUploadedFile("anh.png", written.getvalue()))

    small = Image.open(BytesIO(read.preview), formats=["JPEG"])
    assert small.size == (480, 320)
    if mode in {"LA", "RGBA"}:
        assert small.convert("L").getextrema()[0] > 250


def test_a_picture_full_of_noise_stays_small() -> None:
    assert 0 < len(thumbnail(Image.effect_noise((3000, 3000), 120))) <= 30_000


def give(client: Client, dossier: Dossier, content: bytes) -> Paper:
    client.post(address(dossier, "giay-to/"), {"other": SimpleUploadedFile("to-khai.pdf", content)})
    return dossier.papers.latest("uploaded_at")


def draw() -> None:
    """Do what the work in the background does."""
    while bring_next(couriers=drawers(), now=timezone.now()):
        pass


def test_a_pdf_is_previewed_a_little_later_and_until_then_by_a_tile(
    draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, drawn_pdf())
    source = f'src="{address(draft, f"giay-to/{paper.pk}/nho/")}"'
    assert source not in an_client.get(address(draft, "giay-to/")).content.decode()

    draw()

    page = an_client.get(address(draft, "giay-to/")).content.decode()
    assert source in page
    assert 'alt="Xem trước: to-khai.pdf"' in page
    assert 'loading="lazy"' in page


def test_a_preview_is_a_picture_that_can_do_nothing(draft: Dossier, an_client: Client) -> None:
    paper = give(an_client, draft, picture())

    response = an_client.get(address(draft, f"giay-to/{paper.pk}/nho/"))

    assert b"".join(response.streaming_content).startswith(b"\xff\xd8\xff")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response.headers["Cache-Control"]


def test_a_preview_is_seen_by_whoever_may_open_the_paper_and_nobody_else(
    draft: Dossier,
    an_client: Client,
    binh_client: Client,
    client: Client,
    officer_client: Client,
    other_officer_client: Client,
) -> None:
    preview = address(draft, f"giay-to/{give(an_client, draft, picture()).pk}/nho/")
    assert officer_client.get(preview).status_code == 404
    give_papers(an_client, draft)
    file_it(an_client, draft)

    for who, status in (
        (an_client, 200), (officer_client, 200), (binh_client, 404), (client, 404), (other_officer_client, 404),
    ):  # fmt: skip
        response = who.get(preview)
        assert response.status_code == status
        if response.streaming:
            assert b"".join(response.streaming_content)


def test_a_paper_without_a_preview_shows_a_tile_and_its_preview_is_absent(
    draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, PDF)
    draw()

    assert an_client.get(address(draft, f"giay-to/{paper.pk}/nho/")).status_code == 404
    assert (
        'class="preview tile" aria-hidden="true">PDF<'
        in an_client.get(address(draft, "giay-to/")).content.decode()
    )
    assert Parcel.objects.get(topic="preview").taken_at is not None, "nobody is alarmed"


def test_a_preview_of_a_paper_that_is_gone_by_then_is_not_kept(
    draft: Dossier, an_client: Client, paper_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = give(an_client, draft, drawn_pdf())

    def slowly(content: bytes) -> bytes:
        an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))
        return first_page(content)

    monkeypatch.setattr(previews, "first_page", slowly)
    draw()
    delete_forgotten_files()

    assert [path for path in paper_folder.rglob("*") if path.is_file()] == []


def test_a_preview_that_another_worker_drew_meanwhile_stays(
    draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = give(an_client, draft, drawn_pdf())
    order = Load(uuid4(), "", {"paper": str(paper.pk)}, 1)

    def slowly(content: bytes) -> bytes:
        monkeypatch.setattr(previews, "first_page", first_page)
        previews.draw_ordered(order)
        return first_page(content)

    monkeypatch.setattr(previews, "first_page", slowly)
    previews.draw_ordered(order)

    shown = an_client.get(address(draft, f"giay-to/{paper.pk}/nho/"))
    assert shown.status_code == 200
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")


def test_the_drawing_is_told_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, str] = {}

    def run(command: list[str], *, env: dict[str, str], **how: object) -> None:
        told.update(env)
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(NotDrawn):
        first_page(PDF)
    assert told.keys() == {"PYTHONPATH", "RAYON_NUM_THREADS"}
