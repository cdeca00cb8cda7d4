"""Sealing: who is first, what stays open, where heads go, and what happens when it cannot be done."""

from __future__ import annotations

import json
import os
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from motcua.audit import chain, reading, sealer
from motcua.audit import heads as files
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.service import CannotSeal, keep_sealed, record, seal
from motcua.sealing import verify_signature
from tests.audit.conftest import NOW, BackUp, Sql, happen, run_audit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def lines(path: Path) -> list[dict[str, object]]:
    """Return the heads in a file."""
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_every_batch_leaves_its_signed_head_outside_the_database(log: list[int], heads: Path) -> None:
    kept = lines(heads)

    assert [line["number"] for line in kept] == [1, 2, 3]
    assert [line["head"] for line in kept] == list(
        AuditBatch.objects.order_by("number").values_list("head", flat=True)
    )
    assert stat.S_IMODE(heads.stat().st_mode) == 0o600


def test_a_head_is_signed_so_that_anybody_with_the_public_key_can_check_it(log: list[int]) -> None:
    code, said = run_audit("head")
    line = json.loads(said)
    signature = bytes.fromhex(line.pop("signature"))
    del line["head"]
    header = json.dumps(line, sort_keys=True, separators=(",", ":")).encode()

    assert code == 0
    assert verify_signature(files.head_key(), header, signature)
    assert not verify_signature(files.head_key(), header.replace(b'"count":4', b'"count":5'), signature)


def test_nothing_is_sealed_when_nothing_happened(log: list[int]) -> None:
    assert seal(now=NOW + HOUR).batches == 0
    assert AuditBatch.objects.count() == 3


