"""Two lines to the register: one takes over from the other, by health or by hand; no question is lost or doubled."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.faults.browser import NOT_CHECKED, SUCCEEDED
from tests.faults.conftest import UNLIMITED, UNWATCHED, Stack, strangers
from tests.faults.fault_proxy import FaultProxy, lost, silent
from tests.faults.touch_points import TOUCH_POINTS
from tests.people import cast
from tests.product_process import MOTCUA, Store, environment, eventually, start_product
from tests.sandbox_process import SandboxProcess, start_sandbox

SOON = 20
VARIABLES = {
    **UNLIMITED,
    **UNWATCHED,
    "NPD_TOTAL_SECONDS": "2",
    "NPD_CONNECT_SECONDS": "0.7",
    "NPD_BREAKER_FAILURES": "1000",
    "NPD_BREAKER_SECONDS": "1",
    "MOTCUA_THREADS": "4",
}


@dataclass
class TwoLines:
    """A product with two lines, each through a proxy to a register of its own."""

    stack: Stack
    primary: FaultProxy
    standby: FaultProxy
    registers: tuple[SandboxProcess, SandboxProcess]
    variables: dict[str, str]

    def use(self, mode: str) -> None:
        """Run ``motcua npd use``."""
        given = environment(**self.stack.product.store.variables, **self.variables)
        subprocess.run([MOTCUA, "npd", "use", mode], env=given, check=True, stdout=subprocess.DEVNULL)

    def arrived(self) -> Counter[str]:
        """Count how often each question arrived, over both lines."""
        return Counter(q.request_id for proxy in (self.primary, self.standby) for q in list(proxy.questions))

    def book(self) -> dict[str, tuple[str, str, str]]:
        """Return outcome, reason and route of each question of a person."""
        question = """SELECT request_id, outcome, reason, route FROM verification_identitycheck
            WHERE touch_point <> 'operation'"""
        return {
            request: (outcome, why, route)
            for request, outcome, why, route in self.stack.product.store.rows(question)
        }


@pytest.fixture(scope="session")
def running_two_lines(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoLines]:
    folder = tmp_path_factory.mktemp("two-lines")
    registers, proxies = [], []
    try:
        for name in ("primary", "standby"):
            (folder / name).mkdir()
            people = strangers(folder / name)  # the same people in both
            registers.append(start_sandbox(folder / name))
            proxies.append(FaultProxy(urlsplit(registers[-1].url).port or 0))
        variables = {
            **VARIABLES,
            "NPD_URL": f"http://127.0.0.1:{proxies[0].port}/c06/{{operation}}",
            "NPD_STANDBY_TRANSPORT": "c06",
            "NPD_STANDBY_URL": f"http://127.0.0.1:{proxies[1].port}/c06/{{operation}}",
        }
        product = start_product(filled.copy(folder / "product"), registers[0], **variables)
        stack = Stack(product, registers[0], folder, proxy=proxies[0], people=people)
        yield TwoLines(stack, *proxies, tuple(registers), variables)
        stack.end()
    finally:
        for proxy in proxies:
            proxy.end()
        for register in registers:
            register.stop()


@pytest.fixture
def two_lines(running_two_lines: TwoLines) -> TwoLines:
    """Return the product with two lines: both whole, chosen by health, and nothing remembered against either."""
    running_two_lines.primary.heals()
    running_two_lines.standby.heals()
    running_two_lines.stack.write("UPDATE verification_linechoice SET mode = 'auto'")
    running_two_lines.stack.write(
        "UPDATE verification_linerow SET failed_at = '[]', opened_at = NULL, paused_until = 0, next_probe_at = 0"
    )
    return running_two_lines


def test_a_primary_line_that_refuses_is_replaced_at_once_at_every_touch_point_and_nothing_is_asked_twice(
    two_lines: TwoLines,
) -> None:
    stack = two_lines.stack
    visits = [touch_point(stack, stack.people.pop()) for touch_point in TOUCH_POINTS]
    before, primary = two_lines.book(), len(two_lines.primary.questions)
    two_lines.primary.refuses()

    presses = [stack.at_once(visit.presses) for visit in visits]
    for visit, press in zip(visits, presses, strict=True):
        assert visit.is_through(press.result(SOON)), visit.name

    asked = {request: row for request, row in two_lines.book().items() if request not in before}
    assert list(asked.values()) == [("verified", "", "standby")] * 3
    assert {two_lines.arrived()[request] for request in asked} == {1}
    assert len(two_lines.primary.questions) == primary

    two_lines.primary.heals()
    officer = stack.visitor(cast.lan)
    assert officer.presses_check(stack.people.pop().person).outcome() == SUCCEEDED
    stack.records_waiting += 1
    assert len(two_lines.primary.questions) == primary + 1


@pytest.mark.parametrize("fault", [silent, lost])
def test_a_question_that_may_have_been_read_never_takes_the_other_line(two_lines: TwoLines, fault) -> None:
    stack = two_lines.stack
    visits = [touch_point(stack, stack.people.pop()) for touch_point in TOUCH_POINTS]
    before, standby = two_lines.book(), len(two_lines.standby.questions)
    two_lines.primary.fault = fault

    presses = [stack.at_once(visit.presses) for visit in visits]
    for visit, press in zip(visits, presses, strict=True):
        assert press.result(SOON).outcome() == NOT_CHECKED, visit.name
        assert visit.lost(press.result()) == [], visit.name

    asked = {request: row for request, row in two_lines.book().items() if request not in before}
    assert {(outcome, route) for outcome, _, route in asked.values()} == {("unanswered", "primary")}
    assert {two_lines.arrived()[request] for request in asked} == {1}
    assert len(two_lines.standby.questions) == standby


def test_no_line_at_all_is_not_checked_and_the_next_press_takes_whichever_comes_back(
    two_lines: TwoLines,
) -> None:
    stack = two_lines.stack
    visits = [touch_point(stack, stack.people.pop()) for touch_point in TOUCH_POINTS]
    two_lines.primary.refuses()
    two_lines.standby.refuses()
    before, arrived = two_lines.book(), two_lines.arrived().total()

    presses = [stack.at_once(visit.presses) for visit in visits]
    for visit, press in zip(visits, presses, strict=True):
        assert press.result(SOON).outcome() == NOT_CHECKED, visit.name
        assert visit.lost(press.result()) == [], visit.name
    asked = {request: row for request, row in two_lines.book().items() if request not in before}
    assert [row[:2] for row in asked.values()] == [("unanswered", "connection")] * 3
    assert two_lines.arrived().total() == arrived

    two_lines.standby.heals()
    presses = [stack.at_once(visit.presses_again) for visit in visits]
    for visit, press in zip(visits, presses, strict=True):
        assert visit.is_through(press.result(SOON)), visit.name


def test_a_primary_line_that_is_shut_is_left_alone_until_a_probe_finds_it_well(two_lines: TwoLines) -> None:
    stack, officer = two_lines.stack, two_lines.stack.visitor(cast.lan)
    far = time.time() + 60  # farther ahead no clock that is right ever writes it
    stack.write(
        f"UPDATE verification_linerow SET opened_at = 1, next_probe_at = {far} WHERE name = 'primary'"
    )
    primary, standby = len(two_lines.primary.questions), len(two_lines.standby.questions)
    for _ in range(3):
        assert officer.presses_check(stack.people.pop().person).outcome() == SUCCEEDED
        stack.records_waiting += 1
    assert (len(two_lines.primary.questions), len(two_lines.standby.questions)) == (primary, standby + 3)

    stack.write("UPDATE verification_linerow SET next_probe_at = 0 WHERE name = 'primary'")

    def is_back() -> bool:
        shown = officer.presses_check(stack.people.pop().person)
        stack.records_waiting += shown.outcome() == SUCCEEDED
        assert shown.outcome() == SUCCEEDED
        return len(two_lines.primary.questions) >= primary + 2  # the probe, and a person

    eventually(is_back, "the primary line to be taken again")


def test_lines_switched_by_hand_under_load_lose_and_double_nothing(two_lines: TwoLines) -> None:
    stack, ended = two_lines.stack, threading.Event()
    before = two_lines.book()

    def presses() -> list[str]:
        officer, seen = stack.visitor(cast.lan), []
        while not ended.is_set():
            seen.append(officer.presses_check(stack.people.pop().person).outcome())
        return seen

    working = [stack.pool.submit(presses) for _ in range(2)]
    try:
        for mode, proxy in (("standby", two_lines.standby), ("primary", two_lines.primary)):
            two_lines.use(mode)
            arrived = len(proxy.questions)
            eventually(lambda: len(proxy.questions) >= arrived + 4, f"questions on the {mode} line")  # noqa: B023
        two_lines.use("standby")
        left = len(two_lines.primary.questions)
        officer = stack.visitor(cast.lan)
        assert officer.presses_check(stack.people.pop().person).outcome() == SUCCEEDED
        assert len(two_lines.primary.questions) <= left + 2, "only what was under way already"
    finally:
        ended.set()
    outcomes = [outcome for done in working for outcome in done.result(SOON)] + [SUCCEEDED]
    stack.records_waiting += len(outcomes)

    assert set(outcomes) == {SUCCEEDED}
    asked = {request: row for request, row in two_lines.book().items() if request not in before}
    assert len(asked) == len(outcomes)
    assert {outcome for outcome, _, _ in asked.values()} == {"verified"}
    arrived_at = {
        "primary": Counter(q.request_id for q in two_lines.primary.questions),
        "standby": Counter(q.request_id for q in two_lines.standby.questions),
    }
    assert {two_lines.arrived()[request] for request in asked} == {1}
    assert all(arrived_at[route][request] == 1 for request, (_, _, route) in asked.items())
