"""Where the state of the lines lives: one row a line, and the intents themselves for the bound.

A question in flight *is* an intent without an outcome, young enough to be still under way; so there is no second
book of places to take and give back, and a killed process frees its places by growing old. Both lines and the choice
between them are read in one query.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from motcua.population.line import (
    AHEAD,
    LinePolicy,
    LineState,
    after_answer,
    after_failure,
    after_probe_began,
    by_the_clock,
    is_to_come,
)
from motcua.verification.models import LineChoice, LineRow, Route

Mode = LineChoice.Mode

_log = logging.getLogger("motcua.verification")

_ROWS: Final = LineRow._meta.db_table
_CHOICES: Final = LineChoice._meta.db_table
_COLUMNS: Final = ", ".join(f"{_ROWS}.{field.column}" for field in LineRow._meta.concrete_fields)
_READ: Final = (
    f"SELECT {_COLUMNS}, {_CHOICES}.mode AS mode{{}} "  # noqa: S608  # nosec B608 # names of ours
    f"FROM {_ROWS} LEFT JOIN {_CHOICES} ON {_CHOICES}.id = 1"
)
_MARGIN: Final = 4.0  # seconds that a question may take beyond the register's own time
_WRITTEN_EVERY: Final = 2.0  # seconds, at most so often does an answer alone write to its line's row
_WEIGHT: Final = 0.3  # of the newest answer in the smoothed time


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one line, by all processes; moments are epoch seconds."""

    state: LineState = field(default_factory=LineState)
    seconds: float | None = None  # that an answer takes, smoothed
    answered_at: float | None = None
    watched_at: float = 0.0
    is_from_ahead: bool = False  # the row holds what a clock wrote that has been put back since

    def smoothed(self, took: float) -> float:
        """Return the time of an answer, in seconds, once one more answer took so long."""
        return took if self.seconds is None else (1 - _WEIGHT) * self.seconds + _WEIGHT * took

    @property
    def heard_at(self) -> float:
        """Return when the line was last heard of at all, answer or failure; 0 for never."""
        return max(self.answered_at or 0.0, *self.state.failed_at, 0.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """Both lines, and which of them questions take, as they stood at one moment."""

    mode: Mode
    heard: Mapping[Route, Heard]

    def __getitem__(self, route: Route) -> Heard:
        return self.heard.get(route) or Heard()


def policy() -> LinePolicy:
    """Return how each line is guarded, from the settings."""
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


def read(now: float) -> Lines:
    """Return how the lines stand at a moment (epoch seconds); one query."""
    return _lines(LineRow.objects.raw(_READ.format("")), now)


def read_in_turn(turns: Iterable[str], now: float) -> Lines:
    """Return how the lines stand once it is this transaction's turn, in one statement.

    SQLite's write transactions are one at a time anyway. PostgreSQL's are not, and twenty that count tries at one
    moment would all see room for one more; so whoever shares a turn with another waits for its commit.

    Args:
        turns: keyed digests of what only one question at a time may be admitted about.
        now: the moment, epoch seconds.
    """
    is_shared = connection.vendor == "postgresql"
    locks = sorted(int(turn[:15], 16) for turn in turns) if is_shared else []
    statement = _READ.format("".join(f", pg_advisory_xact_lock(%s) AS turn_{n}" for n in range(len(locks))))
    rows = list(LineRow.objects.raw(statement, locks))
    if not rows:
        # No row, no turn: an emptied database gets its rows back and is asked again.
        _make_rows()
        rows = list(LineRow.objects.raw(statement, locks))
    return _lines(rows, now)


def record_failure(
    route: Route, now: float, retry_after: float | None, *, began_at: float | None = None
) -> None:
    """Count a failure of a line; runs in the caller's transaction or one of its own.

    One that is old news is not counted: questions that hung when an outage ended would darken the light again after it.

    Args:
        route: the line.
        now: the moment, epoch seconds.
        retry_after: seconds for which the register wants to be left alone; then it is never old news.
        began_at: when the question began, epoch seconds; somebody who was answered since makes it old news.
    """
    with transaction.atomic():
        row = _locked_row(route, now)
        is_old_news = began_at is not None and (row.answered_at or 0.0) > began_at
        if is_old_news and retry_after is None:
            return
        before = _state(row)
        after = after_failure(before, policy(), now, retry_after)
        is_shut_now = before.opened_at is None and after.opened_at is not None
        if is_shut_now:
            # The interruption did not begin with the failure that shut the line, but with the first.
            after = replace(after, opened_at=after.failed_at[0])
        _write(row, after)
    if is_shut_now:
        _log.warning("npd.line_shut route=%s", route.value)


def record_silence(route: Route, began_at: float, now: float) -> None:
    """Shut a line that answered no probe and nobody else since ``began_at``: the light of a quiet hour must not lie.

    Where nobody asks there are never enough failures in one window to shut it.
    """
    with transaction.atomic():
        row = _locked_row(route, now)
        state = _state(row)
        if state.opened_at is None and (row.answered_at or 0.0) < began_at:
            since = min((at for at in state.failed_at if at >= began_at), default=now)
            _write(row, replace(state, opened_at=since, next_probe_at=now + policy().probe_every))
            _log.warning("npd.line_shut route=%s", route.value)


def record_answer(route: Route, seen: Heard, now: float, took: float) -> None:
    """Remember that the register answered: failures are forgotten, and the light learns how long it took.

    Most answers write nothing: only after a failure, or when the row is two seconds old, or when the light turns; and
    once a clock is put back, for what it left would count when it is so late again.

    Args:
        route: the line.
        seen: what was known of it when the question left.
        now: the moment of the answer, epoch seconds.
        took: seconds from question to answer.
    """
    seconds, slow = seen.smoothed(took), settings.NPD["NPD_SLOW_SECONDS"]
    if seen.state != LineState() or seen.is_from_ahead:
        with transaction.atomic():
            row = _locked_row(route, now)
            was_shut = row.opened_at is not None
            row.seconds, row.answered_at = seconds, max(now, row.answered_at or 0.0)
            _write(row, after_answer(_state(row), seen.state), "seconds", "answered_at")
        if was_shut:
            _log.warning("npd.line_open route=%s", route.value)
        return
    is_turned = seen.seconds is None or (seen.seconds > slow) != (seconds > slow)
    if is_turned or seen.answered_at is None or now - seen.answered_at >= _WRITTEN_EVERY:
        is_other_light = Q(seconds__lte=slow) if seconds > slow else Q(seconds__gt=slow)
        is_old = Q(answered_at__lte=now - _WRITTEN_EVERY) | _is_unheard("answered_at", now)
        rows = LineRow.objects.filter(is_old | (is_other_light & Q(answered_at__lte=now)), pk=route)
        if not rows.update(seconds=seconds, answered_at=now) and seen.answered_at is None:
            LineRow.objects.get_or_create(pk=route, defaults={"seconds": seconds, "answered_at": now})


def try_begin_probe(route: Route, now: float) -> bool:
    """Take the next probe of a shut line, if one is due; true for exactly one caller over all processes."""
    with transaction.atomic():
        row = _locked_row(route, now)
        begun = after_probe_began(_state(row), policy(), now)
        if begun is not None:
            _write(row, begun)
        return begun is not None


def try_begin_watch(route: Route, now: float) -> bool:
    """Take the probe of a line of which nothing was heard; true for exactly one caller over all processes."""
    long_ago = now - settings.NPD["NPD_WATCH_SECONDS"]
    rows = LineRow.objects.filter(
        Q(answered_at__lte=long_ago) | _is_unheard("answered_at", now),
        Q(watched_at__lte=long_ago) | _is_unheard("watched_at", now),
        pk=route,
    )
    if rows.update(watched_at=now):
        return True
    return LineRow.objects.get_or_create(pk=route, defaults={"watched_at": now})[1]


def _is_unheard(field: str, now: float) -> Q:
    """Select rows where a moment was never written, or by a clock that has been put back since."""
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gt": now + AHEAD})


def _locked_row(route: Route, now: float) -> LineRow:
    LineRow.objects.get_or_create(pk=route)
    return _put_right(LineRow.objects.select_for_update().get(pk=route), now)


def _put_right(row: LineRow, now: float) -> LineRow:
    """Take what a clock wrote that has been put back since for what it is: nothing was heard then."""
    for name, value in asdict(by_the_clock(_state(row), policy(), now)).items():
        setattr(row, name, value)
    if row.answered_at is not None and is_to_come(row.answered_at, now):
        row.answered_at = None
    if is_to_come(row.watched_at, now):
        row.watched_at = 0.0
    return row


def _make_rows() -> None:
    for route in Route:
        LineRow.objects.get_or_create(pk=route)


def _lines(rows: Iterable[LineRow], now: float) -> Lines:
    heard = {}
    mode = Mode.AUTO
    for row in rows:
        written = _state(row)
        state = _state(_put_right(row, now))
        heard[Route(row.name)] = Heard(state, row.seconds, row.answered_at, row.watched_at, state != written)
        mode = Mode(getattr(row, "mode", None) or Mode.AUTO)
    return Lines(mode, heard)


def _state(row: LineRow) -> LineState:
    return LineState(tuple(row.failed_at), row.opened_at, row.next_probe_at, row.paused_until)


def _write(row: LineRow, state: LineState, *more: str) -> None:
    values = asdict(state)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, *more])
