"""Scenarios: the compatibility rules C1 to C14 (docs/conformance.md), each broken by one known client otherwise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from lxml import etree

from motcua.population.conformance.bending import Calls
from motcua.population.conformance.families import c06_headers
from motcua.population.conformance.readings import (
    DANCU,
    QLDC,
    SOAP,
    Finding,
    literal_reading,
    parse,
    xpath_reading,
)
from motcua.population.conformance.scenario import Mismatch, Scenario
from motcua.population.conformance.servers import is_about
from motcua.population.conformance.target import CONFIRM, LOOKUP, Person, Reply, Target

_GROUP = "Quy tắc tương thích C1 đến C14 của máy chủ"
# fmt: off
_ORDER = [
    "SoDinhDanh", "SoCMND", "HoVaTen", "GioiTinh", "DanToc", "TonGiao", "TinhTrangHonNhan", "NhomMau",
    "NgayThangNamSinh", "NoiDangKyKhaiSinh", "QuocTich", "QueQuan", "ThuongTru", "NoiOHienTai", "Cha", "Me",
    "VoChong", "NguoiDaiDien", "ChuHo", "SoSoHoKhau",
]
# fmt: on


def rule_scenarios(target: Target) -> Iterator[Scenario]:
    """Yield the rules, in their order."""
    calls = Calls(target)
    people = target.people
    an, dung = people["ordinary"], people["year_only"]

    def rule(sentence: str, expected: str, observe: Callable[[], str]) -> Scenario:
        return Scenario(group=_GROUP, name=sentence, expected=expected, observe=observe)

    def finds(sentence: str, ask: Callable[[], Reply], person: Person = an) -> Scenario:
        return rule(sentence, "HTTP 200, đúng người", lambda: _found(person, ask()))

    def citizen() -> etree._Element:
        return _citizen(calls.ask(an))

    yield rule("C1: tiền tố soapenv và ns1, khai báo XML đúng chữ", "đọc được theo đúng chữ",
               lambda: _told(literal_reading(calls.ask(an))))  # fmt: skip
    yield rule("C1: các phần tử của CongDan theo đúng thứ tự", "20 phần tử theo thứ tự",
               lambda: _same(_names(citizen()), _ORDER))  # fmt: skip
    yield rule("C2: trả lời là text/xml, UTF-8, không có BOM", "text/xml; charset=UTF-8",
               lambda: _utf8(calls.ask(an)))  # fmt: skip
    yield rule("C3: có và không có người đều là HTTP 200", "200 và 200",
               lambda: _same([calls.ask(an).status, calls.ask(people["absent"]).status], [200, 200]))  # fmt: skip
    yield rule("C4: không có ai là CongdanCollection rỗng hoặc Body rỗng", "rỗng",
               lambda: _empty(calls.ask(people["absent"])))  # fmt: skip
    for sentence, change in _ENVELOPES:
        yield finds(f"C5: {sentence}", partial(calls.bent, an, change=change))
    for headers in (
        {"Content-Type": "text/xml"},
        {"Content-Type": 'application/xml; charset="UTF-8"'},
        {"Content-Type": "text/xml;charset=utf-8", "SOAPAction": '"urn:anything"'},
        {"SOAPAction": ""},
    ):
        told = ", ".join(f"{name}: {value or '(trống)'}" for name, value in headers.items())
        yield finds(f"C6: chấp nhận {told}", partial(calls.bent, an, headers=headers))
    for root in (CONFIRM, f"{CONFIRM}Request"):
        for code in ("MaTichHop", "MaDichVu"):
            yield rule(
                f"C7: gốc {root} với {code} được hiểu",
                "có người này",
                partial(_confirmed, calls, an, root, code),
            )
    for sentence, reorder in _ORDERS:
        yield finds(f"C8: {sentence}", partial(calls.bent, an, reorder=reorder))
    for sentence, text in (
        ("NgayThangNam viết yyyyMMdd", f"<dan:NgayThangNam>{an.birth.replace('-', '')}</dan:NgayThangNam>"),
        ("NgayThangNam viết yyyy-MM-dd", f"<dan:NgayThangNam>{an.birth}</dan:NgayThangNam>"),
        ("Nam viết yyyy", f"<dan:Nam>{an.birth[:4]}</dan:Nam>"),
        ("văn bản yyyy-MM-dd ngay trong NgayThangNamSinh", an.birth),
        ("văn bản yyyyMMdd ngay trong NgayThangNamSinh", an.birth.replace("-", "")),
        ("văn bản yyyy ngay trong NgayThangNamSinh", an.birth[:4]),
    ):
        yield finds(f"C9: {sentence}", partial(calls.ask, an, NgayThangNamSinh=text))
    for sentence, name in (
        ("tên không dấu, liền nhau, chữ hoa", _plain(an.name)),
        ("tên có dấu, chữ thường", an.name.lower()),
        ("tên ở dạng Unicode tổ hợp (NFD)", unicodedata.normalize("NFD", an.name)),
        ("tên thừa khoảng trắng", f"  {an.name.replace(' ', '   ')} "),
    ):
        yield finds(f"C10: {sentence}", partial(calls.ask, an, HoVaTen=name))
    yield finds("C11: Timestamp 10 chữ số là giây", partial(calls.bent, an, unit="s"))
    yield finds("C11: Timestamp 13 chữ số là mili giây", partial(calls.bent, an, unit="ms"))
    bus = {"ESB_SOURCE_TYPE": "x", "ESB_SOURCE_USERNAME": "x"}
    yield finds("C11: ESB_SOURCE_* được bỏ qua", partial(calls.bent, an, headers=bus))
    yield finds("C11: tên tiêu đề viết hoa hay thường đều được", lambda: _shouted(calls, an))
    yield rule("C12: cả họ tên nằm trong Ten, Ho và ChuDem rỗng", "Ho rỗng, ChuDem rỗng, Ten đủ",
               lambda: _name_whole(citizen(), an))  # fmt: skip
    yield rule("C12: họ tên của người thân là văn bản, mã dân tộc và tôn giáo 2 chữ số", "văn bản, 2 chữ số",
               lambda: _plain_texts(citizen()))  # fmt: skip
    yield rule("C13: hai người trùng tên và ngày sinh, mỗi số chỉ trả về một người", "một CongDan mỗi lần",
               lambda: _one_each(calls, an, people["namesake"]))  # fmt: skip
    yield rule("C13: hai người chung số CMND, họ tên và ngày sinh quyết định", "một CongDan, đúng người",
               lambda: _one_of_two(calls, people["tone_mark"], people["shares_old_number"]))  # fmt: skip
    yield rule("C14: giá trị rỗng là phần tử rỗng, không bị bỏ", "đủ 20 phần tử và 5 phần của mỗi địa chỉ",
               lambda: _nothing_left_out(_citizen(calls.ask(people["namesake"]))))  # fmt: skip
    yield rule("C14: chỉ có năm sinh thì có Nam, không có NgayThangNam", "Nam, không NgayThangNam",
               lambda: _year_only(_citizen(calls.ask(dung))))  # fmt: skip


_ENVELOPES: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("tiền tố khác (x1, SOAP-ENV)",
     lambda body: body.replace(b"dan:", b"x1:").replace(b":dan", b":x1").replace(b"soapenv", b"SOAP-ENV")),
    ("không gian tên mặc định thay cho tiền tố",
     lambda body: body.replace(b"<dan:", b"<").replace(b"</dan:", b"</").replace(
         f"<{LOOKUP}>".encode(), f'<{LOOKUP} xmlns="{QLDC}">'.encode())),
    ("không gian tên khai báo lại trên từng phần tử",
     lambda body: re.sub(rb"<dan:(\w+)>", rf'<dan:\1 xmlns:dan="{QLDC}">'.encode(), body)),
    ("chú thích và khoảng trắng trong Body",
     lambda body: body.replace(b"<soapenv:Body>", b"<soapenv:Body>\n  <!-- ch\xc3\xba th\xc3\xadch -->\n")),
    ("văn bản lạc giữa hai thẻ của phong bì",
     lambda body: body.replace(b"<soapenv:Header/>", b"` <soapenv:Header/>")),
    ("không có Header", lambda body: body.replace(b"<soapenv:Header/>", b"")),
    ("có khai báo XML ở đầu",
     lambda body: b'<?xml version="1.0" encoding="UTF-8"?>\n' + body),
)  # fmt: skip


def _moved(fields: Mapping[str, str], name: str, text: str, before: str) -> dict[str, str]:
    moved: dict[str, str] = {}
    for other, value in fields.items():
        if other == before:
            moved[name] = text
        moved[other] = value
    return moved


_ORDERS: tuple[tuple[str, Callable[[Mapping[str, str]], Mapping[str, str]]], ...] = (
    ("MaDonVi đứng trước MaCanBo", lambda fields: _moved(fields, "MaDonVi", "000.00.00.H23", "MaCanBo")),
    ("MaDonVi đứng sau MaCanBo", lambda fields: _moved(fields, "MaDonVi", "000.00.00.H23", "SoDinhDanh")),
    ("thứ tự phần tử đảo ngược", lambda fields: dict(reversed(list(fields.items())))),
    ("phần tử lạ được bỏ qua", lambda fields: {**fields, "TruongLa": "khác"}),
    ("SoCMND rỗng gửi kèm SoDinhDanh", lambda fields: _moved(fields, "SoCMND", "", "HoVaTen")),
)


def _told(finding: Finding) -> str:
    if not finding.is_found:
        raise Mismatch(finding.told())
    return finding.told()


def _found(person: Person, reply: Reply) -> str:
    finding = xpath_reading(reply)
    if reply.status != 200 or not finding.is_found:
        raise Mismatch(finding.told())
    is_about(person, finding)
    return finding.told()


def _same(came: Sequence[object], expected: Sequence[object]) -> str:
    if came != expected:
        raise Mismatch(f"khác: {', '.join(map(str, came))}"[:300])
    return "đúng như mong đợi"


def _citizen(reply: Reply) -> etree._Element:
    found = parse(reply.body).findall(f".//{{{DANCU}}}CongdanCollection/{{{DANCU}}}CongDan")
    if len(found) != 1:
        raise Mismatch(f"HTTP {reply.status}, {len(found)} CongDan")
    return found[0]


def _utf8(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "").replace(" ", "").lower()
    if kind not in ("text/xml;charset=utf-8", 'text/xml;charset="utf-8"'):
        raise Mismatch(f"Content-Type {kind}"[:100])
    if reply.body.startswith(b"\xef\xbb\xbf") or not reply.text:
        raise Mismatch("có BOM ở đầu")
    return kind


def _empty(reply: Reply) -> str:
    body = parse(reply.body).find(f"{{{SOAP}}}Body")
    if body is None:
        raise Mismatch("không có Body")
    children = list(body.iterchildren("*"))
    if not children:
        return "Body rỗng"
    if [child.tag for child in children] != [f"{{{DANCU}}}CongdanCollection"] or len(children[0]):
        raise Mismatch("Body chứa thứ khác")
    return "CongdanCollection rỗng"


def _confirmed(calls: Calls, person: Person, root: str, code: str) -> str:
    fields = calls.fields(person, MaTichHop=None)
    fields = _moved(fields, code, "033", "MaCanBo")
    reply = calls.send(calls.body(fields, root=root), operation=CONFIRM)
    if reply.status != 200 or parse(reply.body).findtext(f".//{{{QLDC}}}TonTai") != "true":
        raise Mismatch(f"HTTP {reply.status}, không có TonTai=true")
    return "TonTai=true"


def _shouted(calls: Calls, person: Person) -> Reply:
    signed = c06_headers(calls.target, LOOKUP)
    headers = {name.upper(): value for name, value in signed.items()} | {"content-type": "application/xml"}
    return calls.target.send("c06", calls.body(calls.fields(person)), headers, operation=LOOKUP)


def _name_whole(citizen: etree._Element, person: Person) -> str:
    parts = [citizen.findtext(f"{{{DANCU}}}HoVaTen/{{{DANCU}}}{name}") for name in ("Ho", "ChuDem", "Ten")]
    if parts != ["", "", person.name.upper()]:
        raise Mismatch("họ tên bị tách hoặc thiếu phần tử")
    return "Ho rỗng, ChuDem rỗng, Ten đủ"


def _plain_texts(citizen: etree._Element) -> str:
    for relative in ("Cha", "Me", "VoChong", "NguoiDaiDien", "ChuHo"):
        name = citizen.find(f"{{{DANCU}}}{relative}/{{{DANCU}}}HoVaTen")
        if name is None or len(name):
            raise Mismatch(f"{relative}/HoVaTen thiếu hoặc bị tách")
    for code in ("DanToc", "TonGiao"):
        if not re.fullmatch(r"[0-9]{2}", citizen.findtext(f"{{{DANCU}}}{code}", "")):
            raise Mismatch(f"{code} không phải 2 chữ số")
    return "văn bản, 2 chữ số"


def _one_each(calls: Calls, *people: Person) -> str:
    for person in people:
        _found(person, calls.ask(person))
        _citizen(calls.ask(person))
    return "một CongDan mỗi lần, đúng số"


def _one_of_two(calls: Calls, *people: Person) -> str:
    for person in people:
        reply = calls.ask(person, SoDinhDanh=None, SoCMND=person.old_number)
        _found(person, reply)
    return "một CongDan, đúng người"


def _nothing_left_out(citizen: etree._Element) -> str:
    _same(_names(citizen), _ORDER)
    for address in ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai"):
        parts = _names(citizen.find(f"{{{DANCU}}}{address}"))
        _same(parts, ["MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet", "QuocGia"])
    return "đủ các phần tử"


def _year_only(citizen: etree._Element) -> str:
    parts = _names(citizen.find(f"{{{DANCU}}}NgayThangNamSinh"))
    return _same(parts, ["Nam"])


def _names(element: etree._Element | None) -> list[str]:
    return [etree.QName(part).localname for part in element] if element is not None else []


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d")).upper()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())
