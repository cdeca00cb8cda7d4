"""Writing an event: one row, with a mac that nobody without our key can make."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser

from motcua.audit import chain
from motcua.audit.events import EVENTS
from motcua.audit.models import AuditEvent
from motcua.sealing import digest

_NONCE: Final = (
    16  # hexadecimal digits before the digest: two events alike in everything still differ in their mac
)


def record(
    *,
    name: str,
    now: datetime,
    actor: AbstractBaseUser | None = None,
    office_code: str = "",
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event, inside the transaction of what it tells about.

    Args:
        name: one of ``events.EVENTS``.
        now: the moment.
        actor: the user who did it, if one was logged in.
        office_code: the office in whose name it was done.
        subject: what it was done to: a dossier's code or id, or a keyed digest; never a name or a number in clear.
        details: short facts that are not personal: texts, whole numbers, yes or no, and lists of these.

    Raises:
        KeyError: the event is not in the list, or does not have such a detail.
        TypeError: a detail is a fraction, which databases write in more than one way.
    """
    details = details or {}
    event = EVENTS[name]
    if unknown := details.keys() - event.fields.keys():
        raise KeyError(f"the event {name} has no detail {', '.join(sorted(unknown))}")
    if any(isinstance(fact, float) for value in details.values() for fact in _facts(value)):
        raise TypeError(f"a detail of {name} is a fraction; write it as text or as a whole number")
    pk = actor.pk if actor else None
    text = chain.content(now, name, pk, office_code, subject, details)
    return AuditEvent.objects.create(
        at=now,
        name=name,
        actor_id=pk,
        office_code=office_code,
        subject=subject,
        details=details,
        mac=mac(text),
    )


def mac(content: str) -> str:
    """Return a new mac of a content: 16 digits by chance, then the keyed digest of both."""
    nonce = os.urandom(_NONCE // 2).hex()
    return nonce + digest("audit", nonce + content)


def is_ours(written: str, content: str) -> bool:
    """Say whether a mac was made here, for exactly this content."""
    nonce = str(written)[:_NONCE]
    return str(written) == nonce + digest("audit", nonce + content)


def _facts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [fact for one in value.values() for fact in _facts(one)]
    if isinstance(value, list | tuple):
        return [fact for one in value for fact in _facts(one)]
    return [value]
