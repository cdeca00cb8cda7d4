"""Whether the checks still say what the log says they said: what was edited, deleted or put in is found.

The log keeps of every answered check the digest of its statement (``proofs.sign_check``); that the log itself is whole
is the log's own business.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast, Collate

from motcua.audit.models import AuditEvent
from motcua.audit.service import EVENTS, Held, archived_events, archived_since
from motcua.verification.codes import code_of
from motcua.verification.models import IdentityCheck
from motcua.verification.proofs import SIGNED, canonical, statement_of

_ID, _ASKED, _ANSWERED, _OUTCOME = (
    SIGNED.index(name) for name in ("id", "request_id", "answered_at", "outcome")
)
_NAME: Final = "check.answered"
_PIECE: Final = 5_000  # rows that are held at one time

_Row = tuple[Any, ...]


class _Event(NamedTuple):
    """An entry of the log about a check.

    ``is_over``: it comes from a file that need not be kept any more, and neither need the check.
    """

    check_id: str
    details: str  # JSON; a hand may have written some that is no object, or that nothing reads
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many entries of the log agreed with their checks, and the first difference in words, if there is one.

    Of the months ``left_out`` the entries were archived and not brought, so their checks were not compared.
    """

    agreed: int
    difference: str | None
    left_out: list[date] = field(default_factory=list)


class _Since(NamedTuple):
    """When the log began to know of checks, and the times of which its entries are not here."""

    at: datetime | None
    away: list[tuple[datetime, datetime]]

    def knows(self, answered_at: datetime) -> bool:
        """Say whether the entry of a check that was answered then must be here."""
        if self.at is None or answered_at < self.at:
            return False
        return not any(begin <= answered_at < end for begin, end in self.away)


def compare_with_log(held: Iterable[Held] = ()) -> Comparison:
    """Compare every check with what the log says of it, and stop at the first difference.

    A check differs when it is gone before its time, says something else than when it was answered, stands in the log
    twice, or is answered and does not stand in the log. What was answered before the first such entry of the log is
    left alone.
    Rows are streamed, in the order of their ids; a check that is answered meanwhile does no harm.

    Args:
        held: the files of archived months, as ``audit.verify`` found them.
    """
    files = [one for one in held if one.file.retention == EVENTS[_NAME].retention]
    # A month may have been archived in parts; a part that is away leaves the whole month open.
    away = [one for one in files if one.path is None]
    begins = [first_entry_at(), *(one.begin for one in files if one.path or not one.is_over)]
    since = _Since(
        min((at for at in begins if at), default=None), sorted({(one.begin, one.end) for one in away})
    )
    left_out = sorted({one.month for one in away if not one.is_over})
    with _brought([(one.path, one.is_over) for one in files if one.path]) as archived:
        return replace(_compared(archived, since), left_out=left_out)


def _compared(archived: _Brought, since: _Since) -> Comparison:
    agreed = 0
    events = heapq.merge(_events(), archived.events(), key=attrgetter("check_id"))
    rows = _rows()
    event, row = next(events, None), next(rows, None)
    while event is not None or row is not None:
        check_id = min(([event.check_id] if event else []) + ([row[_ID].hex] if row else []))
        told: list[_Event] = []
        while event is not None and event.check_id == check_id:
            told.append(event)
            event = next(events, None)
        kept = None
        if row is not None and row[_ID].hex == check_id:
            kept, row = row, next(rows, None)
        if _difference(kept, told, since) and (difference := _looked_at_again(check_id, archived, since)):
            return Comparison(agreed, difference)
        agreed += bool(told and (kept or not told[0].is_over))
    return Comparison(agreed, None)


