"""The pages of the desk: queue, reception form, check button, receipt."""

from __future__ import annotations

import uuid
from math import ceil
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from motcua.accounts.access import officer_required
from motcua.accounts.models import User
from motcua.accounts.service import read_notices
from motcua.dossiers import service as dossiers
from motcua.dossiers.models import Dossier, Recheck
from motcua.dossiers.service import AlreadyReceived
from motcua.dossiers.service import take_up as take_up_dossier
from motcua.dossiers.states import MoveRefused
from motcua.reception import desk as desks
from motcua.reception import search
from motcua.reception.desk import Desk
from motcua.reception.findings import Situation
from motcua.reception.listing import listed, rows
from motcua.reception.person import PersonBlock
from motcua.web.requests import client_address

A_PAGE = 20
MOST_NOTICES = 10
# What no page here shows of a dossier's neighbors; each field of a row takes its time.
_UNUSED = (
    *(f"procedure__{field}" for field in ("official_name", "audience", "fee_note", "results", "search_text")),
    *(
        f"received_by__{field}"
        for field in (
            "login",
            "password",
            "email",
            "officer_digits",
            "gateway_key",
            "totp_secret",
            "totp_since",
            "totp_step",
            "session_mark",
            "asleep_since",
            "woken_at",
        )
    ),
)


class OfficerRequest(HttpRequest):
    """What reaches a view behind ``officer_required``, with what htmx's middleware adds."""

    user: User
    htmx: HtmxDetails


@officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: OfficerRequest) -> HttpResponse:
    """Show what waits for the office and what it received; a search is posted, so that no name is in an address."""
    of_office = Dossier.objects.filter(office_id=request.user.office_id)
    sought = request.POST.get("q", "").strip()[:100]
    if sought:
        found = search.find(listed(of_office), sought, office_id=request.user.office_id or 0)
        context = {"sought": sought, "count": len(found), "found": rows(found), "notices": []}
        return render(request, "reception/queue.html", context)
    waiting = listed(of_office).filter(status=Dossier.Status.SUBMITTED).order_by("submitted_at")
    received = listed(of_office).filter(status=Dossier.Status.RECEIVED).order_by("-received_at")
    page = Paginator(received, A_PAGE).get_page(request.GET.get("trang"))
    notices = list(request.user.notices.filter(read_at=None)[:MOST_NOTICES])
    context = {
        "sought": "",
        "notices": notices,
        "waiting": rows(waiting[:A_PAGE], is_waiting=True),
        "received": rows(page.object_list),
        "page": page,
    }
    return render(request, "reception/queue.html", context)


@officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def reception(request: OfficerRequest) -> HttpResponse:
    """Show the reception form; posted, receive the dossier ("Lưu hồ sơ")."""
    now = timezone.now()
    if request.method != "POST":
        code = request.GET.get("thu-tuc", "")
        return _page(request, desks.blank(officer=request.user, now=now, procedure_code=code))
    if "show_documents" in request.POST:
        desk = desks.shown_again(
            data=request.POST, officer=request.user, now=now, is_claim_shown=not request.htmx
        )
        return _page(request, desk, part="reception/_chosen.html")
    if "other_way" in request.POST:
        desk = desks.shown_again(
            data=request.POST, officer=request.user, now=now, is_claim_shown=not request.htmx
        )
        return _page(request, desk, part="reception/_instead.html")
    outcome = desks.saved(data=request.POST, officer=request.user, now=now)
    if isinstance(outcome, Dossier):
        return redirect("receipt" if outcome.is_received else "desk_dossier", outcome.pk)
    return _page(request, outcome)


@officer_required
def check(request: OfficerRequest) -> HttpResponse:
    """Answer the button "Kiểm tra danh tính số" with a part of the page, or the whole page without JavaScript."""
    if request.method != "POST":
        return redirect("reception")
    desk = desks.checked(**_pressed(request))
    return _answered(request, desk, desk, part="reception/_checked.html")


@officer_required
def check_owner(request: OfficerRequest) -> HttpResponse:
    """Answer the button "Kiểm tra danh tính chủ hồ sơ" likewise."""
    if request.method != "POST":
        return redirect("reception")
    desk = desks.owner_checked(**_pressed(request))
    return _answered(request, desk, desk.owner, part="reception/_owner_checked.html")


