"""The one table of how a dossier may move, and at whose hand."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

DRAFT: Final = 0
SUBMITTED: Final = 1
RECEIVED: Final = 2


class Actor(StrEnum):
    """Who moves a dossier."""

    CITIZEN = "citizen"
    OFFICER = "officer"


class MoveRefused(ValueError):
    """A dossier cannot go from where it is to where it should go, or not at this hand."""


class DecisionBarred(MoveRefused):
    """Nobody decides on a dossier whose applicant's identity is still open."""


# From, to: who may. None stands for a dossier that does not exist yet.
MOVES: Final[dict[tuple[int | None, int], frozenset[Actor]]] = {
    (None, DRAFT): frozenset({Actor.CITIZEN}),
    (None, RECEIVED): frozenset({Actor.OFFICER}),
    (DRAFT, SUBMITTED): frozenset({Actor.CITIZEN}),
    (SUBMITTED, RECEIVED): frozenset({Actor.OFFICER}),
}


def may_move(*, origin: int | None, target: int, actor: Actor) -> bool:
    """Say whether somebody may move a dossier from one state to another.

    Args:
        origin: the present status, None for a dossier that is about to be made.
        target: the status wanted.
        actor: who does it.
    """
    return actor in MOVES.get((origin, target), frozenset())


def move(*, origin: int | None, target: int, actor: Actor, is_barred: bool = False) -> int:
    """Return the new status of a dossier.

    Whatever lies beyond *received* is a decision.

    Args:
        origin: the present status, None for a dossier that is about to be made.
        target: the status wanted.
        actor: who does it.
        is_barred: whether the applicant's identity still waits for the register or for an officer's look.

    Raises:
        DecisionBarred: it is barred, and the target is a decision.
        MoveRefused: the table knows no such way, or not for this actor.
    """
    if is_barred and target > RECEIVED:
        raise DecisionBarred(f"no decision from {origin} to {target}: the identity is open")
    if not may_move(origin=origin, target=target, actor=actor):
        raise MoveRefused(f"no way from {origin} to {target} for {actor}")
    return target
