"""The scans find what they are for, and are red for no network."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests import scans
from tests.guards.test_nothing_secret_in_the_tree import ROOT

ANSWER = re.compile(r"# nosec B\d{3}(?:, B\d{3})* # \S.{2,}$")
CLEAN = {"name": "django", "version": "5.2.9", "vulns": []}
FLAWED = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "lxml", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the audit's program answer with these packages, with a text, or not in time."""

    def set_to(said: list[dict[str, Any]] | str | None) -> None:
        def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
            if said is None:
                raise subprocess.TimeoutExpired(command, options["timeout"])
            text = said if isinstance(said, str) else json.dumps({"dependencies": said, "fixes": []})
            return subprocess.CompletedProcess(command, 1, text, "")

        monkeypatch.setattr(scans.subprocess, "run", run)

    return set_to


def test_a_package_with_a_known_flaw_is_red(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answer([CLEAN, FLAWED, UNKNOWN])
    assert not scans.audit()
    assert "pillow 1.0: PYSEC-2026-1" in capsys.readouterr().out


def test_packages_without_a_flaw_are_good(answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answer([CLEAN, UNKNOWN])
    assert scans.audit()
    assert "1 of 2 packages checked" in capsys.readouterr().out


@pytest.mark.parametrize("said", [None, "", "a page of a proxy", "[]", [UNKNOWN], []])
def test_whom_nobody_answers_is_told_plainly_and_is_not_red(
    answer: Any, capsys: pytest.CaptureFixture[str], said: list[dict[str, Any]] | str | None
) -> None:
    answer(said)
    assert scans.audit()
    assert capsys.readouterr().out.count("NOT CHECKED") == len(scans.LOCKS)


def test_a_flaw_is_condoned_only_for_a_reason() -> None:
    assert all(len(why) >= 20 for why in scans.CONDONED.values())


def test_a_secret_that_somebody_left_behind_is_found(tmp_path: Path) -> None:
    file = tmp_path / "notes.py"
    planted = ["password = 'ga-o-" + "chuong-42'", "key = 'AKI" + "AABCDEFGHIJKLMNOP'", 'nothing = "Nguyễn"']
    file.write_text("\n".join(planted), encoding="utf-8")
    assert {place.rsplit(":", 1)[1] for place, _kind, _digest in scans.looks_like_secrets([file])} == {
        "1",
        "2",
    }


def test_what_is_known_to_be_no_secret_says_what_it_is() -> None:
    known = json.loads(scans.KNOWN.read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"[0-9a-f]{40}", digest) and len(why) > 10 for digest, why in known.items())


def test_bandit_leaves_nothing_out_and_every_answer_to_it_has_a_reason() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["bandit"]
    assert set(settings) == {"targets"}
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "src").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "nosec" in line and not ANSWER.search(line)
    ]
    assert bare == []
