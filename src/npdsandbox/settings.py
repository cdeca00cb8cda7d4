"""Django settings of the sandbox register; variables of the environment and nothing else."""

import os
import secrets
from collections.abc import Callable
from logging import LogRecord
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def _database(url: str, state: Path) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(state / "npdsandbox.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise SystemExit(
            "NPDSANDBOX_DATABASE_URL: expected postgresql://user:password@host:port/name, "
            "or ?host=/socket/folder after the name; leave it out for SQLite"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {**dict(parse_qsl(parts.query)), "pool": {"min_size": 1, "max_size": 10, "timeout": 5}},
    }


def _port(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise SystemExit("NPDSANDBOX_PORT: expected a port number from 1 to 65535")
    return int(value)


def _file(name: str) -> str:
    """Return the path a variable names, or an empty text; a path that cannot be read ends the start."""
    path = os.environ.get(name, "")
    if path and not os.access(path, os.R_OK):
        raise SystemExit(f"{name}: there is no file that can be read at {path}")
    return path


def _refuse_half_tls() -> None:
    if bool(TLS_CERT) != bool(TLS_KEY):
        raise SystemExit("NPDSANDBOX_TLS_CERT and NPDSANDBOX_TLS_KEY: set both, or none")
    if TLS_CLIENT_CA and not TLS_CERT:
        raise SystemExit("NPDSANDBOX_TLS_CLIENT_CA: needs NPDSANDBOX_TLS_CERT and NPDSANDBOX_TLS_KEY")
    for name, value in (("NPDSANDBOX_TLS_CLIENTS", TLS_CLIENTS), ("NPDSANDBOX_TLS_CRL", TLS_CRL)):
        if value and not TLS_CLIENT_CA:
            raise SystemExit(f"{name}: needs NPDSANDBOX_TLS_CLIENT_CA")


def only_exceptions() -> Callable[[LogRecord], bool]:
    """Return a log filter that lets through what carries an exception."""
    return lambda record: record.exc_info is not None


STATE = Path(os.environ.get("NPDSANDBOX_STATE") or "var").resolve()
HOST = os.environ.get("NPDSANDBOX_HOST") or "127.0.0.1"
PORT = _port(os.environ.get("NPDSANDBOX_PORT") or "8001")

TLS_CERT = _file("NPDSANDBOX_TLS_CERT")
TLS_KEY = _file("NPDSANDBOX_TLS_KEY")
TLS_CLIENT_CA = _file("NPDSANDBOX_TLS_CLIENT_CA")
TLS_CRL = _file("NPDSANDBOX_TLS_CRL")
TLS_CLIENTS = [
    name.strip() for name in os.environ.get("NPDSANDBOX_TLS_CLIENTS", "").split(";") if name.strip()
]
_refuse_half_tls()

# What the practice bank shares with those who are paid; without it there is no bank.
BANK_SECRET = os.environ.get("NPDSANDBOX_BANK_SECRET") or ""

# Nothing is signed here and there are no sessions: a key of this process alone will do.
SECRET_KEY = secrets.token_hex(32)
DEBUG = False
# The register's own paths answer under any name; the control page checks Host itself.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["npdsandbox.apps.SandboxConfig"]
MIDDLEWARE = ["npdsandbox.views.say_what_this_is"]
ROOT_URLCONF = "npdsandbox.urls"
WSGI_APPLICATION = None
DATABASES = {"default": _database(os.environ.get("NPDSANDBOX_DATABASE_URL", ""), STATE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # A SOAP fault has status 500 and is no error of this program: only exceptions are logged.
    "filters": {"exceptions": {"()": "npdsandbox.settings.only_exceptions"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["exceptions"]}},
    "loggers": {"django": {"handlers": ["console"], "level": "ERROR"}},
}
