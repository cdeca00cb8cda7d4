"""Two languages: the page's, which its reader chooses, and Vietnamese, in which everything is written that stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation


@contextmanager
def in_vietnamese() -> Iterator[None]:
    """Write texts in Vietnamese, whatever language the page of this moment is in.

    For what is kept or goes out: messages, slips, what other systems are told. Its reader is not the one who presses.
    Also a decorator.
    """
    with translation.override(settings.LANGUAGE_CODE):
        yield
