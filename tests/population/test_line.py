"""The breaker and the bound on questions in flight, as an officer and an operator meet them."""

from motcua.identity.register import TouchPoint, Trouble
from motcua.population.line import (
    TROUBLES_OF_THE_LINE,
    Lane,
    LinePolicy,
    LineState,
    after_answer,
    after_failure,
    after_probe_began,
    lane_of,
    may_enter,
)

START = 1_795_421_696.0


class Shared:
    """A state that a test's askers share, kept the way a store must keep it: each step applies one function."""

    def __init__(self) -> None:
        self.policy, self.state = LinePolicy(), LineState()

    def record_failure(self, now: float, retry_after: float | None = None) -> None:
        self.state = after_failure(self.state, self.policy, now, retry_after)

    def record_success(self) -> None:
        self.state = after_answer(self.state, self.state)

    def try_begin_probe(self, now: float) -> bool:
        begun = after_probe_began(self.state, self.policy, now)
        self.state = begun or self.state
        return begun is not None


def failing(line: Shared, times: int, start: float = START, step: float = 1.0) -> float:
    now = start
    for i in range(times):
        now = start + i * step
        line.record_failure(now)
    return now


def test_a_fresh_line_lets_questions_pass():
    assert not LineState().is_shut(START)


def test_four_failures_leave_the_line_open_and_the_fifth_shuts_it():
    line = Shared()
    now = failing(line, 4)
    assert not line.state.is_shut(now)
    line.record_failure(now + 1)
    assert line.state.is_shut(now + 1)
    assert line.state.shut_since(now + 1) == now + 1


def test_failures_spread_over_more_than_the_window_do_not_shut_the_line():
    line = Shared()
    now = failing(line, 12, step=8.0)
    assert not line.state.is_shut(now)


def test_an_answer_between_failures_starts_the_count_anew():
    line = Shared()
    for i in range(20):
        line.record_failure(START + i / 10)
        if i % 4 == 3:
            line.record_success()
    assert not line.state.is_shut(START + 2)


def test_a_shut_line_stays_shut_until_something_is_answered():
    line = Shared()
    now = failing(line, 5)
    assert line.state.is_shut(now + 3600)
    line.record_success()
    assert not line.state.is_shut(now + 3601)


def test_one_probe_leaves_in_ten_seconds_and_only_one_caller_wins_it():
    line = Shared()
    now = failing(line, 5)
    assert not line.try_begin_probe(now + 9.9)
    assert [line.try_begin_probe(now + 10) for _ in range(5)] == [True, False, False, False, False]
    line.record_failure(now + 12)
    assert not line.try_begin_probe(now + 19.9)
    assert line.try_begin_probe(now + 20)


def test_no_probe_is_due_on_an_open_line():
    assert not Shared().try_begin_probe(START)


def test_the_register_s_wish_to_be_left_alone_is_kept_at_once_and_ends_by_itself():
    line = Shared()
    line.record_failure(START, retry_after=40)
    assert line.state.is_shut(START + 39)
    assert line.state.retry_after(START + 30) == 10
    assert line.state.retry_after(START + 39.5) == 1
    assert not line.state.is_shut(START + 40)


def test_a_wish_of_hours_is_kept_for_two_minutes():
    line = Shared()
    line.record_failure(START, retry_after=86_400)
    assert line.state.is_shut(START + 119)
    assert not line.state.is_shut(START + 121)


def test_no_probe_disturbs_a_register_that_asked_to_be_left_alone():
    line = Shared()
    failing(line, 4)
    line.record_failure(START + 5, retry_after=60)
    assert not line.try_begin_probe(START + 64)
    assert line.try_begin_probe(START + 65)


def test_a_register_that_asks_to_be_left_alone_while_the_line_is_shut_is_left_alone():
    line = Shared()
    now = failing(line, 5)
    line.record_failure(now + 5, retry_after=60)
    assert line.state.shut_since(now + 5) == now
    assert not line.try_begin_probe(now + 64)
    assert line.try_begin_probe(now + 65)


def test_the_portal_cannot_take_the_desk_s_share():
    policy = LinePolicy(slots=6, desk_slots=2)
    taken = {Lane.PORTAL: 0, Lane.DESK: 0}
    for lane in [Lane.PORTAL] * 8 + [Lane.DESK] * 4:
        taken[lane] += may_enter(
            policy, lane, desk_in_flight=taken[Lane.DESK], portal_in_flight=taken[Lane.PORTAL]
        )
    assert taken == {Lane.PORTAL: 4, Lane.DESK: 2}


def test_an_idle_portal_leaves_all_places_to_the_desk():
    policy = LinePolicy(slots=6, desk_slots=2)
    assert may_enter(policy, Lane.DESK, desk_in_flight=5, portal_in_flight=0)
    assert not may_enter(policy, Lane.DESK, desk_in_flight=6, portal_in_flight=0)


def test_a_busy_desk_narrows_the_portal_but_not_below_the_whole():
    policy = LinePolicy(slots=6, desk_slots=2)
    assert may_enter(policy, Lane.PORTAL, desk_in_flight=4, portal_in_flight=1)
    assert not may_enter(policy, Lane.PORTAL, desk_in_flight=4, portal_in_flight=2)


def test_what_one_person_s_question_can_provoke_is_no_trouble_of_the_line():
    provoked = {
        Trouble.FAULT,
        Trouble.OTHER_PERSON,
        Trouble.TWO_CITIZENS,
        Trouble.ENCODING,
        Trouble.BAD_RECORD,
        Trouble.CONFIGURATION,
    }
    assert TROUBLES_OF_THE_LINE.isdisjoint(provoked)
    assert {Trouble.TIMEOUT, Trouble.CONNECTION, Trouble.SERVER_ERROR, Trouble.BUSY} <= TROUBLES_OF_THE_LINE


def test_only_the_officer_s_desk_uses_the_desk_s_lane():
    assert {point: lane_of(point) for point in TouchPoint} == {
        TouchPoint.RECEPTION: Lane.DESK,
        TouchPoint.REGISTRATION: Lane.PORTAL,
        TouchPoint.FILING: Lane.PORTAL,
        TouchPoint.RECHECK: Lane.PORTAL,
        TouchPoint.LOOKUP: Lane.PORTAL,
        TouchPoint.OPERATION: Lane.PORTAL,
    }
