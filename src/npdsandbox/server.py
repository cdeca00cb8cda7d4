"""Serves the sandbox with gunicorn: one process, so that troubles and the journal are one truth, many threads."""

import os
import signal
import ssl
from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from npdsandbox import settings

THREADS = 128
"""A call that is held back keeps its thread."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn, configured here and by nothing else."""

    def __init__(self, *, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Take the address to listen on, and the server's side of TLS."""
        self._tls = tls
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
        if self._tls:
            self.cfg.set("certfile", settings.TLS_CERT)
            self.cfg.set("keyfile", settings.TLS_KEY)
            self.cfg.set("do_handshake_on_connect", True)
            self.cfg.set("ssl_context", lambda config, default: self._tls)

    def load(self) -> Any:
        """Return the Django application."""
        return get_wsgi_application()

    def _say_ready(self, arbiter: object) -> None:
        address = f"{'https' if self._tls else 'http'}://{self._address}/"
        print(  # noqa: T201
            f"npdsandbox (synthetic people, not the NPD): {address}  control page: {address}_admin/",
            flush=True,
        )


def tls_context() -> ssl.SSLContext:
    """Return the server's side of TLS, as the settings say.

    Raises:
        SystemExit: a file is not what its variable promises.
    """
    name = "NPDSANDBOX_TLS_CERT and NPDSANDBOX_TLS_KEY"
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A session that is taken up again would skip the look at dates and revocations.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        context.load_cert_chain(settings.TLS_CERT, settings.TLS_KEY)
        if settings.TLS_CLIENT_CA:
            name = "NPDSANDBOX_TLS_CLIENT_CA"
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(settings.TLS_CLIENT_CA)
            _refuse_none(context, "x509_ca")
        if settings.TLS_CRL:
            name = "NPDSANDBOX_TLS_CRL"
            context.load_verify_locations(settings.TLS_CRL)
            _refuse_none(context, "crl")
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    except OSError as error:
        raise SystemExit(
            f"{name}: no certificate, key or list in PEM form that fits ({error.strerror})"
        ) from None
    return context


def _refuse_none(context: ssl.SSLContext, kind: str) -> None:
    """Refuse a file of another kind, which would be read without a word."""
    if not context.cert_store_stats()[kind]:
        raise ssl.SSLError(0, "there is none in the file")


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
