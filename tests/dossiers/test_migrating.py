"""An installation with dossiers and messages of the time before tickets comes through the migrations whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from motcua.accounts.models import Citizen, Notice, User
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import named, run_next_recheck
from motcua.sealing import digest, seal, unseal
from tests.conftest import ToldRegister, raw
from tests.own_database import own_database
from tests.people import FIRST_OFFICE, cast

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BEFORE = [("accounts", "0002_initial"), ("procedures", "0001_initial"), ("dossiers", "0001_initial")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Bring the database to a state; return the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


@pytest.fixture
def latest(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """Leave the database of all other tests alone."""
    with own_database(tmp_path, is_empty=False):
        yield


@pytest.fixture
def before(transactional_db: None, tmp_path: Path) -> Iterator[Any]:
    """Return the models as they were, with a database of that time."""
    with own_database(tmp_path, is_empty=True):
        yield migrate(BEFORE)


def test_old_messages_find_their_readers_and_old_dossiers_get_tickets(
    before: Any, register: ToldRegister
) -> None:
    apps, now = before, NOW
    old = {name: apps.get_model("accounts", name) for name in ("Office", "User", "Citizen", "Notice")}
    office = old["Office"].objects.create(code=FIRST_OFFICE, name="Bộ phận Một cửa")
    officer = old["User"].objects.create(login="lan", role="officer", full_name="Bùi Thị Lan", office=office)
    owner = old["User"].objects.create(login="c-1", full_name=cast.an.full_name)
    citizen = old["Citizen"].objects.create(
        user=owner, full_name=cast.an.full_name, number_digest="d", number_sealed=b"", birth=cast.an.born
    )
    old["Notice"].objects.create(citizen=citizen, text="Đã nộp hồ sơ.", created_at=now)
    procedure = apps.get_model("procedures", "Procedure").objects.create(
        code="1.001193", name="Đăng ký khai sinh", sector="Hộ tịch", agency="UBND", service_level="toàn trình"
    )
    for place, reason in enumerate(("unanswered", "rejected")):
        apps.get_model("dossiers", "Dossier").objects.create(
            code=f"H-261120-000{place}",
            procedure=procedure,
            office=office,
            channel=1,
            status=2,
            by_hand_reason=reason,
            applicant_name=cast.an.full_name,
            applicant_birth=cast.an.born,
            applicant_number_sealed=seal("applicant_number", cast.an.number),
            applicant_number_digest=digest("number", cast.an.number),
            created_at=now,
            saved_at=now,
            received_at=now,
            received_by=officer,
        )

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert Notice.objects.get().user.login == "c-1"
    waiting, looked_at = Dossier.objects.order_by("code")
    assert (waiting.applicant_name, waiting.applicant_birth) == (cast.an.full_name, cast.an.born)
    assert cast.an.born.encode() not in raw(waiting, "applicant_birth")
    assert set(named(offices=[waiting.office_id], text="nguyen an", most=9)) == {waiting.pk, looked_at.pk}
    assert Citizen.objects.get().full_name == User.objects.get(login="c-1").full_name == cast.an.full_name
    assert [
        (step.move, step.at, step.actor.login, step.office_id)
        for step in waiting.steps.select_related("actor")
    ] == [("receive", now, "lan", waiting.office_id)]
    assert (waiting.revision.number, waiting.revision.name) == (1, "Đăng ký khai sinh")
    assert waiting.holder_office_id == waiting.office_id
    assert (waiting.is_decision_barred, looked_at.is_decision_barred) == (True, False)
    lan = User.objects.get(login="lan")
    lan.officer_number = cast.lan.number
    lan.save()
    assert run_next_recheck(now=NOW)
    assert not run_next_recheck(now=datetime(2026, 11, 21, tzinfo=UTC))
    waiting.refresh_from_db()
    assert waiting.is_identity_verified


def test_the_way_back_opens_what_was_sealed(latest: Any, citizen_an: Citizen, officer: User) -> None:
    number = citizen_an.number_digits
    old = migrate(
        [("accounts", "0005_notice_without_citizen"), ("dossiers", "0004_no_decision_while_barred")]
    )

    citizen = old.get_model("accounts", "Citizen").objects.get(pk=citizen_an.pk)
    assert (citizen.full_name, citizen.birth) == (cast.an.full_name, cast.an.born)
    assert unseal("citizen_number", citizen.number_sealed) == number
    assert old.get_model("accounts", "User").objects.get(login="lan").full_name == officer.full_name
