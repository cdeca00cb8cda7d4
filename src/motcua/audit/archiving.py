"""Taking whole months out of the database into files, so that the chain still proves what they hold.

First the files: written, brought to the disk, read back and compared with the leaves of the chain, line by line. Only
then the rows go, in one transaction with the event that says so. Whoever is killed between the two has lost nothing:
the next one finds the files and uses them. On PostgreSQL the month's table, empty by then, is dropped after that.
"""

# ruff: noqa: S608

from __future__ import annotations

import fcntl
import gzip
import logging
import os
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from motcua.audit import archives, chain, months, reading
from motcua.audit.archives import BrokenFile, File
from motcua.audit.events import EVENTS, LIFETIMES, Retention
from motcua.audit.reading import Batch
from motcua.audit.recording import record
from motcua.audit.report import Report
from motcua.audit.sealer import seal
from motcua.audit.verifying import check_chain

_log = logging.getLogger("motcua.audit")
_TRIES: Final = 20  # to get hold of a table that is to be dropped
_PAUSE: Final = 0.5  # seconds between two
_ALONE: Final = 0x617263_68697665  # the number by which two archivers keep out of each other's way
_VERIFY: Final = "Run: motcua audit verify"


class CannotArchive(Exception):
    """A month cannot be archived; the text says why and what helps. Nothing of it was removed."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A month that was taken out: its files, how many events stayed because they explain the chain."""

    month: date
    files: tuple[File, ...]
    stayed: int


