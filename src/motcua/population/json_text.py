"""JSON out of bytes that nobody has vouched for: size, encoding, one meaning for each name. Pure."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from motcua.population.soap import refuse_unfit, unreadable

_MOST_MEMBERS = 20_000  # an honest reply about one person has some two hundred


def parse_object(reply: bytes, content_type: str = "") -> dict[str, Any]:
    """Parse an untrusted reply that must be one JSON object: UTF-8 only, no name twice in an object, size bounded.

    Raises CouldNotAsk: UNREADABLE, ENCODING, OVERSIZED.
    """
    refuse_unfit(reply, content_type)
    if reply.count(b":") > _MOST_MEMBERS or reply.count(b",") > _MOST_MEMBERS:
        raise unreadable("more members than any honest reply has")
    try:
        parsed = json.loads(
            reply.decode("utf-8-sig"), object_pairs_hook=_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):  # also numbers of too many digits
        raise unreadable("not well-formed JSON") from None  # the parser's message may quote the reply
    if not isinstance(parsed, dict):
        raise unreadable("not one JSON object")
    return parsed


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise unreadable("one name twice in the same object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
