"""A file of keys that a test may change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from motcua.sealing import keyring


@pytest.fixture
def keys(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the keys, with its first key; it is looked at whenever something is sealed or opened."""
    path = tmp_path / "sealing.keys"
    keyring.make_first_key(path)
    settings.SEALING_KEYS, settings.SEALING_KEYS_FILE = "", path
    monkeypatch.setattr(keyring, "LOOK_EVERY", 0.0)
    return path


def ids(path: Path) -> list[str]:
    """Return the ids of the keys in a file, oldest first."""
    return [key.id for key in keyring.read_keys(path.read_text(encoding="ascii"))]


def a_minute_passes(path: Path) -> None:
    """Let it be a while since the file was changed."""
    found = path.stat()
    os.utime(path, (found.st_atime, found.st_mtime - 61))
