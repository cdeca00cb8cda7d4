"""The arithmetic: trees as RFC 6962 has them, spans, contents."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.audit import chain


def by_the_book(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_the_book(leaves[:split]) + by_the_book(leaves[split:])).digest()


@pytest.mark.parametrize("count", [*range(1, 40), 255, 256, 257])
def test_a_root_is_the_one_of_rfc_6962(count: int) -> None:
    leaves = [sha256(b"\x00%d" % number).digest() for number in range(count)]

    assert chain.root(leaves) == by_the_book(leaves).hex()


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert chain.root([]) == sha256(b"").hexdigest()


@given(st.sets(st.integers(1, 200)))
def test_spans_hold_the_ids_that_were_put_in(ids: set[int]) -> None:
    spans = chain.spans_of(sorted(ids))

    assert set(chain.ids_of(chain.read_spans(chain.written(spans)))) == ids
    assert chain.joined(spans) == spans
    free = {one for one in range(1, max(ids, default=0)) if one not in ids}
    assert set(chain.ids_of(chain.gaps(spans, 0))) == free


@pytest.mark.parametrize("text", ["x", "1-", "5-3", "1,,2", "1-2-3"])
def test_spans_that_we_did_not_write_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        chain.read_spans(text)


def test_a_content_is_the_same_as_it_is_written_and_as_either_database_keeps_it() -> None:
    at = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)
    details = {"b": [1, True, None], "a": "Đặng"}
    written = chain.content(at, "x.y", None, "", "s", details)

    for kept in ('{"a": "Đặng", "b": [1, true, null]}', '{"b":[1,true,null],"a":"\\u0110\\u1eb7ng"}'):
        assert chain.content("2026-03-02 01:02:03", "x.y", None, "", "s", kept) == written
        assert chain.content("2026-03-02 01:02:03.000000", "x.y", None, "", "s", kept) == written
    assert chain.content(at, "x.y", 0, "", "s", details) != written
