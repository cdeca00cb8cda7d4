"""Pages of a citizen's own dossiers: the list, one dossier, what can be done about it until its end."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import citizen_required
from motcua.accounts.requests import CitizenRequest
from motcua.dossiers import service, states
from motcua.dossiers.fees import Unpaid, sum_of_fees
from motcua.dossiers.files.reading import limits_shown, request_max_bytes
from motcua.dossiers.forms import AnswerForm, CollectingForm, RatingForm, WithdrawForm
from motcua.dossiers.models import Dossier, Fee, Paper, Rating, Supplement
from motcua.dossiers.papers import one_by_one
from motcua.dossiers.results import hand_out
from motcua.dossiers.steps import NotYours, go
from motcua.dossiers.timeline import entries_of
from motcua.dossiers.uploads import TEXTS, unfinished
from motcua.procedures.service import UNSHOWN, offered
from motcua.web.addresses import addresses
from motcua.web.statements import Kept, planned_once
from motcua.web.uploads import take_files

_PAGE = 20
_LISTED = (
    *("pk", "code", "status", "saved_at", "submitted_at", "received_at", "due_at", "paused_at", "called"),
    *("office__name", "reminder__created_at", "reminder__sent_at", "is_asked", "is_rated", "fee_asked"),
)
_WAITING = (
    Q(status__in=[states.FEE, states.FINISHED])
    | Q(status=states.SUPPLEMENT, is_asked=True)
    | Q(status__in=[states.RECEIVED, states.PROCESSING], fee_asked__gt=0)
)
_DONE = Q(status__in=states.CLOSED)
# What the address says (?loc=…): the words on the page, and which dossiers they mean.
_GROUPS: Final[dict[str, tuple[Any, Q]]] = {
    "": (gettext_lazy("Tất cả"), Q()),
    "can-lam": (gettext_lazy("Cần ông/bà làm"), _WAITING),
    "dang-giai-quyet": (
        gettext_lazy("Đang giải quyết"),
        Q(status__in=[states.SUBMITTED, states.RECEIVED, states.PROCESSING])
        | Q(status=states.SUPPLEMENT, is_asked=False),
    ),
    "da-xong": (gettext_lazy("Đã xong"), _DONE),
    "ban-nhap": (gettext_lazy("Bản nháp"), Q(status=states.DRAFT)),
}
_EMPTY: Final = {
    "": gettext_lazy("Ông/bà chưa có hồ sơ nào."),
    "can-lam": gettext_lazy("Hiện không có việc nào chờ ông/bà. Có việc, hồ sơ sẽ hiện ở đây."),
    "dang-giai-quyet": gettext_lazy("Không có hồ sơ nào đang được giải quyết."),
    "da-xong": gettext_lazy("Chưa có hồ sơ nào kết thúc."),
    "ban-nhap": gettext_lazy("Không có bản nháp nào."),
}
ASKED_ANEW: Final = gettext_lazy(
    "Cơ quan vừa thay yêu cầu bổ sung nên tệp vừa chọn chưa được nhận. Vui lòng xem lại danh sách dưới đây."
)
RATED: Final = gettext_lazy("Hồ sơ này đã được đánh giá.")
SENT_BEFORE: Final = gettext_lazy(
    "Giấy tờ bổ sung đã được gửi trước đó, nên lần bấm này không gửi hay xóa thêm gì."
)
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@citizen_required
def my_dossiers(request: CitizenRequest) -> HttpResponse:
    """List the citizen's drafts and filed dossiers, the last saved first, each with what to do next."""
    chosen = request.GET.get("loc", "")
    chosen = chosen if chosen in _GROUPS else ""
    own = _listed(request.user.citizen.pk).filter(_GROUPS[chosen][1])
    page = Paginator(own, _PAGE).get_page(request.GET.get("trang"))
    address_of, delete_address_of = addresses("dossier"), addresses("delete_draft")
    rows = [
        row
        | {
            "is_draft": row["status"] == states.DRAFT,
            "is_reminder_due": row["reminder__created_at"] is not None and row["reminder__sent_at"] is None,
            "is_done": row["status"] == states.RETURNED,
            "said_status": Dossier.Status(row["status"]).words,
            "next": _next(row),
            "is_due_shown": row["due_at"] is not None
            and row["paused_at"] is None
            and row["status"] in states.OPEN,
            "address": address_of(row["pk"]),
            "delete_address": delete_address_of(row["pk"]),
        }
        for row in page
    ]
    context = {
        "page": page,
        "rows": rows,
        "groups": [
            {"key": key, "label": label, "is_chosen": key == chosen} for key, (label, _q) in _GROUPS.items()
        ],
        "chosen": chosen,
        "empty": _EMPTY[chosen],
        "has_drafts": any(row["is_draft"] for row in rows),
        "draft_days": settings.KEEP_DRAFTS_DAYS,
    }
    return render(request, "dossiers/my_dossiers.html", context)


