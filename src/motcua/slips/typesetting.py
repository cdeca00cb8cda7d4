"""Facts in, PDF out: the one place that knows the typesetter.

Each file is set by a process of its own, which gives its memory back when it ends; a web worker would keep some 80 MB.
It loads nothing else of the product, whose start would take longer than the setting.
It is handed neither network, keys nor the machine's own fonts. What people wrote is handed over as data and never
becomes part of a form's source.
"""

from __future__ import annotations

import json
import os
import re
import subprocess  # nosec B404 # for our own programs
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).resolve().parent
FORMS: Final = _HERE / "forms"
FONTS: Final = _HERE / "fonts"
# Packages are sought here, and found nowhere: nothing is fetched when a slip is made.
_NO_PACKAGES: Final = str(FONTS / "no-packages")
# What all faces of the fonts can draw, as far as a slip may need it.
DRAWN: Final = (
    r"\n\x20-\x7E\xA0-\xAC\xAE-\u036F\u0391-\u03A1\u03A3-\u03CE\u0400-\u0513\u1E00-\u1E9B\u1EA0-\u1EF9\u2000-\u200A"
    r"\u2010\u2012-\u2022\u2026\u2030\u2032\u2033\u2039\u203A\u2044\u20AB\u20AC\u2116\u2122\u2190-\u2195\u2212\u2264"
    r"\u2265\u25A1\u25CF"
)
_NOT_DRAWN: Final = re.compile(f"[^{DRAWN}]")
_BOX: Final = "□"
# What comes along from word processors, and what it looks like there.
_LOOKS_LIKE: Final = str.maketrans({"\v": "\n", "\u2011": "-", "\u2028": "\n", "\u2029": "\n"})
_PATIENCE: Final = 60  # seconds


class NotSet(RuntimeError):
    """The typesetter failed, or took too long."""


def typeset(form: str, facts: dict[str, Any], *, now: datetime) -> bytes:
    """Set a form as a tagged PDF (PDF/UA-1), fonts embedded; the same facts at the same moment give the same bytes.

    Args:
        form: the name of a file in ``forms``, such as ``01``.
        facts: what the form shows: texts, numbers, lists and dictionaries of these; drawings are texts in SVG under
            names that end in ``_svg``.
        now: the moment that the file bears.

    Raises:
        NotSet: there is no PDF; nothing is said of why, for it could quote what people wrote.
    """
    asked = json.dumps({"form": form, "facts": facts, "at": now.isoformat()}).encode()
    command = [sys.executable, "-m", "motcua.slips.typesetting"]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603  # nosec B603 # our own interpreter and module, no word of anybody's
            command, input=asked, env=paths, capture_output=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise NotSet(f"form {form} took more than {_PATIENCE} s") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NotSet(f"form {form} ended with {done.returncode}")
    return done.stdout


def draw(form: str, facts: dict[str, Any], *, ppi: int) -> list[bytes]:
    """Draw a form as pictures (PNG), one a page.

    Args:
        form: see ``typeset``.
        facts: see ``typeset``.
        ppi: dots an inch.
    """
    pages = _compiled(form, facts, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def drawable(text: str) -> str:
    """Return a text as the fonts can draw it: NFC, a blank for every kind of blank, a box for what has no letter there.

    Control characters that are no blanks are left out.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(_LOOKS_LIKE)
    return _NOT_DRAWN.sub(_stand_in, text)


def _compiled(form: str, facts: dict[str, Any], **how: Any) -> Any:
    import typst  # only where something is set: it is large

    compiler = typst.Compiler(
        root=str(FORMS),
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        ),
        ignore_system_fonts=True,
        package_path=_NO_PACKAGES,
        package_cache_path=_NO_PACKAGES,
    )
    said = json.dumps(_said(facts), ensure_ascii=False)
    return compiler.compile(input=str(FORMS / f"{form}.typ"), sys_inputs={"facts": said}, **how)


def _stand_in(found: re.Match[str]) -> str:
    if found[0].isspace():  # a tab as from a spreadsheet, a line's end of another system
        return " "
    return "" if unicodedata.category(found[0])[0] == "C" else _BOX


def _said(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _said(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_said(one) for one in value]
    if isinstance(value, str) and not name.endswith("_svg"):
        return drawable(value)
    return value


def _main() -> None:
    """Read a form's name, its facts and the moment as JSON, and write the PDF."""
    asked = json.load(sys.stdin.buffer)
    at = int(datetime.fromisoformat(asked["at"]).timestamp())
    pdf = _compiled(asked["form"], asked["facts"], format="pdf", pdf_standards=["ua-1"], timestamp=at)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    _main()
