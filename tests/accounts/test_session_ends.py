"""A session ends when nobody uses it and, used or not, when it lasted as long as any may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from tests.people import PASSWORD, cast

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=60), timedelta(hours=8)
PAGES = [("lan", "/tai-khoan/"), (cast.an.number, "/ca-nhan/"), ("quantri", "/quan-tri/")]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def logged_in(word: str, at: datetime) -> Client:
    """Return a browser in which somebody logged in at a moment."""
    browser = Client()
    with time_machine.travel(at, tick=False):
        browser.post("/dang-nhap/", {"word": word, "password": PASSWORD})
    return browser


def looks(browser: Client, page: str, at: datetime) -> int:
    """Return the status of a page at a moment."""
    with time_machine.travel(at, tick=False):
        return browser.get(page).status_code


@pytest.mark.parametrize(("word", "page"), PAGES)
def test_who_looks_at_no_page_for_an_hour_must_log_in_again(word: str, page: str) -> None:
    browser = logged_in(word, NOW)

    assert looks(browser, page, NOW + IDLE - timedelta(seconds=1)) == 200
    assert looks(browser, page, NOW + 2 * IDLE - timedelta(seconds=1)) == 302
    assert looks(browser, page, NOW + 2 * IDLE) == 302


@pytest.mark.parametrize(("word", "page"), PAGES)
def test_who_goes_on_working_must_log_in_again_after_eight_hours(word: str, page: str) -> None:
    browser = logged_in(word, NOW)

    moment = NOW
    while moment + IDLE / 2 < NOW + LONGEST:
        moment += IDLE / 2
        assert looks(browser, page, moment) == 200
    assert looks(browser, page, NOW + LONGEST) == 302


def test_the_cookie_of_a_session_that_is_over_opens_nothing_ever_after() -> None:
    browser = logged_in("lan", NOW)
    cookie = browser.cookies["sessionid"].value
    assert looks(browser, "/tai-khoan/", NOW + IDLE) == 302

    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert looks(thief, "/tai-khoan/", NOW + timedelta(minutes=1)) == 302


def test_the_minutes_are_a_setting(settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES = 10
    browser = logged_in("lan", NOW)

    assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=9)) == 200
    assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=19)) == 302


def test_a_page_that_asks_for_itself_anew_keeps_no_session_awake() -> None:
    browser = logged_in("lan", NOW)

    for minute in range(1, 62, 6):
        assert looks(browser, "/trang-thai/", NOW + timedelta(minutes=minute)) == 200
    assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=62)) == 302


def test_an_ended_session_s_page_that_waits_for_its_own_person_keeps_no_other_session_awake() -> None:
    browser = logged_in("lan", NOW)
    browser.defaults["HTTP_X_ASKED_BY_ITSELF"] = "1"

    for minute in range(1, 62, 6):
        looks(browser, "/tai-khoan/", NOW + timedelta(minutes=minute))
    assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=62)) == 302


def test_who_works_on_stays_even_where_the_minutes_are_few(settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES = 5
    browser = logged_in("lan", NOW)

    for minute in (1, 2, 4, 6, 8, 10):
        assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=minute)) == 200
    assert looks(browser, "/tai-khoan/", NOW + timedelta(minutes=15)) == 302


def test_that_a_session_is_used_is_written_once_in_five_minutes() -> None:
    browser = logged_in("lan", NOW)
    looks(browser, "/tai-khoan/", NOW + timedelta(minutes=6))

    with CaptureQueriesContext(connection) as asked:
        looks(browser, "/tai-khoan/", NOW + timedelta(minutes=10))
    assert not any(query["sql"].startswith("UPDATE") for query in asked)


@pytest.mark.parametrize(("word", "button"), [("lan", "/dang-xuat/"), ("quantri", "/quan-tri/logout/")])
def test_logging_out_is_on_record(word: str, button: str) -> None:
    browser = logged_in(word, datetime.now(UTC))
    assert browser.get(button).status_code == 405
    page = browser.post(button, follow=True).content.decode()
    Client().post(button)

    assert "Ông/bà đã đăng xuất." in page
    assert AuditEvent.objects.get(name="account.logged_out").actor.login == word
    assert browser.get("/tai-khoan/").status_code == 302


def test_who_is_switched_off_while_at_work_sees_nothing_more() -> None:
    browser = logged_in("lan", datetime.now(UTC))
    assert browser.get("/tai-khoan/").status_code == 200

    User.objects.filter(login="lan").update(is_active=False)

    assert browser.get("/tai-khoan/").status_code == 302
