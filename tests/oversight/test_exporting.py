"""The export for an authority: whole, harmless in a spreadsheet, and known again by its signature."""

from __future__ import annotations

import csv
import errno
import getpass
import json
import subprocess
import zipfile
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.oversight.exporting import HEADINGS, NotOurs, Signature, export, own_key, verify
from motcua.oversight.management.commands import export_checks
from motcua.verification.models import IdentityCheck
from motcua.web.cells import safe
from motcua.web.days import Period
from tests.oversight.conftest import NOON
from tests.people import FIRST_OFFICE, SECOND_OFFICE, cast

pytestmark = pytest.mark.django_db
DAY = Period(NOON.date(), NOON.date())
Asked = Callable[..., IdentityCheck]


def rows_of(data: bytes) -> list[dict[str, str]]:
    """Read an export as a program would."""
    return list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline="")))


def command(*words: str) -> str:
    """Run the command and return what it says."""
    out = StringIO()
    call_command("export_checks", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def made(asked: Asked, officer: User, other_officer: User, tmp_path: Path) -> Path:
    """Export a day of two offices and the portal with the command."""
    asked(officer, register_ids=[["MaYeuCau", "YC-1"], ["x", "=2+5"]], route="primary", line="c06")
    asked(other_officer, cast.binh, at=NOON + timedelta(minutes=1), outcome="")
    asked(None, touch_point="registration", outcome="rejected", at=NOON - timedelta(minutes=1))
    asked(officer, at=NOON + timedelta(days=1))
    file = tmp_path / "checks.csv"
    command("--from", "23/11/2026", "--to", "23/11/2026", str(file))
    return file


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+84912", "'+84912"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "'\r\n=1"),
        ("＝1", "'＝1"),
        ("'Bích", "'Bích"),
        ("H'Mai Niê", "H'Mai Niê"),
        ("D'Angelo", "D'Angelo"),
        ("Xác minh = đúng", "Xác minh = đúng"),
        ("", ""),
    ],
)
def test_what_could_be_a_formula_is_text_and_all_else_stays(text: str, cell: str) -> None:
    assert safe(text) == cell


