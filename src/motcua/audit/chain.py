"""The arithmetic of the sealed log: how an event becomes a leaf, leaves a root, and batches a chain. No database.

Everything is written out as ASCII text before it is hashed, so that whoever holds an export can compute it again:

* an event's *content* is a JSON list without spaces: moment (UTC, microseconds), name, actor's id, office, subject,
  details;
* its *leaf* is SHA-256 of ``00`` and ``id LF mac LF content``;
* a batch's *root* is the tree of RFC 6962 over the leaves, in the order of their ids; a node is SHA-256 of ``01`` and
  its two children;
* a batch's *header* is a JSON object without spaces, keys in order; its *head* is SHA-256 of it. A header names the
  head before it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

LEAF_BYTES: Final = 32
NOTHING_BEFORE: Final = "0" * 64  # the head before the first batch
_SHORT: Final = 1_000  # characters of details that are remembered; lists of ids may be long
Span = tuple[int, int]  # first and last id, both included

# Whatever a hand wrote into the table must still be told as wrong, so nothing is refused here.
_encode: Final = json.JSONEncoder(
    separators=(",", ":"), sort_keys=True, ensure_ascii=True, default=repr
).encode


def moment(at: datetime | str) -> str:
    """Return a moment as ``2026-11-27T22:59:01.000000Z``; text is what SQLite keeps, UTC without saying so."""
    if not isinstance(at, datetime):
        return f"{str(at).replace(' ', 'T', 1)}{'.000000' if len(str(at)) == 19 else ''}Z"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _details(kept: str) -> str:
    return _short_details(kept) if len(kept) < _SHORT else _read_details(kept)


def _read_details(kept: str) -> str:
    try:
        return _encode(json.loads(kept))
    except (ValueError, TypeError, RecursionError):
        return _encode({"unreadable": kept})


_short_details: Final = lru_cache(maxsize=4096)(_read_details)


def content(
    at: datetime | str, name: str, actor: int | None, office: str, subject: str, details: dict[str, Any] | str
) -> str:
    """Return an event's content as text, the same whether it is about to be written or was read from a database.

    Args:
        at: its moment.
        name: its name.
        actor: id of the user who did it.
        office: code of the office.
        subject: what it was done to.
        details: its details; text is JSON.
    """
    told = _encode(details) if isinstance(details, dict) else _details(details)
    return f"[{_encode(moment(at))},{_encode([name, actor, office, subject])[1:-1]},{told}]"


def leaf(pk: int, mac: str, text: str) -> bytes:
    """Return the leaf of an event: its id, its mac and its content."""
    return sha256(b"\x00%d\n%s\n%s" % (pk, str(mac).encode(), text.encode())).digest()


def root(leaves: Sequence[bytes]) -> str:
    """Return the root of the tree over the leaves; of none, SHA-256 of nothing."""
    level = list(leaves)
    if not level:
        return sha256(b"").hexdigest()
    while len(level) > 1:
        # An odd last one goes up alone, which is where RFC 6962 has it too.
        alone = level[-1:] if len(level) % 2 else []
        level = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ] + alone
    return level[0].hex()


def spans_of(ids: Iterable[int]) -> list[Span]:
    """Return ascending ids as spans without a gap inside."""
    spans: list[Span] = []
    first = last = None
    for one in ids:
        if last is not None and one == last + 1:
            last = one
            continue
        if first is not None and last is not None:
            spans.append((first, last))
        first = last = one
    if first is not None and last is not None:
        spans.append((first, last))
    return spans


def written(spans: Iterable[Span]) -> str:
    """Return spans as text: ``1-40,42,44-90``."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def read_spans(text: str) -> list[Span]:
    """Return the spans that ``written`` wrote.

    Raises:
        ValueError: it did not write this.
    """
    spans = []
    for part in str(text).split(",") if text else []:
        first, dash, last = part.partition("-")
        spans.append((int(first), int(last if dash else first)))
        if spans[-1][0] > spans[-1][1]:
            raise ValueError(part)
    return spans


def ids_of(spans: Iterable[Span]) -> Iterator[int]:
    """Yield every id of the spans."""
    for first, last in spans:
        yield from range(first, last + 1)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch or overlap made one."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def gaps(covered: Sequence[Span], above: int) -> list[Span]:
    """Return what joined spans leave free between ``above`` and the last of them."""
    free, next_one = [], above + 1
    for first, last in covered:
        if first > next_one:
            free.append((next_one, first - 1))
        next_one = max(next_one, last + 1)
    return free


Owner = TypeVar("Owner")


class Owners(Generic[Owner]):
    """To whom ids belong, given by spans that do not overlap."""

    def __init__(self, owned: Iterable[tuple[Span, Owner]]) -> None:
        self._owned = sorted(owned, key=lambda one: one[0])
        self._firsts = [span[0] for span, _ in self._owned]

    def of(self, pk: int) -> Owner | None:
        """Return whose an id is; None if it is nobody's."""
        place = bisect_right(self._firsts, pk) - 1
        if place < 0 or pk > self._owned[place][0][1]:
            return None
        return self._owned[place][1]


@dataclass(frozen=True, slots=True)
class Header:
    """What a batch says of itself; its head is made of exactly this.

    ``reach`` is the highest id that this or any earlier batch sealed; ``note`` is JSON of an operator's resumption, or
    nothing; ``key`` names the public key of the signature.
    """

    number: int
    previous: str
    root: str
    count: int
    ids: str
    reach: int
    sealed_at: str
    note: str
    key: str

    def text(self) -> bytes:
        """Return it as it is hashed and signed."""
        return _encode({field: getattr(self, field) for field in self.__slots__}).encode()

    @property
    def spans(self) -> list[Span]:
        """Return the ids as spans; none if a hand has made them unreadable."""
        try:
            return read_spans(self.ids)
        except ValueError:
            return []

    @property
    def head(self) -> str:
        """Return the head: 64 hexadecimal digits."""
        return sha256(self.text()).hexdigest()


def as_json(value: Any) -> str:
    """Return a value as the JSON text in which everything here is written."""
    return _encode(value)
