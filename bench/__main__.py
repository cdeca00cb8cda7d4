"""Measures, prints a table and writes ``bench/results/latest.json``.

``python -m bench kills`` counts what is lost, ``python -m bench uniform`` compares the time of one no with another's,
``python -m bench sealing`` times the audit log, ``python -m bench slips`` the slips,
``python -m bench full`` looks at every list, search and count over full tables, and lets a burst come,
``python -m bench lighthouse`` what Lighthouse says,
``python -m bench walks`` the steps and seconds of people at the desk and on a telephone; what they find is added to the
same file. Each brings the figures of ``docs/performance.md`` up to date, as ``python -m bench table`` does by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import (
    drain,
    full,
    kills,
    lighthouse,
    rates,
    sealing,
    silence,
    slips,
    telling,
    uniform,
    walks,
)
from bench.budgets import FIGURES
from bench.desk import Desk
from bench.machine import where, yardstick_cpu_ms
from bench.pages import pages
from bench.stack import ROOT, place

RESULTS = ROOT / "bench" / "results" / "latest.json"
_TICKETS, _TICKETS_APART = 10_000, 500
_RECHECKS_PER_SECOND = 20  # ten times the default; about what two workers can where an answer takes 50 ms
_DRAIN_PATIENCE = 900  # seconds
_SETUP = (
    "PostgreSQL (fsync on), gunicorn with 2 workers, register stub of 50 ms and load generator all on these cores; "
    "processor time of pages and checks is the product's processes alone"
)


def main() -> int:
    """Run everything; return 0 also when a budget is missed: it is a measurement, not a test."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started is ended
    parts = {None: ["speed", "full"], "table": []}.get(options.what, [options.what])
    for what in parts:
        load_before, began = os.getloadavg(), time.monotonic()
        measured = _APART[what](options) if what in _APART else _speed()
        head = {
            **where(load_before),
            "yardstick_cpu_ms": yardstick_cpu_ms(),
            "seconds": round(time.monotonic() - began),
        }
        earlier = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {}
        if what in _APART:
            results = {**earlier, what: {**head, **measured}}
        else:
            # What was measured apart has a moment and a commit of its own.
            apart = {name: earlier[name] for name in _APART if name in earlier}
            results = {**head, "setup": _SETUP, **measured, **apart}
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        _table(what, measured)
        print(f"\nwritten: {options.out}")
    if options.out == RESULTS:
        telling.write(RESULTS)
    return 0


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m bench")
    reader.add_argument("what", nargs="?", choices=("speed", *_APART, "table"))
    reader.add_argument("--rounds", type=int, default=200, help="how many processes are killed")
    reader.add_argument("--out", type=Path, default=RESULTS, help="where the results are written")
    return reader.parse_args()


def _speed() -> dict[str, Any]:
    results: dict[str, Any] = {}
    with place(rates.REGISTER_SECONDS) as here:
        _say("pages: processor time and queries")
        environment = here.environment("pages", DJANGO_SETTINGS_MODULE="bench.settings")
        with here.product(environment) as product:
            results |= pages(product, environment)
        environment = here.environment("checks")
        with here.product(environment) as product:
            desk = Desk(product.port)
            _say("checks at the desk")
            results |= rates.steady(product, desk)
            results |= rates.highest(here, environment["DATABASE_URL"], product, desk)
            results["worker_rss_mb"] = product.worker_rss_mb()
            _say("the register hangs")
            results |= silence.hung(here.register, desk)
            results |= silence.others_pages(here.register, desk)
        _say("a queue of later checks")
        for is_apart, tickets in ((False, _TICKETS), (True, _TICKETS_APART)):
            found = drain.drained(
                here,
                tickets=tickets,
                per_second=_RECHECKS_PER_SECOND,
                is_apart=is_apart,
                patience=_DRAIN_PATIENCE,
            )
            results |= {f"drain_{'apart_' if is_apart else ''}{key}": value for key, value in found.items()}
    return results


def _full() -> dict[str, Any]:
    with place(rates.REGISTER_SECONDS) as here:
        _say("every list, search and count over full tables")
        return full.measured(here)


def _table(part: str, results: dict[str, Any]) -> None:
    if "pages" in results:
        print(f"\n{'':34} {'':6} {'CPU ms':>8} {'queries':>8}")
        for name, page in results["pages"].items():
            print(f"{name:34} {page['kind']:6} {page['cpu_ms']:8.2f} {page['queries']:8}")
    for each in [results[key] for key in ("full_pages", "figures_pages") if key in results]:
        print(f"\n{'':34} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8}")
        for name, page in each.items():
            said = "".join(f" {page[key]:8.1f}" for key in ("p50_ms", "p95_ms", "cpu_ms"))
            print(f"{name:34}{said}{'   ' + str(page['wrong']) if page['wrong'] else ''}")
    for name, columns in results.get("lighthouse_pages", {}).items():
        print(f"{name:34} {', '.join(f'{column} {score}' for column, score in columns.items())}")
    print()
    wanted = {figure.key: figure for figure in FIGURES[part]}
    for key, value in results.items():
        if isinstance(value, (int, float)):
            figure = wanted.get(key)
            said = f"   {figure.wanted}" if figure and figure.wanted else ""
            missed = "   MISSED" if figure and figure.is_met(value) is False else ""
            print(f"{key:34} {value!s:>8}{said}{missed}")


_APART: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "kills": lambda options: kills.killed(options.rounds),
    "uniform": lambda options: uniform.uniform(),
    "sealing": lambda options: sealing.sealed(),
    "slips": lambda options: slips.measured(),
    "full": lambda options: _full(),
    "walks": lambda options: walks.walked(),
    "lighthouse": lambda options: lighthouse.seen(),
}


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
