"""Our own match: does the register's record bear the claim out?

Exact, after clean-up of encoding. No score and no threshold: An and Anh are nearer to each other than Hòa
and Hoà.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from motcua.identity.birth import BirthDate
from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.names import clean, key, wire_form
from motcua.identity.numbers import IdNumber

# Told to operators where `is_about` says no.
ABOUT_ANOTHER: Final = "the reply holds a record about another number than the one asked for"


class Difference(StrEnum):
    """What of a claim the record does not bear out.

    NAME_ACCENTS is a name of the same letters, written with other accents or blanks; NAME is any other.
    """

    NUMBER = "number"
    NAME = "name"
    NAME_ACCENTS = "name_accents"
    BIRTH_DATE = "birth_date"
    DECEASED = "deceased"


class YearAlone(StrEnum):
    """With which records a birth year typed alone agrees."""

    ANY_RECORD = "any_record"  # the desk, where an officer has the person in front of them
    YEAR_ONLY_RECORD = "year_only_record"  # the portal: knowing the year of a whole date is too little


def differences(
    claim: IdentityClaim, record: CitizenRecord, *, year_alone: YearAlone
) -> frozenset[Difference]:
    """Compare a claim with a record and name every part that differs; an empty set is a match.

    A whole date agrees with a record that holds only the same year; a year alone agrees as `year_alone` says.
    Raises NameRefused when the record's own name cannot be read.
    """
    found: set[Difference] = set()
    if not is_about(claim.number, record):
        found.add(Difference.NUMBER)
    registered_name = clean(record.full_name)
    if key(claim.full_name) != key(registered_name):
        has_same_letters = wire_form(claim.full_name) == wire_form(registered_name)
        found.add(Difference.NAME_ACCENTS if has_same_letters else Difference.NAME)
    if record.birth_date is None or not _births_agree(claim.birth_date, record.birth_date, year_alone):
        found.add(Difference.BIRTH_DATE)
    if record.is_deceased:
        found.add(Difference.DECEASED)
    return frozenset(found)


def is_about(number: IdNumber, record: CitizenRecord) -> bool:
    """Whether a record is about the holder of a number, by the number of its own kind."""
    return number.digits == (record.personal_number if number.is_personal_number else record.old_card_number)


def _births_agree(claimed: BirthDate, registered: BirthDate, year_alone: YearAlone) -> bool:
    if claimed.is_year_only and not registered.is_year_only and year_alone is YearAlone.YEAR_ONLY_RECORD:
        return False
    if claimed.is_year_only or registered.is_year_only:
        return claimed.year == registered.year
    return claimed == registered
