"""`motcua doctor`: one line a part, and whoever reads that something is wrong reads what mends it."""

from __future__ import annotations

import json
import subprocess
import threading
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, Warning
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from motcua.audit import months
from motcua.audit.service import keep_sealed, record, seal
from motcua.config import couriers, doctor
from motcua.config.doctor import OFF, WORKS, WRONG, Finding, Part, Trouble, look_at
from motcua.dossiers.models import Recheck
from motcua.dossiers.service import run_next_recheck
from motcua.outbox.models import Parcel, Pause
from motcua.population.gateway import ping_claim
from motcua.sealing import keyring
from motcua.slips import typesetting
from tests.conftest import ToldRegister
from tests.dossiers.lives import received
from tests.people import cast
from tests.product_process import MOTCUA, environment


def said_of(name: str) -> str:
    """Return what the doctor says of a part that works. Raises Trouble when it does not."""
    return next(part for part in doctor.parts() if part.name == name).probe()


def trouble_of(name: str) -> str:
    """Return what the doctor says of a part that does not work."""
    with pytest.raises(Trouble) as found:
        said_of(name)
    return str(found.value)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Return an event that is set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_each_part_has_its_line_in_one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIP_SIGNING_KEY", raising=False)

    def is_broken() -> str:
        raise Trouble("MOTCUA_STATE: it is full.\nMake room.")

    found = look_at(
        [
            Part("first", lambda: "fine"),
            Part("second", lambda: "unseen", ("SLIP_SIGNING_KEY", "SLIP_SIGNING_FOLDER")),
            Part("the third of them", is_broken),
        ]
    )

    assert [str(one) for one in found] == [
        "works  first                fine",
        "off    second               set SLIP_SIGNING_KEY or SLIP_SIGNING_FOLDER to switch it on",
        "WRONG  the third of them    MOTCUA_STATE: it is full. Make room.",
    ]


def test_the_operators_page_says_of_each_part_when_it_works() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("## Doctor")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    told = {name.strip() for row in rows for name in row.split(";")}
    assert {part.name for part in doctor.parts()} <= told


def test_a_part_that_hangs_keeps_nobody_waiting(released: threading.Event) -> None:
    def hangs() -> str:
        released.wait()
        return "at last"

    found = look_at([Part("slow", hangs, seconds=0.1), Part("quick", lambda: "fine")])

    assert [one.state for one in found] == [WRONG, WORKS]
    assert found[0].text == "no answer within 0.1 s"


def test_without_its_database_nothing_is_looked_at_that_needs_it() -> None:
    looked_at = []

    def away() -> str:
        raise Trouble("DATABASE_URL: it cannot be used. Start it, or mend the variable.")

    def looks() -> str:
        looked_at.append("keys")
        return "fine"

    found = look_at(
        [
            Part("keys", looks, needs_database=True),
            Part(doctor.DATABASE, away),
            Part("state folder", lambda: "fine"),
        ]
    )

    assert [(one.part, one.state) for one in found] == [
        ("keys", WRONG),
        (doctor.DATABASE, WRONG),
        ("state folder", WORKS),
    ]
    assert found[0].text == "needs the database: see there"
    assert looked_at == []


def test_what_nobody_foresaw_is_told_without_its_words() -> None:
    def fails() -> str:
        raise ValueError(f"{cast.an.full_name} {cast.an.number}")

    assert look_at([Part("odd", fails)]) == [Finding("odd", WRONG, "cannot be looked at (ValueError)")]


