"""What is done to dossiers: begun, confirmed, given papers, filed, received."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.service import Contact, notify
from motcua.audit.service import record
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.numbering import next_code
from motcua.dossiers.papers import PaperRefused, read_paper
from motcua.identity.numbers import IdNumber
from motcua.identity.register import TouchPoint
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Asker, Purpose, carries, check_identity, claim_digest

CHECK_CARRIES: Final = timedelta(hours=24)
DRAFT_LIVES: Final = timedelta(days=30)
# Who saw which text of the notice above the button "Đồng ý và tiếp tục"; a new text gets a new version.
CONSENT_VERSION: Final = "2026-11"


MOST_PAPERS: Final = 40


class Hold(StrEnum):
    """Why a draft may not go on past its first step."""

    UNASKED = "unasked"
    PROFILE_CHANGED = "profile_changed"
    EXPIRED = "expired"


HOLD_TEXTS: Final[dict[Hold, Promise]] = {
    Hold.UNASKED: _("Vui lòng xem lại thông tin người nộp rồi bấm “Đồng ý và tiếp tục”."),
    Hold.PROFILE_CHANGED: _(
        "Thông tin cá nhân đã thay đổi sau lần kiểm tra trước. Vui lòng bấm “Đồng ý và tiếp tục” để kiểm tra lại."
    ),
    Hold.EXPIRED: _(
        "Lần kiểm tra danh tính trước đã quá 24 giờ. Vui lòng bấm “Đồng ý và tiếp tục” để kiểm tra lại."
    ),
}


class Held(Exception):
    """The draft must go back to its first step; ``hold`` says why."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.value)
        self.hold = hold


class NotADraft(ValueError):
    """The dossier has been filed; nothing about it can be changed here."""


class ConsentMissing(ValueError):
    """The press of the button did not carry the present text of the notice; nobody was asked."""


class OathMissing(ValueError):
    """The applicant has not sworn that everything is true."""


class PapersMissing(ValueError):
    """Required documents have not been given; ``documents`` lists them."""

    def __init__(self, documents: list[RequiredDocument]) -> None:
        super().__init__(f"{len(documents)} required documents missing")
        self.documents = documents


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


def start_draft(*, citizen: Citizen, procedure: Procedure, office: Office, now: datetime) -> Dossier:
    """Begin a dossier, or go on with the draft that the citizen has for the same procedure and office.

    Args:
        citizen: the account that files.
        procedure: one that can be filed online.
        office: the receiving office.
        now: the moment.

    Raises:
        ValueError: the procedure cannot be filed online, or the office receives nothing.
    """
    if not (procedure.is_online and procedure.is_active):
        raise ValueError("this procedure cannot be filed online")
    if not office.is_active:
        raise ValueError("this office receives no dossiers")
    draft, _ = Dossier.objects.get_or_create(
        citizen=citizen,
        procedure=procedure,
        office=office,
        status=states.move(origin=None, target=states.DRAFT, actor=states.Actor.CITIZEN),
        defaults={
            "channel": Dossier.Channel.ONLINE,
            "applicant_name": citizen.full_name,
            "phone": citizen.phone,
            "email": citizen.email,
            "current_residence": citizen.address,
            "created_at": now,
            "saved_at": now,
        },
    )
    return draft


def hold_of(*, dossier: Dossier, now: datetime) -> Hold | None:
    """Say why a draft may not go on past its first step; None when it may.

    Args:
        dossier: with its citizen's present profile.
        now: the moment.
    """
    check, citizen = dossier.identity_check, dossier.citizen
    if check is None or citizen is None:
        return Hold.UNASKED
    claim = citizen.claim()
    if check.claim_digest != claim_digest(claim):
        return Hold.PROFILE_CHANGED
    if not carries(check=check, claim=claim, user=citizen.user, max_age=CHECK_CARRIES, now=now):
        return Hold.EXPIRED
    return None


