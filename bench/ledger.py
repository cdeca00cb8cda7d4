"""What PostgreSQL did meanwhile: rows written by table, writing transactions, and waits for the disk."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench.processor import parent

_TOTALS = """
    SELECT (SELECT wal_sync FROM pg_stat_wal), (SELECT wal_bytes FROM pg_stat_wal),
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_ROWS = "SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_user_tables"
_UNTIL_COUNTED = 11.0  # seconds; a backend that has become idle reports its counts after ten
_RECOVERY = 30.0  # seconds


class Ledger:
    """Counts from now on; made and read while nothing runs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._before = self._read()

    def each(self, pieces: int) -> dict[str, Any]:
        """Return what was done since then for each of so many pieces of work."""
        totals, rows = self._read()
        syncs, size, transactions = (
            now - before for now, before in zip(totals, self._before[0], strict=True)
        )
        written = {
            f"{kind} {table}": round((now - self._before[1].get(table, (0, 0))[place]) / pieces, 2)
            for table, counts in rows.items()
            for place, (kind, now) in enumerate(zip(("insert", "update"), counts, strict=True))
        }
        return {
            "commits_a_check": round(transactions / pieces, 2),
            "fsyncs_a_check": round(syncs / pieces, 2),
            "wal_bytes_a_check": round(size / pieces),
            "rows_a_check": {what: count for what, count in sorted(written.items()) if count >= 0.01},
        }

    def _read(self) -> tuple[tuple[int, ...], dict[str, tuple[int, int]]]:
        time.sleep(_UNTIL_COUNTED)
        with psycopg.connect(self._url, autocommit=True) as connection:
            totals = connection.execute(_TOTALS).fetchone()
            assert totals is not None
            rows = connection.execute(_ROWS).fetchall()
        return tuple(map(int, totals)), {table: (added, changed) for table, added, changed in rows}


def postmaster(url: str) -> int:
    """Return the id of the process from which all of a server's processes on this machine come."""
    with psycopg.connect(url) as connection:
        return parent(connection.info.backend_pid)


def connected(url: str) -> psycopg.Connection[Any]:
    """Connect to a server that may be recovering from a crash just now."""
    give_up_at = time.monotonic() + _RECOVERY
    while True:
        try:
            return psycopg.connect(url)
        except psycopg.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
