"""What is known about the person at the desk: asked of the register, or found again from what was asked.

What was found stays with the register's check, not in the page: a claim, the officer and the procedure are enough to
find it again, so nothing that a browser sends can make a person verified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db.models import Q, QuerySet

from motcua.accounts.notices import tell_supervisors
from motcua.accounts.recording import office_code
from motcua.accounts.service import asker_of, marks_of
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.dossiers.residence import compose
from motcua.dossiers.service import Applicant
from motcua.identity.numbers import IdNumber
from motcua.identity.verification import MatchedBy
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    DESK_CARRIES,
    Limited,
    LineStatus,
    MissingOfficerNumber,
    Press,
    PressReused,
    Purpose,
    carries,
    claim_digest,
    fetch_citizen,
    read_record,
)

if TYPE_CHECKING:
    from uuid import UUID

    from motcua.accounts.models import User
    from motcua.identity.claims import CitizenRecord, IdentityClaim
    from motcua.procedures.models import Procedure


class Situation(StrEnum):
    """How it stands with the person at the desk."""

    NOT_ASKED = "not_asked"
    VERIFIED = "verified"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    NOT_ALLOWED = "not_allowed"
    MISSING_NUMBER = "missing_number"
    LIMITED = "limited"
    FORM_MISSING = "form_missing"
    PRESSED_BEFORE = "pressed_before"


# What an officer may give as the reason for receiving by hand after each answer.
REASONS: Final = {
    Situation.REJECTED: Dossier.ByHand.REJECTED,
    Situation.UNANSWERED: Dossier.ByHand.UNANSWERED,
    Situation.LIMITED: Dossier.ByHand.UNANSWERED,
    Situation.NOT_ALLOWED: Dossier.ByHand.NOT_ALLOWED,
    Situation.MISSING_NUMBER: Dossier.ByHand.NOT_ALLOWED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about a claim: the situation, the proof, and the applicant where the register vouches.

    ``is_filled`` says whether the register gave the applicant's data, or only its yes to the three things typed.
    ``line`` is how the register answers, where it has just been heard.
    """

    situation: Situation
    check: IdentityCheck | None = None
    applicant: Applicant | None = None
    is_filled: bool = False
    is_accents_hint: bool = False
    until: datetime | None = None
    tries: int | None = None
    line: LineStatus | None = None

    @property
    def is_verified(self) -> bool:
        """Say whether the register vouches for the person."""
        return self.situation is Situation.VERIFIED

    @property
    def reason(self) -> str:
        """Return the reason for receiving by hand that fits, empty when there is none."""
        return REASONS.get(self.situation, "")


def inquire(
    *,
    claim: IdentityClaim,
    procedure: Procedure,
    officer: User,
    address: str,
    form_key: UUID,
    press: Press,
    now: datetime,
    is_asked_again: bool = False,
) -> Finding:
    """Ask the register about the person, unless its answer of the last half hour still waits for this form.

    Args:
        claim: what the person says, or what their card says.
        procedure: the purpose of the question.
        officer: who asks.
        address: the network address of the desk.
        form_key: of the officer's open reception form.
        press: what came with the press of the button.
        now: the moment.
        is_asked_again: the page shows an answer about this very claim already; only then may one wait.
    """
    if is_asked_again:
        kept = recall(claim=claim, procedure=procedure, officer=officer, now=now)
        if kept.is_verified:
            return kept
    purpose = Purpose(
        text=f"Tiếp nhận hồ sơ: {procedure.name}"[:200],
        procedure_code=procedure.code,
        npd_code=procedure.npd_code,
        is_licensed=procedure.may_query,
    )
    try:
        answer = fetch_citizen(
            claim=claim,
            asker=asker_of(officer, address),
            purpose=purpose,
            press=press,
            form_key=form_key,
            marks=marks_of(number=claim.number, officer=officer),
            now=now,
        )
    except MissingOfficerNumber:
        return Finding(Situation.MISSING_NUMBER)
    except PressReused:
        return Finding(Situation.PRESSED_BEFORE)
    except Limited as limit:
        tell_supervisors(officer=officer, now=now)
        return Finding(Situation.LIMITED, until=limit.until, tries=limit.tries)
    found = _finding(answer.check, answer.record, claim, procedure, is_accents_hint=answer.is_accents_hint)
    return replace(found, line=answer.line)


