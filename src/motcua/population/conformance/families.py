"""How each known family of clients asks and reads (docs/conformance.md): written text, standard library, their
habits, and no line of our own client.
"""

from __future__ import annotations

import base64
import hashlib
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from motcua.population.conformance.readings import (
    NS,
    QLDC,
    SOAP,
    Finding,
    literal_reading,
    parse,
    refused,
    s1_reading,
    xpath_reading,
)
from motcua.population.conformance.scenario import Mismatch
from motcua.population.conformance.target import CONFIRM, LOOKUP, Target


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """Whom a family asks about: 12 or 9 digits, a name with accents, `yyyy-mm-dd` or `yyyy`.

    `wrong_key` asks with credentials that nobody has.
    """

    number: str
    name: str
    birth: str
    wrong_key: bool = False

    @property
    def number_element(self) -> str:
        return "SoCMND" if len(self.number) == 9 else "SoDinhDanh"

    @property
    def plain_name(self) -> str:
        """The name as newer clients send it: A–Z and 0–9 only."""
        letters = unicodedata.normalize("NFD", self.name.replace("Đ", "D").replace("đ", "d")).upper()
        return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


@dataclass(frozen=True, slots=True)
class Family:
    """A family of clients: what it is called, how it asks, and what its service can tell."""

    title: str
    ask: Callable[[Target, Question], Finding]
    has_record: bool = True
    asks_birth: bool = True


def c06_headers(
    target: Target, operation: str, *, unit: str = "ms", shift: float = 0, wrong_key: bool = False
) -> dict[str, str]:
    """Return Authorization and Timestamp as C06 wants them; `shift` moves the clock by so many seconds."""
    own = target.credentials
    moment = time.time() + shift
    timestamp = str(int(moment * 1000)) if unit == "ms" else str(int(moment))
    secret = "nobody-has-this" if wrong_key else own["NPD_SECRET"]
    uri = own["NPD_HASH_URI"].replace("{operation}", operation)
    digest = hashlib.sha256(f"{uri}{own['NPD_USERNAME']}{timestamp}{secret}".encode()).hexdigest()
    basic = base64.b64encode(f"{own['NPD_USERNAME']}:{digest}".encode()).decode()
    return {"Authorization": f"Basic {basic}", "Timestamp": timestamp}


def escaped(text: str) -> str:
    """Return a text as it may stand in XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


# --- S1, the one-stop product of several provinces: SOAP with its own prefix ---------------------------


def s1_body(target: Target, question: Question, service: str = "037", operation: str = LOOKUP) -> bytes:
    """Write S1's request: prefix qldc, a date with hyphens, the e-mail of the officer, no office."""
    birth = "Nam" if len(question.birth) == 4 else "NgayThangNam"
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:qldc="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<qldc:{operation}><qldc:MaYeuCau>{time.time_ns() // 1_000_000}</qldc:MaYeuCau>"
        f"<qldc:MaDVC>{target.credentials['NPD_PROCEDURE_CODE']}</qldc:MaDVC>"
        f"<qldc:MaTichHop>{service}</qldc:MaTichHop>"
        f"<qldc:MaCanBo>{target.credentials['NPD_PORTAL_OFFICER']}</qldc:MaCanBo>"
        f"<qldc:{question.number_element}>{question.number}</qldc:{question.number_element}>"
        f"<qldc:HoVaTen>{escaped(question.name)}</qldc:HoVaTen>"
        f"<qldc:NgayThangNamSinh><qldc:{birth}>{question.birth}</qldc:{birth}></qldc:NgayThangNamSinh>"
        f"</qldc:{operation}></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _s1_direct(target: Target, question: Question) -> Finding:
    headers = {
        "Content-Type": "application/xml",
        **c06_headers(target, LOOKUP, wrong_key=question.wrong_key),
    }
    reply = target.send("c06", s1_body(target, question), headers, operation=LOOKUP)
    return s1_reading(reply)


