"""Whose hand may do what to which dossier: the table of rights, applied."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from motcua.accounts.models import User
from motcua.accounts.offices import unit_of
from motcua.accounts.rights import Reach, Right, reach_of
from motcua.dossiers.models import Dossier


def may_do(user: User, right: Right, dossier: Dossier) -> bool:
    """Say whether an official may do something to a dossier, as role and office allow.

    Args:
        user: the official.
        right: what they want to do.
        dossier: a filed one; a draft is nobody's but the citizen's.
    """
    reach, home = reach_of(user, right), user.office_id
    if reach is None or home is None or (dossier.is_draft and not dossier._state.adding):
        return False
    places = {place for place in (dossier.office_id, dossier.holder_office_id) if place is not None}
    if reach is Reach.OFFICE:
        return home in places
    return unit_of(home) in {unit_of(place) for place in places}


def is_own(user: User | AnonymousUser, dossier: Dossier) -> bool:
    """Say whether a dossier is that of a citizen who is logged in."""
    return user.is_authenticated and dossier.citizen is not None and dossier.citizen.user_id == user.pk
