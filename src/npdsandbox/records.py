"""One person as the register keeps them, and how that is laid into one database row. No Django, no XML."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

SYNTHETIC_PREFIX: Final = "999"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Unit codes of the statistics office (2, 3 and 5 digits), free text, and an ISO 3166 country code."""

    province: str = ""
    district: str = ""
    commune: str = ""
    detail: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Relative:
    """Another person as a record names them; a number may be unknown (empty)."""

    full_name: str = ""
    nationality: str = ""
    personal_number: str = ""
    old_card_number: str = ""


UNKNOWN_ADDRESS: Final = Address()
UNKNOWN_RELATIVE: Final = Relative()


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """A full record. `birth_date` is `yyyy-mm-dd`, or `yyyy` when only the year is known; codes as on the wire."""

    personal_number: str
    full_name: str
    birth_date: str
    sex: str = "0"
    old_card_number: str = ""
    is_deceased: bool = False
    ethnic_group: str = "01"
    religion: str = "00"
    marital_status: str = "0"
    blood_group: str = "00"
    nationality: str = "VN"
    birth_registration: Address = UNKNOWN_ADDRESS
    origin: Address = UNKNOWN_ADDRESS
    permanent_residence: Address = UNKNOWN_ADDRESS
    current_residence: Address = UNKNOWN_ADDRESS
    father: Relative = UNKNOWN_RELATIVE
    mother: Relative = UNKNOWN_RELATIVE
    spouse: Relative = UNKNOWN_RELATIVE
    representative: Relative = UNKNOWN_RELATIVE
    head_relation: str = ""
    head: Relative = UNKNOWN_RELATIVE
    household_book: str = ""


COLUMNS: Final = (
    "personal_number", "old_card_number", "full_name", "birth_date", "sex", "is_deceased", "details"
)  # fmt: skip

# One encoder for a million rows; json.dumps would make one for each.
_as_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def as_relative(record: Record) -> Relative:
    """Return how other records name this person."""
    return Relative(record.full_name, record.nationality, record.personal_number, record.old_card_number)


def to_row(record: Record) -> tuple[str, str, str, str, str, bool, str]:
    """Lay a record into the values of `COLUMNS`; what is only shown, never searched, goes into one text."""
    details = [
        record.ethnic_group, record.religion, record.marital_status, record.blood_group, record.nationality,
        _address(record.birth_registration), _address(record.origin),
        _address(record.permanent_residence), _address(record.current_residence),
        _relative(record.father), _relative(record.mother), _relative(record.spouse),
        _relative(record.representative), record.head_relation, _relative(record.head), record.household_book,
    ]  # fmt: skip
    return (
        record.personal_number, record.old_card_number, record.full_name, record.birth_date, record.sex,
        record.is_deceased, _as_text(details),
    )  # fmt: skip


def from_row(row: Sequence[Any]) -> Record:
    """Read a record back from the values of `COLUMNS`."""
    number, card, name, birth, sex, is_deceased, text = row
    d = json.loads(text)
    return Record(
        personal_number=number, old_card_number=card, full_name=name, birth_date=birth, sex=sex,
        is_deceased=is_deceased, ethnic_group=d[0], religion=d[1], marital_status=d[2], blood_group=d[3],
        nationality=d[4], birth_registration=Address(*d[5]), origin=Address(*d[6]),
        permanent_residence=Address(*d[7]), current_residence=Address(*d[8]), father=Relative(*d[9]),
        mother=Relative(*d[10]), spouse=Relative(*d[11]), representative=Relative(*d[12]),
        head_relation=d[13], head=Relative(*d[14]), household_book=d[15],
    )  # fmt: skip


def _address(value: Address) -> list[str]:
    if value is UNKNOWN_ADDRESS:
        return []
    return [value.province, value.district, value.commune, value.detail, value.country]


def _relative(value: Relative) -> list[str]:
    if value is UNKNOWN_RELATIVE:
        return []
    return [value.full_name, value.nationality, value.personal_number, value.old_card_number]
