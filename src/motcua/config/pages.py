"""The pages written from code: ``.env.example``, and those in docs that say so at their head."""

from __future__ import annotations

import argparse
from itertools import groupby
from pathlib import Path

from motcua.config import processing
from motcua.config.env import VARIABLES

_ROOT = Path(__file__).resolve().parents[3]


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare that the pages may be looked at alone."""
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file is not fresh")


def run(options: argparse.Namespace) -> int:
    """Write the generated pages, or only compare them.

    Returns:
        0, or 1 when a page on disk is stale and is only looked at.
    """
    stale = []
    for path, text in (
        (_ROOT / ".env.example", _example()),
        (_ROOT / "docs" / "configuration.md", _table()),
        (_ROOT / "docs" / "audit-events.md", _events()),
        (_ROOT / "docs" / "processing.md", processing.page()),
        (_ROOT / "docs" / "rights.md", _rights()),
    ):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    if stale and options.check:
        print(f"Stale: {', '.join(stale)}. Run: motcua configuration")
        return 1
    return 0


def _example() -> str:
    lines = ["# Every variable with its default; written by `motcua configuration`.", ""]
    for group, variables in groupby(VARIABLES.values(), key=lambda variable: variable.group):
        lines += [f"# {group}", ""]
        for variable in variables:
            lines += [
                f"# {variable.meaning} ({variable.expected})",
                f"# {variable.name}={variable.default}",
                "",
            ]
    return "\n".join(lines)


def _table() -> str:
    lines = [
        "# Configuration",
        "",
        "Written by `motcua configuration` from `src/motcua/config/env.py`; do not edit by hand.",
        "Every variable has a default; without any the product runs on SQLite with the sandbox as its register.",
        "A value that cannot be used stops the start with the variable's name and what is expected.",
        "Secrets (*) may also come from a file: `NAME_FILE=/path`.",
    ]
    for group, variables in groupby(VARIABLES.values(), key=lambda variable: variable.group):
        lines += ["", f"## {group}", "", "| variable | default | expected | meaning |", "|---|---|---|---|"]
        for variable in variables:
            name = f"`{variable.name}`" + (" *" if variable.is_secret else "")
            default = f"`{variable.default}`" if variable.default else "(empty)"
            lines.append(f"| {name} | {default} | {variable.expected} | {variable.meaning} |")
    return "\n".join(lines) + "\n"


def _events() -> str:
    from django.utils import translation

    from motcua.audit.service import EVENTS, LIFETIMES

    lines = [
        "# Audit events",
        "",
        "Written by `motcua configuration` from `src/motcua/audit/events.py`; do not edit by hand.",
        "Every event has its moment, the user who did it if one was logged in, the office, and a subject: a dossier's",
        "code, or a keyed digest of a number, never a name or a number in clear. Nothing else can be recorded.",
        "",
        "| class | kept, from the moment of sealing |",
        "|---|---|",
    ]
    for retention, lifetime in LIFETIMES.items():
        lines.append(f"| `{retention}` | {f'{lifetime.days} days' if lifetime else 'as long as the chain'} |")
    lines += ["", "| event | sentence | class | details |", "|---|---|---|---|"]
    with translation.override("vi"):
        for event in EVENTS.values():
            told = "<br>".join(f"`{field}`: {meaning}" for field, meaning in event.fields.items())
            lines.append(f"| `{event.name}` | {event.sentence} | `{event.retention}` | {told or '–'} |")
    return "\n".join(lines) + "\n"


def _rights() -> str:
    from django.utils import translation

    from motcua.accounts.rights_table import heads, rows

    lines = [
        "# Bảng phân quyền",
        "",
        "Trang này do `motcua configuration` viết từ `src/motcua/accounts/rights.py`; xin đừng sửa tay.",
        "Mỗi vai trò chỉ làm được những việc có ghi trong bảng: với hồ sơ mà *bộ phận mình* tiếp nhận hoặc đang giữ,",
        "hoặc với hồ sơ của *cả cơ quan*. Người kiêm nhiệm có quyền của các vai trò cộng lại.",
        "",
    ]
    with translation.override("vi"):
        columns = ["Việc", *map(str, heads())]
        lines += [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
        for right, cells in rows():
            lines.append(f"| {right} | {' | '.join(str(cell or '–') for cell in cells)} |")
    return "\n".join(lines) + "\n"
