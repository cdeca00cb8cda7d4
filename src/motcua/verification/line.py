"""Where the state of the line lives: one row for the breaker, and the intents themselves for the bound.

A question in flight *is* an intent without an outcome, young enough to be still under way; so there is no second
book of places to take and give back, and a killed process frees its places by growing old.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from motcua.population.line import LinePolicy, LineState, after_failure, after_probe_began
from motcua.verification.models import LineRow

NAME: Final = "npd"
_READ: Final = f"SELECT {LineRow._meta.db_table}.*{{}} FROM {LineRow._meta.db_table} WHERE name = %s"  # noqa: S608
_MARGIN: Final = 4.0  # seconds that a question may take beyond the register's own time


def policy() -> LinePolicy:
    """Return how the line is guarded, from the settings."""
    npd = settings.NPD
    return LinePolicy(
        failures=npd["NPD_BREAKER_FAILURES"],
        window=npd["NPD_BREAKER_WINDOW_SECONDS"],
        probe_every=npd["NPD_BREAKER_SECONDS"],
        slots=npd["NPD_IN_FLIGHT"],
        desk_slots=npd["NPD_IN_FLIGHT_DESK"],
    )


def longest_question() -> timedelta:
    """Return the age after which an intent without an outcome is no longer under way: its fate is unknown."""
    return timedelta(seconds=settings.NPD["NPD_TOTAL_SECONDS"] + _MARGIN)


def read() -> LineState:
    """Return the present state; one query by primary key."""
    row = LineRow.objects.filter(pk=NAME).first()
    return _state(row) if row else LineState()


def read_in_turn(turns: Iterable[str]) -> LineState:
    """Return the present state once it is this transaction's turn, in one statement.

    SQLite's write transactions are one at a time anyway. PostgreSQL's are not, and twenty that count tries at one
    moment would all see room for one more; so whoever shares a turn with another waits for its commit.

    Args:
        turns: keyed digests of what only one question at a time may be admitted about.
    """
    is_shared = connection.vendor == "postgresql"
    locks = sorted(int(turn[:15], 16) for turn in turns) if is_shared else []
    statement = _READ.format("".join(f", pg_advisory_xact_lock(%s) AS turn_{n}" for n in range(len(locks))))
    for _ in range(2):
        for row in LineRow.objects.raw(statement, [*locks, NAME]):
            return _state(row)
        LineRow.objects.get_or_create(pk=NAME)
    return LineState()


def record_failure(now: float, retry_after: float | None) -> None:
    """Count a failure of the line; runs in the caller's transaction or one of its own."""
    with transaction.atomic():
        row = _locked_row()
        _write(row, after_failure(_state(row), policy(), now, retry_after))


def record_success() -> None:
    """Forget all failures: the register answered."""
    with transaction.atomic():
        _write(_locked_row(), LineState())


def try_begin_probe(now: float) -> bool:
    """Take the next probe, if one is due; true for exactly one caller over all processes."""
    with transaction.atomic():
        row = _locked_row()
        begun = after_probe_began(_state(row), policy(), now)
        if begun is not None:
            _write(row, begun)
        return begun is not None


def _locked_row() -> LineRow:
    LineRow.objects.get_or_create(pk=NAME)
    return LineRow.objects.select_for_update().get(pk=NAME)


def _state(row: LineRow) -> LineState:
    return LineState(tuple(row.failed_at), row.opened_at, row.next_probe_at, row.paused_until)


def _write(row: LineRow, state: LineState) -> None:
    for field, value in asdict(state).items():
        setattr(row, field, value)
    row.save()
