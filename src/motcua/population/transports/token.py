"""Tokens of provincial gateways: fetched once for all threads of a process, kept until shortly before they expire.

docs/protocol.md §3.3, §3.4.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.identity.register import (
    NO_EXCHANGE,
    Barred,
    CouldNotAsk,
    MessageIds,
    NotPermitted,
    RegisterError,
    Trouble,
)
from motcua.population.json_text import parse_object
from motcua.population.transports.http import Headers, Poster, Reply, retry_after

_UNSAID = 300.0  # seconds that a token is kept when its reply says nothing usable about them
_LONGEST = 86_400.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_CLIENT_REFUSED = frozenset({"invalid_client", "unauthorized_client", "access_denied"})  # RFC 6749 §5.2

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Token:
    """What opens a gateway, and until when (epoch seconds) it is used without asking for another."""

    text: str
    good_until: float

    def __repr__(self) -> str:
        return "Token()"


@dataclass(slots=True)
class _Renewal:
    """One call for a token, and the threads that wait for its end."""

    is_over: threading.Event = field(default_factory=threading.Event)
    error: RegisterError | None = None


class TokenKeeper:
    """One token for all threads. While one thread fetches, the others wait for its result, each within its own time.

    `fetch` gets the deadline (time.monotonic) and the clock (epoch seconds), and raises CouldNotAsk or NotPermitted.
    """

    def __init__(self, fetch: Callable[[float, Clock], Token]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renewal: _Renewal | None = None

    def get(self, *, deadline: float, now: Clock, refused: str = "") -> str:
        """Return a token that is not known to be over, and not the one that the gateway just refused.

        Raises what fetching raises; TIMEOUT when another thread's fetching takes longer than we have.
        """
        while True:
            with self._lock:
                kept = self._token
                if kept and kept.text != refused and now() < kept.good_until:
                    return kept.text
                renewal = self._renewal
                if renewal is None:
                    mine = self._renewal = _Renewal()
            if renewal is None:
                return self._renew(mine, deadline, now)
            if not renewal.is_over.wait(max(0.0, deadline - time.monotonic())):
                raise CouldNotAsk(Trouble.TIMEOUT, detail="no token in time (NPD_TOTAL_SECONDS)")
            error = renewal.error
            if isinstance(error, NotPermitted):
                raise NotPermitted(error.barred, detail=error.detail)
            if isinstance(error, CouldNotAsk) and error.trouble is not Trouble.TIMEOUT:
                raise CouldNotAsk(error.trouble, detail=error.detail, retry_after=error.retry_after)
            # It landed, or the other thread's time was over and ours is not: look again.

    def _renew(self, renewal: _Renewal, deadline: float, now: Clock) -> str:
        try:
            token = self._fetch(deadline, now)
        except BaseException as error:
            if isinstance(error, RegisterError):
                renewal.error = error
            raise
        else:
            with self._lock:
                self._token = token
            return token.text
        finally:
            with self._lock:
                self._renewal = None
            renewal.is_over.set()


def post_with_token(
    poster: Poster,
    tokens: TokenKeeper,
    operation: str,
    body: bytes,
    own_headers: Headers,
    *,
    now: Clock,
    seconds: float | None = None,
) -> Reply:
    """Post one question with a Bearer token, and once more with a new token when the first is refused (401).

    All steps share the time of one question. Raises CouldNotAsk, NotPermitted; a trouble with the first token means
    that nothing of the question left us.
    """
    deadline = poster.deadline(seconds)
    refused, exchange = "", NO_EXCHANGE
    for is_first in (True, False):
        try:
            token = tokens.get(deadline=deadline, now=now, refused=refused)
        except RegisterError as error:
            # What was exchanged for a token is not the question's exchange.
            error.messages = MessageIds("", exchange=exchange)
            if isinstance(error, CouldNotAsk):
                error.is_unsent = is_first
            raise
        headers = {**own_headers, "Authorization": f"Bearer {token}"}
        try:
            reply, _ = poster.post(operation, body, lambda: headers, now=now, deadline=deadline)  # noqa: B023
        except CouldNotAsk as error:
            error.is_unsent = error.is_unsent and is_first
            error.messages = error.messages or MessageIds("", exchange=exchange)
            raise
        if reply.status != 401:
            break
        refused, exchange = token, reply.exchange
    return reply


def token_answer(reply: Reply, variable: str, now: float) -> Mapping[str, Any]:
    """Return the JSON object of a token reply; `variable` names the address for operators.

    Raises CouldNotAsk, or NotPermitted(CLIENT) when the gateway does not know us.
    """
    status, detail = reply.status, f"HTTP {reply.status} from {variable}"
    if status in (401, 403) or (status == 400 and _oauth_error(reply) in _CLIENT_REFUSED):
        raise NotPermitted(Barred.CLIENT, detail=f"{detail}: no token for us")
    if status in (429, 503):
        raise CouldNotAsk(Trouble.BUSY, detail=detail, retry_after=retry_after(reply, now))
    if status >= 500:
        raise CouldNotAsk(Trouble.SERVER_ERROR, detail=detail)
    if status >= 400:
        raise CouldNotAsk(Trouble.CONFIGURATION, detail=f"{detail}: nothing that gives tokens")
    if status != 200:
        raise CouldNotAsk(Trouble.UNREADABLE, detail=f"{detail}: neither a token nor an error")
    return parse_object(reply.body, reply.headers.get("Content-Type", ""))


def _oauth_error(reply: Reply) -> str:
    try:
        error = parse_object(reply.body).get("error")
    except CouldNotAsk:
        return ""
    return error if isinstance(error, str) else ""


def token_of(
    answer: Mapping[str, Any], name: str, *, seconds: float | None, margin: float, now: float
) -> Token:
    """Return the token that stands under a name of a reply.

    It is used until `margin` seconds before its `seconds` are over, or half of them when they are few; for a while of
    our own choice when the reply says none. Raises CouldNotAsk(UNREADABLE).
    """
    text = answer.get(name)
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise CouldNotAsk(Trouble.UNREADABLE, detail=f"a token reply without a usable {name}")
    if seconds is None or not 0 < seconds < float("inf"):
        seconds = _UNSAID
    kept = seconds - margin if seconds > 2 * margin else seconds / 2
    return Token(text, now + min(kept, _LONGEST))
