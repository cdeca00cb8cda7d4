"""What is refused with ``MOTCUA_MODE=production``: whatever is only good for trying.

The register's lines are looked at by ``verification.checks``; all refusals are shown together, each with its variable
and what helps.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from motcua.config.env import VARIABLES, Environment
from motcua.sealing import digest, keyring
from motcua.sealing.fields import Sealed, lost_key, opens

_log = logging.getLogger("motcua.sealing")
_NAMES: Final = 20  # newest users whose names and numbers are looked at
_SHORTEST_KEY: Final = 40
_SHORTEST_TOKEN: Final = 20
_FEWEST_SIGNS: Final = 12
# Words that stand in keys of examples, guides and tests; nobody draws one by chance.
_PUBLISHED_KEYS: Final = (
    "insecure",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "example",
    "-for-tests-",
    "motcua",
)
_MAKE_ONE: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_INVENTED: Final = "999"  # begins every number of an invented person


@register()
def fit_for_production(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to run unsafely in production; says nothing of a trial."""
    if settings.MOTCUA_MODE != "production":
        return []
    return [*_key(), *_pages(), *_officials(), *_papers(), *_asking(), *_portal()]


def refuse_demo_log_ins() -> None:
    """Refuse to run in production on a database in which log-ins of the demo are open; needs its tables.

    Raises:
        SystemExit: there are some; the message names them.
    """
    if settings.MOTCUA_MODE != "production":
        return
    from motcua.accounts.demo import open_accounts

    if found := open_accounts():
        raise SystemExit(
            f"MOTCUA_MODE=production: these log-ins of the demo have the published password: {', '.join(found)}. "
            "Switch them off or give them other passwords under /quan-tri/ with MOTCUA_MODE=trial, or, better, begin "
            "with a database that never held the demo (DATABASE_URL, MOTCUA_STATE)."
        )


def refuse_lost_sealing_keys() -> None:
    """Refuse to run in production on a database whose values need a key that is not here; needs its tables.

    Without the keys everything would seem to work, only no name could be read, or nobody be found by number. The newest
    values are looked at; a trial is told in its log and goes on.

    Raises:
        SystemExit: the key is not here; the message names it and the file.
    """
    from motcua.accounts.models import User

    newest: Iterable[Any] = User.objects.order_by("-pk").values_list("full_name", flat=True)[:_NAMES]
    names = [name for name in newest if isinstance(name, Sealed) and name]
    if names and (key_id := lost_key(names[0])):
        where = "MOTCUA_SEALING_KEYS" if keyring.is_given() else str(settings.SEALING_KEYS_FILE)
        text = (
            f"{where}: the key {key_id}, with which the database's newest values are sealed, is not there. Bring back "
            "the file sealing.keys that belongs to this database (MOTCUA_STATE, MOTCUA_SEALING_KEYS); without it no "
            "name and no number can be read."
        )
    elif is_of_another_secret() or (
        names and keyring.newest() is None and not any(opens(name) for name in names)
    ):
        is_given = Environment().is_set("MOTCUA_SECRET_KEY")
        text = (
            f"{'MOTCUA_SECRET_KEY' if is_given else settings.STATE / 'secret.key'}: it is not the key with which the "
            "database's values were made. Bring back the one that belongs to this database (MOTCUA_SECRET_KEY, or "
            "secret.key in MOTCUA_STATE); without it nobody is found by number, and nothing that it sealed can be read."
        )
    else:
        return
    if settings.MOTCUA_MODE == "production":
        raise SystemExit(f"MOTCUA_MODE=production: {text}")
    _log.error("sealing.keys_lost %s", text)


