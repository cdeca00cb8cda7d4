"""Reading an English page: which Vietnamese words are left on it that are nobody's name and no content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from django.apps import apps
from django.conf import settings
from django.db import models

from motcua.sealing.fields import SealedTextField

_WITHOUT_END = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
_SAID = {"alt", "aria-label", "content", "placeholder", "summary", "title"}
_KEPT = ("accounts", "procedures", "dossiers", "payments", "slips", "reception", "oversight", "messaging")
_TEXTS = (models.CharField, models.TextField, models.JSONField, SealedTextField)
_LETTERS = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
_MONEY = re.compile(r"(?:(?<=\d )|(?<=\d\xa0))đ\b|\bđồng\b")
_EXAMPLES = ("Phường Mẫu A", "phường Mẫu A")  # of an office, in words of help


class _Reader(HTMLParser):
    """Collects what a page says outside the parts that it marks as Vietnamese."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _is_vietnamese(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_vietnamese = given["lang"] == "vi" if "lang" in given else self._is_vietnamese
        if not is_vietnamese:
            self.said += [v for name, v in given.items() if name in _SAID or name.startswith("data-")]
            if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
                self.said.append(given.get("value", ""))
        if tag not in _WITHOUT_END:
            self._open.append((tag, is_vietnamese))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_vietnamese and (not self._open or self._open[-1][0] not in {"style", "script"}):
            self.said.append(data)


def left_in_vietnamese(page: str, content: Iterable[str] = ()) -> list[str]:
    """Return what a page says in Vietnamese letters once its content is taken away.

    Args:
        page: its HTML.
        content: names and texts that stay Vietnamese, longest first (``content_kept``).
    """
    reader = _Reader()
    reader.feed(page)
    left = []
    for said in reader.said:
        rest = " ".join(said.split())
        if not _LETTERS.search(rest):
            continue
        for text in (*content, *_EXAMPLES):
            rest = rest.replace(text, "")
        rest = _MONEY.sub("", rest)
        if _LETTERS.search(rest):
            left.append(" ".join(said.split()))
    return left


def content_kept() -> list[str]:
    """Return every text with Vietnamese letters that the database holds, longest first."""
    found: set[str] = {settings.PROVINCE_NAME}
    for label in _KEPT:
        for model in apps.get_app_config(label).get_models():
            fields = [one for one in model._meta.concrete_fields if isinstance(one, _TEXTS)]
            for row in model._base_manager.all():
                for field in fields:
                    found.update(_texts(getattr(row, field.attname)))
    pieces = {
        " ".join(line.split()) for text in found for line in [text, *text.split("\n"), *text.split("; ")]
    }
    return sorted((text for text in pieces if _LETTERS.search(text)), key=len, reverse=True)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in "[{":
            try:
                yield from _texts(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
