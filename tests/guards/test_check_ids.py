"""No two refusals share an id: who silences one, or looks one up, means that one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "motcua"
ID = re.compile(r"\"(motcua\.[EW]\d{3})\"")


def test_no_id_of_a_check_stands_twice() -> None:
    found = Counter(
        one for path in SOURCE.rglob("*.py") for one in ID.findall(path.read_text(encoding="utf-8"))
    )
    assert len(found) > 20
    assert [one for one, count in found.items() if count > 1] == []
