"""What a supervisor should look at is marked on the check itself, and the officer learns nothing of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua.verification.models import IdentityCheck
from motcua.verification.service import Asker, Purpose, fetch_citizen, look_up
from tests.people import cast

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)  # Monday, 08:31 in Vietnam
WHY = Purpose("Tiếp nhận hồ sơ")
Mark = IdentityCheck.Mark


def asked(officer: Any, now: datetime, **more: Any) -> IdentityCheck:
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23")
    return fetch_citizen(claim=cast.an.claim, asker=asker, purpose=WHY, now=now, **more).check


@pytest.mark.parametrize(
    ("at", "is_marked"),
    [
        (datetime(2026, 11, 22, 23, 29, tzinfo=UTC), True),  # Monday 06:29
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), False),  # Monday 06:30
        (datetime(2026, 11, 23, 11, 59, tzinfo=UTC), False),  # Monday 18:59
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), True),  # Monday 19:00
        (datetime(2026, 11, 28, 2, 0, tzinfo=UTC), False),  # Saturday 09:00
        (datetime(2026, 11, 29, 2, 0, tzinfo=UTC), True),  # Sunday 09:00
    ],
)
def test_a_question_outside_working_hours_is_marked(register, officer, at: datetime, is_marked: bool) -> None:
    assert (asked(officer, at).marks == "odd_hours") is is_marked


def test_a_burst_of_questions_is_marked_from_the_one_that_is_too_many(register, officer, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "BURST_5_MINUTES": 3}

    marks = [asked(officer, MORNING + timedelta(seconds=place)).marks for place in range(5)]
    later = asked(officer, MORNING + timedelta(minutes=6))

    assert marks == ["", "", "", "burst", "burst"]
    assert later.marks == ""


def test_what_the_caller_knows_is_kept_with_the_rest(register, officer) -> None:
    check = asked(officer, MORNING + timedelta(hours=12), marks=[Mark.SELF])

    assert IdentityCheck.objects.get(pk=check.pk).marks == "odd_hours self"


def test_a_look_up_without_a_dossier_is_marked_and_gives_no_record(register, officer) -> None:
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23")

    check = look_up(claim=cast.an.claim, asker=asker, reason="Trả lời đơn của công dân", now=MORNING)

    assert (check.outcome, check.marks, check.purpose) == ("verified", "lookup", "Trả lời đơn của công dân")
    assert not hasattr(check, "waiting_record")


def test_a_question_by_the_old_number_is_found_under_the_person_s_own(register, officer) -> None:
    by_old = fetch_citizen(
        claim=cast.duc.old_claim,
        asker=Asker(officer, officer_number="999180000008", agency="000.00.01.H23"),
        purpose=WHY,
        now=MORNING,
    ).check
    by_new = fetch_citizen(
        claim=cast.duc.claim,
        asker=Asker(officer, officer_number="999180000008", agency="000.00.01.H23"),
        purpose=WHY,
        now=MORNING,
    ).check

    assert by_old.person_digest == by_new.number_digest
    assert by_new.person_digest == ""
