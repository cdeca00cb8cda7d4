"""Pages of dossiers and their counts, read straight from the indexes; and their rows, made here and not in a template.

A page goes on after a dossier, not at a number: the five-hundredth costs what the first does, and what comes in
meanwhile moves nothing. Forty rows cost a template dearly.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.accounts.rights import Reach, Right, reach_of
from motcua.dossiers import states
from motcua.dossiers.due_dates import Calendar, DueLabel, due_label
from motcua.dossiers.models import Dossier, Supplement
from motcua.dossiers.time_limits import calendar_of
from motcua.reception.filters import Condition, Counts, Filter, Scope, Sort
from motcua.verification.models import IdentityCheck
from motcua.web.addresses import addresses
from motcua.web.days import SETTLED_AFTER
from motcua.web.markup import filled, filled_each, opened
from motcua.web.moments import moment_of, number_of
from motcua.web.statements import adapted, convert, marks
from motcua.web.templatetags.motcua import moment

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

A_PAGE: Final = 20
MOST_COUNTED: Final = 1000  # dossiers of a narrowed list; more are more than these
_SHOWN: Final = (
    "pk", "code", "applicant_name", "revision__name", "status", "submitted_at", "saved_at", "due_at", "paused_at",
    "term_unit", "office_id", "holder_id", "holder__full_name", "holder_office__name", "by_hand_reason",
    "identity_check__outcome", "is_answered",
)  # fmt: skip
_SAVED_AT, _DUE_AT = _SHOWN.index("saved_at"), _SHOWN.index("due_at")
_PLACE: Final = re.compile(r"(?P<way>[st])\.(?P<key>[0-9]{1,17}|x)\.(?P<pk>[0-9a-f]{32})")
_SCOPES: Final = {Scope.RECEIVED: "office", Scope.HELD: "holder_office", Scope.MINE: "holder_office"}
# The titles stand in the cells too: on a phone a row is a card, and the table's head is not seen. They are filled in
# first, the cells of each row then.
_ROW: Final = """<tr>
  {{}}<th scope="row" class="code"><a href="{{}}" data-row>{{}}</a></th>
  <td data-title="{}">{{}}</td>
  <td data-title="{}">{{}}</td>
  <td data-title="{}">{{}}</td>
  <td data-title="{}">{{}}</td>
  <td data-title="{}">{{}}</td>
  <td data-title="{}">{{}}</td>
</tr>"""
_TICK: Final = (
    '<td class="pick"><input type="checkbox" form="viec" name="ho-so" value="{}.{}" aria-label="{} {}">'
    "</td>\n  "
)
_BADGE: Final = '<span class="badge {}">{}</span>'


@dataclass(frozen=True, slots=True)
class Place:
    """A dossier from which a list is read on: after it, or before it (backwards)."""

    is_backwards: bool
    key: datetime | None
    pk: uuid.UUID

    def as_text(self) -> str:
        """Return the place as it stands in an address."""
        key = "x" if self.key is None else number_of(self.key)
        return f"{'t' if self.is_backwards else 's'}.{key}.{self.pk.hex}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some dossiers, as ``rows`` takes them, and the places of the pages before and after; None at the ends.

    ``total`` is how many a narrowed list has; above ``MOST_COUNTED`` it is that and one more.
    """

    found: list[Any]
    before: Place | None
    after: Place | None
    total: int


def place_of(text: str) -> Place | None:
    """Read a place from an address; None when it is none."""
    parts = _PLACE.fullmatch(text)
    if parts is None:
        return None
    key = None if parts["key"] == "x" else moment_of(int(parts["key"]))
    return Place(parts["way"] == "t", key, uuid.UUID(parts["pk"]))


