"""Papers that a citizen gave before, used again: the stored file is copied, so each dossier keeps what it was given.

Whose papers they are is told by the dossier's citizen, who filed it, also where it is another's; its owner and the desk
get nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from motcua.accounts.models import Citizen, User
from motcua.dossiers import states
from motcua.dossiers.files.reading import PaperRefused, ReadPaper
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.paper_lines import PaperLine
from motcua.dossiers.papers import keep
from motcua.procedures.search import fold
from motcua.procedures.service import UNSHOWN

_MOST_LOOKED_AT: Final = 500  # the newest; forty are the most that one dossier takes


class AlreadyThere(ValueError):
    """The same file stands at this place already."""


@dataclass(slots=True)
class KeptPaper:
    """One file that a citizen has here, once or several times; ``uses`` are its rows, the newest first."""

    uses: list[Paper] = field(default_factory=list)

    @property
    def newest(self) -> Paper:
        """Return the row by which it is opened and used again."""
        return self.uses[0]

    @property
    def is_sealed(self) -> bool:
        """Say whether it is not opened any more, because a virus was found in it."""
        return any(paper.scan == Paper.Scan.INFECTED for paper in self.uses)


def kept_by(citizen: Citizen, words: str = "") -> list[KeptPaper]:
    """Return what a citizen gave with their dossiers and drafts, and the results that they collected, newest first.

    Args:
        citizen: whose.
        words: only what has all these words in its names, its procedure's or its code; accents do not matter.
    """
    by_content: dict[tuple[str, str], KeptPaper] = {}
    for paper in _own(citizen)[:_MOST_LOOKED_AT]:
        by_content.setdefault((paper.sha256, paper.original_name), KeptPaper()).uses.append(paper)
    wanted = fold(words[:100]).split()
    return [one for one in by_content.values() if all(word in _searched(one.uses) for word in wanted)]


def said_of(paper: Paper) -> str:
    """Return what a paper is, as people read it."""
    if paper.kind == Paper.Kind.RESULT:
        return _("Kết quả hồ sơ %s") % paper.dossier.code
    if paper.kind == Paper.Kind.AUTHORITY:
        return _("Giấy tờ chứng minh được nộp thay")
    return paper.document_name or _("Giấy tờ khác")


def reuse_paper(
    *, paper_id: UUID, citizen: Citizen, dossier: Dossier, line: PaperLine, by: User, now: datetime
) -> Paper:
    """Copy a paper that a citizen has here to one of their dossiers.

    Args:
        paper_id: of the paper that is used again.
        citizen: whose it is.
        dossier: the citizen's own, to which it is copied.
        line: what it is given for.
        by: the citizen's user.
        now: the moment.

    Raises:
        Paper.DoesNotExist: it is not theirs, is no more, or holds a virus.
        PaperRefused: there are too many, or its file can no longer be read.
        AlreadyThere: nothing was changed.
        Held, NotADraft, NothingAsked: the dossier takes no papers there now.
    """
    source = _usable(citizen).get(pk=paper_id)
    try:
        with source.file.open("rb") as file:
            content = file.read()
        preview = _preview_of(source)
    except FileNotFoundError:
        raise PaperRefused("broken") from None
    except OSError:
        raise PaperRefused("away") from None
    read = ReadPaper(content, source.media_type, source.original_name, preview)
    if read.sha256 != source.sha256:
        raise PaperRefused("broken")
    paper, allow = line.paper_in(dossier, by=by, now=now)
    paper.reused_from = source

    def allow_copy() -> None:
        allow()
        # What the scanner found meanwhile counts for the copy too.
        fresh = _usable(citizen).select_for_update(of=("self",)).get(pk=paper_id)
        paper.scan, paper.scanned_at = fresh.scan, fresh.scanned_at
        there = Paper.objects.filter(
            dossier=dossier, kind=paper.kind, document=paper.document, supplement=paper.supplement
        )
        if there.filter(sha256=paper.sha256, document_name=paper.document_name).exists():
            raise AlreadyThere

    return keep(paper, read, now=now, allow=allow_copy)


def _preview_of(paper: Paper) -> bytes:
    if not paper.preview:
        return b""
    with paper.preview.open("rb") as file:
        return bytes(file.read())


def _own(citizen: Citizen) -> QuerySet[Paper]:
    theirs = Paper.objects.filter(dossier__citizen=citizen).filter(
        ~Q(kind=Paper.Kind.RESULT) | Q(dossier__status=states.RETURNED)
    )
    with_dossiers = theirs.select_related("dossier__procedure", "dossier__revision")
    unused = [f"dossier__procedure__{field}" for field in UNSHOWN]
    return with_dossiers.defer("dossier__revision__content", *unused).order_by("-uploaded_at", "-pk")


def _usable(citizen: Citizen) -> QuerySet[Paper]:
    return _own(citizen).exclude(scan=Paper.Scan.INFECTED)


def _searched(papers: Sequence[Paper]) -> str:
    return fold(
        " ".join(
            f"{paper.original_name} {said_of(paper)} {paper.dossier.procedure_name} {paper.dossier.code or ''}"
            for paper in papers
        )
    )
