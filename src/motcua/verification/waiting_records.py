"""The record of a verified citizen, sealed, while the officer finishes the form: half an hour, erased at use."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, Sex
from motcua.verification.models import IdentityCheck, WaitingRecord

# How long an officer has to act on what the register said; with the record that waits, the check stops vouching too.
DESK_CARRIES: Final = timedelta(minutes=30)
_ERASE_EVERY: Final = timedelta(minutes=1)
_erased_at = datetime.min.replace(tzinfo=UTC)  # of this process


def keep(check: IdentityCheck, record: CitizenRecord, now: datetime) -> None:
    """Keep a record under its check; once a minute, erase those that nobody came back for."""
    global _erased_at
    if now - _erased_at >= _ERASE_EVERY:
        _erased_at = now
        erase_expired(now=now)
    WaitingRecord.objects.create(
        identity_check=check,
        said=json.dumps(asdict(record)),
        expires_at=now + DESK_CARRIES,
    )


def drop(check: IdentityCheck) -> None:
    """Erase what waits of earlier answers to the same officer about the same claim: the register says no now."""
    WaitingRecord.objects.filter(
        identity_check__asked_by_id=check.asked_by_id, identity_check__claim_digest=check.claim_digest
    ).delete()


def find(
    *, user: AbstractBaseUser, claim_digest: str, procedure_code: str, office_code: str, now: datetime
) -> QuerySet[WaitingRecord]:
    """Select what waits for one officer of an office, claim and procedure, latest first, its check with it."""
    return (
        WaitingRecord.objects.select_related("identity_check")
        .filter(
            identity_check__asked_by_id=user.pk,
            identity_check__claim_digest=claim_digest,
            identity_check__procedure_code=procedure_code,
            identity_check__office_code=office_code,
            identity_check__outcome=IdentityCheck.Outcome.VERIFIED,
            expires_at__gt=now,
        )
        .order_by("-expires_at")
    )


def of_check(check: IdentityCheck, now: datetime) -> CitizenRecord | None:
    """Return the record that waits under a check, None when it was used or its half hour is over."""
    kept = WaitingRecord.objects.filter(pk=check.pk, expires_at__gt=now).first()
    return opened(kept) if kept else None


def erase_expired(*, now: datetime, dry_run: bool = False) -> int:
    """Erase the records whose half hour is over, or only count them; returns how many."""
    old = WaitingRecord.objects.filter(expires_at__lte=now)
    return old.count() if dry_run else old.delete()[0]


def opened(waiting: WaitingRecord) -> CitizenRecord:
    """Return the record that is kept. Raises BrokenSeal when the key was changed."""
    said: dict[str, Any] = json.loads(waiting.said)
    for field in ("permanent_residence", "current_residence"):
        said[field] = said[field] and Address(**said[field])
    said["birth_date"] = said["birth_date"] and BirthDate(**said["birth_date"])
    said["sex"] = Sex(said["sex"])
    return CitizenRecord(**said)
