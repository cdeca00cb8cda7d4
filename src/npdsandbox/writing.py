"""Answers as bytes, shaped like the one full answer that is known (protocol §2, §9.3; rules C1, C12 to C14).

Every message is built as a tree, never joined from strings. No Django, no sockets.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from lxml import etree

import npdschema
from npdsandbox.records import Address, Record, Relative
from npdsandbox.refusals import Refusal

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
NOTICE_NAMESPACE: Final = "urn:npdsandbox"
ROOTS_033: Final = ("KetQuaXacThucResponse", "KetQuaXacThuc", "XacThucThongTinCongDanResponse")
_SOAP: Final = npdschema.SOAP_NAMESPACE
_ASK: Final = npdschema.REQUEST_NAMESPACE
_DATA: Final = npdschema.CITIZEN_NAMESPACE


def citizens(
    records: Sequence[Record], *, status: str = "", prefix: str = "ns1", extra: bool = False
) -> bytes:
    """Write the answer of 037 in the NPD form.

    Args:
        records: the people found: one as a rule; none gives the empty collection.
        status: text of `TrangThai` after the record, left out when empty (CHOICE, read by one client only).
        prefix: namespace prefix; some clients parse it literally, so anything but `ns1` is a trouble.
        extra: add an element no client knows.
    """
    collection = etree.Element(f"{{{_DATA}}}CongdanCollection", nsmap={prefix: _DATA})
    for record in records:
        person = _add(collection, "CongDan")
        _npd_form(person, record)
        if status:
            _add(person, "TrangThai", status)
        if extra:
            _add(person, "SbxTruongLa", "SBX")
    return _envelope(collection)


def empty_body() -> bytes:
    """Write an envelope with nothing in its Body: the other shape of "nobody"."""
    return _envelope(None)


def count(found: bool) -> bytes:
    """Write the answer of 003: how many people fit, 0 or 1."""
    root = etree.Element(f"{{{_ASK}}}XacThucThongTinCongDanResponse", nsmap={"dan": _ASK})
    etree.SubElement(root, f"{{{_ASK}}}SoLuongCongDan").text = "1" if found else "0"
    return _envelope(root)


def exists(found: bool, *, root_name: str = ROOTS_033[0]) -> bytes:
    """Write the answer of 033; its root has three known names."""
    root = etree.Element(f"{{{_ASK}}}{root_name}", nsmap={"ns2": _ASK})
    etree.SubElement(root, f"{{{_ASK}}}TonTai").text = "true" if found else "false"
    return _envelope(root, redeclare=False)


def fault(refusal: Refusal) -> bytes:
    """Write a SOAP fault: the code as `faultstring`, the reason and the element's name as `detail`."""
    root = etree.Element(f"{{{_SOAP}}}Fault", nsmap={"soapenv": _SOAP})
    etree.SubElement(root, "faultcode").text = refusal.faultcode
    etree.SubElement(root, "faultstring").text = refusal.code
    detail = etree.SubElement(root, "detail")
    nsmap = {"sbx": NOTICE_NAMESPACE}
    etree.SubElement(detail, f"{{{NOTICE_NAMESPACE}}}message", nsmap=nsmap).text = refusal.message
    if refusal.element:
        etree.SubElement(detail, f"{{{NOTICE_NAMESPACE}}}element", nsmap=nsmap).text = refusal.element
    return _envelope(root)


def citizens_qcvn109(records: Sequence[Record], *, moment: str) -> bytes:
    """Write the answer of 037 in the older form of QCVN 109:2017/BTTTT (protocol §2.2).

    Args:
        records: the people found.
        moment: ISO date and time for the attribute ThoiDiemDuLieu.
    """
    collection = etree.Element(f"{{{_DATA}}}CongdanCollection", nsmap={"ns1": _DATA})
    collection.set("SoCongDan", str(len(records)))
    collection.set("GhiChu", "SBX")
    collection.set("ThoiDiemDuLieu", moment)
    for record in records:
        _qcvn_form(_add(collection, "CongDan"), record)
    return _envelope(collection)


def _envelope(content: etree._Element | None, *, redeclare: bool = True) -> bytes:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soapenv": _SOAP})
    # The known answer declares the question's namespace, unused, on both of these.
    nsmap = {"dan": _ASK} if redeclare else None
    header = etree.SubElement(envelope, f"{{{_SOAP}}}Header", nsmap=nsmap)
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body", nsmap=nsmap)
    _break_lines(envelope, [header, body], 0)
    if content is not None:
        body.append(content)
        _break_lines(body, [content], 1)
        if content.tag == f"{{{_DATA}}}CongdanCollection":
            _break_lines(content, list(content), 2)
            for person in content:
                _break_lines(person, list(person), 3)
    return DECLARATION + etree.tostring(envelope, encoding="UTF-8", xml_declaration=False)


def _break_lines(parent: etree._Element, children: Sequence[etree._Element], depth: int) -> None:
    if not children:
        return
    parent.text = "\n" + "  " * (depth + 1)
    for child in children:
        child.tail = "\n" + "  " * (depth + 1)
    children[-1].tail = "\n" + "  " * depth


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, f"{{{_DATA}}}{name}")
    if text:
        element.text = text
    return element


