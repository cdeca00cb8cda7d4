"""The bytes of an answer (protocol §9.3), and that they fit the schema."""

from pathlib import Path

import pytest
from lxml import etree

import npdschema
from npdsandbox import writing
from npdsandbox.access import call_hash
from npdsandbox.cast import CAST, DEMO, read_people
from npdsandbox.people import generate
from npdsandbox.records import Record
from npdsandbox.refusals import not_valid
from tests.sandbox.callers import NS

GOLDEN = Path(__file__).with_name("golden")
PEOPLE = [*read_people(CAST), *read_people(DEMO), *generate(300, seed=5)]


def schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))


def content(message: bytes) -> etree._Element:
    body = etree.fromstring(message).find("soap:Body", NS)
    assert body is not None
    return body[0]


def example() -> Record:
    return next(record for record in PEOPLE if record.personal_number == "999185000017")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("037", writing.citizens([example()])),
        ("037-nobody", writing.citizens([])),
        ("nobody-empty-body", writing.empty_body()),
        ("003", writing.count(True)),
        ("033", writing.exists(True)),
        ("fault", writing.fault(not_valid("HoVaTen", "missing or empty"))),
    ],
)
def test_an_answer_is_the_same_to_the_byte_as_the_written_example(name: str, written: bytes) -> None:
    assert written.decode() == (GOLDEN / f"{name}.xml").read_text(encoding="utf-8")


def test_every_person_fits_the_schema_in_both_forms() -> None:
    now, before = schema(npdschema.CITIZEN_XSD), schema(npdschema.QCVN109_XSD)
    for record in PEOPLE:
        now.assertValid(content(writing.citizens([record])))
        before.assertValid(content(writing.citizens_qcvn109([record], moment="2026-11-23T08:00:00+07:00")))


def test_nobody_two_people_and_a_status_fit_the_schema() -> None:
    for message in (
        writing.citizens([]), writing.citizens(PEOPLE[:2]), writing.citizens(PEOPLE[:1], status="SBX.DECEASED")
    ):  # fmt: skip
        schema(npdschema.CITIZEN_XSD).assertValid(content(message))


@pytest.mark.parametrize("found", [True, False])
def test_the_yes_no_answers_fit_the_schema(found: bool) -> None:
    referee = schema(npdschema.REQUEST_XSD)
    referee.assertValid(content(writing.count(found)))
    for root in writing.ROOTS_033:
        referee.assertValid(content(writing.exists(found, root_name=root)))


def test_a_name_made_of_markup_stays_text() -> None:
    wicked = Record("999085000001", "An</Ten><SoDinhDanh>1</SoDinhDanh>&<![CDATA[", "1985-03-07")
    person = content(writing.citizens([wicked]))
    assert len(person.findall(".//npd:SoDinhDanh", NS)) == 1 + 5
    assert person.findtext(".//npd:Ten", namespaces=NS) == wicked.full_name.upper()


def test_a_year_only_birth_has_no_day_and_all_else_is_there_though_empty() -> None:
    person = content(writing.citizens([Record("999050000004", "Lê Dũng", "1950")]))[0]
    birth = person.find("npd:NgayThangNamSinh", NS)
    assert birth is not None
    assert [child.tag.rpartition("}")[2] for child in birth] == ["Nam"]
    home = person.find("npd:ThuongTru", NS)
    assert home is not None
    assert [child.text for child in home] == [None] * 5


def test_the_hash_is_that_of_the_published_example() -> None:
    assert (
        call_hash(
            hash_uri="/sandbox/csdldc/TraCuuThongTinCongDan", username="sandbox_hp", timestamp="1795421696000",
            secret="sandbox-secret-1",
        )
        == "259f87eadfe2622cc8015907b83935f8863b5109d5b3065b7206f0cc1dc23bcb"
    )  # fmt: skip