def counts_of(chosen: Filter, *, user: User, now: datetime) -> Counts:
    """Return how many dossiers there are, by scope, office and status, over all offices that somebody sees.

    What is open, or ended since midnight, is counted in the indexes whenever the page is shown. What ended on days
    before never moves again (``states``): each process counts it once a day.

    Args:
        chosen: of which only the offices count.
        user: the official.
        now: the moment.
    """
    shown = tuple(chosen.offices if chosen.office is None else (chosen.office,))
    if not shown:
        return {}
    midnight = _midnight(now)
    counts = _ended_before(midnight, shown, chosen.offices, user)
    ended = (*_ENDED, adapted(midnight))
    offices, mine = marks(shown), marks(chosen.offices)
    parts: list[tuple[str, tuple[Any, ...]]] = []
    for scope, where, values in (
        (Scope.RECEIVED, f"office_id IN ({offices})", shown),
        (Scope.HELD, f"holder_office_id IN ({offices})", shown),
        (Scope.MINE, f"holder_id = %s AND holder_office_id IN ({mine})", (user.pk, *chosen.offices)),
    ):
        column = "office_id" if scope is Scope.RECEIVED else "holder_office_id"
        head = (
            f"SELECT '{scope}', {column}, status, count(*) FROM dossiers_dossier WHERE {where} AND status IN"  # noqa: S608  # nosec B608 # marks alone
        )
        parts.append((f"{head} ({marks(_NOT_ENDED)}) GROUP BY {column}, status", (*values, *_NOT_ENDED)))
        parts.append(
            (f"{head} ({marks(_ENDED)}) AND saved_at >= %s GROUP BY {column}, status", (*values, *ended))
        )
    waiting, of_waiting = _handed(chosen, user)
    parts.append(
        (
            f"SELECT '{Scope.HANDED}', to_office_id, status, count(*) FROM dossiers_handover AS given"  # noqa: S608  # nosec B608 # marks alone
            f" JOIN dossiers_dossier AS dossier ON dossier.id = dossier_id WHERE {waiting}"
            " GROUP BY to_office_id, status",
            of_waiting,
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(part for part, _ in parts), [one for _, values in parts for one in values]
        )
        for scope, office, status, n in cursor.fetchall():
            key = (Scope(scope), office, status)
            counts[key] = counts.get(key, 0) + n
    return counts


def forget() -> None:
    """Count what ended on days before anew, at once."""
    _ended.clear()


# How many ended before a midnight, by scope, office, and whose they are where that matters; read once a day.
_ended: dict[tuple[Scope, int, int | None], tuple[datetime, dict[int, int]]] = {}
_ENDED: Final = tuple(sorted(states.CLOSED))
_NOT_ENDED: Final = tuple(sorted(set(Dossier.Status.values) - states.CLOSED - {states.DRAFT}))
_MOST_KEPT: Final = 10_000


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now - SETTLED_AFTER).replace(hour=0, minute=0, second=0, microsecond=0)


def _ended_before(
    midnight: datetime, shown: tuple[int, ...], own: tuple[int, ...], user: User
) -> dict[tuple[Scope, int, int], int]:
    """Return by scope, office and status what ended before a midnight; one query where something is not known yet."""
    keys: list[tuple[Scope, int, int | None]]
    keys = [(scope, office, None) for scope in (Scope.RECEIVED, Scope.HELD) for office in shown]
    keys += [(Scope.MINE, office, user.pk) for office in own]
    kept = {key: _ended.get(key) for key in keys}
    by_key = {key: one[1] for key, one in kept.items() if one is not None and one[0] == midnight}
    if missing := [key for key in keys if key not in by_key]:
        by_key |= {key: {} for key in missing}
        before = Dossier.objects.filter(status__in=_ENDED, saved_at__lt=midnight).order_by()
        parts = []
        for scope in {scope for scope, _office, _holder in missing}:
            place = f"{_SCOPES[scope]}_id"
            found = before.filter(**{f"{place}__in": [key[1] for key in missing if key[0] is scope]})
            if scope is Scope.MINE:
                found = found.filter(holder=user)
            parts.append(
                found.values(office_key=F(place), at=F("status"))
                .annotate(scope=Value(scope.value), n=Count("*"))
                .values_list("scope", "office_key", "at", "n")
            )
        for scope, office, status, n in parts[0].union(*parts[1:], all=True):
            by_key[(Scope(scope), office, user.pk if scope == Scope.MINE else None)][status] = n
        if len(_ended) > _MOST_KEPT:
            _ended.clear()
        _ended.update({key: (midnight, by_key[key]) for key in missing})
    return {
        (scope, office, status): n
        for (scope, office, _holder), each in by_key.items()
        for status, n in each.items()
    }


