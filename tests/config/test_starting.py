"""Servers that start at the same time bring one database up to date one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from motcua.config import serve
from motcua.config.backup import parameters

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def another_server_starting() -> Iterator[None]:
    """Hold what a server holds while it brings the database up to date."""
    import psycopg

    with psycopg.connect(**parameters(), autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [serve.ALONE])
        yield


def test_the_second_of_two_servers_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is for one machine")
    came, done = threading.Event(), threading.Event()
    monkeypatch.setattr(serve, "call_command", lambda *words, **options: came.set())

    def start() -> None:
        serve.bring_up_to_date()
        connection.close()
        done.set()

    with another_server_starting():
        threading.Thread(target=start).start()
        assert not came.wait(1)

    assert done.wait(10)
    assert came.is_set()
    with another_server_starting():  # the lock went with the start
        pass


def test_a_start_that_fails_keeps_nobody_else_away(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is for one machine")

    def failing(*words: str, **options: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(serve, "call_command", failing)
    with pytest.raises(RuntimeError, match="no room"):
        serve.bring_up_to_date()

    with another_server_starting():
        pass
