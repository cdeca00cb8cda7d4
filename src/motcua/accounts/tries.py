"""How often one may be wrong: tries are counted before a password or a code is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from motcua.accounts.models import FailedLogin

_WINDOW: Final = timedelta(hours=1)


class LoginLimited(Exception):
    """Too many wrong passwords or codes for one name; nothing was looked at."""

    def __init__(self, until: datetime, tries: int) -> None:
        super().__init__("too many wrong passwords or codes for one name")
        self.until = until
        self.tries = tries


def spend_try(name: str, now: datetime) -> None:
    """Write a try before the password or code is looked at, so that twenty at one moment are twenty tries.

    Args:
        name: a keyed digest of what is tried.
        now: the moment.

    Raises:
        LoginLimited: ``LOGIN_TRIES_HOUR`` tries within an hour were wrong.
    """
    tries = settings.LIMITS["LOGIN_TRIES_HOUR"]
    erase_failed_log_ins(now=now)
    this_try = FailedLogin.objects.create(login_digest=name, at=now)
    earlier = FailedLogin.objects.filter(login_digest=name).exclude(pk=this_try.pk).order_by("-at")
    moments = list(earlier.values_list("at", flat=True)[:tries])
    if len(moments) >= tries:
        this_try.delete()
        raise LoginLimited(until=moments[-1] + _WINDOW, tries=tries)


def forget_tries(name: str) -> None:
    """Take back what was tried under a name: it was right in the end."""
    FailedLogin.objects.filter(login_digest=name).delete()


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