@pytest.mark.parametrize(("states", "code"), [((WORKS, OFF), 0), ((WORKS, WRONG), 1)])
@pytest.mark.parametrize("as_json", [False, True])
def test_the_exit_code_says_whether_something_is_wrong(
    states: tuple[str, ...],
    code: int,
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [Finding("part", state, "words") for state in states]
    monkeypatch.setattr(doctor, "examine", lambda: found)

    assert doctor.run(Namespace(as_json=as_json)) == code

    told = capsys.readouterr().out
    if as_json:
        assert json.loads(told) == [{"part": "part", "state": one, "text": "words"} for one in states]
    else:
        assert told.splitlines() == [str(one) for one in found]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MOTCUA_PORT", "eight"), ("MOTCUA_STATE", "/dev/null/no"), ("NPD_TRANSPORT", "pigeon")],
)
def test_a_setting_that_cannot_be_read_is_named(variable: str, value: str, tmp_path: Path) -> None:
    variables = environment(**{"MOTCUA_STATE": str(tmp_path), "NPD_TOTAL_SECONDS": "1", variable: value})

    done = subprocess.run([MOTCUA, "doctor"], env=variables, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith("WRONG  settings")
    assert variable in first


def test_settings_that_were_refused_are_told_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[CheckMessage] = [Warning("a certificate ends soon")]
    monkeypatch.setattr("django.core.checks.run_checks", lambda: told)
    assert said_of("settings") == "MOTCUA_MODE=trial, 1 warnings: motcua check"

    told.append(Error("NPD_SECRET is the sandbox's.", hint="Set NPD_SECRET."))

    assert trouble_of("settings") == "NPD_SECRET is the sandbox's. Set NPD_SECRET."


@pytest.mark.django_db
def test_a_database_behind_the_product_is_told_with_what_brings_it_up() -> None:
    assert said_of("database").endswith("all migrations applied")
    MigrationRecorder(connection).record_unapplied("outbox", "0005_parcels_told_in_vietnamese")

    assert "motcua migrate" in trouble_of("database")


def test_a_state_folder_that_is_gone_or_full_is_told(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATE = tmp_path
    assert "GB free" in said_of("state folder")
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=3 * 1024**2))
    assert "MOTCUA_STATE: only 3 MB" in trouble_of("state folder")
    settings.STATE = tmp_path / "gone"
    assert trouble_of("state folder").startswith("MOTCUA_STATE")


@pytest.mark.django_db
def test_keys_that_others_can_read_or_that_cannot_be_read_are_told(settings: Any, tmp_path: Path) -> None:
    settings.STATE, settings.SEALING_KEYS = tmp_path, ""
    settings.SEALING_KEYS_FILE = tmp_path / "sealing.keys"
    keyring.make_first_key(settings.SEALING_KEYS_FILE)
    assert "seals" in said_of("keys")

    settings.SEALING_KEYS_FILE.chmod(0o644)

    assert "chmod 600" in trouble_of("keys")


