"""The register hangs, drips, dies, comes back; a worker dies while a question is out."""

from __future__ import annotations

import os
import signal
import time

from tests.faults.browser import FAILED, NOT_CHECKED, SUCCEEDED, Browser
from tests.faults.conftest import Stack, masked
from tests.people import cast
from tests.product_process import eventually

PING_NUMBER = "999193000099"
# Far less than the sandbox holds an answer back, far more than the time that a question has.
SOON = 20


def probes(stack: Stack) -> int:
    return sum(entry["number"] == masked(PING_NUMBER) for entry in stack.sandbox.journal())


def test_a_register_that_hangs_is_told_as_not_checked_then_at_once_by_every_worker_and_heals_by_itself(
    hasty: Stack,
) -> None:
    officer, citizen = hasty.visitor(cast.lan), hasty.visitor(cast.an)
    step = citizen.starts_filing()
    hasty.sandbox.reset()
    hasty.sandbox.trouble("no_answer")
    began = time.monotonic()

    first = [hasty.at_once(officer.presses_check, cast.an), hasty.at_once(citizen.agrees, step)]
    assert [page.result(SOON).outcome() for page in first] == [NOT_CHECKED, NOT_CHECKED]
    asked = hasty.questions(cast.an)
    assert asked == 2

    for worker in hasty.product.workers():
        with hasty.product.only(worker):
            page = officer.presses_check(cast.an)
            assert page.outcome() == NOT_CHECKED
            assert "gián đoạn từ" in page.text
            assert citizen.agrees(step).outcome() == NOT_CHECKED
            assert citizen.get("/thu-tuc/").status == 200
            assert citizen.get("/healthz").status == 200
    assert hasty.questions(cast.an) == asked

    # Whoever looks at the line may start a probe; over all processes there is one a second.
    lookers = [hasty.visitor(cast.lan) for _ in range(3)]
    eventually(
        lambda: (
            [page.result(SOON) for page in [hasty.at_once(hasty.is_open, looker) for looker in lookers]]
            and probes(hasty) >= 3
        ),
        "three probes",
    )
    sent = probes(hasty)
    assert sent <= time.monotonic() - began + 1

    hasty.sandbox.clear()
    eventually(lambda: hasty.is_open(officer), "the line to heal")
    assert hasty.sandbox.journal()[-1]["number"] == masked(PING_NUMBER)
    for worker in hasty.product.workers():
        with hasty.product.only(worker):
            assert officer.presses_check(cast.an).outcome() == SUCCEEDED
    assert "rejected" not in hasty.outcomes("reception") | hasty.outcomes("filing")


def test_a_question_whose_worker_was_killed_has_no_outcome_and_its_place_is_given_back(hasty: Stack) -> None:
    visitor, other = Browser(hasty.product.url), Browser(hasty.product.url)
    visitor.get("/dang-ky/")
    hasty.sandbox.trouble("no_answer", number=cast.hmai.number)
    before = hasty.product.workers()
    victim = before[0]

    with hasty.product.only(victim):
        lost = hasty.at_once(visitor.registers, cast.hmai)
        eventually(lambda: hasty.questions(cast.hmai), "the question to reach the register")
        os.kill(victim, signal.SIGKILL)
    assert lost.exception(SOON) is not None

    assert fates(hasty, cast.hmai.number) == [("", None)]
    assert other.get("/healthz").status == 200
    asked = hasty.questions(cast.cuc)
    assert other.registers(cast.cuc).outcome() == NOT_CHECKED
    assert hasty.questions(cast.cuc) == asked, "the one place of the portal was still taken"
    eventually(
        lambda: len(set(hasty.product.workers()) - set(before)) == 1 and len(hasty.product.workers()) == 2,
        "a new worker",
    )
    eventually(lambda: other.registers(cast.cuc).path == "/dang-ky/hoan-tat/", "the place to be given back")
    assert fates(hasty, cast.hmai.number) == [("", None)]
    assert "rejected" not in hasty.outcomes("registration")


def fates(stack: Stack, number: str) -> list[tuple[str, object]]:
    shown = masked(number)
    question = (
        "SELECT number_masked, outcome, answered_at FROM verification_identitycheck WHERE touch_point <> ''"
    )
    return [(outcome, at) for seen, outcome, at in stack.product.store.rows(question) if same(seen, shown)]


def same(seen: str, shown: str) -> bool:
    return seen[:3] == shown[:3] and seen[-3:] == shown[-3:]


def test_questions_that_hang_are_bounded_the_desk_keeps_its_share_and_pages_answer(patient: Stack) -> None:
    officer = patient.visitor(cast.lan)
    patient.sandbox.reset()
    patient.sandbox.trouble("no_answer", number=cast.cuc.number)
    patient.sandbox.trouble("no_answer", number=cast.duc.number)
    worker = patient.product.workers()[0]

    with patient.product.only(worker):
        portal = [patient.at_once(Browser(patient.product.url).registers, cast.cuc) for _ in range(4)]
        eventually(lambda: patient.questions(cast.cuc) == 4, "the portal's share to be full")
        assert Browser(patient.product.url).registers(cast.cuc).outcome() == NOT_CHECKED
        assert patient.questions(cast.cuc) == 4

        desk = [patient.at_once(patient.visitor(cast.lan).presses_check, cast.duc) for _ in range(2)]
        eventually(lambda: patient.questions(cast.duc) == 2, "the desk's share to be full")
        assert officer.presses_check(cast.duc).outcome() == NOT_CHECKED
        assert patient.questions(cast.duc) == 2

        # Every question hangs in this one worker, and its pages answer all the same.
        for path in ("/healthz", "/thu-tuc/", "/mot-cua/", "/mot-cua/tiep-nhan/"):
            assert officer.get(path).status == 200
        assert not any(page.done() for page in portal + desk)

    patient.sandbox.process.kill()
    assert {page.result(SOON).outcome() for page in portal + desk} == {NOT_CHECKED}
    patient.sandbox.stop()
    assert officer.presses_check(cast.duc).outcome() == NOT_CHECKED, "nobody listens where the register was"
    patient.restart_register()
    assert officer.presses_check(cast.duc).outcome() == SUCCEEDED
    assert FAILED not in officer.presses_check(cast.duc).text
    assert "rejected" not in patient.outcomes("reception") | patient.outcomes("registration")
