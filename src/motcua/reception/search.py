"""Finding a dossier of the office by its code, or by the applicant's name without accents."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from motcua.dossiers.models import Dossier
from motcua.procedures.search import fold

# Names are compared here and not in the database, whose two kinds fold accents differently or not at all.
LATEST_NAMES: Final = 1000
MOST_FOUND: Final = 50


def find(dossiers: QuerySet[Dossier, Any], sought: str) -> list[Any]:
    """Return the dossiers whose code contains the text, or whose applicant's name contains its words' letters.

    Args:
        dossiers: those of the office, fetched in whatever form; drafts are never found.
        sought: what was typed.

    Returns:
        At most fifty, the latest first; names only among the office's latest thousand.
    """
    filed = dossiers.exclude(status=Dossier.Status.DRAFT).order_by("-saved_at")
    if any(sign.isdigit() for sign in sought):
        return list(filed.filter(code__icontains=sought.replace(" ", ""))[:MOST_FOUND])
    words = f" {fold(sought)}"
    if not words.strip():
        return []
    names = filed.values_list("pk", "applicant_name")[:LATEST_NAMES]
    fitting = [pk for pk, name in names if words in f" {fold(name)}"][:MOST_FOUND]
    return list(filed.filter(pk__in=fitting))
