"""The cashier's pages: what is unpaid, one dossier's fees, a receipt, the end of the day."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import right_required
from motcua.accounts.models import User
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.dossiers.access import may_do, sees, visible_to
from motcua.dossiers.codes import parse_code
from motcua.dossiers.fees import NotOwed, NotUndone
from motcua.dossiers.models import Dossier, Fee
from motcua.dossiers.steps import NotYours
from motcua.payments import closing, service
from motcua.payments.forms import CashForm, ClosingForm, ExemptForm, VoidForm
from motcua.payments.models import DayClosing, OnlinePayment, Receipt
from motcua.web.markup import opened
from motcua.web.templatetags.motcua import money

_PAGE: Final = 20
_FIRST_DAY: Final = date(2000, 1, 1)
_CLOSED: Final = gettext_lazy(
    "Ông/bà đã khóa sổ ngày này: không thu thêm tiền mặt và không hủy biên lai của ngày này được nữa."
)
_NOT_HERE: Final = gettext_lazy("Hồ sơ này không thuộc nơi ông/bà thu phí, lệ phí.")
_NOT_OWED: Final = gettext_lazy("Khoản này không còn phải nộp. Vui lòng xem lại bên dưới.")
WAITS_AT_BANK: Final = gettext_lazy(
    "Chưa thu: người nộp đã mở thanh toán trực tuyến khoản này và ngân hàng chưa trả lời. Vui lòng xem bên dưới."
)
_page = require_http_methods(["GET", "HEAD", "POST"])


@right_required(Right.TAKE_FEE)
@require_safe
def till(request: OfficialRequest) -> HttpResponse:
    """List what is owed at the cashier's office, the oldest first; a code that is scanned leads to its dossier."""
    user = request.user
    typed = request.GET.get("ma", "").strip()[:120]
    if typed:
        code = parse_code(typed)
        found = _of_office(user).filter(code=code).values_list("pk", flat=True).first() if code else None
        if found is not None:
            return redirect("fees_of", found)
        messages.warning(
            request, _("Không có hồ sơ nào của bộ phận với mã này. Vui lòng quét hoặc nhập lại.")
        )
    office = user.office_id
    owed = (
        Fee.objects.filter(Fee.OPEN, Q(dossier__office=office) | Q(dossier__holder_office=office))
        .select_related("dossier__revision", "dossier__procedure")
        .defer("dossier__revision__content")
        .order_by("asked_at", "pk")
    )
    refunds = OnlinePayment.objects.filter(refund_amount__gt=0, refunded_at=None, fee__dossier__office=office)
    today = timezone.localdate()
    context = {
        "page": Paginator(owed, _PAGE).get_page(request.GET.get("trang")),
        "typed": typed,
        "refunds": list(refunds.select_related("fee__dossier")),
        "till": closing.till_of(user, today),
        "days": [day for day in closing.open_days(user) if day < today],
    }
    return render(request, "payments/till.html", context)


@right_required(Right.EXEMPT_FEE)
@_page
def fees_of(request: OfficialRequest, pk: UUID) -> HttpResponse:
    """Show what a dossier costs; take cash for a fee, or let nobody pay it."""
    user = request.user
    dossier = get_object_or_404(visible_to(user).select_related("procedure", "office", "revision"), pk=pk)
    waiting = Prefetch("online_payments", OnlinePayment.objects.filter(OnlinePayment.WAITING), "waiting")
    fees = list(
        dossier.fees.select_related("settled_by", "exempted_by").prefetch_related("receipts__office", waiting)
    )
    chosen = next((fee for fee in fees if str(fee.pk) == request.POST.get("fee")), None)
    bound: dict[str, Any] = {}
    if request.method == "POST":
        if chosen is None:
            raise Http404
        is_cash = "take" in request.POST
        form: CashForm | ExemptForm
        form = (
            CashForm(request.POST, fee=chosen, is_waiting=bool(chosen.waiting))
            if is_cash
            else ExemptForm(request.POST, fee=chosen)
        )
        if form.is_valid():
            return _done(request, dossier, chosen, form)
        bound = {"cash" if is_cash else "exempt": form, "form": form}
    may_take, may_exempt = (may_do(user, right, dossier) for right in (Right.TAKE_FEE, Right.EXEMPT_FEE))
    payer = {"payer": opened(dossier.applicant_name)}
    rows = [
        {
            "fee": fee,
            "waiting": fee.waiting[0] if fee.is_open and fee.waiting else None,
            "cash": (bound.get("cash") if fee is chosen else None)
            or CashForm(fee=fee, is_waiting=bool(fee.waiting), initial=payer)
            if may_take and fee.is_open
            else None,
            "exempt": (bound.get("exempt") if fee is chosen else None) or ExemptForm(fee=fee)
            if may_exempt and fee.is_open
            else None,
            "is_exempting": fee is chosen and "exempt" in bound,
            "receipts": list(fee.receipts.all()),
        }
        for fee in fees
    ]
    return render(request, "payments/fees_of.html", {"dossier": dossier, "rows": rows, **bound})


