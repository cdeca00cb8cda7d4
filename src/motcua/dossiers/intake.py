"""An office's side of a dossier: received, guided or refused at the desk, or taken up from the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.service import owner_of
from motcua.dossiers import states
from motcua.dossiers.agreed_terms import agree
from motcua.dossiers.codes import next_code
from motcua.dossiers.models import Dossier, DossierOwner, Recheck, Supplement, owner_in
from motcua.dossiers.search import write_words
from motcua.dossiers.steps import take_step
from motcua.identity.numbers import IdNumber
from motcua.procedures.models import Procedure
from motcua.sealing import digest
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


@dataclass(frozen=True, slots=True, repr=False)
class Owner:
    """The person for whom the applicant files, as the desk's form has it; texts as in ``Applicant``.

    ``relation`` is a value of ``DossierOwner.Relation``; ``without_number`` one of
    ``DossierOwner.WithoutNumber``, empty when there is a number. ``check`` is the owner's own, whatever its outcome;
    ``is_by_hand`` says that the officer saw the owner's originals because the register did not confirm them.
    """

    relation: str
    full_name: str
    number: IdNumber | None
    birth: str = ""
    sex: str = ""
    residence: str = ""
    check: IdentityCheck | None = None
    without_number: str = ""
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class NotReceived:
    """What a person at the desk gets in place of a reception, and why.

    With ``documents``, each as ``{"name": "…", "note": "…"}``, they are guided to add them (mẫu 02); with none they are
    refused (mẫu 03).
    """

    reason: str
    documents: tuple[dict[str, str], ...] = ()

    @property
    def move(self) -> str:
        """Return the name of the move in ``states.MOVES``."""
        return "guide_walk_in" if self.documents else "refuse_walk_in"


def account_of_verified(dossier: Dossier) -> Citizen | None:
    """Return the account into which a dossier comes whose applicant was verified at the desk.

    None for an old card number: it may have two holders, and who has the account need not be this one.
    """
    if not (dossier.applicant_number and IdNumber(dossier.applicant_number).is_personal_number):
        return None
    return owner_of(number_digest=dossier.applicant_number_digest)


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
    owner: Owner | None = None,
    case_key: int | None = None,
    channel: int = Dossier.Channel.DESK,
    instead: NotReceived | None = None,
) -> Dossier:
    """Receive a dossier from a person at the desk, or give them form 02 or 03 for it: it gets its code at once.

    When the register could not be asked, nobody decides on it before; once received, it gets a ticket for a later
    question.

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
        owner: whose dossier it is, where the applicant files for another.
        case_key: the key of the procedure's case; None is the general one.
        channel: ``Dossier.Channel.DESK``, or ``POSTAL`` when the papers came by post.
        instead: why it is not received, where it is not.

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
        channel=channel,
        case_key=case_key,
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
        dossier.citizen = account_of_verified(dossier)
    move = states.MOVES[instead.move if instead else "receive"]
    try:
        with transaction.atomic():
            dossier.code = next_code(office.code, timezone.localdate(now))
            agree(dossier)
            beside: list[Model] = [] if owner is None else [_owner_row(dossier, owner)]
            if instead is not None and instead.documents:
                beside.append(
                    Supplement(
                        dossier=dossier,
                        documents=list(instead.documents),
                        reason=instead.reason,
                        asked_at=now,
                        asked_by=officer,
                    )
                )
            take_step(
                dossier=dossier,
                move=move,
                by=officer,
                now=now,
                reason=instead.reason if instead else "",
                beside=beside,
                **_told_to_the_log(dossier, instead),
            )
            write_words(dossier)
            if instead is None:
                queue_recheck(dossier, officer=officer, now=now)
    except IntegrityError:
        earlier = first_press(press_key=press_key, officer=officer, procedure=procedure, instead=instead)
        if earlier is None or not _is_same(earlier, dossier, owner):
            if Dossier.objects.filter(press_key=press_key).exists():
                raise PressKeyReused from None
            raise
        return earlier
    return dossier


def first_press(
    *, press_key: UUID, officer: User, procedure: Procedure, instead: NotReceived | None
) -> Dossier | None:
    """Return what the first press of a form made, if it was this officer's, here, for this procedure and to this end.

    Args:
        press_key: of the form.
        officer: who presses again.
        procedure: what is asked for now.
        instead: to what end this press is.
    """
    made = Dossier.objects.select_related("identity_check", "owner__identity_check").filter(
        press_key=press_key,
        office=officer.office_id,
        procedure=procedure,
        steps__origin=None,
        steps__actor=officer,
        steps__move=instead.move if instead else "receive",
    )
    return made.first()


def queue_recheck(dossier: Dossier, *, officer: User, now: datetime) -> None:
    """Give a received dossier its ticket for a later question, if its applicant still waits for the register.

    Call it in the transaction that receives the dossier.

    Args:
        dossier: as it is received.
        officer: who receives, and in whose name the register is asked.
        now: the moment.
    """
    if dossier.is_identity_awaited:
        begun = {"officer": officer, "queued_at": now, "not_before": now}
        Recheck.objects.get_or_create(dossier=dossier, defaults=begun)


def _told_to_the_log(dossier: Dossier, instead: NotReceived | None) -> dict[str, Any]:
    """Return the audit event of a reception, and what it carries; other moves have the one of all moves."""
    if instead is not None:
        return {}
    said = {"procedure": dossier.procedure.code}
    if dossier.by_hand_reason:
        return {
            "event": "dossier.received_by_hand",
            "details": said | {"reason": dossier.by_hand_reason},
        }
    return {"event": "dossier.received", "details": said}


def _owner_row(dossier: Dossier, owner: Owner) -> DossierOwner:
    kept = DossierOwner(
        dossier=dossier,
        relation=owner.relation,
        full_name=owner.full_name,
        birth=owner.birth,
        sex=owner.sex,
        residence=owner.residence,
        identity_check=owner.check,
        without_number=owner.without_number,
        is_by_hand=owner.is_by_hand,
    )
    kept.set_number(owner.number)
    return kept


def _is_same(earlier: Dossier, again: Dossier, owner: Owner | None) -> bool:
    """Say whether two presses of one form name the same two persons."""
    same = ("applicant_name", "applicant_birth", "applicant_number_digest")
    if any(getattr(earlier, field) != getattr(again, field) for field in same):
        return False
    kept = owner_in(earlier)
    if kept is None or owner is None:
        return kept is None and owner is None
    number = digest("number", owner.number.digits) if owner.number else ""
    return (kept.full_name, kept.birth, kept.number_digest) == (owner.full_name, owner.birth, number)


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
