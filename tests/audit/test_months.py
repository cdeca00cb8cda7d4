"""On PostgreSQL each month of the log is a table of its own; nobody who records an event notices."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from motcua.accounts.models import User
from motcua.audit import archiving, months, reading
from motcua.audit.models import AuditEvent
from motcua.audit.service import CannotArchive, archive, keep_ahead, record, seal, verify
from tests.audit.conftest import NOW, Sql, happen, run_audit

pytestmark = pytest.mark.django_db
FAR = datetime(2031, 12, 5, 3, 0, tzinfo=UTC)
DECEMBER, JANUARY, FEBRUARY = date(2031, 12, 1), date(2032, 1, 1), date(2032, 2, 1)


@pytest.fixture
def postgresql(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps one table for all")


@pytest.fixture
def thorough(transactional_db: None) -> Iterator[None]:
    """Let a test commit; the months that it makes go with it, and those that it takes away come back."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps one table for all")
    before = set(months.partitions())
    yield
    for month in set(months.partitions()) - before:
        months.run(f"DROP TABLE {months.table_of(month)}")
    assert keep_ahead(now=datetime.now(tz=UTC))


def table_of(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditevent WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_sqlite_keeps_one_table_and_nothing_is_to_be_done(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has months")
    assert months.missing(FAR) == []
    assert keep_ahead(now=FAR)


def test_this_month_and_the_next_two_are_made_ready(postgresql: None) -> None:
    assert months.missing(FAR) == [DECEMBER, JANUARY, FEBRUARY]
    assert keep_ahead(now=FAR)
    assert months.missing(FAR) == []
    assert keep_ahead(now=FAR), "a second time nothing is done"

    (pk,) = happen(1, now=FAR)
    assert table_of(pk) == "audit_auditevent_2031_12"
    assert [table_of(pk) for pk in happen(1, now=datetime(2031, 12, 31, 17, 0, tzinfo=UTC))] == [
        "audit_auditevent_2032_01"
    ], "a month begins at midnight here"


def test_an_event_of_a_month_without_a_table_is_recorded_and_moves_when_there_is_one(
    postgresql: None, people: None
) -> None:
    ids = happen(3, now=FAR)
    ids.append(record(name="account.logged_in", now=FAR, actor=User.objects.order_by("pk")[0]).pk)
    assert {table_of(pk) for pk in ids} == {"audit_auditevent_default"}
    seal(now=FAR)
    before = list(AuditEvent.objects.order_by("pk").values())

    assert keep_ahead(now=FAR)
    assert {table_of(pk) for pk in ids} == {"audit_auditevent_2031_12"}
    assert list(AuditEvent.objects.order_by("pk").values()) == before
    assert verify(now=FAR).is_whole


def test_a_month_is_like_the_others(postgresql: None, sql: Sql) -> None:
    keep_ahead(now=FAR)
    made = "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass AND indisvalid"
    keys = "SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'p')"
    for table in ("audit_auditevent", "audit_auditevent_2032_01", "audit_auditevent_default"):
        assert (sql(made, table), sql(keys, table)) == ([(3,)], [(2,)])
    assert not sql("SELECT conname FROM pg_constraint WHERE conname = 'month'")


def test_recording_is_one_statement(postgresql: None) -> None:
    keep_ahead(now=FAR)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        happen(1, now=FAR)

    assert len(queries) == 1


def test_few_spans_and_many_find_the_same(db: None) -> None:
    ids = happen(30)
    spans = [(pk, pk) for pk in ids[::2]]

    assert [row.pk for row in reading.events_in(spans)] == ids[::2]
    assert [row.pk for row in reading.events_in([*spans[:3], (ids[20], reading.END)])] == [
        *ids[:6:2],
        *ids[20:],
    ]
    assert [row.pk for row in reading.events_in([(-reading.END, ids[3]), (10**30, 10**31)])] == ids[:4]


def test_who_has_the_table_is_not_waited_for_and_it_is_done_later(
    thorough: None, caplog: pytest.LogCaptureFixture
) -> None:
    import psycopg

    from motcua.config.backup import parameters

    with caplog.at_level(logging.INFO, logger="motcua.audit"), psycopg.connect(**parameters()) as other:
        other.execute(
            "SELECT count(*) FROM audit_auditevent"
        )  # as a back-up does, which holds on to what it has read
        assert not keep_ahead(now=FAR)
        happen(1, now=FAR)  # nobody is kept from recording
    assert "audit.month_waits month=2031-12" in caplog.text

    assert keep_ahead(now=FAR)
    assert AuditEvent.objects.count() == 1


def test_what_the_database_refuses_is_told_and_stops_nothing(
    postgresql: None, sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    sql("CREATE TABLE audit_auditevent_2031_12 (id int)")

    assert not keep_ahead(now=FAR)
    assert "audit.no_month month=2031-12 error=ProgrammingError" in caplog.text
    assert happen(1, now=FAR)


def test_a_month_that_is_archived_has_no_table_any_more(postgresql: None, tmp_path: Path, sql: Sql) -> None:
    late = datetime(2032, 3, 3, tzinfo=UTC)
    keep_ahead(now=FAR)
    ids = happen(4, now=FAR)
    (stays,) = happen(1, now=FAR, name="audit.exported")
    rest = record(name="dossier.received", now=FAR).pk
    sql("CREATE TABLE apart (LIKE audit_auditevent)")
    seal(now=FAR + timedelta(minutes=1))

    (done,) = archive(before=JANUARY, folder=tmp_path, now=late, operator="thu")
    assert (done.month, done.stayed, done.files[0].count) == (DECEMBER, 1, 5)
    assert DECEMBER not in months.partitions()
    assert not AuditEvent.objects.filter(pk__in=[*ids, rest]).exists()
    assert table_of(stays) == "audit_auditevent_default"
    assert verify(now=late, brought=tmp_path).is_whole

    (again,) = happen(1, now=FAR)
    assert table_of(again) == "audit_auditevent_default", "who comes late is recorded all the same"
    seal(now=late)
    assert len(list(archive(before=JANUARY, folder=tmp_path, now=late, operator="thu"))) == 1
    report = verify(now=late, brought=tmp_path)
    assert (report.findings, report.read) == ([], 6)


@pytest.mark.parametrize(
    "hand", ["DROP TABLE {}", "ALTER TABLE audit_auditevent DETACH PARTITION {}", "TRUNCATE {}"]
)
def test_a_month_that_a_hand_took_away_is_missed(postgresql: None, sql: Sql, hand: str) -> None:
    keep_ahead(now=FAR)
    ids = happen(3, now=FAR)
    seal(now=FAR)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(hand.format("audit_auditevent_2031_12"))

    found = verify(now=FAR).findings
    assert [str(one) for one in found] == [
        f"event {ids[0]}: is missing, and so are all up to event {ids[2]}; sealed in batch 1"
    ]


@pytest.mark.parametrize("days", [-40, 0, 40])
def test_a_row_that_was_put_in_under_the_id_of_another_is_named(
    postgresql: None, sql: Sql, days: int
) -> None:
    ids = happen(3)
    seal(now=NOW)
    sql(
        "INSERT INTO audit_auditevent (id, at, name, office_code, subject, details, mac) "
        "VALUES (%s, %s, 'dossier.received', '', '', '{}', 'f00d')",
        ids[1],
        NOW + timedelta(days=days),
    )

    found = [str(one) for one in verify(now=NOW).findings]
    assert f"event {ids[1]}: stands there twice: one of the two was put in by hand" in found


def test_of_two_archivers_one_archives(thorough: None, tmp_path: Path) -> None:
    happen(200)
    seal(now=NOW)
    told: list[str] = []
    begin = threading.Barrier(2)

    def run() -> None:
        begin.wait()
        try:
            done = list(archive(before=date(2026, 4, 1), folder=tmp_path, now=FAR, operator="thu"))
            told.append(f"{len(done)} done")
        except CannotArchive as refusal:
            told.append(str(refusal))
        finally:
            connection.close()

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert "1 done" in told
    assert set(told) <= {"1 done", "0 done", "Somebody else is archiving just now."}
    assert AuditEvent.objects.filter(name="audit.archived").count() == 1
    report = verify(now=FAR, brought=tmp_path)
    assert (report.findings, report.read) == ([], 200)


def test_a_back_up_that_is_being_made_keeps_no_month_from_being_archived_and_its_table_goes_the_next_time(
    thorough: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    from motcua.config.backup import parameters

    monkeypatch.setattr(archiving, "_TRIES", 2)
    keep_ahead(now=FAR)
    ids = happen(3, now=FAR)
    seal(now=FAR)
    late = datetime(2032, 3, 3, tzinfo=UTC)
    with psycopg.connect(**parameters()) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        sees = "SELECT count(*) FROM audit_auditevent"
        assert other.execute(sees).fetchone() == (3,)
        assert len(list(archive(before=JANUARY, folder=tmp_path, now=late, operator="thu"))) == 1
        assert not AuditEvent.objects.filter(pk__in=ids).exists()
        assert other.execute(sees).fetchone() == (3,), "a back-up holds the log of its moment"
    assert DECEMBER in months.partitions()

    assert not list(archive(before=JANUARY, folder=tmp_path, now=late, operator="thu"))
    assert DECEMBER not in months.partitions()
    assert verify(now=late, brought=tmp_path).is_whole


def test_whoever_records_while_months_come_and_go_is_never_refused(thorough: None, tmp_path: Path) -> None:
    stop, trouble, recorded = threading.Event(), [], []

    def work() -> None:
        try:
            while not stop.is_set():
                recorded.append(record(name="audit.exported", now=FAR).pk)
                recorded.append(record(name="dossier.received", now=FAR).pk)
        except DatabaseError as error:
            trouble.append(error)
        finally:
            connection.close()

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    try:
        for _ in range(5):
            while not keep_ahead(now=FAR):
                pass
            months.run("DELETE FROM audit_auditevent WHERE at >= %s AND name = 'dossier.received'", FAR)
            with suppress(months.Busy):
                months.drop(DECEMBER, unless=[])
    finally:
        stop.set()
        for one in both:
            one.join()

    assert recorded
    assert trouble == []


def test_the_log_of_before_is_carried_over_and_back(postgresql: None, people: None, sql: Sql) -> None:
    migration = import_module("motcua.audit.migrations.0004_months")
    ids = happen(3) + happen(2, now=NOW + timedelta(days=40))
    ids.append(record(name="account.logged_in", now=NOW, actor=User.objects.order_by("pk")[0]).pk)
    seal(now=NOW)
    those = AuditEvent.objects.filter(pk__in=ids).order_by("pk").values()
    rows = list(those)
    shape = (
        "SELECT indexname FROM pg_indexes WHERE tablename = 'audit_auditevent' UNION "
        "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_auditevent'::regclass ORDER BY 1"
    )
    before = sql(shape)

    editor = connection.schema_editor()
    migration.to_one_table(apps, editor)
    assert sql("SELECT relkind FROM pg_class WHERE relname = 'audit_auditevent'") == [("r",)]
    assert list(those.all()) == rows
    assert happen(1)[0] > ids[-1]

    migration.to_months(apps, editor)
    assert sql(shape) == before
    assert table_of(ids[0]) == "audit_auditevent_2026_03"
    assert table_of(ids[3]) == "audit_auditevent_2026_04"
    assert list(those.all()) == rows
    assert happen(1)[0] > ids[-1] + 1
    assert months.missing(datetime.now(tz=UTC)) == []
    assert run_audit("verify")[0] == 0


def test_numbers_begin_anew_when_all_tables_are_emptied(thorough: None) -> None:
    from django.core.management import call_command

    happen(3)
    call_command("flush", verbosity=0, interactive=False, reset_sequences=True)

    assert happen(1) == [1]
    with transaction.atomic(), connection.cursor() as cursor:
        from django.core.management.color import no_style

        for statement in connection.ops.sequence_reset_sql(no_style(), [AuditEvent]):
            cursor.execute(statement)
    assert happen(1) == [2]
