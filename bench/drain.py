"""A long queue of later checks, drained while people look at pages."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import psycopg

from bench.desk import Desk
from bench.load import Taken, drive, together
from bench.stack import Place, run, running_worker
from bench.tickets import release, waiting

_PAGES_PER_SECOND = 5  # of each kind
_BEFORE_SECONDS, _SLICE_SECONDS = 40, 5
_FIRST_PERSON = 500_000
_QUESTIONS = """
    SELECT count(*), count(DISTINCT dossier_id), count(*) FILTER (WHERE outcome = 'verified'),
           extract(epoch FROM max(answered_at) - min(asked_at))
    FROM verification_identitycheck WHERE touch_point = 'recheck'
"""


def drained(
    place: Place,
    *,
    tickets: int,
    per_second: int,
    is_apart: bool,
    patience: int,
    before_seconds: int = _BEFORE_SECONDS,
) -> dict[str, Any]:
    """Drain a queue and look at pages before and meanwhile.

    Args:
        place: where to run the product.
        tickets: how many dossiers wait.
        per_second: RECHECKS_PER_SECOND.
        is_apart: the work is done by ``motcua work`` instead of inside the web workers.
        patience: seconds after which what is left is left, and told.
        before_seconds: how long pages are looked at while nothing is due.
    """
    name = "apart" if is_apart else "inside"
    environment = place.environment(f"drain_{name}", RECHECKS_PER_SECOND=str(per_second), MOTCUA_WORK=name)
    url = environment["DATABASE_URL"]
    already_asked = len(place.register.asked())
    with place.product(environment) as product, ExitStack() as stack:
        run(["-m", "bench.tickets", str(tickets), str(_FIRST_PERSON)], environment)
        if is_apart:
            stack.enter_context(running_worker(environment, place.folder / "work.log"))
        desk = Desk(product.port)
        _pages(desk, 3)  # caches
        before = _pages(desk, before_seconds)
        release(url)
        began, slices = time.monotonic(), []
        while waiting(url) and time.monotonic() - began < patience:
            slices.append(_pages(desk, _SLICE_SECONDS))
        left = waiting(url)
    during = together(slices)
    with psycopg.connect(url) as connection:
        questions = connection.execute(_QUESTIONS).fetchone()
        assert questions is not None
        asked, dossiers, verified, seconds = questions
        ours = {
            request
            for (request,) in connection.execute(
                "SELECT request_id FROM verification_identitycheck WHERE touch_point = 'recheck'"
            )
        }
    heard = Counter(request for request in place.register.asked()[already_asked:] if request in ours)
    p95_before, p95_during = before.percentile(95), during.percentile(95)
    print(f"  {name}: {asked} in {seconds} s, pages p95 {p95_before:.1f} → {p95_during:.1f} ms", flush=True)
    return {
        "tickets": tickets,
        "left": left,
        "rate_allowed": per_second,
        "per_second": round(asked / float(seconds), 1) if asked > 1 else 0,
        "is_each_asked_once": asked == dossiers == verified == len(heard) == tickets - left
        and max(heard.values(), default=0) <= 1,
        "questions": {"recorded": asked, "dossiers": dossiers, "verified": verified, "heard": heard.total()},
        "pages_p95_before_ms": round(p95_before, 1),
        "pages_p95_during_ms": round(p95_during, 1),
        "pages_p95_more_percent": round(100 * (p95_during / p95_before - 1), 1),
        "pages_wrong": dict(before.wrong + during.wrong),
    }


def _pages(desk: Desk, seconds: int) -> Taken:
    return together(drive(port=desk.port, seconds=seconds, streams=desk.pages(_PAGES_PER_SECOND)))
