"""What an officer wants to see of the dossiers, as it stands in an address: read forgivingly, written one way.

Nothing in it is about a citizen. Whatever does not fit is as if it were not there: a hostile address shows the list
that the role sees first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.accounts.offices import offices_of_unit
from motcua.accounts.rights import Reach, Right, reach_of
from motcua.dossiers import states
from motcua.dossiers.due_dates import add_working_days
from motcua.dossiers.models import Dossier
from motcua.dossiers.time_limits import calendar_of
from motcua.procedures.service import offered
from motcua.web.days import Period
from motcua.web.requests import number_in

NOBODY: Final = 0  # as the one to whom a dossier is assigned
_LONGEST: Final = 40  # characters of a value; none that we write is longer
_ALL_OFFICES: Final = "tat-ca"


class Scope(StrEnum):
    """In which way dossiers are an official's: the values stand in addresses."""

    RECEIVED = "tiep-nhan"
    HELD = "dang-giu"
    MINE = "cua-toi"
    HANDED = "ban-giao"


class Sort(StrEnum):
    """In which order: the nearest due date first, the latest move first, the longest without a move first."""

    DUE = "han"
    NEWEST = "moi"
    OLDEST = "cu"


class Due(StrEnum):
    """How near the due date is, of a term that runs."""

    LATE = "qua-han"
    TODAY = "hom-nay"
    SOON = "hai-ngay"
    AHEAD = "con-han"


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: the statuses on it, and its own order."""

    name: str
    label: Promise
    statuses: tuple[int, ...]
    sort: Sort

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """Return the orders in which it can be read: what is done has no due date any more, nor what just came."""
        has_due = self.name not in {"cho-tiep-nhan", "da-xong"}
        return (Sort.DUE, Sort.NEWEST, Sort.OLDEST) if has_due else (Sort.NEWEST, Sort.OLDEST)

    @property
    def runs(self) -> bool:
        """Say whether the time limit of its dossiers runs."""
        return states.PROCESSING in self.statuses or states.RECEIVED in self.statuses


_WAITING: Final = Tab("cho-tiep-nhan", _("Chờ tiếp nhận"), (states.SUBMITTED,), Sort.OLDEST)
_RECEIVED: Final = Tab("da-tiep-nhan", _("Đã tiếp nhận"), (states.RECEIVED,), Sort.DUE)
_SENT_ON: Final = Tab("xu-ly", _("Xử lý"), (states.PROCESSING,), Sort.DUE)
_AT_WORK: Final = Tab("xu-ly", _("Xử lý"), (states.RECEIVED, states.PROCESSING), Sort.DUE)
_LATER: Final = (
    Tab("bo-sung", _("Bổ sung"), (states.SUPPLEMENT,), Sort.OLDEST),
    Tab("thu-phi", _("Thu phí"), (states.FEE,), Sort.OLDEST),
    Tab("tra-ket-qua", _("Trả kết quả"), (states.FINISHED,), Sort.OLDEST),
    Tab("da-xong", _("Đã xong"), tuple(sorted(states.CLOSED)), Sort.NEWEST),
)
_ALL: Final = Tab("tat-ca", _("Chờ nhận bàn giao"), tuple(range(1, 11)), Sort.DUE)
# Every filed dossier of a scope is on exactly one of its tabs; what only waits for its reception nobody holds yet.
TABS: Final[dict[Scope, tuple[Tab, ...]]] = {
    Scope.RECEIVED: (_WAITING, _RECEIVED, _SENT_ON, *_LATER),
    Scope.HELD: (_AT_WORK, *_LATER),
    Scope.MINE: (_AT_WORK, *_LATER),
    Scope.HANDED: (_ALL,),
}
# What the main role sees first, whatever else somebody may do beside it: the first of these that is not empty, or the
# first. Nothing is kept from anybody by it.
_FIRST: Final[dict[str, tuple[tuple[Scope, Tab], ...]]] = {
    User.Role.SPECIALIST: ((Scope.MINE, _AT_WORK), (Scope.HELD, _AT_WORK)),
    User.Role.LEADER: ((Scope.MINE, _AT_WORK), (Scope.HELD, _AT_WORK)),
    User.Role.CASHIER: ((Scope.RECEIVED, _LATER[1]),),
    User.Role.RESULT_DESK: ((Scope.RECEIVED, _LATER[2]),),
}
_FIRST_OF_DESK: Final = (
    (Scope.RECEIVED, _WAITING),
    (Scope.RECEIVED, _RECEIVED),
    (Scope.RECEIVED, _SENT_ON),
)
Counts = Mapping[tuple[Scope, int, int], int]
Condition = tuple[
    str, tuple[Any, ...]
]  # of a dossier's row, in SQL with a mark for each value, and the values


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show.

    ``tab`` is None until ``settled`` chose it; ``scope`` too. ``office`` is one office's key, None for all that the
    official sees. ``statuses`` are some of the tab's, empty for all; ``procedure`` and ``holder`` are keys, the holder
    may be ``NOBODY``; ``since`` and ``until`` are days of reception, both counted in.
    """

    offices: tuple[int, ...]
    scope: Scope | None = None
    tab: Tab | None = None
    office: int | None = None
    statuses: tuple[int, ...] = ()
    due: Due | None = None
    procedure: int | None = None
    channel: int | None = None
    holder: int | None = None
    since: date | None = None
    until: date | None = None
    sort: Sort | None = None

    @property
    def shown_offices(self) -> tuple[int, ...]:
        """Return the offices whose dossiers are shown; somebody's own are shown wherever they are."""
        return self.offices if self.office is None or self.scope is Scope.MINE else (self.office,)

    @property
    def shown_statuses(self) -> tuple[int, ...]:
        """Return the statuses that are shown."""
        assert self.tab is not None  # nosec B101 # tells the type checker
        return self.statuses or self.tab.statuses

    @property
    def shown_sort(self) -> Sort:
        """Return the order in which they are shown."""
        assert self.tab is not None  # nosec B101 # tells the type checker
        return self.sort or self.tab.sort

    @property
    def is_narrowed(self) -> bool:
        """Say whether less is shown than all dossiers of the statuses."""
        narrowing = (self.due, self.procedure, self.channel, self.holder, self.since, self.until)
        return any(one is not None for one in narrowing)

    @property
    def plain(self) -> Filter:
        """Return the same tab with nothing chosen on it."""
        return Filter(self.offices, self.scope, self.tab, self.office)

    def query(self) -> str:
        """Return it as it stands behind the question mark of an address."""
        said: list[tuple[str, str | int]] = []
        if self.scope is not None and self.tab is not None:
            said += [("pham-vi", self.scope.value), ("muc", self.tab.name)]
        if len(self.offices) > 1:
            said.append(("don-vi", _ALL_OFFICES if self.office is None else self.office))
        said += [("trang-thai", status) for status in self.statuses]
        if self.due is not None:
            said.append(("han", self.due.value))
        if self.procedure is not None:
            said.append(("thu-tuc", offered()[self.procedure].code))
        if self.channel is not None:
            said.append(("kenh", self.channel))
        if self.holder is not None:
            said.append(("can-bo", self.holder))
        said += [
            (name, day.isoformat())
            for name, day in (("tu", self.since), ("den", self.until))
            if day is not None
        ]
        if self.sort is not None:
            said.append(("xep", self.sort.value))
        return urlencode(said)

    def conditions(self, *, now: datetime) -> list[Condition]:
        """Return what narrows the dossiers of a scope, an office and a status further."""
        wanted: list[Condition] = []
        if self.due is not None:
            wanted += [("paused_at IS NULL", ()), *_due(self.due, self.shown_offices, now)]
        if self.procedure is not None:
            wanted.append(("procedure_id = %s", (self.procedure,)))
        if self.channel is not None:
            wanted.append(("channel = %s", (self.channel,)))
        if self.holder == NOBODY:
            wanted.append(("holder_id IS NULL", ()))
        elif self.holder is not None:
            wanted.append(("holder_id = %s", (self.holder,)))
        if self.since is not None:
            begin = Period(self.since, self.since).moments[0]
            # The last move is never before the reception: by it the index begins where the days begin.
            wanted.append(("received_at >= %s AND saved_at >= %s", (begin, begin)))
        if self.until is not None:
            wanted.append(("received_at < %s", (Period(self.until, self.until).moments[1],)))
        return wanted


