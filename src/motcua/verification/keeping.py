"""How long checks are kept: ``KEEP_CHECKS_YEARS``, and longer while a dossier or an account stands on them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import PROTECT, Exists, ForeignObjectRel, OuterRef, Q, QuerySet

from motcua.verification.logged import known_since
from motcua.verification.models import IdentityCheck

_BATCH: Final = 500


def erase_old_checks(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the checks that are too old and to which nothing refers that must not lose them.

    A check stays as long as the log, or an archived month that is to be kept, has its entry: else it would look as if
    somebody had taken it away. So nothing goes before what ``audit`` holds of that time.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    old = _unreferred().filter(asked_at__lt=years_before(now, settings.KEEP_CHECKS_YEARS))
    if logged_since := known_since(now=now):
        old = old.filter(Q(answered_at=None) | Q(answered_at__lt=logged_since))
    if dry_run:
        return old.count()
    count = 0
    while keys := list(old.order_by("asked_at").values_list("pk", flat=True)[:_BATCH]):
        IdentityCheck.objects.filter(pk__in=keys).delete()
        count += len(keys)
    return count


def _unreferred() -> QuerySet[IdentityCheck]:
    """Select the checks on which no row of whatever app stands."""
    checks = IdentityCheck.objects.all()
    for relation in IdentityCheck._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and getattr(relation, "on_delete", None) is PROTECT:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            checks = checks.filter(~Exists(rows))
    return checks


def years_before(now: datetime, years: int) -> datetime:
    """Return the same moment so many years ago."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)
