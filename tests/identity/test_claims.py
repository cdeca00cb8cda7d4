"""A claim, what its own digits say against it, and what of it may be seen."""

import pytest

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, IdentityClaim, Sex, contradictions
from motcua.identity.names import NameRefused
from motcua.identity.numbers import IdNumber

BORN = BirthDate(1985, 3, 7)


def a_claim(*, name="Nguyễn Văn An", digits="031085000000", birth=BORN):
    return IdentityClaim(name, IdNumber(digits), birth)


def told(claim, *, sex=None):
    return [(found.kind, found.stated, found.implied) for found in contradictions(claim, sex=sex)]


def test_a_claim_holds_a_clean_name_however_it_was_made():
    assert a_claim(name="  Nguyễn\u3000Văn An. ").full_name == "Nguyễn Văn An"
    with pytest.raises(NameRefused):
        a_claim(name="Nguỹễn Văn An")


def test_one_claim_in_two_spellings_has_one_canonical_text():
    one = a_claim(name="Phạm Thị Thuý")
    assert one.canonical() == a_claim(name="PHẠM THỊ THÚY").canonical()
    assert one.canonical() == "pham5 thi5 thuy1|031085000000|1985-03-07"


@pytest.mark.parametrize(
    "other",
    [
        a_claim(name="Nguyễn Văn Ân"),
        a_claim(digits="031086000000"),
        a_claim(birth=BirthDate(1985)),
        a_claim(birth=BirthDate(1985, 7, 3)),
    ],
)
def test_another_claim_has_another_canonical_text(other):
    assert other.canonical() != a_claim().canonical()


@pytest.mark.parametrize(
    ("claim", "sex", "warnings"),
    [
        (a_claim(), Sex.MALE, []),
        (a_claim(), None, []),
        (a_claim(birth=BirthDate(1985)), None, []),
        (a_claim(birth=BirthDate(1986)), None, [("birth_year", "1986", "1985")]),
        (a_claim(digits="031205000000", birth=BirthDate(1905)), None, [("century", "1905", "2005")]),
        (a_claim(), Sex.FEMALE, [("sex", "female", "male")]),
        (a_claim(), Sex.OTHER, []),
        (a_claim(), Sex.UNKNOWN, []),
        (a_claim(digits="999085000001"), None, []),
        (a_claim(digits="003085000000"), None, [("province", "", "003")]),
        (a_claim(digits="136085000000"), None, []),  # a country's code
        (a_claim(digits="999000001", birth=BirthDate(1700)), Sex.FEMALE, []),
        (
            a_claim(digits="000000000000"),
            Sex.FEMALE,
            [("birth_year", "1985", "1900"), ("sex", "female", "male"), ("province", "", "000")],
        ),
    ],
)
def test_digits_that_contradict_the_person_are_warnings(claim, sex, warnings):
    assert told(claim, sex=sex) == warnings


def test_no_text_of_claim_or_record_shows_the_person():
    address = Address("31", "", "10525", "Số 1 phố Thử Nghiệm", "VN")
    record = CitizenRecord(
        personal_number="031085000000",
        old_card_number="999000001",
        full_name="Nguyễn Văn An",
        sex=Sex.MALE,
        birth_date=BirthDate(1985, 3, 7),
        ethnic_group="01",
        nationality="VN",
        permanent_residence=address,
        current_residence=address,
    )
    shown = f"{a_claim()!r} {a_claim()} {record!r} {record} {address} {contradictions(a_claim(birth=BirthDate(1986)))}"
    for personal in (
        "Nguyễn",
        "An ",
        "031085000000",
        "999000001",
        "1985",
        "1986",
        "Thử Nghiệm",
        "10525",
        "male",
    ):
        assert personal not in shown
