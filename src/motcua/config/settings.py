"""Django's settings, all of them, for every way the product is run."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from motcua.config.env import OF_A_LINE, VARIABLES, BadSetting, Environment
from motcua.sealing.keyring import BadKeys, make_first_key, make_once, read_keys

env = Environment()
for _name in VARIABLES:  # also those that are looked at later: a value that cannot be used stops the start
    env[_name]


def _state() -> Path:
    """Return the state folder, made if it is missing."""
    folder = Path(env["MOTCUA_STATE"]).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(
            f"MOTCUA_STATE: {folder} cannot be used as a folder ({error.strerror}). Mend the path or its rights."
        ) from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise BadSetting(f"MOTCUA_STATE: {folder} cannot be written to. Mend the path or its rights.")
    return folder


MOTCUA_MODE = env["MOTCUA_MODE"]
STATE = _state()


def _secret_key() -> str:
    """Return the configured key, or the one kept in the state folder, made on the first start.

    In production none is made: a state folder that was lost must not pass for a new one. An empty key stops whoever
    uses it; the start says what to do.
    """
    if given := env["MOTCUA_SECRET_KEY"]:
        return str(given)
    path = STATE / "secret.key"
    if MOTCUA_MODE == "production" and not path.exists():
        return ""
    try:
        if not path.exists() and make_once(path, secrets.token_urlsafe(48)):
            make_first_key(STATE / "sealing.keys")
    except OSError as error:
        raise BadSetting(
            f"MOTCUA_STATE: {path} cannot be made ({error.strerror}). Make room, or mend its rights."
        ) from None
    try:
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadSetting(
            f"{path}: the key cannot be read ({error.strerror}). It must belong to the user that serves."
        ) from None
    except UnicodeDecodeError:
        raise BadSetting(
            f"{path}: the key holds something else than text. Bring back the one that was there."
        ) from None
    if not key and MOTCUA_MODE != "production":
        raise BadSetting(
            f"{path}: the key is empty. Bring back the one that was there, or, for a new database, delete the file."
        )
    return key


def _sealing_keys() -> tuple[str, Path]:
    """Return the text of the sealing keys where a variable gives it, and otherwise the file where they stand."""
    name = "MOTCUA_SEALING_KEYS"
    file = env.file_of(name)
    text = "" if file else env[name]
    path = file or STATE / "sealing.keys"
    try:
        read_keys(env[name] or (path.read_text(encoding="ascii") if path.exists() else ""))
    except (BadKeys, UnicodeDecodeError) as error:
        place = f"{name}_FILE" if file else name if text else f"MOTCUA_STATE: {path.name}"
        raise BadSetting(f"{place}: the keys cannot be read ({error}). Mend the line.") from None
    except OSError as error:
        raise BadSetting(f"{path}: the keys cannot be read ({error.strerror}). Mend its rights.") from None
    return text, path


def _database(url: str) -> dict[str, Any]:
    """Turn DATABASE_URL into Django's form; SQLite in the state folder when empty."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": STATE / "motcua.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 5,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    tls = dict(parse_qsl(parts.query))
    is_ours = parts.scheme in {"postgresql", "postgres"} and set(tls) <= {"sslmode", "sslrootcert"}
    name = parts.path.strip("/")
    if not is_ours or not name or "/" in name or port == 0:
        raise BadSetting(
            "DATABASE_URL: expected postgresql://user:password@host:port/name, or nothing for SQLite. "
            "In a password write signs other than letters and digits as %XX (# is %23)."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        # A connection that died with its server is found before a page uses it, not by the page; the pool takes its
        # time over each, so few are kept beyond need.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **tls,
            "pool": {"min_size": 2, "max_size": 12, "timeout": 10, "max_idle": 60},
            "server_side_binding": True,  # else nothing can be planned once (web/statements.py)
        },
    }


