"""The catalogue as the desks use it all day."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from motcua.procedures.models import Procedure

_FRESH: Final = 30  # seconds


class Catalogue(dict[int, Procedure]):
    """The procedures by key, as one reading of them: whoever makes something of it may keep that under it."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def offered() -> Catalogue:
    """Return the procedures in force with their documents, by key, in the catalogue's order.

    Each process reads them once in half a minute and not at every press of every desk; an administrator's change
    reaches all desks within that time.
    """
    return _read(int(time.monotonic() // _FRESH))


def forget() -> None:
    """Let the next question read the catalogue anew."""
    _read.cache_clear()


@lru_cache(maxsize=1)
def _read(_half_minute: int) -> Catalogue:
    rows = Procedure.objects.filter(is_active=True).defer("official_name", "search_text", "results")
    return Catalogue((procedure.pk, procedure) for procedure in rows.prefetch_related("documents"))
