"""The journal of requests: who asked when and how it ended, without names and with masked numbers.

It lives in memory and holds the last entries only, so that keeping it costs nothing; a restart empties it.
"""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final

LONGEST: Final = 10_000


@dataclass(slots=True)
class Entry:
    """One request, in the wire's own words.

    `outcome` is a finding or a code of refusal, `trouble` what was done to the answer, `ms` the time until the
    answer was ready (a delay on the way out is not in it). `certificate` is the organization and common name of the
    caller's certificate, where there is one.
    """

    time: str = ""
    facade: str = ""
    client: str = ""
    operation: str = ""
    MaYeuCau: str = ""
    MaDVC: str = ""
    MaTichHop: str = ""
    MaCanBo: str = ""
    MaDonVi: str = ""
    number: str = ""
    outcome: str = ""
    trouble: str = ""
    ms: float = 0.0
    status: int = 0
    xroad_id: str = ""
    certificate: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry as the control API shows it."""
        return asdict(self)


def masked(number: str) -> str:
    """Show the first and last three of 12 digits, the first and last two of anything shorter."""
    edge = 3 if len(number) >= 12 else 2
    if len(number) <= 2 * edge:
        return "*" * len(number)
    return number[:edge] + "*" * (len(number) - 2 * edge) + number[-edge:]


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=LONGEST)
        self._total = 0

    def write(self, entry: Entry) -> None:
        """Add an entry; the oldest one goes when the journal is full."""
        with self._lock:
            self._entries.append(entry)
            self._total += 1

    def last(self, limit: int = LONGEST) -> list[Entry]:
        """Return the last entries, oldest of them first."""
        with self._lock:
            entries = list(self._entries)
        return entries[-limit:] if limit > 0 else []

    @property
    def total(self) -> int:
        """How many requests came since the start or the last clearing."""
        return self._total

    def clear(self) -> None:
        """Forget every entry."""
        with self._lock:
            self._entries.clear()
            self._total = 0
