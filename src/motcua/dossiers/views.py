"""Pages of filing, of a citizen's own dossiers and of tracking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import citizen_required
from motcua.accounts.models import Office
from motcua.accounts.service import asker_of
from motcua.dossiers import service
from motcua.dossiers.forms import ApplicantForm, PapersForm, ReviewForm, TrackForm
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.numbering import parse_code
from motcua.dossiers.papers import PaperRefused, request_max_bytes
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.verification.models import IdentityCheck
from motcua.verification.service import ChallengeNeeded, Limited, PressReused, line_status, press_of
from motcua.web.addresses import addresses
from motcua.web.requests import client_address
from motcua.web.uploads import take_files

_PAGE = 20
# What no page here shows of a procedure; lists in JSON are costly to read.
_UNUSED = tuple(
    f"procedure__{field}"
    for field in ("official_name", "audience", "fees", "fee_note", "results", "search_text")
)
_LISTED = (
    *("pk", "code", "status", "saved_at", "submitted_at", "received_at", "procedure__name", "office__name"),
    *("reminder__created_at", "reminder__sent_at"),
)
_TRACKED = (
    *("code", "status", "channel", "submitted_at", "received_at", "by_hand_reason", "is_decision_barred"),
    *("procedure__name", "office__name", "identity_check__outcome"),
)
# What the page may say of an outcome beside its kind.
_NOTHING_MORE = dict.fromkeys(("since", "until", "tries", "tries_left"))
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@citizen_required
def my_dossiers(request: HttpRequest) -> HttpResponse:
    """List the citizen's drafts and filed dossiers, the last saved first."""
    own = Dossier.objects.filter(citizen_id=request.user.citizen.pk).values(*_LISTED)
    page = Paginator(own, _PAGE).get_page(request.GET.get("trang"))
    address_of, delete_address_of = addresses("dossier"), addresses("delete_draft")
    rows = [
        row
        | {
            "is_draft": row["status"] == Dossier.Status.DRAFT,
            "is_received": row["received_at"] is not None,
            "is_reminder_due": row["reminder__created_at"] is not None and row["reminder__sent_at"] is None,
            "said_status": Dossier.Status(row["status"]).label,
            "address": address_of(row["pk"]),
            "delete_address": delete_address_of(row["pk"]),
        }
        for row in page
    ]
    has_drafts = any(row["is_draft"] for row in rows)
    context = {
        "page": page,
        "rows": rows,
        "has_drafts": has_drafts,
        "draft_days": settings.KEEP_DRAFTS_DAYS,
    }
    return render(request, "dossiers/my_dossiers.html", context)


