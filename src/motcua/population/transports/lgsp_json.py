"""Through a province's adapter that speaks JSON, with or without a token. docs/protocol.md §3.4.

Which JSON is the business of `wire_json.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from motcua.identity.register import Inquiry
from motcua.population.settings import RegisterSettings
from motcua.population.transports.http import Poster, Reply
from motcua.population.transports.token import (
    Clock,
    Token,
    TokenKeeper,
    post_with_token,
    token_answer,
    token_of,
)

_MARGIN = 300.0  # seconds before its end after which a token is not used any more
_HERE = timezone(timedelta(hours=7))


class LgspJson:
    """The way over a JSON adapter; a token is fetched where the settings name an address for it."""

    name = "lgsp_json"

    def __init__(self, settings: RegisterSettings) -> None:
        self._poster = Poster(settings)
        self._auth = settings.lgsp_auth
        self._token_poster = Poster(settings, "token_url") if settings.token_url else None
        self._tokens = TokenKeeper(self._fetch)

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Clock) -> Reply:
        """Post one question. Raises CouldNotAsk; NotPermitted(CLIENT) when the adapter gives us no token."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "motcua",
        }
        if self._token_poster is None:
            deadline = self._poster.deadline(inquiry.seconds)
            reply, _ = self._poster.post(operation, body, lambda: headers, now=now, deadline=deadline)
            return reply
        return post_with_token(
            self._poster, self._tokens, operation, body, headers, now=now, seconds=inquiry.seconds
        )

    def _fetch(self, deadline: float, now: Clock) -> Token:
        assert self._token_poster is not None  # nosec B101 # tells the type checker
        headers = {
            "Auth": self._auth,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "motcua",
        }
        reply, _ = self._token_poster.post("", b"", lambda: headers, now=now, deadline=deadline)
        answer = token_answer(reply, self._token_poster.variable, now())
        seconds = _seconds_until(answer.get("expiryDate"), now())
        return token_of(answer, "token", seconds=seconds, margin=_MARGIN, now=now())


def _seconds_until(said: object, now: float) -> float | None:
    """Return the seconds until a date (ISO 8601, Vietnam's time where no zone is named; or epoch seconds or
    milliseconds); None for anything else.
    """
    if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 15:
        said = int(said)
    if isinstance(said, int | float) and not isinstance(said, bool):
        try:
            return (said / 1000 if said > 100_000_000_000 else said) - now
        except OverflowError:
            return None
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        until = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (until if until.tzinfo else until.replace(tzinfo=_HERE)).timestamp() - now