def test_every_cell_that_a_person_or_the_register_wrote_is_harmless(asked: Asked, officer: User) -> None:
    asked(officer, purpose='=HYPERLINK("http://x.example","bấm")', register_ids=[["=cmd", "1"]], reason="@x")
    file = BytesIO()
    export(period=DAY, file=file, now=NOON)

    (row,) = rows_of(file.getvalue())
    assert row["Mục đích"] == '\'=HYPERLINK("http://x.example","bấm")'
    assert row["Mã của CSDLQG"].startswith("'=cmd")
    assert all(not cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_the_file_holds_every_check_of_the_period_and_nothing_in_clear(made: Path) -> None:
    data = made.read_bytes()
    rows = rows_of(data)

    assert data.startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == HEADINGS
    assert [row["Tên đăng nhập cán bộ"] for row in rows] == ["", "lan", "minh"]
    lan = rows[1]
    assert lan["Thời điểm"] == "2026-11-23T12:00:00.000+07:00"
    assert (lan["Cơ quan"], lan["Mã thủ tục"], lan["Kết quả"]) == (FIRST_OFFICE, "1.001193", "verified")
    assert (lan["Mã của CSDLQG"], lan["Đường truyền"]) == ("MaYeuCau=YC-1 x==2+5", "primary c06")
    assert lan["Số định danh (che)"] == cast.an.claim.number.masked
    assert len(lan["Mã băm số định danh"]) == 64
    assert rows[2]["Kết quả"] == "pending"
    text = data.decode("utf-8-sig")
    for secret in (cast.an.number, cast.binh.number, cast.an.full_name, cast.lan.number):
        assert secret not in text
    assert made.stat().st_mode & 0o077 == 0


def test_a_citizens_log_in_is_not_told(asked: Asked, citizen_an: Citizen) -> None:
    asked(citizen_an.user, touch_point="filing")
    file = BytesIO()
    export(period=DAY, file=file, now=NOON)

    assert rows_of(file.getvalue())[0]["Tên đăng nhập cán bộ"] == ""
    assert citizen_an.user.login not in file.getvalue().decode()


def test_one_office_can_be_exported_alone(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "second.csv"
    command("--from", "01/11/2026", "--to", "30/11/2026", "--office", SECOND_OFFICE, str(file))

    assert [row["Cơ quan"] for row in rows_of(file.read_bytes())] == [SECOND_OFFICE]
    event = AuditEvent.objects.filter(name="export.made").latest("pk")
    assert (event.office_code, event.details["count"]) == (SECOND_OFFICE, 1)


def test_a_whole_export_verifies_and_says_what_it_is(made: Path) -> None:
    said = command("--verify", str(made))

    assert "whole; 3 checks from 23/11/2026 to 23/11/2026, all offices and the portal" in said
    details = AuditEvent.objects.get(name="export.made").details
    assert details["period"] == "23/11/2026-23/11/2026"
    assert details["count"] == 3
    assert len(details["sha256"]) == 64
    assert details["operator"] == getpass.getuser()


def test_one_changed_byte_is_found(made: Path) -> None:
    data = bytearray(made.read_bytes())
    data[len(data) // 2] ^= 1
    made.write_bytes(data)

    with pytest.raises(CommandError, match="not the one that was signed"):
        command("--verify", str(made))


@pytest.mark.parametrize(("old", "new"), [("count 3", "count 2"), ("to 23/11/2026", "to 30/11/2026")])
def test_a_changed_statement_is_found(made: Path, old: str, new: str) -> None:
    beside = made.with_name("checks.csv.sig.json")
    beside.write_text(beside.read_text("utf-8").replace(old, new), "utf-8")

    with pytest.raises(CommandError, match="signature is not by the key"):
        command("--verify", str(made))


def test_a_signature_by_another_key_is_not_believed_although_it_brings_its_own(
    made: Path, settings: Any
) -> None:
    ours = own_key()
    settings.SECRET_KEY = "a forger's own installation"
    made.unlink()
    made.with_name("checks.csv.sig.json").unlink()
    command("--from", "23/11/2026", "--to", "23/11/2026", str(made))
    with made.open("rb") as file, pytest.raises(NotOurs):
        verify(file=file, signature=made.with_name("checks.csv.sig.json").read_text("utf-8"), key=ours)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"signed": 1, "signature": ""}', '{"signed": "x", "signature": "!"}']
)
def test_a_signature_that_cannot_be_read_is_none(made: Path, text: str) -> None:
    made.with_name("checks.csv.sig.json").write_text(text)

    with pytest.raises(CommandError, match="cannot be read"):
        command("--verify", str(made))


def test_an_authority_verifies_with_the_public_key_and_common_tools_alone(made: Path, tmp_path: Path) -> None:
    beside = json.loads(made.with_name("checks.csv.sig.json").read_text("utf-8"))
    key, text, signature = (tmp_path / name for name in ("key.pem", "signed.txt", "signature.bin"))
    key.write_text(command("--public-key"))
    text.write_bytes(beside["signed"].encode())
    signature.write_bytes(b64decode(beside["signature"]))
    openssl = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin"]
    told = subprocess.run(
        [*openssl, "-inkey", key, "-in", text, "-sigfile", signature], capture_output=True, check=False
    )

    assert b"Verified Successfully" in told.stdout
    assert key.read_text() == beside["public_key"]
    assert "whole" in command("--verify", "--key", str(key), str(made))


def test_nothing_is_written_over(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(CommandError, match="there already"):
        command("--from", "01/11/2026", "--to", "30/11/2026", str(made))

    assert made.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [[], ["--from", "23/11/2026"], ["--from", "24/11/2026", "--to", "23/11/2026"], ["--from", "2026-11-23"],
     ["--from", "01/11/2026", "--to", "30/11/2026", "--office", "X"]],
)  # fmt: skip
def test_a_period_or_office_that_is_none_is_refused_before_anything_is_written(
    people: None, tmp_path: Path, words: list[str]
) -> None:
    with pytest.raises(CommandError):
        command(*words, str(tmp_path / "x.csv"))

    assert list(tmp_path.iterdir()) == []
    assert not AuditEvent.objects.filter(name="export.made").exists()


def test_many_rows_are_written_a_piece_at_a_time(
    asked: Asked, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.oversight.exporting._AT_ONCE", 10)
    for place in range(35):
        asked(officer, at=NOON + timedelta(seconds=place))

    class Pieces(BytesIO):
        sizes: list[int] = []

        def write(self, data: Any) -> int:
            self.sizes.append(data.count(b"MC-"))
            return super().write(data)

    file = Pieces()
    signature = export(period=DAY, file=file, now=NOON)

    assert file.sizes == [10, 10, 10, 5]
    assert signature.count == len(rows_of(file.getvalue())) == 35
    file.seek(0)
    assert verify(file=file, signature=signature.as_json()) == signature


def test_an_administrator_downloads_the_file_with_its_signature(
    asked: Asked, officer: User, administrator: User, administrator_client: Client
) -> None:
    asked(officer)
    response = administrator_client.post(
        "/mot-cua/giam-sat/trich-xuat/", {"tu": "01/11/2026", "den": "30/11/2026"}
    )
    archive = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]

    name, beside = archive.namelist()
    assert (name, beside) == ("luot-tra-cuu-20261101-20261130.csv", f"{name}.sig.json")
    with archive.open(name) as file:
        assert verify(file=file, signature=archive.read(beside).decode()).count == 1
    assert response.headers["Cache-Control"] == "no-store, private"
    event = AuditEvent.objects.get(name="export.made")
    assert event.actor == administrator
    assert "operator" not in event.details


def test_a_download_is_of_a_month_at_most_and_for_administrators_alone(
    administrator_client: Client, supervisor_client: Client, officer_client: Client
) -> None:
    page = "/mot-cua/giam-sat/trich-xuat/"
    year = {"tu": "01/01/2026", "den": "31/12/2026"}

    assert "nhiều nhất 31 ngày" in administrator_client.post(page, year).content.decode()
    assert [one.post(page, year).status_code for one in (supervisor_client, officer_client)] == [403, 403]
    assert not AuditEvent.objects.filter(name="export.made").exists()


def test_the_key_has_the_name_under_which_every_key_is_known(made: Path) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=own_key(), capture_output=True, check=True
    ).stdout
    beside = json.loads(made.with_name("checks.csv.sig.json").read_text("utf-8"))

    assert beside["key_id"] == sha256(der).hexdigest()[:16]