@require_POST
def start_dossier(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a dossier; who is not logged in yet comes back to the procedure after logging in."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("procedure", args=[code]))
    return _start_dossier(request, code)


@citizen_required
def _start_dossier(request: HttpRequest, code: str) -> HttpResponse:
    procedure = get_object_or_404(Procedure, code=code, is_active=True)
    office = Office.objects.filter(
        is_active=True, kind=Office.Kind.DESK, code=request.POST.get("office", "")[:35].replace("\0", "")
    ).first()
    if office is None or not procedure.is_online:
        messages.warning(request, _("Vui lòng chọn cơ quan tiếp nhận."))
        return redirect("procedure", code=procedure.code)
    now = timezone.now()
    draft = service.start_draft(citizen=request.user.citizen, procedure=procedure, office=office, now=now)
    if draft.created_at != now:
        messages.info(request, _("Ông/bà đang soạn dở hồ sơ này. Vui lòng làm tiếp."))
    return redirect("applicant_step", pk=draft.pk)


@_page
@citizen_required
def applicant_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who files, from the account; on "Đồng ý và tiếp tục" the register is asked."""
    draft = _own(request, pk)
    if not draft.is_draft:
        return redirect("dossier", pk=pk)
    if request.method != "POST":
        return _applicant_page(request, draft, ApplicantForm(initial=_contact(draft)))
    form = ApplicantForm(request.POST)
    if not form.is_valid():
        return _applicant_page(request, draft, form)
    now = timezone.now()
    try:
        check = service.confirm_applicant(
            dossier=draft,
            contact=form.contact(),
            consent_version=form.cleaned_data["consent"],
            asker=asker_of(request.user, client_address(request)),
            now=now,
            press=press_of(request.POST),
        )
    except service.ConsentMissing:
        form.add_error(None, _("Vui lòng đọc phần đồng ý dưới đây rồi bấm nút lần nữa."))
        return _applicant_page(request, draft, form)
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    except service.StillAsking:
        return _applicant_page(request, draft, form, kind="asking")
    except PressReused:
        return _applicant_page(request, draft, form, kind="pressed_before", status=409)
    except ChallengeNeeded as needed:
        return _applicant_page(request, draft, form, is_challenge_wrong=needed.is_wrong, kind="challenge")
    except Limited as limited:
        response = _applicant_page(
            request, draft, form, kind="limited", until=limited.until, tries=limited.tries, status=429
        )
        response["Retry-After"] = str(max(1, int((limited.until - now).total_seconds()) + 1))
        return response
    if check.is_verified:
        return redirect("papers_step", pk=pk)
    return _applicant_page(request, draft, form, check=check)


def _applicant_page(
    request: HttpRequest,
    draft: Dossier,
    form: ApplicantForm,
    *,
    check: IdentityCheck | None = None,
    status: int = 200,
    is_challenge_wrong: bool = False,
    **outcome: Any,
) -> HttpResponse:
    if check is not None:
        outcome = {"kind": check.outcome, "tries_left": check.tries_left}
        if not check.is_rejected:
            outcome["since"] = line_status(now=timezone.now()).since
    if outcome:
        outcome = {**_NOTHING_MORE, **outcome}
    context = {
        "dossier": draft,
        "citizen": draft.citizen,
        "form": form,
        "outcome": outcome,
        "is_challenge_wrong": is_challenge_wrong,
        "consent_version": service.CONSENT_VERSION,
        "profile_url": f"{reverse('profile_edit')}?next={reverse('applicant_step', args=[draft.pk])}",
        "step": 1,
    }
    return render(request, "dossiers/applicant_step.html", context, status=status)


@require_POST
@citizen_required
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that the citizen wants to be told when the register can be asked about a draft."""
    try:
        service.remind(dossier=_own(request, pk), now=timezone.now())
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    text = _(
        "Đã ghi nhận. Khi kiểm tra được, thông báo sẽ hiện ở “Thông tin cá nhân”. Bản nháp vẫn được giữ."
    )
    messages.success(request, text)
    return redirect("my_dossiers")


@_page
@csrf_exempt  # the body is looked at only once its size is known to be right; see _papers_step
@citizen_required
def papers_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the papers, as many at a time as one likes."""
    if _content_length(request) > request_max_bytes():
        context = {"dossier": _own(request, pk), "megabytes": request_max_bytes() // (1024 * 1024)}
        return render(request, "dossiers/too_large.html", context, status=413)
    take_files(request)
    return _papers_step(request, pk)


@csrf_protect
def _papers_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    draft, now = _own(request, pk), timezone.now()
    if (away := _way_back(request, draft)) is not None:
        return away
    documents = list(draft.procedure.documents.filter(kind=RequiredDocument.Kind.SUBMIT))
    form = PapersForm(documents)
    if request.method == "POST":
        form = PapersForm(documents, request.POST, request.FILES)
        _keep_uploads(draft, form)
        if not form.errors:
            if "go_on" not in request.POST:
                return redirect("papers_step", pk=pk)
            try:
                service.refuse_incomplete(dossier=draft, now=now)
                return redirect("review_step", pk=pk)
            except service.PapersMissing as missing:
                for document in missing.documents:
                    form.add_error(
                        f"document-{document.pk}", _("Chưa có giấy tờ bắt buộc: %s.") % document.name
                    )
    return _papers_page(request, draft, form)


def _keep_uploads(draft: Dossier, form: PapersForm) -> None:
    """Keep every file that can be kept, and tell by the others why not."""
    if not form.is_valid():
        return
    for name, document, upload in form.uploads():
        try:
            service.add_paper(dossier=draft, document=document, upload=upload, now=timezone.now())
        except PaperRefused as refused:
            form.add_error(name, f"{upload.name}: {refused.message}")


def _papers_page(request: HttpRequest, draft: Dossier, form: PapersForm) -> HttpResponse:
    given: dict[int | None, list[Paper]] = {}
    for paper in draft.papers.all():
        given.setdefault(paper.document_id, []).append(paper)
    rows = [
        {
            "document": document,
            "field": form[name],
            "papers": given.get(document.pk if document else None, []),
        }
        for name, document in form.documents.items()
    ]
    context = {
        "dossier": draft,
        "form": form,
        "rows": rows,
        "step": 2,
        "paper_megabytes": settings.PAPER_MAX_BYTES // (1024 * 1024),
        "request_megabytes": request_max_bytes() // (1024 * 1024),
    }
    return render(request, "dossiers/papers_step.html", context)


@require_POST
@citizen_required
def remove_paper(request: HttpRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Take one file out of a draft."""
    draft = _own(request, pk)
    try:
        service.remove_paper(dossier=draft, paper_id=paper_pk, now=timezone.now())
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    return redirect("papers_step", pk=pk)


@_page
@citizen_required
def review_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show everything once more; with the oath, "Nộp hồ sơ" files it, once."""
    draft, now = _own(request, pk), timezone.now()
    form = ReviewForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST" and (form.is_valid() or not draft.is_draft):
            service.submit(dossier=draft, has_sworn=form.is_valid(), now=now)
            return redirect("submitted", pk=pk)
        service.refuse_incomplete(dossier=draft, now=now)
    except service.NotADraft:
        return redirect("submitted", pk=pk)
    except service.Held as held:
        return _to_first_step(request, draft, held.hold)
    except service.PapersMissing as missing:
        names = "; ".join(document.name for document in missing.documents)
        messages.warning(request, _("Chưa có giấy tờ bắt buộc: %s.") % names)
        return redirect("papers_step", pk=pk)
    context = {"dossier": draft, "papers": draft.papers.all(), "form": form, "step": 3}
    return render(request, "dossiers/review_step.html", context)


@require_safe
@citizen_required
def submitted(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the code, and what happens next."""
    filed = _own(request, pk)
    if filed.is_draft:
        return redirect("applicant_step", pk=pk)
    return render(request, "dossiers/submitted.html", {"dossier": filed, "step": 4})


@require_safe
@citizen_required
def dossier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the citizen's own dossiers; a draft goes on where it stopped."""
    own = _own(request, pk)
    if own.is_draft:
        return redirect(
            "papers_step" if service.hold_of(dossier=own, now=timezone.now()) is None else "applicant_step",
            pk=pk,
        )
    return render(request, "dossiers/dossier.html", {"dossier": own, "papers": own.papers.all()})


@require_POST
@citizen_required
def delete_draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a draft with its files."""
    try:
        service.delete_draft(dossier=_own(request, pk))
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    messages.success(request, _("Đã xóa bản nháp."))
    return redirect("my_dossiers")


@require_safe
def paper(request: HttpRequest, pk: UUID, paper_pk: UUID) -> FileResponse:
    """Hand out a file to the dossier's owner, or to an officer of the office that it was filed with."""
    found = get_object_or_404(Paper.objects.select_related("dossier__citizen"), pk=paper_pk, dossier_id=pk)
    if not service.may_read_papers(dossier=found.dossier, user=request.user):
        raise Http404
    return FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.original_name, content_type=found.media_type
    )


