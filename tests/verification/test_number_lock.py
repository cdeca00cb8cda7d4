"""Until when a number is locked on the portal, as its owner is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from motcua.identity.register import TouchPoint
from motcua.sealing import digest
from motcua.verification.service import Asker, Limited, Purpose, check_identity, fetch_citizen, number_lock
from tests.conftest import ToldRegister
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("Đăng ký tài khoản")
AN = digest("number", cast.an.number)


def ask(name: str, now: datetime, place: int = 0) -> None:
    """Ask about An's number on the portal, each time from another address."""
    check_identity(
        claim=cast.an.named(name),
        asker=Asker(None, address=f"192.0.2.{place}"),
        touch_point=TouchPoint.REGISTRATION,
        purpose=WHY,
        now=now,
    )


@pytest.mark.parametrize(("apart", "tries"), [(timedelta(minutes=1), 5), (timedelta(hours=2), 10)])
def test_a_lock_is_told_until_the_very_moment_at_which_a_try_passes(
    register: ToldRegister, apart: timedelta, tries: int
) -> None:
    for place in range(tries):
        assert number_lock(number_digest=AN, now=NOW + apart * place) is None
        ask("Nguyễn Văn Ân", NOW + apart * place, place)
    last = NOW + apart * (tries - 1)

    with pytest.raises(Limited) as refusal:
        ask(cast.an.full_name, last, 99)

    until = number_lock(number_digest=AN, now=last)
    assert until == refusal.value.until
    assert number_lock(number_digest=AN, now=until - timedelta(seconds=1)) == until
    assert number_lock(number_digest=AN, now=until) is None
    ask(cast.an.full_name, until, 99)


def test_wrong_tries_at_a_desk_lock_no_number(register: ToldRegister, officer) -> None:
    asker = Asker(officer, officer_number="999180000008", office_code="000.00.01.H23")
    for _ in range(12):
        fetch_citizen(claim=cast.an.named("Nguyễn Văn Ân"), asker=asker, purpose=WHY, now=NOW)

    assert number_lock(number_digest=AN, now=NOW) is None


def test_a_lock_is_of_one_number(register: ToldRegister) -> None:
    for place in range(5):
        ask("Nguyễn Văn Ân", NOW, place)

    assert number_lock(number_digest=AN, now=NOW) is not None
    assert number_lock(number_digest=digest("number", cast.binh.number), now=NOW) is None
