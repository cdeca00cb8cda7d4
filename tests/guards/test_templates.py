"""No page carries a script or a style in itself, loads anything from outside, or says anything outside translation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

SOURCE = Path(__file__).resolve().parents[2] / "src" / "motcua"
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))
SCRIPTS_AND_STYLES = [*SOURCE.glob("*/static/*/*.js"), *SOURCE.glob("*/static/*/*.css")]
FOUND_BY_DJANGO = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}

FORBIDDEN = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b|\sstyle=", re.IGNORECASE),
    "a handler in the markup": re.compile(r"\s(?:on[a-z]+|hx-on[:\w-]*)=", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "something from outside": re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//", re.IGNORECASE),
    "markup that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+off"),
}
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->", re.DOTALL)
TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}", re.DOTALL)


def name(path: Path) -> str:
    """Return a template's name as pages write it."""
    return path.as_posix().split("/templates/")[1]


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_page_holds_nothing_that_the_content_policy_would_stop(path: Path) -> None:
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_page_can_be_read_by_the_template_engine(path: Path) -> None:
    get_template(name(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_word_of_a_page_can_be_translated(path: Path) -> None:
    text = TRANSLATED.sub("", COMMENT.sub("", path.read_text(encoding="utf-8")))
    assert [sign for sign in text if sign.isalpha() and not sign.isascii()] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_page_is_used(path: Path) -> None:
    if name(path) in FOUND_BY_DJANGO or "/admin/" in path.as_posix():
        return
    others = [*TEMPLATES, *SOURCE.glob("**/*.py")]
    wanted = (f'"{name(path)}"', f"'{name(path)}'")
    assert any(
        word in other.read_text(encoding="utf-8") for other in others if other != path for word in wanted
    )


@pytest.mark.parametrize("path", SCRIPTS_AND_STYLES, ids=lambda path: path.name)
def test_scripts_and_styles_of_our_own_call_nobody(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|\beval\(|new Function|innerHTML|@import", text)
