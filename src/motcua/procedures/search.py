"""Texts without accents, for finding."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN_WORDS = re.compile(r"[^a-z0-9.]+")


def fold(text: str) -> str:
    """Return a text's words in lower case, without accents (đ becomes d, ƀ becomes b), one blank between them.

    Dots stay, for codes such as 1.012564.
    """
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("ƀ", "b"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(word for word in (w.strip(".") for w in _BETWEEN_WORDS.split(letters)) if word)


def distance(name: str, text: str) -> tuple[bool, int]:
    """Return by what names are put in order for a search: those with the whole phrase first, then short ones."""
    folded = fold(name)
    return f" {fold(text)}" not in f" {folded}", len(folded)
