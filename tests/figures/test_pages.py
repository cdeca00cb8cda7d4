"""The pages of figures: whose numbers an address gives, what it may ask for, and what stands on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from motcua.accounts.models import Office, User
from motcua.audit.service import record
from motcua.dossiers.models import Dossier
from motcua.figures.filters import PERIODS, period_of
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck
from tests.conftest import browser_of
from tests.figures.lives import lived
from tests.people import FIRST_OFFICE, SECOND_OFFICE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
PAGE = "/mot-cua/so-lieu/"


def words_of(page: str) -> str:
    """Return a page without its tags, with single blanks."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def seen(client: Client, **said: Any) -> str:
    """Open the page and return its words."""
    answer = client.get(PAGE, said)
    assert answer.status_code == 200
    return words_of(answer.content.decode())


def taken_on(client: Client, **said: Any) -> int:
    """Return how much there was to do, as the page says."""
    found = re.search(r"Phải giải quyết ([\d.]+)", seen(client, **said))
    return int(found[1].replace(".", "")) if found else 0


def checked(*, office: str = FIRST_OFFICE, outcome: str = "verified", reason: str = "", **other: Any) -> None:
    """Put a check of today on record."""
    now = timezone.now()
    IdentityCheck.objects.create(
        request_id=f"MC-{uuid4().hex}", touch_point="reception", office_code=office, purpose="Tiếp nhận",
        procedure_code="1.001193", asked_at=now, outcome=outcome, reason=reason,
        answered_at=now if outcome else None, **other,
    )  # fmt: skip


def test_a_leader_and_a_supervisor_see_their_unit_and_an_administrator_all(
    leader: User, supervisor: User, administrator: User
) -> None:
    now = timezone.now()
    lived(now)
    lived(now, office=SECOND_OFFICE)

    assert taken_on(browser_of(leader)) == taken_on(browser_of(supervisor)) == 1
    assert taken_on(browser_of(administrator)) == 2


def test_an_office_is_counted_with_those_below_it(leader: User, administrator: User) -> None:
    now = timezone.now()
    unit, desk = (Office.objects.get(code=code).pk for code in ("H23.101", FIRST_OFFICE))
    lived(now)
    lived(now, office=SECOND_OFFICE)
    for client in (browser_of(leader), browser_of(administrator)):
        assert taken_on(client, **{"don-vi": unit}) == taken_on(client, **{"don-vi": desk}) == 1


def test_another_units_office_in_an_address_shows_no_number_at_all(leaders_client: Client) -> None:
    lived(timezone.now())
    lived(timezone.now(), office=SECOND_OFFICE)
    page = seen(leaders_client, **{"don-vi": Office.objects.get(code=SECOND_OFFICE).pk})

    assert "Lựa chọn này không có" in page
    assert "Phải giải quyết" not in page
    assert "xã Mẫu B" not in page


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tu": "31/02/2026", "den": "01/03/2026"}, "ví dụ 23/11/2026"),
        ({"tu": "01/03/2026"}, "Vui lòng nhập ngày"),
        ({"tu": "02/03/2026", "den": "01/03/2026"}, "Ngày cuối phải từ ngày đầu trở đi"),
        ({"tu": "01/01/2020", "den": "01/03/2026"}, "nhiều nhất một năm"),
        ({"tu": "01/01/2199", "den": "01/03/2199"}, "Kỳ này chưa bắt đầu"),
        ({"tu": "01/01/0001", "den": "01/03/0001"}, "xem lại năm"),
        ({"ky": "x' OR 1=1"}, "Vui lòng nhập ngày"),
        ({"thu-tuc": "1.1"}, "Lựa chọn này không có"),
        ({"kenh": "9"}, "Lựa chọn này không có"),
        ({"linh-vuc": "<script>"}, "Lựa chọn này không có"),
        ({"don-vi": "-1"}, "Lựa chọn này không có"),
    ],
)
def test_what_an_address_says_wrongly_shows_what_is_wrong_and_no_number(
    leaders_client: Client, said: dict[str, str], told: str
) -> None:
    page = seen(leaders_client, **said)

    assert told in page
    assert "Đếm lúc" not in page
    answer = leaders_client.post(f"{PAGE}xuat/?{'&'.join(f'{k}={v}' for k, v in said.items())}")
    assert answer.status_code == 302


@pytest.mark.parametrize("word", PERIODS)
def test_every_period_that_a_link_names_can_be_looked_at(leaders_client: Client, word: str) -> None:
    today = timezone.localdate()
    period = period_of(word, today)
    assert period is not None
    assert f"Từ {period.first:%d/%m/%Y} đến {period.last:%d/%m/%Y}" in seen(leaders_client, ky=word)


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("hom-nay", "15/02", "15/02"),
        ("tuan-nay", "09/02", "15/02"),
        ("thang-nay", "01/02", "28/02"),
        ("thang-truoc", "01/01", "31/01"),
        ("quy-nay", "01/01", "31/03"),
        ("nam-nay", "01/01", "31/12"),
    ],
)
def test_a_word_means_whole_days_weeks_months_quarters_and_years(word: str, first: str, last: str) -> None:
    period = period_of(word, date(2026, 2, 15))

    assert period is not None
    assert (f"{period.first:%d/%m}", f"{period.last:%d/%m}") == (first, last)


