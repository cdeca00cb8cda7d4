"""Reads the people and credentials that are kept as files beside the code. No Django."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from npdsandbox.records import UNKNOWN_RELATIVE, Address, Record, Relative

CAST: Final = Path(__file__).with_name("cast.json")
DEMO: Final = Path(__file__).with_name("demo.json")
CREDENTIALS: Final = Path(__file__).with_name("credentials.json")
_SEX: Final = {"male": "1", "female": "2"}
_MINORS_SINCE: Final = "2009"


@cache
def credentials() -> dict[str, dict[str, str]]:
    """Return the sandbox's published credentials: those the cast lists, and those of credentials.json."""
    loaded: dict[str, Any] = json.loads(CAST.read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = loaded["sandbox_credentials"]
    more: dict[str, Any] = json.loads(CREDENTIALS.read_text(encoding="utf-8"))
    del more["note"]
    return {name: found.get(name, {}) | more.get(name, {}) for name in (*found, *more)}


def read_people(path: Path) -> list[Record]:
    """Read a file in the form of cast.json; what it does not say of a person is unknown to the register."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["citizens"]
    by_id = {row["id"]: row for row in rows if "id" in row}
    return [_record(row, by_id) for row in rows]


def write_person(record: Record) -> dict[str, Any]:
    """Write a person in the form of cast.json, as far as one says it of oneself at a desk, and the father."""
    sex = {code: word for word, code in _SEX.items()}.get(record.sex, "unknown")
    father = record.father
    return {
        "personal_number": record.personal_number,
        "old_card_number": record.old_card_number or None,
        "full_name": record.full_name,
        "sex": sex,
        "birth_date": record.birth_date,
        "deceased": record.is_deceased,
        "ethnic_group": record.ethnic_group,
        "nationality": record.nationality,
        "permanent_residence": asdict(record.permanent_residence),
        "current_residence": asdict(record.current_residence),
        "father": {"full_name": father.full_name, "personal_number": father.personal_number},
    }


def _record(row: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> Record:
    permanent = _address(row.get("permanent_residence"))
    father = row.get("father")
    father_as = _relative(by_id[father] if isinstance(father, str) else father)
    myself = _relative(row)
    is_minor = row["birth_date"] >= _MINORS_SINCE
    head = father_as if is_minor else myself
    return Record(
        personal_number=row["personal_number"],
        full_name=row["full_name"],
        birth_date=row["birth_date"],
        sex=_SEX[row["sex"]],
        old_card_number=row.get("old_card_number") or "",
        is_deceased=row.get("deceased", False),
        ethnic_group=row.get("ethnic_group", "01"),
        marital_status=row.get("marital_status", "0"),
        nationality=row.get("nationality", "VN"),
        birth_registration=_address(row.get("origin")) if "origin" in row else permanent,
        origin=_address(row.get("origin")) if "origin" in row else permanent,
        permanent_residence=permanent,
        current_residence=_address(row["current_residence"]) if "current_residence" in row else permanent,
        father=father_as,
        spouse=_relative(row.get("spouse")),
        representative=father_as if is_minor else UNKNOWN_RELATIVE,
        # Only the code of the head himself is known; the others are left empty rather than invented.
        head_relation="" if is_minor else "CH01",
        head=head,
        household_book=row.get("household_book", "SBX" + head.personal_number[-6:]),
    )


def _address(value: dict[str, str] | None) -> Address:
    if value is None:
        value = {"province": "31", "commune": "10525", "detail": "Số 5 phố Thử Nghiệm"}
    return Address(
        value["province"],
        value.get("district", ""),
        value["commune"],
        value["detail"],
        value.get("country", "VN"),
    )


def _relative(value: dict[str, Any] | None) -> Relative:
    if value is None:
        return UNKNOWN_RELATIVE
    return Relative(
        value["full_name"], value.get("nationality", "VN"), value.get("personal_number", ""),
        value.get("old_card_number") or "",
    )  # fmt: skip
