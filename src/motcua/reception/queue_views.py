"""The officer's queue: what waits for whom, several dossiers at once, and filters kept under a name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.models import Notice, Office, User
from motcua.accounts.offices import known, offices_of_unit, officials_of_unit
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right, may
from motcua.dossiers.models import Dossier
from motcua.procedures.service import offered
from motcua.reception import batches, filters, listing, search
from motcua.reception.filters import TABS, Due, Filter, Scope, Sort
from motcua.reception.models import SavedFilter
from motcua.reception.saved_filters import LONGEST_NAME, MOST_SAVED, NameMissing, TooManySaved, save_filter
from motcua.web.alphabet import alphabetical
from motcua.web.requests import number_in
from motcua.web.statements import Kept
from motcua.web.templatetags.motcua import whole

MOST_NOTICES: Final = 10
_UNREAD: Final = Kept(lambda pk: Notice.objects.filter(user=pk, read_at=None)[:MOST_NOTICES])
_SAVED: Final = Kept(lambda pk: SavedFilter.objects.filter(user=pk))
_LONGEST_SOUGHT: Final = 100
_LONGEST_DAY: Final = 10
_LONGEST_QUERY: Final = 1000
_LONGEST_REASON: Final = 1000
_OUTCOME, _PRESS = "queue_outcome", "queue_press"
_SCOPE_LABELS: Final = {
    Scope.RECEIVED: gettext_lazy("Bộ phận tiếp nhận"),
    Scope.HELD: gettext_lazy("Bộ phận đang giữ"),
    Scope.MINE: gettext_lazy("Của tôi"),
    Scope.HANDED: gettext_lazy("Chờ nhận bàn giao"),
}
_DUE_LABELS: Final = {
    Due.LATE: gettext_lazy("Quá hạn"),
    Due.TODAY: gettext_lazy("Đến hạn hôm nay"),
    Due.SOON: gettext_lazy("Đến hạn trong 2 ngày"),
    Due.AHEAD: gettext_lazy("Còn hạn"),
}
_SORT_LABELS: Final = {
    Sort.DUE: gettext_lazy("Hạn gần nhất trước"),
    Sort.NEWEST: gettext_lazy("Mới nhất trước"),
    Sort.OLDEST: gettext_lazy("Cũ nhất trước"),
}


@right_required(Right.SEE_DOSSIERS)
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: OfficialRequest) -> HttpResponse:
    """Show a list of dossiers; a search is posted, so that no name is in an address."""
    now = timezone.now()
    chosen = filters.read(request.GET, user=request.user)
    sought = request.POST.get("q", "").replace("\0", "").strip()[:_LONGEST_SOUGHT]
    if sought:
        keys = search.find(sought, offices=chosen.offices)
        found = listing.of_keys(keys[: search.MOST_FOUND])
        context = {
            "sought": sought,
            "count": len(found),
            "is_cut": len(keys) > search.MOST_FOUND,
            "rows": listing.rows(found, now=now),
        }
        return render(request, "reception/queue_found.html", context)
    counts = listing.counts_of(chosen, user=request.user, now=now)
    chosen = filters.settled(chosen, user=request.user, counts=counts)
    place = listing.place_of(request.GET.get("vi-tri", ""))
    page = listing.page_of(chosen, user=request.user, counts=counts, now=now, place=place)
    actions = _actions(request.user, chosen) if page.found else []
    # Only for somebody who distributes the work.
    colleagues = officials_of_unit(request.user.office_id or 0) if may(request.user, Right.ASSIGN) else []
    context = {
        "rows": listing.rows(page.found, now=now, is_ticked=bool(actions)),
        "notices": _UNREAD.of(request.user.pk),
        "scopes": _scopes(chosen, counts),
        "tabs": _tabs(chosen, counts),
        "states": _states(chosen, counts),
        "total": _total(chosen, counts, page),
        "query": chosen.query(),
        "plain": chosen.plain.query(),
        "may_receive": may(request.user, Right.RECEIVE),
        "before": _page_link(chosen, page.before),
        "after": _page_link(chosen, page.after),
        "fields": _fields(chosen, colleagues, request.GET),
        "saved": sorted(_SAVED.of(request.user.pk), key=lambda one: alphabetical(one.name)),
        "longest_name": LONGEST_NAME,
        "actions": actions,
        "needs": {need for action in actions for need in action.needs},
        "to_offices": [
            office for key in offices_of_unit(request.user.office_id or 0) if (office := known(key))
        ],
        "to_users": colleagues,
        "press": uuid.uuid4(),
        "outcome": _outcome(request),
    }
    return render(request, "reception/queue.html", context)


@right_required(Right.SEE_DOSSIERS)
@require_POST
def batch(request: OfficialRequest) -> HttpResponse:
    """Do something with the dossiers that were ticked; the page that follows says of each how it went."""
    back = _back(request)
    action = batches.ACTIONS.get(request.POST.get("viec", ""))
    if action is None or not any(may(request.user, right) for right in action.rights):
        messages.error(
            request, _("Vai trò của ông/bà không được làm việc này. Vui lòng liên hệ phụ trách nếu cần.")
        )
        return back
    press = request.POST.get("press", "")[:36]
    if press and request.session.get(_PRESS) == press:
        return back  # the same press once more: the page that follows tells how the first one went
    ticked = _ticked(request)
    if not ticked:
        messages.warning(request, _("Chưa chọn hồ sơ nào. Vui lòng đánh dấu ít nhất một hồ sơ."))
        return back
    order = batches.Order(
        by=request.user,
        now=timezone.now(),
        reason=request.POST.get("reason", "").replace("\0", "").strip()[:_LONGEST_REASON],
        to_office=_office(request),
        to_user=_colleague(request),
        seen={key: holder for key, holder in ticked.items() if holder is not None},
    )
    missing = [need for need in action.needs if not getattr(order, need)]
    if missing:
        messages.warning(request, _("Vui lòng điền đủ nơi nhận, người nhận hoặc lý do cho việc này."))
        return back
    try:
        outcome = batches.run(action=action, keys=sorted(ticked), order=order)
    except batches.TooMany:
        text = _("Mỗi lần làm được nhiều nhất %(most)s hồ sơ. Chưa hồ sơ nào được xử lý.")
        messages.error(request, text % {"most": batches.MOST_AT_ONCE})
        return back
    request.session[_PRESS] = press
    request.session[_OUTCOME] = [outcome.action, outcome.done, outcome.failed]
    return back


@right_required(Right.SEE_DOSSIERS)
@require_POST
def save(request: OfficialRequest) -> HttpResponse:
    """Keep the filter of the page under a name."""
    chosen = _posted(request)
    try:
        saved = save_filter(user=request.user, name=request.POST.get("name", ""), chosen=chosen)
    except NameMissing:
        messages.warning(
            request, _("Vui lòng đặt tên cho bộ lọc, nhiều nhất %(most)s chữ.") % {"most": LONGEST_NAME}
        )
    except TooManySaved:
        text = _("Mỗi người lưu được %(most)s bộ lọc. Vui lòng xóa bớt trước khi lưu thêm.")
        messages.warning(request, text % {"most": MOST_SAVED})
    else:
        messages.success(request, _("Đã lưu bộ lọc “%(name)s”.") % {"name": saved.name})
    return _back(request)


@right_required(Right.SEE_DOSSIERS)
@require_POST
def forget(request: OfficialRequest, pk: int) -> HttpResponse:
    """Delete one of the official's own filters; one that is gone before is no mistake."""
    if SavedFilter.objects.filter(pk=pk, user=request.user).delete()[0]:
        messages.success(request, _("Đã xóa bộ lọc."))
    else:
        messages.info(request, _("Bộ lọc này không còn trong danh sách của ông/bà."))
    return _back(request)


