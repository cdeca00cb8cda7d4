"""Whose number an officer asks about: their own, a colleague's, anybody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from motcua.accounts.models import User
from motcua.accounts.service import forget_officers, marks_of
from motcua.identity.numbers import IdNumber
from motcua.sealing import digest, seal
from motcua.verification.models import IdentityCheck
from tests.own_database import own_database
from tests.people import Person, cast

SELF, COLLEAGUE = IdentityCheck.Mark.SELF, IdentityCheck.Mark.COLLEAGUE


@pytest.mark.parametrize(
    ("person", "marks"),
    [
        (cast.lan, {SELF}),
        (cast.phuc, {COLLEAGUE}),
        (cast.minh, {COLLEAGUE}),
        (cast.oanh, {COLLEAGUE}),
        (cast.an, set()),
    ],
    ids=lambda value: getattr(value, "id", None),
)
def test_the_numbers_of_all_who_work_here_are_told_apart_from_a_citizens(
    officer: User, person: Person, marks: set[IdentityCheck.Mark]
) -> None:
    assert marks_of(number=IdNumber(person.number), officer=officer) == marks


def test_an_administrators_number_is_a_colleagues(officer: User, administrator: User) -> None:
    administrator.officer_number = cast.an.number
    administrator.save()

    assert marks_of(number=IdNumber(cast.an.number), officer=officer) == {COLLEAGUE}


def test_a_number_that_is_no_longer_on_file_is_nobodys(officer: User, second_officer: User) -> None:
    second_officer.officer_number = ""
    second_officer.save()

    assert marks_of(number=IdNumber(cast.phuc.number), officer=officer) == frozenset()


def test_the_second_question_of_a_minute_costs_no_query(
    officer: User, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.accounts.service.time.monotonic", lambda: 600.0)
    forget_officers()
    with django_assert_num_queries(1):
        marks_of(number=IdNumber(cast.an.number), officer=officer)

    with django_assert_num_queries(0):
        assert marks_of(number=IdNumber(cast.phuc.number), officer=officer) == {COLLEAGUE}


@pytest.fixture
def before(transactional_db: None, tmp_path: Path) -> Iterator[Any]:
    """Return the models of the time before the digests, with a database of that time."""
    with own_database(tmp_path, is_empty=True):
        executor = MigrationExecutor(connection)
        targets = [("accounts", "0006_guarded_accounts")]
        executor.migrate(targets)
        yield executor.loader.project_state(targets).apps


def migrate_accounts() -> None:
    """Bring accounts to the present; what stands above them changes nothing of theirs."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("accounts"))


def test_officers_who_were_there_before_are_recognized_too(before: Any) -> None:
    office = before.get_model("accounts", "Office").objects.create(code="000.00.01.H23", name="Một cửa")
    users = before.get_model("accounts", "User").objects
    sealed = seal("officer_number", cast.lan.number)
    users.create(login="lan", role="officer", office=office, officer_number_sealed=sealed)
    users.create(login="c-1", full_name=cast.an.full_name)

    migrate_accounts()

    kept = dict(User.objects.values_list("login", "officer_number_digest"))
    assert kept == {"lan": digest("number", cast.lan.number), "c-1": ""}


def test_a_number_that_no_key_opens_stops_no_migration_and_is_named(
    before: Any, caplog: pytest.LogCaptureFixture
) -> None:
    users = before.get_model("accounts", "User").objects
    lost = users.create(login="minh", officer_number_sealed=b"sealed with another key, long ago")
    users.create(login="lan", officer_number_sealed=seal("officer_number", cast.lan.number))

    migrate_accounts()

    kept = dict(User.objects.values_list("login", "officer_number_digest"))
    assert kept == {"minh": "", "lan": digest("number", cast.lan.number)}
    assert f"accounts.officer_number_unreadable user={lost.pk}" in caplog.text
