"""Paying as a citizen sees it, and the address to which the bank tells the outcome."""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import citizen_required
from motcua.accounts.requests import CitizenRequest
from motcua.dossiers.fees import NotOwed
from motcua.dossiers.models import Dossier
from motcua.dossiers.own_dossier_views import own_dossier
from motcua.payments import bank, online
from motcua.payments.models import OnlinePayment
from motcua.web.requests import portal_address
from motcua.web.uploads import content_length

_log = logging.getLogger("motcua.payments")
_LARGEST_NOTICE: Final = 8 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_required
def pay(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show what a dossier costs and how to pay; a press sends the browser to the bank with one order."""
    own = own_dossier(request, pk)
    if own.is_draft:
        return redirect("dossier", pk)
    fees = list(own.fees.prefetch_related("receipts__office", "online_payments"))
    if request.method == "POST":
        chosen = next((fee for fee in fees if str(fee.pk) == request.POST.get("fee")), None)
        if chosen is None or not bank.is_configured():
            messages.warning(request, _("Chưa nộp trực tuyến được. Vui lòng nộp tại nơi tiếp nhận."))
            return redirect("pay", pk)
        try:
            payment = online.begin(fee_pk=chosen.pk, by=request.user, now=timezone.now())
        except NotOwed:
            messages.info(request, _("Khoản này không còn phải nộp."))
            return redirect("pay", pk)
        if payment.expires_at <= timezone.now():
            return redirect("paid_back", pk)
        return redirect(_way_to_bank(request, own, payment))
    rows = []
    for fee in fees:
        payments = list(fee.online_payments.all())
        rows.append(
            {
                "fee": fee,
                "receipts": list(fee.receipts.all()),
                "waiting": next((one for one in payments if one.state == OnlinePayment.State.BEGUN), None),
                "last": payments[-1] if payments else None,
                "refunds": [one for one in payments if one.refund_amount],
            }
        )
    context = {"dossier": own, "rows": rows, "is_online": bank.is_configured()}
    response = render(request, "payments/pay.html", context)
    if bank.is_configured():
        # The form's answer leads to the bank, and browsers hold that against the page's own rules.
        response._csp_update = {"form-action": [bank.origin()]}  # type: ignore[attr-defined]  # django-csp's
    return response


@require_safe
@citizen_required
def paid_back(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Take back who comes from the bank: whatever the address says, the bank itself is asked."""
    own = own_dossier(request, pk)
    waiting = OnlinePayment.objects.filter(fee__dossier=own, state=OnlinePayment.State.BEGUN)
    # The newest is the one they come from. A bank that does not answer about it is not asked about the others.
    for payment_pk in waiting.order_by("-begun_at").values_list("pk", flat=True):
        if not online.ask_about(payment_pk, now=timezone.now()):
            break
    return redirect("pay", pk)


@csrf_exempt  # the bank has no token; its signature is looked at before anything else
@require_POST
def bank_tells(request: HttpRequest) -> HttpResponse:
    """Take the bank's word about an order; unsigned ones are refused, repeated ones change nothing."""
    if content_length(request) > _LARGEST_NOTICE:
        return JsonResponse({"result": "too_large"}, status=400)
    try:
        word = bank.read_notice(request.body)
    except bank.NotTheirs as error:
        _log.warning("payments.not_theirs problem=%s", error)
        return JsonResponse({"result": "refused"}, status=403)
    try:
        online.hear(word, now=timezone.now())
    except online.NoSuchOrder:
        return JsonResponse({"result": "unknown"}, status=404)
    return JsonResponse({"result": "ok"})


def _way_to_bank(request: HttpRequest, own: Dossier, payment: OnlinePayment) -> str:
    return bank.way_to(
        order=payment.pk,
        amount=payment.amount,
        about=str(own.code),
        back=request.build_absolute_uri(reverse("paid_back", args=[own.pk])),
        notify=portal_address(request) + reverse("bank_tells"),
        until=payment.expires_at,
    )
