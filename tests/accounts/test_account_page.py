"""The page of an official's own account."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from tests.people import PASSWORD

PAGES = ["/tai-khoan/", "/tai-khoan/xac-thuc-hai-buoc/", "/tai-khoan/mat-khau/"]
LONG, MIDDLE = "con meo leo cay cau", "meo leo cay"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def change(browser: Client, new: str, *, again: str = "", current: str = PASSWORD) -> str:
    """Ask for another password and return the page."""
    typed = {"current_password": current, "password": new, "password_again": again or new}
    return browser.post("/tai-khoan/mat-khau/", typed, follow=True).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_it_is_for_officials(
    client: Client, an_client: Client, officer_client: Client, administrator_client: Client, page: str
) -> None:
    browsers = (client, an_client, officer_client, administrator_client)

    assert [browser.get(page).status_code for browser in browsers] == [302, 403, 200, 200]


def test_an_officer_finds_it_from_every_page_of_the_desk(officer_client: Client) -> None:
    assert 'href="/tai-khoan/"' in officer_client.get("/mot-cua/tiep-nhan/").content.decode()
    page = officer_client.get("/tai-khoan/").content.decode()
    assert "Bùi Thị Lan" in page
    assert "Chưa bật" in page


def test_a_password_is_changed_and_that_is_on_record(officer_client: Client, officer: User) -> None:
    assert "Đã đổi mật khẩu" in change(officer_client, LONG)

    officer.refresh_from_db()
    assert officer.check_password(LONG)
    assert AuditEvent.objects.get(name="account.password_changed").actor == officer


@pytest.mark.parametrize(
    ("new", "again", "current", "word"),
    [
        (LONG, "", "wrong", "Mật khẩu hiện tại chưa đúng"),
        (LONG, LONG + "x", PASSWORD, "chưa giống nhau"),
        (MIDDLE, "", PASSWORD, "ít nhất 14 ký tự"),
        (PASSWORD, "", PASSWORD, "đã được công bố"),
        ("bui thi lan 12345", "", PASSWORD, "không được chứa họ tên"),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said(
    officer_client: Client, officer: User, new: str, again: str, current: str, word: str
) -> None:
    assert word in change(officer_client, new, again=again, current=current)

    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)


def test_with_a_second_factor_a_shorter_password_will_do(officer_client: Client, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(totp_since=timezone.now())

    assert "Đã đổi mật khẩu" in change(officer_client, MIDDLE)


def test_the_administration_leads_here_to_change_a_password(administrator_client: Client) -> None:
    assert (
        administrator_client.get("/quan-tri/password_change/").headers["Location"] == "/tai-khoan/mat-khau/"
    )


def test_an_administrator_gives_nobody_a_password_shorter_than_14(
    administrator_client: Client, officer: User
) -> None:
    form = {
        "login": "lan", "role": "officer", "full_name": officer.full_name, "office": officer.office_id,
        "is_active": "on", "new_password": MIDDLE,
    }  # fmt: skip
    page = administrator_client.post(f"/quan-tri/accounts/user/{officer.pk}/change/", form)

    assert "ít nhất 14 ký tự" in page.content.decode()


def test_what_an_administrator_changes_of_an_account_is_on_record_for_years(
    administrator_client: Client, administrator: User, officer: User
) -> None:
    form = {
        "login": "lan", "role": "officer", "also_roles": ["cashier"], "full_name": officer.full_name,
        "office": officer.office_id, "is_active": "on", "new_password": LONG, "new_officer_number": "999000000777",
    }  # fmt: skip
    administrator_client.post(f"/quan-tri/accounts/user/{officer.pk}/change/", form)
    administrator_client.post("/quan-tri/accounts/user/add/", form | {"login": "moi", "may_query": "on"})

    changed, made = AuditEvent.objects.filter(name="account.administered").order_by("id")
    assert (changed.actor, changed.subject) == (administrator, f"user:{officer.pk}")
    assert (made.actor, made.subject) == (administrator, f"user:{User.objects.get(login='moi').pk}")
    assert changed.office_code == made.office_code == officer.office.code
    assert set(changed.details.pop("changed")) == {
        *("also_roles", "may_query", "new_password", "new_officer_number"),
    }
    assert changed.details == {
        "act": "changed", "roles": ["officer", "cashier"], "may_query": False, "is_active": True,
    }  # fmt: skip
    assert (made.details["act"], made.details["changed"], made.details["may_query"]) == ("made", [], True)
    assert "999000000777" not in f"{changed.details}{made.details}"


def test_an_administrator_made_at_the_command_line_is_on_record() -> None:
    call_command("createsuperuser", "--noinput", login="moi", full_name="Vũ Mới", verbosity=0)

    event = AuditEvent.objects.get(name="account.administered")
    assert (event.actor, event.subject) == (None, f"user:{User.objects.get(login='moi').pk}")
    assert (event.details["act"], event.details["roles"]) == ("made", ["administrator"])


@pytest.mark.parametrize("login", ["lan@sotuphap.example", "999090000017", "999 090 000 017", "999000017"])
def test_no_official_is_called_what_only_a_citizen_logs_in_with(
    administrator_client: Client, officer: User, login: str
) -> None:
    form = {
        "login": login, "role": "officer", "full_name": officer.full_name, "office": officer.office_id,
        "is_active": "on", "new_password": LONG,
    }  # fmt: skip
    page = administrator_client.post("/quan-tri/accounts/user/add/", form).content.decode()

    assert "không được là số CCCD/CMND hoặc thư điện tử" in page
    with pytest.raises(CommandError, match="không được là số CCCD/CMND"):
        call_command("createsuperuser", "--noinput", login=login, full_name="Vũ Mới", verbosity=0)
    assert not User.objects.filter(login=login).exists()
