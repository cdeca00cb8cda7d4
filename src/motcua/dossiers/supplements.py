"""Papers that are still missing: asked for (mẫu 02), answered file by file, received when they have come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.accounts.rights import Right
from motcua.audit.service import record
from motcua.dossiers import national_portal, states
from motcua.dossiers.access import is_own, may_do
from motcua.dossiers.intake import queue_recheck
from motcua.dossiers.models import Dossier, Paper, Supplement
from motcua.dossiers.notifications import tell_officials
from motcua.dossiers.papers import Allow, delete_papers, refuse_too_many, store
from motcua.dossiers.steps import take_step
from motcua.web.languages import in_vietnamese


class NothingAsked(ValueError):
    """No request for papers is open, or its answer has been sent."""


class NothingGiven(ValueError):
    """Not one file was given; ``missing`` lists what was asked for."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(f"{len(missing)} papers missing")
        self.missing = missing


def ask_supplement(
    *, dossier: Dossier, documents: list[dict[str, str]], reason: str, by: User, now: datetime
) -> Supplement:
    """Ask for further papers, all of them at once; the time limit stands still until they are received.

    Another request replaces one that is still open.

    Args:
        dossier: which.
        documents: what is to be added, each as ``{"name": "…", "note": "…"}``; at least one.
        reason: why, for the citizen to read.
        by: an official with the right.
        now: the moment.

    Raises:
        ValueError: no document is named.
        steps.NotYours, states.MoveRefused: nothing was asked.
    """
    if not documents:
        raise ValueError("a request for papers names at least one")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        asked = Supplement(dossier=fresh, documents=documents, reason=reason, asked_at=now, asked_by=by)
        move = states.MOVES["ask_supplement"]
        take_step(dossier=fresh, move=move, by=by, now=now, reason=reason, beside=[asked])
    return asked


def request_open(dossier: Dossier) -> Supplement | None:
    """Return the request for papers that is open, answered or not; None when there is none."""
    if dossier.status != states.SUPPLEMENT:
        return None
    return dossier.supplements.filter(closed_at=None).first()


def add_answer(
    *,
    dossier: Dossier,
    item: str,
    upload: UploadedFile[bytes],
    by: User,
    now: datetime,
    asked: Supplement | None = None,
) -> Paper:
    """Keep one file of an answer that is not sent yet.

    Args:
        dossier: the citizen's own.
        item: the name of the paper as it was asked for; empty for anything else.
        upload: as the browser sent it.
        by: the citizen.
        now: the moment.
        asked: the request that the citizen has read; left out, the one that is open.

    Raises:
        PaperRefused: the file cannot be taken, or there are too many.
        NothingAsked: no request is open, or another one than the citizen has read.
    """
    paper, allow = in_answer(dossier=dossier, item=item, by=by, asked=asked)
    return store(paper, upload, now=now, allow=allow)


def in_answer(
    *, dossier: Dossier, item: str, by: User, asked: Supplement | None = None
) -> tuple[Paper, Allow]:
    """Return the row to be of an answer's paper, and what must allow it; arguments as for ``add_answer``."""
    paper = Paper(dossier=dossier, kind=Paper.Kind.GIVEN, document_name=item[:500])

    def allow() -> None:
        paper.supplement = _unanswered(dossier.pk, by, asked)
        refuse_too_many(paper.supplement.papers.count())

    return paper, allow


def remove_answer(*, dossier: Dossier, paper_id: UUID, by: User, now: datetime) -> None:
    """Take a file out of an answer that is not sent yet; a file that is not there any more is no mistake.

    Raises:
        NothingAsked: no request is open, or the answer has been sent.
    """
    with transaction.atomic():
        delete_papers(_unanswered(dossier.pk, by).papers.filter(pk=paper_id), now=now)


@in_vietnamese()
def send_answer(
    *, dossier: Dossier, brings_rest: bool, by: User, now: datetime, asked: Supplement | None = None
) -> Supplement:
    """Send the answer: the office is told, and its officer receives the papers (``take_supplement``).

    Args:
        dossier: the citizen's own.
        brings_rest: whether what has no file will be handed in at the office.
        by: the citizen.
        now: the moment.
        asked: as for ``add_answer``.

    Raises:
        NothingGiven: something has no file, and will not be brought either; or there is no file at all.
        NothingAsked: no request is open, or another one, or the answer has been sent.
    """
    with transaction.atomic():
        asked = _unanswered(dossier.pk, by, asked)
        openable = asked.papers.exclude(scan=Paper.Scan.INFECTED)
        given = set(openable.values_list("document_name", flat=True))
        missing = [one["name"] for one in asked.documents if one["name"][:500] not in given]
        if not given or (missing and not brings_rest):
            raise NothingGiven(missing)
        asked.answered_at = now
        asked.save(update_fields=["answered_at"])
        fresh = asked.dossier
        fresh.saved_at = now
        fresh.save(update_fields=["saved_at"])
        record(
            name="dossier.supplemented",
            now=now,
            actor=by,
            office_code=fresh.office.code,
            subject=str(fresh.code),
            details={"count": asked.papers.count()},
        )
        text = _("Hồ sơ %(code)s: công dân đã gửi giấy tờ bổ sung. Vui lòng xem và tiếp nhận.")
        tell_officials(fresh, _told(fresh, asked), text % {"code": fresh.code}, now=now)
        national_portal.tell(fresh, act=_("Gửi giấy tờ bổ sung"), by=by, now=now, is_changed=True)
    return asked


def take_supplement(*, dossier: Dossier, by: User, now: datetime) -> Dossier:
    """Receive what was missing: the time limit starts anew, from zero (NĐ 61/2018, Điều 19.4).

    Args:
        dossier: which; papers may have come online or over the counter.
        by: an official with the right.
        now: the moment.

    Raises:
        steps.NotYours, states.MoveRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        take_step(dossier=fresh, move=states.MOVES["take_supplement"], by=by, now=now)
        queue_recheck(fresh, officer=by, now=now)  # who was guided at the desk while the register was silent
    return fresh


def _unanswered(pk: UUID, by: User, read: Supplement | None = None) -> Supplement:
    """Return the request that waits for an answer; its dossier's row stays ours until the transaction ends.

    Raises NothingAsked: there is none, or it is another than the one that was read.
    """
    dossier = Dossier.objects.locked(pk)
    asked = request_open(dossier) if is_own(by, dossier) else None
    if asked is None or asked.answered_at is not None or (read is not None and read.pk != asked.pk):
        raise NothingAsked
    asked.dossier = dossier
    return asked


def _told(dossier: Dossier, asked: Supplement) -> list[User]:
    """Return who asked, who deals with it, and whoever may receive it at its office."""
    people = {asked.asked_by_id, dossier.holder_id} - {None}
    places = {dossier.office_id, dossier.holder_office_id} - {None}
    there = User.objects.filter(is_active=True, office__isnull=False)
    concerned = there.filter(Q(office__in=places) | Q(pk__in=people))
    return [user for user in concerned if user.pk in people or may_do(user, Right.RECEIVE, dossier)]
