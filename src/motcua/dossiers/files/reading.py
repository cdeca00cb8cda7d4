"""Reading a paper that somebody uploads: what it really is, and how it is kept.

The name and the type that the browser gives are not believed. Photographs and scans are drawn anew, so that
nothing hidden in the file is kept and every picture stands upright; a PDF is kept as it is.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import Final, cast

import filetype
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image
from PIL.ExifTags import Base

from motcua.dossiers.files.thumbnails import thumbnail
from motcua.web.connections import give_connection_back

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
SUFFIXES: Final = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png"}
ACCEPT: Final = ".pdf,.jpg,.jpeg,.jfif,.png"

_MEGABYTE: Final = 1024 * 1024
_MAX_PIXELS: Final = 50_000_000
_LONGEST_SIDE: Final = 4000
# A photograph full of detail that was written in a lower quality would be larger in the first than it came.
_JPEG_QUALITIES: Final = tuple({"quality": quality, "optimize": True} for quality in (88, 75, 60))
_KEPT_MODES: Final = {JPEG: {"L", "RGB"}, PNG: {"1", "L", "LA", "RGB", "RGBA"}}
_MAX_NAME: Final = 120
_SUFFIX: Final = re.compile(r"\.(?=.*[A-Za-z])[0-9A-Za-z]{1,8}")  # not the year of "ngày 12.05.2026"
_END_OF_PDF: Final = 4096
_FILLED_UP: Final = b"\0\t\n\r "  # by what copies files in blocks
# A photograph is written in 1 scan, or in 10 that refine it; each costs a pass over all its pixels, and few bytes.
_MOST_SCANS: Final = 30
_MOST_PARTS: Final = 1000  # of a JPEG file, before its end
_MOST_CHUNKS: Final = 10_000  # of a PNG file, some of which are written in pieces of 4 kB
_BESIDE_A_PNG: Final = (b"tRNS", b"eXIf")  # what is transparent, how it was held
_ANIMATED_PNG: Final = "image/apng"  # its first picture is that of any other
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START_OF_IMAGE, _START_OF_SCAN, _END_OF_IMAGE, _TEMPORARY = b"\xd8", b"\xda", b"\xd9", b"\x01"
# A picture of the largest size takes up to 600 MB while it is drawn, so one at a time in a process.
_DRAWING: Final = threading.Lock()
_PATIENCE: Final = 15.0  # seconds
# By the number of EXIF's orientation.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises for pictures that are broken, cut off or made to hurt.
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError)
_BOMB: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)

REFUSALS: Final[dict[str, Promise]] = {
    "empty": _("Tệp trống. Vui lòng chọn lại tệp."),
    "too_large": _("Tệp lớn hơn %(megabytes)s MB. Vui lòng chụp hoặc quét lại với độ phân giải thấp hơn."),
    "type": _(
        "Tệp không phải PDF, JPEG hoặc PNG. Vui lòng chuyển sang một trong các dạng này rồi tải lên lại."
    ),
    "broken": _("Không mở được tệp: tệp bị hỏng hoặc chưa tải xong. Vui lòng chọn lại tệp."),
    "locked": _(
        "Tệp PDF có mật khẩu nên người nhận không mở được. Vui lòng lưu lại tệp không có mật khẩu rồi tải lên lại."
    ),
    "too_many_pixels": _("Ảnh quá lớn (hơn 50 triệu điểm ảnh). Vui lòng chụp lại với độ phân giải thấp hơn."),
    "busy": _("Hệ thống đang xử lý nhiều ảnh cùng lúc. Vui lòng gửi lại tệp này sau ít phút."),
    "away": _("Kho giấy tờ đang gián đoạn nên tệp chưa được lưu. Vui lòng gửi lại tệp này sau ít phút."),
    "too_many": _("Hồ sơ đã có quá nhiều tệp. Vui lòng xóa bớt hoặc gộp thành một tệp PDF."),
}


class PaperRefused(ValueError):
    """A file cannot be taken; ``reason`` is a key of ``REFUSALS``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"paper refused: {reason}")
        self.reason = reason

    @property
    def message(self) -> str:
        """Return what the person reads: what is wrong with the file, and what to do."""
        return str(REFUSALS[self.reason]) % {"megabytes": settings.PAPER_MAX_BYTES // _MEGABYTE}


@dataclass(frozen=True, slots=True, repr=False)
class ReadPaper:
    """A paper as it will be kept."""

    content: bytes
    media_type: str
    name: str
    preview: bytes  # a small picture (JPEG); empty where there is none yet

    @property
    def sha256(self) -> str:
        """Return the digest of the content as it is kept."""
        return hashlib.sha256(self.content).hexdigest()


def read_paper(upload: UploadedFile[bytes]) -> ReadPaper:
    """Read an uploaded file and make of it what will be kept.

    Args:
        upload: as the browser sent it.

    Raises:
        PaperRefused: it is empty, too large, of another type, or broken; or too many pictures are being drawn.
    """
    if not upload.size:
        raise PaperRefused("empty")
    if upload.size > settings.PAPER_MAX_BYTES:
        raise PaperRefused("too_large")
    content, preview = upload.read(), b""
    kind = _kind_of(content)
    if kind == PDF:
        if b"%%EOF" not in content.rstrip(_FILLED_UP)[-_END_OF_PDF:]:
            raise PaperRefused("broken")
    elif kind in (JPEG, PNG):
        if kind == PNG:
            content = _bare_png(content)
        elif _is_endless_jpeg(content):
            raise PaperRefused("broken")
        with one_at_a_time():
            content, preview = _drawn_anew(content, kind)
    else:
        raise PaperRefused("type")
    return ReadPaper(content, kind, _shown_name(upload.name or "", SUFFIXES[kind]), preview)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else in this process looks at what takes much memory. Raises PaperRefused: for too long."""
    if not _DRAWING.acquire(blocking=False):
        give_connection_back()
        if not _DRAWING.acquire(timeout=_PATIENCE):
            raise PaperRefused("busy")
    try:
        yield
    finally:
        _DRAWING.release()


def _kind_of(content: bytes) -> str | None:
    """Say by its content what a file is; many a program writes empty lines before a PDF, which every reader opens."""
    begins = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"%PDF-"):
        return PDF
    kind: str | None = filetype.guess_mime(content)
    return PNG if kind == _ANIMATED_PNG else kind


def request_max_bytes() -> int:
    """Return how large one request with papers may be."""
    most: int = settings.PAPER_MAX_BYTES
    return max(25 * _MEGABYTE, most + _MEGABYTE)


def limits_shown() -> dict[str, int]:
    """Return what a page that takes papers says of how large they may be."""
    return {
        "paper_bytes": settings.PAPER_MAX_BYTES,
        "paper_megabytes": settings.PAPER_MAX_BYTES // _MEGABYTE,
        "request_megabytes": request_max_bytes() // _MEGABYTE,
    }


def _is_endless_jpeg(content: bytes) -> bool:
    """Say whether a JPEG file has more scans or parts than any honest one; what is behind its end does not count."""
    place = scans = 0
    for _part in range(_MOST_PARTS):
        found = _MARKER.search(content, place)
        if found is None or found[1] == _END_OF_IMAGE:
            return False
        place = found.end()
        scans += found[1] == _START_OF_SCAN
        if scans > _MOST_SCANS:
            return True
        if found[1] not in (_START_OF_IMAGE, _TEMPORARY):
            place += max(2, int.from_bytes(content[place : place + 2]))
    return True


def _bare_png(content: bytes) -> bytes:
    """Return what of a PNG file draws its picture; what stands beside that may be large, wrong or made to hurt.

    Raises:
        PaperRefused: a part of the picture is not what was written, or there are more chunks than in any honest file.
    """
    place, kept = 8, [content[:8]]
    for _chunk in range(_MOST_CHUNKS):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        name = content[place + 4 : place + 8]
        if name.isupper() or name in _BESIDE_A_PNG:
            if zlib.crc32(content[place + 4 : end - 4]) == int.from_bytes(content[end - 4 : end]):
                kept.append(content[place:end])
            elif name.isupper():
                raise PaperRefused("broken")
        if name in (b"IEND", b""):
            return b"".join(kept)
        place = end
    raise PaperRefused("broken")


def _drawn_anew(content: bytes, kind: str) -> tuple[bytes, bytes]:
    """Return the picture alone, upright, of a bounded size, without what else the file held; and a small one of it."""
    is_jpeg = kind == JPEG
    try:
        with Image.open(BytesIO(content), formats=("JPEG",) if is_jpeg else ("PNG",)) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise PaperRefused("too_many_pixels")
            if picture.mode == "P" and picture.palette is None:  # a PNG file that names colors and lists none
                raise PaperRefused("broken")
            if is_jpeg:
                picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            # First of all: every copy after it is small.
            small = _made_smaller(picture, kind) if max(picture.size) > _LONGEST_SIDE else picture
            upright = _upright(_in_eight_bits(small))
            drawn = upright if _is_kept_so(upright, kind) else upright.convert(_full_mode(upright, kind))
            drawn.load()
    except PaperRefused:
        raise
    except _BOMB:
        raise PaperRefused("too_many_pixels") from None
    except _BROKEN:
        raise PaperRefused("broken") from None
    drawn.info.clear()
    for how in _JPEG_QUALITIES if is_jpeg else ({},):
        kept = BytesIO()
        drawn.save(kept, "JPEG" if is_jpeg else "PNG", **how)
        if kept.tell() <= settings.PAPER_MAX_BYTES:
            return kept.getvalue(), thumbnail(drawn)
    raise PaperRefused("too_large")


def _made_smaller(picture: Image.Image, kind: str) -> Image.Image:
    """Return a picture of the longest side that is kept; a scan in two colors, or few, keeps its thin lines."""
    if picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode == "P":
        picture = picture.convert(_full_mode(picture, kind))
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return picture


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture of 65 536 grays in 256; the library itself would make all but the darkest of them white."""
    return picture.point(lambda gray: gray / 256).convert("L") if picture.mode == "I;16" else picture


def _upright(picture: Image.Image) -> Image.Image:
    """Return a picture as it was held while it was taken; what else its camera wrote about it is not even looked at."""
    try:
        turn = _TURNS.get(picture.getexif().get(Base.Orientation, 0))
    except Exception:  # whatever is wrong with what stands beside a picture, the picture itself may be right
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _is_kept_so(picture: Image.Image, kind: str) -> bool:
    """Say whether a picture is kept in its mode; one of few colors is, which would be twice as large in all."""
    if picture.mode == "P" and not picture.has_transparency_data:
        highest = cast("tuple[int, int]", picture.getextrema())[1]
        # A color that is not listed would become another.
        return highest < len(picture.getpalette() or ()) // 3
    return picture.mode in _KEPT_MODES[kind]


def _full_mode(picture: Image.Image, kind: str) -> str:
    return "RGBA" if kind == PNG and picture.has_transparency_data else "RGB"


def _shown_name(given: str, suffix: str) -> str:
    """Return the name under which people see the file: no path, nothing invisible, the suffix of what it is."""
    name = PurePath(given.replace("\\", "/"))
    stem = name.stem if _SUFFIX.fullmatch(name.suffix) else name.name
    parted = re.sub(r"\s", " ", unicodedata.normalize("NFC", stem))
    visible = "".join(c for c in parted if unicodedata.category(c)[0] != "C")
    return (visible.strip(" .")[:_MAX_NAME] or "giay-to") + suffix
