"""Posting bytes to the register within a time that is kept whatever the other side does.

urllib3 pools the connections and verifies TLS. What no HTTP library bounds is the *total* time: a side that
drips one byte a second resets every read's time-out. Here each read of status line, headers and body, and
the look-up of the host's name, gets only what is left of the question's time.
"""

from __future__ import annotations

import io
import queue
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Timeout

from motcua.identity.register import CouldNotAsk, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.soap import LARGEST_REPLY

_LONGEST_IDLE = (
    30.0  # seconds; a connection idle for longer may have been dropped unseen by something between us
)
_POOL = 64
_PIECE = 65_536
_jitter = random.SystemRandom()

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole: status, headers (any case), body; and ids under which it can be found again."""

    status: int
    headers: Headers
    body: bytes
    ids: tuple[tuple[str, str], ...] = ()


class Transport(Protocol):
    """A way in to the register."""

    name: str

    def post(self, operation: str, body: bytes, *, now: Callable[[], float]) -> Reply:
        """Post one question to an operation. `now` gives epoch seconds. Raises CouldNotAsk."""


class _StaleConnection(OSError):
    """A kept connection had been closed by the other side before our question could reach it."""


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


class _Timed:
    """What both kinds of connection add to urllib3's: see the module."""

    timeout: Any  # urllib3's own, like the next two
    socket_options: Any
    response_class: Any

    _served = 0
    _last_used = 0.0

    def _new_conn(self) -> socket.socket:
        self._served, self._last_used = 0, time.monotonic()
        deadline = time.monotonic() + float(self.timeout)
        problem: OSError = OSError("the host name has no address")
        for family, kind, protocol, _, address in _look_up(self, deadline):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(max(0.001, deadline - time.monotonic()))
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

    def getresponse(self) -> Any:
        self.response_class = partial(_TimedResponse, deadline=time.monotonic() + float(self.timeout))
        try:
            response = super().getresponse()  # type: ignore[misc]
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            if self._served:
                raise _StaleConnection("the kept connection was closed") from error
            raise
        self._served += 1
        self._last_used = time.monotonic()
        return response


class _TimedConnection(_Timed, HTTPConnection):
    pass


class _TimedTLSConnection(_Timed, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TLSPool(urllib3.HTTPSConnectionPool):
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


class Poster:
    """A pool of connections to the one address of the settings, and the rules of posting there."""

    def __init__(self, settings: RegisterSettings) -> None:
        address = urlsplit(settings.url)
        self._connect_seconds = settings.connect_seconds
        self._total_seconds = settings.total_seconds
        self._target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        host = address.hostname or ""
        if address.scheme == "https":
            context = _tls_context(settings)
            self._pool: urllib3.HTTPConnectionPool = _TLSPool(
                host, address.port, maxsize=_POOL, retries=False, ssl_context=context
            )
        else:
            self._pool = _Pool(host, address.port, maxsize=_POOL, retries=False)

    def post(self, operation: str, body: bytes, headers: Callable[[], Headers]) -> tuple[Reply, Headers]:
        """Post and return the reply with the headers that were sent.

        `headers` is called anew for each attempt. There is a second attempt only when the first met no
        connection, or a kept connection that had been closed before it could carry anything, and while time
        is left. Raises CouldNotAsk: TIMEOUT, CONNECTION, TLS, OVERSIZED, UNREADABLE.
        """
        deadline = time.monotonic() + self._total_seconds
        target = self._target.replace("{operation}", operation)
        for is_last in (False, True):
            sent = headers()
            try:
                return self._exchange(target, body, sent, deadline), sent
            except (NewConnectionError, _StaleConnection) as error:
                pause = 0.0 if isinstance(error, _StaleConnection) else _jitter.uniform(0.02, 0.1)
                if is_last or time.monotonic() + pause >= deadline:
                    raise CouldNotAsk(Trouble.CONNECTION, detail=_why(error)) from None
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _exchange(self, target: str, body: bytes, headers: Headers, deadline: float) -> Reply:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CouldNotAsk(Trouble.TIMEOUT, detail="no time left for another attempt")
        try:
            response = self._pool.urlopen(
                "POST",
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=min(self._connect_seconds, left), total=left),
            )
            try:
                content = _read(response)
            except BaseException:
                response.close()
                raise
            response.release_conn()
            return Reply(response.status, response.headers, content)
        except (NewConnectionError, NameResolutionError, _StaleConnection):
            raise
        except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
            raise CouldNotAsk(Trouble.TIMEOUT, detail=_why(error)) from None
        except (SSLError, ssl.SSLError) as error:
            raise CouldNotAsk(Trouble.TLS, detail=_why_tls(error)) from None
        except ProtocolError as error:
            cause = error.args[1] if len(error.args) > 1 else error
            if isinstance(cause, _StaleConnection):
                raise cause from None
            if isinstance(cause, TimeoutError):
                raise CouldNotAsk(Trouble.TIMEOUT, detail="no whole reply in time") from None
            if isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected):
                raise CouldNotAsk(
                    Trouble.UNREADABLE, detail=f"no proper HTTP: {type(cause).__name__}"
                ) from None
            raise CouldNotAsk(Trouble.CONNECTION, detail=_why(cause)) from None
        except HTTPException as error:
            raise CouldNotAsk(Trouble.UNREADABLE, detail=f"no proper HTTP: {type(error).__name__}") from None
        except (HTTPError, OSError) as error:
            raise CouldNotAsk(Trouble.CONNECTION, detail=_why(error)) from None


def _read(response: Any) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise CouldNotAsk(Trouble.UNREADABLE, detail="a packed reply, which nobody asked for")
    content = bytearray()
    while piece := response.read(_PIECE):
        content += piece
        if len(content) > LARGEST_REPLY:
            raise CouldNotAsk(Trouble.OVERSIZED, detail=f"more than {LARGEST_REPLY} bytes")
    return bytes(content)


def _tls_context(settings: RegisterSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except (OSError, ssl.SSLError):
        raise CouldNotAsk(Trouble.CONFIGURATION, detail="NPD_CA holds no certificates in PEM form") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_cert:
        try:
            context.load_cert_chain(settings.client_cert, settings.client_key or None)
        except (OSError, ssl.SSLError):
            detail = "NPD_CLIENT_CERT and NPD_CLIENT_KEY do not fit together or are no PEM files"
            raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail) from None
    return context


def _why(error: BaseException) -> str:
    if isinstance(error, NameResolutionError):
        return "the host name of NPD_URL has no address"
    if isinstance(error, NewConnectionError):
        return str(error).rpartition(": ")[2]
    if isinstance(error, ConnectTimeoutError):
        return "no connection in time (NPD_CONNECT_SECONDS)"
    if isinstance(error, (ReadTimeoutError, TimeoutError)):
        return "no whole reply in time (NPD_TOTAL_SECONDS)"
    return (
        "the connection was closed before the reply" if isinstance(error, OSError) else type(error).__name__
    )


def _why_tls(error: BaseException) -> str:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the other side's certificate is refused: {cause.verify_message}"
    return f"no TLS: {getattr(cause, 'reason', None) or type(cause).__name__}"
