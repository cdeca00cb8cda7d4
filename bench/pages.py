"""What each page of the journeys takes of the processor and how many queries it makes."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from typing import Any

from bench import journeys
from bench.browser import Browser, OverHttp, Page
from bench.crowd import somebody
from bench.desk import just_do
from bench.stack import Product, run

_FILINGS = 20


def pages(product: Product, environment: dict[str, str]) -> dict[str, Any]:
    """Go through the journeys and read what each step took of the product's processes.

    A step that only shows something is a *page*; one that writes is a *press*, the check at the desk among them. The
    budgets are for pages; presses are listed beside them.
    """
    queries: dict[str, int] = json.loads(run(["-m", "bench.queries"], environment))
    milliseconds: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, str] = {}

    def watch(name: str, step: journeys.Step) -> Page:
        before = product.cpu_seconds()
        page = step()
        milliseconds[name].append((product.cpu_seconds() - before) * 1000)
        kinds[name] = "page" if page.method == "GET" else "press"
        return page

    officer = Browser(OverHttp(product.port))
    journeys.log_in(officer, just_do, journeys.first_officer())
    for warm_up in range(12):
        journeys.reception(officer, just_do, 820_000 + warm_up)
    filings = []
    for turn in range(_FILINGS):
        journeys.reception(officer, watch, 830_000 + turn)
        journeys.registration(Browser(OverHttp(product.port)), watch, 840_000 + turn)
        citizen = Browser(OverHttp(product.port))
        # The first citizens of the crowd have filed already, while queries were counted.
        journeys.log_in(citizen, watch, somebody(10 + turn).number)
        journeys.profile(citizen, watch)
        journeys.catalogue(citizen, watch)
        before = product.cpu_seconds()
        journeys.filing(citizen, watch)
        filings.append((product.cpu_seconds() - before) * 1000)
        journeys.own_dossiers(citizen, watch)
    each = {
        name: {"kind": kinds[name], "cpu_ms": round(statistics.median(taken), 2), "queries": queries[name]}
        for name, taken in milliseconds.items()
    }
    return {
        f"{kind}_{what}_max": max(page[what] for page in each.values() if page["kind"] == kind)
        for kind in ("page", "press")
        for what in ("cpu_ms", "queries")
    } | {
        "filing_cpu_ms": round(statistics.median(filings), 1),
        "password_hash_cpu_ms": _password_hash_cpu_ms(),
        "pages": each,
    }


def _password_hash_cpu_ms() -> float:
    from argon2 import PasswordHasher

    began = time.process_time()
    for _ in range(3):
        PasswordHasher(time_cost=2, memory_cost=102_400, parallelism=8).hash("mot-hai-ba-bon")
    return round((time.process_time() - began) * 1000 / 3, 1)
