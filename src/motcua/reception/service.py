"""Receiving a dossier at the desk: of a person for whom the register vouches, or by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from motcua.dossiers.models import Dossier
from motcua.dossiers.service import Applicant, receive_at_desk
from motcua.reception.findings import applicant_of, latest_check, recall, stands_alone
from motcua.verification.service import claim_digest, spend_record

if TYPE_CHECKING:
    from motcua.accounts.models import Office, User
    from motcua.identity.claims import IdentityClaim
    from motcua.procedures.models import Procedure
    from motcua.verification.models import IdentityCheck

WITHOUT_NUMBER: Final = frozenset(
    {Dossier.ByHand.NEWBORN, Dossier.ByHand.FOREIGNER, Dossier.ByHand.NO_NUMBER}
)


class CheckNeeded(ValueError):
    """Nothing vouches for this claim: it was not checked, was changed since, is too old, or was used already."""


class ReasonDoesNotFit(ValueError):
    """The reason for receiving by hand is not what the last check of this claim gave."""


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
        check: IdentityCheck | None
        if spent := spend_record(user=officer, claim=claim, procedure_code=procedure.code, now=now):
            check, record = spent
            applicant = replace(applicant_of(record, claim), phone=typed.phone, email=typed.email)
        elif earlier := _received_by(press_key, officer, procedure, claim):
            return earlier
        elif (check := latest_check(claim, procedure, officer, now)) and stands_alone(
            check, claim, officer, now
        ):
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