def page_of(
    chosen: Filter,
    *,
    user: User,
    counts: Counts,
    now: datetime,
    place: Place | None = None,
    size: int = A_PAGE,
) -> Page:
    """Return a page of a list, in one statement; one that is not there any more gives the first.

    Args:
        chosen: settled.
        user: the official.
        counts: as ``counts_of`` counted: what is empty is not read.
        now: the moment, for what is late.
        place: from where to read on; None at the beginning.
        size: how many dossiers.
    """
    sort = chosen.shown_sort
    if place is not None and place.key is None and sort is not Sort.DUE:
        place = None
    is_backwards = place is not None and place.is_backwards
    order = _order(sort, is_backwards=is_backwards)
    branches = _branches(chosen, user, counts, now)
    parts = [
        _part(f"{branch} AND {beyond}", order, size + 1, (*of_branch, *of_beyond))
        for branch, of_branch in branches
        for beyond, of_beyond in _beyond(sort, place)
    ]
    counted = [_part(branch, "", MOST_COUNTED + 1, values) for branch, values in branches]
    found, total = _read(parts, counted if chosen.is_narrowed else [], order, size + 1)
    is_full = len(found) > size
    found = found[:size]
    if place is not None and (not found or (is_backwards and not is_full)):
        return page_of(chosen, user=user, counts=counts, now=now, size=size)
    if is_backwards:
        found.reverse()
    key = _DUE_AT if sort is Sort.DUE else _SAVED_AT
    before = Place(True, found[0][key], found[0][0]) if place is not None else None
    after = Place(False, found[-1][key], found[-1][0]) if is_full or is_backwards else None
    return Page(found, before, after, total)


def _handed(chosen: Filter, user: User) -> Condition:
    """Return which hand-overs wait to be accepted by the offices shown, in them by this official."""
    offices = chosen.offices if chosen.office is None else (chosen.office,)
    waiting = f"accepted_at IS NULL AND declined_at IS NULL AND to_office_id IN ({marks(offices)})"
    if reach_of(user, Right.SEE_DOSSIERS) is Reach.UNIT:
        return waiting, offices
    return f"{waiting} AND (to_user_id IS NULL OR to_user_id = %s)", (*offices, user.pk)


def _branches(chosen: Filter, user: User, counts: Counts, now: datetime) -> list[Condition]:
    """Return the parts of a list, each in the order of one index; no dossier is in two of them.

    They are written here and not by the ORM: a leader's list has some twenty, and building each took longer than
    reading it. In the text are names of ours and marks; every value travels apart.
    """
    assert chosen.scope is not None  # nosec B101 # tells the type checker
    if not chosen.offices:
        return []
    narrowing = chosen.conditions(now=now)
    narrowed = "".join(f" AND {text}" for text, _values in narrowing)
    of_narrowed = tuple(value for _text, values in narrowing for value in values)
    offices, statuses = chosen.offices, chosen.shown_statuses
    if chosen.scope is Scope.HANDED:
        waiting, of_waiting = _handed(chosen, user)
        handed = f"id IN (SELECT dossier_id FROM dossiers_handover WHERE {waiting})"  # noqa: S608  # nosec B608 # values travel apart
        return [
            (
                f"{handed} AND status IN ({marks(statuses)}){narrowed}",
                (*of_waiting, *statuses, *of_narrowed),
            )
        ]
    if chosen.scope is Scope.MINE:
        mine = f"holder_id = %s AND holder_office_id IN ({marks(offices)}) AND status = %s{narrowed}"
        return [(mine, (user.pk, *offices, status, *of_narrowed)) for status in statuses]
    theirs = f"{_SCOPES[chosen.scope]}_id = %s AND status = %s{narrowed}"
    return [
        (theirs, (office, status, *of_narrowed))
        for office in chosen.shown_offices
        for status in statuses
        if counts.get((chosen.scope, office, status))
    ]


