"""The accounts of the demo: whose passwords everybody can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.hashers import check_password

from motcua.accounts.models import User, citizen_login
from motcua.identity.numbers import IdNumber

_CAST: Final = Path(__file__).with_name("cast.json")


def read_cast() -> dict[str, Any]:
    """Return the cast of the demo: citizens, offices and log-ins."""
    cast: dict[str, Any] = json.loads(_CAST.read_text(encoding="utf-8"))
    return cast


def stored_login(entry: dict[str, Any]) -> str:
    """Return the ``login`` of the user that a log-in of the cast becomes."""
    return citizen_login(IdNumber(entry["login"])) if entry["role"] == User.Role.CITIZEN else entry["login"]


def open_accounts() -> list[str]:
    """List the log-ins of the demo that anybody can use: they are there, active, and have the published password.

    Returns:
        What one types to log in; all of them synthetic.
    """
    entries = {stored_login(entry): entry for entry in read_cast()["logins"]}
    there = User.objects.filter(login__in=entries, is_active=True).order_by("pk")
    return [
        entries[user.login]["login"]
        for user in there
        if check_password(entries[user.login]["password"], user.password)
    ]
