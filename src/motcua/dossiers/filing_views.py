"""Pages of filing, step by step."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import TooManyFilesSent
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import citizen_of, citizen_required
from motcua.accounts.models import Citizen
from motcua.accounts.requests import CitizenRequest
from motcua.accounts.service import asker_of
from motcua.dossiers import service
from motcua.dossiers.agreed_terms import agree_for_page
from motcua.dossiers.files.reading import limits_shown, request_max_bytes
from motcua.dossiers.forms import (
    AUTHORITY,
    FOR_OTHER,
    FOR_SELF,
    HAS_NUMBER,
    ApplicantForm,
    OwnerForm,
    PapersForm,
    ReviewForm,
)
from motcua.dossiers.models import Dossier, DossierOwner, Paper, Upload
from motcua.dossiers.own_dossier_views import own_dossier, too_large
from motcua.dossiers.papers import one_by_one
from motcua.dossiers.uploads import TEXTS, unfinished
from motcua.procedures.models import Procedure
from motcua.procedures.service import offices_online
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    ChallengeNeeded,
    Limited,
    Press,
    PressReused,
    line_status,
    press_of,
)
from motcua.web.requests import client_address, too_many
from motcua.web.uploads import take_files

# What the page may say of an outcome beside its kind.
_NOTHING_MORE = dict.fromkeys(("since", "until", "tries", "tries_left", "remind_form_id"))
_STILL_UNFINISHED = gettext_lazy(
    "Còn tệp chưa tải xong. Vui lòng quay lại bước “Giấy tờ” để tải tiếp hoặc bỏ; nếu nộp bây giờ, hồ sơ không có các "
    "tệp đó."
)
_CHANGED = gettext_lazy(
    "Chưa nộp: hồ sơ đã được sửa ở một trang khác sau khi ông/bà mở trang này. Vui lòng xem lại nội dung dưới đây rồi "
    "nộp lần nữa."
)
_OTHER_LINES = gettext_lazy(
    "Danh mục giấy tờ đã thay đổi sau khi ông/bà mở trang, nên tệp vừa chọn chưa được nhận. Vui lòng xem lại các mục "
    "dưới đây rồi chọn tệp lần nữa."
)
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
def start_dossier(request: HttpRequest, code: str) -> HttpResponseBase:
    """Begin a dossier; who is not logged in yet comes back to the procedure after logging in."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("procedure", args=[code]))
    return _start_dossier(request, code)


