"""What every process keeps in mind of the offices for half a minute: their tree, who works there, their odd days."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from motcua.accounts.models import DayChange, Office, User
from motcua.web.alphabet import alphabetical
from motcua.web.markup import opened

_FRESH: Final = 30  # seconds
_DEEPEST: Final = 10
# Three levels of numbers before the unit's letter (000.00.01.H23), or the unit first and its levels behind (H23.101).
_UNIT_CODE: Final = re.compile(
    r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(?:\.[A-Z0-9]{1,10}){0,8}"
)
_LONGEST_CODE: Final = 35


def unit_of(office_id: int) -> int:
    """Return the key of the unit to which an office belongs: the top of its branch, itself when it stands alone."""
    top = _top(_parents(_half_minute()), office_id)
    if top is None:
        raise ValueError("the tree of offices has a ring, or is too deep")
    return top


def offices_of_unit(office_id: int) -> list[int]:
    """Return the keys of all offices of the same unit, this one among them, in the order of their codes."""
    units = _units(_half_minute())
    unit = unit_of(office_id)
    return [one for one, top in units.items() if top == unit]


def offices_below(office_id: int) -> list[int]:
    """Return the keys of an office and of all offices below it, in the order of their codes."""
    parents = _parents(_half_minute())
    return [one for one in parents if office_id in _way_up(parents, one)]


def offices_above(office_id: int) -> list[int]:
    """Return the keys of all offices above one, the nearest first: the last is its unit."""
    return _way_up(_parents(_half_minute()), office_id)[1:]


def all_known() -> Mapping[int, Office]:
    """Return all offices by key, in the order of their codes, as read within the last half minute."""
    return _offices(_half_minute())


def known(office_id: int) -> Office | None:
    """Return an office with its code, name and kind, as read within the last half minute."""
    return _offices(_half_minute()).get(office_id)


def officials_of_unit(office_id: int) -> list[tuple[int, int | None, str]]:
    """Return key, office and name of who works in the same unit, by name, as read within the last half minute."""
    return _officials(tuple(offices_of_unit(office_id)), _half_minute())


def is_unit_code(text: str) -> bool:
    """Say whether a text is a unit's code in the old style or the new one (QĐ 20/2020/QĐ-TTg)."""
    return len(text) <= _LONGEST_CODE and _UNIT_CODE.fullmatch(text) is not None


def fits_under(office_id: int | None, parent: Office) -> bool:
    """Say whether an office may hang below another: the tree must have no ring, and no branch longer than ten.

    Call it in the transaction that saves the office: two changes at one moment make no ring together.

    Args:
        office_id: the office's key; None for one that is not saved yet.
        parent: the office above.
    """
    tree = dict(Office.objects.select_for_update().order_by("pk").values_list("pk", "parent_id"))
    tree[office_id or 0] = parent.pk
    return all(_top(tree, one) is not None for one in tree)


def day_changes(office_id: int | None) -> Mapping[date, bool]:
    """Return the days on which an office works or is closed against the country's calendar: True for working.

    What is written down for one office goes before what is written down for all; of no office, only the latter counts.
    """
    changes = _day_changes(_half_minute())
    return {**changes.get(None, {}), **changes.get(office_id, {})}


def forget() -> None:
    """Let the next question read tree and days anew; whoever changes them calls this."""
    _parents.cache_clear()
    _units.cache_clear()
    _offices.cache_clear()
    _day_changes.cache_clear()
    _officials.cache_clear()


def _top(parents: Mapping[int, int | None], office_id: int) -> int | None:
    """Return the top of an office's branch; None where there is none within reach."""
    for _ in range(_DEEPEST):
        above = parents.get(office_id)
        if above is None:
            return office_id
        office_id = above
    return None


def _way_up(parents: Mapping[int, int | None], office_id: int) -> list[int]:
    """Return an office and those above it, as far as they are within reach."""
    way = [office_id]
    while (above := parents.get(way[-1])) is not None and len(way) < _DEEPEST:
        way.append(above)
    return way


def _half_minute() -> int:
    return int(time.monotonic() // _FRESH)


@lru_cache(maxsize=1)
def _parents(_half_minute: int) -> dict[int, int | None]:
    return {key: office.parent_id for key, office in _offices(_half_minute).items()}


@lru_cache(maxsize=1)
def _units(_half_minute: int) -> dict[int, int]:
    return {one: unit_of(one) for one in _parents(_half_minute)}


@lru_cache(maxsize=1)
def _offices(_half_minute: int) -> dict[int, Office]:
    shown = Office.objects.order_by("code").only("code", "name", "kind", "parent_id")
    return {office.pk: office for office in shown}


@lru_cache(maxsize=1)
def _day_changes(_half_minute: int) -> dict[int | None, dict[date, bool]]:
    changes: dict[int | None, dict[date, bool]] = {}
    for office_id, on, is_working in DayChange.objects.values_list("office_id", "on", "is_working"):
        changes.setdefault(office_id, {})[on] = is_working
    return changes


@lru_cache(maxsize=256)
def _officials(offices: tuple[int, ...], _half_minute: int) -> list[tuple[int, int | None, str]]:
    found = User.objects.filter(office__in=offices, is_active=True)
    found = found.exclude(role__in=(User.Role.CITIZEN, User.Role.ADMINISTRATOR))
    named = (
        (pk, office, opened(name)) for pk, office, name in found.values_list("pk", "office", "full_name")
    )
    return sorted(named, key=lambda one: alphabetical(one[2]))
