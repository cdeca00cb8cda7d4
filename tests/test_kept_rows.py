"""Rows that are put back are those that the product's commands write."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from motcua.accounts.models import Office, User
from motcua.audit.models import AuditEvent
from motcua.procedures.models import Procedure
from tests.kept_rows import KeptRows

pytestmark = pytest.mark.django_db
# What differs from one loading to the next: numbers and keys, moments, and what is sealed or hashed with a chance.
_BY_CHANCE = ("id", "_id", "_at", "key", "_sealed", "password", "hash", "digest", "on", "mac", "subject")


def _told() -> dict[str, list[str]]:
    """Return every row of every table, without what differs by chance."""
    return {
        model._meta.label: sorted(repr(_plain(row)) for row in model._base_manager.values())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in {"contenttypes", "auth"}
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in row.items()
        if isinstance(value, (str, int, bool)) and not name.endswith(_BY_CHANCE)
    }


@pytest.mark.parametrize("command", ["load_procedures", "load_cast"])
def test_what_is_put_back_is_what_the_command_writes(kept_rows: dict[str, KeptRows], command: str) -> None:
    assert kept_rows[command].put_back()
    put_back = _told()
    for model in (AuditEvent, *reversed(kept_rows[command].owned)):
        model._base_manager.all()._raw_delete("default")

    call_command(command, verbosity=0)

    assert put_back == _told()


def test_a_command_finds_what_was_put_back(people: None, catalogue: None) -> None:
    before = _told()

    call_command("load_cast", verbosity=0)

    assert _told() == before


def test_new_rows_take_numbers_of_their_own(people: None, catalogue: None) -> None:
    old = {
        model: set(model._base_manager.values_list("pk", flat=True)) for model in (Office, Procedure, User)
    }

    office = Office.objects.create(code="000.00.99.H99", name="Mới")
    user = User.objects.create(login="moi", full_name="Người Mới", office=office)

    assert office.pk not in old[Office]
    assert user.pk not in old[User]


def test_rows_are_put_back_into_an_empty_place_only(kept_rows: dict[str, KeptRows]) -> None:
    Office.objects.create(code="000.00.99.H99", name="Sẵn có")

    assert not kept_rows["load_cast"].put_back()

    assert Office.objects.count() == 1


def test_who_asks_for_no_rows_finds_none_of_the_test_before() -> None:
    left = {name: rows for name, rows in _told().items() if rows}

    assert not {"accounts.User", "accounts.Office", "audit.AuditEvent", "procedures.Procedure"} & left.keys()
