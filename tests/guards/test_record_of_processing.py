"""No field slips into the database without somebody saying whether it is about a person, and how it is protected."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import Model

from motcua.config.processing import TABLES, Category, Protection, Table, page
from motcua.sealing.fields import SealedTextField

DECLARED = {table.model: table for table in TABLES}
OURS = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.app_config.name.startswith("motcua.") or model._meta.label in DECLARED
]


def name(model: type[Model]) -> str:
    """Return a model's name as the record writes it."""
    return model._meta.label


@pytest.mark.parametrize("model", OURS, ids=name)
def test_every_field_is_declared_personal_or_not(model: type[Model]) -> None:
    table = DECLARED.get(model._meta.label, Table(model._meta.label))
    declared = [*table.personal, *table.not_personal]

    assert sorted(declared) == sorted(field.name for field in model._meta.local_concrete_fields), (
        f"{model._meta.label}: declare each field once in motcua/config/processing.py"
    )


@pytest.mark.parametrize("model", OURS, ids=name)
def test_every_field_is_protected_as_declared(model: type[Model]) -> None:
    personal = DECLARED[model._meta.label].personal
    fields = {field.name: field for field in model._meta.local_concrete_fields}

    assert {name for name, about in personal.items() if about.protection is Protection.SEALED} == {
        name for name, field in fields.items() if isinstance(field, SealedTextField)
    }
    forms = {"_digest": {Protection.DIGEST, Protection.FINGERPRINT}, "_masked": {Protection.MASKED}}
    for suffix, protections in forms.items():
        assert {personal[name].protection for name in fields if name.endswith(suffix)} <= protections


def test_no_table_is_declared_that_is_not_there_or_declared_twice() -> None:
    assert sorted(table.model for table in TABLES) == sorted(model._meta.label for model in OURS)


def test_whatever_is_personal_has_an_owner_a_purpose_a_reader_and_an_end() -> None:
    for table in TABLES:
        if table.personal:
            assert all((table.whose, table.purpose, table.seen_by, table.kept)), table.model


def test_names_numbers_and_birth_dates_are_nowhere_clear() -> None:
    for table in TABLES:
        for name, about in table.personal.items():
            if any(word in about.what for word in ("họ và tên", "số CCCD", "ngày sinh", "nơi ")):
                is_verdict = about.category is Category.SENSITIVE and name == "birth_match"
                assert about.protection is not Protection.CLEAR or is_verdict, f"{table.model}.{name}"


def test_the_page_names_every_personal_field() -> None:
    text = page()
    for table in TABLES:
        assert f"`{table.model}`" in text
        assert all(f"| `{field}` | {about.what}" in text for field, about in table.personal.items())