def _paper_store() -> dict[str, Any]:
    """Return where papers lie, in Django's form."""
    if env["PAPER_STORE"] == "disk":
        return {"BACKEND": "motcua.dossiers.files.disk_store.DiskStore", "OPTIONS": {"allow_overwrite": True}}
    needed = ("S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    if missing := [name for name in needed if not env[name]]:
        raise BadSetting(f"PAPER_STORE=s3 needs {', '.join(missing)} too.")
    options = {
        "endpoint": env["S3_ENDPOINT"],
        "bucket": env["S3_BUCKET"],
        "region": env["S3_REGION"],
        "access_key": env["S3_ACCESS_KEY"],
        "secret_key": env["S3_SECRET_KEY"],
        "authorities": env["S3_CA"],
    }
    return {"BACKEND": "motcua.dossiers.files.object_store.ObjectStore", "OPTIONS": options}


SECRET_KEY = _secret_key()
SEALING_KEYS, SEALING_KEYS_FILE = _sealing_keys()
DEBUG = env["MOTCUA_DEBUG"]
ALLOWED_HOSTS = env["MOTCUA_HOSTS"]
CSRF_TRUSTED_ORIGINS = env["MOTCUA_ORIGINS"]

INSTALLED_APPS = [
    "motcua.web",
    "motcua.audit",
    "motcua.outbox",
    "motcua.messaging",
    "motcua.verification",
    "motcua.accounts",
    "motcua.procedures",
    "motcua.dossiers",
    "motcua.payments",
    "motcua.slips",
    "motcua.reception",
    "motcua.figures",
    "motcua.oversight",
    "django_htmx",
    "motcua.config.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "motcua.web.middleware.CompressPages",
    "motcua.web.tallies.count_requests",
    "csp.middleware.CSPMiddleware",
    "motcua.web.middleware.drop_null",
    "motcua.web.middleware.speak",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "motcua.accounts.sessions.OneSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "motcua.web.middleware.explain_refused_method",
    "motcua.web.middleware.no_store",
]

ROOT_URLCONF = "motcua.config.urls"
WSGI_APPLICATION = "motcua.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "motcua.web.context.page",
            ],
        },
    },
]

# SQLite leaves out columns that an index only carries, and that does no harm.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DATABASES = {"default": _database(env["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Questions go out between transactions: see docs/decisions on asking outside and writing inside.
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["motcua.accounts.backends.NumberOrEmailBackend"]
LOGIN_URL = "/dang-nhap/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "motcua.accounts.passwords.NameAndBirthYearValidator"},
    {"NAME": "motcua.accounts.passwords.CommonWordsValidator"},
    {"NAME": "motcua.accounts.passwords.PublishedValidator"},
    {"NAME": "motcua.accounts.passwords.LongerWithoutSecondFactorValidator"},
]
SESSION_ENGINE = "motcua.accounts.session_store"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env["MOTCUA_HTTPS"]
if env["MOTCUA_HTTPS"]:
    # With this prefix a browser takes the cookie from this very host alone, not from a neighbor under the same domain.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

