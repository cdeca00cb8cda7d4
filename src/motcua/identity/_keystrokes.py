"""Names typed in Telex, VNI or VIQR while the input method was off: keystrokes stand where letters should.

All three notations are read as one: VNI's digits, 1 to 5 for the tones, 6 circumflex, 7 horn, 8 breve, 9 đ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from motcua.identity import _syllables

_VOWELS: Final = "aăâeêioôơuưy"
_TELEX_TONES: Final = {"s": "1", "f": "2", "r": "3", "x": "4", "j": "5"}
_VIQR_MARKS: Final = str.maketrans("'`?~.^+*(", "123456778")
_SHAPES: Final = {"6": ("aeo", "\u0302"), "7": ("ou", "\u031b"), "8": ("a", "\u0306")}
_LONGEST_SYLLABLE: Final = 16  # in keystrokes: "Nghie^`ng" is nine
_WORD: Final = re.compile(f"[{_syllables.LETTERS}{_syllables.LETTERS.upper()}0-9'`?~.^+*(]+")


def _telex(word: str) -> str:
    """Rewrite one word from Telex to VNI."""
    vni = ""
    last_vowel = ""
    for sign in word:
        small = sign.lower()
        if small in _TELEX_TONES and last_vowel:
            vni += _TELEX_TONES[small]
        elif small == "w":
            vni += "8" if last_vowel == "a" else "7" if last_vowel else {"w": "u7", "W": "U7"}[sign]
            last_vowel = last_vowel or "u"
        elif small == last_vowel and small in "aeo":
            vni += "6"
        elif small == "d" and vni[:1] in ("d", "D"):
            vni += "9"
        else:
            vni += sign
            if small in _VOWELS:
                last_vowel = small
    return vni


def _viqr(word: str) -> str:
    """Rewrite one word from VIQR to VNI."""
    return re.sub("([dD])[dD]", r"\g<1>9", word).translate(_VIQR_MARKS)


def _vni(word: str) -> str:
    """Spell out one word typed in VNI; marks that fit nowhere stay as they are."""
    toneless, tone = _syllables.take_tones(word.lower())
    if len(tone) > 1:
        return word
    letters = [new.upper() if old.isupper() else new for old, new in zip(word, toneless, strict=True)]
    spelled: list[str] = []
    for sign in letters:
        if sign in "12345" and spelled:
            tone = sign
        elif sign == "9" and spelled and spelled[0] in "dD":
            spelled[0] = "Đ" if spelled[0] == "D" else "đ"
        elif sign in _SHAPES:
            _shape(spelled, sign)
        else:
            spelled.append(sign)
    syllable = "".join(spelled)
    if syllable.lower().endswith("ươ"):
        syllable = syllable[:-2] + {"ư": "u", "Ư": "U"}[syllable[-2]] + syllable[-1]
    return _syllables.put_tone(syllable, tone)


def _shape(spelled: list[str], digit: str) -> None:
    """Put a circumflex, horn or breve on the last letter that can carry it; a horn on "uo" means both."""
    bare, mark = _SHAPES[digit]
    last = max((place for place, sign in enumerate(spelled) if sign.lower() in bare), default=None)
    if last is None:
        spelled.append(digit)
        return
    is_both = digit == "7" and "".join(spelled[: last + 1]).lower().endswith("uo")
    for place in range(last - is_both, last + 1):
        spelled[place] = unicodedata.normalize("NFC", spelled[place] + mark)


def _each_word(rewrite: Callable[[str], str]) -> Callable[[str], str]:
    """Make a reading of whole texts that rewrites only the words which do not read as Vietnamese already."""

    def read_word(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) > _LONGEST_SYLLABLE or _syllables.is_word(word.lower()):
            return word
        return _vni(rewrite(word))

    return lambda text: _WORD.sub(read_word, unicodedata.normalize("NFC", text))


READINGS: Final = (_each_word(str), _each_word(_viqr), _each_word(_telex))