def test_an_empty_period_says_what_to_do(leaders_client: Client) -> None:
    page = seen(leaders_client)

    assert "Vui lòng chọn kỳ dài hơn" in page
    assert "Xuất Excel" not in page


def test_a_link_to_a_period_keeps_the_other_choices(leaders_client: Client) -> None:
    page = leaders_client.get(PAGE, {"ky": "thang-nay", "kenh": "2"}).content.decode()

    assert "?ky=nam-nay&amp;kenh=2" in page


def test_a_number_of_the_page_is_on_it_in_a_table_and_charts_say_it_in_a_sentence(
    leaders_client: Client,
) -> None:
    now = timezone.now()
    for _ in range(3):
        lived(now)
    page = leaders_client.get(PAGE, {"ky": "hom-nay"}).content.decode()

    assert f'aria-label="Tiếp nhận: cao nhất 3 ({timezone.localdate():%d/%m}).' in page
    assert re.search(
        r"<th scope=\"row\">[^<]*</th><td class=\"amount\" data-title=\"Tiếp nhận\">3</td>", page
    )
    assert all(
        'role="img"' in svg and "aria-label=" in svg for svg in re.findall(r"<svg class=\"[cs][^>]*>", page)
    )
    assert " style=" not in page
    assert "<style" not in page


def test_no_name_can_break_a_page_or_a_chart(leaders_client: Client, administrator: User) -> None:
    evil = '"><script>alert(1)</script>'
    Office.objects.filter(code=FIRST_OFFICE).update(name=evil)
    dossier = lived(timezone.now(), finished=timezone.now())
    lived(timezone.now(), office=SECOND_OFFICE)
    dossier.procedure.name = evil
    dossier.procedure.save()
    page = browser_of(administrator).get(PAGE).content.decode()

    assert evil not in page
    assert page.count(escape(evil)) >= 3


def test_no_person_stands_on_any_page(leaders_client: Client, leader: User) -> None:
    lived(timezone.now())
    for path in (PAGE, f"{PAGE}danh-gia/"):
        page = leaders_client.get(path).content.decode()
        assert "Nguyễn Văn Mẫu" not in page


def test_checks_stand_beside_with_what_came_of_them_and_outages_can_be_seen(
    leaders_client: Client, officer: User
) -> None:
    for outcome, reason in (
        ("verified", ""), ("rejected", ""), ("unanswered", "timeout"), ("unanswered", "breaker_open"),
        ("unanswered", "two_citizens"), ("not_allowed", "office"), ("", ""), ("verified", ""),
    ):  # fmt: skip
        checked(outcome=outcome, reason=reason)
    checked(office=SECOND_OFFICE)
    record(name="check.limited", now=timezone.now(), actor=officer, office_code=FIRST_OFFICE)
    page = leaders_client.get(PAGE, {"ky": "hom-nay"}).content.decode()
    row = re.search(
        r'<tr class="sum"><th scope="row">Tổng</th>(<td class="amount" data-title="Số lượt">.*?)</tr>', page
    )

    assert row is not None
    assert re.findall(r">([^<>]+)</td>", row[1]) == ["8", "2", "1", "2", "1", "1", "1", "1", "25,0%"]
    assert '<rect class="bad"' in page[page.index("Tỷ lệ không trả lời: cao nhất 25,0%") :]


def test_checks_of_one_procedure_are_counted_alone(leaders_client: Client) -> None:
    checked()

    assert (
        "Lượt kiểm tra: cao nhất 1"
        in leaders_client.get(PAGE, {"ky": "hom-nay", "thu-tuc": "1.001193"}).content.decode()
    )
    assert "Vui lòng chọn kỳ dài hơn" in seen(leaders_client, **{"ky": "hom-nay", "thu-tuc": "2.000815"})


@pytest.mark.parametrize("login", ["bao", "oanh", "quantri"])
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}danh-gia/"])
def test_a_page_needs_at_most_eight_queries(
    login: str, path: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    lived(timezone.now())
    lived(timezone.now(), office=SECOND_OFFICE)
    checked()
    client = browser_of(User.objects.get(login=login))
    client.get(path)
    with django_assert_max_num_queries(8):
        assert client.get(path, {"ky": "nam-nay"}).status_code == 200


def test_many_procedures_stand_together_in_a_last_line_and_still_add_up(
    leaders_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.figures.views._MOST_LINES", 3)
    for procedure in Procedure.objects.order_by("pk")[:6]:
        lived(timezone.now(), procedure=procedure)
    page = leaders_client.get(PAGE, {"ky": "hom-nay"}).content.decode()
    table = page[page.index('id="theo-thu-tuc"') : page.index('id="theo-kenh"')]
    received = [int(n) for n in re.findall(r'data-title="Tiếp nhận">(\d+)<', table)]

    assert received == [1, 1, 1, 3, 6]
    assert "Các dòng còn lại (3)" in table


def test_a_period_with_a_day_in_the_future_counts_until_now(leaders_client: Client) -> None:
    now = timezone.now()
    lived(now - timedelta(days=1), days=0, channel=Dossier.Channel.ONLINE)
    tomorrow = timezone.localdate() + timedelta(days=1)
    first = tomorrow - timedelta(days=10)

    assert taken_on(leaders_client, tu=f"{first:%d/%m/%Y}", den=f"{tomorrow:%d/%m/%Y}") == 1
