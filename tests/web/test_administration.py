"""Lists of the administration pages that only grow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import ShowFacets, site
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from motcua.accounts.models import Notice, User
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.service import record, seal
from motcua.verification.models import IdentityCheck
from motcua.web import administration

CHECKS = "admin:verification_identitycheck_changelist"


def _check(name: str, *, days_ago: int) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    IdentityCheck.objects.create(
        request_id=name, touch_point="reception", purpose="Tiếp nhận", procedure_code=name,
        asked_at=at, answered_at=at, outcome="verified",
    )  # fmt: skip


def _seen(client: Client, **asked: str) -> str:
    return client.get(reverse(CHECKS), asked).content.decode()


def test_checks_are_shown_a_week_at_a_time(administrator_client: Client) -> None:
    _check("moi-day", days_ago=2)
    _check("thang-truoc", days_ago=40)

    assert "moi-day" in _seen(administrator_client)
    assert "thang-truoc" not in _seen(administrator_client)


@pytest.mark.parametrize(
    ("language", "told"),
    [("vi", "Vui lòng sửa các chỗ báo lỗi dưới đây."), ("en", "Please correct the error")],
)
def test_a_refused_form_says_so_in_the_language_of_its_page(
    administrator_client: Client, language: str, told: str
) -> None:
    administrator_client.cookies["language"] = language
    for missing in ({}, {"code": "H23.101"}):
        assert told in administrator_client.post("/quan-tri/accounts/office/add/", missing).content.decode()


def test_vietnamese_pages_say_nothing_in_english(administrator_client: Client) -> None:
    page = administrator_client.get("/quan-tri/accounts/user/").content.decode()
    for english in (
        "Skip to",
        "Toggle",
        "Select this",
        "Select all",
        "Breadcrumbs",
        "Sidebar",
        "Filter navi",
    ):
        assert english not in page.replace("toggle", "")


def test_no_list_offers_to_count_itself_once_for_every_filter() -> None:
    offering = [
        model
        for model, pages in site._registry.items()
        if pages.list_filter and pages.show_facets is not ShowFacets.NEVER
    ]
    assert offering == []


def test_a_month_of_long_ago_can_be_chosen(administrator_client: Client) -> None:
    _check("moi-day", days_ago=2)
    _check("nam-ngoai", days_ago=400)
    month = timezone.localtime(timezone.now() - timedelta(days=400))

    text = _seen(administrator_client, **{"thoi-gian": f"{month:%Y-%m}"})

    assert "nam-ngoai" in text
    assert "moi-day" not in text


def test_a_page_is_headed_by_the_moment_as_it_is_in_vietnam(
    administrator_client: Client, administrator: User, settings: Any, tmp_path: Path
) -> None:
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    new_year = datetime(2026, 12, 31, 17, 10, tzinfo=UTC)
    record(name="product.started", now=new_year)
    notice = Notice.objects.create(user=administrator, text="Mừng năm mới", created_at=new_year)
    assert seal(now=new_year).batches == 1

    for name, pk in (
        ("audit_auditevent", AuditEvent.objects.get(name="product.started").pk),
        ("audit_auditbatch", AuditBatch.objects.get().pk),
        ("accounts_notice", notice.pk),
    ):
        page = administrator_client.get(reverse(f"admin:{name}_change", args=[pk])).content.decode()
        assert "01/01/2027 00:10</h2>" in page
        assert "17:10" not in page


def test_what_is_searched_for_is_found_whenever_it_was(administrator_client: Client) -> None:
    _check("nam-ngoai", days_ago=400)

    assert "nam-ngoai</td>" in _seen(administrator_client, q="nam-ngoai")


@pytest.mark.parametrize("nonsense", ["2026-13", "0000-00", "hom-kia", "2026-11-01'--"])
def test_a_time_that_is_none_shows_no_error(administrator_client: Client, nonsense: str) -> None:
    answer = administrator_client.get(reverse(CHECKS), {"thoi-gian": nonsense})

    assert answer.status_code == 200


def test_rows_are_counted_up_to_a_bound_and_the_page_says_so(
    administrator_client: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "MOST_COUNTED", 1000)
    now = timezone.now()
    Notice.objects.bulk_create(Notice(user=administrator, text="Tin", created_at=now) for _ in range(1005))

    text = administrator_client.get(reverse("admin:accounts_notice_changelist")).content.decode()

    assert "Có hơn 1.000 dòng (Thông báo)" in text


def test_the_offices_of_officials_are_not_read_one_by_one(
    administrator_client: Client,
    officer: User,
    other_officer: User,
    specialist: User,
    leader: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(5):
        text = administrator_client.get(reverse("admin:accounts_user_changelist")).content.decode()

    assert "lan" in text


def test_the_kinds_of_events_are_offered_without_reading_the_log(
    administrator_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    record(name="product.started", now=timezone.now())
    page = reverse("admin:audit_auditevent_changelist")
    with django_assert_max_num_queries(6):
        text = administrator_client.get(page, {"name": "product.started"}).content.decode()

    assert text.count("product.started</td>") == 1
    assert (
        "product.started"
        not in administrator_client.get(page, {"name": "audit.erased"})
        .content.decode()
        .partition("<tbody>")[2]
    )
