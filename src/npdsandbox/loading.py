"""Fills the register: the cast and the examples from files, generated people in bulk."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from npdsandbox.access import CAST
from npdsandbox.models import Citizen, Origin
from npdsandbox.records import COLUMNS, UNKNOWN_RELATIVE, Address, Record, Relative, to_row

DEMO: Final = Path(__file__).with_name("demo.json")
BATCH: Final = 10_000
_SEX: Final = {"male": "1", "female": "2"}


def load_cast_when_empty() -> None:
    """Put the cast and the examples into a register that has not got them."""
    if not Citizen.objects.filter(origin=Origin.CAST).exists():
        load_cast()


def load_cast() -> None:
    """Write the cast and the examples, replacing what they were."""
    with transaction.atomic():
        Citizen.objects.filter(origin__in=(Origin.CAST, Origin.DEMO)).delete()
        for path, origin in ((CAST, Origin.CAST), (DEMO, Origin.DEMO)):
            _insert(read_people(path), origin)


def replace_generated(records: Iterable[Record]) -> int:
    """Replace all generated people with these and return how many they are; one transaction."""
    with transaction.atomic():
        Citizen.objects.filter(origin=Origin.GENERATED).delete()
        return _insert(records, Origin.GENERATED)


def read_people(path: Path) -> list[Record]:
    """Read a file in the form of cast.json; what it does not say of a person is unknown to the register."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["citizens"]
    by_id = {row["id"]: row for row in rows if "id" in row}
    return [_record(row, by_id) for row in rows]


def _record(row: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> Record:
    permanent = _address(row.get("permanent_residence"))
    father = row.get("father")
    father_as = _relative(by_id[father] if isinstance(father, str) else father)
    myself = _relative(row)
    is_minor = row["birth_date"] >= "2009"
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


def _insert(records: Iterable[Record], origin: Origin) -> int:
    """Insert rows as fast as the database takes them: COPY on PostgreSQL, prepared batches on SQLite."""
    rows = ((*to_row(record), origin.value) for record in records)
    table = connection.ops.quote_name(Citizen._meta.db_table)
    columns = ", ".join((*COLUMNS, "origin"))
    count = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
                    count += 1
            return count
        marks = ", ".join(["%s"] * (len(COLUMNS) + 1))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - fixed names
        for batch in _batches(rows):
            cursor.executemany(statement, batch)
            count += len(batch)
    return count


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch
