"""The files of a result, before it is noted: shown, taken whole or in pieces (``dossiers.uploads``), removed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, TooManyFilesSent
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.dossiers import results, uploads
from motcua.dossiers.files.reading import ACCEPT, limits_shown, request_max_bytes
from motcua.dossiers.models import Dossier
from motcua.dossiers.papers import one_by_one
from motcua.dossiers.states import MoveRefused
from motcua.dossiers.steps import NotYours
from motcua.dossiers.upload_views import begun, gone_on, words
from motcua.reception.actions import ACTIONS
from motcua.reception.dossier_views import NOT_HERE, STALE, seen_by
from motcua.web.uploads import take_files


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the body is looked at only once its size is known to be right; see _result_papers
@right_required(Right.PROCESS)
def result_papers(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Show and take the files of a dossier's result, before the result is noted."""
    if not take_files(request, most=request_max_bytes()):
        text = _("Các tệp lớn hơn %(n)d MB nên chưa được nhận. Vui lòng gửi ít tệp hơn.")
        messages.error(request, text % {"n": limits_shown()["request_megabytes"]})
        return redirect("result_papers", pk)
    try:
        return _result_papers(request, pk)
    except TooManyFilesSent:
        text = _("Nhiều hơn %(n)d tệp nên chưa được nhận. Vui lòng gửi ít tệp hơn.")
        messages.error(request, text % {"n": settings.DATA_UPLOAD_MAX_NUMBER_FILES})
        return redirect("result_papers", pk)


@csrf_protect
def _result_papers(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    dossier, refusals = _at_hand(request, pk), []
    if dossier.status not in results.UNDECIDED:
        messages.warning(request, str(STALE))
        return redirect("desk_dossier", pk)
    if request.method == "POST":
        sent, kept = request.FILES.getlist("files"), one_by_one()
        for upload in sent:
            keep = partial(
                results.add_result_paper, dossier=dossier, upload=upload, by=request.user, now=timezone.now()
            )
            try:
                if why := kept(upload, keep):
                    refusals.append(why)
            except NotYours:
                raise PermissionDenied(str(NOT_HERE)) from None
            except MoveRefused:
                messages.warning(request, str(STALE))
                return redirect("desk_dossier", pk)
        # ``given``: with JavaScript they came before the button was pressed.
        if not sent and not request.POST.get("given"):
            refusals.append(_("Vui lòng chọn tệp."))
        if not refusals:
            messages.success(request, _("Đã lưu tệp kết quả."))
            return redirect("result_papers", pk)
    context = {
        "dossier": dossier,
        "papers": dossier.papers.results(),
        "unfinished": uploads.unfinished(dossier=dossier, by=request.user, now=timezone.now()).get(
            "files", []
        ),
        "refusals": refusals,
        "accept": ACCEPT,
        **limits_shown(),
        "may_finish": ACTIONS["finish"].is_open(request.user, dossier, None),
    }
    return render(request, "reception/result_papers.html", context)


@right_required(Right.PROCESS)
@require_POST
def remove_result_paper(request: OfficialRequest, pk: uuid.UUID, paper_pk: uuid.UUID) -> HttpResponse:
    """Take one file out of the result, before it is noted."""
    dossier = _at_hand(request, pk)
    try:
        results.remove_result_paper(dossier=dossier, paper_id=paper_pk, by=request.user, now=timezone.now())
    except NotYours:
        raise PermissionDenied(str(NOT_HERE)) from None
    except MoveRefused:
        messages.warning(request, str(STALE))
        return redirect("desk_dossier", pk)
    messages.success(request, _("Đã xóa tệp."))
    return redirect("result_papers", pk)


@right_required(Right.PROCESS)
@require_POST
def begin_result_upload(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a file of a dossier's result."""
    return _piece(request, pk, lambda dossier: begun(request, dossier, page="result_upload"))


@right_required(Right.PROCESS)
@require_http_methods(["HEAD", "PATCH"])
def result_upload(request: OfficialRequest, pk: uuid.UUID, paper_pk: uuid.UUID) -> HttpResponse:
    """Go on with a file of a dossier's result."""
    return _piece(request, pk, lambda dossier: gone_on(request, dossier, paper_pk))


@right_required(Right.PROCESS)
@require_POST
def cancel_result_upload(request: OfficialRequest, pk: uuid.UUID, paper_pk: uuid.UUID) -> HttpResponse:
    """Give up a file that is on its way to a dossier's result."""
    dossier = _at_hand(request, pk)
    uploads.cancel_upload(dossier=dossier, upload_id=paper_pk, by=request.user, now=timezone.now())
    return redirect("result_papers", pk)


def _piece(request: OfficialRequest, pk: uuid.UUID, taken: Callable[[Dossier], HttpResponse]) -> HttpResponse:
    # What sends the pieces takes a refusal by its status for the end of the session, so it is told in words.
    try:
        dossier = _at_hand(request, pk)
    except PermissionDenied as refused:
        return words(str(refused), 422)
    return taken(dossier)


def _at_hand(request: OfficialRequest, pk: uuid.UUID) -> Dossier:
    """Return a dossier whose result the official may add to."""
    dossier = get_object_or_404(seen_by(request.user, "holder"), pk=pk)
    if not results.may_add_results(request.user, dossier):
        raise PermissionDenied(str(NOT_HERE))
    return dossier
