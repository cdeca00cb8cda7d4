"""Straight to the service of the Ministry of Public Security (C06): Basic authentication over a hash with a
timestamp.

docs/protocol.md §3.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from motcua.identity.register import Inquiry
from motcua.population.settings import RegisterSettings
from motcua.population.transports.http import Headers, Poster, Reply


def signed_headers(settings: RegisterSettings, operation: str, moment: float) -> dict[str, str]:
    """Return the headers that say who we are, fresh for one attempt at `moment` (epoch seconds)."""
    scale = 1000 if settings.timestamp_unit == "ms" else 1
    timestamp = str(int(moment * scale))
    hash_uri = settings.hash_uri.replace("{operation}", operation)
    signed = f"{hash_uri}{settings.username}{timestamp}{settings.secret}"
    digest = hashlib.sha256(signed.encode()).hexdigest()
    credentials = base64.b64encode(f"{settings.username}:{digest}".encode()).decode("ascii")
    return {
        "Authorization": f"Basic {credentials}",
        "Timestamp": timestamp,
        "Content-Type": "application/xml; charset=utf-8",
        "Accept": "application/xml, text/xml",
        "Accept-Encoding": "identity",
        "SOAPAction": '""',
        "User-Agent": "motcua",
    }


class C06:
    """The direct way in."""

    name = "c06"

    def __init__(self, settings: RegisterSettings) -> None:
        self._settings = settings
        self._poster = Poster(settings)

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        """Post one question. Raises CouldNotAsk."""

        def headers() -> Headers:
            return signed_headers(self._settings, operation, now())

        reply, _ = self._poster.post(operation, body, headers)
        return reply
