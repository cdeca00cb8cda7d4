"""The register's messages: bytes ↔ dataclasses, for each operation and generation. Pure; no sockets, no
clock.

The only place of the product that knows the wire's own Vietnamese names. What is fact, inferred or our
choice stands in `docs/protocol.md`, whose sections the functions name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from motcua.identity.birth import BirthDate, BirthRefused
from motcua.identity.claims import Address, CitizenRecord, IdentityClaim, Sex
from motcua.identity.names import NameRefused, clean, wire_form
from motcua.identity.register import CouldNotAsk, Inquiry, Trouble
from motcua.population.soap import (
    SOAP_11,
    answer_element,
    has_stray_text,
    parse,
    unreadable,
    wrong_encoding,
)

Service = Literal["037", "003", "033"]
NameForm = Literal["ascii", "accented"]

OPERATIONS: dict[str, str] = {
    "037": "TraCuuThongTinCongDan",
    "003": "XacThucThongTinCongDan",
    "033": "XacThucThongTinCongDan",
}
REQUEST_NS = "http://dancuquocgia.bca"
RECORD_NS = "http://www.mic.gov.vn/dancu/1.0"

_RECORD_TAG = f"{{{RECORD_NS}}}"
_STATUSES = ("TrangThai", "TrangThaiCongDan")
_LONGEST_TEXT = 500
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_SEXES = {"1": Sex.MALE, "2": Sex.FEMALE, "3": Sex.OTHER}
# fmt: off
_WANTED = frozenset({
    "SoDinhDanh", "SoCMND", "HoVaTen", "GioiTinh", "DanToc", "NgayThangNamSinh", "QuocTich", "ThuongTru",
    "NoiOHienTai", "TrangThai", "TrangThaiCongDan",
})
_NOT_WANTED = frozenset({  # known, and dropped here so that they cannot travel further
    "SoCCCD", "TonGiao", "TinhTrangHonNhan", "NhomMau", "NoiDangKyKhaiSinh", "QueQuan", "Cha", "Me",
    "VoChong", "NguoiDaiDien", "ChuHo", "SoSoHoKhau",
})
_INNER = frozenset({
    "Ho", "ChuDem", "Ten", "Nam", "NgayThangNam", "MaDanToc", "MaTinhThanh", "MaQuanHuyen", "MaPhuongXa",
    "MaDonViHanhChinh", "ChiTiet", "QuocGia",
})
# fmt: on
_KNOWN = _WANTED | _NOT_WANTED
_ONCE = _KNOWN | _INNER
_OF_A_CITIZEN = frozenset({"congdan", "sodinhdanh", "hovaten"})
_YES_NO_ROOTS = frozenset({"XacThucThongTinCongDanResponse", "KetQuaXacThucResponse", "KetQuaXacThuc"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A reply understood: a record, or the register's bare word; with the count of elements that we do not
    know.
    """

    record: CitizenRecord | None
    is_confirmed: bool
    unknown_elements: int = 0


# --- requests (docs/protocol.md §1) ----------------------------------------------------------------


def build_request(
    claim: IdentityClaim,
    inquiry: Inquiry,
    *,
    service: Service,
    style: Literal["2025", "2022"] = "2025",
    name_form: NameForm = "ascii",
) -> bytes:
    """Return the SOAP 1.1 request of a service about one claim, UTF-8, without an XML declaration.

    `style` "2025" adds the office, the login and a constant telephone number to 037; "2022" leaves them out.
    Raises CouldNotAsk(CONFIGURATION) when a text of the inquiry cannot stand in XML.
    """
    prefix = "qldc" if style == "2022" and service != "033" else "dan"
    envelope = etree.Element(f"{{{SOAP_11}}}Envelope", nsmap={"soapenv": SOAP_11, prefix: REQUEST_NS})
    etree.SubElement(envelope, f"{{{SOAP_11}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP_11}}}Body")
    root = etree.SubElement(
        body, f"{{{REQUEST_NS}}}{OPERATIONS[service]}{'Request' if service == '033' else ''}"
    )
    try:
        for name, text in _request_fields(claim, inquiry, service, style, name_form):
            etree.SubElement(root, f"{{{REQUEST_NS}}}{name}").text = text
    except ValueError:
        detail = "officer, login, office or procedure holds a character that XML does not allow"
        raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, is_unsent=True) from None
    if service != "033":
        birth = etree.SubElement(root, f"{{{REQUEST_NS}}}NgayThangNamSinh")
        born = claim.birth_date
        name = "Nam" if born.is_year_only else "NgayThangNam"
        etree.SubElement(birth, f"{{{REQUEST_NS}}}{name}").text = born.canonical().replace("-", "")
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=False)


