"""The bar code: read back by a reader that was written on its own."""

from __future__ import annotations

import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from motcua.slips.codes import bar_code, qr_code, symbols


def read_back(found: list[int]) -> str:
    """Decode Code 128 symbols of the sets B and C, the check among them."""
    begin, *inner, check, end = found
    assert end == 106
    assert check == (begin + sum(place * symbol for place, symbol in enumerate(inner, start=1))) % 103
    is_paired, text = begin == 105, ""
    for symbol in inner:
        if is_paired and symbol == 100:
            is_paired = False
        elif not is_paired and symbol == 99:
            is_paired = True
        else:
            text += f"{symbol:02}" if is_paired else chr(symbol + 32)
    return text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=50))
def test_what_a_bar_code_holds_is_read_back(text: str) -> None:
    assert read_back(symbols(text)) == text


def test_a_known_code_has_its_known_symbols() -> None:
    # The worked example of many guides begins in set A (103) and has the check symbol 54; ours begins in B (104).
    assert symbols("PJJ123C") == [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]


@pytest.mark.parametrize("text", ["", "Đ", "a\n", "\x7f"])
def test_what_code_128_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        symbols(text)


@pytest.mark.parametrize(
    "code", ["H23-261126-0001", "000.00.01.H23-261126-0001", "A" * 35 + "-261126-0000001"]
)
def test_a_bar_code_is_as_wide_as_its_bars_and_quiet_zones(code: str) -> None:
    drawing, width = bar_code(code)
    assert f'viewBox="0 0 {width} 1"' in drawing
    bars = [tuple(map(int, bar)) for bar in re.findall(r"M(\d+) 0h(\d+)", drawing)]
    assert bars[0][0] == 10
    assert sum(bars[-1]) == width - 10
    assert width == 20 + 11 * (len(symbols(code)) - 1) + 13


def test_digits_in_a_row_take_half_the_room() -> None:
    assert bar_code("1234567890")[1] < bar_code("12a34b56c7")[1]


@pytest.mark.parametrize(
    "text", ["a", "https://dichvucong.example/tra-cuu/?ma=000.00.01.H23-261123-0001", "Đặng " * 40]
)
def test_the_drawn_qr_code_has_each_module_of_the_code_and_two_of_white_around(text: str) -> None:
    matrix = [bytes(row) for row in segno.make_qr(text, error="m", boost_error=False, mask=2).matrix]
    svg = qr_code(text)
    size = len(matrix) + 4
    assert f'viewBox="0 0 {size} {size}"' in svg
    drawn = [bytearray(size) for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        for place in range(int(x), int(x) + int(width)):
            drawn[int(y)][place] += 1
    white = bytes(2)
    assert [bytes(row) for row in drawn[2:-2]] == [white + row + white for row in matrix]
    assert not any(map(any, drawn[:2] + drawn[-2:]))
