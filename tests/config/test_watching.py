"""What watches over the product: figures for a monitor, readiness, and the operators' page; all say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.audit.service import keep_sealed, record
from motcua.config import doctor, metrics, standing
from motcua.config.metrics import FAMILIES
from motcua.dossiers.models import Paper, Recheck
from motcua.identity.register import TouchPoint
from motcua.outbox.models import Parcel, Pause
from motcua.sealing import keyring
from motcua.verification import counting, line
from motcua.verification.models import IdentityCheck, Route
from motcua.web import tallies
from tests.conftest import ToldRegister
from tests.dossiers.lives import received
from tests.people import cast
from tests.reception.conftest import Desk
from tests.verification.checks import check_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
TOKEN = "a-token-that-only-the-monitor-knows"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ALERTS = Path(__file__).parents[2] / "deploy" / "alerts.yml"
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture(autouse=True)
def _counted_anew(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Let nothing be counted from the tests before; the token is set."""
    settings.METRICS_TOKEN = TOKEN
    settings.STATE = tmp_path
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    counting.count_anew()
    yield
    counting.count_anew()


def told(client: Client, token: str = TOKEN) -> str:
    """Return what the monitor reads."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return answer.content.decode()


def value(text: str, name: str, **labels: str) -> float | None:
    """Return one figure; None where it is not told."""
    for line_ in text.splitlines():
        found = re.fullmatch(rf"motcua_{name}(?:\{{(.*)\}})? (\S+)", line_)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    return None


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_there_are_no_figures(client: Client, shown: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": shown} if shown else {})
    assert answer.status_code == 404
    assert b"motcua_" not in answer.content


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer"])
def test_where_no_token_is_set_there_are_no_figures_for_anybody(
    client: Client, administrator_client: Client, settings: Settings, shown: str
) -> None:
    settings.METRICS_TOKEN = ""
    for browser in (client, administrator_client):
        assert browser.get("/metrics", headers={"Authorization": shown}).status_code == 404
    assert tallies.total() == {}


def test_figures_are_kept_by_no_cache_and_have_the_monitor_s_type(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_every_line_has_the_form_that_prometheus_reads(client: Client, officer: User) -> None:
    client.get("/thu-tuc/")
    sample = r'motcua_[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? (-?\d+(\.\d+)?(e[+-]?\d+)?)'
    for line_ in told(client).splitlines():
        assert re.fullmatch(rf"# (HELP|TYPE) motcua_[a-z_]+ \S.*|{sample}", line_), line_


def test_a_word_with_quotes_breaks_no_line() -> None:
    assert metrics._escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_checks_are_told_by_outcome_touch_point_and_office(officer: User, register: ToldRegister) -> None:
    for _ in range(2):
        check_at(TouchPoint.RECEPTION, officer, now=NOW)
    check_at(TouchPoint.REGISTRATION, officer, now=NOW)
    register.is_down()
    check_at(TouchPoint.RECEPTION, officer, now=NOW)

    text = metrics.text(now=NOW + timedelta(minutes=1))

    desk = {"touch_point": "reception", "office": "000.00.01.H23"}
    assert value(text, "checks_total", **desk, outcome="verified") == 2
    assert value(text, "checks_total", **desk, outcome="unanswered") == 1
    assert value(text, "checks_total", touch_point="registration", office="", outcome="verified") == 1


def test_sums_of_checks_and_of_failures_begin_at_nought(client: Client) -> None:
    text = told(client)

    for touch_point in TouchPoint:
        for outcome in ("verified", "rejected", "unanswered", "pending", "not_allowed"):
            assert value(text, "checks_total", touch_point=touch_point, office="", outcome=outcome) == 0
    assert value(text, "http_requests_total", route="none", status="5xx") == 0


def test_a_check_is_counted_once_by_whoever_counts_and_never_falls(
    officer: User, register: ToldRegister
) -> None:
    check_at(TouchPoint.LOOKUP, officer, now=NOW)
    first = counting.checks_today(now=NOW + timedelta(minutes=1)).counts
    check_at(TouchPoint.LOOKUP, officer, now=NOW + timedelta(minutes=1))
    second = counting.checks_today(now=NOW + timedelta(minutes=2)).counts
    counting.count_anew()  # another process

    assert [sum(first.values()), sum(second.values())] == [1, 2]
    assert counting.checks_today(now=NOW + timedelta(minutes=2)).counts == second


def test_a_check_under_way_is_not_counted_before_it_has_its_outcome(
    officer: User, register: ToldRegister
) -> None:
    check_at(TouchPoint.LOOKUP, officer, now=NOW)
    assert not counting.checks_today(now=NOW + timedelta(seconds=1)).counts


def test_the_count_of_checks_begins_anew_at_local_midnight(officer: User, register: ToldRegister) -> None:
    check_at(TouchPoint.LOOKUP, officer, now=NOW)
    assert counting.checks_today(now=NOW + timedelta(hours=1)).counts
    midnight = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert not counting.checks_today(now=midnight).counts


def test_the_time_of_the_register_is_apart_from_our_own(
    officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, clock = Desk(officer), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    register.before_answer = lambda: clock.__setitem__(0, clock[0] + 3.0)
    desk.checks(cast.an)

    text = told(desk.client)

    assert value(text, "register_seconds_sum", line="primary") == 3
    assert value(text, "register_seconds_bucket", line="primary", le="2") == 0
    assert value(text, "register_seconds_bucket", line="primary", le="4") == 1
    assert value(text, "http_own_seconds_count", route="check") == 1
    assert value(text, "http_own_seconds_sum", route="check") == 0
    assert value(text, "http_own_seconds_bucket", route="check", le="0.025") == 1


def test_requests_are_told_by_the_name_of_the_address_and_their_class(
    client: Client, administrator_client: Client
) -> None:
    client.get("/thu-tuc/")
    client.get(f"/thu-tuc/?q={cast.an.number}")
    client.get(f"/khong-co/{cast.an.number}/")
    administrator_client.get("/quan-tri/accounts/citizen/")

    text = told(client)

    assert value(text, "http_requests_total", route="procedures", status="2xx") == 2
    assert value(text, "http_requests_total", route="none", status="4xx") == 1
    assert value(text, "http_requests_total", route="admin", status="2xx") == 1
    assert cast.an.number not in text


def test_what_waits_for_other_systems_is_told_by_system(client: Client) -> None:
    now = timezone.now()
    hour_ago = now - timedelta(hours=1)
    common = {"topic": "mail", "made_at": hour_ago, "not_before": hour_ago}
    Parcel.objects.create(**common)
    Parcel.objects.create(**common, tries=12)
    Parcel.objects.create(**common, given_up_at=now)
    Parcel.objects.create(**common, taken_at=now)
    Pause.objects.create(topic="sms", since=hour_ago, until=now, problem="timeout")

    text = told(client)

    assert value(text, "outbox_waiting", system="mail") == 2
    assert value(text, "outbox_stuck", system="mail") == 1
    assert value(text, "outbox_given_up", system="mail") == 1
    assert value(text, "outbox_oldest_seconds", system="mail") == pytest.approx(3600, abs=60)
    assert value(text, "outbox_paused_seconds", system="sms") == pytest.approx(3600, abs=60)
    assert value(text, "outbox_paused_seconds", system="mail") == 0


def test_later_checks_papers_and_the_seal_are_told(client: Client, officer: User, settings: Settings) -> None:
    now = timezone.now()
    dossier = received(officer)
    Recheck.objects.create(
        dossier=dossier, officer=officer, queued_at=now - timedelta(hours=2), not_before=now
    )
    Paper.objects.create(
        dossier=dossier, original_name="a.pdf", media_type="application/pdf", size=1, sha256="0" * 64,
        file="2026/11/a.pdf", uploaded_at=now - timedelta(hours=3),
    )  # fmt: skip
    keep_sealed(now=now)
    record(name="product.started", now=now - timedelta(hours=4))

    text = told(client)
    settings.CLAMD_ADDRESS = "/nobody"
    scanned = told(client)

    assert value(text, "rechecks_waiting") == 1
    assert value(text, "rechecks_oldest_seconds") == pytest.approx(7200, abs=60)
    assert value(text, "audit_unsealed_seconds") == pytest.approx(4 * 3600, abs=60)
    assert value(text, "audit_seal_age_seconds") == pytest.approx(0, abs=60)
    assert value(text, "papers_unscanned") is None
    assert value(scanned, "papers_unscanned") == 1
    assert value(scanned, "papers_unscanned_oldest_seconds") == pytest.approx(3 * 3600, abs=60)


def test_a_paper_that_the_scanner_could_not_judge_is_no_sign_that_it_is_away(
    client: Client, officer: User, settings: Settings
) -> None:
    settings.CLAMD_ADDRESS = "/nobody"
    now = timezone.now()
    paper = Paper.objects.create(
        dossier=received(officer), original_name="a.pdf", media_type="application/pdf", size=1, sha256="0" * 64,
        file="2026/11/a.pdf", uploaded_at=now - timedelta(hours=9), scanned_at=now + timedelta(hours=6),
    )  # fmt: skip

    text = told(client)
    Paper.objects.filter(pk=paper.pk).update(scanned_at=now + timedelta(minutes=2))  # somebody has it scanned
    under_way = told(client)

    assert value(text, "papers_unscanned") == 1
    assert value(text, "papers_unscanned_oldest_seconds") == 0
    assert value(under_way, "papers_unscanned_oldest_seconds") == pytest.approx(9 * 3600, abs=60)


def test_a_line_that_is_shut_is_told(client: Client, register: ToldRegister) -> None:
    assert value(told(client), "register_open", line="primary") == 1
    moment = timezone.now().timestamp()
    for _ in range(line.policy().failures):
        line.record_failure(Route.PRIMARY, moment, None)
    text = told(client)
    assert value(text, "register_open", line="primary") == 0
    assert value(text, "part_works", part="line to the register") == 0


def test_the_memory_of_the_processes_that_serve_is_told(client: Client) -> None:
    client.get("/healthz")
    size = value(told(client), "process_resident_bytes", process="0")
    assert size is not None
    assert size > 1_000_000


def test_with_the_database_away_the_figures_of_the_machine_are_still_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/healthz")

    def away(*, now: datetime) -> None:
        raise OperationalError("999085000001")

    monkeypatch.setattr(standing, "look", away)
    text = told(client)

    assert value(text, "database_up") == 0
    assert value(text, "http_requests_total", route="healthz", status="2xx") == 1
    assert value(text, "disk_free_bytes")
    assert value(text, "disk_size_bytes")
    assert "999085000001" not in text


def test_nobody_is_named_by_a_figure(
    client: Client, officer: User, register: ToldRegister, settings: Settings
) -> None:
    check_at(TouchPoint.RECEPTION, officer, now=timezone.now() - timedelta(minutes=1))
    received(officer)
    text = told(client)
    for person in (cast.an, cast.lan):
        assert person.number not in text
        assert person.full_name not in text
    assert officer.login not in re.findall(r'"([^"]*)"', text)
    assert not re.search(r"\d{9,}\"", text)
    names = {name for line_ in text.splitlines() for name in re.findall(r'(\w+)="', line_)}
    assert names <= {
        "part", "touch_point", "office", "outcome", "line", "le", "route", "status", "system", "variable", "process",
    }  # fmt: skip


def test_a_look_takes_ten_queries_at_most_and_asks_nobody(
    client: Client, officer: User, register: ToldRegister, settings: Settings
) -> None:
    settings.CLAMD_ADDRESS = "/nobody"
    check_at(TouchPoint.RECEPTION, officer, now=timezone.now() - timedelta(minutes=1))
    keep_sealed(now=timezone.now())
    told(client)
    before = IdentityCheck.objects.count(), register.asked, register.probes
    with CaptureQueriesContext(
        connection,
    ) as queries:
        told(client)
    asked = [one["sql"] for one in queries if one["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(asked) <= 10, asked
    assert not any(one.startswith(("INSERT", "UPDATE", "DELETE")) for one in asked)
    assert (IdentityCheck.objects.count(), register.asked, register.probes) == before


@pytest.mark.skipif(connection.vendor == "sqlite", reason="only PostgreSQL has stand-by servers")
def test_a_database_that_takes_no_writes_is_not_ready_and_the_doctor_says_so(client: Client) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        answer = client.get("/readyz")
        with pytest.raises(doctor.Trouble, match="only lets itself be read"):
            doctor._database()
        transaction.set_rollback(True)

    assert (answer.status_code, answer.json()) == (503, {"status": "read-only database"})


def test_the_installation_is_ready_once_database_migrations_and_keys_are_in_order(
    client: Client, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "known", _unreadable)
        assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "keys"})
    MigrationRecorder(connection).record_unapplied("outbox", "0005_parcels_told_in_vietnamese")
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (
        503,
        {"status": "migrations"},
    )
    monkeypatch.setattr(connection, "cursor", _away)
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "database"})
    assert register.asked == register.probes == 0


def _unreadable() -> None:
    raise keyring.BadKeys("999085000001")


def _away() -> None:
    raise OperationalError("999085000001")


def rules() -> list[dict[str, Any]]:
    """Return the alert rules."""
    return list(yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"])


def test_every_figure_that_an_alert_looks_at_is_told(client: Client) -> None:
    given = set(re.findall(r"^# TYPE (\S+)", told(client), re.MULTILINE))
    assert given == {family.name for family in FAMILIES.values()}
    for rule in rules():
        wanted = set(re.findall(r"motcua_[a-z_]+", rule["expr"]))
        assert wanted or "up{" in rule["expr"]
        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in wanted} <= given, rule["alert"]


def test_what_is_counted_for_the_first_time_is_seen_to_rise() -> None:
    """An increase of each office or address, added up, leaves out the first one of each."""
    for rule in rules():
        assert not re.search(r"sum\b.*increase\(motcua_(checks|http_requests)_total", rule["expr"]), rule[
            "alert"
        ]


def test_an_installation_that_is_away_is_not_said_to_lack_back_ups() -> None:
    for rule in rules():
        if "absent(" in rule["expr"]:
            assert re.search(r"absent\(\w+\) and on \(\) max\(motcua_database_up\) == 1", rule["expr"])


def test_every_alert_says_in_vietnamese_what_is_wrong_and_which_page_helps() -> None:
    page = OPERATIONS.read_text(encoding="utf-8")
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^## (.+)$", page, re.MULTILINE)
    }
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 10
    for rule in rules():
        assert re.search(r"[àáảãạăâđèéẻẽẹêìíỉĩịòóỏõọôơùúủũụưỳýỷỹỵ]", rule["annotations"]["summary"])
        assert rule["annotations"]["runbook"].partition("#")[2] in heads, rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_monitor_page_and_doctor_say_the_same(client: Client, administrator_client: Client) -> None:
    now = timezone.now()
    Pause.objects.create(topic="email", since=now - timedelta(hours=1), until=now, problem="timeout")
    keep_sealed(now=now)
    record(name="product.started", now=now - timedelta(hours=4))

    text = told(client)
    page = administrator_client.get("/quan-tri/van-hanh/").context["parts"]
    probes = {part.name: part.probe for part in doctor.parts()}

    for one in page:
        assert value(text, "part_works", part=one.part) == one.works
        if one.part in probes:
            assert _works(probes[one.part]) == one.works, one.part
    assert {"outbox", "audit log"} <= {one.part for one in page if not one.works}
    assert {"background work", "outbox", "audit log", "back-ups"} <= probes.keys() & {
        one.part for one in page
    }


def _works(probe: Any) -> bool:
    try:
        probe()
    except doctor.Trouble:
        return False
    return True


def test_the_operators_page_says_of_each_part_how_it_stands_and_what_to_do(
    administrator_client: Client, register: ToldRegister
) -> None:
    now = timezone.now()
    Parcel.objects.create(topic="email", made_at=now, not_before=now, tries=12)
    Pause.objects.create(topic="email", since=now - timedelta(hours=1), until=now, problem="timeout")

    answer = administrator_client.get("/quan-tri/van-hanh/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "email: 1 tin đang chờ" in page
    assert "1 tin gửi nhiều lần chưa được" in page
    assert "⚠ Cần xử lý" in page
    assert "motcua outbox" in page
    assert "chưa sao lưu lần nào trên máy này" in page
    assert register.asked == register.probes == 0
    assert 'href="/quan-tri/van-hanh/"' in administrator_client.get("/quan-tri/").content.decode()


def test_the_operators_page_is_for_administrators_alone(
    client: Client, officer_client: Client, an_client: Client
) -> None:
    for browser in (client, officer_client, an_client):
        assert browser.get("/quan-tri/van-hanh/").status_code == 302
