"""An open reception form: every question of the desk belongs to one, and nobody asks with another's.

The form is known by its press key, the one under which its dossier will be received. That it was opened by this officer
here, and when, is sealed into the page; that it is closed is known from the dossier that it became.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.signing import BadSignature, Signer

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier

_OPEN_FOR: Final = timedelta(hours=12)
_SALT: Final = (
    "reception.form"  # no signer here: the key may be missing when modules load, and the start says so
)


def opened(*, officer: User, press_key: str, now: datetime) -> str:
    """Return what a page carries to show that its form was opened here.

    Args:
        officer: whose form it is.
        press_key: of the form.
        now: the moment.
    """
    return Signer(salt=_SALT).sign_object([officer.pk, press_key, now.timestamp()])


def open_form(*, token: str, officer: User, press_key: str, now: datetime) -> UUID | None:
    """Return the key of the open form that a page shows, None when it shows none of this officer's.

    Args:
        token: as ``opened`` gave it.
        officer: who asks.
        press_key: of the form that asks.
        now: the moment.
    """
    try:
        owner, key, at = Signer(salt=_SALT).unsign_object(token[:500])
        form = UUID(key)
    except (BadSignature, ValueError):
        return None
    is_fresh = now.timestamp() - at <= _OPEN_FOR.total_seconds()
    if owner != officer.pk or key != press_key or not is_fresh:
        return None
    return None if Dossier.objects.filter(press_key=form).exists() else form
