"""What can be done with several dossiers at once: one table, and each dossier handled on its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.accounts.models import Office, User
from motcua.accounts.offices import offices_of_unit
from motcua.accounts.rights import Reach, Right, may, reach_of
from motcua.dossiers import handing, states
from motcua.dossiers.models import Dossier, HandOver
from motcua.dossiers.moving import NotYours
from motcua.dossiers.service import AlreadyReceived, NotThisOffice, take_up
from motcua.reception.filters import Scope

MOST_AT_ONCE: Final = 50


class TooMany(ValueError):
    """One batch has at most ``MOST_AT_ONCE`` dossiers."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an action is told beside the dossiers; each part only where the action needs it."""

    by: User
    now: datetime
    to_office: Office | None = None
    to_user: User | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done with dossiers: the right for it, the key that presses it, where it is offered.

    ``needs`` names the fields that go with it: "to_office", "to_user", "reason".
    """

    name: str
    label: Promise
    right: Right
    key: str
    run: Callable[[Dossier, Order], object]
    statuses: frozenset[int]
    scopes: frozenset[Scope] = frozenset(Scope)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a batch went: of each dossier key and code, and of those not done why."""

    action: str
    done: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)


# What changes hands: those that somebody still has to do something about.
_AT_HAND: Final = (states.OPEN - {states.SUBMITTED}) | {states.FINISHED}
_HELD: Final = frozenset({Scope.RECEIVED, Scope.HELD, Scope.MINE})


def _accept(dossier: Dossier, order: Order) -> object:
    return handing.accept(dossier=dossier, by=order.by, now=order.now)


def _decline(dossier: Dossier, order: Order) -> object:
    return handing.decline(dossier=dossier, reason=order.reason, by=order.by, now=order.now)


def _claim(dossier: Dossier, order: Order) -> object:
    return handing.claim(dossier=dossier, by=order.by, now=order.now)


def _release(dossier: Dossier, order: Order) -> object:
    return handing.release(dossier=dossier, by=order.by, now=order.now)


def _hand_over(dossier: Dossier, order: Order) -> object:
    assert order.to_office is not None
    return handing.hand_over(dossier=dossier, to_office=order.to_office, by=order.by, now=order.now)


def _assign(dossier: Dossier, order: Order) -> object:
    assert order.to_user is not None
    return handing.assign(dossier=dossier, to_user=order.to_user, by=order.by, now=order.now)


def _take_up(dossier: Dossier, order: Order) -> object:
    return take_up(dossier=dossier, officer=order.by, now=order.now)


ACTIONS: Final[dict[str, Action]] = {
    action.name: action
    for action in (
        Action(
            "take_up",
            gettext_lazy("Tiếp nhận"),
            Right.RECEIVE,
            "t",
            _take_up,
            statuses=frozenset({states.SUBMITTED}),
            scopes=frozenset({Scope.RECEIVED}),
        ),
        Action(
            "accept",
            gettext_lazy("Nhận bàn giao"),
            Right.HAND_OVER,
            "a",
            _accept,
            statuses=_AT_HAND,
            scopes=frozenset({Scope.HANDED}),
        ),
        Action(
            "decline",
            gettext_lazy("Không nhận"),
            Right.HAND_OVER,
            "r",
            _decline,
            statuses=_AT_HAND,
            scopes=frozenset({Scope.HANDED}),
            needs=("reason",),
        ),
        Action(
            "claim",
            gettext_lazy("Nhận về mình"),
            Right.HAND_OVER,
            "m",
            _claim,
            statuses=_AT_HAND,
            scopes=frozenset({Scope.HELD}),
        ),
        Action(
            "release",
            gettext_lazy("Trả về phòng"),
            Right.HAND_OVER,
            "b",
            _release,
            statuses=_AT_HAND,
            scopes=frozenset({Scope.MINE}),
        ),
        Action(
            "hand_over",
            gettext_lazy("Bàn giao"),
            Right.HAND_OVER,
            "g",
            _hand_over,
            statuses=_AT_HAND,
            scopes=_HELD,
            needs=("to_office",),
        ),
        Action(
            "assign",
            gettext_lazy("Phân công"),
            Right.ASSIGN,
            "c",
            _assign,
            statuses=_AT_HAND,
            scopes=_HELD,
            needs=("to_user",),
        ),
    )
}


def actions_for(user: User, *, scope: Scope, statuses: Collection[int]) -> list[Action]:
    """Return what somebody may do with dossiers of a list, in the table's order."""
    return [
        action
        for action in ACTIONS.values()
        if scope in action.scopes and not action.statuses.isdisjoint(statuses) and may(user, action.right)
    ]


def run(*, action: Action, keys: Collection[uuid.UUID], order: Order) -> Outcome:
    """Do something with dossiers, each in a transaction of its own.

    Args:
        action: of the table.
        keys: of the dossiers; those that the official does not see are told like those that are not there.
        order: who, when, and what the action needs.

    Raises:
        TooMany: nothing was done.
    """
    if len(keys) > MOST_AT_ONCE:
        raise TooMany
    seen = {dossier.pk: dossier for dossier in _seen(order.by).filter(pk__in=keys)}
    outcome = Outcome(action.name)
    for key in dict.fromkeys(keys):
        dossier = seen.get(key)
        if dossier is None:
            outcome.failed.append(("", "", _("không có hồ sơ này, hoặc hồ sơ không ở cơ quan của ông/bà")))
            continue
        code = dossier.code or ""
        try:
            action.run(dossier, order)
        except (NotYours, NotThisOffice):
            outcome.failed.append((str(key), code, _("vai trò hoặc bộ phận của ông/bà không có việc này")))
        except AlreadyReceived:
            outcome.failed.append((str(key), code, _("cán bộ khác đã tiếp nhận")))
        except states.DecisionBarred:
            outcome.failed.append((str(key), code, _("danh tính người nộp còn chờ xác thực")))
        except ValueError as refused:
            # A refusal that has words for the person says them.
            why = getattr(refused, "message", "") or _("hồ sơ đã sang bước khác, không làm được việc này")
            outcome.failed.append((str(key), code, str(why)))
        else:
            outcome.done.append((str(key), code))
    return outcome


def _seen(user: User) -> QuerySet[Dossier]:
    home = user.office_id or 0
    is_unit = reach_of(user, Right.SEE_DOSSIERS) is Reach.UNIT
    offices = offices_of_unit(home) if is_unit else [home]
    waiting = HandOver.objects.filter(accepted_at=None, declined_at=None, to_office__in=offices)
    return (
        Dossier.objects.exclude(status=Dossier.Status.DRAFT)
        .filter(Q(office__in=offices) | Q(holder_office__in=offices) | Q(pk__in=waiting.values("dossier")))
        .select_related("office", "procedure", "citizen__user", "identity_check", "holder_office")
    )
