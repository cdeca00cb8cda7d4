"""Kills processes at random moments under load, and counts what was lost, forgotten or done twice.

Dossiers are received at the desk and a queue of later checks is drained, while a process is killed with SIGKILL: a web
worker, their master, ``motcua work``, or a process of PostgreSQL. What has died is started again as a service manager
does: after a master's death the rest of its group is ended first.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from bench.ledger import connected
from bench.processor import children
from bench.receptions import Receptions
from bench.stack import MOTCUA, ROOT, Place, place, run
from bench.tickets import release, waiting
from tests.postgres import free_port

_REGISTER_SECONDS = 0.2  # slower than elsewhere, so that more questions are under way when a process dies
_KINDS = {"web worker": 5, "web master": 2, "motcua work": 2, "postgresql": 1}
_PAUSE = (0.2, 1.2)  # seconds between two kills, once everything is up again
_OFFICERS, _FIRST_RECEIVED, _FIRST_TICKET = 6, 100_000, 600_000
_RECHECKS_PER_SECOND, _TICKETS_A_ROUND = 10, 12
_PATIENCE = 60.0  # seconds for a service to be up
_SETTLE_SECONDS = (
    240  # for the queue at the end; a ticket whose question's fate is unknown rests for half a minute
)
_SAME_GROUP_ENDS = 3.0  # seconds


class Service:
    """A command that a service manager keeps running."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, port: int = 0) -> None:
        self._command, self._environment, self._log, self._port = command, environment, log, port
        self.start()

    @property
    def pid(self) -> int:
        """Return the id of its main process."""
        return self._process.pid

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, start_new_session=True, stdout=out, stderr=out
            )

    def keep_up(self) -> None:
        """Start it again if it has died, and wait until it serves.

        Raises:
            AssertionError: it does not come up.
        """
        give_up_at = time.monotonic() + _PATIENCE
        while time.monotonic() < give_up_at:
            if self._process.poll() is not None:
                self._end_group()
                self.start()
            if self._is_serving():
                return
            time.sleep(0.05)
        raise AssertionError(f"{' '.join(self._command[1:])} does not come up:\n{self._log_end()}")

    def stop(self) -> None:
        """End it and all that it started."""
        self._end_group()
        self._process.wait()

    def _is_serving(self) -> bool:
        if not self._port:
            return True
        connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _end_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
            give_up_at = time.monotonic() + _SAME_GROUP_ENDS
            while time.monotonic() < give_up_at:
                self._process.poll()
                os.killpg(self.pid, 0)
                time.sleep(0.05)
            os.killpg(self.pid, signal.SIGKILL)

    def _log_end(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]


def killed(rounds: int, seed: int | None = None) -> dict[str, Any]:
    """Kill so many processes and return the counts; ``seed`` repeats an order of victims and pauses."""
    seed = random.randrange(2**32) if seed is None else seed
    chance, kinds = random.Random(seed), Counter[str]()
    with place(_REGISTER_SECONDS) as here:
        port = free_port()
        environment = here.environment(
            "kills", RECHECKS_PER_SECOND=str(_RECHECKS_PER_SECOND), MOTCUA_PORT=str(port)
        )
        url = environment["DATABASE_URL"]
        with here.product(environment):
            run(["-m", "bench.tickets", str(rounds * _TICKETS_A_ROUND), str(_FIRST_TICKET)], environment)
        with _services(here, environment, port) as services:
            for service in services.values():
                service.keep_up()
            with Receptions(port=port, officers=_OFFICERS, first=_FIRST_RECEIVED) as receptions:
                release(url)
                while kinds.total() < rounds:
                    time.sleep(chance.uniform(*_PAUSE))
                    kind = chance.choices(list(_KINDS), list(_KINDS.values()))[0]
                    kinds[kind] += _kill(_victims(kind, services, url), chance)
                    for service in services.values():
                        service.keep_up()
                    if kinds.total() % 20 == 0:
                        print(
                            f"  {kinds.total()} killed, {len(receptions.acknowledged)} received", flush=True
                        )
            _settle(services, url)
        return {
            "rounds": kinds.total(),
            "seed": seed,
            "killed": dict(kinds),
            "tickets": rounds * _TICKETS_A_ROUND,
            "tickets_left": waiting(url),
            "received": len(receptions.acknowledged),
            **found(url, acknowledged=receptions.acknowledged, heard=here.register.asked()),
            "officers_saw": dict(receptions.troubles),
        }


