"""Who may see which page of accounts."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import unescape
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import Citizen, Office, User
from tests.accounts.test_licences import form_of
from tests.accounts.test_offices import filled
from tests.conftest import browser_of

PAGES = {
    # page: (anonymous, citizen, officer, administrator)
    "/dang-ky/": (200, 302, 302, 302),
    "/dang-ky/hoan-tat/": (200, 200, 200, 200),
    "/dang-nhap/": (200, 302, 302, 302),
    "/ca-nhan/": (302, 200, 403, 403),
    "/ca-nhan/chinh-sua/": (302, 200, 403, 403),
    "/quan-tri/accounts/user/": (302, 302, 302, 200),
    "/quan-tri/accounts/citizen/": (302, 302, 302, 200),
    "/quan-tri/accounts/office/": (302, 302, 302, 200),
    "/quan-tri/accounts/notice/": (302, 302, 302, 200),
    "/quan-tri/procedures/procedure/": (302, 302, 302, 200),
}


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_for_whom_it_is_for(
    client: Client, an_client: Client, officer_client: Client, administrator_client: Client, page: str
) -> None:
    browsers = (client, an_client, officer_client, administrator_client)

    assert tuple(browser.get(page).status_code for browser in browsers) == PAGES[page]


@pytest.mark.django_db
def test_who_is_refused_a_page_is_in_the_log(
    officer_client: Client, officer: User, caplog: pytest.LogCaptureFixture
) -> None:
    officer_client.get("/ca-nhan/")

    assert f"access.refused user={officer.pk} page=profile" in caplog.messages


def test_who_is_sent_to_log_in_comes_back(client: Client) -> None:
    assert client.get("/ca-nhan/chinh-sua/").headers["Location"] == "/dang-nhap/?next=/ca-nhan/chinh-sua/"


def test_who_pressed_a_button_after_the_session_had_ended_reads_so_and_comes_back_to_its_page(
    client: Client,
) -> None:
    page = "/ca-nhan/chinh-sua/?next=/ho-so/"

    led = client.post("/ca-nhan/chinh-sua/", headers={"Referer": f"http://testserver{page}"}, follow=True)

    assert "Lần bấm vừa rồi chưa được nhận: chưa có gì được lưu hay gửi đi." in led.content.decode()
    assert led.context["way_back"] == page


@pytest.mark.django_db
def test_who_saves_in_the_administration_after_the_session_had_ended_reads_so_and_comes_back_to_its_page(
    client: Client, administrator: User
) -> None:
    page = f"/quan-tri/accounts/user/{administrator.pk}/change/?_changelist_filters=q%3Dlan"

    led = client.post(page, headers={"Referer": f"http://testserver{page}"}, follow=True)

    assert "Lần bấm vừa rồi chưa được nhận: chưa có gì được lưu hay gửi đi." in led.content.decode()
    assert led.context["way_back"] == page
    assert client.get(page).headers["Location"].startswith("/quan-tri/login/?next=")
    assert client.post("/quan-tri/logout/").headers["Location"] == "/quan-tri/"


@pytest.mark.parametrize("page", ["https://example.com/ca-nhan/", "http://testserver:99/", "", "//[", "x"])
def test_a_press_from_elsewhere_leads_nowhere_after_the_log_in(client: Client, page: str) -> None:
    led = client.post("/ca-nhan/chinh-sua/", headers={"Referer": page})

    assert led.headers["Location"] == "/dang-nhap/?next=&het-han=1"


def test_who_opens_a_page_reads_nothing_of_an_ended_session(client: Client) -> None:
    assert "Phiên làm việc đã hết hạn</" not in client.get("/ca-nhan/", follow=True).content.decode()


@pytest.mark.django_db
def test_administrators_see_citizens_masked_and_change_nothing(
    administrator_client: Client, an_client: Client
) -> None:
    page = administrator_client.get("/quan-tri/accounts/citizen/").content.decode()

    assert "999******001" in page
    assert "999085000001" not in page
    assert administrator_client.get("/quan-tri/accounts/citizen/add/").status_code == 403


@pytest.mark.django_db
def test_since_when_an_account_is_there_is_told_by_the_clock_here(
    administrator_client: Client, citizen_an: Citizen
) -> None:
    User.objects.filter(pk=citizen_an.user_id).update(created_at=datetime(2026, 12, 31, 17, 10, tzinfo=UTC))
    for address in ("", f"{citizen_an.pk}/change/"):
        page = administrator_client.get(f"/quan-tri/accounts/citizen/{address}").content.decode()
        assert "2027" in page
        assert "00:10" in page
        assert "17:10" not in page


@pytest.mark.django_db
def test_an_administrator_makes_an_officer_who_can_log_in_and_whose_number_is_not_shown_again(
    administrator_client: Client,
) -> None:
    from motcua.accounts.models import Office, User

    form = {
        "login": "thu",
        "role": "officer",
        "full_name": "Phạm Thị Thử",
        "office": Office.objects.first().pk,
        "is_active": "on",
        "new_officer_number": "999 190 000 077",
        "new_password": "mot cum tu that dai",
    }
    administrator_client.post("/quan-tri/accounts/user/add/", form)

    user = User.objects.get(login="thu")
    assert user.officer_number == "999190000077"
    assert Client().post("/dang-nhap/", {"word": "thu", "password": "mot cum tu that dai"}).status_code == 302
    page = administrator_client.get(f"/quan-tri/accounts/user/{user.pk}/change/").content.decode()
    assert "999190000077" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["officer", "supervisor"])
def test_an_officer_without_an_office_is_refused_with_a_word_to_the_field(
    administrator_client: Client, role: str
) -> None:
    form = {"login": "thu", "role": role, "full_name": "Phạm Thị Thử", "is_active": "on"}

    page = administrator_client.post("/quan-tri/accounts/user/add/", form)

    assert page.status_code == 200
    assert "Vui lòng chọn cơ quan." in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["1234567890", "ngan", "pham thi thu ngan 77"])
def test_an_officer_gets_no_password_that_others_can_guess(
    administrator_client: Client, password: str
) -> None:
    from motcua.accounts.models import Office, User

    form = {
        "login": "ngan",
        "role": "officer",
        "full_name": "Phạm Thị Thu Ngân",
        "office": Office.objects.first().pk,
        "is_active": "on",
        "new_password": password,
    }
    page = administrator_client.post("/quan-tri/accounts/user/add/", form)

    assert page.status_code == 200
    assert not User.objects.filter(login="ngan").exists()


@pytest.mark.django_db
def test_a_password_given_by_an_administrator_fits_however_it_is_composed(
    administrator_client: Client,
) -> None:
    from motcua.accounts.models import Office

    form = {
        "login": "ngan",
        "role": "officer",
        "full_name": "Phạm Thị Ngân",
        "office": Office.objects.first().pk,
        "is_active": "on",
        "new_password": unicodedata.normalize("NFD", "một cụm từ thật dài"),
    }
    administrator_client.post("/quan-tri/accounts/user/add/", form)

    typed = {"word": "ngan", "password": "một cụm từ thật dài"}
    assert Client().post("/dang-nhap/", typed).status_code == 302


@pytest.mark.django_db
def test_nobody_is_searched_by_name_for_a_search_stands_in_the_address(
    administrator_client: Client, an_client: Client
) -> None:
    assert 'name="q"' not in administrator_client.get("/quan-tri/accounts/citizen/").content.decode()
    officers = "/quan-tri/accounts/user/"
    assert "Bùi Thị Lan" in administrator_client.get(officers, {"q": "lan"}).content.decode()
    assert "Bùi Thị Lan" not in administrator_client.get(officers, {"q": "Bùi"}).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "user/?password__startswith=argon2", "user/?session_mark__isnull=0", "user/?officer_number_digest__gt=0",
        "user/?office__user__password__startswith=argon2", "user/?office__phone=02203123456",
        "citizen/?phone=0912345678", "citizen/?email__contains=an", "citizen/?number_digest__startswith=a",
        "citizen/?user__password__startswith=argon2",
    ],
)  # fmt: skip
def test_no_list_of_accounts_is_narrowed_by_what_it_does_not_show(
    administrator_client: Client, an_client: Client, asked: str
) -> None:
    assert administrator_client.get(f"/quan-tri/accounts/{asked}").status_code == 400
    assert (
        administrator_client.get(
            "/quan-tri/accounts/user/?role__exact=officer&is_active__exact=1&office__id__exact=1"
        ).status_code
        == 200
    )


@pytest.mark.django_db
def test_who_saves_an_old_page_of_an_account_does_not_open_it_again_unseen(
    administrator_client: Client, officer: User
) -> None:
    address = reverse("admin:accounts_user_change", args=[officer.pk])
    officer_name = str(officer.full_name)
    early = form_of(officer) | {"as_shown": administrator_client.get(address).context["as_shown"]}
    off = {name: value for name, value in form_of(officer).items() if name != "is_active"}
    administrator_client.post(address, off)

    refused = administrator_client.post(address, early | {"full_name": "Nguyễn Thị Lan Anh"})

    assert "người khác đã sửa: Đang hoạt động. " in unescape(refused.content.decode())
    officer.refresh_from_db()
    assert (officer.is_active, str(officer.full_name)) == (False, officer_name)
    knowing = early | {"as_shown": refused.context["as_shown"]}
    assert administrator_client.post(address, knowing).status_code == 302
    assert User.objects.get(pk=officer.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_added_by_two_presses_at_one_moment_is_one_account(
    administrator: User, officer: User
) -> None:
    both = Barrier(2)
    added = form_of(officer, login="moi", full_name="Lê Mới", new_password="cau-vong-7-mau-o-lang")

    def press(_n: int) -> tuple[int, str]:
        browser = browser_of(administrator)
        both.wait(10)
        answer = browser.post(reverse("admin:accounts_user_add"), added)
        connection.close()
        return answer.status_code, unescape(answer.content.decode())

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, range(2)))

    assert sorted(status for status, _page in answers) == [200, 302]
    assert User.objects.filter(login="moi").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_offices_that_are_saved_at_one_moment_are_both_saved(administrator: User, officer: User) -> None:
    both, browser = Barrier(2), browser_of(administrator)

    def page_of(office: Office) -> tuple[str, dict[str, Any]]:
        address = reverse("admin:accounts_office_change", args=[office.pk])
        return address, filled(office, as_shown=browser.get(address).context["as_shown"])

    def press(page: tuple[str, dict[str, Any]]) -> int:
        both.wait(10)
        try:
            return browser_of(administrator).post(*page).status_code
        finally:
            connection.close()

    below = Office.objects.exclude(parent=None).order_by("pk")
    for _turn in range(3):
        pages = [page_of(office) for office in (below.first(), below.last())]
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(press, pages)) == [302, 302]
