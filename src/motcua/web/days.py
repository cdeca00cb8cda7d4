"""Days as they are typed on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date, datetime


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