def _listed(citizen_pk: int) -> QuerySet[Dossier, dict[str, Any]]:
    unanswered = Supplement.objects.filter(dossier=OuterRef("pk"), closed_at=None, answered_at=None)
    listed: QuerySet[Dossier, dict[str, Any]] = (
        Dossier.objects.filter(citizen_id=citizen_pk)
        .annotate(
            is_asked=Exists(unanswered),
            is_rated=Exists(Rating.objects.filter(dossier=OuterRef("pk"))),
            fee_asked=sum_of_fees(Fee.OPEN),
            called=Coalesce("revision__name", "procedure__name"),
        )
        .values(*_LISTED)
    )
    return listed


def _next(row: dict[str, Any]) -> str:
    """Say what the citizen does next about a dossier of the list; empty when there is nothing to do."""
    match row["status"]:
        case states.SUPPLEMENT:
            return "supplement" if row["is_asked"] else "supplement_sent"
        case states.FEE:
            return "fee"
        case states.RECEIVED | states.PROCESSING | states.FINISHED if row["fee_asked"]:
            return "fee"
        case states.FINISHED:
            return "collect"
    is_received = row["received_at"] is not None
    if not row["is_rated"] and service.is_worth_rating(status=row["status"], is_received=is_received):
        return "rate"
    return ""


