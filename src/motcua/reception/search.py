"""Finding a dossier by its code, by the applicant's number, or by words of their name without accents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db.models import Q

from motcua.accounts.models import Office
from motcua.accounts.offices import known, offices_of_unit
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import coded, named, numbered
from motcua.identity.numbers import NumberRefused, parse_number

MOST_FOUND: Final = 50


def find(sought: str, *, offices: Collection[int]) -> list[UUID]:
    """Find the dossiers of this number, or with this code, or whose applicant's name has these words; no drafts.

    Args:
        sought: what was typed.
        offices: keys of the offices whose dossiers may be found: those that they received, and those that they hold.

    Returns:
        The keys of at most ``MOST_FOUND``, the latest of all, and of one more where there are more.
    """
    if not any(sign.isdigit() for sign in sought):
        return named(offices=offices, also=_beside(offices), text=sought, most=MOST_FOUND + 1)
    filed = Dossier.objects.filed().order_by("-saved_at")
    theirs = filed.values_list("pk", flat=True).filter(Q(office__in=offices) | Q(holder_office__in=offices))
    try:
        of_number = list(numbered(theirs, parse_number(sought))[: MOST_FOUND + 1])
    except NumberRefused:
        of_number = []
    if of_number:
        return of_number
    codes = [office.code for one in (*offices, *_beside(offices)) if (office := known(one)) is not None]
    code = coded(codes, sought)
    return [] if code is None else list(theirs.filter(code)[: MOST_FOUND + 1])


def _beside(offices: Collection[int]) -> list[int]:
    """Return the desks of the same unit that are not among some offices: what they received may be held by these."""
    unit = offices_of_unit(next(iter(offices))) if offices else []
    return [
        one
        for one in unit
        if one not in offices and (office := known(one)) is not None and office.kind == Office.Kind.DESK
    ]
