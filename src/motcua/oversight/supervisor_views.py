"""The pages of who watches over checks, and the one look-up that they watch most: without a dossier."""

from __future__ import annotations

import logging
import tempfile
import uuid
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from motcua.accounts.access import right_required, supervisor_required
from motcua.accounts.models import User
from motcua.accounts.notices import notify
from motcua.accounts.recording import office_code
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.oversight import looking_up, objecting, overview, reviewing, rows
from motcua.oversight.exporting import export
from motcua.oversight.models import Balance, CheckReview
from motcua.oversight.overview import Scope, scope_of
from motcua.oversight.supervisor_forms import (
    LONGEST_DOWNLOAD,
    LookUpForm,
    ReleaseForm,
    ReviewForm,
    period_of,
)
from motcua.verification import service as verification
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Limited, LimitStanding, MissingOfficerNumber, PressReused
from motcua.web.days import Period, PeriodForm
from motcua.web.languages import in_vietnamese
from motcua.web.requests import client_address, too_many

_log = logging.getLogger("motcua.oversight")
A_REVIEW_PAGE: Final = 20
NIGHTS: Final = 31
DIFFERENCES: Final = 200
_FILTERS: Final = ("can-bo", "co-quan", "thu-tuc", "ket-qua", "diem")


@right_required(Right.ASK_REGISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: OfficialRequest) -> HttpResponse:
    """Ask about a person for whom there is no dossier; the page shows the verdict and never the register's data."""
    now = timezone.now()
    if request.method != "POST":
        return _look_up_page(request, LookUpForm())
    form = LookUpForm(request.POST)
    if not form.is_valid():
        if "reason" in form.errors:
            _log.warning("lookup.without_reason user=%d", request.user.pk)
        return _look_up_page(request, form)
    try:
        check = looking_up.look_up(
            claim=form.claim(),
            officer=request.user,
            reason=form.cleaned_data["reason"],
            press=verification.press_of(request.POST),
            address=client_address(request),
            now=now,
        )
    except MissingOfficerNumber:
        return _look_up_page(request, form, kind="no_officer_number")
    except PressReused:
        return _look_up_page(request, form, status=409, kind="pressed_before")
    except Limited as limit:
        page = _look_up_page(request, form, kind="limited", until=limit.until, tries=limit.tries)
        return too_many(page, until=limit.until, now=now)
    return _look_up_page(request, form, check=check, kind=check.outcome or "unanswered")


