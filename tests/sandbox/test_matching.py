"""Which question fits which record (protocol §9.4)."""

import pytest

from npdsandbox.matching import Claim, Finding, birth_fits, find, name_key
from npdsandbox.records import Record

HOA = Record("999170000011", "Vũ Thị Hoa", "1970-01-15", old_card_number="999000011")
HOA_2 = Record("999172000012", "Vũ Thị Hòa", "1972-07-20", old_card_number="999000011")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Đặng Thị Mẫu Thử", "DANGTHIMAUTHU"),
        ("NGUYỄN  HOÀ BÌNH ", "NGUYENHOABINH"),
        ("Nguyễn Hòa Bình", "NGUYENHOABINH"),
        ("Y-Ê-ban Mẫu", "YEBANMAU"),
        ("H'Mai Niê Thử", "HMAINIETHU"),
        ("Y Ƀlô Êban", "YBLOEBAN"),
        ("Rơ-Châm ƀlĭñ", "ROCHAMBLIN"),
        ("Pha\u0323m Thi\u0323 Thuy\u0301 Cu\u0301c", "PHAMTHITHUYCUC"),
        ("NGUYễN VăN AN", "NGUYENVANAN"),
        ("nguyen van an", "NGUYENVANAN"),
        ("Thêm", "THEM"),
        ("…", ""),
    ],
)
def test_names_are_compared_by_their_letters_alone(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("asked", "known", "fits"),
    [
        ("1985-03-07", "1985-03-07", True),
        ("1985-03-07", "1985-07-03", False),
        ("1985", "1985-03-07", True),
        ("1986", "1985-03-07", False),
        ("1950", "1950", True),
        ("1950-05-05", "1950", True),
        ("1951-05-05", "1950", False),
    ],
)
def test_a_birth_date_fits_as_far_as_both_sides_know_it(asked: str, known: str, fits: bool) -> None:
    assert birth_fits(asked, known) is fits


def test_a_whole_date_against_a_year_only_record_can_be_refused() -> None:
    assert not birth_fits("1950-05-05", "1950", refuse_year_only_record=True)
    assert birth_fits("1950", "1950", refuse_year_only_record=True)


def test_a_shared_old_number_is_settled_by_name_and_date() -> None:
    claim = Claim("", "999000011", "VU THI HOA", "1972-07-20")
    assert find(claim, [HOA, HOA_2]) == (Finding.MATCH, HOA_2)


def test_two_who_fit_are_nobody() -> None:
    claim = Claim("", "999000011", "VU THI HOA", None)
    assert find(claim, [HOA, HOA_2]) == (Finding.AMBIGUOUS, None)


def test_both_numbers_must_fit_when_both_are_sent() -> None:
    assert find(Claim(HOA.personal_number, "999000011", "Vũ Thị Hoa", "1970"), [HOA])[0] is Finding.MATCH
    assert find(Claim(HOA.personal_number, "999000012", "Vũ Thị Hoa", "1970"), [HOA])[0] is Finding.NO_MATCH


def test_a_name_without_letters_fits_nobody() -> None:
    nameless = Record("999170000099", "…", "1970")
    assert find(Claim("999170000099", "", "!!", "1970"), [nameless])[0] is Finding.NO_MATCH
