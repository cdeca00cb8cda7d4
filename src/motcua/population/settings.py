"""How the way to the register is set up: one typed value, checked once, each refusal naming its variable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


class SettingRefused(ValueError):
    """A setting cannot work; `variable` is its name in the environment."""

    def __init__(self, variable: str, expected: str) -> None:
        super().__init__(f"{variable}: expected {expected}")
        self.variable = variable


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSettings:
    """Everything the gateway must be told; times in seconds.

    `url` and `hash_uri` are taken literally, but `{operation}` in them becomes the operation's name without
    a suffix `Request`. `deceased_statuses` are the values of the record's status element that mean death:
    the real ones are unknown, the default is the sandbox's own. Raises SettingRefused.
    """

    transport: Literal["c06", "xroad"]
    url: str
    hash_uri: str
    username: str
    secret: str
    timestamp_unit: Literal["ms", "s"] = "ms"
    xroad_client: str = ""
    api_key: str = ""
    service: Literal["037", "003"] = "037"
    request_style: Literal["2025", "2022"] = "2025"
    name_form: Literal["ascii", "accented"] = "ascii"
    connect_seconds: float = 2.0
    total_seconds: float = 8.0
    client_cert: str = ""
    client_key: str = ""
    ca: str = ""
    deceased_statuses: frozenset[str] = frozenset({"SBX.DECEASED"})

    def __repr__(self) -> str:
        return f"RegisterSettings(transport={self.transport!r}, service={self.service!r})"

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_address()
        self._check_credentials()
        self._check_times()
        self._check_files()

    def _check_choices(self) -> None:
        for variable, value, choices in (
            ("NPD_TRANSPORT", self.transport, ("c06", "xroad")),
            ("NPD_TIMESTAMP_UNIT", self.timestamp_unit, ("ms", "s")),
            ("NPD_SERVICE", self.service, ("037", "003")),
            ("NPD_REQUEST_STYLE", self.request_style, ("2025", "2022")),
            ("NPD_NAME_FORM", self.name_form, ("ascii", "accented")),
        ):
            if value not in choices:
                raise SettingRefused(variable, "one of " + ", ".join(choices))

    def _check_address(self) -> None:
        expected = "an address such as https://gateway.example/c06/{operation}"
        try:
            parts = urlsplit(self.url)
            has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            raise SettingRefused("NPD_URL", expected) from None
        if parts.scheme not in ("http", "https") or not has_host or parts.username or parts.fragment:
            raise SettingRefused("NPD_URL", expected)
        if not _VISIBLE_ASCII.fullmatch(self.url):
            raise SettingRefused("NPD_URL", "an address of visible ASCII characters")

    def _check_credentials(self) -> None:
        for variable, value in (("NPD_USERNAME", self.username), ("NPD_SECRET", self.secret)):
            if not value:
                raise SettingRefused(variable, "the text that the register's operator gave you")
        if ":" in self.username or not self.username.isprintable():
            raise SettingRefused("NPD_USERNAME", "printable characters without a colon")
        if self.transport == "xroad" and not 3 <= len([p for p in self.xroad_client.split("/") if p]) <= 4:
            raise SettingRefused(
                "NPD_XROAD_CLIENT", "instance/class/member or instance/class/member/subsystem"
            )
        for variable, value in (("NPD_XROAD_CLIENT", self.xroad_client), ("NPD_API_KEY", self.api_key)):
            if value and not _VISIBLE_ASCII.fullmatch(value):
                raise SettingRefused(variable, "visible ASCII characters without blanks")

    def _check_times(self) -> None:
        if not 0 < self.total_seconds <= 60:
            raise SettingRefused("NPD_TOTAL_SECONDS", "a number of seconds above 0, at most 60")
        if not 0 < self.connect_seconds <= self.total_seconds:
            raise SettingRefused(
                "NPD_CONNECT_SECONDS", "a number of seconds above 0, at most NPD_TOTAL_SECONDS"
            )

    def _check_files(self) -> None:
        if self.client_key and not self.client_cert:
            raise SettingRefused("NPD_CLIENT_CERT", "the certificate that belongs to NPD_CLIENT_KEY")
        for variable, value in (
            ("NPD_CA", self.ca),
            ("NPD_CLIENT_CERT", self.client_cert),
            ("NPD_CLIENT_KEY", self.client_key),
        ):
            if value and not Path(value).is_file():
                raise SettingRefused(variable, "the path of a readable PEM file")
