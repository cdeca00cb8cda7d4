"""Who may work, who waits, and when one more is too many; the clock is passed in."""

from __future__ import annotations

import threading

import pytest

from motcua.web.places import PATIENCE, Places, a_place, behind, elsewhere, step_back
from tests.product_process import eventually


def filled(count: int) -> Places:
    """Return places of which none is free."""
    places = Places(count)
    assert [places.enter(0.0) for _ in range(count)] == [None] * count
    return places


def in_line(places: Places, count: int, now: float) -> list[threading.Lock]:
    """Let so many stand in line."""
    turns = [places.enter(now) for _ in range(count)]
    return [turn for turn in turns if turn is not None]


def is_open(turn: threading.Lock) -> bool:
    """Say whether it is somebody's turn."""
    return turn.acquire(blocking=False)


def answer(places: Places, count: int, *, first: float, pace: float) -> None:
    """Give so many answers, each so many seconds after the one before."""
    for place in range(count):
        places.leave(first + place * pace)


def test_while_a_place_is_free_nobody_waits_and_nobody_is_refused() -> None:
    places = Places(3)

    assert places.enter(0.0) is None
    assert places.enter(0.0) is None
    assert not places.are_too_few(1000.0)


def test_who_finds_no_place_has_one_as_soon_as_it_is_left_the_first_first() -> None:
    places = filled(1)
    first, second = in_line(places, 2, 0.0)

    places.leave(0.1)

    assert is_open(first)
    assert not is_open(second)


def test_a_short_line_is_not_too_long() -> None:
    places = filled(2)
    in_line(places, 5, 0.0)

    assert not places.are_too_few(0.1)


def test_a_line_that_does_not_move_refuses_those_who_come_anew() -> None:
    places = filled(1)
    in_line(places, 1, 0.0)

    assert not places.are_too_few(PATIENCE)
    assert places.are_too_few(PATIENCE + 0.1)


def test_requests_that_no_thread_takes_are_a_line_too() -> None:
    places = Places(8)
    places.hand_over(0.0)

    assert places.are_too_few(PATIENCE + 0.1)
    places.begin()
    assert not places.are_too_few(PATIENCE + 0.1)


def test_only_as_many_have_threads_as_are_soon_to_have_a_place() -> None:
    places = filled(4)
    for _ in range(5):
        places.hand_over(0.0)

    assert places.have_room_in_line(without_thread=5)
    assert places.have_room_in_line(without_thread=4)
    assert not places.have_room_in_line(without_thread=3)

    places.begin()
    assert places.have_room_in_line(without_thread=3)
    in_line(places, 1, 0.0)
    assert not places.have_room_in_line(without_thread=3)


def test_with_one_place_somebody_is_in_line_for_it() -> None:
    places = filled(1)
    places.hand_over(0.0)

    assert places.have_room_in_line(without_thread=1)
    assert not places.have_room_in_line(without_thread=0)


@pytest.mark.parametrize(("pace", "most"), [(0.005, 300), (0.1, 15)])
def test_how_long_a_line_may_be_follows_from_how_fast_answers_come(pace: float, most: int) -> None:
    places = filled(1)
    in_line(places, 400, 0.0)
    answer(places, 200, first=pace, pace=pace)

    left = 200
    while left > most * 0.8:
        places.leave(200 * pace + (200 - left) * pace)
        left -= 1
        if left > most * 1.2:
            assert places.are_too_few(0.0), left
    assert not places.are_too_few(0.0)


def test_a_pause_of_everything_is_forgotten_once_answers_come_again() -> None:
    places = filled(2)
    in_line(places, 300, 0.0)
    answer(places, 40, first=60.0, pace=0.01)  # nobody was answered for a minute
    answer(places, 256, first=61.0, pace=0.01)

    assert not places.are_too_few(0.0)


def test_seconds_in_which_a_place_was_free_say_nothing_of_the_pace() -> None:
    places = Places(1)
    for minute in range(40):
        assert places.enter(minute * 60.0) is None
        places.leave(minute * 60.0 + 0.01)
    places.enter(3000.0)
    in_line(places, 50, 3000.0)

    assert not places.are_too_few(3000.0)


def test_who_waits_for_somebody_else_takes_no_place() -> None:
    places = filled(1)
    (waiting,) = in_line(places, 1, 0.0)

    places.step_aside(0.1)

    assert is_open(waiting)
    assert not places.are_too_few(100.0)


def test_who_comes_back_goes_before_those_in_line() -> None:
    places = filled(1)
    places.step_aside(0.0)
    assert places.enter(0.0) is None
    (waiting,) = in_line(places, 1, 0.0)
    back = places.come_back(0.1)
    assert back is not None

    places.leave(0.2)

    assert is_open(back)
    assert not is_open(waiting)


def test_a_thread_that_waits_elsewhere_lets_another_work_and_has_its_place_again_after() -> None:
    places = Places(1)
    has_worked = []

    def other() -> None:
        with a_place(places):
            has_worked.append(True)

    with a_place(places):
        with elsewhere():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join(20)
        assert has_worked
        assert places.enter(0.0) is not None


def test_a_place_is_left_even_by_who_failed_elsewhere() -> None:
    places = Places(1)
    with pytest.raises(TimeoutError), a_place(places), elsewhere():
        raise TimeoutError

    assert places.enter(0.0) is None


def test_a_thread_without_a_place_may_wait_elsewhere() -> None:
    with elsewhere():
        pass


def test_what_can_wait_goes_on_once_no_request_has_a_place() -> None:
    places = Places(2)
    assert places.until_free() is None

    places.enter(0.0)
    places.enter(0.0)
    turn = places.until_free()
    assert turn is not None
    places.leave(0.1)
    assert not is_open(turn)
    places.leave(0.2)
    assert is_open(turn)
    assert places.until_free() is None


def test_where_requests_never_end_what_can_wait_goes_on_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motcua.web.places._STEPS_BACK", 0.0)
    with behind(filled(1)):
        step_back()
        with elsewhere():
            pass


def test_who_waited_for_somebody_else_behind_all_requests_lets_them_pass_again() -> None:
    places = Places(1)
    is_away, may_return = threading.Event(), threading.Event()

    def works() -> None:
        with behind(places), elsewhere():
            is_away.set()
            may_return.wait()

    thread = threading.Thread(target=works)
    thread.start()
    is_away.wait()
    places.enter(0.0)
    may_return.set()
    eventually(lambda: places._behind, "the work to step back")
    places.leave(0.1)
    thread.join(20)
    assert not thread.is_alive()
