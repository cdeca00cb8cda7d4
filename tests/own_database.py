"""A database of one test's own, for tests that move a whole installation through its migrations.

Taking the database of all other tests back to its first days and forth again costs far more than building one up.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from tests.product_process import new_database


@contextmanager
def own_database(folder: Path, *, is_empty: bool) -> Iterator[None]:
    """Lead ``default`` to another database while the block lasts.

    Args:
        folder: where it lies when it is SQLite; on PostgreSQL it stays on the private server, which is thrown away.
        is_empty: without tables; else a copy of that of all other tests.
    """
    settings = connection.settings_dict
    others = settings["NAME"]
    _hang_up()
    if connection.vendor == "sqlite":
        settings["NAME"] = str(folder / "own.sqlite3")
        if not is_empty:
            shutil.copy(others, settings["NAME"])
    else:
        like = "template1" if is_empty else others
        settings["NAME"] = urlsplit(new_database(os.environ["DATABASE_URL"], like=like)).path.strip("/")
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
