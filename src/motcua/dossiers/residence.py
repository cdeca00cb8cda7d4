"""A residence in codes, written out as people read it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from pathlib import Path
from typing import Final

from motcua.identity.claims import Address

# Lines of table, code, code of the unit above, and name, in order; as maps they would take four times the memory.
_UNITS: Final = Path(__file__).with_name("units.tsv").read_bytes().splitlines()
_SHORT_TYPES: Final = {
    "tp": "thanh pho", "tx": "thi xa", "tt": "thi tran", "p": "phuong", "x": "xa", "q": "quan", "h": "huyen",
    "t": "tinh", "dk": "dac khu",
}  # fmt: skip
_TYPES: Final = (
    "thanh pho", "tinh", "quan", "huyen", "thi xa", "thi tran", "phuong", "xa", "dac khu",
)  # fmt: skip
_BETWEEN: Final = " ,;-"
# Words for a kind of place; they are written small unless they open the text.
_COMMON: Final = frozenset(
    [
        "số",
        "nhà",
        "ngõ",
        "ngách",
        "hẻm",
        "kiệt",
        "phố",
        "đường",
        "thôn",
        "xóm",
        "ấp",
        "bản",
        "làng",
        "buôn",
        "tổ",
        "dân",
        "khu",
        "khóm",
        "đội",
        "lô",
        "tầng",
        "căn",
        "hộ",
    ]
)
_SYLLABLE: Final = re.compile(
    r"(?:ngh?|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?[aăâeêioôơuưy]{1,3}(?:ng|nh|ch|[cmnpt])?"
)
_ROMAN: Final = re.compile(r"[IVX]+")


def compose(address: Address | None) -> str:
    """Write an address in codes as one line: detail, commune, (district,) province.

    Codes are read as the units of July 2025 unless the district's code belongs to the province and the commune's
    to the district as they were before; that the register keeps old codes together is inferred. A unit that the
    detail already ends with is not said twice. Unknown codes are left out.

    Args:
        address: as the register says it, or None.

    Returns:
        Text without accents lost, empty for None.
    """
    if address is None:
        return ""
    units = _unit_names(address)
    detail = _without_units(" ".join(address.detail.split()).strip(_BETWEEN), units)
    parts = [_cased(detail), *units] if detail else list(units)
    if not units and address.country and address.country != "VN":
        parts.append(address.country)
    return ", ".join(parts)


def _unit_names(address: Address) -> list[str]:
    """Return the names of commune, district and province, smallest first, as far as they are known."""
    province, district, commune = (
        code.strip().zfill(width) if code.strip() else ""
        for code, width in ((address.province_code, 2), (address.district_code, 3), (address.commune_code, 5))
    )
    of_2025 = _unit("provinces", province)[1]
    legacy_district, legacy_commune = _unit("legacy_communes", commune)
    if not district and not of_2025:
        district = legacy_district
    legacy_province, district_name = _unit("legacy_districts", district)
    if legacy_province and legacy_province == province and (not commune or legacy_district == district):
        names = [legacy_commune, district_name, _unit("legacy_provinces", province)[1]]
    else:
        commune_province, commune_name = _unit("communes", commune)
        names = [
            commune_name if commune_province == province else "",
            of_2025 or _unit("legacy_provinces", province)[1],
        ]
    return [name for name in names if name]


def _without_units(detail: str, units: list[str]) -> str:
    """Cut from the end of a detail the units that will be written after it."""
    written = [_forms(unit) for unit in units]
    is_cut = True
    while detail and is_cut:
        is_cut = False
        head, _, tail = detail.rpartition(",")
        if any(_folded(tail) in forms for forms in written):
            detail, is_cut = head.strip(_BETWEEN), True
            continue
        for unit in units:
            words, length = detail.split(), len(unit.split())
            if _folded(" ".join(words[-length:])) == _folded(unit):
                detail, is_cut = " ".join(words[:-length]).strip(_BETWEEN), True
                break
    return detail


def _forms(unit: str) -> set[str]:
    """Return the folded ways in which a unit's name is written: with its type, or without."""
    folded = _folded(unit)
    short = next(
        (folded.removeprefix(kind + " ") for kind in _TYPES if folded.startswith(kind + " ")), folded
    )
    return {folded, short}


def _folded(text: str) -> str:
    """Return a text for comparing names of units: no accents, small letters, types spelled out."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9']+", " ", plain.replace("đ", "d")).split()
    if len(words) > 1:
        words[0] = _SHORT_TYPES.get(words[0], words[0])
    return " ".join(words)


def _cased(text: str) -> str:
    """Give an upper-case text its small letters back; leave it as it is where one word is not plainly Vietnamese."""
    if text != text.upper() or not any(c.isalpha() for c in text):
        return text
    words: list[str] = []
    is_place = True
    for word in text.split(" "):
        bare = word.strip(",;.()-").lower()
        plain = _toneless(bare)
        if any(c.isdigit() for c in bare) or not bare:
            words.append(word)
            is_place = True
        elif _ROMAN.fullmatch(word.strip(",;.()-")) or not any(c in "aăâeêioôơuưy" for c in plain):
            words.append(word)  # a numeral or an abbreviation such as KĐT
            is_place = False
        elif not _SYLLABLE.fullmatch(plain):
            return text
        elif is_place and bare in _COMMON:
            words.append(word.lower() if words else word.capitalize())
        else:
            words.append(word.capitalize())
            is_place = False
        if word.endswith((",", ";")):
            is_place = True
    return " ".join(words)


def _toneless(text: str) -> str:
    """Take tone marks away and leave the letters of the alphabet."""
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    return unicodedata.normalize(
        "NFC", "".join(c for c in unicodedata.normalize("NFD", text) if c not in marks)
    )


def _unit(table: str, code: str) -> tuple[str, str]:
    """Return the code of the unit above and the name of a unit, both empty when there is none with this code."""
    if not code.isdecimal():
        return "", ""
    beginning = f"{table}\t{code}\t".encode()
    place = bisect_left(_UNITS, beginning)
    if place == len(_UNITS) or not _UNITS[place].startswith(beginning):
        return "", ""
    above, name = _UNITS[place].removeprefix(beginning).decode().split("\t")
    return above, name
