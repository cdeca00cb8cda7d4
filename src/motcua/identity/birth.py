"""A date of birth, which may be only a year: some people's day and month were never written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from motcua.identity.numbers import UNSEEN

EARLIEST_YEAR: Final = 1900
_LONGEST_TEXT: Final = 40
# Full-width signs, the strokes that word processors put in the place of "-" and "/", and what nobody sees.
_MENDED: Final = str.maketrans("０１２３４５６７８９／－．‐‑‒–—―−⁄∕", "0123456789/-.-------//", UNSEEN)
_YEAR: Final = re.compile(r"[0-9]{4}")
_MONTH_AND_YEAR: Final = re.compile(r"[0-9]{1,2} ?[/.-] ?[0-9]{4}")
_WHOLE_DATE: Final = re.compile(
    r"([0-9]{1,2}) ?([/.-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4})|([0-9]{2})([0-9]{2})([0-9]{4})"
)


class BirthRefused(ValueError):
    """A date of birth that cannot be.

    `reason` is one of "empty", "shape", "impossible", "future", "before_1900", "month_only".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"date of birth refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class BirthDate:
    """A whole date of birth, or the year alone; never a year dressed up as 1 January.

    Raises BirthRefused: "month_only" when only one of month and day is given, "impossible" when the calendar
    has no such day.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if (self.month is None) != (self.day is None):
            raise BirthRefused("month_only")
        try:
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)
        except (ValueError, OverflowError):
            raise BirthRefused("impossible") from None

    @classmethod
    def of_canonical(cls, text: str) -> BirthDate:
        """Return the date that ``canonical`` wrote down.

        Args:
            text: "1985-03-07", or "1950" for a year alone.

        Raises:
            ValueError: it is neither; BirthRefused, which is one, when the calendar has no such day.
        """
        return cls(*map(int, text.split("-")))

    def __repr__(self) -> str:
        return "BirthDate(year only)" if self.is_year_only else "BirthDate(whole date)"

    @property
    def is_year_only(self) -> bool:
        """Whether day and month are unknown."""
        return self.month is None

    def as_text(self) -> str:
        """Return the date as people write it: "07/03/1985", or "1950"."""
        return f"{self.year:04}" if self.is_year_only else f"{self.day:02}/{self.month:02}/{self.year:04}"

    def canonical(self) -> str:
        """Return the one text for digests: "1985-03-07", or "1950"."""
        return f"{self.year:04}" if self.is_year_only else f"{self.year:04}-{self.month:02}-{self.day:02}"


def parse_birth(text: str, *, today: date) -> BirthDate:
    """Read a typed date of birth.

    Takes dd/mm/yyyy (one-digit days and months, "-" or "." between, or no separator at all) or a year alone;
    full-width digits count as digits, and signs that nobody sees go. `today` is the last day on which one can
    be born. Raises BirthRefused when there is nothing to read, when it has another shape, or when nobody
    alive was born then.
    """
    if len(text) > _LONGEST_TEXT:
        raise BirthRefused("shape")
    typed = " ".join(text.translate(_MENDED).split())
    if not typed:
        raise BirthRefused("empty")
    if _YEAR.fullmatch(typed):
        birth = BirthDate(int(typed))
    elif whole := _WHOLE_DATE.fullmatch(typed):
        day, month, year = (whole[1], whole[3], whole[4]) if whole[2] else (whole[5], whole[6], whole[7])
        birth = BirthDate(int(year), int(month), int(day))
    elif _MONTH_AND_YEAR.fullmatch(typed):
        raise BirthRefused("month_only")
    else:
        raise BirthRefused("shape")
    if birth.year < EARLIEST_YEAR:
        raise BirthRefused("before_1900")
    if (birth.year, birth.month or 1, birth.day or 1) > (today.year, today.month, today.day):
        raise BirthRefused("future")
    return birth
