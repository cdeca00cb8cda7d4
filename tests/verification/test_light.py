"""The traffic light tells what questions and probes met, and never more."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.identity.claims import IdentityClaim
from motcua.identity.register import Answer, Barred, CouldNotAsk, Inquiry, MessageIds, NotPermitted, Trouble
from motcua.verification import line, probing
from motcua.verification.line import Heard
from motcua.verification.models import IdentityCheck, LineRow, Route
from motcua.verification.registers import use_register
from motcua.verification.service import Light, line_status, ping

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)


def heard(seconds: float, *, at: float = 0.0) -> None:
    """Let the primary line answer once, after so many seconds."""
    moment = NOW.timestamp() + at
    line.record_answer(Route.PRIMARY, line.read(moment)[Route.PRIMARY], moment, seconds)


def light(at: float = 0.0) -> Light:
    return line_status(now=NOW + timedelta(seconds=at)).light


def fail(*, at: float) -> None:
    line.record_failure(Route.PRIMARY, NOW.timestamp() + at, None)


def test_a_wish_to_be_left_alone_outlasts_answers_to_questions_from_before_it(register) -> None:
    fail(at=0)
    before = line.read(NOW.timestamp())[Route.PRIMARY]
    line.record_failure(Route.PRIMARY, NOW.timestamp() + 1, 30.0)

    line.record_answer(Route.PRIMARY, before, NOW.timestamp() + 2, 0.3)

    status = line_status(now=NOW + timedelta(seconds=3))
    assert (status.light, status.since) == (Light.DOWN, NOW + timedelta(seconds=1))
    assert line_status(now=NOW + timedelta(seconds=32)).is_open


def test_an_answer_to_a_question_asked_all_the_same_ends_the_wish_to_be_left_alone(register) -> None:
    line.record_failure(Route.PRIMARY, NOW.timestamp(), 30.0)

    heard(0.3, at=2)

    assert light(3) is Light.FINE


def test_before_anything_was_heard_the_light_is_unknown_and_asks_nobody(register) -> None:
    status = line_status(now=NOW)

    assert (status.light, status.seconds, status.since, status.heard_at) == (Light.UNKNOWN, None, None, None)
    assert status.is_open
    assert register.asked == register.probes == 0


def test_quick_answers_are_fine_and_long_ones_are_slow(register) -> None:
    heard(0.3)
    status = line_status(now=NOW)
    assert (status.light, status.seconds, status.heard_at) == (Light.FINE, 0.3, NOW)

    heard(7.5, at=1)
    assert light(1) is Light.SLOW
    for second in range(2, 20, 2):
        heard(0.2, at=second)
    assert light(20) is Light.FINE


def test_a_failure_turns_it_slow_and_an_answer_turns_it_back(register) -> None:
    heard(0.3)
    fail(at=1)
    assert light(1) is Light.SLOW

    heard(0.3, at=2)
    assert light(2) is Light.FINE


def test_an_interruption_begins_with_its_first_failure_and_is_told_until_an_answer(register) -> None:
    heard(0.3)
    for second in range(1, 6):
        fail(at=second)
    for second in range(6, 60, 10):
        fail(at=second)

    status = line_status(now=NOW + timedelta(seconds=60))
    assert (status.light, status.since) == (Light.DOWN, NOW + timedelta(seconds=1))
    assert not status.is_open
    heard(0.3, at=61)
    assert light(61) is Light.FINE


def test_what_was_heard_long_ago_says_nothing_of_now(register) -> None:
    heard(0.3)

    assert light(590) is Light.FINE
    assert light(3600) is Light.UNKNOWN


SEVEN_HOURS = 7 * 3600.0  # what a machine whose clock keeps local time is ahead of itself after a start


def test_a_clock_that_was_ahead_and_is_put_back_leaves_no_line_shut(register) -> None:
    for second in range(5):
        fail(at=SEVEN_HOURS + second)
    assert light(SEVEN_HOURS + 5) is Light.DOWN

    status = line_status(now=NOW)

    assert (status.light, status.since) == (Light.DOWN, NOW)
    assert line.read(NOW.timestamp())[Route.PRIMARY].state.retry_after(NOW.timestamp()) <= 10
    assert register.probes == 1
    light(1)
    assert register.probes == 1
    light(11)
    assert register.probes == 2


def test_a_line_that_was_shut_before_the_clock_went_ahead_is_probed_once_it_is_back(register) -> None:
    for second in range(5):
        fail(at=second)
    light(SEVEN_HOURS)
    assert register.probes == 1

    status = line_status(now=NOW + timedelta(seconds=60))

    assert (status.light, status.since) == (Light.DOWN, NOW)
    assert register.probes == 2


def test_a_register_s_wish_from_a_clock_that_was_ahead_ends_as_the_clock_is_put_back(register) -> None:
    line.record_failure(Route.PRIMARY, NOW.timestamp() + SEVEN_HOURS, 30.0)

    assert line_status(now=NOW).is_open

    heard(0.3, at=2)
    assert line_status(now=NOW + timedelta(seconds=SEVEN_HOURS)).is_open


def test_an_answer_from_a_clock_that_was_ahead_keeps_the_light_from_nothing(register, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 60}
    heard(0.3, at=SEVEN_HOURS)

    assert light() is Light.UNKNOWN
    assert register.probes == 1
    for second in range(5):
        line.record_failure(Route.PRIMARY, NOW.timestamp() + second, None, began_at=NOW.timestamp() - 8)
    assert light(5) is Light.DOWN
    heard(0.3, at=12)
    status = line_status(now=NOW + timedelta(seconds=13))
    assert (status.light, status.heard_at) == (Light.FINE, NOW + timedelta(seconds=12))


def test_answers_are_written_again_once_a_clock_that_was_ahead_is_put_back(register) -> None:
    heard(0.3, at=SEVEN_HOURS)

    heard(0.3, at=2)

    assert light(3) is Light.FINE
    assert LineRow.objects.get(pk="primary").answered_at == NOW.timestamp() + 2


def test_many_answers_at_one_time_write_once_in_two_seconds(register) -> None:
    heard(0.30)
    with CaptureQueriesContext(connection) as queries:
        seen = line.read(NOW.timestamp())[Route.PRIMARY]
        for place in range(50):
            line.record_answer(Route.PRIMARY, seen, NOW.timestamp() + place / 30, 0.3)
    assert len(queries) == 1

    heard(0.3, at=2)
    assert LineRow.objects.get(pk="primary").answered_at == NOW.timestamp() + 2


def test_answers_that_saw_an_old_row_do_not_write_it_twice(register) -> None:
    heard(0.3)
    seen = line.read(NOW.timestamp())[Route.PRIMARY]

    line.record_answer(Route.PRIMARY, seen, NOW.timestamp() + 5, 0.3)
    line.record_answer(Route.PRIMARY, seen, NOW.timestamp() + 6, 0.9)

    row = LineRow.objects.get(pk="primary")
    assert row.answered_at == NOW.timestamp() + 5


def test_whoever_looks_after_a_quiet_minute_starts_one_probe_for_all(register, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 60}

    assert light() is Light.UNKNOWN
    assert register.probes == 1
    light(1)
    assert register.probes == 1
    heard(0.3, at=2)
    light(61)
    assert register.probes == 1
    light(62)
    light(62)
    assert register.probes == 2


def test_zero_seconds_of_watch_mean_that_nobody_is_probed_for_the_light(register) -> None:
    light()
    light(7200)

    assert register.probes == 0


def test_a_register_that_is_silent_in_a_quiet_hour_turns_the_light_off_all_the_same(
    register, monkeypatch
) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)  # of the test's own thread
    register.is_down()

    probing._probe(Route.PRIMARY)

    status = line_status(now=datetime.now(UTC))
    assert status.light is Light.DOWN
    assert status.since == IdentityCheck.objects.earliest("asked_at").answered_at
    assert register.asked == 2


def test_one_lost_probe_alone_shuts_nothing(register, monkeypatch) -> None:
    monkeypatch.setattr(connection, "close", lambda: None)
    register.trouble = CouldNotAsk(Trouble.TIMEOUT)
    register.before_answer = lambda: register.is_up() if register.inquiries[1:] else None

    probing._probe(Route.PRIMARY)

    assert line_status(now=datetime.now(UTC)).is_open


def test_a_question_that_our_own_settings_stopped_says_nothing_of_the_line(register) -> None:
    register.is_down(Trouble.CONFIGURATION)
    ping(now=NOW)

    assert light() is Light.UNKNOWN


def test_an_officer_whom_our_own_client_refuses_says_nothing_of_the_line(register) -> None:
    for second in range(5):
        fail(at=second - 10)
    register.trouble = NotPermitted(Barred.OFFICER, detail="no key", is_unsent=True)

    check, _ = ping(now=NOW)

    assert (check.outcome, check.reason) == ("not_allowed", "officer")
    assert light() is Light.DOWN


def test_a_refusal_by_the_register_itself_is_an_answer(register) -> None:
    for second in range(5):
        fail(at=second - 10)
    register.trouble = NotPermitted(Barred.OFFICER)

    ping(now=NOW)

    assert light() is Light.FINE


def test_smoothing_follows_slowly_enough_to_forgive_one_slow_answer() -> None:
    assert Heard().smoothed(0.4) == 0.4
    assert Heard(seconds=0.4).smoothed(3.0) < 2.0


@pytest.mark.django_db(transaction=True)
def test_the_light_is_the_same_in_every_process_and_one_of_them_probes(monkeypatch, settings) -> None:
    """Each thread has a database connection of its own, as each process has."""
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 60}
    probes: list[Route] = []
    monkeypatch.setattr(probing, "start_probe", probes.append)

    class Nobody:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            return Answer(None, False, MessageIds(inquiry.request_id), "test")

    seen: list[Light] = []
    start = threading.Barrier(8)

    def look(at: float) -> None:
        try:
            start.wait(10)
            seen.append(light(at))
        finally:
            connection.close()

    def all_look(at: float) -> None:
        threads = [threading.Thread(target=look, args=(at,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    with use_register(Nobody()):
        all_look(0)
        ping(now=NOW)
        all_look(1)

    assert seen == [Light.UNKNOWN] * 8 + [Light.FINE] * 8
    assert probes == [Route.PRIMARY]


def test_a_question_that_hung_when_the_outage_ended_darkens_nothing_after_it() -> None:
    line.record_failure(Route.PRIMARY, NOW.timestamp(), None)
    line.record_answer(Route.PRIMARY, line.read(NOW.timestamp())[Route.PRIMARY], NOW.timestamp() + 2, 0.1)

    line.record_failure(Route.PRIMARY, NOW.timestamp() + 8, None, began_at=NOW.timestamp() + 1)
    after_old_news = line_status(now=NOW + timedelta(seconds=9)).light
    line.record_failure(Route.PRIMARY, NOW.timestamp() + 12, None, began_at=NOW.timestamp() + 4)

    assert after_old_news is Light.FINE
    assert line_status(now=NOW + timedelta(seconds=13)).light is Light.SLOW
