"""Months that were taken out of the database into files, and how these are read years later.

A file holds the events of one month and one class: gzip over JSON lines, first what it is, then one line an event with
all that its leaf is made of. So it is proved by the chain, which stays in the database, and a file can be deleted as a
whole when its class's time is over. Which files there are is said by events ``audit.archived``.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from motcua.audit import chain, months, reading
from motcua.audit.chain import Owners, Span
from motcua.audit.events import EVENTS, LIFETIMES, Retention
from motcua.audit.reading import Row
from motcua.audit.recording import is_ours

EVENT: Final = "audit.archived"
FORMAT: Final = "motcua audit archive"
_LONGEST: Final = 64 << 20  # characters of a line; a file may have been exchanged for anything


class BrokenFile(Exception):
    """A file cannot be read to its end, or holds something else; the text says which."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of one class's events; it may be deleted after the day ``until``."""

    retention: str
    name: str
    count: int
    sha256: str
    days: int
    until: date


@dataclass(frozen=True, slots=True)
class Archive:
    """What was taken out at one time: the event that says so, when, which month, which ids, into which files."""

    event: int
    at: datetime
    month: date
    spans: tuple[Span, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A file of a month and how it stands with it.

    ``path`` is where it lies if it was brought and is right; ``is_over`` when it need not be kept any more.
    """

    month: date
    file: File
    path: Path | None
    is_over: bool

    @property
    def begin(self) -> datetime:
        """Return the first moment of its month."""
        return months.begin_of(self.month)

    @property
    def end(self) -> datetime:
        """Return the first moment after its month."""
        return months.begin_of(months.later(self.month, 1))


def archives(rows: Iterable[Row]) -> list[Archive]:
    """Return what events ``audit.archived`` say; one that a hand has made unreadable says nothing."""
    found = []
    for row in rows:
        try:
            details = json.loads(row.details)
            found.append(
                Archive(
                    row.pk,
                    datetime.fromisoformat(chain.moment(row.at)),
                    months.read(details["month"]),
                    tuple(chain.read_spans(details["ids"])),
                    tuple(_file(one) for one in details["files"]),
                )
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def known() -> list[Archive]:
    """Return what was archived, as far as the events that say so are ours."""
    return archives(row for row in reading.events_named(EVENT) if is_ours(row.mac, row.content))


def between(first: date, last: date) -> list[dict[str, Any]]:
    """Return, as an export tells it, into which files events of a time went: month, class, file, count, digest."""
    return [
        {
            "month": months.written(one.month),
            "class": file.retention,
            "file": file.name,
            "count": file.count,
            "sha256": file.sha256,
        }
        for one in known()
        for file in one.files
        if one.month <= last and first < months.later(one.month, 1)
    ]


def owners(some: Iterable[Archive]) -> Owners[Archive]:
    """Return which archive an event went into, by the event's id."""
    return Owners((span, one) for one in some for span in one.spans)


def archived_since(retention: Retention, *, now: datetime) -> datetime | None:
    """Return the beginning of the oldest month of which a file of this class is still to be kept."""
    begins = [
        months.begin_of(one.month)
        for one in known()
        for file in one.files
        if file.retention == retention and not is_over(file, now)
    ]
    return min(begins, default=None)


def is_over(file: File, now: datetime) -> bool:
    """Say whether a file need not be kept any more."""
    return timezone.localdate(now) > file.until


def retention_of(name: str) -> Retention | None:
    """Return the class of an event if its time is over some day, None for what stays in the database."""
    event = EVENTS.get(name)
    return event.retention if event and LIFETIMES[event.retention] is not None else None


def head(month: date, file: File) -> dict[str, Any]:
    """Return the first line of a file."""
    return {
        FORMAT: 1,
        "month": months.written(month),
        "class": file.retention,
        "count": file.count,
        "days": file.days,
        "delete_after": file.until.isoformat(),
    }


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file, the first one too.

    Raises:
        BrokenFile: it cannot be read to its end.
        OSError: it is not there, or not to be read.
    """
    number = 0
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="\n") as file:
            while text := file.readline(_LONGEST):
                number += 1
                line = json.loads(text)
                if not isinstance(line, dict) or not text.endswith("\n"):
                    raise ValueError
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, RecursionError):
        raise BrokenFile(f"cannot be read on after line {number}") from None


def row_of(line: dict[str, Any]) -> Row | None:
    """Return the event of a line; None if it is none."""
    try:
        name, actor, office, subject, mac = (
            line[key] for key in ("name", "actor", "office", "subject", "mac")
        )
        at, details = line["at"].removesuffix("Z"), chain.as_json(line["details"])
        return Row(int(line["id"]), at, name, actor, office, subject, details, mac) if mac.isascii() else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def rows(path: Path) -> Iterator[Row]:
    """Yield the events of a file that was found to be right."""
    told = lines(path)
    next(told, None)
    yield from filter(None, map(row_of, told))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _file(told: dict[str, Any]) -> File:
    name = str(told["file"])
    if not name or Path(name).name != name:
        raise ValueError(name)
    until = date.fromisoformat(told["until"])
    return File(str(told["class"]), name, int(told["count"]), str(told["sha256"]), int(told["days"]), until)