def is_of_another_secret() -> bool:
    """Say whether the newest numbers of accounts were digested with another ``MOTCUA_SECRET_KEY``.

    Citizens could not log in by theirs, and whoever registered again would get a second account.
    """
    from motcua.accounts.models import Citizen, User

    citizens = Citizen.objects.order_by("-pk").values_list("number_digits", "number_digest")
    officers = User.objects.exclude(officer_number_digest="").order_by("-pk")
    kept = [*citizens[:_NAMES], *officers.values_list("officer_digits", "officer_number_digest")[:_NAMES]]
    readable = [(str(digits), made) for digits, made in kept if isinstance(digits, Sealed) and opens(digits)]
    return bool(readable) and all(digest("number", digits) != made for digits, made in readable)


def why_no_key() -> str:
    """Say in a line why there is no key to work with, and what helps; nothing where there is one."""
    return " ".join(f"{message.msg} {message.hint}" for message in _key())


def _key() -> list[CheckMessage]:
    path = settings.STATE / "secret.key"
    key, variable = Environment()["MOTCUA_SECRET_KEY"], "MOTCUA_SECRET_KEY"
    if not key:
        if not path.exists():
            hint = (
                f"Make one with {_MAKE_ONE} and keep it where the database's back-ups are not; for a database that is "
                "in use, bring back the key it was made with."
            )
            text = f"{variable} is not set, and there is no {path}."
            return [Error(text, hint=hint, id="motcua.E020")]
        variable, key = str(path), path.read_text(encoding="ascii").strip()
        if path.stat().st_mode & 0o077:
            text, hint = f"{path} can be read by others than its owner.", f"chmod 600 {path}"
            return [Error(text, hint=hint, id="motcua.E021")]
    is_plain = len(key) < _SHORTEST_KEY or len(set(key)) < _FEWEST_SIGNS
    if is_plain or any(word in key.lower() for word in _PUBLISHED_KEYS):
        text = (
            f"{variable} is short, plain or published: it must be {_SHORTEST_KEY} random characters or more."
        )
        return [Error(text, hint=f"Make one with {_MAKE_ONE}", id="motcua.E022")]
    return []


def _pages() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.DEBUG:
        text, hint = "MOTCUA_DEBUG shows code and data to whoever meets an error.", "Unset MOTCUA_DEBUG."
        messages.append(Error(text, hint=hint, id="motcua.E023"))
    if not settings.SESSION_COOKIE_SECURE:
        text = "MOTCUA_HTTPS is off: passwords and sessions would travel in clear."
        hint = "Put a TLS proxy before the product and set MOTCUA_HTTPS=on."
        messages.append(Error(text, hint=hint, id="motcua.E024"))
    if Environment({})["MOTCUA_HOSTS"] == settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        text, hint = "MOTCUA_HOSTS names no host of yours.", "Set MOTCUA_HOSTS to the names that people type."
        messages.append(Error(text, hint=hint, id="motcua.E025"))
    if not settings.TRUSTED_PROXIES:
        text = "MOTCUA_PROXIES is empty: everybody would come from the proxy's address and share its limit."
        hint = "Set MOTCUA_PROXIES to the addresses of the TLS proxy, such as 127.0.0.1."
        messages.append(Error(text, hint=hint, id="motcua.E030"))
    if 0 < len(settings.METRICS_TOKEN) < _SHORTEST_TOKEN:
        text = f"METRICS_TOKEN can be guessed: it must be {_SHORTEST_TOKEN} random characters or more."
        messages.append(Error(text, hint=f"Make one with {_MAKE_ONE}, or unset it.", id="motcua.E032"))
    if not Environment()["DATABASE_URL"]:
        text = "DATABASE_URL is empty: the database is SQLite, good for one machine."
        hint = "Set DATABASE_URL to a PostgreSQL where several machines or many desks work."
        messages.append(Warning(text, hint=hint, id="motcua.W020"))
    database = settings.DATABASES["default"]
    host, tls = database.get("HOST", ""), database.get("OPTIONS", {}).get("sslmode")
    if host and not host.startswith("/") and not _is_here(host) and tls not in {"verify-full", "verify-ca"}:
        text = "DATABASE_URL is another machine, and its certificate is not verified: anybody between could read on."
        hint = "Add ?sslmode=verify-full to DATABASE_URL, and &sslrootcert=… where its authority is your own."
        messages.append(Error(text, hint=hint, id="motcua.E033"))
    return messages


