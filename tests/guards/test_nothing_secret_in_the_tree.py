"""The tree holds no key, no password of a real place and no number of a real person; what is installed is pinned.

A search for shapes, and no more: it finds a key that somebody left behind, not one that somebody hid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from motcua.identity.numbers import PROVINCES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "docs", "bench", "fuzz", ".ci")
GENERATED = {"__pycache__", "pictures", "fuzzed"}
KEY_FILES = {".pem", ".key", ".p12", ".pfx", ".jks", ".crt", ".env", ".sqlite3", ".db", ".kdbx"}
LOCKS = sorted([*ROOT.glob("*.lock"), *ROOT.glob("fuzz/*.lock")])

SECRETS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
    "a cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b"),
    "a token of a code host": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40}|glpat-[\w-]{20})"),
    "a token of a chat or a payment": re.compile(r"\bxox[abprs]-[\w-]{10}|\bsk_live_\w{20}"),
    "a signed token": re.compile(r"\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}"),
    "a password in an address": re.compile(
        r"\w+://(?!user:password@|nobody:nothing@|user:pass@|a:b@)[^\s/:@\"'{}<>]+:[^\s/@\"'{}<>]+@[\w.-]+"
    ),
}  # fmt: skip
TWELVE_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])")
NOBODYS_SERIAL = "000000"


def files() -> Iterator[Path]:
    """Yield every file that is ours."""
    for folder in FOLDERS:
        yield from (
            path for path in (ROOT / folder).rglob("*") if path.is_file() and not GENERATED & {*path.parts}
        )
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.name != ".git")


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text that is ours, with the name of its file."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_text_holds_what_looks_like_a_secret() -> None:
    found = [
        f"{name}: {what}"
        for name, text in texts()
        for what, pattern in SECRETS.items()
        if pattern.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN EC PRIVATE KEY" + "-----\n" + "MHcCAQEE" * 6, "AKI" + "AABCDEFGHIJKLMNOP", "gh" + "p_" + "a1B2" * 9,
        "ey" + "J" + "hbGciOiJIUzI1NiIsInR5.ey" + "J" + "hbGciOiJIUzI1NiIsInR5." + "x" * 30,
        "postgresql:" + "//motcua:that-is-it@db.tinh.gov.vn/motcua",
    ],
)  # fmt: skip
def test_the_search_for_secrets_finds_one(planted: str) -> None:
    assert any(pattern.search(f"x = {planted}\n") for pattern in SECRETS.values())


def test_no_key_and_no_database_lies_in_the_tree() -> None:
    assert [path.name for path in files() if path.suffix in KEY_FILES] == []


def test_every_number_in_the_tree_is_nobodys() -> None:
    """A number of a real province may only carry the serial that no person has; all others begin with 999."""
    found = {
        f"{name}: {number[:3]}…"
        for name, text in texts()
        if not name.endswith((".lock", ".js"))
        for number in TWELVE_DIGITS.findall(text)
        if number[:3] in PROVINCES and not number.endswith(NOBODYS_SERIAL)
    }
    assert found == set()


def test_everything_that_is_installed_is_pinned_by_its_hash_and_names_no_place() -> None:
    assert len(LOCKS) >= 3
    for lock in LOCKS:
        entries = re.sub(r"\\\n", " ", lock.read_text(encoding="utf-8")).splitlines()
        wanted = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]
        assert wanted
        assert [
            entry.split()[0]
            for entry in wanted
            if not re.match(r"[\w.-]+(\[\S+\])?==\S+ .*--hash=sha256:", entry)
        ] == []
        assert not re.search(r"https?://|--index-url|--find-links", "\n".join(wanted))


def test_nothing_is_installed_without_its_hash() -> None:
    rules = [
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "pip install" in line
    ]
    assert rules
    assert [rule for rule in rules if "--require-hashes" not in rule and "--no-deps" not in rule] == []
