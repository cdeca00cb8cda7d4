"""The page on which an officer prints, for the person at the desk, who asked about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from motcua.accounts.access import right_required
from motcua.accounts.recording import office_code
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right
from motcua.accounts.service import owner_of
from motcua.audit.service import record
from motcua.oversight import history, looking_up, rows
from motcua.oversight.forms import PersonForm
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    DESK_CARRIES,
    Limited,
    MissingOfficerNumber,
    PressReused,
    carries,
    press_of,
)
from motcua.web.languages import in_vietnamese
from motcua.web.requests import client_address, too_many

REASON: Final = "In danh sách lượt tra cứu theo yêu cầu của công dân"  # people read it in their list
MOST: Final = 500


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.ASK_REGISTER)
def history_print(request: OfficialRequest) -> HttpResponse:
    """Ask the register who the person is, itself a check on record, and show the list only when they are."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form)
    now = timezone.now()
    try:
        check = looking_up.look_up(
            claim=form.claim(),
            officer=request.user,
            reason=REASON,
            press=press_of(request.POST),
            address=client_address(request),
            now=now,
        )
    except MissingOfficerNumber:
        return _page(request, form, outcome="no_officer_number")
    except PressReused:
        return _page(request, form, outcome="pressed_before", status=409)
    except Limited as limited:
        page = _page(request, form, outcome="limited", until=limited.until, tries=limited.tries)
        return too_many(page, until=limited.until, now=now)
    if not check.is_verified:
        outcome, left = check.outcome or "unanswered", check.tries_left
        return _page(request, form, outcome=outcome, barred=check.reason, tries_left=left)
    if not carries(check=check, claim=form.claim(), user=request.user, max_age=DESK_CARRIES, now=now):
        return _page(request, form, is_worn_out=True)
    return _list(request, check, now)


def _list(request: OfficialRequest, check: IdentityCheck, now: datetime) -> HttpResponse:
    subject = history.subject_of_check(check)
    owner = owner_of(number_digest=subject.person or subject.number)
    with in_vietnamese():  # a paper for the citizen
        page = history.page_of(subject, citizen=owner, size=MOST)
        shown = rows.of_person(page.rows, today=None)
    record(
        name="history.printed",
        now=now,
        actor=request.user,
        office_code=office_code(request.user),
        subject=check.number_digest,
        details={"count": len(page.rows)},
    )
    context = {
        "check": check,
        "rows": shown,
        "count": len(page.rows),
        "is_cut": page.older is not None,
        "most": MOST,
        "now": now,
    }
    return render(request, "oversight/history_list.html", context)


def _page(request: HttpRequest, form: PersonForm, *, status: int = 200, **said: Any) -> HttpResponse:
    context = {"form": form, "press_key": uuid.uuid4(), "outcome": "", "is_worn_out": False, **said}
    return render(request, "oversight/history_print.html", context, status=status)
