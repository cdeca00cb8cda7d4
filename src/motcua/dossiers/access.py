"""Whose hand may do what to which dossier: the table of rights, applied."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from motcua.accounts.models import User
from motcua.accounts.offices import offices_of_unit, unit_of
from motcua.accounts.rights import Reach, Right, reach_of
from motcua.dossiers.models import Dossier, HandOver


def may_do(user: User, right: Right, dossier: Dossier) -> bool:
    """Say whether an official may do something to a dossier, as role and office allow.

    Args:
        user: the official.
        right: what they want to do.
        dossier: a filed one; a draft is nobody's but the citizen's.
    """
    return _reaches(user, right, dossier, {dossier.office_id, dossier.holder_office_id})


def has_in_hand(user: User, right: Right, dossier: Dossier) -> bool:
    """Say whether an official may do to a dossier what only its holding office does: give it on, distribute it."""
    return _reaches(user, right, dossier, {holding_office(dossier)})


def holding_office(dossier: Dossier) -> int:
    """Return the key of the office that has a dossier now."""
    return dossier.holder_office_id or dossier.office_id


def sees(user: User | AnonymousUser, dossier: Dossier) -> bool:
    """Say whether an official may look at a dossier: theirs by ``may_do``, on its way to them, or once in their hands.

    Whoever only sees it does nothing to it: every step asks ``may_do`` or the hand-over itself.
    """
    if not user.is_authenticated:
        return False
    return may_do(user, Right.SEE_DOSSIERS, dossier) or (
        not dossier.is_draft and _passed(_places(user), dossier.hand_overs.all()).exists()
    )


def visible_to(user: User) -> QuerySet[Dossier]:
    """Return the dossiers for which ``sees`` says yes."""
    places = _places(user)
    passed = _passed(places, HandOver.objects.filter(dossier=OuterRef("pk")))
    return Dossier.objects.filed().filter(Q(office__in=places) | Q(holder_office__in=places) | Exists(passed))


def last_offer_to(user: User, pk: UUID) -> HandOver | None:
    """Return the last hand-over of a dossier to where somebody works that did not come about; None when there is none.

    Args:
        user: the official.
        pk: the dossier's; they may not see it any more.
    """
    ended = HandOver.objects.filter(dossier=pk, to_office__in=_places(user)).exclude(declined_at=None)
    return ended.order_by("-pk").first()


def is_own(user: User | AnonymousUser, dossier: Dossier) -> bool:
    """Say whether a dossier is that of a citizen who is logged in."""
    return user.is_authenticated and dossier.citizen is not None and dossier.citizen.user_id == user.pk


def _reaches(user: User, right: Right, dossier: Dossier, places: set[int | None]) -> bool:
    reach, home = reach_of(user, right), user.office_id
    if reach is None or home is None or (dossier.is_draft and not dossier._state.adding):
        return False
    known = {place for place in places if place is not None}
    if reach is Reach.OFFICE:
        return home in known
    return unit_of(home) in {unit_of(place) for place in known}


def _places(user: User) -> list[int]:
    """Return the offices whose dossiers somebody may look at."""
    reach, home = reach_of(user, Right.SEE_DOSSIERS), user.office_id
    if reach is None or home is None:
        return []
    return [home] if reach is Reach.OFFICE else offices_of_unit(home)


def _passed(places: list[int], given: QuerySet[HandOver]) -> QuerySet[HandOver]:
    """Return the hand-overs from some offices, and those to them that they accepted or may still accept."""
    return given.filter(Q(from_office__in=places) | Q(to_office__in=places, declined_at=None))
