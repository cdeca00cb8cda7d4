"""Running the product as a server: gunicorn with threads, because each question to the register holds one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from motcua.config.env import Environment


def gunicorn_command() -> list[str]:
    """Return the command line of the server, from ``MOTCUA_PORT``, ``MOTCUA_WORKERS`` and ``MOTCUA_THREADS``."""
    env = Environment()
    return [
        sys.executable,
        *("-m", "gunicorn", "motcua.config.wsgi:application"),
        *("--bind", f"127.0.0.1:{env['MOTCUA_PORT']}"),
        *("--worker-class", "gthread"),
        *("--workers", str(env["MOTCUA_WORKERS"])),
        *("--threads", str(env["MOTCUA_THREADS"])),
        *("--timeout", "60", "--graceful-timeout", "15", "--keep-alive", "15"),
        *("--log-level", "warning"),
        "--no-control-socket",
    ]


def prepare() -> None:
    """Check the settings, bring the database up to date and collect static files when they changed.

    Raises:
        SystemExit: the settings cannot work; the message names the variable.
    """
    django.setup()
    try:
        call_command("check")
    except SystemCheckError as error:
        sys.exit(str(error))
    call_command("migrate", interactive=False, verbosity=0)
    if _are_static_files_stale():
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def serve() -> None:
    """Prepare, then become the server; does not return."""
    prepare()
    command = gunicorn_command()
    os.execv(command[0], command)


def _are_static_files_stale() -> bool:
    collected = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not collected.exists():
        return True
    ours = Path(__file__).parent.parent.glob("*/static/**/*")
    return max(path.stat().st_mtime for path in ours) > collected.stat().st_mtime
