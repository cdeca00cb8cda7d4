"""Every text of the product is there in English, compiled, and with the same gaps; scripts say nothing of their own."""

from __future__ import annotations

import ast
import gettext
import re
from io import BytesIO
from pathlib import Path

import pytest

from motcua.config.translations import CATALOGUE, SOURCE, compile_, problems, read, used, written

SCRIPTS = sorted(path for path in SOURCE.glob("*/static/**/*.js") if "vendor" not in path.parts)
LETTERS = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
# What stays Vietnamese inside an English text: examples of content, values of a file, the state's name and motto.
KEPT = ("Phường Mẫu A", "phường Mẫu A", "đồng", "ngày làm việc", "ngày", "giờ", "trong ngày", "Một Cửa", "QĐ")
ALL_KEPT = {"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"}
# Words that stand for a person or a decision: one word in English for one word in Vietnamese.
GLOSSARY = {
    "kiểm tra danh tính số": "digital identity check",
    "thủ tục hành chính": "procedure",
    "Bộ phận một cửa": "one-stop desk",
    "Cơ sở dữ liệu quốc gia về dân cư": "National Population Database",
    "CSDLQG về dân cư": "National Population Database",
}


@pytest.fixture(scope="module")
def catalogue() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the English catalogue."""
    return read(CATALOGUE.read_text(encoding="utf-8"))


def test_every_text_of_the_code_is_in_the_catalogue_and_nothing_else(
    catalogue: dict[tuple[str, ...], tuple[str, ...]],
) -> None:
    assert list(catalogue) == used(), "run: motcua translations"
    assert len(catalogue) > 2000


def test_every_text_is_translated_with_the_same_gaps(
    catalogue: dict[tuple[str, ...], tuple[str, ...]],
) -> None:
    assert list(problems(catalogue)) == []


def test_the_catalogue_is_written_and_compiled_as_the_command_does(
    catalogue: dict[tuple[str, ...], tuple[str, ...]],
) -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == written(catalogue), "run: motcua translations"
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compile_(catalogue), "run: motcua translations"


def test_gettext_reads_what_is_compiled(catalogue: dict[tuple[str, ...], tuple[str, ...]]) -> None:
    said = gettext.GNUTranslations(BytesIO(compile_(catalogue)))
    for text, translation in catalogue.items():
        if len(text) == 1:
            assert said._catalog[text[0]] == translation[0]  # type: ignore[attr-defined]
        else:
            assert (said.ngettext(*text, 1), said.ngettext(*text, 5)) == translation


def test_nothing_in_english_is_vietnamese_but_what_stays_so(
    catalogue: dict[tuple[str, ...], tuple[str, ...]],
) -> None:
    for translation in catalogue.values():
        for said in translation:
            rest = said
            for kept in sorted(KEPT, key=len, reverse=True):
                rest = rest.replace(kept, "")
            assert said in ALL_KEPT or not LETTERS.search(rest), said


def test_the_words_of_the_field_are_always_the_same(
    catalogue: dict[tuple[str, ...], tuple[str, ...]],
) -> None:
    for text, translation in catalogue.items():
        for word, english in GLOSSARY.items():
            if word in text[0]:
                assert english.casefold() in translation[0].casefold(), text[0]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_that_its_page_did_not_give_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    folding = 'replace(/đ/g, "d")'
    assert [line for line in lines if LETTERS.search(line.replace(folding, ""))] == []


def test_what_is_wrong_with_a_translation_is_said() -> None:
    texts = {
        ("Chưa có",): ("",),
        ("Còn %(days)d ngày",): ("%(days)s days left",),
        ("Tệp {ten}",): ("File",),
        ("Đọc <b>này</b>",): ("Read this",),
        ("một", "nhiều"): ("one", " "),
        ("Tốt",): ("Good",),
        ("button\x04Dừng",): ("Stop",),
    }
    assert [one.split(":")[0] for one in problems(texts)] == [
        "Not translated", "Other gaps, tags or ends", "Other gaps, tags or ends", "Other gaps, tags or ends",
        "Not translated",
    ]  # fmt: skip


def test_a_catalogue_is_read_as_it_was_written() -> None:
    texts = {
        ('Nói "có"\nhoặc\\không',): ('Say "yes"\nor\\no',),
        ("%(n)d tin", "%(n)d tin"): ("%(n)d message", "%(n)d messages"),
        ("button\x04Dừng",): ("Stop",),
    }
    assert read(written(texts)) == texts
    assert read('#, fuzzy\nmsgid "Có"\nmsgstr "Perhaps"\n') == {("Có",): ("",)}
    assert read('msgid ""\n"Dài "\n"lắm"\nmsgstr ""\n"Very "\n"long"\n') == {("Dài lắm",): ("Very long",)}


def test_no_text_for_people_is_made_of_pieces_that_no_catalogue_can_hold() -> None:
    """An f-string inside a translation's call is another text each time."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "gettext"}
            ):
                assert not isinstance(node.args[0], ast.JoinedStr), f"{path}:{node.lineno}"
