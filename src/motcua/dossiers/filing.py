"""A citizen's side of a dossier: begun, confirmed, given papers, filed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from motcua.accounts.models import Citizen, Office
from motcua.accounts.service import Contact
from motcua.dossiers import states
from motcua.dossiers.agreed_terms import AGREED, agree
from motcua.dossiers.codes import next_code
from motcua.dossiers.filing_checks import ask_about
from motcua.dossiers.filing_holds import (
    Held,
    Hold,
    NotADraft,
    citizen_of,
    hold_of_filer,
    locked_draft,
    refuse_held,
    write_draft,
)
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.owners import needs_authority
from motcua.dossiers.papers import delete_papers
from motcua.dossiers.search import write_words
from motcua.dossiers.steps import take_step
from motcua.identity.claims import IdentityClaim
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.procedures.service import offices_online
from motcua.verification.models import IdentityCheck
from motcua.verification.service import NO_PRESS, Asker, Press

# Who saw which text of the notice above the button "Đồng ý và tiếp tục"; a new text gets a new version.
CONSENT_VERSION: Final = "2026-11"

_APPLICANT_FIELDS: Final = (
    "identity_check",
    "applicant_name",
    "applicant_birth",
    "applicant_number",
    "applicant_number_digest",
    "applicant_number_masked",
)


class ConsentMissing(ValueError):
    """The press of the button did not carry the present text of the notice; nobody was asked."""


class OathMissing(ValueError):
    """The applicant has not sworn that everything is true."""


class ChangedMeanwhile(ValueError):
    """The draft is not what the page showed on which its applicant swore."""


class PapersMissing(ValueError):
    """Required documents have not been given; ``documents`` lists them.

    ``lacks_authority``: the paper by which the filer acts for the owner is missing.
    """

    def __init__(self, documents: list[RequiredDocument], *, lacks_authority: bool = False) -> None:
        super().__init__(f"{len(documents)} required documents missing")
        self.documents = documents
        self.lacks_authority = lacks_authority


def start_draft(*, citizen: Citizen, procedure: Procedure, office: Office, now: datetime) -> Dossier:
    """Begin a dossier, or go on with the draft that the citizen has for the same procedure and office.

    Args:
        citizen: the account that files.
        procedure: one that can be filed online.
        office: the receiving office.
        now: the moment.

    Raises:
        ValueError: the procedure cannot be filed online, or the office does not take it online.
    """
    if not (procedure.is_online and procedure.is_active):
        raise ValueError("this procedure cannot be filed online")
    if not offices_online(procedure).filter(pk=office.pk).exists():
        raise ValueError("this office does not take this procedure online")
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
    said: dict[str, Any] = {
        "phone": contact.phone,
        "email": contact.email,
        "current_residence": contact.address,
        "consent_version": consent_version,
        "consented_at": now,
        "saved_at": now,
    }
    if dossier.identity_check is not None and hold_of_filer(dossier=dossier, now=now) is None:
        write_draft(dossier.pk, **said)
        return dossier.identity_check
    claim = citizen_of(dossier).claim()
    return ask_about(
        claim,
        dossier=dossier,
        purpose="Nộp hồ sơ trực tuyến",
        said=said,
        end=lambda check: _end_asking(dossier, claim, check),
        asker=asker,
        press=press,
        now=now,
    )


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


def choose_case(*, dossier: Dossier, case_key: int | None, now: datetime) -> None:
    """Note which case of its procedure a draft is; the papers already given stay.

    Args:
        dossier: the draft; brought up to date.
        case_key: of one of the procedure's cases; None where it has none.
        now: the moment.

    Raises:
        ValueError: the procedure has no such case.
        NotADraft: it has been filed.
    """
    if case_key == dossier.case_key:
        return
    if case_key is not None and not dossier.procedure.cases.filter(pk=case_key).exists():
        raise ValueError("this procedure has no such case")
    write_draft(dossier.pk, case_key=case_key, saved_at=now)
    dossier.case_key = case_key


def choose_collecting(*, dossier: Dossier, collecting: str) -> None:
    """Note how the citizen wants to get the result; until there is one.

    Args:
        dossier: the draft, or the dossier under way; brought up to date.
        collecting: a value of ``Dossier.Collecting``.

    Raises:
        ValueError: no such way, or there is a result, or none will come.
    """
    if collecting not in Dossier.Collecting.values:
        raise ValueError("no such way of collecting")
    still = Dossier.objects.filter(pk=dossier.pk, status__in=states.OPEN | {states.DRAFT})
    if not still.update(collecting=collecting):
        raise ValueError("the way of collecting is settled")
    dossier.collecting = collecting


def asked_documents(dossier: Dossier) -> list[RequiredDocument]:
    """List the documents that are handed in with a draft: those of all cases, and those of its own."""
    return [
        document
        for document in dossier.procedure.documents.all()
        if document.kind == RequiredDocument.Kind.SUBMIT and document.case_id in (None, dossier.case_key)
    ]


def missing_documents(dossier: Dossier) -> list[RequiredDocument]:
    """List the required documents of a draft for which no file has been given that can be opened."""
    given = {paper.document_id for paper in dossier.papers.all() if not paper.is_sealed_away}
    return [one for one in asked_documents(dossier) if one.is_required and one.pk not in given]


def refuse_incomplete(*, dossier: Dossier, now: datetime) -> None:
    """Refuse a draft that is not ready to be reviewed.

    Raises:
        NotADraft: it has been filed.
        Held: it must go back to its first step.
        PapersMissing: required documents have not been given.
    """
    if dossier.status != states.DRAFT:
        raise NotADraft
    refuse_held(dossier, now)
    missing = missing_documents(dossier)
    lacks_authority = needs_authority(dossier) and not any(
        paper.kind == Paper.Kind.AUTHORITY and not paper.is_sealed_away for paper in dossier.papers.all()
    )
    if missing or lacks_authority:
        raise PapersMissing(missing, lacks_authority=lacks_authority)


def mark_of(draft: Dossier) -> str:
    """Return what tells a page that shows a draft as it is from one that shows it as it was."""
    return f"{draft.saved_at.timestamp():.6f}"


def submit(*, dossier: Dossier, has_sworn: bool, now: datetime, mark: str = "") -> Dossier:
    """File a draft: it gets its code and waits in the office's queue. The second press files nothing more.

    Args:
        dossier: the draft, or the dossier that the first press made of it.
        has_sworn: whether the applicant has sworn that everything is true.
        now: the moment.
        mark: of what was shown to who swore (``mark_of``); left out, of whatever it is now.

    Returns:
        The dossier as filed.

    Raises:
        OathMissing: not sworn.
        ChangedMeanwhile: it was changed since it was shown.
        Held: it must go back to its first step.
        PapersMissing: required documents have not been given.
    """
    with transaction.atomic():
        draft = Dossier.objects.locked(dossier.pk)
        if draft.status != states.DRAFT:
            return draft
        if not has_sworn:
            raise OathMissing
        if mark and mark != mark_of(draft):
            raise ChangedMeanwhile
        refuse_incomplete(dossier=draft, now=now)
        is_offered = draft.procedure.is_active and draft.procedure.is_online
        if not (is_offered and offices_online(draft.procedure).filter(pk=draft.office_id).exists()):
            raise Held(Hold.NOT_TAKEN)
        agree(draft)
        draft.code = next_code(draft.office.code, timezone.localdate(now))
        draft.has_sworn, draft.submitted_at, draft.holder_office = True, now, draft.office
        draft.save(update_fields=[*AGREED, "code", "has_sworn", "submitted_at", "holder_office"])
        write_words(draft)
        take_step(
            dossier=draft,
            move=states.MOVES["submit"],
            by=citizen_of(draft).user,
            now=now,
            event="dossier.submitted",
            details={"procedure": draft.procedure.code},
        )
    return draft


def delete_draft(*, dossier: Dossier, now: datetime) -> None:
    """Delete a draft with its files, as its owner wants.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = locked_draft(dossier.pk)
        delete_papers(draft.papers.all(), now=now)
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
                delete_papers(draft.papers.all(), now=now)
                draft.delete()
                count += 1
    return count
