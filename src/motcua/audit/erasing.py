"""Erasing events whose time is over, by class, so that the chain still verifies.

The leaves stay in their batch, so its root can be computed without the events; that they were erased, and not taken
away, is said by an event ``audit.erased``, which is itself sealed and kept as long as the chain. A lifetime counts from
the signed moment of the batch, not from the moment that the event bears.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from motcua.audit import chain, reading
from motcua.audit.chain import Owners, Span
from motcua.audit.events import LIFETIMES, Retention, names_of
from motcua.audit.reading import Batch, Row
from motcua.audit.recording import record

_log = logging.getLogger("motcua.audit")
_AT_ONCE: Final = 2_000  # events a transaction: who records meanwhile on SQLite does not wait long


def erase_expired(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Erase the sealed events whose class's time is over.

    An event that is not what was sealed is left where it is, and told in the log: it is evidence.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many events of each class were, or would be, erased.
    """
    return {
        retention.value: _erase(retention, lifetime, now, dry_run)
        for retention, lifetime in LIFETIMES.items()
        if lifetime is not None
    }


def _erase(retention: Retention, lifetime: timedelta, now: datetime, dry_run: bool) -> int:
    old = [
        one
        for one in reading.batches("sealed_at <= %s", [now - lifetime])
        if one.signed.is_of_a_known_key and not one.signed.trouble()
    ]
    names, erased = set(names_of(retention)), 0
    for some in reading.chunks(old):
        good = [row.pk for row in _of(some, names)]
        for start in range(0, len(good), _AT_ONCE):
            part = good[start : start + _AT_ONCE]
            erased += len(part) if dry_run or _delete(part, retention, lifetime, now) else 0
    return erased


def _of(some: list[Batch], names: set[str]) -> list[Row]:
    """Return the events of these names in some batches, as far as they are what was sealed."""
    sealed = reading.leaves([one.header.number for one in some])
    expected = dict(pair for one in some for pair in zip(one.ids, sealed[one.header.number], strict=False))
    good: list[Row] = []
    changed: list[Row] = []
    for row in reading.events_in(chain.joined(span for one in some for span in one.header.spans)):
        if row.name in names and row.pk in expected:
            (good if row.leaf == expected[row.pk] else changed).append(row)
    if changed:
        ids = chain.written(chain.spans_of(row.pk for row in changed))
        _log.error("audit.not_erased ids=%s They are not what was sealed. Run: motcua audit verify", ids)
    return good


def _delete(ids: list[int], retention: Retention, lifetime: timedelta, now: datetime) -> bool:
    """Delete events and record that; false when somebody else is at it."""
    spans = chain.spans_of(ids)
    with transaction.atomic():
        if _deleted(spans) != len(ids):
            transaction.set_rollback(True)
            return False
        record(
            name="audit.erased",
            now=now,
            details={
                "class": retention.value,
                "days": lifetime.days,
                "count": len(ids),
                "ids": chain.written(spans),
            },
        )
    return True


def _deleted(spans: list[Span]) -> int:
    """Delete the events of some spans and return how many there were."""
    count = 0
    with connection.cursor() as cursor:
        for start in range(0, len(spans), reading.SPANS_A_QUERY):
            some = spans[start : start + reading.SPANS_A_QUERY]
            where, given = reading.within(some)
            cursor.execute(f"DELETE FROM audit_auditevent WHERE {where}", given)  # noqa: S608  # nosec B608 # marks alone
            count += cursor.rowcount
    return count


def erasures(rows: Iterable[Row]) -> Owners[tuple[datetime, int]]:
    """Return when an event was erased and after how many days, by the event's id; made of events ``audit.erased``."""
    owned: list[tuple[Span, tuple[datetime, int]]] = []
    for row in rows:
        try:
            details = json.loads(row.details)
            spans = chain.read_spans(details["ids"])
            at, days = datetime.fromisoformat(chain.moment(row.at)), int(details["days"])
        except (ValueError, KeyError, TypeError):
            continue
        owned += [(span, (at, days)) for span in spans]
    return Owners(owned)