def _posted(request: OfficialRequest) -> Filter:
    """Return the filter of the page on which a button was pressed."""
    query = request.POST.get("ve", "")
    return filters.read(QueryDict(query if len(query) <= _LONGEST_QUERY else ""), user=request.user)


def _back(request: OfficialRequest) -> HttpResponse:
    query = _posted(request).query()
    return redirect(f"{reverse('queue')}?{query}" if query else reverse("queue"))


def _ticked(request: OfficialRequest) -> dict[uuid.UUID, int | None]:
    """Return the dossiers that were ticked, each with who held it as it was shown; None where that was not said."""
    ticked = (text.partition(".") for text in request.POST.getlist("ho-so"))
    return {key: number_in(holder) for text, _dot, holder in ticked if (key := _key(text)) is not None}


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) <= 36 else None
    except ValueError:
        return None


def _scopes(chosen: Filter, counts: filters.Counts) -> list[dict[str, Any]]:
    """Return the ways in which dossiers are somebody's, each with what is open there."""
    shown = []
    for scope, label in _SCOPE_LABELS.items():
        tabs = TABS[scope]
        first = Filter(chosen.offices, scope, tabs[0], chosen.office)
        n = sum(filters.counted(chosen, scope, tab, counts) for tab in tabs if tab.name != "da-xong")
        is_here = scope is chosen.scope
        if n or is_here or scope is not Scope.RECEIVED:
            shown.append({"label": label, "query": first.query(), "n": n, "is_here": is_here})
    return shown


