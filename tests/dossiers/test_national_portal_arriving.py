"""Messages on their way to a real stand-in portal: each arrives once and in its order, whatever happens between."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.config.couriers import couriers
from motcua.dossiers import national_portal
from motcua.dossiers.models import Dossier
from motcua.dossiers.steps import go
from motcua.outbox import posting
from motcua.outbox.models import Parcel, Pause
from motcua.outbox.service import Load, bring_next
from motcua.oversight.sending_again import Again, send_given_up_again
from tests.dossiers.lives import received
from tests.sandbox_process import SandboxProcess, start_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
NOW = timezone.now() + timedelta(hours=1)  # later than whatever a test writes down


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    sandbox = start_sandbox(tmp_path_factory.mktemp("portal"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def portal(running: SandboxProcess, settings: Settings) -> SandboxProcess:
    """Return a stand-in portal in order, with nothing in it, and the product set to it."""
    running.reset()
    running.control("DELETE", "portal")
    settings.NATIONAL_PORTAL_URL = f"{running.url}/cong-quoc-gia/tiep-nhan"
    settings.NATIONAL_PORTAL_UNIT = "H23"
    settings.NATIONAL_PORTAL_TOKEN = "sbx-portal-1"
    return running


def arrived(portal: SandboxProcess) -> list[dict[str, Any]]:
    """Return the messages in the order of their arrival."""
    found: list[dict[str, Any]] = portal.control("GET", "portal")["messages"]
    return found


OURS = Parcel.objects.filter(topic=national_portal.TOPIC)


def bring(at: datetime = NOW, *, most: int = 100) -> int:
    tries = 0
    while tries < most and bring_next(couriers={national_portal.TOPIC: national_portal.bring}, now=at):
        tries += 1
    return tries


def again() -> Again:
    """Have an operator send again whatever was given up."""
    return send_given_up_again(OURS, by=None, now=NOW)


def insist_all_arrived(portal: SandboxProcess) -> None:
    """Insist that every parcel arrived, once, and each dossier's in their order."""
    assert not OURS.filter(Parcel.WAITING).exists()
    by_dossier: dict[str, list[int]] = {}
    for message in arrived(portal):
        by_dossier.setdefault(message["dossier"], []).append(message["number"])
        assert not message["is_late"]
    for numbers in by_dossier.values():
        assert numbers == list(range(1, len(numbers) + 1))
    sent = {str(one) for one in OURS.values_list("message_id", flat=True)}
    assert sent == {message["id"] for message in arrived(portal)}


@pytest.fixture
def official(officer: User) -> User:
    """Return Lan, who for once does everybody's work."""
    officer.also_roles = ["specialist", "leader"]
    officer.save()
    return officer


@pytest.fixture
def dossiers(portal: SandboxProcess, officer: User) -> list[Dossier]:
    """Return two dossiers that were received and withdrawn, of which the portal knows nothing yet."""
    made = [received(officer) for _ in range(2)]
    for dossier in made:
        go(dossier=dossier, move="withdraw", by=officer, now=NOW, reason="Thôi")
    return made


def test_what_is_told_is_taken_as_it_was_told(portal: SandboxProcess, dossiers: list[Dossier]) -> None:
    assert bring() == 12
    insist_all_arrived(portal)
    mine = [one for one in arrived(portal) if one["dossier"] == dossiers[0].code]
    assert [one["service"] for one in mine] == [
        "DongBoHoSoMC",
        "DongBoTrangThaiHoSo",
        "CapNhatTienDoHoSoMC",
    ] * 2
    assert mine[4]["data"]["TrangThai"] == "7"
    assert set(OURS.values_list("problem", flat=True)) == {""}


@pytest.mark.parametrize("kind", ["unavailable_503", "html_502", "unauthorized_401", "redirect_302"])
def test_while_the_portal_is_away_everything_waits_and_then_arrives_in_order(
    portal: SandboxProcess, dossiers: list[Dossier], kind: str
) -> None:
    portal.trouble(kind, at="portal")
    for minute in range(5):
        bring(NOW + timedelta(minutes=minute))
    assert arrived(portal) == []
    assert OURS.filter(given_up_at__isnull=False).count() == 0
    assert Pause.objects.get().topic == "portal"

    portal.clear()
    bring(NOW + timedelta(minutes=20))
    insist_all_arrived(portal)
    assert not Pause.objects.exists()


@pytest.mark.parametrize("kind", ["fault_500", "html_200", "empty_body"])
def test_a_portal_that_answers_and_takes_nothing_for_a_day_loses_nothing(
    portal: SandboxProcess, dossiers: list[Dossier], kind: str
) -> None:
    portal.trouble(kind, at="portal")
    for half_hour in range(48):
        bring(NOW + timedelta(minutes=30 * half_hour))
    assert not OURS.filter(given_up_at__isnull=False).exists()

    portal.clear()
    bring(NOW + timedelta(days=2))
    insist_all_arrived(portal)


def test_while_nobody_listens_everything_waits(
    portal: SandboxProcess, dossiers: list[Dossier], settings: Settings
) -> None:
    right, settings.NATIONAL_PORTAL_URL = settings.NATIONAL_PORTAL_URL, "http://127.0.0.1:9/"
    assert bring() == 1
    settings.NATIONAL_PORTAL_URL = right
    bring(NOW + timedelta(minutes=1))
    insist_all_arrived(portal)


@pytest.mark.parametrize("kind", ["reset", "half_body", "empty_body", "fault_500"])
def test_what_was_taken_though_the_answer_was_lost_is_entered_once(
    portal: SandboxProcess, dossiers: list[Dossier], kind: str
) -> None:
    portal.trouble(kind, at="portal", next=1)
    bring()
    lost = {"reset": 1, "half_body": 1}.get(kind, 0)
    assert len(arrived(portal)) == (lost if lost else 6)

    bring(NOW + timedelta(minutes=1))
    insist_all_arrived(portal)
    assert sum(message["repeats"] for message in arrived(portal)) == lost


