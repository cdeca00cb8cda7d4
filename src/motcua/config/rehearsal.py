"""``motcua rehearse_restore``: a back-up is put into a database that nobody else uses, looked at, and thrown away.

The product's own database is not read and not written; of the installation nothing is used but its keys.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess  # nosec B404 # for our own programs
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.conf import settings

from motcua.config.backup import (
    HEADS,
    KEYS,
    MANIFEST,
    PAPERS,
    SETS,
    SQLITE,
    NoBackup,
    count,
    last_line,
    manifest_of,
    missing_in,
    papers_in,
    parameters,
    program,
    sha256_of,
    stamp,
    words_of,
)

_LOOKED_AT: Final = 20  # newest names, among which one shows whether the keys fit


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare which back-up is rehearsed, and where."""
    parser.add_argument("folder", type=Path, help="a back-up, or where back-ups are kept: then the newest")
    parser.add_argument(
        "--server",
        metavar="URL",
        help="a PostgreSQL on which a database may be made for it; the product's own server when left out",
    )


def run(options: argparse.Namespace) -> int:
    """Restore a back-up into a database of its own, look whether it is whole, and say so.

    Returns:
        The exit code: 0; 1 when the back-up is not whole or cannot be restored.
    """
    from django.utils import timezone

    try:
        for line in rehearse(options.folder, server=options.server):
            print(line, flush=True)
    except (NoBackup, OSError) as error:
        print(f"THE BACK-UP CANNOT BE RELIED ON. {words_of(error)}", file=sys.stderr)
        return 1
    stamp(rehearsed_at=timezone.now())
    print("The back-up is whole and can be restored. The temporary database is gone.")
    return 0


def rehearse(folder: Path, *, server: str | None = None) -> Iterator[str]:
    """Restore a back-up into a database of its own and look whether it is whole.

    Args:
        folder: a back-up, or where back-ups are kept.
        server: address of a PostgreSQL for it; the product's own when None.

    Yields:
        What was found to be right, a sentence each.

    Raises:
        NoBackup: what is not right.
        OSError: a file cannot be read, or the temporary ones not be written.
    """
    chosen = folder if (folder / MANIFEST).exists() else max(folder.glob(SETS), default=None)
    if chosen is None:
        raise NoBackup(f"There is no back-up in {folder}.")
    manifest = manifest_of(chosen)
    file = chosen / manifest["database"]
    if sha256_of(file) != manifest["sha256"]:
        raise NoBackup(f"{file} is not what was written when the back-up was made.")
    yield f"{chosen}: made at {manifest['made_at']}, {file.stat().st_size // 1024} kB, unchanged since"
    with tempfile.TemporaryDirectory(prefix="motcua-rehearsal-") as name:
        state = Path(name)
        for kept in (HEADS, KEYS):
            if (chosen / kept).is_dir():
                shutil.copytree(chosen / kept, state / kept)
            elif (chosen / kept).exists():
                shutil.copyfile(chosen / kept, state / kept)
        restored = _restored_sqlite if file.name == SQLITE else _restored_postgresql
        with restored(file, state, server) as (url, database):
            yield from _compare(database, manifest, chosen)
            yield from _look_with_the_product(state, url)


def _compare(database: Any, manifest: dict[str, Any], chosen: Path) -> Iterator[str]:
    """Compare rows and files with what the back-up says of itself, and the keys here with what it holds."""
    rows = count(database, manifest["rows"])
    if different := [table for table, count in rows.items() if count != manifest["rows"][table]]:
        raise NoBackup(f"Rows are missing in {', '.join(different)}.")
    yield f"restored: {sum(rows.values())} rows of {len(rows)} tables, as many as were saved"
    for table in ("dossiers_dossier", "verification_identitycheck", "audit_auditevent", "accounts_user"):
        yield f"  {table}: {rows.get(table, 0)}"
    cursor = database.cursor()
    cursor.execute(f"SELECT full_name FROM accounts_user ORDER BY id DESC LIMIT {_LOOKED_AT}")  # noqa: S608  # nosec B608 # a number of ours
    yield _opened(bytes(name) for (name,) in cursor.fetchall() if name)
    if manifest["papers"]["where"] == "disk":
        missing = missing_in(papers_in(database), chosen)
        if missing > manifest["papers"]["missing"]:
            raise NoBackup(f"{missing} rows of papers have no file in {chosen / PAPERS}.")
        yield f"papers: {manifest['papers']['files']} files, {missing} rows without their file"
    else:
        yield "papers: in a bucket, not in this back-up"


