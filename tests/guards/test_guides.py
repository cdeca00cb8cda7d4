"""The guides call buttons, fields and pages what the product calls them; operations know every line of the log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from motcua.config.translations import SOURCE, used
from motcua.dossiers.models import Dossier
from motcua.reception.batches import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "huong-dan").glob("*.md"))
NAMED = re.compile(r"\*\*([^*]+?)\*\*|“([^”]+?)”")
KEYS = re.compile(r"(?:Enter|Tab|Ctrl\+Enter|F[0-9]+)")
ENDS = " .:…*"
# Bold for weight, a word of the framework, or what a page shows with something filled in; all else is a text of ours.
NO_LABELS = {
    "Chưa thu 8.000 đ",
    "Công dân quên mật khẩu",
    "khóa ký xác nhận",
    "Lâu không đăng nhập",
    "Lỡ đóng trang, hết pin",
    "Làm nhiều hồ sơ một lần",
    "Sau đó hệ thống tự kiểm tra",
    "Thêm vào",
    "Tiếng Việt | English",
    "English",
    "Từ mạng này đã có … lần đăng nhập sai",
}


@pytest.fixture(scope="module")
def said() -> str:
    """Return all texts of the product, one a line."""
    return "\n".join(" ".join(text.split()) for found in used() for text in found).replace("%%", "%")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_what_a_guide_names_in_bold_is_a_text_of_the_product(guide: Path, said: str) -> None:
    text = re.sub(r"(?<=\S)\n *(?=[^\s|#!-])", " ", guide.read_text(encoding="utf-8"))
    named = {
        part.strip(ENDS)
        for found in NAMED.findall(text)
        for words in found
        for part in words.split("›")
        if part
    }
    unknown = {words for words in named if words not in said and not KEYS.fullmatch(words)}
    assert unknown - NO_LABELS == set()


def test_every_picture_comes_from_a_journey_and_is_shown_to_readers() -> None:
    journeys = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "e2e").glob("test_*.py")
    )
    taken = set(re.findall(r'keeps_(?:slip_)?for_readers\((?:"[^"]+", )?"([\w-]+)"\)', journeys))
    pages = [*GUIDES, ROOT / "README.md", ROOT / "README.vi.md"]
    shown = {
        name for page in pages for name in re.findall(r"pictures/([\w-]+)\.png", page.read_text("utf-8"))
    }
    there = {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")}
    assert taken == there == shown


def test_the_officers_guide_names_every_key_of_the_queue_with_its_button() -> None:
    guide = (ROOT / "docs" / "huong-dan" / "can-bo.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z](?:, [A-Z])*) \| (.+) \|$", guide, re.MULTILINE)
    told = {
        key: words
        for keys, said in rows
        for key, words in zip(keys.split(", "), re.findall(r"\*\*(.+?)\*\*", said), strict=False)
    }
    assert told == {action.key.upper(): str(action.label) for action in ACTIONS.values()}


def test_the_citizens_guide_explains_every_status() -> None:
    guide = (ROOT / "docs" / "huong-dan" / "cong-dan.md").read_text(encoding="utf-8")
    assert [str(one.words) for one in Dossier.Status if f"| **{one.words}** |" not in guide] == []


def test_every_option_of_a_command_is_written_down() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]
    written = "".join(page.read_text(encoding="utf-8") for page in pages)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    options = set(re.findall(r'add_argument\(\s*"(--[a-z-]+)"', code))
    assert len(options) > 30
    assert {option for option in options if option not in written} == set()


def test_every_line_of_the_log_is_explained_to_who_operates() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    calls = re.compile(
        r"_?log(?:ger)?\.(?:info|warning|error|critical|exception|log)\([^\"]{0,60}\"([a-z]+\.[a-z_]+)"
    )
    written = {
        name
        for path in SOURCE.rglob("*.py")
        if "province" not in path.parts
        for name in calls.findall(path.read_text(encoding="utf-8"))
    }
    assert len(written) > 40
    assert {name for name in written if f"`{name}" not in page} == set()
