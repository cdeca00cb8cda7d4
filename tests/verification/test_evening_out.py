"""How long a no takes on the portal does not tell what the register found."""

from __future__ import annotations

import pytest

from motcua.verification.service import _even_out


@pytest.mark.parametrize(
    ("took", "waits"), [(0.02, 0.48), (0.13, 0.37), (0.499, 0.001), (0.51, 0.49), (7.9, 0.1)]
)
def test_a_no_comes_after_a_whole_number_of_half_seconds(settings, took: float, waits: float) -> None:
    settings.REJECTED_STEP_SECONDS = 0.5
    slept: list[float] = []

    _even_out(took, slept.append)

    assert slept == [pytest.approx(waits)]


def test_it_can_be_switched_off(settings) -> None:
    settings.REJECTED_STEP_SECONDS = 0
    slept: list[float] = []

    _even_out(0.1, slept.append)

    assert slept == []
