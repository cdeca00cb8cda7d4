"""Running the product as a server: gunicorn with threads, because each question to the register holds one."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.utils import timezone
from gunicorn.glogging import Logger

from motcua.config.env import Environment

# The number by which servers that start at once keep out of each other's way.
ALONE: Final = 0x6D696772_617465


class FilteredLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's own words through the product's filter: they quote addresses with their query, and tracebacks."""

    def setup(self, cfg: Any) -> None:
        """Set up as gunicorn does, then put filter and form on what it writes to."""
        from motcua.web.logs import PersonalDataFilter, formatter

        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(PersonalDataFilter())
            handler.setFormatter(formatter())


def gunicorn_command(*, graceful_seconds: int = 15) -> list[str]:
    """Return the command line of the server, from ``MOTCUA_PORT``, ``MOTCUA_WORKERS`` and ``MOTCUA_THREADS``.

    A worker has a thread for every question that may be in flight, should they all come to it, and others for pages:
    so a register that hangs never keeps a page waiting. How many of these work at once, ``crowding`` decides.

    Args:
        graceful_seconds: how long requests under way may take to end once the server is asked to stop.
    """
    env = Environment()
    threads = env["NPD_IN_FLIGHT"] + env["MOTCUA_THREADS"]
    return [
        sys.executable,
        *("-m", "gunicorn", "motcua.config.wsgi:application"),
        *("--bind", f"127.0.0.1:{env['MOTCUA_PORT']}"),
        # A worker is a fork of what is loaded once: memory is shared, and one that was killed is back in a moment.
        "--preload",
        *("--worker-class", "motcua.config.crowding.Worker"),
        *("--workers", str(env["MOTCUA_WORKERS"])),
        *("--threads", str(threads)),
        *("--timeout", "60", "--graceful-timeout", str(graceful_seconds), "--keep-alive", "15"),
        *("--log-level", "warning", "--logger-class", "motcua.config.serve.FilteredLogger"),
        # Its two hooks begin and end the work that waits, in each worker.
        *("--config", "python:motcua.config.work"),
        # Else a client's own header SCRIPT_NAME would be believed, and crash the request.
        *("--forwarder-headers", ""),
        "--no-control-socket",
    ]


def prepare() -> None:
    """Check the settings, bring the database up to date, collect static files when they changed, and record the start.

    Raises:
        SystemExit: the settings cannot work, or are unsafe in production; the message names the variables.
    """
    django.setup()
    from motcua.config import database, production
    from motcua.web.connections import away

    try:
        call_command("check")
    except SystemCheckError as error:
        sys.exit(str(error))
    try:
        if said := database.trouble():
            sys.exit(said)
        bring_up_to_date()
    except OperationalError as error:
        sys.exit(f"{away(error)} Start it, or mend the variable.")
    production.refuse_demo_log_ins()
    production.refuse_lost_sealing_keys()
    if are_static_files_stale():
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    from motcua.audit.service import record

    record(name="product.started", now=timezone.now())


def bring_up_to_date() -> None:
    """Apply the migrations; on PostgreSQL a server that starts at the same time waits, and finds them applied."""
    if connection.vendor != "postgresql":
        call_command("migrate", interactive=False, verbosity=0)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ALONE])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ALONE])


def run(_options: argparse.Namespace) -> None:
    """Prepare, then become the server; does not return."""
    refuse_taken_port("MOTCUA_PORT", Environment()["MOTCUA_PORT"])
    prepare()
    command = gunicorn_command()
    # Else threads have heaps of their own, each with pieces that are free and that no other heap can use.
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")
    print(f"motcua serves http://127.0.0.1:{Environment()['MOTCUA_PORT']}/", flush=True)
    os.execv(command[0], command)  # nosec B606 # gunicorn of this environment


def refuse_taken_port(variable: str, port: int) -> None:
    """Insist that a loopback port is free.

    Raises:
        SystemExit: somebody listens there; the message names the variable.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = f"port {port} cannot be used ({error.strerror})"
            sys.exit(f"{variable}: {why}. Stop what uses it, or choose another.")


def are_static_files_stale() -> bool:
    """Say whether static files were never collected, or before one of them was changed."""
    collected = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not collected.exists():
        return True
    ours = Path(__file__).parent.parent.glob("*/static/**/*")
    return max(path.stat().st_mtime for path in ours) > collected.stat().st_mtime
