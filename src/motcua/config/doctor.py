"""``motcua doctor``: one line a part of the product, which works, is off, or says what is wrong and what mends it.

To add a part, write a probe and a line in ``parts``. A probe returns what it saw in a few words, and raises whatever
says what is wrong; nothing personal and no secret is in either. Each has its own few seconds, and its own thread.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

WORKS, OFF, WRONG = "works", "off", "WRONG"
DATABASE: Final = "database"
_SEE_DATABASE: Final = "needs the database: see there"
_SECONDS: Final = 8.0  # for each part; the register has its own
_DRIFT: Final = timedelta(seconds=2)
_OLDEST_POSTGRES: Final = 150000
_PRIVATE: Final = 0o077  # bits of a file's mode that let others in


class Trouble(Exception):
    """Something is wrong; the text says what, and what mends it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how it is called, what looks at it, and the variables of which any switches it on (none: always on).

    What ``needs_database`` is not looked at where that does not work.
    """

    name: str
    probe: Callable[[], str]
    variables: tuple[str, ...] = ()
    seconds: float = _SECONDS
    needs_database: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part stands: ``works``, ``off`` or ``WRONG``, and in words."""

    part: str
    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:<6} {self.part:<20} {self.text}"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the form of the output."""
    parser.add_argument("--json", dest="as_json", action="store_true", help="one JSON list and nothing else")


def run(options: argparse.Namespace) -> int:
    """Look at every part and say how it stands.

    Returns:
        The exit code: 0; 1 when something that is configured does not work.
    """
    found = examine()
    if options.as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        print(*found, sep="\n")
    return int(any(one.state == WRONG for one in found))


def examine() -> list[Finding]:
    """Look at every part, side by side; with settings that cannot be read there is only one line."""
    import django

    try:
        django.setup()
    except SystemExit as refusal:  # a setting that cannot be read; it names its variable
        return [Finding("settings", WRONG, _one_line(str(refusal)))]
    return look_at(parts())


def look_at(some: list[Part]) -> list[Finding]:
    """Look at parts, each within its time: the database first, then all others side by side.

    Args:
        some: in the order in which they are told.
    """
    first = {part.name: _Look(part).finding() for part in some if part.name == DATABASE}
    has_database = all(one.state == WORKS for one in first.values())
    looks = [first.get(part.name) or _begun(part, has_database=has_database) for part in some]
    return [look.finding() if isinstance(look, _Look) else look for look in looks]


def _begun(part: Part, *, has_database: bool) -> Finding | _Look:
    """Return how a part stands where that is known without a look, otherwise the look under way."""
    from motcua.config.env import Environment

    env = Environment()
    if part.variables and not any(env.is_set(name) for name in part.variables):
        return Finding(part.name, OFF, f"set {' or '.join(part.variables)} to switch it on")
    if part.needs_database and not has_database:
        return Finding(part.name, WRONG, _SEE_DATABASE)
    return _Look(part)


