"""Counts of what the processes of this machine do: each adds in a file of its own, and whoever reads sums them up.

A file (``MOTCUA_STATE/tallies/0``, ``1``, …) is locked by its process and mapped into its memory, so that adding costs
a microsecond and asks nobody. The next process that finds it free goes on counting from what stands there: a sum never
falls when a worker is replaced, and there are never more files than processes lived at once. Nothing is counted where
``METRICS_TOKEN`` is not set.

Keys come from code alone (the name of an address, a line to the register), never from what somebody sent.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Seconds, upper ends of the classes; 0.15 is what our own part of a check may take.
OWN: Final = (0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
REGISTER: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0)
REQUESTS: Final = "requests"  # key: REQUESTS, address, class of the status
OWN_SECONDS: Final = "own"  # key: OWN_SECONDS, address, upper end of a class or "sum"
REGISTER_SECONDS: Final = "register"  # key: REGISTER_SECONDS, line, the same
TOLD_TO_WAIT: Final = "told_to_wait"

_RECORD: Final = struct.Struct("=120sd")
_MOST_RECORDS: Final = 4096
_MOST_PROCESSES: Final = 64
_SIZE: Final = _RECORD.size * (_MOST_RECORDS + 1)
_AGAIN: Final = 60.0  # seconds to the next try where no file could be taken
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_log = logging.getLogger("motcua.web")
_lock = threading.Lock()
_this_thread = threading.local()
_taken: _Tally | None = None
_try_at = 0.0


class _Tally:
    """This process's file. The first record holds the process's id, every other one a key and its value."""

    def __init__(self, handle: int) -> None:
        self.process = os.getpid()
        self.folder = _folder()
        os.posix_fallocate(handle, 0, _SIZE)  # a full disk says so here, and not while a page is answered
        self._handle = handle  # the lock lasts as long as it
        self._map = mmap.mmap(handle, _SIZE)
        _RECORD.pack_into(self._map, 0, b"process", float(self.process))
        self._places = {
            key: place * _RECORD.size for place, (key, _) in enumerate(_records(bytes(self._map)), start=1)
        }

    def add(self, key: str, amount: float) -> None:
        place = self._places.get(key)
        if place is None:
            if len(self._places) == _MOST_RECORDS:
                return
            place = self._places[key] = _RECORD.size * (len(self._places) + 1)
            _RECORD.pack_into(self._map, place, key.encode(), 0.0)
        kept, value = _RECORD.unpack_from(self._map, place)
        _RECORD.pack_into(self._map, place, kept, value + amount)


def join() -> None:
    """Take this process's file now, so that its memory is told before it counts anything."""
    if settings.METRICS_TOKEN:
        with _lock:
            _mine()


def add(*key: str, amount: float = 1.0) -> None:
    """Add to a count.

    Args:
        key: its parts, written by us, at most 100 letters together.
        amount: what is added.
    """
    if not settings.METRICS_TOKEN:
        return
    with _lock:
        if (tally := _mine()) is not None:
            tally.add("|".join(key), amount)


def observe(*key: str, seconds: float, ends: tuple[float, ...]) -> None:
    """Count something by how long it took.

    Args:
        key: as in ``add``.
        seconds: how long.
        ends: the upper ends of the classes.
    """
    end = next((str(one) for one in ends if seconds <= one), "inf")
    add(*key, end)
    add(*key, "sum", amount=seconds)


def waited(seconds: float) -> None:
    """Note that this thread waited for somebody else, or on purpose: that is no time of our own."""
    _this_thread.waited = getattr(_this_thread, "waited", 0.0) + seconds


def total() -> Counter[tuple[str, ...]]:
    """Return every count, summed over the processes of this machine that are and were."""
    found: Counter[tuple[str, ...]] = Counter()
    for path in _files():
        for key, value in _records(path.read_bytes()):
            found[tuple(key.split("|"))] += value  # type: ignore[assignment]
    return found


def memory() -> dict[str, int]:
    """Return the resident bytes of each living process that counts, by the number of its file."""
    found = {}
    for path in _files():
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                process = int(_RECORD.unpack(file.read(_RECORD.size))[1])
            else:
                continue  # nobody holds it
        try:
            pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            continue
        found[path.name] = pages * _PAGE
    return found


def count_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Count each answer by the name of its address and its class, and how long it took us, waiting left out."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not settings.METRICS_TOKEN:
            return get_response(request)
        _this_thread.waited = 0.0
        began = time.monotonic()
        response = get_response(request)
        own = max(0.0, time.monotonic() - began - _this_thread.waited)
        route = _route(request)
        add(REQUESTS, route, f"{response.status_code // 100}xx")
        observe(OWN_SECONDS, route, seconds=own, ends=OWN)
        return response

    return answer


def _route(request: HttpRequest) -> str:
    """Return the name of the address that was asked for; all of the administration is one."""
    match = request.resolver_match
    if match is None:
        return "none"
    return match.namespaces[0] if match.namespaces else match.url_name or "unnamed"


def _mine() -> _Tally | None:
    """Return this process's file; None where none can be had."""
    global _taken, _try_at
    if _taken is not None and _taken.process == os.getpid() and _taken.folder == _folder():
        return _taken
    if time.monotonic() < _try_at:
        return None
    try:
        _taken = _take()
    except OSError as error:
        _taken = None
        _log.warning("metrics.not_counted problem=%s", error.strerror)
    if _taken is None:
        _try_at = time.monotonic() + _AGAIN
    return _taken


def _take() -> _Tally | None:
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(_MOST_PROCESSES):
        handle = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _Tally(handle)
        except BlockingIOError:
            os.close(handle)
        except OSError:
            os.close(handle)
            raise
    return None


def _records(content: bytes) -> list[tuple[str, float]]:
    """Return the keys and values of a file, in their order."""
    found = []
    whole = content[_RECORD.size : len(content) // _RECORD.size * _RECORD.size]
    for key, value in _RECORD.iter_unpack(whole):
        if not key[0]:
            break
        found.append((key.rstrip(b"\0").decode(errors="replace"), value))
    return found


def _files() -> list[Path]:
    return sorted(_folder().glob("*")) if _folder().exists() else []


def _folder() -> Path:
    return Path(settings.STATE) / "tallies"