@require_safe
@citizen_required
def dossier(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show one of the citizen's own dossiers, what to do next first; a draft goes on where it stopped."""
    own = own_dossier(request, pk)
    if own.is_draft:
        return redirect(
            "papers_step" if service.hold_of(dossier=own, now=timezone.now()) is None else "applicant_step",
            pk=pk,
        )
    with planned_once():
        papers = list(own.papers.select_related("supplement"))
    given = [paper for paper in papers if paper.kind != Paper.Kind.RESULT]
    asked = service.request_open(own)
    has_result = own.status in (states.FINISHED, states.RETURNED)
    context = {
        "dossier": own,
        "owner": service.owner_in(own),
        "entries": entries_of(own, for_owner=True),
        "asked": asked,
        "papers": [paper for paper in given if asked is None or paper.supplement_id != asked.pk],
        "sent": [paper for paper in given if asked is not None and paper.supplement_id == asked.pk],
        "owed": own.owed,
        "has_fees": own.ever_owed is not None,
        "has_result": has_result,
        "result": getattr(own, "result", None) if has_result else None,
        "results": [paper for paper in papers if paper.kind == Paper.Kind.RESULT]
        if has_result and not own.owed
        else [],
        "may_withdraw": own.status in states.MOVES["withdraw"].origins,
        "may_rate": service.may_be_rated(own),
        "collecting_form": CollectingForm(collecting=own.collecting) if own.is_open else None,
    }
    return render(request, "dossiers/dossier.html", context)


@require_POST
@citizen_required
def choose_collecting(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Note how the citizen wants to get the result."""
    own = own_dossier(request, pk)
    form = CollectingForm(request.POST, collecting=own.collecting)
    try:
        if not form.is_valid():
            raise ValueError("no such way of collecting")
        service.choose_collecting(dossier=own, collecting=form.cleaned_data["collecting"])
        messages.success(request, _("Đã ghi nhận cách nhận kết quả."))
    except ValueError:
        messages.warning(
            request, _("Chưa đổi được cách nhận kết quả. Vui lòng xem lại tình trạng hồ sơ dưới đây.")
        )
    return redirect("dossier", pk=pk)


@_page
@csrf_exempt  # the body is looked at only once its size is known to be right; see _supplement
@citizen_required
def supplement(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Show which papers are asked for and why; take them, as many at a time as one likes, and send them once."""
    own = own_dossier(request, pk)
    # Also of who comes too late: they read so, and not that nobody understands them.
    if not take_files(request, most=request_max_bytes()):
        return too_large(request, own, back="supplement")
    try:
        return _supplement(request, own, service.request_open(own))
    except TooManyFilesSent:
        return too_large(request, own, back="supplement", is_number=True)


@csrf_protect
def _supplement(request: CitizenRequest, own: Dossier, asked: Supplement | None) -> HttpResponse:
    if asked is None or asked.answered_at is not None:
        return _too_late(request, own) if request.method == "POST" else redirect("dossier", pk=own.pk)
    if has_read_another(request, asked):
        messages.warning(request, str(ASKED_ANEW))
        return redirect("supplement", pk=own.pk)
    names = [one["name"] for one in asked.documents]
    form = AnswerForm(names)
    if request.method == "POST":
        form = AnswerForm(names, request.POST, request.FILES)
        try:
            _keep_answers(own, form, request, asked)
            if not form.errors:
                if "send" not in request.POST:
                    return redirect("supplement", pk=own.pk)
                service.send_answer(
                    dossier=own,
                    brings_rest=form.cleaned_data["brings_rest"],
                    by=request.user,
                    now=timezone.now(),
                    asked=asked,
                )
                messages.success(
                    request, _("Đã gửi giấy tờ bổ sung. Cơ quan tiếp nhận sẽ xem và xác nhận với ông/bà.")
                )
                return redirect("dossier", pk=own.pk)
        except service.NothingAsked:
            return _too_late(request, own)
        except service.NothingGiven as nothing:
            _tell_missing(form, nothing.missing)
    given: dict[str, list[Paper]] = {}
    for paper in asked.papers.all():
        given.setdefault(paper.document_name, []).append(paper)
    notes = [one.get("note", "") for one in asked.documents] + [""]
    on_the_way = unfinished(dossier=own, by=request.user, now=timezone.now())
    rows = [
        {
            "field": form[field],
            "note": note,
            "papers": given.get(name[:500], []),
            "unfinished": on_the_way.get(field, []),
        }
        for (field, name), note in zip(form.items.items(), notes, strict=True)
    ]
    context = {
        "dossier": own,
        "asked": asked,
        "form": form,
        "rows": rows,
        **limits_shown(),
    }
    return render(request, "dossiers/supplement.html", context)


def _too_late(request: CitizenRequest, own: Dossier) -> HttpResponse:
    """Tell a press for which no request for papers waits any more what became of it."""
    asked = service.request_open(Dossier.objects.get(pk=own.pk))
    if asked is not None and asked.answered_at is None:
        messages.warning(request, str(ASKED_ANEW))
        return redirect("supplement", pk=own.pk)
    if asked is not None:
        messages.info(request, str(SENT_BEFORE))
    else:
        messages.warning(request, str(TEXTS["closed"]))
    return redirect("dossier", pk=own.pk)


def has_read_another(request: HttpRequest, asked: Supplement | None) -> bool:
    """Say whether a page that answers a request for papers was made of another request than the one that is open."""
    read = request.POST.get("yeu-cau") or request.GET.get("yeu-cau")
    return bool(read) and (asked is None or read != str(asked.pk))


def _keep_answers(own: Dossier, form: AnswerForm, request: CitizenRequest, asked: Supplement) -> None:
    """Keep every file that can be kept, and tell by the others why not."""
    if not form.is_valid():
        return
    kept = one_by_one()
    for field, name, upload in form.uploads():
        keep = partial(
            service.add_answer,
            dossier=own,
            item=name,
            upload=upload,
            by=request.user,
            now=timezone.now(),
            asked=asked,
        )
        if why := kept(upload, keep):
            form.add_error(field, why)


def _tell_missing(form: AnswerForm, missing: list[str]) -> None:
    fields = {name: field for field, name in form.items.items()}
    for name in missing:
        form.add_error(fields[name], _("Chưa có tệp cho: %s.") % name)
    form.add_error(
        None,
        _(
            "Chưa gửi. Vui lòng tải lên ít nhất một tệp; giấy tờ nào không có tệp thì đánh dấu là sẽ mang đến nơi "
            "tiếp nhận."
        ),
    )


@require_POST
@citizen_required
def remove_answer(request: CitizenRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Take one file out of an answer that has not been sent."""
    own = own_dossier(request, pk)
    try:
        service.remove_answer(dossier=own, paper_id=paper_pk, by=request.user, now=timezone.now())
    except service.NothingAsked:
        return _too_late(request, own)
    return redirect("supplement", pk=pk)


@_page
@citizen_required
def withdraw(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Tell what it means to take a dossier back; with a reason, take it back."""
    own = own_dossier(request, pk)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    try:
        if own.status not in states.MOVES["withdraw"].origins:
            raise states.MoveRefused
        if form.is_valid():
            go(
                dossier=own,
                move="withdraw",
                by=request.user,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Đã rút hồ sơ %(code)s.") % {"code": own.code})
            return redirect("dossier", pk=pk)
    except (states.MoveRefused, NotYours):
        if _is_now(own, states.WITHDRAWN):
            messages.info(request, _("Hồ sơ %(code)s đã được rút.") % {"code": own.code})
            return redirect("dossier", pk=pk)
        messages.warning(
            request,
            _(
                "Hồ sơ này không rút được nữa. Tình trạng hiện nay ở dưới đây; cần gì thêm, vui lòng hỏi cơ quan."
            ),
        )
        return redirect("dossier", pk=pk)
    return render(request, "dossiers/withdraw.html", {"dossier": own, "form": form})


@require_POST
@citizen_required
def collect(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Give the citizen the result online, as they chose; the files stay to be downloaded."""
    own = own_dossier(request, pk)
    is_online = own.collecting == Dossier.Collecting.ONLINE
    try:
        results = own.papers.results().exclude(scan=Paper.Scan.INFECTED)
        if not (is_online and results.exists()):
            raise states.MoveRefused
        hand_out(dossier=own, how=Dossier.Collecting.ONLINE, by=request.user, now=timezone.now())
        messages.success(request, _("Ông/bà đã nhận kết quả. Tệp kết quả vẫn tải về được ở trang này."))
    except Unpaid:
        messages.warning(request, _("Kết quả nhận được khi đã nộp đủ phí, lệ phí."))
    except (states.MoveRefused, NotYours):
        if _is_now(own, states.RETURNED):
            messages.info(request, _("Kết quả của hồ sơ này đã được trả."))
        else:
            messages.warning(
                request, _("Kết quả chưa nhận được ở đây. Vui lòng xem cách nhận kết quả dưới đây.")
            )
    return redirect("dossier", pk=pk)


@_page
@citizen_required
def rate(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Ask how the service was, once."""
    own = own_dossier(request, pk)
    if not service.may_be_rated(own):
        if request.method == "POST" and Rating.objects.filter(dossier=own).exists():
            messages.info(request, str(RATED))
        return redirect("dossier", pk=pk)
    form = RatingForm(service.indicators_for(own), request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            service.rate(
                dossier=own,
                scores=form.scores(),
                comment=form.cleaned_data["comment"],
                by=request.user,
                now=timezone.now(),
            )
            messages.success(request, _("Cảm ơn ông/bà đã đánh giá."))
        except service.NotRatable:
            messages.info(request, str(RATED))
        return redirect("dossier", pk=pk)
    return render(request, "dossiers/rate.html", {"dossier": own, "form": form})


def _is_now(own: Dossier, status: int) -> bool:
    """Say whether a press that did nothing found what it wanted: it is the second one, or another did it."""
    return Dossier.objects.filter(pk=own.pk, status=status).exists()


# One dossier with what a citizen's pages show of its neighbors; whose it is, is asked of what was found.
_WHOLE: Final = Kept(
    lambda pk: (
        Dossier.objects.filter(pk=pk)
        .select_related(
            *("procedure", "revision", "office", "holder_office", "identity_check"),
            *("owner__identity_check", "extension", "result"),
        )
        .defer("revision__content", *(f"procedure__{field}" for field in UNSHOWN))
        .annotate(owed=sum_of_fees(Fee.OPEN), ever_owed=sum_of_fees(Q()))
    )
)


def own_dossier(request: CitizenRequest, pk: UUID) -> Any:
    """Return one of the citizen's own dossiers; another's is as absent as one that never was.

    Returns:
        A ``Dossier`` with ``owed`` and ``ever_owed``: what is asked for, and what was asked for ever, in đồng or None.
    """
    citizen = request.user.citizen
    found = _WHOLE.first(pk)
    if found is None or found.citizen_id != citizen.pk:
        raise Http404
    found.citizen = citizen
    if found.is_draft and request.method in {"GET", "HEAD"}:
        # With its cases and documents; whoever only looks may see what the desks have in mind of the catalogue.
        found.procedure = offered().get(found.procedure_id, found.procedure)
    return found


def too_large(request: HttpRequest, own: Dossier, *, back: str, is_number: bool = False) -> HttpResponse:
    """Say that one request brought too much, or too many files, and where one goes on."""
    context = {
        "dossier": own,
        "back": back,
        "megabytes": limits_shown()["request_megabytes"],
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES if is_number else None,
    }
    return render(request, "dossiers/too_large.html", context, status=413)
