"""A log of twelve events in three batches, and a hand that changes rows behind the product's back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from motcua.audit import sealer
from motcua.audit.models import AuditEvent
from motcua.audit.service import record, seal

NOW = datetime(2026, 3, 2, 1, 30, 0, 123456, tzinfo=UTC)
Sql = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def heads(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of heads, one of its own for each test; the sealer remembers nothing of other tests."""
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    settings.AUDIT_HEAD_COPY = ""
    for memory in ("_told", "_unwritten_since", "_handed_out"):
        monkeypatch.setattr(sealer, memory, {})
    return settings.AUDIT_HEADS


@pytest.fixture
def sql(db: None) -> Sql:
    """Return a hand that writes SQL, past all models."""

    def run(text: str, *given: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(text, given)
            return list(cursor.fetchall()) if cursor.description else []

    return run


def happen(count: int, *, now: datetime = NOW, name: str = "dossier.received") -> list[int]:
    """Let something happen so many times and return the ids."""
    return [
        record(
            name=name,
            now=now + timedelta(seconds=number),
            office_code="H23.1",
            subject=f"H23.1-{number}",
            details={"procedure": f"1.0{number}"} if name.startswith("dossier") else {},
        ).pk
        for number in range(count)
    ]


@pytest.fixture
def log(db: None) -> list[int]:
    """Return the ids of twelve events, sealed by four."""
    ids = []
    for turn in range(3):
        ids += happen(4, now=NOW + timedelta(minutes=turn))
        seal(now=NOW + timedelta(minutes=turn, seconds=30))
    return ids


def run_audit(*words: str) -> tuple[int, str]:
    """Run ``motcua audit`` and return its exit code and what it said."""
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("audit", *words, stdout=out, stderr=out)
    return int(str(end.value.code)), out.getvalue()


def contents() -> list[dict[str, Any]]:
    """Return all events as Django sees them."""
    return list(AuditEvent.objects.order_by("id").values())


class BackUp:
    """Both tables as they were, to be put back."""

    _TABLES = ("audit_auditevent", "audit_auditbatch")

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._rows = {table: sql(f"SELECT * FROM {table}") for table in self._TABLES}
        self._given = (
            sql("SELECT seq FROM sqlite_sequence WHERE name = 'audit_auditevent'") if _is_lite() else []
        )

    def put_back(self) -> None:
        """Make the tables what they were."""
        for table, rows in self._rows.items():
            self._sql(f"DELETE FROM {table}")
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                self._sql(f"INSERT INTO {table} VALUES ({marks})", *map(_written, row))
        for (given,) in self._given:
            self._sql("UPDATE sqlite_sequence SET seq = %s WHERE name = 'audit_auditevent'", given)


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, dict) else value


def _is_lite() -> bool:
    return connection.vendor == "sqlite"
