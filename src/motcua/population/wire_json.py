"""The messages of provinces' JSON adapters: bytes ↔ dataclasses, for each style. Pure; no sockets, no clock.

Each style wraps the same questions and answers as `wire.py`, which does the reading in the end: nothing is believed in
JSON that would not be believed in SOAP. What is fact, inferred or our choice: docs/protocol.md §1.4, §2.6.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from lxml import etree

from motcua.identity.claims import IdentityClaim
from motcua.identity.register import CouldNotAsk, Inquiry, Trouble
from motcua.population.json_text import parse_object
from motcua.population.settings import JsonStyle
from motcua.population.soap import SOAP_11, unreadable, wrong_encoding
from motcua.population.wire import (
    OPERATIONS,
    RECORD_NS,
    REQUEST_NS,
    NameForm,
    Reading,
    name_to_send,
    read_envelope,
    read_reply,
)

_DEEPEST = 32
_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_NO_ERROR = re.compile(r"0*")
_ATTRIBUTES = frozenset({"SoCongDan", "GhiChu", "ThoiDiemDuLieu", "id"})  # of the older form
_READ = frozenset({"data", "errorCode"})  # of a bare yes or no
_READ_AROUND = frozenset({"message", "error_code", "errorCode"})  # of a SOAP reply that came as text
_NOTHING: tuple[object, ...] = (None, "", [], {})
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,20}")

JsonService = Literal["037", "003"]


# --- requests (docs/protocol.md §1.4) --------------------------------------------------------------


def build_json_request(
    claim: IdentityClaim,
    inquiry: Inquiry,
    *,
    style: JsonStyle,
    service: JsonService,
    name_form: NameForm,
    username: str,
) -> bytes:
    """Return the JSON question of a style about one claim; `username` is the province's account (dong_thap).

    Raises CouldNotAsk(CONFIGURATION) when a text of the inquiry cannot be written.
    """
    fields = {"opencps": _opencps, "dong_thap": _dong_thap, "thanh_hoa": _thanh_hoa}[style]
    question = dict(fields(claim, inquiry, service, name_to_send(claim, name_form), username))
    try:
        return json.dumps(question, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        detail = "officer, office, procedure or account holds half a character"
        raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, is_unsent=True) from None


def _opencps(
    claim: IdentityClaim, inquiry: Inquiry, service: JsonService, name: str, username: str
) -> Iterator[tuple[str, str]]:
    yield "type", OPERATIONS[service]
    yield "MaYeuCau", inquiry.request_id
    yield "MaTichHop", service
    yield "MaDVC", inquiry.procedure
    yield "StaffEmail", inquiry.officer
    yield "GovAgencyCode", inquiry.agency
    yield "HoVaTen", name
    yield "NgayThangNamSinh", claim.birth_date.canonical()
    yield ("SoDinhDanh" if claim.number.is_personal_number else "SoCMND"), claim.number.digits


def _dong_thap(
    claim: IdentityClaim, inquiry: Inquiry, service: JsonService, name: str, username: str
) -> Iterator[tuple[str, str]]:
    personal, card = _both_numbers(claim)
    yield "maYeuCau", inquiry.request_id
    yield "maDVC", inquiry.procedure
    yield "maCanBo", inquiry.officer
    yield "soDinhDanh", personal
    yield "soCMND", card
    yield "hoVaTen", name
    yield "ngayThangNam", claim.birth_date.canonical().replace("-", "")
    yield "userNameService", username


def _thanh_hoa(
    claim: IdentityClaim, inquiry: Inquiry, service: JsonService, name: str, username: str
) -> Iterator[tuple[str, str]]:
    personal, card = _both_numbers(claim)
    born = claim.birth_date.canonical().replace("-", "")
    yield "HoVaTen", name
    yield "SoDinhDanh", personal
    yield "SoCMND", card
    yield "NgayThangNam", "" if claim.birth_date.is_year_only else born
    yield "Nam", born if claim.birth_date.is_year_only else ""
    yield "MaTichHop", service
    yield "MaDVC", inquiry.procedure
    yield "MaCanBo", inquiry.officer
    yield "MaYeuCau", inquiry.request_id


def _both_numbers(claim: IdentityClaim) -> tuple[str, str]:
    digits = claim.number.digits
    return (digits, "") if claim.number.is_personal_number else ("", digits)


# --- replies (docs/protocol.md §2.6) ---------------------------------------------------------------


def read_json_reply(
    reply: bytes,
    *,
    style: JsonStyle,
    service: JsonService,
    content_type: str = "",
    deceased_statuses: Collection[str] = (),
) -> Reading:
    """Read a reply of a style to one question of this service.

    A "nobody" must be said in exactly the form of the style; whatever else the reply holds makes it unreadable. Raises
    FaultReceived for a fault anywhere, and CouldNotAsk (UNREADABLE, ENCODING, OVERSIZED, TWO_CITIZENS, BAD_RECORD,
    FAULT).
    """
    answer = parse_object(reply, content_type)
    if _shown(answer.get("errorCode")):
        raise CouldNotAsk(Trouble.FAULT, detail=f"HTTP 200, adapter code {_shown(answer['errorCode'])}")
    if style == "dong_thap":
        return _read_word(answer)
    if style == "thanh_hoa":
        return _read_wrapped(answer, service, deceased_statuses)
    return _read_converted(answer, service, deceased_statuses)


def _read_word(answer: Mapping[str, Any]) -> Reading:
    said = answer.get("data")
    if isinstance(said, str):
        said = {"true": True, "false": False}.get(said.strip().lower())
    if not isinstance(said, bool):
        raise unreadable("no yes or no in the reply")
    if not said:
        _refuse_beside_a_no(answer, _READ)
    return Reading(None, is_confirmed=said)


def _read_wrapped(answer: Mapping[str, Any], service: JsonService, deceased: Collection[str]) -> Reading:
    """Read a SOAP reply that came as text. What the adapter's error codes mean is unknown, so beside one only a whole
    record is believed.
    """
    code = _shown(answer.get("error_code"))
    message = answer.get("message")
    failed = CouldNotAsk(Trouble.FAULT, detail=f"HTTP 200, adapter code {code}")
    if not isinstance(message, str) or not message.strip():
        raise failed if code else unreadable("no answer in the reply")
    try:
        wrapped = message.encode()
    except UnicodeEncodeError:
        raise wrong_encoding("half characters in a text") from None
    try:
        reading = read_reply(wrapped, service=service, deceased_statuses=deceased)
    except CouldNotAsk as error:
        raise (
            failed if code and error.trouble in (Trouble.UNREADABLE, Trouble.BAD_RECORD) else error
        ) from None
    if code and reading.record is None:
        raise failed
    if not reading.is_confirmed:
        _refuse_beside_a_no(answer, _READ_AROUND)
    return _strict(reading)


def _refuse_beside_a_no(answer: Mapping[str, Any], known: Collection[str]) -> None:
    if any(value not in _NOTHING for name, value in answer.items() if name not in known):
        raise unreadable("something unknown beside a no")


def _shown(code: object) -> str:
    """Return an error code for operators; "" when there is none or it is all zeros."""
    if code is None or code is False:
        return ""
    text = str(code).strip() if isinstance(code, str | int | float) else "?"
    if _NO_ERROR.fullmatch(text):
        return ""
    return text if _CODE.fullmatch(text) and not re.search(r"\d{5}", text) else "of an unknown form"


def _read_converted(answer: Mapping[str, Any], service: JsonService, deceased: Collection[str]) -> Reading:
    """Read a SOAP reply that was turned into JSON, by turning it back."""
    envelope = answer
    if "Envelope" in answer:
        envelope = _object(answer["Envelope"])
        _refuse_others(answer, {"Envelope"})
    root = etree.Element(f"{{{SOAP_11}}}Envelope")
    if "Fault" in envelope:
        _add(root, "Fault", envelope["Fault"], REQUEST_NS, 0)
    elif "Body" not in envelope:
        raise unreadable("no body in the reply")
    _refuse_others(envelope, {"Header", "Body", "Fault"})
    for fault in _faults(envelope.get("Header"), 0):
        _add(root, "Fault", fault, REQUEST_NS, 0)
    body = etree.SubElement(root, f"{{{SOAP_11}}}Body")
    for name, value in _object(envelope.get("Body")).items():
        if not _is_declaration(name):
            _add(body, name, value, RECORD_NS if name == "CongdanCollection" else REQUEST_NS, 0)
    return _strict(read_envelope(root, service=service, deceased_statuses=deceased))


def _faults(value: object, depth: int) -> Iterator[object]:
    """Yield what stands under a fault's name in a header, at whatever depth; nothing else there is looked at."""
    if depth > _DEEPEST:
        raise unreadable(f"nested deeper than {_DEEPEST}")
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, under in value.items() if isinstance(value, dict) else ():
        if name == "Fault":
            yield under
        yield from _faults(under, depth + 1)


