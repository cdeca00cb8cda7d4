"""A bank to practise paying with: one page with buttons, signed notices, signed answers. It moves no money.

A word is a set of named texts with an HMAC-SHA-256 over them, in the order of their names and percent-encoded.
"""

import hmac
import json
import secrets
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from npdsandbox import settings, state
from npdsandbox.models import BankOrder

View = Callable[[HttpRequest], HttpResponse]
SLOW_SECONDS: Final = 20
_ORDER: Final = frozenset({"kind", "merchant", "order", "amount", "about", "back", "notify", "until"})
_NOTICE_SECONDS: Final = 10
_MOST: Final = 1_000_000_000
# What a button of the page does: the order's state afterwards, and how often the merchant is told.
_BUTTONS: Final = {
    "pay": (BankOrder.State.PAID, 1),
    "cancel": (BankOrder.State.CANCELLED, 1),
    "pay_silently": (BankOrder.State.PAID, 0),
    "pay_told_twice": (BankOrder.State.PAID, 2),
}


def _is_there(view: View) -> View:
    """Let a view answer only where there is a bank, and as the switch `bank` says."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        if not settings.BANK_SECRET:
            return HttpResponse(
                "No bank: set NPDSANDBOX_BANK_SECRET.\n", status=404, content_type="text/plain"
            )
        if state.SWITCHES.now.bank == "unavailable":
            return HttpResponse(
                "Ngân hàng thử đang bảo trì.\n", status=503, content_type="text/plain; charset=UTF-8"
            )
        if state.SWITCHES.now.bank == "slow":
            time.sleep(SLOW_SECONDS)
        return view(request)

    return answered


@require_GET
@_is_there
def pay(request: HttpRequest) -> HttpResponse:
    """Show a signed order and what can be done with it; an order seen before stays as it was."""
    said = {name: text for name, text in request.GET.items() if isinstance(text, str)}
    signature = said.pop("signature", "")
    until = parse_datetime(said.get("until", "")) if _is_signed(said, signature) else None
    if until is None or set(said) != _ORDER or said["kind"] != "order" or not _is_sum(said["amount"]):
        return render(request, "npdsandbox/bank_refused.html", status=403)
    for name in ("back", "notify"):
        if urlsplit(said[name]).scheme not in ("http", "https"):
            return render(request, "npdsandbox/bank_refused.html", status=403)
    try:
        order_id = uuid.UUID(said["order"])
    except ValueError:
        return render(request, "npdsandbox/bank_refused.html", status=403)
    order, _ = BankOrder.objects.get_or_create(
        pk=order_id,
        defaults={
            "merchant": said["merchant"],
            "amount": int(said["amount"]),
            "about": said["about"],
            "back": said["back"],
            "notify": said["notify"],
            "until": until,
            "reference": f"NHT{secrets.token_hex(6).upper()}",
        },
    )
    if order.amount != int(said["amount"]) or order.merchant != said["merchant"]:
        return render(request, "npdsandbox/bank_refused.html", status=409)
    return _page(request, order)


@require_POST
@_is_there
def act(request: HttpRequest) -> HttpResponse:
    """Do what a button says, once; tell the merchant as often as the button says."""
    try:
        order_id, (wanted, times) = (
            uuid.UUID(request.POST.get("order", "")),
            _BUTTONS[request.POST.get("do", "")],
        )
    except (ValueError, KeyError):
        return render(request, "npdsandbox/bank_refused.html", status=400)
    with transaction.atomic():
        order = BankOrder.objects.select_for_update().filter(pk=order_id).first()
        if order is None:
            return render(request, "npdsandbox/bank_refused.html", status=404)
        is_done = order.state == BankOrder.State.OPEN and order.until > timezone.now()
        if is_done:
            order.state = wanted
            order.save(update_fields=["state"])
    told = [_tell(order) for _ in range(times)] if is_done else []
    return _page(request, order, told=told)


@require_GET
@_is_there
def status(request: HttpRequest) -> HttpResponse:
    """Answer a signed question about an order."""
    said = {name: text for name, text in request.GET.items() if isinstance(text, str)}
    signature = said.pop("signature", "")
    if not _is_signed(said, signature) or said.get("kind") != "question":
        return JsonResponse({"error": "signature"}, status=401)
    try:
        order = BankOrder.objects.filter(pk=uuid.UUID(said["order"]), merchant=said["merchant"]).first()
    except (ValueError, KeyError):
        return JsonResponse({"error": "order"}, status=400)
    answer = {"kind": "answer", "merchant": said.get("merchant", ""), "order": said["order"]}
    if order is None:
        return JsonResponse(_signed({**answer, "amount": "0", "status": "unknown", "reference": ""}))
    return JsonResponse(_signed({**answer, **_known(order)}))


def _page(request: HttpRequest, order: BankOrder, *, told: list[bool] | None = None) -> HttpResponse:
    is_late = order.state == BankOrder.State.OPEN and order.until <= timezone.now()
    context = {
        "order": order,
        "amount": f"{order.amount:,}".replace(",", "."),
        "is_open": order.state == BankOrder.State.OPEN and not is_late,
        "is_late": is_late,
        "is_untold": told is not None and not all(told),
    }
    return render(request, "npdsandbox/bank.html", context)


def _known(order: BankOrder) -> dict[str, str]:
    reference = order.reference if order.state == BankOrder.State.PAID else ""
    return {"amount": str(order.amount), "status": order.state, "reference": reference}


def _tell(order: BankOrder) -> bool:
    """Post a signed notice to the merchant; return whether it was taken."""
    said = {"kind": "notice", "merchant": order.merchant, "order": str(order.pk), **_known(order)}
    post = urllib.request.Request(  # noqa: S310 (http or https: looked at when the order came)
        order.notify,
        data=json.dumps(_signed(said)).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(post, timeout=_NOTICE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_sum(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12 and 0 < int(text) <= _MOST


def _is_signed(said: Mapping[str, str], signature: str) -> bool:
    return hmac.compare_digest(_signature(said).encode(), signature.encode())


def _signed(said: Mapping[str, str]) -> dict[str, str]:
    return {**said, "signature": _signature(said)}


def _signature(said: Mapping[str, str]) -> str:
    words = urlencode(sorted(said.items()))
    return hmac.digest(settings.BANK_SECRET.encode(), words.encode(), "sha256").hex()
