"""The one table of rights: which role may do what, and how far it reaches.

Pages, buttons and services ask ``may`` and ``dossiers.access``, and ``having`` whom to tell: nobody compares roles
anywhere else, for the roles that somebody has beside their own give rights too.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from motcua.accounts.models import User


class Right(StrEnum):
    """What somebody who works for an office may do."""

    SEE_DOSSIERS = "see_dossiers"
    ASK_REGISTER = "ask_register"
    RECEIVE = "receive"
    ASK_SUPPLEMENT = "ask_supplement"
    HAND_OVER = "hand_over"
    ASSIGN = "assign"
    PROCESS = "process"
    ASK_FEE = "ask_fee"
    TAKE_FEE = "take_fee"
    EXEMPT_FEE = "exempt_fee"
    SEE_CLOSINGS = "see_closings"
    EXTEND = "extend"
    STOP = "stop"
    FINISH = "finish"
    HAND_OUT = "hand_out"
    WITHDRAW = "withdraw"
    KEEP_REGISTER = "keep_register"
    SEE_FIGURES = "see_figures"
    READ_COMMENTS = "read_comments"
    OVERSEE = "oversee"
    ADMINISTER = "administer"


class Reach(StrEnum):
    """Whose dossiers a right is about: those that an office received or holds, or those of the whole unit."""

    OFFICE = "office"
    UNIT = "unit"


_OFFICE, _UNIT = Reach.OFFICE, Reach.UNIT

# Role (accounts.models.User.Role): right: reach. What is not written here nobody may do.
RIGHTS: Final[dict[str, dict[Right, Reach]]] = {
    "citizen": {},
    "officer": {
        Right.SEE_DOSSIERS: _OFFICE,
        Right.ASK_REGISTER: _OFFICE,
        Right.RECEIVE: _OFFICE,
        Right.ASK_SUPPLEMENT: _OFFICE,
        Right.EXEMPT_FEE: _OFFICE,
        Right.HAND_OVER: _OFFICE,
        Right.HAND_OUT: _OFFICE,
        Right.WITHDRAW: _OFFICE,
        Right.KEEP_REGISTER: _OFFICE,
    },
    "specialist": {
        Right.SEE_DOSSIERS: _OFFICE,
        Right.HAND_OVER: _OFFICE,
        Right.PROCESS: _OFFICE,
        Right.ASK_SUPPLEMENT: _OFFICE,
        Right.ASK_FEE: _OFFICE,
    },
    "leader": {
        Right.SEE_DOSSIERS: _UNIT,
        Right.HAND_OVER: _UNIT,
        Right.ASSIGN: _UNIT,
        Right.PROCESS: _UNIT,
        Right.EXTEND: _UNIT,
        Right.STOP: _UNIT,
        Right.FINISH: _UNIT,
        Right.KEEP_REGISTER: _UNIT,
        Right.SEE_FIGURES: _UNIT,
        Right.READ_COMMENTS: _UNIT,
    },
    "cashier": {Right.SEE_DOSSIERS: _OFFICE, Right.TAKE_FEE: _OFFICE, Right.EXEMPT_FEE: _OFFICE},
    "result_desk": {Right.SEE_DOSSIERS: _OFFICE, Right.HAND_OUT: _OFFICE},
    "supervisor": {
        Right.SEE_DOSSIERS: _UNIT,
        Right.ASK_REGISTER: _OFFICE,
        Right.RECEIVE: _OFFICE,
        Right.ASK_SUPPLEMENT: _OFFICE,
        Right.EXEMPT_FEE: _OFFICE,
        Right.SEE_CLOSINGS: _UNIT,
        Right.HAND_OVER: _UNIT,
        Right.ASSIGN: _UNIT,
        Right.HAND_OUT: _OFFICE,
        Right.WITHDRAW: _OFFICE,
        Right.KEEP_REGISTER: _UNIT,
        Right.SEE_FIGURES: _UNIT,
        Right.OVERSEE: _OFFICE,
    },
    # Administrators keep the system; dossiers are not theirs to read, their numbers are.
    "administrator": {Right.SEE_FIGURES: _UNIT, Right.OVERSEE: _UNIT, Right.ADMINISTER: _UNIT},
}


def reach_of(user: User, right: Right) -> Reach | None:
    """Return how far a right of somebody reaches, over all of their roles; None when they do not have it."""
    reaches = {RIGHTS[role].get(right) for role in user.roles}
    return _UNIT if _UNIT in reaches else _OFFICE if _OFFICE in reaches else None


def may(user: User, right: Right) -> bool:
    """Say whether somebody has a right at all, whatever it is about."""
    return reach_of(user, right) is not None


def having(right: Right, users: QuerySet[User]) -> list[User]:
    """Return those of some users who have a right, by their role or by one beside it."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    # Citizens, of whom there are millions, are left out in the words of the index of officials.
    asked = users.filter(Q(role__in=roles) | ~Q(also_roles=[])).exclude(role="citizen")
    return [one for one in asked.order_by("pk") if may(one, right)]


def supervisors_among(users: QuerySet[User]) -> list[User]:
    """Return those of some users who watch over an office; administrators, who watch over all, are none."""
    return [one for one in having(Right.OVERSEE, users) if not may(one, Right.ADMINISTER)]
