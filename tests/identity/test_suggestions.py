"""What a garbled name probably meant. The texts in TCVN3 and VISCII were made with iconv, not with our tables."""

import html
import unicodedata
import urllib.parse

import pytest

from motcua.identity import _keystrokes
from motcua.identity.names import clean, suggest

PEOPLE = [
    "Nguyễn Văn An",
    "Trần Thị Bình",
    "Phạm Thị Thúy Cúc",
    "Lê Dũng",
    "Đặng Minh Đức",
    "Hoàng Văn Giang",
    "Vũ Thị Hạnh",
    "Huỳnh Ngọc Trâm Anh",
    "Đỗ Thị Hường",
    "Bùi Quốc Khánh",
    "Lý Thị Mỹ Duyên",
    "Trương Thuở Xưa",
]

SHAPES = {"\u0302": "6", "\u031b": "7", "\u0306": "8"}
TONES = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
TELEX_TONES = dict(zip("12345", "sfrxj", strict=True))
VIQR = dict(zip("12345678", "'`?~.^+(", strict=True))
VNI_WINDOWS = {
    "": ["", "ù", "ø", "û", "õ", "ï"],
    "\u0302": ["â", "á", "à", "å", "ã", "ä"],
    "\u0306": ["ê", "é", "è", "ú", "ü", "ë"],
}
VNI_WINDOWS_ALONE = {
    "đ": "ñ",
    "Đ": "Ñ",
    "í": "í",
    "ì": "ì",
    "ỉ": "æ",
    "ĩ": "ó",
    "ị": "ò",
    "ỵ": "î",
    "ơ": "ô",
    "ư": "ö",
    "Ơ": "Ô",
    "Ư": "Ö",
}


def typed_in_vni(name):
    """The keys in the order of a careful typist: shapes at once, the tone at the end of the syllable."""
    return " ".join(word_in_vni(word) for word in name.split())


def word_in_vni(word):
    keys, tone = "", ""
    for sign in unicodedata.normalize("NFD", word):
        tone = TONES.get(sign, tone)
        keys += {"đ": "d9", "Đ": "D9"}.get(sign) or SHAPES.get(sign) or ("" if sign in TONES else sign)
    return keys + tone


def typed_in_telex(name):
    keys = ""
    for sign in typed_in_vni(name):
        keys += (
            TELEX_TONES.get(sign) or {"6": keys[-1:].lower(), "7": "w", "8": "w", "9": "d"}.get(sign) or sign
        )
    return keys


def typed_in_viqr(name):
    """Letter by letter, marks right behind their letter."""
    typed = ""
    for letter in name:
        for sign in unicodedata.normalize("NFD", letter):
            typed += {"đ": "dd", "Đ": "DD"}.get(sign) or VIQR.get(
                SHAPES.get(sign) or TONES.get(sign) or "", sign
            )
    return typed


def stored_in_vni_windows(name):
    stored = ""
    for letter in name:
        base, *marks = unicodedata.normalize("NFD", letter)
        tone = next((int(TONES[mark]) for mark in marks if mark in TONES), 0)
        shape = next((mark for mark in marks if mark in VNI_WINDOWS), "")
        if letter in VNI_WINDOWS_ALONE:
            stored += VNI_WINDOWS_ALONE[letter]
        elif "\u031b" in marks:
            stored += (
                VNI_WINDOWS_ALONE[{"o": "ơ", "u": "ư", "O": "Ơ", "U": "Ư"}[base]] + VNI_WINDOWS[""][tone]
            )
        else:
            stored += base + VNI_WINDOWS[shape][tone]
    return stored


def misread_by_a_browser(name):
    """UTF-8 read as Windows-1252, with the five bytes that it leaves open kept as they are."""
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in name.encode())


GARBLINGS = {
    "raw VNI keys": typed_in_vni,
    "raw VNI keys in capitals": lambda name: typed_in_vni(name).upper(),
    "raw Telex keys": typed_in_telex,
    "raw Telex keys in capitals": lambda name: typed_in_telex(name).upper(),
    "VIQR": typed_in_viqr,
    "VNI-Windows": stored_in_vni_windows,
    "UTF-8 read as Latin-1": lambda name: name.encode().decode("latin-1"),
    "UTF-8 read as Windows-1252": misread_by_a_browser,
    "UTF-8 misread twice": lambda name: misread_by_a_browser(misread_by_a_browser(name)),
    "a misreading pasted with plain blanks": lambda name: misread_by_a_browser(name).replace("\u00a0", " "),
    "decomposed UTF-8 misread": lambda name: misread_by_a_browser(unicodedata.normalize("NFD", name)),
    "URL escapes": urllib.parse.quote,
    "form escapes": urllib.parse.quote_plus,
    "HTML numbers": lambda name: name.encode("ascii", "xmlcharrefreplace").decode(),
    "HTML escapes twice": lambda name: html.escape(name.encode("ascii", "xmlcharrefreplace").decode()),
}