@citizen_required
def _start_dossier(request: CitizenRequest, code: str) -> HttpResponse:
    procedure = get_object_or_404(Procedure, code=code, is_active=True)
    code = request.POST.get("office", "")[:35].replace("\0", "")
    office = offices_online(procedure).filter(code=code).first()
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
def applicant_step(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show who files and for whom; on "Đồng ý và tiếp tục" the register is asked about both."""
    draft = own_dossier(request, pk)
    if not draft.is_draft:
        return redirect("dossier", pk=pk)
    asked = _Asking(request, draft)
    if request.method != "POST":
        return asked.page()
    if not asked.is_valid() or asked.owner_form.contradictions():
        return asked.page()
    try:
        return asked.confirm(timezone.now())
    except (service.NotADraft, Dossier.DoesNotExist):
        return redirect("dossier", pk=pk)


class _Asking:
    """One showing or one press of the first step: its forms, and what the register said."""

    def __init__(self, request: CitizenRequest, draft: Dossier) -> None:
        self.request, self.draft, citizen = request, draft, citizen_of(request)
        self.cases = list(draft.procedure.cases.all())
        posted = request.POST if request.method == "POST" else None
        self.form = ApplicantForm(
            posted, procedure=draft.procedure, cases=self.cases, initial=_said(draft, citizen)
        )
        self.is_for_other = self.form.is_for_other
        procedure, own = draft.procedure, citizen.number
        if posted is not None and self.is_for_other:
            self.owner_form = OwnerForm(posted, procedure=procedure, own_number=own)
        else:
            # Who changes their mind finds what was typed about the other person as it was.
            self.owner_form = OwnerForm(
                initial=_typed_of_owner(posted) or _said_of_owner(draft), procedure=procedure, own_number=own
            )

    def is_valid(self) -> bool:
        """Say whether all that counts was typed rightly."""
        is_valid = self.form.is_valid()
        return (self.owner_form.is_valid() if self.is_for_other else True) and is_valid

    def confirm(self, now: datetime) -> HttpResponse:
        """Keep what was typed, then ask about the filer and about the owner; on goes only who is known in both."""
        draft, request, is_owner = self.draft, self.request, False
        asker = asker_of(request.user, client_address(request))
        press = press_of(request.POST)
        try:
            service.choose_case(dossier=draft, case_key=self.form.case_key(), now=now)
            owner = self.owner_form.owner() if self.is_for_other else None
            service.keep_owner(dossier=draft, owner=owner, now=now)
            earlier = draft.identity_check
            check: IdentityCheck | None = service.confirm_applicant(
                dossier=draft,
                contact=self.form.contact(),
                consent_version=self.form.cleaned_data["consent"],
                asker=asker,
                now=now,
                press=press,
            )
            if check is not None and check.is_verified and self.is_for_other:
                is_owner = True
                # An answer to the portal's own question is good for one question to the register.
                own_press = press if check == earlier else Press(press.key)
                check = service.confirm_owner(dossier=draft, asker=asker, now=now, press=own_press)
        except service.ConsentMissing:
            self.form.add_error(None, _("Vui lòng đọc phần đồng ý dưới đây rồi bấm nút lần nữa."))
            return self.page()
        except service.OwnerRefused:
            text = _("Thủ tục này không nhận hồ sơ nộp thay như đã khai. Vui lòng xem lại phần “Nộp cho ai”.")
            self.form.add_error(None, text)
            return self.page()
        except service.StillAsking:
            return self.page(kind="asking")
        except PressReused:
            return self.page(kind="pressed_before", is_owner=is_owner, status=409)
        except ChallengeNeeded as needed:
            return self.page(kind="challenge", is_challenge_wrong=needed.is_wrong, is_owner=is_owner)
        except Limited as limited:
            page = self.page(kind="limited", until=limited.until, tries=limited.tries, is_owner=is_owner)
            return too_many(page, until=limited.until, now=now)
        if check is None or check.is_verified:
            return redirect("papers_step", pk=draft.pk)
        return self.page(check=check, is_owner=is_owner)

    def page(
        self,
        *,
        check: IdentityCheck | None = None,
        status: int = 200,
        is_challenge_wrong: bool = False,
        is_owner: bool = False,
        **outcome: Any,
    ) -> HttpResponse:
        """Return the page, with the forms as they are and what came of the press."""
        if check is not None:
            # A check without an outcome is of a press whose process died: its fate is unknown, and so its answer.
            kind = check.outcome or IdentityCheck.Outcome.UNANSWERED.value
            is_unanswered = kind == IdentityCheck.Outcome.UNANSWERED
            outcome = {"kind": kind, "tries_left": check.tries_left}
            if is_unanswered:
                outcome["since"] = line_status(now=timezone.now()).since
            if is_unanswered or not self.draft.procedure.may_query:  # what ``send_reminders`` sees ending
                outcome["remind_form_id"] = "remind"
        if outcome:
            outcome = {**_NOTHING_MORE, **outcome}
        draft = self.draft
        profile_url = f"{reverse('profile_edit')}?next={reverse('applicant_step', args=[draft.pk])}"
        context = {
            "dossier": draft,
            "citizen": draft.citizen,
            "form": self.form,
            "owner_form": self.owner_form,
            "outcome": outcome,
            "is_owner": is_owner,
            "outcome_form": self.owner_form if is_owner else None,
            "is_challenge_wrong": is_challenge_wrong,
            "consent_version": service.CONSENT_VERSION,
            "profile_url": profile_url,
            "outcome_profile_url": "" if is_owner else profile_url,
            "step": 1,
        }
        return render(self.request, "dossiers/applicant_step.html", context, status=status)


@require_POST
@citizen_required
def remind(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Note that the citizen wants to be told when the register can be asked about a draft."""
    try:
        service.remind(dossier=own_dossier(request, pk), now=timezone.now())
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
def papers_step(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Take the papers, as many at a time as one likes."""
    if not take_files(request, most=request_max_bytes()):
        return too_large(request, own_dossier(request, pk), back="papers_step")
    try:
        return _papers_step(request, pk)
    except TooManyFilesSent:
        return too_large(request, own_dossier(request, pk), back="papers_step", is_number=True)


@csrf_protect
def _papers_step(request: CitizenRequest, pk: UUID) -> HttpResponse:
    draft, now = own_dossier(request, pk), timezone.now()
    if (away := _way_back(request, draft)) is not None:
        return away
    documents, needs_authority = service.asked_documents(draft), service.needs_authority(draft)
    form = PapersForm(documents, needs_authority=needs_authority)
    if request.method == "POST":
        form = PapersForm(documents, request.POST, request.FILES, needs_authority=needs_authority)
        if request.FILES.keys() - form.documents.keys():
            messages.warning(request, _OTHER_LINES)
            return redirect("papers_step", pk=pk)
        try:
            _keep_uploads(draft, form)
            if not form.errors:
                if "go_on" not in request.POST:
                    return redirect("papers_step", pk=pk)
                service.refuse_incomplete(dossier=draft, now=now)
                if unfinished(dossier=draft, by=request.user, now=now):
                    messages.warning(request, _STILL_UNFINISHED)
                return redirect("review_step", pk=pk)
        except service.PapersMissing as missing:
            if missing.lacks_authority:
                form.add_error(
                    AUTHORITY, _("Chưa có giấy tờ chứng minh được nộp thay. Vui lòng tải lên ở mục này.")
                )
            for document in missing.documents:
                form.add_error(f"document-{document.pk}", _("Chưa có giấy tờ bắt buộc: %s.") % document.name)
        # Files take their time to be read; meanwhile the draft was filed, held or deleted in another tab.
        except service.Held as held:
            return _to_first_step(request, draft, held.hold)
        except service.NotADraft:
            messages.warning(request, str(TEXTS["closed"]))
            return redirect("dossier", pk=pk)
        except Dossier.DoesNotExist:
            raise Http404 from None
    return _papers_page(request, draft, form)


def _keep_uploads(draft: Dossier, form: PapersForm) -> None:
    """Keep every file that can be kept, and tell by the others why not."""
    if not form.is_valid():
        return
    kept = one_by_one()
    for name, document, upload in form.uploads():
        kind = Paper.Kind.AUTHORITY if name == AUTHORITY else Paper.Kind.GIVEN
        keep = partial(
            service.add_paper, dossier=draft, document=document, upload=upload, now=timezone.now(), kind=kind
        )
        if why := kept(upload, keep):
            form.add_error(name, why)


def _papers_page(request: CitizenRequest, draft: Dossier, form: PapersForm) -> HttpResponse:
    names = {document.pk: name for name, document in form.documents.items() if document is not None}
    given: dict[str, list[Paper]] = {}
    for paper in draft.papers.all():
        is_authority = paper.kind == Paper.Kind.AUTHORITY and AUTHORITY in form.documents
        # What belongs to another case of the procedure, or to nothing any more, stands with the rest.
        name = AUTHORITY if is_authority else names.get(paper.document_id or 0, "other")
        given.setdefault(name, []).append(paper)
    on_the_way: dict[str, list[Upload]] = {}
    for line, uploads in unfinished(dossier=draft, by=request.user, now=timezone.now()).items():
        on_the_way.setdefault(line if line in form.documents else "other", []).extend(uploads)
    rows = [
        {
            "document": document,
            "field": form[name],
            "papers": given.get(name, []),
            "unfinished": on_the_way.get(name, []),
            "is_authority": name == AUTHORITY,
        }
        for name, document in form.documents.items()
    ]
    context = {
        "dossier": draft,
        "form": form,
        "rows": rows,
        "step": 2,
        **limits_shown(),
    }
    return render(request, "dossiers/papers_step.html", context)


@require_POST
@citizen_required
def remove_paper(request: CitizenRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Take one file out of a draft."""
    draft = own_dossier(request, pk)
    try:
        service.remove_paper(dossier=draft, paper_id=paper_pk, now=timezone.now())
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    return redirect("papers_step", pk=pk)


@_page
@citizen_required
def review_step(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show everything once more; with the oath, "Nộp hồ sơ" files it, once."""
    draft, now = own_dossier(request, pk), timezone.now()
    prefetch_related_objects([draft], "papers")
    form = ReviewForm(request.POST if request.method == "POST" else None, collecting=draft.collecting)
    try:
        if request.method == "POST" and (form.is_valid() or not draft.is_draft):
            if draft.is_draft and form.is_valid():
                with suppress(ValueError):  # it was filed or deleted in another tab; ``submit`` says which
                    service.choose_collecting(dossier=draft, collecting=form.cleaned_data["collecting"])
            mark = request.POST.get("mark", "")
            service.submit(dossier=draft, has_sworn=form.is_valid(), now=now, mark=mark)
            return redirect("submitted", pk=pk)
        service.refuse_incomplete(dossier=draft, now=now)
    except service.NotADraft:
        return redirect("submitted", pk=pk)
    except Dossier.DoesNotExist:
        messages.warning(request, _("Chưa nộp: bản nháp này đã được xóa ở một trang khác."))
        return redirect("my_dossiers")
    except service.ChangedMeanwhile:
        messages.warning(request, _CHANGED)
        return redirect("review_step", pk=pk)
    except service.Held as held:
        return _to_first_step(request, draft, held.hold)
    except service.PapersMissing as missing:
        names = [document.name for document in missing.documents]
        if missing.lacks_authority:
            names.append(_("Giấy tờ chứng minh được nộp thay"))
        messages.warning(request, _("Chưa có giấy tờ bắt buộc: %s.") % "; ".join(names))
        return redirect("papers_step", pk=pk)
    agree_for_page(draft)
    context = {
        "dossier": draft,
        "owner": service.owner_in(draft),
        "case": service.case_name(draft),
        "papers": draft.papers.all(),
        "form": form,
        "mark": service.mark_of(draft),
        "step": 3,
    }
    return render(request, "dossiers/review_step.html", context)


@require_safe
@citizen_required
def submitted(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show the code, and what happens next."""
    filed = own_dossier(request, pk)
    if filed.is_draft:
        return redirect("applicant_step", pk=pk)
    return render(request, "dossiers/submitted.html", {"dossier": filed, "step": 4})


@_page
@citizen_required
def delete_draft(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Tell what it means to delete a draft; at the second press, delete it with its files."""
    draft = own_dossier(request, pk)
    if not draft.is_draft:
        return redirect("dossier", pk=pk)
    if request.method != "POST":
        return render(request, "dossiers/delete_draft.html", {"dossier": draft})
    try:
        service.delete_draft(dossier=draft, now=timezone.now())
    except service.NotADraft:
        return redirect("dossier", pk=pk)
    except Dossier.DoesNotExist:
        pass  # another press of the same button was quicker
    messages.success(request, _("Đã xóa bản nháp."))
    return redirect("my_dossiers")


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


def _said(draft: Dossier, citizen: Citizen) -> dict[str, str]:
    """Return what stands in the form at first: what the draft holds, else what the account holds."""
    return {
        "phone": draft.phone or citizen.phone,
        "email": draft.email or citizen.email,
        "address": draft.current_residence or citizen.address,
        "filing_for": FOR_OTHER if service.owner_in(draft) is not None else FOR_SELF,
        "case": str(draft.case_key or ""),
    }


def _said_of_owner(draft: Dossier) -> dict[str, Any]:
    """Return what the draft holds of its owner, as it was typed."""
    owner: DossierOwner | None = service.owner_in(draft)
    if owner is None:
        return {"without_number": HAS_NUMBER}
    return {
        "relation": owner.relation,
        "without_number": owner.without_number or HAS_NUMBER,
        "full_name": owner.full_name,
        "birth_date": "/".join(reversed(owner.birth.split("-"))),
        "knows_only_year": "-" not in owner.birth,
        "number": owner.number,
        "sex": owner.sex,
        "residence": owner.residence,
    }


def _typed_of_owner(posted: Any) -> dict[str, Any]:
    """Return what was typed of an owner on a press that says that there is none."""
    if posted is None:
        return {}
    return {name.removeprefix("owner-"): posted[name] for name in posted if name.startswith("owner-")}
