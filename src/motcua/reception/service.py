"""Receiving a dossier at the desk: of a person for whom the register vouches, or by hand; for themselves or another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from motcua.dossiers.models import Dossier
from motcua.dossiers.service import (
    Applicant,
    NotReceived,
    Owner,
    PressKeyReused,
    first_press,
    owner_in,
    receive_at_desk,
)
from motcua.reception.findings import applicant_of, held_check, recall, stands_alone
from motcua.verification.service import claim_digest, spend_record

if TYPE_CHECKING:
    from motcua.accounts.models import Office, User
    from motcua.identity.claims import CitizenRecord, IdentityClaim
    from motcua.procedures.models import Procedure
    from motcua.verification.models import IdentityCheck

WITHOUT_NUMBER: Final = frozenset(
    {Dossier.ByHand.NEWBORN, Dossier.ByHand.FOREIGNER, Dossier.ByHand.NO_NUMBER}
)


class CheckNeeded(ValueError):
    """Nothing vouches for this claim: it was not checked, was changed since, is too old, or was used already."""


class OwnerCheckNeeded(ValueError):
    """Nothing vouches for the owner, and no answer of the register lets the officer's look at the originals do."""


class OwnerIsApplicant(ValueError):
    """By the register's own numbers the owner is who files: one of the two was named by an old number."""


class ReasonDoesNotFit(ValueError):
    """The reason for receiving by hand is not what the last check of this claim gave."""


@dataclass(frozen=True, slots=True, repr=False)
class SaidOwner:
    """The owner as typed, and the claim to be found verified; None for an owner without a number."""

    typed: Owner
    claim: IdentityClaim | None


@dataclass(frozen=True, slots=True, repr=False)
class Handed:
    """What somebody hands in at the desk, for whom, and to what end, as the form has it when it is saved.

    ``claim`` are the three things as they now stand, None when number or birth date are not known; ``typed`` is the
    applicant, all of it typed; ``documents``, ``press_key`` and what follows as in ``receive_at_desk``.
    """

    officer: User
    procedure: Procedure
    claim: IdentityClaim | None
    typed: Applicant
    documents: list[dict[str, str | int]]
    press_key: UUID
    now: datetime
    owner: SaidOwner | None = None
    case_key: int | None = None
    channel: int = Dossier.Channel.DESK
    instead: NotReceived | None = None


def receive_verified(handed: Handed) -> Dossier:
    """Receive the dossier of a person for whom the register vouches, and erase what it said from the waiting place.

    Name, number, birth, sex and residences as typed count only where the register's service gives no data.

    Args:
        handed: at the hand of the officer who asked, for what the question was asked for.

    Raises:
        CheckNeeded: nothing vouches for this claim.
        OwnerCheckNeeded: nothing vouches for the owner.
        OwnerIsApplicant: the two are one person.
        dossiers.service.PressKeyReused: this form has already received another dossier.
    """
    claim, typed = handed.claim, handed.typed
    if claim is None:
        raise CheckNeeded
    with transaction.atomic():
        if spent := _spent(claim, handed):
            check, record = spent
            known = applicant_of(record, claim, handed.procedure)
            return _receive(handed, replace(known, phone=typed.phone, email=typed.email), check)
        alone = held_check(claim, handed.procedure, handed.officer, handed.now)
        earlier = _first_press(handed)
        if earlier is not None and _is_about(earlier.identity_check, claim):
            return _of_same_owner(earlier, handed.owner)
        if alone is None or not stands_alone(alone, claim, handed.officer, handed.now):
            raise CheckNeeded
        return _receive(handed, typed, alone)


def receive_by_hand(handed: Handed, *, reason: str) -> Dossier:
    """Receive a dossier on the originals that the officer saw, its applicant marked as not verified.

    Args:
        handed: at the officer's hand.
        reason: a value of ``Dossier.ByHand``: what the last check of this claim gave, or why there is no number.

    Raises:
        ReasonDoesNotFit: a person with a number was not asked about, or the answer was another.
        OwnerCheckNeeded: nothing vouches for the owner.
        OwnerIsApplicant: the two are one person.
        dossiers.service.PressKeyReused: this form has already received another dossier.
    """
    check = None
    if reason in WITHOUT_NUMBER:
        if handed.typed.number is not None:
            raise ReasonDoesNotFit
    else:
        if handed.claim is None:
            raise ReasonDoesNotFit
        found = recall(claim=handed.claim, procedure=handed.procedure, officer=handed.officer, now=handed.now)
        if found.reason != reason:
            raise ReasonDoesNotFit
        check = found.check
    with transaction.atomic():
        try:
            return _receive(handed, handed.typed, check, reason)
        except OwnerCheckNeeded:
            earlier = _first_press(handed)
            if earlier is None or not _is_person(earlier, handed.typed):
                raise
            return _of_same_owner(earlier, handed.owner)


