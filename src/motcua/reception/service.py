"""What the desk does: ask the register about the person, and receive the dossier.

What was found stays with the register's check, not in the page: a claim, the officer and the procedure are enough to
find it again, so nothing that a browser sends can make a person verified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from motcua.accounts.service import asker_of
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.dossiers.residence import compose
from motcua.dossiers.service import Applicant, receive_at_desk
from motcua.identity.numbers import IdNumber
from motcua.identity.verification import MatchedBy
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    Limited,
    MissingOfficerNumber,
    Purpose,
    carries,
    claim_digest,
    fetch_citizen,
    read_record,
    spend_record,
)

if TYPE_CHECKING:
    from motcua.accounts.models import Office, User
    from motcua.identity.claims import CitizenRecord, IdentityClaim
    from motcua.procedures.models import Procedure

CHECK_CARRIES: Final = timedelta(minutes=30)
WITHOUT_NUMBER: Final = frozenset(
    {Dossier.ByHand.NEWBORN, Dossier.ByHand.FOREIGNER, Dossier.ByHand.NO_NUMBER}
)


class Situation(StrEnum):
    """How it stands with the person at the desk."""

    NOT_ASKED = "not_asked"
    VERIFIED = "verified"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    NOT_ALLOWED = "not_allowed"
    MISSING_NUMBER = "missing_number"
    LIMITED = "limited"


# What an officer may give as the reason for receiving by hand after each answer.
REASONS: Final = {
    Situation.REJECTED: Dossier.ByHand.REJECTED,
    Situation.UNANSWERED: Dossier.ByHand.UNANSWERED,
    Situation.LIMITED: Dossier.ByHand.UNANSWERED,
    Situation.NOT_ALLOWED: Dossier.ByHand.NOT_ALLOWED,
    Situation.MISSING_NUMBER: Dossier.ByHand.NOT_ALLOWED,
}


class CheckNeeded(ValueError):
    """Nothing vouches for this claim: it was not checked, was changed since, is too old, or was used already."""


class ReasonDoesNotFit(ValueError):
    """The reason for receiving by hand is not what the last check of this claim gave."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about a claim: the situation, the proof, and the applicant where the register vouches.

    ``is_filled`` says whether the register gave the applicant's data, or only its yes to the three things typed.
    """

    situation: Situation
    check: IdentityCheck | None = None
    applicant: Applicant | None = None
    is_filled: bool = False
    is_accents_hint: bool = False
    until: datetime | None = None
    tries: int | None = None

    @property
    def is_verified(self) -> bool:
        """Say whether the register vouches for the person."""
        return self.situation is Situation.VERIFIED

    @property
    def reason(self) -> str:
        """Return the reason for receiving by hand that fits, empty when there is none."""
        return REASONS.get(self.situation, "")


def inquire(
    *, claim: IdentityClaim, procedure: Procedure, officer: User, address: str, now: datetime
) -> Finding:
    """Ask the register about the person, unless its answer of the last half hour still waits for this form.

    Args:
        claim: what the person says, or what their card says.
        procedure: the purpose of the question.
        officer: who asks.
        address: the network address of the desk.
        now: the moment.
    """
    kept = recall(claim=claim, procedure=procedure, officer=officer, now=now)
    if kept.is_verified:
        return kept
    purpose = Purpose(
        text=f"Tiếp nhận hồ sơ: {procedure.name}"[:200],
        procedure_code=procedure.code,
        npd_code=procedure.npd_code,
    )
    try:
        answer = fetch_citizen(claim=claim, asker=asker_of(officer, address), purpose=purpose, now=now)
    except MissingOfficerNumber:
        return Finding(Situation.MISSING_NUMBER)
    except Limited as limit:
        return Finding(Situation.LIMITED, until=limit.until, tries=limit.tries)
    return _finding(answer.check, answer.record, claim, is_accents_hint=answer.is_accents_hint)


def recall(*, claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime) -> Finding:
    """Say how it stands with a claim from what was asked in the last half hour; asks nobody.

    Only this officer's questions, about this very claim and for this procedure, count.
    """
    check = _latest_check(claim, procedure, officer, now)
    if check is None:
        return Finding(_not_asked_because(claim, officer, now))
    if not check.is_verified:
        return _finding(check, None, claim)
    if (kept := read_record(check_id=check.pk, user=officer, now=now)) is not None:
        return _finding(*kept, claim)
    if _stands_alone(check, claim, officer, now):
        return _finding(check, None, claim)
    return Finding(Situation.NOT_ASKED)


def receive_verified(
    *,
    officer: User,
    procedure: Procedure,
    claim: IdentityClaim,
    typed: Applicant,
    received_documents: list[dict[str, str | int]],
    press_key: UUID,
    now: datetime,
) -> Dossier:
    """Receive the dossier of a person for whom the register vouches, and erase what it said from the waiting place.

    Args:
        officer: who receives, and who asked.
        procedure: what is asked for, and what the question was asked for.
        claim: the three things as they now stand in the form.
        typed: the rest of the form; name, number, birth, sex and residences of it count only where the
            register's service gives no data.
        received_documents: see ``receive_at_desk``.
        press_key: see ``receive_at_desk``.
        now: the moment.

    Raises:
        CheckNeeded: nothing vouches for this claim.
        dossiers.service.PressKeyReused: this form has already received another dossier.
    """
    with transaction.atomic():
        check = _latest_check(claim, procedure, officer, now)
        spent = check and spend_record(check_id=check.pk, user=officer, claim=claim, now=now)
        if spent:
            check, record = spent
            applicant = replace(_applicant_of(record, claim), phone=typed.phone, email=typed.email)
        elif earlier := _received_by(press_key, officer, procedure, claim):
            return earlier
        elif check and _stands_alone(check, claim, officer, now):
            applicant = typed
        else:
            raise CheckNeeded
        return receive_at_desk(
            officer=officer,
            office=_office_of(officer),
            procedure=procedure,
            applicant=applicant,
            check=check,
            by_hand_reason="",
            received_documents=received_documents,
            press_key=press_key,
            now=now,
        )


def receive_by_hand(
    *,
    officer: User,
    procedure: Procedure,
    reason: str,
    claim: IdentityClaim | None,
    typed: Applicant,
    received_documents: list[dict[str, str | int]],
    press_key: UUID,
    now: datetime,
) -> Dossier:
    """Receive a dossier on the originals that the officer saw, its applicant marked as not verified.

    Args:
        officer: who receives.
        procedure: what is asked for.
        reason: a value of ``Dossier.ByHand``: what the last check of this claim gave, or why there is no number.
        claim: the three things as they now stand in the form; None when number or birth date are not known.
        typed: the applicant, all of it typed.
        received_documents: see ``receive_at_desk``.
        press_key: see ``receive_at_desk``.
        now: the moment.

    Raises:
        ReasonDoesNotFit: a person with a number was not asked about, or the answer was another.
        dossiers.service.PressKeyReused: this form has already received another dossier.
    """
    check = None
    if reason in WITHOUT_NUMBER:
        if typed.number is not None:
            raise ReasonDoesNotFit
    else:
        if claim is None:
            raise ReasonDoesNotFit
        found = recall(claim=claim, procedure=procedure, officer=officer, now=now)
        if found.reason != reason:
            raise ReasonDoesNotFit
        check = found.check
    return receive_at_desk(
        officer=officer,
        office=_office_of(officer),
        procedure=procedure,
        applicant=typed,
        check=check,
        by_hand_reason=reason,
        received_documents=received_documents,
        press_key=press_key,
        now=now,
    )


def _office_of(officer: User) -> Office:
    if officer.office is None:
        raise ValueError("an officer without an office receives nothing")
    return officer.office


def _latest_check(
    claim: IdentityClaim, procedure: Procedure, officer: User, now: datetime
) -> IdentityCheck | None:
    return (
        IdentityCheck.objects.filter(
            asked_by=officer,
            asked_at__gt=now - CHECK_CARRIES,
            touch_point=IdentityCheck.TouchPoint.RECEPTION,
            procedure_code=procedure.code,
            claim_digest=claim_digest(claim),
        )
        .order_by("-asked_at")
        .first()
    )


def _not_asked_because(claim: IdentityClaim, officer: User, now: datetime) -> Situation:
    """Say why there is no check; what was refused before asking has left its trace elsewhere."""
    if not officer.officer_number:
        return Situation.MISSING_NUMBER
    was_limited = AuditEvent.objects.filter(
        name="check.limited",
        actor=officer,
        subject=digest("number", claim.number.digits),
        at__gt=now - CHECK_CARRIES,
    ).exists()
    return Situation.LIMITED if was_limited else Situation.NOT_ASKED


def _finding(
    check: IdentityCheck, record: CitizenRecord | None, claim: IdentityClaim, *, is_accents_hint: bool = False
) -> Finding:
    situation = Situation(check.outcome or Situation.UNANSWERED)
    applicant = None
    if situation is Situation.VERIFIED:
        applicant = _applicant_of(record, claim)
    return Finding(situation, check, applicant, is_filled=record is not None, is_accents_hint=is_accents_hint)


def _applicant_of(record: CitizenRecord | None, claim: IdentityClaim) -> Applicant:
    """Return what the form takes from a record; without one, the claim that the register confirmed."""
    if record is None:
        return Applicant(claim.full_name, claim.number, claim.birth_date.canonical())
    return Applicant(
        full_name=record.full_name,
        number=IdNumber(record.personal_number) if record.personal_number else claim.number,
        birth=(record.birth_date or claim.birth_date).canonical(),
        sex=record.sex.value,
        permanent_residence=compose(record.permanent_residence),
        current_residence=compose(record.current_residence),
    )


def _stands_alone(check: IdentityCheck, claim: IdentityClaim, officer: User, now: datetime) -> bool:
    """Say whether a yes without data still vouches: the service that gives none leaves nothing to spend."""
    return (
        check.matched_by == MatchedBy.REGISTER_ALONE
        and carries(check=check, claim=claim, user=officer, max_age=CHECK_CARRIES, now=now)
        and not Dossier.objects.filter(identity_check=check).exists()
    )


def _received_by(
    press_key: UUID, officer: User, procedure: Procedure, claim: IdentityClaim
) -> Dossier | None:
    """Return the dossier that the first press of the same form received."""
    return Dossier.objects.filter(
        press_key=press_key,
        received_by=officer,
        procedure=procedure,
        identity_check__claim_digest=claim_digest(claim),
    ).first()