def read(params: QueryDict, *, user: User) -> Filter:
    """Read a filter from an address; what somebody may not see, or what is none, is left out.

    Args:
        params: of the address.
        user: an official who may see dossiers.

    Returns:
        The filter, without a tab where the address names none.
    """

    def said(name: str) -> str:
        text = params.get(name, "")
        return text if len(text) <= _LONGEST else ""

    reach = reach_of(user, Right.SEE_DOSSIERS)
    home = user.office_id
    if home is None or reach is None:
        return Filter(())
    offices = tuple(offices_of_unit(home)) if reach is Reach.UNIT else (home,)
    office = _one_of(said("don-vi"), offices)
    if office is None and said("don-vi") != _ALL_OFFICES and user.role != User.Role.LEADER:
        office = home
    chosen = Filter(offices, office=office)
    scope = next((one for one in Scope if one.value == said("pham-vi")), None)
    if scope is None:
        return chosen
    tab = next((one for one in TABS[scope] if one.name == said("muc")), TABS[scope][0])
    statuses = {number_in(text) for text in params.getlist("trang-thai")[:_LONGEST]}
    kept = tuple(status for status in tab.statuses if status in statuses)
    code = said("thu-tuc")
    return replace(
        chosen,
        scope=scope,
        tab=tab,
        statuses=() if len(kept) == len(tab.statuses) else kept,
        due=next((one for one in Due if tab.runs and one.value == said("han")), None),
        procedure=next((key for key, one in offered().items() if one.code == code), None) if code else None,
        channel=_one_of(said("kenh"), Dossier.Channel.values),
        holder=number_in(said("can-bo")) if scope is not Scope.MINE else None,
        since=_day(said("tu")),
        until=_day(said("den")),
        sort=next((one for one in tab.sorts if one.value == said("xep") and one is not tab.sort), None),
    )


