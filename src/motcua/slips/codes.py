"""The drawings on a slip or a receipt's page: a bar code of the dossier's code, and QR codes of addresses, as SVG."""

from __future__ import annotations

import re
from typing import Final

import segno
from django.utils.safestring import SafeString, mark_safe

# Code 128: the widths of bars and gaps by symbol, a bar first; 103 to 105 begin a code, 106 ends it.
_TABLE: Final = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
_WIDTHS: Final = tuple(_TABLE.split())
_BEGIN_B, _BEGIN_C, _TO_B, _TO_C, _END = 104, 105, 100, 99, 106
_QUIET: Final = 10  # modules of white at each side
_QR_QUIET: Final = 2
_DARK: Final = re.compile(rb"\x01+")


def symbols(text: str) -> list[int]:
    """Return the symbols of a text in Code 128, begin, check and end among them; long runs of digits go in pairs.

    Args:
        text: printable ASCII.

    Raises:
        ValueError: it is empty, or not printable ASCII.
    """
    if not re.fullmatch(r"[ -~]+", text):
        raise ValueError("Code 128 B holds printable ASCII")
    found: list[int] = []
    is_paired = False
    for run in re.findall(r"(?:\d\d){2,}|.", text):
        if len(run) > 1:
            found += [] if is_paired else [_TO_C if found else _BEGIN_C]
            found += [int(run[place : place + 2]) for place in range(0, len(run), 2)]
        else:
            found += [] if found and not is_paired else [_TO_B if found else _BEGIN_B]
            found.append(ord(run) - 32)
        is_paired = len(run) > 1
    check = (found[0] + sum(place * symbol for place, symbol in enumerate(found))) % 103
    return [*found, check, _END]


def bar_code(text: str) -> tuple[str, int]:
    """Draw a text in Code 128; return the SVG, 1 unit high, and its width in modules (the narrowest bar)."""
    at, bars = _QUIET, []
    for symbol in symbols(text):
        for place, width in enumerate(map(int, _WIDTHS[symbol])):
            if place % 2 == 0:
                bars.append(f"M{at} 0h{width}v1h-{width}z")
            at += width
    at += _QUIET
    path = f'<path d="{"".join(bars)}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at} 1" preserveAspectRatio="none">{path}</svg>',
        at,
    )


def qr_code(text: str) -> SafeString:
    """Draw a text as a QR code; return the SVG, for a page or a paper.

    Two things are done here to save most of the time: the mask is given, for choosing one would take ten times as
    long, and the path is put together a row at a time.
    """
    matrix = segno.make_qr(text, error="m", boost_error=False, mask=2).matrix
    size = len(matrix) + 2 * _QR_QUIET
    path = "".join(
        f"M{run.start() + _QR_QUIET} {row + _QR_QUIET}.5h{run.end() - run.start()}"
        for row, modules in enumerate(matrix)
        for run in _DARK.finditer(modules)
    )
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
    drawn = f'<svg {box}><path stroke="#000" d="{path}"/></svg>'
    return mark_safe(drawn)  # noqa: S308  # nosec B308, B703 # our own drawing
