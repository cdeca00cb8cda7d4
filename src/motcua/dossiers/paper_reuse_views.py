"""Pages of the papers that a citizen gave: the store of all of them, and choosing one of them for a dossier."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from motcua.accounts.access import citizen_required
from motcua.accounts.requests import CitizenRequest
from motcua.dossiers import paper_reuse, service
from motcua.dossiers.files.reading import PaperRefused
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.own_dossier_views import ASKED_ANEW, has_read_another, own_dossier
from motcua.dossiers.paper_lines import paper_lines_of
from motcua.dossiers.uploads import TEXTS

_PAGE = 20
_MOST_OFFERED = 50


@require_safe
@citizen_required
def my_papers(request: CitizenRequest) -> HttpResponse:
    """List what the citizen gave and the results that they collected, each with where it was used."""
    words = request.GET.get("q", "")[:100]
    page = Paginator(paper_reuse.kept_by(request.user.citizen, words), _PAGE).get_page(
        request.GET.get("trang")
    )
    rows = [_row(kept) for kept in page]
    return render(request, "dossiers/my_papers.html", {"page": page, "rows": rows, "words": words})


@require_safe
@citizen_required
def reuse(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Offer what the citizen gave before, for one line of a dossier (``?muc=``)."""
    own = own_dossier(request, pk)
    lines = paper_lines_of(own, request.user)
    if not lines:
        return redirect("dossier", pk=pk)
    line = lines.get(request.GET.get("muc", ""))
    if line is None:
        return redirect(_page_of(own), pk=pk)
    words = request.GET.get("q", "")[:100]
    kept = [one for one in paper_reuse.kept_by(own.citizen, words) if not one.is_sealed]
    context = {
        "dossier": own,
        "line": line,
        "rows": [_row(one) for one in kept[:_MOST_OFFERED]],
        "is_cut": len(kept) > _MOST_OFFERED,
        "most": _MOST_OFFERED,
        "words": words,
        "back": _page_of(own),
    }
    return render(request, "dossiers/reuse.html", context)


@require_POST
@citizen_required
def reuse_paper(request: CitizenRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Copy a paper that the citizen gave before to a line of a dossier."""
    own = own_dossier(request, pk)
    back = redirect(_page_of(own), pk=pk)
    asked = service.request_open(own)
    if "yeu-cau" in request.POST and has_read_another(request, asked):
        messages.warning(request, str(ASKED_ANEW if asked else TEXTS["closed"]))
        return back
    line = paper_lines_of(own, request.user).get(request.POST.get("muc", ""))
    if line is None:
        messages.warning(request, str(TEXTS["no_such_line"]))
        return back
    try:
        paper = paper_reuse.reuse_paper(
            paper_id=paper_pk,
            citizen=own.citizen,
            dossier=own,
            line=line,
            by=request.user,
            now=timezone.now(),
        )
    except Dossier.DoesNotExist:
        raise Http404 from None
    except Paper.DoesNotExist:  # taken out on another page, found to be infected, or never theirs
        text = _("Tệp này không còn trong kho giấy tờ của ông/bà. Vui lòng chọn tệp khác hoặc tải tệp lên.")
        messages.warning(request, text)
    except PaperRefused as refused:
        text = _("Tệp lưu trước đây không mở được. Vui lòng tải lên lại giấy tờ này.")
        messages.warning(request, text if refused.reason == "broken" else refused.message)
    except service.Held as held:
        messages.warning(request, service.HOLD_TEXTS[held.hold])
        return redirect("applicant_step", pk=pk)
    except (service.NotADraft, service.NothingAsked):
        messages.warning(request, str(TEXTS["closed"]))
        return redirect("dossier", pk=pk)
    except paper_reuse.AlreadyThere:
        messages.info(request, _("Tệp này đã có ở mục “%s”.") % line.name)
    else:
        names = {"name": paper.original_name, "line": line.name}
        messages.success(request, _("Đã dùng lại tệp “%(name)s” cho mục “%(line)s”.") % names)
    return back


def _page_of(dossier: Dossier) -> str:
    """Return the page on which papers are given to a dossier."""
    return "papers_step" if dossier.is_draft else "supplement"


def _row(kept: paper_reuse.KeptPaper) -> dict[str, Any]:
    # The same file at two places of one dossier is one use of it.
    uses = {paper.dossier_id: paper.dossier for paper in kept.uses}
    return {
        "paper": kept.newest,
        "what": paper_reuse.said_of(kept.newest),
        "dossiers": list(uses.values()),
        "is_sealed": kept.is_sealed,
    }