def settled(chosen: Filter, *, user: User, counts: Counts) -> Filter:
    """Return a filter with a tab: its own, or the one that the role sees first.

    Args:
        chosen: as read.
        user: whose role counts.
        counts: dossiers by scope, office and status.
    """
    if chosen.tab is not None:
        return chosen
    first = _FIRST.get(user.role, _FIRST_OF_DESK)
    scope, tab = next((one for one in first if counted(chosen, *one, counts)), first[0])
    return replace(chosen, scope=scope, tab=tab)


def counted(chosen: Filter, scope: Scope, tab: Tab, counts: Counts) -> int:
    """Return how many dossiers are on a tab, whatever narrows it further."""
    offices = replace(chosen, scope=scope).shown_offices
    return sum(counts.get((scope, office, status), 0) for office in offices for status in tab.statuses)


def _due(due: Due, offices: tuple[int, ...], now: datetime) -> list[Condition]:
    today = timezone.localdate(now)
    match due:
        case Due.LATE:
            return [("due_at < %s", (now,))]
        case Due.TODAY:
            end = today
        case Due.SOON:
            # As the labels count; of several offices the one that is closed longest, so that nothing soon is left out.
            end = max(add_working_days(today, 2, calendar_of(office)) for office in offices)
        case Due.AHEAD:
            return [("due_at >= %s", (now,))]
    return [("due_at >= %s AND due_at < %s", (now, Period(end, end).moments[1]))]


def _one_of(text: str, known: tuple[int, ...] | list[int]) -> int | None:
    number = number_in(text)
    return number if number in known else None


def _day(text: str) -> date | None:
    """Read a day as the address has it (2026-11-23), or as somebody types it (23/11/2026)."""
    try:
        day = datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None