class _Look:
    """A probe under way in a thread of its own, which nobody waits for once its time is over."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._found: Finding | None = None
        self._thread = threading.Thread(target=self._probe, name=f"doctor-{part.name}", daemon=True)
        self._thread.start()

    def finding(self) -> Finding:
        """Return what was found, waiting for it."""
        self._thread.join(self._part.seconds)
        return self._found or Finding(self._part.name, WRONG, f"no answer within {self._part.seconds:g} s")

    def _probe(self) -> None:
        from django.db import DatabaseError, connection

        try:
            self._found = Finding(self._part.name, WORKS, self._part.probe())
        except Trouble as trouble:
            self._found = Finding(self._part.name, WRONG, _one_line(str(trouble)))
        except DatabaseError:
            self._found = Finding(self._part.name, WRONG, _SEE_DATABASE)
        except Exception as error:
            # Its own words could hold anything.
            self._found = Finding(self._part.name, WRONG, f"cannot be looked at ({type(error).__name__})")
        finally:
            connection.close()


def parts() -> list[Part]:
    """List the parts, in the order in which they are told."""
    from motcua.dossiers import national_portal
    from motcua.dossiers.files import scanning, store
    from motcua.messaging import mail, sms
    from motcua.payments import bank
    from motcua.verification.models import Route
    from motcua.verification.service import longest_question

    question = longest_question().total_seconds() + 2
    return [
        Part("settings", _settings),
        Part(DATABASE, _database, seconds=12),  # the pool of connections tries for ten
        Part("state folder", _state),
        Part("keys", _keys, needs_database=True),
        Part("audit log", lambda: _standing("audit log"), needs_database=True),
        Part("months of the log", _months, needs_database=True),
        Part("background work", lambda: _standing("background work"), needs_database=True),
        Part("register", lambda: _register(Route.PRIMARY), seconds=question, needs_database=True),
        Part(
            "register, stand-by",
            lambda: _register(Route.STANDBY),
            ("NPD_STANDBY_TRANSPORT",),
            seconds=question,
            needs_database=True,
        ),
        Part("paper store", lambda: _system(store.probe), seconds=30),
        Part("virus scanner", lambda: _system(scanning.probe), ("CLAMD_ADDRESS",), seconds=30),
        Part("slips", _slips, seconds=30),
        Part("slips, signing", _signing, ("SLIP_SIGNING_KEY", "SLIP_SIGNING_FOLDER", "SLIP_PKCS11_MODULE")),
        Part("outbox", lambda: _standing("outbox"), needs_database=True),
        Part("e-mail", lambda: _system(mail.probe), ("MAIL_HOST",), seconds=60),
        Part("SMS", lambda: _system(sms.probe), ("SMS_URL",), seconds=30),
        Part("bank", lambda: _system(bank.probe), ("BANK_URL",), seconds=30),
        Part("national portal", lambda: _system(national_portal.probe), ("NATIONAL_PORTAL_URL",), seconds=30),
        Part("back-ups", lambda: _standing("back-ups"), needs_database=True),
        Part("static files", _static_files),
        Part("clock", _clock, needs_database=True),
    ]


def _settings() -> str:
    from django.conf import settings
    from django.core.checks import WARNING, run_checks

    from motcua.config.env import VARIABLES, BadSetting, Environment

    env = Environment()
    for name in VARIABLES:
        try:
            env[name]
        except BadSetting as refusal:
            raise Trouble(str(refusal)) from None
    found = run_checks()
    if wrong := [one for one in found if one.is_serious()]:
        raise Trouble(" ".join(f"{one.msg} {one.hint or ''}".strip() for one in wrong))
    warned = sum(one.level >= WARNING for one in found)
    more = f", {warned} warnings: motcua check" if warned else ""
    return f"MOTCUA_MODE={settings.MOTCUA_MODE}{more}"


def _database() -> str:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    from motcua.config.database import trouble
    from motcua.config.env import Environment
    from motcua.web.connections import away, takes_no_writes

    variable = "DATABASE_URL" if Environment().is_set("DATABASE_URL") else "MOTCUA_STATE"
    try:
        with connection.cursor() as cursor:
            is_sqlite = connection.vendor == "sqlite"
            cursor.execute(
                "SELECT sqlite_version()" if is_sqlite else "SELECT current_setting('server_version_num')"
            )
            version = str(cursor.fetchone()[0])
            mode = str(cursor.execute("PRAGMA journal_mode").fetchone()[0]) if is_sqlite else ""
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        is_read_only = takes_no_writes()
        unfit = trouble()
    except DatabaseError as error:
        raise Trouble(f"{away(error)} Start it, or mend the variable.") from None
    if unfit:
        raise Trouble(unfit)
    if missing:
        raise Trouble(
            f"{len(missing)} migrations are not applied: motcua serve applies them, or motcua migrate. "
            f"If that is a surprise, {variable} names another database."
        )
    if is_read_only:
        raise Trouble(
            f"{variable}: it only lets itself be read. Is it a stand-by server, or was it made read-only because its "
            "disk is full? Name the server that takes writes, or make room."
        )
    if is_sqlite:
        if mode not in ("wal", "memory"):
            raise Trouble(f"{variable}: SQLite does not run in WAL mode ({mode}). Keep it on a local disk.")
        return f"SQLite {version}, {mode.upper()}, all migrations applied"
    if int(version) < _OLDEST_POSTGRES:
        raise Trouble(f"{variable}: PostgreSQL {int(version) // 10000} is too old; 15 or newer is needed.")
    return f"PostgreSQL {int(version) // 10000}.{int(version) % 10000}, all migrations applied"


def _state() -> str:
    import shutil
    import tempfile

    from django.conf import settings

    from motcua.config.standing import disk

    try:
        with tempfile.TemporaryFile(dir=settings.STATE) as file:
            file.write(b"doctor")
    except OSError as error:
        raise Trouble(f"MOTCUA_STATE: it cannot be written to ({error.strerror}). Mend its rights.") from None
    works, said = disk(shutil.disk_usage(settings.STATE).free)
    if not works:
        raise Trouble(said)
    return f"writable, {said}"


def _keys() -> str:
    from django.conf import settings

    from motcua.accounts.models import User
    from motcua.config.production import is_of_another_secret
    from motcua.sealing import keyring, seal, unseal
    from motcua.sealing.fields import Sealed, lost_key, opens

    try:
        keys = keyring.known()
    except (keyring.BadKeys, OSError) as error:
        raise Trouble(
            f"MOTCUA_SEALING_KEYS, or sealing.keys in MOTCUA_STATE: not readable ({error})."
        ) from None
    if unseal("user_name", seal("user_name", "doctor")) != "doctor":
        raise Trouble("What is sealed does not open again. This is a mistake of the product: report it.")
    for path in (settings.SEALING_KEYS_FILE, settings.STATE / "secret.key"):
        if Path(path).exists() and Path(path).stat().st_mode & _PRIVATE:
            raise Trouble(f"Others can read {Path(path).name} in MOTCUA_STATE: chmod 600.")
    name = User.objects.order_by("-pk").values_list("full_name", flat=True).first()
    if isinstance(name, Sealed) and (lost := lost_key(name)):
        raise Trouble(
            f"Values are sealed with key {lost}, which is not here. Bring back MOTCUA_SEALING_KEYS or sealing.keys."
        )
    if isinstance(name, Sealed) and not opens(name):
        raise Trouble(
            "The newest stored name does not open. Was MOTCUA_SECRET_KEY changed? Bring back the one of then."
        )
    if is_of_another_secret():
        raise Trouble(
            "Nobody is found by number: MOTCUA_SECRET_KEY is not the one of this database. Bring that one back."
        )
    newest = keyring.newest()
    sealing = f"key {newest.id} seals" if newest else "the key derived from MOTCUA_SECRET_KEY seals"
    return f"{len(keys)} there, {sealing}"


def _standing(part: str) -> str:
    """Say how a part stands that the product looks at by itself; the operators' page says the same of it."""
    from django.utils import timezone

    from motcua.config.standing import judge, look

    judged = judge(look(now=timezone.now()))[part]
    if not judged.works:
        raise Trouble(judged.text)
    return judged.text


