"""From the bytes of a request to a question: the hardened XML reader and the rules of the request elements.

Sources: protocol §1.4, §1.5, §8 (C5 to C9) and §9.5. No Django, no sockets.
"""

import datetime as dt
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

import npdschema
from npdsandbox.matching import Claim
from npdsandbox.records import SYNTHETIC_PREFIX
from npdsandbox.refusals import Refusal, not_valid, not_xml

BODY_LIMIT: Final = 256 * 1024
DEPTH_LIMIT: Final = 64

LOOKUP: Final = "TraCuuThongTinCongDan"
CONFIRM: Final = "XacThucThongTinCongDan"
OPERATIONS: Final = (LOOKUP, CONFIRM)
SERVICES: Final = {LOOKUP: ("037",), CONFIRM: ("003", "033")}

_LONGEST: Final = {
    "MaYeuCau": 40, "MaDVC": 20, "MaTichHop": 20, "MaDichVu": 20, "MaCanBo": 100, "MaDonVi": 35, "TaiKhoan": 100,
    "SoDienThoai": 20, "SoDinhDanh": 12, "SoCMND": 9, "HoVaTen": 100,
}  # fmt: skip
_PLACE: Final = {
    "MaYeuCau": 1, "MaDVC": 2, "MaTichHop": 3, "MaDichVu": 3, "MaCanBo": 4, "MaDonVi": 4, "TaiKhoan": 5,
    "SoDienThoai": 6, "SoDinhDanh": 7, "SoCMND": 8, "HoVaTen": 9, "NgayThangNamSinh": 10,
}  # fmt: skip
"""Where an element stands in a strict sequence; MaDonVi may come before or after MaCanBo (C8)."""

