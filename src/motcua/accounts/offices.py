"""What every process keeps in mind of the offices for half a minute: their tree, and the days on which they differ."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from motcua.accounts.models import DayChange, Office

_FRESH: Final = 30  # seconds
_DEEPEST: Final = 10


def unit_of(office_id: int) -> int:
    """Return the key of the unit to which an office belongs: the top of its branch, itself when it stands alone."""
    parents = _parents(_half_minute())
    for _ in range(_DEEPEST):
        above = parents.get(office_id)
        if above is None:
            return office_id
        office_id = above
    raise ValueError("the tree of offices has a ring, or is too deep")


def offices_of_unit(office_id: int) -> list[int]:
    """Return the keys of all offices of the same unit, this one among them, in the order of their codes."""
    unit = unit_of(office_id)
    return [one for one in _parents(_half_minute()) if unit_of(one) == unit]


def day_changes(office_id: int) -> Mapping[date, bool]:
    """Return the days on which an office works or is closed against the country's calendar: True for working.

    What is written down for one office goes before what is written down for all.
    """
    changes = _day_changes(_half_minute())
    return {**changes.get(None, {}), **changes.get(office_id, {})}


def forget() -> None:
    """Let the next question read tree and days anew; whoever changes them calls this."""
    _parents.cache_clear()
    _day_changes.cache_clear()


def _half_minute() -> int:
    return int(time.monotonic() // _FRESH)


@lru_cache(maxsize=1)
def _parents(_half_minute: int) -> dict[int, int | None]:
    return dict(Office.objects.order_by("code").values_list("pk", "parent_id"))


@lru_cache(maxsize=1)
def _day_changes(_half_minute: int) -> dict[int | None, dict[date, bool]]:
    changes: dict[int | None, dict[date, bool]] = {}
    for office_id, on, is_working in DayChange.objects.values_list("office_id", "on", "is_working"):
        changes.setdefault(office_id, {})[on] = is_working
    return changes
