"""A back-up is whole or not there; the rehearsal says so of a whole one, and of no other."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.audit.service import keep_sealed
from motcua.config import backup, rehearsal
from motcua.config.backup import NoBackup
from motcua.dossiers.models import Paper
from tests.dossiers.lives import received
from tests.people import cast
from tests.postgres import private_cluster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("catalogue", "people")]


@pytest.fixture
def paper(officer: User, settings: Settings, tmp_path: Path) -> Paper:
    """Return a paper of a dossier, in a folder of papers of its own; the log is sealed."""
    settings.MEDIA_ROOT = tmp_path / "papers"
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    now = timezone.now()
    paper = Paper(
        dossier=received(officer), original_name="a.pdf", media_type="application/pdf", size=4, sha256="0" * 64,
        uploaded_at=now,
    )  # fmt: skip
    paper.file.save("a.pdf", ContentFile(b"%PDF"))
    keep_sealed(now=now)
    return paper


@pytest.fixture
def postgresql() -> str:
    """Return the address of the server of the tests; on SQLite the test is left out."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's own")
    return os.environ["DATABASE_URL"]


def made(folder: Path) -> Path:
    """Make a back-up now."""
    return backup.make(folder, now=timezone.now())


def restore(folder: Path) -> int:
    """Rehearse, and return the exit code."""
    return rehearsal.run(Namespace(folder=folder, server=None))


def test_a_back_up_is_restored_into_a_database_of_its_own_and_the_live_one_left_alone(
    paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_HEAD_COPY", str(tmp_path / "elsewhere.jsonl"))
    heads = settings.AUDIT_HEADS.read_bytes()
    assert backup.run(Namespace(folder=tmp_path / "kept")) == 0
    told = capsys.readouterr().out
    events = AuditEvent.objects.count()

    assert restore(tmp_path / "kept") == 0

    said = capsys.readouterr().out
    assert "1 files of papers, 0 rows without their file" in told
    assert "NOT in it, to be kept apart from it" in told
    assert "dossiers_dossier: 1" in said
    assert f"audit_auditevent: {events - 1}" in said  # the event of the back-up itself is younger than it
    assert "keys: those of this installation open it" in said
    assert "migrations: all of this version are in it" in said
    assert "The audit log is whole" in said
    assert "can be restored" in said
    assert AuditEvent.objects.count() == events
    assert AuditEvent.objects.filter(name="backup.made").count() == 1
    assert settings.AUDIT_HEADS.read_bytes() == heads
    assert not (tmp_path / "elsewhere.jsonl").exists()
    assert cast.an.number not in told + said
    assert cast.an.full_name not in told + said
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'motcua_rehearsal_%'")
            assert cursor.fetchone()[0] == 0


def test_who_asks_reads_when_the_last_back_up_and_rehearsal_were(
    paper: Paper, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "state").mkdir()
    settings.STATE = tmp_path / "state"
    assert backup.last() == backup.Last()
    now = timezone.now()
    backup.make(tmp_path / "kept", now=now)
    assert backup.last() == backup.Last(made_at=now)
    backup.stamp(rehearsed_at=now + timedelta(hours=1))
    assert backup.last() == backup.Last(made_at=now, rehearsed_at=now + timedelta(hours=1))
    (settings.STATE / "backups.json").write_text("[", encoding="ascii")
    assert backup.last() == backup.Last()


def test_no_key_is_in_a_back_up_and_nobody_else_may_read_it(paper: Paper, tmp_path: Path) -> None:
    folder = made(tmp_path / "kept")
    secrets = (settings.SECRET_KEY.encode(), b"a-sealing-key-for-tests")
    for path in folder.rglob("*"):
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in secrets), path
    assert folder.stat().st_mode & 0o077 == 0


