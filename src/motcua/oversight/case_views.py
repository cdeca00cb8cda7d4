"""The pages on which a supervisor answers citizens' objections."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from motcua.accounts.access import supervisor_required
from motcua.accounts.models import Office
from motcua.accounts.requests import OfficialRequest
from motcua.dossiers.models import Dossier
from motcua.oversight import history, objecting
from motcua.oversight.forms import AnswerForm
from motcua.oversight.models import Objection
from motcua.oversight.supervisor_views import frame
from motcua.procedures.models import Procedure

_MOST_ANSWERED = 50


@require_safe
@supervisor_required
def objections(request: OfficialRequest) -> HttpResponse:
    """List the cases of a supervisor: the open ones by their term, then the last answered ones."""
    cases = objecting.cases_of(request.user).select_related("check_made")
    now = timezone.now()
    still_open = list(cases.filter(answered_at=None).order_by("due_on", "pk"))
    names = dict(Office.objects.values_list("code", "name"))
    answered = list(cases.exclude(answered_at=None).order_by("-answered_at")[:_MOST_ANSWERED])
    offices = {
        case: history.office_words(case.check_made, names.get(case.check_made.office_code))
        for case in (*still_open, *answered)
    }
    overdue = {case for case in still_open if objecting.is_overdue(case, now)}
    context = {
        **frame(request.user),
        "open": [
            (case, offices[case], objecting.days_left(case, now), case in overdue) for case in still_open
        ],
        "overdue": len(overdue),
        "answered": [(case, offices[case]) for case in answered],
    }
    return render(request, "oversight/objections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@supervisor_required
def objection(request: OfficialRequest, pk: int) -> HttpResponse:
    """Show one case with its facts; posted, answer it."""
    cases = objecting.cases_of(request.user).select_related("check_made__asked_by", "answered_by")
    case = get_object_or_404(cases, pk=pk)
    now = timezone.now()
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            objecting.answer_objection(
                objection=case, by=request.user, text=form.cleaned_data["answer"], now=now
            )
        except objecting.AlreadyAnswered:
            messages.warning(request, _("Phản ánh này đã được trả lời."))
        else:
            messages.success(request, _("Đã trả lời. Công dân được báo ở “Thông tin cá nhân”."))
        return redirect("objection", pk)
    context = {
        **frame(request.user),
        "case": case,
        "form": form,
        "days_left": objecting.days_left(case, now),
        "is_overdue": objecting.is_overdue(case, now),
        **_facts(case),
    }
    return render(request, "oversight/objection.html", context)


def _facts(case: Objection) -> dict[str, object]:
    check = case.check_made
    office = Office.objects.filter(code=check.office_code).values_list("name", flat=True).first()
    procedure = Procedure.objects.filter(code=check.procedure_code).values_list("name", flat=True).first()
    dossier = Dossier.objects.filter(identity_check=check).first()
    if dossier is None and check.dossier_id is not None:
        dossier = Dossier.objects.filter(pk=check.dossier_id).first()
    return {
        "check": check,
        "office": history.office_words(check, office),
        "procedure": history.procedure_words(check, procedure),
        "dossier": dossier,
    }
