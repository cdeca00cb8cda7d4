"""Writes the figures of the result file into ``docs/performance.md``, so that page and file never differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.budgets import FIGURES
from bench.stack import ROOT

PAGE: Final = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by `python -m bench table` -->", "<!-- end of figures -->"
_TITLES: Final = {
    "speed": "Checks, pages, a silent register, later checks",
    "full": "Full tables and a burst",
    "walks": "People at their own pace",
    "lighthouse": "Lighthouse",
    "kills": "Killed processes",
    "sealing": "The audit log",
    "uniform": "The time of a no",
    "slips": "Slips",
}
# The pages over full tables in groups, by how their names begin.
_GROUPS: Final = {
    "the queue's lists, every filter and order": ("queue: ",),
    "the same over a whole unit": (
        "queue: first page, leader",
        "queue: whole unit",
        "queue: page 50, whole unit",
    ),
    "search by code, day, number": (
        "queue: search, code",
        "queue: search, number",
        "queue: search, day",
        "queue: search, citizen",
    ),
    "search by words of the name": ("queue: search",),
    "fees, closed days, the register": ("fees", "closed days", "register of dossiers"),
    "a supervisor's counts and lists of checks": ("checks:", "objections"),
    "a citizen's pages, and the catalogue": ("who asked about me", "a citizen", "procedures"),
    "administrators' lists": ("admin:",),
}


def page_with(results: dict[str, Any], page: str) -> str:
    """Return the page with the figures of a result file between its two marks.

    Raises ValueError when the page has no such marks.
    """
    before, after = page.index(_BEGIN) + len(_BEGIN), page.index(_END)
    return page[:before] + "\n" + "\n".join(_told(results)) + "\n" + page[after:]


def write(results: Path) -> None:
    """Bring the page up to date."""
    found = json.loads(results.read_text(encoding="utf-8"))
    PAGE.write_text(page_with(found, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _told(results: dict[str, Any]) -> Iterator[str]:
    for part, title in _TITLES.items():
        measured = results if part == "speed" else results.get(part)
        if not measured:
            continue
        yield f"\n### {title}\n"
        yield f"{_moment(measured)}\n"
        yield "| figure | what it is | measured | wanted | |"
        yield "|---|---|---|---|---|"
        for figure in FIGURES[part]:
            if figure.key in measured:
                value = measured[figure.key]
                sign = {True: "✔", False: "**missed**", None: ""}[figure.is_met(value)]
                yield f"| `{figure.key}` | {figure.meaning} | {_number(value)} | {figure.wanted} | {sign} |"
        if part == "full":
            yield from _pages(measured["full_pages"])


def _moment(measured: dict[str, Any]) -> str:
    moment = datetime.fromisoformat(measured["measured_at"])
    said = [f"{moment:%d/%m/%Y}", f"commit {measured['commit'][:7]}"]
    if "yardstick_cpu_ms" in measured:
        said.append(f"yardstick {measured['yardstick_cpu_ms']} ms")
    return (
        ", ".join([*said, f"{measured['machine']['cores']} cores, Python {measured['machine']['python']}"])
        + "."
    )


def _pages(pages: dict[str, dict[str, Any]]) -> Iterator[str]:
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in _GROUPS}
    for name, page in pages.items():
        groups[_group_of(name)].append(page)
    yield ""
    yield "| pages (number) | at ten thousand, p95 ms | full, p95 ms | times | CPU ms | queries |"
    yield "|---|---|---|---|---|---|"
    for name, of_group in groups.items():
        columns = [
            _span(page.get(key) for page in of_group)
            for key in ("small_p95_ms", "p95_ms", "times_small", "cpu_ms", "queries")
        ]
        yield f"| {name} ({len(of_group)}) | {' | '.join(columns)} |"
    times = [page["times_small"] for page in pages.values() if page.get("times_small")]
    ours = [page["cpu_ms"] for name, page in pages.items() if not name.startswith("admin:")]
    yield ""
    yield (
        f"Of {len(times)} pages looked at over both, {sum(each <= 1.3 for each in times)} stay within 1.3 times "
        f"the figure at ten thousand (median {median(times):.2f}). Of {len(ours)} of officials and citizens "
        f"{sum(each <= 8 for each in ours)} take at most 8 ms of processor time (median {median(ours):.1f}, "
        f"the dearest {max(ours)})."
    )


def _group_of(name: str) -> str:
    """Return the group whose beginning is the longest that fits."""
    fitting = [
        (len(beginning), group)
        for group, beginnings in _GROUPS.items()
        for beginning in beginnings
        if name.startswith(beginning)
    ]
    return max(fitting)[1]


def _span(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _number(value: float) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else f"{value:,}"
