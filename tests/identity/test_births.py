"""Dates of birth as people type them: a whole date, or the year alone."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.identity.birth import BirthDate, BirthRefused, parse_birth

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "typed",
    [
        "07/03/1985",
        "7/3/1985",
        "07-03-1985",
        "07.03.1985",
        "07031985",
        " 07 / 03 / 1985\n",
        "０７／０３／１９８５",
        "０７０３１９８５",
        "\ufeff07/03/1985\u200b",
        "07\u201303\u20131985",
        "07\u201103\u20111985",
        "07\u221503\u22151985",
        "\u202a07/03/1985\u202c",
    ],
)
def test_a_whole_date_is_read_in_every_usual_shape(typed):
    birth = parse_birth(typed, today=TODAY)
    assert birth == BirthDate(1985, 3, 7)
    assert birth.as_text() == "07/03/1985"
    assert birth.canonical() == "1985-03-07"


@pytest.mark.parametrize("typed", ["1950", " 1950 ", "１９５０"])
def test_a_year_alone_stays_a_year_alone(typed):
    birth = parse_birth(typed, today=TODAY)
    assert birth.is_year_only
    assert (birth.month, birth.day) == (None, None)
    assert birth.as_text() == birth.canonical() == "1950"


@pytest.mark.parametrize("typed", ["29/02/1992", "29/02/2000", "23/11/2026", "01/01/1900", "1900", "2026"])
def test_days_at_the_edge_are_accepted(typed):
    assert parse_birth(typed, today=TODAY).as_text() == typed


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        (" \u3000\t", "empty"),
        ("\u200b\ufeff", "empty"),
        ("31/02/1990", "impossible"),
        ("29/02/1900", "impossible"),
        ("00/00/1955", "impossible"),
        ("03/13/1985", "impossible"),
        ("0000", "impossible"),
        ("01/01/1800", "before_1900"),
        ("1899", "before_1900"),
        ("24/11/2026", "future"),
        ("2027", "future"),
        ("03/1985", "month_only"),
        ("3-1985", "month_only"),
        ("1990-13-01", "shape"),
        ("1985-03-07", "shape"),
        ("07/03-1985", "shape"),
        ("7/3/85", "shape"),
        ("070385", "shape"),
        ("٠٧/٠٣/١٩٨٥", "shape"),
        ("7 tháng 3 năm 1985", "shape"),
        ("' OR 1=1--", "shape"),
        ("1" * 10_000, "shape"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(typed, reason):
    with pytest.raises(BirthRefused) as refused:
        parse_birth(typed, today=TODAY)
    assert refused.value.reason == reason
    assert str(refused.value) == f"date of birth refused: {reason}"


def test_whoever_is_born_today_or_this_year_is_no_future():
    new_year = date(2026, 1, 1)
    assert parse_birth("2026", today=new_year) == BirthDate(2026)
    assert parse_birth("01/01/2026", today=new_year) == BirthDate(2026, 1, 1)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((1985, 3), "month_only"),
        ((1985, None, 7), "month_only"),
        ((1985, 2, 30), "impossible"),
        ((0,), "impossible"),
    ],
)
def test_an_impossible_date_cannot_be_made(parts, reason):
    with pytest.raises(BirthRefused) as refused:
        BirthDate(*parts)
    assert refused.value.reason == reason


def test_no_text_of_a_birth_date_shows_it():
    for birth in (BirthDate(1985, 3, 7), BirthDate(1985)):
        assert "1985" not in repr(birth)
        assert "1985" not in f"{birth}"


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY))
def test_a_date_survives_being_written_and_read(day):
    birth = BirthDate(day.year, day.month, day.day)
    assert parse_birth(birth.as_text(), today=TODAY) == birth


@given(st.one_of(st.text(max_size=50), st.text(st.sampled_from("0123456789/-. "), max_size=12)))
def test_no_text_raises_anything_but_the_documented_refusal(text):
    with suppress(BirthRefused):
        assert 1900 <= parse_birth(text, today=TODAY).year <= TODAY.year
