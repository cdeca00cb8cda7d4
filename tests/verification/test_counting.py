"""Checks counted by day: which moments belong to a time."""

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


def test_a_day_has_its_first_moment_and_not_the_first_of_the_next() -> None:
    for number, at in enumerate((BEGIN - TICK, BEGIN, END - TICK, END)):
        IdentityCheck.objects.create(
            request_id=f"MC-{number}", touch_point="filing", purpose="x", asked_at=at, office_code="H23.1"
        )
        record(
            name="check.limited",
            now=at,
            office_code="H23.1",
            details={"scope": "number", "touch_point": "filing"},
        )

    (day,) = checks_by_day(office_codes=["H23.1"], begin=BEGIN, end=END)

    assert (day.on.isoformat(), day.asked, day.pending, day.limited) == ("2026-11-23", 2, 2, 2)
