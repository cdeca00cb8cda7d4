"""What happens under more than the processors hold: who cannot be answered soon is told so at once.

Each worker decides for itself (``web/places.py``), in the thread that takes connections and before more than the first
line of a request is looked at. What supervisors ask is always answered. That thread waits for nobody
(``docs/decisions/0040``).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import logging
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from gunicorn.workers.gthread import TConn, ThreadWorker

from motcua.config.env import Environment
from motcua.web import tallies
from motcua.web.connections import give_connection_back
from motcua.web.middleware import NO_PERMISSIONS
from motcua.web.places import Places, a_place, elsewhere

# More at once are answered later, for threads of one process take the processor from each other; a worker's connections
# to the database are twelve.
_PLACES: Final = 4
_TURN: Final = 0.001  # seconds that one thread may keep all others from Python
_NEVER_REFUSED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_ACCEPTED_AT_ONCE: Final = 32
_FIRST: Final = 4096  # bytes of a request that are looked at
_PIECE: Final = 64 * 1024  # bytes of a body that are dropped at a time
_MOST_DROPPED: Final = 64 * 1024 * 1024  # bytes of one body
_LINGER: Final = 30.0  # seconds that the other side has to end what it sends
_LINGER_AT_THE_END: Final = 2.0  # the same, once the worker is to stop
_MOST_LINGERING: Final = 200
_SAID_EVERY: Final = 10.0  # seconds
_RETRY_AFTER: Final = range(5, 13)  # seconds; else all would come again at one moment
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--line:#d9d5cc;--wash:#f7f5f0;--paper:#fff;--brand:#a61b1b;--muted:#57606a}
@media(prefers-color-scheme:dark){
:root{--ink:#eceae5;--line:#3b3f45;--wash:#15171a;--paper:#1e2125;--brand:#b3302c;--muted:#aeb2b8}}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);font:1rem/1.5 "Be Vietnam Pro","Segoe UI","Noto Sans",sans-serif}
header{background:var(--paper);border-bottom:1px solid var(--line)}
header::before{content:"";display:block;height:9px;background:linear-gradient(var(--brand) 6px,#f2b705 6px)}
header p{max-width:70rem;margin:0 auto;padding:1rem;font-weight:600}
main{max-width:42rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.75rem;line-height:2.25rem;font-weight:600;margin:0 0 1.25rem;text-wrap:balance}
[lang=en]{color:var(--muted)}
h2{font-size:1rem;font-weight:600;margin:2rem 0 0}
h2+p{margin-top:0}
"""

_log = logging.getLogger("motcua.web")