def _look_up_page(
    request: OfficialRequest,
    form: LookUpForm,
    *,
    status: int = 200,
    check: IdentityCheck | None = None,
    kind: str = "",
    until: datetime | None = None,
    tries: int | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "press_key": uuid.uuid4(),
        "kind": kind,
        "at": check.answered_at if check else None,
        "barred": check.reason if check else "",
        "tries_left": check.tries_left if check else None,
        "until": until,
        "tries": tries,
    }
    return render(request, "oversight/supervisor_look_up.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Stopped:
    """An officer who may not ask at present, and the form that lets them go on."""

    officer: User
    standing: LimitStanding
    form: ReleaseForm | None  # none for oneself


@supervisor_required
@require_GET
def oversight(request: OfficialRequest) -> HttpResponse:
    """Show who asked how often, what came of it, who is stopped, and what waits for a look."""
    return _overview(request)


def _overview(request: OfficialRequest, refused: tuple[int, ReleaseForm] | None = None) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    form = PeriodForm(request.GET) if request.GET.keys() & {"tu", "den"} else None
    word = request.GET.get("ky", "")
    period = period_of(word, today)
    if period is None:  # none is named, or one that is none
        word = "hom-nay"
        period = period_of(word, today)
    if form is not None:
        word, period = "", form.period if form.is_valid() else None
    scope = scope_of(request.user)
    context: dict[str, Any] = {
        **frame(request.user),
        "word": word,
        "form": form or PeriodForm(initial=(period or Period(today, today)).query),
        "period": period,
        "stopped": _stopped(request.user, scope, now, refused),
        "wave": verification.wave_since(now=now),
        "cases": objecting.count_open(request.user, now),
        "is_whole": scope.is_whole,
    }
    if period is None:
        context["waiting"] = reviewing.marked(scope).order_by().count()
    else:
        counted = overview.counted(scope, period)
        context |= {
            "waiting": counted.to_review,
            "total": overview.total(counted.procedures),
            "total_query": urlencode(period.query),
            "officers": rows.figures(counted.officers),
            "left_out": counted.left_out,
            "offices": rows.figures(counted.offices),
            "procedures": rows.figures(counted.procedures),
        }
    return render(request, "oversight/supervisor.html", context)


def _stopped(
    user: User, scope: Scope, now: datetime, refused: tuple[int, ReleaseForm] | None
) -> list[Stopped]:
    standings = verification.stopped_officers(office_codes=list(scope.offices), now=now)
    officers = _officers_in(scope).filter(pk__in=standings) if standings else []
    found = []
    for officer in officers:
        form = (
            refused[1] if refused and refused[0] == officer.pk else ReleaseForm(auto_id=f"id_{officer.pk}_%s")
        )
        found.append(Stopped(officer, standings[officer.pk], None if officer.pk == user.pk else form))
    return found


def _officers_in(scope: Scope) -> Any:
    officials = User.objects.exclude(role=User.Role.CITIZEN).select_related("office")
    return officials if scope.is_whole else officials.filter(office__code__in=list(scope.offices))


@supervisor_required
def release(request: OfficialRequest, pk: int) -> HttpResponse:
    """Let an officer of the office go on who was stopped after too many wrong tries."""
    # A refused reason is told at this address, which is then opened as any page is.
    if request.method != "POST":
        return redirect("oversight")
    now = timezone.now()
    officer = get_object_or_404(_officers_in(scope_of(request.user)), pk=pk)
    if officer.pk == request.user.pk:
        raise PermissionDenied(_("Ông/bà không tự mở lại cho mình được. Vui lòng nhờ người phụ trách khác."))
    form = ReleaseForm(request.POST, auto_id=f"id_{officer.pk}_%s")
    if verification.officer_limit(officer=officer, now=now).left:
        messages.info(request, _("%(name)s không còn bị tạm dừng.") % {"name": officer.full_name})
        return redirect("oversight")
    if not form.is_valid():
        return _overview(request, (officer.pk, form))
    verification.release_officer(
        officer=officer,
        by=request.user,
        office_code=office_code(officer),
        reason=form.cleaned_data["reason"],
        now=now,
    )
    with in_vietnamese():
        notify(user=officer, text=_("Phụ trách đã mở lại việc kiểm tra danh tính cho ông/bà."), now=now)
    messages.success(
        request, _("Đã mở lại cho %(name)s. Việc này được ghi nhật ký.") % {"name": officer.full_name}
    )
    return redirect("oversight")


@supervisor_required
@require_GET
def checks(request: OfficialRequest) -> HttpResponse:
    """List the checks behind a figure."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return redirect("oversight")
    period, scope = form.period, scope_of(request.user)
    chosen = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    found, more = overview.paged(overview.filtered(scope, period, chosen), request.GET.get("sau", ""))
    context = {
        **frame(request.user),
        "period": period,
        "rows": rows.checks(_shown(found, scope), is_desk=request.user.is_officer, is_for_review=False),
        "more": urlencode(period.query | chosen | {"sau": more}) if more else "",
    }
    return render(request, "oversight/supervisor_checks.html", context)


@supervisor_required
@require_GET
def to_review(request: OfficialRequest) -> HttpResponse:
    """List the marked checks that nobody has decided on."""
    scope = scope_of(request.user)
    found, more = overview.paged(reviewing.marked(scope), request.GET.get("sau", ""), A_REVIEW_PAGE)
    return _review_page(request, scope, found, more, is_sample=False)


@supervisor_required
@require_GET
def review_sample(request: OfficialRequest) -> HttpResponse:
    """List the ordinary checks that were drawn for a look."""
    scope = scope_of(request.user)
    found, more = reviewing.sample(
        scope, now=timezone.now(), after=request.GET.get("sau", ""), size=A_REVIEW_PAGE
    )
    return _review_page(request, scope, found, more, is_sample=True)


def _review_page(
    request: OfficialRequest, scope: Scope, found: list[IdentityCheck], more: str, *, is_sample: bool
) -> HttpResponse:
    context = {
        **frame(request.user),
        "rows": rows.checks(_shown(found, scope), is_desk=request.user.is_officer, is_for_review=True),
        "more": urlencode({"sau": more}) if more else "",
        "is_sample": is_sample,
    }
    return render(request, "oversight/supervisor_to_review.html", context)


@supervisor_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one check with all that is known about it, and take down what the supervisor finds."""
    scope = scope_of(request.user)
    check = get_object_or_404(scope.checks().select_related("asked_by", "review__reviewed_by"), pk=pk)
    is_own = check.asked_by_id == request.user.pk
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        finding, note = CheckReview.Finding(form.cleaned_data["finding"]), form.cleaned_data["note"]
        try:
            reviewing.close(check=check, finding=finding, note=note, by=request.user, now=timezone.now())
        except reviewing.OwnCheck:
            refusal = _(
                "Ông/bà không kết luận về lượt tra cứu của chính mình được. Người phụ trách khác sẽ kết luận."
            )
            raise PermissionDenied(refusal) from None
        except reviewing.AlreadyReviewed:
            messages.warning(request, _("Lượt này đã có kết luận."))
            return redirect("review_check", pk)
        messages.success(request, _("Đã ghi kết luận: %(finding)s.") % {"finding": finding.label})
        return redirect("to_review")
    context = {
        **frame(request.user),
        "one": _shown([check], scope)[0],
        "dossier": reviewing.dossier_of(check),
        "review": getattr(check, "review", None),
        "is_own": is_own,
        "form": form,
    }
    return render(request, "oversight/supervisor_review.html", context)


@supervisor_required
@require_GET
def balances(request: OfficialRequest) -> HttpResponse:
    """List the nights, with how much differed in the offices that the reader may see."""
    scope = scope_of(request.user)
    ours = Count("differences", filter=_differences_in(scope))
    context = {**frame(request.user), "nights": Balance.objects.annotate(ours=ours).order_by("-on")[:NIGHTS]}
    return render(request, "oversight/supervisor_balances.html", context)


@supervisor_required
@require_GET
def balance_night(request: OfficialRequest, pk: int) -> HttpResponse:
    """List what differed in one night."""
    scope = scope_of(request.user)
    night = get_object_or_404(Balance, pk=pk)
    found = night.differences.filter(_differences_in(scope, "")).select_related(
        "check_made__asked_by", "dossier__received_by"
    )
    listed = list(found.order_by("kind", "office_code", "pk")[: DIFFERENCES + 1])
    context = {
        **frame(request.user),
        "night": night,
        "differences": listed[:DIFFERENCES],
        "is_cut": len(listed) > DIFFERENCES,
        "is_whole": scope.is_whole,
    }
    return render(request, "oversight/supervisor_night.html", context)


def _differences_in(scope: Scope, path: str = "differences__") -> Q:
    """Say which differences a reader may see; an administrator also those of offices that are no more."""
    if scope.is_whole:
        return Q()
    return Q(**{f"{path}office_code__in": list(scope.offices)})


@right_required(Right.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def export_checks(request: OfficialRequest) -> HttpResponseBase:
    """Give an administrator all checks of a period, with their signature, as one file."""
    now = timezone.now()
    if request.method != "POST":
        today = timezone.localdate(now)
        return _export_page(request, PeriodForm(initial=Period(today, today).query))
    form = PeriodForm(request.POST, longest=LONGEST_DOWNLOAD)
    if not form.is_valid():
        return _export_page(request, form)
    period = form.period
    name = f"luot-tra-cuu-{period.first:%Y%m%d}-{period.last:%Y%m%d}.csv"
    packed = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(name, "w", force_zip64=True) as file:
            signature = export(period=period, file=file, now=now, by=request.user)
        archive.writestr(f"{name}.sig.json", signature.as_json())
    packed.seek(0)
    return FileResponse(packed, as_attachment=True, filename=name.removesuffix(".csv") + ".zip")


def _export_page(request: OfficialRequest, form: PeriodForm) -> HttpResponse:
    context = {**frame(request.user), "form": form, "days": LONGEST_DOWNLOAD.days}
    return render(request, "oversight/supervisor_export.html", context)


@dataclass(frozen=True, slots=True)
class Shown:
    """A check as the supervisor's pages show it: masked, and a citizen who asked about themselves unnamed."""

    check: IdentityCheck
    office: str
    asked_by: str


def _shown(found: list[IdentityCheck], scope: Scope) -> list[Shown]:
    return [Shown(check, scope.offices[check.office_code], _asker(check)) for check in found]


def _asker(check: IdentityCheck) -> str:
    if check.asked_by is None:
        return _("Cổng trực tuyến")
    return _("Công dân, trên cổng") if check.asked_by.is_citizen else check.asked_by.full_name


def frame(user: User) -> dict[str, Any]:
    """Return what all these pages are drawn in: at the desk of who works there, on the portal for administrators."""
    return {"layout": "web/desk.html" if user.is_officer else "web/page.html", "is_desk": user.is_officer}