def test_of_two_sealers_one_gives_way_and_nothing_is_sealed_twice(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(3)
    real, others = chain.root, []

    def root(leaves: list[bytes]) -> str:
        if not others:
            others.append(None)
            others.append(seal(now=NOW))
        return real(leaves)

    monkeypatch.setattr(chain, "root", root)
    mine = seal(now=NOW)

    assert others[1].events == 3
    assert mine.events == 0
    assert AuditBatch.objects.count() == 4
    assert run_audit("verify")[0] == 0


def test_events_are_never_written_to_when_they_are_sealed(db: None, sql: Sql) -> None:
    happen(3)
    before = sql("SELECT * FROM audit_auditevent")
    seal(now=NOW)

    assert sql("SELECT * FROM audit_auditevent") == before


def test_more_than_a_batch_holds_becomes_several(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "_MOST", 4)
    happen(10)

    assert seal(now=NOW).batches == 3
    assert run_audit("verify")[0] == 0


def test_old_batches_are_not_read_again_and_their_gaps_wait_for_a_thorough_look(
    db: None, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = happen(3)[1]
    hidden = sql(
        "SELECT id, at, name, actor_id, office_code, subject, details, mac FROM audit_auditevent WHERE id = %s",
        late,
    )
    sql("DELETE FROM audit_auditevent WHERE id = %s", late)
    seal(now=NOW)
    happen(1)
    seal(now=NOW + HOUR)
    sql(
        "INSERT INTO audit_auditevent (id, at, name, actor_id, office_code, subject, details, mac) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        *[str(value) if isinstance(value, dict) else value for value in hidden[0]],
    )

    assert seal(now=NOW + 2 * HOUR).events == 0
    assert seal(now=NOW + 2 * HOUR, is_thorough=True).events == 1
    assert run_audit("verify")[0] == 0


def test_heads_are_copied_to_a_second_file(settings: Settings, tmp_path: Path, heads: Path) -> None:
    copy = tmp_path / "other-host" / "heads.jsonl"
    copy.parent.mkdir()
    settings.AUDIT_HEAD_COPY = str(copy)
    happen(1)
    seal(now=NOW)

    assert copy.read_bytes() == heads.read_bytes()
    assert f"It agrees with the 1 heads in {copy}" in run_audit("verify")[1]

    copy.unlink()
    seal(now=NOW + HOUR)
    assert copy.read_bytes() == heads.read_bytes()


def test_a_copy_that_cannot_be_written_is_told_and_caught_up_with_later(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "other-host" / "heads.jsonl"
    settings.AUDIT_HEAD_COPY = str(copy)
    with caplog.at_level("ERROR", logger="motcua.audit"):
        for hours in (0, 1):
            happen(1)
            keep_sealed(now=NOW + hours * HOUR)
    assert AuditEvent.objects.count() == AuditBatch.objects.count() == 2, "sealed all the same"
    assert [(entry.levelname, entry.getMessage().partition(" path=")[0]) for entry in caplog.records] == [
        ("ERROR", "audit.head_not_written"),
        ("CRITICAL", "audit.head_not_written_for_long"),
    ]

    copy.parent.mkdir()
    keep_sealed(now=NOW + 2 * HOUR)
    assert [line["number"] for line in lines(copy)] == [2]


def test_when_it_cannot_be_sealed_that_is_told_louder_after_an_hour_and_work_goes_on(
    log: list[int], heads: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heads.unlink()
    happen(1, now=NOW + HOUR)
    with caplog.at_level("ERROR", logger="motcua.audit"):
        for minutes in (0, 1, 2, 59):
            keep_sealed(now=NOW + HOUR + timedelta(minutes=minutes))
        assert caplog.text.count("audit.not_sealed ") == 2, "told again after a while, not every time"
        assert "for_long" not in caplog.text
        keep_sealed(now=NOW + HOUR + timedelta(minutes=60))
    assert "audit.not_sealed_for_long minutes=60" in caplog.text
    assert "motcua audit resume" in caplog.text
    assert {entry.levelname for entry in caplog.records if "for_long" in entry.message} == {"CRITICAL"}

    assert record(name="account.logged_in", now=NOW + 3 * HOUR).pk, "what happens is recorded all the same"


def test_a_mistake_of_the_sealer_ends_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sealer, "seal", broken)
    keep_sealed(now=NOW)

    assert "audit.not_sealed error=ZeroDivisionError" in caplog.text


def test_a_database_that_is_away_is_no_mistake_of_the_sealer_and_whoever_works_hears_of_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(sealer, "seal", away)
    with pytest.raises(OperationalError):
        keep_sealed(now=NOW)
    assert "audit.not_sealed" not in caplog.text


def test_a_forged_event_is_told_once_and_not_sealed(
    log: list[int], sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    (pk,) = happen(1)
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id = %s", pk)
    for seconds in (0, 5):
        keep_sealed(now=NOW + HOUR + timedelta(seconds=seconds))

    assert caplog.text.count(f"audit.forged ids={pk}") == 1
    assert AuditBatch.objects.count() == 3


def test_a_restored_back_up_is_found_and_never_sealed_over(log: list[int], sql: Sql, heads: Path) -> None:
    back_up = BackUp(sql)
    happen(3, now=NOW + HOUR)
    seal(now=NOW + HOUR)
    back_up.put_back()
    happen(1, now=NOW + 2 * HOUR)

    with pytest.raises(CannotSeal, match="The database is behind its heads"):
        seal(now=NOW + 2 * HOUR)
    code, said = run_audit("verify")
    assert code == 1
    assert (
        f"First bad record: event {log[-1] + 1}: is missing, and so are all up to event {log[-1] + 3}" in said
    )
    assert "is gone, though" in said
    assert "an older state put back" in said
    assert AuditBatch.objects.count() == 3


def test_a_back_up_that_was_restored_with_its_heads_is_found_by_heads_kept_elsewhere(
    log: list[int], sql: Sql, heads: Path, tmp_path: Path
) -> None:
    back_up, old_heads = BackUp(sql), heads.read_bytes()
    happen(3, now=NOW + HOUR)
    seal(now=NOW + HOUR)
    elsewhere = tmp_path / "kept"
    elsewhere.write_text(run_audit("head")[1], encoding="ascii")
    back_up.put_back()
    heads.write_bytes(old_heads)

    assert run_audit("verify")[0] == 0, "nothing here can know"
    code, said = run_audit("verify", "--heads", str(elsewhere))
    assert code == 1
    assert f"First bad record: event {log[-1] + 1}: is missing" in said


def test_a_history_that_was_made_anew_is_found_by_heads_kept_elsewhere(
    log: list[int], sql: Sql, heads: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "kept"
    elsewhere.write_bytes(heads.read_bytes())
    sql("DELETE FROM audit_auditbatch")
    sql("DELETE FROM audit_auditevent WHERE id > %s", log[2])
    heads.unlink()
    seal(now=NOW + HOUR)

    assert "batch 1 is another one than" in run_audit("verify", "--heads", str(elsewhere))[1]


def test_after_an_honest_restore_sealing_is_resumed_and_the_trace_stays(
    log: list[int], sql: Sql, heads: Path
) -> None:
    back_up = BackUp(sql)
    happen(3, now=NOW + HOUR)
    seal(now=NOW + HOUR)
    back_up.put_back()
    code, said = run_audit("resume", "--reason", "the disk of the server died")
    assert code == 0
    assert "Resumed with batch 5" in said
    assert lines(heads)[-1]["count"] == 1, "the event of the resumption, and nothing a second time"

    happen(2, now=NOW + 2 * HOUR)
    for _ in range(2):
        code, said = run_audit("verify")
        assert code == 0
        assert "the disk of the server died. Batches 4 to 4 were lost then." in said
    assert AuditEvent.objects.get(name="audit.resumed").details["reason"] == "the disk of the server died"
    assert [line["number"] for line in lines(heads)] == [1, 2, 3, 4, 5, 6]


def test_a_resumption_excuses_the_loss_of_its_own_batches_and_of_no_later_one(
    log: list[int], sql: Sql, heads: Path
) -> None:
    for turn, lost in ((1, 4), (2, 6)):
        back_up = BackUp(sql)
        happen(2, now=NOW + turn * HOUR)
        seal(now=NOW + turn * HOUR)
        back_up.put_back()
        code, said = run_audit("verify")
        assert code == 1
        assert f"batch {lost} (events" in said
        assert f"Resumed with batch {lost + 1}" in run_audit("resume", "--reason", "the disk died again")[1]

    code, said = run_audit("verify")
    assert code == 0
    assert "Batches 4 to 4 were lost then." in said
    assert "Batches 6 to 6 were lost then." in said


def test_the_reason_of_a_resumption_cannot_be_changed(log: list[int], sql: Sql, heads: Path) -> None:
    heads.unlink()
    run_audit("resume", "--reason", "the file was lost")
    sql("UPDATE audit_auditbatch SET note = replace(note, 'lost', 'fine') WHERE note <> ''")

    code, said = run_audit("verify")
    assert code == 1
    assert "the seal of batch 4" in said


def test_sealing_is_resumed_also_where_the_file_of_heads_has_dropped_what_was_lost_first(
    log: list[int], sql: Sql, heads: Path
) -> None:
    back_up = BackUp(sql)
    for turn in (1, 2):
        happen(1, now=NOW + turn * HOUR)
        seal(now=NOW + turn * HOUR)
    back_up.put_back()
    heads.write_text(heads.read_text(encoding="ascii").splitlines(keepends=True)[-1], encoding="ascii")
    assert "Resumed with batch 6" in run_audit("resume", "--reason", "the disk of the server died")[1]

    code, said = run_audit("verify")
    assert code == 0
    assert "Batches 4 to 5 were lost then." in said


@pytest.mark.parametrize("note", ["x", "[" * 10_000])
def test_a_resumption_that_a_hand_made_unreadable_explains_no_loss(
    log: list[int], sql: Sql, heads: Path, note: str
) -> None:
    back_up = BackUp(sql)
    happen(3, now=NOW + HOUR)
    seal(now=NOW + HOUR)
    back_up.put_back()
    run_audit("resume", "--reason", "the disk of the server died")
    sql("UPDATE audit_auditbatch SET note = %s WHERE note <> ''", note)

    code, said = run_audit("verify")
    assert code == 1
    assert "the seal of batch 5" in said
    assert "batch 4 (events" in said
    assert "is gone, though" in said


def test_a_file_of_heads_that_cannot_be_read_is_told_and_of_a_copy_noted(
    log: list[int], heads: Path, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    settings.AUDIT_HEAD_COPY = str(folder)
    code, said = run_audit("verify")
    assert code == 0
    assert f"{folder} cannot be read (Is a directory)" in said

    settings.AUDIT_HEAD_COPY, settings.AUDIT_HEADS = "", folder
    code, said = run_audit("verify")
    assert code == 1
    assert (
        f"{folder} cannot be read (Is a directory), so whether the end was cut cannot be said. Mend" in said
    )


def test_where_nothing_is_wrong_there_is_nothing_to_resume(log: list[int]) -> None:
    assert run_audit("resume", "--reason", "just so")[0] == 1
    assert not AuditEvent.objects.filter(name="audit.resumed").exists()


@pytest.mark.parametrize("content", [None, "", "no head\n", "[" * 10_000])
def test_without_its_file_of_heads_the_chain_is_checked_but_not_its_end(
    log: list[int], heads: Path, content: str | None
) -> None:
    heads.unlink()
    if content is not None:
        heads.write_text(content, encoding="ascii")
    code, said = run_audit("verify")
    assert code == 1
    assert "whether the end was cut cannot be said" in said
    assert "12 events sealed in 3 batches" in said

    assert run_audit("resume", "--reason", "the file was lost")[0] == 0
    assert run_audit("verify")[0] == 0


def test_a_damaged_line_is_harmless_where_a_later_one_is_good(log: list[int], heads: Path) -> None:
    first, *rest = heads.read_text(encoding="ascii").splitlines()
    heads.write_text("\n".join([first[:-9], *rest]) + "\n", encoding="ascii")
    code, said = run_audit("verify")

    assert code == 0
    assert "line 1 is damaged" in said


def test_a_head_that_was_not_signed_here_is_no_head(log: list[int], heads: Path) -> None:
    last = lines(heads)[-1]
    last["signature"] = lines(heads)[0]["signature"]
    with heads.open("a", encoding="ascii") as file:
        file.write(json.dumps(last) + "\n")

    assert run_audit("verify")[0] == 1
    with pytest.raises(CannotSeal, match="damaged, or not signed by this installation"):
        seal(now=NOW)


def test_with_another_key_nothing_is_sealed_over_and_the_variable_is_named(
    log: list[int], settings: Settings
) -> None:
    settings.SECRET_KEY = "another-key"
    with pytest.raises(CannotSeal, match="MOTCUA_SECRET_KEY"):
        seal(now=NOW)
    code, said = run_audit("verify")

    assert code == 1
    assert "MOTCUA_SECRET_KEY" in said


def test_a_torn_line_is_not_continued(log: list[int], heads: Path, tmp_path: Path) -> None:
    raw = heads.read_bytes()
    heads.write_bytes(raw[:-20])
    one = reading.last_batch()
    assert one is not None
    files.append(heads, one.signed)
    assert len(files.read(heads).heads) == 3
    assert not files.read(heads).is_end_bad


def test_a_long_file_of_heads_is_shortened_and_its_end_kept(
    log: list[int], heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LARGEST", 2000)
    for turn in range(8):
        happen(1)
        seal(now=NOW + HOUR + turn * timedelta(minutes=1))
    assert heads.stat().st_size <= 2000
    assert lines(heads)[-1]["number"] == 11
    assert stat.S_IMODE(heads.stat().st_mode) == 0o600
    assert run_audit("verify")[0] == 0


def test_a_head_that_comes_while_the_file_is_shortened_is_not_lost(
    log: list[int], heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reading.last_batch()
    assert one is not None
    later = files.signed(replace(one.header, number=99))
    other = threading.Thread(target=files.append, args=(heads, later))
    real = os.fsync

    def fsync(file: int) -> None:
        real(file)
        if other.ident is None:
            other.start()
            other.join(0.3)  # it waits until the file is shortened

    monkeypatch.setattr(files, "_LARGEST", 1000)
    monkeypatch.setattr(os, "fsync", fsync)
    files.shorten(heads)
    other.join()

    assert lines(heads)[-1]["number"] == 99
    assert [file.name for file in heads.parent.iterdir()] == [heads.name]


def test_a_lower_head_that_comes_late_does_not_become_the_end(log: list[int], heads: Path) -> None:
    first = reading.batches()[0]
    files.append(heads, first.signed)

    assert [line["number"] for line in lines(heads)] == [1, 2, 3]


class Died(BaseException):
    """A process that ended."""


def test_a_sealer_that_dies_before_it_hands_out_the_first_head_stops_no_other(
    db: None, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Died

    happen(2)
    with monkeypatch.context() as moment:
        moment.setattr(sealer, "_hand_out", die)
        with pytest.raises(Died):
            seal(now=NOW)
    assert AuditBatch.objects.count() == 1
    assert heads.read_bytes() == b""

    assert seal(now=NOW + HOUR).events == 0
    assert [line["number"] for line in lines(heads)] == [1]
    assert run_audit("verify")[0] == 0


def test_verifying_finds_nothing_wrong_before_the_first_head_is_handed_out(
    db: None, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(2)
    seal(now=NOW)
    heads.write_bytes(b"")
    monkeypatch.setattr(sealer, "_handed_out", {})  # as in the next process

    assert run_audit("verify")[0] == 0
    assert [line["number"] for line in lines(heads)] == [1]


@pytest.mark.parametrize("batches", [1, 2])
def test_a_file_of_heads_that_is_missing_was_lost_however_few_batches_there_are(
    db: None, heads: Path, batches: int
) -> None:
    for turn in range(batches):
        happen(1)
        seal(now=NOW + turn * HOUR)
    heads.unlink()

    with pytest.raises(CannotSeal, match="missing or empty"):
        seal(now=NOW + 3 * HOUR)
    assert run_audit("verify")[0] == 1


def test_an_empty_file_of_heads_does_not_hide_that_the_database_was_changed(
    db: None, sql: Sql, heads: Path
) -> None:
    happen(1)
    seal(now=NOW)
    heads.write_bytes(b"")
    sql("UPDATE audit_auditbatch SET count = 2")

    with pytest.raises(CannotSeal, match="was changed"):
        seal(now=NOW + HOUR)


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("already", [0, 1])
def test_what_another_sealer_adds_while_we_look_is_no_trouble(
    db: None, heads: Path, monkeypatch: pytest.MonkeyPatch, already: int, is_before: bool
) -> None:
    for turn in range(already):
        happen(1)
        seal(now=NOW + turn * HOUR)
    happen(1)
    real, looks = files.read_end, []

    def read_end(path: Path) -> files.Heads:
        looks.append(path)
        if len(looks) == 1:
            seen = None if is_before else real(path)
            seal(now=NOW + 2 * HOUR)
            happen(1)
            seal(now=NOW + 3 * HOUR)
            return seen or real(path)
        return real(path)

    monkeypatch.setattr(files, "read_end", read_end)
    seal(now=NOW + 4 * HOUR)

    assert [line["number"] for line in lines(heads)] == list(range(1, already + 3))


def test_a_file_of_heads_that_cannot_be_made_is_told_before_anything_is_sealed(
    settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_HEADS = tmp_path / "no-folder" / "heads.jsonl"
    happen(1)

    with pytest.raises(CannotSeal, match="mend its rights"):
        seal(now=NOW)
    assert not AuditBatch.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL waits for the disk at every commit")
@pytest.mark.django_db(transaction=True)
def test_a_batch_is_on_the_disk_before_its_head_is_and_pages_stay_fast(
    heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: dict[str, int] = {}

    def note(moment: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            levels[moment] = cursor.fetchone()[0]

    append = files.append

    def committing(execute: Any, sql: str, *given: Any) -> Any:
        if sql.startswith('INSERT INTO "audit_auditbatch"'):
            note("sealing")  # no level can be changed from here to the end of the transaction
        return execute(sql, *given)

    def appending(path: Path, head: files.Head) -> None:
        note("handing out")
        append(path, head)

    monkeypatch.setattr(files, "append", appending)
    happen(1)
    note("before")
    with connection.execute_wrapper(committing):
        seal(now=NOW)

    normal, full = 1, 2
    assert levels == {"before": normal, "sealing": full, "handing out": normal}
