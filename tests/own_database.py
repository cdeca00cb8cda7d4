"""An empty database of one test's own, for tests that move a whole installation through its migrations.

Taking the database of all other tests back to its first days and forth again costs far more than building it up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from tests.product_process import new_database


@contextmanager
def empty_database(folder: Path) -> Iterator[None]:
    """Lead ``default`` to an empty database while the block lasts.

    Args:
        folder: where it lies when it is SQLite; on PostgreSQL it stays on the private server, which is thrown away.
    """
    settings = connection.settings_dict
    others = settings["NAME"]
    _hang_up()
    if connection.vendor == "sqlite":
        settings["NAME"] = str(folder / "own.sqlite3")
    else:
        settings["NAME"] = urlsplit(new_database(os.environ["DATABASE_URL"])).path.strip("/")
    try:
        yield
    finally:
        _hang_up()
        settings["NAME"] = others


def _hang_up() -> None:
    """Let nothing lead to the database of before, a pool's connections neither."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
