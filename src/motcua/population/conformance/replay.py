"""A small server on loopback that says exactly what it is told, or breaks in the way it is told: sockets and threads.

One scenario, one listener; requests are read as far as needed and never judged.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

_LONGEST = 20.0  # seconds that a connection may live, whatever happens


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


Behavior = Callable[[socket.socket, Received, threading.Event], None]


def http_reply(body: bytes, status: str = "200 OK", headers: dict[str, str] | None = None) -> bytes:
    """Return a whole HTTP/1.1 reply that closes its connection."""
    usual = {
        "Content-Type": "text/xml; charset=UTF-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in (usual | (headers or {})).items() if value]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def says(raw: bytes) -> Behavior:
    """Send these bytes and close."""

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        connection.sendall(raw)

    return behave


def says_by_path(raw: dict[str, bytes]) -> Behavior:
    """Send the bytes of the first path that the request's begins with; nothing for another."""

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        for path, reply in raw.items():
            if request.path.startswith(path):
                connection.sendall(reply)
                return

    return behave


def silent(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
    """Take the question and never answer."""
    stopping.wait(_LONGEST)


def drips(raw: bytes) -> Behavior:
    """Send one byte at a time, each well within any time-out of a read."""

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        for byte in raw:
            connection.sendall(bytes([byte]))
            if stopping.wait(0.02):
                return

    return behave


def says_and_hangs(raw: bytes) -> Behavior:
    """Send a beginning and leave the connection open."""

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        connection.sendall(raw)
        stopping.wait(_LONGEST)

    return behave


def resets(raw: bytes = b"") -> Behavior:
    """Tear the connection down, after these bytes."""

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        if raw:
            connection.sendall(raw)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    return behave


class Replay:
    """The server, while the `with` lasts; `received` holds the requests in order of arrival."""

    def __init__(self, behavior: Behavior, *, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self._behavior = behavior
        self._tls = tls
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Replay:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):  # wakes the thread that waits in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def settle(self) -> None:
        """Wait until every connection so far is closed on this side."""
        for thread in self._threads[1:]:
            thread.join(_LONGEST)

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, name="replay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(plain)
            stack.enter_context(contextlib.suppress(OSError))  # the client may leave at any moment
            plain.settimeout(_LONGEST)
            connection = plain
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(plain, server_side=True))
            request = _read_request(connection)
            if request is not None:
                self.received.append(request)
                self._behavior(connection, request, self._stopping)


def _read_request(connection: socket.socket) -> Received | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65_536)
        if not piece or len(raw) > 100_000:
            return None
        raw += piece
        if raw.startswith(b"\x16"):  # a TLS handshake: answered as plain servers answer it
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return None
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)
    }
    while len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65_536)
        if not piece:
            return None
        body += piece
    return Received(line, headers, body)
