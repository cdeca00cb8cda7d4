"""Fixtures of the tests about what is kept of a question."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def state(settings, tmp_path: Path) -> Path:
    """Give this installation an empty state folder."""
    settings.STATE = tmp_path / "state"
    settings.STATE.mkdir()
    return settings.STATE