def archive(*, before: date, folder: Path, now: datetime, operator: str) -> Iterator[Archived]:
    """Take the whole months before one out of the database into files, each class into its own.

    What explains the chain stays. A month goes whole or not at all.

    Args:
        before: the first day of the first month that stays.
        folder: where the files go; made if it is missing.
        now: the moment.
        operator: who, as the machine knows him.

    Yields:
        Each month when it is done, the oldest first.

    Raises:
        CannotArchive: a month cannot be archived; those before it are done.
        CannotSeal: the database is behind its heads, or they are missing.
        OSError: a file cannot be written or read.
    """
    newest = months.later(months.month_of(now), -1)
    if before > newest:
        raise CannotArchive(
            f"The present month and the last one stay where they are: --before {months.written(newest)} at the latest."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone():
        seal(now=now, is_thorough=True)
        kept = _batches()
        since: datetime | None = None
        while (month := _oldest(since, months.begin_of(before))) is not None:
            yield _archive(month, kept, folder, now, operator)
            since = months.begin_of(months.later(month, 1))
        _drop_emptied(before)


def may_be_deleted(folder: Path, *, now: datetime) -> list[str]:
    """Return the names of the files in a folder whose time is over."""
    return [
        file.name
        for one in archives.known()
        for file in one.files
        if archives.is_over(file, now) and (folder / file.name).exists()
    ]


def _names() -> list[str]:
    return [name for name in EVENTS if archives.retention_of(name)]


def _oldest(since: datetime | None, end: datetime) -> date | None:
    """Return the oldest month of a time that still has something to archive."""
    found = reading.first_between(since, end, _names())
    if found is None:
        return None
    try:
        return months.month_of(datetime.fromisoformat(chain.moment(found)))
    except ValueError:  # a hand has written there
        raise CannotArchive(f"An event's moment cannot be read. {_VERIFY}") from None


def _batches() -> list[Batch]:
    """Return all batches, which are in order.

    Raises:
        CannotArchive: they are not.
    """
    kept, report = reading.batches(), Report()
    check_chain(kept, None, report)
    if not report.is_whole:
        raise CannotArchive(f"The chain is not in order: {report.findings[0]}. {_VERIFY}")
    return kept


def _archive(month: date, kept: list[Batch], folder: Path, now: datetime, operator: str) -> Archived:
    begin, end = months.begin_of(month), months.begin_of(months.later(month, 1))
    class_of: dict[int, Retention] = {}
    stayed = 0
    for pk, name in reading.names_between(begin, end):
        if retention := archives.retention_of(name):
            class_of[pk] = retention
        else:
            stayed += 1
    sealed = _sealed(list(class_of), kept, month)
    files = _described(month, class_of, sealed)
    _write(month, files, class_of, sealed, folder)
    files = tuple(replace(file, sha256=_read_back(month, file, class_of, sealed, folder)) for file in files)
    _take_out(month, list(class_of), files, now, operator)
    _log.info("audit.archived month=%s count=%d", months.written(month), len(class_of))
    return Archived(month, files, stayed)


def _sealed(ids: list[int], kept: list[Batch], month: date) -> dict[int, tuple[bytes, str]]:
    """Return the leaf of each event and the moment when it was sealed.

    Raises:
        CannotArchive: one was not sealed, or the leaves of its batch were changed.
    """
    sealed: dict[int, tuple[bytes, str]] = {}
    wanted = set(ids)
    # A batch's reach is never lower than the one before's; what was sealed late stands further on.
    later = kept[bisect_left(kept, ids[0], key=lambda one: one.header.reach) :]
    for some in reading.chunks(later):
        leaves = reading.leaves([one.header.number for one in some])
        for one in some:
            own = leaves[one.header.number]
            is_proof = one.size == len(own) and chain.root(own) == one.header.root
            found = [(pk, leaf) for pk, leaf in zip(one.ids, own, strict=False) if pk in wanted]
            if found and not is_proof:
                raise CannotArchive(f"The leaves of batch {one.header.number} were changed. {_VERIFY}")
            sealed |= {pk: (leaf, one.header.sealed_at) for pk, leaf in found}
            wanted.difference_update(pk for pk, _ in found)
        if not wanted:
            return sealed
    raise CannotArchive(
        f"{len(wanted)} events of {month:%m/%Y} are not sealed, the first is event {min(wanted)}. {_VERIFY}"
    )


def _described(
    month: date, class_of: dict[int, Retention], sealed: dict[int, tuple[bytes, str]]
) -> tuple[File, ...]:
    """Return the files into which a month goes, without their digests."""
    again = sum(one.month == month for one in archives.known())
    more = f"-{again + 1}" if again else ""
    files = []
    for retention, lifetime in LIFETIMES.items():
        last = max((sealed[pk][1] for pk, its in class_of.items() if its is retention), default=None)
        if last is None or lifetime is None:
            continue
        until = timezone.localdate(datetime.fromisoformat(last)) + timedelta(lifetime.days)
        name = f"motcua-audit-{months.written(month)}-{retention.value}{more}.jsonl.gz"
        count = sum(its is retention for its in class_of.values())
        files.append(File(retention.value, name, count, "", lifetime.days, until))
    return tuple(files)


def _write(
    month: date,
    files: tuple[File, ...],
    class_of: dict[int, Retention],
    sealed: dict[int, tuple[bytes, str]],
    folder: Path,
) -> None:
    """Write the files that are not there yet, and compare every event with its leaf.

    Raises:
        CannotArchive: an event is not what was sealed.
    """
    begin, end = months.begin_of(month), months.begin_of(months.later(month, 1))
    with ExitStack() as stack:
        new = {
            file.retention: stack.enter_context(_new(folder / file.name))
            for file in files
            if not (folder / file.name).exists()
        }
        for file in files:
            if file.retention in new:
                new[file.retention].write(_line(archives.head(month, file)))
        left = len(class_of)
        for row in reading.events_between(begin, end):
            retention = class_of.get(row.pk)
            if retention is None:
                continue
            left -= 1
            if row.leaf != sealed[row.pk][0]:
                raise CannotArchive(f"Event {row.pk} is not what was sealed. {_VERIFY}")
            if retention in new:
                new[retention].write(_line(row.told()))
        if left:
            raise CannotArchive(_changed(month))


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is there under its name once it is whole and on the disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file:
                yield file  # type: ignore[misc]  # it has what is needed of BinaryIO
            raw.flush()
            os.fsync(handle)
        os.rename(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _line(told: dict[str, object]) -> bytes:
    return chain.as_json(told).encode("ascii") + b"\n"


def _read_back(
    month: date,
    file: File,
    class_of: dict[int, Retention],
    sealed: dict[int, tuple[bytes, str]],
    folder: Path,
) -> str:
    """Read a file, new or left by somebody who was killed, compare each line with its leaf, and return its digest.

    Raises:
        CannotArchive: it holds something else.
    """
    path = folder / file.name
    expected = (pk for pk, its in class_of.items() if its == file.retention)
    try:
        told = archives.lines(path)
        is_right = next(told, None) == archives.head(month, file)
        for line in told:
            row = archives.row_of(line)
            if row is None or row.pk != next(expected, None) or row.leaf != sealed[row.pk][0]:
                is_right = False
                break
    except BrokenFile:
        is_right = False
    if not is_right or next(expected, None) is not None:
        raise CannotArchive(
            f"{path} is there and holds something else than the month does: move it away, and look at the disk."
        )
    return archives.sha256_of(path)


def _take_out(month: date, ids: list[int], files: tuple[File, ...], now: datetime, operator: str) -> None:
    """Remove a month's events and record that, in one transaction.

    Raises:
        CannotArchive: the month has changed meanwhile, or somebody else keeps hold of the table.
    """
    details = {
        "month": months.written(month),
        "count": len(ids),
        "ids": chain.written(chain.spans_of(ids)),
        "files": [
            {
                "class": file.retention,
                "file": file.name,
                "count": file.count,
                "sha256": file.sha256,
                "days": file.days,
                "until": file.until.isoformat(),
            }
            for file in files
        ],
        "operator": operator,
    }
    try:
        with months.hurried():
            _remove(month, ids)
            record(name=archives.EVENT, now=now, details=details)
    except months.Busy:
        raise CannotArchive(
            "Somebody keeps the log shut. The files are written; run this again later."
        ) from None


def _remove(month: date, ids: list[int]) -> None:
    """Remove these events of a month, which must all be there."""
    begin, end = reading.bounds(months.begin_of(month), months.begin_of(months.later(month, 1)))
    spans = chain.spans_of(ids)
    removed = 0
    for start in range(0, len(spans), reading.SPANS_A_QUERY):
        where, given = reading.within(spans[start : start + reading.SPANS_A_QUERY])
        removed += months.run(
            f"DELETE FROM {months.TABLE} WHERE {where} AND at >= %s AND at < %s",  # nosec B608 # marks alone
            *given,
            begin,
            end,
        )
    if removed != len(ids):
        raise CannotArchive(_changed(month))


def _drop_emptied(before: date) -> None:
    """Drop the tables of old months that hold nothing any more but what stays; one in use waits for the next time."""
    if connection.vendor != "postgresql":
        return
    for month in months.partitions():
        if month < before and not _is_seen_to(month):
            _log.info("audit.month_waits month=%s", months.written(month))
            return


def _is_seen_to(month: date) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        try:
            months.drop(month, unless=_names())
        except months.Busy:
            continue
        return True
    return False


def _changed(month: date) -> str:
    return f"{month:%m/%Y} has changed meanwhile: somebody else archives or erases. Run this again."


@contextmanager
def _alone() -> Iterator[None]:
    """Keep every other archiver of this database away meanwhile.

    Raises:
        CannotArchive: there is one.
    """
    refusal = CannotArchive("Somebody else is archiving just now.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ALONE])
            if not cursor.fetchone()[0]:
                raise refusal
        try:
            yield
        finally:
            months.run("SELECT pg_advisory_unlock(%s)", _ALONE)
        return
    path = settings.AUDIT_HEADS.with_name("audit-archive.lock")
    with path.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal from None
        yield
