"""Later questions to the register about dossiers that were received before it could be asked.

A ticket (``Recheck``) is claimed, asked about and settled in three steps, and a process may die after any of them:

1. *Claim*, in one short transaction: the ticket gets the id of the check to come, and nobody touches it for longer than
   any question lasts.
2. *Ask*, outside any transaction. The check's id is the key of the intent, so of two who ask under it one is refused.
3. *Settle*, in one short transaction, and only if the ticket still carries that id.

Whoever claims a ticket after a claim that died looks for its check first. None: nobody was asked, and the same id is
used again. With an outcome: it is applied, nobody is asked. Without one: its fate is unknown, and only then is the
register asked a second time, by a check that says which one it repeats.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from motcua.accounts.models import User
from motcua.accounts.service import asker_of, marks_of
from motcua.audit.service import record
from motcua.dossiers import recheck_pace, states
from motcua.dossiers.intake import NotThisOffice, account_of_verified
from motcua.dossiers.models import Dossier, Recheck
from motcua.dossiers.notifications import tell_of_recheck
from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import clean
from motcua.identity.numbers import IdNumber
from motcua.identity.register import Barred, Trouble
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    AlreadyAsked,
    Asker,
    Purpose,
    line_status,
    longest_question,
    officer_limit,
    recheck_identity,
)
from motcua.web.statements import Kept, planned_once

_log = logging.getLogger("motcua.work")
MOST_UNUSABLE: Final = 3
_UNUSABLE: Final = frozenset(trouble for trouble in Trouble if trouble.is_unusable)
# Such answers say something of one person, not of the line.
_OF_ONE_PERSON: Final = frozenset(
    {Trouble.OTHER_PERSON, Trouble.TWO_CITIZENS, Trouble.ENCODING, Trouble.BAD_RECORD}
)
_MARGIN: Final = timedelta(seconds=15)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_ONE_PRESS: Final = timedelta(minutes=1)
_RECHECKABLE: Final = frozenset(
    {
        Dossier.ByHand.UNANSWERED,
        Dossier.ByHand.REJECTED,
        Dossier.ByHand.NOT_ALLOWED,
        Dossier.ByHand.UNUSABLE,
    }
)
_TICKETS: Final = Kept[Recheck](
    lambda key: Recheck.objects.select_related(
        "officer__office", "dossier__office", "dossier__procedure"
    ).filter(pk=key)
)


class NotRecheckable(ValueError):
    """The register cannot be asked about this dossier again: it is verified, not received, or has no number."""


def may_be_rechecked(dossier: Dossier) -> bool:
    """Say whether an officer may have the register asked about a dossier once more."""
    is_worth_asking = dossier.is_received and dossier.status not in states.CLOSED
    return is_worth_asking and dossier.by_hand_reason in _RECHECKABLE and dossier.is_number_known


def run_next_recheck(*, now: datetime) -> bool:
    """Take the oldest ticket that is due, ask the register about it and settle it.

    Nobody is asked while the line is down, or before all processes together are allowed the next question.

    Args:
        now: the moment.

    Returns:
        Whether a ticket was taken; False when none is due yet.
    """
    if not _due(now).exists():
        return False
    turn = recheck_pace.next_turn(now=now)
    if turn is None:
        return False
    if not line_status(now=now).is_open:
        recheck_pace.begin_gently(now=now)
        return False
    with transaction.atomic():
        if not recheck_pace.take(turn, now=now):
            return False
        oldest = _due(now).order_by("queued_at").select_for_update(skip_locked=True)
        key = oldest.values_list("pk", flat=True).first()
        ticket = _TICKETS.first(key) if key else None
        if ticket is None:
            return False
        earlier = _claim(ticket, now)
    try:
        _ask_and_settle(ticket, earlier, now)
    except Exception:
        # A mistake of ours with one ticket must not come back before all others had their turn.
        _set_aside(ticket, now)
        raise
    return True


def seconds_to_next_recheck(*, now: datetime) -> float | None:
    """Return how long it is until ``run_next_recheck`` is worth calling again, if a ticket is due.

    Args:
        now: the moment.

    Returns:
        Seconds, 0 for at once; None when no ticket is due, or the line is down.
    """
    wait = recheck_pace.seconds_to_next_turn(now=now)
    if wait:
        return wait
    return wait if _due(now).exists() and line_status(now=now).is_open else None


def recheck_now(*, dossier: Dossier, officer: User, now: datetime) -> Recheck:
    """Have the register asked about a dossier at an officer's press; the second press of one asks nobody.

    While the line is down, and when no answer comes, the ticket waits in the queue like any other.

    Args:
        dossier: received without a verified identity, its applicant's number known.
        officer: who presses; asks in their own name.
        now: the moment.

    Returns:
        The ticket as it stands afterwards.

    Raises:
        NotThisOffice: the officer works elsewhere.
        NotRecheckable: there is nothing to ask, or the dossier was closed while the register was asked.
    """
    if officer.office_id != dossier.office_id:
        raise NotThisOffice
    is_open = line_status(now=now).is_open
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        ticket = Recheck.objects.select_for_update(of=("self",)).filter(pk=fresh.pk).first()
        if ticket is not None and _is_under_way_or_just_settled(ticket, now):
            return ticket
        if not may_be_rechecked(fresh):
            raise NotRecheckable
        if ticket is None:
            ticket = Recheck(dossier=fresh, queued_at=now)
        elif ticket.state != Recheck.State.WAITING:
            ticket.queued_at, ticket.check_id, ticket.repeats_id = now, None, None
        ticket.state, ticket.officer, ticket.not_before = Recheck.State.WAITING, officer, now
        ticket.tries = ticket.unusable = 0
        ticket.settled_at = None
        ticket.save()
        if not is_open:
            return ticket
        earlier = _claim(ticket, now)
    _ask_and_settle(ticket, earlier, now)
    settled = Recheck.objects.filter(pk=ticket.pk).first()
    if settled is None:
        raise NotRecheckable
    return settled


def confirm_originals(*, dossier: Dossier, officer: User, now: datetime) -> None:
    """Let decisions be taken again after a late answer: the officer has seen the originals, knowing of it.

    Args:
        dossier: whose identity the register, asked later, did not confirm.
        officer: of the dossier's office.
        now: the moment.

    Raises:
        NotThisOffice: the officer works elsewhere.
        NotRecheckable: the register's answer is still to come; it is waited for.
    """
    if officer.office_id != dossier.office_id:
        raise NotThisOffice
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if not fresh.is_decision_barred:
            return
        if fresh.is_identity_awaited:
            raise NotRecheckable
        fresh.is_decision_barred = False
        fresh.save(update_fields=["is_decision_barred"])
        record(
            name="dossier.originals_confirmed",
            now=now,
            actor=officer,
            office_code=fresh.office.code,
            subject=str(fresh.code),
            details={"reason": fresh.by_hand_reason},
        )


def _due(now: datetime) -> QuerySet[Recheck]:
    is_due = Q(not_before__lte=now) | Q(not_before__gt=now + _longest_wait())
    return Recheck.objects.filter(is_due, state=Recheck.State.WAITING)


def _longest_wait() -> timedelta:
    """Return for how long a ticket waits at most; longer ones a clock wrote that has been put back since."""
    return 2 * max(_LONGEST_PAUSE, longest_question() + _MARGIN)


def _is_under_way_or_just_settled(ticket: Recheck, now: datetime) -> bool:
    if ticket.state == Recheck.State.WAITING:
        return ticket.check_id is not None and timedelta() < ticket.not_before - now <= _longest_wait()
    return ticket.settled_at is not None and abs(now - ticket.settled_at) < _ONE_PRESS


def _claim(ticket: Recheck, now: datetime) -> IdentityCheck | None:
    """Take a locked ticket; return the check that an earlier claim left with its outcome, so that nobody asks."""
    earlier = IdentityCheck.objects.filter(pk=ticket.check_id).first() if ticket.check_id else None
    if earlier is not None and not earlier.outcome:
        ticket.repeats_id, ticket.check_id, earlier = earlier.pk, None, None
    ticket.check_id = ticket.check_id or uuid.uuid4()
    ticket.not_before = now + longest_question() + _MARGIN
    ticket.save(update_fields=["check_id", "repeats_id", "not_before"])
    return earlier


def _ask_and_settle(ticket: Recheck, earlier: IdentityCheck | None, now: datetime) -> None:
    check = earlier
    if check is None:
        try:
            claim, asker = _claim_of(ticket.dossier), _asker(ticket.officer, ticket.dossier)
        except (ValueError, TypeError) as error:
            _log.error(
                "work.unreadable_ticket dossier=%s error=%s", ticket.dossier.code, type(error).__name__
            )
            _set_aside(ticket, now, is_unasked=True)
            return
        if officer_limit(officer=ticket.officer, now=now).left == 0:
            # Who was stopped at the desk does not go on guessing by way of dossiers.
            _set_aside(ticket, now, is_unasked=True)
            return
        try:
            check = _ask(ticket, claim, asker, now)
        except AlreadyAsked:
            return  # whoever asked settles it; if they died, the next claim after the lease finds out
    _settle(ticket, check, check.answered_at or now)


def _ask(ticket: Recheck, claim: IdentityClaim, asker: Asker, now: datetime) -> IdentityCheck:
    dossier = ticket.dossier
    if ticket.check_id is None:
        raise ValueError("a ticket is claimed before anybody is asked")
    return recheck_identity(
        claim=claim,
        asker=asker,
        purpose=Purpose(
            text="Kiểm tra lại danh tính người nộp hồ sơ đã tiếp nhận",
            procedure_code=dossier.procedure.code,
            npd_code=dossier.procedure.npd_code,
            dossier_id=dossier.pk,
            is_licensed=dossier.procedure.may_query,
        ),
        check_id=ticket.check_id,
        repeats=ticket.repeats_id,
        marks=marks_of(number=claim.number, officer=ticket.officer),
        now=now,
    )


def _claim_of(dossier: Dossier) -> IdentityClaim:
    """Return what the dossier says of the person. Raises ValueError or TypeError when it cannot be read any more."""
    return IdentityClaim(
        full_name=clean(dossier.applicant_name),
        number=IdNumber(dossier.applicant_number),
        birth_date=BirthDate.of_canonical(dossier.applicant_birth),
    )


def _asker(officer: User, dossier: Dossier) -> Asker:
    """Return the officer as who asks, for the dossier's office; who is none any more, or has no number, may not."""
    asker = asker_of(officer, "")
    return replace(
        asker,
        agency=dossier.office.code,
        office_code=dossier.office.code,
        is_licensed=asker.is_licensed and officer.is_officer and bool(asker.officer_number),
    )


