"""The state of the line to the register, shared by all who ask: the breaker and the bound on questions in flight.

Pure functions over `LineState`. Who asks keeps the state where all processes see it, and applies each function in one
short atomic step: refuse while `is_shut`, refuse unless `may_enter`, then ask, then `after_failure` for a trouble of
the line or `after_answer` for an answer. Nobody waits for a probe: while the line is shut every person's question is
refused at once, and whoever wins `after_probe_began` lets a ping run in the background, reported like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from motcua.identity.register import TouchPoint, Trouble

LONGEST_PAUSE = 120.0  # seconds: a register that asks us to stay away longer is asked again after this
AHEAD = 60.0  # seconds that a moment may lie ahead of our own clock; of machines, none differ by so much
TROUBLES_OF_THE_LINE = frozenset(
    {
        Trouble.TIMEOUT,
        Trouble.CONNECTION,
        Trouble.SERVER_ERROR,
        Trouble.BUSY,
        Trouble.TLS,
        Trouble.UNREADABLE,
        Trouble.OVERSIZED,
    }
)


class Lane(StrEnum):
    """Who is waiting: an officer's desk, which keeps a share of its own, or everybody else."""

    DESK = "desk"
    PORTAL = "portal"


def lane_of(touch_point: TouchPoint) -> Lane:
    """Say which lane a question of this touch point uses."""
    return Lane.DESK if touch_point is TouchPoint.RECEPTION else Lane.PORTAL


@dataclass(frozen=True, slots=True)
class LinePolicy:
    """How the line is guarded; times in seconds."""

    failures: int = 5  # so many failures with no answer between them …
    window: float = 30.0  # … within this time shut the line
    probe_every: float = 10.0
    slots: int = 32  # questions in flight, over all processes
    desk_slots: int = 8  # of these the portal may never take


@dataclass(frozen=True, slots=True)
class LineState:
    """What is remembered of the line; all moments are epoch seconds, and a fresh line has all defaults."""

    failed_at: tuple[float, ...] = ()  # failures since the last answer, within the window, oldest first
    opened_at: float | None = None  # since when the breaker is open, if it is
    next_probe_at: float = 0.0  # while the breaker is open: no probe before this
    paused_until: float = 0.0  # the register itself asked to be left alone until then

    def is_shut(self, now: float) -> bool:
        """Say whether questions are refused at this moment."""
        return self.opened_at is not None or now < self.paused_until

    def shut_since(self, now: float) -> float | None:
        """Return since when questions are refused (epoch seconds), or None when they pass."""
        if not self.is_shut(now):
            return None
        return self.opened_at if self.opened_at is not None else max(self.failed_at, default=now)

    def retry_after(self, now: float) -> float:
        """Return the seconds after which it is worth asking again; at least one."""
        return max(
            1.0, self.paused_until - now, (self.next_probe_at - now) if self.opened_at is not None else 0.0
        )

    def is_probe_due(self, now: float) -> bool:
        """Say whether the breaker is open and the next probe may leave."""
        return self.opened_at is not None and now >= max(self.next_probe_at, self.paused_until)


def after_failure(
    state: LineState, policy: LinePolicy, now: float, retry_after: float | None = None
) -> LineState:
    """Return the state after a question found the line in trouble.

    `retry_after` (seconds) is the register's own wish to be left alone; it is kept at once, up to
    `LONGEST_PAUSE`. A failure while the breaker is open moves nothing else: the next probe was due from the
    beginning of the last one, however long that one hung.
    """
    failed_at = tuple(t for t in (*state.failed_at, now) if t > now - policy.window)[-policy.failures :]
    paused_until = state.paused_until
    if retry_after is not None and retry_after > 0:
        paused_until = max(paused_until, now + min(retry_after, LONGEST_PAUSE))
    if state.opened_at is not None:
        return replace(state, failed_at=failed_at, paused_until=paused_until)
    if len(failed_at) >= policy.failures:
        return LineState(failed_at, now, now + policy.probe_every, paused_until)
    return replace(state, failed_at=failed_at, paused_until=paused_until)


def after_answer(state: LineState, seen: LineState) -> LineState:
    """Return the state after the register answered: whole again, and failures are counted anew.

    A wish to be left alone that was told after the question left (`seen` is the state then) outlasts its answer.
    """
    if state.paused_until == seen.paused_until:
        return LineState()
    return LineState(failed_at=state.failed_at[-1:], paused_until=state.paused_until)


def after_probe_began(state: LineState, policy: LinePolicy, now: float) -> LineState | None:
    """Return the state with the probe taken by the caller, or None when no probe is due."""
    return replace(state, next_probe_at=now + policy.probe_every) if state.is_probe_due(now) else None


def is_to_come(moment: float, now: float) -> bool:
    """Say whether a moment that should be over is still to come: a clock was ahead, and has been put back since."""
    return moment > now + AHEAD


def by_the_clock(state: LineState, policy: LinePolicy, now: float) -> LineState:
    """Return the state without what a clock left that was ahead: the line would be shut until it is so late again."""
    opened_at = state.opened_at
    return LineState(
        tuple(at for at in state.failed_at if not is_to_come(at, now)),
        now if opened_at is not None and is_to_come(opened_at, now) else opened_at,
        0.0 if is_to_come(state.next_probe_at, now + policy.probe_every) else state.next_probe_at,
        0.0 if is_to_come(state.paused_until, now + LONGEST_PAUSE) else state.paused_until,
    )


def may_enter(policy: LinePolicy, lane: Lane, *, desk_in_flight: int, portal_in_flight: int) -> bool:
    """Say whether one more question of this lane may leave, given how many are under way."""
    if desk_in_flight + portal_in_flight >= policy.slots:
        return False
    return lane is Lane.DESK or portal_in_flight < policy.slots - policy.desk_slots
