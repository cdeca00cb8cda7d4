"""Posting bytes to the register: one pool of connections, verified TLS, and what each failure means."""

from __future__ import annotations

import hashlib
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import HTTPException, RemoteDisconnected
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
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

from motcua.identity.register import NO_EXCHANGE, CouldNotAsk, Exchange, Inquiry, MessageIds, Trouble
from motcua.population.certificates import Expiry, leaf, of_the_other_side, pairs
from motcua.population.settings import RegisterSettings
from motcua.population.soap import LARGEST_REPLY
from motcua.population.transports.timed import TimedPool, TimedTLSPool, leaving

_POOL = 64
_PIECE = 65_536
_SANDBOX_MARK = "X-NPD-Sandbox"  # on every reply of a sandbox register, so that none passes for the real one
_jitter = random.SystemRandom()

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole: status, headers (any case), body; and how it can be found and known again."""

    status: int
    headers: Headers
    body: bytes
    ids: tuple[tuple[str, str], ...] = ()
    exchange: Exchange = NO_EXCHANGE


class Transport(Protocol):
    """A way in to the register."""

    name: str

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        """Post one question to an operation, in the name of the inquiry's officer. `now` gives epoch seconds.

        Raises CouldNotAsk; NotPermitted where the way in refuses us before it listens.
        """


class Poster:
    """A pool of connections to one address of the settings, and the rules of posting there.

    `field` is the setting that holds the address. Raises CouldNotAsk(CONFIGURATION) for files that are no certificates.
    """

    def __init__(self, settings: RegisterSettings, field: str = "url") -> None:
        address = urlsplit(getattr(settings, field))
        self._settings = settings
        self._field, self.variable = field, settings.variable(field)
        self._target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        host = address.hostname or ""
        self._ways: list[tuple[urllib3.HTTPConnectionPool, Expiry | None]] = []
        if address.scheme != "https":
            self._ways.append((TimedPool(host, address.port, maxsize=_POOL, retries=False), None))
            return
        for certificate, key in pairs(settings) or [("", "")]:
            context = _tls_context(settings, certificate, key)
            pool = TimedTLSPool(host, address.port, maxsize=_POOL, retries=False, ssl_context=context)
            self._ways.append((pool, leaf(settings, certificate) if certificate else None))

    def deadline(self, seconds: float | None = None) -> float:
        """Return when (time.monotonic) a question that begins now must be over; `seconds` is all the time it has,
        where that is less than the settings give.
        """
        total = self._settings.total_seconds
        return time.monotonic() + (total if seconds is None else min(seconds, total))

    def post(
        self,
        operation: str,
        body: bytes,
        headers: Callable[[], Headers],
        *,
        now: Callable[[], float],
        deadline: float,
    ) -> tuple[Reply, Headers]:
        """Post and return the reply with the headers that were sent.

        `headers` is called anew for each attempt. There is a second attempt only when the first met no
        connection, and while time is left: once a byte is on its way, a closed connection does not tell
        whether the question was read, so it is not asked twice. `deadline` (time.monotonic) is for the whole
        question, of which this may be one of several steps. Raises CouldNotAsk: TIMEOUT, CONNECTION, TLS, OVERSIZED,
        UNREADABLE; CONFIGURATION where a sandbox answers and may not. Its messages tell what was exchanged.
        """
        pool = self._pool(now)
        target = self._target.replace("{operation}", operation)
        for is_last in (False, True):
            sent = headers()
            leaving.has_begun, leaving.certificate, leaving.connection = False, "", None
            try:
                reply = self._exchange(pool, target, body, sent, deadline)
                self._refuse_sandbox(reply)
                return reply, sent
            except NewConnectionError as error:
                pause = _jitter.uniform(0.02, 0.1)
                if is_last or time.monotonic() + pause >= deadline:
                    raise CouldNotAsk(Trouble.CONNECTION, detail=self._why(error), is_unsent=True) from None
                time.sleep(pause)
            except CouldNotAsk as error:
                error.is_unsent = not leaving.has_begun
                if leaving.has_begun and error.messages is None:
                    exchange = Exchange(_sha256(body), certificate=leaving.certificate)
                    error.messages = MessageIds("", exchange=exchange)
                raise
        raise AssertionError("unreachable")

    def _refuse_sandbox(self, reply: Reply) -> None:
        if self._settings.refuse_sandbox and _SANDBOX_MARK in reply.headers:
            detail = f"a sandbox answers at {self.variable}, and its people are invented; set the register's address"
            messages = MessageIds("", exchange=reply.exchange)
            raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, messages=messages)

    def _pool(self, now: Callable[[], float]) -> urllib3.HTTPConnectionPool:
        """Return the connections that present the first certificate of ours that is valid now."""
        reasons = []
        for pool, expiry in self._ways:
            reason = expiry.why_not(now()) if expiry else ""
            if not reason:
                return pool
            reasons.append(reason)
        raise CouldNotAsk(Trouble.TLS, detail="; ".join(reasons), is_unsent=True)

    def _exchange(
        self, pool: urllib3.HTTPConnectionPool, target: str, body: bytes, headers: Headers, deadline: float
    ) -> Reply:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CouldNotAsk(Trouble.TIMEOUT, detail="no time left for another attempt")
        try:
            response = pool.urlopen(
                "POST",
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=min(self._settings.connect_seconds, left), total=left),
            )
            try:
                content = _read(response)
            except BaseException:
                response.close()
                raise
            response.release_conn()
            exchange = Exchange(_sha256(body), _sha256(content), certificate=leaving.certificate)
            return Reply(response.status, response.headers, content, exchange=exchange)
        except (NewConnectionError, NameResolutionError):
            raise
        except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
            raise CouldNotAsk(Trouble.TIMEOUT, detail=self._why(error)) from None
        except (SSLError, ssl.SSLError) as error:
            raise CouldNotAsk(Trouble.TLS, detail=self._why_tls(error, deadline)) from None
        except ProtocolError as error:
            cause = error.args[1] if len(error.args) > 1 else error
            if isinstance(cause, TimeoutError):
                raise CouldNotAsk(Trouble.TIMEOUT, detail="no whole reply in time") from None
            if isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected):
                raise CouldNotAsk(
                    Trouble.UNREADABLE, detail=f"no proper HTTP: {type(cause).__name__}"
                ) from None
            raise CouldNotAsk(Trouble.CONNECTION, detail=self._why(cause)) from None
        except HTTPException as error:
            raise CouldNotAsk(Trouble.UNREADABLE, detail=f"no proper HTTP: {type(error).__name__}") from None
        except (HTTPError, OSError) as error:
            raise CouldNotAsk(Trouble.CONNECTION, detail=self._why(error)) from None

    def _why(self, error: BaseException) -> str:
        if isinstance(error, NameResolutionError):
            return f"the host name of {self.variable} has no address"
        if isinstance(error, NewConnectionError):
            return str(error).rpartition(": ")[2]
        if isinstance(error, (ConnectTimeoutError, ReadTimeoutError, TimeoutError)):
            if not leaving.has_begun:  # urllib3 calls a handshake without end a read without end
                return "no connection in time (NPD_CONNECT_SECONDS)"
            return "no whole reply in time (NPD_TOTAL_SECONDS)"
        return (
            "the connection was closed before the reply"
            if isinstance(error, OSError)
            else type(error).__name__
        )

    def _why_tls(self, error: BaseException, deadline: float) -> str:
        """Say what a failed handshake was about; a refused certificate is fetched once more, sending nothing,
        so that the operator knows which one it was.
        """
        cause = error.args[0] if isinstance(error, SSLError) and error.args else error
        if not isinstance(cause, ssl.SSLCertVerificationError):
            return f"no TLS: {getattr(cause, 'reason', None) or type(cause).__name__}"
        seconds = max(0.001, min(1.0, deadline - time.monotonic()))
        refused = of_the_other_side(self._settings, seconds, field=self._field)
        which = refused.serial if refused else "(serial unknown)"
        return f"certificate {which} of the other side is refused: {cause.verify_message}"


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _read(response: Any) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise CouldNotAsk(Trouble.UNREADABLE, detail="a packed reply, which nobody asked for")
    content = bytearray()
    while piece := response.read(_PIECE):
        content += piece
        if len(content) > LARGEST_REPLY:
            raise CouldNotAsk(Trouble.OVERSIZED, detail=f"more than {LARGEST_REPLY} bytes")
    return bytes(content)


def retry_after(reply: Reply, now: float) -> float | None:
    """Return the seconds that the reply asks us to wait (given as seconds or as a date), or None."""
    text = reply.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - now)


def _tls_context(settings: RegisterSettings, certificate: str, key: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except OSError:
        detail = f"{settings.variable('ca')} holds no certificates in PEM form"
        raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, is_unsent=True) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        try:
            context.load_cert_chain(getattr(settings, certificate), getattr(settings, key) or None)
        except OSError:
            names = f"{settings.variable(certificate)} and {settings.variable(key)}"
            detail = f"{names} do not fit together or are no PEM files"
            raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, is_unsent=True) from None
    return context
