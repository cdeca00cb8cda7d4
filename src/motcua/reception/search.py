"""Finding a dossier of the office by its code, by the applicant's number, or by words of their name without accents."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from motcua.dossiers.models import Dossier
from motcua.dossiers.service import named, numbered
from motcua.identity.numbers import NumberRefused, parse_number

MOST_FOUND: Final = 50


def find(dossiers: QuerySet[Dossier, Any], sought: str, *, office_id: int) -> list[Any]:
    """Return the dossiers of this number, or whose code contains the text, or whose applicant's name has its words.

    Args:
        dossiers: those of the office, fetched in whatever form; drafts are never found.
        sought: what was typed.
        office_id: the office's key.

    Returns:
        At most fifty, the latest first.
    """
    filed = dossiers.exclude(status=Dossier.Status.DRAFT).order_by("-saved_at")
    if not any(sign.isdigit() for sign in sought):
        return list(filed.filter(pk__in=named(office_id=office_id, text=sought, most=MOST_FOUND)))
    try:
        of_number = list(numbered(filed, parse_number(sought))[:MOST_FOUND])
    except NumberRefused:
        of_number = []
    return of_number or list(filed.filter(code__icontains=sought.replace(" ", ""))[:MOST_FOUND])
