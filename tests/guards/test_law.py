"""No page and no document leans on a decree that is no longer in force."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPEALED = re.compile(r"\b13/2023(?:/NĐ-CP)?|Decree 13/2023|Nghị định (?:số )?13(?:/2023| năm 2023)")
SAID_TO_BE_OVER = re.compile(r"no longer in force|not in force|hết hiệu lực", re.IGNORECASE)
KINDS = {".py", ".html", ".md", ".json", ".tsv", ".txt", ".js", ".po", ".typ", ".xsd", ".wsdl"}


def test_the_decree_of_2023_on_personal_data_is_nowhere_cited_as_in_force() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for folder in (ROOT / "src", ROOT / "docs", ROOT)
        for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*"))
        if path.suffix in KINDS and path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if REPEALED.search(line) and not SAID_TO_BE_OVER.search(line)
    ]
    assert found == []


def test_the_search_knows_the_ways_to_cite_it() -> None:
    for cited in ("Nghị định 13/2023/NĐ-CP", "Nghị định số 13/2023", "Decree 13/2023", "theo 13/2023/NĐ-CP"):
        assert REPEALED.search(cited)
