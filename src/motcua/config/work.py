"""Work that waits: later checks, reminders, the nightly balance, sealing the audit log, what is kept no longer, and
parcels for other systems, which have a thread of their own: a mail server that hangs must not hold up a check. Papers
have a third one: a scanner and a drawing take seconds.

With ``MOTCUA_WORK=inside`` threads of each web worker do it between its requests, begun and ended by gunicorn's two
hooks below; with ``apart`` it is the command ``motcua work``. Any number may run at once, and any may be killed at any
moment: who does what is decided in the database (``dossiers.rechecks``).
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import connection

from motcua.web import tallies
from motcua.web.places import Places, behind, step_back

_log = logging.getLogger("motcua.work")
_IDLE: Final = 2.0  # seconds to the next look when nothing was due
_BREATH: Final = 0.02  # seconds between two parcels on SQLite
_LONGEST: Final = 60.0  # seconds to the next try when nothing works, say because the database is away
_MINUTE: Final = 60.0
_HOUR: Final = 3_600.0
_DAY: Final = 86_400.0
_LATER: Final = 300.0  # seconds to the next try to make a month ready
_FAREWELL: Final = 1.0  # seconds that a web worker that ends waits for a question under way
_stop = threading.Event()
_threads: list[threading.Thread] = []
_scan_at = 0.0  # when this process asks the scanner again, by the clock that never jumps
_scan_failures = 0  # how many times it asked in vain
_house_at = 0.0  # when this process does what else there is, by the clock that never jumps
_short_at = 0.0  # when this process erases next what lives for hours at most, by the same clock
_tell_doubt_at = 0.0  # when this process says next that the clock is in doubt, by the same clock
_months_at = 0.0  # when this process looks next whether the log's months are ready, by the same clock
_seal_at = 0.0  # when this process seals the audit log next, by the clock that never jumps


Turn = Callable[[], float]


class Stop(Protocol):
    """What ends the work; ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Say whether to end."""

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or until it is time to end."""


def post_worker_init(worker: Any) -> None:
    """Begin to work inside a web worker, if it is to be done there; gunicorn calls this when a worker is ready."""
    tallies.join()
    if settings.MOTCUA_WORK == "inside":
        _begin(lambda: worker.alive, worker.places)


def worker_exit(server: Any, worker: Any) -> None:
    """End the work of a web worker; gunicorn calls this when a worker ends."""
    _stop.set()
    deadline = time.monotonic() + _FAREWELL
    for thread in _threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _begin(is_wanted: Callable[[], bool], places: Places | None = None) -> None:
    """Start a thread for each kind of work; behind the requests of these places, if there are any."""

    def begun(turn: Turn) -> None:
        with behind(places) if places else nullcontext():
            work(_stop, is_wanted, turn)

    for name, turn in (("motcua-work", _turn), ("motcua-post", _bring), ("motcua-papers", _look_at_papers)):
        thread = threading.Thread(target=begun, args=[turn], name=name, daemon=True)
        _threads.append(thread)
        thread.start()


def work(stop: Stop, is_wanted: Callable[[], bool] = lambda: True, turn: Turn | None = None) -> None:
    """Do what waits, until asked to stop; no mistake and no lost database ends it.

    Args:
        stop: set when it is time to end; a question under way is brought to its end first.
        is_wanted: false when nobody wants it any more; looked at before every turn.
        turn: does one piece and returns the seconds to the next look; left out, everything but parcels.
    """
    turn = turn or _turn
    failures = 0
    while is_wanted() and not stop.is_set():
        step_back()
        try:
            pause = turn()
            failures = 0
        except Exception as error:
            failures += 1
            pause = min(_IDLE * 2**failures, _LONGEST)
            _log.exception("work.failed error=%s again_in=%.0f", type(error).__name__, pause)
            connection.close()
        if pause >= _IDLE and connection.vendor == "postgresql":
            connection.close()  # pages have more use for a place in the pool
        stop.wait(pause)
    connection.close()


def _turn() -> float:
    """Do one piece of what waits; return the seconds to the next look."""
    from django.utils import timezone

    from motcua.dossiers.service import run_next_recheck, seconds_to_next_recheck

    now = timezone.now()
    _keep_months(now)
    _keep_sealed(now)
    _keep_house(now)
    run_next_recheck(now=now)
    wait = seconds_to_next_recheck(now=timezone.now())
    return _IDLE if wait is None else min(wait, _IDLE)


