"""What has become of a dossier, in plain words, from the steps that were written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext as _

from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Step
from motcua.web.statements import Kept
from motcua.web.templatetags.motcua import moment

_STEPS: Final = Kept(
    lambda pk: Step.objects.filter(dossier=pk).annotate(
        actor_name=F("actor__full_name"), actor_office=F("office__name")
    )
)


def steps_of(dossier: Dossier) -> list[Any]:
    """Return the steps of a dossier, the first one first.

    Returns:
        Each a ``Step`` with ``actor_name`` and ``actor_office``: the names, sealed and plain, of who took it and of
        the office where they worked then.
    """
    return _STEPS.of(dossier.pk)


def last_step_with(dossier: Dossier, slip: str) -> Any:
    """Return the last step with which a statutory slip goes, as in ``steps_of``; None when there was none.

    Args:
        dossier: which.
        slip: the slip's number, such as "01".
    """
    moves = states.moves_with(slip)
    return next((step for step in reversed(steps_of(dossier)) if step.move in moves), None)


@dataclass(frozen=True, slots=True)
class Reception:
    """The last time that a dossier was received: when, with which due date, and by whom, as a sealed name."""

    at: datetime
    due_at: datetime | None
    by_name: Any


def reception_of(dossier: Dossier) -> Reception | None:
    """Return what the last receipt (mẫu 01) says; later extensions do not change it. None before the reception."""
    step = last_step_with(dossier, "01")
    if step is not None:
        return Reception(step.at, step.due_at, step.actor_name)
    if dossier.received_at is None or dossier.received_by is None:
        return None
    return Reception(dossier.received_at, dossier.due_at, dossier.received_by.full_name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what happened, when, at whose hand (an office's name, never an officer's), and why."""

    text: str
    at: datetime
    who: str
    reason: str
    due_at: datetime | None


def entries_of(dossier: Dossier, *, for_owner: bool) -> list[Entry]:
    """Tell what has happened to a dossier, the first thing first; one query, where the extension was fetched.

    Args:
        dossier: with its citizen and office.
        for_owner: whether the citizen whose dossier it is will read it; nobody else is told who and why.
    """
    citizen = dossier.citizen.user_id if for_owner and dossier.citizen is not None else None
    found = []
    for step in steps_of(dossier):
        if step.move == "draft":
            continue
        if not for_owner:
            who = ""
        elif step.actor_id == citizen:
            who = _("Ông/bà")
        else:
            who = step.actor_office or dossier.office.name
        move = states.MOVES.get(step.move)
        text = str(move.entry) if move is not None and move.entry else step.get_move_display()
        found.append(Entry(text, step.at, who, step.reason if for_owner else "", step.due_at))
    extension = getattr(dossier, "extension", None)
    if extension is not None:
        who, why = (dossier.office.name, extension.reason) if for_owner else ("", "")
        text = _("Cơ quan xin lỗi và hẹn lại: trả kết quả lúc %(new)s thay vì %(old)s") % {
            "new": moment(extension.new_due_at),
            "old": moment(extension.old_due_at),
        }
        found.append(Entry(text, extension.made_at, who, why, extension.new_due_at))
        found.sort(key=lambda entry: entry.at)
    return found