def confirm_applicant(
    *, dossier: Dossier, contact: Contact, consent_version: str, asker: Asker, now: datetime
) -> IdentityCheck:
    """Keep how the applicant can be reached, then ask the register whether the account's owner is who they say.

    A verified check that still carries the draft is not asked again. What was typed is kept whatever the answer.

    Args:
        dossier: the draft.
        contact: telephone, e-mail and address as typed.
        consent_version: the version of the notice that stood above the button.
        asker: the citizen, as ``accounts.service.asker_of`` makes it.
        now: the moment.

    Returns:
        The check; the draft may go on if it is verified.

    Raises:
        ConsentMissing: another text of the notice, or none; nothing was asked.
        NotADraft: it has been filed.
        verification.service.Limited: too many wrong tries; nothing was asked.
    """
    if consent_version != CONSENT_VERSION:
        raise ConsentMissing
    with transaction.atomic():
        draft = _locked_draft(dossier.pk)
        draft.phone, draft.email, draft.current_residence = contact.phone, contact.email, contact.address
        draft.consent_version, draft.consented_at, draft.saved_at = consent_version, now, now
        draft.save(
            update_fields=[
                "phone",
                "email",
                "current_residence",
                "consent_version",
                "consented_at",
                "saved_at",
            ]
        )
    if draft.identity_check is not None and hold_of(dossier=draft, now=now) is None:
        return draft.identity_check
    claim = _citizen_of(draft).claim()
    check = check_identity(
        claim=claim,
        asker=asker,
        touch_point=TouchPoint.FILING,
        purpose=Purpose(
            text="Nộp hồ sơ trực tuyến",
            procedure_code=draft.procedure.code,
            npd_code=draft.procedure.npd_code,
            dossier_id=draft.pk,
        ),
        now=now,
    )
    if check.is_verified:
        with transaction.atomic():
            draft = _locked_draft(dossier.pk)
            draft.identity_check = check
            draft.applicant_name, draft.applicant_birth = claim.full_name, claim.birth_date.canonical()
            draft.set_applicant_number(claim.number)
            draft.save()
    return check


def add_paper(
    *, dossier: Dossier, document: RequiredDocument | None, upload: UploadedFile, now: datetime
) -> Paper:
    """Keep one file of a draft.

    Args:
        dossier: the draft.
        document: which document of the procedure's list it is; None for another paper.
        upload: as the browser sent it.
        now: the moment.

    Raises:
        PaperRefused: the file cannot be taken, or there are too many.
        Held: the draft must go back to its first step.
        NotADraft: it has been filed.
    """
    read = read_paper(upload)
    paper = Paper(
        dossier=dossier,
        document=document,
        original_name=read.name,
        media_type=read.media_type,
        size=len(read.content),
        sha256=read.sha256,
        uploaded_at=now,
    )
    paper.file.save(paper.random_file_name(), ContentFile(read.content), save=False)
    try:
        with transaction.atomic():
            draft = _locked_draft(dossier.pk)
            _refuse_held(draft, now)
            if draft.papers.count() >= MOST_PAPERS:
                raise PaperRefused("too_many")
            paper.save(force_insert=True)
            _touch(draft, now)
    except BaseException:
        paper.file.delete(save=False)
        raise
    return paper


def remove_paper(*, dossier: Dossier, paper_id: UUID, now: datetime) -> None:
    """Take a file out of a draft and delete it; a file that is not there any more is no mistake.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = _locked_draft(dossier.pk)
        _delete_papers(draft.papers.filter(pk=paper_id))
        _touch(draft, now)


def missing_documents(dossier: Dossier) -> list[RequiredDocument]:
    """List the required documents of a draft's procedure for which no file has been given."""
    return list(
        RequiredDocument.objects.filter(
            procedure=dossier.procedure_id, kind=RequiredDocument.Kind.SUBMIT, is_required=True
        ).exclude(pk__in=dossier.papers.exclude(document=None).values("document"))
    )


def refuse_incomplete(*, dossier: Dossier, now: datetime) -> None:
    """Refuse a draft that is not ready to be reviewed.

    Raises:
        NotADraft: it has been filed.
        Held: it must go back to its first step.
        PapersMissing: required documents have not been given.
    """
    if dossier.status != states.DRAFT:
        raise NotADraft
    _refuse_held(dossier, now)
    if missing := missing_documents(dossier):
        raise PapersMissing(missing)


def submit(*, dossier: Dossier, has_sworn: bool, now: datetime) -> Dossier:
    """File a draft: it gets its code and waits in the office's queue. The second press files nothing more.

    Args:
        dossier: the draft, or the dossier that the first press made of it.
        has_sworn: whether the applicant has sworn that everything is true.
        now: the moment.

    Returns:
        The dossier as filed.

    Raises:
        OathMissing: not sworn.
        Held: it must go back to its first step.
        PapersMissing: required documents have not been given.
    """
    with transaction.atomic():
        draft = _locked(dossier.pk)
        if draft.status != states.DRAFT:
            return draft
        if not has_sworn:
            raise OathMissing
        refuse_incomplete(dossier=draft, now=now)
        draft.status = states.move(origin=draft.status, target=states.SUBMITTED, actor=states.Actor.CITIZEN)
        draft.code = next_code(draft.office.code, timezone.localdate(now))
        draft.has_sworn = True
        draft.submitted_at = draft.saved_at = now
        draft.save(update_fields=["status", "code", "has_sworn", "submitted_at", "saved_at"])
        citizen = _citizen_of(draft)
        record(
            name="dossier.submitted",
            now=now,
            actor=citizen.user,
            office_code=draft.office.code,
            subject=draft.code,
            details={"procedure": draft.procedure.code},
        )
        notify(
            citizen=citizen,
            text=gettext("Đã nộp hồ sơ %(code)s: %(procedure)s.")
            % {"code": draft.code, "procedure": draft.procedure.name},
            now=now,
        )
    return draft