def _keep_house(now: datetime) -> None:
    """Send reminders, erase and balance; between later checks that follow each other, no more often than else.

    By a clock that may be weeks ahead nothing is erased, and no day to come is balanced: neither is ever put right.
    """
    global _house_at, _short_at, _tell_doubt_at
    from motcua.audit.service import clock_in_doubt
    from motcua.config.retention import erase_once_a_day, erase_short_lived
    from motcua.dossiers.service import send_reminders
    from motcua.oversight.balancing import run_due_balance

    if time.monotonic() < _house_at:
        return
    doubt = clock_in_doubt(now=now)
    if not doubt:
        erase_once_a_day(now=now)
        if time.monotonic() >= _short_at:
            _short_at = time.monotonic() + _MINUTE
            erase_short_lived(now=now)
    elif time.monotonic() >= _tell_doubt_at:
        _tell_doubt_at = time.monotonic() + _HOUR
        _log.error("work.clock_in_doubt %s", doubt)
    told = send_reminders(now=now)
    if told:
        _log.info("work.reminded count=%d", told)
    if not doubt:
        run_due_balance(now=now)
    _house_at = time.monotonic() + _IDLE


def _bring() -> float:
    """Ask the bank about one payment, or bring one parcel to another system; return the seconds to the next look."""
    from django.utils import timezone

    from motcua.config.couriers import couriers
    from motcua.outbox.service import bring_next, seconds_to_next
    from motcua.payments.online import ask_next

    open_to = couriers()
    has_asked = ask_next(now=timezone.now())  # in turns: neither waits until the other has nothing left to do
    if bring_next(couriers=open_to, now=timezone.now()) or has_asked:
        # SQLite has one writer and keeps no queue of those who wait: pages must find it free now and then.
        return _BREATH if connection.vendor == "sqlite" else 0.0
    wait = seconds_to_next(couriers=open_to, now=timezone.now()) if open_to else None
    return _IDLE if wait is None else min(wait, _IDLE)


def _look_at_papers() -> float:
    """Draw one preview and have one paper scanned; return the seconds to the next look."""
    from django.utils import timezone

    from motcua.config.couriers import drawers
    from motcua.outbox.service import bring_next

    is_drawn = bring_next(couriers=drawers(), now=timezone.now())
    is_scanned = bool(settings.CLAMD_ADDRESS) and _scanned()
    return 0.0 if is_drawn or is_scanned else _IDLE


def _scanned() -> bool:
    """Have one paper scanned and say whether there was one; who is away is asked more and more rarely."""
    global _scan_at, _scan_failures
    from django.utils import timezone

    from motcua.dossiers.files.scanning import ScannerAway, scan_next

    if time.monotonic() < _scan_at:
        return False
    try:
        is_scanned = scan_next(now=timezone.now())
    except OSError as error:
        _scan_failures += 1
        pause = min(_IDLE * 2**_scan_failures, _LONGEST)
        _scan_at = time.monotonic() + pause
        problem = str(error).replace(" ", "_") if isinstance(error, ScannerAway) else type(error).__name__
        _log.warning("work.not_scanned problem=%s again_in=%.0f", problem, pause)
        return False
    _scan_failures = 0
    return is_scanned


def _keep_months(now: datetime) -> None:
    """Make the log's next months ready once a day; a while later where somebody used the table."""
    global _months_at
    from motcua.audit.service import keep_ahead

    if time.monotonic() >= _months_at:
        _months_at = time.monotonic() + _LATER
        if keep_ahead(now=now):
            _months_at = time.monotonic() + _DAY


def _keep_sealed(now: datetime) -> None:
    """Seal the audit log, if it is time to."""
    global _seal_at
    from motcua.audit.service import keep_sealed

    if time.monotonic() >= _seal_at:
        _seal_at = time.monotonic() + settings.AUDIT_SEAL_SECONDS
        keep_sealed(now=now)


def run(_options: argparse.Namespace) -> int:
    """Run ``motcua work``: the same in a process of its own, until SIGTERM or Ctrl-C.

    Returns:
        The exit code.
    """
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    try:
        call_command("check")
    except SystemCheckError as error:
        sys.exit(str(error))
    # Waited for, not handled: a handler that sets the event could meet its own thread holding the event's lock.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    tallies.join()
    _begin(lambda: True)
    _log.info(
        "work.began place=%s", "beside the web workers" if settings.MOTCUA_WORK == "inside" else "apart"
    )
    signal.sigwait(ends)
    _stop.set()
    for thread in _threads:
        thread.join()
    _log.info("work.ended")
    return 0
