"""Until when the certificates of the lines hold, and who is told in time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils import timezone

from motcua.identity.register import CouldNotAsk
from motcua.population.certificates import Expiry, expiries, of_the_other_side
from motcua.population.settings import SettingRefused
from motcua.verification.models import LineChoice, Route
from motcua.verification.registers import register_settings, routes

WARNED_AT: Final = (30, 14, 7, 1)  # days left
_URGENT: Final = 7  # days left, from which on the log says error
_log = logging.getLogger("motcua.verification")
_looked_on: date | None = None  # of this process


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a line: ours, an authority's, or the one that the other side shows (``is_theirs``)."""

    route: Route
    expiry: Expiry
    days: int  # whole days left; negative once it is over
    is_theirs: bool = False

    @property
    def is_over(self) -> bool:
        """Say whether it holds no longer."""
        return self.days < 0

    @property
    def on(self) -> date:
        """Return the day of its end, local."""
        return timezone.localdate(self.expiry.expires_at)


def ours(route: Route, now: datetime) -> list[Certificate]:
    """List the certificates in a line's files; asks nobody.

    Raises:
        CouldNotAsk: a file holds no certificate; the variable is named.
        SettingRefused: the line's settings cannot work.
    """
    return [_certificate(route, expiry, now) for expiry in expiries(register_settings(route))]


def theirs(route: Route, now: datetime) -> Certificate | None:
    """Fetch the certificate that the other side shows, in two seconds at most; None where it shows none."""
    expiry = of_the_other_side(register_settings(route), seconds=2.0)
    return _certificate(route, expiry, now, is_theirs=True) if expiry else None


def to_renew(held: list[Certificate], now: datetime) -> list[Certificate]:
    """Choose of one line's certificates what must be renewed within thirty days, or is over.

    A certificate of ours counts no more once the next one is there and begins in time.
    """
    own = [one for one in held if "CLIENT_CERT" in one.expiry.variable]

    def is_taken_over(one: Certificate) -> bool:
        end = one.expiry.expires_at
        return any(
            other.expiry.expires_at > end and other.expiry.not_before <= max(end, now) for other in own
        )

    return [one for one in held if one.days <= WARNED_AT[0] and not (one in own and is_taken_over(one))]


def running_out(route: Route, now: datetime) -> list[Certificate]:
    """List what must be renewed of a line's files. Raises CouldNotAsk and SettingRefused like ``ours``."""
    return to_renew(ours(route, now), now)


def warn_daily(now: datetime) -> None:
    """Log what runs out, once a day over all processes, at the first question or look of the day."""
    global _looked_on
    today = timezone.localdate(now)
    if _looked_on == today:
        return
    _looked_on = today
    due: list[Certificate] = []
    for route in routes():
        try:
            due += running_out(route, now)
        except (CouldNotAsk, SettingRefused) as refusal:
            _log.error("npd.certificate_unreadable route=%s detail=%s", route.value, refusal)
    if due and _is_first(today):
        for certificate in due:
            _log.log(
                logging.ERROR if certificate.days <= _URGENT else logging.WARNING,
                "npd.certificate_expires days=%d variable=%s",
                certificate.days,
                certificate.expiry.variable,
            )


def _is_first(today: date) -> bool:
    """Say whether no other process has looked today."""
    LineChoice.objects.get_or_create(pk=1)
    # A later day is one of a clock that was ahead and has been put back since.
    unseen = LineChoice.objects.filter(pk=1).exclude(certificates_seen_on=today)
    return bool(unseen.update(certificates_seen_on=today))


def _certificate(route: Route, expiry: Expiry, now: datetime, *, is_theirs: bool = False) -> Certificate:
    return Certificate(route, expiry, (expiry.expires_at - now).days, is_theirs)
