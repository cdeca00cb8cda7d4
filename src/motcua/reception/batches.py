"""What can be done with several dossiers at once: one table, and each dossier handled on its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from motcua.accounts.models import Office, User
from motcua.accounts.rights import Right, may
from motcua.dossiers import hand_overs, states
from motcua.dossiers.access import visible_to
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import AlreadyReceived, NotThisOffice, take_up
from motcua.dossiers.steps import NotYours
from motcua.reception.filters import Scope

MOST_AT_ONCE: Final = 50


class TooMany(ValueError):
    """One batch has at most ``MOST_AT_ONCE`` dossiers."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an action is told beside the dossiers; each part only where the action needs it.

    ``seen``: who held each dossier on the list that was shown, 0 for nobody.
    """

    by: User
    now: datetime
    to_office: Office | None = None
    to_user: User | None = None
    reason: str = ""
    seen: Mapping[uuid.UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchAction:
    """Something that is done with dossiers: the rights of which one is needed, its key, where it is offered.

    ``needs`` names the fields that go with it: "to_office", "to_user", "reason". ``takes_away``: whoever holds a
    dossier holds it no longer afterwards.
    """

    name: str
    label: Promise
    rights: frozenset[Right]
    key: str
    run: Callable[[Dossier, Order], object]
    statuses: frozenset[int]
    scopes: frozenset[Scope] = frozenset(Scope)
    needs: tuple[str, ...] = ()
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a batch went: of each dossier key and code, and of those not done why."""

    action: str
    done: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)


# Who hands results out takes them when they come back, and lets them go.
_RECEIVING: Final = frozenset({Right.HAND_OVER, Right.HAND_OUT})
_HELD: Final = frozenset({Scope.RECEIVED, Scope.HELD, Scope.MINE})


def _accept(dossier: Dossier, order: Order) -> object:
    return hand_overs.accept(dossier=dossier, by=order.by, now=order.now)


def _decline(dossier: Dossier, order: Order) -> object:
    return hand_overs.decline(dossier=dossier, reason=order.reason, by=order.by, now=order.now)


def _claim(dossier: Dossier, order: Order) -> object:
    return hand_overs.claim(dossier=dossier, by=order.by, now=order.now)


def _release(dossier: Dossier, order: Order) -> object:
    return hand_overs.release(dossier=dossier, by=order.by, now=order.now)


def _hand_over(dossier: Dossier, order: Order) -> object:
    assert order.to_office is not None  # nosec B101 # tells the type checker
    return hand_overs.hand_over(dossier=dossier, to_office=order.to_office, by=order.by, now=order.now)


def _assign(dossier: Dossier, order: Order) -> object:
    assert order.to_user is not None  # nosec B101 # tells the type checker
    return hand_overs.assign(dossier=dossier, to_user=order.to_user, by=order.by, now=order.now)


def _take_up(dossier: Dossier, order: Order) -> object:
    return take_up(dossier=dossier, officer=order.by, now=order.now)


ACTIONS: Final[dict[str, BatchAction]] = {
    action.name: action
    for action in (
        BatchAction(
            "take_up",
            pgettext_lazy("button", "Tiếp nhận"),
            frozenset({Right.RECEIVE}),
            "t",
            _take_up,
            statuses=frozenset({states.SUBMITTED}),
            scopes=frozenset({Scope.RECEIVED}),
        ),
        BatchAction(
            "accept",
            gettext_lazy("Nhận bàn giao"),
            _RECEIVING,
            "a",
            _accept,
            statuses=hand_overs.GIVEN_ON,
            scopes=frozenset({Scope.HANDED}),
        ),
        BatchAction(
            "decline",
            gettext_lazy("Trả lại bên giao"),
            _RECEIVING,
            "r",
            _decline,
            statuses=hand_overs.GIVEN_ON,
            scopes=frozenset({Scope.HANDED}),
            needs=("reason",),
        ),
        BatchAction(
            "claim",
            gettext_lazy("Nhận thụ lý"),
            frozenset({Right.HAND_OVER}),
            "m",
            _claim,
            statuses=hand_overs.GIVEN_ON,
            scopes=frozenset({Scope.HELD}),
        ),
        BatchAction(
            "release",
            gettext_lazy("Thôi thụ lý"),
            _RECEIVING,
            "b",
            _release,
            statuses=hand_overs.GIVEN_ON,
            scopes=frozenset({Scope.MINE}),
        ),
        BatchAction(
            "hand_over",
            gettext_lazy("Chuyển xử lý"),
            frozenset({Right.HAND_OVER}),
            "g",
            _hand_over,
            statuses=hand_overs.GIVEN_ON,
            scopes=_HELD,
            needs=("to_office",),
            takes_away=True,
        ),
        BatchAction(
            "assign",
            gettext_lazy("Phân công"),
            frozenset({Right.ASSIGN}),
            "c",
            _assign,
            statuses=hand_overs.GIVEN_ON,
            scopes=_HELD,
            needs=("to_user",),
            takes_away=True,
        ),
    )
}


def actions_for(user: User, *, scope: Scope, statuses: Collection[int]) -> list[BatchAction]:
    """Return what somebody may do with dossiers of a list, in the table's order."""
    return [
        action
        for action in ACTIONS.values()
        if scope in action.scopes
        and not action.statuses.isdisjoint(statuses)
        and any(may(user, right) for right in action.rights)
    ]


def _refuse_taken(key: uuid.UUID, order: Order) -> None:
    """Let a dossier be with who holds it by now, unless the list showed them. Raises HandingRefused."""
    known = {None, order.seen[key], order.by.pk, order.to_user.pk if order.to_user else None}
    if Dossier.objects.locked(key).holder_id not in known:
        raise hand_overs.HandingRefused(hand_overs.Refusal.HELD)


def run(*, action: BatchAction, keys: Collection[uuid.UUID], order: Order) -> Outcome:
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
    found = visible_to(order.by).only("code", "office")
    seen = {dossier.pk: dossier for dossier in found.filter(pk__in=keys)}
    outcome = Outcome(action.name)
    for key in dict.fromkeys(keys):
        dossier = seen.get(key)
        if dossier is None:
            outcome.failed.append(("", "", _("không có hồ sơ này, hoặc hồ sơ không ở cơ quan của ông/bà")))
            continue
        code = dossier.code or ""
        try:
            with transaction.atomic():
                if action.takes_away and key in order.seen:
                    _refuse_taken(key, order)
                action.run(dossier, order)
        except (NotYours, NotThisOffice):
            outcome.failed.append(
                (str(key), code, _("vai trò hoặc bộ phận của ông/bà không được làm việc này"))
            )
        except AlreadyReceived:
            outcome.failed.append((str(key), code, _("cán bộ khác đã tiếp nhận")))
        except ValueError as refused:
            # A refusal that has words for the person says them.
            why = getattr(refused, "message", "") or _("hồ sơ đã sang bước khác, không làm được việc này")
            outcome.failed.append((str(key), code, str(why)))
        else:
            outcome.done.append((str(key), code))
    return outcome
