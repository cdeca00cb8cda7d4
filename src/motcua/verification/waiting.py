"""The record of a verified citizen, sealed, while the officer finishes the form: half an hour, erased at use."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, Sex
from motcua.sealing import seal, unseal
from motcua.verification.models import IdentityCheck, WaitingRecord

LIFETIME: Final = timedelta(minutes=30)


def keep(check: IdentityCheck, record: CitizenRecord, now: datetime) -> None:
    """Keep a record under its check, and erase those that nobody came back for."""
    WaitingRecord.objects.create(
        identity_check=check,
        sealed=seal("waiting_record", json.dumps(asdict(record))),
        expires_at=now + LIFETIME,
    )


def erase_expired(now: datetime) -> int:
    """Erase the records whose half hour is over; returns how many."""
    return WaitingRecord.objects.filter(expires_at__lte=now).delete()[0]


def opened(waiting: WaitingRecord) -> CitizenRecord:
    """Return the record that is kept. Raises BrokenSeal when the key was changed."""
    said: dict[str, Any] = json.loads(unseal("waiting_record", waiting.sealed))
    for field in ("permanent_residence", "current_residence"):
        said[field] = said[field] and Address(**said[field])
    said["birth_date"] = said["birth_date"] and BirthDate(**said["birth_date"])
    said["sex"] = Sex(said["sex"])
    return CitizenRecord(**said)
