"""The text in an identity card's QR code, as a scanner types it into a field.

The chip CCCD (2021) carries seven fields: number, old card number, name, birth, sex, residence, day of
issue. The căn cước (since July 2024) carries the same seven and then others about relatives, which are
dropped here unread; that these are about relatives is inferred. What is known of the code: docs/protocol.md §6.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from motcua.identity.birth import BirthDate, BirthRefused, parse_birth
from motcua.identity.names import NameRefused, clean
from motcua.identity.numbers import IdNumber, NumberRefused, Sex, parse_number

LONGEST_CARD_TEXT: Final = 1000

_FEWEST_FIELDS: Final = 6
_FIELDS: Final = 7
# Scanners may put a mark of their own in front ("]Q1"), and on a foreign keyboard layout the bar comes out as
# another sign; whatever stands behind the first number is the separator.
_NUMBER_AND_SEPARATOR: Final = re.compile(r"(?:\][A-Za-z]\d)?\s*(\d{12})\s*([^\w\s.,/()-])", re.ASCII)
_YEAR_BEHIND_ZEROS: Final = re.compile(r"(?:00)?(?:00)?(\d{4})", re.ASCII)


class CardRefused(ValueError):
    """A text that is no card's; `reason` is "empty", "too_long", "shape" (under six fields) or "number"."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"card text refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class CardReading:
    """What a card says of its holder.

    `name_text` is the name as scanned, `full_name` the same made clean, or None when it came out damaged.
    Whatever else could not be read is None or empty, to be typed by hand.
    """

    number: IdNumber
    old_number: IdNumber | None
    full_name: str | None
    name_text: str
    birth_date: BirthDate | None
    sex: Sex | None
    residence: str
    issued_on: date | None

    def __repr__(self) -> str:
        return f"CardReading(number={self.number.masked})"


def read_card(text: str, *, today: date) -> CardReading:
    """Read the text of a card's QR code; only the number is indispensable.

    `today` bounds the dates. Raises CardRefused when the text is no card's, or is longer than 1000
    characters.
    """
    if len(text) > LONGEST_CARD_TEXT:
        raise CardRefused("too_long")
    scanned = unicodedata.normalize("NFC", _printable(text))
    if not scanned:
        raise CardRefused("empty")
    start = _NUMBER_AND_SEPARATOR.match(scanned)
    if start is None:
        raise CardRefused("number" if scanned.count("|") >= _FEWEST_FIELDS - 1 else "shape")
    fields = [field.strip() for field in scanned[start.start(1) :].split(start[2])]
    if len(fields) < _FEWEST_FIELDS:
        raise CardRefused("shape")
    number, old_number, name, birth, sex, residence, issued = (*fields, "")[:_FIELDS]
    return CardReading(
        number=IdNumber(number),
        old_number=_old_number(old_number),
        full_name=_name(name),
        name_text=name,
        birth_date=_birth(birth, today),
        sex=_sex(sex),
        residence=residence,
        issued_on=_day(issued, today),
    )


def _printable(text: str) -> str:
    """Return a text of signs that can be seen: what takes no room goes, for it parts no words; all else is a blank."""
    placed = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return "".join(sign if sign.isprintable() else " " for sign in placed).strip()


def _old_number(text: str) -> IdNumber | None:
    try:
        number = parse_number(text)
    except NumberRefused:
        return None
    return None if number.is_personal_number else number


def _name(text: str) -> str | None:
    try:
        return clean(text)
    except NameRefused:
        return None


def _birth(text: str, today: date) -> BirthDate | None:
    year_alone = _YEAR_BEHIND_ZEROS.fullmatch(text)
    try:
        return parse_birth(year_alone[1] if year_alone else text, today=today)
    except BirthRefused:
        return None


def _sex(text: str) -> Sex | None:
    """Read "Nam" or "Nữ", whatever an input method made of the latter ("Nuwx", "Nu74", "Nu")."""
    letters = unicodedata.normalize("NFD", text.lower())
    if letters == "nam":
        return Sex.MALE
    return Sex.FEMALE if letters.startswith("nu") else None


def _day(text: str, today: date) -> date | None:
    day = _birth(text, today)
    if day is None or day.month is None or day.day is None:
        return None
    return date(day.year, day.month, day.day)
