"""A wave of wrong answers over the whole portal: noticed, told, and slowed down by a question of the portal's own.

Whoever guesses from a thousand addresses at a thousand numbers meets no limit of a person. What gives them away is the
share of wrong answers among all; then everybody on the portal is asked one small question first (``challenge``), and
the desks go on as ever.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from motcua.audit import service as audit
from motcua.verification import limits
from motcua.verification.models import IdentityCheck, Wave

_log = logging.getLogger("motcua.verification")
_ROW = 1


def is_on(*, now: datetime) -> bool:
    """Say whether a wave was noticed of late. One query."""
    return Wave.objects.filter(pk=_ROW, until__gt=now).exists()


def since(*, now: datetime) -> datetime | None:
    """Say when the wave that lasts began; None while there is none. One query."""
    return Wave.objects.filter(pk=_ROW, until__gt=now).values_list("began_at", flat=True).first()


def notice(*, now: datetime) -> None:
    """Look, after a wrong answer on the portal, whether there are too many; the first who sees it raises the alarm.

    Args:
        now: the moment.
    """
    allowed = settings.LIMITS
    wrong = limits.count_portal(now=now, outcomes=[IdentityCheck.Outcome.REJECTED])
    if wrong < allowed["WAVE_TRIES_5_MINUTES"]:
        return
    percent = 100 * wrong // limits.count_portal(now=now, outcomes=IdentityCheck.Outcome.values)
    if percent < allowed["WAVE_PERCENT"]:
        return
    until = now + timedelta(minutes=allowed["CHALLENGE_MINUTES"])
    if Wave.objects.filter(pk=_ROW, until__gt=now).update(until=until):
        return
    try:
        with transaction.atomic():
            begun = Wave.objects.filter(pk=_ROW, until__lte=now).update(began_at=now, until=until)
            if not begun:
                Wave.objects.create(pk=_ROW, began_at=now, until=until)
            audit.record(name="limit.alarm", now=now, details={"scope": "portal", "rate": percent})
    except IntegrityError:
        return  # another process saw it in the same moment
    _log.error("limits.wave wrong=%d percent=%d until=%s", wrong, percent, f"{until:%H:%M}")
