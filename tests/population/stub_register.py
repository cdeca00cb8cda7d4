"""A bare register on loopback whose every byte a test decides: raw sockets, no HTTP library, no code of ours."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

MESSAGES = Path(__file__).parent.parent / "messages"


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]  # names in lower case
    body: bytes


Behavior = Callable[[socket.socket, Received, "StubRegister"], bool]  # true: keep the connection


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP/1.1 reply; underscores in names of headers become hyphens."""
    given = {"Content_Type": "text/xml; charset=UTF-8", "Content_Length": str(len(body))} | headers
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def golden(name: str) -> bytes:
    """Return a golden message."""
    return (MESSAGES / name).read_bytes()


def answering(reply: bytes, *, keep: bool = True) -> Behavior:
    """Answer each question with these bytes."""

    def behave(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        connection.sendall(reply)
        return keep

    return behave


def silent(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
    """Take the question and never answer."""
    stub.stopping.wait(10)
    return False


def dripping(reply: bytes, pause: float = 0.05) -> Behavior:
    """Send one byte at a time; each alone comes well within any time-out."""

    def behave(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        for byte in reply:
            connection.sendall(bytes([byte]))
            if stub.stopping.wait(pause):
                break
        return False

    return behave


def resetting(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
    """Tear the connection down without a reply."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    return False


def hanging_up(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
    """Close the connection politely without a reply."""
    return False


class StubRegister:
    """A listening stub. `behaviors` are used one per question, the last one for all that follow."""

    def __init__(self, *behaviors: Behavior, tls: ssl.SSLContext | None = None) -> None:
        self.behaviors = list(behaviors)
        self.received: list[Received] = []
        self.connections = 0
        self.closed = 0
        self.stopping = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> StubRegister:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/c06/{{operation}}"

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError):
            if self._tls:
                plain, connection = connection, self._tls.wrap_socket(connection, server_side=True)
                plain.close()
            self._converse(connection)
        connection.close()
        self.closed += 1

    def _converse(self, connection: socket.socket) -> None:
        while not self.stopping.is_set():
            request = self._receive(connection)
            if request is None:
                return
            behavior = self.behaviors.pop(0) if len(self.behaviors) > 1 else self.behaviors[0]
            self.received.append(request)
            if not behavior(connection, request, self):
                return

    def _receive(self, connection: socket.socket) -> Received | None:
        data = b""
        connection.settimeout(0.05)
        while b"\r\n\r\n" not in data:
            try:
                piece = connection.recv(65_536)
            except TimeoutError:
                if self.stopping.is_set():
                    return None
                continue
            if not piece:
                return None
            data += piece
        connection.settimeout(5)
        head, _, body = data.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
        while len(body) < int(headers.get("content-length", "0")):
            body += connection.recv(65_536)
        return Received(line, headers, body)
