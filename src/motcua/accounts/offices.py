"""The tree of offices: which office belongs to which unit."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from motcua.accounts.models import Office

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


def forget() -> None:
    """Let the next question read the tree anew; whoever changes it calls this."""
    _parents.cache_clear()


def _half_minute() -> int:
    return int(time.monotonic() // _FRESH)


@lru_cache(maxsize=1)
def _parents(_half_minute: int) -> dict[int, int | None]:
    return dict(Office.objects.order_by("code").values_list("pk", "parent_id"))
