"""Names stand where a Vietnamese reader looks for them."""

from __future__ import annotations

import random
import unicodedata

import pytest

from motcua.web.alphabet import alphabetical

IN_ORDER = [
    "An", "Ăn", "Ân", "Dũng", "Đặng", "Đỗ", "Em", "Ê Đê", "Hòa", "Hóa", "Hồ", "La", "Là", "Lả", "Lã", "Lá", "Lạ", "Lan",
    "Ơn", "Uy", "Ưu", "Vũ", "Y",
]  # fmt: skip


@pytest.mark.parametrize("writing", ["NFC", "NFD"])
def test_letters_come_before_tones_and_each_letter_has_its_place(writing: str) -> None:
    shuffled = [unicodedata.normalize(writing, name) for name in random.sample(IN_ORDER, len(IN_ORDER))]

    assert [unicodedata.normalize("NFC", name) for name in sorted(shuffled, key=alphabetical)] == IN_ORDER


def test_capitals_and_small_letters_are_one() -> None:
    assert alphabetical("ĐẶNG THỊ Ơn") == alphabetical("đặng thị ơn")
