"""English texts: found in code and pages, kept in ``django.po`` for people, compiled to ``django.mo`` for Django.

Written in Python alone, so that nobody needs gettext's programs. Vietnamese stands in the code itself; its file,
kept by hand, holds what Django says to administrators and has no Vietnamese words for.
"""

from __future__ import annotations

import argparse
import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.utils.translation.template import templatize

SOURCE: Final = Path(__file__).resolve().parents[1]
CATALOGUE: Final = SOURCE / "locale" / "en" / "LC_MESSAGES" / "django.po"
OF_DJANGO: Final = SOURCE / "locale" / "vi" / "LC_MESSAGES" / "django.po"
_HEADER: Final = (
    "Language: en\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)
_ONE: Final = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_MANY: Final = {"ngettext", "ngettext_lazy"}
_TOLD_APART: Final = {"pgettext", "pgettext_lazy"}
_APART: Final = "\x04"  # between a context and its text, as gettext has it
_CALL: Final = re.compile(rf"\b({'|'.join(sorted(_ONE | _MANY | _TOLD_APART))})\((?=u?['\"])")
_STRING: Final = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)? ?(".*")$')
_FILLED: Final = re.compile(r"%(?:\(\w+\))?\d*[a-z]|%%|\{\w+\}|</?\w+[^>]*>|^\s|\s$|\n")

Text = tuple[str, ...]  # one form, or one for a single thing and one for several


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare that the catalogue may be looked at alone."""
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file is not fresh")


def run(options: argparse.Namespace) -> int:
    """Bring the catalogue up to date with the code and compile it, or only say what is wrong.

    New texts come in with an empty translation, texts that are gone go, translations stay as they are.

    Returns:
        0, or 1 when a text is not translated, or a file is stale and is only looked at.
    """
    kept = read(CATALOGUE.read_text(encoding="utf-8")) if CATALOGUE.exists() else {}
    texts = {text: kept.get(text, ("",) * len(text)) for text in used()}
    of_django = read(OF_DJANGO.read_text(encoding="utf-8"))
    wrong = [*problems(texts), *problems(of_django)]
    for path, content in (
        (CATALOGUE, written(texts).encode()),
        (CATALOGUE.with_suffix(".mo"), compile_(texts)),
        (OF_DJANGO.with_suffix(".mo"), compile_(of_django)),
    ):
        if path.exists() and path.read_bytes() == content:
            continue
        if options.check:
            wrong.append(f"{path.name} is stale. Run: motcua translations")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def used() -> list[Text]:
    """Return every marked text of the product, each once, in the order of the alphabet."""
    found: set[Text] = set()
    for path in SOURCE.rglob("*"):
        if path.suffix == ".py" and "migrations" not in path.parts:
            found.update(_in_code(path.read_text(encoding="utf-8")))
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            found.update(_in_page(templatize(path.read_text(encoding="utf-8"))))
    return sorted(found)


def problems(texts: dict[Text, Text]) -> Iterator[str]:
    """Say of each translation what is wrong with it: empty, or with other gaps, tags or ends than its text."""
    for text, translation in texts.items():
        for source, said in zip((text[0].rpartition(_APART)[2], *text[1:]), translation, strict=True):
            if not said.strip():
                yield f"Not translated: {source}"
            elif sorted(_FILLED.findall(source)) != sorted(_FILLED.findall(said)):
                yield f"Other gaps, tags or ends: {source} -> {said}"


def read(content: str) -> dict[Text, Text]:
    """Return the translations that stand in a catalogue; those marked as unsure (fuzzy) count as empty.

    Raises:
        ValueError: a line is none of a catalogue.
    """
    texts: dict[Text, Text] = {}
    for block in content.split("\n\n"):
        parts: dict[str, str] = {}
        name, is_unsure = "", False
        for line in filter(None, block.split("\n")):
            if line.startswith("#"):
                is_unsure = is_unsure or (line.startswith("#,") and "fuzzy" in line)
                continue
            match = _STRING.match(line)
            if match is None:
                raise ValueError(line)
            name = match[1] or name
            parts[name] = parts.get(name, "") + ast.literal_eval(match[2])
        if not parts.get("msgid"):
            continue
        text = tuple(parts[key] for key in ("msgid", "msgid_plural") if key in parts)
        if "msgctxt" in parts:
            text = (f"{parts['msgctxt']}{_APART}{text[0]}", *text[1:])
        said = tuple(said for key, said in parts.items() if key.startswith("msgstr"))
        texts[text] = ("",) * len(text) if is_unsure else said
    return texts


def written(texts: dict[Text, Text]) -> str:
    """Return a catalogue as its file: without line numbers and dates, so that it changes only with the texts."""
    head = "".join(f"{_quoted(line)}\n" for line in _HEADER.splitlines(keepends=True))
    blocks = [f'msgid ""\nmsgstr ""\n{head}']
    for text, translation in texts.items():
        context, _apart, first = text[0].rpartition(_APART)
        lines = [f"msgctxt {_quoted(context)}\n"] if context else []
        lines.append(f"msgid {_quoted(first)}\n")
        lines += [f"msgid_plural {_quoted(form)}\n" for form in text[1:]]
        if len(text) == 1:
            lines.append(f"msgstr {_quoted(translation[0])}\n")
        else:
            lines += [f"msgstr[{number}] {_quoted(form)}\n" for number, form in enumerate(translation)]
        blocks.append("".join(lines))
    return "\n".join(blocks)


def compile_(texts: dict[Text, Text]) -> bytes:
    """Return a catalogue in the form that gettext reads (GNU MO, revision 0): sorted texts with their places."""
    pairs = {b"": _HEADER.encode()}
    for text, translation in texts.items():
        if all(translation):
            pairs["\0".join(text).encode()] = "\0".join(translation).encode()
    ordered = sorted(pairs.items())
    at = 28 + 16 * len(ordered)
    tables = []
    for column in zip(*ordered, strict=True):
        table = []
        for content in column:
            table.append(struct.pack("<II", len(content), at))
            at += len(content) + 1
        tables.append(b"".join(table))
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(ordered), 28, 28 + 8 * len(ordered), 0, 28)
    strings = b"".join(content + b"\0" for column in zip(*ordered, strict=True) for content in column)
    return head + b"".join(tables) + strings


def _in_code(code: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name = node.func.id
        size = 1 if name in _ONE else 2 if name in _MANY | _TOLD_APART else 0
        forms = tuple(
            one.value
            for one in node.args[:size]
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        if size and len(forms) == size:
            yield (_APART.join(forms),) if name in _TOLD_APART else forms


def _in_page(calls: str) -> Iterator[Text]:
    """Read what Django makes of a page for gettext: calls of its functions between letters that stand for the rest."""
    for match in _CALL.finditer(calls):
        rest = calls[match.end() :]
        end = next(
            place
            for place, sign in enumerate(rest)
            if sign == ")" and _is_whole(f"{match[1]}({rest[:place]})")
        )
        yield from _in_code(f"{match[1]}({rest[:end]})")


def _is_whole(call: str) -> bool:
    try:
        ast.parse(call)
    except SyntaxError:
        return False
    return True


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
