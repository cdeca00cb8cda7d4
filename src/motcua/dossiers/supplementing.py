"""Papers that are still missing: asked for by an official (mẫu 02), and received when they have come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Supplement
from motcua.dossiers.moving import take_step
from motcua.dossiers.receiving import queue_recheck


def ask_supplement(
    *, dossier: Dossier, documents: list[dict[str, str]], reason: str, by: User, now: datetime
) -> Supplement:
    """Ask for further papers, all of them at once; the time limit stands still until they are received.

    Another request replaces one that is still open.

    Args:
        dossier: which.
        documents: what is to be added, each as ``{"name": "…", "note": "…"}``; at least one.
        reason: why, for the citizen to read.
        by: an official with the right.
        now: the moment.

    Raises:
        ValueError: no document is named.
        moving.NotYours, states.MoveRefused: nothing was asked.
    """
    if not documents:
        raise ValueError("a request for papers names at least one")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        asked = Supplement(dossier=fresh, documents=documents, reason=reason, asked_at=now, asked_by=by)
        move = states.MOVES["ask_supplement"]
        take_step(dossier=fresh, move=move, by=by, now=now, reason=reason, beside=[asked])
    return asked


def take_supplement(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Receive what was missing: the time limit starts anew, from zero (NĐ 61/2018, Điều 19.4).

    Args:
        dossier: which; papers may have come online or over the counter.
        by: an official with the right.
        now: the moment.

    Raises:
        moving.NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=states.MOVES["take_supplement"], by=by, now=now)
        queue_recheck(fresh, officer=by, now=now)  # who was guided at the desk while the register was silent
    return fresh