def _settle(claimed: Recheck, check: IdentityCheck, now: datetime) -> None:
    """Write what came back, if the ticket is still the one that was asked about."""
    with planned_once(), transaction.atomic():
        dossier = Dossier.objects.locked(claimed.pk)
        ticket = (
            Recheck.objects.select_for_update(of=("self",))
            .filter(pk=claimed.pk, check_id=claimed.check_id, state=Recheck.State.WAITING)
            .first()
        )
        if ticket is None:
            return
        if check.is_unanswered or _is_refused_for_us_all(check):
            _put_back(ticket, check, now)
        else:
            ticket.state = Recheck.State.SETTLED
        if ticket.state != Recheck.State.WAITING:
            _mark(dossier, check)
            record(
                name="dossier.rechecked",
                now=now,
                actor=claimed.officer,
                office_code=dossier.office.code,
                subject=str(dossier.code),
                details={"outcome": check.outcome, "request": check.request_id},
            )
            tell_of_recheck(dossier=dossier, asked_by=claimed.officer, outcome=check.outcome, now=now)
            ticket.settled_at = now
        ticket.check_id = ticket.repeats_id = None
        ticket.save()
    if _is_refused_for_us_all(check) or (check.is_unanswered and check.reason not in _OF_ONE_PERSON):
        recheck_pace.slow_down(now=now)


