"""Old months go into files, and the log still proves them: with the files every line, without them that they went."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from motcua.audit import archives, archiving, months
from motcua.audit.events import Retention
from motcua.audit.models import AuditEvent
from motcua.audit.service import (
    CannotArchive,
    archive,
    archived_since,
    erase_expired,
    may_be_deleted,
    record,
    seal,
    verify,
)
from tests.audit.conftest import NOW, Sql, happen, run_audit

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
LATER = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
Ids = dict[str, list[int]]


@pytest.fixture
def month(db: None) -> Ids:
    """Return the ids of March's events by their names, sealed in two batches; one of April is there, too."""
    ids: Ids = {"account.logged_in": [], "dossier.received": [], "check.lookup": []}
    for turn in range(2):
        for _ in range(2):
            for name, kept in ids.items():
                kept += happen(1, name=name, now=NOW + timedelta(minutes=turn))
        seal(now=NOW + timedelta(minutes=turn, seconds=30))
    ids["audit.exported"] = [record(name="audit.exported", now=NOW + timedelta(hours=1)).pk]
    ids["april"] = happen(1, now=datetime(2026, 4, 1, 1, 0, tzinfo=UTC))
    seal(now=NOW + timedelta(days=40))
    return ids


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def files(month: Ids, folder: Path) -> list[Path]:
    """Archive March; return its files: security, check, dossier."""
    (done,) = archive_march(folder)
    return [folder / file.name for file in done.files]


def archive_march(folder: Path, *, now: datetime = LATER) -> list[archiving.Archived]:
    return list(archive(before=APRIL, folder=folder, now=now, operator="thu"))


def lines(path: Path) -> list[str]:
    with gzip.open(path, "rt") as file:
        return file.readlines()


def write(path: Path, text: list[str]) -> None:
    with gzip.open(path, "wt") as file:
        file.writelines(text)


