"""The place at the database that a thread holds, and why there is none to be had."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

_ASKED_SECONDS = 5


def give_connection_back() -> None:
    """Let other threads use our place in PostgreSQL's pool while we wait for something else."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


def takes_no_writes() -> bool:
    """Say whether PostgreSQL only lets itself be read: a stand-by, or a server whose disk is full. One query.

    Raises:
        DatabaseError: it is away.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only')")
        return bool(cursor.fetchone()[0] == "on")


def away(error: Exception) -> str:
    """Say in a line which variable leads to a database that cannot be used, and why.

    Args:
        error: what a command met. The pool of PostgreSQL only says that it waited; why, the server is asked once more.
    """
    variable = "DATABASE_URL" if connection.vendor == "postgresql" else f"MOTCUA_STATE={settings.STATE}"
    why = str(error).strip().partition("\n")[0].rstrip(".")
    if "couldn't get a connection" in why:
        why = _asked_without_the_pool() or why
    return f"{variable}: the database cannot be used ({why})."


def _asked_without_the_pool() -> str:
    import psycopg

    known = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    given = psycopg.conninfo.make_conninfo("", **{name: known[name] for name in names if known.get(name)})
    try:
        psycopg.connect(given, connect_timeout=_ASKED_SECONDS).close()
    except psycopg.OperationalError as refusal:
        return str(refusal).strip().partition("\n")[0].rstrip(".")
    return ""