_ENCODING: Final = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One call, checked. `service` is the code 003, 033 or 037; texts that were not sent are empty."""

    operation: str
    service: str
    request_id: str
    procedure: str
    officer: str
    office: str
    claim: Claim


def operation_of(name: str) -> str | None:
    """Return the operation a path part or a body root names, with or without the suffix `Request` (C7)."""
    plain = name.removesuffix("Request")
    return plain if plain in OPERATIONS else None


def inflate(body: bytes) -> bytes:
    """Undo gzip, never producing more than the limit; raises `Refusal` for a bomb or broken data."""
    engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = engine.decompress(body, BODY_LIMIT + 1)
    except zlib.error:
        raise not_xml("the body is not gzip, though Content-Encoding says so") from None
    if len(plain) > BODY_LIMIT:
        raise too_large()
    if not engine.eof or engine.unused_data:
        raise not_xml("the gzip body is not complete, or has something after its end")
    return plain


def cut_short() -> Refusal:
    """The caller went away before its body was whole: no question, only the beginning of one."""
    return Refusal(400, "SBX.SHORT", "the body ended before its Content-Length")


def broken_chunks() -> Refusal:
    """The body came in chunks that are none, or ended before the last of them."""
    return Refusal(400, "SBX.SHORT", "the body's chunks are broken or not all there")


def too_large() -> Refusal:
    """The refusal of a body over the limit."""
    return Refusal(413, "SBX.SIZE", f"the body is larger than {BODY_LIMIT} bytes")


def read_call(body: bytes, *, strict: bool = False) -> etree._Element:
    """Return the one element in the SOAP Body.

    Args:
        body: the HTTP body, UTF-8.
        strict: refuse stray text between the elements of the envelope, which is otherwise passed over (C5).

    Raises:
        Refusal: too large, not UTF-8, a DTD, too deep, not SOAP 1.1, or not exactly one element in one Body.
    """
    if len(body) > BODY_LIMIT:
        raise too_large()
    envelope = _parse(body)
    if envelope.tag != f"{{{npdschema.SOAP_NAMESPACE}}}Envelope":
        raise not_xml("the root is not a SOAP 1.1 Envelope")
    bodies = envelope.findall(f"{{{npdschema.SOAP_NAMESPACE}}}Body")
    if len(bodies) != 1:
        raise not_xml("the Envelope needs exactly one Body")
    calls = list(bodies[0].iterchildren("*"))
    if len(calls) != 1:
        raise not_xml("the Body needs exactly one element")
    if strict and any(_has_stray_text(parent) for parent in (envelope, bodies[0])):
        raise not_xml("there is text between the elements of the envelope")
    return calls[0]


def _has_stray_text(parent: etree._Element) -> bool:
    texts = (parent.text, *(child.tail for child in parent))
    return any(text and text.strip() for text in texts)


def _parse(body: bytes) -> etree._Element:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise not_xml("the body is not UTF-8") from None
    declared = _ENCODING.match(text)
    if declared and declared.group(1).lower() not in ("utf-8", "utf8"):
        raise not_xml("the XML declaration names another encoding than UTF-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise not_xml("a DTD is not allowed")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        raise not_xml("the body is not well-formed XML") from None
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEPTH_LIMIT:
            raise not_xml(f"elements are nested deeper than {DEPTH_LIMIT}")
    return root


def read_operation(call: etree._Element) -> str:
    """Return the operation the Body asks for, or raise the refusal of an unknown one."""
    name = etree.QName(call)
    operation = operation_of(name.localname)
    if operation is None or name.namespace != npdschema.REQUEST_NAMESPACE:
        raise Refusal(500, "SBX.OPERATION", "this operation is not served")
    return operation


def read_question(call: etree._Element, *, strict: bool = False) -> Question:
    """Check every element of a call and return the question.

    Args:
        call: the element in the Body, an operation this register serves.
        strict: demand the order of the protocol (§1.4).

    Raises:
        Refusal: an element is missing, twice there, too long or of the wrong form; the order is wrong in strict
            mode; a number is outside the synthetic range.
    """
    operation = read_operation(call)
    children = dict(_known_children(call, strict=strict))
    text = {name: _text(element, name) for name, element in children.items() if name != "NgayThangNamSinh"}
    return make_question(operation, text, lambda: _read_birth(children.get("NgayThangNamSinh")))


def make_question(operation: str, text: Mapping[str, str], read_birth: Callable[[], str]) -> Question:
    """Check the texts of a call and return the question; raises as `read_question` does.

    Args:
        operation: the operation's name without the suffix `Request`.
        text: what was sent, by the names of the request elements.
        read_birth: returns the birth date as a claim has it, or raises; called only where one is needed.
    """
    _refuse_real_numbers(text)

    for name, longest in _LONGEST.items():
        if len(text.get(name, "")) > longest:
            raise not_valid(name, f"longer than {longest} characters")
    if "MaTichHop" in text and "MaDichVu" in text:
        raise not_valid("MaDichVu", "MaTichHop and MaDichVu are two names of one element")
    code_name = "MaDichVu" if "MaDichVu" in text else "MaTichHop"
    for name in ("MaYeuCau", code_name, "MaCanBo", "HoVaTen"):
        if not text.get(name):
            raise not_valid(name, "missing or empty")
    service = text[code_name]
    if service not in SERVICES[operation]:
        raise not_valid(code_name, "the operation knows " + " and ".join(SERVICES[operation]))
    if service != "033" and "MaDVC" not in text:
        raise not_valid("MaDVC", "missing; it may be empty")

    number, card = text.get("SoDinhDanh", ""), text.get("SoCMND", "")
    if not number and not card:
        raise not_valid("SoDinhDanh", "one of SoDinhDanh and SoCMND is needed")
    if number and not _is_digits(number, 12):
        raise not_valid("SoDinhDanh", "not 12 digits")
    if card and not _is_digits(card, 9):
        raise not_valid("SoCMND", "not 9 digits")
    birth = None if service == "033" else read_birth()
    return Question(
        operation=operation, service=service, request_id=text["MaYeuCau"], procedure=text.get("MaDVC", ""),
        officer=text["MaCanBo"], office=text.get("MaDonVi", ""),
        claim=Claim(number, card, text["HoVaTen"], birth),
    )  # fmt: skip


def _known_children(call: etree._Element, *, strict: bool) -> Iterator[tuple[str, etree._Element]]:
    """Yield the elements we know, by local name; unknown ones are passed over (C8)."""
    seen: set[str] = set()
    place = 0
    for element in call.iterchildren("*"):
        name = etree.QName(element)
        if name.namespace != npdschema.REQUEST_NAMESPACE or name.localname not in _PLACE:
            continue
        if name.localname in seen:
            raise not_valid(name.localname, "more than once there")
        seen.add(name.localname)
        if strict and _PLACE[name.localname] < place:
            raise Refusal(500, "SBX.ORDER", "not in the order of the protocol", element=name.localname)
        place = _PLACE[name.localname]
        yield name.localname, element


def _text(element: etree._Element, name: str) -> str:
    if len(element):
        raise not_valid(name, "holds elements where text is expected")
    return (element.text or "").strip()


def _refuse_real_numbers(text: Mapping[str, str]) -> None:
    for name in ("SoDinhDanh", "SoCMND"):
        value = text.get(name, "")
        if value and value.isdecimal() and not value.startswith(SYNTHETIC_PREFIX):
            raise Refusal(
                422, "SBX.SYNTHETIC", "only synthetic numbers (999…) are answered here; nothing was stored",
                element=name,
            )  # fmt: skip


def _is_digits(value: str, length: int) -> bool:
    return len(value) == length and value.isascii() and value.isdigit()


def _read_birth(element: etree._Element | None) -> str:
    """Read any form of the date (C9): Nam, NgayThangNam, or plain text; yyyyMMdd, yyyy-MM-dd or yyyy."""
    name = "NgayThangNamSinh"
    if element is None:
        raise not_valid(name, "missing")
    parts: dict[str, str] = {}
    for part in element.iterchildren(
        *(f"{{{npdschema.REQUEST_NAMESPACE}}}{kind}" for kind in ("Nam", "NgayThangNam"))
    ):
        kind = etree.QName(part).localname
        if kind in parts:
            raise not_valid(kind, "more than once there")
        parts[kind] = _text(part, kind)
    return read_birth(
        year=parts.get("Nam", ""), day=parts.get("NgayThangNam", ""), plain=(element.text or "").strip()
    )


def read_birth(*, year: str = "", day: str = "", plain: str = "") -> str:
    """Return a birth date as `yyyy-mm-dd` or `yyyy`.

    Args:
        year: `Nam`, four digits.
        day: `NgayThangNam`, yyyyMMdd or yyyy-MM-dd.
        plain: text of `NgayThangNamSinh` itself, any of the three forms; read where the other two are empty.

    Raises:
        Refusal: both of the first two were sent, or the form is wrong.
    """
    name = "NgayThangNamSinh"
    if year and day:
        raise not_valid(name, "needs exactly one of Nam and NgayThangNam")
    if year:
        if not _is_digits(year, 4):
            raise not_valid("Nam", "not a year of 4 digits")
        return year
    if day:
        return _read_day(day, "NgayThangNam")
    if _is_digits(plain, 4):
        return plain
    return _read_day(plain, name)


def _read_day(value: str, name: str) -> str:
    match = re.fullmatch(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})", value)
    if match is None:
        raise not_valid(name, "not yyyyMMdd, yyyy-MM-dd or yyyy")
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError:
        raise not_valid(name, "no such day") from None
