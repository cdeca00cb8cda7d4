"""Through an X-Road security server's REST interface, with the same SOAP body and the same hash.
docs/protocol.md §3.

Its request hash proves request and reply to the two security servers, over headers as *they* sent them; a
client cannot compute it, so it is kept for the proof and what can be compared (id, client) is compared.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace

from motcua.identity.register import CouldNotAsk, Inquiry, MessageIds, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.transports.c06 import SignedPoster
from motcua.population.transports.http import Headers, Reply
from motcua.population.transports.timed import leaving

_KEPT = ("X-Road-Request-Id", "X-Road-Request-Hash")
_ID = re.compile(r"[A-Za-z0-9+/=_.:-]{1,128}")


class XRoad:
    """The way over X-Road."""

    name = "xroad"

    def __init__(self, settings: RegisterSettings) -> None:
        self._settings = settings
        self._poster = SignedPoster(settings)

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        """Post one question. Raises CouldNotAsk; OTHER_PERSON when the reply belongs to somebody else's
        question.
        """

        last_id = ""

        def headers() -> Headers:
            nonlocal last_id
            last_id = str(uuid.uuid4())
            own = {"X-Road-Client": self._settings.xroad_client, "X-Road-Id": last_id}
            if self._settings.api_key:
                own["ApiKey"] = self._settings.api_key
            return own

        try:
            reply, sent = self._poster.post(operation, body, headers, now=now, seconds=inquiry.seconds)
        except CouldNotAsk as error:
            if leaving.has_begun:  # by this id both security servers find what came of it
                told = error.messages or MessageIds("")
                error.messages = replace(told, register_ids=(("X-Road-Id", last_id),))
            raise
        kept = tuple(
            (name, reply.headers[name]) for name in _KEPT if _ID.fullmatch(reply.headers.get(name, ""))
        )
        ids = (("X-Road-Id", sent["X-Road-Id"]), *kept)
        for name in ("X-Road-Id", "X-Road-Client"):
            if reply.headers.get(name, sent[name]).strip() != sent[name]:
                detail = f"the reply carries another {name} than the question"
                messages = MessageIds("", ids, reply.exchange)
                raise CouldNotAsk(Trouble.OTHER_PERSON, detail=detail, messages=messages)
        return replace(reply, ids=ids)
