"""The files of a dossier, handed out to whoever may read them."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from motcua.accounts.access import user_of
from motcua.dossiers import service
from motcua.dossiers.files import store
from motcua.dossiers.files.reading import JPEG, PDF
from motcua.dossiers.models import Paper

_log = logging.getLogger("motcua.papers")


@require_safe
@login_required
def paper(request: HttpRequest, pk: UUID, paper_pk: UUID) -> HttpResponseBase:
    """Hand out a file to the dossier's owner, or to an official who sees the dossier; never one with a virus in it.

    A PDF of somebody else's that the scanner has not seen yet is handed out after a warning (``?chua-quet=1``).
    """
    found = _readable_paper(request, pk, paper_pk)
    if found.is_sealed_away:
        return _no_file(request, found, "dossiers/paper_sealed.html", status=403)
    is_of_other = (found.kind == Paper.Kind.RESULT) == user_of(request).is_citizen
    if (
        settings.CLAMD_ADDRESS
        and found.scan == Paper.Scan.NOT_YET
        and found.media_type == PDF
        and is_of_other
        and "chua-quet" not in request.GET
    ):
        return _no_file(request, found, "dossiers/paper_unscanned.html", status=200)
    try:
        file = store.opened(found)
    except OSError as error:
        _log.error("papers.not_opened id=%s error=%s", found.pk, type(error).__name__)
        is_lost = isinstance(error, FileNotFoundError | store.FileChanged)
        response = _no_file(request, found, "dossiers/paper_away.html", status=503, is_lost=is_lost)
        if not is_lost:
            response["Retry-After"] = "60"
        return response
    return _alone(
        FileResponse(file, as_attachment=True, filename=found.original_name, content_type=found.media_type)
    )


@require_safe
def paper_preview(request: HttpRequest, pk: UUID, paper_pk: UUID) -> HttpResponseBase:
    """Hand out the small picture of a file to whoever may open the file."""
    found = _readable_paper(request, pk, paper_pk)
    if found.is_sealed_away or not found.preview:
        raise Http404
    try:
        return _alone(FileResponse(found.preview.open("rb"), content_type=JPEG))
    except OSError:
        return HttpResponse(status=503)


def _readable_paper(request: HttpRequest, pk: UUID, paper_pk: UUID) -> Paper:
    found = get_object_or_404(
        Paper.objects.select_related("dossier__citizen", "supplement"), pk=paper_pk, dossier_id=pk
    )
    if not service.may_read_paper(paper=found, user=request.user):
        raise Http404
    return found


def _alone(response: FileResponse) -> FileResponse:
    """Let a browser that shows a file all the same run nothing in it and load nothing for it."""
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _no_file(
    request: HttpRequest, found: Paper, template: str, *, status: int, is_lost: bool = False
) -> HttpResponse:
    """Say in place of a file why it is not handed out, and what to do."""
    is_citizen = user_of(request).is_citizen
    base = "web/page.html" if is_citizen else "web/desk.html"
    page = "dossier" if is_citizen else "desk_dossier"
    context = {
        "base": base,
        "paper": found,
        "for_official": not is_citizen,
        "is_lost": is_lost,
        "back": reverse(page, args=[found.dossier_id]),
    }
    return render(request, template, context, status=status)
