"""Posting bytes to the register: one pool of connections, verified TLS, and what each failure means."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, RemoteDisconnected
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
from cryptography import x509
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

from motcua.identity.register import CouldNotAsk, Inquiry, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.soap import LARGEST_REPLY
from motcua.population.transports.timed import StaleConnection, TimedPool, TimedTLSPool

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

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        """Post one question to an operation, in the name of the inquiry's officer. `now` gives epoch seconds.

        Raises CouldNotAsk; NotPermitted where the way in refuses us before it listens.
        """


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
            self._pool: urllib3.HTTPConnectionPool = TimedTLSPool(
                host, address.port, maxsize=_POOL, retries=False, ssl_context=context
            )
        else:
            self._pool = TimedPool(host, address.port, maxsize=_POOL, retries=False)

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
            except (NewConnectionError, StaleConnection) as error:
                pause = 0.0 if isinstance(error, StaleConnection) else _jitter.uniform(0.02, 0.1)
                if is_last or time.monotonic() + pause >= deadline:
                    raise CouldNotAsk(Trouble.CONNECTION, detail=_why(error)) from None
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _why_tls(self, error: BaseException, deadline: float) -> str:
        return _why_tls(error, self._pool.host, self._pool.port or 443, deadline - time.monotonic())

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
        except (NewConnectionError, NameResolutionError, StaleConnection):
            raise
        except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
            raise CouldNotAsk(Trouble.TIMEOUT, detail=_why(error)) from None
        except (SSLError, ssl.SSLError) as error:
            raise CouldNotAsk(Trouble.TLS, detail=self._why_tls(error, deadline)) from None
        except ProtocolError as error:
            cause = error.args[1] if len(error.args) > 1 else error
            if isinstance(cause, StaleConnection):
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


def _why_tls(error: BaseException, host: str, port: int, seconds: float) -> str:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else error
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return f"no TLS: {getattr(cause, 'reason', None) or type(cause).__name__}"
    return f"certificate {_serial(host, port, seconds)} of the other side is refused: {cause.verify_message}"


def _serial(host: str, port: int, seconds: float) -> str:
    """Fetch the refused certificate once more, sending nothing, so that the operator knows which one it was."""
    try:
        pem = ssl.get_server_certificate((host, port), timeout=max(0.001, min(1.0, seconds)))
        return f"{x509.load_pem_x509_certificate(pem.encode()).serial_number:x}"
    except (OSError, ValueError):
        return "(serial unknown)"
