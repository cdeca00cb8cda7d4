"""The log by months: on PostgreSQL each month has a table of its own, a partition; SQLite keeps one table for all.

A month begins at midnight as the calendar here has it. What belongs to no month's table lies in one for the rest, so
an event is recorded whether its month was made ready or not.
"""

# ruff: noqa: S608

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

_log = logging.getLogger("motcua.audit")
TABLE: Final = "audit_auditevent"
_AHEAD: Final = 2  # months made ready after the present one
_PATIENCE: Final = "500ms"  # for a lock: whoever records meanwhile queues behind us
_MAKING: Final = 0x6D6F6E_746873  # the number by which those who make a month keep out of each other's way
_HELD: Final = {"55P03", "40P01"}  # PostgreSQL's codes: a lock was not to be had in time; a deadlock


class Busy(Exception):
    """Somebody uses the table just now; later it will do."""


def month_of(at: datetime) -> date:
    """Return the first day of a moment's month."""
    return timezone.localtime(at).date().replace(day=1)


def later(month: date, count: int) -> date:
    """Return the month so many months later."""
    whole = month.year * 12 + month.month - 1 + count
    return date(whole // 12, whole % 12 + 1, 1)


def begin_of(month: date) -> datetime:
    """Return the midnight with which a month begins."""
    return timezone.make_aware(datetime.combine(month, time.min))


def written(month: date) -> str:
    """Return a month as text: ``2026-03``."""
    return f"{month:%Y-%m}"


def read(text: str) -> date:
    """Return the month that ``written`` wrote.

    Raises:
        ValueError: it did not write this.
    """
    return date.fromisoformat(f"{text}-01")


def keep_ahead(*, now: datetime) -> bool:
    """Make the tables of this month and the next two, as far as they are missing.

    Args:
        now: the moment.

    Returns:
        Whether all are there; if not, because somebody used the table or the database refused, it may be tried again.
    """
    for month in missing(now):
        try:
            with hurried():
                _make(month)
        except Busy:
            _log.info("audit.month_waits month=%s", written(month))
            return False
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            _log.error(
                "audit.no_month month=%s error=%s: events go to the table for the rest; run: motcua doctor",
                *(written(month), type(error).__name__),
            )
            return False
        _log.info("audit.month_made month=%s", written(month))
    return True


def missing(now: datetime) -> list[date]:
    """Return which of this month and the next two have no table; none on SQLite, where no month has."""
    if connection.vendor != "postgresql":
        return []
    there = set(partitions())
    ahead = [later(month_of(now), count) for count in range(_AHEAD + 1)]
    return [month for month in ahead if month not in there]


def partitions() -> list[date]:
    """Return the months that have a table, in order."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %s::regclass",
            [TABLE],
        )
        for (name,) in cursor.fetchall():
            year, _, month = name.removeprefix(f"{TABLE}_").partition("_")
            if year.isdigit() and month.isdigit():
                found.append(date(int(year), int(month), 1))
    return sorted(found)


def table_of(month: date) -> str:
    """Return the name of a month's table."""
    return f"{TABLE}_{month:%Y_%m}"


@contextmanager
def hurried() -> Iterator[None]:
    """Open a transaction that waits for no lock longer than half a second.

    Raises:
        Busy: a lock was not to be had, and nothing was done.
    """
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                run(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
                # A table whose rows still wait for their checks cannot be joined or parted.
                run("SET CONSTRAINTS ALL IMMEDIATE")
            yield
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") in _HELD:
            raise Busy from error
        raise


def run(sql: str, *given: Any) -> int:
    """Run a statement and return how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return int(cursor.rowcount)


def drop(month: date, *, unless: Sequence[str]) -> None:
    """Drop a month's table, unless it holds events of these names; others move to the table for the rest.

    Args:
        month: one that has a table.
        unless: names of events.

    Raises:
        Busy: somebody uses the log; nothing was done.
    """
    name = table_of(month)
    with hurried():
        # Whoever records holds the log before PostgreSQL looks up the user for the row's key: we go the same way.
        run(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")
        if run(f"SELECT FROM {name} WHERE name = ANY(%s) LIMIT 1", list(unless)):  # nosec B608 # a name of ours
            return
        run(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
        run(f"INSERT INTO {TABLE} SELECT * FROM {name}")  # nosec B608 # names of ours
        run(f"DROP TABLE {name}")


def _make(month: date) -> None:
    """Make a month's table apart, move there what the table for the rest holds of it, and join it.

    Nobody may record meanwhile: a row that is on its way to the table for the rest when its month is joined would be
    refused there. Users come first, since whoever logs in writes there and then records it; joining locks them too,
    for the key that points at them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_MAKING])
        if not cursor.fetchone()[0]:
            raise Busy
    if month in partitions():  # another one was faster
        return
    name, begin, end = table_of(month), begin_of(month).isoformat(), begin_of(later(month, 1)).isoformat()
    run(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)")
    # With this PostgreSQL need not read the table when it is joined.
    run(f"ALTER TABLE {name} ADD CONSTRAINT month CHECK (at >= '{begin}' AND at < '{end}')")
    run(f"LOCK TABLE {get_user_model()._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    run(f"LOCK TABLE ONLY {TABLE} IN SHARE ROW EXCLUSIVE MODE")
    run(f"LOCK TABLE {TABLE}_default IN ACCESS EXCLUSIVE MODE")
    run(
        f"WITH moved AS (DELETE FROM {TABLE}_default WHERE at >= '{begin}' AND at < '{end}' RETURNING *) "  # nosec B608 # names and moments of ours
        f"INSERT INTO {name} SELECT * FROM moved"
    )
    run(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')")
    run(f"ALTER TABLE {name} DROP CONSTRAINT month")