def name_to_send(claim: IdentityClaim, name_form: NameForm) -> str:
    """Return the name as a question carries it: bare letters without blanks, or accented upper case."""
    return wire_form(claim.full_name) if name_form == "ascii" else claim.full_name.upper()


def _request_fields(
    claim: IdentityClaim, inquiry: Inquiry, service: Service, style: str, name_form: NameForm
) -> Iterator[tuple[str, str]]:
    full_name = name_to_send(claim, name_form)
    is_personal = claim.number.is_personal_number
    yield "MaYeuCau", inquiry.request_id
    if service == "033":
        yield "MaDichVu", service
        yield "MaCanBo", inquiry.officer
        yield "SoDinhDanh", claim.number.digits if is_personal else ""
        yield "SoCMND", "" if is_personal else claim.number.digits
        yield "HoVaTen", full_name
        return
    yield "MaDVC", inquiry.procedure
    yield "MaTichHop", service
    yield "MaCanBo", inquiry.officer
    if service == "037" and style == "2025":
        yield "MaDonVi", inquiry.agency
        yield "TaiKhoan", inquiry.officer_login
        yield "SoDienThoai", "0"
    yield ("SoDinhDanh" if is_personal else "SoCMND"), claim.number.digits
    yield "HoVaTen", full_name


# --- replies (docs/protocol.md §2) -----------------------------------------------------------------


def read_reply(
    reply: bytes, *, service: Service, content_type: str = "", deceased_statuses: Collection[str] = ()
) -> Reading:
    """Read a reply to one question of this service.

    Finds by namespace and never by prefix; takes the NPD form and the QCVN 109 form of a record, both
    shapes of "nobody", and the three roots and two children of a yes/no. `deceased_statuses` are the status
    values that mean death. Raises FaultReceived for a fault anywhere, and CouldNotAsk (UNREADABLE,
    ENCODING, OVERSIZED, TWO_CITIZENS, BAD_RECORD) for everything that is no proper answer.
    """
    return read_envelope(parse(reply, content_type), service=service, deceased_statuses=deceased_statuses)


def read_envelope(
    root: etree._Element, *, service: Service, deceased_statuses: Collection[str] = ()
) -> Reading:
    """Read a reply that is parsed already; raises what `read_reply` raises."""
    answer = answer_element(root)
    if service != "037":
        return _read_yes_no(answer)
    if answer is None:
        return Reading(None, is_confirmed=False)
    if answer.tag != f"{{{RECORD_NS}}}CongdanCollection":
        raise unreadable("the body holds another answer than the one asked for")
    citizens = answer.findall(f"{{{RECORD_NS}}}CongDan")
    if len(citizens) > 1:
        raise CouldNotAsk(Trouble.TWO_CITIZENS, detail=f"one question, {len(citizens)} citizens in the reply")
    others = [child for child in answer if child not in citizens]
    if any(etree.QName(one).localname.lower() in _OF_A_CITIZEN for child in others for one in child.iter()):
        raise unreadable("a citizen in a namespace or a place that is not the register's")
    announced = answer.get("SoCongDan", "").strip().lstrip("0")
    if citizens and announced.isdecimal() and announced != "1":
        raise CouldNotAsk(
            Trouble.TWO_CITIZENS, detail="the reply announces more citizens than the one it holds"
        )
    if not citizens:
        if announced or has_stray_text(answer):
            raise unreadable("the reply announces a citizen and holds none")
        return Reading(None, is_confirmed=False, unknown_elements=len(others))
    try:
        record, unknown = _read_citizen(citizens[0], deceased_statuses)
    except CouldNotAsk as error:
        if error.trouble is Trouble.UNREADABLE:  # the line is well: others' records may be read
            raise CouldNotAsk(Trouble.BAD_RECORD, detail=error.detail) from None
        raise
    return Reading(record, is_confirmed=record is not None, unknown_elements=unknown + len(others))