def _tabs(chosen: Filter, counts: filters.Counts) -> list[dict[str, Any]]:
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    return [
        {
            "label": tab.label,
            "query": Filter(chosen.offices, chosen.scope, tab, chosen.office).query(),
            "n": filters.counted(chosen, chosen.scope, tab, counts),
            "is_here": tab == chosen.tab,
        }
        for tab in TABS[chosen.scope]
    ]


def _states(chosen: Filter, counts: filters.Counts) -> list[dict[str, Any]]:
    """Return the statuses of a tab that has more than one, each with its count."""
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    assert chosen.tab is not None  # nosec B101 # tells the type checker
    if len(chosen.tab.statuses) < 2:
        return []
    return [
        {
            "value": status,
            "label": Dossier.Status(status).words,
            "n": sum(counts.get((chosen.scope, office, status), 0) for office in chosen.shown_offices),
            "is_chosen": status in chosen.statuses,
        }
        for status in chosen.tab.statuses
    ]


def _total(chosen: Filter, counts: filters.Counts, page: listing.Page) -> str:
    """Say how many dossiers the list has."""
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    if not chosen.is_narrowed:
        shown = set(chosen.shown_statuses)
        n = sum(
            counts.get((chosen.scope, office, status), 0)
            for office in chosen.shown_offices
            for status in shown
        )
    elif page.total > listing.MOST_COUNTED:
        return _("Hơn %(n)s hồ sơ") % {"n": whole(listing.MOST_COUNTED)}
    else:
        n = page.total
    return _("%(n)s hồ sơ") % {"n": whole(n)}


def _page_link(chosen: Filter, place: listing.Place | None) -> str:
    return "" if place is None else f"{chosen.query()}&vi-tri={place.as_text()}"


def _fields(
    chosen: Filter, colleagues: list[tuple[int, int | None, str]], typed: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the form of the filter offers, and what is chosen in it; a day that was no day stays as typed."""
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    assert chosen.tab is not None  # nosec B101 # tells the type checker
    holders = [(key, name) for key, office, name in colleagues if office in chosen.shown_offices]
    offices = [office for key in chosen.offices if (office := known(key)) is not None]
    is_since_wrong = chosen.since is None and bool(typed.get("tu"))
    is_until_wrong = chosen.until is None and bool(typed.get("den"))
    return {
        "scope": chosen.scope.value,
        "tab": chosen.tab.name,
        "offices": [(one.pk, one.name, one.pk == chosen.office) for one in offices]
        if len(offices) > 1
        else [],
        "procedures": [(one.code, one.name, key == chosen.procedure) for key, one in offered().items()],
        "channels": [(value, label, value == chosen.channel) for value, label in Dossier.Channel.choices],
        "dues": [(one.value, label, one is chosen.due) for one, label in _DUE_LABELS.items()]
        if chosen.tab.runs
        else [],
        "sorts": [(one.value, _SORT_LABELS[one], one is chosen.shown_sort) for one in chosen.tab.sorts],
        "holders": [
            (key, name, key == chosen.holder)
            for key, name in ((filters.NOBODY, _("Chưa giao ai")), *holders)
            if chosen.scope is not Scope.MINE
        ],
        "since": f"{chosen.since:%d/%m/%Y}" if chosen.since else typed.get("tu", "")[:_LONGEST_DAY],
        "until": f"{chosen.until:%d/%m/%Y}" if chosen.until else typed.get("den", "")[:_LONGEST_DAY],
        "is_since_wrong": is_since_wrong,
        "is_until_wrong": is_until_wrong,
        "is_open": chosen.is_narrowed or bool(chosen.statuses) or is_since_wrong or is_until_wrong,
    }


def _actions(user: User, chosen: Filter) -> list[batches.BatchAction]:
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    return batches.actions_for(user, scope=chosen.scope, statuses=chosen.shown_statuses)


def _office(request: OfficialRequest) -> Office | None:
    key = number_in(request.POST.get("to_office", ""))
    return None if key is None else Office.objects.filter(pk=key, is_active=True).first()


def _colleague(request: OfficialRequest) -> User | None:
    key = number_in(request.POST.get("to_user", ""))
    if key is None:
        return None
    return User.objects.filter(pk=key, is_active=True).exclude(role=User.Role.CITIZEN).first()


def _outcome(request: OfficialRequest) -> dict[str, Any] | None:
    """Return how the last batch went, once."""
    kept = request.session.pop(_OUTCOME, None)
    if kept is None:
        return None
    name, done, failed = kept
    action = batches.ACTIONS.get(name)
    return {"label": action.label if action else name, "done": done, "failed": failed}
