"""A moment in an address is the moment that stands in the database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.web.moments import moment_of, number_of


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert moment_of(number_of(moment)) == moment


@pytest.mark.parametrize("number", [10**18, -(10**17), 10**60])
def test_a_number_beyond_the_calendar_is_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        moment_of(number)