def test_a_month_goes_into_one_file_a_class_that_its_owner_alone_reads(month: Ids, files: list[Path]) -> None:
    assert [path.name for path in files] == [
        f"motcua-audit-2026-03-{kind}.jsonl.gz" for kind in ("security", "check", "dossier")
    ]
    for path, name in zip(files, ("account.logged_in", "check.lookup", "dossier.received"), strict=True):
        head, *rows = map(json.loads, lines(path))
        assert (head["motcua audit archive"], head["month"], head["count"]) == (1, "2026-03", 4)
        assert [row["id"] for row in rows] == month[name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(lines(files[0])[0])["delete_after"] == "2027-03-02"
    assert {path.name for path in files[0].parent.iterdir()} == {path.name for path in files}


def test_its_events_are_gone_and_those_that_explain_the_chain_stay(month: Ids, files: list[Path]) -> None:
    there = set(AuditEvent.objects.values_list("pk", flat=True))

    assert there.isdisjoint(month["check.lookup"] + month["dossier.received"] + month["account.logged_in"])
    assert there > {*month["audit.exported"], *month["april"]}
    told = AuditEvent.objects.get(name="audit.archived").details
    assert (told["month"], told["count"], told["operator"]) == ("2026-03", 12, "thu")
    assert [file["class"] for file in told["files"]] == ["security", "check", "dossier"]


def test_without_the_files_the_log_is_whole_and_says_what_was_not_looked_at(files: list[Path]) -> None:
    code, said = run_audit("verify")

    assert code == 0
    assert "12 archived events were not looked at: bring the files with --archive DIR." in said
    assert "12 archived (0 of them read)" in said


def test_with_the_files_every_event_is_looked_at(files: list[Path], folder: Path) -> None:
    code, said = run_audit("verify", "--archive", str(folder))

    assert code == 0, said
    assert "12 archived (12 of them read)" in said
    assert "not looked at" not in said


def test_an_export_says_what_was_archived_and_where_it_is(files: list[Path], tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    told = run_audit("export", "--from", "31/03/2026", "--to", "02/04/2026", str(export))[1]
    verified = run_audit("verify-export", str(export))[1]

    for said in (told, verified):
        assert "Not in it: 4 events of 03/2026, archived in motcua-audit-2026-03-check.jsonl.gz." in said
    first = json.loads(export.read_text(encoding="ascii").partition("\n")[0])
    assert [one["file"] for one in first["archived"]] == [path.name for path in files]
    assert first["archived"][0]["sha256"] == hashlib.sha256(files[0].read_bytes()).hexdigest()
    april = run_audit("export", "--from", "01/04/2026", "--to", "02/04/2026", str(tmp_path / "april.jsonl"))[
        1
    ]
    assert "Not in it" not in april


def test_the_administrator_reads_of_a_month_that_it_was_archived(
    files: list[Path], administrator_client: Client
) -> None:
    page, said = "/quan-tri/audit/auditevent/", "12 sự kiện của tháng 03/2026 đã được chuyển ra tệp lưu trữ"

    assert said in administrator_client.get(page, {"thoi-gian": "2026-03"}).content.decode()
    for other in ("2026-04", "30-ngay", "2026-13", ""):
        assert (
            "đã được chuyển ra" not in administrator_client.get(page, {"thoi-gian": other}).content.decode()
        )


def test_events_that_disappear_beside_an_archive_are_missed(
    month: Ids, files: list[Path], folder: Path, sql: Sql
) -> None:
    sql("DELETE FROM audit_auditevent WHERE id = %s", month["april"][0])

    assert f"First bad record: event {month['april'][0]}: is missing" in run_audit("verify")[1]


def test_a_changed_line_is_named(month: Ids, files: list[Path], folder: Path) -> None:
    text = lines(files[1])
    write(files[1], [*text[:2], text[2].replace('"subject":"H23.1-0"', '"subject":"H23.1-7"'), *text[3:]])
    code, said = run_audit("verify", "--archive", str(folder))

    assert code == 1
    assert f"First bad record: event {month['check.lookup'][1]}: was changed after it was archived" in said
    assert f"{files[1].name}: is not the file that was written" in said


def test_a_line_that_was_taken_out_is_named(month: Ids, files: list[Path], folder: Path) -> None:
    text = lines(files[2])
    write(files[2], [*text[:3], *text[4:]])
    said = run_audit("verify", "--archive", str(folder))[1]

    assert f"First bad record: event {month['dossier.received'][2]}: is missing; archived" in said


def test_a_line_that_was_put_in_is_named(files: list[Path], folder: Path) -> None:
    text = lines(files[2])
    put_in = json.loads(text[1]) | {"id": 10**9}
    write(files[2], [*text, json.dumps(put_in) + "\n"])

    assert (
        f"{files[2].name}: line 6 is no event of this archive"
        in run_audit("verify", "--archive", str(folder))[1]
    )


# Without a moment in them: these are names of tests, which are the same in every process that collects them.
@pytest.mark.parametrize(
    "rest", [b"", b"no gzip at all", gzip.compress(b"[1]\n", mtime=0), gzip.compress(b"\xff\n", mtime=0)]
)
def test_a_file_that_is_none_is_named(files: list[Path], folder: Path, rest: bytes) -> None:
    files[0].write_bytes(rest)
    code, said = run_audit("verify", "--archive", str(folder))

    assert code == 1
    assert f"{files[0].name}: is not the file that was written when its month was archived" in said


def test_a_file_that_was_cut_is_named(files: list[Path], folder: Path) -> None:
    files[0].write_bytes(files[0].read_bytes()[:-20])

    assert (
        f"{files[0].name}: cannot be read on after line" in run_audit("verify", "--archive", str(folder))[1]
    )


def test_a_folder_that_is_not_there_is_a_mistake_and_no_finding(files: list[Path], folder: Path) -> None:
    assert run_audit("verify", "--archive", str(folder / "x")) == (
        2,
        f"{folder / 'x'}: there is no such folder.\n",
    )


def test_a_missing_file_is_named(files: list[Path], folder: Path) -> None:
    files[1].unlink()
    code, said = run_audit("verify", "--archive", str(folder))

    assert code == 1
    assert f"First bad record: {files[1].name}: is missing in {folder}: 4 events of 03/2026" in said
    assert "Also" not in said


def test_two_files_that_were_exchanged_are_named(files: list[Path], folder: Path) -> None:
    shutil.move(files[0], folder / "x")
    shutil.move(files[1], files[0])
    shutil.move(folder / "x", files[1])
    said = run_audit("verify", "--archive", str(folder))[1]

    for path in files[:2]:
        assert f"{path.name}: is not the file that was written" in said
        assert f"{path.name}: says of itself something else than the log says of it" in said


def test_by_a_clock_in_doubt_no_file_is_named_that_may_be_deleted(
    files: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = LATER.replace(year=2046)

    def said_on(now: datetime) -> str:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return run_audit("archive", "--before", "2026-04", "--to", str(folder))[1]

    assert "delete it" not in said_on(ahead)
    assert "No file is named that may be deleted: nothing was sealed between" in said_on(ahead)
    for day in range(4):
        happen(1, now=ahead + timedelta(days=day))
        seal(now=ahead + timedelta(days=day))
    assert said_on(ahead + timedelta(days=4)).count("Its time is over, delete it") == len(files)


def test_a_file_whose_time_is_over_may_be_gone_and_another_may_not(files: list[Path], folder: Path) -> None:
    over = LATER.replace(year=2027)
    assert may_be_deleted(folder, now=over) == [files[0].name]
    files[0].unlink()
    report = verify(now=over, brought=folder)

    assert report.is_whole, report.findings
    assert (report.erased, report.archived, report.read) == (4, 8, 8)

    early = verify(now=LATER, brought=folder)
    assert not early.is_whole
    assert (early.erased, early.archived, early.read) == (0, 12, 8)
    files[2].unlink()
    assert [one.record for one in verify(now=over, brought=folder).findings] == [files[2].name]


def test_a_file_whose_time_is_over_excuses_no_line_of_another(files: list[Path], folder: Path) -> None:
    files[0].unlink()
    text = lines(files[2])
    write(files[2], text[:-1])

    found = verify(now=LATER.replace(year=2027), brought=folder).findings
    assert "archive of 03/2026: 5 events are in no file, but the files that are gone held 4" in map(
        str, found
    )


def test_a_forged_word_of_an_archive_excuses_nothing(month: Ids, sql: Sql) -> None:
    gone = month["dossier.received"][0]
    sql(
        "INSERT INTO audit_auditevent (id, at, name, office_code, subject, details, mac) "
        "VALUES (%s, '2026-06-01 00:00:00', 'audit.archived', '', '', %s, 'f00d')",
        max(month["april"]) + 1,
        json.dumps({"month": "2026-03", "count": 1, "ids": str(gone), "files": []}),
    )
    sql("DELETE FROM audit_auditevent WHERE id = %s", gone)

    assert f"First bad record: event {gone}: is missing" in run_audit("verify")[1]


@pytest.mark.parametrize(
    ("until", "at", "what"),
    [
        ("2030-01-01", NOW + timedelta(days=3), "archived 03/2026 too early"),
        ("2026-12-31", LATER, "lets x.gz be deleted too early"),
    ],
)
def test_an_archive_before_its_time_is_named(
    month: Ids, sql: Sql, until: str, at: datetime, what: str
) -> None:
    """A clock that was set forward and back again."""
    gone = month["dossier.received"][0]
    sql("DELETE FROM audit_auditevent WHERE id = %s", gone)
    file = {"class": "dossier", "file": "x.gz", "count": 1, "sha256": "", "days": 365, "until": until}
    details = {"month": "2026-03", "count": 1, "ids": str(gone), "files": [file]}
    event = record(name="audit.archived", now=at, details=details)

    assert f"First bad record: event {event.pk}: {what}" in run_audit("verify")[1]


def test_a_moment_that_a_hand_made_unreadable_stops_the_archive(month: Ids, folder: Path, sql: Sql) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps moments alone")
    sql("UPDATE audit_auditevent SET at = '0' WHERE id = %s", month["check.lookup"][1])

    with pytest.raises(CannotArchive, match="moment cannot be read"):
        archive_march(folder)


def test_an_event_that_is_not_what_was_sealed_is_not_archived(month: Ids, folder: Path, sql: Sql) -> None:
    changed = month["check.lookup"][1]
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id = %s", changed)

    with pytest.raises(
        CannotArchive, match=rf"Event {changed} is not what was sealed\. Run: motcua audit verify"
    ):
        archive_march(folder)
    assert AuditEvent.objects.filter(pk__in=month["dossier.received"]).count() == 4
    assert not list(folder.iterdir()), "not a word of it is left"


def test_an_event_that_cannot_be_sealed_is_not_archived(month: Ids, folder: Path) -> None:
    put_in = AuditEvent.objects.create(at=NOW, name="dossier.received", mac="f00d").pk

    with pytest.raises(CannotArchive, match=f"not sealed, the first is event {put_in}"):
        archive_march(folder)


@pytest.mark.parametrize("change", ["leaves = %s", "root = %s"])
def test_a_month_whose_seals_were_changed_is_not_archived(
    month: Ids, folder: Path, sql: Sql, change: str
) -> None:
    sql(f"UPDATE audit_auditbatch SET {change} WHERE number = 1", "x" if "root" in change else b"x" * 192)

    with pytest.raises(CannotArchive, match="Run: motcua audit verify"):
        archive_march(folder)
    assert AuditEvent.objects.filter(pk__in=month["dossier.received"]).count() == 4


@pytest.mark.parametrize("before", [date(2026, 6, 1), date(2026, 7, 1)])
def test_the_present_month_and_the_last_one_are_never_archived(
    month: Ids, folder: Path, before: date
) -> None:
    with pytest.raises(CannotArchive, match="--before 2026-05 at the latest"):
        list(archive(before=before, folder=folder, now=LATER, operator="thu"))


def test_several_months_go_one_after_the_other_and_a_second_time_nothing_goes(
    month: Ids, folder: Path
) -> None:
    told = [done.month for done in archive(before=MAY, folder=folder, now=LATER, operator="thu")]

    assert told == [MARCH, APRIL]
    assert not list(archive(before=MAY, folder=folder, now=LATER, operator="thu"))
    assert verify(now=LATER, brought=folder).is_whole


def test_months_begin_at_midnight_here(folder: Path) -> None:
    for at in (datetime(2026, 2, 28, 17, 0, tzinfo=UTC), datetime(2026, 3, 31, 17, 0, tzinfo=UTC)):
        happen(1, now=at)

    (done,) = archive_march(folder)
    assert (done.month, done.files[0].count) == (MARCH, 1)


def die_between_file_and_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_take_out", die)
        with pytest.raises(KeyboardInterrupt):
            archive_march(folder)


def test_whoever_was_killed_between_file_and_database_has_lost_nothing_and_is_followed(
    month: Ids, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_between_file_and_database(folder, monkeypatch)
    written = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert len(written) == 3
    assert verify(now=LATER).is_whole

    archive_march(folder)
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == written, "the files are used"
    assert verify(now=LATER, brought=folder).is_whole


def test_whoever_dies_in_the_transaction_has_removed_nothing(
    month: Ids, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "record", die)
        with pytest.raises(KeyboardInterrupt):
            archive_march(folder)

    assert AuditEvent.objects.filter(pk__in=month["dossier.received"]).count() == 4
    archive_march(folder)
    assert verify(now=LATER, brought=folder).is_whole


def test_a_file_that_is_there_and_holds_something_else_is_not_written_over(month: Ids, folder: Path) -> None:
    folder.mkdir()
    strange = folder / "motcua-audit-2026-03-check.jsonl.gz"
    strange.write_bytes(b"something else")

    with pytest.raises(CannotArchive, match="holds something else"):
        archive_march(folder)
    assert strange.read_bytes() == b"something else"
    assert AuditEvent.objects.filter(pk__in=month["check.lookup"]).count() == 4


def test_a_file_left_behind_in_which_anything_was_changed_is_not_taken_for_the_month(
    month: Ids, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_between_file_and_database(folder, monkeypatch)
    path = folder / "motcua-audit-2026-03-check.jsonl.gz"
    head, *rows = lines(path)

    changed = {
        "a word": [head, *rows[:-1], rows[-1].replace('"subject":"H23', '"subject":"H24')],
        "a line less": [head, *rows[:-1]],
        "a line twice": [head, *rows, rows[-1]],
        "two lines swapped": [head, *rows[:-2], rows[-1], rows[-2]],
        "its head": [head.replace("2026-03", "2026-02", 1), *rows],
        "no event": [head, *rows[:-1], "{}\n"],
    }
    for what, text in changed.items():
        assert text != [head, *rows], what
        write(path, text)
        with pytest.raises(CannotArchive, match="holds something else"):
            archive_march(folder)
        assert AuditEvent.objects.filter(pk__in=month["check.lookup"]).count() == 4, what

    write(path, [head, *rows])
    (done,) = archive_march(folder)
    assert done.stayed == 1


def test_what_comes_to_a_month_after_it_was_archived_goes_into_a_second_file(
    files: list[Path], folder: Path
) -> None:
    happen(2, now=NOW + timedelta(days=2))
    (done,) = archive_march(folder, now=LATER + timedelta(days=1))

    assert [file.name for file in done.files] == ["motcua-audit-2026-03-dossier-2.jsonl.gz"]
    report = verify(now=LATER + timedelta(days=1), brought=folder)
    assert report.is_whole, report.findings
    assert report.read == 14


def test_of_two_archivers_the_second_does_nothing(month: Ids, folder: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("see test_months")
    with archiving._alone(), pytest.raises(CannotArchive, match="Somebody else is archiving"):
        archive_march(folder)


def test_events_that_somebody_erases_meanwhile_stop_the_archive_of_their_month(
    month: Ids, folder: Path, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archiving._read_back

    def slow(*given: object) -> str:
        sql("DELETE FROM audit_auditevent WHERE id = %s", month["account.logged_in"][0])
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(archiving, "_read_back", slow)
    with pytest.raises(CannotArchive, match="has changed meanwhile"):
        archive_march(folder)
    assert not AuditEvent.objects.filter(name="audit.archived").exists()


def test_erasing_by_class_goes_on_beside_archives(month: Ids, files: list[Path], folder: Path) -> None:
    assert erase_expired(now=LATER + timedelta(days=4000)) == {"security": 0, "check": 0, "dossier": 1}
    report = verify(now=LATER, brought=folder)

    assert report.is_whole, report.findings
    assert (report.erased, report.read) == (1, 12)


def test_what_was_erased_before_its_month_was_archived_is_told_as_erased(month: Ids, folder: Path) -> None:
    late = NOW + timedelta(days=366)
    assert erase_expired(now=late)["security"] == 4
    archive_march(folder, now=late)
    report = verify(now=late, brought=folder)

    assert report.is_whole, report.findings
    assert (report.erased, report.read) == (4, 8)


def test_the_log_knows_since_when_it_has_entries_in_files(files: list[Path]) -> None:
    assert archived_since(Retention.CHECK, now=LATER) == months.begin_of(MARCH)
    assert archived_since(Retention.CHECK, now=LATER + timedelta(days=2000)) is None


def test_the_command_tells_what_it_did_and_the_log_names_nobody(
    month: Ids, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    with caplog.at_level(logging.INFO, logger="motcua.audit"):
        code, said = run_audit("archive", "--before", "2026-04", "--to", str(folder))

    assert code == 0
    assert "03/2026: motcua-audit-2026-03-security.jsonl.gz (4 events), " in said
    assert "1 events that explain the chain stay." in said
    assert "audit.archived month=2026-03 count=12" in caplog.text
    assert "H23" not in caplog.text

    assert run_audit("archive", "--before", "2026-04", "--to", str(folder)) == (0, "No month to archive.\n")
    code, said = run_audit("archive", "--before", "2026-06", "--to", str(folder))
    assert code == 1
    assert said.startswith("Not archived. The present month and the last one stay")


def test_a_hostile_name_of_a_file_leads_nowhere(month: Ids) -> None:
    file = {"class": "check", "file": "../secret", "count": 1, "sha256": "", "days": 1, "until": "2040-01-01"}
    details = {"month": "2026-03", "count": 1, "ids": "1", "files": [file]}
    record(name="audit.archived", now=LATER, details=details)

    assert archives.known() == []