def may_read_papers(*, dossier: Dossier, user: User | AnonymousUser) -> bool:
    """Say whether somebody may open a dossier's files: its owner, and once it is filed the office it was filed with."""
    if not user.is_authenticated:
        return False
    if dossier.citizen is not None and dossier.citizen.user_id == user.pk:
        return True
    return user.is_officer and not dossier.is_draft and dossier.office_id == user.office_id


def delete_draft(*, dossier: Dossier) -> None:
    """Delete a draft with its files, as its owner wants.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = _locked_draft(dossier.pk)
        _delete_papers(draft.papers.all())
        draft.delete()


def delete_old_drafts(*, now: datetime) -> int:
    """Delete the drafts that nobody has saved for thirty days, with their files.

    Returns:
        How many.
    """
    old = Dossier.objects.filter(status=states.DRAFT, saved_at__lt=now - DRAFT_LIVES)
    count = 0
    for pk in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            for draft in old.select_for_update().filter(pk=pk):
                _delete_papers(draft.papers.all())
                draft.delete()
                count += 1
    return count


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
        ValueError: neither a verified check nor a reason, or both.
    """
    if officer.office_id != office.pk:
        raise NotThisOffice
    if (check is not None and check.is_verified) == bool(by_hand_reason):
        raise ValueError("a reception needs a verified check, or a reason why there is none")
    if by_hand_reason and by_hand_reason not in Dossier.ByHand.values:
        raise ValueError("unknown reason for receiving by hand")
    dossier = Dossier(
        procedure=procedure,
        office=office,
        channel=Dossier.Channel.DESK,
        status=states.move(origin=None, target=states.RECEIVED, actor=states.Actor.OFFICER),
        identity_check=check,
        by_hand_reason=by_hand_reason,
        received_documents=received_documents,
        applicant_name=applicant.full_name,
        applicant_sex=applicant.sex,
        applicant_birth=applicant.birth,
        permanent_residence=applicant.permanent_residence,
        current_residence=applicant.current_residence,
        phone=applicant.phone,
        email=applicant.email,
        created_at=now,
        saved_at=now,
        received_at=now,
        received_by=officer,
        press_key=press_key,
    )
    dossier.set_applicant_number(applicant.number)
    try:
        with transaction.atomic():
            if (earlier := Dossier.objects.filter(press_key=press_key).first()) is not None:
                return _same_press(earlier, dossier)
            dossier.code = next_code(office.code, timezone.localdate(now))
            dossier.save(force_insert=True)
            record(
                name="dossier.received_by_hand" if by_hand_reason else "dossier.received",
                now=now,
                actor=officer,
                office_code=office.code,
                subject=dossier.code,
                details={"procedure": procedure.code, "reason": by_hand_reason}
                if by_hand_reason
                else {"procedure": procedure.code},
            )
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
        fresh = _locked(dossier.pk)
        if fresh.status == states.RECEIVED:
            if fresh.received_by_id != officer.pk:
                raise AlreadyReceived
            return fresh
        fresh.status = states.move(origin=fresh.status, target=states.RECEIVED, actor=states.Actor.OFFICER)
        fresh.received_at = fresh.saved_at = now
        fresh.received_by = officer
        fresh.save(update_fields=["status", "received_at", "received_by", "saved_at"])
        record(
            name="dossier.taken_up",
            now=now,
            actor=officer,
            office_code=fresh.office.code,
            subject=str(fresh.code),
        )
        if fresh.citizen is not None:
            notify(
                citizen=fresh.citizen,
                text=gettext("%(office)s đã tiếp nhận hồ sơ %(code)s.")
                % {"office": fresh.office.name, "code": fresh.code},
                now=now,
            )
    return fresh


def _locked(pk: UUID) -> Dossier:
    """Return a dossier whose row stays ours until the transaction ends."""
    return (
        Dossier.objects.select_for_update(of=("self",))
        .select_related("office", "procedure", "citizen__user", "identity_check")
        .get(pk=pk)
    )


def _locked_draft(pk: UUID) -> Dossier:
    draft = _locked(pk)
    if draft.status != states.DRAFT:
        raise NotADraft
    return draft


def _citizen_of(draft: Dossier) -> Citizen:
    if draft.citizen is None:
        raise NotADraft
    return draft.citizen


def _refuse_held(draft: Dossier, now: datetime) -> None:
    if (hold := hold_of(dossier=draft, now=now)) is not None:
        raise Held(hold)


def _touch(draft: Dossier, now: datetime) -> None:
    draft.saved_at = now
    draft.save(update_fields=["saved_at"])


def _delete_papers(papers: Iterable[Paper]) -> None:
    """Delete rows now, and their files once that is certain."""
    for paper in papers:
        paper.delete()
        transaction.on_commit(lambda storage=paper.file.storage, name=paper.file.name: storage.delete(name))
