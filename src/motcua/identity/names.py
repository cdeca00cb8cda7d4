"""Vietnamese full names, in three layers that are never mixed.

What a person typed (L0) is shown back to them and nothing else. `clean` mends its encoding and nothing else
(L1); that form is kept and sent. `key` (L2) is what two names are compared by, and is never kept or sent: it
forgets where in a syllable the tone mark stands (Hòa, Hoà) and remembers everything that tells two people
apart (Hòa, Hóa; Lý, Lí; Đ, D).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from motcua.identity import _keystrokes, _legacy, _syllables

__all__ = ["NameRefused", "clean", "key", "suggest", "wire_form"]

LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 1000  # as typed: a decomposed, escaped or padded name is longer than itself
_LONGEST_GARBLED: Final = 500  # a long name of accented letters alone, in URL escapes

_HIGHLAND: Final = "ƀčĕĭñŏŭ"
_LETTERS: Final = "".join(
    sorted({case for sign in _syllables.LETTERS + _HIGHLAND for case in (sign, sign.upper())})
)
# Ê-đê and Gia-rai also write a breve over ê ô ơ ư; Unicode has no single character for these four.
_LETTER: Final = f"(?:[{_LETTERS}]|[êôơưÊÔƠƯ]\u0306)"
_CLEAN: Final = re.compile(f"(?:{_LETTER}|['-])+(?: (?:{_LETTER}|['-])+)*")
_HAS_LETTER: Final = re.compile(_LETTER)
_KNOWN_SIGNS: Final = re.compile(f"(?:{_LETTER}|[ '-])+")

_TONED: Final = _syllables.TONED + _syllables.TONED.upper()
_TWO_TONES: Final = re.compile(f"[{_TONED}][^ '-]*[{_TONED}]")

_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DROPPED: Final = "\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"
_APOSTROPHES: Final = "`´ʹʻʼʽʾʿˈˊˋ‘’‛′‵＇｀ꞌ\u055a"
_HYPHENS: Final = "‐‑‒–—―−⁃˗﹘﹣－"
_END_PUNCTUATION: Final = " .,;:…"
_FULL_WIDTH_LATIN: Final = {
    chr(code): chr(code - 0xFEE0) for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF0C, 0xFF0E)
}
_ENCODING: Final = str.maketrans(
    dict.fromkeys(_DROPPED, "")
    | _FULL_WIDTH_LATIN
    | dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_HYPHENS, "-")
    | {"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"}
)
# Circumflex, breve and most tones share one combining class, so NFC leaves a tone typed too early where it is.
_TONE_TOO_EARLY: Final = re.compile("([AEOaeo]\u0323?)([\u0300\u0301\u0303\u0309])([\u0302\u0306])")

_BLANKS_AROUND_APOSTROPHE: Final = re.compile(" ?' ?")
_SYLLABLE: Final = re.compile("[^ '-]+")
_WITHOUT_ACCENTS: Final = str.maketrans(
    {
        case: unicodedata.normalize("NFD", case)[0].translate({0x110: "D", 0x243: "B"})
        for case in _LETTERS.upper()
    }
    | dict.fromkeys(" '-\u0306", "")
)

# Words of very many names; of several possible readings of a garbled text, the one with more of them is meant.
_FAMILIAR_WORD: Final = re.compile(
    r"\b(?:nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|lý|trương|văn|thị|ngọc)\b"
)


class NameRefused(ValueError):
    """A text that cannot be a name.

    `reason` is one of "empty", "too_long", "bidi" (writing-direction controls), "control", "private_use",
    "lost_character" (U+FFFD), "digit", "foreign_letter" (no Vietnamese or highland letter), "sign" (any other
    character), "two_tones" (in one syllable). `sign` is the offending character where there is one, to be
    shown to the person; it is in no message.
    """

    def __init__(self, reason: str, sign: str = "") -> None:
        super().__init__(f"name refused: {reason}")
        self.reason = reason
        self.sign = sign


def clean(text: str) -> str:
    """Return a typed name with its encoding mended, and nothing changed that could tell two people apart.

    The result is NFC, with single blanks, plain apostrophes and hyphens and no invisible signs, 1 to 100
    characters long; cleaning it again changes nothing. Raises NameRefused when the text cannot be a name.
    """
    if len(text) > LONGEST_TEXT:
        raise NameRefused("too_long")
    if len(text) <= LONGEST_NAME and _is_clean(text):
        return text
    composed = unicodedata.normalize("NFC", text)
    _refuse_controls(composed)
    name = " ".join(composed.translate(_ENCODING).split()).rstrip(_END_PUNCTUATION)
    name = unicodedata.normalize("NFC", name)
    if "\u0302" in name or "\u0306" in name:
        early = unicodedata.normalize("NFD", name)
        name = unicodedata.normalize("NFC", _TONE_TOO_EARLY.sub(r"\1\3\2", early))
    if not name:
        raise NameRefused("empty")
    if len(name) > LONGEST_NAME:
        raise NameRefused("too_long")
    if not _is_clean(name):
        raise _refusal(name)
    return name


def key(name: str) -> str:
    """Return what a name is compared by: two names are the same exactly when their keys are equal.

    Lower case, no blanks around apostrophes, and each syllable's tone as a digit behind the syllable. An
    unclean name is cleaned first. Raises NameRefused as `clean` does.
    """
    joined = _BLANKS_AROUND_APOSTROPHE.sub("'", clean(name).lower())
    return _SYLLABLE.sub(_syllable_key, joined)


def wire_form(name: str) -> str:
    """Return a name as the register is sent it: A–Z alone, upper case, no accents, no blanks
    ("NGUYENVANAN").

    An unclean name is cleaned first. Raises NameRefused as `clean` does. Source: what production clients
    send.
    """
    return clean(name).upper().translate(_WITHOUT_ACCENTS)


def suggest(text: str) -> str | None:
    """Say what a garbled text probably meant, as a clean name that the person may accept or not.

    Takes the raw text, for the signs that `clean` drops may be letters in another encoding. Knows raw Telex,
    VNI and VIQR, TCVN3, VNI-Windows, VISCII, UTF-8 read as Latin-1 or Windows-1252, HTML and URL escapes.
    None when the text already reads as Vietnamese, or when nothing better is found.
    """
    if len(text) > _LONGEST_GARBLED:
        return None
    typed = _cleaned(text)
    if typed is not None and _is_vietnamese(typed):
        return None
    readings = (_cleaned(read(text)) for read in (*_legacy.READINGS, *_keystrokes.READINGS))
    meant = [name for name in readings if name is not None and name != typed and _is_vietnamese(name)]
    return max(meant, key=_familiar_words, default=None)


def _refuse_controls(text: str) -> None:
    if found := _BIDI.search(text):
        raise NameRefused("bidi", found[0])
    for sign in text:
        category = unicodedata.category(sign)
        if category == "Cc" and sign not in "\t\r\n":
            raise NameRefused("control", sign)
        if category in ("Co", "Cs"):
            raise NameRefused("private_use", sign)
        if sign == "\ufffd":
            raise NameRefused("lost_character", sign)


def _is_clean(name: str) -> bool:
    return bool(_CLEAN.fullmatch(name) and _HAS_LETTER.search(name) and not _TWO_TONES.search(name))


def _refusal(name: str) -> NameRefused:
    strangers = _KNOWN_SIGNS.sub("", name)
    if not strangers and _TWO_TONES.search(name):
        return NameRefused("two_tones")
    sign = (strangers or name)[0]
    kind = unicodedata.category(sign)
    if kind.startswith("N"):
        return NameRefused("digit", sign)
    return NameRefused("foreign_letter" if kind.startswith(("L", "M")) else "sign", sign)


def _syllable_key(found: re.Match[str]) -> str:
    return "".join(_syllables.take_tones(found[0]))


def _cleaned(text: str | None) -> str | None:
    try:
        return None if text is None else clean(text)
    except NameRefused:
        return None


def _familiar_words(name: str) -> int:
    return len(_FAMILIAR_WORD.findall(name.lower()))


def _is_vietnamese(name: str) -> bool:
    words = _BLANKS_AROUND_APOSTROPHE.sub("'", name.lower()).replace("-", " ").split()
    return all(_syllables.is_word(word) for word in words)