def test_a_file_that_is_no_key_is_refused_in_words(made: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("no key")

    with pytest.raises(CommandError, match="no Ed25519 key"):
        command("--verify", "--key", str(key), str(made))


def test_an_export_that_breaks_off_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**given: Any) -> Signature:
        given["file"].write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    file, beside = tmp_path / "checks.csv", tmp_path / "checks.csv.sig.json"
    beside.write_text("of another day")
    with pytest.raises(CommandError, match=r"checks\.csv\.sig\.json is there already"):
        command("--from", "23/11/2026", "--to", "23/11/2026", str(file))
    assert [path.name for path in tmp_path.iterdir()] == [beside.name]
    assert beside.read_text() == "of another day"

    beside.unlink()
    monkeypatch.setattr(export_checks, "export", full)
    with pytest.raises(CommandError, match=r"checks\.csv cannot be written \(No space left"):
        command("--from", "23/11/2026", "--to", "23/11/2026", str(file))
    assert list(tmp_path.iterdir()) == []


def test_a_period_that_is_not_over_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "checks.csv"
    command("--from", "23/11/2026", "--to", "01/01/2999", str(file))

    assert "01/01/2999 is not over" in capsys.readouterr().err
    assert f"as of {timezone.localdate():%Y-%m-%d}" in command("--verify", str(file))


def test_a_period_from_its_end_to_its_beginning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--from is after --to"):
        command("--from", "24/11/2026", "--to", "23/11/2026", str(tmp_path / "checks.csv"))


@pytest.mark.parametrize(
    "words", [["export_checks", "--from", "2026-11-23"], ["balance", "--on", "31/11/2026"]]
)
def test_a_day_that_is_none_is_refused_with_how_to_write_one(words: list[str]) -> None:
    with pytest.raises(CommandError, match=r"is no day; write dd/mm/yyyy"):
        call_command(*words)
