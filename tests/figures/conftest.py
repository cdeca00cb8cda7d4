"""Fixtures of the figures: the catalogue, the people, and browsers of those who may see them."""

from __future__ import annotations

import pytest
from django.test import Client

from motcua.accounts.models import User


def browser_of(user: User) -> Client:
    """Return the browser of somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def leaders_client(leader: User) -> Client:
    """Return Bảo's browser."""
    return browser_of(leader)
