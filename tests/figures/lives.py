"""Dossiers with lives that are told in one line, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from motcua.accounts.hours import hours_of
from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.due_dates import NATIONAL, due_at
from motcua.dossiers.models import Dossier, Extension
from motcua.figures.counting import Slice
from motcua.web.days import Period
from tests.reception.queues import standing

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
_places = iter(range(1000, 1_000_000))


def at(text: str) -> datetime:
    """Return a moment of 2026 in Vietnam, written 12/02 09:00; in UTC, as the product's clock gives it."""
    return datetime.strptime(f"{text} 2026", "%d/%m %H:%M %Y").replace(tzinfo=HERE).astimezone(UTC)


def due(received: datetime, days: int) -> datetime | None:
    """Return when a term of working days ends at an office with usual hours."""
    return due_at(
        limit=days, unit="ngày làm việc", started_at=received, calendar=NATIONAL, hours=hours_of({})
    )


def lived(
    received: datetime | None,
    *,
    days: int | None = 3,
    finished: datetime | None = None,
    withdrawn: datetime | None = None,
    stopped: datetime | None = None,
    paused: datetime | None = None,
    put_off: tuple[datetime, datetime] | None = None,
    **other: Any,
) -> Dossier:
    """Write down a dossier as its life has left it.

    Args:
        received: when; None for one that never was.
        days: its term in working days; None for none.
        finished: when it had its result.
        withdrawn: when the citizen took it back.
        stopped: when the office stopped.
        paused: since when it waits for papers.
        put_off: when an apology was made, and the new date.
        other: further fields, ``office`` and ``holder_office`` by their codes.
    """
    status = states.PROCESSING
    fields: dict[str, Any] = {"received_at": received, "term_unit": "ngày làm việc"}
    fields["due_at"] = due(received, days) if received and days is not None else None
    if paused:
        status, fields["paused_at"] = states.SUPPLEMENT, paused
    if finished:
        status = states.FINISHED
        fields |= {"finished_at": finished, "paused_at": paused or finished}
    if closed := withdrawn or stopped:
        status = states.WITHDRAWN if withdrawn else states.STOPPED
        fields |= {"closed_at": closed, "saved_at": closed, "paused_at": paused or closed}
    if received is None:
        fields["received_by"] = None
    old = fields["due_at"]
    if put_off:
        fields["due_at"] = put_off[1]
    office = other.pop("office", None)
    dossier = standing(status, next(_places), **({"office": office} if office else {}), **(fields | other))
    if put_off:
        leader = User.objects.get(login="bao")
        Extension.objects.create(
            dossier=dossier, old_due_at=old, new_due_at=put_off[1], reason="Bận", made_at=put_off[0], made_by=leader
        )  # fmt: skip
    return dossier


def slice_of(first: datetime, last: datetime, **narrowing: Any) -> Slice:
    """Return all dossiers of a period, narrowed as said."""
    return Slice(
        Period(timezone.localdate(first), timezone.localdate(last)), **({"offices": None} | narrowing)
    )
