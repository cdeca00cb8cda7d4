"""A scenario, and running many of them: each says what must come, and what came."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

_AT_ONCE = 12


class Mismatch(Exception):
    """Something else came than what must come; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One thing that must hold.

    `name` is a sentence, unique and stable; `expected` says in words what must come. `observe` returns in words what
    came, and raises Mismatch when that is something else.
    """

    group: str
    name: str
    expected: str
    observe: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one scenario; `ms` is how long it took."""

    group: str
    name: str
    expected: str
    observed: str
    passed: bool
    ms: int


def run_scenarios(scenarios: Sequence[Scenario]) -> list[Result]:
    """Run the scenarios, several at a time, and return their results in the order given.

    Whatever a scenario raises is its own failure; none is left out. Raises ValueError when two have one name.
    """
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"scenarios of one name: {'; '.join(twice)}")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="conformance") as pool:
        return list(pool.map(_run, scenarios))


def _run(scenario: Scenario) -> Result:
    started = time.perf_counter()
    try:
        observed, passed = scenario.observe(), True
    except Mismatch as mismatch:
        observed, passed = str(mismatch), False
    except Exception as error:  # a scenario that breaks has failed, and the others must still run
        observed, passed = f"{type(error).__name__}: {error}"[:300], False
    return Result(
        group=scenario.group,
        name=scenario.name,
        expected=scenario.expected,
        observed=observed,
        passed=passed,
        ms=round((time.perf_counter() - started) * 1000),
    )
