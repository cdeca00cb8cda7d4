"""What we send, held against golden messages, and what a hostile claim can do to it."""

from pathlib import Path

import pytest
from lxml import etree

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import CouldNotAsk, Inquiry, TouchPoint, Trouble
from motcua.population.wire import build_request

MESSAGES = Path(__file__).parent.parent / "messages"
THU = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000017"), BirthDate(1985, 3, 7))
THU_BY_OLD_CARD = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999000017"), BirthDate(1985))


def inquiry(**changes):
    given = {
        "request_id": "H40-20261123-0000001",
        "officer": "999080000001",
        "officer_login": "canbo01",
        "agency": "000.00.00.H00",
        "procedure": "VPCP",
        "touch_point": TouchPoint.RECEPTION,
    }
    return Inquiry(**(given | changes))


def canonical(message: bytes) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(message, parser), method="c14n")


@pytest.mark.parametrize(
    ("golden", "claim", "how"),
    [
        ("request-037-2025.xml", THU, {"service": "037"}),
        ("request-037-2025-accented.xml", THU, {"service": "037", "name_form": "accented"}),
        ("request-037-2022-old-card-year.xml", THU_BY_OLD_CARD, {"service": "037", "style": "2022"}),
        ("request-003.xml", THU, {"service": "003"}),
        ("request-033.xml", THU, {"service": "033"}),
    ],
)
def test_each_request_equals_its_golden_message(golden, claim, how):
    assert canonical(build_request(claim, inquiry(), **how)) == canonical((MESSAGES / golden).read_bytes())


def test_a_request_is_utf8_without_a_declaration():
    message = build_request(THU, inquiry(), service="037", name_form="accented")
    assert message.startswith(b"<soapenv:Envelope")
    assert "ĐẶNG THỊ MẪU THỬ" in message.decode("utf-8")


def test_an_empty_procedure_is_sent_as_an_empty_element():
    assert b"<dan:MaDVC></dan:MaDVC>" in build_request(THU, inquiry(procedure=""), service="037")


def test_markup_in_a_text_is_escaped_and_adds_no_element():
    hostile = "an</dan:MaCanBo><dan:SoDinhDanh>1</dan:SoDinhDanh>&x;"
    message = build_request(THU, inquiry(officer=hostile), service="037")
    root = etree.fromstring(message)
    numbers = root.findall(".//{http://dancuquocgia.bca}SoDinhDanh")
    assert [element.text for element in numbers] == ["999185000017"]
    assert root.findtext(".//{http://dancuquocgia.bca}MaCanBo") == hostile


@pytest.mark.parametrize("field", ["officer", "officer_login", "agency", "procedure"])
def test_a_control_character_in_the_inquiry_is_a_fault_of_the_configuration(field):
    with pytest.raises(CouldNotAsk) as caught:
        build_request(THU, inquiry(**{field: "can\x00bo"}), service="037")
    assert caught.value.trouble is Trouble.CONFIGURATION
    assert caught.value.is_unsent
