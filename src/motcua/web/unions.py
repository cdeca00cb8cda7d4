"""One list out of several, each cut to its length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


def ids_of(parts: Iterable[QuerySet[Any]]) -> RawSQL:
    """Return the ids of all parts, each with its own order and limit: the ORM writes no limit in a union for SQLite."""
    statements: list[str] = []
    values: list[Any] = []
    for place, part in enumerate(parts):
        statement, of_part = part.values("id").query.sql_with_params()
        statements.append(f"SELECT id FROM ({statement}) AS part{place}")  # noqa: S608  # nosec B608 # values travel apart
        values += of_part
    return RawSQL(" UNION ALL ".join(statements), values)  # noqa: S611  # nosec B611 # values travel apart
