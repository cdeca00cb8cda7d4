"""How many wrong tries are left, counted from the checks themselves; nothing is counted twice or elsewhere.

A try is wrong when it was *rejected*. A question still under way counts as wrong until it is answered, so that twenty
tries at one time are no way round a limit of five. An unanswered question never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings
from django.db.models import Q

from motcua.identity.register import TouchPoint
from motcua.verification.models import IdentityCheck

_PORTAL: Final = (TouchPoint.REGISTRATION, TouchPoint.FILING)


class Limited(Exception):
    """Too many wrong tries: nothing was asked."""

    def __init__(self, *, scope: str, tries: int, until: datetime) -> None:
        super().__init__(f"too many wrong tries ({scope})")
        self.scope = scope
        self.tries = tries
        self.until = until


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries in a window, over the checks that ``where`` selects."""

    scope: str  # "number", "account", "address" or "officer"
    tries: int
    window: timedelta
    where: Q


def limits_of(
    *, touch_point: TouchPoint, number_digest: str, user_id: int | None, address_digest: str
) -> list[Limit]:
    """List the limits that hold for a question.

    Args:
        touch_point: where it arises; operators' questions have no limits, a desk's only the officer's own.
        number_digest: keyed digest of the number asked about.
        user_id: who is logged in, if anybody.
        address_digest: keyed digest of the network address, empty when unknown.
    """
    allowed, hour = settings.LIMITS, timedelta(hours=1)
    if touch_point is TouchPoint.RECEPTION:
        desk = Q(asked_by_id=user_id, touch_point=TouchPoint.RECEPTION)
        return [Limit("officer", allowed["TRIES_OFFICER_10_MINUTES"], timedelta(minutes=10), desk)]
    if touch_point is TouchPoint.OPERATION:
        return []
    portal = Q(touch_point__in=_PORTAL)
    limits = [
        Limit("number", allowed["TRIES_NUMBER_HOUR"], hour, portal & Q(number_digest=number_digest)),
        Limit(
            "number", allowed["TRIES_NUMBER_DAY"], timedelta(days=1), portal & Q(number_digest=number_digest)
        ),
    ]
    if user_id is not None:
        limits.append(Limit("account", allowed["TRIES_ACCOUNT_HOUR"], hour, portal & Q(asked_by_id=user_id)))
    if address_digest:
        limits.append(
            Limit("address", allowed["TRIES_ADDRESS_HOUR"], hour, portal & Q(address_digest=address_digest))
        )
    return limits


def network_of(address: str) -> str:
    """Return what counts as one network address: an IPv4 address, or the /64 that one IPv6 line is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((address, 64), strict=False)) if parsed.version == 6 else str(parsed)


def wrong(*, now: datetime, longest_question: timedelta) -> Q:
    """Select the tries that count: rejected ones, and those that may still turn out so."""
    under_way = Q(outcome=IdentityCheck.Outcome.PENDING, asked_at__gt=now - longest_question)
    return Q(outcome=IdentityCheck.Outcome.REJECTED) | under_way


def next_try_at(*, limit: Limit, now: datetime, longest_question: timedelta) -> datetime:
    """Return when the limit lets the next try pass: when its oldest counting try leaves the window."""
    tries = IdentityCheck.objects.filter(
        limit.where, wrong(now=now, longest_question=longest_question), asked_at__gt=now - limit.window
    )
    asked_at = tries.order_by("-asked_at").values_list("asked_at", flat=True)[limit.tries - 1 : limit.tries]
    return max((at + limit.window for at in asked_at), default=now)
