"""The façades that speak JSON: adapters some provinces put before the register (protocol §1.7, §3.4).

Little is known of them. How a token is demanded, how a refusal looks, `error_code`, the forms of a date and the
form of `expiryDate` are CHOICES.
"""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from npdsandbox import access, reading, register, state
from npdsandbox.answers import Answer, as_json
from npdsandbox.journal import Entry
from npdsandbox.lgsp import check_token, in_gateway_words, no_procedure, refuse_in_json
from npdsandbox.reading import CONFIRM, LOOKUP, Question
from npdsandbox.refusals import GatewayRefusal, Refusal, not_valid
from npdsandbox.register import Call, Facade
from npdsandbox.switches import Switches
from npdsandbox.troubles import TroubleKind

_NAME: Final = "lgsp-json"
_CLIENT: Final = "lgsp-json"
_SAME_NAMES: Final = {
    name: name
    for name in (
        "MaYeuCau", "MaTichHop", "MaDVC", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen", "NgayThangNam", "Nam"
    )
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """One adapter: the request element each of its fields means, what it demands, and how it answers."""

    fields: Mapping[str, str]
    demanded: Mapping[str, GatewayRefusal]
    write: Callable[[bytes, Switches], dict[str, Any]]
    wrong_types: Callable[[dict[str, Any]], dict[str, Any]]
    service: str = ""
    longest: Mapping[str, int] | None = None


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object a body holds; raises Refusal 400 SBX.JSON for anything else, and for names sent twice."""
    try:
        text = body.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        # Half a surrogate is JSON but no text.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(400, "SBX.JSON", "the body is not one JSON object with every name once") from None
    if not isinstance(found, dict):
        raise Refusal(400, "SBX.JSON", "the body is not a JSON object")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _question(given: dict[str, Any], style: Style) -> Question:
    texts: dict[str, str] = {}
    for field, element in style.fields.items():
        value = given.get(field)
        if element == "NgayThangNamSinh" and isinstance(value, dict):
            texts |= {part: _text(value.get(part), part) for part in ("Nam", "NgayThangNam")}
        else:
            texts[element] = _text(value, field)
    for field, refusal in style.demanded.items():
        if not _text(given.get(field), field):
            raise replace(refusal)
    for field, longest in (style.longest or {}).items():
        if len(_text(given.get(field), field)) > longest:
            raise not_valid(field, f"longer than {longest} characters")
    if style.service:
        texts["MaTichHop"] = style.service
    birth = {
        "year": texts.pop("Nam", ""), "day": texts.pop("NgayThangNam", ""), "plain": texts.pop("NgayThangNamSinh", "")
    }  # fmt: skip
    operation = LOOKUP if texts["MaTichHop"] == "037" else CONFIRM
    if texts["MaTichHop"] not in ("003", "037"):
        raise not_valid("MaTichHop", "the adapter knows 003 and 037")
    try:
        return reading.make_question(operation, texts, lambda: reading.read_birth(**birth))
    except Refusal as refusal:
        names = {element: field for field, element in style.fields.items()}
        refusal.element = names.get(refusal.element, refusal.element)
        raise


def _text(value: Any, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise not_valid(field, "must be a text")
    return value.strip()


def _handler(style: Style, *, is_token_demanded: bool) -> Callable[[Call, bytes, Entry, Switches], Answer]:
    def handle(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
        has_token = "Authorization" in call.headers
        if switches.json_check_bearer and (is_token_demanded or has_token):
            check_token(call, _NAME)
        register.admit((_CLIENT,), entry, switches)
        try:
            question = _question(read_json(body), style)
            entry.operation = question.operation
            result = register.ask(question, (_CLIENT,), entry, switches)
        except Refusal as refusal:
            raise in_gateway_words(refusal) from None
        if result.status != 200 or not result.content_type.startswith("text/xml") or not result.body:
            return result
        fields = style.write(result.body, switches)
        match result.trouble.kind if result.trouble else None:
            case TroubleKind.WRONG_TYPES:
                fields = style.wrong_types(fields)
            case TroubleKind.ERROR_CODE:
                fields = {"error_code": 99, "message": "SBX: an error on demand"}
        return replace(as_json(fields), trouble=result.trouble)

    return handle


def as_object(element: etree._Element, *, has_numbers: bool = False) -> Any:
    """Turn an XML element into JSON values as converters do: local names, attributes as members, texts as texts.

    Args:
        element: the element; its own name is left out.
        has_numbers: turn texts of digits without a zero before them into numbers.
    """
    found: dict[str, Any] = {
        str(etree.QName(name).localname): value for name, value in element.attrib.items()
    }
    for child in element.iterchildren("*"):
        name, value = etree.QName(child).localname, as_object(child, has_numbers=has_numbers)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip()
    if found:
        return found
    is_number = has_numbers and text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if is_number else text


def _write_opencps(soap: bytes, switches: Switches) -> dict[str, Any]:
    converted = as_object(etree.fromstring(soap), has_numbers=switches.json_numbers)
    return {"Envelope": converted} if switches.json_envelope else converted


def _write_dong_thap(soap: bytes, switches: Switches) -> dict[str, Any]:
    count = etree.fromstring(soap).findtext(".//{*}SoLuongCongDan")
    is_found = None if count is None else count != "0"
    if switches.json_data == "text" and is_found is not None:
        return {"data": str(is_found).lower()}
    return {"data": is_found}


def _write_thanh_hoa(soap: bytes, switches: Switches) -> dict[str, Any]:
    return {"error_code": 0, "message": soap.decode()}


def _refuse(refusal: Refusal) -> Answer:
    return refuse_in_json(_in_http(refusal))


def _refuse_thanh_hoa(refusal: Refusal) -> Answer:
    refusal = _in_http(refusal)
    return as_json({"error_code": refusal.code, "message": refusal.message}, status=refusal.status)


def _in_http(refusal: Refusal) -> Refusal:
    """Give what is the caller's fault a status of 4xx, where SOAP says 500, and name the field in the message."""
    is_callers = refusal.status == 500 and refusal.faultcode.endswith(":Client")
    message = f"{refusal.element}: {refusal.message}" if refusal.element else refusal.message
    return replace(refusal, status=400 if is_callers else refusal.status, message=message)


def _give_token(call: Call, body: bytes, entry: Entry, switches: Switches) -> Answer:
    entry.operation = "token"
    access.check_json_auth(call.headers)
    seconds = switches.token_seconds
    end = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))) + dt.timedelta(seconds=seconds)
    fields = {
        "token": state.TOKENS.issue(_NAME, seconds), "refreshToken": secrets.token_urlsafe(24),
        "expiryDate": end.isoformat(timespec="seconds"),
    }  # fmt: skip
    return register.give_token(fields, (_CLIENT,), entry)


