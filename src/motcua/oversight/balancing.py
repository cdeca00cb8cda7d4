"""Each night the checks of a day are compared with its dossiers; what differs is kept for the offices to explain.

A difference proves nothing: it says where a supervisor should ask. A night stays as it was found: what is explained
later is explained in words, and not by the list growing shorter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from motcua.audit import service as audit
from motcua.dossiers.models import Dossier, DossierOwner
from motcua.oversight.models import Balance, Difference
from motcua.oversight.overview import asked_in
from motcua.verification.models import IdentityCheck
from motcua.web.days import Period

_log = logging.getLogger("motcua.oversight")
# By then a form that was checked before midnight is saved, or its answer is worn out.
BEGINS_AT: Final = time(0, 30)
_BETWEEN_LOOKS: Final = timedelta(hours=1)
_looked_at: datetime | None = None


class DayNotOver(ValueError):
    """The day's last dossiers may still come."""


def balance(*, on: date, now: datetime) -> Balance:
    """Compare one day's checks with its dossiers; a day that was balanced before is given back as it was.

    Args:
        on: the local day.
        now: the moment; at least half an hour after the day's end.

    Raises:
        DayNotOver: it is too early for this day.
    """
    if on > _last_over(now):
        raise DayNotOver
    if kept := Balance.objects.filter(on=on).first():
        return kept
    checks, dossiers = asked_in(Period(on, on), IdentityCheck.objects.all()), _dossiers_of(on)
    found = [
        *_without_dossier(checks),
        *_without_outcome(checks),
        *_without_check(dossiers),
        *_of_other_persons(checks, dossiers),
    ]
    made = Balance(on=on, made_at=now, checks=checks.count(), dossiers=dossiers.count())
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            for difference in found:
                difference.balance = made
            Difference.objects.bulk_create(found, batch_size=500)
            audit.record(
                name="balance.made",
                now=now,
                subject=f"{on:%d/%m/%Y}",
                details={"differences": len(found)},
            )
    except IntegrityError:
        return Balance.objects.get(on=on)  # another process made it in the same moment
    _log.info("balance.made balance=%d differences=%d", made.pk, len(found))
    return made


def run_due_balance(*, now: datetime) -> bool:
    """Balance the oldest day that is due, if any: each since the last that was balanced, up to yesterday.

    Looks at the database once an hour at most, however often it is called; what fails is tried again an hour later.

    Args:
        now: the moment.

    Returns:
        Whether a day was balanced; then another may be due.
    """
    global _looked_at
    if _looked_at is not None and timedelta() <= now - _looked_at < _BETWEEN_LOOKS:
        return False
    _looked_at = now
    last = Balance.objects.order_by("-on").values_list("on", flat=True).first()
    due = last + timedelta(days=1) if last else _last_over(now)
    if due > _last_over(now):
        return False
    balance(on=due, now=now)
    _looked_at = None
    return True


def forget_last_look() -> None:
    """Let the next call of ``run_due_balance`` look at the database."""
    global _looked_at
    _looked_at = None


def _last_over(now: datetime) -> date:
    """Return the last local day that can be balanced."""
    local = timezone.localtime(now)
    return local.date() - timedelta(days=1 if local.time() >= BEGINS_AT else 2)


def _dossiers_of(on: date) -> QuerySet[Dossier]:
    """Return the dossiers that came in on a day: filed online, or received at a desk."""
    begin, end = Period(on, on).moments
    came = Dossier.objects.filed().filter(saved_at__gte=begin)
    return came.alias(came_at=Coalesce("submitted_at", "received_at")).filter(
        came_at__gte=begin, came_at__lt=end
    )


def _without_dossier(checks: QuerySet[IdentityCheck]) -> Iterator[Difference]:
    """Find who was verified at a desk and never received; one line for each form and person."""
    lonely = checks.filter(
        ~Exists(Dossier.objects.filter(press_key=OuterRef("form_key"))),
        ~Exists(Dossier.objects.filter(identity_check=OuterRef("pk"))),
        touch_point=IdentityCheck.TouchPoint.RECEPTION,
        outcome=IdentityCheck.Outcome.VERIFIED,
    )
    for check in _one_of_each(lonely):
        yield Difference(kind=Difference.Kind.NO_DOSSIER, office_code=check.office_code, check_made=check)


def _without_outcome(checks: QuerySet[IdentityCheck]) -> Iterator[Difference]:
    """Find the questions whose fate nobody knows."""
    pending = checks.filter(outcome=IdentityCheck.Outcome.PENDING).order_by("asked_at")
    for check in pending.only("office_code"):
        yield Difference(kind=Difference.Kind.NO_OUTCOME, office_code=check.office_code, check_made=check)


def _without_check(dossiers: QuerySet[Dossier]) -> Iterator[Difference]:
    """Find dossiers that say "verified" without a check that says so."""
    claimed = dossiers.filter(status__gte=Dossier.Status.RECEIVED, by_hand_reason="")
    unproved = claimed.filter(
        Q(identity_check__isnull=True) | ~Q(identity_check__outcome=IdentityCheck.Outcome.VERIFIED)
    )
    for dossier in unproved.select_related("office"):
        yield Difference(kind=Difference.Kind.NO_CHECK, office_code=dossier.office.code, dossier=dossier)


def _of_other_persons(checks: QuerySet[IdentityCheck], dossiers: QuerySet[Dossier]) -> Iterator[Difference]:
    """Find checks and dossiers that belong together and name two numbers.

    A dossier and its own check; and whoever else was verified in a form at the desk that then received another person.
    """
    kind = Difference.Kind.OTHER_PERSON
    torn = dossiers.filter(identity_check__isnull=False).exclude(
        Q(applicant_number_digest=F("identity_check__number_digest"))
        | Q(applicant_number_digest=F("identity_check__person_digest"))
    )
    for dossier in torn.select_related("office", "identity_check"):
        code = dossier.office.code
        yield Difference(kind=kind, office_code=code, check_made=dossier.identity_check, dossier=dossier)
    received = Dossier.objects.filter(press_key=OuterRef("form_key"))
    strays = (
        checks.filter(
            ~Exists(Dossier.objects.filter(identity_check=OuterRef("pk"))),
            ~Exists(DossierOwner.objects.filter(identity_check=OuterRef("pk"))),
            touch_point=IdentityCheck.TouchPoint.RECEPTION,
            outcome=IdentityCheck.Outcome.VERIFIED,
        )
        .annotate(
            received=Subquery(received.values("pk")[:1]),
            theirs=Subquery(received.values("applicant_number_digest")[:1]),
        )
        .filter(received__isnull=False)
        .exclude(Q(theirs=F("number_digest")) | Q(theirs=F("person_digest"), theirs__gt=""))
    )
    for check in _one_of_each(strays):
        yield Difference(
            kind=kind, office_code=check.office_code, check_made=check, dossier_id=check.received
        )


def _one_of_each(checks: QuerySet[IdentityCheck]) -> Iterator[Any]:
    """Return the first check of each form and person, with what is annotated."""
    seen = set()
    for check in checks.order_by("asked_at").only("form_key", "number_digest", "office_code"):
        line = (check.form_key or check.pk, check.number_digest)
        if line not in seen:
            seen.add(line)
            yield check
