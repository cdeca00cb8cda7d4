"""The Vietnamese syllable: its letters, its tones, and which spellings exist.

Used to compare names (the tone apart from where it stands) and to guess whether a text reads as Vietnamese;
never to refuse a name, for highland, Khmer and Chăm names are spelled otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TONE_MARKS: Final = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_MARK_OF_TONE: Final = {tone: mark for mark, tone in _TONE_MARKS.items()}
_VOWELS: Final = "aăâeêioôơuưy"
_TONE_OF: Final = {
    unicodedata.normalize("NFC", vowel + mark): (vowel, tone)
    for vowel in _VOWELS
    for mark, tone in _TONE_MARKS.items()
}
_TONELESS: Final = str.maketrans({toned: vowel for toned, (vowel, _) in _TONE_OF.items()})

TONED: Final = "".join(_TONE_OF)
# Every lower-case letter of Vietnamese names; f, j, w and z come with names from elsewhere.
LETTERS: Final = "abcdefghijklmnopqrstuvwxyzăâđêôơư" + TONED

_ONSETS: Final = " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_CODAS_OF_NUCLEUS: Final = {
    "a": " c ch i m n ng nh o p t u y",
    "ă": "c m n ng p t",
    "â": "c m n ng p t u y",
    "e": " c m n ng o p t",
    "ê": " ch m n nh p t u",
    "i": " a ch m n nh p t u",
    "iê": "c m n ng p t u",
    "o": " c i m n ng p t",
    "oa": " c ch i m n ng nh o p t y",
    "oă": "c m n ng t",
    "oe": " m n o t",
    "ô": " c i m n ng p t",
    "ơ": " i m n p t",
    "u": " a c i m n ng p t",
    "uâ": "n ng t y",
    "uê": " ch n nh",
    "uô": "c i m n ng t",
    "uơ": "",
    "uy": " a ch n nh p t u",
    "uyê": "n t",
    "ư": " a c i m n ng t u",
    "ươ": "c i m n ng p t u",
    "y": "",
    "yê": "m n ng t u",
}
_RIMES: Final = {nucleus + coda for nucleus, codas in _CODAS_OF_NUCLEUS.items() for coda in codas.split(" ")}
_RIMES_AFTER_QU: Final = _RIMES | {"ych", "ynh", "yn", "yp", "yt"}
_SYLLABLES: Final = frozenset(
    onset + rime for onset in _ONSETS.split(" ") for rime in (_RIMES_AFTER_QU if onset == "qu" else _RIMES)
)
_STOPPED: Final = ("c", "ch", "p", "t")
_HIGHLAND_PREFIX: Final = re.compile("^[a-zđ]'")
_PARTS: Final = re.compile(f"(qu|gi(?=[{_VOWELS}])|[^{_VOWELS}]*)([{_VOWELS}]*)(.*)", re.DOTALL)


def take_tones(syllable: str) -> tuple[str, str]:
    """Return a lower-case syllable without its tone marks, and the tones as digits 1 to 5 in their order."""
    toneless = syllable.translate(_TONELESS)
    if toneless == syllable:
        return syllable, ""
    return toneless, "".join(_TONE_OF[sign][1] for sign in syllable if sign in _TONE_OF)


def put_tone(syllable: str, tone: str) -> str:
    """Return a toneless syllable with its tone mark where most people put it (hòa, thúy), its case kept."""
    parts = _PARTS.fullmatch(syllable.lower())
    if not tone or parts is None or not parts[2]:
        return syllable
    onset, nucleus, coda = parts.groups()
    shaped = [place for place, vowel in enumerate(nucleus) if vowel in "ăâêôơư"]
    if shaped:
        place = shaped[-1]
    elif coda:
        place = len(nucleus) - 1
    else:
        place = max(0, len(nucleus) - 2)
    place += len(onset)
    marked = syllable[: place + 1] + _MARK_OF_TONE[tone] + syllable[place + 1 :]
    return unicodedata.normalize("NFC", marked)


def is_word(word: str) -> bool:
    """Whether a lower-case word is one possible Vietnamese syllable, perhaps behind a prefix such as H'."""
    toneless, tones = take_tones(_HIGHLAND_PREFIX.sub("", word))
    if toneless not in _SYLLABLES or len(tones) > 1:
        return False
    return not toneless.endswith(_STOPPED) or tones in ("", "1", "5")
