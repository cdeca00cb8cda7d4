"""What the one serving process keeps in memory: switches, troubles, the journal, the callers' rates,
the gateways' tokens."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from npdsandbox.journal import Journal
from npdsandbox.switches import SwitchBoard
from npdsandbox.troubles import Troubles


class RateWindow:
    """Counts each client's calls in a sliding minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}

    def seconds_to_wait(self, client: str, per_minute: int) -> int:
        """Count a call and return 0, or how many seconds the client must wait (then nothing is counted)."""
        if per_minute <= 0:
            return 0
        now = self._clock()
        with self._lock:
            calls = self._calls.setdefault(client, deque())
            while calls and calls[0] <= now - 60:
                calls.popleft()
            if len(calls) >= per_minute:
                return max(1, round(calls[0] + 60 - now))
            calls.append(now)
            return 0

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._calls.clear()


class Tokens:
    """The tokens the gateways gave out, until they end or are withdrawn."""

    MOST: Final = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._ends: dict[tuple[str, str], float] = {}

    def issue(self, gateway: str, seconds: int) -> str:
        """Return a new token of a gateway that lives so many seconds; the oldest goes when there are too many."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._ends) >= self.MOST:
                del self._ends[next(iter(self._ends))]
            self._ends[gateway, token] = self._clock() + seconds
        return token

    def knows(self, gateway: str, token: str) -> bool:
        """Say whether a token is a gateway's own and still lives."""
        with self._lock:
            return self._ends.get((gateway, token), 0.0) > self._clock()

    def withdraw(self) -> int:
        """End every token and return how many were still alive."""
        with self._lock:
            alive = sum(end > self._clock() for end in self._ends.values())
            self._ends.clear()
        return alive


SWITCHES: Final = SwitchBoard()
TROUBLES: Final = Troubles()
JOURNAL: Final = Journal()
RATES: Final = RateWindow()
TOKENS: Final = Tokens()
