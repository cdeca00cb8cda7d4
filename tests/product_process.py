"""The real product as processes of its own, with a state and a database of its own, for every test that needs one."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.postgres import free_port
from tests.sandbox_process import SandboxProcess

MOTCUA = str(Path(sys.executable).with_name("motcua"))
PATIENCE = 20.0  # seconds until a test gives up waiting for what must happen
_OURS = (
    "MOTCUA_",
    "NPD",
    "DJANGO_",
    "DATABASE_URL",
    "TRIES_",
    "LOGIN_TRIES",
    "REGISTRATION_",
    "OFFICER_",
    "IDLE_",
    "MAIL_",
    "SMS_",
    "NATIONAL_PORTAL_",
    "CLAMD_",
    "PAPER_",
    "S3_",
    "PYTEST_",
    "COV_",
)
# Whatever proxy the environment names, loopback is reached directly.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_FILL = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "motcua.config.settings"
from motcua.config.serve import prepare
prepare()
from django.core.management import call_command
call_command("load_procedures", verbosity=0)
call_command("load_cast", verbosity=0)
"""


def eventually(look: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> Any:
    """Return the first true value of `look`; fail saying `what` was waited for when none comes in time.

    It looks more and more rarely: many a look is a connection to the database, and takes from who is looked at.
    """
    give_up_at, pause = time.monotonic() + seconds, 0.02
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(pause)
        pause = min(pause * 1.25, 0.15)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which no variable of the product is set but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**clean, **changes}


@dataclass(frozen=True)
class Store:
    """Where one product keeps everything: its folder, and its database (SQLite in the folder when `database_url` is
    empty).
    """

    folder: Path
    database_url: str

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables that lead the product here."""
        return {"MOTCUA_STATE": str(self.folder), "DATABASE_URL": self.database_url}

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the database directly."""
        if self.database_url:
            with psycopg.connect(self.database_url) as postgres:
                return list(postgres.execute(question))
        with closing(sqlite3.connect(self.folder / "motcua.sqlite3", timeout=10)) as sqlite:
            return list(sqlite.execute(question))

    def is_at_rest(self) -> bool:
        """Say whether nobody is in the middle of writing."""
        if self.database_url:
            busy = (
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            return not self.rows(busy)
        with closing(sqlite3.connect(self.folder / "motcua.sqlite3", timeout=0.2)) as sqlite:
            try:
                sqlite.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            sqlite.rollback()
            return True

    def freeze(self, *pids: int) -> None:
        """Stop processes at a moment at which they hold nothing that the others would wait for."""

        def is_done() -> bool:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            # A signal is on its way for a moment, in which a thread may still begin to write.
            eventually(lambda: all(map(_stands_still, pids)), "processes to stand still")
            if self.is_at_rest():
                return True
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            return False

        eventually(is_done, "a moment at which nobody writes")

    def copy(self, folder: Path) -> Store:
        """Return a copy in another folder; nobody may be using this one."""
        shutil.copytree(self.folder, folder)
        if not self.database_url:
            return Store(folder, "")
        return Store(
            folder, new_database(self.database_url, like=urlsplit(self.database_url).path.strip("/"))
        )


def new_database(server: str, *, like: str = "template1") -> str:
    """Create a database beside another and return its address."""
    name = f"faults_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_named(server, "postgres"), autocommit=True) as postgres:
        postgres.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')  # type: ignore[call-overload]
    return _named(server, name)


def _named(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def filled_store(folder: Path) -> Store:
    """Make a store with procedures and cast; on the server of DATABASE_URL when that is set."""
    server = os.environ.get("DATABASE_URL", "")
    store = Store(folder, new_database(server) if server else "")
    subprocess.run([sys.executable, "-c", _FILL], env=environment(**store.variables), check=True)
    return store


@dataclass
class ProductProcess:
    """A running product: `url` without a slash at its end, the store it writes to, and its log."""

    url: str
    process: subprocess.Popen[bytes]
    store: Store
    log: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        return children(self.process.pid)

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """Let one worker alone do all the work while the block lasts; the others stand still."""
        others = [pid for pid in self.workers() if pid != worker]
        self.store.freeze(*others)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def said(self) -> str:
        """Return what it has written to its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Stop it as a service manager would and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


def _stands_still(pid: int) -> bool:
    """Say whether all threads of a process are stopped."""
    try:
        told = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    except (FileNotFoundError, ProcessLookupError):  # a thread that was just ending
        return False
    return all(line.rpartition(")")[2].split()[0] in "Tt" for line in told)


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def start_product(
    store: Store, sandbox: SandboxProcess, *, command: Sequence[str] = (MOTCUA, "serve"), **changes: str
) -> ProductProcess:
    """Start `motcua serve` on a free port and wait until both of its workers are there and it answers.

    Args:
        store: filled, and nobody else's.
        sandbox: the register that it asks.
        command: what starts it.
        changes: further variables of the environment.
    """
    port = free_port()
    log = store.folder / "stderr.log"
    variables = {
        **store.variables,
        "MOTCUA_PORT": str(port),
        "NPDSANDBOX_PORT": str(urlsplit(sandbox.url).port),
        **changes,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=environment(**variables), stdout=out, stderr=out, start_new_session=True
        )
    product = ProductProcess(f"http://127.0.0.1:{port}", process, store, log)
    try:
        eventually(lambda: process.poll() is not None or _is_up(product), "the product to answer", seconds=60)
        if process.poll() is not None:
            raise RuntimeError(f"the product did not start: {product.said()}")
    except BaseException:
        product.stop()
        raise
    return product


def _is_up(product: ProductProcess) -> bool:
    try:
        with _DIRECT.open(f"{product.url}/healthz", timeout=2):
            return len(product.workers()) >= 2
    except OSError:
        return False
