"""How a typed name is cleaned, compared and sent. The companion table is tests/name-pairs.tsv."""

import csv
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from motcua.identity import names
from motcua.identity.names import NameRefused, clean, key, suggest, wire_form

PAIRS_FILE = Path(__file__).parent.parent / "name-pairs.tsv"
NAMES = st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyAĐÊưỜễộáàảãạỳýñƀŏ '-"), max_size=40)
MESSY_NAMES = st.text(
    st.sampled_from(
        "aeoưyđĐNgTh \t\u00a0\u3000'’-‐.\u0301\u0300\u0309\u0303\u0323\u0302\u0306\u031bＡｎÐƉ\u200d\u00ad"
    ),
    max_size=60,
)


def pairs():
    with PAIRS_FILE.open(encoding="utf-8", newline="") as file:
        table = [line for line in file if not line.startswith("#")]
    return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def unescaped(text):
    return text.encode("latin-1").decode("unicode_escape")


def key_or_refusal(text):
    try:
        return key(clean(text))
    except NameRefused as refusal:
        return refusal.reason


def refusal_of(text):
    with pytest.raises(NameRefused) as refused:
        clean(text)
    return refused.value.reason


def test_the_companion_table_is_whole():
    assert len(pairs()) == 64
    assert {pair["normalise_before_sending"] for pair in pairs()} == {
        "n/a",
        "yes",
        "yes (key only)",
        "no",
        "reject",
        "suggest",
    }


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: f"{pair['id']} {pair['kind']}")
def test_each_pair_of_the_companion_table_is_judged_as_it_says(pair):
    typed, registered = unescaped(pair["input_escaped"]), unescaped(pair["register_escaped"])
    register_key = key(clean(registered))
    match pair["normalise_before_sending"]:
        case "yes" | "n/a":
            assert clean(typed).casefold() == clean(registered).casefold()
            assert key(clean(typed)) == register_key
            assert suggest(typed) is None
        case "yes (key only)":
            assert clean(typed) != clean(registered)
            assert key(clean(typed)) == register_key
        case "no":
            assert key_or_refusal(typed) != register_key
            assert suggest(typed) is None
        case "reject":
            refusal_of(typed)
        case "suggest":
            assert key_or_refusal(typed) != register_key
            assert suggest(typed) == clean(registered)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t\r\n\u3000", "empty"),
        ("\u200b\ufeff\u00ad", "empty"),
        ("...", "empty"),
        ("Nguyễn Văn \x00An", "control"),
        ("Nguyễn\x1b[31m", "control"),
        ("Nguyễn Văn\x85An", "control"),
        ("An\u202e", "bidi"),
        ("An\u200f", "bidi"),
        ("\u2067An", "bidi"),
        ("An\ue000", "private_use"),
        ("An\udc80", "private_use"),
        ("Nguy\ufffdn", "lost_character"),
        ("Nguyễn Văn 2", "digit"),
        ("Nguyễn Văn ٣", "digit"),
        ("Nguyễn Vаn An", "foreign_letter"),  # Cyrillic а
        ("Nguyễn Văn Α", "foreign_letter"),  # Greek Α
        ("阮文安", "foreign_letter"),
        ("Nguyễn Vǎn An", "foreign_letter"),  # a pinyin caron is no breve
        ("Nguyễn Văn An\u0330", "foreign_letter"),
        ("😀", "sign"),
        ("' OR 1=1--", "digit"),
        ("{{An}}", "sign"),
        ("${jndi:ldap://x}", "sign"),
        ("<script>", "sign"),
        ("=HYPERLINK(An)", "sign"),
        ("Nguyễn V. An", "sign"),
        ("'-'", "sign"),
        ("Nguỹễn Văn An", "two_tones"),
        ("A" * 101, "too_long"),
        ("An " * 4000, "too_long"),
        ("a-'" * 5000 + "!", "too_long"),
        ("\u200b" * 10_000, "too_long"),
    ],
)
def test_a_text_that_cannot_be_a_name_is_refused_with_its_reason(text, reason):
    assert refusal_of(text) == reason
    for function in (key, wire_form):
        with pytest.raises(NameRefused):
            function(text)


