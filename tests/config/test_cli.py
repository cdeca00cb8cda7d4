"""The command line of `motcua`: asking what a command does never starts it."""

from __future__ import annotations

import sys

import pytest

from motcua.config import cli


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
