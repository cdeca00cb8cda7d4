"""What happens to an account, entered in the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from motcua.accounts.models import User
from motcua.audit.service import record


def record_account(
    *,
    name: str,
    user: User,
    now: datetime,
    actor: User | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Enter in the log what happened to somebody's account; call it inside the transaction that does it.

    Args:
        name: of the event, from the table ``audit.events``.
        user: whose account.
        now: the moment.
        actor: who did it; None for the product itself and for the operator at the command line.
        details: what the event's kind allows.
    """
    record(
        name=name,
        now=now,
        actor=actor,
        office_code=office_code(user),
        subject=f"user:{user.pk}",
        details=details,
    )


def record_administered(*, user: User, by: User | None, changed: list[str] | None, now: datetime) -> None:
    """Enter in the log that an official's account was made or changed, and what it may do from then on.

    Args:
        user: as saved.
        by: the administrator; None for the operator at the command line.
        changed: the names of what was changed; None when it was made.
        now: the moment.
    """
    details = {
        "act": "made" if changed is None else "changed",
        "changed": changed or [],
        "roles": user.roles,
        "may_query": user.may_query,
        "is_active": user.is_active,
    }
    record_account(name="account.administered", user=user, now=now, actor=by, details=details)


def office_code(user: User) -> str:
    """Return the code of the office that a user works at, empty for others."""
    return user.office.code if user.office else ""
