"""How one paper is shown, wherever papers are listed."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.conf import settings

from motcua.dossiers.files.reading import JPEG, PDF, PNG
from motcua.dossiers.models import Paper

register = template.Library()
_TYPES: Final = {PDF: "PDF", JPEG: "JPEG", PNG: "PNG"}


@register.inclusion_tag("dossiers/paper.html")
def paper(paper: Paper, *, is_named: bool = True, for_official: bool = False) -> dict[str, Any]:
    """Show a paper: what it looks like, which document it is, name, type, size, date, and what the scanner said.

    Args:
        paper: which.
        is_named: whether the document's name is written before the file's; no where it stands above.
        for_official: whether an official reads it, or the citizen.
    """
    return {
        "paper": paper,
        "type": _TYPES.get(paper.media_type, ""),
        "is_named": is_named,
        "for_official": for_official,
        "is_scanning": bool(settings.CLAMD_ADDRESS),
    }
