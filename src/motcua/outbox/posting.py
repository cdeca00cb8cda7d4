"""Posting JSON to another system: bounded in time and size, over verified TLS, nothing followed, nothing repeated."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.util import Timeout

from motcua.outbox.service import Failed, Refused, Unreachable

_CONNECT: Final = 3.0  # seconds
_TOTAL: Final = 15.0  # seconds, far less than a courier's lease
_LARGEST_ANSWER: Final = 64 * 1024
_PIECE: Final = 16 * 1024
# How ``Unreachable`` names a token that is wrong or missing.
TOKEN_REFUSED: Final = frozenset({"status_401", "status_403"})
# These are no fault of what was sent: with a wrong address or token nothing of the topic gets through.
_OF_THE_LINE: Final = frozenset({401, 403, 404, 407, 408, 429, 502, 503, 504})


class _Watch:
    """Breaks a connection when the time for an answer is over: a side that drips resets every read's time-out."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._is_over = threading.Event()
        self._timer = threading.Timer(_TOTAL, self._break)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Stop watching. Raises TimeoutError: the time was over, and what was cut off may read as if it had ended."""
        self._timer.cancel()
        if self._is_over.is_set():
            raise TimeoutError

    def _break(self) -> None:
        self._is_over.set()
        with contextlib.suppress(OSError):
            # Not SSLSocket's own, which would take the encryption away under the reader.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection whose answer is watched from its first byte on; whoever reads the body ends the watch."""

    def getresponse(self) -> Any:
        """Return the answer, with its ``watch``; raises TimeoutError when the time is over."""
        watch = _Watch(self.sock)
        try:
            answer = super().getresponse()
        except BaseException:
            watch.end()
            raise
        answer.watch = watch  # type: ignore[attr-defined]
        return answer


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


_pool = urllib3.PoolManager(num_pools=8, maxsize=4, retries=False)
_pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back: status and body."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as an object. Raises Failed: it is none."""
        try:
            said = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Failed("unreadable") from None
        if not isinstance(said, dict):
            raise Failed("unreadable")
        return said


def post_json(url: str, content: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Answer:
    """Post an object and return the answer of a system that took it.

    Args:
        url: http or https; an operator's setting, never a person's input.
        content: what is posted.
        headers: beside the type, such as a token.

    Raises:
        Unreachable: no connection, no answer in time, or it takes nothing now (408, 429, 502 to 504), or nothing from
            us (redirects, 401, 403, 404, 407): what is wrong there is the address or the token, not what was sent.
        Failed: another error of theirs, or an answer that is too large.
        Refused: they will not take this (any other status from 400 to 499).
    """
    body = json.dumps(content, ensure_ascii=False).encode()
    sent = {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        **(headers or {}),
    }
    return _judged(_exchange("POST", url, body, sent))


def get_json(url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for an object; arguments and errors as for ``post_json``."""
    return _judged(_exchange("GET", url, None, {"Accept": "application/json", **(headers or {})}))


def _exchange(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    if not url.startswith(("http://", "https://")):
        raise Unreachable("no_address")
    try:
        reply = _pool.request(
            method,
            url,
            body=body,
            headers=dict(headers),
            timeout=Timeout(connect=_CONNECT, read=_TOTAL),
            redirect=False,
            preload_content=False,
        )
        try:
            found = _read(reply)
        finally:
            try:
                reply.watch.end()  # type: ignore[attr-defined]  # of every connection of ours
            finally:
                reply.close()
        return Answer(reply.status, found)
    except SSLError:
        raise Unreachable("tls") from None
    except (HTTPError, OSError) as error:
        raise Unreachable(type(error).__name__) from None


def _read(reply: urllib3.BaseHTTPResponse) -> bytes:
    """Read the body in pieces, so that an answer that is too large is not read to its end."""
    found = bytearray()
    for piece in reply.stream(_PIECE, decode_content=True):
        found += piece
        if len(found) > _LARGEST_ANSWER:
            raise Failed("answer_too_large")
    return bytes(found)


def _judged(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if answer.status < 400 or answer.status in _OF_THE_LINE:
        raise Unreachable(f"status_{answer.status}")
    if answer.status >= 500:
        raise Failed(f"status_{answer.status}")
    raise Refused(f"status_{answer.status}")
