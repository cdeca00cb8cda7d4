"""From settings to the registers, one for each line: the composition root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from django.conf import settings

from motcua.identity.register import PopulationRegister
from motcua.population.gateway import open_gateway
from motcua.population.settings import RegisterSettings
from motcua.verification.models import Route

_FOR_THE_PAGE: Final = 0.3  # seconds of NPD_TOTAL_SECONDS that are left for telling the person
_PREFIX: Final = {Route.PRIMARY: "NPD_", Route.STANDBY: "NPD_STANDBY_"}
_in_place: dict[Route, PopulationRegister] = {}


def register(route: Route) -> PopulationRegister:
    """Return the register that a line's questions go to."""
    return _in_place.get(route) or _configured(route)


def routes() -> list[Route]:
    """List the lines that are set up, the primary first."""
    has_standby = Route.STANDBY in _in_place or bool(settings.NPD_STANDBY["NPD_TRANSPORT"])
    return list(Route) if has_standby else [Route.PRIMARY]


@contextmanager
def use_register(
    other: PopulationRegister, *, standby: PopulationRegister | None = None
) -> Iterator[PopulationRegister]:
    """Put other registers in the configured ones' place, for tests in this process."""
    global _in_place
    before = _in_place
    _in_place = {Route.PRIMARY: other} | ({Route.STANDBY: standby} if standby else {})
    try:
        yield other
    finally:
        _in_place = before


def question_seconds() -> float:
    """Return how long one question may take, over whichever lines, so that time is left for telling the person."""
    total: float = settings.NPD["NPD_TOTAL_SECONDS"]
    return total - min(_FOR_THE_PAGE, 0.05 * total)


def register_settings(route: Route = Route.PRIMARY) -> RegisterSettings:
    """Return a line's settings in the client's own form. Raises SettingRefused, which names the variable.

    A field of the client's is a variable of the same name in capitals.
    """
    own = _own(route)
    given = {field.name: own.get(f"NPD_{field.name.upper()}") for field in fields(RegisterSettings)}
    given |= {
        "total_seconds": question_seconds(),
        "prefix": _PREFIX[route],
        "refuse_sandbox": settings.MOTCUA_MODE == "production",
    }
    return RegisterSettings(**{name: value for name, value in given.items() if value is not None})


def transport(route: Route) -> str:
    """Return how a line reaches the register, as its variable says."""
    return str(_own(route)["NPD_TRANSPORT"])


def _own(route: Route) -> dict[str, Any]:
    """Return a line's variables under the primary's names, and those that are the same for both."""
    return settings.NPD if route is Route.PRIMARY else {**settings.NPD, **settings.NPD_STANDBY}


@lru_cache(maxsize=len(Route))
def _configured(route: Route) -> PopulationRegister:
    return open_gateway(register_settings(route))
