"""Identity numbers: what is accepted, what the digits say, and how little of them is shown."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.identity.numbers import (
    PROVINCES,
    IdNumber,
    NumberRefused,
    Sex,
    mask,
    parse_number,
    read_number,
)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("999085000001", "999085000001"),
        (" 999 085 000 001\r\n", "999085000001"),
        ("999.085.000.001", "999085000001"),
        ("999-085–000‑001", "999085000001"),
        ("９９９０８５０００００１", "999085000001"),
        ("\ufeff999\u00a0085\u200b000001", "999085000001"),
        ("\u202a999085000001\u202c", "999085000001"),
        ("000000000000", "000000000000"),
        ("999000001", "999000001"),
    ],
)
def test_a_number_is_read_however_it_is_grouped(typed, digits):
    assert parse_number(typed).digits == digits


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        (" . - ", "empty"),
        ("99908500", "length"),
        ("9990850000", "length"),
        ("99908500001", "length"),
        ("9990850000011", "length"),
        ("9" * 10_000, "length"),
        ("99908500000A", "shape"),
        ("٩٩٩٠٨٥٠٠٠٠٠١", "shape"),
        ("९९९०८५०००००१", "shape"),
        ("99908500000²", "shape"),
        ("999085000001'--", "shape"),
        ("+999085000001", "shape"),
        ("999,085,000,001", "shape"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed, reason):
    with pytest.raises(NumberRefused) as refused:
        parse_number(typed)
    assert refused.value.reason == reason
    assert str(refused.value) == f"identity number refused: {reason}"


@pytest.mark.parametrize(
    ("digits", "sex", "century", "year"),
    [
        ("031085000000", Sex.MALE, 19, 1985),
        ("031190000000", Sex.FEMALE, 19, 1990),
        ("031200000000", Sex.MALE, 20, 2000),
        ("031326000000", Sex.FEMALE, 20, 2026),
        ("031400000000", Sex.MALE, 21, 2100),
        ("031999000000", Sex.FEMALE, 23, 2399),
    ],
)
def test_twelve_digits_tell_province_sex_and_year(digits, sex, century, year):
    reading = read_number(IdNumber(digits))
    assert reading is not None
    assert (reading.province_code, reading.province) == ("031", "Hải Phòng")
    assert (reading.sex, reading.century, reading.birth_year) == (sex, century, year)


def test_a_synthetic_number_belongs_to_no_province():
    reading = read_number(IdNumber("999085000001"))
    assert reading is not None
    assert reading.province is None


def test_nine_digits_tell_nothing():
    assert read_number(IdNumber("999000001")) is None


def test_the_table_holds_the_63_provinces_of_the_numbers():
    assert len(PROVINCES) == 63
    assert len(set(PROVINCES.values())) == 63
    assert PROVINCES["030"] == "Hải Dương"


@pytest.mark.parametrize(
    ("digits", "masked"),
    [
        ("999085000001", "999******001"),
        ("999000001", "99*****01"),
        ("9990850000", "**********"),
        ("9" * 50, "************"),
        ("Nguyễn Văn A", "************"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_ends_alone(digits, masked):
    assert mask(digits) == masked


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{0,14}", fullmatch=True)))
def test_masking_never_shows_more_than_the_ends(text):
    masked = mask(text)
    shown = masked.replace("*", "")
    assert len(shown) <= 6
    if len(text) == 12 and shown:
        assert shown == text[:3] + text[-3:]
    elif len(text) == 9 and shown:
        assert shown == text[:2] + text[-2:]
    else:
        assert shown == ""


@given(st.from_regex(r"[0-9]{9}([0-9]{3})?", fullmatch=True))
def test_no_text_of_a_number_shows_it(digits):
    number = IdNumber(digits)
    for text in (repr(number), str(number), f"{number}", repr(read_number(number))):
        assert digits not in text
        assert digits[3:-3] not in text or set(digits[3:-3]) == {"*"}


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_the_documented_refusal(text):
    with suppress(NumberRefused):
        assert len(parse_number(text).digits) in (9, 12)
