"""Questions that nobody waits for: the operator's ping, and the probes that tell how a line stands."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection

from motcua.identity.matching import YearAlone
from motcua.identity.register import TouchPoint
from motcua.identity.verification import Outcome, Unanswered
from motcua.population.gateway import ping_claim
from motcua.population.line import TROUBLES_OF_THE_LINE
from motcua.verification import asking, certificates, line, registers
from motcua.verification.asking import Asker, Purpose, Question
from motcua.verification.line import Heard, Lines
from motcua.verification.models import IdentityCheck, Route

_log = logging.getLogger("motcua.verification")


def ping(*, now: datetime, route: Route | None = None) -> tuple[IdentityCheck, Outcome]:
    """Ask for a person who cannot exist, even while the line is shut; *rejected* is the one good outcome.

    Args:
        now: the moment.
        route: the line; the one that questions take when None.

    Raises:
        OpenTransaction: a transaction is open.
    """
    claim = ping_claim(settings.NPD["NPD_PING_NUMBER"])
    purpose = Purpose("vận hành: thăm dò")
    question = Question(claim, Asker(None), TouchPoint.OPERATION, purpose, YearAlone.ANY_RECORD, route=route)
    asked = asking.ask(question, now)
    return asked.check, asked.outcome


def probe_if_due(lines: Lines, now: datetime, *, heard: str = "") -> None:
    """Start a probe of each line that is shut, or of which nothing was heard for long; one over all processes.

    Args:
        lines: how they stood a moment ago.
        now: the moment.
        heard: the line that a question has just been over, which needs no probe to be known.
    """
    certificates.warn_daily(now)
    moment = now.timestamp()
    for route in registers.routes():
        if lines[route].state.is_probe_due(moment):
            if line.try_begin_probe(route, moment):
                start_probe(route)
        elif route.value != heard and _is_quiet(lines[route], moment) and line.try_begin_watch(route, moment):
            start_probe(route)


def start_probe(route: Route) -> None:
    """Ask the ping's question in a thread of its own, so that nobody waits for a register that hangs."""
    threading.Thread(target=_probe, args=(route,), name="npd-probe", daemon=True).start()


def _is_quiet(heard: Heard, moment: float) -> bool:
    watch = settings.NPD["NPD_WATCH_SECONDS"]
    return (
        watch > 0
        and not heard.state.is_shut(moment)
        and moment - max(heard.heard_at, heard.watched_at) >= watch
    )


def _probe(route: Route) -> None:
    try:
        began_at = datetime.now(UTC)
        if _is_silent(route) and not _is_shut(route) and _is_silent(route):
            line.record_silence(route, began_at.timestamp(), datetime.now(UTC).timestamp())
    except DatabaseError:
        # A thread's last words would go past the log's filter; the next probe is due in a moment anyway.
        _log.exception("npd.probe_failed")
    finally:
        connection.close()


def _is_shut(route: Route) -> bool:
    moment = datetime.now(UTC).timestamp()
    return line.read(moment)[route].state.is_shut(moment)


def _is_silent(route: Route) -> bool:
    _, outcome = ping(now=datetime.now(UTC), route=route)
    _log.info("npd.probed route=%s outcome=%s", route.value, type(outcome).__name__)
    return isinstance(outcome, Unanswered) and outcome.trouble in TROUBLES_OF_THE_LINE
