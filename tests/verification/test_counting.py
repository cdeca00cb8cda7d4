"""Checks counted by day: which moments belong to a time, and in which order days are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from motcua.audit.service import record
from motcua.verification.models import IdentityCheck
from motcua.verification.service import checks_by_day

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # midnight here
END = BEGIN + timedelta(days=1)
TICK = timedelta(microseconds=1)


def asked(at: datetime) -> None:
    IdentityCheck.objects.create(
        request_id=f"MC-{at:%d-%H-%M-%S}", touch_point="filing", purpose="x", asked_at=at, office_code="H23.1"
    )


def limited(at: datetime) -> None:
    details = {"scope": "number", "touch_point": "filing"}
    record(name="check.limited", now=at, office_code="H23.1", details=details)


def test_a_day_has_its_first_moment_and_not_the_first_of_the_next() -> None:
    for at in (BEGIN - TICK, BEGIN, END - TICK, END):
        asked(at)
        limited(at)

    (day,) = checks_by_day(office_codes=["H23.1"], begin=BEGIN, end=END)

    assert (day.on.isoformat(), day.asked, day.pending, day.limited) == ("2026-11-23", 2, 2, 2)


def test_days_come_in_their_order_also_one_on_which_nothing_was_asked() -> None:
    asked(END)
    limited(BEGIN)

    days = checks_by_day(office_codes=None, begin=BEGIN, end=END + timedelta(days=1))

    assert [(day.on.day, day.asked, day.limited) for day in days] == [(23, 0, 1), (24, 1, 0)]
