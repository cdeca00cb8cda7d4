"""The cells of files that spreadsheets open."""

from __future__ import annotations

from typing import Final

# What makes a spreadsheet take a text for a formula, in both widths.
_FORMULA: Final = frozenset("=+-@＝＋－＠")


def safe(text: str) -> str:
    """Return a cell's text so that no spreadsheet computes it: an apostrophe goes before what could be a formula.

    Anything else, names with an apostrophe among them, stays as it is.
    """
    begins = text.lstrip()[:1]
    return f"'{text}" if begins in _FORMULA or text[:1] in ("\t", "\r", "\n") else text