_OPENCPS: Final = Style(
    fields={
        "MaYeuCau": "MaYeuCau", "MaTichHop": "MaTichHop", "MaDVC": "MaDVC", "StaffEmail": "MaCanBo",
        "GovAgencyCode": "MaDonVi", "HoVaTen": "HoVaTen", "NgayThangNamSinh": "NgayThangNamSinh",
        "SoDinhDanh": "SoDinhDanh", "SoCMND": "SoCMND",
    },
    demanded={
        "MaDVC": no_procedure(),
        "GovAgencyCode": GatewayRefusal(400, "002", "Chưa có mã cơ quan (GovAgencyCode)."),
        "StaffEmail": GatewayRefusal(400, "003", "Chưa có thư điện tử của cán bộ (StaffEmail)."),
    },
    write=_write_opencps,
    wrong_types=lambda fields: {name: [value, 17] for name, value in fields.items()},
    longest={"type": 100},
)  # fmt: skip
_DONG_THAP: Final = Style(
    fields={
        "maYeuCau": "MaYeuCau", "maDVC": "MaDVC", "maCanBo": "MaCanBo", "soDinhDanh": "SoDinhDanh",
        "soCMND": "SoCMND", "hoVaTen": "HoVaTen", "ngayThangNam": "NgayThangNamSinh",
    },
    demanded={"maDVC": no_procedure()},
    write=_write_dong_thap,
    wrong_types=lambda fields: {"data": {"found": fields["data"]}},
    service="003",
    longest={"userNameService": 100},
)  # fmt: skip
_THANH_HOA: Final = Style(
    fields=_SAME_NAMES,
    demanded={},
    write=_write_thanh_hoa,
    wrong_types=lambda fields: {"error_code": [], "message": {"Envelope": "SBX"}},
)

JSON_TOKEN = Facade(_NAME, _give_token, _refuse)
OPENCPS = Facade(_NAME, _handler(_OPENCPS, is_token_demanded=True), _refuse)
DONG_THAP = Facade(_NAME, _handler(_DONG_THAP, is_token_demanded=True), _refuse)
THANH_HOA = Facade(_NAME, _handler(_THANH_HOA, is_token_demanded=True), _refuse_thanh_hoa)
OPEN_THANH_HOA = Facade(_NAME, _handler(_THANH_HOA, is_token_demanded=False), _refuse_thanh_hoa)
"""The same without a token (protocol §9.1); one that is sent must be good all the same."""
