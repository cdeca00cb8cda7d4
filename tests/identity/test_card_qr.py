"""The text of a card's QR code, as keyboard scanners type it."""

import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.identity.birth import BirthDate
from motcua.identity.card_qr import CardRefused, read_card
from motcua.identity.numbers import IdNumber, Sex

TODAY = date(2026, 11, 23)
CCCD = "999085000001|999000001|Nguyễn Văn An|07031985|Nam|Số 1 phố Thử Nghiệm, Hải Phòng|15082022"
CAN_CUOC = CCCD + "|Nguyễn Văn Cha|Trần Thị Mẹ||999000009"


def refusal_of(text):
    with pytest.raises(CardRefused) as refused:
        read_card(text, today=TODAY)
    return refused.value.reason


def with_field(place, value):
    fields = CCCD.split("|")
    fields[place] = value
    return "|".join(fields)


def test_a_chip_card_is_read_whole():
    card = read_card(CCCD, today=TODAY)
    assert card.number == IdNumber("999085000001")
    assert card.old_number == IdNumber("999000001")
    assert card.full_name == card.name_text == "Nguyễn Văn An"
    assert card.birth_date == BirthDate(1985, 3, 7)
    assert card.sex is Sex.MALE
    assert card.residence == "Số 1 phố Thử Nghiệm, Hải Phòng"
    assert card.issued_on == date(2022, 8, 15)


def test_relatives_on_the_newer_card_are_dropped():
    assert read_card(CAN_CUOC, today=TODAY) == read_card(CCCD, today=TODAY)


@pytest.mark.parametrize(
    "scanned",
    [
        CCCD + "\r\n",
        CCCD + "\n",
        "\ufeff" + CCCD + "\t",
        "]Q1" + CCCD,
        unicodedata.normalize("NFD", CCCD),
        CCCD.replace("Nguyễn", "Nguy\u200bễn").replace("Thử", "Th\u00adử"),
        CCCD.replace("Nguyễn", "Nguyê\u2060\u0303n"),
        CCCD.replace(" ", "\u00a0"),
        CCCD.replace("|", " | "),
        CCCD.replace("|", "｜"),
        CCCD.replace("|", "¦"),
        CCCD.replace("|", "~"),
        CCCD.replace("|", "\\"),
        CCCD.replace("|", "§"),
    ],
)
def test_a_scanner_may_add_ends_and_mistype_the_bar(scanned):
    assert read_card(scanned, today=TODAY) == read_card(CCCD, today=TODAY)


def test_six_fields_are_enough():
    card = read_card(CCCD.rpartition("|")[0], today=TODAY)
    assert card.issued_on is None
    assert card.residence == "Số 1 phố Thử Nghiệm, Hải Phòng"


@pytest.mark.parametrize("old", ["", "12345", "999085000001", "không"])
def test_an_old_number_that_is_none_is_left_out(old):
    assert read_card(with_field(1, old), today=TODAY).old_number is None


@pytest.mark.parametrize("name", ["Nguy?n V?n An", "Nguy\ufffdn", "Nguye^~n", "", "Nguyễn 1"])
def test_a_damaged_name_leaves_the_rest_readable(name):
    card = read_card(with_field(2, name), today=TODAY)
    assert card.full_name is None
    assert card.name_text == name
    assert card.birth_date == BirthDate(1985, 3, 7)


@pytest.mark.parametrize(
    ("birth", "read"),
    [
        ("00001950", BirthDate(1950)),
        ("001950", BirthDate(1950)),
        ("1950", BirthDate(1950)),
        ("07/03/1985", BirthDate(1985, 3, 7)),
        ("31021985", None),
        ("", None),
        ("??", None),
        ("07032085", None),
    ],
)
def test_a_date_alone_never_refuses_a_card(birth, read):
    assert read_card(with_field(3, birth), today=TODAY).birth_date == read


@pytest.mark.parametrize(
    ("sex", "read"),
    [
        ("Nam", Sex.MALE),
        ("NAM", Sex.MALE),
        ("Nữ", Sex.FEMALE),
        ("Nuwx", Sex.FEMALE),
        ("Nu74", Sex.FEMALE),
        ("Nu+~", Sex.FEMALE),
        ("NU", Sex.FEMALE),
        ("N?", None),
        ("", None),
        ("Nam giới", None),
    ],
)
def test_sex_is_read_through_an_input_methods_damage(sex, read):
    assert read_card(with_field(4, sex), today=TODAY).sex is read


def test_control_signs_do_not_travel():
    card = read_card(with_field(5, "Số 1\x00\x1b[31m phố\u202e"), today=TODAY)
    assert card.residence.isprintable()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("\r\n", "empty"),
        ("Nguyễn Văn An", "shape"),
        ("999085000001", "shape"),
        ("999085000001|999000001|Nguyễn Văn An|07031985|Nam", "shape"),
        ("99908500000|1|Nguyễn Văn An|07031985|Nam|Số 1|", "number"),
        ("|||||||", "number"),
        ("٩٩٩٠٨٥٠٠٠٠٠١|1|Nguyễn Văn An|07031985|Nam|Số 1|", "number"),
        ("IDVNM1850000176999185000017<<5", "shape"),
        ("https://example.org/?id=999085000001", "shape"),
        (CCCD + "|" * 1000, "too_long"),
    ],
)
def test_what_is_no_card_is_refused_with_its_reason(text, reason):
    assert refusal_of(text) == reason


def test_no_text_of_a_reading_shows_the_person():
    shown = repr(read_card(CCCD, today=TODAY))
    assert shown == "CardReading(number=999******001)"


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(st.sampled_from("|0123456789aN "), max_size=60).map("999085000001|".__add__),
    )
)
def test_no_text_raises_anything_but_the_documented_refusal(text):
    with suppress(CardRefused):
        assert read_card(text, today=TODAY).number.is_personal_number
