"""Which line a question takes, and by whose hand: the only place where that is decided."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from motcua.audit import service as audit
from motcua.verification import registers
from motcua.verification.line import Lines, Mode
from motcua.verification.models import LineChoice, Route

_BY_HAND: Final = {Mode.PRIMARY: Route.PRIMARY, Mode.STANDBY: Route.STANDBY}


class NoSuchLine(Exception):
    """The stand-by line was chosen, but none is set up."""


def ways(lines: Lines, now: float) -> list[Route]:
    """List the lines that a question may take, best first; the second only if nothing of it left on the first.

    By hand it is the chosen line, whatever its health. Left to itself it is the primary line unless that is shut,
    then the stand-by; both stand when neither is shut. A line chosen by hand that is no longer set up counts as
    left to itself.

    Args:
        lines: how they stand.
        now: epoch seconds.

    Returns:
        Nothing when every line that might be taken is shut.
    """
    return [route for route in in_use(lines.mode) if not lines[route].state.is_shut(now)]


def in_use(mode: Mode) -> list[Route]:
    """List the lines between which questions choose, the preferred one first; never empty."""
    set_up = registers.routes()
    chosen = _BY_HAND.get(mode)
    return [chosen] if chosen in set_up else set_up


def retry_after(lines: Lines, now: float) -> float:
    """Return the seconds after which it is worth asking again, when all lines in use are shut; at least one."""
    return min(lines[route].state.retry_after(now) for route in in_use(lines.mode))


def use_line(*, mode: Mode, by: AbstractBaseUser | None, now: datetime, operator: str = "") -> LineChoice:
    """Choose which line questions take from now on; a question under way stays where it is.

    Args:
        mode: by health, or one line by hand.
        by: the administrator, if it was done on a page.
        now: the moment.
        operator: the operator's name on the machine, if it was done there.

    Raises:
        NoSuchLine: the stand-by line is chosen but not set up (NPD_STANDBY_TRANSPORT).
    """
    if mode is Mode.STANDBY and Route.STANDBY not in registers.routes():
        raise NoSuchLine
    with transaction.atomic():
        choice, _ = LineChoice.objects.select_for_update().get_or_create(pk=1)
        before, choice.mode = choice.mode, mode
        choice.chosen_by, choice.chosen_at = (by.get_username() if by else operator)[:150], now
        choice.save(update_fields=["mode", "chosen_by", "chosen_at"])
        audit.record(
            name="npd.line_chosen",
            now=now,
            actor=by,
            details={"before": before, "after": mode.value} | ({"operator": operator} if operator else {}),
        )
    return choice


def choice() -> LineChoice:
    """Return what is chosen, by whom and when."""
    return LineChoice.objects.filter(pk=1).first() or LineChoice()
