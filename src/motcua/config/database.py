"""What the database must be, whatever else works: one that keeps Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

_BETTER: Final = "CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"


def trouble() -> str:
    """Say why the database cannot keep what the product writes, and what helps; nothing when it can.

    A PostgreSQL that was set up where no language is chosen makes databases in SQL_ASCII. There all seems to work until
    the first Vietnamese word is refused, or counted in bytes and too long.

    Raises:
        DatabaseError: it is away.
    """
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_encoding')")
        encoding = str(cursor.fetchone()[0])
    if encoding == "UTF8":
        return ""
    return (
        f"DATABASE_URL: it keeps {encoding} and not UTF8. Make it anew, before anything is in it: {_BETTER}."
    )


@register(Tags.database)
def keeps_vietnamese(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a database that cannot keep what the product writes; looked at before migrations are applied."""
    said = trouble() if databases else ""
    return [Error(said, id="motcua.E034")] if said else []
