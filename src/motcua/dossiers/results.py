"""What came out of a dossier, and how it reaches the citizen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Result
from motcua.dossiers.moving import take_step


def finish(*, dossier: Dossier, is_granted: bool, summary: str, by: User, now: datetime) -> Result:
    """Note the result of a dossier; its files are papers of kind *result* that were added before.

    Args:
        dossier: which.
        is_granted: whether the citizen gets what was asked for.
        summary: the result in words, such as the number of a certificate or why it was refused.
        by: an official with the right.
        now: the moment.

    Raises:
        moving.NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=states.MOVES["finish"], by=by, now=now)
        said = {"is_granted": is_granted, "summary": summary, "made_at": now, "made_by": by}
        result, _ = Result.objects.update_or_create(dossier=fresh, defaults=said)
    return result


def hand_out(
    *,
    dossier: Dossier,
    how: str,
    by: User,
    now: datetime,
    collected_by: str = "",
    has_authority: bool = False,
) -> Dossier:
    """Give the result to the citizen, who thereby has it.

    Args:
        dossier: which.
        how: a value of ``Dossier.Collecting``; a citizen collects their own online and no other way.
        by: the citizen, or an official with the right.
        now: the moment.
        collected_by: the name of who took it at the desk.
        has_authority: whether it was somebody else, with a letter of authority (NĐ 61/2018, Điều 6.2.b).

    Raises:
        ValueError: a citizen collects otherwise than online.
        moving.NotYours, states.MoveRefused: nothing was changed.
    """
    if by.is_citizen and how != Dossier.Collecting.ONLINE:
        raise ValueError("a citizen collects online")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=states.MOVES["hand_out"], by=by, now=now)
        Result.objects.filter(dossier=fresh).update(
            collected_how=how, collected_by=collected_by, has_authority=has_authority
        )
    return fresh
