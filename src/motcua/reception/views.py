"""The pages of the desk: reception form, check button, receipt."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.notices import keys_of, read_notices
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.dossiers import service as dossiers
from motcua.dossiers.papers import came_in
from motcua.dossiers.timeline import reception_of
from motcua.reception import desk as desks
from motcua.reception.desk import Desk
from motcua.reception.dossier_views import seen_whole
from motcua.reception.findings import Situation
from motcua.reception.person import PersonBlock
from motcua.reception.queue_views import MOST_NOTICES
from motcua.slips.codes import qr_code
from motcua.web.middleware import permissions
from motcua.web.requests import client_address, portal_address, too_many

CHANGED_SINCE = _(
    "Hồ sơ này đã được lưu từ trước; những gì vừa sửa không được ghi vào hồ sơ. Vui lòng đối chiếu dưới đây."
)


@right_required(Right.RECEIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def reception(request: OfficialRequest) -> HttpResponse:
    """Show the reception form; posted, receive the dossier ("Lưu hồ sơ")."""
    now = timezone.now()
    if request.method != "POST":
        code = request.GET.get("thu-tuc", "")
        return _page(request, desks.blank(officer=request.user, now=now, procedure_code=code))
    if "show_documents" in request.POST or "other_way" in request.POST:
        desk = desks.shown_again(
            data=request.POST, officer=request.user, now=now, is_claim_shown=not request.htmx
        )
        part = "reception/_chosen.html" if "show_documents" in request.POST else "reception/_instead.html"
        return _page(request, desk, part=part)
    outcome = desks.saved(data=request.POST, officer=request.user, now=now)
    if isinstance(outcome, Desk):
        return _page(request, outcome)
    if outcome.is_changed_since:
        messages.warning(request, str(CHANGED_SINCE))
    dossier = outcome.dossier
    return redirect("receipt" if dossier.is_received else "desk_dossier", dossier.pk)


@right_required(Right.RECEIVE)
def check(request: OfficialRequest) -> HttpResponse:
    """Answer the button "Kiểm tra danh tính số" with a part of the page, or the whole page without JavaScript."""
    if request.method != "POST":
        return redirect("reception")
    desk = desks.checked(**_pressed(request))
    return _answered(request, desk, desk, part="reception/_checked.html")


@right_required(Right.RECEIVE)
def check_owner(request: OfficialRequest) -> HttpResponse:
    """Answer the button "Kiểm tra danh tính chủ hồ sơ" likewise."""
    if request.method != "POST":
        return redirect("reception")
    desk = desks.owner_checked(**_pressed(request))
    return _answered(request, desk, desk.owner, part="reception/_owner_checked.html")


@right_required(Right.SEE_DOSSIERS)
@require_POST
def notices_read(request: OfficialRequest) -> HttpResponse:
    """Mark the messages that were on the page as read."""
    shown = keys_of(request.POST.getlist("notice")[:MOST_NOTICES])
    read_notices(user=request.user, keys=shown, now=timezone.now())
    return redirect("queue")


@right_required(Right.SEE_DOSSIERS)
@require_GET
def receipt(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the receipt that is printed for the applicant."""
    dossier = seen_whole(request.user, pk)
    if not dossier.is_received:
        raise Http404
    tracking = portal_address(request) + reverse("track")
    received = reception_of(dossier)
    context = {
        "dossier": dossier,
        "papers": came_in(dossier=dossier, until=received.at if received else None),
        "tracking": tracking,
        "qr": qr_code(f"{tracking}?{urlencode({'ma': dossier.code})}"),
        "proof_qr": "",
        "owner": dossiers.owner_in(dossier),
        "case_name": dossiers.case_name(dossier),
        "received": received,
        "extension": getattr(dossier, "extension", None),
    }
    if dossier.identity_check is not None and dossier.identity_check.outcome:
        verifying = portal_address(request) + reverse("verify")
        context["proof_qr"] = qr_code(f"{verifying}?{urlencode({'ma': dossier.identity_check.code})}")
    return render(request, "reception/receipt.html", context)


def _pressed(request: OfficialRequest) -> dict[str, Any]:
    return {
        "data": request.POST,
        "officer": request.user,
        "address": client_address(request),
        "now": timezone.now(),
        "is_whole": not request.htmx,
    }


def _answered(request: OfficialRequest, desk: Desk, asked: PersonBlock, *, part: str) -> HttpResponse:
    """Return the answer about one person of the form, with the status that goes with it."""
    response = _page(request, desk, part=part)
    if asked.finding.until is not None:
        return too_many(response, until=asked.finding.until, now=desk.now)
    if asked.finding.situation is Situation.PRESSED_BEFORE:
        response.status_code = 409
    return response


def _page(request: OfficialRequest, desk: Desk, *, part: str = "") -> HttpResponse:
    if part and request.htmx:
        return render(request, part, {"desk": desk})
    page = render(request, "reception/reception.html", {"desk": desk})
    # The camera reads a card's code by a library in WebAssembly: here and on no other page.
    page["Permissions-Policy"] = permissions("camera")
    page._csp_update = {"script-src": ["'wasm-unsafe-eval'"]}  # type: ignore[attr-defined]  # django-csp's
    return page