@right_required(Right.TAKE_FEE)
@_page
def taken(request: OfficialRequest, pk: UUID) -> HttpResponse:
    """Show a receipt, what is to be given back, and the way to its paper; void it with a reason."""
    user = request.user
    neighbors = (
        "office",
        "closing",
        "taken_by",
        "voided_by",
        "fee__dossier__procedure",
        "fee__dossier__revision",
    )
    receipt = get_object_or_404(Receipt.objects.select_related(*neighbors), pk=pk)
    is_own = receipt.taken_by_id == user.pk
    if not (is_own or may_do(user, Right.TAKE_FEE, receipt.fee.dossier)):
        raise Http404
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            voided = service.void(receipt_pk=pk, reason=form.cleaned_data["reason"], by=user, now=now)
            if voided.voided_at == now:
                messages.success(request, _("Đã hủy biên lai. Khoản phí, lệ phí lại phải nộp."))
            else:
                messages.info(request, _("Biên lai này đã được hủy trước đó."))
        except service.DayClosed:
            messages.error(request, str(_CLOSED))
        except NotUndone:
            messages.error(
                request,
                _("Không hủy được: hồ sơ đã kết thúc, hoặc hồ sơ đang có khoản phí khác phải nộp."),
            )
        except NotYours:
            raise PermissionDenied(_("Chỉ người đã thu mới hủy được biên lai này.")) from None
        return redirect("taken", pk)
    context = {
        "receipt": receipt,
        "dossier": receipt.fee.dossier,
        "form": form,
        "is_dossier_seen": sees(user, receipt.fee.dossier),
        "may_void": is_own and receipt.voided_at is None and receipt.closing_id is None,
    }
    return render(request, "payments/taken.html", context)


@right_required(Right.TAKE_FEE)
@_page
def close_till(request: OfficialRequest) -> HttpResponse:
    """Show a cashier's day, today's or another open one's, and close it."""
    user = request.user
    day = _day(request.GET.get("ngay", ""))
    before = DayClosing.objects.filter(cashier=user, day=day).first()
    if before is not None:
        return redirect("till_closed", before.pk)
    now = timezone.now()
    if day > timezone.localdate(now) or user.office_id is None:
        raise Http404
    shown = closing.till_of(user, day)
    form = ClosingForm(request.POST if request.method == "POST" else None, till=shown)
    if request.method == "POST" and form.is_valid():
        try:
            closed = closing.close_day(
                day=day,
                expected=form.cleaned_data["expected"],
                written=form.cleaned_data["written"],
                counted=form.cleaned_data["counted"],
                denominations=form.denominations(),
                note=form.cleaned_data["note"],
                by=user,
                now=now,
            )
        except closing.CountedAnew:
            shown = closing.till_of(user, day)
            form.tell_of_change(shown)
        else:
            messages.success(request, _("Đã khóa sổ ngày %(day)s.") % {"day": f"{day:%d/%m/%Y}"})
            return redirect("till_closed", closed.pk)
    online = closing.paid_online(user.office_id, day)
    context = {
        "till": shown,
        "form": form,
        "online": online,
        "online_sum": sum(one.amount for one in online),
        "is_today": day == timezone.localdate(now),
    }
    return render(request, "payments/close_till.html", context)


