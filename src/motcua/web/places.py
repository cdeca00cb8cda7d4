"""Places for requests that work: a process that took on more than it can answer soon would answer nobody in time.

A request has a place while it uses our processor or our database. Whoever waits for somebody else (the register, a
browser on a slow line) gives the place away meanwhile (``elsewhere``), so that a register that hangs takes none.
The others stand in line. Once more stand there than can be answered within ``PATIENCE``, whoever comes anew is told
to wait (``are_too_few``), before anything of the request was looked at.

Threads that do what is nobody's request, and can wait, have no place: they go on between requests (``behind``).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from motcua.web import tallies

PATIENCE: Final = 1.5  # seconds that somebody who is let in should at most wait for the answer
_SUPPOSED: Final = 0.02  # seconds from one answer to the next, until they were measured
_MEASURED_OVER: Final = 16  # answers
_STEPS_BACK: Final = 0.5  # seconds, at most; where requests never end, what can wait goes on all the same
_this_thread = threading.local()


class Places:
    """The places of one process and the line before them. Safe to share between threads; moments are in seconds."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._working = 0
        self._handed_over: deque[float] = deque()  # since when, of requests that no thread has taken yet
        self._in_line: deque[tuple[float, threading.Lock]] = deque()
        self._coming_back: deque[threading.Lock] = deque()
        self._behind: list[threading.Lock] = []
        self._lock = threading.Lock()
        self._pace = _SUPPOSED  # seconds from one answer to the next while every place is taken
        self._measured_at = self._measured = 0.0
        self._answers = 0

    def hand_over(self, now: float) -> None:
        """Note that a request was handed to the threads."""
        with self._lock:
            self._handed_over.append(now)

    def begin(self) -> None:
        """Note that a thread took one of those."""
        with self._lock:
            self._handed_over.popleft()

    def are_too_few(self, now: float) -> bool:
        """Say whether one more request would wait too long: the line does not move, or is too long for its pace."""
        with self._lock:
            since = [*self._handed_over, *(moment for moment, _ in self._in_line)]
            if since and now - min(since) > PATIENCE:
                return True
            ahead = self._working + len(self._coming_back) + len(self._in_line) + len(self._handed_over)
            return self._working == self._count and ahead * self._pace > PATIENCE

    def have_room_in_line(self, without_thread: int) -> bool:
        """Say whether one more request may have a thread: half as many in line as there are places leave none free.

        Args:
            without_thread: how many of those handed over have no thread yet.
        """
        with self._lock:
            in_line = len(self._in_line) + len(self._handed_over) - without_thread
            return in_line < max(1, self._count // 2)

    def enter(self, now: float) -> threading.Lock | None:
        """Take a place, or stand in line for one.

        Returns:
            None with a place; else what opens, to whoever acquires it, once there is one.
        """
        with self._lock:
            if self._is_taken(now):
                return None
            turn = _shut()
            self._in_line.append((now, turn))
            return turn

    def come_back(self, now: float) -> threading.Lock | None:
        """Take a place again after ``step_aside``, before everybody in line; returns as ``enter`` does."""
        with self._lock:
            if self._is_taken(now):
                return None
            turn = _shut()
            self._coming_back.append(turn)
            return turn

    def step_aside(self, now: float) -> None:
        """Give a place away for a while."""
        with self._lock:
            self._give(now)

    def leave(self, now: float) -> None:
        """Give a place away with the answer made."""
        with self._lock:
            self._answers += self._working == self._count
            self._give(now)
            if self._answers >= _MEASURED_OVER:
                self._pace = (self._pace + self._measured / self._answers) / 2
                self._measured, self._answers = 0.0, 0

    def until_free(self) -> threading.Lock | None:
        """Wait behind all requests.

        Returns:
            None when nobody has a place; else what opens, to whoever acquires it, once nobody has.
        """
        with self._lock:
            if not self._working:
                return None
            turn = _shut()
            self._behind.append(turn)
            return turn

    def _is_taken(self, now: float) -> bool:
        if self._working == self._count:
            return False
        self._working += 1
        self._measured_at = now
        return True

    def _give(self, now: float) -> None:
        """Give one place to whoever is next; what passed while all were taken counts for the pace."""
        if self._working == self._count:
            self._measured += now - self._measured_at
            self._measured_at = now
        if self._coming_back:
            self._coming_back.popleft().release()
        elif self._in_line:
            self._in_line.popleft()[1].release()
        else:
            self._working -= 1
            if not self._working:
                for turn in self._behind:
                    turn.release()
                self._behind.clear()


def _shut() -> threading.Lock:
    turn = threading.Lock()
    turn.acquire()
    return turn


@contextmanager
def a_place(places: Places) -> Iterator[None]:
    """Hold a place while the block lasts; waits for one."""
    if turn := places.enter(time.monotonic()):
        turn.acquire()
    _this_thread.places = places
    try:
        yield
    finally:
        _this_thread.places = None
        places.leave(time.monotonic())


@contextmanager
def behind(places: Places) -> Iterator[None]:
    """Let this thread go on only between requests, where it says so by ``step_back`` or comes from ``elsewhere``.

    Python runs one thread of a process at a time: a page shares with whatever else is done meanwhile.
    """
    _this_thread.behind = places
    try:
        yield
    finally:
        _this_thread.behind = None


def step_back() -> None:
    """Wait until no request has a place, if this thread works behind them; but not for ever."""
    places: Places | None = getattr(_this_thread, "behind", None)
    if places is not None and (turn := places.until_free()):
        turn.acquire(timeout=_STEPS_BACK)


@contextmanager
def elsewhere() -> Iterator[None]:
    """Give this thread's place away while the block waits for somebody else, or on purpose.

    That is no time of our own either: ``tallies`` hears of it.
    """
    places: Places | None = getattr(_this_thread, "places", None)
    began = time.monotonic()
    if places is not None:
        places.step_aside(began)
    try:
        yield
    finally:
        now = time.monotonic()
        tallies.waited(now - began)
        if places is None:
            step_back()
        elif turn := places.come_back(now):
            turn.acquire()
