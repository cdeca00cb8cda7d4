"""The cast as plain values: ``cast.an.claim``, ``cast.binh.record``, ``cast.lan.login`` and so on.

All synthetic, prefix 999. Who they are: An is right in everything; Bình's account carries another name; Cúc types
decomposed letters; Dũng and Thêm have only a birth year; Đức uses his old number; Giang is dead; H'Mai has a highland
name; Hân is An's child; Hoa and Hòa share an old number; An the second shares name and birthday with An; Hạnh is not
in the register. Lan, Phúc, the supervisor Oanh, the cashier Nga and Kết, who hands out results, work at the first
office's desk, Minh at the second's. Khánh is a specialist of the first unit and Bảo its leader; Mơ is a specialist of
the second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motcua.identity.birth import BirthDate
from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.population.memory import records_of

CAST_FILE = Path(__file__).resolve().parent.parent / "src" / "motcua" / "accounts" / "cast.json"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast: what they would type, and what the register holds (None for Hạnh)."""

    id: str
    full_name: str
    number: str
    old_number: str
    born: str
    record: CitizenRecord | None

    @property
    def birth_date(self) -> BirthDate:
        """Return the birth date as the core's value."""
        return BirthDate.of_canonical(self.born)

    @property
    def typed_birth(self) -> str:
        """Return the birth date as one types it: 07/03/1985, or 1950."""
        return self.birth_date.as_text()

    @property
    def claim(self) -> IdentityClaim:
        """Return what the person says, and says rightly."""
        return IdentityClaim(self.full_name, IdNumber(self.number), self.birth_date)

    @property
    def old_claim(self) -> IdentityClaim:
        """Return the same with the old card number."""
        return IdentityClaim(self.full_name, IdNumber(self.old_number), self.birth_date)

    @property
    def login(self) -> str:
        """Return what the person types to log in: an officer's word, a citizen's number."""
        return self.id if self.id in OFFICERS else self.number

    def named(self, full_name: str) -> IdentityClaim:
        """Return the person's claim under another name."""
        return IdentityClaim(full_name, IdNumber(self.number), self.birth_date)

    def born_on(self, year: int, month: int | None = None, day: int | None = None) -> IdentityClaim:
        """Return the person's claim with another birth date."""
        return IdentityClaim(self.full_name, IdNumber(self.number), BirthDate(year, month, day))


class Cast:
    """Everybody by name, as attributes."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.records = records_of(written["citizens"])
        self._people = {
            citizen["id"]: _person(citizen, record)
            for citizen, record in zip(written["citizens"], self.records, strict=True)
        }
        self._people["hanh"] = _person(written["absent"], None)

    def __getattr__(self, name: str) -> Person:
        try:
            return self._people[name]
        except KeyError:
            raise AttributeError(f"nobody of the cast is called {name!r}") from None


def _person(citizen: dict[str, Any], record: CitizenRecord | None) -> Person:
    return Person(
        id=citizen["id"],
        full_name=citizen["full_name"],
        number=citizen["personal_number"],
        old_number=citizen.get("old_card_number") or "",
        born=citizen["birth_date"],
        record=record,
    )


_written = json.loads(CAST_FILE.read_text(encoding="utf-8"))
OFFICERS = frozenset(login["login"] for login in _written["logins"] if login["role"] != "citizen")
PASSWORD: str = _written["logins"][0]["password"]
WRONG_NAME_OF_BINH = "Trần Thị Bính"
FIRST_OFFICE, SECOND_OFFICE = (office["code"] for office in _written["offices"] if office["kind"] == "desk")
cast = Cast(_written)