@right_required(Right.TAKE_FEE)
@require_safe
def till_closed(request: OfficialRequest, pk: UUID) -> HttpResponse:
    """Show a closed day with its receipts, to be printed and signed."""
    mine = DayClosing.objects.select_related("office", "cashier").filter(cashier=request.user)
    return _closed(request, get_object_or_404(mine, pk=pk), is_own=True)


@right_required(Right.SEE_CLOSINGS)
@require_safe
def closings(request: OfficialRequest) -> HttpResponse:
    """List the closed days of the unit's cashiers for who supervises them."""
    found = closing.visible_to(request.user).order_by("-day", "office__code", "-closed_at")
    return render(
        request,
        "payments/closings.html",
        {"page": Paginator(found, _PAGE).get_page(request.GET.get("trang"))},
    )


@right_required(Right.SEE_CLOSINGS)
@require_safe
def closing_seen(request: OfficialRequest, pk: UUID) -> HttpResponse:
    """Show a closed day of one of the unit's cashiers."""
    return _closed(request, get_object_or_404(closing.visible_to(request.user), pk=pk), is_own=False)


@right_required(Right.TAKE_FEE)
@require_POST
def refunded(request: OfficialRequest, pk: UUID) -> HttpResponse:
    """Note that money which came for nothing was given back."""
    get_object_or_404(OnlinePayment, pk=pk)
    try:
        service.note_refund(payment_pk=pk, by=request.user, now=timezone.now())
    except (NotYours, ValueError):
        raise Http404 from None
    messages.success(request, _("Đã ghi nhận hoàn trả."))
    return redirect("till")


def _done(request: OfficialRequest, dossier: Dossier, fee: Fee, form: CashForm | ExemptForm) -> HttpResponse:
    user, now, said = request.user, timezone.now(), form.cleaned_data
    try:
        if isinstance(form, CashForm):
            made = service.take_cash(
                fee_pk=fee.pk,
                by=user,
                now=now,
                tendered=said["tendered"],
                payer=said["payer"],
                is_despite_bank=said.get("is_despite_bank", False),
            )
            words = {"amount": money(made.amount), "change": money(made.change)}
            messages.success(request, _("Đã thu %(amount)s. Tiền thừa: %(change)s.") % words)
            return redirect("taken", made.pk)
        service.exempt(fee_pk=fee.pk, exemption=said["exemption"], reason=said["reason"], by=user, now=now)
        messages.success(request, _("Đã ghi nhận miễn phí, lệ phí."))
    except NotYours:
        raise PermissionDenied(str(_NOT_HERE)) from None
    except NotOwed:
        earlier = Receipt.objects.filter(Receipt.VALID, fee=fee, taken_by=user).first()
        if isinstance(form, CashForm) and earlier is not None:
            messages.info(request, _("Khoản này đã được ông/bà thu ở lần bấm trước."))
            return redirect("taken", earlier.pk)
        messages.warning(request, str(_NOT_OWED))
    except service.WaitsAtBank:  # begun since the form was looked at
        messages.warning(request, str(WAITS_AT_BANK))
    except service.DayClosed:
        messages.error(request, str(_CLOSED))
    return redirect("fees_of", dossier.pk)


def _closed(request: HttpRequest, closed: DayClosing, *, is_own: bool) -> HttpResponse:
    receipts = list(closed.receipts.select_related("office", "fee__dossier"))
    notes = [
        {"value": int(value), "count": count, "sum": int(value) * count}
        for value, count in sorted(closed.denominations.items(), key=lambda one: -int(one[0]))
    ]
    context = {"closed": closed, "receipts": receipts, "notes": notes, "is_own": is_own}
    return render(request, "payments/till_closed.html", context)


def _of_office(user: User) -> QuerySet[Dossier]:
    places = Q(office=user.office_id) | Q(holder_office=user.office_id)
    return Dossier.objects.filed().filter(places)


def _day(text: str) -> date:
    """Return the day that an address names, today where it names none. Raises Http404: it is no day of any till."""
    try:
        day = date.fromisoformat(text) if text else timezone.localdate()
    except ValueError:
        raise Http404 from None
    if day < _FIRST_DAY:  # the first days of the calendar have no moment in Greenwich
        raise Http404
    return day