def _add_all(parent: etree._Element, pairs: Iterable[tuple[str, str]]) -> None:
    for name, text in pairs:
        _add(parent, name, text)


def _npd_form(person: etree._Element, record: Record) -> None:
    _add_all(person, (("SoDinhDanh", record.personal_number), ("SoCMND", record.old_card_number)))
    # The whole name stands in Ten: so does the register, and nobody may split it (C12).
    _add_all(_add(person, "HoVaTen"), (("Ho", ""), ("ChuDem", ""), ("Ten", record.full_name.upper())))
    _add_all(
        person,
        (
            ("GioiTinh", record.sex), ("DanToc", record.ethnic_group), ("TonGiao", record.religion),
            ("TinhTrangHonNhan", record.marital_status), ("NhomMau", record.blood_group),
        ),
    )  # fmt: skip
    birth = _add(person, "NgayThangNamSinh")
    _add(birth, "Nam", record.birth_date[:4])
    if len(record.birth_date) > 4:
        _add(birth, "NgayThangNam", record.birth_date.replace("-", ""))
    _npd_address(person, "NoiDangKyKhaiSinh", record.birth_registration)
    _add(person, "QuocTich", record.nationality)
    _npd_address(person, "QueQuan", record.origin)
    _npd_address(person, "ThuongTru", record.permanent_residence)
    _npd_address(person, "NoiOHienTai", record.current_residence)
    for name, relative in _relatives(record):
        _add_all(
            _add(person, name),
            (
                ("HoVaTen", relative.full_name.upper()), ("QuocTich", relative.nationality),
                ("SoDinhDanh", relative.personal_number), ("SoCMND", relative.old_card_number),
            ),
        )  # fmt: skip
    _head(person, record)
    _add(person, "SoSoHoKhau", record.household_book)


def _relatives(record: Record) -> tuple[tuple[str, Relative], ...]:
    return (
        ("Cha", record.father), ("Me", record.mother), ("VoChong", record.spouse),
        ("NguoiDaiDien", record.representative),
    )  # fmt: skip


def _head(person: etree._Element, record: Record) -> None:
    head = record.head
    _add_all(
        _add(person, "ChuHo"),
        (
            ("QuanHe", record.head_relation), ("SoDinhDanh", head.personal_number),
            ("SoCMND", head.old_card_number), ("HoVaTen", head.full_name.upper()),
        ),
    )  # fmt: skip


def _npd_address(person: etree._Element, name: str, address: Address) -> None:
    _add_all(
        _add(person, name),
        (
            ("MaTinhThanh", address.province), ("MaQuanHuyen", address.district),
            ("MaPhuongXa", address.commune), ("ChiTiet", address.detail.upper()), ("QuocGia", address.country),
        ),
    )  # fmt: skip


def _qcvn_form(person: etree._Element, record: Record) -> None:
    _add_all(person, (("SoDinhDanh", record.personal_number), ("SoCMND", record.old_card_number)))
    _split_name(person, record.full_name)
    _add(person, "GioiTinh", record.sex)
    _add_all(_add(person, "DanToc"), (("MaDanToc", record.ethnic_group), ("TenGoi", ""), ("TenGoiKhac", "")))
    _add_all(_add(person, "TonGiao"), (("MaTonGiao", record.religion), ("TenGoiKhac", "")))
    _add_all(person, (("TinhTrangHonNhan", record.marital_status), ("NhomMau", record.blood_group)))
    birth = _add(person, "NgayThangNamSinh")
    _add(birth, "Nam", record.birth_date[:4])
    if len(record.birth_date) > 4:
        _add(birth, "NgayThangNam", record.birth_date)
    _qcvn_address(person, "NoiDangKyKhaiSinh", record.birth_registration)
    _add(person, "QuocTich", record.nationality)
    _qcvn_address(person, "QueQuan", record.origin)
    _qcvn_address(person, "ThuongTru", record.permanent_residence)
    _qcvn_address(person, "NoiOHienTai", record.current_residence)
    for name, relative in _relatives(record):
        element = _add(person, name)
        _split_name(element, relative.full_name)
        _add_all(
            element,
            (
                ("QuocTich", relative.nationality), ("SoDinhDanh", relative.personal_number),
                ("SoCMND", relative.old_card_number),
            ),
        )  # fmt: skip
    _head(person, record)
    _add(person, "SoSoHoKhau", record.household_book)
    _add(person, "TrangThaiCongDan")


def _split_name(parent: etree._Element, full_name: str) -> None:
    words = full_name.split()
    first, middle, last = (words[0], words[1:-1], words[-1]) if len(words) > 1 else ("", [], full_name)
    _add_all(_add(parent, "HoVaTen"), (("Ho", first), ("ChuDem", " ".join(middle)), ("Ten", last)))


def _qcvn_address(person: etree._Element, name: str, address: Address) -> None:
    unit = address.commune or address.district or address.province
    _add_all(
        _add(person, name),
        (("MaDonViHanhChinh", unit), ("ChiTiet", address.detail), ("QuocGia", address.country)),
    )
