"""A signed copy of a period, believed with the public key alone."""

from __future__ import annotations

import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from motcua.audit.models import AuditEvent
from motcua.audit.service import BrokenExport, check_export, export, export_key
from tests.audit.conftest import NOW, Sql, happen, run_audit

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def file(log: list[int], tmp_path: Path) -> Path:
    """Return the export of the day of the log."""
    happen(1, now=NOW - timedelta(hours=9))  # the day before, by the calendar here
    path = tmp_path / "export.jsonl"
    assert export(first=DAY, last=DAY, path=path, now=NOW, operator="thu") == 12
    return path


def test_it_is_believed_with_the_public_key_alone(file: Path) -> None:
    told = check_export(file, key=export_key())

    assert (told["first"], told["last"], told["events"]) == ("2026-03-02", "2026-03-02", 12)
    assert file.read_text(encoding="ascii").count("\n") == 14


def test_a_day_begins_at_midnight_here(log: list[int], tmp_path: Path) -> None:
    happen(1, now=NOW - timedelta(hours=8))  # half past midnight of this day, the day before in Greenwich
    happen(1, now=NOW + timedelta(hours=16))  # half past midnight of the next one

    assert export(first=DAY, last=DAY, path=tmp_path / "export.jsonl", now=NOW, operator="thu") == 13


def test_that_it_was_made_is_recorded_and_its_owner_alone_reads_it(file: Path) -> None:
    assert AuditEvent.objects.get(name="audit.exported").details["count"] == 12
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_that_is_believed_leaves_without_a_trace(
    log: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**event: object) -> None:
        raise OSError

    monkeypatch.setattr("motcua.audit.exporting.record", fails)
    path = tmp_path / "export.jsonl"
    with pytest.raises(OSError):
        export(first=DAY, last=DAY, path=path, now=NOW, operator="thu")

    with pytest.raises(BrokenExport):
        check_export(path, key=export_key())


def test_one_changed_byte_anywhere_is_found(file: Path) -> None:
    raw = file.read_bytes()
    for at in [*range(0, len(raw), 97), *range(len(raw) - 220, len(raw))]:
        file.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(BrokenExport):
            check_export(file, key=export_key())


def test_a_line_that_was_taken_out_doubled_put_at_the_end_or_is_none_is_found(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    for changed in (
        lines[:3] + lines[4:],
        lines[:3] + lines[2:],
        [*lines, lines[3]],
        lines[:-1],
        lines[:1],
        [lines[0], b"[" * 10_000],
        [*lines[:-1], lines[-1].replace(b"}", b',"signed_by":"somebody"}')],
        [],
    ):
        file.write_bytes(b"".join(changed))
        with pytest.raises(BrokenExport):
            check_export(file, key=export_key())


def test_another_ones_key_does_not_fit(file: Path, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    key = tmp_path / "key.pem"
    key.write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    code, said = run_audit("verify-export", str(file), "--key", str(key))
    assert code == 1
    assert "its signature is not of this key" in said


def test_the_commands_write_and_check_it(log: list[int], tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    assert run_audit("export", "--from", "01/03/2026", "--to", "02/03/2026", str(path))[0] == 0
    code, said = run_audit("verify-export", str(path))

    assert code == 0
    assert "12 events from 01/03/2026 to 02/03/2026" in said
    assert run_audit("export", "--from", "01/03/2026", "--to", "02/03/2026", str(path))[0] == 2, (
        "not written over"
    )


def test_what_is_wrong_is_not_signed(log: list[int], sql: Sql, tmp_path: Path) -> None:
    sql("UPDATE audit_auditevent SET subject = 'x' WHERE id = %s", log[4])
    path = tmp_path / "export.jsonl"
    code, said = run_audit("export", "--from", "01/03/2026", "--to", "02/03/2026", str(path))

    assert code == 1
    assert f"First bad record: event {log[4]}" in said
    assert not path.exists()
