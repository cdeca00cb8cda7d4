"""Starts that cannot work name what is to be mended; stops are clean, whoever still holds a connection."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from tests.faults.browser import Browser
from tests.faults.conftest import Stack
from tests.people import cast
from tests.postgres import free_port
from tests.product_process import MOTCUA, Store, children, environment, eventually
from tests.sandbox_process import SandboxProcess

SOON = 20


def start_in_vain(tmp_path: Path, command: str = "serve", **changes: str) -> str:
    """Run a command that must refuse to start and return what it says."""
    variables = {"MOTCUA_STATE": str(tmp_path / "state"), "MOTCUA_PORT": str(free_port()), **changes}
    done = subprocess.run(
        [MOTCUA, command],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode not in (0, -signal.SIGTERM)
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NPD_TOTAL_SECONDS", "soon"),
        ("MOTCUA_STATE", "/proc/nowhere"),
        ("MOTCUA_PROXIES", "the proxy"),
        ("DATABASE_URL", "postgresql://motcua@127.0.0.1:port/motcua"),
        ("NPD_CONNECT_SECONDS", "9"),
    ],
)
def test_a_variable_that_cannot_be_used_stops_the_start_by_its_name(
    tmp_path: Path, variable: str, value: str
) -> None:
    assert variable in start_in_vain(tmp_path, **{variable: value})


def test_authorities_that_are_no_certificates_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="ascii")

    assert "NPD_CA" in start_in_vain(
        tmp_path, NPD_CA=str(tmp_path / "ca.pem"), NPD_URL="https://127.0.0.1:1/"
    )


def test_a_database_that_cannot_be_opened_is_named_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "state" / "motcua.sqlite3").mkdir(parents=True)

    assert "MOTCUA_STATE" in start_in_vain(tmp_path)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_named_by_its_variable(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "MOTCUA_PORT" in start_in_vain(tmp_path, command, MOTCUA_PORT=port)


def test_two_programs_of_the_demo_cannot_share_a_port(tmp_path: Path) -> None:
    port = str(free_port())

    said = start_in_vain(tmp_path, "demo", MOTCUA_PORT=port, NPDSANDBOX_PORT=port)

    assert "MOTCUA_PORT" in said
    assert "NPDSANDBOX_PORT" in said


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def family(pid: int) -> list[int]:
    """Return the process ids of all descendants."""
    return [found for child in children(pid) for found in (child, *family(child))]


def test_the_demo_ends_at_once_with_all_its_children_though_questions_hang_and_browsers_hold_on(
    filled: Store, tmp_path: Path
) -> None:
    store = filled.copy(tmp_path / "product")
    port, sandbox_port = free_port(), free_port()
    variables = {
        **store.variables,
        "MOTCUA_PORT": str(port),
        "NPDSANDBOX_PORT": str(sandbox_port),
        "NPDSANDBOX_STATE": str(tmp_path / "register"),
        "NPD_TOTAL_SECONDS": "60",
    }
    with (tmp_path / "demo.log").open("wb") as out:
        command = [MOTCUA, "demo", "--dossiers", "0"]
        demo = subprocess.Popen(command, env=environment(**variables), stdout=out, stderr=out)
    held: list[HTTPConnection] = []
    try:
        eventually(
            lambda: "Ctrl-C stops both" in (tmp_path / "demo.log").read_text() or demo.poll() is not None,
            "the demo to start",
            seconds=60,
        )
        # Register: master and worker; product: master and two workers, of which the first answers before the other is
        # there.
        descendants = eventually(lambda: len(found := family(demo.pid)) == 5 and found, "five children")
        for number in range(6):
            held.append(HTTPConnection("127.0.0.1", port, timeout=SOON))
            held[-1].connect()  # half of them say nothing, as a browser's connections in advance
            if number % 2:
                held[-1].request("GET", "/healthz")
                held[-1].getresponse().read()
        officer = Browser(f"http://127.0.0.1:{port}")
        officer.log_in(cast.lan)
        sandbox = SandboxProcess(f"http://127.0.0.1:{sandbox_port}", demo)  # type: ignore[arg-type]
        sandbox.trouble("no_answer")
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(officer.presses_check, cast.an)
            eventually(sandbox.journal, "the question to reach the register")
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(SOON) == 0
            hanging.exception(SOON)  # an answer or a broken connection: both will do
        assert [pid for pid in descendants if is_alive(pid)] == []
    finally:
        for connection in held:
            connection.close()
        if demo.poll() is None:
            demo.kill()
            demo.wait()
    assert "Traceback" not in (tmp_path / "demo.log").read_text()


@pytest.mark.skipif(
    not os.environ.get("DATABASE_URL"), reason="only a server of its own can lose its connections"
)
def test_connections_that_the_database_closed_are_found_before_a_page_uses_them(
    hasty: Stack,
) -> None:
    visitor = hasty.visitor()
    for worker in hasty.product.workers():
        with hasty.product.only(worker):
            assert visitor.get("/thu-tuc/").status == 200
    database = hasty.product.store.database_url
    with psycopg.connect(database, autocommit=True) as postgres:
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        closed = postgres.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"
        ).fetchall()
    assert closed

    for worker in hasty.product.workers():
        with hasty.product.only(worker):
            assert [visitor.get("/thu-tuc/").status for _ in range(8)] == [200] * 8
