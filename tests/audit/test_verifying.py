"""A verifier that names the first bad record, whatever a hand did to the tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from motcua.audit import reading, verifying
from motcua.audit.models import AuditBatch
from motcua.audit.service import seal
from tests.audit.conftest import NOW, Sql, happen, run_audit

pytestmark = pytest.mark.django_db


def first_bad(said: str) -> str:
    """Return the line that names the first bad record."""
    return next(line for line in said.splitlines() if "NOT WHOLE" in line)


def test_an_untouched_log_is_whole_and_said_to_be(log: list[int], heads: Path) -> None:
    code, said = run_audit("verify")

    assert code == 0
    assert "The audit log is whole: 12 events sealed in 3 batches" in said
    assert f"It agrees with the 3 heads in {heads}" in said
    assert "damaged" not in said


def test_what_is_still_open_is_sealed_first(log: list[int]) -> None:
    happen(2)
    code, said = run_audit("verify")

    assert code == 0
    assert "14 events sealed in 4 batches" in said
    assert AuditBatch.objects.count() == 4


def test_an_empty_log_is_whole(db: None) -> None:
    assert run_audit("verify")[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'H23.1-999'",
        "name = 'dossier.taken_up'",
        "at = '2026-03-02 01:30:01'",
        "office_code = ''",
        "details = '{}'",
        "mac = 'f00d'",
    ],
)
def test_an_edited_record_is_named(log: list[int], sql: Sql, change: str) -> None:
    sql(f"UPDATE audit_auditevent SET {change} WHERE id = %s", log[6])
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[6]}: was changed after it was recorded" in said
    assert "Also" not in said


def test_a_changed_actor_is_named(log: list[int], sql: Sql, people: None) -> None:
    (someone,) = sql("SELECT min(id) FROM accounts_user")
    sql("UPDATE audit_auditevent SET actor_id = %s WHERE id = %s", someone[0], log[2])

    assert f"First bad record: event {log[2]}: was changed" in first_bad(run_audit("verify")[1])


def test_of_two_edited_records_the_first_is_named_first(log: list[int], sql: Sql) -> None:
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id IN (%s, %s)", log[9], log[3])
    said = run_audit("verify")[1]

    assert f"First bad record: event {log[3]}:" in said
    assert f"Also: event {log[9]}:" in said


def test_a_deleted_record_is_named(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditevent WHERE id = %s", log[5])
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[5]}: is missing; sealed in batch 2" in said


def test_deleted_last_records_are_named(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditevent WHERE id >= %s", log[2])
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[2]}: is missing, and so are all up to event {log[3]}" in said


def test_deleted_last_records_are_named_though_their_seals_are_gone_too(
    log: list[int], sql: Sql, heads: Path
) -> None:
    sql("DELETE FROM audit_auditevent WHERE id >= %s", log[6])
    sql("DELETE FROM audit_auditbatch WHERE number >= 2")
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[6]}: is missing" in said
    assert "batch 2" in said
    assert f"though {heads} knows it: the end was cut" in said
    assert AuditBatch.objects.count() == 1, "nothing is sealed over a cut"


def test_a_log_that_was_emptied_is_found(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditevent")
    sql("DELETE FROM audit_auditbatch")
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[0]}: is missing, and so are all up to event {log[3]}" in said


def test_a_record_copied_over_another_is_found_though_its_leaf_was_made_to_fit(
    log: list[int], sql: Sql
) -> None:
    columns = "at, name, actor_id, office_code, subject, details, mac"
    copied = f"SELECT {columns} FROM audit_auditevent WHERE id = %s"
    sql(f"UPDATE audit_auditevent SET ({columns}) = ({copied}) WHERE id = %s", log[4], log[5])
    (row,) = reading.events_in([(log[5], log[5])])
    first, _, *rest = reading.leaves([2])[2]
    sql("UPDATE audit_auditbatch SET leaves = %s WHERE number = 2", b"".join([first, row.leaf, *rest]))
    code, said = run_audit("verify")

    assert code == 1
    assert f"the leaves of batch 2 (events {log[4]}-{log[7]}) were changed: they do not give its root" in said


def test_two_records_whose_contents_were_swapped_are_named(log: list[int], sql: Sql) -> None:
    columns = "at, name, actor_id, office_code, subject, details, mac"
    rows = {
        pk: sql(f"SELECT {columns} FROM audit_auditevent WHERE id = %s", pk)[0] for pk in (log[1], log[8])
    }
    assignments = ", ".join(f"{column} = %s" for column in columns.split(", "))
    for pk, other in ((log[1], log[8]), (log[8], log[1])):
        values = [str(value) if isinstance(value, dict) else value for value in rows[other]]
        sql(f"UPDATE audit_auditevent SET {assignments} WHERE id = %s", *values, pk)
    said = run_audit("verify")[1]

    assert f"First bad record: event {log[1]}: holds what belongs to event {log[8]}: swapped" in said
    assert f"Also: event {log[8]}: holds what belongs to event {log[1]}" in said


def test_two_records_whose_ids_were_swapped_are_named(log: list[int], sql: Sql) -> None:
    for old, new in ((log[4], -1), (log[5], log[4]), (-1, log[5])):
        sql("UPDATE audit_auditevent SET id = %s WHERE id = %s", new, old)
    said = run_audit("verify")[1]

    assert f"First bad record: event {log[4]}: holds what belongs to event {log[5]}" in said
    assert f"Also: event {log[5]}:" in said


def test_a_record_that_was_put_in_by_hand_is_named(log: list[int], sql: Sql) -> None:
    sql(
        "INSERT INTO audit_auditevent (id, at, name, office_code, subject, details, mac) "
        "VALUES (%s, '2026-03-02 02:00:00', 'dossier.received', 'H23.1', 'x', '{}', 'f00d')",
        log[-1] + 1,
    )
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[-1] + 1}: was put in by hand" in said


def test_a_copy_of_a_record_is_named(log: list[int], sql: Sql) -> None:
    sql(
        "INSERT INTO audit_auditevent (id, at, name, actor_id, office_code, subject, details, mac) "
        "SELECT %s, at, name, actor_id, office_code, subject, details, mac FROM audit_auditevent WHERE id = %s",
        log[-1] + 1,
        log[3],
    )
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[-1] + 1}: is a copy of event {log[3]}" in said


def test_an_edit_of_a_record_that_is_not_sealed_yet_is_named_and_never_sealed(
    log: list[int], sql: Sql
) -> None:
    open_ones = happen(3)
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id = %s", open_ones[1])
    for _ in range(2):
        code, said = run_audit("verify")
        assert code == 1
        assert f"First bad record: event {open_ones[1]}: was put in by hand, or changed before" in said
    assert "14 events sealed in 4 batches" in said


@pytest.mark.parametrize(
    "change",
    [
        "root = '{}'".format("0" * 64),
        "head = '{}'".format("0" * 64),
        "previous = '{}'".format("0" * 64),
        "signature = 'f00d'",
        "signature = 'no digits'",
        "sealed_at = '2020-01-01 00:00:00'",
        "ids = '1-999999999999'",
        "ids = 'x'",
        "count = 3",
        "leaves = ''",
        "key = 'another'",
        "number = 7",
        "note = '{\"lost\": 5}'",
    ],
)
def test_a_changed_seal_is_found(log: list[int], sql: Sql, change: str) -> None:
    sql(f"UPDATE audit_auditbatch SET {change} WHERE number = 2")
    code, said = run_audit("verify")

    assert code == 1
    assert "batch 2" in said


@pytest.mark.parametrize(
    "change", ["number = 'x'", "count = 'x'", "reach = 'x'", "sealed_at = 'x'", "ids = 5"]
)
def test_a_seal_that_holds_nonsense_stops_no_verifier(log: list[int], sql: Sql, change: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps to its types")
    sql(f"UPDATE audit_auditbatch SET {change} WHERE number = 2")
    sql("DELETE FROM audit_auditevent WHERE id = %s", log[6])

    assert run_audit("verify")[0] == 1


@pytest.mark.parametrize("change", ["at = 'x'", "details = '{'", "details = 5", "mac = x'00'", "subject = 5"])
def test_a_record_that_holds_nonsense_is_named(log: list[int], sql: Sql, change: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps to its types")
    sql("PRAGMA ignore_check_constraints = on")
    sql(f"UPDATE audit_auditevent SET {change} WHERE id = %s", log[6])
    sql("PRAGMA ignore_check_constraints = off")

    assert f"First bad record: event {log[6]}: was changed" in run_audit("verify")[1]


def test_a_resumption_that_nobody_signed_excuses_nothing(log: list[int], sql: Sql) -> None:
    """Somebody cuts the end and puts in a batch of his own that says it was lost."""
    from motcua.audit import chain, reading

    sql("DELETE FROM audit_auditevent WHERE id >= %s", log[8])
    sql("DELETE FROM audit_auditbatch WHERE number = 3")
    last = reading.last_batch()
    assert last is not None
    note = chain.as_json({"reason": "x", "by": "x", "lost": [3, 3], "lost_head": ""})
    sealed_at = chain.moment(NOW)
    header = chain.Header(4, last.head, chain.root([]), 0, "", log[7], sealed_at, note, "another")
    sql(
        "INSERT INTO audit_auditbatch (number, previous, root, count, ids, reach, sealed_at, note, key, head, "
        "signature, leaves) VALUES (4, %s, %s, 0, '', %s, %s, %s, 'another', %s, '', %s)",
        header.previous,
        header.root,
        header.reach,
        sealed_at.replace("T", " ").removesuffix("Z"),
        note,
        header.head,
        b"",
    )
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[8]}: is missing, and so are all up to event {log[11]}" in said


def test_of_very_many_bad_records_the_first_is_still_named_first(
    log: list[int], sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.audit.report._MOST", 2)
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id > %s", log[4])
    sql("DELETE FROM audit_auditevent WHERE id = %s", log[1])
    said = run_audit("verify")[1]

    assert f"First bad record: event {log[1]}: is missing" in said
    assert "more." in said


def test_an_edit_whose_seal_was_computed_anew_is_named(log: list[int], sql: Sql) -> None:
    """Somebody who knows the arithmetic, but not the key, changes a record and everything that follows from it."""
    from motcua.audit import chain, reading

    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id = %s", log[5])
    rows = list(reading.events_in([(log[4], log[7])]))
    leaves = [row.leaf for row in rows]
    old = reading.batches("number = 2")[0].header
    header = chain.Header(
        old.number,
        old.previous,
        chain.root(leaves),
        old.count,
        old.ids,
        old.reach,
        old.sealed_at,
        "",
        "another",
    )
    sql(
        "UPDATE audit_auditbatch SET root = %s, leaves = %s, head = %s, key = 'another' WHERE number = 2",
        header.root,
        b"".join(leaves),
        header.head,
    )
    code, said = run_audit("verify")

    assert code == 1
    assert f"First bad record: event {log[5]}: was changed after it was recorded, and so was its seal" in said


def test_a_record_that_was_copied_over_another_is_named(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditevent WHERE id = %s", log[9])
    sql("UPDATE audit_auditevent SET id = %s WHERE id = %s", log[9], log[2])
    said = run_audit("verify")[1]

    assert f"First bad record: event {log[2]}: is missing" in said
    assert f"Also: event {log[9]}: holds what belongs to another event" in said


def test_a_missing_seal_in_the_middle_is_found(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditbatch WHERE number = 2")
    code, said = run_audit("verify")

    assert code == 1
    assert "the seal of batch 2 is missing" in said


def test_records_deleted_with_a_seal_in_the_middle_are_named(log: list[int], sql: Sql) -> None:
    sql("DELETE FROM audit_auditevent WHERE id = %s", log[6])
    sql("DELETE FROM audit_auditbatch WHERE number = 2")

    assert f"First bad record: event {log[6]}: is missing; sealed in batch 2, which is gone too" in first_bad(
        run_audit("verify")[1]
    )


def test_a_row_that_appears_late_under_a_low_id_is_sealed_later_and_the_log_is_whole(
    log: list[int], sql: Sql
) -> None:
    """As on PostgreSQL, where a transaction that took its id early may end late."""
    late, prompt = happen(2)
    columns = "id, at, name, actor_id, office_code, subject, details, mac"
    (row,) = sql(f"SELECT {columns} FROM audit_auditevent WHERE id = %s", late)
    sql("DELETE FROM audit_auditevent WHERE id = %s", late)
    assert seal(now=NOW).events == 1
    sql(
        f"INSERT INTO audit_auditevent ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        *[str(value) if isinstance(value, dict) else value for value in row],
    )
    assert late < prompt
    assert seal(now=NOW).events == 1
    code, said = run_audit("verify")

    assert code == 0
    assert "14 events sealed in 5 batches" in said


def test_heads_that_were_brought_back_and_are_not_there_are_not_taken_for_heads_that_agree(
    log: list[int], tmp_path: Path
) -> None:
    code, said = run_audit("verify", "--heads", str(tmp_path / "mistyped"))

    assert code == 2
    assert "mistyped is not there" in said
    assert "whole" not in said


def test_what_cannot_be_sealed_first_is_told(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = tmp_path / "no-folder" / "heads.jsonl"
    happen(1)
    code, said = run_audit("verify")

    assert code == 1
    assert "cannot be written (No such file or directory): mend its rights" in said


def test_events_that_waited_for_their_seal_for_hours_are_told(log: list[int]) -> None:
    happen(1)
    code, said = run_audit("verify")

    assert code == 0
    assert "Does motcua serve, or motcua work where MOTCUA_WORK=apart, run and seal?" in said


def run_verify_against(monkeypatch: pytest.MonkeyPatch, says: str) -> tuple[int, str]:
    def refuse(**_: object) -> None:
        raise OperationalError(says)

    monkeypatch.setattr("motcua.audit.service.verify", refuse)
    return run_audit("verify")


def test_tables_that_are_gone_are_a_log_that_is_gone(log: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run_verify_against(monkeypatch, "no such table: audit_auditbatch")

    assert code == 1
    assert "THE AUDIT LOG IS NOT WHOLE. It cannot be read" in said


def test_a_database_that_is_away_says_nothing_of_the_log(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run_verify_against(monkeypatch, "connection refused")

    assert code == 2
    assert "the database cannot be used (connection refused)" in said
    assert "NOT WHOLE" not in said


def test_newest_records_deleted_before_they_were_sealed_are_named_where_ids_have_no_gaps(
    log: list[int], sql: Sql
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL leaves gaps of its own")
    ids = happen(4)
    sql("DELETE FROM audit_auditevent WHERE id >= %s", ids[2])
    code, said = run_audit("verify")

    assert code == 1
    assert (
        f"First bad record: event {ids[2]}: is missing, and so are all up to event {ids[3]}; deleted before"
        in said
    )


def test_what_is_sealed_while_it_is_verified_was_not_cut_off(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, turns = verifying.check_chain, []

    def slow(*given: Any) -> set[int]:
        turns.append(given)
        if len(turns) == 1:
            happen(2, now=NOW + timedelta(hours=1))
            seal(now=NOW + timedelta(hours=1))
        return real(*given)

    monkeypatch.setattr(verifying, "check_chain", slow)
    code, said = run_audit("verify")

    assert len(turns) == 2
    assert code == 0, said