@pytest.mark.django_db
def test_an_audit_log_whose_heads_are_lost_is_told(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    record(name="product.started", now=timezone.now())
    keep_sealed(now=timezone.now())
    assert said_of("audit log").startswith("sealed up to batch")

    settings.AUDIT_HEADS.unlink()

    assert "motcua audit resume" in trouble_of("audit log")


@pytest.mark.django_db
def test_a_month_of_the_log_that_is_not_ready_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        assert said_of("months of the log") == "SQLite keeps one table for all"
        return
    assert f"the last one is {months.partitions()[-1]:%m/%Y}" in said_of("months of the log")

    missing = months.partitions()[-1]
    monkeypatch.setattr("motcua.audit.months.partitions", lambda: [missing])
    assert "has no table, its events go to the table for the rest" in trouble_of("months of the log")


@pytest.mark.django_db
def test_a_later_check_that_nobody_asks_tells_that_the_work_does_not_run(
    catalogue: None, officer: Any, register: ToldRegister
) -> None:
    assert said_of("background work") == "nothing waits"
    received(officer, by_hand_reason="unanswered")
    assert "a later check" in said_of("background work")

    Recheck.objects.update(not_before=timezone.now() - timedelta(minutes=30))

    assert "motcua work" in trouble_of("background work")


@pytest.mark.django_db
def test_much_that_is_caught_up_with_after_an_outage_is_no_work_that_does_not_run(
    catalogue: None, officer: Any, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "couriers", lambda: {"other": lambda load: None})
    now = timezone.now()
    for _ in range(2):
        received(officer, by_hand_reason="unanswered")
    Recheck.objects.update(not_before=now - timedelta(hours=5), queued_at=now - timedelta(hours=5))
    assert "a later check is due for 5 h" in trouble_of("background work")

    assert run_next_recheck(now=now)

    assert "5 h" not in said_of("background work")
    Recheck.objects.all().delete()
    long_ago = now - timedelta(hours=5)
    for _ in range(2):
        sent = Parcel.objects.create(topic="other", made_at=long_ago, not_before=long_ago)
    assert "a parcel for another system is due for 5 h" in trouble_of("background work")

    Parcel.objects.filter(pk=sent.pk).update(leased_until=now + timedelta(seconds=60))

    assert said_of("background work") == "nothing waits"


@pytest.mark.django_db
def test_a_register_that_does_not_answer_is_told_with_its_variables(register: ToldRegister) -> None:
    assert "nobody, as it should" in said_of("register")

    register.is_down()

    assert "NPD_URL" in trouble_of("register")


@pytest.mark.django_db
def test_somebody_under_the_number_of_nobody_is_told(register: ToldRegister) -> None:
    claim = ping_claim(cast.hanh.number)
    somebody = replace(
        cast.records[0],
        personal_number=cast.hanh.number,
        old_card_number="",
        full_name=claim.full_name.upper(),
        birth_date=claim.birth_date,
    )
    register.says(cast.hanh, somebody)

    assert "NPD_PING_NUMBER" in trouble_of("register")


def test_a_store_that_keeps_nothing_is_told(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert said_of("paper store").startswith("disk")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_ROOT = tmp_path / "file"

    assert "MOTCUA_STATE" in trouble_of("paper store")


def test_a_typesetter_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_of("slips").startswith("a page was set")
    monkeypatch.setattr(typesetting.sys, "executable", "/bin/false")

    assert "requirements.lock" in trouble_of("slips")


def test_a_key_for_slips_that_is_not_there_is_told(settings: Any, tmp_path: Path) -> None:
    settings.SLIP_SIGNING = dict.fromkeys(settings.SLIP_SIGNING, "") | {
        "SLIP_SIGNING_KEY": str(tmp_path / "none.p12")
    }
    assert "SLIP_SIGNING_KEY" in trouble_of("slips, signing")

    settings.SLIP_SIGNING |= {"SLIP_SIGNING_KEY": "", "SLIP_SIGNING_FOLDER": str(tmp_path)}

    assert "SLIP_SIGNING_FOLDER" in trouble_of("slips, signing")


@pytest.mark.django_db
def test_another_system_out_of_reach_is_told_with_what_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "couriers", dict)
    assert said_of("outbox").startswith("no other system")
    now = timezone.now()
    Parcel.objects.create(topic="mail", content="{}", made_at=now, not_before=now)
    monkeypatch.setattr(couriers, "couriers", lambda: {"mail": lambda load: None})
    assert said_of("outbox") == "mail: 1 wait"

    Pause.objects.create(topic="mail", since=now, until=now, problem="ConnectionRefusedError")

    here = timezone.localtime(now)  # as motcua outbox and motcua npd lines say it
    assert trouble_of("outbox").startswith(f"mail cannot be reached since {here:%d/%m/%Y %H:%M} (")


def test_static_files_that_were_never_collected_are_told(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path

    assert "motcua collectstatic" in trouble_of("static files")


@pytest.mark.django_db
def test_a_clock_that_runs_behind_the_log_is_told() -> None:
    assert "Asia/Ho_Chi_Minh" in said_of("clock")
    record(name="product.started", now=timezone.now() + timedelta(hours=3))

    assert "NTP" in trouble_of("clock")


@pytest.mark.django_db
def test_a_clock_that_is_years_ahead_of_the_log_is_told(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = tmp_path / "heads.jsonl"
    record(name="product.started", now=timezone.now() - timedelta(days=400))
    seal(now=timezone.now() - timedelta(days=400))

    assert "ahead of what was sealed" in trouble_of("clock")
