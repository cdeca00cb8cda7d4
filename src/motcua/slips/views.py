"""The slips of a dossier and the register of an office, as files that the browser shows and prints."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from motcua.accounts.access import right_required, user_of
from motcua.accounts.models import Office, User
from motcua.accounts.offices import offices_of_unit
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Reach, Right, reach_of
from motcua.dossiers.access import is_own, sees
from motcua.dossiers.models import Dossier
from motcua.payments.models import Receipt
from motcua.slips import book, receipts, service
from motcua.slips.typesetting import NotSet
from motcua.web.markup import filled_each
from motcua.web.requests import portal_address
from motcua.web.templatetags.motcua import whole

_log = logging.getLogger("motcua.slips")
_FILE_NAMES: Final = {
    "01": "giay-tiep-nhan",
    "02": "yeu-cau-bo-sung",
    "03": "tu-choi-tiep-nhan",
    "04": "xin-loi-gia-han",
    "05": "dung-giai-quyet",
    "06": "kiem-soat",
    "07": "so-theo-doi",
}


@require_safe
@login_required
def slip(request: HttpRequest, pk: UUID, code: str) -> HttpResponseBase:
    """Hand out a slip to the citizen whose dossier it is, or to an official who may see the dossier."""
    if user_of(request).is_citizen:
        return _slip(request, pk, code)
    return _slip_for_officials(request, pk, code)


@require_safe
@right_required(Right.KEEP_REGISTER)
def register_book(request: OfficialRequest) -> HttpResponse:
    """Offer the register of an office by month and whole; with a year in the query hand out that part as a file."""
    offices = _offices_of(request.user)
    asked = request.GET.get("co-quan", "")
    own = next((one for one in offices if one.pk == request.user.office_id), offices[0])
    office = next((one for one in offices if one.code == asked), own if not asked else None)
    if office is None:
        raise Http404
    if "nam" not in request.GET:
        return _book_page(request, office, offices)
    year = _number(request, "nam", 2000, 2200)
    if year is None:
        raise Http404
    part = book.BookPart(
        office,
        year=year,
        month=_number(request, "thang", 1, 12),
        part=_number(request, "phan", 1, 10_000) or 1,
    )
    try:
        made = service.issue_register(part, by=request.user, now=timezone.now())
    except LookupError:
        raise Http404 from None
    except NotSet as why:
        return _not_made(request, why)
    months = f"-{part.month:02}" if part.month else ""
    return _file(made, f"so-theo-doi-{office.code}-{part.year}{months}-phan-{part.part}")


@require_safe
@login_required
def fee_receipt(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Hand out the paper of a receipt to the citizen whose dossier it is, or to an official who sees it or wrote it."""
    if user_of(request).is_citizen:
        return _fee_receipt(request, pk)
    return _fee_receipt_for_officials(request, pk)


@right_required(Right.SEE_DOSSIERS)
def _fee_receipt_for_officials(request: OfficialRequest, pk: UUID) -> HttpResponse:
    return _fee_receipt(request, pk)


def _fee_receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = user_of(request)
    receipt = get_object_or_404(Receipt.objects.select_related(*receipts.NEIGHBORS), pk=pk)
    dossier = receipt.fee.dossier
    if not (is_own(user, dossier) if user.is_citizen else receipt.taken_by == user or sees(user, dossier)):
        raise Http404
    now, base_url = timezone.now(), portal_address(request)
    try:
        made = receipts.issue_receipt(receipt, by=user, now=now, base_url=base_url)
    except NotSet as why:
        return _not_made(request, why)
    return _file(made, f"bien-lai-{receipt.symbol}-{receipt.said_number}")


@right_required(Right.SEE_DOSSIERS)
def _slip_for_officials(request: OfficialRequest, pk: UUID, code: str) -> HttpResponse:
    return _slip(request, pk, code)


def _slip(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    user = user_of(request)
    dossier = get_object_or_404(Dossier.objects.select_related(*service.NEIGHBORS), pk=pk)
    is_theirs = is_own(user, dossier) and code in service.FOR_CITIZENS
    if not (is_theirs if user.is_citizen else sees(user, dossier)):
        raise Http404
    now, base_url = timezone.now(), portal_address(request)
    try:
        made = service.issue(code, dossier, by=user, now=now, base_url=base_url)
    except service.NoSuchSlip:
        raise Http404 from None
    except NotSet as why:
        return _not_made(request, why)
    return _file(made, f"{_FILE_NAMES[code]}-{dossier.code}")


def _not_made(request: HttpRequest, why: NotSet) -> HttpResponse:
    _log.error("slips.not_made why=%s", why)
    response = render(request, "slips/not_made.html", status=503)
    response["Retry-After"] = "60"
    return response


def _file(made: service.Made, name: str) -> HttpResponse:
    """Answer with a slip, which the browser shows; name and header tell whether it is signed."""
    response = HttpResponse(made.pdf, content_type="application/pdf")
    signed = "-da-ky-so" if made.is_signed else ""
    response["Content-Disposition"] = f'inline; filename="{name}{signed}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Slip-Signed"] = "yes" if made.is_signed else "no"
    # Safari's family holds the page's rules against its own viewer, and then shows a corner of the slip or nothing.
    rules = {"style-src": ["'unsafe-inline'"], "object-src": ["'self'"], "script-src": ["'none'"]}
    response._csp_replace = rules  # type: ignore[attr-defined]  # django-csp's
    return response


def _offices_of(user: User) -> list[Office]:
    """List the offices whose register somebody may keep, in the order of their codes."""
    offices = Office.objects.select_related("parent").order_by("code")
    if reach_of(user, Right.KEEP_REGISTER) is Reach.UNIT and user.office_id is not None:
        return list(offices.filter(pk__in=offices_of_unit(user.office_id)))
    return list(offices.filter(pk=user.office_id or 0))


def _book_page(request: HttpRequest, office: Office, offices: list[Office]) -> HttpResponse:
    today = timezone.localdate()
    years = book.years_of(office, today=today)
    shown = _number(request, "xem", 2000, 2200) or (years[0] if years else today.year)
    months = book.months_of(office, shown, now=timezone.now())
    told = [("", _("Cả năm"), sum(months.values()))]
    told += [
        (f"&thang={month}", _("Tháng %(month)02d") % {"month": month}, count)
        for month, count in months.items()
    ]
    rows = [
        {"label": label, "count": whole(count), "files": _files(office, f"{shown}{month}", label, count)}
        for month, label, count in told
    ]
    context = {
        "office": office,
        "offices": [one for one in offices if one.kind == Office.Kind.DESK or one == office],
        "years": years,
        "year": shown,
        "rows": rows if months else [],
        "most": whole(book.LINES),
    }
    return render(request, "slips/register_book.html", context)


def _files(office: Office, period: str, label: str, count: int) -> SafeString:
    """Return the links to the parts of a period; a year may have a hundred, for which a template takes long."""
    words = _("hồ sơ thứ %(first)s–%(last)s")
    rows = []
    for number, span in enumerate(book.parts(count), start=1):
        first, last = map(whole, span)
        said = f"{label}, {words % {'first': first, 'last': last}}"
        rows.append((quote(office.code), period, number, said, first, last))
    return filled_each(", ", '<a href="?co-quan={}&amp;nam={}&amp;phan={}" aria-label="{}">{}–{}</a>', rows)


def _number(request: HttpRequest, name: str, least: int, most: int) -> int | None:
    """Return a whole number of the query, None when it is left out. Raises Http404 for anything else."""
    said = request.GET.get(name, "")
    if not said:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 6 and least <= int(said) <= most):
        raise Http404
    return int(said)