def _strict(reading: Reading) -> Reading:
    if not reading.is_confirmed and reading.unknown_elements:
        raise unreadable("a no with something unknown beside it")
    return reading


def _object(value: object) -> Mapping[str, Any]:
    """Return an object's members; an empty element may have become null or an empty text on the way."""
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise unreadable("another shape than an object where one belongs")
    return value


def _refuse_others(members: Mapping[str, Any], known: Collection[str]) -> None:
    if any(name not in known and not _is_declaration(name) for name in members):
        raise unreadable("something unknown beside the answer")


def _is_declaration(name: str) -> bool:
    """Say whether a member is only XML's declaration of a namespace."""
    return name.lstrip("@-_").startswith("xmlns")


def _add(parent: etree._Element, name: str, value: object, namespace: str, depth: int) -> None:
    """Put one member under its XML parent; a list stands for several elements of the same name."""
    if depth > _DEEPEST:
        raise unreadable(f"nested deeper than {_DEEPEST}")
    if isinstance(value, list):
        is_of_nobody = name == "CongDan" and parent.tag == f"{{{RECORD_NS}}}CongdanCollection"
        if not value and not is_of_nobody:
            raise unreadable("an empty list where one belongs")
        for one in value:
            if isinstance(one, list):
                raise unreadable("a list in a list")
            _add(parent, name, one, namespace, depth + 1)
        return
    if name == "Fault":
        namespace = SOAP_11
    is_name = _ELEMENT.fullmatch(name) is not None
    element = etree.SubElement(parent, f"{{{namespace}}}{name}" if is_name else "unknown")
    if isinstance(value, dict):
        for inner, under in value.items():
            if name == "CongdanCollection" and inner.lstrip("@-") in _ATTRIBUTES:
                _set(element, inner.lstrip("@-"), under)
            elif not _is_declaration(inner):
                _add(element, inner, under, namespace, depth + 1)
        return
    if isinstance(value, bool) and name != "TonTai":
        raise unreadable("true or false where a text belongs")
    try:
        element.text = _text(value)
    except ValueError:
        raise wrong_encoding("characters that a text cannot hold") from None


def _set(element: etree._Element, name: str, value: object) -> None:
    try:
        element.set(name, _text(value))
    except ValueError:
        raise wrong_encoding("characters that a text cannot hold") from None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise unreadable("another shape than a text where one belongs")
    if "\ufffd" in value:
        raise wrong_encoding("replacement characters: letters were lost before they reached us")
    return value
