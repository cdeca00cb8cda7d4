"""Whether the checks still say what the log says they said: what was edited, deleted or put in is found.

The log keeps of every answered check the digest of its statement (``proofs.sign_check``); that the log itself is whole
is the log's own business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Collate

from motcua.audit.models import AuditEvent
from motcua.verification.codes import code_of
from motcua.verification.models import IdentityCheck
from motcua.verification.proofs import SIGNED, canonical, statement_of

_ID, _ASKED, _ANSWERED, _OUTCOME = (
    SIGNED.index(name) for name in ("id", "request_id", "answered_at", "outcome")
)
_PIECE: Final = 5_000  # rows that are held at one time

_Row = tuple[Any, ...]
_Event = tuple[str, Any]  # a hand may have written details that are no object


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many entries of the log agreed with their checks, and the first difference in words, if there is one."""

    agreed: int
    difference: str | None


def compare_with_log() -> Comparison:
    """Compare every check with what the log says of it, and stop at the first difference.

    A check differs when it is gone, says something else than when it was answered, stands in the log twice, or is
    answered and does not stand in the log. What was answered before the first such entry of the log is left alone.
    Rows are streamed, in the order of their ids; a check that is answered meanwhile does no harm.
    """
    agreed, since = 0, first_entry_at()
    events, rows = _events(), _rows()
    event, row = next(events, None), next(rows, None)
    while event is not None or row is not None:
        check_id = min(([event[0]] if event else []) + ([row[_ID].hex] if row else []))
        told: list[_Event] = []
        while event is not None and event[0] == check_id:
            told.append(event)
            event = next(events, None)
        kept = None
        if row is not None and row[_ID].hex == check_id:
            kept, row = row, next(rows, None)
        if _difference(kept, told, since) and (difference := _looked_at_again(check_id, since)):
            return Comparison(agreed, difference)
        agreed += bool(told)
    return Comparison(agreed, None)


def _difference(row: _Row | None, told: list[_Event], since: datetime | None) -> str | None:
    """Say how a check differs from what was entered of it; rows and events of one id."""
    if row is None:
        request_id = _fact(told[0], "check")
        return f"check {_named(told[0][0], request_id)}: answered by the log, but the check is gone"
    what = ""
    if not told:
        is_open = not row[_OUTCOME]
        if not is_open and since is not None and row[_ANSWERED] >= since:
            what = "has an outcome of which the log knows nothing"
    elif len(told) > 1:
        what = f"stands in the log {len(told)} times"
    elif hashlib.sha256(canonical(statement_of(row))).hexdigest() != _fact(told[0], "statement"):
        what = "says something else than the log says that it said"
    return f"check {_named(row[_ID].hex, row[_ASKED])}: {what}" if what else None


def _looked_at_again(check_id: str, since: datetime | None) -> str | None:
    """Compare one check anew: the two streams of a database that lives are not of one moment."""
    key = _key(check_id)
    row = _all_rows().filter(pk=key).first() if key else None
    told = list(_all_events().filter(subject=check_id))
    return _difference(row, told, since) if row or told else None


def _fact(event: _Event, name: str) -> Any:
    return event[1].get(name) if isinstance(event[1], dict) else None


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


def first_entry_at() -> datetime | None:
    """Return when the log began to know of checks."""
    at: datetime | None = _all_events().order_by("at").values_list("at", flat=True).first()
    return at


def _all_events() -> Any:
    return AuditEvent.objects.filter(name="check.answered").values_list("subject", "details")


def _all_rows() -> Any:
    return IdentityCheck.objects.values_list(*SIGNED)


def _events() -> Iterator[_Event]:
    # The order of a uuid is that of its bytes, whatever language the database sorts texts in.
    order = Collate("subject", "C") if connection.vendor == "postgresql" else "subject"
    yield from _all_events().order_by(order).iterator(_PIECE)


def _rows() -> Iterator[_Row]:
    yield from _all_rows().order_by("id").iterator(_PIECE)
