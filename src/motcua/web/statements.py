"""What statements in plain SQL need; and queries that the ORM builds once, for building takes longer than asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Found = TypeVar("Found", bound=Model)
_ASKED_BEFORE: Final = 5  # times, on a connection, until a statement is worth a plan that is kept


def marks(values: Iterable[Any]) -> str:
    """Return a mark for each value, as they stand in a statement's text; the values themselves travel apart."""
    return ", ".join("%s" for _value in values)


def adapted(value: Any) -> Any:
    """Return a value as the database takes it in plain SQL: SQLite has neither moments nor UUIDs."""
    match value:
        case datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case UUID() if not connection.features.has_native_uuid_field:
            return value.hex
        case _:
            return value


@contextmanager
def planned_once() -> Iterator[None]:
    """Let PostgreSQL keep the plan of what this thread asks inside, once a connection has asked it a few times.

    Only for statements that take the same way whatever their values are, such as those that look for a key. How a list
    is best read depends on how common its values are, so that is planned anew each time.
    """
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        yield
        return
    line: Any = connection.connection
    before, line.prepare_threshold = line.prepare_threshold, _ASKED_BEFORE
    try:
        yield
    finally:
        line.prepare_threshold = before


class Kept(Generic[Found]):
    """A query that looks for one value, and is asked again and again for others.

    The first time the ORM builds it as ever, and what it built is kept: the text, and how rows become objects. After
    that only the value is another; it never stands in the text.
    """

    def __init__(self, build: Callable[[Any], QuerySet[Found]]) -> None:
        """Args: ``build`` returns the query for a value, which is all that may tell one such query from another."""
        self._build = build
        self._built: dict[str, _Built] = {}

    def of(self, value: Any) -> list[Found]:
        """Return what is found for a value, with the neighbors and annotations of the query.

        Args:
            value: a number, a text, a UUID or a moment.

        Raises:
            ValueError: the query has more values than this one.
        """
        built = self._built.get(connection.vendor)
        if built is None:
            built = self._built[connection.vendor] = _built(self._build(value))
        with planned_once(), connection.cursor() as cursor:
            cursor.execute(built.text, [adapted(value)])
            return [built.made(list(row)) for row in cursor.fetchall()]

    def first(self, value: Any) -> Found | None:
        """Return the first of what ``of`` finds; None when there is nothing."""
        return next(iter(self.of(value)), None)


def convert(row: list[Any], converters: list[Any], *, after: int = 0) -> None:
    """Make Python's values of what the database gave, in place.

    Args:
        row: as the cursor gave it.
        converters: of the ORM's compiler, by place: ``list(compiler.get_converters(…).items())``.
        after: how many values stand in the row before those that the compiler knows.
    """
    for place, (converting, column) in converters:
        for one in converting:
            row[place + after] = one(row[place + after], column, connection)


@dataclass(frozen=True, slots=True)
class _Built:
    """What the ORM makes of a query before it asks, and needs to read the answer."""

    text: str
    model: type[Model]
    names: list[str]
    columns: slice
    converters: list[Any]
    neighbors: list[Any]
    annotations: dict[str, int]

    def made(self, row: list[Any]) -> Any:
        """Return the object of a row, as ``ModelIterable`` makes it."""
        convert(row, self.converters)
        found = self.model.from_db(connection.alias, self.names, row[self.columns])
        for neighbor in self.neighbors:
            neighbor.populate(row, found)
        for name, place in self.annotations.items():
            setattr(found, name, row[place])
        return found


def _built(query: QuerySet[Any]) -> _Built:
    compiler: Any = query.query.get_compiler(connection=connection)
    text, values = compiler.as_sql()
    if len(values) != 1:
        raise ValueError(f"the query has {len(values)} values, not one")
    own = compiler.klass_info["select_fields"]
    columns = slice(own[0], own[-1] + 1)
    return _Built(
        text,
        compiler.klass_info["model"],
        [one[0].target.attname for one in compiler.select[columns]],
        columns,
        list(compiler.get_converters([one[0] for one in compiler.select]).items()),
        get_related_populators(compiler.klass_info, compiler.select, connection.alias),  # type: ignore[call-arg]  # the stubs are of a later Django
        compiler.annotation_col_map or {},
    )