def _part(where: str, order: str, most: int, values: tuple[Any, ...]) -> Condition:
    """Return the statement of a part: the keys of its first dossiers."""
    return f"SELECT id FROM dossiers_dossier WHERE {where} {order} LIMIT {most}", values  # noqa: S608  # nosec B608 # values travel apart


def _together(parts: list[Condition]) -> tuple[str, list[Any]]:
    """Return one statement of several, and the values as the database takes them."""
    each = (f"SELECT id FROM ({text}) AS part{place}" for place, (text, _values) in enumerate(parts))  # noqa: S608  # nosec B608 # values travel apart
    return " UNION ALL ".join(each), [adapted(value) for _text, values in parts for value in values]


def _read(parts: list[Condition], counted: list[Condition], order: str, most: int) -> tuple[list[Any], int]:
    """Return the first dossiers of all parts, as ``listed`` has them, and how many there are in what is counted."""
    if not parts:
        return [], 0
    keys, values = _together(parts)
    total = "0"
    of_total: list[Any] = []
    if counted:
        each, of_total = _together(counted)
        total = f"(SELECT count(*) FROM ({each}) AS counted)"  # noqa: S608  # nosec B608 # values travel apart
    found = _rows_of(keys, values, f"{order} LIMIT {most}", total, of_total)
    return [row[1:] for row in found], min(int(found[0][0]), MOST_COUNTED + 1) if found else 0


def of_keys(keys: Collection[uuid.UUID]) -> list[Any]:
    """Return the filed dossiers with some keys, as ``listed`` has them, the latest first."""
    if not keys:
        return []
    values = [adapted(key) for key in keys]
    order = f"AND dossiers_dossier.status <> {states.DRAFT:d} {_order(Sort.NEWEST, is_backwards=False)}"
    return [row[1:] for row in _rows_of(marks(values), values, order, "0", [])]


def _rows_of(keys: str, values: list[Any], order: str, beside: str, of_beside: list[Any]) -> list[list[Any]]:
    """Return the rows of ``listed`` with some keys, each after what is asked beside them."""
    select, of_select, converters = _select(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {beside}, {select} WHERE dossiers_dossier.id IN ({keys}) {order}",  # nosec B608 # values travel apart
            (*of_beside, *of_select, *values),
        )
        found = [list(row) for row in cursor.fetchall()]
    for row in found:
        convert(row, converters, after=1)
    return found


@cache
def _select(_vendor: str) -> tuple[str, tuple[Any, ...], list[Any]]:
    """Return the statement of ``listed`` from SELECT to WHERE, its values, and what makes Python's values of columns.

    The ORM builds it once for a process and not for every page.
    """
    compiler = listed(Dossier.objects.order_by()).query.get_compiler(connection=connection)
    text, values = compiler.as_sql()
    converters = compiler.get_converters([column for column, _text, _alias in compiler.select])
    return text.removeprefix("SELECT "), tuple(values), list(converters.items())


def _order(sort: Sort, *, is_backwards: bool) -> str:
    key, pk = f"dossiers_dossier.{_key_of(sort)}", "dossiers_dossier.id"
    match sort:
        case Sort.DUE if is_backwards:
            return f"ORDER BY {key} DESC NULLS FIRST, {pk} DESC"
        case Sort.DUE:
            return f"ORDER BY {key} ASC NULLS LAST, {pk} ASC"
    way = "DESC" if is_backwards is not (sort is Sort.NEWEST) else "ASC"
    return f"ORDER BY {key} {way}, {pk} {way}"


def _key_of(sort: Sort) -> str:
    return "due_at" if sort is Sort.DUE else "saved_at"


