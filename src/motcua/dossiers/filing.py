"""A citizen's side of a dossier: begun, confirmed, given papers, filed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts import second_factor
from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.rights import Right
from motcua.accounts.service import Contact
from motcua.dossiers import states
from motcua.dossiers.access import may_do
from motcua.dossiers.agreeing import AGREED, agree
from motcua.dossiers.finding import write_words
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.moving import take_step
from motcua.dossiers.numbering import next_code
from motcua.dossiers.papers import PaperRefused, read_paper
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import TouchPoint
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    NO_PRESS,
    Asker,
    Press,
    Purpose,
    answer_to,
    carries,
    check_identity,
    claim_digest,
)

CHECK_CARRIES: Final = timedelta(hours=24)
# Who saw which text of the notice above the button "Đồng ý và tiếp tục"; a new text gets a new version.
CONSENT_VERSION: Final = "2026-11"


MOST_PAPERS: Final = 40
_SECONDS_TO_WRITE: Final = 5
_APPLICANT_FIELDS: Final = (
    "identity_check",
    "applicant_name",
    "applicant_birth",
    "applicant_number",
    "applicant_number_digest",
    "applicant_number_masked",
)


class Hold(StrEnum):
    """Why a draft may not go on past its first step."""

    UNASKED = "unasked"
    PROFILE_CHANGED = "profile_changed"
    EXPIRED = "expired"


HOLD_TEXTS: Final[dict[Hold, Promise]] = {
    Hold.UNASKED: _("Vui lòng xem lại thông tin dưới đây và đồng ý kiểm tra danh tính số để đi tiếp."),
    Hold.PROFILE_CHANGED: _(
        "Thông tin cá nhân đã thay đổi sau lần kiểm tra trước. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
    ),
    Hold.EXPIRED: _(
        "Lần kiểm tra danh tính trước đã quá 24 giờ. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
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


class StillAsking(Exception):
    """Another press of the same button still waits for the register's answer."""


class OathMissing(ValueError):
    """The applicant has not sworn that everything is true."""


class PapersMissing(ValueError):
    """Required documents have not been given; ``documents`` lists them."""

    def __init__(self, documents: list[RequiredDocument]) -> None:
        super().__init__(f"{len(documents)} required documents missing")
        self.documents = documents


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
        status=states.target_of(states.MOVES["draft"], origin=None),
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
    *,
    dossier: Dossier,
    contact: Contact,
    consent_version: str,
    asker: Asker,
    now: datetime,
    press: Press = NO_PRESS,
) -> IdentityCheck:
    """Keep how the applicant can be reached, then ask the register whether the account's owner is who they say.

    A verified check that still carries the draft is not asked again. What was typed is kept whatever the answer.

    Args:
        dossier: the draft.
        contact: telephone, e-mail and address as typed.
        consent_version: the version of the notice that stood above the button.
        asker: the citizen, as ``accounts.service.asker_of`` makes it.
        now: the moment.
        press: what came with the press of the button.

    Returns:
        The check; the draft may go on if it is verified.

    Raises:
        ConsentMissing: another text of the notice, or none; nothing was asked.
        NotADraft: it has been filed.
        StillAsking: another press is still waiting for the register's answer.
        verification.service.Limited, ChallengeNeeded, PressReused: nothing was asked.
    """
    if consent_version != CONSENT_VERSION:
        raise ConsentMissing
    if dossier.identity_check is not None and hold_of(dossier=dossier, now=now) is None:
        _keep_contact(dossier, contact, consent_version, now)
        return dossier.identity_check
    until = now + timedelta(seconds=settings.NPD["NPD_TOTAL_SECONDS"] + _SECONDS_TO_WRITE)
    citizen = _citizen_of(dossier)
    claim = citizen.claim()
    try:
        _keep_contact(dossier, contact, consent_version, now, asking_until=until)
    except StillAsking:
        if answered := answer_to(press=press, claim=claim, user=citizen.user):
            return answered
        raise
    check = None
    try:
        check = check_identity(
            claim=claim,
            asker=asker,
            touch_point=TouchPoint.FILING,
            purpose=Purpose(
                text="Nộp hồ sơ trực tuyến",
                procedure_code=dossier.procedure.code,
                npd_code=dossier.procedure.npd_code,
                dossier_id=dossier.pk,
                is_licensed=dossier.procedure.may_query,
            ),
            now=now,
            press=press,
        )
    finally:
        _end_asking(dossier, claim, check)
    return check


