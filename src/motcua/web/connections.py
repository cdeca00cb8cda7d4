"""The place at the database that a thread holds."""

from __future__ import annotations

from django.db import connection


def give_connection_back() -> None:
    """Let other threads use our place in PostgreSQL's pool while we wait for something else."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()
