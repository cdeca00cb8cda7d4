"""The one door through which a dossier's status changes: checked, timed, written down, told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers import national_portal, states, time_limits
from motcua.dossiers.access import is_own, may_do
from motcua.dossiers.models import Dossier, Fee, Recheck, Step
from motcua.dossiers.notifications import tell_citizen
from motcua.dossiers.states import Move
from motcua.web.languages import in_vietnamese
from motcua.web.templatetags.motcua import moment

_SAVED: Final = (
    "status",
    "saved_at",
    "received_at",
    "received_by",
    "finished_at",
    "closed_at",
    *time_limits.FIELDS,
)


class NotYours(PermissionError):
    """Neither the citizen's own dossier, nor one for which the official's role and office give the right."""


@in_vietnamese()
def take_step(
    *,
    dossier: Dossier,
    move: Move,
    by: User,
    now: datetime,
    reason: str = "",
    event: str = "dossier.moved",
    details: dict[str, str] | None = None,
    beside: Iterable[models.Model] = (),
) -> Step:
    """Move a dossier: status, clock, step, audit event, messages to the citizen and the portal, all or nothing.

    Call it in a transaction, with the dossier's row locked (``Dossier.objects.locked``) or the dossier not saved yet.

    Args:
        dossier: with its office, procedure and citizen; saved here.
        move: of ``states.MOVES``.
        by: the citizen whose dossier it is, or an official with the move's right.
        now: the moment.
        reason: why, for the citizen to read.
        event: the audit event; what it may carry stands in ``audit.events``.
        details: of the event; left out, the move and the two statuses.
        beside: new rows that belong to the move, saved here: they are written before anybody is told.

    Raises:
        NotYours: not at this hand.
        states.DecisionBarred: the applicant's identity is still open.
        states.MoveRefused: the move does not lead on from where the dossier is, or its reason is missing.
        TransactionManagementError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("take_step must run inside a transaction")
    origin = None if dossier._state.adding else dossier.status
    target = states.target_of(
        move,
        origin=origin,
        is_received=dossier.is_received,
        is_barred=dossier.is_decision_barred,
        reason=reason,
    )
    if not may_take(dossier=dossier, move=move, by=by):
        raise NotYours(move.name)
    dossier.status, dossier.saved_at = target, now
    is_received_now = target == states.RECEIVED and dossier.received_at is None
    if is_received_now:
        dossier.received_at, dossier.received_by = now, by
    if target == states.FINISHED:
        dossier.finished_at = now
    elif origin == states.FINISHED and target == states.PROCESSING:
        dossier.finished_at = None
    if target in states.CLOSED:
        dossier.closed_at = now
    time_limits.turn(dossier, move.clock, now=now)
    if origin == states.SUPPLEMENT:
        dossier.supplements.filter(closed_at=None).update(closed_at=now)
    if target in states.CLOSED and origin is not None:
        _end_what_is_open(dossier, by=by, now=now)
    if origin is None:
        dossier.save(force_insert=True)
    else:
        dossier.save(update_fields=_SAVED)
    if is_received_now and dossier.fee_due:
        # Due from now on; it does not stop the work, only the handing out (``fees``).
        Fee.objects.create(
            dossier=dossier, kind=Fee.Kind.FILING, amount=dossier.fee_due, asked_at=now, asked_by=by
        )
    step = Step.objects.create(
        dossier=dossier,
        move=move.name,
        origin=origin,
        target=target,
        at=now,
        actor=by,
        office_id=by.office_id,
        reason=reason.strip(),
        due_at=dossier.due_at,
    )
    for row in beside:
        row.save(force_insert=True)
    record(
        name=event,
        now=now,
        actor=by,
        office_code=dossier.office.code,
        subject=str(dossier.code or dossier.pk),
        details={"move": move.name, "origin": str(origin), "target": str(target)}
        if details is None
        else details,
    )
    if move.message is not None:
        tell_citizen(dossier, told(dossier, move), kind=move.kind, now=now)
    national_portal.tell(dossier, act=str(move.label), by=by, now=now, step=step)
    return step


def go(*, dossier: Dossier, move: str, by: User, now: datetime, reason: str = "") -> Dossier:
    """Move a dossier in a transaction of its own; for moves that write nothing beside.

    Args:
        dossier: which; its row is read anew.
        move: the name of a move of ``states.MOVES``.
        by: the citizen whose dossier it is, or an official with the move's right.
        now: the moment.
        reason: why, for the citizen to read.

    Returns:
        The dossier as it is now.

    Raises:
        NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=states.MOVES[move], by=by, now=now, reason=reason)
    return fresh


def may_take(*, dossier: Dossier, move: Move, by: User) -> bool:
    """Say whether somebody has the right to a move, wherever the dossier is."""
    if move.is_citizens and is_own(by, dossier):
        return True
    return move.right is not None and may_do(by, move.right, dossier)


def is_open(*, dossier: Dossier, move: Move) -> bool:
    """Say whether a move leads on from where a dossier is, whoever may take it."""
    is_barred = dossier.is_decision_barred and move.is_decision
    leads_on = states.leads_on(move, origin=dossier.status, is_received=dossier.is_received)
    return leads_on and not is_barred


def _end_what_is_open(dossier: Dossier, *, by: User, now: datetime) -> None:
    """Let nothing wait for a dossier that is closed: no other office, no fee, no question to the register."""
    dossier.hand_overs.filter(accepted_at=None, declined_at=None).update(declined_at=now, declined_by=by)
    dossier.fees.filter(Fee.OPEN).update(cancelled_at=now)
    Recheck.objects.filter(dossier=dossier, state=Recheck.State.WAITING).delete()


@in_vietnamese()
def told(dossier: Dossier, move: Move) -> str:
    """Return what the citizen is told of a move."""
    due = moment(dossier.due_at) if dossier.due_at else _("theo thời hạn của thủ tục")
    words = {
        "code": dossier.code,
        "procedure": dossier.procedure_name,
        "office": dossier.office.name,
        "due": due,
    }
    return str(move.message) % words
