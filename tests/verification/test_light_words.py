"""The light of the register, in words, icon and colour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from motcua.verification.service import Light, LineStatus
from motcua.verification.templatetags.register_light import words

NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)  # 09:40 in Hà Nội
JUST_NOW = NOW - timedelta(seconds=30)
TWELVE_PAST_NINE = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_that_hour() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize(
    ("light", "seconds", "said"),
    [
        (Light.FINE, 0.3, "CSDLQG về dân cư trả lời trong 0,3 giây"),
        (Light.FINE, 0.28, "CSDLQG về dân cư trả lời trong 0,3 giây"),
        (Light.FINE, 0.004, "CSDLQG về dân cư trả lời trong chưa đến 0,1 giây"),
        (Light.FINE, 0.98, "CSDLQG về dân cư trả lời trong 1 giây"),
        (Light.FINE, None, "CSDLQG về dân cư có trả lời"),
        (Light.SLOW, 4.0, "CSDLQG về dân cư chậm (trả lời trong 4 giây)"),
        (Light.SLOW, 2.54, "CSDLQG về dân cư chậm (trả lời trong 2,5 giây)"),
        (Light.SLOW, 12.4, "CSDLQG về dân cư chậm (trả lời trong 12 giây)"),
        (Light.SLOW, 0.3, "CSDLQG về dân cư trả lời chập chờn"),
        (Light.SLOW, None, "CSDLQG về dân cư trả lời chập chờn"),
    ],
)
def test_the_light_tells_how_fast_the_register_answers(
    light: Light, seconds: float | None, said: str
) -> None:
    assert words(LineStatus(light, seconds, None, JUST_NOW), NOW) == said


def test_an_outage_is_told_with_its_beginning() -> None:
    outage = LineStatus(Light.DOWN, 0.3, TWELVE_PAST_NINE, TWELVE_PAST_NINE)
    assert words(outage, NOW) == "CSDLQG về dân cư gián đoạn từ 09:12"


def test_an_outage_that_began_yesterday_is_told_with_its_date() -> None:
    outage = LineStatus(Light.DOWN, None, TWELVE_PAST_NINE - timedelta(days=1), None)
    assert words(outage, NOW) == "CSDLQG về dân cư gián đoạn từ 09:12 ngày 22/11/2026"


def test_the_day_of_an_outage_is_the_local_day() -> None:
    past_midnight_here = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    assert words(LineStatus(Light.DOWN, None, past_midnight_here, None), NOW).endswith("từ 00:30")


def test_an_outage_just_met_has_no_beginning_yet() -> None:
    assert words(LineStatus(Light.DOWN, 0.3, None, JUST_NOW), NOW) == "CSDLQG về dân cư đang gián đoạn"


def test_a_register_never_heard_is_neither_well_nor_out_of_reach() -> None:
    said = words(LineStatus(Light.UNKNOWN, None, None, None), NOW)
    assert said == "CSDLQG về dân cư: chưa rõ tình trạng kết nối"
    assert "gián đoạn" not in said


def test_an_old_light_tells_when_the_register_was_heard() -> None:
    said = words(LineStatus(Light.FINE, 0.3, None, TWELVE_PAST_NINE), NOW)
    assert said == "CSDLQG về dân cư trả lời trong 0,3 giây, trả lời lần cuối lúc 09:12"
    said = words(LineStatus(Light.UNKNOWN, None, None, TWELVE_PAST_NINE - timedelta(days=2)), NOW)
    assert said.endswith("trả lời lần cuối lúc 09:12 ngày 21/11/2026")


def _drawn(text: str, **context: object) -> str:
    return Template("{% load register_light %}" + text).render(Context(context))


@pytest.mark.parametrize("light", Light)
def test_each_light_has_its_own_look(light: Light) -> None:
    drawn = _drawn("{% register_light line %}", line=LineStatus(light, 0.3, None, JUST_NOW))
    assert f'class="light {light.value}" id="duong-truyen"' in drawn
    assert "hx-swap-oob" not in drawn


def test_a_light_sent_along_takes_its_own_place() -> None:
    line = LineStatus(Light.FINE, 0.3, None, JUST_NOW)
    assert 'hx-swap-oob="true"' in _drawn("{% register_light line is_swapped=True %}", line=line)


@pytest.mark.django_db
def test_a_page_pays_one_query_for_the_light() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert "chưa rõ tình trạng" in _drawn("{% register_light %}")
    assert len(queries) == 1
