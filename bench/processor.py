"""Who had the processor: the time of whole process trees, read from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

_GONE = (FileNotFoundError, ProcessLookupError)
_TICKS = os.sysconf("SC_CLK_TCK")


def tree_seconds(pid: int) -> float:
    """Return the processor time of a process, of all that came from it, and of those among them that have ended."""
    # The name stands in brackets and may hold blanks; what follows is counted from its end (proc(5), stat).
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except _GONE:
        return 0.0  # it has ended since it was listed: whoever started it counts its time
    own = sum(map(int, fields[11:15])) / _TICKS
    return own + sum(tree_seconds(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Return the processes that any thread of a process has started and that still run."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except _GONE:
        return []


def parent(pid: int) -> int:
    """Return the process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])


class Shares:
    """The shares of this machine's processors that trees of processes have from now on."""

    def __init__(self, trees: Mapping[str, int]) -> None:
        self._trees = trees
        self._before = self._read()
        self._began = time.monotonic()

    def percent(self) -> dict[str, float]:
        """Return what each has had since then, of all processors together; this process is the load generator."""
        whole = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return {
            name: round(100 * (now - self._before[name]) / whole, 1) for name, now in self._read().items()
        }

    def _read(self) -> dict[str, float]:
        busy = Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()
        return {
            **{name: tree_seconds(pid) for name, pid in self._trees.items()},
            "load_generator": time.process_time(),
            "idle": (int(busy[4]) + int(busy[5])) / _TICKS,
            "taken_by_host": int(busy[8]) / _TICKS,
        }
