"""Each test keeps its papers in a folder of its own; dossiers on which many of them begin."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier
from tests.dossiers.filing import agree, ask_again, begin, filed


@pytest.fixture(autouse=True)
def paper_folder(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder in which the test's papers are stored."""
    settings.MEDIA_ROOT = tmp_path / "papers"
    return tmp_path / "papers"


@pytest.fixture
def draft(an_client: Client, catalogue: None, register: object) -> Dossier:
    """Return An's draft at the step of the papers."""
    dossier = begin(an_client)
    agree(an_client, dossier)
    return dossier


@pytest.fixture
def asked(an_client: Client, catalogue: None, register: object, officer: User) -> Dossier:
    """Return An's dossier, for which Lan wants two more papers."""
    dossier = filed(an_client)
    ask_again(dossier, officer)
    dossier.refresh_from_db()
    return dossier
