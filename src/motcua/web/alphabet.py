"""The order of the Vietnamese alphabet, which no database of ours keeps alike: Đ after D, Ô after O, tones last."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

# Ngang has no mark; the others in this order.
_TONES: Final = dict.fromkeys(map(ord, "\u0300\u0309\u0303\u0301\u0323"))
_PLACES: Final = {tone: place for place, tone in enumerate(_TONES, start=1)}
# Ă stands before Â; Unicode has their marks the other way round.
_MARKS: Final = str.maketrans({"đ": "d\u0335", "\u0306": "\u0300", "\u0302": "\u0301"})


@lru_cache(maxsize=8192)  # a province's catalogue is put in order for each look at it: two thousand titles
def alphabetical(text: str) -> tuple[str, tuple[int, ...]]:
    """Return by what texts are put in the order of the alphabet: their letters first, then their tones.

    Args:
        text: names or titles, in whatever writing.
    """
    parts = unicodedata.normalize("NFD", text.lower())
    tones = tuple(_PLACES.get(ord(sign), 0) for sign in parts)
    return parts.translate(_TONES).translate(_MARKS), tones
