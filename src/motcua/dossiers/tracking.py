"""Following a dossier without logging in: its code and a number together, and few wrong pairs."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from motcua.dossiers.models import Dossier, TrackTry
from motcua.identity.numbers import IdNumber
from motcua.sealing import digest
from motcua.verification.service import network_of

_WINDOW: Final = timedelta(hours=1)
_SHOWN: Final = (
    *(
        "code",
        "status",
        "channel",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "paused_at",
        "phone",
    ),
    *("applicant_number_digest", "by_hand_reason", "is_decision_barred", "term_limit", "term_unit"),
    *("procedure__name", "revision__name", "office__name", "holder_office__name", "identity_check__outcome"),
    "owner__number_digest",
)
_NOBODYS: Final = "0" * 64


class TrackLimited(Exception):
    """Too many wrong pairs from one address, or about one code; nothing was looked up."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many wrong pairs of code and number")
        self.until = until


def track(*, code: str, number: IdNumber | None, phone: str, address: str, now: datetime) -> Dossier | None:
    """Find a dossier by its code and a number that stands on it; a try is written before anybody looks.

    The number is the applicant's or the owner's. Where neither has one, it is the telephone number left at reception.

    Args:
        code: as ``codes.parse_code`` reads it.
        number: as typed; None where what was typed is no personal number.
        phone: what was typed as a telephone number, beginning with 0; empty where it is none.
        address: the network address of whoever asks; empty when unknown.
        now: the moment.

    Returns:
        The dossier with what may be shown of it; None alike for a code that does not exist and for a wrong number.

    Raises:
        TrackLimited: nothing was looked up.
    """
    tries = _spend_tries(code, address, now)
    found = (
        Dossier.objects.filed()
        .filter(code=code)
        .select_related("procedure", "revision", "office", "holder_office", "identity_check", "owner")
        .only(*_SHOWN)
        .first()
    )
    if not _is_theirs(found, number, phone) or found is None:
        return None
    TrackTry.objects.filter(pk__in=tries).delete()
    return found


def erase_old_tries(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the wrong tries that count no more.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    old = TrackTry.objects.filter(at__lte=now - _WINDOW)
    return old.count() if dry_run else old.delete()[0]


def _spend_tries(code: str, address: str, now: datetime) -> list[int]:
    """Write one try for the code and one for the address, so that twenty at one moment are twenty.

    Returns:
        Their keys. Raises TrackLimited when either has been wrong too often within the hour.
    """
    limits = {digest("track", f"code:{code}"): settings.LIMITS["TRACK_TRIES_HOUR"]}
    if address:
        limits[digest("track", f"address:{network_of(address)}")] = settings.LIMITS["TRIES_ADDRESS_HOUR"]
    written = [TrackTry.objects.create(what=what, at=now).pk for what in limits]
    for what, most in limits.items():
        earlier = (
            TrackTry.objects.filter(what=what, at__gt=now - _WINDOW).exclude(pk__in=written).order_by("-at")
        )
        moments = list(earlier.values_list("at", flat=True)[:most])
        if len(moments) >= most:
            TrackTry.objects.filter(pk__in=written).delete()
            raise TrackLimited(moments[-1] + _WINDOW)
    return written


def _is_theirs(dossier: Dossier | None, number: IdNumber | None, phone: str) -> bool:
    """Say whether what was typed stands on the dossier; the same is done where there is none."""
    owner = getattr(dossier, "owner", None) if dossier is not None else None
    digests = [
        (dossier.applicant_number_digest if dossier is not None else "") or "",
        owner.number_digest if owner is not None else "",
    ]
    typed = digest("number", number.digits) if number is not None else _NOBODYS
    matches = [hmac.compare_digest(typed, one or _NOBODYS[1:]) for one in digests]
    if any(digests):
        return any(matches)
    kept = dossier.phone if dossier is not None else ""
    return bool(phone and kept) and hmac.compare_digest(phone.encode(), kept.encode())
