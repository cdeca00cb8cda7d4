"""Sums of money in Vietnamese words, as receipts and contracts have them."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION: Final = 1_000_000_000
MOST: Final = 10**18 - 1


def amount_in_words(amount: int) -> str:
    """Write a sum of đồng in words: 1.005.021 is "Một triệu không trăm linh năm nghìn không trăm hai mươi mốt đồng".

    Args:
        amount: in đồng, from 0 to ``MOST``.

    Raises:
        ValueError: less than nothing, or more than that.
    """
    if not 0 <= amount <= MOST:
        raise ValueError("a sum from nothing to a billion billion")
    words = " ".join(_number(amount)) if amount else _DIGITS[0]
    return f"{words[0].upper()}{words[1:]} đồng"


def _number(value: int) -> list[str]:
    """Return the words of a number; further groups say their hundreds even where there are none."""
    billions, rest = divmod(value, _BILLION)
    words = [*_number(billions), "tỷ"] if billions else []
    for name, group in (("triệu", rest // 10**6), ("nghìn", rest // 1000 % 1000), ("", rest % 1000)):
        if group:
            words += _group(group, is_first=not words)
            words += [name] if name else []
    return words


def _group(value: int, *, is_first: bool) -> list[str]:
    """Return the words of 1 to 999: hai trăm, ba trăm linh năm, mười lăm, hai mươi mốt."""
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    words = [] if is_first and not hundreds else [_DIGITS[hundreds], "trăm"]
    if tens == 0:
        return [*words, *(["linh"] if words else []), _DIGITS[ones]] if ones else words
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        return [*words, "mốt"]
    if ones == 5:
        return [*words, "lăm"]
    return [*words, _DIGITS[ones]] if ones else words
