"""How fast tickets are taken: ``RECHECKS_PER_SECOND`` over all processes together, and gently after an outage.

One row says when the next ticket may be taken and how long it is to the one after. Whoever writes the row first has the
turn; the others find that it changed under them and come again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from motcua.dossiers.models import RecheckPace
from motcua.web.statements import Kept

_ROW: Final = 1
_ROWS: Final = Kept[RecheckPace](lambda key: RecheckPace.objects.filter(pk=key))
_GENTLE: Final = 10  # times the usual gap, at the start after an outage
_LONGEST: Final = 60.0  # seconds, however often the register fails
_EASING: Final = 0.8  # of the gap before, at every turn


def next_turn(*, now: datetime) -> RecheckPace | None:
    """Return the turn that can be taken now, or None when the next one comes later. One query."""
    turn = _read(now)
    return turn if _next_at(turn, now) <= now else None


def seconds_to_next_turn(*, now: datetime) -> float:
    """Return the seconds until the next turn can be taken, 0 when it can be now. One query."""
    return max(0.0, (_next_at(_read(now), now) - now).total_seconds())


def take(turn: RecheckPace, *, now: datetime) -> bool:
    """Take a turn; true for exactly one caller over all processes. Call it in the transaction that claims a ticket.

    Who comes a little late delays nobody after them; who comes after a pause makes up for nothing.
    """
    gap = max(_usual_gap(), turn.gap)
    next_at = _next_at(turn, now)
    is_in_step = now - next_at < timedelta(seconds=gap / 2)
    since = next_at if is_in_step else now
    return bool(
        RecheckPace.objects.filter(pk=_ROW, next_at=turn.next_at).update(
            next_at=since + timedelta(seconds=gap), gap=max(_usual_gap(), gap * _EASING)
        )
    )


def begin_gently(*, now: datetime) -> None:
    """Begin gently once the line is back; while it stays down this writes once and then only reads."""
    if _read(now).gap < _gentle_gap():
        RecheckPace.objects.filter(pk=_ROW, gap__lt=_gentle_gap()).update(gap=_gentle_gap())


def slow_down(*, now: datetime) -> None:
    """Wait before the next turn, each time twice as long: a question found no answer."""
    seen = _read(now)
    gap = min(max(_gentle_gap(), 2 * seen.gap), _LONGEST)
    next_at = max(_next_at(seen, now), now + timedelta(seconds=gap))
    RecheckPace.objects.filter(pk=_ROW, next_at=seen.next_at).update(next_at=next_at, gap=gap)


def _next_at(turn: RecheckPace, now: datetime) -> datetime:
    """Return when a turn can be taken: at once where a clock wrote it that was ahead and has been put back since."""
    is_by_our_clock = turn.next_at - now <= timedelta(seconds=2 * max(_LONGEST, _usual_gap()))
    return turn.next_at if is_by_our_clock else now


def _gentle_gap() -> float:
    return min(_GENTLE * _usual_gap(), _LONGEST)


def _usual_gap() -> float:
    a_second: float = settings.RECHECKS_PER_SECOND
    return 1 / a_second


def _read(now: datetime) -> RecheckPace:
    row = _ROWS.first(_ROW)
    return (
        row or RecheckPace.objects.get_or_create(pk=_ROW, defaults={"next_at": now, "gap": _usual_gap()})[0]
    )