def _portal() -> list[CheckMessage]:
    """Look at the way to the national portal, where there is one: names of persons travel on it."""
    if not settings.NATIONAL_PORTAL_URL:
        return []
    messages: list[CheckMessage] = []
    if not settings.NATIONAL_PORTAL_URL.startswith("https://"):
        text, hint = "NATIONAL_PORTAL_URL is not https.", "Set NATIONAL_PORTAL_URL to an https address."
        messages.append(Error(text, hint=hint, id="motcua.E050"))
    for name in ("NATIONAL_PORTAL_UNIT", "NATIONAL_PORTAL_TOKEN"):
        if not getattr(settings, name):
            text = f"{name} is empty, and NATIONAL_PORTAL_URL is not."
            hint = f"Set {name} as the portal's operator gave it to you, or unset NATIONAL_PORTAL_URL."
            messages.append(Error(text, hint=hint, id="motcua.E051"))
    return messages


def _officials() -> list[CheckMessage]:
    if settings.OFFICER_SECOND_FACTOR == "required":
        return []
    text = "OFFICER_SECOND_FACTOR is offered: a stolen password would open the desk."
    hint = "Set OFFICER_SECOND_FACTOR=required, or unset it."
    return [Error(text, hint=hint, id="motcua.E026")]


def _papers() -> list[CheckMessage]:
    """Look at the ways that papers go: none in clear over a network."""
    messages: list[CheckMessage] = []
    endpoint = settings.STORAGES["default"].get("OPTIONS", {}).get("endpoint", "")
    if endpoint.startswith("http:") and not _is_here(urlsplit(endpoint).hostname):
        text = "S3_ENDPOINT is plain HTTP: papers would go over the network in clear."
        hint = "Set S3_ENDPOINT to an https address, and S3_CA where its authority is your own."
        messages.append(Error(text, hint=hint, id="motcua.E031"))
    if isinstance(settings.CLAMD_ADDRESS, tuple) and not _is_here(settings.CLAMD_ADDRESS[0]):
        text = "CLAMD_ADDRESS is another machine, and clamd knows no encryption: papers go there in clear."
        hint = "Run clamd on this machine (unix:/run/clamav/clamd.ctl), or reach it through a tunnel on loopback."
        messages.append(Warning(text, hint=hint, id="motcua.W031"))
    return messages


def _is_here(host: str | None) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}


def _asking() -> list[CheckMessage]:
    """Look at who asks the register for the portal: on any line nobody invented, and not a default agency."""
    messages: list[CheckMessage] = []
    if settings.NPD["NPD_PORTAL_OFFICER"].startswith(_INVENTED):
        text = "NPD_PORTAL_OFFICER is an invented person."
        hint = "Set NPD_PORTAL_OFFICER to the number of the officer in whose name the portal asks."
        messages.append(Error(text, hint=hint, id="motcua.E027"))
    if settings.NPD["NPD_PORTAL_OFFICER_KEY"] == VARIABLES["NPD_PORTAL_OFFICER_KEY"].default and any(
        line["NPD_TRANSPORT"].startswith("lgsp") for line in (settings.NPD, settings.NPD_STANDBY)
    ):
        text = "NPD_PORTAL_OFFICER_KEY is the sandbox's."
        hint = "Set NPD_PORTAL_OFFICER_KEY to that officer's own key at the provincial gateway."
        messages.append(Error(text, hint=hint, id="motcua.E028"))
    if not Environment().is_set("NPD_AGENCY_CODE"):
        text = (
            "NPD_AGENCY_CODE is not set: the portal would ask in the name of whichever agency the default is."
        )
        hint = "Set NPD_AGENCY_CODE to the code of your own agency."
        messages.append(Error(text, hint=hint, id="motcua.E029"))
    return messages
