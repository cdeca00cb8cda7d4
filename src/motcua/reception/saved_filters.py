"""Filters of the queue that an official keeps under a name."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.db import transaction

from motcua.accounts.models import User
from motcua.reception.filters import Filter
from motcua.reception.models import SavedFilter

MOST_SAVED: Final = 20
LONGEST_NAME: Final = 60


class NameMissing(ValueError):
    """A filter needs a name of visible characters, not too long."""


class TooManySaved(ValueError):
    """Nobody keeps more than ``MOST_SAVED``."""


def save_filter(*, user: User, name: str, chosen: Filter) -> SavedFilter:
    """Keep a filter under a name; the same name again stands for the new one.

    Args:
        user: whose.
        name: as typed.
        chosen: settled.

    Raises:
        NameMissing: nothing to call it by.
        TooManySaved: there is no more room.
    """
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable():
        raise NameMissing
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(
            pk=user.pk
        )  # so that two presses are counted one by one
        mine = SavedFilter.objects.filter(user=user)
        if not mine.filter(name=kept).exists() and mine.count() >= MOST_SAVED:
            raise TooManySaved
        saved, _is_new = SavedFilter.objects.update_or_create(
            user=user, name=kept, defaults={"query": chosen.query()}
        )
    return saved