def _beyond(sort: Sort, place: Place | None) -> list[Condition]:
    """Return what is beyond a place, in parts of which each is one stretch of an index."""
    if place is None:
        return [("1 = 1", ())]
    key = _key_of(sort)
    way = "<" if place.is_backwards is not (sort is Sort.NEWEST) else ">"
    if place.key is None:
        among_nulls = f"{key} IS NULL AND id {way} %s", (place.pk,)
        return [among_nulls, (f"{key} IS NOT NULL", ())] if place.is_backwards else [among_nulls]
    beyond = (
        f"{key} {way}= %s AND ({key} {way} %s OR id {way} %s)",
        (place.key, place.key, place.pk),
    )
    return [beyond, (f"{key} IS NULL", ())] if sort is Sort.DUE and not place.is_backwards else [beyond]


def listed(dossiers: QuerySet[Dossier]) -> QuerySet[Dossier, Any]:
    """Return the same dossiers as tuples of what a row shows."""
    sent = Supplement.objects.filter(dossier=OuterRef("pk"), closed_at=None, answered_at__isnull=False)
    return dossiers.annotate(is_answered=Exists(sent)).values_list(*_SHOWN)


def rows(dossiers: Iterable[Any], *, now: datetime, is_ticked: bool = False) -> SafeString:
    """Return the rows of a table.

    Args:
        dossiers: filed ones, as ``listed`` or ``page_of`` fetch them.
        now: the moment, for what is late.
        is_ticked: each gets a box of the form "viec".
    """
    shown_at, tick = addresses("desk_dossier"), _("Chọn hồ sơ")
    row = filled(
        _ROW,
        _("Người nộp"), _("Thủ tục"), _("Trạng thái"), _("Hạn"), _("Đang ở"), _("Danh tính"),
    )  # fmt: skip
    verified = filled(_BADGE, "verified", _("đã xác thực"))
    unverified = filled(_BADGE, "unverified", _("chưa xác thực danh tính"))
    rejected = filled(_BADGE, "rejected", _("xác thực thất bại"))
    statuses = {
        status.value: filled(_BADGE, _COLORS.get(status, ""), status.words) for status in Dossier.Status
    }
    answered = filled(_BADGE, "done", _("đã gửi bổ sung"))
    calendars: dict[int, Calendar] = {}

    def cells(dossier: Any) -> tuple[str, ...]:
        (
            pk, code, name, procedure, status, submitted_at, saved_at, due_at, paused_at,
            unit, office_id, holder_id, holder, place, by_hand, outcome, is_answered,
        ) = dossier  # fmt: skip
        calendar = calendars.get(office_id) or calendars.setdefault(office_id, calendar_of(office_id))
        if outcome == IdentityCheck.Outcome.VERIFIED and not by_hand:
            badge = verified
        else:
            badge = rejected if by_hand == Dossier.ByHand.REJECTED else unverified
        return (
            filled(_TICK, pk, holder_id or 0, tick, code) if is_ticked else "",
            shown_at(pk), code, opened(name), procedure,
            statuses[status] + answered if is_answered else statuses[status],
            _due(
                status, submitted_at, saved_at,
                due_label(due=due_at, unit=unit, now=now, calendar=calendar, paused_at=paused_at), due_at,
            ),
            opened(holder) if holder else place or "", badge,
        )  # fmt: skip

    return filled_each("\n", row, map(cells, dossiers))


_COLORS: Final = {
    states.SUBMITTED: "online",
    states.SUPPLEMENT: "waiting",
    states.FEE: "waiting",
    states.REFUSED: "rejected",
    states.FINISHED: "done",
    states.RETURNED: "done",
}


def _due(
    status: int,
    submitted_at: datetime | None,
    saved_at: datetime,
    label: DueLabel | None,
    due_at: datetime | None,
) -> str:
    """Say when it has to be done, or since when it waits."""
    if status == states.SUBMITTED:
        return _("chưa tính, nộp lúc %(at)s") % {"at": moment(submitted_at)}
    if status in states.CLOSED:
        return _("kết thúc %(at)s") % {"at": moment(saved_at)}
    if status == states.FINISHED:
        return _("có kết quả %(at)s") % {"at": moment(saved_at)}
    if label is None:
        return _("không tính hạn")
    return filled('<span class="badge {}">{}</span> {}', label.tone, label.text, moment(due_at))
