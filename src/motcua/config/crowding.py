"""What happens under more than the processors hold: who cannot be answered soon is told so at once.

Each worker decides for itself (``web/places.py``), in the thread that takes connections and before anything of a
request is looked at but its first line. A supervisor's questions are always answered.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import logging
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from motcua.config.env import Environment
from motcua.web import tallies
from motcua.web.middleware import NO_PERMISSIONS
from motcua.web.places import Places, a_place, elsewhere

NEVER_REFUSED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_FIRST: Final = 4096  # bytes of a request that are looked at
_AT_ONCE: Final = 64 * 1024  # bytes of a refused body that are dropped at a time
_LINGER: Final = 30.0  # seconds that the sender of a refused body has to end it
_MOST_LINGERING: Final = 200
_ACCEPTED_AT_ONCE: Final = 32
_SAID_EVERY: Final = 10.0  # seconds
_RETRY_AFTER: Final = range(5, 13)  # seconds; not all come again at one moment
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--line:#d9d5cc;--wash:#f7f5f0;--paper:#fff;--brand:#a61b1b;--muted:#57606a}
@media(prefers-color-scheme:dark){:root{--ink:#eceae5;--line:#3b3f45;--wash:#15171a;--paper:#1e2125;--brand:#b3302c;--muted:#aeb2b8}}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);font:400 1rem/1.5 "Be Vietnam Pro","Segoe UI","Noto Sans",sans-serif}
header{background:var(--paper);border-top:6px solid var(--brand);border-bottom:1px solid var(--line);padding:1rem}
header p{max-width:70rem;margin:0 auto;font-weight:600}
main{max-width:42rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.75rem;line-height:2.25rem;margin:0 0 1.25rem}
[lang=en]{color:var(--muted)}
"""

_log = logging.getLogger("motcua.web")


class _Line(socket.socket):
    """A connection to a browser: whoever waits for more of its request holds no place."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive as a socket does."""
        try:
            return super().recv(size, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self.gettimeout() == 0:
                raise
        with elsewhere():
            return super().recv(size, flags)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's worker with threads, which lets in no more than it can answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = Places(Environment()["MOTCUA_THREADS"])
        self._watched: ThreadPoolExecutor
        self._refusals: Callable[[bytes], bytes]
        self._lingering: dict[socket.socket, float] = {}  # until when
        self._refused, self._say_at = 0, 0.0

    def load_wsgi(self) -> None:
        """Load the application; its requests take turns."""
        super().load_wsgi()
        answer = self.wsgi

        def in_turn(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ["PATH_INFO"] in NEVER_REFUSED:
                return answer(environ, start_response)  # type: ignore[no-any-return]
            with a_place(self._places):
                return answer(environ, start_response)  # type: ignore[no-any-return]

        self.wsgi = in_turn
        self._watched = ThreadPoolExecutor(2, "motcua-watched")
        self._refusals = refusals()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection; while there is a crowd, all that are there."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self.nr_conns += 1
            line = _Line(taken.family, taken.type, taken.proto, fileno=taken.detach())
            line.setblocking(True)
            self.enqueue_req(TConn(self.cfg, line, address, listener.getsockname()))
            if not self._is_crowded():
                return

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a request to the threads, or refuse it."""
        is_read = conn.initialized and conn.parser.unreader.buf.getvalue()
        if not is_read and self._is_crowded():
            self._answer_at_the_door(conn)
            return
        self._places.hand_over(time.monotonic())
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Handle a request in a thread of its own."""
        self._places.begin()
        return super().handle(conn)

    def murder_pending(self) -> None:
        """Close what is waited for no longer."""
        super().murder_pending()
        now = time.monotonic()
        for line, until in list(self._lingering.items()):  # the oldest first
            if self.alive and until > now and len(self._lingering) <= _MOST_LINGERING:
                break
            self._hang_up(line)

    def _is_crowded(self) -> bool:
        return self._places.are_too_few(time.monotonic())

    def _answer_at_the_door(self, conn: TConn) -> None:
        """Answer without Django, unless it is a supervisor who asks."""
        line = conn.sock
        line.setblocking(False)
        try:
            first = line.recv(_FIRST, socket.MSG_PEEK)
        except BlockingIOError:
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.pending_conns.append(conn)
            self.poller.register(line, EVENT_READ, partial(self.on_pending_socket_readable, conn))
            return
        except OSError:
            first = b""
        method, _, rest = first.partition(b" ")
        if rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1") in NEVER_REFUSED:
            conn.data_ready = True
            self._watched.submit(super().handle, conn).add_done_callback(
                lambda done: self.method_queue.defer(self.finish_request, conn, done)
            )
            return
        try:
            if first:
                self._refuse(
                    line, method, is_whole=method in (b"GET", b"HEAD") and first.endswith(b"\r\n\r\n")
                )
                return
        except OSError:
            pass
        self._close(line)

    def _refuse(self, line: socket.socket, method: bytes, *, is_whole: bool) -> None:
        """Tell to wait. What is still on its way is taken and dropped: else the answer would be lost with it."""
        if is_whole:
            line.recv(_FIRST)
        line.send(self._refusals(method))
        self._count()
        if is_whole:
            self._close(line)
            return
        line.shutdown(socket.SHUT_WR)
        self._lingering[line] = time.monotonic() + _LINGER
        self.poller.register(line, EVENT_READ, self._drop)

    def _drop(self, line: socket.socket) -> None:
        try:
            if line.recv(_AT_ONCE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._hang_up(line)

    def _hang_up(self, line: socket.socket) -> None:
        del self._lingering[line]
        self.poller.unregister(line)
        self._close(line)

    def _close(self, line: socket.socket) -> None:
        self.nr_conns -= 1
        line.close()

    def _count(self) -> None:
        tallies.add(tallies.TOLD_TO_WAIT)
        self._refused += 1
        if time.monotonic() >= self._say_at:
            _log.warning("web.crowded told_to_wait=%d", self._refused)
            self._refused, self._say_at = 0, time.monotonic() + _SAID_EVERY


def refusals() -> Callable[[bytes], bytes]:
    """Prepare what is answered to a crowd.

    Returns:
        What makes the whole answer for a method.
    """
    element = f"<style>{_STYLE}</style>"
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    with translation.override(settings.LANGUAGE_CODE):
        pages = {
            is_read: render_to_string(
                "web/crowded.html", {"is_read": is_read, "style": mark_safe(element)}
            ).encode()  # nosec B308 B703 # ours
            for is_read in (True, False)
        }

    def whole(seconds: int, *, is_read: bool) -> tuple[bytes, bytes]:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(pages[is_read])),
            "Content-Language": settings.LANGUAGE_CODE,
            "Connection": "close",
            "Retry-After": str(seconds),
            **({"Refresh": str(seconds)} if is_read else {}),
            "Cache-Control": "no-store, private",
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "Permissions-Policy": NO_PERMISSIONS,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if settings.SECURE_HSTS_SECONDS:
            headers["Strict-Transport-Security"] = (
                f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
            )
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 503 Service Unavailable\r\n{told}\r\n".encode("ascii"), pages[is_read]

    reading = itertools.cycle([whole(seconds, is_read=True) for seconds in _RETRY_AFTER])
    sending = itertools.cycle([whole(seconds, is_read=False) for seconds in _RETRY_AFTER])

    def refusal(method: bytes) -> bytes:
        head, page = next(reading if method in (b"GET", b"HEAD") else sending)
        return head if method == b"HEAD" else head + page

    return refusal
