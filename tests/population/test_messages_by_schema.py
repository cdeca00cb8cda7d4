"""Every golden message, theirs and ours, passes the reconstructed schemas, which the other side wrote."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import npdschema
from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.identity.register import Inquiry, TouchPoint
from motcua.population.wire import build_request

MESSAGES = Path(__file__).parent.parent / "messages"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SCHEMAS = {
    path: etree.XMLSchema(etree.parse(path))
    for path in (npdschema.REQUEST_XSD, npdschema.CITIZEN_XSD, npdschema.QCVN109_XSD)
}


def schema_for(name: str) -> etree.XMLSchema:
    if name == "reply-037-qcvn109.xml":
        return SCHEMAS[npdschema.QCVN109_XSD]
    is_record = name.startswith(("reply-037", "cast-"))
    return SCHEMAS[npdschema.CITIZEN_XSD if is_record else npdschema.REQUEST_XSD]


def with_an_answer(path: Path) -> bool:
    return not path.name.startswith("fault-") and path.name != "reply-037-nobody-empty-body.xml"


@pytest.mark.parametrize("name", sorted(path.name for path in MESSAGES.glob("*.xml") if with_an_answer(path)))
def test_a_golden_message_fits_its_schema(name):
    (content,) = etree.parse(MESSAGES / name).getroot().find(f"{SOAP}Body")
    schema_for(name).assertValid(content)


@settings(max_examples=100, deadline=None)
@given(
    number=st.from_regex(r"999[0-9]{9}|999[0-9]{6}", fullmatch=True),
    name=st.sampled_from(["Đặng Thị Mẫu Thử", "H'Mai Niê Thử", "Thêm", "Y-Ê-ban Mẫu", "K' Thử"]),
    birth=st.sampled_from([BirthDate(1950), BirthDate(1985, 3, 7), BirthDate(2024, 2, 29)]),
    service=st.sampled_from(["037", "003", "033"]),
    style=st.sampled_from(["2025", "2022"]),
    name_form=st.sampled_from(["ascii", "accented"]),
    officer=st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), min_size=1, max_size=100),
)  # fmt: skip
def test_every_request_that_can_be_built_fits_the_schema(
    number, name, birth, service, style, name_form, officer
):
    claim = IdentityClaim(name, IdNumber(number), birth)
    inquiry = Inquiry("H40-1", officer, "canbo01", "000.00.00.H00", "G15-TP110", TouchPoint.FILING)
    message = build_request(claim, inquiry, service=service, style=style, name_form=name_form)
    (content,) = etree.fromstring(message).find(f"{SOAP}Body")
    SCHEMAS[npdschema.REQUEST_XSD].assertValid(content)
