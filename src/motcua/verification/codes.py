"""The short code of a check, as it is printed and typed: ``7ZZZ-0A1B-2C3D``.

It is the first sixty random bits of the check's id, in Crockford's base 32, so it needs no column, cannot be guessed,
and leads back to the check through the primary key.
"""

from __future__ import annotations

import re
import uuid
from typing import Final

from motcua.identity.numbers import UNSEEN

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 12
_LONGEST_TYPED: Final = 60
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_VERSION: Final = 4  # of the ids; its four bits stand after the first 48 and are not random


def code_of(check_id: uuid.UUID) -> str:
    """Return the code of a check's id, in three groups of four."""
    bits = (check_id.int >> 80) << 12 | (check_id.int >> 64) & 0xFFF
    code = "".join(_DIGITS[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))


def parse_code(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Read a code as a person types it.

    Lower case, blanks, what nobody sees, any dashes, O for 0 and I or L for 1 are forgiven.

    Returns:
        The first and the last id that the code can mean, or None when the text is no code.
    """
    if len(text) > _LONGEST_TYPED:
        return None
    typed = re.sub(rf"[\s{UNSEEN}\-‐‑‒–—−]", "", text).upper().translate(_READ_AS)
    if len(typed) != _LENGTH or not set(typed) <= set(_DIGITS):
        return None
    bits = 0
    for digit in typed:
        bits = bits << 5 | _DIGITS.index(digit)
    first = (bits >> 12) << 80 | _VERSION << 76 | (bits & 0xFFF) << 64
    return uuid.UUID(int=first), uuid.UUID(int=first | (1 << 64) - 1)
