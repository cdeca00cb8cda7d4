"""A moment as a whole number, for an address that says how far a list was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def number_of(moment: datetime) -> int:
    """Return the microseconds since 1970; as exact as a database keeps moments."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """Return the moment of a number. Raises OverflowError: no calendar goes so far."""
    return _EPOCH + number * _MICROSECOND
