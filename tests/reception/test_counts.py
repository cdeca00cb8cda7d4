"""The counts on the queue's tabs: what ended on days before is counted once a day, all else whenever it is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from pytest_django.fixtures import DjangoAssertNumQueries

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.reception import filters, listing
from motcua.reception.filters import Scope
from tests.reception.queues import standing

pytestmark = pytest.mark.usefixtures("catalogue")
_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).astimezone(UTC)
_YESTERDAY = _NOON - timedelta(days=1)


def _counted(user: User, now: datetime, status: int = states.RETURNED) -> int:
    counts = listing.counts_of(filters.read(QueryDict(), user=user), user=user, now=now)
    assert user.office_id is not None
    return counts.get((Scope.RECEIVED, user.office_id, status), 0)


def _ends(dossier: Dossier, at: datetime) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(
        status=states.RETURNED, saved_at=at, finished_at=at, closed_at=at
    )


def test_what_ends_today_counts_at_once_beside_what_ended_before(officer: User) -> None:
    standing(states.RETURNED, 1, saved_at=_YESTERDAY)
    open_one = standing(states.FINISHED, 2, saved_at=_YESTERDAY)
    assert _counted(officer, _NOON) == 1
    _ends(open_one, _NOON)

    assert _counted(officer, _NOON) == 2
    assert _counted(officer, _NOON, states.FINISHED) == 0


def test_what_ended_today_still_counts_tomorrow_and_once(officer: User) -> None:
    standing(states.RETURNED, 1, saved_at=_NOON)
    assert _counted(officer, _NOON) == 1

    assert _counted(officer, _NOON + timedelta(days=1)) == 1


def test_just_after_midnight_nothing_of_yesterday_is_taken_as_settled(officer: User) -> None:
    """A transaction that bears yesterday's date may still be under way."""
    midnight = _NOON.replace(hour=0)
    assert _counted(officer, midnight + timedelta(minutes=5)) == 0
    standing(states.RETURNED, 1, saved_at=midnight - timedelta(seconds=2))

    assert _counted(officer, midnight + timedelta(minutes=6)) == 1
    assert _counted(officer, midnight + timedelta(minutes=11)) == 1


def test_what_ended_before_is_read_once_a_day(
    officer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    standing(states.RETURNED, 1, saved_at=_YESTERDAY)
    _counted(officer, _NOON)

    with django_assert_num_queries(1):
        assert _counted(officer, _NOON + timedelta(hours=3)) == 1


def test_what_one_official_ended_is_not_counted_for_another(officer: User, second_officer: User) -> None:
    standing(states.RETURNED, 1, saved_at=_YESTERDAY, holder=officer)
    counts = {
        user.login: listing.counts_of(filters.read(QueryDict(), user=user), user=user, now=_NOON)
        for user in (officer, second_officer)
    }

    office = officer.office_id
    assert office is not None
    assert counts["lan"].get((Scope.MINE, office, states.RETURNED)) == 1
    assert counts["phuc"].get((Scope.MINE, office, states.RETURNED)) is None
