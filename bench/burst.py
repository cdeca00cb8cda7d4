"""A burst: ten times the load of an ordinary busy hour for a minute, and how soon it is as before."""

from __future__ import annotations

import time
from typing import Any, Final

from bench.desk import Desk
from bench.load import TOLD_TO_WAIT, Stream, Taken, drive, together
from bench.stack import Product

# A busy hour of a province of a million dossiers a year is some three checks and twenty looks a second.
_CHECKS, _LOOKS = 3.0, 10.0  # a second; looks of each of two kinds
_TIMES, _SECONDS = 10, 60
_BEFORE: Final = 10  # seconds
_PATIENCE: Final = 60


def let_come(product: Product) -> dict[str, Any]:
    """Drive the ordinary load, then ten times as much for a minute, then the ordinary load again."""
    desk = Desk(product.port)
    _drive(desk, 1, 3)  # warms up
    before = _drive(desk, 1, _BEFORE)
    came = _drive(desk, _TIMES, _SECONDS)
    ended = time.monotonic()
    normal = max(2 * before.percentile(95), 100)
    while time.monotonic() - ended < _PATIENCE:
        began = time.monotonic()
        after = _drive(desk, 1, 1)
        if not after.wrong and after.percentile(95) <= normal:
            break
    told = came.wrong.pop(TOLD_TO_WAIT, 0)
    return {
        "burst_times": _TIMES,
        "burst_requests": len(came.latencies) + told + sum(came.wrong.values()),
        "burst_answered": len(came.latencies),
        "burst_told_to_wait": told,
        "burst_errors": sum(came.wrong.values()),
        "burst_wrong": dict(came.wrong),
        "burst_p95_before_ms": round(before.percentile(95), 1),
        "burst_p95_ms": round(came.percentile(95), 1),
        "burst_normal_after_s": round(began - ended, 1),
    }


def _drive(desk: Desk, times: float, seconds: float) -> Taken:
    streams: list[Stream] = [desk.checks(_CHECKS * times, seconds), *desk.pages(_LOOKS * times)]
    return together(drive(port=desk.port, seconds=seconds, streams=streams))
