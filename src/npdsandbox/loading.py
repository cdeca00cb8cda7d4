"""Fills the register: the cast and the examples from files, generated people in bulk."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db import connection, transaction

from npdsandbox.cast import CAST, DEMO, read_people
from npdsandbox.models import Citizen, Origin
from npdsandbox.people import generate
from npdsandbox.records import COLUMNS, Record, from_row, to_row

BATCH: Final = 10_000


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


def generate_when_none(people: int) -> None:
    """Make so many generated people in a register that has none."""
    if not Citizen.objects.filter(origin=Origin.GENERATED).exists():
        replace_generated(generate(people))


def living_in(province: str, *, limit: int) -> list[Record]:
    """Return generated people whose permanent residence is in a province, household by household.

    Args:
        province: the statistics office's code.
        limit: how many at most.
    """
    rows = Citizen.objects.filter(origin=Origin.GENERATED).values_list(*COLUMNS)
    records = (from_row(row) for row in rows.iterator())
    here = (one for one in records if one.permanent_residence.province == province)
    return sorted(itertools.islice(here, limit), key=lambda one: (one.household_book, one.birth_date))


def replace_generated(records: Iterable[Record]) -> int:
    """Replace all generated people with these and return how many they are; one transaction."""
    with transaction.atomic():
        Citizen.objects.filter(origin=Origin.GENERATED).delete()
        return _insert(records, Origin.GENERATED)


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
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  # nosec B608 # fixed names
        for batch in _batches(rows):
            cursor.executemany(statement, batch)
            count += len(batch)
    return count


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch
