"""The work that waits: it goes on whatever happens, and ends when asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from motcua.config import work
from motcua.config.serve import gunicorn_command
from motcua.dossiers.files.scanning import ScannerAway
from motcua.web.places import Places, behind
from tests.product_process import eventually

MOTCUA = Path(sys.executable).with_name("motcua")


class Stop:
    """Ends the work after so many pauses and keeps how long they were to be; nobody really waits."""

    def __init__(self, pauses: int) -> None:
        self.pauses: list[float] = []
        self._most = pauses

    def is_set(self) -> bool:
        return len(self.pauses) >= self._most

    def wait(self, timeout: float) -> bool:
        self.pauses.append(timeout)
        return self.is_set()


class Database:
    """Counts how often its connection is given back."""

    vendor = "sqlite"
    closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def database() -> Database:
    """Return the database as the work sees it."""
    return Database()


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[object]:
    """Say what each look finds: True for a ticket taken, the seconds until it is anybody's turn, or what goes wrong.

    Nothing is due once the list is empty.
    """
    found: list[object] = []
    waits: list[float] = []

    def look(*, now: object) -> bool:
        next_one = found.pop(0) if found else False
        if isinstance(next_one, Exception):
            raise next_one
        if next_one:
            waits.append(0.0 if next_one is True else next_one)  # the one after a ticket is due at once
        return next_one is True

    monkeypatch.setattr("motcua.dossiers.service.run_next_recheck", look)
    monkeypatch.setattr(
        "motcua.dossiers.service.seconds_to_next_recheck", lambda *, now: waits.pop() if waits else None
    )
    monkeypatch.setattr("motcua.dossiers.service.send_reminders", lambda *, now: 0)
    monkeypatch.setattr("motcua.oversight.balancing.run_due_balance", lambda *, now: False)
    monkeypatch.setattr("motcua.audit.service.keep_ahead", lambda *, now: True)
    monkeypatch.setattr("motcua.audit.service.keep_sealed", lambda *, now: None)
    monkeypatch.setattr("motcua.config.retention.erase_once_a_day", lambda *, now: None)
    monkeypatch.setattr("motcua.config.retention.erase_short_lived", lambda *, now: None)
    monkeypatch.setattr("motcua.audit.service.clock_in_doubt", lambda *, now: "")
    monkeypatch.setattr(work, "connection", database)
    return found


def test_it_goes_on_at_once_after_a_ticket_and_looks_rarely_when_nothing_is_due(did: list[object]) -> None:
    did += [True, True, False, True]
    stop = Stop(5)
    work.work(stop)

    assert stop.pauses == [0.0, 0.0, 2.0, 0.0, 2.0]


def test_when_a_ticket_is_due_it_rests_only_until_the_next_turn(did: list[object]) -> None:
    did += [0.02, True, 0.5, 45.0]
    stop = Stop(4)
    work.work(stop)

    assert stop.pauses == [0.02, 0.0, 0.5, 2.0]


def test_a_database_that_is_away_is_told_and_tried_again_more_and_more_rarely(
    did: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    did += [OperationalError("the server closed the connection")] * 7 + [ValueError("a mistake"), True]
    stop = Stop(10)
    with caplog.at_level("ERROR", logger="motcua.work"):
        work.work(stop)

    assert stop.pauses == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0, 0.0, 2.0]
    assert caplog.text.count("work.failed error=OperationalError") == 7


def test_the_log_is_sealed_at_its_pace_and_not_at_every_look(
    did: list[object], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sealed: list[object] = []
    monkeypatch.setattr("motcua.audit.service.keep_sealed", lambda *, now: sealed.append(now))
    monkeypatch.setattr(work, "_seal_at", 0.0)
    settings.AUDIT_SEAL_SECONDS = 600
    did += [True, True, False]
    work.work(Stop(3))
    assert len(sealed) == 1

    monkeypatch.setattr(work, "_seal_at", 0.0)
    work.work(Stop(1))
    assert len(sealed) == 2


def test_the_log_s_months_are_made_ready_once_a_day_and_soon_again_where_that_failed(
    did: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, looks, is_ready = [1000.0], [], [True]

    def keep_ahead(*, now: object) -> bool:
        looks.append(clock[0])
        return is_ready[0]

    monkeypatch.setattr("motcua.audit.service.keep_ahead", keep_ahead)
    monkeypatch.setattr(work.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(work, "_months_at", 0.0)
    for clock[0] in (1000.0, 1002.0, 87_000.0):
        work._keep_months(timezone.now())
    assert looks == [1000.0]

    is_ready[0] = False
    for clock[0] in (87_400.0, 87_500.0, 87_700.0):
        work._keep_months(timezone.now())
    assert looks == [1000.0, 87_400.0, 87_700.0]


def test_an_absent_scanner_is_asked_more_and_more_rarely(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CLAMD_ADDRESS = "/nowhere"
    clock, asked, is_away = [1000.0], [], [True]

    def scan_next(*, now: object) -> bool:
        asked.append(clock[0])
        if is_away[0]:
            raise ScannerAway("connection refused")
        return False

    monkeypatch.setattr("motcua.dossiers.files.scanning.scan_next", scan_next)
    monkeypatch.setattr("motcua.outbox.service.bring_next", lambda *, couriers, now: False)
    monkeypatch.setattr(work.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(work, "_scan_at", 0.0)
    monkeypatch.setattr(work, "_scan_failures", 0)
    for _look in range(62):
        assert work._look_at_papers() == 2.0
        clock[0] += 2.0
    assert [one - asked[0] for one in asked] == [0.0, 4.0, 12.0, 28.0, 60.0, 120.0]

    is_away[0] = False
    clock[0] += 60.0
    for _look in range(3):
        work._look_at_papers()
        clock[0] += 2.0
    assert len(asked) == 9


def test_its_place_in_the_pool_of_postgresql_is_free_while_it_rests(
    did: list[object], database: Database
) -> None:
    database.vendor = "postgresql"
    did += [True, True, False]
    work.work(Stop(3))

    assert database.closed == 2


def test_it_ends_when_nobody_wants_it_any_more(did: list[object]) -> None:
    wanted = [True, True, False]
    stop = Stop(100)
    work.work(stop, lambda: wanted.pop(0))

    assert len(stop.pauses) == 2


@pytest.mark.parametrize(("place", "is_begun"), [("inside", True), ("apart", False)])
def test_a_web_worker_works_only_if_it_is_to_be_done_inside(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, place: str, is_begun: bool
) -> None:
    settings.MOTCUA_WORK = place
    begun: list[object] = []
    monkeypatch.setattr(work, "_threads", [])
    monkeypatch.setattr(work, "_stop", work.threading.Event())
    monkeypatch.setattr(work, "work", lambda stop, is_wanted, turn: begun.append(is_wanted()))
    work.post_worker_init(SimpleNamespace(alive=True, places=Places(1)))
    work.worker_exit(None, None)

    assert bool(begun) == is_begun
    assert work._stop.is_set()


def test_between_requests_alone_is_anything_done_inside_a_web_worker(did: list[object]) -> None:
    places = Places(1)
    places.enter(0.0)
    stop = Stop(1)
    did += [True]

    def works() -> None:
        with behind(places):
            work.work(stop)

    thread = threading.Thread(target=works)
    thread.start()
    eventually(lambda: places._behind, "the work to step back")
    assert did == [True]

    places.leave(0.1)
    thread.join(20)
    assert did == []


def test_reminders_are_looked_for_no_more_often_because_many_tickets_follow_each_other(
    did: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    monkeypatch.setattr("motcua.dossiers.service.send_reminders", lambda *, now: looks.append(now))
    monkeypatch.setattr(work, "_house_at", 0.0)
    did += [True] * 5
    work.work(Stop(5))

    assert len(looks) == 1


def test_the_server_is_told_of_the_hooks() -> None:
    command = gunicorn_command()

    assert command[command.index("--config") + 1] == "python:motcua.config.work"


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_asked_to(tmp_path: Path, sign: signal.Signals) -> None:
    with subprocess.Popen(
        [MOTCUA, "work"],
        env={**os.environ, "MOTCUA_STATE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "motcua.config.settings"},
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        told = ""
        while "work.began" not in told:
            told = program.stderr.readline()
            assert told, "the command ended before it began"
        program.send_signal(sign)
        assert program.wait(20) == 0
