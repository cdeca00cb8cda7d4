"""What a reader finds in a PDF: its words in their order, its pages, and what it says of itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_FONT = re.compile(rb"/(\w+) [\d.]+ Tf")
_NOT_SHOWN = re.compile(rb"/(?:Lang|Alt|ActualText|E|Title)\s*$")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def opened(pdf: bytes) -> PdfFileReader:
    """Open a PDF."""
    return PdfFileReader(BytesIO(pdf))


def pages(pdf: bytes) -> list[Any]:
    """List the pages of a PDF."""
    return list(_leaves(opened(pdf).root["/Pages"]))


def sizes(pdf: bytes) -> set[tuple[int, int]]:
    """Return the sizes of the pages in whole millimetres."""
    boxes = [page["/MediaBox"] for page in pages(pdf)]
    return {(round(float(box[2]) / 72 * 25.4), round(float(box[3]) / 72 * 25.4)) for box in boxes}


def words(pdf: bytes) -> str:
    """Return all text of a PDF without any blanks: where lines break is no business of a test."""
    return "".join(words_of_pages(pdf))


def words_of_pages(pdf: bytes) -> list[str]:
    """Return the text of each page of a PDF without any blanks."""
    return [squeezed(_text(page)) for page in pages(pdf)]


def is_margin_empty(pictures: list[bytes]) -> bool:
    """Say whether nothing stands in the last 9 mm on the right of pages drawn as pictures at 72 dots an inch."""
    drawn = [Image.open(BytesIO(one)).convert("L") for one in pictures]
    return all(one.crop((one.width - 26, 0, one.width, one.height)).getextrema()[0] > 250 for one in drawn)


def squeezed(text: str) -> str:
    """Return a text without blanks, NFC."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", "", text))


def alternatives(pdf: bytes) -> set[str]:
    """Return what is said in place of pictures."""
    return set(_alternatives(opened(pdf).root["/StructTreeRoot"]))


def _alternatives(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _alternatives(one.get_object() if hasattr(one, "get_object") else one)
    elif isinstance(node, dict):
        if "/Alt" in node:
            yield str(node["/Alt"])
        if "/K" in node:
            yield from _alternatives(node["/K"])


def _leaves(node: Any) -> Iterator[Any]:
    if node["/Type"] == "/Page":
        yield node
        return
    for kid in node["/Kids"]:
        yield from _leaves(kid.get_object() if hasattr(kid, "get_object") else kid)


def _text(page: Any) -> str:
    fonts = page["/Resources"]["/Font"]
    maps = {name.lstrip("/"): _map(fonts[name]["/ToUnicode"].data) for name in fonts}
    letters: dict[bytes, str] = {}
    found: list[str] = []
    content, at = page["/Contents"].data, 0
    while at < len(content):
        if (font := _FONT.match(content, at)) is not None:
            letters, at = maps[font[1].decode()], font.end()
        elif content[at : at + 1] == b"(" or (_HEX.match(content, at) and content[at : at + 2] != b"<<"):
            is_shown = _NOT_SHOWN.search(content, max(0, at - 20), at) is None
            raw, at = _string(content, at)
            if is_shown:
                found += [letters.get(raw[place : place + 2], "") for place in range(0, len(raw), 2)]
        else:
            at += 1
    return "".join(found)


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """Read the string that begins at a place, and return it and the place after it; parentheses may be nested."""
    if (written := _HEX.match(content, at)) is not None:
        return bytes.fromhex(written[1].decode()), written.end()
    depth, end = 1, at + 1
    while depth:
        match content[end : end + 1]:
            case b"\\":
                end += 1
            case b"(":
                depth += 1
            case b")":
                depth -= 1
        end += 1
    return _ESCAPE.sub(_unescaped, content[at + 1 : end - 1]), end


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    if said.isdigit():
        return bytes([int(said, 8)])
    return _LETTERS.get(said, b"" if said.endswith(b"\n") else said)


def _map(text: bytes) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for source, target in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[bytes.fromhex(source.decode())] = bytes.fromhex(target.decode()).decode("utf-16-be")
    return found
