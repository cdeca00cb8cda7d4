"""The command line of `motcua`: asking what a command does never starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from motcua.config import cli
from motcua.web import connections


@pytest.mark.parametrize(
    "command", ["demo", "doctor", "load_province", "serve", "work", "keys", "retention", "configuration"]
)
@pytest.mark.parametrize(
    ("words", "code"), [(["{}", "--help"], 0), (["help", "{}"], 0), (["{}", "--quick"], 2)]
)
def test_help_and_slips_of_our_own_commands_start_nothing(
    command: str,
    words: list[str],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["motcua", *(word.format(command) for word in words)])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    told = capsys.readouterr()
    assert ended.value.code == code
    assert f"usage: motcua {command}" in told.out + told.err


def test_help_lists_our_own_commands_beside_those_of_the_framework(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["motcua", "help"])

    cli.main()

    told = capsys.readouterr().out
    assert "  serve " in told
    assert "  work " in told
    assert "load_procedures" in told


@pytest.mark.parametrize(
    "command",
    [
        ["later_checks"],
        ["retention", "--dry-run"],
        ["outbox"],
        ["balance", "--on", "01/11/2026"],
        ["load_procedures"],
        ["load_province"],
        ["wake", "quantri"],
        ["proof", "export", "MC-X"],
        ["keys", "list"],
        ["createsuperuser", "--noinput", "--login", "quantri", "--full_name", "Quản Trị"],
    ],
)
def test_a_command_before_the_first_start_names_the_variable_and_what_helps(
    command: list[str], tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from motcua.config.cli import main; main()", *command],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(cli.__file__).parents[2]),
            "MOTCUA_STATE": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"MOTCUA_STATE={tmp_path}: the database cannot be used (no such table")
    assert "motcua migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_why_the_database_gives_no_connection_is_told_in_the_servers_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody_there = {"host": "127.0.0.1", "port": 1, "user": "motcua", "dbname": "motcua", "pool": {}}
    away = SimpleNamespace(vendor="postgresql", get_connection_params=lambda: nobody_there)
    monkeypatch.setattr(connections, "connection", away)

    told = connections.away(OperationalError("couldn't get a connection after 10.00 sec"))

    assert told.startswith("DATABASE_URL: the database cannot be used (connection failed: ")
    assert "Connection refused" in told
    assert "\n" not in told
