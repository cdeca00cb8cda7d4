"""A register that takes questions and never answers: those who ask it, and those who look at other pages."""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

from bench.browser import OverHttp
from bench.desk import UNANSWERED, VERIFIED, Desk
from bench.load import Taken, drive, together
from bench.stack import Register

_FAILURES_TO_OPEN = 5
_PAGES_PER_SECOND = 5  # of each kind
_CHECKS_PER_SECOND = 20
_SECONDS = 30
_PATIENCE = 60  # seconds


def hung(register: Register, desk: Desk) -> dict[str, Any]:
    """Make the register hang while five officers ask at once; then ask on; then let it answer again."""
    register.hang()
    firsts: list[tuple[float, str]] = []
    asking = [
        threading.Thread(target=lambda: firsts.append(desk.check_one())) for _ in range(_FAILURES_TO_OPEN)
    ]
    for thread in asking:
        thread.start()
    others = []
    while any(thread.is_alive() for thread in asking):
        began = time.monotonic()
        OverHttp(desk.port).send("GET", "/thu-tuc/", {}, {})
        others.append((time.monotonic() - began) * 1000)
        time.sleep(0.1)
    for thread in asking:
        thread.join()
    nexts = [desk.check_one() for _ in range(20)]
    return {
        "hung_first_ms": round(max(milliseconds for milliseconds, _ in firsts)),
        "hung_next_ms": round(statistics.median(milliseconds for milliseconds, _ in nexts), 1),
        "hung_next_ms_max": round(max(milliseconds for milliseconds, _ in nexts), 1),
        "hung_other_pages_ms_max": round(max(others), 1),
        "hung_wrong_words": sum(UNANSWERED not in text for _, text in firsts + nexts),
        "healed_after_s": _healed_after(register, desk),
    }


def others_pages(register: Register, desk: Desk, seconds: int = _SECONDS) -> dict[str, Any]:
    """Compare pages that ask nothing, under steady checks, before and from the moment at which nobody answers."""
    before, checks_before = _pages_under_checks(desk, VERIFIED, seconds)
    register.hang()
    during, checks_during = _pages_under_checks(desk, UNANSWERED, seconds)
    p95_before, p95_during = before.percentile(95), during.percentile(95)
    return {
        "silent_pages_p95_before_ms": round(p95_before, 1),
        "silent_pages_p95_during_ms": round(p95_during, 1),
        "silent_pages_p95_more_percent": round(100 * (p95_during / p95_before - 1), 1),
        "silent_wrong": {
            "pages_before": dict(before.wrong),
            "pages_during": dict(during.wrong),
            "checks_before": dict(checks_before.wrong),
            "checks_during": dict(checks_during.wrong),
        },
        "silent_healed_after_s": _healed_after(register, desk),
    }


def _pages_under_checks(desk: Desk, words: str, seconds: int) -> tuple[Taken, Taken]:
    checks = desk.checks(_CHECKS_PER_SECOND, seconds, words)
    asked, *looked = drive(port=desk.port, seconds=seconds, streams=[checks, *desk.pages(_PAGES_PER_SECOND)])
    return together(looked), asked


def _healed_after(register: Register, desk: Desk) -> float:
    """Let the register answer; return the seconds until a check is verified again."""
    register.answer()
    began = time.monotonic()
    while VERIFIED not in desk.check_one()[1]:
        if time.monotonic() - began > _PATIENCE:
            raise AssertionError(
                "the register answers again, and after a minute the pages still say it does not"
            )
        time.sleep(0.25)
    return round(time.monotonic() - began, 1)
