"""An office's side of a dossier: received at the desk, or taken up from the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from motcua.accounts.models import Office, User
from motcua.accounts.service import owner_of
from motcua.dossiers import states
from motcua.dossiers.agreeing import agree
from motcua.dossiers.finding import write_words
from motcua.dossiers.models import Dossier, Recheck
from motcua.dossiers.moving import take_step
from motcua.dossiers.numbering import next_code
from motcua.identity.numbers import IdNumber
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck


class PressKeyReused(ValueError):
    """One press key came with two different receptions."""


class NotThisOffice(PermissionError):
    """An officer may receive only what was filed with their own office."""


class AlreadyReceived(ValueError):
    """Another officer was faster."""


@dataclass(frozen=True, slots=True, repr=False)
class Applicant:
    """The person who hands a dossier in, as the desk's form has it.

    ``birth`` is canonical (``1985-03-07``, or ``1950`` for a year alone, empty when unknown); ``sex`` a value
    of ``identity.claims.Sex``, or empty; residences are composed texts.
    """

    full_name: str
    number: IdNumber | None
    birth: str = ""
    sex: str = ""
    permanent_residence: str = ""
    current_residence: str = ""
    phone: str = ""
    email: str = ""


def receive_at_desk(
    *,
    officer: User,
    office: Office,
    procedure: Procedure,
    applicant: Applicant,
    check: IdentityCheck | None,
    by_hand_reason: str,
    received_documents: list[dict[str, str | int]],
    press_key: UUID,
    now: datetime,
) -> Dossier:
    """Receive a dossier from a person at the desk: it gets its code and is received at once.

    When the register could not be asked, it also gets a ticket for a later question, and nobody decides on it before.

    Call it in the transaction that spends the register's record; on its own it opens one.

    Args:
        officer: who receives.
        office: in whose name; the officer's own.
        procedure: what is asked for.
        applicant: who hands it in.
        check: the check of this applicant's identity, whatever its outcome; None when nobody was asked.
        by_hand_reason: a value of ``Dossier.ByHand`` when the identity is not verified, otherwise empty.
        received_documents: what was handed in, each as ``{"name": …, "originals": 1, "copies": 0}``.
        press_key: drawn when the form was shown; the same key again returns the same dossier.
        now: the moment.

    Raises:
        NotThisOffice: the officer works elsewhere.
        PressKeyReused: this key has received another person, another procedure, or at another hand.
        ValueError: neither a verified check nor a reason, or both; or nothing that could be asked later.
    """
    if officer.office_id != office.pk:
        raise NotThisOffice
    if (check is not None and check.is_verified) == bool(by_hand_reason):
        raise ValueError("a reception needs a verified check, or a reason why there is none")
    if by_hand_reason and by_hand_reason not in Dossier.ByHand.values:
        raise ValueError("unknown reason for receiving by hand")
    is_awaited = by_hand_reason == Dossier.ByHand.UNANSWERED
    if is_awaited and not (applicant.number and applicant.birth):
        raise ValueError("the register cannot be asked later about a person without number or birth date")
    dossier = Dossier(
        procedure=procedure,
        office=office,
        channel=Dossier.Channel.DESK,
        holder_office=office,
        identity_check=check,
        by_hand_reason=by_hand_reason,
        is_decision_barred=is_awaited,
        received_documents=received_documents,
        applicant_name=applicant.full_name,
        applicant_sex=applicant.sex,
        applicant_birth=applicant.birth,
        permanent_residence=applicant.permanent_residence,
        current_residence=applicant.current_residence,
        phone=applicant.phone,
        email=applicant.email,
        created_at=now,
        press_key=press_key,
    )
    dossier.set_applicant_number(applicant.number)
    if check is not None and check.is_verified:
        dossier.citizen = owner_of(number_digest=dossier.applicant_number_digest)
    try:
        with transaction.atomic():
            dossier.code = next_code(office.code, timezone.localdate(now))
            agree(dossier)
            take_step(
                dossier=dossier,
                move=states.MOVES["receive"],
                by=officer,
                now=now,
                event="dossier.received_by_hand" if by_hand_reason else "dossier.received",
                details={"procedure": procedure.code, "reason": by_hand_reason}
                if by_hand_reason
                else {"procedure": procedure.code},
            )
            write_words(dossier)
            if is_awaited:
                Recheck.objects.create(dossier=dossier, officer=officer, queued_at=now, not_before=now)
    except IntegrityError:
        earlier = Dossier.objects.filter(press_key=press_key).first()
        if earlier is None:
            raise
        return _same_press(earlier, dossier)
    return dossier


def _same_press(earlier: Dossier, again: Dossier) -> Dossier:
    """Return the dossier that the first press received, if the second press says the same."""
    same = ("received_by_id", "procedure_id", "applicant_name", "applicant_birth", "applicant_number_digest")
    if any(getattr(earlier, field) != getattr(again, field) for field in same):
        raise PressKeyReused
    return earlier


def take_up(*, dossier: Dossier, officer: User, now: datetime) -> Dossier:
    """Receive a dossier that was filed online; the same officer's second press changes nothing.

    Args:
        dossier: as filed.
        officer: of the office with which it was filed.
        now: the moment.

    Raises:
        NotThisOffice: the officer works elsewhere.
        AlreadyReceived: another officer was faster.
        states.MoveRefused: it was never filed.
    """
    if officer.office_id != dossier.office_id:
        raise NotThisOffice
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if fresh.is_received:
            if fresh.received_by_id != officer.pk:
                raise AlreadyReceived
            return fresh
        take_step(
            dossier=fresh,
            move=states.MOVES["take_up"],
            by=officer,
            now=now,
            event="dossier.taken_up",
            details={},
        )
    return fresh
