"""One dossier at the desk: one page for all roles, and what each may do with it."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.models import User
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right, may
from motcua.dossiers import results, states
from motcua.dossiers import service as dossiers
from motcua.dossiers.access import last_offer_to, sees, visible_to
from motcua.dossiers.extensions import HINDRANCE_TEXTS, ExtensionRefused, Hindrance
from motcua.dossiers.fees import OwedAlready, Unpaid, sum_of_fees
from motcua.dossiers.hand_overs import REFUSALS, HandingRefused, Refusal, open_hand_over
from motcua.dossiers.models import Dossier, Fee, HandOver, Paper, Recheck, Step, Supplement
from motcua.dossiers.papers import sent_papers
from motcua.dossiers.service import AlreadyReceived, NotThisOffice
from motcua.dossiers.states import DecisionBarred, MoveRefused
from motcua.dossiers.steps import NotYours, told
from motcua.payments.service import DayClosed, WaitsAtBank
from motcua.payments.till_views import WAITS_AT_BANK
from motcua.procedures.service import UNSHOWN
from motcua.reception import actions
from motcua.reception.action_forms import ActionForm
from motcua.reception.actions import ACTIONS, Action
from motcua.slips.service import slips_after
from motcua.web.markup import opened
from motcua.web.statements import Kept

STALE: Final = gettext_lazy(
    "Hồ sơ đã thay đổi sau khi ông/bà mở trang này, nên việc vừa bấm chưa được thực hiện. Vui lòng xem lại rồi làm "
    "tiếp."
)
STALE_FORM: Final = gettext_lazy(
    "Hồ sơ đã thay đổi sau khi ông/bà mở trang này, nên việc vừa bấm chưa được thực hiện. Nội dung đã nhập vẫn còn; "
    "vui lòng xem lại trạng thái bên dưới rồi bấm lần nữa."
)
HELD_NOW: Final = gettext_lazy(
    "Chưa thực hiện: sau khi ông/bà mở trang này, hồ sơ đã do %(name)s thụ lý. Nếu vẫn muốn làm, vui lòng bấm lần nữa."
)
DONE_BEFORE: Final = gettext_lazy("Việc này đã được ghi nhận ở lần bấm trước.")
NOT_HERE: Final = gettext_lazy("Ông/bà không còn giữ hồ sơ này, nên việc vừa bấm không được thực hiện.")
UNPAID: Final = gettext_lazy("Chưa trả được kết quả: phí, lệ phí của hồ sơ chưa thu đủ và chưa được miễn.")
OWED_ALREADY: Final = gettext_lazy(
    "Hồ sơ đang có khoản phí, lệ phí phát sinh chưa nộp. Vui lòng thu hoặc miễn khoản đó trước, rồi mới yêu cầu khoản "
    "mới."
)
DAY_CLOSED: Final = gettext_lazy("Ông/bà đã khóa sổ hôm nay nên không thu thêm tiền mặt được.")
BARRED: Final = gettext_lazy(
    "Chưa được phép ra quyết định về hồ sơ này: danh tính người nộp còn chờ CSDLQG về dân cư trả lời, hoặc còn chờ cán "
    "bộ xem lại giấy tờ gốc. Vui lòng xem mục “Kiểm tra danh tính số”."
)
# What no page here shows of people; each field of a row takes its time.
_OF_A_PERSON: Final = (
    *("login", "password", "email", "officer_digits", "gateway_key", "totp_secret", "totp_since"),
    *("totp_step", "session_mark", "asleep_since"),
)

# What is owed for a dossier, and what was owed ever; whether it changed hands, and papers were asked for. Read with the
# dossier's own row.
_BESIDE: Final = {
    "owed": sum_of_fees(Fee.OPEN),
    "charged": sum_of_fees(Q(cancelled_at=None)),
    "was_given": RawSQL(
        "EXISTS (SELECT 1 FROM dossiers_handover WHERE dossier_id = dossiers_dossier.id)", []
    ),
    "was_asked": RawSQL(
        "EXISTS (SELECT 1 FROM dossiers_supplement WHERE dossier_id = dossiers_dossier.id)", []
    ),
}


# What was done with a dossier, by whom, with the fee or the papers that were asked for.
_OF_A_STEP: Final = {"dossier": OuterRef("dossier"), "asked_at": OuterRef("at")}
_STEPS: Final = Kept(
    lambda pk: Step.objects.filter(dossier=pk).annotate(
        fee_amount=Subquery(Fee.objects.filter(**_OF_A_STEP).values("amount")[:1]),
        documents=Subquery(Supplement.objects.filter(**_OF_A_STEP).values("documents")[:1]),
        actor_role=F("actor__role"),
        actor_name=F("actor__full_name"),
        actor_office=F("office__name"),
    )
)
# The hand-overs of a dossier with the names of their offices and people, and nothing else of these.
_HAND_OVERS: Final = Kept(
    lambda pk: HandOver.objects.filter(dossier=pk).annotate(
        **{f"{one}_name": F(f"{one}__name") for one in ("from_office", "to_office")},
        **{
            f"{one}_name": F(f"{one}__full_name")
            for one in ("from_user", "to_user", "accepted_by", "declined_by")
        },
    )
)


def seen_by(user: User, *people: str) -> QuerySet[Dossier]:
    """Return the dossiers that somebody may look at, with what pages show of them.

    Args:
        user: the official.
        people: further relations to people that the page names, beside who received it.
    """
    return _with_neighbors(visible_to(user), *people)


def _with_neighbors(dossiers: QuerySet[Dossier], *people: str) -> QuerySet[Dossier]:
    """Return dossiers with what pages show of their neighbors, and nothing else of these."""
    people = ("received_by", *people)
    shown = dossiers.select_related("procedure", "revision", "office", "identity_check", *people)
    unused = [f"{one}__{field}" for one in people for field in _OF_A_PERSON]
    return shown.defer("revision__content", *unused, *(f"procedure__{field}" for field in UNSHOWN))


# One dossier with all that its page shows; whether it may be seen is not asked here.
_WHOLE: Final = Kept(
    lambda pk: (
        _with_neighbors(Dossier.objects.filter(pk=pk), "holder")
        .select_related("holder_office", "citizen", "recheck", "result", "owner", "extension")
        .annotate(**_BESIDE)
    )
)


def _seen(request: OfficialRequest, pk: uuid.UUID, *more: str) -> Dossier:
    """Return a dossier that the official sees; any other is as absent as one that never was."""
    found = seen_by(request.user, "holder").select_related("holder_office", "citizen", *more)
    return get_object_or_404(found, pk=pk)


def seen_whole(user: User, pk: uuid.UUID) -> Any:
    """Return a dossier that an official sees, with all that its page shows.

    Args:
        user: the official.
        pk: the dossier's.

    Raises:
        Http404: there is none, or it is not theirs to see: one is as absent as the other.
    """
    dossier = _WHOLE.first(pk)
    if dossier is None or not sees(user, dossier):
        raise Http404
    return dossier


@right_required(Right.SEE_DOSSIERS)
@require_GET
def desk_dossier(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a dossier: how far it is, who has it, what came, what was done, and what this official may do."""
    try:
        dossier = seen_whole(request.user, pk)
    except Http404:
        return _to_list(request, pk)
    user, given = request.user, _HAND_OVERS.of(pk) if dossier.was_given else []
    under_way = next((one for one in given if one.accepted_at is None and one.declined_at is None), None)
    offered = actions.open_to(user, dossier, under_way)
    is_withheld = dossier.status == states.FINISHED and bool(dossier.owed)
    if is_withheld:
        offered = [action for action in offered if action.code != "hand_out"]
    primary = next((action for action in offered if action.is_likely), None)
    is_at_its_desk = user.office_id == dossier.office_id
    papers = sent_papers(dossier)
    context = {
        "dossier": dossier,
        "steps": (steps := _STEPS.of(pk)),
        "slips": slips_after(
            {step.move for step in steps},
            is_received=dossier.is_received,
            has_supplement=dossier.was_asked,
            has_extension=hasattr(dossier, "extension"),
        ),
        "given": given,
        "under_way": under_way,
        "asked": dossiers.request_open(dossier),
        "papers": [paper for paper in papers if paper.kind != Paper.Kind.RESULT],
        "result_papers": [paper for paper in papers if paper.kind == Paper.Kind.RESULT],
        "owner": dossiers.owner_in(dossier),
        "result": getattr(dossier, "result", None),
        "extension": getattr(dossier, "extension", None),
        "primary": primary,
        "actions": [action for action in offered if action is not primary],
        "is_withheld": is_withheld,
        "barred": actions.waits_for_identity(user, dossier),
        "mark": actions.mark_of(dossier),
        "may_change_results": dossier.status in results.UNDECIDED and results.may_add_results(user, dossier),
        "may_be_rechecked": is_at_its_desk
        and may(user, Right.ASK_REGISTER)
        and dossiers.may_be_rechecked(dossier),
        "may_confirm": is_at_its_desk and may(user, Right.RECEIVE),
        "is_queued": getattr(dossier, "recheck", None) is not None
        and dossier.recheck.state == Recheck.State.WAITING,
    }
    return render(request, "reception/dossier.html", context)


