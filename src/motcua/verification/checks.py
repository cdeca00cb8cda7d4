"""What is looked at when the product starts: can the register be asked with these settings at all?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from motcua.identity.numbers import NumberRefused
from motcua.identity.register import CouldNotAsk
from motcua.population.gateway import open_gateway, ping_claim
from motcua.population.settings import SettingRefused
from motcua.verification.registers import register_settings

_SANDBOX_SECRET = "sandbox-secret-1"  # noqa: S105  (the public credential of the sandbox)


@register()
def register_can_be_asked(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse settings that cannot work, naming the variable."""
    try:
        found = register_settings()
    except SettingRefused as refusal:
        return [
            Error(str(refusal), hint="Mend the variable; docs/configuration.md lists them.", id="motcua.E001")
        ]
    try:
        open_gateway(found)
    except CouldNotAsk as refusal:
        hint = "Mend the file, or the variable's path."
        return [Error(refusal.detail, hint=hint, id="motcua.E005")]
    is_near = urlsplit(found.url).hostname in {"127.0.0.1", "localhost", "::1"}
    if found.secret == _SANDBOX_SECRET and not is_near:
        hint = "Set NPD_USERNAME and NPD_SECRET to what the register's operator gave you, or NPD_URL to the sandbox."
        return [
            Error(
                "NPD_SECRET is the sandbox's, but NPD_URL is not on this machine.",
                hint=hint,
                id="motcua.E002",
            )
        ]
    npd = settings.NPD
    try:
        ping_claim(npd["NPD_PING_NUMBER"])
    except NumberRefused:
        hint = "Set NPD_PING_NUMBER to 9 or 12 digits of a number that no person has."
        return [Error("NPD_PING_NUMBER is not a number that can be asked for.", hint=hint, id="motcua.E004")]
    if npd["NPD_IN_FLIGHT_DESK"] >= npd["NPD_IN_FLIGHT"]:
        hint = "Make NPD_IN_FLIGHT_DESK smaller than NPD_IN_FLIGHT."
        return [Error("The portal would never be let through to the register.", hint=hint, id="motcua.E003")]
    if found.url.startswith("http:") and not is_near:
        hint = "Use an https address in NPD_URL unless the line itself is encrypted."
        return [Warning("NPD_URL is not encrypted and not on this machine.", hint=hint, id="motcua.W001")]
    return []
