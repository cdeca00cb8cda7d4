"""Straight to the service of the Ministry of Public Security (C06): Basic authentication over a hash with a
timestamp.

docs/protocol.md §3.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from motcua.identity.register import NO_EXCHANGE, CouldNotAsk, Inquiry, MessageIds
from motcua.population.settings import RegisterSettings
from motcua.population.transports.http import Headers, Poster, Reply


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and the secret of its hash."""

    username: str
    secret: str

    def __repr__(self) -> str:
        return "Credentials()"


def signed_headers(
    settings: RegisterSettings, credentials: Credentials, operation: str, moment: float
) -> dict[str, str]:
    """Return the headers that say who we are, fresh for one attempt at `moment` (epoch seconds)."""
    scale = 1000 if settings.timestamp_unit == "ms" else 1
    timestamp = str(int(moment * scale))
    hash_uri = settings.hash_uri.replace("{operation}", operation)
    signed = f"{hash_uri}{credentials.username}{timestamp}{credentials.secret}"
    digest = hashlib.sha256(signed.encode()).hexdigest()
    basic = base64.b64encode(f"{credentials.username}:{digest}".encode()).decode("ascii")
    return {
        "Authorization": f"Basic {basic}",
        "Timestamp": timestamp,
        "Content-Type": "application/xml; charset=utf-8",
        "Accept": "application/xml, text/xml",
        "Accept-Encoding": "identity",
        "SOAPAction": '""',
        "User-Agent": "motcua",
    }


class SignedPoster:
    """Posts with a hash. During a change-over there are two pairs of credentials: when the register does not know the
    one (401, so it did not listen), the other is tried at once; the one that worked last goes first.
    """

    def __init__(self, settings: RegisterSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings)
        self._pairs = [Credentials(settings.username, settings.secret)]
        if settings.secret_next:
            self._pairs.append(Credentials(settings.username_next or settings.username, settings.secret_next))

    def post(
        self,
        operation: str,
        body: bytes,
        own_headers: Callable[[], Headers],
        *,
        now: Callable[[], float],
        seconds: float | None = None,
    ) -> tuple[Reply, Headers]:
        """Post one question and return the reply with the headers that were sent. Raises CouldNotAsk."""
        deadline = self._poster.deadline(seconds)
        pairs, exchange = list(self._pairs), NO_EXCHANGE
        for is_first, credentials in zip((True, False), pairs, strict=False):

            def headers(credentials: Credentials = credentials) -> Headers:
                return {**signed_headers(self._settings, credentials, operation, now()), **own_headers()}

            try:
                reply, sent = self._poster.post(operation, body, headers, now=now, deadline=deadline)
            except CouldNotAsk as error:
                error.is_unsent = error.is_unsent and is_first
                error.messages = error.messages or MessageIds("", exchange=exchange)
                raise
            if reply.status == 200 and not is_first:
                self._pairs = [credentials, *(other for other in pairs if other is not credentials)]
            if reply.status != 401:
                break
            exchange = reply.exchange
        return reply, sent


class C06:
    """The direct way in."""

    name = "c06"

    def __init__(self, settings: RegisterSettings) -> None:
        self._poster = SignedPoster(settings)

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        """Post one question. Raises CouldNotAsk."""
        reply, _ = self._poster.post(operation, body, dict, now=now, seconds=inquiry.seconds)
        return reply
