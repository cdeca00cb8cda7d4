"""Vietnamese is written one way: composed letters (NFC), whatever keyboard it came from."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = {".py", ".html", ".js", ".css", ".md", ".json", ".toml", ".txt", ".svg", ".xsd", ".wsdl"}
TEXTS = sorted(
    path
    for folder in ("src", "docs", "tests", "bench", "fuzz")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in KINDS and "vendor" not in path.parts
) + sorted(ROOT.glob("*.md"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_is_composed(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = [number for number, line in enumerate(lines, 1) if not unicodedata.is_normalized("NFC", line)]
    assert wrong == [], f"{path.relative_to(ROOT)}: write these lines in NFC, or such signs as escapes"