@right_required(Right.SEE_DOSSIERS)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: OfficialRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Do one thing with a dossier; what needs words shows its form first, what is final shows them once more."""
    action = ACTIONS.get(code)
    if action is None:
        raise Http404
    try:
        dossier = _seen(request, pk, "revision", "extension")
    except Http404:
        return _to_list(request, pk, code)
    if not action.is_theirs(request.user, dossier):
        raise PermissionDenied(
            _("Vai trò của ông/bà không được làm việc này. Vui lòng liên hệ phụ trách nếu cần.")
        )
    if request.method != "POST":
        if action.form is None:
            return redirect("desk_dossier", pk)
        return _form_page(request, dossier, action, action.form(dossier=dossier, user=request.user))
    if action.form is None:
        return _done(request, dossier, action, {})
    form = action.form(request.POST, dossier=dossier, user=request.user)
    if form.is_only_growing() or "edit" in request.POST or not form.is_valid():
        return _form_page(request, dossier, action, form)
    if action.is_final and "confirmed" not in request.POST:
        return _form_page(request, dossier, action, form, is_asked_again=True)
    return _done(request, dossier, action, form.cleaned_data, form)


def _to_list(request: OfficialRequest, pk: uuid.UUID, code: str = "") -> HttpResponse:
    """Lead who was offered a dossier, and does not see it any more, to the list with a word; for others there is none.

    Raises Http404.
    """
    offer = last_offer_to(request.user, pk)
    if offer is None:
        raise Http404
    if code == "decline" and offer.declined_by_id == request.user.pk:
        messages.info(request, str(DONE_BEFORE))
    else:
        messages.warning(request, str(REFUSALS[Refusal.NOT_UNDER_WAY]))
    return redirect("queue")


@right_required(Right.RECEIVE)
@require_POST
def take_up(request: OfficialRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take up a dossier that was filed online, from the list."""
    return act(request, pk, "take_up")


