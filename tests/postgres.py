"""A private PostgreSQL for tests and measurements, made from the distribution's programs and thrown away.

``python tests/postgres.py -- COMMAND …`` runs a command with ``DATABASE_URL`` pointing to it. For another version put
its programs first on PATH.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WHAT_TO_INSTALL = "PostgreSQL 15 or newer is needed: apt-get install postgresql (as root)"
_START_SECONDS = 30
_MARKS: list[socket.socket] = []


class NoPostgres(SystemExit):
    """The programs of PostgreSQL are not on this machine."""


def programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``: on PATH, or else Debian's newest; None when there is none."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    of_debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    return of_debian[0].parent if of_debian else None


@contextmanager
def private_cluster(*, durable: bool = False, encoding: str = "UTF8") -> Iterator[str]:
    """Run a cluster on a free loopback port while the block lasts.

    Args:
        durable: keep ``fsync`` on, as in production; tests do without.
        encoding: of databases that are made without one.

    Yields:
        Its address, for ``DATABASE_URL``.

    Raises:
        NoPostgres: PostgreSQL is not installed; says what to install.
    """
    found = programs()
    if found is None:
        raise NoPostgres(WHAT_TO_INSTALL)
    with tempfile.TemporaryDirectory(prefix="motcua-pg-") as folder:
        home = Path(folder)
        data = home / "data"
        become = _unprivileged(home)
        with (home / "log").open("wb") as log:
            subprocess.run(
                [
                    found / "initdb",
                    "-D",
                    data,
                    "-U",
                    "motcua",
                    "-A",
                    "trust",
                    "-E",
                    encoding,
                    "--locale=C",
                    "--no-sync",
                ],
                stdout=log,
                stderr=log,
                check=True,
                cwd=home,
                **become,
            )
            port = free_port()
            loose = (
                []
                if durable
                else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
            )
            server = subprocess.Popen(
                [found / "postgres", "-D", data, "-k", home, "-h", "127.0.0.1", "-p", str(port), *loose],
                stdout=log,
                stderr=log,
                cwd=home,
                start_new_session=True,
                **become,
            )
        try:
            _wait(found, server, port, home)
            yield f"postgresql://motcua@127.0.0.1:{port}/postgres"
        finally:
            _stop(server)


def free_port() -> int:
    """Return a loopback port that nobody listens on just now, and that no other process of the tests is given."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        # Whoever will listen takes a while to start. Until then, and as long as this process lives, a datagram socket
        # of the same number shows the others that it is taken.
        mark = socket.socket(type=socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        _MARKS.append(mark)
        return port


def _unprivileged(home: Path) -> dict[str, Any]:
    """Hand the folder to the user ``postgres`` when we are root, since PostgreSQL will not run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(home, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(found: Path, server: subprocess.Popen[bytes], port: int, home: Path) -> None:
    """Return once the server takes connections. Raises RuntimeError with its log when it does not."""
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        ready = subprocess.run(
            [found / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start:\n" + (home / "log").read_text(errors="replace"))


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server by its own id: politely, then at once."""
    for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(sign)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            continue


def main(arguments: list[str]) -> int:
    """Run a command beside a private cluster and return its exit code."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise SystemExit("usage: python tests/postgres.py -- COMMAND …")
    with private_cluster() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