def recall(*, claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime) -> Finding:
    """Say how it stands with a claim from what was asked in the last half hour; asks nobody.

    Only this officer's questions, about this very claim and for this procedure, count.
    """
    kept = read_record(
        user=officer,
        claim=claim,
        procedure_code=procedure.code,
        office_code=office_code(officer),
        now=now,
    )
    if kept:
        return _finding(*kept, claim, procedure)
    asked = _checks(claim, procedure, officer, now)
    # A question still under way may yet be answered: what was shown, and is kept, is the answer before it.
    check = asked.exclude(outcome=IdentityCheck.Outcome.PENDING).first() or asked.first()
    if check is None:
        return Finding(_not_asked_because(claim, officer, now))
    is_said = check.is_verified or check.is_rejected
    said = check if is_said else _said(claim, procedure, officer, now).first()
    if said is not None and said.is_verified and stands_alone(said, claim, officer, now):
        return _finding(said, None, claim, procedure)  # silence since then takes no yes away
    return Finding(Situation.NOT_ASKED) if check.is_verified else _finding(check, None, claim, procedure)


def _checks(
    claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime
) -> QuerySet[IdentityCheck]:
    """Select this officer's questions of the last half hour about this very claim, the last one first.

    Only those for this procedure and for the office of today: an officer who moved does not take answers along.
    """
    return IdentityCheck.objects.filter(
        asked_by=officer,
        office_code=office_code(officer),
        asked_at__gt=now - DESK_CARRIES,
        touch_point=IdentityCheck.TouchPoint.RECEPTION,
        procedure_code=procedure.code,
        claim_digest=claim_digest(claim),
    ).order_by("-asked_at")


def _said(
    claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime
) -> QuerySet[IdentityCheck]:
    """Select those of them to which the register said yes or no."""
    yes_or_no = (IdentityCheck.Outcome.VERIFIED, IdentityCheck.Outcome.REJECTED)
    return _checks(claim, procedure, officer, now).filter(outcome__in=yes_or_no)


def _not_asked_because(claim: IdentityClaim, officer: User, now: datetime) -> Situation:
    """Say why there is no check; what was refused before asking has left its trace elsewhere."""
    if not officer.officer_number:
        return Situation.MISSING_NUMBER
    was_limited = AuditEvent.objects.filter(
        name="check.limited",
        actor=officer,
        subject=digest("number", claim.number.digits),
        at__gt=now - DESK_CARRIES,
    ).exists()
    return Situation.LIMITED if was_limited else Situation.NOT_ASKED


def _finding(
    check: IdentityCheck,
    record: CitizenRecord | None,
    claim: IdentityClaim,
    procedure: Procedure,
    *,
    is_accents_hint: bool = False,
) -> Finding:
    situation = Situation(check.outcome or Situation.UNANSWERED)
    applicant = None
    if situation is Situation.VERIFIED:
        applicant = applicant_of(record, claim, procedure)
    return Finding(situation, check, applicant, is_filled=record is not None, is_accents_hint=is_accents_hint)


def applicant_of(record: CitizenRecord | None, claim: IdentityClaim, procedure: Procedure) -> Applicant:
    """Return what the form takes from a record; without one, the claim that the register confirmed.

    Beside name, number and birth date only what the procedure names (``npd_fields``) is taken over, kept and shown.
    """
    if record is None:
        return Applicant(claim.full_name, claim.number, claim.birth_date.canonical())
    given = {
        "sex": record.sex.value,
        "permanent_residence": compose(record.permanent_residence),
        "current_residence": compose(record.current_residence),
    }
    return Applicant(
        full_name=record.full_name,
        number=IdNumber(record.personal_number) if record.personal_number else claim.number,
        birth=(record.birth_date or claim.birth_date).canonical(),
        **{name: given[name] for name in procedure.npd_fields if name in given},
    )


def held_check(
    claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime
) -> IdentityCheck | None:
    """Return the last yes or no, ours until the transaction ends: of two forms at one moment one is first."""
    check = _said(claim, procedure, officer, now).first()
    if check is not None:
        IdentityCheck.objects.select_for_update(no_key=True).get(pk=check.pk)
    return check


def stands_alone(check: IdentityCheck, claim: IdentityClaim, officer: User, now: datetime) -> bool:
    """Say whether a yes without data still vouches: the service that gives none leaves nothing to spend."""
    return (
        check.matched_by == MatchedBy.REGISTER_ALONE
        and carries(check=check, claim=claim, user=officer, max_age=DESK_CARRIES, now=now)
        and not Dossier.objects.filter(Q(identity_check=check) | Q(owner__identity_check=check)).exists()
    )
