"""Files of a result that come in pieces, as citizens' papers do; see ``dossiers.uploads``."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.dossiers import uploads
from motcua.dossiers.models import Dossier
from motcua.dossiers.results import may_add_results
from motcua.dossiers.upload_views import begun, gone_on
from motcua.reception.dossier_views import NOT_HERE, seen_by


@right_required(Right.PROCESS)
@require_POST
def begin_result_upload(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a file of a dossier's result."""
    return begun(request, _at_hand(request, pk), page="result_upload")


@right_required(Right.PROCESS)
@require_http_methods(["HEAD", "PATCH"])
def result_upload(request: OfficialRequest, pk: uuid.UUID, paper_pk: uuid.UUID) -> HttpResponse:
    """Go on with a file of a dossier's result."""
    return gone_on(request, _at_hand(request, pk), paper_pk)


@right_required(Right.PROCESS)
@require_POST
def cancel_result_upload(request: OfficialRequest, pk: uuid.UUID, paper_pk: uuid.UUID) -> HttpResponse:
    """Give up a file that is on its way to a dossier's result."""
    dossier = _at_hand(request, pk)
    uploads.cancel_upload(dossier=dossier, upload_id=paper_pk, by=request.user, now=timezone.now())
    return redirect("result_papers", pk)


def _at_hand(request: OfficialRequest, pk: uuid.UUID) -> Dossier:
    """Return a dossier whose result the official may add to."""
    dossier = get_object_or_404(seen_by(request.user, "holder"), pk=pk)
    if not may_add_results(request.user, dossier):
        raise PermissionDenied(str(NOT_HERE))
    return dossier