class _Line(socket.socket):
    """A line to a browser: who waits for the rest of a request holds neither a place nor a connection meanwhile."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive as a socket does."""
        try:
            return super().recv(size, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self.gettimeout() == 0:
                raise
        give_connection_back()
        with elsewhere():
            return super().recv(size, flags)


class _Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection that ends without anybody waiting for the other side."""

    def __init__(self, worker: Worker, line: _Line, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, line, client, server)
        self._worker = worker

    def close(self, graceful: bool = False) -> None:
        """Close; gracefully means that the other side still gets everything."""
        if graceful:
            self._worker.linger(self.sock)
        else:
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gunicorn's worker with threads, which lets in no more than it can answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = Places(min(_PLACES, Environment()["MOTCUA_THREADS"]))
        self._supervisors: ThreadPoolExecutor
        self._refusal: Callable[[bytes], bytes]
        self.wsgi: Callable[..., Iterable[bytes]]
        self._without_thread: deque[TConn] = deque()  # let in, the first first
        self._lingering: dict[socket.socket, tuple[float, int]] = {}  # since when, and bytes dropped
        self._refused, self._say_at = 0, 0.0

    def load_wsgi(self) -> None:
        """Load the application, whose requests take places, and prepare the refusals."""
        super().load_wsgi()
        answer = self.wsgi

        def in_turn(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ["PATH_INFO"] in _NEVER_REFUSED:
                return answer(environ, start_response)
            with a_place(self.places):
                self._call_next()
                try:
                    return answer(environ, start_response)
                finally:
                    give_connection_back()  # a browser may take its time over a file

        self.wsgi = in_turn
        self._supervisors = ThreadPoolExecutor(2, "motcua-supervisors")
        self._refusal = refusals()
        sys.setswitchinterval(_TURN)

    def accept(self, listener: socket.socket) -> None:
        """Take the connections that are there: what waits in the kernel stands in no line of ours."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self.nr_conns += 1
            line = _Line(taken.family, taken.type, taken.proto, fileno=taken.detach())
            line.setblocking(True)
            self.enqueue_req(_Connection(self, line, address, listener.getsockname()))

    def enqueue_req(self, conn: TConn) -> None:
        """Let a request in, or refuse it."""
        has_read_ahead = conn.initialized and conn.parser.unreader.buf.getvalue()
        if not has_read_ahead and self.places.are_too_few(time.monotonic()):
            self._answer_at_the_door(conn)
            return
        self.places.hand_over(time.monotonic())
        self._without_thread.append(conn)
        self._hand_on()

    def handle(self, conn: TConn) -> Any:
        """Handle a request in one of the threads."""
        self.places.begin()
        self._call_next()
        return super().handle(conn)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep or close the connection of an answered request, and let others follow it."""
        super().finish_request(conn, fs)
        self._hand_on()

    def _call_next(self) -> None:
        """Let who waits without a thread follow, from whichever thread has just moved on."""
        if self._may_follow():
            self.method_queue.defer(self._hand_on)

    def _hand_on(self) -> None:
        """Give threads to the first who wait: many enough that no place stays free, and no more.

        A thread that only stands in line costs a quarter of a megabyte, and keeps it.
        """
        while self._may_follow():
            super().enqueue_req(self._without_thread.popleft())

    def _may_follow(self) -> bool:
        return bool(self._without_thread) and self.places.have_room_in_line(len(self._without_thread))

    def linger(self, line: socket.socket) -> None:
        """Close our side of a connection, and all of it once the other side has closed; nobody waits for that.

        Closing at once would take an answer away from whoever is still sending.
        """
        try:
            line.setblocking(False)
            line.shutdown(socket.SHUT_WR)
            self.poller.register(line, EVENT_READ, self._drop)
        except (OSError, ValueError):
            line.close()
            return
        self.nr_conns += 1
        self._lingering[line] = time.monotonic(), 0

    def murder_pending(self) -> None:
        """Close what is waited for no longer."""
        super().murder_pending()
        at_most = _LINGER if self.alive else _LINGER_AT_THE_END
        for line, (since, _) in list(self._lingering.items()):  # the oldest first
            if time.monotonic() - since < at_most and len(self._lingering) <= _MOST_LINGERING:
                break
            self._hang_up(line)

    def _answer_at_the_door(self, conn: TConn) -> None:
        """Refuse a request, unless a supervisor asks."""
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
        method, path = [*first.split(b" ", 2), b"", b""][:2]
        if path.partition(b"?")[0].decode("latin-1") in _NEVER_REFUSED:
            conn.data_ready = True
            self._supervisors.submit(super().handle, conn).add_done_callback(
                lambda done: self.method_queue.defer(self.finish_request, conn, done)
            )
            return
        self.nr_conns -= 1
        try:
            if first:
                self._refuse(
                    line, method, is_whole=first.endswith(b"\r\n\r\n") and method in {b"GET", b"HEAD"}
                )
            else:
                line.close()
        except OSError:
            line.close()

    def _refuse(self, line: socket.socket, method: bytes, *, is_whole: bool) -> None:
        if is_whole:
            line.recv(_FIRST)
        line.send(self._refusal(method))
        if is_whole:
            line.close()
        else:
            self.linger(line)
        tallies.add(tallies.TOLD_TO_WAIT)
        self._refused += 1
        if time.monotonic() >= self._say_at:
            _log.warning("web.crowded told_to_wait=%d", self._refused)
            self._refused, self._say_at = 0, time.monotonic() + _SAID_EVERY

    def _drop(self, line: socket.socket) -> None:
        """Drop what still comes on a line whose answer has left."""
        try:
            piece = line.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        since, dropped = self._lingering[line]
        if not piece or dropped > _MOST_DROPPED:
            self._hang_up(line)
        else:
            self._lingering[line] = since, dropped + len(piece)

    def _hang_up(self, line: socket.socket) -> None:
        del self._lingering[line]
        self.poller.unregister(line)
        self.nr_conns -= 1
        line.close()


def refusals() -> Callable[[bytes], bytes]:
    """Prepare the answers for a crowd.

    Returns:
        What gives a whole answer, head and page, to a request of a method.
    """
    reads, sends = (_prepared(is_read=True), _prepared(is_read=False))

    def refusal(method: bytes) -> bytes:
        head, page = next(reads if method in {b"GET", b"HEAD"} else sends)
        return head if method == b"HEAD" else head + page

    return refusal


def _prepared(*, is_read: bool) -> itertools.cycle[tuple[bytes, bytes]]:
    """Return heads with the page, one for each time to wait, over and over.

    Args:
        is_read: whether a page was asked for, which may ask again by itself; else something was sent.
    """
    style = mark_safe(f"<style>{_STYLE}</style>")  # noqa: S308  # nosec B308, B703 # ours alone
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string("web/crowded.html", {"is_read": is_read, "style": style}).encode()
    style_digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(page)),
        "Content-Language": settings.LANGUAGE_CODE,
        "Connection": "close",
        "Cache-Control": "no-store, private",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style_digest}'; img-src data:; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Permissions-Policy": NO_PERMISSIONS,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"

    def head(seconds: int) -> bytes:
        again = {"Retry-After": seconds, **({"Refresh": seconds} if is_read else {})}
        told = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **again}.items())
        return f"HTTP/1.1 503 Service Unavailable\r\n{told}\r\n".encode("ascii")

    return itertools.cycle([(head(seconds), page) for seconds in _RETRY_AFTER])
