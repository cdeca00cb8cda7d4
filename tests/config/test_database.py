"""A database that the product cannot work with is refused before anything is in it, with what helps."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection

from motcua.config import database
from tests.postgres import free_port
from tests.product_process import MOTCUA, environment

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_bytes() -> Iterator[str]:
    """Return the address of an empty database as a server makes it where no language is chosen."""
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        pytest.skip("PostgreSQL's own")
    name = f"ascii_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0")  # type: ignore[call-overload]
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.mark.parametrize("command", ["serve", "migrate", "doctor"])
def test_a_database_that_is_not_in_utf8_is_refused(of_bytes: str, command: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [MOTCUA, command],
        env=environment(DATABASE_URL=of_bytes, MOTCUA_STATE=str(tmp_path), MOTCUA_PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "DATABASE_URL: it keeps SQL_ASCII and not UTF8. Make it anew" in said
    assert "CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0" in said
    assert "Traceback" not in said
    with psycopg.connect(of_bytes) as session:
        tables = session.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_a_pooler_that_gives_each_transaction_another_line_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's own")

    class Pooled:
        """Another connection to such a pooler, which has one line for both."""

        cursor = connection.cursor

        def close(self) -> None:
            """The line stays."""

    monkeypatch.setattr(connection, "copy", Pooled)

    assert "DATABASE_URL: it leads to a pooler" in database.trouble()
    assert "pool_mode = session" in database.trouble()


def test_the_database_of_these_tests_is_fit() -> None:
    assert database.trouble() == ""
    assert database.is_fit(None, ["default"]) == []