# --- S2, the ministry's own portal: seconds, lower-case header, reading by literal prefix ---------------


def _s2(target: Target, question: Question) -> Finding:
    # Upper case byte by byte leaves accented letters as they were.
    shouted = "".join(letter.upper() if letter.isascii() else letter for letter in question.name)
    birth = question.birth.replace("-", "")
    kind = "Nam" if len(birth) == 4 else "NgayThangNam"
    body = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:dan="{QLDC}">\n <soapenv:Header/>\n <soapenv:Body>\n'
        f'  <dan:{LOOKUP} xmlns:dan="{QLDC}">\n   <dan:MaYeuCau>CSDLDC</dan:MaYeuCau>\n   <dan:MaDVC></dan:MaDVC>\n'
        f"   <dan:MaTichHop>037</dan:MaTichHop>\n   <dan:MaCanBo>BCA</dan:MaCanBo>\n"
        f"   <dan:{question.number_element}>{question.number}</dan:{question.number_element}>\n"
        f"   <dan:HoVaTen>{escaped(shouted)}</dan:HoVaTen>\n   <dan:NgayThangNamSinh>\n"
        f"    <dan:{kind}>{birth}</dan:{kind}>\n   </dan:NgayThangNamSinh>\n  </dan:{LOOKUP}>\n"
        " </soapenv:Body>\n</soapenv:Envelope>"
    ).encode()
    signed = c06_headers(target, LOOKUP, unit="s", wrong_key=question.wrong_key)
    headers = {
        "Content-Type": "application/xml",
        "authorization": signed["Authorization"],
        "timestamp": signed["Timestamp"],
    }
    return literal_reading(target.send("c06", body, headers, operation=LOOKUP))


# --- S3, the newest: X-Road, own number of the officer, office and login, XPath by namespace --------------


def _s3(target: Target, question: Question) -> Finding:
    own = target.credentials
    headers = {
        "Content-Type": "application/xml; charset=utf-8",
        "SOAPAction": '""',
        "X-Road-Client": own["NPD_XROAD_CLIENT"],
        "ApiKey": own["NPD_API_KEY"],
        **c06_headers(target, LOOKUP, wrong_key=question.wrong_key),
    }
    reply = target.send("xroad", s3_body(target, question), headers, operation=LOOKUP)
    return xpath_reading(reply)


def s3_body(target: Target, question: Question) -> bytes:
    """Write S3's request: everything in the namespace, MaDonVi after MaCanBo, telephone 0."""
    birth = question.birth.replace("-", "")
    kind = "Nam" if len(birth) == 4 else "NgayThangNam"
    own = target.credentials
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:dan="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<dan:{LOOKUP}><dan:MaYeuCau>GSTP{time.strftime('%H%M%S')}000</dan:MaYeuCau><dan:MaDVC>VPCP</dan:MaDVC>"
        f"<dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>{own['NPD_PORTAL_OFFICER']}</dan:MaCanBo>"
        f"<dan:MaDonVi>{own['NPD_AGENCY_CODE']}</dan:MaDonVi><dan:TaiKhoan>canbo01</dan:TaiKhoan>"
        f"<dan:SoDienThoai>0</dan:SoDienThoai>"
        f"<dan:{question.number_element}>{question.number}</dan:{question.number_element}>"
        f"<dan:HoVaTen>{question.plain_name}</dan:HoVaTen>"
        f"<dan:NgayThangNamSinh><dan:{kind}>{birth}</dan:{kind}></dan:NgayThangNamSinh>"
        f"</dan:{LOOKUP}></soapenv:Body></soapenv:Envelope>"
    ).encode()


# --- S4, a vaccination register: two prefixes of the envelope, headers of its bus -----------------------