def _difference(row: _Row | None, told: list[_Event], since: _Since) -> str | None:
    """Say how a check differs from what was entered of it; rows and events of one id."""
    if row is None:
        if all(one.is_over for one in told):
            return None
        request_id = _fact(told[0], "check")
        return f"check {_named(told[0].check_id, request_id)}: answered by the log, but the check is gone"
    what = ""
    if not told:
        is_open = not row[_OUTCOME]
        if not is_open and since.knows(row[_ANSWERED]):
            what = "has an outcome of which the log knows nothing"
    elif len(told) > 1:
        what = f"stands in the log {len(told)} times"
    elif hashlib.sha256(canonical(statement_of(row))).hexdigest() != _fact(told[0], "statement"):
        what = "says something else than the log says that it said"
    return f"check {_named(row[_ID].hex, row[_ASKED])}: {what}" if what else None


def _looked_at_again(check_id: str, archived: _Brought, since: _Since) -> str | None:
    """Compare one check anew: the two streams of a database that lives are not of one moment."""
    key = _key(check_id)
    row = _all_rows().filter(pk=key).first() if key else None
    here = (_Event(*entry) for entry in _all_events().filter(subject=check_id))
    told = [*here, *archived.events(check_id)]
    return _difference(row, told, since) if row or told else None


def _fact(event: _Event, name: str) -> Any:
    try:
        details = json.loads(event.details)
    except (ValueError, RecursionError):
        return None
    return details.get(name) if isinstance(details, dict) else None


def _key(check_id: str) -> UUID | None:
    """Return the id that an entry speaks of; None where a hand has written something else."""
    try:
        return UUID(check_id) if len(check_id) == 32 else None
    except ValueError:
        return None


def _named(check_id: str, request_id: Any) -> str:
    key = _key(check_id)
    code = code_of(key) if key else check_id or "without an id"
    return f"{code} ({request_id})"


def known_since(*, now: datetime) -> datetime | None:
    """Return when the log, with the archived months that are still to be kept, began to know of checks."""
    begins = [first_entry_at(), archived_since(EVENTS[_NAME].retention, now=now)]
    return min((at for at in begins if at), default=None)


def first_entry_at() -> datetime | None:
    """Return the moment of the oldest entry of a check that the database holds."""
    at: datetime | None = _all_events().order_by("at").values_list("at", flat=True).first()
    return at


def _all_events() -> Any:
    return AuditEvent.objects.filter(name=_NAME).values_list("subject", Cast("details", TextField()))


def _all_rows() -> Any:
    return IdentityCheck.objects.values_list(*SIGNED)


def _events() -> Iterator[_Event]:
    # The order of a uuid is that of its bytes, whatever language the database sorts texts in.
    order = Collate("subject", "C") if connection.vendor == "postgresql" else "subject"
    for entry in _all_events().order_by(order).iterator(_PIECE):
        yield _Event(*entry)


class _Brought:
    """The entries of archived months, in the order of their checks; they lie on the disk, since they may be many."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def events(self, check_id: str | None = None) -> Iterator[_Event]:
        """Yield them, or those of one check."""
        where, given = ("", []) if check_id is None else ("WHERE subject = ?", [check_id])
        found = self._database.execute(
            f"SELECT subject, details, is_over FROM entry {where} ORDER BY subject",  # noqa: S608  # nosec B608 # words of ours
            given,
        )
        for subject, details, is_over in found:
            yield _Event(subject, details, bool(is_over))


@contextmanager
def _brought(files: list[tuple[Path, bool]]) -> Iterator[_Brought]:
    """Read the entries of some files, of each whether its time is over, into a database that is gone afterwards."""
    with closing(sqlite3.connect("")) as database:
        database.execute("CREATE TABLE entry (subject TEXT, details TEXT, is_over INTEGER)")
        for path, is_over in files:
            database.executemany(
                "INSERT INTO entry VALUES (?, ?, ?)",
                (
                    (str(row.subject), row.details, is_over)
                    for row in archived_events(path)
                    if row.name == _NAME
                ),
            )
        database.execute("CREATE INDEX by_subject ON entry (subject)")
        yield _Brought(database)


def _rows() -> Iterator[_Row]:
    yield from _all_rows().order_by("id").iterator(_PIECE)
