"""A line to the register that breaks on demand: a proxy on loopback whose every byte a test decides.

It stands between the product and a real sandbox register and relays until it is told otherwise. A fault is a function
of the connection, the question and the proxy; it says whether the connection may be kept.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from tests.population.stub_register import http

_HOP = 0.05  # seconds between two looks at whether the test is over
_PATIENCE = 30.0  # seconds: no fault lasts longer
_REQUEST_ID = re.compile(rb"<(?:\w+:)?MaYeuCau>([^<]*)<")


@dataclass(frozen=True)
class Question:
    """One request that arrived whole."""

    head: bytes
    body: bytes

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode("latin-1")

    @property
    def request_id(self) -> str:
        """Return the id under which the product keeps this question (MaYeuCau)."""
        found = _REQUEST_ID.search(self.body)
        return found[1].decode("ascii") if found else ""


@dataclass(frozen=True)
class Reply:
    """What the register answered, before it is spoiled."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def with_body(self, body: bytes) -> Reply:
        return Reply(self.status, self.headers, body)

    def as_http(self) -> bytes:
        kept = {name: value for name, value in self.headers.items() if name.lower() in ("content-type",)}
        return http(self.body, f"{self.status} Said", **{n.replace("-", "_"): v for n, v in kept.items()})


Fault = Callable[[socket.socket, Question, "FaultProxy"], bool]


class FaultProxy:
    """A listening proxy to one port of loopback."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.fault: Fault = relaying
        self.questions: list[Question] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.is_resetting = False
        self._vanished_below = 0
        self._open: set[socket.socket] = set()
        self._clogging: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._accept_on(self._listener)

    def end(self) -> None:
        """Stop listening and let every connection go."""
        self.stopping.set()
        self._close()

    def refuses(self) -> None:
        """Let nobody listen here, and every connection be closed."""
        self._close()
        self.hangs_up()

    def clogs(self) -> None:
        """Listen, but never take a connection: to those who knock it is as if their packets were lost."""
        self.refuses()
        full = socket.create_server(("127.0.0.1", self.port), backlog=0)
        self._clogging.append(full)
        for _ in range(3):
            knocking = socket.socket()
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", self.port))
            self._clogging.append(knocking)

    def resets(self) -> None:
        """Tear down every connection there is, and each new one before a byte of it is read."""
        self.is_resetting = True
        self.hangs_up()

    def vanishes(self) -> None:
        """Let the other side of every connection there is be gone without a word; new ones work."""
        self._vanished_below = self.connections + 1

    def hangs_up(self) -> None:
        """Close every connection there is, politely; new ones work."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def heals(self) -> None:
        """Relay as if nothing had been."""
        self.fault, self.is_resetting = relaying, False
        for sock in self._clogging:
            sock.close()
        self._clogging.clear()
        if self._listener.fileno() == -1:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._accept_on(self._listener)

    def asked(self, request_id: str) -> int:
        """Count how often a question arrived here."""
        return sum(question.request_id == request_id for question in list(self.questions))

    def ask(self, question: Question) -> Reply:
        """Ask the real register."""
        with socket.create_connection(("127.0.0.1", self.target), timeout=_PATIENCE) as sock:
            sock.sendall(question.head + b"\r\n\r\n" + question.body)
            answer = HTTPResponse(sock)
            answer.begin()
            return Reply(answer.status, dict(answer.headers), answer.read())

    def wait(self, connection: socket.socket, seconds: float = _PATIENCE) -> None:
        """Hold a connection until the caller leaves, the test is over or the time is."""
        connection.settimeout(_HOP)
        for _ in range(int(seconds / _HOP)):
            try:
                if self.stopping.is_set() or not connection.recv(65_536):
                    return
            except TimeoutError:
                continue

    def _close(self) -> None:
        if self._listener.fileno() != -1:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
            self._listener.close()
        for sock in self._clogging:
            sock.close()
        self._clogging.clear()

    def _accept_on(self, listener: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.is_resetting:
                reset(connection)
                continue
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, place: int) -> None:
        # What caller and register do to a connection is no failure of the proxy: it closes too.
        self._open.add(connection)
        with connection, contextlib.suppress(OSError, HTTPException):
            while (question := self._receive(connection)) is not None:
                if place < self._vanished_below:
                    self.wait(connection)
                    break
                self.questions.append(question)
                if not self.fault(connection, question, self):
                    break
        self._open.discard(connection)

    def _receive(self, connection: socket.socket) -> Question | None:
        data = b""
        connection.settimeout(_HOP)
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
        connection.settimeout(_PATIENCE)
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
        while length and len(body) < int(length[1]):
            piece = connection.recv(65_536)
            if not piece:
                return None
            body += piece
        return Question(head, body)


def reset(connection: socket.socket) -> None:
    """Tear a connection down."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# --- faults


def relaying(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
    """Answer as the register does."""
    connection.sendall(proxy.ask(question).as_http())
    return True


def spoiled(spoil: Callable[[bytes], bytes]) -> Fault:
    """Answer as the register does, with another body."""

    def fault(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
        reply = proxy.ask(question)
        connection.sendall(reply.with_body(spoil(reply.body)).as_http())
        return True

    return fault


def answering(reply: bytes) -> Fault:
    """Answer with these bytes instead of asking the register."""

    def fault(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
        connection.sendall(reply)
        return True

    return fault


def silent(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
    """Take the question and never answer."""
    proxy.wait(connection)
    return False


def lost(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
    """Pass the question on, and tear the connection down when the register has answered."""
    proxy.ask(question)
    reset(connection)
    return False


def hanging_up(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
    """Pass the question on, and close the connection politely when the register has answered."""
    proxy.ask(question)
    return False


def cut(where: Callable[[bytes], int], *, is_held: bool = False) -> Fault:
    """Send the answer up to a place; then close, or hold on in silence."""

    def fault(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
        reply = proxy.ask(question).as_http()
        connection.sendall(reply[: where(reply)])
        if is_held:
            proxy.wait(connection)
        return False

    return fault


def dripping(where: Callable[[bytes], int], seconds: float = 1.0) -> Fault:
    """Send the answer up to a place at once, and then a byte at a time with a pause after each."""

    def fault(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
        reply = proxy.ask(question).as_http()
        connection.sendall(reply[: where(reply)])
        for byte in reply[where(reply) :]:
            connection.sendall(bytes([byte]))
            if proxy.stopping.wait(seconds):
                break
        return False

    return fault


def endless(piece: bytes, *, first: bytes = b"", seconds: float = 0.0) -> Fault:
    """Send something first, and then the same piece for ever."""

    def fault(connection: socket.socket, question: Question, proxy: FaultProxy) -> bool:
        connection.sendall(first)
        while not proxy.stopping.wait(seconds):
            connection.sendall(piece)
        return False

    return fault
