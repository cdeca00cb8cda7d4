"""Each test keeps its papers in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def paper_folder(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder in which the test's papers are stored."""
    settings.MEDIA_ROOT = tmp_path / "papers"
    return tmp_path / "papers"