@require_safe
def track(request: HttpRequest) -> HttpResponse:
    """Tell anybody who has a dossier's code how far it is, and nothing about a person."""
    is_asked = "ma" in request.GET
    form = TrackForm(request.GET if is_asked else None)
    found = None
    if is_asked and form.is_valid() and (code := parse_code(form.cleaned_data["ma"])) is not None:
        found = (
            Dossier.objects.filter(code=code)
            .select_related("procedure", "office", "identity_check")
            .only(*_TRACKED)
            .first()
        )
    is_missing = is_asked and form.is_valid() and found is None
    return render(request, "dossiers/track.html", {"form": form, "dossier": found, "is_missing": is_missing})


def _own(request: HttpRequest, pk: UUID) -> Dossier:
    """Return one of the citizen's own dossiers; another's is as absent as one that never was."""
    citizen = request.user.citizen
    own = Dossier.objects.select_related("procedure", "office", "identity_check").defer(*_UNUSED)
    found = get_object_or_404(own, pk=pk, citizen_id=citizen.pk)
    found.citizen = citizen
    return found


def _way_back(request: HttpRequest, draft: Dossier) -> HttpResponse | None:
    """Return the page to which a dossier that may not be worked on here must go; None when it may."""
    if not draft.is_draft:
        return redirect("dossier", pk=draft.pk)
    if (hold := service.hold_of(dossier=draft, now=timezone.now())) is not None:
        return _to_first_step(request, draft, hold)
    return None


def _to_first_step(request: HttpRequest, draft: Dossier, hold: service.Hold) -> HttpResponse:
    messages.warning(request, service.HOLD_TEXTS[hold])
    return redirect("applicant_step", pk=draft.pk)


def _contact(draft: Dossier) -> dict[str, str]:
    """Return what stands in the form at first: what the draft holds, else what the account holds."""
    citizen = draft.citizen
    return {
        "phone": draft.phone or citizen.phone,
        "email": draft.email or citizen.email,
        "address": draft.current_residence or citizen.address,
    }


def _content_length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0
