"""Events and batches as the database keeps them: read quickly, as plain values, whatever a hand has written there.

The SQL is put together from our own words and from marks for values; no value stands in it.
"""

# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db import connection

from motcua.audit import chain
from motcua.audit.chain import LEAF_BYTES, Header, Span
from motcua.audit.heads import Head

END: Final = 2**63 - 1
SPANS_A_QUERY: Final = 200  # SQLite takes an expression a thousand deep at most
_EVENTS_A_CHUNK: Final = 20_000
_BATCHES_A_CHUNK: Final = 500
# Moments as text, the same on both databases; SQLite's own conversion would stumble over what a hand wrote.
_AT: Final = {
    "postgresql": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "sqlite": "{} || ''",
}


class Row(NamedTuple):
    """An event as it is kept; ``at`` and ``details`` are text."""

    pk: int
    at: str
    name: str
    actor: int | None
    office: str
    subject: str
    details: str
    mac: str

    @property
    def content(self) -> str:
        """Return its content."""
        return chain.content(self.at, self.name, self.actor, self.office, self.subject, self.details)

    @property
    def leaf(self) -> bytes:
        """Return its leaf."""
        return chain.leaf(self.pk, self.mac, self.content)

    def told(self) -> dict[str, Any]:
        """Return it as it stands in a file, where a line holds all that its leaf is made of."""
        return {
            "id": self.pk,
            "at": chain.moment(self.at),
            "name": self.name,
            "actor": self.actor,
            "office": self.office,
            "subject": self.subject,
            "details": json.loads(self.details),
            "mac": self.mac,
        }


class Batch(NamedTuple):
    """A batch as it is kept, without its leaves."""

    header: Header
    head: str
    signature: str

    @property
    def signed(self) -> Head:
        """Return its head as it would stand in a file."""
        return Head(self.header, self.head, self.signature)

    @property
    def size(self) -> int:
        """Return how many ids its spans hold, without counting them one by one."""
        return sum(last - first + 1 for first, last in self.header.spans)

    @property
    def ids(self) -> list[int]:
        """Return the ids that it sealed."""
        return list(chain.ids_of(self.header.spans))


def events_in(spans: Iterable[Span]) -> Iterator[Row]:
    """Yield the events whose ids lie in the spans; in the order of the ids if the spans are in order."""
    rest = iter(spans)
    while some := list(islice(rest, SPANS_A_QUERY)):
        where, given = within(some)
        sql = f"SELECT {_columns()} FROM audit_auditevent WHERE {where} ORDER BY id"  # nosec B608 # names and marks of ours
        yield from map(Row._make, _rows(sql, given))


def within(spans: Sequence[Span]) -> tuple[str, list[Any]]:
    """Return the condition that an id lies in one of some spans, and its values.

    Two hundred spans, each asked of every month, would take PostgreSQL seconds to plan; one range with the spans as a
    filter takes it milliseconds.
    """
    # A hand may have written numbers that no id can be.
    bounded = [(min(max(first, -END), END), min(last, END)) for first, last in spans]
    if connection.vendor == "postgresql":
        low, high = min(first for first, _ in bounded), max(last for _, last in bounded)
        ranges = ",".join(f"[{first},{last}]" if last < END else f"[{first},)" for first, last in bounded)
        return "id BETWEEN %s AND %s AND id <@ %s::int8multirange", [low, high, f"{{{ranges}}}"]
    marks = " OR ".join(["id BETWEEN %s AND %s"] * len(spans))
    return f"({marks})", [one for span in bounded for one in span]


def events_after(pk: int, *, limit: int) -> list[Row]:
    """Return the first events with a higher id, at most so many."""
    sql = f"SELECT {_columns()} FROM audit_auditevent WHERE id > %s ORDER BY id LIMIT %s"  # nosec B608 # names and marks of ours
    return [Row._make(row) for row in _rows(sql, [pk, limit])]


def ids_after(pk: int) -> list[int]:
    """Return all higher ids, in order."""
    return [found for (found,) in _rows("SELECT id FROM audit_auditevent WHERE id > %s ORDER BY id", [pk])]


def events_named(name: str) -> list[Row]:
    """Return all events of a name, in the order of their ids."""
    sql = f"SELECT {_columns()} FROM audit_auditevent WHERE name = %s ORDER BY id"  # nosec B608 # names and marks of ours
    return [Row._make(row) for row in _rows(sql, [name])]


