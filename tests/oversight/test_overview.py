"""The supervisor's page: figures, lists behind them, who is stopped, and who may go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from motcua.accounts.models import Notice, User
from motcua.accounts.notices import tell_supervisors
from motcua.accounts.service import asker_of
from motcua.audit.models import AuditEvent
from motcua.oversight import overview
from motcua.oversight.overview import counted, scope_of, total
from motcua.verification import service as verification
from motcua.verification.models import IdentityCheck, LimitRelease, Wave
from motcua.verification.service import Limited, look_up, officer_limit
from motcua.web.days import Period
from tests.conftest import ToldRegister, browser_of, sealed_long_ago
from tests.oversight.conftest import NOON
from tests.people import FIRST_OFFICE, SECOND_OFFICE, cast

pytestmark = pytest.mark.django_db
BASE = "/mot-cua/giam-sat/"
NOVEMBER = "?tu=01/11/2026&den=30/11/2026"
Asked = Callable[..., IdentityCheck]


@pytest.fixture
def a_days_work(asked: Asked, officer: User, second_officer: User, other_officer: User) -> None:
    """Put a day on record: five at the first office, two at the second, one on the portal, one of the day before."""
    asked(officer)
    asked(officer, outcome="rejected")
    asked(officer, outcome="rejected", procedure_code="2.000815")
    asked(officer, touch_point="lookup", marks="lookup", procedure_code="")
    asked(second_officer, outcome="")
    asked(other_officer, outcome="unanswered")
    asked(other_officer, outcome="not_allowed")
    asked(None, touch_point="registration", outcome="rejected", procedure_code="")
    asked(officer, at=NOON - timedelta(days=1))


DAY = Period(NOON.date(), NOON.date())


@pytest.mark.parametrize(
    ("page", "current"),
    [
        (BASE, "page"),
        (f"{BASE}luot/{NOVEMBER}", "true"),
        (f"{BASE}can-xem/", "true"),
        (f"{BASE}can-xem/mau-ngau-nhien/", "true"),
        (f"{BASE}doi-soat/", "true"),
        ("/mot-cua/phan-anh/", "true"),
        ("/mot-cua/", ""),
    ],
)
def test_the_menu_shows_on_every_page_of_oversight_where_one_is(
    supervisor_client: Client, page: str, current: str
) -> None:
    html = supervisor_client.get(page).content.decode()
    shown = f' aria-current="{current}"' if current else ""
    assert f'<a href="{BASE}"{shown}>Giám sát</a>' in html
    assert '<span class="visually-hidden">Tài khoản của tôi: </span>' in html


def test_a_supervisor_counts_the_own_office_and_only_the_days_chosen(
    a_days_work: None, supervisor: User, officer: User
) -> None:
    rows = counted(scope_of(supervisor), DAY).officers

    lan, phuc = (row.figures for row in rows)
    assert (rows[0].label, rows[0].note) == (officer.full_name, "lan")
    assert (lan.asked, lan.verified, lan.rejected, lan.look_ups, lan.rejected_share) == (4, 2, 2, 1, "50%")
    assert (phuc.asked, phuc.pending, phuc.rejected_share) == (1, 1, "")
    assert total(rows).asked == 5


def test_a_period_that_is_none_shows_today(supervisor_client: Client) -> None:
    today = supervisor_client.get(BASE).content.decode()
    page = supervisor_client.get(f"{BASE}?ky=hom-kia").content.decode()

    assert 'href="?ky=hom-nay" aria-current="true"' in page
    assert page.count("<table") == today.count("<table")


def test_an_administrator_counts_all_offices_and_the_portal(a_days_work: None, administrator: User) -> None:
    rows = counted(scope_of(administrator), DAY).offices

    assert {row.note: row.figures.asked for row in rows} == {FIRST_OFFICE: 5, SECOND_OFFICE: 2, "": 1}
    assert total(rows).rejected == 3
    assert sum(row.figures.asked for row in counted(scope_of(administrator), DAY).officers) == 7


@pytest.mark.parametrize(("login", "left_out"), [("oanh", 1), ("quantri", 2)])
def test_officers_who_are_not_shown_are_counted(
    a_days_work: None,
    supervisor: User,
    administrator: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    login: str,
    left_out: int,
) -> None:
    monkeypatch.setattr(overview, "MOST_ROWS", 1)
    client.force_login(User.objects.get(login=login))

    html = client.get(f"{BASE}{NOVEMBER}").content.decode()

    assert f"Còn {left_out} cán bộ có ít lượt hơn" in html


def test_procedures_are_counted_by_name(a_days_work: None, catalogue: None, supervisor: User) -> None:
    rows = {row.note: row for row in counted(scope_of(supervisor), DAY).procedures}

    assert {code: row.figures.asked for code, row in rows.items()} == {"1.001193": 3, "2.000815": 1, "": 1}
    assert "khai sinh" in str(rows["1.001193"].label)


def test_midnight_is_the_local_one(asked: Asked, supervisor: User, officer: User) -> None:
    begin, end = DAY.moments
    for at in (begin - timedelta(seconds=1), begin, end - timedelta(seconds=1), end):
        asked(officer, at=at)

    assert total(counted(scope_of(supervisor), DAY).officers).asked == 2


def test_every_figure_leads_to_exactly_the_checks_behind_it(
    a_days_work: None, administrator_client: Client
) -> None:
    html = unescape(administrator_client.get(f"{BASE}?tu=23/11/2026&den=23/11/2026").content.decode())
    links = re.findall(r'<a href="(/mot-cua/giam-sat/luot/\?[^"]+)">(\d+)</a>', html)

    assert len(links) > 8
    for address, count in links:
        listed = administrator_client.get(address).content.decode()
        assert listed.count("/mot-cua/giam-sat/can-xem/") - listed.count('can-xem/"') - listed.count(
            "ngau-nhien"
        ) == int(count)
        assert not re.search(r"\d{9,}", address)


def test_a_long_list_is_read_page_by_page_without_loss_or_repetition(
    asked: Asked, officer: User, supervisor_client: Client
) -> None:
    made = {str(asked(officer, at=NOON + timedelta(seconds=place // 3)).pk) for place in range(120)}
    seen: list[str] = []
    address = f"{BASE}luot/{NOVEMBER}"
    pages = 0
    while address:
        html = unescape(supervisor_client.get(address).content.decode())
        seen += re.findall(r"can-xem/([0-9a-f-]{36})/", html)
        following = re.search(r'href="(\?[^"]+)" rel="next"', html)
        address = f"{BASE}luot/{following[1]}" if following else ""
        pages += 1

    assert (pages, len(seen), set(seen)) == (3, 120, made)


def test_a_citizen_who_asked_is_not_named(
    administrator_client: Client, asked: Asked, citizen_an: Any
) -> None:
    asked(citizen_an.user, touch_point="filing")
    html = administrator_client.get(f"{BASE}luot/{NOVEMBER}").content.decode()

    assert "Công dân, trên cổng" in html
    assert cast.an.full_name not in html


def test_the_page_takes_few_queries_however_many_officers_and_checks_there_are(
    asked: Asked, officer: User, second_officer: User, supervisor_client: Client, administrator_client: Client
) -> None:
    supervisor_client.get(BASE)  # the catalogue is read
    counts = []
    for rows in (1, 40):
        for _ in range(rows):
            asked(officer)
            asked(second_officer, outcome="rejected")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            supervisor_client.get(f"{BASE}{NOVEMBER}")
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as queries:
        administrator_client.get(f"{BASE}{NOVEMBER}")

    assert counts[0] == counts[1] <= 8
    assert len(queries) <= 10


def test_a_wave_is_told_with_its_beginning(supervisor_client: Client) -> None:
    now = timezone.now()
    assert "bất thường trên toàn cổng" not in supervisor_client.get(BASE).content.decode()
    Wave.objects.create(began_at=now - timedelta(minutes=3), until=now + timedelta(minutes=10))

    assert "bất thường trên toàn cổng" in supervisor_client.get(BASE).content.decode()


@pytest.fixture
def stopped(officer: User, register: ToldRegister, settings: Any) -> User:
    """Let Lan be wrong as often as she may."""
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 2}
    now = timezone.now()
    for name in ("Nguyễn Văn Ân", "Nguyễn Văn Bê"):
        ask(officer, now - timedelta(minutes=1), cast.an.named(name))
    return officer


def ask(officer: User, now: Any, claim: Any = None) -> IdentityCheck:
    """Ask once more."""
    asker = asker_of(officer, "192.0.2.1")
    return look_up(claim=claim or cast.an.claim, asker=asker, reason="một lý do", now=now)


def test_a_stopped_officer_is_listed_until_the_time_is_over(
    stopped: User, supervisor: User, supervisor_client: Client, other_supervisor_client: Client
) -> None:
    assert f'id="can-bo-{stopped.pk}"' in supervisor_client.get(BASE).content.decode()
    assert f'id="can-bo-{stopped.pk}"' not in other_supervisor_client.get(BASE).content.decode()
    later = timezone.now() + timedelta(minutes=10)
    assert verification.stopped_officers(office_codes=[FIRST_OFFICE], now=later) == {}


def test_released_an_officer_asks_again_at_once_and_the_officer_knows(
    stopped: User, supervisor: User, supervisor_client: Client
) -> None:
    with pytest.raises(Limited):
        ask(stopped, timezone.now())
    response = supervisor_client.post(
        f"{BASE}mo-lai/{stopped.pk}/", {"reason": "Đã xem:  danh sách giấy tờ mờ"}, follow=True
    )

    assert "Đã mở lại cho" in response.content.decode()
    assert f'id="can-bo-{stopped.pk}"' not in response.content.decode()
    assert ask(stopped, timezone.now()).is_verified
    given = LimitRelease.objects.get()
    assert (given.officer, given.released_by, given.reason) == (
        stopped, supervisor, "Đã xem: danh sách giấy tờ mờ",
    )  # fmt: skip
    event = AuditEvent.objects.get(name="limit.released")
    assert (event.actor, event.office_code) == (supervisor, FIRST_OFFICE)
    assert Notice.objects.filter(user=stopped, text__contains="mở lại").count() == 1


def test_only_tries_after_the_release_count_from_then_on(stopped: User, supervisor_client: Client) -> None:
    supervisor_client.post(f"{BASE}mo-lai/{stopped.pk}/", {"reason": "Máy quét hỏng"})
    now = timezone.now()

    assert officer_limit(officer=stopped, now=now).left == 2
    for name in ("Nguyễn Văn Ít", "Nguyễn Văn Ức"):
        ask(stopped, now, cast.an.named(name))
    with pytest.raises(Limited):
        ask(stopped, now)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "x" * 301])
def test_no_release_without_a_reason(stopped: User, supervisor_client: Client, reason: str) -> None:
    response = supervisor_client.post(f"{BASE}mo-lai/{stopped.pk}/", {"reason": reason})

    assert "aria-invalid" in response.content.decode()
    assert not LimitRelease.objects.exists()


def test_the_page_that_refuses_a_reason_is_opened_again_as_any_page(
    stopped: User, supervisor_client: Client
) -> None:
    assert supervisor_client.get(f"{BASE}mo-lai/{stopped.pk}/").headers["Location"] == BASE


def test_nobody_releases_themselves_or_another_office(
    stopped: User,
    supervisor_client: Client,
    other_supervisor_client: Client,
    officer_client: Client,
    administrator_client: Client,
    supervisor: User,
    settings: Any,
) -> None:
    address, why = f"{BASE}mo-lai/{stopped.pk}/", {"reason": "Cứ mở giúp"}
    for name in ("Nguyễn Văn Ân", "Nguyễn Văn Bê"):
        ask(supervisor, timezone.now(), cast.an.named(name))

    assert other_supervisor_client.post(address, why).status_code == 404
    assert officer_client.post(address, why).status_code == 403
    assert supervisor_client.post(f"{BASE}mo-lai/{supervisor.pk}/", why).status_code == 403
    assert "Ông/bà không tự mở lại cho mình được" in supervisor_client.get(BASE).content.decode()
    assert not LimitRelease.objects.exists()
    administrator_client.post(f"{BASE}mo-lai/{supervisor.pk}/", why)
    assert LimitRelease.objects.get().officer == supervisor


def test_who_is_not_stopped_needs_no_release(supervisor_client: Client, officer: User) -> None:
    html = supervisor_client.post(
        f"{BASE}mo-lai/{officer.pk}/", {"reason": "Thử"}, follow=True
    ).content.decode()

    assert "không còn bị tạm dừng" in html
    assert not LimitRelease.objects.exists()


def test_supervisors_are_told_once_for_each_stop_and_the_log_too(
    officer: User, supervisor: User, other_supervisor: User, caplog: pytest.LogCaptureFixture
) -> None:
    told = [tell_supervisors(officer=officer, now=NOON + timedelta(minutes=m)) for m in (0, 1, 9, 11)]
    LimitRelease.objects.create(
        officer=officer, released_by=supervisor, reason="Thử", at=NOON + timedelta(minutes=12)
    )
    told.append(tell_supervisors(officer=officer, now=NOON + timedelta(minutes=13)))

    assert told == [1, 0, 0, 1, 1]
    assert set(Notice.objects.values_list("user__login", flat=True)) == {"oanh"}
    lines = [one.getMessage() for one in caplog.records if "officer_stopped" in one.getMessage()]
    assert lines == [f"limits.officer_stopped user={officer.pk} told=1"] * 3


def test_a_stopped_supervisor_is_told_to_the_others(supervisor: User) -> None:
    assert tell_supervisors(officer=supervisor, now=NOON) == 0
    User.objects.create(login="hai", role="supervisor", full_name="Lý Thị Hải", office=supervisor.office)
    assert tell_supervisors(officer=supervisor, now=NOON) == 1
    assert Notice.objects.get().user.login == "hai"


def test_who_supervises_beside_another_role_sees_the_own_office_and_an_administrator_beside_everything(
    a_days_work: None, officer: User, administrator: User
) -> None:
    everywhere = scope_of(administrator)
    officer.also_roles = ["supervisor"]
    assert set(scope_of(officer).offices) == {FIRST_OFFICE}
    assert not scope_of(officer).is_whole
    assert total(counted(scope_of(officer), DAY).officers).asked == 5
    officer.also_roles = ["administrator"]
    assert scope_of(officer) == everywhere
    assert everywhere.is_whole


def test_who_supervises_beside_another_role_lets_a_stopped_officer_go_on(
    stopped: User, second_officer: User
) -> None:
    User.objects.filter(pk=second_officer.pk).update(also_roles=["supervisor"])
    browser = browser_of(second_officer)

    assert f'id="can-bo-{stopped.pk}"' in browser.get(BASE).content.decode()
    browser.post(f"{BASE}mo-lai/{stopped.pk}/", {"reason": "Máy quét hỏng"})
    assert LimitRelease.objects.get().released_by == second_officer


def test_who_supervises_beside_another_role_is_told_of_a_stop_too(
    officer: User, supervisor: User, second_officer: User, other_officer: User
) -> None:
    beside = User.objects.filter(pk__in=[second_officer.pk, other_officer.pk])
    beside.update(also_roles=["cashier", "supervisor"])

    assert tell_supervisors(officer=officer, now=NOON) == 2
    assert set(Notice.objects.values_list("user__login", flat=True)) == {"oanh", "phuc"}


def test_a_name_that_no_key_opens_does_not_take_the_overview_away(
    a_days_work: None, supervisor_client: Client, officer: User
) -> None:
    User.objects.filter(pk=officer.pk).update(full_name=sealed_long_ago())

    text = supervisor_client.get(BASE + NOVEMBER).content.decode()

    assert "(không đọc được)" in text