def test_a_database_that_was_touched_since_is_found_out(paper: Paper, tmp_path: Path) -> None:
    folder = made(tmp_path)
    file = next(folder.glob("database.*"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(NoBackup, match="not what was written"):
        list(rehearsal.rehearse(folder))


def test_rows_that_are_missing_are_found_out(paper: Paper, tmp_path: Path) -> None:
    folder = made(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["rows"]["dossiers_dossier"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(NoBackup, match="Rows are missing in dossiers_dossier"):
        list(rehearsal.rehearse(folder))


def test_a_file_of_a_paper_that_is_missing_is_found_out(paper: Paper, tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder / "papers" / paper.file.name).unlink()
    with pytest.raises(NoBackup, match="1 rows of papers have no file"):
        list(rehearsal.rehearse(folder))


def test_a_log_that_was_changed_is_found_out(
    paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditevent SET subject = 'x' WHERE id = (SELECT min(id) FROM audit_auditevent)"
        )
    made(tmp_path / "kept")
    assert restore(tmp_path / "kept") == 1
    said = capsys.readouterr()
    assert "CANNOT BE RELIED ON" in said.err
    assert "was changed after it was recorded" in said.err
    assert "can be restored" not in said.out


def test_without_the_keys_of_its_day_a_back_up_is_called_worthless(
    paper: Paper, tmp_path: Path, settings: Settings
) -> None:
    folder = made(tmp_path)
    settings.SEALING_KEYS = "89ab0123 another-key-for-tests-that-opens-nothing-elsewhere"
    with pytest.raises(NoBackup, match="sealed with key 0123abcd, which is not here"):
        list(rehearsal.rehearse(folder))


def test_without_postgresql_s_programs_the_reason_is_told(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBackup, match="pg_dump is not there: install"):
        made(tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def program_on_path(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PATH find a program of the test's own before all others."""
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{text}")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        (
            "pg_dump",
            "pg_dump: error: aborting because of server version mismatch\n"
            "pg_dump: detail: server version: 17.11; pg_dump version: 15.18\n",
            "pg_dump: aborting because of server version mismatch; server version: 17.11; pg_dump version: 15.18. "
            "The programs here are too old: install",
        ),
        (
            "pg_restore",
            "pg_restore: error: unsupported version (1.16) in file header\n",
            "pg_restore: unsupported version (1.16) in file header. The programs here are too old: install",
        ),
        (
            "pg_restore",
            'pg_restore: error: COPY failed for table "accounts_user": ERROR:  no room\n'
            "CONTEXT:  COPY accounts_user, line 1: 0912345678\n"
            "pg_restore: warning: errors ignored on restore: 1\n",
            'pg_restore: COPY failed for table "accounts_user": ERROR:  no room',
        ),
    ],
)
def test_why_a_program_failed_is_told_and_nothing_of_a_row(
    paper: Paper,
    tmp_path: Path,
    postgresql: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    said: str,
    told: str,
) -> None:
    kept = made(tmp_path / "kept") if name == "pg_restore" else tmp_path
    program_on_path(tmp_path / "bin", name, f"cat >&2 <<'END'\n{said}END\nexit 1\n", monkeypatch)

    with pytest.raises(NoBackup) as refused:
        made(tmp_path / "kept") if name == "pg_dump" else list(rehearsal.rehearse(kept))

    assert str(refused.value).startswith(told)
    assert "0912345678" not in str(refused.value)


@pytest.mark.parametrize("is_all", [True, False])
def test_a_newer_pg_restore_sets_what_the_server_does_not_know_and_restores_all_the_same(
    paper: Paper, tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch, is_all: bool
) -> None:
    folder = made(tmp_path / "kept")
    restore, errors = (f'{shutil.which("pg_restore")} "$@"', 1) if is_all else ("true", 12)
    program_on_path(
        tmp_path / "bin",
        "pg_restore",
        f"""case "$*" in *--exit-on-error*) restore=true ;; *) restore={shlex.quote(restore)} ;; esac
eval "$restore"
cat >&2 <<'END'
pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;
pg_restore: warning: errors ignored on restore: {errors}
END
exit 1
""",
        monkeypatch,
    )

    if is_all:
        assert any("as many as were saved" in line for line in rehearsal.rehearse(folder))
    else:
        with pytest.raises(NoBackup, match="could not execute query"):
            list(rehearsal.rehearse(folder))


def test_a_server_whose_own_databases_are_in_another_encoding_will_do(
    paper: Paper, tmp_path: Path, postgresql: str
) -> None:
    folder = made(tmp_path)
    with private_cluster(encoding="SQL_ASCII") as server:
        lines = list(rehearsal.rehearse(folder, server=server))
    assert "papers: 1 files, 0 rows without their file" in lines


def test_a_database_that_is_away_is_told_and_nothing_is_left_behind(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: str
) -> None:
    monkeypatch.setattr(backup, "parameters", lambda: {"host": "127.0.0.1", "port": "1"})
    with pytest.raises(NoBackup, match="DATABASE_URL: the database cannot be used"):
        made(tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_server_that_is_no_address_is_refused(paper: Paper, tmp_path: Path, postgresql: str) -> None:
    folder = made(tmp_path)
    with pytest.raises(NoBackup, match="--server: expected postgresql://"):
        list(rehearsal.rehearse(folder, server="nonsense"))


def test_the_rehearsal_asks_the_server_to_prove_itself_too() -> None:
    to = {"host": "db.example", "dbname": "n", "sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}
    address = rehearsal._address(to)
    assert address == "postgresql://db.example/n?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem"


def test_who_may_make_no_database_reads_what_helps(paper: Paper, tmp_path: Path, postgresql: str) -> None:
    folder = made(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain LOGIN")
    try:
        with pytest.raises(NoBackup, match="CREATEDB"):
            list(rehearsal.rehearse(folder, server=postgresql.replace("motcua@", "plain@")))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE plain")


def test_a_back_up_is_rehearsed_on_the_server_that_is_named(
    paper: Paper, tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path)
    monkeypatch.setattr(rehearsal, "parameters", dict)
    assert any(
        "audit log: The audit log is whole" in line for line in rehearsal.rehearse(folder, server=postgresql)
    )


def test_a_paper_that_the_back_up_before_has_takes_no_room_again(paper: Paper, tmp_path: Path) -> None:
    now = timezone.now()
    first = backup.make(tmp_path / "kept", now=now - timedelta(days=1))
    second = backup.make(tmp_path / "kept", now=now)
    name = paper.file.name
    assert (first / "papers" / name).stat().st_ino == (second / "papers" / name).stat().st_ino
    shutil.rmtree(first)
    assert (second / "papers" / name).read_bytes() == b"%PDF"


def test_a_disk_without_second_names_gets_a_copy(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    now = timezone.now()
    backup.make(tmp_path / "kept", now=now - timedelta(days=1))
    monkeypatch.setattr(os, "link", refuse)
    second = backup.make(tmp_path / "kept", now=now)
    assert (second / "papers" / paper.file.name).read_bytes() == b"%PDF"


def test_a_back_up_that_breaks_off_leaves_nothing_behind(
    paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device", "papers")

    monkeypatch.setattr(backup.shutil, "copyfile", full)
    assert backup.run(Namespace(folder=tmp_path / "kept")) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "kept").iterdir()) == []
    assert not AuditEvent.objects.filter(name="backup.made").exists()


def test_a_back_up_does_not_lie_inside_what_it_saves(paper: Paper) -> None:
    with pytest.raises(NoBackup, match="inside MOTCUA_STATE"):
        made(settings.STATE / "backups")


@pytest.mark.parametrize("text", ["", "{}", '{"database": "../../etc/passwd"}'])
def test_what_is_no_back_up_is_called_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoBackup, match="There is no back-up"):
        list(rehearsal.rehearse(tmp_path))
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(NoBackup, match="no back-up of ours"):
        list(rehearsal.rehearse(tmp_path))


def test_an_older_version_s_back_up_is_brought_up_to_this_one(
    paper: Paper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = ("0004_given_up_index", "0005_parcels_told_in_vietnamese")  # the second one changes no table
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX parcel_given_up")
        cursor.executemany(
            "DELETE FROM django_migrations WHERE app = 'outbox' AND name = %s", [[name] for name in later]
        )
    try:
        made(tmp_path / "kept")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE INDEX parcel_given_up ON outbox_parcel (topic) WHERE given_up_at IS NOT NULL"
            )
            cursor.executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('outbox', %s, %s)",
                [[name, timezone.now()] for name in later],
            )
    assert restore(tmp_path / "kept") == 0
    assert "could be brought up to this one" in capsys.readouterr().out


def test_the_database_proves_itself_to_the_programs_that_save_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        connection.settings_dict, "OPTIONS", {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}
    )

    found = backup.parameters()

    assert (found["sslmode"], found["sslrootcert"]) == ("verify-full", "/etc/ca.pem")