def found(url: str, *, acknowledged: list[str], heard: list[str]) -> dict[str, int]:
    """Compare the database with what officers and register know.

    Args:
        url: of the database.
        acknowledged: ids of the dossiers whose receipts were shown.
        heard: ids of the questions that reached the register.

    Returns:
        How many dossiers were lost or received twice, codes missing or doubled, questions unrecorded, tickets asked
        about twice without a word; and, told for comparison, questions whose fate is unknown and how many repeat one.
    """
    with connected(url) as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]

        kept = {str(pk) for (pk,) in rows("SELECT id FROM dossiers_dossier WHERE status = 2 AND code <> ''")}
        codes = [code for (code,) in rows("SELECT code FROM dossiers_dossier WHERE code IS NOT NULL")]
        counters = rows(f"SELECT office_code, to_char(\"on\", 'YYMMDD'), last FROM {_COUNTERS}")
        people = rows("SELECT count(*) FROM dossiers_dossier GROUP BY applicant_number_digest")
        checks = rows(
            "SELECT id, request_id, dossier_id, repeats_id, outcome FROM verification_identitycheck ORDER BY asked_at"
        )
    wrong_codes = 0
    for office, day, last in counters:
        start = f"{office}-{day}-"
        given = [int(code[len(start) :]) for code in codes if code.startswith(start)]
        wrong_codes += len(set(range(1, last + 1)) ^ set(given)) + len(given) - len(set(given))
    recorded = {request for _, request, *_ in checks}
    return {
        "lost": len(set(acknowledged) - kept),
        "received_twice": sum(count > 1 for (count,) in people),
        "codes_missing_or_doubled": wrong_codes,
        "questions": len(heard),
        "unrecorded": len(set(heard) - recorded),
        "asked_twice_unnoticed": _twice_unnoticed(checks) + len(heard) - len(set(heard)),
        "fates_unknown": sum(not outcome for *_, outcome in checks),
        "repeats_told": sum(repeats is not None for _, _, _, repeats, _ in checks),
    }


_COUNTERS = "dossiers_codecounter"


def _twice_unnoticed(checks: list[tuple[Any, ...]]) -> int:
    """Count the later checks of a dossier that neither follow an answer that nobody gave nor name what they repeat."""
    last: dict[Any, tuple[Any, str]] = {}
    unnoticed = 0
    for check, _, dossier, repeats, outcome in checks:
        if dossier is None:
            continue
        earlier, earlier_outcome = last.get(dossier, (None, "unanswered"))
        is_told = repeats == earlier if not earlier_outcome else earlier_outcome == "unanswered"
        unnoticed += not is_told
        last[dossier] = (check, outcome)
    return unnoticed


@contextmanager
def _services(here: Place, environment: dict[str, str], port: int) -> Iterator[dict[str, Service]]:
    services = {
        "web": Service([MOTCUA, "serve"], environment, here.folder / "web.log", port),
        "work": Service([MOTCUA, "work"], environment, here.folder / "work.log"),
    }
    try:
        yield services
    finally:
        for service in services.values():
            service.stop()


def _victims(kind: str, services: dict[str, Service], url: str) -> list[int]:
    match kind:
        case "web worker":
            return children(services["web"].pid)
        case "web master":
            return [services["web"].pid]
        case "motcua work":
            return [services["work"].pid]
        case _:
            with connected(url) as connection:
                backends = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                return [pid for (pid,) in backends.fetchall()]


def _kill(victims: list[int], chance: random.Random) -> int:
    """Kill one of them; return how many died."""
    if not victims:
        return 0
    try:
        os.kill(chance.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _settle(services: dict[str, Service], url: str) -> None:
    """Wait until nothing is left of the queue, or for as long as is reasonable."""
    give_up_at = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < give_up_at and waiting(url):
        for service in services.values():
            service.keep_up()
        time.sleep(1)