@officer_required
@require_GET
def desk_dossier(request: OfficerRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a dossier of the officer's own office."""
    dossier = _own(request, pk)
    context = {
        "dossier": dossier,
        "papers": dossier.papers.all(),
        "may_be_rechecked": dossiers.may_be_rechecked(dossier),
        "is_queued": Recheck.objects.filter(pk=pk, state=Recheck.State.WAITING).exists(),
    }
    return render(request, "reception/dossier.html", context)


@officer_required
@require_POST
def recheck(request: OfficerRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the register once more about a dossier received without a verified identity."""
    dossier = _own(request, pk)
    try:
        ticket = dossiers.recheck_now(dossier=dossier, officer=request.user, now=timezone.now())
    except dossiers.NotRecheckable:
        messages.info(request, _("Không còn gì để kiểm tra lại ở hồ sơ này."))
        return redirect("desk_dossier", pk)
    dossier.refresh_from_db(fields=["by_hand_reason", "identity_check"])
    if ticket.state == Recheck.State.WAITING:
        text = _("Chưa kiểm tra được. Hệ thống tự kiểm tra lại khi có thể và báo cho ông/bà.")
        messages.warning(request, text)
    elif dossier.is_identity_verified:
        messages.success(request, _("Xác thực thành công. Danh tính người nộp đã được xác thực."))
    elif ticket.state == Recheck.State.SETTLED and dossier.by_hand_reason == Dossier.ByHand.REJECTED:
        messages.error(request, _("Xác thực thất bại. Thông tin chưa khớp với CSDLQG về dân cư."))
    else:
        messages.warning(request, _("Chưa kiểm tra được. Vui lòng xem mục Kiểm tra danh tính số."))
    return redirect("desk_dossier", pk)


@officer_required
@require_POST
def confirm_originals(request: OfficerRequest, pk: uuid.UUID) -> HttpResponse:
    """Note that the officer saw the originals again after the register's late answer."""
    dossier = _own(request, pk)
    try:
        dossiers.confirm_originals(dossier=dossier, officer=request.user, now=timezone.now())
    except dossiers.NotRecheckable:
        messages.warning(request, _("Hồ sơ này còn chờ CSDLQG về dân cư trả lời."))
    else:
        messages.success(request, _("Đã ghi nhận. Hồ sơ có thể được giải quyết tiếp."))
    return redirect("desk_dossier", pk)


@officer_required
@require_POST
def notices_read(request: OfficerRequest) -> HttpResponse:
    """Mark the messages that were on the page as read."""
    keys = {
        int(key) for key in request.POST.getlist("notice")[:MOST_NOTICES] if key.isdecimal() and len(key) < 19
    }
    read_notices(user=request.user, keys=keys, now=timezone.now())
    return redirect("queue")


@officer_required
@require_POST
def take_up(request: OfficerRequest, pk: uuid.UUID) -> HttpResponse:
    """Take up a dossier that was filed online."""
    dossier = _own(request, pk)
    try:
        take_up_dossier(dossier=dossier, officer=request.user, now=timezone.now())
    except (AlreadyReceived, MoveRefused):
        messages.warning(request, _("Hồ sơ này đã được cán bộ khác tiếp nhận."))
    else:
        messages.success(request, _("Đã tiếp nhận hồ sơ %(code)s.") % {"code": dossier.code})
    return redirect("desk_dossier", pk)


@officer_required
@require_GET
def receipt(request: OfficerRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the receipt that is printed for the applicant."""
    received = _dossiers_of(request).select_related("owner", "revision")
    dossier = get_object_or_404(received, pk=pk, received_at__isnull=False)
    tracking = request.build_absolute_uri(reverse("track"))
    context = {
        "dossier": dossier,
        "tracking": tracking,
        "qr": _qr(f"{tracking}?{urlencode({'ma': dossier.code})}"),
        "proof_qr": "",
        "owner": dossiers.owner_of_dossier(dossier),
        "case_name": dossiers.case_name(dossier),
    }
    if dossier.identity_check is not None and dossier.identity_check.outcome:
        verifying = request.build_absolute_uri(reverse("verify"))
        context["proof_qr"] = _qr(f"{verifying}?{urlencode({'ma': dossier.identity_check.code})}")
    return render(request, "reception/receipt.html", context)


def _pressed(request: OfficerRequest) -> dict[str, Any]:
    return {
        "data": request.POST,
        "officer": request.user,
        "address": client_address(request),
        "now": timezone.now(),
        "is_whole": not request.htmx,
    }


def _answered(request: OfficerRequest, desk: Desk, asked: PersonBlock, *, part: str) -> HttpResponse:
    """Return the answer about one person of the form, with the status that goes with it."""
    response = _page(request, desk, part=part)
    if asked.finding.until is not None:
        response.status_code = 429
        response["Retry-After"] = str(max(1, ceil((asked.finding.until - desk.now).total_seconds())))
    elif asked.finding.situation is Situation.PRESSED_BEFORE:
        response.status_code = 409
    return response


def _dossiers_of(request: OfficerRequest) -> QuerySet[Dossier]:
    shown = Dossier.objects.select_related("procedure", "revision", "office", "received_by", "identity_check")
    return shown.filter(office_id=request.user.office_id).defer(*_UNUSED, "revision__content")


def _own(request: OfficerRequest, pk: uuid.UUID) -> Dossier:
    """Return a dossier of the officer's own office; a draft is nobody's but the citizen's."""
    return get_object_or_404(_dossiers_of(request).exclude(status=Dossier.Status.DRAFT), pk=pk)


def _page(request: OfficerRequest, desk: Desk, *, part: str = "") -> HttpResponse:
    return render(request, part if part and request.htmx else "reception/reception.html", {"desk": desk})


def _qr(text: str) -> str:
    """Return a QR code as an SVG element; the mask is given, for choosing one would take ten times as long."""
    code = segno.make_qr(text, error="m", boost_error=False, mask=2)
    return mark_safe(code.svg_inline(scale=3, border=2, omitsize=True))  # noqa: S308 (our own drawing)
