"""When an office is open: spans of the day for each day of the week."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import Final

Span = tuple[time, time]

WORKWEEK: Final = range(1, 6)
# This house's choice where an office says nothing: eight hours, as most offices keep them.
USUAL: Final = "07:30-11:30, 13:00-17:00"
# People write 7:30, 7h30, 7g30 and 7.30, and any dash.
_SPAN: Final = re.compile(r"([0-9]{1,2})[:hHgG.]([0-9]{2})[-‐‑‒–—−]([0-9]{1,2})[:hHgG.]([0-9]{2})")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours of an office.

    ``week``: for Monday to Sunday the spans in which it is open, in their order. From Monday to Friday there is always
    one: on these days the law's terms run, and each must have an hour at which a term can end.
    """

    week: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not all(self.week[day - 1] for day in WORKWEEK):
            raise ValueError("an office has hours on each day from Monday to Friday")


def read_spans(text: str) -> tuple[Span, ...]:
    """Read the hours of one day as a person writes them.

    Args:
        text: ``07:30-11:30, 13:00-17:00``; empty for a day on which the office is closed.

    Raises:
        ValueError: they cannot be read, or a span ends before it begins, or before the one before has ended.
    """
    spans = []
    for part in filter(None, re.split(r"[,;]", re.sub(r"\s+", "", text))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError("not a span of time")
        hour, minute, last_hour, last_minute = map(int, found.groups())
        spans.append((time(hour, minute), time(last_hour, last_minute)))
    moments = [moment for span in spans for moment in span]
    if moments != sorted(moments) or any(opens == closes for opens, closes in spans):
        raise ValueError("spans must follow each other")
    return tuple(spans)


def written(spans: tuple[Span, ...]) -> str:
    """Write the hours of one day: ``07:30-11:30, 13:00-17:00``."""
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in spans)


def hours_of(stored: Mapping[str, str]) -> WorkingHours:
    """Return an office's hours.

    Args:
        stored: as ``Office.hours`` holds them, by the ISO number of the day: ``{"6": "07:30-11:30"}``. What is missing
            is usual from Monday to Friday, and closed on Saturday and Sunday.

    Raises:
        ValueError: somebody wrote there what cannot be read.
    """
    return _hours(tuple(stored.get(str(day)) or (USUAL if day in WORKWEEK else "") for day in range(1, 8)))


@lru_cache(maxsize=64)
def _hours(texts: tuple[str, ...]) -> WorkingHours:
    return WorkingHours(tuple(map(read_spans, texts)))
