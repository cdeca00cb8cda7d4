"""Every environment variable, declared once: name, type, default, meaning, group.

``.env.example`` and ``docs/configuration.md`` are written from this list (``motcua configuration``), and a
guard fails when they are stale. A nonsense value stops the start with the variable's name and the expected form.
A secret may also come from a file: ``NAME_FILE=/path`` is read when ``NAME`` is not set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class BadSetting(SystemExit):
    """A variable has a value that cannot be used; says which one and what is expected."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: how its text becomes a value, and what it is for."""

    name: str
    group: str
    kind: str
    default: str
    meaning: str
    read: Callable[[str], Any]
    expected: str
    is_secret: bool = False


def _text(value: str) -> str:
    return value


def _switch(value: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    return words[value.strip().lower()]


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def _whole(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number from one to another."""

    def read(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number <= 600:
        raise ValueError
    return number


def _seconds_or_never(value: str) -> float:
    number = float(value)
    if not 0 <= number <= 3600:
        raise ValueError
    return number


_port = _whole(1, 65535)


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _codes(value: str) -> frozenset[str]:
    return frozenset(_words(value))


def _hosts(value: str) -> list[str]:
    """Return host names; an address or a port beside one would match no request, and every page would be refused."""
    hosts = _words(value)
    if not hosts or not all(re.fullmatch(r"\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host) for host in hosts):
        raise ValueError
    return hosts


def _origins(value: str) -> list[str]:
    origins = [word.rstrip("/") for word in _words(value)]
    if not all(re.fullmatch(r"https?://[^/?#\s]+", origin) for origin in origins):
        raise ValueError
    return origins


def _token(value: str) -> str:
    """Return what travels as a header; whatever else stands in it would reach the other side as something else."""
    if value and not re.fullmatch(r"[!-~]+", value):
        raise ValueError
    return value


def _address(value: str) -> str:
    """Return an address for HTTP, or nothing."""
    if value:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError
    return value


def _networks(value: str) -> list[str]:
    return [str(ip_network(word, strict=False)) for word in _words(value)]


def _hours(value: str) -> tuple[time, time]:
    begin, end = (time.fromisoformat(word.strip()) for word in value.split("-"))
    if begin >= end:
        raise ValueError
    return begin, end


def _days(value: str) -> frozenset[int]:
    days = frozenset(int(word) for word in _words(value))
    if not days or not days <= set(range(1, 8)):
        raise ValueError
    return days


def _socket(value: str) -> str | tuple[str, int]:
    """Return the path of a socket, or host and port; an empty text for nothing."""
    if not value or value.startswith("unix:/"):
        return value.removeprefix("unix:")
    host, _, port = value.rpartition(":")
    if not host:
        raise ValueError
    return host.strip("[]"), _port(port)


_KINDS: dict[str, tuple[Callable[[str], Any], str]] = {
    "text": (_text, "any text"),
    "switch": (_switch, "on or off"),
    "number": (_positive, "a whole number of 1 or more"),
    "percent": (_whole(0, 100), "a whole number from 0 to 100"),
    "seconds": (_seconds, "seconds, more than 0 and at most 600"),
    "seconds or never": (_seconds_or_never, "seconds, at most 3600; 0 for never"),
    "codes": (_codes, "codes as the register sends them, separated by commas"),
    "port": (_port, "a port, 1 to 65535"),
    "days kept": (_whole(1, 36500), "a whole number from 1 to 36500"),
    "years kept": (_whole(1, 100), "a whole number from 1 to 100"),
    "hosts": (
        _hosts,
        "host names such as dichvucong.example, without https:// and port, separated by commas",
    ),
    "token": (_token, "visible ASCII characters without blanks, or nothing"),
    "address": (_address, "an address such as https://dichvucong.example, or nothing"),
    "origins": (_origins, "addresses such as https://dichvucong.example, separated by commas"),
    "hours": (_hours, "two times of day such as 06:30-19:00"),
    "days": (_days, "days of the week, 1 (Monday) to 7, separated by commas"),
    "socket": (_socket, "unix:/path/of/a/socket, or host:port"),
    "networks": (_networks, "addresses or networks such as 10.0.0.0/8, separated by commas"),
}

VARIABLES: dict[str, Variable] = {}


def _declare(
    group: str, name: str, kind: str, default: str, meaning: str, *, secret: bool = False, one_of: str = ""
) -> None:
    read, expected = _KINDS[kind]
    if one_of:
        choices = one_of.split()

        def read(value: str) -> str:
            if value not in choices and value != default:
                raise ValueError
            return value

        expected = "one of " + ", ".join(choices) + ("" if default else ", or nothing")
    VARIABLES[name] = Variable(name, group, kind, default, meaning, read, expected, secret)


_declare(
    "Product",
    "MOTCUA_MODE",
    "text",
    "trial",
    "With `production` whatever is only good for trying is refused at the start; docs/operations.md lists it.",
    one_of="trial production",
)
_declare("Product", "MOTCUA_PORT", "port", "8000", "Port of the product on loopback.")
_declare("Product", "MOTCUA_STATE", "text", "var", "Folder of the database, papers and keys.")
_declare(
    "Product", "MOTCUA_HOSTS", "hosts", "localhost,127.0.0.1,[::1]", "Host names that the product answers to."
)
_declare(
    "Product",
    "MOTCUA_ORIGINS",
    "origins",
    "",
    "Origins trusted for forms behind a proxy, such as https://dichvucong.example.",
)
_declare(
    "Product",
    "MOTCUA_SITE_URL",
    "address",
    "",
    "Address of the portal as people type it, such as https://dichvucong.example, for links in messages, codes on "
    "slips and what the bank is told; when empty this machine's on MOTCUA_PORT in messages, elsewhere the address by "
    "which one came.",
)
_declare(
    "Product",
    "MOTCUA_HTTPS",
    "switch",
    "off",
    "Behind TLS: secure cookies, HSTS, X-Forwarded-Proto of the proxy is believed.",
)
_declare(
    "Product",
    "MOTCUA_PROXIES",
    "networks",
    "",
    "Addresses of proxies whose X-Forwarded-For is believed; none by default.",
)
_declare(
    "Product",
    "MOTCUA_SECRET_KEY",
    "text",
    "",
    "Key of sessions and digests; made once in MOTCUA_STATE/secret.key when empty.",
    secret=True,
)
_declare(
    "Product",
    "MOTCUA_SEALING_KEYS",
    "text",
    "",
    'Keys that seal names, numbers and birth dates, one "id secret" a line, the newest last; '
    "MOTCUA_STATE/sealing.keys when empty.",
    secret=True,
)
_declare(
    "Product", "MOTCUA_DEBUG", "switch", "off", "Developer's error pages; never where citizens' data are."
)
_declare("Product", "MOTCUA_WORKERS", "number", "2", "Worker processes.")
_declare(
    "Product",
    "MOTCUA_THREADS",
    "number",
    "32",
    "Threads a worker for its pages, beside one for each question in flight (NPD_IN_FLIGHT).",
)
_declare(
    "Product",
    "DATABASE_URL",
    "text",
    "",
    "postgresql://user:password@host:port/name?sslmode=verify-full&sslrootcert=/path/ca.pem; SQLite in MOTCUA_STATE "
    "when empty.",
    secret=True,
)
_declare(
    "Product",
    "METRICS_TOKEN",
    "token",
    "",
    "Bearer token that Prometheus shows at /metrics; without one there is no such page, and nothing is counted.",
    secret=True,
)
_declare(
    "Product",
    "MOTCUA_LOG",
    "text",
    "lines",
    "Form of the log: readable lines, or one JSON object a line.",
    one_of="lines json",
)
_declare("Product", "PROVINCE_NAME", "text", "Tỉnh Mẫu", "Name in the header of every page.")
_declare(
    "Product", "REGISTRATION_OPEN", "switch", "on", "Citizens may register accounts of the portal's own."
)
_declare(
    "Product",
    "OFFICER_SECOND_FACTOR",
    "text",
    "",
    "Second factor of officers and administrators; in production `required` when empty, else `offered`.",
    one_of="required offered",
)
_declare(
    "Product",
    "SESSION_IDLE_MINUTES",
    "number",
    "60",
    "Minutes without a page after which one must log in again; after 8 hours everybody must.",
)
_declare(
    "Product",
    "IDLE_DAYS",
    "days kept",
    "45",
    "Days without a log-in after which the account of an officer or administrator sleeps.",
)
_declare(
    "Product",
    "MOTCUA_WORK",
    "text",
    "inside",
    "Work that waits is done inside the web workers, or apart by `motcua work`.",
    one_of="inside apart",
)
_declare(
    "Product",
    "AUDIT_SEAL_SECONDS",
    "seconds",
    "5",
    "Time between two batches into which the audit log is sealed, if anything happened.",
)
_declare(
    "Product",
    "AUDIT_HEAD_COPY",
    "text",
    "",
    "Path of a second file for the signed heads of the audit log, best on another host; none when empty.",
)
_declare("Product", "PAPER_MAX_MB", "number", "10", "Largest paper that a citizen may upload, in MB.")

_MESSAGES = "Messages"
_declare(
    _MESSAGES,
    "MAIL_HOST",
    "text",
    "",
    "Mail server to which e-mails are given; when empty a trial keeps them in its mailbox, and production writes none.",
)
_declare(_MESSAGES, "MAIL_PORT", "port", "587", "Its port; 465 is usual with MAIL_TLS=tls.")
_declare(
    _MESSAGES,
    "MAIL_TLS",
    "text",
    "starttls",
    "How the way to it is encrypted; its certificate is always verified.",
    one_of="starttls tls none",
)
_declare(_MESSAGES, "MAIL_USER", "text", "", "User name with the mail server; no log-in when empty.")
_declare(_MESSAGES, "MAIL_PASSWORD", "text", "", "Password of that user.", secret=True)
_declare(
    _MESSAGES,
    "MAIL_FROM",
    "text",
    "khong-tra-loi@localhost",
    "Sender of every e-mail, such as Cổng dịch vụ công <khong-tra-loi@dichvucong.example>.",
)
_declare(
    _MESSAGES,
    "SMS_URL",
    "address",
    "",
    "Address of the SMS gateway; docs/operations.md says what is posted. When empty as with MAIL_HOST.",
)
_declare(
    _MESSAGES,
    "SMS_TOKEN",
    "token",
    "",
    "Bearer token with the SMS gateway; none is sent when empty.",
    secret=True,
)
_declare(_MESSAGES, "SMS_SENDER", "text", "", "Brand name under which SMS go out.")

_PAPERS = "Where papers lie"
_declare(
    _PAPERS,
    "PAPER_STORE",
    "text",
    "disk",
    "Files of papers lie in MOTCUA_STATE/papers, or in a bucket of an object store that speaks S3.",
    one_of="disk s3",
)
_declare(_PAPERS, "S3_ENDPOINT", "address", "", "Address of the object store, such as https://kho.example.")
_declare(_PAPERS, "S3_BUCKET", "text", "", "Its bucket for this installation alone; it is never public.")
_declare(_PAPERS, "S3_REGION", "text", "us-east-1", "The store's region, as it wants it in signatures.")
_declare(_PAPERS, "S3_ACCESS_KEY", "text", "", "Who we are at the store.")
_declare(_PAPERS, "S3_SECRET_KEY", "text", "", "The key that signs what we ask of it.", secret=True)
_declare(
    _PAPERS,
    "S3_CA",
    "text",
    "",
    "Path of the authorities (PEM) that may vouch for the store; the usual public ones when empty.",
)
_declare(
    _PAPERS,
    "CLAMD_ADDRESS",
    "socket",
    "",
    "Where the virus scanner clamd listens: unix:/run/clamav/clamd.ctl or host:port; nothing is scanned when empty.",
)

_KEPT = "How long things are kept"
_declare(
    _KEPT,
    "KEEP_CHECKS_YEARS",
    "years kept",
    "5",
    "Years after which a check that nothing refers to is deleted.",
)
_declare(
    _KEPT, "KEEP_DRAFTS_DAYS", "days kept", "30", "Days after which a draft that nobody saved is deleted."
)
_declare(
    _KEPT,
    "KEEP_SENT_DAYS",
    "days kept",
    "90",
    "Days after which it is forgotten that something was sent to another system; what it said is forgotten at once.",
)
_declare(
    _KEPT, "KEEP_NOTICES_DAYS", "days kept", "365", "Days after which a message that was read is deleted."
)

# What each line to the register has of its own: kind, default, meaning and, where it must be, "one of" or secrecy.
# The primary line's variables are called NPD_X, the stand-by's NPD_STANDBY_X.
_OF_A_LINE: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "TRANSPORT": (
        "text",
        "c06",
        "How the register is reached.",
        {"one_of": "c06 xroad lgsp lgsp_json"},
    ),
    "URL": (
        "text",
        "",
        "Address; {operation} inside is replaced; the sandbox's on NPDSANDBOX_PORT when empty.",
        {},
    ),
    "HASH_URI": (
        "text",
        "/sandbox/csdldc/{operation}",
        "Text that goes into the C06 hash; {operation} inside is replaced.",
        {},
    ),
    "USERNAME": ("text", "sandbox_hp", "User name of the C06 hash.", {}),
    "SECRET": ("text", "sandbox-secret-1", "Secret of the C06 hash.", {"secret": True}),  # nosec B105 # the sandbox's
    "USERNAME_NEXT": ("text", "", "User name that replaces the present one during a change-over.", {}),
    "SECRET_NEXT": (
        "text",
        "",
        "Secret that replaces the present one during a change-over: both are good, the present one is tried first.",
        {"secret": True},  # nosec B105 # the sandbox's
    ),
    "TIMESTAMP_UNIT": ("text", "ms", "Unit of the Timestamp header.", {"one_of": "ms s"}),
    "XROAD_CLIENT": (
        "text",
        "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "Who we are on X-Road: instance/class/member/subsystem.",
        {},
    ),
    "API_KEY": ("text", "sbx-key-1", "ApiKey header on X-Road; none is sent when empty.", {"secret": True}),  # nosec B105 # the sandbox's
    "TOKEN_URL": (
        "text",
        "",
        "Address where the provincial platform (LGSP) gives tokens; the sandbox's when NPD_URL is the sandbox's.",
        {},
    ),
    "LGSP_ACCESS_KEY": ("text", "sbx-access", "AccessKey with the LGSP.", {}),
    "LGSP_SECRET_KEY": ("text", "sbx-secret", "SecretKey with the LGSP.", {"secret": True}),  # nosec B105 # the sandbox's
    "LGSP_APP_NAME": ("text", "motcua", "AppName with the LGSP.", {}),
    "LGSP_PARTNER_CODE": ("text", "000.00.00.H00", "PartnerCode with the LGSP.", {}),
    "LGSP_PARTNER_CODE_CUS": ("text", "000.00.00.H00", "PartnerCodeCus with the LGSP.", {}),
    "LGSP_AUTH": ("text", "sbx-auth", "Fixed Auth header of the LGSP's JSON adapter.", {"secret": True}),  # nosec B105 # the sandbox's
    "JSON_STYLE": (
        "text",
        "opencps",
        "Which province's JSON adapter is spoken to.",
        {"one_of": "opencps dong_thap thanh_hoa"},
    ),
    "SERVICE": (
        "text",
        "037",
        "037 asks for the record, 003 for yes or no only.",
        {"one_of": "037 003"},
    ),
    "REQUEST_STYLE": (
        "text",
        "2025",
        "2025 names agency, login and telephone; 2022 does not.",
        {"one_of": "2025 2022"},
    ),
    "NAME_FORM": ("text", "ascii", "Form of the name that is sent.", {"one_of": "ascii accented"}),
    "CLIENT_CERT": ("text", "", "Path of our certificate (PEM) where the line asks for one.", {}),
    "CLIENT_KEY": ("text", "", "Path of its key (PEM).", {}),
    "CLIENT_CERT_NEXT": (
        "text",
        "",
        "Path of the certificate that is used once the present one is over.",
        {},
    ),
    "CLIENT_KEY_NEXT": ("text", "", "Path of its key (PEM).", {}),
    "CA": (
        "text",
        "",
        "Path of the authorities (PEM) that may vouch for the register; the system's when empty.",
        {},
    ),
}
OF_A_LINE = tuple(_OF_A_LINE)
_PRIMARY, _STANDBY, _BOTH = "Register (NPD)", "Register, stand-by line", "Register, whatever the line"
for _suffix, (_kind, _default, _meaning, _more) in _OF_A_LINE.items():
    _declare(_PRIMARY, f"NPD_{_suffix}", _kind, _default, _meaning, **_more)
for _suffix, (_kind, _default, _meaning, _more) in _OF_A_LINE.items():
    if _suffix == "TRANSPORT":
        _default, _meaning = "", "How the stand-by line reaches the register; there is none when empty."
    _meaning = _meaning.replace("NPD_URL", "NPD_STANDBY_URL")
    _declare(_STANDBY, f"NPD_STANDBY_{_suffix}", _kind, _default, _meaning, **_more)

_declare(
    _BOTH,
    "NPD_AGENCY_CODE",
    "text",
    "000.00.00.H23",
    "Agency that asks for the portal and the operator (MaDonVi).",
)
_declare(
    _BOTH,
    "NPD_PORTAL_OFFICER",
    "text",
    "999080000001",
    "Officer in whose name portal and operator ask (MaCanBo).",
)
_declare(
    _BOTH,
    "NPD_PORTAL_OFFICER_KEY",
    "text",
    "portal:sandbox-pass",
    "That officer's own key at a provincial gateway, as name:password.",
    secret=True,
)
_declare(
    _BOTH,
    "NPD_PROCEDURE_CODE",
    "text",
    "VPCP",
    "Procedure code where the procedure has none of its own (MaDVC).",
)
_declare(
    _BOTH,
    "NPD_DECEASED_STATUSES",
    "codes",
    "SBX.DECEASED",
    "What a record's status (TrangThai) says of somebody who has died; such a person is rejected.",
)
_declare(
    _BOTH,
    "NPD_PING_NUMBER",
    "text",
    "999193000099",
    "Number that no person has; ping and probes ask for it.",
)
_declare(
    _BOTH,
    "NPD_BREAKER_FAILURES",
    "number",
    "5",
    "Failures in NPD_BREAKER_WINDOW_SECONDS after which nobody is made to wait.",
)
_declare(_BOTH, "NPD_BREAKER_WINDOW_SECONDS", "seconds", "30", "Window in which failures are counted.")
_declare(
    _BOTH,
    "NPD_BREAKER_SECONDS",
    "seconds",
    "10",
    "Time between two probes while the register is out of reach.",
)
_declare(_BOTH, "NPD_CONNECT_SECONDS", "seconds", "2", "Longest time to connect.")
_declare(
    _BOTH,
    "NPD_TOTAL_SECONDS",
    "seconds",
    "8",
    "Longest time from the press to the answer, retry and slow drips included.",
)
_declare(
    _BOTH,
    "NPD_IN_FLIGHT",
    "number",
    "96",
    "Questions that may wait for the register at one time, all processes together.",
)
_declare(_BOTH, "NPD_IN_FLIGHT_DESK", "number", "32", "Of these, kept for the desks.")
_declare(
    _BOTH,
    "NPD_SLOW_SECONDS",
    "seconds",
    "2",
    "Answers that take longer turn the light to slow.",
)
_declare(
    _BOTH,
    "NPD_WATCH_SECONDS",
    "seconds or never",
    "60",
    "A line that was not heard of for so long is probed when somebody looks at the light.",
)
_declare(
    _BOTH,
    "RECHECKS_PER_SECOND",
    "number",
    "2",
    "Later checks of dossiers received during an outage, a second, all processes together.",
)
_declare("Sandbox", "NPDSANDBOX_PORT", "port", "8001", "Port of the sandbox register.")

_PORTAL = "National portal"
_declare(
    _PORTAL,
    "NATIONAL_PORTAL_URL",
    "address",
    "",
    "Address that takes messages about dossiers (docs/national-portal.md); nothing is written or sent when empty.",
)
_declare(
    _PORTAL, "NATIONAL_PORTAL_UNIT", "text", "", "Code of this province or agency at the portal (madonvi)."
)
_declare(
    _PORTAL,
    "NATIONAL_PORTAL_TOKEN",
    "token",
    "",
    "Token with which the portal knows us, a header.",
    secret=True,
)

_LIMITS = "Limits"
_declare(_LIMITS, "TRIES_NUMBER_HOUR", "number", "5", "Wrong tries an hour for one number on the portal.")
_declare(_LIMITS, "TRIES_NUMBER_DAY", "number", "10", "Wrong tries a day for one number on the portal.")
_declare(_LIMITS, "TRIES_ACCOUNT_HOUR", "number", "10", "Wrong tries an hour for one account.")
_declare(_LIMITS, "TRIES_ADDRESS_HOUR", "number", "20", "Wrong tries an hour from one address.")
_declare(_LIMITS, "TRIES_OFFICER_10_MINUTES", "number", "30", "Wrong tries in ten minutes for one officer.")
_declare(
    _LIMITS, "TRIES_SYSTEM_5_MINUTES", "number", "1000", "Wrong tries in five minutes over the whole portal."
)
_declare(
    _LIMITS,
    "WAVE_TRIES_5_MINUTES",
    "number",
    "90",
    "Wrong tries in five minutes over the whole portal that may be a wave of guesses, if WAVE_PERCENT fits too.",
)
_declare(_LIMITS, "WAVE_PERCENT", "number", "30", "Share of wrong tries among all that makes a wave of them.")
_declare(
    _LIMITS,
    "CHALLENGE_MINUTES",
    "number",
    "15",
    "Minutes after a wave in which the portal asks a question first.",
)
_declare(
    _LIMITS,
    "REJECTED_STEP_SECONDS",
    "seconds or never",
    "0.5",
    "The portal says no after a whole number of these, so that its time tells nothing; 0 for at once.",
)
_declare(
    _LIMITS,
    "BURST_5_MINUTES",
    "number",
    "25",
    "Questions of one officer in five minutes from which on they are marked for review.",
)
_declare(
    _LIMITS,
    "WORK_HOURS",
    "hours",
    "06:30-19:00",
    "Outside of these an officer's question is marked for review.",
)
_declare(
    _LIMITS, "WORK_DAYS", "days", "1,2,3,4,5,6", "On other days an officer's question is marked for review."
)
_declare(
    _LIMITS,
    "REVIEW_SAMPLE_PERCENT",
    "percent",
    "1",
    "Share of ordinary questions at the desks that is put before the supervisor too.",
)
_declare(_LIMITS, "LOGIN_TRIES_HOUR", "number", "10", "Wrong passwords an hour for one log-in name.")
_declare(
    _LIMITS,
    "LOGIN_TRIES_ADDRESS_HOUR",
    "number",
    "100",
    "Wrong passwords an hour from one address, without those of a name whose right one came from there afterwards.",
)
_declare(
    _LIMITS,
    "TRACK_TRIES_HOUR",
    "number",
    "10",
    "Wrong numbers an hour for one dossier's code, when it is followed without logging in.",
)

_PAYING = "Fees"
_declare(
    _PAYING,
    "RECEIPT_FORM",
    "text",
    "01BLP",
    "Number of the form that receipts for fees bear; as the tax office registered it.",
)
_declare(
    _PAYING,
    "BANK_URL",
    "address",
    "",
    "Where the bank's payment service answers, without pay or status at the end; no paying online when empty.",
)
_declare(_PAYING, "BANK_MERCHANT", "text", "", "Who we are to the bank.")
_declare(
    _PAYING,
    "BANK_SECRET",
    "text",
    "",
    "The secret shared with the bank, with which words in both directions are signed.",
    secret=True,
)

_SIGNING = "Signatures on slips"
_declare(
    _SIGNING,
    "SLIP_SIGNING_KEY",
    "text",
    "",
    "Path of the PKCS#12 file that signs the slips of every office without a file of its own; none when empty.",
)
_declare(_SIGNING, "SLIP_SIGNING_PASSPHRASE", "text", "", "Passphrase of that file.", secret=True)
_declare(
    _SIGNING,
    "SLIP_SIGNING_FOLDER",
    "text",
    "",
    "Folder with the offices' own keys: CODE.p12, and CODE.passphrase where it is not SLIP_SIGNING_PASSPHRASE.",
)
_declare(
    _SIGNING,
    "SLIP_PKCS11_MODULE",
    "text",
    "",
    "Path of the PKCS#11 library of a token that signs where no file does; none when empty.",
)
_declare(_SIGNING, "SLIP_PKCS11_TOKEN", "text", "", "Label of the token.")
_declare(_SIGNING, "SLIP_PKCS11_KEY", "text", "", "Label of the key and of its certificate in the token.")
_declare(_SIGNING, "SLIP_PKCS11_PIN", "text", "", "PIN of the token.", secret=True)


class Environment:
    """The variables as values; read once at the start."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def __getitem__(self, name: str) -> Any:
        """Return the value of a declared variable.

        Raises:
            BadSetting: the text cannot be read as the variable's kind, or its file is missing.
        """
        variable = VARIABLES[name]
        text = self._environ.get(name, "").strip()
        path = self._environ.get(f"{name}_FILE", "") if variable.is_secret else ""
        if not text and path:
            try:
                text = Path(path).read_text(encoding="utf-8-sig").strip()
            except OSError:
                raise BadSetting(
                    f"{name}_FILE: the file cannot be read. Mend the path or unset it."
                ) from None
            except UnicodeDecodeError:
                raise BadSetting(f"{name}_FILE: the file is not text in UTF-8. Save it as UTF-8.") from None
        try:
            return variable.read(text or variable.default)
        except (ValueError, KeyError):
            raise BadSetting(
                f"{name}: expected {variable.expected}. Mend the variable or unset it."
            ) from None

    def file_of(self, name: str) -> Path | None:
        """Return the file from which a secret is read, None when it is not read from one."""
        path = self._environ.get(f"{name}_FILE", "")
        return Path(path) if path and not self._environ.get(name, "").strip() else None

    def is_set(self, name: str) -> bool:
        """Say whether a variable was given at all."""
        return bool(self._environ.get(name) or self._environ.get(f"{name}_FILE"))