def _is_refused_for_us_all(check: IdentityCheck) -> bool:
    """Say whether the register lets nobody of ours ask: as with a line in trouble, no dossier can be to blame."""
    return check.outcome == IdentityCheck.Outcome.NOT_ALLOWED and check.reason == Barred.CLIENT


def _set_aside(claimed: Recheck, now: datetime, *, is_unasked: bool = False) -> None:
    """Let a ticket wait with which something is wrong here, say it cannot be read with the present secret."""
    with transaction.atomic():
        mine = Recheck.objects.filter(pk=claimed.pk, check_id=claimed.check_id, state=Recheck.State.WAITING)
        for ticket in mine.select_for_update(of=("self",)):
            if is_unasked:
                ticket.check_id = None
            _wait_longer(ticket, now)
            ticket.save(update_fields=["check_id", "tries", "not_before"])


def _put_back(ticket: Recheck, check: IdentityCheck, now: datetime) -> None:
    """Let a ticket wait longer each time; after too many answers that cannot be trusted an officer has to look."""
    if check.reason in _UNUSABLE:
        ticket.unusable += 1
    if ticket.unusable >= MOST_UNUSABLE:
        ticket.state = Recheck.State.PARKED
    _wait_longer(ticket, now)


def _wait_longer(ticket: Recheck, now: datetime) -> None:
    ticket.tries += 1
    pause = _FIRST_PAUSE * 2 ** min(ticket.tries - 1, 10)
    ticket.not_before = now + min(pause, _LONGEST_PAUSE)


def _mark(dossier: Dossier, check: IdentityCheck) -> None:
    """Write what is now known of the applicant.

    Only a yes or a no replaces what an officer knew at the desk; whatever else came back replaces the waiting alone.
    """
    reasons = Dossier.ByHand
    if check.is_verified:
        dossier.by_hand_reason, dossier.is_decision_barred = "", False
        dossier.citizen = dossier.citizen or account_of_verified(dossier)
    elif check.is_rejected:
        is_news = dossier.by_hand_reason != reasons.REJECTED
        dossier.is_decision_barred |= (
            is_news and dossier.status not in states.DECISIONS
        )  # a decision that was taken stays
        dossier.by_hand_reason = reasons.REJECTED
    elif dossier.is_identity_awaited:
        dossier.by_hand_reason = reasons.UNUSABLE if check.is_unanswered else reasons.NOT_ALLOWED
    else:
        return
    dossier.identity_check = check
    dossier.save(update_fields=["by_hand_reason", "is_decision_barred", "identity_check", "citizen"])