def test_an_answer_that_does_not_come_in_time_counts_as_none(
    portal: SandboxProcess, dossiers: list[Dossier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "_TOTAL", 0.3)
    portal.trouble("delay", at="portal", seconds=2, next=1)
    assert bring() == 1
    monkeypatch.undo()
    bring(NOW + timedelta(minutes=1))
    insist_all_arrived(portal)


def test_a_gap_is_noticed_on_both_sides_and_filled_by_sending_again(
    portal: SandboxProcess, officer: User
) -> None:
    received(officer)
    lost = OURS.get(number=2)
    Parcel.objects.filter(pk=lost.pk).update(given_up_at=NOW, problem="status_422")
    bring()
    assert [message["number"] for message in arrived(portal)] == [1, 3]
    assert OURS.get(number=3).problem == "gap: 1 from 2"

    again()
    bring()
    assert [(one["number"], one["is_late"]) for one in arrived(portal)] == [
        *((1, False), (3, False), (2, True), (4, False), (5, False))
    ]
    assert [one["service"] for one in arrived(portal)[3:]] == ["DongBoHoSoMC", "DongBoTrangThaiHoSo"]
    assert OURS.get(number=5).problem == ""


def shown_status(portal: SandboxProcess) -> list[str]:
    """Return what the portal's page shows as the status of its dossiers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{portal.url}/_admin/cong-quoc-gia/", timeout=10) as page:
        return re.findall(r'<strong lang="vi">(\d+) ·', page.read().decode())


def test_what_is_sent_again_after_later_ones_were_taken_leaves_the_portal_with_how_the_dossier_stands(
    portal: SandboxProcess, official: User
) -> None:
    dossier = received(official)
    bring()
    go(dossier=dossier, move="process", by=official, now=NOW)
    OURS.filter(Parcel.WAITING).update(given_up_at=NOW, problem="status_422")
    go(dossier=dossier, move="withdraw", by=official, now=NOW + timedelta(minutes=1), reason="Thôi")
    bring(NOW + timedelta(minutes=1))
    assert shown_status(portal) == ["7"]

    assert again() == Again(sent=2)
    bring(NOW + timedelta(minutes=1))
    assert not OURS.filter(Parcel.WAITING | Parcel.GIVEN_UP).exists()
    late = [one["number"] for one in arrived(portal) if one["is_late"]]
    assert late == [4, 5], "it is told, though late: nothing is missing"
    last = arrived(portal)[-1]["data"]
    assert last["TrangThai"] == "7"
    assert last["NgayXuLy"] == f"{timezone.localtime(NOW + timedelta(minutes=1)):%Y%m%d%H%M%S}"
    assert shown_status(portal) == ["7"]


def test_what_is_sent_again_before_anything_later_was_told_needs_nothing_behind_it(
    portal: SandboxProcess, officer: User
) -> None:
    received(officer)
    OURS.update(given_up_at=NOW, problem="too_late")
    assert again() == Again(sent=3)
    bring()
    insist_all_arrived(portal)
    assert len(arrived(portal)) == 3


def test_a_later_message_that_another_worker_is_sending_counts_as_told(
    portal: SandboxProcess, officer: User
) -> None:
    received(officer)
    OURS.filter(number=1).update(given_up_at=NOW, problem="status_422")

    def meanwhile(load: Load) -> str | None:
        again()
        return national_portal.bring(load)

    bring_next(couriers={national_portal.TOPIC: meanwhile}, now=NOW)
    bring()
    assert [one["number"] for one in arrived(portal)] == [2, 1, 3, 4, 5]


def test_the_series_of_a_dossier_that_is_gone_is_only_sent(portal: SandboxProcess, officer: User) -> None:
    received(officer)
    OURS.update(about=str(uuid4()))
    OURS.filter(number=1).update(given_up_at=NOW, problem="status_422")
    bring()
    assert again() == Again(sent=1)
    bring()
    assert [one["number"] for one in arrived(portal)] == [2, 3, 1]


def test_a_message_that_the_portal_cannot_read_is_given_up_and_holds_nothing_back(
    portal: SandboxProcess, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(dossier: Dossier, *, at: datetime) -> dict[str, Any]:
        return {"MaHoSo": dossier.code, "TrangThai": "11", "NgayXuLy": ""}

    monkeypatch.setattr(national_portal, "status_message", broken)
    received(officer)
    bring()
    assert OURS.get(number=2).problem == "status_422"
    assert [message["number"] for message in arrived(portal)] == [1, 3]


class TestProbing:
    """What ``doctor`` is told."""

    def test_a_portal_that_answers_is_named(self, portal: SandboxProcess) -> None:
        assert national_portal.probe() == f"takes messages at {portal.url}"

    def test_a_wrong_token_is_named_and_not_shown(self, portal: SandboxProcess, settings: Settings) -> None:
        settings.NATIONAL_PORTAL_TOKEN = "wrong-token"
        with pytest.raises(RuntimeError, match="NATIONAL_PORTAL_TOKEN is not accepted") as raised:
            national_portal.probe()
        assert "wrong-token" not in str(raised.value)

    def test_an_outage_is_named(self, portal: SandboxProcess) -> None:
        portal.trouble("unavailable_503", at="portal")
        with pytest.raises(RuntimeError, match="status_503"):
            national_portal.probe()

    def test_no_portal_is_no_mistake(self, settings: Settings) -> None:
        settings.NATIONAL_PORTAL_URL = ""
        assert national_portal.probe().startswith("off")
        assert national_portal.TOPIC not in couriers()
