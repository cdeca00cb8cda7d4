"""Through a provincial integration platform (LGSP) that hands out tokens and knows each officer by a key of their own.

docs/protocol.md §3.3.
"""

from __future__ import annotations

import base64
import json

from motcua.identity.register import Barred, Inquiry, NotPermitted
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

_MARGIN = 60.0  # seconds before its end after which a token is not used any more


def access_token(settings: RegisterSettings) -> str:
    """Return the header `lgspaccesstoken`: who the portal is to the platform."""
    who = {
        "AccessKey": settings.lgsp_access_key,
        "SecretKey": settings.lgsp_secret_key,
        "AppName": settings.lgsp_app_name,
        "PartnerCode": settings.lgsp_partner_code,
        "PartnerCodeCus": settings.lgsp_partner_code_cus,
    }
    text = json.dumps(who, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(text.encode()).decode("ascii")


class Lgsp:
    """The way over a platform with client credentials, carrying SOAP."""

    name = "lgsp"

    def __init__(self, settings: RegisterSettings) -> None:
        self._poster = Poster(settings)
        self._token_poster = Poster(settings, "token_url")
        self._access_token = access_token(settings)
        self._tokens = TokenKeeper(self._fetch)

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Clock) -> Reply:
        """Post one question with the officer's own key.

        Raises CouldNotAsk; NotPermitted(OFFICER) before any call for an officer who has no key here,
        NotPermitted(CLIENT) when the platform gives us no token.
        """
        name, _, password = inquiry.officer_key.partition(":")
        if not name or not password:
            raise NotPermitted(
                Barred.OFFICER,
                detail="the officer has no key (name:password) at this platform",
                is_unsent=True,
            )
        headers = {
            "lgspaccesstoken": self._access_token,
            "AuthHash": base64.b64encode(inquiry.officer_key.encode(errors="replace")).decode("ascii"),
            "Content-Type": "application/xml; charset=utf-8",
            "Accept": "application/xml, text/xml",
            "Accept-Encoding": "identity",
            "User-Agent": "motcua",
        }
        return post_with_token(
            self._poster, self._tokens, operation, body, headers, now=now, seconds=inquiry.seconds
        )

    def _fetch(self, deadline: float, now: Clock) -> Token:
        headers = {
            "lgspaccesstoken": self._access_token,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "motcua",
        }
        reply, _ = self._token_poster.post(
            "", b"grant_type=client_credentials", lambda: headers, now=now, deadline=deadline
        )
        answer = token_answer(reply, self._token_poster.variable, now())
        seconds = _seconds(answer.get("expires_in"))
        return token_of(answer, "access_token", seconds=seconds, margin=_MARGIN, now=now())


def _seconds(said: object) -> float | None:
    """Return a life in seconds, said as a number or as digits; None for anything else."""
    if isinstance(said, str) and said.isascii() and said.isdigit():
        return float(said)
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    try:
        return float(said)
    except OverflowError:
        return None