def _read_yes_no(answer: etree._Element | None) -> Reading:
    if answer is None or etree.QName(answer).namespace != REQUEST_NS:
        raise unreadable("no yes or no in the reply")
    if etree.QName(answer).localname not in _YES_NO_ROOTS:
        raise unreadable("the body holds another answer than the one asked for")
    counts, exists = (answer.findall(f"{{{REQUEST_NS}}}{name}") for name in ("SoLuongCongDan", "TonTai"))
    if len(counts) + len(exists) != 1:
        raise unreadable("not exactly one yes or no")
    if has_stray_text(answer):
        raise unreadable("bare text beside a yes or no")
    unknown = len(answer) - 1
    said = _text((counts or exists)[0]).strip().lower()
    if exists and said in ("true", "1", "false", "0"):
        return Reading(None, is_confirmed=said in ("true", "1"), unknown_elements=unknown)
    if counts and said.isascii() and said.isdigit() and len(said) < 10:
        if int(said) > 1:
            raise CouldNotAsk(Trouble.TWO_CITIZENS, detail="the register counts more than one citizen")
        return Reading(None, is_confirmed=said.strip("0") == "1", unknown_elements=unknown)
    raise unreadable("neither yes nor no")


def _read_citizen(
    citizen: etree._Element, deceased_statuses: Collection[str]
) -> tuple[CitizenRecord | None, int]:
    """Return the record cut down to what may travel (None for "no data"), and the count of unknown elements."""
    parts = _parts(citizen)
    if (citizen.text or "").strip():
        raise unreadable("bare text where a citizen belongs")
    unknown = len(citizen) - sum(name in _KNOWN for name in parts)
    full_name = _name(parts.get("HoVaTen"))
    personal_number = _text(parts.get("SoDinhDanh"))
    if not full_name and ("HoVaTen" in parts or not _texts(citizen)):
        return None, unknown  # an empty name means that there are no data (docs/protocol.md §2.4)
    if not re.fullmatch(r"\d{12}", personal_number, re.ASCII):
        raise unreadable("a record without a readable personal number")
    if not full_name:
        raise unreadable("a record without a name")
    if "NgayThangNamSinh" not in parts and unknown:
        raise unreadable("a record whose birth date may stand in an unknown element")
    group = parts.get("DanToc")
    ethnic_group = _shaped(r"\d{1,2}", group) or _shaped(r"\d{1,2}", _parts(group).get("MaDanToc"))
    record = CitizenRecord(
        personal_number=personal_number,
        old_card_number=_shaped(r"\d{9}|\d{12}", parts.get("SoCMND")),
        full_name=full_name,
        sex=_SEXES.get(_text(parts.get("GioiTinh")).lstrip("0"), Sex.UNKNOWN),
        birth_date=_birth(parts.get("NgayThangNamSinh")),
        ethnic_group=ethnic_group.zfill(2) if ethnic_group else "",
        nationality=_shaped(r"[A-Z]{2}", parts.get("QuocTich")),
        permanent_residence=_address(parts.get("ThuongTru")),
        current_residence=_address(parts.get("NoiOHienTai")),
        is_deceased=any(_text(parts.get(name)) in deceased_statuses for name in _STATUSES if name in parts),
    )
    return record, unknown


def _parts(element: etree._Element | None) -> dict[str, etree._Element]:
    """Return an element's children by name; those of other namespaces are left out, one name twice is refused."""
    parts: dict[str, etree._Element] = {}
    for child in element if element is not None else ():
        tag = str(child.tag)
        if tag.startswith(_RECORD_TAG):
            name = tag[len(_RECORD_TAG) :]
            if name in parts and name in _ONCE:
                raise unreadable(f"two elements {name} where one belongs")
            parts[name] = child
    return parts


