"""The security page has every line, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
LINES = [
    *(f"A{n:02}" for n in range(1, 61)),
    *(f"F{n}" for n in range(1, 31)),
    *(f"P{n:02}" for n in range(1, 19)),
]
# Lines whose tests are being written elsewhere; empty once they are named on the page.
PENDING: frozenset[str] = frozenset()

ROW = re.compile(r"^\| ([AFP]\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
REASON = re.compile(r"Not yet: .{30,}\.?")
MARK = "(test pending)"


def rows() -> dict[str, str]:
    """Return what shows each line."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({line for line, _, _ in found}) == len(found), "a line stands on the page twice"
    return {line: shown for line, _, shown in found}


@cache
def named_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file, without importing it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_line_is_on_the_page() -> None:
    assert list(rows()) == LINES


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_shown_by_tests_that_exist_or_says_why_not_yet(line: str) -> None:
    shown = rows()[line]
    if MARK in shown:
        assert line in PENDING, f"{line} waits for tests that nobody announced"
        return
    named = TEST.findall(shown)
    assert [
        f"{path}::{name}" for path, name in named if not (ROOT / path).exists() or name not in named_in(path)
    ] == []
    assert all(name.startswith("test_") for _, name in named)
    assert named or REASON.search(shown), f"{line} names neither a test nor a reason"
    assert shown.count("::") == len(named), f"{line} names something that is no test"


def test_no_line_is_said_to_be_pending_that_is_not() -> None:
    assert {line for line, shown in rows().items() if MARK in shown} == PENDING