def _first_press(handed: Handed) -> Dossier | None:
    return first_press(
        press_key=handed.press_key,
        officer=handed.officer,
        procedure=handed.procedure,
        instead=handed.instead,
    )


def _spent(claim: IdentityClaim, handed: Handed) -> tuple[IdentityCheck, CitizenRecord] | None:
    """Take the record that waits for this claim at the officer's office, if one does."""
    return spend_record(
        user=handed.officer,
        claim=claim,
        procedure_code=handed.procedure.code,
        office_code=_office_of(handed.officer).code,
        now=handed.now,
    )


def _receive(handed: Handed, applicant: Applicant, check: IdentityCheck | None, reason: str = "") -> Dossier:
    owner = _found_owner(handed.owner, handed) if handed.owner else None
    if owner is not None and owner.number is not None and owner.number == applicant.number:
        raise OwnerIsApplicant
    dossier = receive_at_desk(
        officer=handed.officer,
        office=_office_of(handed.officer),
        procedure=handed.procedure,
        applicant=applicant,
        check=check,
        by_hand_reason=reason,
        received_documents=handed.documents,
        press_key=handed.press_key,
        now=handed.now,
        owner=owner,
        case_key=handed.case_key,
        channel=handed.channel,
        instead=handed.instead,
    )
    if dossier.created_at != handed.now:
        transaction.set_rollback(True)  # the first press made it: what waits is for another form
    return dossier


def _found_owner(said: SaidOwner, handed: Handed) -> Owner:
    """Return the owner as the register has them, or as typed where the officer's look at the originals must do.

    Raises:
        OwnerCheckNeeded: nothing vouches for the owner.
    """
    typed, claim = said.typed, said.claim
    if claim is None:
        return typed
    if spent := _spent(claim, handed):
        check, record = spent
        known = applicant_of(record, claim, handed.procedure)
        return replace(
            typed,
            full_name=known.full_name,
            number=known.number,
            birth=known.birth,
            sex=known.sex,
            residence=known.permanent_residence,
            check=check,
            is_by_hand=False,
        )
    held_check(claim, handed.procedure, handed.officer, handed.now)
    found = recall(claim=claim, procedure=handed.procedure, officer=handed.officer, now=handed.now)
    if found.is_verified:
        return replace(typed, check=found.check, is_by_hand=False)
    if found.reason and typed.is_by_hand:
        return replace(typed, check=found.check)
    raise OwnerCheckNeeded


def is_as_said(dossier: Dossier, handed: Handed) -> bool:
    """Say whether a dossier holds what was typed and handed in, beside whom it names.

    Args:
        dossier: as the first press of a form made it.
        handed: as the form has it now.
    """
    fields = ["phone", "email"]
    if dossier.by_hand_reason:
        fields += ["sex", "permanent_residence", "current_residence"]
    names = {"sex": "applicant_sex"}
    kept = [getattr(dossier, names.get(field, field)) for field in fields]
    kept += [dossier.received_documents, dossier.case_key, dossier.channel]
    said = [getattr(handed.typed, field) for field in fields]
    return kept == [*said, handed.documents, handed.case_key, handed.channel]


def _of_same_owner(earlier: Dossier, said: SaidOwner | None) -> Dossier:
    """Return what the first press made, if this one is for the same owner. Raises PressKeyReused."""
    kept = owner_in(earlier)
    if kept is None or said is None:
        is_same = kept is None and said is None
    elif said.claim is not None and kept.identity_check is not None:
        is_same = _is_about(kept.identity_check, said.claim)
    else:
        typed, number = said.typed, said.typed.number
        is_same = (kept.full_name, kept.birth) == (typed.full_name, typed.birth) and (kept.number or "") == (
            number.digits if number else ""
        )
    if not is_same:
        raise PressKeyReused
    return earlier


def _is_about(check: IdentityCheck | None, claim: IdentityClaim) -> bool:
    return check is not None and check.claim_digest == claim_digest(claim)


def _is_person(dossier: Dossier, typed: Applicant) -> bool:
    number = typed.number.digits if typed.number else ""
    return (dossier.applicant_name, dossier.applicant_number or "") == (typed.full_name, number)


def _office_of(officer: User) -> Office:
    if officer.office is None:
        raise ValueError("an officer without an office receives nothing")
    return officer.office
