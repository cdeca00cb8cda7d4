"""A fee that comes up while a dossier is dealt with: asked for by who deals with it, taken by the cashier."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Fee
from motcua.dossiers.moving import take_step


def ask_fee(*, dossier: Dossier, amount: int, reason: str, by: User, now: datetime) -> Fee:
    """Ask for a fee; the time limit stands still until it is paid.

    Args:
        dossier: which; its row is read anew.
        amount: in đồng, more than 0.
        reason: what it is for, for the citizen to read.
        by: an official with the right.
        now: the moment.

    Raises:
        ValueError: the amount is none.
        moving.NotYours, states.MoveRefused: nothing was asked.
    """
    if amount <= 0:
        raise ValueError("a fee is more than nothing")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        fee = Fee(dossier=fresh, amount=amount, asked_at=now, asked_by=by)
        take_step(dossier=fresh, move=states.MOVES["ask_fee"], by=by, now=now, reason=reason, beside=[fee])
    return fee


def take_fee(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Note that the fee was paid: the dossier is dealt with again, and its time limit goes on.

    Args:
        dossier: which; its row is read anew.
        by: an official with the right.
        now: the moment.

    Raises:
        moving.NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        waiting = fresh.fees.filter(settled_at=None, cancelled_at=None)
        waiting.update(settled_at=now, settled_by=by)
        take_step(dossier=fresh, move=states.MOVES["take_fee"], by=by, now=now)
    return fresh