def _done(
    request: OfficialRequest,
    dossier: Dossier,
    action: Action,
    said: dict[str, Any],
    form: ActionForm | None = None,
) -> HttpResponse:
    """Do it, if the dossier is still what the page showed; a step that another was faster with is told in words."""
    by, now = request.user, timezone.now()
    mark = request.POST.get("mark", "")
    is_stale, why_not, holder = False, str(STALE_FORM), None
    try:
        with transaction.atomic():
            fresh = Dossier.objects.locked(dossier.pk)
            is_stale = actions.is_outdated(action, mark, fresh, to_user=said.get("person"))
            holder = fresh.holder if is_stale and action.takes_away else None
            if not is_stale:
                action.perform(fresh, by, now, said)
    except (NotYours, NotThisOffice):
        if action.is_move:
            raise PermissionDenied(str(NOT_HERE)) from None
        messages.warning(request, str(NOT_HERE))
    except HandingRefused as refused:
        messages.warning(request, refused.message)
    except ExtensionRefused as refused:
        if form is not None and refused.hindrance is Hindrance.NOT_LATER:
            form.add_error(None, HINDRANCE_TEXTS[refused.hindrance])
            return _form_page(request, dossier, action, form)
        messages.warning(request, str(HINDRANCE_TEXTS[refused.hindrance]))
    except Unpaid:
        messages.error(request, str(UNPAID))
    except OwedAlready:
        is_stale, why_not = True, str(OWED_ALREADY)
    except WaitsAtBank:
        messages.warning(request, str(WAITS_AT_BANK))
        return redirect("fees_of", dossier.pk)
    except DayClosed:
        messages.error(request, str(DAY_CLOSED))
    except DecisionBarred:
        messages.error(request, str(BARRED))
    except AlreadyReceived:
        messages.warning(request, _("Hồ sơ này đã được cán bộ khác tiếp nhận."))
    except MoveRefused:
        is_stale = True
    else:
        if not is_stale:
            messages.success(request, str(action.done))
            return redirect("desk_dossier", dossier.pk) if sees(by, dossier) else redirect("queue")
    if is_stale and actions.was_just_done(action, dossier, by):
        messages.info(request, str(DONE_BEFORE))
    elif is_stale:
        dossier = _seen(request, dossier.pk, "revision", "extension")  # as the one who was faster left it
        if holder is not None:
            why_not = HELD_NOW % {"name": opened(holder.full_name)}
        if form is not None and action.is_open(by, dossier, None):
            messages.warning(request, why_not)
            return _form_page(request, dossier, action, form, is_seen_anew=True)
        messages.warning(request, str(STALE) if holder is None else why_not)
    return redirect("desk_dossier", dossier.pk)


