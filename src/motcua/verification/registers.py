"""From settings to the register: the composition root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from django.conf import settings

from motcua.identity.register import PopulationRegister
from motcua.population.gateway import open_gateway
from motcua.population.settings import RegisterSettings

_FOR_THE_PAGE: Final = 0.3  # seconds of NPD_TOTAL_SECONDS that are left for telling the person
_in_place: PopulationRegister | None = None


def register() -> PopulationRegister:
    """Return the register that questions go to."""
    return _in_place or _configured()


@contextmanager
def use_register(other: PopulationRegister) -> Iterator[PopulationRegister]:
    """Put another register in the configured one's place, for tests in this process."""
    global _in_place
    before, _in_place = _in_place, other
    try:
        yield other
    finally:
        _in_place = before


def register_settings() -> RegisterSettings:
    """Return the register's settings in the client's own form. Raises SettingRefused, which names the variable."""
    npd = settings.NPD
    return RegisterSettings(
        transport=npd["NPD_TRANSPORT"],
        url=npd["NPD_URL"],
        hash_uri=npd["NPD_HASH_URI"],
        username=npd["NPD_USERNAME"],
        secret=npd["NPD_SECRET"],
        timestamp_unit=npd["NPD_TIMESTAMP_UNIT"],
        xroad_client=npd["NPD_XROAD_CLIENT"],
        api_key=npd["NPD_API_KEY"],
        service=npd["NPD_SERVICE"],
        request_style=npd["NPD_REQUEST_STYLE"],
        name_form=npd["NPD_NAME_FORM"],
        connect_seconds=npd["NPD_CONNECT_SECONDS"],
        total_seconds=npd["NPD_TOTAL_SECONDS"] - min(_FOR_THE_PAGE, 0.05 * npd["NPD_TOTAL_SECONDS"]),
        client_cert=npd["NPD_CLIENT_CERT"],
        client_key=npd["NPD_CLIENT_KEY"],
        ca=npd["NPD_CA"],
    )


@lru_cache(maxsize=1)
def _configured() -> PopulationRegister:
    return open_gateway(register_settings())
