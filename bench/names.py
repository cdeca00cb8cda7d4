"""How long names take: microseconds for an ordinary one, milliseconds for a hostile one.

.venv/bin/python bench/names.py

Budgets: `clean` + `key` under 100 µs a name; no input of any kind over 50 ms in any public function of the
core. Exits 1 when a budget is broken.
"""

import sys
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from motcua.identity.birth import parse_birth
from motcua.identity.card_qr import read_card
from motcua.identity.names import clean, key, suggest, wire_form
from motcua.identity.numbers import mask, parse_number

BUDGET_US = 100
BUDGET_HOSTILE_MS = 50
TODAY = date(2026, 11, 23)

ORDINARY = {
    "as on the card": "NGUYỄN THỊ THÚY HÒA",
    "usual": "Nguyễn Thị Thúy Hòa",
    "decomposed": unicodedata.normalize("NFD", "Nguyễn Thị Thúy Hòa"),
    "untidy": "  nguyễn\u00a0 thị\u200b thúy   hòa. ",
    "highland": "H’Blĭñ Niê Kđăm",
    "long": "Công Tằng Tôn Nữ Nguyễn Thị Thúy Hòa Phương Thảo",
}
LONG_MARKS = "\u0323\u0302\u0301\u031b\u0306"
HOSTILE = {
    "one letter, 10,000 times": "a" * 10_000,
    "a regex killer": "a-'" * 5000 + "!",
    "a regex killer at full length": ("a-'" * 333 + "!"),
    "a title over and over": "mR An " * 166,
    "marks in the wrong order": "e" + LONG_MARKS * 199,
    "marks over every letter": ("e" + LONG_MARKS) * 160,
    "invisible signs": "\u200b" * 1000,
    "blanks": " " * 1000,
    "blanks and apostrophes": " '" * 500,
    "end punctuation": "a" + "." * 999,
    "Telex keys": "uwowseex" * 125,
    "one long Telex word of a name's length": "uow" * 33,
    "VNI digits": "u7o76a8d9" * 111,
    "VIQR marks": "a^'.?~+(" * 125,
    "HTML escapes": "&#7877;" * 142,
    "half an HTML escape": "&" * 1000,
    "URL escapes": "%E1%BB%85" * 111,
    "misread UTF-8": "á»…" * 333,
    "TCVN3": "§Æng " * 200,
    "digits": "9" * 1000,
    "card fields": "999085000001" + "|" * 988,
    "one of everything": "".join(chr(code) for code in range(0x21, 0x10FFFF, 1117))[:1000],
    "emoji": "😀" * 1000,
    "a million signs": "Nguyễn " * 142_858,
}


def clean_and_key(name: str) -> str:
    return key(clean(name))


def microseconds(function: Callable[[str], object], text: str, *, rounds: int = 2000) -> float:
    """Return the best of five means, so that a busy machine does not count."""
    means = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            function(text)
        means.append((time.perf_counter() - start) / rounds * 1e6)
    return min(means)


def milliseconds(function: Callable[[str], object], text: str) -> float:
    """Return the best of three single runs; a refusal counts as an answer."""
    runs = []
    for _ in range(3):
        start = time.perf_counter()
        with suppress(ValueError):
            function(text)
        runs.append((time.perf_counter() - start) * 1e3)
    return min(runs)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "clean": clean,
    "key": key,
    "wire_form": wire_form,
    "suggest": suggest,
    "parse_number": parse_number,
    "mask": mask,
    "parse_birth": lambda text: parse_birth(text, today=TODAY),
    "read_card": lambda text: read_card(text, today=TODAY),
}


def main() -> int:
    """Print both tables; return 1 when a budget is broken."""
    worst_us = 0.0
    print(f"clean + key, µs a name (budget {BUDGET_US})")
    for label, name in ORDINARY.items():
        taken = microseconds(clean_and_key, name)
        worst_us = max(worst_us, taken)
        print(f"  {taken:8.1f}  {label}")

    worst_ms = 0.0
    print(f"hostile inputs, ms in the slowest function (budget {BUDGET_HOSTILE_MS})")
    for label, text in HOSTILE.items():
        taken, slowest = max(
            (milliseconds(function, cut), name)
            for name, function in FUNCTIONS.items()
            for cut in (text, text[:1000], text[:500], text[:100])  # whole, and just within each size limit
        )
        worst_ms = max(worst_ms, taken)
        print(f"  {taken:8.3f}  {label} ({slowest})")

    is_kept = worst_us <= BUDGET_US and worst_ms <= BUDGET_HOSTILE_MS
    print("budgets kept" if is_kept else "BUDGET BROKEN")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
