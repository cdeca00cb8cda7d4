"""Texts without accents, for finding."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN_WORDS = re.compile(r"[^a-z0-9.]+")


def fold(text: str) -> str:
    """Return a text's words in lower case, without accents (đ becomes d), one blank between them.

    Dots stay, for codes such as 1.012564.
    """
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(word for word in (w.strip(".") for w in _BETWEEN_WORDS.split(letters)) if word)
