"""The page of an official's own account."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.backends import find_user
from motcua.accounts.models import User
from motcua.accounts.second_factor import new_secret
from motcua.accounts.service import official
from motcua.audit.models import AuditEvent
from tests.conftest import account_of
from tests.people import PASSWORD, cast

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


@pytest.mark.parametrize("page", ["mat-khau/", "xac-thuc-hai-buoc/", "ma-du-phong/"])
def test_a_page_that_asks_for_the_password_once_more_says_until_when_it_takes_none(
    officer_client: Client, officer: User, settings: Settings, page: str
) -> None:
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_HOUR": 1}
    if page == "ma-du-phong/":
        User.objects.filter(pk=officer.pk).update(totp_secret=new_secret(), totp_since=timezone.now())
    typed = {"current_password": "sai", "password": LONG, "password_again": LONG, "code": "123456"}
    wrong = officer_client.post(f"/tai-khoan/{page}", typed)
    right = officer_client.post(f"/tai-khoan/{page}", typed | {"current_password": PASSWORD})

    assert (wrong.status_code, right.status_code) == (200, 429)
    assert "Mật khẩu hiện tại chưa đúng" in wrong.content.decode()
    assert "Đã thử 1 lần. Có thể thử lại lúc" in right.content.decode()


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


def test_what_an_administrator_leaves_empty_of_an_account_stays_as_it_was(
    administrator_client: Client, officer: User
) -> None:
    officer.gateway_key = "lan:khoa"
    officer.save(update_fields=["gateway_key"])
    kept = (officer.officer_number, officer.password, officer.gateway_key)
    form = {"login": "lan", "role": "officer", "full_name": "Bùi Thị Lan Anh", "office": officer.office_id}
    administrator_client.post(f"/quan-tri/accounts/user/{officer.pk}/change/", form | {"is_active": "on"})

    officer = User.objects.get(pk=officer.pk)
    assert officer.full_name == "Bùi Thị Lan Anh"
    assert all(kept)
    assert (officer.officer_number, officer.password, officer.gateway_key) == kept


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


def test_the_first_administrator_logs_in_however_the_terminal_composed_the_word() -> None:
    call_command(
        "createsuperuser", "--noinput", login=normalize("NFD", "ngọclan"), full_name="Vũ Mới", verbosity=0
    )

    made = User.objects.get(login="ngọclan")
    for word in ("ngọclan", normalize("NFD", "ngọclan")):
        assert find_user(word) == official(word) == made


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


def test_the_page_of_ones_own_account_names_every_role(officer: User, officer_client: Client) -> None:
    User.objects.filter(pk=officer.pk).update(also_roles=["cashier"])

    assert "<dd>Cán bộ một cửa, Cán bộ thu phí</dd>" in officer_client.get("/tai-khoan/").content.decode()


def answers(monkeypatch: pytest.MonkeyPatch, *passwords: str, word: str = "") -> None:
    """Sit at the terminal, and type."""
    typed = iter(passwords)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    monkeypatch.setattr("builtins.input", lambda prompt: word)


def test_a_password_given_at_the_command_line_is_on_record(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/dang-nhap/", {"word": "quantri", "password": PASSWORD})
    decomposed = normalize("NFD", "mèo leo cây cau mỗi ngày")
    answers(monkeypatch, decomposed, decomposed)

    call_command("changepassword", "quantri")

    administrator = User.objects.get(login="quantri")
    event = AuditEvent.objects.get(name="account.password_changed")
    assert (event.actor, event.subject) == (None, f"user:{administrator.pk}")
    assert client.get("/quan-tri/").status_code == 302
    entered = client.post("/dang-nhap/", {"word": "quantri", "password": normalize("NFC", decomposed)})
    assert entered.headers["Location"] == "/quan-tri/"


def test_a_citizen_whose_card_the_desk_saw_is_given_a_password_by_number(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    answers(monkeypatch, LONG, LONG, word=cast.an.number)

    call_command("changepassword")

    entered = client.post("/dang-nhap/", {"word": cast.an.number, "password": LONG})
    assert entered.headers["Location"] == "/"
    event = AuditEvent.objects.get(name="account.password_changed")
    assert (event.actor, event.subject) == (None, f"user:{account_of(cast.an).user_id}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([LONG, "meo leo cay cau khac"] * 3, "The two are not the same."),
        (["ngan"] * 6, "ít nhất 10 ký tự"),
        (["a b" * 60] * 6, "dài quá 128 ký tự"),
        ([""], "Nothing was changed."),
    ],
)
def test_what_no_page_would_take_the_command_line_takes_neither(
    typed: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = User.objects.get(login="quantri").password
    answers(monkeypatch, *typed)

    with pytest.raises(CommandError, match="Nothing was changed") as refused:
        call_command("changepassword", "quantri")

    assert said in capsys.readouterr().err + str(refused.value)
    assert User.objects.get(login="quantri").password == before
    assert not AuditEvent.objects.filter(name="account.password_changed").exists()


def test_nobody_is_given_a_password_at_the_command_line_by_a_word_that_nobody_has() -> None:
    with pytest.raises(CommandError, match="nobody who logs in by this"):
        call_command("changepassword", "nobody")


def test_a_password_of_the_first_administrator_is_the_same_however_a_terminal_composes_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = "mèo leo cây cau mỗi ngày"
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", normalize("NFD", password))
    call_command("createsuperuser", "--noinput", login="moi", full_name="Vũ Mới", verbosity=0)

    entered = client.post("/dang-nhap/", {"word": "moi", "password": normalize("NFC", password)})
    assert entered.headers["Location"] == "/quan-tri/"
