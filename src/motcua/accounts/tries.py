"""How often one may be wrong: tries are counted before a password or a code is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from motcua.accounts.models import FailedLogin
from motcua.sealing import digest
from motcua.verification.service import network_of

_WINDOW: Final = timedelta(hours=1)


class LoginLimited(Exception):
    """Too many wrong passwords or codes for one name, or from one address; nothing was looked at."""

    def __init__(self, until: datetime, tries: int, *, scope: str = "name") -> None:
        super().__init__(f"too many wrong passwords or codes ({scope})")
        self.until = until
        self.tries = tries
        self.scope = scope

    @property
    def is_of_address(self) -> bool:
        """Say whether others behind the same address may have used up its tries."""
        return self.scope == "address"


def spend_try(name: str, now: datetime, *, address: str = "") -> None:
    """Write a try before the password or code is looked at, so that twenty at one moment are twenty tries.

    Args:
        name: a keyed digest of what is tried.
        now: the moment.
        address: the network address from which somebody logs in; empty when unknown, or where only a name counts.

    Raises:
        LoginLimited: ``LOGIN_TRIES_HOUR`` tries within an hour were wrong for the name, or ``LOGIN_TRIES_ADDRESS_HOUR``
            from the address.
    """
    erase_failed_log_ins(now=now)
    place = _place_of(address)
    this_try = FailedLogin.objects.create(login_digest=name, address_digest=place, at=now)
    earlier = FailedLogin.objects.exclude(pk=this_try.pk)
    limits = [("name", "LOGIN_TRIES_HOUR", earlier.filter(login_digest=name))]
    if place:
        limits.append(("address", "LOGIN_TRIES_ADDRESS_HOUR", earlier.filter(address_digest=place)))
    for scope, limit, wrong in limits:
        until = _used_up(wrong, settings.LIMITS[limit])
        if until is not None:
            this_try.delete()
            raise LoginLimited(until, settings.LIMITS[limit], scope=scope)


def forget_tries(name: str, *, address: str = "") -> None:
    """Take back what was tried under a name: it was right in the end.

    What was tried under it from elsewhere goes on counting there, for it was not who has the password now.
    """
    tries = FailedLogin.objects.filter(login_digest=name)
    tries.filter(address_digest=_place_of(address)).delete()
    tries.update(login_digest="")


def erase_failed_log_ins(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the wrong tries that count no more.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    old = FailedLogin.objects.filter(at__lte=now - _WINDOW)
    return old.count() if dry_run else old.delete()[0]


def _used_up(wrong: QuerySet[FailedLogin], tries: int) -> datetime | None:
    """Return when the next try is free where so many were wrong; None while there are fewer."""
    moments = list(wrong.order_by("-at").values_list("at", flat=True)[:tries])
    return moments[-1] + _WINDOW if len(moments) >= tries else None


def _place_of(address: str) -> str:
    return digest("login_address", network_of(address)) if address else ""
