"""What papers are given for: the lines of a draft's step, of a request for further papers, or a dossier's result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.dossiers.access import is_own
from motcua.dossiers.filing import asked_documents
from motcua.dossiers.models import Dossier, Paper, Supplement
from motcua.dossiers.owners import needs_authority
from motcua.dossiers.papers import Allow, in_draft
from motcua.dossiers.results import UNDECIDED, in_result, may_add_results
from motcua.dossiers.supplements import in_answer, request_open
from motcua.procedures.models import RequiredDocument


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One such line.

    ``key`` is how the page's form names it, ``name`` what people read; ``supplement`` is the request that it belongs
    to, None in a draft.
    """

    key: str
    name: str
    kind: Paper.Kind = Paper.Kind.GIVEN
    document: RequiredDocument | None = None
    supplement: Supplement | None = None

    def paper_in(self, dossier: Dossier, *, by: User, now: datetime) -> tuple[Paper, Allow]:
        """Return the row to be of a paper for this line, and what must allow it."""
        if self.kind == Paper.Kind.RESULT:
            return in_result(dossier=dossier, by=by, now=now)
        if self.supplement is None:
            return in_draft(dossier=dossier, document=self.document, now=now, kind=self.kind)
        item = "" if self.key == "other" else self.name
        return in_answer(dossier=dossier, item=item, by=by, asked=self.supplement)


def paper_lines_of(dossier: Dossier, by: User) -> dict[str, PaperLine]:
    """Return for what somebody may give papers to a dossier now, by key; nothing where they may give none.

    Args:
        dossier: with its owner where it has one.
        by: the citizen whose it is, or an official.
    """
    if not by.is_citizen:
        is_open = dossier.status in UNDECIDED and may_add_results(by, dossier)
        return {"files": PaperLine("files", _("Tệp kết quả"), kind=Paper.Kind.RESULT)} if is_open else {}
    if not is_own(by, dossier):
        return {}
    if dossier.is_draft:
        lines = [PaperLine(f"document-{one.pk}", one.name, document=one) for one in asked_documents(dossier)]
        if needs_authority(dossier):
            lines.insert(
                0, PaperLine("authority", _("Giấy tờ chứng minh được nộp thay"), kind=Paper.Kind.AUTHORITY)
            )
        lines.append(PaperLine("other", _("Giấy tờ khác")))
    else:
        asked = request_open(dossier)
        if asked is None or asked.answered_at is not None:
            return {}
        lines = [
            PaperLine(f"item-{place}", one["name"], supplement=asked)
            for place, one in enumerate(asked.documents)
        ]
        lines.append(PaperLine("other", _("Giấy tờ khác"), supplement=asked))
    return {line.key: line for line in lines}
