"""The command: another database, wrong settings, a clean end."""

import http.client
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from npdsandbox.matching import name_key
from npdsandbox.people import generate
from tests.postgres import private_cluster, programs
from tests.sandbox.callers import AN, LOOKUP, ask, c06_headers, envelope, send
from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_the_register_works_on_postgresql(tmp_path: Path) -> None:
    with private_cluster() as url:
        subprocess.run(
            [sys.executable, "-m", "npdsandbox", "seed", "--people", "200"],
            env={**os.environ, "NPDSANDBOX_STATE": str(tmp_path), "NPDSANDBOX_DATABASE_URL": url}, check=True,
        )  # fmt: skip
        sandbox = start_sandbox(tmp_path, NPDSANDBOX_DATABASE_URL=url)
        try:
            assert ask(sandbox).found_name == "NGUYỄN VĂN AN"
            person = next(record for record in generate(200, seed=1) if len(record.birth_date) > 4)
            fields = {**AN, "SoDinhDanh": person.personal_number, "HoVaTen": name_key(person.full_name)}
            reply = ask(sandbox, {**fields, "NgayThangNam": person.birth_date})
            assert reply.found_name == person.full_name.upper()
        finally:
            assert sandbox.stop() == 0
        assert not (tmp_path / "npdsandbox.sqlite3").exists()


def test_a_database_address_that_makes_no_sense_stops_the_start_and_says_why(tmp_path: Path) -> None:
    for name, value in (("NPDSANDBOX_DATABASE_URL", "mysql://x/y"), ("NPDSANDBOX_PORT", "eight")):
        done = subprocess.run(
            [sys.executable, "-m", "npdsandbox", "serve"],
            env={"NPDSANDBOX_STATE": str(tmp_path), name: value}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert done.stderr.startswith(f"{name}: expected")


@pytest.mark.parametrize("name", ["NPDSANDBOX_STATE", "NPDSANDBOX_DATABASE_URL"])
def test_a_place_for_the_people_that_cannot_be_used_stops_the_start_and_is_named(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    password = "geheim"
    wrong = {
        "NPDSANDBOX_STATE": str(tmp_path / "file"),
        "NPDSANDBOX_DATABASE_URL": f"postgresql://u:{password}@127.0.0.1:1/x",
    }
    done = subprocess.run(
        [sys.executable, "-m", "npdsandbox", "seed", "--people", "1"],
        env={**os.environ, "NPDSANDBOX_STATE": str(tmp_path / "state"), name: wrong[name]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(name)
    assert "Traceback" not in done.stderr
    assert password not in done.stderr


def test_a_busy_port_stops_the_start_and_names_the_setting(sandbox: SandboxProcess, tmp_path: Path) -> None:
    port = sandbox.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "npdsandbox", "serve", "--port", port],
        env={"NPDSANDBOX_STATE": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "NPDSANDBOX_PORT" in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_though_calls_are_held_back_and_keeps_its_people(
    tmp_path: Path, ending: signal.Signals
) -> None:
    first = start_sandbox(tmp_path)
    try:
        first.trouble("no_answer")
        address = urlsplit(first.url)
        held = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        held.request(
            "POST", f"/c06/{LOOKUP}", body=envelope(AN), headers={"Content-Type": "text/xml", **c06_headers()}
        )
        first.process.send_signal(ending)
        assert first.process.wait(timeout=20) == 0
        held.close()
    finally:
        first.stop()
    assert (tmp_path / "sandbox.log").read_text() == ""
    second = start_sandbox(tmp_path)
    try:
        assert second.control("GET", "trouble") == {"troubles": []}
        assert ask(second).found_name == "NGUYỄN VĂN AN"
    finally:
        assert second.stop() == 0


def test_a_broken_database_is_a_fault_and_never_nobody(tmp_path: Path) -> None:
    sandbox = start_sandbox(tmp_path)
    try:
        with closing(sqlite3.connect(tmp_path / "npdsandbox.sqlite3")) as database:
            database.execute("ALTER TABLE npdsandbox_citizen RENAME TO gone")
        reply = ask(sandbox)
        assert (reply.status, reply.fault) == (500, "SBX.DATABASE")
        assert send(sandbox, b"", path="/healthz", method="GET", headers={}).status == 503
    finally:
        sandbox.stop()
    log = (tmp_path / "sandbox.log").read_text()
    assert "OperationalError" in log
    assert "999085000001" not in log


def test_the_table_and_its_migration_agree(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "npdsandbox", "manage", "makemigrations", "--check", "--dry-run"],
        env={"NPDSANDBOX_STATE": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "No changes detected")
