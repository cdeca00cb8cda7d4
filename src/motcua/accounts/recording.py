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


def office_code(user: User) -> str:
    """Return the code of the office that a user works at, empty for others."""
    return user.office.code if user.office else ""
