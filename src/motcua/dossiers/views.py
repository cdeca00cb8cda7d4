"""Pages of filing, of a citizen's own dossiers and of tracking."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse


def my_dossiers(request: HttpRequest) -> HttpResponse:
    """List the citizen's own dossiers."""
    raise Http404


def start_dossier(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a dossier."""
    raise Http404


def dossier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one dossier."""
    raise Http404


applicant_step = papers_step = review_step = submitted = dossier
paper = remove_paper = dossier
track = my_dossiers
