"""An official works at one place at a time; the session before ends, says why, and both are on record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from tests.people import PASSWORD, cast

SAID = "Tài khoản này vừa đăng nhập ở nơi khác, nên phiên làm việc ở đây đã kết thúc."
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def at_a_desk(word: str = "lan") -> Client:
    """Return a browser in which somebody logged in."""
    browser = Client()
    browser.post("/dang-nhap/", {"word": word, "password": PASSWORD})
    return browser


@pytest.mark.parametrize(
    ("word", "page"), [("lan", "/mot-cua/"), ("oanh", "/mot-cua/"), ("quantri", "/quan-tri/")]
)
def test_of_two_desks_with_one_account_the_first_one_ends_and_both_are_on_record(
    word: str, page: str
) -> None:
    first = at_a_desk(word)
    assert first.get(page).status_code == 200
    second = at_a_desk(word)

    assert first.get(page, follow=True).redirect_chain[-1][0].startswith("/dang-nhap/?next=")
    assert second.get(page).status_code == 200
    happened = AuditEvent.objects.filter(actor__login=word).order_by("id").values_list("name", flat=True)
    assert list(happened) == ["account.logged_in", "account.logged_in", "account.session_ended"]


def test_the_ended_session_says_why_until_somebody_logs_in_there() -> None:
    first, _second = at_a_desk(), at_a_desk()

    for _ in range(2):
        assert SAID in first.get("/mot-cua/", follow=True).content.decode()
    first.post("/dang-nhap/", {"word": "lan", "password": PASSWORD})
    assert first.get("/mot-cua/").status_code == 200
    first.post("/dang-xuat/")
    assert SAID not in first.get("/dang-nhap/").content.decode()


def test_an_ended_session_is_recorded_once_and_its_cookie_opens_nothing_ever_after() -> None:
    first, _second = at_a_desk(), at_a_desk()
    cookie = first.cookies["sessionid"].value

    for _ in range(3):
        thief = Client()
        thief.cookies["sessionid"] = cookie
        assert thief.get("/mot-cua/").status_code == 302

    assert AuditEvent.objects.filter(name="account.session_ended").count() == 1


def test_logging_out_does_not_wake_an_earlier_session() -> None:
    first, second = at_a_desk(), at_a_desk()

    second.post("/dang-xuat/")

    assert first.get("/mot-cua/").status_code == 302


def test_a_button_pressed_in_an_ended_session_gets_the_whole_log_in_page_that_keeps_what_was_typed() -> None:
    first, _second = at_a_desk(), at_a_desk()

    answer = first.post(
        "/mot-cua/tiep-nhan/kiem-tra/",
        {"number": cast.an.number},
        headers={"HX-Request": "true"},
        follow=True,
    )

    # The page's script takes a whole page for "the session is over" and leaves everything typed where it is.
    assert answer.content.decode().lstrip().lower().startswith("<!doctype")
    assert f'<p id="session-ended">{SAID}' in answer.content.decode()


def test_citizens_may_use_two_devices() -> None:
    first, second = at_a_desk(cast.an.number), at_a_desk(cast.an.number)

    assert [browser.get("/ca-nhan/").status_code for browser in (first, second)] == [200, 200]


def test_changing_the_password_keeps_this_session_and_ends_every_other(officer: User) -> None:
    here = at_a_desk()
    typed = {
        "current_password": PASSWORD,
        "password": "con meo leo cay cau",
        "password_again": "con meo leo cay cau",
    }

    here.post("/tai-khoan/mat-khau/", typed)

    assert here.get("/mot-cua/").status_code == 200
    officer.refresh_from_db()
    assert officer.check_password("con meo leo cay cau")


def test_a_page_asks_the_database_no_more_than_before(officer_client: Client) -> None:
    page = "/mot-cua/tiep-nhan/"
    officer_client.get(page)  # what is read once in a process
    with CaptureQueriesContext(connection) as unmarked:
        assert officer_client.get(page).status_code == 200
    marked_client = at_a_desk()
    with CaptureQueriesContext(connection) as marked:
        assert marked_client.get(page).status_code == 200

    assert len(marked) == len(unmarked)