def test_a_refusal_names_the_sign_to_the_person_and_not_in_its_message():
    with pytest.raises(NameRefused) as refused:
        clean("Nguyễn Vǎn An")
    assert refused.value.sign == "ǎ"
    assert str(refused.value) == "name refused: foreign_letter"


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("Thào", "Thào"),
        ("A" * 100, "A" * 100),
        ("Y Thĭnh Êban", "Y Thĭnh Êban"),
        ("Mnông Ƀrư̆ng", "Mnông Ƀrư̆ng"),
        ("H´Lan  Niê ,", "H'Lan Niê"),
        ("Rơ–Châm H′Blin", "Rơ-Châm H'Blin"),
        ("Ðỗ ɖình", "Đỗ đình"),
        ("Nguyễn Văn An\r\nlevel=INFO", None),
        ("Nguyễn Văn\r\nAn", "Nguyễn Văn An"),
        ("H\u1fefLan Y\u0374Bham", "H'Lan Y'Bham"),  # signs that are a grave and a prime in every normal form
        ("Rò-Chằm Bà'Nẵng", "Rò-Chằm Bà'Nẵng"),  # one tone on each side of a hyphen or an apostrophe
        ("Nguye\u0303\u0302n", "Nguyễn"),
        ("Nguye\u0302\u200d\u0303n", "Nguyễn"),
        ("Đa\u0323\u0306ng", "Đặng"),
    ],
)
def test_only_the_encoding_of_a_name_is_mended(typed, cleaned):
    if cleaned is None:
        refusal_of(typed)
    else:
        assert clean(typed) == unicodedata.normalize("NFC", cleaned)


@pytest.mark.parametrize(
    "blank", [chr(code) for code in range(0x110000) if chr(code).isspace() and code not in range(0x1C, 0x20)]
)
def test_every_blank_of_unicode_is_a_blank_or_refused(blank):
    assert key_or_refusal(f"Nguyễn{blank}An") in ("nguyên4 an", "control")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Hòa", "Nguyễn Thị Hoà"),
        ("Lê Quý Đôn", "Lê Qúy Đôn"),
        ("NGUYỄN VĂN TÒAN", "Nguyễn Văn Toàn"),
        ("H' Lan Niê", "H'Lan Niê"),
        ("H 'Lan Niê", "H'Lan Niê"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Văn An", "Nguyen Van An"),
        ("Thúy", "Thùy"),
        ("Hoa", "Hoà"),
        ("Ƀă", "Bă"),
        ("Ñăm", "Năm"),
        ("Y Ŏn", "Y On"),
        ("Êđê", "Êdê"),
    ],
)
def test_two_names_have_two_keys(one, other):
    assert key(one) != key(other)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Nguyễn Văn An", "NGUYENVANAN"),
        ("đặng thị ước mơ", "DANGTHIUOCMO"),
        ("H'Lan Niê", "HLANNIE"),
        ("Rơ-Châm Ƀlĭñ", "ROCHAMBLIN"),
        ("Êban Ksơ̆r", "EBANKSOR"),
        ("  Đỗ\u3000Mười. ", "DOMUOI"),
    ],
)
def test_a_name_is_sent_in_plain_capitals(name, sent):
    assert wire_form(name) == sent


@given(st.one_of(st.text(max_size=200), MESSY_NAMES))
def test_no_text_raises_anything_but_the_documented_refusal(text):
    for function in (clean, key, wire_form):
        with suppress(NameRefused):
            assert function(text)
    meant = suggest(text)
    assert meant is None or clean(meant) == meant


@given(st.one_of(NAMES, MESSY_NAMES))
def test_cleaning_twice_is_cleaning_once(text):
    try:
        cleaned = clean(text)
    except NameRefused:
        assume(False)
    assert clean(cleaned) == cleaned
    assert 1 <= len(cleaned) <= 100
    assert unicodedata.is_normalized("NFC", cleaned)


@given(st.one_of(NAMES, MESSY_NAMES))
def test_normal_form_and_case_never_change_the_key(text):
    try:
        expected = key(clean(text))
    except NameRefused:
        assume(False)
    for form in ("NFC", "NFD"):
        for variant in (text, text.upper(), text.lower(), text.swapcase()):
            assert key(clean(unicodedata.normalize(form, variant))) == expected


@given(st.text(max_size=80), st.sampled_from(["NFC", "NFD"]))
def test_a_normal_form_never_changes_what_a_text_is_cleaned_to(text, form):
    assert key_or_refusal(unicodedata.normalize(form, text)) == key_or_refusal(text)


@given(NAMES)
def test_what_is_sent_depends_on_neither_normal_form_nor_case(text):
    try:
        cleaned = clean(text)
    except NameRefused:
        assume(False)
    sent = wire_form(cleaned)
    assert sent.isascii()
    assert sent.isalpha()
    assert sent.isupper()
    assert wire_form(clean(unicodedata.normalize("NFD", cleaned.lower()))) == sent


def test_one_sign_of_every_kind_is_either_cleaned_or_refused():
    first_of_category = {}
    for code in range(0x110000):
        first_of_category.setdefault(unicodedata.category(chr(code)), chr(code))
    assert len(first_of_category) >= 29
    for sign in first_of_category.values():
        key_or_refusal(f"An{sign}An")
        suggest(f"An{sign}An")


def test_a_text_beyond_any_name_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(names, "unicodedata", None)
    monkeypatch.setattr(names, "_is_clean", None)
    too_long = "a" * (names.LONGEST_TEXT + 1)
    assert refusal_of(too_long) == "too_long"
    assert suggest(too_long) is None
