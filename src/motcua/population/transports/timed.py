"""Connections of which every step has an end: urllib3's, with the time of a question kept to the last byte.

No HTTP library bounds the *total* time: a side that drips one byte a second resets every read's time-out. Here each
read of status line, headers and body, and the look-up of the host's name, gets only what is left.
"""

from __future__ import annotations

import io
import math
import queue
import socket
import threading
import time
from functools import partial
from http.client import CONTINUE, HTTPException, HTTPResponse
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_LONGEST_IDLE = (
    30.0  # seconds; a connection idle for longer may have been dropped unseen by something between us
)


class _Leaving(threading.local):
    """Whether this thread's question began to leave: from the first byte on nobody can know how far it came.

    `connection` is the one over which it left, `certificate` the serial that the other side of it showed.
    """

    has_begun = False
    certificate = ""
    connection: _Timed | None = None


leaving = _Leaving()


def part() -> None:
    """Let no further question take the connection of this thread's last one: its answer could still come."""
    if leaving.connection is not None:
        leaving.connection.distrust()


class _TimedReader(io.RawIOBase):
    """The socket's bytes; each read may take only what is left until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this question is over")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock, deadline), 16_384)

    def begin(self) -> None:
        super().begin()
        if self.msg.defects:  # headers that end before their end pass for whole in the standard library
            raise HTTPException("defective headers")
        if self.status != 200:  # what follows a reply that was none could be its answer, come late
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        # The standard library passes over 100 alone, and would take 102 or 103 for the reply.
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, CONTINUE if 101 < status < 200 else status, reason

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise HTTPException("a chunk of less than nothing")
        return size


class _Timed:
    """What both kinds of connection add to urllib3's: see the module."""

    timeout: Any  # urllib3's own, like the next three
    sock: Any
    socket_options: Any
    response_class: Any

    _last_used = 0.0
    _certificate = ""  # serial of the other side's, read once a connection

    def _new_conn(self) -> socket.socket:
        self._last_used = time.monotonic()
        deadline = time.monotonic() + float(self.timeout)
        problem: OSError = OSError("the host name has no address")
        addresses = _look_up(self, deadline)
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                # An address that swallows what is sent to it leaves the next ones their share.
                share = (deadline - time.monotonic()) / (len(addresses) - tried)
                sock.settimeout(max(0.001, share))
                sock.connect(address)
                sock.settimeout(max(0.001, deadline - time.monotonic()))  # the TLS handshake shares the time
            except OSError as error:
                sock.close()
                problem = error
            else:
                return sock
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, "connecting took too long") from problem
        raise NewConnectionError(self, f"no connection: {problem.strerror or problem}") from problem  # type: ignore[arg-type]

    @property
    def is_connected(self) -> bool:
        is_fresh = time.monotonic() - self._last_used < _LONGEST_IDLE
        return is_fresh and bool(super().is_connected)  # type: ignore[misc]

    def distrust(self) -> None:
        """Be taken for dropped from now on."""
        self._last_used = -math.inf

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # urllib3's
        leaving.has_begun, leaving.certificate, leaving.connection = True, self._certificate, self
        super().send(data)  # type: ignore[misc]

    def getresponse(self) -> Any:
        self.response_class = partial(_TimedResponse, deadline=time.monotonic() + float(self.timeout))
        response = super().getresponse()  # type: ignore[misc]
        self._last_used = time.monotonic()
        return response


class _TimedConnection(_Timed, HTTPConnection):
    pass


class _TimedTLSConnection(_Timed, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # Named only where it was verified; nothing of a question leaves otherwise. RFC 5280 allows 20 bytes.
        self._certificate = str((self.sock.getpeercert() or {}).get("serialNumber", ""))[:64]


class TimedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class TimedTLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


def _look_up(connection: Any, deadline: float) -> list[Any]:
    """Return the host's addresses; the system's own look-up knows no time-out, so it runs aside and may be
    left behind.
    """
    host, port = connection.host, connection.port
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, not an address
    found: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            found.put(error)

    threading.Thread(target=look_up, name="npd-host-name", daemon=True).start()
    try:
        result = found.get(timeout=max(0.001, deadline - time.monotonic()))
    except queue.Empty:
        raise ConnectTimeoutError(connection, "looking up the host name took too long") from None
    if isinstance(result, socket.gaierror):
        raise NameResolutionError(host, connection, result)
    if isinstance(result, OSError):
        raise NewConnectionError(connection, "the host name could not be looked up") from result
    return result