def _months() -> str:
    from django.db import connection
    from django.utils import timezone

    from motcua.audit import months

    if connection.vendor != "postgresql":
        return "SQLite keeps one table for all"
    if missing := months.missing(timezone.now()):
        raise Trouble(
            f"{missing[0]:%m/%Y} has no table, its events go to the table for the rest. motcua serve (or motcua work) "
            "makes it once a day; if it runs, its log says why not: audit.no_month, audit.month_waits."
        )
    there = months.partitions()
    return f"{len(there)} are in the database, the last one is {there[-1]:%m/%Y}"


def _register(route: Any) -> str:
    from django.utils import timezone

    from motcua.identity.register import CouldNotAsk
    from motcua.identity.verification import Rejected, Verified
    from motcua.verification import certificates, registers
    from motcua.verification.service import ping

    try:
        prefix = registers.register_settings(route).prefix
        over = [one for one in certificates.running_out(route, timezone.now()) if one.is_over]
    except (CouldNotAsk, ValueError) as refusal:  # files or settings of the line; each names its variable
        raise Trouble(str(getattr(refusal, "detail", refusal))) from None
    if over:
        raise Trouble(f"{over[0].expiry.variable}: the certificate is over since {over[0].on:%d/%m/%Y}.")
    check, outcome = ping(now=timezone.now(), route=route)
    if isinstance(outcome, Verified):
        raise Trouble("Somebody answers to NPD_PING_NUMBER. Set it to a number that no person has.")
    if not isinstance(outcome, Rejected):
        raise Trouble(
            f"no proper answer ({check.reason}). See {prefix}URL and the credentials beside it; more: motcua npd ping"
        )
    took = (check.answered_at - check.asked_at).total_seconds() if check.answered_at else 0.0
    return f"answers in {took:.2f} s by {outcome.line or registers.transport(route)}: nobody, as it should"