def _text(element: etree._Element | None) -> str:
    """Return an element's own text without XML's blanks; other blanks stay, they may be damaged letters.

    A text with elements in it that hold the rest of it is refused: half a name is another name.
    """
    text = (element.text or "").strip(" \t\r\n") if element is not None else ""
    if len(text) > _LONGEST_TEXT:
        raise unreadable("a text longer than any honest one")
    if text and len(_texts(element)) > 1:
        raise unreadable("elements where only a text belongs")
    return text


def _texts(element: etree._Element | None) -> list[str]:
    """List every text in an element, at whatever depth and under whatever names; blanks are none."""
    return [str(text) for text in element.itertext() if str(text).strip()] if element is not None else []


def _shaped(pattern: str, element: etree._Element | None) -> str:
    text = _text(element)
    return text if re.fullmatch(pattern, text, re.ASCII) else ""


def _name(element: etree._Element | None) -> str:
    """Return the name, clean: whole in Ten (the NPD's way), in three parts (QCVN 109), or plain; "" for none."""
    parts = _parts(element)
    if _text(parts.get("Ten")):
        three = [parts.get(name) for name in ("Ho", "ChuDem", "Ten")]
        said = [text for text in map(_text, three) if text]
        # Beside all three, which may be empty, another element is dropped; in the place of one it holds a part.
        where = [element] if None in three else three
        if sum(len(_texts(one)) for one in where) > len(said):
            raise unreadable("a name of which a part stands in an unknown element")
        spoken = " ".join(said)
    else:
        spoken = _text(element)
    if not spoken:
        if _texts(element):
            raise unreadable("a name in an unknown shape")
        return ""
    _refuse_mojibake(spoken)
    try:
        return clean(spoken)
    except NameRefused:
        raise wrong_encoding("a name of characters that names do not have") from None


def _refuse_mojibake(text: str) -> None:
    if _CONTROLS.search(text):
        raise wrong_encoding("control characters in a text")
    if text.isascii():
        return
    for misread_as in ("latin-1", "cp1252"):
        try:
            text.encode(misread_as).decode("utf-8")
        except UnicodeError:
            continue
        raise wrong_encoding("UTF-8 that was encoded twice")


def _birth(element: etree._Element | None) -> BirthDate | None:
    parts = _parts(element)
    day = parts.get("NgayThangNam")
    date = _text(day) or _text(element)
    year = _text(parts.get("Nam"))
    if not date and _texts(day if year else element):
        raise unreadable("a birth date in an unknown shape")
    if re.fullmatch(r"\d{4}(0000)?", date, re.ASCII) and year in ("", date[:4]):
        date, year = "", date[:4]
    if not date and not year:
        return None
    whole = _DATE.fullmatch(date)
    if date and (whole is None or year not in ("", whole[1])):
        raise unreadable("a birth date that cannot be read")
    if not date and not re.fullmatch(r"\d{4}", year, re.ASCII):
        raise unreadable("a birth year that cannot be read")
    try:
        return BirthDate(int(whole[1]), int(whole[2]), int(whole[3])) if whole else BirthDate(int(year))
    except BirthRefused:
        raise unreadable("a birth date that cannot be") from None


def _address(element: etree._Element | None) -> Address | None:
    parts = _parts(element)
    unit = parts.get("MaDonViHanhChinh")  # QCVN 109: one code, of any level
    detail = " ".join(unicodedata.normalize("NFC", _text(parts.get("ChiTiet"))).split())
    _refuse_mojibake(_text(parts.get("ChiTiet")))
    address = Address(
        province_code=_shaped(r"\d{2}", parts.get("MaTinhThanh")) or _shaped(r"\d{2}", unit),
        district_code=_shaped(r"\d{3}", parts.get("MaQuanHuyen")) or _shaped(r"\d{3}", unit),
        commune_code=_shaped(r"\d{5}", parts.get("MaPhuongXa")) or _shaped(r"\d{5}", unit),
        detail=detail,
        country=_shaped(r"[A-Z]{2}", parts.get("QuocGia")),
    )
    has_place = address.province_code or address.district_code or address.commune_code or detail
    return address if has_place else None
