"""``motcua backup``: database and papers in a folder of their own, which is there as a whole or not at all.

The keys are never in it: together with it they are the names and numbers in clear. ``rehearsal`` proves that it can be
restored.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess  # nosec B404 # for PostgreSQL's own programs
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, connection

from motcua.web.connections import away

SETS: Final = "[0-9]*Z"  # names of whole back-ups
MANIFEST: Final = "manifest.json"
SQLITE, DUMP = "database.sqlite3", "database.dump"
HEADS, KEYS, PAPERS = "audit-heads.jsonl", "published-keys", "papers"
_STAMP: Final = "backups.json"
# With this pg_restore begins from 17 on. An older server does not know it; the rest goes on, and nothing is missing.
_UNKNOWN_BEFORE_17: Final = (
    "Command was: SET transaction_timeout = 0;\npg_restore: warning: errors ignored on restore: 1"
)
_OLD_PROGRAMS: Final = ("server version mismatch", "unsupported version")


class NoBackup(Exception):
    """The back-up cannot be made, or is none; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Last:
    """When a back-up was last made here, and when restoring one was last rehearsed with success."""

    made_at: datetime | None = None
    rehearsed_at: datetime | None = None


def last() -> Last:
    """Return when the last back-up and the last rehearsal were, as far as is known on this machine."""
    try:
        kept = json.loads((settings.STATE / _STAMP).read_text(encoding="ascii"))
        return Last(**{name: datetime.fromisoformat(at) for name, at in kept.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return Last()


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare where the back-up is put."""
    parser.add_argument(
        "folder", type=Path, help="where back-ups are kept; each gets a folder of its own there"
    )


def run(options: argparse.Namespace) -> int:
    """Make a back-up and say what is in it.

    Returns:
        The exit code: 0; 1 when none was made.
    """
    from django.utils import timezone

    try:
        made = make(options.folder, now=timezone.now())
    except (NoBackup, OSError) as error:
        print(f"NO BACK-UP WAS MADE. {words_of(error)}", file=sys.stderr)
        return 1
    manifest = manifest_of(made)
    papers = manifest["papers"]
    print(f"{made}: {sum(manifest['rows'].values())} rows of {len(manifest['rows'])} tables")
    if papers["where"] != "disk":
        print("The papers lie in a bucket and are NOT in it: keep versions or a second bucket.")
    else:
        print(f"{papers['files']} files of papers, {papers['missing']} rows without their file")
    print("NOT in it, to be kept apart from it:", *_kept_apart(), sep="\n  ")
    return 0


def make(folder: Path, *, now: datetime) -> Path:
    """Make a back-up: heads of the audit log, database, papers, in this order; then no row is without its file.

    Args:
        folder: where back-ups are kept; outside of ``MOTCUA_STATE``.
        now: the moment.

    Returns:
        The folder of the new back-up.

    Raises:
        NoBackup: it cannot be made.
        OSError: a file cannot be read or written.
    """
    folder = folder.resolve()
    if folder.is_relative_to(settings.STATE):
        raise NoBackup("It would lie inside MOTCUA_STATE, and be lost with it: choose another disk.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = max(folder.glob(SETS), default=None)
    made = folder / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    if made.exists():
        raise NoBackup(f"{made} is there already.")
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        if settings.AUDIT_HEADS.exists():  # first: heads may be behind their database, never ahead of it
            shutil.copyfile(settings.AUDIT_HEADS, partial / HEADS)
        is_sqlite = connection.vendor == "sqlite"
        save = _save_sqlite if is_sqlite else _save_postgresql
        file = partial / (SQLITE if is_sqlite else DUMP)
        rows, names = save(file)
        if (settings.STATE / KEYS).exists():
            shutil.copytree(settings.STATE / KEYS, partial / KEYS)
        manifest = {
            "made_at": now.isoformat(),
            "database": file.name,
            "sha256": sha256_of(file),
            "rows": rows,
            "papers": _save_papers(partial, before, names),
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        os.sync()
        partial.rename(made)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    from motcua.audit.service import record

    record(name="backup.made", now=now, details={"rows": sum(rows.values())})
    stamp(made_at=now)
    return made


def _save_sqlite(target: Path) -> tuple[dict[str, int], list[str]]:
    """Copy the database in one go, while others read and write; returns the copy's rows by table, and its papers."""
    try:
        connection.ensure_connection()
        target.touch(mode=0o600)
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            if (found := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise NoBackup(f"The database itself is damaged: {found}")
            tables = copy.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            return count(copy, [name for (name,) in tables.fetchall()]), papers_in(copy)
    except OperationalError as error:
        raise NoBackup(away(error)) from None
    except sqlite3.Error as error:
        raise NoBackup(f"The copy of the database could not be written: {error}.") from None


def _save_postgresql(target: Path) -> tuple[dict[str, int], list[str]]:
    """Dump the database; returns its rows by table, and its papers, as they stood at the moment of the dump."""
    import psycopg

    try:
        with psycopg.connect(**parameters()) as session:
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            snapshot = str(session.execute("SELECT pg_export_snapshot()").fetchone()[0])  # type: ignore[index]
            program("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
            # The months of the log are counted as the one table that they are to everybody.
            tables = session.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
                "AND relnamespace = current_schema()::regnamespace"
            )
            return count(session, [name for (name,) in tables.fetchall()]), papers_in(session)
    except psycopg.Error as error:
        raise NoBackup(away(error)) from None


def program(name: str, *arguments: str, to: dict[str, Any] | None = None) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where no list of processes shows it.

    Args:
        name: the program.
        arguments: what it is given.
        to: how the server is reached, in libpq's words; the product's own database when None.

    Raises:
        NoBackup: it is not there, or failed.
    """
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",  # nosec B105 # the name of a variable
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    given = {names[key]: str(value) for key, value in (to or parameters()).items() if key in names}
    try:
        done = subprocess.run(
            [name, *arguments],
            env={**os.environ, **given, "LC_ALL": "C"},  # its words are looked at
            capture_output=True,
            text=True,
            check=False,  # nosec B603 # PostgreSQL's own programs
        )
    except FileNotFoundError:
        raise NoBackup(
            f"{name} is not there: install PostgreSQL's client programs, of the server's version or newer."
        ) from None
    if done.returncode and not done.stderr.rstrip().endswith(_UNKNOWN_BEFORE_17):
        raise NoBackup(f"{name}: {_why(name, done.stderr)}")


def _why(name: str, said: str) -> str:
    """Return the first error that one of PostgreSQL's programs told; what follows it may hold what is in a row."""
    lines = [line.removeprefix(f"{name}: ") for line in said.splitlines()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if not errors:
        return last_line(said)
    if not any(sign in errors[0] for sign in _OLD_PROGRAMS):
        return errors[0]
    versions = [line.removeprefix("detail: ") for line in lines if line.startswith("detail: ")]
    return (
        f"{'; '.join([errors[0], *versions])}. The programs here are too old: install those of the server's version or "
        "newer (Debian: postgresql-client-NN), and let PATH find them first."
    )


def parameters() -> dict[str, Any]:
    """Return how the product's database is reached, in libpq's words."""
    kept = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}  # nosec B105 # the name of a setting
    tls = {name: kept["OPTIONS"][name] for name in ("sslmode", "sslrootcert") if name in kept["OPTIONS"]}
    return {name: str(kept[key]) for name, key in names.items() if kept[key]} | tls


def _save_papers(target: Path, before: Path | None, names: Iterable[str]) -> dict[str, Any]:
    """Copy the files of papers; those that the back-up before has, too, take no room a second time.

    Args:
        target: the back-up.
        before: the one before it.
        names: the files that rows of papers name.
    """
    if "disk" not in settings.STORAGES["default"]["BACKEND"]:
        return {"where": "bucket", "files": 0, "bytes": 0, "missing": 0}
    source, copies = Path(settings.MEDIA_ROOT), target / PAPERS
    copies.mkdir(mode=0o700)
    count = size = 0
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        earlier = before / PAPERS / name if before else None
        try:
            found = path.stat()
            if not path.is_file():
                continue
            (copies / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A paper's file is written once, under a name that is never used again.
            is_known = earlier and earlier.exists() and earlier.stat().st_size == found.st_size
            if not (earlier and is_known and _linked(earlier, copies / name)):
                shutil.copyfile(path, copies / name)
        except FileNotFoundError:  # deleted meanwhile
            continue
        count, size = count + 1, size + found.st_size
    return {"where": "disk", "files": count, "bytes": size, "missing": missing_in(names, target)}


def _linked(earlier: Path, copy: Path) -> bool:
    """Give a file a second name; says whether this disk knows such a thing."""
    try:
        os.link(earlier, copy)
    except OSError:
        return False
    return True


def papers_in(database: Any) -> list[str]:
    """List the files that rows of papers name."""
    cursor = database.cursor()
    cursor.execute("SELECT file FROM dossiers_paper")
    return [name for (name,) in cursor.fetchall()]


def missing_in(names: Iterable[str], chosen: Path) -> int:
    """Count the papers whose file is not in a back-up."""
    return sum(not (chosen / PAPERS / name).exists() for name in names)


def count(database: Any, tables: Iterable[str]) -> dict[str, int]:
    """Count the rows of tables, whose names come from the database itself."""
    cursor = database.cursor()
    rows = {}
    for table in sorted(tables):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  # nosec B608 # names of tables, from the database itself
        rows[table] = int(cursor.fetchone()[0])
    return rows


def manifest_of(chosen: Path) -> dict[str, Any]:
    """Return what a back-up says of itself.

    Raises:
        NoBackup: it is none of ours.
    """
    try:
        manifest: dict[str, Any] = json.loads((chosen / MANIFEST).read_text(encoding="utf-8"))
        if not {"made_at", "database", "sha256", "rows", "papers"} <= manifest.keys():
            raise ValueError
    except (OSError, ValueError):
        raise NoBackup(f"{chosen / MANIFEST} cannot be read: this is no back-up of ours.") from None
    if manifest["database"] not in (SQLITE, DUMP):
        raise NoBackup(f"{chosen / MANIFEST} names no database of ours.")
    return manifest


def _kept_apart() -> list[str]:
    """Name what a restored database needs besides the back-up."""
    env = os.environ
    secret = settings.STATE / "secret.key"
    return [
        str(secret) if secret.exists() and "MOTCUA_SECRET_KEY" not in env else "MOTCUA_SECRET_KEY",
        "MOTCUA_SEALING_KEYS" if settings.SEALING_KEYS else str(settings.SEALING_KEYS_FILE),
        "the file of variables, certificates and keys of the lines",
    ]


def stamp(**moments: datetime) -> None:
    """Remember when a back-up was made or rehearsed."""
    known = last()
    kept = {"made_at": known.made_at, "rehearsed_at": known.rehearsed_at, **moments}
    path = settings.STATE / _STAMP
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({name: at.isoformat() for name, at in kept.items() if at}), encoding="ascii")
    beside.replace(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def words_of(error: Exception) -> str:
    """Return what a refusal or a failure of the system says."""
    return f"{error.filename}: {error.strerror}." if isinstance(error, OSError) else str(error)


def last_line(text: str) -> str:
    """Return the last line of what a program said."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it failed without a word"
