"""``motcua proof``: exported here, verified anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from motcua.identity.register import TouchPoint
from motcua.verification import proofs
from motcua.verification.models import IdentityCheck
from tests.people import Person, cast
from tests.verification.checks import NOW, check_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("state")]


@pytest.fixture
def check(register, officer) -> IdentityCheck:
    """Return An's check at the desk."""
    return check_at(TouchPoint.RECEPTION, officer)


@pytest.fixture
def file(check: IdentityCheck, tmp_path: Path) -> Path:
    """Return its exported proof."""
    path = tmp_path / "proof.json"
    assert run("export", check.code, str(path)) == (0, "")
    return path


def run(*arguments: str) -> tuple[int, str]:
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("proof", *arguments, stdout=said, stderr=said)
    return int(ended.value.code or 0), said.getvalue()


def typed(monkeypatch: pytest.MonkeyPatch, person: Person) -> None:
    text = f"{person.full_name}\n{person.number}\n{person.typed_birth}\n"
    monkeypatch.setattr(sys, "stdin", StringIO(text))


def test_a_proof_is_exported_by_code_or_request_id(check) -> None:
    by_code = run("export", check.code.lower().replace("-", " "))
    by_request = run("export", check.request_id)

    assert by_code == by_request == (0, proofs.proof_text(check))
    assert json.loads(by_code[1])["code"] == check.code


@pytest.mark.parametrize("named", ["0000-0000-0000", "MC-NOBODY", "", "'"])
def test_an_unknown_check_is_not_exported(check, named: str) -> None:
    assert run("export", named) == (1, "There is no check with this code or request id.\n")


def test_a_check_from_before_signatures_is_not_exported(db) -> None:
    IdentityCheck.objects.create(
        request_id="MC-OLD",
        touch_point="filing",
        purpose="x",
        asked_at=NOW,
        answered_at=NOW,
        outcome="verified",
    )

    code, said = run("export", "MC-OLD")

    assert code == 1
    assert "bears no signature" in said


def test_a_proof_is_verified_with_the_keys_that_were_published_here(check, file) -> None:
    code, said = run("verify", str(file))

    assert code == 0
    assert said.startswith(f"VALID: signed with the key {check.key_id}")
    assert "outcome: verified" in said
    assert cast.an.number not in said


def test_a_changed_proof_is_not_valid(file) -> None:
    file.write_text(file.read_text().replace('"outcome": "verified"', '"outcome": "rejected"'))

    assert run("verify", str(file)) == (
        1,
        "NOT VALID: the statement or its signature was changed after it was signed.\n",
    )


def test_a_key_that_was_not_published_here_must_be_given(file, settings, tmp_path) -> None:
    published = proofs.folder()
    settings.STATE = tmp_path / "elsewhere"

    assert run("verify", str(file))[0] == 1
    assert run("verify", str(file), "--key", str(published))[0] == 0
    key = next(published.iterdir())
    assert run("verify", str(file), "--key", str(key))[0] == 0


@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_a_file_that_is_no_key_is_refused_in_words(file, tmp_path, content) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)

    code, said = run("verify", str(file), "--key", str(path))

    assert code == 1
    assert said.startswith("NOT VALID: ")
    assert ("cannot be read" in said) == (content is None)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path) -> None:
    code, said = run("verify", str(tmp_path / "none.json"))

    assert code == 1
    assert "cannot be read" in said


def test_verifying_asks_no_database(file, django_assert_num_queries) -> None:
    with django_assert_num_queries(0), connection.execute_wrapper(_refuse):
        assert run("verify", str(file))[0] == 0


def _refuse(*_: object) -> None:
    raise AssertionError("the database was asked")


def test_it_is_verified_elsewhere_with_the_file_and_the_key_alone(file, check, tmp_path) -> None:
    elsewhere = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", str(Path(proofs.__file__).parents[2])),
        "MOTCUA_STATE": str(tmp_path / "elsewhere"),
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere",
    }
    key = proofs.folder() / f"{check.key_id}.pem"
    outcome = subprocess.run(
        [sys.executable, "-m", "django", "proof", "verify", str(file), "--key", str(key)],
        env=elsewhere | {"DJANGO_SETTINGS_MODULE": "motcua.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.startswith("VALID")


def test_the_present_key_is_printed_and_published(check) -> None:
    code, said = run("key")

    assert code == 0
    assert said.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert check.key_id in said
    assert (proofs.folder() / f"{check.key_id}.pem").read_text() in said


def test_it_can_be_told_whom_a_proof_is_about_where_the_secret_is(file, monkeypatch) -> None:
    typed(monkeypatch, cast.an)
    assert run("verify", str(file), "--about")[0] == 0

    typed(monkeypatch, cast.binh)
    code, said = run("verify", str(file), "--about")
    assert code == 1
    assert said.endswith("It is not about this person.\n")
    assert cast.binh.number not in said


def test_whom_it_is_about_is_not_guessed_with_another_secret(file, monkeypatch, settings) -> None:
    settings.SECRET_KEY = "another secret than the one that made the digest"
    typed(monkeypatch, cast.an)

    code, said = run("verify", str(file), "--about")

    assert code == 1
    assert "another secret" in said


def test_an_unreadable_person_is_not_repeated(file, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("Nguyễn Văn An\n99908500000X\n07/03/1985\n"))

    code, said = run("verify", str(file), "--about")

    assert code == 1
    assert "99908500000X" not in said
