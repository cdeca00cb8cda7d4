"""Generated people: believable, synthetic, the same for the same seed, and loaded in bulk."""

import datetime as dt
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from npdsandbox.matching import name_key
from npdsandbox.people import MOST_PEOPLE, generate
from npdsandbox.records import Record, from_row, to_row
from npdsandbox.troubles import PERMANENT
from tests.sandbox.callers import AN, ask
from tests.sandbox_process import start_sandbox


@pytest.fixture(scope="module")
def people() -> list[Record]:
    return list(generate(12_000, seed=7))


def test_the_same_seed_makes_the_same_people(people: list[Record]) -> None:
    assert [to_row(record) for record in generate(500, seed=7)] == [to_row(record) for record in people[:500]]
    assert [to_row(record) for record in generate(500, seed=8)] != [to_row(record) for record in people[:500]]


def test_every_number_is_synthetic_and_tells_sex_century_and_year(people: list[Record]) -> None:
    numbers = {record.personal_number for record in people}
    assert len(numbers) == len(people)
    assert not numbers & set(PERMANENT)
    for record in people:
        number, year = record.personal_number, int(record.birth_date[:4])
        assert len(number) == 12
        assert number.startswith("999")
        assert int(number[3]) == 2 * (year // 100 - 19) + (record.sex == "2")
        assert number[4:6] == record.birth_date[2:4]
        assert record.old_card_number == "" or (
            len(record.old_card_number) == 9 and record.old_card_number[:3] == "999"
        )


def test_some_old_numbers_have_two_owners(people: list[Record]) -> None:
    owners = Counter(record.old_card_number for record in people if record.old_card_number)
    assert Counter(owners.values())[2] > 5
    assert max(owners.values()) == 2


def test_some_births_are_known_by_year_only_and_all_others_are_days(people: list[Record]) -> None:
    year_only = [record for record in people if len(record.birth_date) == 4]
    assert 0.005 < len(year_only) / len(people) < 0.05
    for record in people:
        if len(record.birth_date) > 4:
            assert dt.date.fromisoformat(record.birth_date) <= dt.date(2026, 12, 31)


def test_names_are_whole_vietnamese_names(people: list[Record]) -> None:
    for record in people:
        assert record.full_name == unicodedata.normalize("NFC", " ".join(record.full_name.split()))
        assert 2 <= len(record.full_name) <= 100
        assert name_key(record.full_name)
    surnames = Counter(record.full_name.split()[0] for record in people)
    assert 0.25 < surnames["Nguyễn"] / len(people) < 0.42
    assert surnames.most_common(1)[0][0] == "Nguyễn"
    women = [
        record.full_name.split() for record in people if record.sex == "2" and record.ethnic_group == "01"
    ]
    assert sum("Thị" in name for name in women) > len(women) / 3
    assert any(name.startswith("H'") for name in (record.full_name for record in people))


def test_addresses_are_from_before_and_after_the_reform(people: list[Record]) -> None:
    homes = [record.permanent_residence for record in people]
    assert any(home.district for home in homes)
    assert sum(not home.district for home in homes) > len(homes) / 2
    assert all(len(home.province) == 2 and len(home.commune) == 5 and home.detail for home in homes)


def test_households_hang_together(people: list[Record]) -> None:
    by_number = {record.personal_number: record for record in people}
    households = Counter(record.household_book for record in people)
    assert households.most_common(1)[0][1] >= 4
    for record in people[:3000]:
        if record.spouse.personal_number in by_number:
            other = by_number[record.spouse.personal_number]
            assert other.spouse.personal_number == record.personal_number
            assert other.household_book == record.household_book
        mother = by_number.get(record.mother.personal_number)
        if mother is not None:
            assert int(record.birth_date[:4]) - int(mother.birth_date[:4]) >= 18
        if record.head_relation == "CH01":
            assert record.head.personal_number == record.personal_number


def test_children_have_a_representative_and_grown_ups_have_none(people: list[Record]) -> None:
    for record in people:
        is_child = int(record.birth_date[:4]) > 2026 - 18
        assert bool(record.representative.full_name) == is_child


def test_a_row_brings_the_whole_record_back(people: list[Record]) -> None:
    for record in people[:300]:
        assert from_row(to_row(record)) == record


def test_more_people_than_there_are_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=str(MOST_PEOPLE)):
        generate(MOST_PEOPLE + 1)


def test_seeding_puts_the_people_beside_the_cast_and_a_new_seed_replaces_them(tmp_path: Path) -> None:
    for seed in ("3", "4"):
        done = subprocess.run(
            [sys.executable, "-m", "npdsandbox", "seed", "--people", "300", "--seed", seed],
            env={"NPDSANDBOX_STATE": str(tmp_path)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.startswith("300 synthetic people")
    sandbox = start_sandbox(tmp_path)
    try:
        for seed, is_known in ((4, True), (3, False)):
            person = next(record for record in generate(300, seed=seed) if not record.is_deceased)
            fields = {**AN, "SoDinhDanh": person.personal_number, "HoVaTen": name_key(person.full_name)}
            del fields["NgayThangNam"]
            assert bool(ask(sandbox, {**fields, "Nam": person.birth_date[:4]}).found_name) is is_known
        assert ask(sandbox).found_name
    finally:
        assert sandbox.stop() == 0
