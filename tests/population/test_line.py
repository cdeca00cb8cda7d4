"""The breaker and the bound on questions in flight, as an officer and an operator meet them."""

from motcua.identity.register import TouchPoint
from motcua.population.line import Lane, LinePolicy, MemoryLine, lane_of

START = 1_795_421_696.0


def failing(line: MemoryLine, times: int, start: float = START, step: float = 1.0) -> float:
    now = start
    for i in range(times):
        now = start + i * step
        line.record_failure(now)
    return now


def test_a_fresh_line_lets_questions_pass():
    assert not MemoryLine().read(START).is_shut(START)


def test_four_failures_leave_the_line_open_and_the_fifth_shuts_it():
    line = MemoryLine()
    now = failing(line, 4)
    assert not line.read(now).is_shut(now)
    line.record_failure(now + 1)
    assert line.read(now + 1).is_shut(now + 1)
    assert line.read(now + 1).shut_since(now + 1) == now + 1


def test_failures_spread_over_more_than_the_window_do_not_shut_the_line():
    line = MemoryLine()
    now = failing(line, 12, step=8.0)
    assert not line.read(now).is_shut(now)


def test_an_answer_between_failures_starts_the_count_anew():
    line = MemoryLine()
    for i in range(20):
        line.record_failure(START + i / 10)
        if i % 4 == 3:
            line.record_success(START + i / 10)
    assert not line.read(START + 2).is_shut(START + 2)


def test_a_shut_line_stays_shut_until_something_is_answered():
    line = MemoryLine()
    now = failing(line, 5)
    assert line.read(now + 3600).is_shut(now + 3600)
    line.record_success(now + 3601)
    assert not line.read(now + 3601).is_shut(now + 3601)


def test_one_probe_leaves_in_ten_seconds_and_only_one_caller_wins_it():
    line = MemoryLine()
    now = failing(line, 5)
    assert not line.try_begin_probe(now + 9.9)
    assert [line.try_begin_probe(now + 10) for _ in range(5)] == [True, False, False, False, False]
    line.record_failure(now + 12)
    assert not line.try_begin_probe(now + 20)
    assert line.try_begin_probe(now + 22)


def test_no_probe_is_due_on_an_open_line():
    assert not MemoryLine().try_begin_probe(START)


def test_the_register_s_wish_to_be_left_alone_is_kept_at_once_and_ends_by_itself():
    line = MemoryLine()
    line.record_failure(START, retry_after=40)
    assert line.read(START + 39).is_shut(START + 39)
    assert line.read(START + 30).retry_after(START + 30) == 10
    assert not line.read(START + 40).is_shut(START + 40)


def test_a_wish_of_hours_is_kept_for_two_minutes():
    line = MemoryLine()
    line.record_failure(START, retry_after=86_400)
    assert line.read(START + 119).is_shut(START + 119)
    assert not line.read(START + 121).is_shut(START + 121)


def test_no_probe_disturbs_a_register_that_asked_to_be_left_alone():
    line = MemoryLine()
    failing(line, 4)
    line.record_failure(START + 5, retry_after=60)
    assert not line.try_begin_probe(START + 64)
    assert line.try_begin_probe(START + 65)


def test_the_portal_cannot_take_the_desk_s_share():
    line = MemoryLine(LinePolicy(slots=6, desk_slots=2))
    portal = [line.acquire(Lane.PORTAL, START, 10) for _ in range(8)]
    assert sum(slot is not None for slot in portal) == 4
    desk = [line.acquire(Lane.DESK, START, 10) for _ in range(4)]
    assert sum(slot is not None for slot in desk) == 2


def test_a_slot_given_back_can_be_taken_again_and_twice_does_no_harm():
    line = MemoryLine(LinePolicy(slots=1, desk_slots=0))
    slot = line.acquire(Lane.PORTAL, START, 10)
    assert slot is not None
    assert line.acquire(Lane.PORTAL, START, 10) is None
    line.release(slot)
    line.release(slot)
    assert line.acquire(Lane.PORTAL, START, 10) is not None
    assert line.acquire(Lane.PORTAL, START, 10) is None


def test_the_slot_of_a_process_that_died_comes_back_when_its_lease_ends():
    line = MemoryLine(LinePolicy(slots=1, desk_slots=0))
    assert line.acquire(Lane.PORTAL, START, 10) is not None
    assert line.acquire(Lane.DESK, START + 9, 10) is None
    assert line.acquire(Lane.DESK, START + 10, 10) is not None


def test_only_the_officer_s_desk_uses_the_desk_s_lane():
    assert {point: lane_of(point) for point in TouchPoint} == {
        TouchPoint.RECEPTION: Lane.DESK,
        TouchPoint.REGISTRATION: Lane.PORTAL,
        TouchPoint.FILING: Lane.PORTAL,
        TouchPoint.OPERATION: Lane.PORTAL,
    }