def _form_page(
    request: OfficialRequest,
    dossier: Dossier,
    action: Action,
    form: ActionForm,
    *,
    is_asked_again: bool = False,
    is_seen_anew: bool = False,
) -> HttpResponse:
    under_way = None if action.is_move else open_hand_over(dossier)
    if not action.is_open(request.user, dossier, under_way):
        if request.method == "POST" and actions.was_just_done(action, dossier, request.user):
            messages.info(request, str(DONE_BEFORE))
            return redirect("desk_dossier", dossier.pk)
        is_barred = action.is_move and dossier.is_decision_barred and states.MOVES[action.code].is_decision
        messages.warning(request, str(BARRED if is_barred else STALE))
        return redirect("desk_dossier", dossier.pk)
    context = {
        "dossier": dossier,
        "action": action,
        "form": form,
        # Who corrects or confirms what they typed goes on from the dossier that they saw first.
        "mark": ("" if is_seen_anew else request.POST.get("mark")) or actions.mark_of(dossier),
        "is_asked_again": is_asked_again,
        "result_papers": [],
        "message": "",
    }
    if action.code == "finish":
        context["result_papers"] = dossier.papers.results()
    if is_asked_again and action.is_move and dossier.citizen is not None:
        context["message"] = told(dossier, states.MOVES[action.code])
    return render(request, "reception/action.html", context)


@right_required(Right.ASK_REGISTER)
@require_POST
def recheck(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the register once more about a dossier received without a verified identity."""
    dossier = _at_its_desk(request, pk)
    try:
        ticket = dossiers.recheck_now(dossier=dossier, officer=request.user, now=timezone.now())
    except dossiers.NotRecheckable:
        messages.info(request, _("Không còn gì để kiểm tra lại ở hồ sơ này."))
        return redirect("desk_dossier", pk)
    dossier.refresh_from_db(fields=["by_hand_reason", "identity_check"])
    if ticket.state == Recheck.State.WAITING:
        text = _("Chưa kiểm tra được. Hệ thống tự kiểm tra lại khi có thể và báo cho ông/bà.")
        messages.warning(request, text)
    elif dossier.is_identity_verified:
        messages.success(request, _("Xác thực thành công. Danh tính người nộp đã được xác thực."))
    elif _is_no(dossier, ticket):
        messages.error(request, _("Xác thực thất bại. Thông tin chưa khớp với CSDLQG về dân cư."))
    else:
        messages.warning(request, _("Chưa kiểm tra được. Vui lòng xem mục Kiểm tra danh tính số."))
    return redirect("desk_dossier", pk)


def _is_no(dossier: Dossier, ticket: Recheck) -> bool:
    """Say whether a ticket was settled by a no; a licence that was missing leaves the no of an earlier check."""
    check = dossier.identity_check
    return check is not None and check.is_rejected and check.answered_at == ticket.settled_at


@right_required(Right.RECEIVE)
@require_POST
def confirm_originals(request: OfficialRequest, pk: uuid.UUID) -> HttpResponse:
    """Note that the officer saw the originals again after the register's late answer."""
    dossier = _at_its_desk(request, pk)
    try:
        dossiers.confirm_originals(dossier=dossier, officer=request.user, now=timezone.now())
    except dossiers.NotRecheckable:
        messages.warning(request, _("Hồ sơ này còn chờ CSDLQG về dân cư trả lời."))
    else:
        messages.success(request, _("Đã ghi nhận. Hồ sơ có thể được giải quyết tiếp."))
    return redirect("desk_dossier", pk)


def _at_its_desk(request: OfficialRequest, pk: uuid.UUID) -> Dossier:
    """Return a dossier that was filed with the official's own office: only there people show their papers."""
    return get_object_or_404(seen_by(request.user), pk=pk, office_id=request.user.office_id)
