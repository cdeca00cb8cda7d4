"""Names in the wrong encoding: bytes of TCVN3, VNI-Windows, VISCII or UTF-8 taken for Windows-1252 or
Latin-1, and HTML or URL escapes left standing.

Each reading takes the text as it came and returns what it says in that encoding, or None when it cannot be
that.
"""

from __future__ import annotations

import html
import re
import unicodedata
import urllib.parse
from collections.abc import Callable
from typing import Final

_TCVN3_FROM_A1: Final = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ     àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_VISCII_FROM_80: Final = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII_BELOW_80: Final = {"\x02": "Ẳ", "\x05": "Ẵ", "\x06": "Ẫ", "\x14": "Ỷ", "\x19": "Ỹ", "\x1e": "Ỵ"}


def _seen_as(byte: int) -> str:
    """Return what Windows-1252 shows for a byte; the five bytes it leaves open stay control characters."""
    shown = bytes([byte]).decode("cp1252", errors="ignore")
    return shown or chr(byte)


_BYTE_OF: Final = {ord(_seen_as(byte)): byte for byte in range(0x80, 0x100)}


def _latin_table(letters: str, first_byte: int) -> dict[int, str]:
    table: dict[int, str] = {}
    for byte, letter in enumerate(letters, start=first_byte):
        if letter != " ":
            table[byte] = table[ord(_seen_as(byte))] = letter
    return table


_TCVN3: Final = _latin_table(_TCVN3_FROM_A1, 0xA1)
_VISCII: Final = _latin_table(_VISCII_FROM_80, 0x80) | str.maketrans(_VISCII_BELOW_80)

# VNI-Windows writes a vowel and behind it one sign for its shape and tone together; four letters stand alone.
_VNI_MARKS: Final = {
    "ù": "\u0301",
    "ø": "\u0300",
    "û": "\u0309",
    "õ": "\u0303",
    "ï": "\u0323",
    "â": "\u0302",
    "á": "\u0302\u0301",
    "à": "\u0302\u0300",
    "å": "\u0302\u0309",
    "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306",
    "é": "\u0306\u0301",
    "è": "\u0306\u0300",
    "ú": "\u0306\u0309",
    "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}
_VNI_ALONE: Final = {"ñ": "đ", "ö": "ư", "ô": "ơ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI_LETTERS: Final = str.maketrans(
    _VNI_ALONE | {old.upper(): new.upper() for old, new in _VNI_ALONE.items()}
)
_VNI_SIGNS: Final = re.compile(
    f"(?P<letter>[aeouyöô])(?P<mark>[{''.join(_VNI_MARKS)}])|[{''.join(_VNI_ALONE)}]", re.IGNORECASE
)


def _unescaped(text: str) -> str:
    plain = urllib.parse.unquote_plus(text) if "%" in text else text
    return html.unescape(html.unescape(plain))


def _utf8(text: str) -> str | None:
    # The second byte of "à" is shown as a no-break space, which pasting may have made a plain one.
    whole = text.replace("Ã ", "Ã\u00a0")
    try:
        return bytes(_BYTE_OF.get(ord(sign), ord(sign)) for sign in whole).decode("utf-8")
    except ValueError:
        return None


def _utf8_twice(text: str) -> str | None:
    once = _utf8(text)
    return None if once is None else _utf8(once)


def _tcvn3(text: str) -> str:
    # Capitals had a font of their own, so in a word of capitals the accented letters are stored small.
    return re.sub(r"\S+", lambda word: _tcvn3_word(word[0]), text)


def _tcvn3_word(word: str) -> str:
    plain = [sign for sign in word if sign.isascii() and sign.isalpha()]
    read = word.translate(_TCVN3)
    return read.upper() if len(plain) > 1 and all(sign.isupper() for sign in plain) else read


def _vni_windows(text: str) -> str:
    return _VNI_SIGNS.sub(_vni_letter, unicodedata.normalize("NFC", text))


def _vni_letter(found: re.Match[str]) -> str:
    letter = found["letter"] or found[0]
    return letter.translate(_VNI_LETTERS) + _VNI_MARKS.get((found["mark"] or "").lower(), "")


def _viscii(text: str) -> str:
    return text.translate(_VISCII)


READINGS: Final[tuple[Callable[[str], str | None], ...]] = (
    _unescaped,
    _utf8,
    _utf8_twice,
    _tcvn3,
    _vni_windows,
    _viscii,
)
