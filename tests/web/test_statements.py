"""Queries that are built once and asked again for other values."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, F, OuterRef

from motcua.accounts.models import Citizen, DayChange, Office, User
from motcua.dossiers.models import Dossier
from motcua.web.statements import Kept, planned_once

pytestmark = pytest.mark.django_db


def _told(user: User) -> tuple[Any, ...]:
    fields = [getattr(user, field.attname) for field in User._meta.concrete_fields]
    return (*fields, user.office and user.office.name, getattr(user, "place", None), hasattr(user, "citizen"))


def test_every_value_finds_what_the_orm_finds_with_neighbors_and_annotations(
    officer: User, supervisor: User, citizen_an: Citizen, django_assert_num_queries: Any
) -> None:
    def build(pk: int) -> Any:
        return (
            User.objects.select_related("office", "citizen").annotate(place=F("office__code")).filter(pk=pk)
        )

    kept = Kept(build)
    for user in (officer, supervisor, citizen_an.user, officer):
        with django_assert_num_queries(1):
            (found,) = kept.of(user.pk)
            told = _told(found)
        assert told == _told(build(user.pk).get())
        assert not found._state.adding
    assert kept.of(0) == []


def test_a_uuid_is_looked_for_as_the_database_has_it(officer: User) -> None:
    kept = Kept(lambda pk: Dossier.objects.filter(pk=pk))

    assert kept.of(uuid.uuid4()) == kept.of(uuid.uuid4()) == []


def test_a_value_is_never_part_of_the_statement(officer: User) -> None:
    kept = Kept(lambda login: User.objects.filter(login=login))

    assert kept.of("' OR login <> '") == []
    assert [user.pk for user in kept.of(officer.login)] == [officer.pk]


def test_a_query_with_two_values_is_refused(officer: User) -> None:
    changed = Exists(DayChange.objects.filter(office=OuterRef("pk"), is_working=True))

    with pytest.raises(ValueError, match="values, not one"):
        Kept(lambda code: Office.objects.filter(changed, code=code, kind="desk")).of("x")


def _kept_plans() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_what_looks_for_a_key_is_planned_once_and_a_list_each_time(officer: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps no plans")
    kept = Kept(lambda pk: User.objects.filter(pk=pk).annotate(a_key=F("office__code")))
    for _ in range(8):
        kept.of(officer.pk)
        list(User.objects.filter(role=officer.role).annotate(a_list=F("office__code")))

    plans = _kept_plans()
    assert [plan for plan in plans if "a_key" in plan]
    assert not [plan for plan in plans if "a_list" in plan]


def test_a_failure_inside_leaves_no_plans_kept_outside(officer: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps no plans")
    with pytest.raises(RuntimeError, match="inside"), planned_once():
        raise RuntimeError("inside")
    for _ in range(8):
        list(User.objects.filter(role=officer.role).annotate(after_a_failure=F("office__code")))

    assert not [plan for plan in _kept_plans() if "after_a_failure" in plan]
