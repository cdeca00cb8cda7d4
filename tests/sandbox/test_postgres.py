"""The same register on PostgreSQL, by one variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from npdsandbox.matching import name_key
from npdsandbox.people import generate
from tests.postgres import private_cluster, programs
from tests.sandbox.callers import AN, ask
from tests.sandbox_process import start_sandbox


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_the_register_works_on_postgresql(tmp_path: Path) -> None:
    with private_cluster() as url:
        subprocess.run(
            [sys.executable, "-m", "npdsandbox", "seed", "--people", "200"],
            env={**os.environ, "NPDSANDBOX_STATE": str(tmp_path), "NPDSANDBOX_DATABASE_URL": url}, check=True,
        )  # fmt: skip
        sandbox = start_sandbox(tmp_path, NPDSANDBOX_DATABASE_URL=url)
        try:
            assert ask(sandbox).found_name == "NGUYỄN VĂN AN"
            person = next(record for record in generate(200, seed=1) if len(record.birth_date) > 4)
            fields = {**AN, "SoDinhDanh": person.personal_number, "HoVaTen": name_key(person.full_name)}
            reply = ask(sandbox, {**fields, "NgayThangNam": person.birth_date})
            assert reply.found_name == person.full_name.upper()
        finally:
            assert sandbox.stop() == 0
        assert not (tmp_path / "npdsandbox.sqlite3").exists()


def test_a_database_address_that_makes_no_sense_stops_the_start_and_says_why(tmp_path: Path) -> None:
    for name, value in (("NPDSANDBOX_DATABASE_URL", "mysql://x/y"), ("NPDSANDBOX_PORT", "eight")):
        done = subprocess.run(
            [sys.executable, "-m", "npdsandbox", "serve"],
            env={"NPDSANDBOX_STATE": str(tmp_path), name: value}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert done.stderr.startswith(f"{name}: expected")
