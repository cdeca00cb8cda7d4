"""The files of a dossier: kept under a name that tells nothing, read by whom they concern, deleted with their row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import UploadedFile
from django.db import InterfaceError, OperationalError, transaction

from motcua.accounts import second_factor
from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.access import is_own, sees
from motcua.dossiers.fees import unpaid
from motcua.dossiers.files import store as files
from motcua.dossiers.files.previews import order_preview, refuse_locked
from motcua.dossiers.files.reading import PaperRefused, ReadPaper, read_paper
from motcua.dossiers.filing_holds import locked_draft, refuse_held, touch
from motcua.dossiers.models import Dossier, Paper
from motcua.procedures.models import RequiredDocument
from motcua.web.statements import Kept

MOST_PAPERS: Final = 40
_READABLE_RESULT: Final = frozenset({states.FINISHED, states.RETURNED})
# Called in the transaction that keeps a paper's row; whatever it raises stops it.
Allow = Callable[[], None]
_PAPERS: Final = Kept(lambda pk: Paper.objects.filter(dossier=pk).select_related("supplement"))
_log = logging.getLogger("motcua.papers")


def add_paper(
    *,
    dossier: Dossier,
    document: RequiredDocument | None,
    upload: UploadedFile[bytes],
    now: datetime,
    kind: Paper.Kind = Paper.Kind.GIVEN,
) -> Paper:
    """Keep one file of a draft.

    Args:
        dossier: the draft.
        document: which document of the procedure's list it is; None for another paper.
        upload: as the browser sent it.
        now: the moment.
        kind: a paper of the procedure, or the one by which the filer acts for the owner.

    Raises:
        PaperRefused: the file cannot be taken, or there are too many.
        Held: the draft must go back to its first step.
        NotADraft: it has been filed.
    """
    paper, allow = in_draft(dossier=dossier, document=document, now=now, kind=kind)
    return store(paper, upload, now=now, allow=allow)


def in_draft(
    *, dossier: Dossier, document: RequiredDocument | None, now: datetime, kind: Paper.Kind = Paper.Kind.GIVEN
) -> tuple[Paper, Allow]:
    """Return the row to be of a draft's paper, and what must allow it; arguments as for ``add_paper``."""

    def allow() -> None:
        draft = locked_draft(dossier.pk)
        refuse_held(draft, now)
        refuse_too_many(draft.papers.count())
        touch(draft, now)

    name = document.name if document else ""
    return Paper(dossier=dossier, kind=kind, document=document, document_name=name), allow


def remove_paper(*, dossier: Dossier, paper_id: UUID, now: datetime) -> None:
    """Take a file out of a draft and delete it; a file that is not there any more is no mistake.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = locked_draft(dossier.pk)
        delete_papers(draft.papers.filter(pk=paper_id), now=now)
        touch(draft, now)


def one_by_one() -> Callable[[UploadedFile[bytes], Callable[[], object]], str]:
    """Return what keeps the files of one press, one after the other, and says of one that is refused why.

    A store that is away is waited for once: no proxy waits for the sum.
    """
    is_away = False

    def kept(upload: UploadedFile[bytes], keep: Callable[[], object]) -> str:
        nonlocal is_away
        try:
            if is_away:
                raise PaperRefused("away")
            keep()
        except PaperRefused as refused:
            is_away = refused.reason == "away"
            return f"{upload.name}: {refused.message}"
        return ""

    return kept


def store(paper: Paper, upload: UploadedFile[bytes], *, now: datetime, allow: Allow) -> Paper:
    """Read a file and keep it; when it may not be kept after all, nothing stays in the store.

    The file is written before the transaction, so a store that is slow or away holds up nobody else.

    Args:
        paper: the row to be, which says whose and what it is.
        upload: as the browser sent it.
        now: the moment.
        allow: what must allow it.

    Raises:
        PaperRefused: the file cannot be taken, or the store cannot be used now.
    """
    read = read_paper(upload)
    refuse_locked(read)
    return keep(paper, read, now=now, allow=allow)


def keep(paper: Paper, read: ReadPaper, *, now: datetime, allow: Allow) -> Paper:
    """Keep a file that has been read, as ``store`` does."""
    paper.original_name, paper.media_type, paper.uploaded_at = read.name, read.media_type, now
    paper.size, paper.sha256 = len(read.content), read.sha256
    try:
        files.keep(paper, read.content, read.preview)
    except OSError as error:
        _log.error("papers.store_away error=%s", type(error).__name__)
        raise PaperRefused("away") from None
    try:
        with transaction.atomic():
            allow()
            paper.save(force_insert=True)
            order_preview(paper, now=now)
    except (OperationalError, InterfaceError):
        raise  # nobody knows whether the row is there; if it is not, the sweep finds the file
    except BaseException:
        files.drop(paper)
        raise
    return paper


def refuse_too_many(count: int) -> None:
    """Refuse a further file where there are as many as one dossier may bring. Raises PaperRefused."""
    if count >= MOST_PAPERS:
        raise PaperRefused("too_many")


def delete_papers(papers: Iterable[Paper], *, now: datetime) -> None:
    """Delete rows now, and have their files deleted once that is certain; runs in a transaction."""
    gone = list(papers)
    files.forget(gone, now=now)
    for paper in gone:
        paper.delete()


def sent_papers(dossier: Dossier) -> list[Paper]:
    """Return the papers of a dossier, results among them; none of an answer that was not sent yet."""
    return [paper for paper in _PAPERS.of(dossier.pk) if not paper.is_unsent]


def came_in(*, dossier: Dossier, until: datetime | None) -> list[Paper]:
    """Return the papers that came in online and were sent, until a moment or ever; no result."""
    return [
        paper
        for paper in sent_papers(dossier)
        if paper.kind != Paper.Kind.RESULT and (until is None or paper.uploaded_at <= until)
    ]


def may_read_papers(*, dossier: Dossier, user: User | AnonymousUser) -> bool:
    """Say whether somebody may open what belongs to a dossier: its owner, and once it is filed who sees it at work."""
    if is_own(user, dossier):
        return True
    return user.is_authenticated and sees(user, dossier) and not second_factor.is_missing(user)


def may_read_paper(*, paper: Paper, user: User | AnonymousUser) -> bool:
    """Say whether somebody may open one file: the citizen sees a result once it is settled and paid for.

    Args:
        paper: with its dossier and the dossier's citizen.
        user: who asks.
    """
    dossier = paper.dossier
    if paper.kind == Paper.Kind.RESULT and is_own(user, dossier):
        return dossier.status in _READABLE_RESULT and not unpaid(dossier)
    if paper.is_unsent and not is_own(user, dossier):
        return False
    return may_read_papers(dossier=dossier, user=user)
