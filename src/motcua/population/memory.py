"""An honest register in memory, for tests and demonstrations: it matches as the real one is thought to
(docs/protocol.md §5) and can be put in trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, IdentityClaim, Sex
from motcua.identity.names import wire_form
from motcua.identity.register import Answer, Inquiry, MessageIds, RegisterError


class MemoryRegister:
    """A register over a list of records.

    `service` "037" answers with the record, "003" with yes or no. Set `trouble` to an error and every
    question raises it, until it is None again. `asked` counts the questions that arrived.
    """

    def __init__(self, records: Iterable[CitizenRecord], *, service: Literal["037", "003"] = "037") -> None:
        self._records = tuple(records)
        self._service = service
        self.trouble: RegisterError | None = None
        self.asked = 0

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        """Match number, accent-free name and birth date, as docs/protocol.md §5 says. Raises the set
        trouble.
        """
        self.asked += 1
        messages = MessageIds(inquiry.request_id)
        if self.trouble is not None:
            self.trouble.messages = messages
            raise self.trouble
        found = [record for record in self._records if _fits(claim, record)]
        record = found[0] if len(found) == 1 else None
        shown = record if self._service == "037" else None
        return Answer(shown, record is not None, messages, f"memory/{self._service}")


def _fits(claim: IdentityClaim, record: CitizenRecord) -> bool:
    number = record.personal_number if claim.number.is_personal_number else record.old_card_number
    born, claimed = record.birth_date, claim.birth_date
    if record.is_deceased or number != claim.number.digits or born is None:
        return False
    is_year_enough = claimed.is_year_only or born.is_year_only
    is_birth_right = claimed.year == born.year if is_year_enough else claimed == born
    return is_birth_right and wire_form(claim.full_name) == wire_form(record.full_name)


def records_of(citizens: Iterable[Mapping[str, Any]]) -> list[CitizenRecord]:
    """Return the records of citizens written as in the cast: keys `personal_number`, `old_card_number`,
    `full_name`, `sex`, `birth_date` ("1985-03-07" or "1950"), `permanent_residence` and `current_residence`
    with `province`, `commune` and `detail`, `ethnic_group`, `nationality`, `deceased`; names in upper case,
    as the register keeps them.
    """
    return [_record_of(citizen) for citizen in citizens]


def _record_of(citizen: Mapping[str, Any]) -> CitizenRecord:
    parts = [int(part) for part in str(citizen["birth_date"]).split("-")]
    return CitizenRecord(
        personal_number=citizen["personal_number"],
        old_card_number=citizen.get("old_card_number") or "",
        full_name=citizen["full_name"].upper(),
        sex=Sex(citizen.get("sex", "unknown")),
        birth_date=BirthDate(*parts),
        ethnic_group=citizen.get("ethnic_group") or "",
        nationality=citizen.get("nationality") or "",
        permanent_residence=_address_of(citizen.get("permanent_residence")),
        current_residence=_address_of(citizen.get("current_residence")),
        is_deceased=bool(citizen.get("deceased")),
    )


def _address_of(written: Mapping[str, str] | None) -> Address | None:
    if written is None:
        return None
    return Address(
        province_code=written.get("province", ""),
        district_code=written.get("district", ""),
        commune_code=written.get("commune", ""),
        detail=written.get("detail", ""),
        country=written.get("country", "VN"),
    )
