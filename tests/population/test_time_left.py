"""A question that has less time than its line gives ends with its own time, whatever the way in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from motcua.identity.register import CouldNotAsk, Trouble
from motcua.population.transports.c06 import C06
from motcua.population.transports.lgsp_json import LgspJson
from motcua.population.transports.xroad import XRoad
from tests.population.stub_register import StubRegister, silent
from tests.population.test_transports import ASKED_BY, MOMENT, OPERATION, settings_for


@pytest.mark.parametrize(("transport", "name"), [(C06, "c06"), (XRoad, "xroad"), (LgspJson, "lgsp_json")])
def test_what_is_left_of_the_time_bounds_the_second_line(transport, name: str) -> None:
    with StubRegister(silent) as stub:  # hangs up after ten seconds
        line = transport(settings_for(stub.url, transport=name, connect_seconds=5, total_seconds=60))
        with pytest.raises(CouldNotAsk) as caught:
            line.post(OPERATION, b"{}", inquiry=replace(ASKED_BY, seconds=0.2), now=lambda: MOMENT)

    assert caught.value.trouble is Trouble.TIMEOUT
    assert not caught.value.is_unsent
