"""Serves the sandbox with gunicorn: one process, so that troubles and the journal are one truth, many threads."""

import os
import signal
from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

THREADS = 128
"""A call that is held back keeps its thread."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn, configured here and by nothing else."""

    def __init__(self, *, host: str, port: int) -> None:
        """Take the address to listen on."""
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_connections": 1000,
            "keepalive": 30,
            "graceful_timeout": 5,
            "timeout": 0,
            "loglevel": "error",
            "proc_name": "npdsandbox",
            # Else gunicorn puts a socket into the home folder.
            "control_socket_disable": True,
            "when_ready": self._say_ready,
            "post_fork": _hurry,
            "post_worker_init": _leave_at_once,
            "worker_exit": _end,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the Django application."""
        return get_wsgi_application()

    def _say_ready(self, arbiter: object) -> None:
        address = f"http://{self._address}/"
        print(  # noqa: T201
            f"npdsandbox (synthetic people, not the NPD): {address}  control page: {address}_admin/",
            flush=True,
        )


def _hurry(arbiter: Any, worker: Any) -> None:
    """Let the worker stop waiting for its calls well before the arbiter stops waiting for the worker."""
    worker.cfg.set("graceful_timeout", 1)


def _leave_at_once(worker: Any) -> None:
    """Ctrl-C: go at once, also from calls that are held back on demand.

    Gunicorn's own handler first takes the lock of the thread pool, and waits for ever where the signal came while a
    call was being handed to it.
    """
    signal.signal(signal.SIGQUIT, lambda number, frame: os._exit(0))


def _end(arbiter: Any, worker: Any) -> None:
    """SIGTERM: the calls had their second; threads that still hold one back would be waited for."""
    if worker.booted and worker.pid == os.getpid():
        os._exit(0)