@pytest.mark.parametrize("garbling", GARBLINGS)
@pytest.mark.parametrize("name", PEOPLE)
def test_a_garbled_name_is_understood(name, garbling):
    garbled = GARBLINGS[garbling](name)
    meant = suggest(garbled)
    assert meant is not None, garbled
    assert meant.casefold() == name.casefold()


TCVN3_AND_VISCII = [
    ("Nguyễn Văn An", "Nguy\xd4n V\xa8n An", "Nguy\xadn V\xe5n An"),
    ("Trần Thị Bình", "Tr\xc7n Th\xde B\xd7nh", "Tr\xa5n Th\xb8 B\xecnh"),
    ("Phạm Thị Thúy Cúc", "Ph\xb9m Th\xde Th\xf3y C\xf3c", "Ph\xd5m Th\xb8 Th\xfay C\xfac"),
    ("Đặng Minh Đức", "\xa7\xc6ng Minh \xa7\xf8c", "\xd0\xa3ng Minh \xd0\xd1c"),
    ("Hoàng Văn Giang", "Ho\xb5ng V\xa8n Giang", "Ho\xe0ng V\xe5n Giang"),
    ("Vũ Thị Hạnh", "V\xf2 Th\xde H\xb9nh", "V\xfb Th\xb8 H\xd5nh"),
    ("Huỳnh Ngọc Trâm Anh", "Hu\xfanh Ng\xe4c Tr\xa9m Anh", "Hu\xcfnh Ng\xf7c Tr\xe2m Anh"),
    ("Đỗ Thị Hường", "\xa7\xe7 Th\xde H\xad\xeang", "\xd0\xb2 Th\xb8 H\xdf\xb6ng"),
    ("Bùi Quốc Khánh", "B\xefi Qu\xe8c Kh\xb8nh", "B\xf9i Qu\xafc Kh\xe1nh"),
    ("Lý Thị Mỹ Duyên", "L\xfd Th\xde M\xfc Duy\xaan", "L\xfd Th\xb8 M\xdb Duy\xean"),
    ("Lê Quỳnh Như", "L\xaa Qu\xfanh Nh\xad", "L\xea Qu\xcfnh Nh\xdf"),
    ("Phạm Thị Thuỷ", "Ph\xb9m Th\xde Thu\xfb", "Ph\xd5m Th\xb8 Thu\xd6"),
]


@pytest.mark.parametrize(("name", "tcvn3", "viscii"), TCVN3_AND_VISCII)
def test_a_name_from_an_old_font_is_understood(name, tcvn3, viscii):
    assert suggest(tcvn3) == name
    assert suggest(viscii) == name


def test_capitals_of_an_old_font_are_capitals_again():
    assert suggest("NGUYÔN V¡N AN") == "NGUYỄN VĂN AN"


@pytest.mark.parametrize(
    "name",
    [
        *PEOPLE,
        "Nguyen Van An",
        "NGUYEN THI NGOC",
        "Thào",
        "Vàng A Páo",
        "H'Lan Niê",
        "K' Brèo",
        "Y' Lan",
        "Ksor Phước",
        "Thạch Sô Phol",
        "Nguyễn Jean-Paul",
        "Nguyễnn Văn An",
        "Siu H'Nông",
        "Hocf",  # no syllable that ends in c, ch, p or t has this tone
        "",
        "   ",
        "999085000001",
        "%",
        "%FF%FE",
        "&#0;&#x110000;",
        "😀",
    ],
)
def test_nothing_is_suggested_for_a_name_that_reads_well_or_that_nothing_explains(name):
    assert suggest(name) is None


def test_a_word_longer_than_any_syllable_is_not_even_tried(monkeypatch):
    monkeypatch.setattr(_keystrokes, "_vni", None)
    assert suggest("u7o76a8d9" * 50) is None


@pytest.mark.parametrize("name", PEOPLE)
def test_a_suggestion_is_clean_and_needs_no_further_suggestion(name):
    meant = suggest(typed_in_telex(name))
    assert meant is not None
    assert clean(meant) == meant
    assert suggest(meant) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Nguyeexn Vanw An", "Nguyễn Văn An"),
        ("Tuaans", "Tuấn"),
        ("Hoaf", "Hòa"),
        ("Thuys", "Thúy"),
        ("Ngoc Anhs", "Ngoc Ánh"),
        ("Ddawngj Thij Huwowngf", "Đặng Thị Hường"),
        ("DDOOX MUOWIF", "ĐỖ MƯỜI"),
        ("Ddặng Văn Bình", "Đặng Văn Bình"),
        ("d9a85ng van binh2", "đặng van bình"),
        ("Quys", "Quý"),
        ("Gias", "Giá"),
        ("Gif", "Gì"),
    ],
)
def test_keystrokes_are_read_as_an_input_method_would(typed, meant):
    assert suggest(typed) == meant