def events_between(begin: datetime, end: datetime) -> Iterator[Row]:
    """Yield the events of a time, the end not included, in the order of their ids."""
    sql = f"SELECT {_columns()} FROM audit_auditevent WHERE at >= %s AND at < %s AND id > %s ORDER BY id LIMIT 10000"  # nosec B608 # names and marks of ours
    last, given = -END, bounds(begin, end)
    while rows := _rows(sql, [*given, last]):
        yield from map(Row._make, rows)
        last = rows[-1][0]


def names_between(begin: datetime, end: datetime) -> list[tuple[int, str]]:
    """Return ids and names of the events of a time, the end not included, in the order of their ids."""
    sql = "SELECT id, name FROM audit_auditevent WHERE at >= %s AND at < %s ORDER BY id"
    return [(int(pk), str(name)) for pk, name in _rows(sql, bounds(begin, end))]


def first_between(begin: datetime | None, end: datetime, names: Sequence[str]) -> str | None:
    """Return the moment, as text, of the oldest event of these names in a time; None if there is none."""
    first, marks = _AT[connection.vendor].format("min(at)"), ", ".join(["%s"] * len(names))
    sql = f"SELECT {first} FROM audit_auditevent WHERE at < %s AND name IN ({marks})"  # nosec B608 # marks alone
    given = [*bounds(end), *names]
    if begin:
        sql, given = f"{sql} AND at >= %s", [*given, *bounds(begin)]
    ((found,),) = _rows(sql, given)
    return None if found is None else str(found)


def doubled_macs() -> list[tuple[int, int]]:
    """Return the lowest and the highest id of events that have one mac between them."""
    sql = "SELECT min(id), max(id) FROM audit_auditevent GROUP BY mac HAVING count(*) > 1 ORDER BY 1"
    return [(int(low), int(high)) for low, high in _rows(sql, [])]


def batches(where: str = "", given: Iterable[Any] = (), *, order: str = "number") -> list[Batch]:
    """Return batches, without their leaves.

    Args:
        where: a condition in SQL, written by us.
        given: its values.
        order: the end of the query: what it is ordered by, and how many at most.
    """
    sql = (
        f"SELECT number, previous, root, count, ids, reach, {_AT[connection.vendor].format('sealed_at')}, note, key, "  # nosec B608 # names and marks of ours
        f"head, signature FROM audit_auditbatch {f'WHERE {where}' if where else ''} ORDER BY {order}"
    )
    found = []
    for number, previous, root, count, ids, reach, at, note, key, head, signature in _rows(sql, list(given)):
        facts = (_whole(number), previous, root, _whole(count), ids, _whole(reach))
        header = Header(*facts, sealed_at=chain.moment(at), note=note, key=key)
        found.append(Batch(header, head, signature))
    return found


def last_batch() -> Batch | None:
    """Return the batch with the highest number."""
    return next(iter(batches(order="number DESC LIMIT 1")), None)


def chunks(some: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Yield batches, as many at a time as hold a good number of events."""
    chunk: list[Batch] = []
    size = 0
    for one in some:
        chunk.append(one)
        size += one.header.count
        if size >= _EVENTS_A_CHUNK or len(chunk) >= _BATCHES_A_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def leaves(numbers: list[int]) -> dict[int, list[bytes]]:
    """Return the leaves of some batches by the batches' numbers."""
    marks = ", ".join(["%s"] * len(numbers))
    found = dict.fromkeys(numbers, b"")
    for number, kept in _rows(
        f"SELECT number, leaves FROM audit_auditbatch WHERE number IN ({marks})",  # nosec B608 # names and marks of ours
        numbers,
    ):
        found[number] = bytes(kept) if isinstance(kept, bytes | memoryview) else b""
    return {
        number: [kept[at : at + LEAF_BYTES] for at in range(0, len(kept), LEAF_BYTES)]
        for number, kept in found.items()
    }


def _whole(kept: Any) -> int:
    """Return a number; where a hand has written a text, which SQLite lets it, one that fits nothing."""
    return kept if isinstance(kept, int) else -1


def bounds(*moments: datetime) -> list[Any]:
    """Return moments as this database keeps them: to SQLite they are texts, and compared as such."""
    return [connection.ops.adapt_datetimefield_value(at) for at in moments]


def _columns() -> str:
    at = _AT[connection.vendor].format("at")
    return f"id, {at}, name, actor_id, office_code, subject, details, mac"


def _rows(sql: str, given: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())
