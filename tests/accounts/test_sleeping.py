"""Accounts of officials that nobody used for 45 days sleep, and who may wake them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from motcua.accounts import service
from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from tests.people import PASSWORD, cast

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def log_in(word: str = "lan", password: str = PASSWORD, *, now: datetime = NOW) -> User | None:
    """Give name and password without a page."""
    return service.log_in(request=None, word=word, password=password, now=now)


def last_seen(word: str, at: datetime) -> None:
    """Let the account be old and have logged in last at a moment."""
    User.objects.filter(login=word).update(created_at=LONG_AGO, last_login=at)


@pytest.mark.parametrize("word", ["lan", "oanh", "quantri"])
def test_after_45_days_an_officials_account_sleeps(word: str) -> None:
    last_seen(word, NOW - 45 * DAY + timedelta(seconds=1))
    assert log_in(word) is not None

    last_seen(word, NOW - 45 * DAY)
    with pytest.raises(service.AccountAsleep):
        log_in(word)


def test_an_account_that_was_never_used_sleeps_45_days_after_it_was_made() -> None:
    User.objects.filter(login="lan").update(created_at=NOW - 45 * DAY, last_login=None)

    with pytest.raises(service.AccountAsleep):
        log_in()


def test_a_citizens_account_never_sleeps() -> None:
    User.objects.filter(role=User.Role.CITIZEN).update(created_at=LONG_AGO, last_login=LONG_AGO)

    assert log_in(cast.an.number) is not None


def test_the_days_are_a_setting(settings: Any) -> None:
    settings.IDLE_DAYS = 10
    last_seen("lan", NOW - 10 * DAY)

    with pytest.raises(service.AccountAsleep) as asleep:
        log_in()
    assert asleep.value.days == 10


def test_only_who_knows_the_password_is_told_and_it_is_recorded_once(client: Client) -> None:
    last_seen("lan", LONG_AGO)
    with time_machine.travel(NOW, tick=False):
        wrong = client.post("/dang-nhap/", {"word": "lan", "password": "wrong"}).content.decode()
        pages = [
            client.post("/dang-nhap/", {"word": "lan", "password": PASSWORD}).content.decode()
            for _ in range(2)
        ]

    assert "Tài khoản tạm ngừng" not in wrong
    for page in pages:
        assert "đã 45 ngày không đăng nhập" in page
        assert "Vui lòng liên hệ quản trị hệ thống" in page
    assert client.get("/mot-cua/").status_code == 302
    assert AuditEvent.objects.filter(name="account.put_to_sleep").count() == 1
    assert User.objects.get(login="lan").asleep_since == NOW


def test_an_administrator_wakes_it_for_another_45_days(
    administrator: User, administrator_client: Client, officer: User
) -> None:
    last_seen("lan", LONG_AGO)
    with pytest.raises(service.AccountAsleep):
        log_in()

    with time_machine.travel(NOW, tick=False):
        administrator_client.post(
            "/quan-tri/accounts/user/", {"action": "wake", "_selected_action": [officer.pk]}
        )

    event = AuditEvent.objects.get(name="account.woken")
    assert (event.actor, event.subject) == (administrator, f"user:{officer.pk}")
    assert log_in(now=NOW + 45 * DAY - timedelta(seconds=1)) is not None
    with pytest.raises(service.AccountAsleep):
        log_in(now=NOW + 45 * DAY)
    assert AuditEvent.objects.filter(name="account.put_to_sleep").count() == 2


def test_the_operator_wakes_the_last_administrator() -> None:
    last_seen("quantri", LONG_AGO)

    call_command("wake", "quantri", verbosity=0)

    assert log_in("quantri", now=User.objects.get(login="quantri").woken_at) is not None
    assert AuditEvent.objects.get(name="account.woken").actor is None


@pytest.mark.parametrize("word", ["nobody", cast.an.number])
def test_the_operator_wakes_officials_only(word: str) -> None:
    with pytest.raises(CommandError, match="no officer or administrator"):
        call_command("wake", word)


def test_logging_in_is_what_keeps_an_account_awake(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        client.post("/dang-nhap/", {"word": "lan", "password": PASSWORD})

    assert User.objects.get(login="lan").last_login == NOW
