"""How programs of the known families read a reply: each with its own weakness, none with our client's strengths.

A reading that would break such a program, such as a missing child or another prefix, is a Mismatch here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from lxml import etree

from motcua.population.conformance.scenario import Mismatch
from motcua.population.conformance.target import Reply

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"
NS = {"s": SOAP, "q": QLDC, "d": DANCU}


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What a family makes of a reply. `is_found` is None where it was refused; the rest only where it reads it."""

    status: int
    is_found: bool | None
    name: str = ""
    number: str = ""
    birth: str = ""

    def told(self) -> str:
        """Say it in words, without a person."""
        word = {True: "có người này", False: "không có người này", None: "bị từ chối"}[self.is_found]
        return f"HTTP {self.status}, {word}"


def s1_reading(reply: Reply) -> Finding:
    """Read as S1 does: the whole answer becomes nested objects, and one object CongDan is taken out of it."""
    if turned_down := refused(reply):
        return turned_down
    envelope = as_objects(parse(reply.body))
    return objects_reading(reply.status, envelope)


def objects_reading(status: int, envelope: object) -> Finding:
    """Take Body.CongdanCollection.CongDan out of nested objects; a list of citizens breaks this program."""
    body = envelope.get("Body") if isinstance(envelope, dict) else None
    collection = body.get("CongdanCollection") if isinstance(body, dict) else None
    citizen = collection.get("CongDan") if isinstance(collection, dict) else None
    if citizen is None:
        return Finding(status, is_found=False)
    if not isinstance(citizen, dict):
        raise Mismatch("CongDan không phải một đối tượng")
    try:
        name, birth = citizen["HoVaTen"]["Ten"], citizen["NgayThangNamSinh"]
        return Finding(status, True, name, citizen["SoDinhDanh"], birth.get("NgayThangNam") or birth["Nam"])
    except (KeyError, TypeError, AttributeError):
        raise Mismatch("CongDan thiếu họ tên, số hoặc ngày sinh") from None


def as_objects(element: etree._Element) -> object:
    """Return an element as S1's converter does: children by local name, several of one name as a list."""
    children = list(element.iterchildren("*"))
    if not children:
        return element.text or ""
    found: dict[str, object] = {}
    for child in children:
        name, value = etree.QName(child).localname, as_objects(child)
        if name not in found:
            found[name] = value
        elif isinstance(before := found[name], list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


def literal_reading(reply: Reply) -> Finding:
    """Read as S2 and S4 do: by the letters `soapenv:` and `ns1:`, knowing nothing of namespaces."""
    if turned_down := refused(reply):
        return turned_down
    text = reply.text
    if not text.startswith('<?xml version="1.0" encoding="UTF-8"?>'):
        raise Mismatch("không bắt đầu bằng khai báo XML đúng chữ")
    if not re.search(r"<soapenv:Envelope[ >].*<soapenv:Body[ />]", text, re.DOTALL):
        raise Mismatch("không có tiền tố soapenv: đúng chữ")
    if "<ns1:CongDan>" not in text:
        if re.search(r"<[A-Za-z0-9]+:CongDan[ >]", text):
            raise Mismatch("CongDan không mang tiền tố ns1:")
        return Finding(reply.status, is_found=False)
    taken = [re.search(f"<ns1:{tag}>([^<]*)</ns1:{tag}>", text) for tag in ("Ten", "SoDinhDanh", "Nam")]
    if None in taken:
        raise Mismatch("không đọc được Ten, SoDinhDanh, Nam theo tiền tố ns1:")
    name, number, year = (unescape(found[1]) if found else "" for found in taken)
    day = re.search("<ns1:NgayThangNam>([^<]+)</ns1:NgayThangNam>", text)
    return Finding(reply.status, True, name, number, day[1] if day else year)


def xpath_reading(reply: Reply) -> Finding:
    """Read as S3 does: a 2xx first, then by namespace; no CongDan or an empty Ten is "no data"."""
    if turned_down := refused(reply):
        return turned_down
    citizens = parse(reply.body).findall("s:Body/d:CongdanCollection/d:CongDan", NS)
    if len(citizens) > 1:
        raise Mismatch(f"{len(citizens)} CongDan cho một câu hỏi")
    if not citizens or not citizens[0].findtext("d:HoVaTen/d:Ten", "", NS):
        return Finding(reply.status, is_found=False)
    citizen = citizens[0]
    day = citizen.findtext("d:NgayThangNamSinh/d:NgayThangNam", "", NS)
    return Finding(
        reply.status,
        True,
        citizen.findtext("d:HoVaTen/d:Ten", "", NS),
        citizen.findtext("d:SoDinhDanh", "", NS),
        day or citizen.findtext("d:NgayThangNamSinh/d:Nam", "", NS),
    )


def refused(reply: Reply) -> Finding | None:
    """Return what a family makes of a refusal, or None for a reply that it reads."""
    return None if 200 <= reply.status < 300 else Finding(reply.status, is_found=None)


def parse(body: bytes) -> etree._Element:
    """Parse a reply, or raise Mismatch."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Mismatch("trả lời không phải XML đúng cách") from None
