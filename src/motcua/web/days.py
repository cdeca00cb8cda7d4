"""Days as they are typed on the command line, and whole days from one to another."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, local, from the first to the last."""

    first: date
    last: date

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return when it begins and when it is over."""
        begin, end = (
            timezone.make_aware(datetime.combine(day, time.min))
            for day in (self.first, self.last + timedelta(days=1))
        )
        return begin, end

    @property
    def query(self) -> dict[str, str]:
        """Return it as it stands in an address."""
        return {"tu": f"{self.first:%d/%m/%Y}", "den": f"{self.last:%d/%m/%Y}"}


def parse_day(text: str) -> date:
    """Read a day; good as the ``type`` of a command's argument.

    Args:
        text: dd/mm/yyyy.

    Raises:
        ArgumentTypeError: it is no day; says how to write one.
    """
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write dd/mm/yyyy") from None
