"""What is looked at when the product starts: can the register be asked with these settings at all?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils import timezone

from motcua.identity.numbers import NumberRefused
from motcua.identity.register import CouldNotAsk
from motcua.population.gateway import open_gateway, ping_claim
from motcua.population.settings import RegisterSettings, SettingRefused
from motcua.verification import certificates
from motcua.verification.models import Route
from motcua.verification.registers import register_settings, routes

_NEAR: Final = {"127.0.0.1", "localhost", "::1"}
# How the sandbox's own begins: its credentials are public.
_OF_THE_SANDBOX: Final = {
    "username": "sandbox_",
    "secret": "sandbox-",  # nosec B105 # how the sandbox's begin
    "username_next": "sandbox_",
    "secret_next": "sandbox-",  # nosec B105 # how the sandbox's begin
    "hash_uri": "/sandbox/",
    "xroad_client": "SANDBOX/",
    "api_key": "sbx-",
    "lgsp_access_key": "sbx-",
    "lgsp_secret_key": "sbx-",  # nosec B105 # how the sandbox's begin
    "lgsp_auth": "sbx-",
}
_HASHED: Final = ("secret", "username", "username_next", "secret_next", "hash_uri")
# What each transport proves itself with; first what nobody else can have.
_PROOF: Final = {
    "c06": _HASHED,
    "xroad": (*_HASHED, "xroad_client", "api_key"),
    "lgsp": ("lgsp_secret_key", "lgsp_access_key"),
    "lgsp_json": ("lgsp_auth",),
}
_WITH_TOKENS: Final = ("lgsp", "lgsp_json")


@register()
def register_can_be_asked(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse settings that cannot work, naming the variable; every line that is set up is looked at."""
    messages: list[CheckMessage] = []
    for route in routes():
        messages += _of_line(route)
    return messages + _of_all_lines()


@register()
def certificates_hold(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of certificates that run out; even one that is over stops nothing, for the pages work without the line."""
    messages: list[CheckMessage] = []
    now = timezone.now()
    for route in routes():
        try:
            due = certificates.running_out(route, now)
        except (CouldNotAsk, SettingRefused):
            continue  # told by the check above
        messages += [_of_certificate(certificate) for certificate in due]
    return messages


def _of_line(route: Route) -> list[CheckMessage]:
    try:
        found = register_settings(route)
    except SettingRefused as refusal:
        return [
            Error(str(refusal), hint="Mend the variable; docs/configuration.md lists them.", id="motcua.E001")
        ]
    try:
        open_gateway(found)
    except CouldNotAsk as refusal:
        hint = "Mend the file, or the variable's path."
        return [Error(refusal.detail, hint=hint, id="motcua.E005")]
    return _for_production(found) if settings.MOTCUA_MODE == "production" else _for_trial(found)


def _for_trial(found: RegisterSettings) -> list[CheckMessage]:
    field = _PROOF[found.transport][0]
    url, variable = found.variable("url"), found.variable(field)
    is_near = _is_near(found)
    if _is_of_the_sandbox(found, field) and not is_near:
        hint = f"Set {variable} to what the register's operator gave you, or {url} to the sandbox."
        return [
            Error(
                f"{variable} is the sandbox's, but {url} is not on this machine.", hint=hint, id="motcua.E002"
            )
        ]
    if is_near:
        return []
    hint = "Set MOTCUA_MODE=production before the register of real people is asked; docs/operations.md says what for."
    messages: list[CheckMessage] = [
        Warning(f"MOTCUA_MODE is trial, but {url} is not on this machine.", hint=hint, id="motcua.W004")
    ]
    if found.url.startswith("http:"):
        hint = f"Use an https address in {url} unless the line itself is encrypted."
        text = f"{url} is not encrypted and not on this machine."
        messages.append(Warning(text, hint=hint, id="motcua.W001"))
    return messages


def _for_production(found: RegisterSettings) -> list[CheckMessage]:
    """Refuse the sandbox as register, by its address, by anything of its own, and a line that others could read."""
    messages: list[CheckMessage] = []
    has_tokens = found.transport in _WITH_TOKENS and bool(found.token_url)
    for field in ("url", "token_url") if has_tokens else ("url",):
        variable, address = found.variable(field), urlsplit(getattr(found, field))
        if address.hostname in _NEAR and address.port == settings.NPDSANDBOX_PORT:
            hint = (
                f"Set {variable} to the register's address; with MOTCUA_MODE=trial the sandbox may be asked."
            )
            messages.append(Error(f"{variable} is the sandbox's address.", hint=hint, id="motcua.E010"))
        if address.scheme == "http" and address.hostname not in _NEAR:
            hint = f"Set {variable} to an https address."
            text = f"{variable} is not encrypted and not on this machine."
            messages.append(Error(text, hint=hint, id="motcua.E011"))
    for field in _PROOF[found.transport] if has_tokens or found.transport not in _WITH_TOKENS else ():
        if _is_of_the_sandbox(found, field):
            variable = found.variable(field)
            hint = f"Set {variable} to what the register's operator gave you."
            messages.append(Error(f"{variable} is the sandbox's.", hint=hint, id="motcua.E012"))
    return messages


def _of_all_lines() -> list[CheckMessage]:
    npd = settings.NPD
    try:
        ping_claim(npd["NPD_PING_NUMBER"])
    except NumberRefused:
        hint = "Set NPD_PING_NUMBER to 9 or 12 digits of a number that no person has."
        return [Error("NPD_PING_NUMBER is not a number that can be asked for.", hint=hint, id="motcua.E004")]
    if npd["NPD_IN_FLIGHT_DESK"] >= npd["NPD_IN_FLIGHT"]:
        hint = "Make NPD_IN_FLIGHT_DESK smaller than NPD_IN_FLIGHT."
        return [Error("The portal would never be let through to the register.", hint=hint, id="motcua.E003")]
    return []


def _of_certificate(certificate: certificates.Certificate) -> CheckMessage:
    variable, day = certificate.expiry.variable, certificate.on.strftime("%d/%m/%Y")
    where = f"{variable}_NEXT" if variable.endswith("CLIENT_CERT") else variable
    hint = f"Put the new certificate's path in {where}; docs/operations.md, Certificates, says how."
    if certificate.is_over:
        text = f"{variable}: the certificate expired on {day}; the line cannot be asked with it."
        return Warning(text, hint=hint, id="motcua.W003")
    stage = min(days for days in certificates.WARNED_AT if certificate.days <= days)
    text = f"{variable}: the certificate expires on {day}, in {certificate.days} days (warned at {stage})."
    return Warning(text, hint=hint, id="motcua.W002")


def _is_of_the_sandbox(found: RegisterSettings, field: str) -> bool:
    return bool(getattr(found, field).startswith(_OF_THE_SANDBOX[field]))


def _is_near(found: RegisterSettings) -> bool:
    return urlsplit(found.url).hostname in _NEAR