def _system(probe: Callable[[], str]) -> str:
    """Ask another system how it is; a probe's own refusal says what is wrong and which variable helps."""
    from motcua.outbox.service import Unreachable

    try:
        return probe()
    except (Unreachable, OSError, RuntimeError) as trouble:
        raise Trouble(str(trouble)) from None


def _slips() -> str:
    from django.utils import timezone

    from motcua.accounts.models import Office
    from motcua.slips.facts import head_of
    from motcua.slips.typesetting import NotSet, typeset

    now = timezone.now()
    head = head_of(Office(code="H00", name="motcua doctor"), slip="07", subject="", now=now)
    try:
        pdf = typeset("07", {**head, "period": "", "part": "", "count": 0, "rows": []}, now=now)
    except NotSet as error:
        raise Trouble(
            f"the typesetter failed ({error}). Install anew what requirements.lock lists (typst)."
        ) from None
    return f"a page was set, {len(pdf) // 1024} kB"


def _signing() -> str:
    from motcua.slips import checks, signing

    if found := [one.msg for one in checks.slips_can_be_signed(None) if one.id != checks.ENDS_SOON]:
        raise Trouble(" ".join(found))
    keys = [*signing.in_folder(), *signing.common()]
    if not keys:
        raise Trouble("SLIP_SIGNING_FOLDER holds no key: put CODE.p12 there, or set SLIP_SIGNING_KEY.")
    ends = [signing.certificate_of(key).not_valid_after_utc for key in keys if key.file is not None]
    until = f", the first certificate ends on {min(ends):%d/%m/%Y}" if ends else ", in a token: not opened"
    return f"{len(keys)} keys{until}"


def _static_files() -> str:
    from django.conf import settings

    from motcua.config.serve import are_static_files_stale

    if are_static_files_stale():
        raise Trouble(
            "not collected, or older than the product: motcua serve collects them, or motcua collectstatic."
        )
    return f"{sum(path.is_file() for path in Path(settings.STATIC_ROOT).rglob('*'))} collected"


def _clock() -> str:
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from motcua.audit.models import AuditEvent
    from motcua.config.standing import in_words

    drift = timedelta()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            drift = abs(cursor.fetchone()[0] - timezone.now())
    if drift > _DRIFT:
        raise Trouble(
            f"{drift.total_seconds():.0f} s apart from the database's: codes and due dates need the same time. "
            "Set both machines by NTP."
        )
    now = timezone.now()
    newest = AuditEvent.objects.order_by("-pk").values_list("at", flat=True).first()
    if newest is not None and newest - now > timedelta(minutes=1):
        raise Trouble(f"{in_words(newest - now)} behind the newest event of the log. Set it by NTP.")
    _standing("clock")
    apart = (
        f", {drift.total_seconds():.1f} s from the database's" if connection.vendor == "postgresql" else ""
    )
    return f"{timezone.localtime(now):%d/%m/%Y %H:%M:%S} {settings.TIME_ZONE}{apart}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
