"""What has become of a dossier, in plain words, from the steps that were written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Step
from motcua.web.templatetags.motcua import moment


def last_step_with(dossier: Dossier, slip: str) -> Step | None:
    """Return the last step with which a statutory slip goes, with who took it; None when there was none.

    Args:
        dossier: which.
        slip: the slip's number, such as "01".
    """
    return dossier.steps.select_related("actor").filter(move__in=states.moves_with(slip)).last()


@dataclass(frozen=True, slots=True)
class Reception:
    """The last time that a dossier was received: when, with which due date, by whom."""

    at: datetime
    due_at: datetime | None
    by: User


def reception_of(dossier: Dossier) -> Reception | None:
    """Return what the last receipt (mẫu 01) says; later extensions do not change it. None before the reception."""
    step = last_step_with(dossier, "01")
    if step is not None:
        return Reception(step.at, step.due_at, step.actor)
    if dossier.received_at is None or dossier.received_by is None:
        return None
    return Reception(dossier.received_at, dossier.due_at, dossier.received_by)


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
    steps = dossier.steps.exclude(move="draft").select_related("actor__office")
    citizen = dossier.citizen.user_id if for_owner and dossier.citizen is not None else None
    found = []
    for step in steps if for_owner else steps.defer("reason"):
        office = step.actor.office
        if not for_owner:
            who = ""
        elif step.actor_id == citizen:
            who = _("Ông/bà")
        else:
            who = office.name if office is not None else dossier.office.name
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
