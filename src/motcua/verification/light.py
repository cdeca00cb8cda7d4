"""The traffic light: how the register answers, from real questions and probes, the same in every process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from django.conf import settings

from motcua.population.line import LineState
from motcua.verification import line, line_choice, probing, registers
from motcua.verification.asking import Asked
from motcua.verification.line import Heard
from motcua.verification.models import IdentityCheck, Route

_ANSWERS: Final = frozenset({IdentityCheck.Outcome.VERIFIED, IdentityCheck.Outcome.REJECTED})
_LONGEST_TRUE: Final = 600.0  # seconds; what was heard before then says nothing of now


class Light(StrEnum):
    """How the register answers at present."""

    FINE = "fine"
    SLOW = "slow"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LineStatus:
    """How the register answers: the light, and what is known behind it.

    ``seconds`` is how long an answer takes, smoothed; ``since`` is when an interruption began, its first failure;
    ``heard_at`` is the last answer, true to about two seconds.
    """

    light: Light
    seconds: float | None = None
    since: datetime | None = None
    heard_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Say whether a question would be asked now."""
        return self.light is not Light.DOWN


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line as operators see it; ``is_taken`` says whether questions take it now."""

    route: Route
    transport: str
    status: LineStatus
    is_taken: bool


def line_status(*, now: datetime) -> LineStatus:
    """Say how the register answers those who ask now; starts a probe in the background when one is due. One query.

    It is the light of the line that a question would take. When all that might be taken are shut, the interruption
    began when the last of them went.
    """
    lines, moment = line.read(now.timestamp()), now.timestamp()
    probing.probe_if_due(lines, now)
    open_ways = line_choice.ways(lines, moment)
    if open_ways:
        return _status(lines[open_ways[0]], moment)
    return max(
        (_status(lines[route], moment) for route in line_choice.in_use(lines.mode)),
        key=lambda status: status.since or now,
    )


def status_after(asked: Asked) -> LineStatus | None:
    """Say how the register answers, as this question's own answer showed; None when it showed nothing. No query."""
    check = asked.check
    if asked.lines is None or check.answered_at is None or check.outcome not in _ANSWERS:
        return None
    before, answered_at = asked.lines[Route(check.route)], check.answered_at.timestamp()
    took = answered_at - check.asked_at.timestamp()
    heard = replace(before, state=LineState(), seconds=before.smoothed(took), answered_at=answered_at)
    return _status(heard, answered_at)


def line_facts(*, now: datetime) -> list[LineFacts]:
    """List the lines that are set up, for operators; starts no probe. One query."""
    lines, moment = line.read(now.timestamp()), now.timestamp()
    taken = line_choice.ways(lines, moment)[:1] or line_choice.in_use(lines.mode)[:1]
    return [
        LineFacts(
            route=route,
            transport=registers.transport(route),
            status=_status(lines[route], moment),
            is_taken=route in taken,
        )
        for route in registers.routes()
    ]


def _status(heard: Heard, moment: float) -> LineStatus:
    since = heard.state.shut_since(moment)
    return LineStatus(
        light=_light(heard, moment),
        seconds=heard.seconds,
        since=None if since is None else datetime.fromtimestamp(since, UTC),
        heard_at=None if heard.answered_at is None else datetime.fromtimestamp(heard.answered_at, UTC),
    )


def _light(heard: Heard, moment: float) -> Light:
    if heard.state.is_shut(moment):
        return Light.DOWN
    if heard.state.failed_at:
        return Light.SLOW
    if heard.answered_at is None or heard.seconds is None or moment - heard.answered_at > _LONGEST_TRUE:
        return Light.UNKNOWN
    return Light.SLOW if heard.seconds > settings.NPD["NPD_SLOW_SECONDS"] else Light.FINE
