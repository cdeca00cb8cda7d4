"""Checks at the desk: what is added at a steady rate, the highest rate that holds, and what keeps it there."""

from __future__ import annotations

import time
from typing import Any

from bench.desk import Desk
from bench.ledger import Ledger, postmaster
from bench.load import Taken
from bench.processor import Shares
from bench.stack import Place, Product

REGISTER_SECONDS = 0.050
_STEADY_RATE, _STEADY_SECONDS = 50, 20
_STEP_SECONDS, _HELD_SECONDS = 6, 20
_HIGHEST_TRIED, _LOWEST_TRIED = 1600, 6
_ALLOWED_ADDED_MS = 60
_BREATH = 3  # seconds; what is still queued would spoil the next step


def steady(product: Product, desk: Desk) -> dict[str, Any]:
    """Check people at a rate that a province's desks reach together."""
    desk.load(_STEADY_RATE, 2)  # connections, caches
    before = product.cpu_seconds()
    taken = desk.load(_STEADY_RATE, _STEADY_SECONDS)
    cpu = (product.cpu_seconds() - before) * 1000 / max(1, len(taken.latencies))
    _say(taken)
    return {
        **{f"added_p{percent}_ms_at_50": _added(taken, percent) for percent in (50, 95, 99)},
        "wrong_at_50": dict(taken.wrong),
        "check_cpu_ms_at_50": round(cpu, 2),
    }


def highest(place: Place, url: str, product: Product, desk: Desk) -> dict[str, Any]:
    """Search for the highest rate, hold it for longer, and read meanwhile who has the processor."""
    good, steps = _searched(desk)
    trees = {
        "product": product.process.pid,
        "postgresql": postmaster(url),
        "register_stub": place.register.pid,
    }
    rate = max(good, _LOWEST_TRIED)
    while True:
        ledger = Ledger(url)
        before, shares = product.cpu_seconds(), Shares(trees)
        taken = desk.load(rate, _HELD_SECONDS)
        percent, cpu = shares.percent(), product.cpu_seconds() - before
        is_held = _is_good(taken)
        steps.append(_step(taken))
        _say(taken)
        if is_held or rate * 0.9 < _LOWEST_TRIED:
            break
        rate = round(rate * 0.9)
        time.sleep(_BREATH)
    answered = max(1, len(taken.latencies))
    return {
        "checks_per_second": rate if is_held else 0,
        "added_p95_ms": _added(taken, 95),
        "checks_per_second_steps": steps,
        "at_highest": {
            "rate": rate,
            "seconds": _HELD_SECONDS,
            "processor_percent": percent,
            "product_cpu_ms_a_check": round(cpu * 1000 / answered, 2),
            **ledger.each(answered),
        },
    }


def _searched(desk: Desk) -> tuple[int, list[dict[str, Any]]]:
    """Go up by doubling until it is too much, then halve the gap; return the highest good rate and all steps.

    A rate is too much when it fails twice: on a shared machine one bad moment says little.
    """
    good, too_much, steps = 0, None, []
    rate = _STEADY_RATE
    while _LOWEST_TRIED <= rate <= _HIGHEST_TRIED and (too_much is None or too_much - good > 6):
        if _is_reached(desk, rate, steps):
            good = rate
        else:
            too_much = rate
        rate = round((good + too_much) / 2) if too_much else rate * 2
    return good, steps


def _is_reached(desk: Desk, rate: int, steps: list[dict[str, Any]]) -> bool:
    for _ in range(2):
        taken = desk.load(rate, _STEP_SECONDS)
        _say(taken)
        steps.append(_step(taken))
        if _is_good(taken):
            return True
        time.sleep(_BREATH)
    return False


def _is_good(taken: Taken) -> bool:
    return not taken.wrong and _added(taken, 95) < _ALLOWED_ADDED_MS


def _step(taken: Taken) -> dict[str, Any]:
    return {"rate": taken.rate, "added_p95_ms": _added(taken, 95), "wrong": dict(taken.wrong)}


def _added(taken: Taken, percent: int) -> float:
    return round(taken.percentile(percent) - REGISTER_SECONDS * 1000, 1)


def _say(taken: Taken) -> None:
    wrong = f", wrong: {dict(taken.wrong)}" if taken.wrong else ""
    added = "/".join(f"{_added(taken, percent):.1f}" for percent in (50, 95, 99))
    print(f"  {taken.rate:.0f} checks/s: added p50/p95/p99 {added} ms{wrong}", flush=True)
