"""Sums in words, as people say them in the north: linh, mươi, mốt, lăm, nghìn, tỷ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.payments.words import MOST, amount_in_words

TABLE = """
0|không
1|một
4|bốn
5|năm
9|chín
10|mười
11|mười một
14|mười bốn
15|mười lăm
19|mười chín
20|hai mươi
21|hai mươi mốt
24|hai mươi bốn
25|hai mươi lăm
31|ba mươi mốt
45|bốn mươi lăm
51|năm mươi mốt
55|năm mươi lăm
90|chín mươi
91|chín mươi mốt
99|chín mươi chín
100|một trăm
101|một trăm linh một
104|một trăm linh bốn
105|một trăm linh năm
109|một trăm linh chín
110|một trăm mười
111|một trăm mười một
115|một trăm mười lăm
120|một trăm hai mươi
121|một trăm hai mươi mốt
125|một trăm hai mươi lăm
200|hai trăm
505|năm trăm linh năm
555|năm trăm năm mươi lăm
999|chín trăm chín mươi chín
1000|một nghìn
1001|một nghìn không trăm linh một
1005|một nghìn không trăm linh năm
1010|một nghìn không trăm mười
1011|một nghìn không trăm mười một
1015|một nghìn không trăm mười lăm
1021|một nghìn không trăm hai mươi mốt
1100|một nghìn một trăm
2000|hai nghìn
3000|ba nghìn
5000|năm nghìn
8000|tám nghìn
10000|mười nghìn
11000|mười một nghìn
15000|mười lăm nghìn
20500|hai mươi nghìn năm trăm
21000|hai mươi mốt nghìn
25000|hai mươi lăm nghìn
50000|năm mươi nghìn
75000|bảy mươi lăm nghìn
100000|một trăm nghìn
101000|một trăm linh một nghìn
105005|một trăm linh năm nghìn không trăm linh năm
110000|một trăm mười nghìn
200000|hai trăm nghìn
999999|chín trăm chín mươi chín nghìn chín trăm chín mươi chín
1000000|một triệu
1000001|một triệu không trăm linh một
1000010|một triệu không trăm mười
1000100|một triệu một trăm
1001000|một triệu không trăm linh một nghìn
1005021|một triệu không trăm linh năm nghìn không trăm hai mươi mốt
1021000|một triệu không trăm hai mươi mốt nghìn
1234567|một triệu hai trăm ba mươi bốn nghìn năm trăm sáu mươi bảy
10000000|mười triệu
15500000|mười lăm triệu năm trăm nghìn
21000000|hai mươi mốt triệu
100000000|một trăm triệu
105000000|một trăm linh năm triệu
1000000000|một tỷ
1000000001|một tỷ không trăm linh một
1000001000|một tỷ không trăm linh một nghìn
1001000000|một tỷ không trăm linh một triệu
1500000000|một tỷ năm trăm triệu
2005010015|hai tỷ không trăm linh năm triệu không trăm mười nghìn không trăm mười lăm
21000000000|hai mươi mốt tỷ
1000000000000|một nghìn tỷ
1500000000000|một nghìn năm trăm tỷ
2001000000005|hai nghìn không trăm linh một tỷ không trăm linh năm
"""
ROWS = [row.split("|") for row in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("amount", "words"), ROWS)
def test_a_sum_is_written_as_it_is_said(amount: str, words: str) -> None:
    assert amount_in_words(int(amount)) == f"{words[0].upper()}{words[1:]} đồng"


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 60


VALUES = {"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7}
VALUES |= {"tám": 8, "chín": 9}


def heard(words: str) -> int:
    """Read a sum back from its words, as a listener adds it up."""
    total = group = digit = 0
    for word in words.lower().removesuffix(" đồng").split():
        match word:
            case "trăm":
                group, digit = digit * 100, 0
            case "mười":
                group, digit = group + 10, 0
            case "mươi":
                group, digit = group + digit * 10, 0
            case "linh":
                pass
            case "nghìn" | "triệu":
                size = {"nghìn": 1000, "triệu": 10**6}[word]
                total, group, digit = total + (group + digit) * size, 0, 0
            case "tỷ":
                total, group, digit = (total + group + digit) * 10**9, 0, 0
            case _:
                digit = VALUES[word]
    return total + group + digit


@given(st.integers(0, MOST))
def test_whoever_hears_a_sum_writes_the_same_figures(amount: int) -> None:
    assert heard(amount_in_words(amount)) == amount


@pytest.mark.parametrize("amount", [-1, MOST + 1])
def test_what_is_no_sum_has_no_words(amount: int) -> None:
    with pytest.raises(ValueError):
        amount_in_words(amount)