def _keep_contact(
    dossier: Dossier,
    contact: Contact,
    consent_version: str,
    now: datetime,
    *,
    asking_until: datetime | None = None,
) -> None:
    """Write what was typed; with ``asking_until`` only if no other press waits for the register until then."""
    drafts = Dossier.objects.filter(pk=dossier.pk, status=states.DRAFT)
    free = drafts.filter(Q(asking_until=None) | Q(asking_until__lte=now)) if asking_until else drafts
    is_written = free.update(
        phone=contact.phone,
        email=contact.email,
        current_residence=contact.address,
        consent_version=consent_version,
        consented_at=now,
        saved_at=now,
        asking_until=asking_until,
    )
    if not is_written:
        raise StillAsking if drafts.exists() else NotADraft


def _end_asking(dossier: Dossier, claim: IdentityClaim, check: IdentityCheck | None) -> None:
    """Write down a yes; after anything else only let the next press ask."""
    changed = ["asking_until"]
    dossier.asking_until = None
    if check is not None and check.is_verified:
        dossier.identity_check = check
        dossier.applicant_name, dossier.applicant_birth = claim.full_name, claim.birth_date.canonical()
        dossier.set_applicant_number(claim.number)
        changed += _APPLICANT_FIELDS
    values = {field: getattr(dossier, field) for field in changed}
    Dossier.objects.filter(pk=dossier.pk, status=states.DRAFT).update(**values)


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
        document_name=document.name if document else "",
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
        draft = Dossier.objects.locked(dossier.pk)
        if draft.status != states.DRAFT:
            return draft
        if not has_sworn:
            raise OathMissing
        refuse_incomplete(dossier=draft, now=now)
        agree(draft)
        draft.code = next_code(draft.office.code, timezone.localdate(now))
        draft.has_sworn, draft.submitted_at, draft.holder_office = True, now, draft.office
        draft.save(update_fields=[*AGREED, "code", "has_sworn", "submitted_at", "holder_office"])
        write_words(draft)
        take_step(
            dossier=draft,
            move=states.MOVES["submit"],
            by=_citizen_of(draft).user,
            now=now,
            event="dossier.submitted",
            details={"procedure": draft.procedure.code},
        )
    return draft


def may_read_papers(*, dossier: Dossier, user: User | AnonymousUser) -> bool:
    """Say whether somebody may open a dossier's files: its owner, and once it is filed the office it was filed with."""
    if not user.is_authenticated:
        return False
    if dossier.citizen is not None and dossier.citizen.user_id == user.pk:
        return True
    return may_do(user, Right.SEE_DOSSIERS, dossier) and not second_factor.is_missing(user)


def delete_draft(*, dossier: Dossier) -> None:
    """Delete a draft with its files, as its owner wants.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = _locked_draft(dossier.pk)
        _delete_papers(draft.papers.all())
        draft.delete()


def delete_old_drafts(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the drafts that nobody has saved for ``KEEP_DRAFTS_DAYS``, with their files.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    lives = timedelta(days=settings.KEEP_DRAFTS_DAYS)
    old = Dossier.objects.filter(status=states.DRAFT, saved_at__lt=now - lives)
    if dry_run:
        return old.count()
    count = 0
    for pk in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            for draft in old.select_for_update().filter(pk=pk):
                _delete_papers(draft.papers.all())
                draft.delete()
                count += 1
    return count


def _locked_draft(pk: UUID) -> Dossier:
    draft = Dossier.objects.locked(pk)
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
