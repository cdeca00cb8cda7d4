"""What came out of a dossier, and how it reaches the citizen."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from motcua.accounts.models import User
from motcua.accounts.rights import Right
from motcua.dossiers import states
from motcua.dossiers.access import may_do
from motcua.dossiers.fees import refuse_unpaid
from motcua.dossiers.files.reading import PaperRefused
from motcua.dossiers.models import Dossier, Paper, Result
from motcua.dossiers.papers import Allow, delete_papers, store
from motcua.dossiers.states import MoveRefused
from motcua.dossiers.steps import NotYours, take_step

MOST_RESULTS: Final = 20
# While these last the files of the result may be changed; later they are what was decided.
UNDECIDED: Final = states.MOVES["finish"].origins


def may_add_results(user: User, dossier: Dossier) -> bool:
    """Say whether somebody may add and remove the files of a dossier's result, wherever the dossier is."""
    return may_do(user, Right.PROCESS, dossier) or may_do(user, Right.FINISH, dossier)


def add_result_paper(*, dossier: Dossier, upload: UploadedFile[bytes], by: User, now: datetime) -> Paper:
    """Keep one file of the result, before the result is noted.

    Args:
        dossier: which; its row is read anew.
        upload: as the browser sent it.
        by: an official who deals with it or decides on it.
        now: the moment.

    Raises:
        PaperRefused: the file cannot be taken, or there are too many.
        steps.NotYours: not at this hand.
        states.MoveRefused: it is not being dealt with.
    """
    paper, allow = in_result(dossier=dossier, by=by, now=now)
    return store(paper, upload, now=now, allow=allow)


def in_result(*, dossier: Dossier, by: User, now: datetime) -> tuple[Paper, Allow]:
    """Return the row to be of a result's file, and what must allow it; arguments as for ``add_result_paper``."""

    def allow() -> None:
        fresh = _undecided(dossier.pk, by)
        if fresh.papers.results().count() >= MOST_RESULTS:
            raise PaperRefused("too_many")
        _touch(fresh, now)

    return Paper(dossier=dossier, kind=Paper.Kind.RESULT), allow


def remove_result_paper(*, dossier: Dossier, paper_id: UUID, by: User, now: datetime) -> None:
    """Take a file out of the result and delete it; a file that is not there any more is no mistake.

    Raises:
        steps.NotYours, states.MoveRefused: as for ``add_result_paper``.
    """
    with transaction.atomic():
        fresh = _undecided(dossier.pk, by)
        delete_papers(fresh.papers.results().filter(pk=paper_id), now=now)
        _touch(fresh, now)


def finish(*, dossier: Dossier, is_granted: bool, summary: str, by: User, now: datetime) -> Result:
    """Note the result of a dossier; its files are papers of kind *result* that were added before.

    Args:
        dossier: which.
        is_granted: whether the citizen gets what was asked for.
        summary: the result in words, such as the number of a certificate or why it was refused.
        by: an official with the right.
        now: the moment.

    Raises:
        steps.NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        said = {"is_granted": is_granted, "summary": summary, "made_at": now, "made_by": by}
        # Before the step, of which others are told with the result; a step that is refused takes it back.
        result, _ = Result.objects.update_or_create(dossier=fresh, defaults=said)
        take_step(dossier=fresh, move=states.MOVES["finish"], by=by, now=now)
    return result


def hand_out(
    *,
    dossier: Dossier,
    how: str,
    by: User,
    now: datetime,
    collected_by: str = "",
    has_authority: bool = False,
) -> Dossier:
    """Give the result to the citizen, who thereby has it.

    Args:
        dossier: which.
        how: a value of ``Dossier.Collecting``; a citizen collects their own online and no other way.
        by: the citizen, or an official with the right.
        now: the moment.
        collected_by: the name of who took it at the desk.
        has_authority: whether it was somebody else, with a letter of authority (NĐ 61/2018, Điều 6.2.b).

    Raises:
        ValueError: a citizen collects otherwise than online.
        fees.Unpaid: something is still to be paid.
        steps.NotYours, states.MoveRefused: nothing was changed.
    """
    if by.is_citizen and how != Dossier.Collecting.ONLINE:
        raise ValueError("a citizen collects online")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        refuse_unpaid(fresh)
        take_step(dossier=fresh, move=states.MOVES["hand_out"], by=by, now=now)
        Result.objects.filter(dossier=fresh).update(
            collected_how=how, collected_by=collected_by, has_authority=has_authority
        )
    return fresh


def _undecided(pk: UUID, by: User) -> Dossier:
    fresh = Dossier.objects.locked(pk)
    if not may_add_results(by, fresh):
        raise NotYours("results")
    if fresh.status not in UNDECIDED:
        raise MoveRefused("its result stands, or it is not being dealt with")
    return fresh


def _touch(dossier: Dossier, now: datetime) -> None:
    """Let a page on which somebody is about to decide know that the files are others now."""
    dossier.saved_at = now
    dossier.save(update_fields=["saved_at"])