def _opened(names: Iterable[bytes]) -> str:
    from motcua.sealing.fields import Sealed, lost_key, opens

    name = next(iter(names), None)
    if name is None:
        return "keys: nothing in it is sealed"
    if lost := lost_key(Sealed("user_name", name)):
        raise NoBackup(
            f"Its names are sealed with key {lost}, which is not here: bring back the keys of its day."
        )
    if not opens(Sealed("user_name", name)):
        raise NoBackup("Its newest name does not open: bring back the MOTCUA_SECRET_KEY of its day.")
    return "keys: those of this installation open it"


def _look_with_the_product(state: Path, url: str) -> Iterator[str]:
    """Run the product's own commands on what was restored, with nothing of the live installation but its keys."""
    from motcua.config.env import VARIABLES

    environment = {
        name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in VARIABLES
    }
    environment |= {
        "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
        "MOTCUA_STATE": str(state),
        "MOTCUA_SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": url,
    }
    if settings.SEALING_KEYS:
        environment["MOTCUA_SEALING_KEYS"] = settings.SEALING_KEYS
    elif settings.SEALING_KEYS_FILE.exists():
        environment["MOTCUA_SEALING_KEYS_FILE"] = str(settings.SEALING_KEYS_FILE)

    def motcua(*command: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-c", "from motcua.config.cli import main; main()", *command]
        return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)  # nosec B603 # our own program

    if motcua("migrate", "--check").returncode == 0:
        yield "migrations: all of this version are in it"
    else:
        applied = motcua("migrate", "--no-input")
        if applied.returncode:
            raise NoBackup(f"It cannot be brought up to this version: {last_line(applied.stderr)}")
        yield "migrations: it is of an earlier version, and could be brought up to this one"
    verified = motcua("audit", "verify")
    said = (verified.stdout or verified.stderr).strip().splitlines()
    if verified.returncode:
        raise NoBackup(" ".join(said[:3]))
    yield f"audit log: {said[0] if said else ''}"


@contextmanager
def _restored_sqlite(file: Path, state: Path, server: str | None) -> Iterator[tuple[str, Any]]:
    target = state / "motcua.sqlite3"
    shutil.copyfile(file, target)
    with closing(sqlite3.connect(target)) as database:
        yield "", database


@contextmanager
def _restored_postgresql(file: Path, state: Path, server: str | None) -> Iterator[tuple[str, Any]]:
    import psycopg
    from psycopg import sql

    try:
        to = psycopg.conninfo.conninfo_to_dict(server) if server else parameters()
    except psycopg.ProgrammingError:
        raise NoBackup("--server: expected postgresql://user:password@host:port/postgres.") from None
    name = f"motcua_rehearsal_{uuid.uuid4().hex[:12]}"
    try:
        keeper = psycopg.connect(**to, autocommit=True)
        with closing(keeper):
            # Whatever the server gives its databases, ours are in UTF8; and with C, that works everywhere.
            made = "CREATE DATABASE {} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            keeper.execute(sql.SQL(made).format(sql.Identifier(name)))
            try:
                own = {**to, "dbname": name}
                program(
                    "pg_restore",
                    "--no-owner",
                    "--no-privileges",
                    f"--dbname={name}",
                    str(file),
                    to=own,
                )
                with closing(psycopg.connect(**own, autocommit=True)) as database:
                    yield _address(own), database
            finally:
                keeper.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        raise NoBackup(
            "No database may be made for the rehearsal: ALTER ROLE … CREATEDB, or name a server where one may be made: "
            "--server URL"
        ) from None
    except psycopg.OperationalError as error:
        raise NoBackup(f"The server cannot be used: {str(error).strip().partition(chr(10))[0]}") from None


def _address(to: dict[str, Any]) -> str:
    user, password = (quote(str(to.get(name, "")), safe="") for name in ("user", "password"))
    host, port = quote(str(to.get("host", "")), safe=""), to.get("port", "")
    login = f"{user}:{password}@" if user else ""
    tls = urlencode([(name, to[name]) for name in ("sslmode", "sslrootcert") if name in to])
    return f"postgresql://{login}{host}{f':{port}' if port else ''}/{to['dbname']}{f'?{tls}' if tls else ''}"
