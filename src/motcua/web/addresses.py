"""Addresses of many pages of one kind, for lists: asking Django for each would take longer than the rest of its row."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

NIL_UUID = "00000000-0000-0000-0000-000000000000"


def addresses(name: str, *, like: str = NIL_UUID) -> Callable[[object], str]:
    """Return a function that gives the address of a page by the one thing that tells it from its like.

    Args:
        name: the pages' name; their address has one variable part.
        like: a value that this part could have, and that stands nowhere else in the address.
    """
    pattern = reverse(name, args=[like])
    return lambda part: pattern.replace(like, str(part))
