"""What a fault leaves behind for the questions after it: kept connections, pauses, and what was typed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.faults.browser import NOT_CHECKED, SUCCEEDED, Browser
from tests.faults.conftest import UNLIMITED, UNWATCHED, Stack
from tests.faults.fault_proxy import answering
from tests.faults.touch_points import TOUCH_POINTS
from tests.people import cast
from tests.population.stub_register import http
from tests.product_process import ProductProcess, Store, eventually, start_product

SOON = 20


def checks(stack: Stack, touch_point: str) -> list[tuple[str, str]]:
    question = f"SELECT outcome, reason FROM verification_identitycheck WHERE touch_point = '{touch_point}'"
    return stack.product.store.rows(question)


def test_a_kept_connection_whose_other_side_vanished_costs_one_question_and_the_next_gets_a_fresh_one(
    shaky: Stack,
) -> None:
    worker, proxy = shaky.product.workers()[0], shaky.proxy
    proxy.hangs_up()  # whatever other tests left in the pool
    for touch_point in TOUCH_POINTS:
        visit = touch_point(shaky, shaky.people.pop())
        with shaky.product.only(worker):
            shaky.visitor(cast.lan).presses_check(shaky.people.pop().person)
            shaky.records_waiting += 1
            known, arrived, before = proxy.connections, len(proxy.questions), checks(shaky, visit.name)
            proxy.vanishes()

            page = shaky.at_once(visit.presses).result(SOON)

            assert page.outcome() == NOT_CHECKED
            assert visit.lost(page) == []
            assert sorted(checks(shaky, visit.name)) == sorted([*before, ("unanswered", "timeout")])
            assert (proxy.connections, len(proxy.questions)) == (known, arrived), "nothing was asked again"

            assert visit.is_through(visit.presses_again())
            assert (proxy.connections, len(proxy.questions)) == (known + 1, arrived + 1)


def test_a_kept_connection_that_the_register_closed_is_replaced_before_anything_is_asked(
    shaky: Stack,
) -> None:
    with shaky.product.only(shaky.product.workers()[0]):
        for touch_point in TOUCH_POINTS:
            visit = touch_point(shaky, shaky.people.pop())
            arrived = len(shaky.proxy.questions)
            shaky.proxy.hangs_up()
            assert visit.is_through(visit.presses()), visit.name
            assert len(shaky.proxy.questions) == arrived + 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_register_that_names_a_time_is_asked_by_nobody_until_then(shaky: Stack, form: str) -> None:
    visits = [touch_point(shaky, shaky.people.pop()) for touch_point in TOUCH_POINTS]
    proxy, desk = shaky.proxy, visits[0]
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    proxy.fault = answering(http(b"", "503 Busy", Retry_After="60" if form == "seconds" else until))
    assert desk.presses().outcome() == NOT_CHECKED
    proxy.heals()
    arrived, before = len(proxy.questions), {visit.name: checks(shaky, visit.name) for visit in visits}

    for worker in shaky.product.workers():
        with shaky.product.only(worker):
            pages = [shaky.at_once(visit.presses) for visit in visits]
            for visit, page in zip(visits, pages, strict=True):
                assert page.result(SOON).outcome() == NOT_CHECKED, visit.name
                assert visit.lost(page.result()) == [], visit.name

    assert len(proxy.questions) == arrived
    for name, known in before.items():
        assert sorted(checks(shaky, name)) == sorted([*known, *[("unanswered", "breaker_open")] * 2])
    shaky.write("UPDATE verification_linerow SET paused_until = paused_until - 61")
    assert [visit.is_through(visit.presses_again()) for visit in visits] == [True, True, True]
    assert len(proxy.questions) == arrived + 3


def test_a_pause_that_the_register_asked_for_ends_by_itself(shaky: Stack) -> None:
    desk, arrived = TOUCH_POINTS[0](shaky, shaky.people.pop()), len(shaky.proxy.questions)
    shaky.proxy.fault = answering(http(b"", "503 Busy", Retry_After="1"))
    assert desk.presses().outcome() == NOT_CHECKED
    shaky.proxy.heals()

    eventually(lambda: desk.presses().outcome() == SUCCEEDED, "the pause to end")

    shaky.records_waiting += 1
    assert len(shaky.proxy.questions) == arrived + 2


def test_an_answer_with_a_field_that_nobody_knows_is_an_answer_and_the_operator_hears_of_the_field(
    shaky: Stack,
) -> None:
    visits = [touch_point(shaky, shaky.people.pop()) for touch_point in TOUCH_POINTS]
    said = shaky.product.said().count("npd.unknown_elements count=1 ")
    shaky.sandbox.trouble("extra_field")

    for visit in visits:
        assert visit.is_through(visit.presses()), visit.name

    assert shaky.product.said().count("npd.unknown_elements count=1 ") == said + 3


def test_a_host_name_without_an_address_is_not_checked_and_all_goes_on_when_the_name_is_mended(
    filled: Store, shaky: Stack, tmp_path: Path
) -> None:
    store = filled.copy(tmp_path / "product")
    nowhere = {"NPD_URL": "http://register.invalid/c06/{operation}", "NPD_SECRET": "not-the-sandbox-s"}
    person = shaky.people.pop().person
    hurried = {"NPD_TOTAL_SECONDS": "2.5", "NPD_CONNECT_SECONDS": "1", "NPD_BREAKER_FAILURES": "1000"}

    def started(**changes: str) -> ProductProcess:
        return start_product(store, shaky.sandbox, **UNLIMITED, **UNWATCHED, **changes)

    product = started(**nowhere, **hurried)
    try:
        officer, citizen = Browser(product.url), Browser(product.url)
        officer.log_in(cast.lan)
        citizen.log_in(cast.an)
        step = citizen.starts_filing()
        pages = [
            officer.presses_check(person, phone="0987650123"),
            Browser(product.url).registers(person, phone="0987650123", email="thu@example.com"),
            citizen.agrees(step, phone="0987650123"),
        ]
        assert [page.outcome() for page in pages] == [NOT_CHECKED] * 3
        assert ['value="0987650123"' in page.text for page in pages] == [True] * 3
        told = store.rows("SELECT outcome, reason FROM verification_identitycheck")
        assert len(told) == 3
        assert set(told) <= {("unanswered", "connection"), ("unanswered", "timeout")}
        assert "NPD_URL" in product.said()
    finally:
        assert product.stop() == 0
    assert shaky.sandbox.journal() == []

    product = started()
    try:
        citizen, officer = Browser(product.url), Browser(product.url)
        citizen.log_in(cast.an)
        officer.log_in(cast.lan)
        assert citizen.starts_filing() == step
        assert 'value="0987650123"' in citizen.get(step).text
        assert citizen.agrees(step).path != step
        assert officer.presses_check(person).outcome() == SUCCEEDED
        assert Browser(product.url).registers(person, email="thu@example.com").path == "/dang-ky/hoan-tat/"
    finally:
        assert product.stop() == 0
