"""Rows that many tests begin with: written once by the product, then put back as the database holds them.

Loading forty procedures takes the product's own way some forty milliseconds; putting the same rows back takes two on
SQLite and twelve on PostgreSQL. So they stand there, committed, from one test to the next, as long as the next one
wants them too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction

from motcua.audit.models import AuditEvent
from motcua.sealing import keyring

_AT_ONCE = 100  # rows in one statement


@dataclass(frozen=True)
class KeptRows:
    """What was written, as statements of this database; `owned` are the models of which nothing may be there before,
    `keys` those that sealed it.
    """

    owned: list[type[models.Model]]
    statements: list[str]
    keys: tuple[object, ...]

    @property
    def is_of_these_keys(self) -> bool:
        return _keys() == self.keys

    def put_back(self) -> bool:
        """Write the rows again; leave everything alone and return False when the tables are not empty, or other keys
        are in force.
        """
        if not self.is_of_these_keys:
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            if any(model._base_manager.exists() for model in self.owned):
                return False
            for statement in self.statements:
                cursor.execute(statement)
        return True

    def remove(self) -> None:
        """Take the rows away again; nothing else may be in their tables, nor in the log."""
        with transaction.atomic():
            for model in (AuditEvent, *reversed(self.owned)):
                model._base_manager.all()._raw_delete(connection.alias)


@dataclass
class Standing:
    """Which kept rows stand in the database between two tests, where no transaction of a test is open."""

    kept: dict[str, KeptRows]
    names: set[str] = field(default_factory=set)

    def become(self, wanted: set[str]) -> None:
        """Let these rows stand there and no others."""
        if connection.in_atomic_block or wanted == self.names:
            return
        if self.names - wanted:
            for name in sorted(self.names, reverse=True):
                self.kept[name].remove()
            self.names = set()
        for name in sorted(wanted - self.names):  # officers before what may name one
            if self.kept[name].put_back():
                self.names.add(name)

    def were_flushed(self) -> None:
        """Know that a test has emptied every table."""
        self.names = set()


def keep(write: Callable[[], object]) -> KeptRows:
    """Return the rows that a function adds to a database with nothing in these tables.

    Args:
        write: adds rows; what is there before stays as it is. Called in the caller's transaction.
    """
    before = {model: _count(model) for model in _models()}
    write()
    written = [model for model in _models() if _count(model) > before[model]]
    # Nothing refers to an event: it takes the next number, whatever a test has recorded before.
    owned = [model for model in written if model is not AuditEvent]
    assert not [model for model in owned if before[model]]
    statements = [
        statement
        for model in written
        for statement in _inserts(model, skip=before[model], is_numbered=model in owned)
    ]
    return KeptRows(owned, statements + connection.ops.sequence_reset_sql(no_style(), owned), _keys())


def _keys() -> tuple[object, ...]:
    return (*keyring.known(), settings.SECRET_KEY)


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def _count(model: type[models.Model]) -> int:
    return int(model._base_manager.count())


def _inserts(model: type[models.Model], *, skip: int, is_numbered: bool) -> list[str]:
    quote = "quote({})" if connection.vendor == "sqlite" else "quote_nullable({}::text)"
    name = connection.ops.quote_name
    table, pk = name(model._meta.db_table), name(model._meta.pk.column)
    columns = [
        name(field.column)
        for field in model._meta.local_concrete_fields
        if is_numbered or not field.primary_key
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(quote.format(column) for column in columns)} FROM {table} ORDER BY {pk}"
        )
        rows = [f"({', '.join(row)})" for row in cursor.fetchall()[skip:]]
    return [
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(rows[start : start + _AT_ONCE])}"
        for start in range(0, len(rows), _AT_ONCE)
    ]