LANGUAGE_CODE = "vi"
# Vietnamese is in the code; each language is named in itself.
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if env["MOTCUA_HTTPS"] else "language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_SECURE = env["MOTCUA_HTTPS"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
FORMAT_MODULE_PATH = ["motcua.web.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = STATE / "static"
MEDIA_ROOT = STATE / "papers"
STORAGES = {
    "default": _paper_store(),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a procedure with sixty documents, on its page of administration
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["motcua.web.uploads.NoFile"]  # but where a page asks for them

METRICS_TOKEN = env["METRICS_TOKEN"]
OFFICER_SECOND_FACTOR = env["OFFICER_SECOND_FACTOR"] or (
    "required" if MOTCUA_MODE == "production" else "offered"
)
RECEIPT_FORM = env["RECEIPT_FORM"]
BANK_URL = env["BANK_URL"]
BANK_MERCHANT = env["BANK_MERCHANT"]
BANK_SECRET = env["BANK_SECRET"]
IDLE_DAYS = env["IDLE_DAYS"]
SESSION_IDLE_MINUTES = env["SESSION_IDLE_MINUTES"]
PROVINCE_NAME = env["PROVINCE_NAME"]
PORTAL_ADDRESS = env["MOTCUA_SITE_URL"].rstrip("/")
SITE_URL = PORTAL_ADDRESS or f"http://localhost:{env['MOTCUA_PORT']}"
MAIL = {
    name: env[name]
    for name in ("MAIL_HOST", "MAIL_PORT", "MAIL_TLS", "MAIL_USER", "MAIL_PASSWORD", "MAIL_FROM")
}
SMS = {name: env[name] for name in ("SMS_URL", "SMS_TOKEN", "SMS_SENDER")}
REGISTRATION_OPEN = env["REGISTRATION_OPEN"]
AUDIT_SEAL_SECONDS = env["AUDIT_SEAL_SECONDS"]
AUDIT_HEADS = STATE / "audit-heads.jsonl"
AUDIT_HEAD_COPY = env["AUDIT_HEAD_COPY"]
KEEP_CHECKS_YEARS = env["KEEP_CHECKS_YEARS"]
KEEP_DRAFTS_DAYS = env["KEEP_DRAFTS_DAYS"]
KEEP_NOTICES_DAYS = env["KEEP_NOTICES_DAYS"]
KEEP_SENT_DAYS = env["KEEP_SENT_DAYS"]
PAPER_MAX_BYTES = env["PAPER_MAX_MB"] * 1024 * 1024
CLAMD_ADDRESS = env["CLAMD_ADDRESS"]
TRUSTED_PROXIES = env["MOTCUA_PROXIES"]
NPDSANDBOX_PORT = env["NPDSANDBOX_PORT"]
_sandbox = f"http://127.0.0.1:{NPDSANDBOX_PORT}"


def _line(prefix: str) -> dict[str, Any]:
    """Return one line's variables under the primary's names; addresses that are not given are the sandbox's."""
    line = {f"NPD_{suffix}": env[prefix + suffix] for suffix in OF_A_LINE}
    if not line["NPD_URL"]:
        data, token = {
            "xroad": ("/r1/SANDBOX/GOV/BCA/CSDLDC/{operation}", ""),
            "lgsp": ("/lgsp/{operation}", "/lgsp/token"),
            "lgsp_json": (
                f"/lgsp-json/{line['NPD_JSON_STYLE']}",
                "/lgsp-json/api/v1/Authentication/Token",
            ),
        }.get(line["NPD_TRANSPORT"], ("/c06/{operation}", ""))
        line["NPD_URL"] = _sandbox + data
        line["NPD_TOKEN_URL"] = line["NPD_TOKEN_URL"] or (token and _sandbox + token)
    return line


# The register's variables as they are; motcua.verification.registers makes a register of each line.
NPD = _line("NPD_") | {
    name: env[name]
    for name in (
        "NPD_AGENCY_CODE",
        "NPD_PORTAL_OFFICER",
        "NPD_PORTAL_OFFICER_KEY",
        "NPD_PROCEDURE_CODE",
        "NPD_DECEASED_STATUSES",
        "NPD_PING_NUMBER",
        "NPD_BREAKER_FAILURES",
        "NPD_BREAKER_WINDOW_SECONDS",
        "NPD_BREAKER_SECONDS",
        "NPD_CONNECT_SECONDS",
        "NPD_TOTAL_SECONDS",
        "NPD_IN_FLIGHT",
        "NPD_IN_FLIGHT_DESK",
        "NPD_SLOW_SECONDS",
        "NPD_WATCH_SECONDS",
    )
}
# The stand-by line's own, under the same names; an empty NPD_TRANSPORT means that there is none.
NPD_STANDBY = _line("NPD_STANDBY_")
NATIONAL_PORTAL_URL = env["NATIONAL_PORTAL_URL"]
NATIONAL_PORTAL_UNIT = env["NATIONAL_PORTAL_UNIT"]
NATIONAL_PORTAL_TOKEN = env["NATIONAL_PORTAL_TOKEN"]
MOTCUA_WORK = env["MOTCUA_WORK"]
RECHECKS_PER_SECOND = env["RECHECKS_PER_SECOND"]
REJECTED_STEP_SECONDS = env["REJECTED_STEP_SECONDS"]
WORK_HOURS = env["WORK_HOURS"]
WORK_DAYS = env["WORK_DAYS"]
REVIEW_SAMPLE_PERCENT = env["REVIEW_SAMPLE_PERCENT"]
SLIP_SIGNING = {
    name: env[name]
    for name in (
        "SLIP_SIGNING_KEY",
        "SLIP_SIGNING_PASSPHRASE",
        "SLIP_SIGNING_FOLDER",
        "SLIP_PKCS11_MODULE",
        "SLIP_PKCS11_TOKEN",
        "SLIP_PKCS11_KEY",
        "SLIP_PKCS11_PIN",
    )
}
LIMITS = {
    name: env[name]
    for name in (
        "TRIES_NUMBER_HOUR",
        "TRIES_NUMBER_DAY",
        "TRIES_ACCOUNT_HOUR",
        "TRIES_ADDRESS_HOUR",
        "TRIES_OFFICER_10_MINUTES",
        "TRIES_SYSTEM_5_MINUTES",
        "WAVE_TRIES_5_MINUTES",
        "WAVE_PERCENT",
        "CHALLENGE_MINUTES",
        "BURST_5_MINUTES",
        "LOGIN_TRIES_HOUR",
        "LOGIN_TRIES_ADDRESS_HOUR",
        "TRACK_TRIES_HOUR",
    )
}

MOTCUA_LOG = env["MOTCUA_LOG"]
DEFAULT_EXCEPTION_REPORTER_FILTER = "motcua.web.logs.NothingPersonalReporterFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"personal": {"()": "motcua.web.logs.PersonalDataFilter"}},
    "formatters": {
        "line": {
            "()": "motcua.web.logs.JsonFormatter"
            if MOTCUA_LOG == "json"
            else "motcua.web.logs.OneLineFormatter"
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "filters": ["personal"], "formatter": "line"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.db.backends": {"level": "WARNING"},
        "motcua": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
