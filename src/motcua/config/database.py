"""What the database must be, whatever else works: one that keeps Vietnamese, and a line of our own to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

_BETTER: Final = "CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"


def trouble() -> str:
    """Say why the product cannot work with the database, and what helps; nothing when it can.

    A PostgreSQL that was set up where no language is chosen makes databases in SQL_ASCII. There all seems to work until
    the first Vietnamese word is refused, or counted in bytes and too long. Behind a pooler that gives each transaction
    another line, a statement prepared on one of them fails on the next, or is somebody else's of the same name.

    Raises:
        DatabaseError: it is away.
    """
    if connection.vendor != "postgresql":
        return ""
    with closing(connection.copy()) as another:
        encoding, process = _told_by(connection)
        _encoding, other_process = _told_by(another)
    if encoding != "UTF8":
        made_anew = f"Make it anew, before anything is in it: {_BETTER}."
        return f"DATABASE_URL: it keeps {encoding} and not UTF8. {made_anew}"
    if process == other_process:
        return (
            "DATABASE_URL: it leads to a pooler that gives each transaction another connection. Let it give each "
            "session one (PgBouncer: pool_mode = session), or name PostgreSQL itself."
        )
    return ""


def _told_by(line: Any) -> tuple[str, int]:
    with line.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_encoding'), pg_backend_pid()")
        encoding, process = cursor.fetchone()
    return encoding, process


@register(Tags.database)
def is_fit(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a database that the product cannot work with; looked at before migrations are applied."""
    said = trouble() if databases else ""
    return [Error(said, id="motcua.E034")] if said else []
