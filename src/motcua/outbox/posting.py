"""Posting JSON to another system: bounded in time and size, over verified TLS, nothing followed, nothing repeated."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
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


class _Watched(HTTPConnection):
    """A connection whose answer must begin in time: a side that drips its headers resets every read's time-out."""

    def getresponse(self) -> Any:
        """Return the answer; raises TimeoutError when the time is over, and breaks the connection."""
        is_over = threading.Event()
        end = threading.Timer(_TOTAL, self._break, [is_over])
        end.daemon = True
        end.start()
        try:
            answer = super().getresponse()
        finally:
            end.cancel()
        if is_over.is_set():  # headers that were cut off read as if they had ended
            answer.close()
            raise TimeoutError
        return answer

    def _break(self, is_over: threading.Event) -> None:
        is_over.set()
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


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
    deadline = time.monotonic() + _TOTAL
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
            return Answer(reply.status, _read(reply, deadline))
        finally:
            reply.close()
    except SSLError:
        raise Unreachable("tls") from None
    except (HTTPError, OSError) as error:
        raise Unreachable(type(error).__name__) from None


def _read(reply: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Read the body in pieces; no library bounds the whole time of an answer that drips."""
    found = bytearray()
    for piece in reply.stream(_PIECE, decode_content=True):
        found += piece
        if len(found) > _LARGEST_ANSWER:
            raise Failed("answer_too_large")
        if time.monotonic() > deadline:
            raise Unreachable("timeout")
    return bytes(found)


def _judged(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if answer.status < 400 or answer.status in _OF_THE_LINE:
        raise Unreachable(f"status_{answer.status}")
    if answer.status >= 500:
        raise Failed(f"status_{answer.status}")
    raise Refused(f"status_{answer.status}")
