"""What a move does to a dossier's time limit: it starts, stands still, goes on, or has come to its end."""

from __future__ import annotations

from datetime import datetime, time

from django.utils import timezone

from motcua.dossiers.due_dates import add_working_days
from motcua.dossiers.models import Dossier
from motcua.dossiers.states import Clock

FIELDS = ("term_began_at", "due_at", "paused_at")


def turn(dossier: Dossier, clock: Clock, *, now: datetime) -> None:
    """Set a dossier's due date as a move demands; the caller saves ``FIELDS``.

    Args:
        dossier: with what was agreed at its reception (``term_limit``, ``term_unit``) and its office.
        clock: what the move does.
        now: the moment of the move.
    """
    match clock:
        case Clock.START:
            dossier.term_began_at, dossier.paused_at = now, None
            dossier.due_at = None
            if dossier.term_limit is not None:
                day = add_working_days(timezone.localdate(now), dossier.term_limit)
                dossier.due_at = timezone.make_aware(datetime.combine(day, time(17)))
        case Clock.STOP:
            dossier.paused_at = dossier.paused_at or now
        case Clock.RESUME:
            dossier.paused_at = None
        case Clock.KEEP:
            pass
