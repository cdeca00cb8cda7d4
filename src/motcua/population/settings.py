"""How a line to the register is set up: one typed value, checked once, each refusal naming its variable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

JsonStyle = Literal["opencps", "dong_thap", "thanh_hoa"]

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_CHOICES: dict[str, tuple[str, ...]] = {
    "transport": ("c06", "xroad", "lgsp", "lgsp_json"),
    "timestamp_unit": ("ms", "s"),
    "json_style": ("opencps", "dong_thap", "thanh_hoa"),
    "service": ("037", "003"),
    "request_style": ("2025", "2022"),
    "name_form": ("ascii", "accented"),
}
_GIVEN = "the text that the register's operator gave you"


class SettingRefused(ValueError):
    """A setting cannot work; `variable` is its name in the environment."""

    def __init__(self, variable: str, expected: str) -> None:
        super().__init__(f"{variable}: expected {expected}")
        self.variable = variable


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSettings:
    """Everything the gateway must be told about one line; times in seconds.

    Each transport has its own credentials: `c06` and `xroad` the hash's user name and secret (and the next pair during
    a change-over; its user name is the same when empty), `lgsp` and `lgsp_json` an address for tokens. `url`,
    `token_url` and `hash_uri` are taken literally, but `{operation}` in `url` and `hash_uri` becomes the operation's
    name without a suffix `Request`. What the chosen transport does not use is not looked at. `deceased_statuses` are
    the values of the record's status element that mean death: the real ones are unknown, the default is the sandbox's
    own. With `refuse_sandbox` a reply that says it comes from a sandbox is no answer. `prefix` begins the names of this
    line's variables, so that a refusal names the right one. Raises SettingRefused.
    """

    transport: Literal["c06", "xroad", "lgsp", "lgsp_json"]
    url: str
    hash_uri: str = ""
    username: str = ""
    secret: str = ""
    username_next: str = ""
    secret_next: str = ""
    timestamp_unit: Literal["ms", "s"] = "ms"
    xroad_client: str = ""
    api_key: str = ""
    token_url: str = ""
    lgsp_access_key: str = ""
    lgsp_secret_key: str = ""
    lgsp_app_name: str = ""
    lgsp_partner_code: str = ""
    lgsp_partner_code_cus: str = ""
    lgsp_auth: str = ""
    json_style: JsonStyle = "opencps"
    service: Literal["037", "003"] = "037"
    request_style: Literal["2025", "2022"] = "2025"
    name_form: Literal["ascii", "accented"] = "ascii"
    connect_seconds: float = 2.0
    total_seconds: float = 8.0
    client_cert: str = ""
    client_key: str = ""
    client_cert_next: str = ""
    client_key_next: str = ""
    ca: str = ""
    deceased_statuses: frozenset[str] = frozenset({"SBX.DECEASED"})
    refuse_sandbox: bool = False
    prefix: str = "NPD_"

    def __repr__(self) -> str:
        return f"RegisterSettings(transport={self.transport!r}, service={self.service!r})"

    def __post_init__(self) -> None:
        for field, choices in _CHOICES.items():
            if getattr(self, field) not in choices:
                raise SettingRefused(self.variable(field), "one of " + ", ".join(choices))
        self._check_address("url")
        if self.transport in ("c06", "xroad"):
            self._check_hash()
        if self.transport == "xroad":
            self._check_xroad()
        if self.transport == "lgsp":
            self._check_lgsp()
        if self.transport == "lgsp_json":
            self._check_json()
        self._check_times()
        self._check_files()

    def variable(self, field: str) -> str:
        """Return the name in the environment of a field of this line."""
        return f"{self.prefix}{field.upper()}"

    def _check_address(self, field: str) -> None:
        value: str = getattr(self, field)
        expected = "an address such as https://gateway.example/" + ("c06/{operation}" * (field == "url"))
        try:
            parts = urlsplit(value)
            has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
            (parts.hostname or "").encode("idna")  # no part of a name empty or too long
        except ValueError:
            raise SettingRefused(self.variable(field), expected) from None
        if parts.scheme not in ("http", "https") or not has_host or parts.username or parts.fragment:
            raise SettingRefused(self.variable(field), expected)
        self._check_visible(field)

    def _check_visible(self, *fields: str) -> None:
        for field in fields:
            value: str = getattr(self, field)
            if value and not _VISIBLE_ASCII.fullmatch(value):
                raise SettingRefused(self.variable(field), "visible ASCII characters without blanks")

    def _check_given(self, *fields: str) -> None:
        for field in fields:
            if not getattr(self, field):
                raise SettingRefused(self.variable(field), _GIVEN)

    def _check_hash(self) -> None:
        self._check_given("username", "secret")
        if self.username_next:
            self._check_given("secret_next")
        for field in ("username", "username_next"):
            value: str = getattr(self, field)
            if ":" in value or not value.isprintable():
                raise SettingRefused(self.variable(field), "printable characters without a colon")
        for field in ("hash_uri", "secret", "secret_next"):
            if not getattr(self, field).isprintable():
                raise SettingRefused(self.variable(field), "printable characters")

    def _check_xroad(self) -> None:
        if not 3 <= len([part for part in self.xroad_client.split("/") if part]) <= 4:
            raise SettingRefused(
                self.variable("xroad_client"), "instance/class/member or instance/class/member/subsystem"
            )
        self._check_visible("xroad_client", "api_key")

    def _check_lgsp(self) -> None:
        self._check_address("token_url")
        self._check_given("lgsp_access_key", "lgsp_secret_key", "lgsp_app_name", "lgsp_partner_code")
        for field in ("access_key", "secret_key", "app_name", "partner_code", "partner_code_cus"):
            if not getattr(self, f"lgsp_{field}").isprintable():
                raise SettingRefused(self.variable(f"lgsp_{field}"), "printable characters")

    def _check_json(self) -> None:
        is_yes_no = self.json_style == "dong_thap"
        if is_yes_no or self.token_url:
            self._check_address("token_url")
            self._check_given("lgsp_auth")
        self._check_visible("lgsp_auth")
        if is_yes_no and self.service != "003":
            expected = f"003, for {self.variable('json_style')}=dong_thap says only yes or no"
            raise SettingRefused(self.variable("service"), expected)

    def _check_times(self) -> None:
        if not 0 < self.total_seconds <= 60:
            raise SettingRefused("NPD_TOTAL_SECONDS", "a number of seconds above 0, at most 60")
        if not 0 < self.connect_seconds <= self.total_seconds:
            raise SettingRefused(
                "NPD_CONNECT_SECONDS", "a number of seconds above 0, at most NPD_TOTAL_SECONDS"
            )

    def _check_files(self) -> None:
        for certificate, key in (("client_cert", "client_key"), ("client_cert_next", "client_key_next")):
            if getattr(self, key) and not getattr(self, certificate):
                expected = f"the certificate that belongs to {self.variable(key)}"
                raise SettingRefused(self.variable(certificate), expected)
        if self.client_cert_next and not self.client_cert:
            expected = f"the certificate that {self.variable('client_cert_next')} will take over from"
            raise SettingRefused(self.variable("client_cert"), expected)
        for field in ("ca", "client_cert", "client_key", "client_cert_next", "client_key_next"):
            value: str = getattr(self, field)
            if value and not Path(value).is_file():
                raise SettingRefused(self.variable(field), "the path of a readable PEM file")
