"""Fixtures of the figures: the catalogue, the people, and browsers of those who may see them."""

from __future__ import annotations

import pytest
from django.test import Client

from motcua.accounts.models import User
from tests.conftest import browser_of


@pytest.fixture
def leaders_client(leader: User) -> Client:
    """Return Bảo's browser."""
    return browser_of(leader)
