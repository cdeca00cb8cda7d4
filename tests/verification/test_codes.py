"""The short code of a check: from its id and back, however it was typed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.verification.codes import code_of, parse_code

IDS = st.uuids(version=4)
DASHES = ["-", "", " ", "–", " — ", "\u2011", "\u200b-", "\u2060"]


@given(IDS, st.sampled_from(DASHES), st.booleans(), st.sampled_from("1ILil"), st.sampled_from("0Oo"))
def test_a_code_leads_back_to_its_check_however_it_is_typed(check_id, dash, is_lower, one, zero) -> None:
    code = code_of(check_id)
    typed = code.replace("-", dash).replace("1", one).replace("0", zero)
    ids = parse_code(typed.lower() if is_lower else typed)

    assert ids is not None
    assert ids[0] <= check_id <= ids[1]
    assert code_of(ids[0]) == code_of(ids[1]) == code


@given(IDS, IDS)
def test_two_checks_that_differ_in_their_first_half_have_two_codes(one, other) -> None:
    assert (code_of(one) == code_of(other)) == (one.hex[:16] == other.hex[:16])


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_code_or_none(text) -> None:
    ids = parse_code(text)

    assert ids is None or ids[1].int - ids[0].int == 2**64 - 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "7K3M-0A1B-2C3",
        "7K3M-0A1B-2C3DE",
        "7K3M-0A1B-2C3U",
        "7K3M-0A1B-2C3Đ",
        "٧K3M-0A1B-2C3D",
        "0" * 99,
    ],
)
def test_what_is_no_code_is_none(text) -> None:
    assert parse_code(text) is None


def test_a_known_id_has_the_code_that_is_printed_on_paper() -> None:
    assert code_of(uuid.UUID("ffffffff-ffff-4000-8000-000000000000")) == "ZZZZ-ZZZZ-ZW00"
