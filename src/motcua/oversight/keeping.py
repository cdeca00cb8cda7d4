"""How long is kept what people said about checks, and each night's balance: as long as the checks themselves."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from motcua.oversight.models import Balance, CheckReview, Objection
from motcua.verification.keeping import years_before


def erase_old_findings(*, now: datetime, dry_run: bool = False) -> int:
    """Delete reviews, answered objections and balances whose checks are too old to be kept.

    An objection that nobody has answered stays, and its check with it.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    before = years_before(now, settings.KEEP_CHECKS_YEARS)
    old = (
        CheckReview.objects.filter(check_made__asked_at__lt=before, reviewed_at__lt=before),
        Objection.objects.filter(check_made__asked_at__lt=before, answered_at__lt=before),
        Balance.objects.filter(made_at__lt=before),
    )
    if dry_run:
        return sum(rows.count() for rows in old)
    with transaction.atomic():
        return sum(rows.delete()[1].get(rows.model._meta.label, 0) for rows in old)
