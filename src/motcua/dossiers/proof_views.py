"""What proves that an identity was checked: looked up by its code by anybody, handed out to those it concerns."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from motcua.accounts.models import Office
from motcua.dossiers import service
from motcua.dossiers.forms import ProofForm
from motcua.dossiers.models import Dossier
from motcua.procedures.models import Procedure
from motcua.verification import proofs


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Tell anybody who has a check's code what came out, and whether its signature holds; nothing about a person."""
    is_asked = "ma" in request.GET
    form = ProofForm(request.GET if is_asked else None)
    is_sought = is_asked and form.is_valid()
    check = proofs.find_by_code(form.cleaned_data["ma"]) if is_sought else None
    context: dict[str, object] = {"form": form, "check": check, "is_missing": is_sought and check is None}
    if check is not None:
        holds = proofs.holds(check)
        names = Procedure.objects.filter(code=check.procedure_code).values_list("name", flat=True)
        context |= {
            "signature": "none" if holds is None else "valid" if holds else "broken",
            "office": Office.objects.filter(code=check.office_code).first() if check.office_code else None,
            "procedure_name": names.first() if check.procedure_code else None,
        }
    return render(request, "dossiers/verify.html", context, status=404 if context["is_missing"] else 200)


@require_safe
@login_required
def proof(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand out the proof of a dossier's check to whoever may read the dossier's papers."""
    dossier = get_object_or_404(Dossier.objects.select_related("citizen", "identity_check"), pk=pk)
    if not service.may_read_papers(dossier=dossier, user=request.user) or dossier.identity_check is None:
        raise Http404
    try:
        text = proofs.proof_text(dossier.identity_check)
    except proofs.ProofRefused:
        raise Http404 from None
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="xac-nhan-{dossier.identity_check.code}.json"'
    return response
