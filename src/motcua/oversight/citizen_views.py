"""The pages on which a citizen sees who asked about them, and objects."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from motcua.accounts.access import citizen_of, citizen_required
from motcua.accounts.requests import CitizenRequest
from motcua.audit.service import record
from motcua.oversight import history, objecting, rows
from motcua.oversight.forms import ObjectionForm
from motcua.oversight.models import Objection
from motcua.verification.models import IdentityCheck
from motcua.verification.service import number_lock


@require_safe
@citizen_required
def my_checks(request: CitizenRequest) -> HttpResponse:
    """Show a citizen the checks about their number; whose, the session says and nothing else."""
    citizen, now = citizen_of(request), timezone.now()
    after = history.place_of(request.GET.get("truoc", ""))
    page = history.page_of(history.subject_of(citizen), citizen=citizen, after=after)
    if after is None:
        record(
            name="history.viewed",
            now=now,
            actor=citizen.user,
            subject=citizen.number_digest,
            details={"count": len(page.rows)},
        )
    context = {
        "rows": rows.of_person(page.rows, today=timezone.localdate(now)),
        "older": page.older.as_text() if page.older else "",
        "is_first": after is None,
        "locked_until": number_lock(number_digest=citizen.number_digest, now=now),
    }
    return render(request, "oversight/my_checks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_required
def object_to_check(request: CitizenRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one check with the citizen's objection to it; posted, open one."""
    citizen, now = citizen_of(request), timezone.now()
    row = history.row_of(history.subject_of(citizen), citizen=citizen, check_id=pk)
    if row is None:
        raise Http404
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if not row.is_own and form.is_valid():
        check = IdentityCheck.objects.get(pk=pk)
        text = form.cleaned_data["text"]
        if objecting.open_objection(citizen=citizen, check=check, text=text, now=now).opened_at != now:
            messages.info(
                request, _("Ông/bà đã gửi phản ánh về lượt này trước đó; nội dung lần này không được gửi.")
            )
        return redirect("object_to_check", pk)
    case = Objection.objects.filter(check_made=pk, citizen=citizen).first()
    context = {
        "row": row,
        "form": form,
        "case": case,
        "is_overdue": case is not None and case.answered_at is None and objecting.is_overdue(case, now),
    }
    return render(request, "oversight/object_to_check.html", context)
