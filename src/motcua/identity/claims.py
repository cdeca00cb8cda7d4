"""What a person says about themselves, and what the register says about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from motcua.identity.birth import BirthDate
from motcua.identity.names import clean, key
from motcua.identity.numbers import IdNumber, Sex, read_number

__all__ = ["Address", "CitizenRecord", "Contradiction", "IdentityClaim", "Sex", "contradictions"]

# Births registered abroad carry a country's code, somewhere above the provinces' (inferred: no table is public).
_COUNTRY_CODES: Final = range(101, 900)
# Invented people have this prefix; a warning about each of them would say nothing.
_SYNTHETIC: Final = "999"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityClaim:
    """The three things a person claims: name, number, date of birth.

    The name is kept clean (`names.clean`), however it was given. Raises NameRefused when it cannot be a name.
    """

    full_name: str
    number: IdNumber
    birth_date: BirthDate

    def __post_init__(self) -> None:
        object.__setattr__(self, "full_name", clean(self.full_name))

    def __repr__(self) -> str:
        return f"IdentityClaim(number={self.number.masked})"

    def canonical(self) -> str:
        """Return the one text of this claim for keyed digests, the same for both tone placements of a name."""
        return f"{key(self.full_name)}|{self.number.digits}|{self.birth_date.canonical()}"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A residence in codes, `country` with two letters; the district may be empty, as since July 2025 there is none."""

    province_code: str
    district_code: str
    commune_code: str
    detail: str
    country: str

    def __repr__(self) -> str:
        return "Address(…)"


@dataclass(frozen=True, slots=True, repr=False)
class CitizenRecord:
    """What the register says about a person, cut down to what a form needs.

    Religion, blood group, marital status and relatives are dropped at the wire and cannot travel further.
    """

    personal_number: str
    old_card_number: str
    full_name: str
    sex: Sex
    birth_date: BirthDate | None
    ethnic_group: str
    nationality: str
    permanent_residence: Address | None
    current_residence: Address | None
    is_deceased: bool = False

    def __repr__(self) -> str:
        return "CitizenRecord(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Contradiction:
    """One thing that the digits say otherwise than the person; `stated` is the person's, `implied` the
    digits'.

    Years and sexes are given as text ("1986", "female"); for "province" `stated` is empty and `implied` is
    the unknown code.
    """

    kind: Literal["birth_year", "century", "sex", "province"]
    stated: str
    implied: str

    def __repr__(self) -> str:
        return f"Contradiction({self.kind})"


def contradictions(claim: IdentityClaim, *, sex: Sex | None = None) -> list[Contradiction]:
    """Compare a claim with what its own number's digits say, before anyone is asked.

    These are warnings that the person may override, never refusals: birth years and sexes get corrected in
    life. `sex` is the stated sex, where a form asks for it. Returns an empty list for an old card number.
    """
    said = read_number(claim.number)
    if said is None:
        return []
    found = []
    year = claim.birth_date.year
    if year != said.birth_year:
        is_century_alone = year % 100 == said.birth_year % 100
        found.append(
            Contradiction("century" if is_century_alone else "birth_year", str(year), str(said.birth_year))
        )
    if sex in (Sex.MALE, Sex.FEMALE) and sex is not said.sex:
        found.append(Contradiction("sex", sex.value, said.sex.value))
    is_province_known = said.province is not None or said.province_code == _SYNTHETIC
    if not is_province_known and int(said.province_code) not in _COUNTRY_CODES:
        found.append(Contradiction("province", "", said.province_code))
    return found
