"""What a move does to a dossier's time limit: it starts, stands still, goes on, or has come to its end."""

from __future__ import annotations

from datetime import date, datetime

from motcua.accounts.hours import hours_of
from motcua.accounts.offices import day_changes
from motcua.dossiers import states
from motcua.dossiers.due_dates import Calendar, DueLabel, closing_time, due_at, due_label, resumed
from motcua.dossiers.models import Dossier
from motcua.dossiers.states import Clock

FIELDS = ("term_began_at", "due_at", "paused_at")


def turn(dossier: Dossier, clock: Clock, *, now: datetime) -> None:
    """Set a dossier's due date as a move demands; the caller saves ``FIELDS``.

    Args:
        dossier: with what was agreed at its reception (``term_limit``, ``term_unit``) and its office.
        clock: what the move does.
        now: the moment of the move.
    """
    match clock:
        case Clock.START:
            dossier.term_began_at, dossier.paused_at = now, None
            dossier.due_at = due_at(
                limit=dossier.term_limit,
                unit=dossier.term_unit,
                started_at=now,
                calendar=calendar_of(dossier.office_id),
                hours=hours_of(dossier.office.hours),
            )
        case Clock.STOP:
            dossier.paused_at = dossier.paused_at or now
        case Clock.RESUME:
            if dossier.due_at is not None and dossier.paused_at is not None:
                dossier.due_at = resumed(
                    due=dossier.due_at,
                    unit=dossier.term_unit,
                    paused_at=dossier.paused_at,
                    resumed_at=now,
                    calendar=calendar_of(dossier.office_id),
                    hours=hours_of(dossier.office.hours),
                )
            dossier.paused_at = None
        case Clock.KEEP:
            pass


def label_of(dossier: Dossier, *, now: datetime) -> DueLabel | None:
    """Say in words how a dossier's due date stands; None where nobody waits for a result of it.

    It asks the database nothing that a page has not asked within half a minute, so that a list may show fifty.
    """
    if not dossier.is_received or dossier.status in states.CLOSED - {states.RETURNED}:
        return None
    is_finished = dossier.status in {states.FINISHED, states.RETURNED}
    return due_label(
        due=dossier.due_at,
        unit=dossier.term_unit,
        now=now,
        calendar=calendar_of(dossier.office_id),
        finished_at=dossier.finished_at if is_finished else None,
        paused_at=dossier.paused_at,
    )


def closes_on(dossier: Dossier, day: date) -> datetime | None:
    """Return when a dossier's office closes on a day, as the hour of a date that is promised; None for a day off."""
    return closing_time(day, calendar_of(dossier.office_id), hours_of(dossier.office.hours))


def calendar_of(office_id: int | None) -> Calendar:
    """Return the calendar of an office: the country's, with the days that were changed for it or for all.

    Of no office: with those that were changed for all.
    """
    changes = day_changes(office_id)
    return Calendar(
        closed=frozenset(day for day, is_working in changes.items() if not is_working),
        worked=frozenset(day for day, is_working in changes.items() if is_working),
    )
