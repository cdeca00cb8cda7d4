"""The register of an office: every dossier that it received, in its order, in parts, for those who keep it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier, Result
from motcua.slips import book
from motcua.slips.typesetting import draw
from tests.conftest import browser_of
from tests.slips.conftest import NOW
from tests.slips.reading import is_margin_empty, opened, sizes, squeezed, words

pytestmark = pytest.mark.django_db

BOOK = "/mot-cua/so-theo-doi/"


@pytest.fixture
def a_year(receive: Callable[..., Dossier], other_officer: User) -> list[Dossier]:
    """Return what Lan received around a year: in its first and last minutes, in March twice, and before and after."""
    moments = [
        datetime(2025, 12, 31, 16, 59, tzinfo=UTC),  # 23:59 here
        datetime(2025, 12, 31, 17, 0, tzinfo=UTC),  # 00:00 on New Year's day here
        datetime(2026, 3, 2, 3, 0, tzinfo=UTC),
        datetime(2026, 3, 31, 16, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 16, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 17, 0, tzinfo=UTC),
    ]
    receive(by=other_officer, now=NOW, full_name="Người Nơi Khác")
    return [receive(now=at, full_name=f"Người Thứ {place}") for place, at in enumerate(moments)]


def rows(office: Any, year: int, month: int | None = None, part: int = 1) -> list[list[str]]:
    """Return the lines of a part."""
    return book.facts_of_part(book.BookPart(office, year, month, part), now=NOW)["rows"]


def test_a_year_has_what_was_received_in_it_numbered_from_01(a_year: list[Dossier]) -> None:
    found = rows(a_year[0].office, 2026)
    assert [(row[0], row[4]) for row in found] == [
        ("01", "Người Thứ 1"),
        ("02", "Người Thứ 2"),
        ("03", "Người Thứ 3"),
        ("04", "Người Thứ 4"),
    ]
    assert found[0][7] == "00:00 01/01/2026"


def test_a_month_goes_on_with_the_years_numbers(a_year: list[Dossier]) -> None:
    assert [row[0] for row in rows(a_year[0].office, 2026, 3)] == ["02", "03"]
    assert [row[0] for row in rows(a_year[0].office, 2026, 12)] == ["04"]


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, 0, 5, tzinfo=UTC),
        datetime(2026, 3, 2, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 20, tzinfo=UTC),
        datetime(2026, 3, 31, 17, 9, tzinfo=UTC),
        datetime(2026, 12, 31, 17, 1, tzinfo=UTC),
        datetime(2027, 6, 1, tzinfo=UTC),
    ],
    ids=str,
)
def test_whenever_it_is_looked_at_what_was_before_is_counted_as_today_is(
    a_year: list[Dossier], now: datetime
) -> None:
    office = a_year[0].office
    assert book.months_of(office, 2025, now=now) == {12: 1}
    assert book.months_of(office, 2026, now=now) == {1: 1, 3: 2, 12: 1}
    assert book.months_of(office, 2027, now=now) == {1: 1}


def test_what_is_received_today_is_counted_at_once(
    a_year: list[Dossier], receive: Callable[..., Dossier]
) -> None:
    office, now = a_year[0].office, datetime(2026, 12, 31, 10, 0, tzinfo=UTC)
    assert book.months_of(office, 2026, now=now)[12] == 1

    receive(now=now, full_name="Người Mới")
    assert book.months_of(office, 2026, now=now)[12] == 2


def test_months_and_days_before_are_not_counted_again(a_year: list[Dossier]) -> None:
    office, now = a_year[0].office, datetime(2026, 12, 31, 10, 0, tzinfo=UTC)
    book.months_of(office, 2026, now=now)
    with CaptureQueriesContext(connection) as asked:
        assert book.months_of(office, 2026, now=now) == {1: 1, 3: 2, 12: 1}

    (only,) = asked
    today = {"sqlite": "2026-12-30 17:00:00", "postgresql": "2026-12-31 00:00:00+07:00"}[connection.vendor]
    assert today in only["sql"]


def test_a_long_book_comes_in_parts(a_year: list[Dossier], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "LINES", 3)
    office = a_year[0].office
    assert [row[0] for row in rows(office, 2026)] == ["01", "02", "03"]
    assert [row[0] for row in rows(office, 2026, part=2)] == ["04"]
    assert book.parts(7) == [(1, 3), (4, 6), (7, 7)]
    with pytest.raises(LookupError):
        rows(office, 2026, part=3)


def test_a_line_tells_what_became_of_a_dossier(receive: Callable[..., Dossier], officer: User) -> None:
    dossier = receive()
    Dossier.objects.filter(pk=dossier.pk).update(
        status=Dossier.Status.RETURNED, finished_at=NOW, closed_at=datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    )
    Result.objects.create(dossier=dossier, made_at=NOW, made_by=officer, collected_by="Lê Văn Nhận")
    (row,) = rows(dossier.office, 2026)
    assert row[1] == dossier.code
    assert row[2] == "Đăng ký khai sinh"
    assert row[9:12] == ["08:31 23/11/2026", "09:00 26/11/2026", "Lê Văn Nhận"]
    assert row[12] == "Chưa xác thực danh tính"


def test_a_long_word_breaks_within_its_column_and_a_code_stays_whole(receive: Callable[..., Dossier]) -> None:
    word = "Wolfeschlegelsteinhausen" * 10
    dossier = receive(full_name=f"{word[:48]} Anna", permanent_residence=word)
    part = book.BookPart(dossier.office, NOW.year)
    facts = book.facts_of_part(part, now=NOW)
    assert is_margin_empty(draw("07", facts, ppi=72))
    said = words(book.make_register(part, now=NOW))
    assert str(dossier.code) in said
    assert word in said


def test_a_part_is_a_tagged_file_on_a4(a_year: list[Dossier], officer_client: Client) -> None:
    answer = officer_client.get(BOOK, {"nam": "2026", "thang": "3"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="so-theo-doi-000.00.01.H23-2026-03-phan-1.pdf"'
    assert sizes(answer.content) == {(297, 210)}
    assert "/StructTreeRoot" in opened(answer.content).root
    said = words(answer.content)
    for field in (
        "SỔ THEO DÕI HỒ SƠ",
        "Tháng 03 năm 2026",
        "Người Thứ 2",
        "0912345678",
        "THỦ TRƯỞNG CƠ QUAN",
    ):
        assert squeezed(field) in said, field
    assert squeezed("Người Thứ 4") not in said
    event = AuditEvent.objects.get(name="dossier.slip_made")
    assert event.details == {"slip": "07", "signed": False}
    assert event.office_code == "000.00.01.H23"


def test_the_page_offers_months_and_the_whole_year(a_year: list[Dossier], officer_client: Client) -> None:
    page = officer_client.get(BOOK, {"xem": "2026"}).content.decode()
    assert "nam=2026&amp;thang=3&amp;phan=1" in page
    assert "nam=2026&amp;phan=1" in page
    assert "thang=4" not in page


def test_a_long_year_is_offered_in_parts_whose_numbers_are_written_as_people_do(
    officer_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_a_long_year(*_: Any, **__: Any) -> dict[int, int]:
        return {3: 1_500}

    monkeypatch.setattr(book, "months_of", of_a_long_year)
    page = officer_client.get(BOOK, {"xem": "2026"}).content.decode()
    assert '<td class="number">1.500</td>' in page
    assert "nhiều nhất 1.000 hồ sơ" in page
    assert 'nam=2026&amp;phan=2" aria-label="Cả năm, hồ sơ thứ 1.001–1.500">1.001–1.500</a>' in page
    assert 'nam=2026&amp;thang=3&amp;phan=1" aria-label="Tháng 03, hồ sơ thứ 1–1.000">1–1.000</a>' in page


def test_only_those_who_keep_a_register_are_handed_it(
    a_year: list[Dossier],
    other_officer_client: Client,
    specialist: User,
    cashier: User,
    administrator_client: Client,
    an_client: Client,
    leader: User,
    supervisor: User,
) -> None:
    office = a_year[0].office
    asked = {"co-quan": office.code, "nam": "2026"}
    assert other_officer_client.get(BOOK, asked).status_code == 404
    for client in (browser_of(specialist), browser_of(cashier), administrator_client, an_client):
        assert client.get(BOOK, asked).status_code == 403
    assert "/dang-nhap/" in Client().get(BOOK, asked)["Location"]
    for user in (leader, supervisor):
        assert browser_of(user).get(BOOK, asked).status_code == 200, user.login
    assert browser_of(leader).get(BOOK, {"co-quan": "000.00.02.H23", "nam": "2026"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [{"nam": "x"}, {"nam": "2026", "thang": "13"}, {"nam": "2026", "phan": "0"}, {"nam": "²"}, {"nam": ""}],
)
def test_a_part_that_cannot_be_is_not_found(officer_client: Client, query: dict[str, str]) -> None:
    assert officer_client.get(BOOK, query).status_code == 404


def test_a_long_part_asks_the_database_as_little_as_a_short_one(
    a_year: list[Dossier], officer_client: Client
) -> None:
    for query in ({"nam": "2026"}, {"nam": "2026", "thang": "12"}, {}):
        with CaptureQueriesContext(connection) as seen:
            officer_client.get(BOOK, query)
        assert len(seen) <= 8, query


def test_a_register_that_cannot_be_set_is_said_so(
    a_year: list[Dossier],
    officer_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    answer = officer_client.get(BOOK, {"nam": "2026"})
    assert answer.status_code == 503
    assert "Chưa lập được phiếu" in answer.content.decode()
    assert "slips.not_made" in caplog.text
    assert "Người" not in caplog.text
    assert Path("/bin/false").exists()
    assert not AuditEvent.objects.filter(name="dossier.slip_made").exists()


@pytest.mark.usefixtures("people")
def test_the_address_leads_to_the_book() -> None:
    assert reverse("register_book") == BOOK