def _s4(target: Target, question: Question) -> Finding:
    birth = question.birth.replace("-", "")
    kind = "Nam" if len(birth) == 4 else "NgayThangNam"
    body = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soap:Header xmlns:soap="{SOAP}"/><soapenv:Body>'
        f'<dan:{LOOKUP} xmlns:dan="{QLDC}"><dan:MaYeuCau>{time.time_ns()}</dan:MaYeuCau><dan:MaDVC/>'
        f"<dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>hysmart</dan:MaCanBo>"
        f"<dan:{question.number_element}>{question.number}</dan:{question.number_element}>"
        f"<dan:HoVaTen>{question.plain_name}</dan:HoVaTen>"
        f"<dan:NgayThangNamSinh><dan:{kind}>{birth}</dan:{kind}></dan:NgayThangNamSinh>"
        f"</dan:{LOOKUP}></soapenv:Body></soapenv:Envelope>"
    ).encode()
    user = target.credentials["NPD_USERNAME"]
    headers = {
        "Content-Type": "application/xml",
        "ESB_SOURCE_TYPE": user,
        "ESB_SOURCE_USERNAME": user,
        **c06_headers(target, LOOKUP, wrong_key=question.wrong_key),
    }
    return literal_reading(target.send("c06", body, headers, operation=LOOKUP))


# --- S6 and S8, the yes/no services ---------------------------------------------------------------------


def _s6(target: Target, question: Question) -> Finding:
    headers = {
        "Content-Type": "text/xml",
        **c06_headers(target, CONFIRM, wrong_key=question.wrong_key),
    }
    body = s1_body(target, question, "003", CONFIRM)
    reply = target.send("c06", body, headers, operation=CONFIRM)
    if turned_down := refused(reply):
        return turned_down
    counted = parse(reply.body).findtext(
        "s:Body/q:XacThucThongTinCongDanResponse/q:SoLuongCongDan", namespaces=NS
    )
    if counted is None or not counted.isdigit():
        raise Mismatch("không có SoLuongCongDan trong XacThucThongTinCongDanResponse")
    return Finding(reply.status, counted != "0")


def _s8(target: Target, question: Question) -> Finding:
    numbers = "".join(
        f"<dan:{name}>{question.number if name == question.number_element else ''}</dan:{name}>"
        for name in ("SoDinhDanh", "SoCMND")
    )
    body = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:dan="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<dan:{CONFIRM}Request><dan:MaYeuCau>{time.time_ns()}</dan:MaYeuCau><dan:MaDichVu>033</dan:MaDichVu>"
        f"<dan:MaCanBo>VDXP_VPCP</dan:MaCanBo>{numbers}<dan:HoVaTen>{escaped(question.name)}</dan:HoVaTen>"
        f"</dan:{CONFIRM}Request></soapenv:Body></soapenv:Envelope>"
    ).encode()
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        **c06_headers(target, CONFIRM, wrong_key=question.wrong_key),
    }
    reply = target.send("c06", body, headers, operation=CONFIRM)
    if turned_down := refused(reply):
        return turned_down
    roots = ("KetQuaXacThucResponse", "KetQuaXacThuc", "XacThucThongTinCongDanResponse")
    envelope = parse(reply.body)
    said = [envelope.findtext(f"s:Body/q:{root}/q:TonTai", namespaces=NS) for root in roots]
    told = [word for word in said if word is not None]
    if told not in (["true"], ["false"]):
        raise Mismatch("không có TonTai true hoặc false dưới một trong ba gốc đã biết")
    return Finding(reply.status, told == ["true"])


SOAP_FAMILIES = (
    Family("S1 qua C06 (tiền tố qldc, không SOAPAction, ngày có gạch nối)", _s1_direct),
    Family("S2 (giây, tiêu đề chữ thường, đọc theo tiền tố đúng chữ)", _s2),
    Family("S3 qua X-Road (mili giây, ApiKey, SOAPAction rỗng, trường mới)", _s3),
    Family("S4 (hai tiền tố của phong bì, ESB_SOURCE_*)", _s4),
    Family("S6 (003, đếm số công dân)", _s6, has_record=False),
    Family("S8 (033, gốc XacThucThongTinCongDanRequest)", _s8, has_record=False, asks_birth=False),
)
