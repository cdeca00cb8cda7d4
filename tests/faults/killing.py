"""Killing processes at random moments while an officer receives dossiers and their later checks are made.

``python -m tests.faults.killing --rounds 200 --place inside`` does it and prints what came of it as one JSON object;
exit 0 when nothing was lost. With ``DATABASE_URL`` set it works on a new database of that server, else on SQLite.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.faults.browser import FAILED, NOT_CHECKED, SUCCEEDED, Browser, Seen
from tests.faults.conftest import strangers, write
from tests.people import Person, cast
from tests.product_process import (
    MOTCUA,
    ProductProcess,
    Store,
    environment,
    eventually,
    filled_store,
    start_product,
)
from tests.sandbox_process import SandboxProcess, start_sandbox

_SAVE = "/mot-cua/tiep-nhan/"
_RECEIPT = re.compile(r"/mot-cua/ho-so/([0-9a-f-]{36})/phieu/")
_LOST_CONNECTION = (OSError, HTTPException)  # urllib's errors are OSErrors
_RATE = 20  # later checks a second: often enough for a kill to meet one, slow enough for tickets to be left
LATER = 900.0  # seconds: longer than any ticket waits between two tries
_EACH_ROUND = 3  # dossiers are received at least, so that there is work to be killed in
_KINDS = (
    "web worker",
    "web worker",
    "worker apart",
    "worker apart",
    "server",
)  # whom, as often as they stand here
VARIABLES = {
    "RECHECKS_PER_SECOND": str(_RATE),
    "NPD_TOTAL_SECONDS": "4",
    "NPD_BREAKER_FAILURES": "100000",
    "NPD_WATCH_SECONDS": "0",
    "MOTCUA_THREADS": "4",
    "TRIES_OFFICER_10_MINUTES": "1000000",
}


@dataclass
class Toll:
    """What came of it; ``wrong`` says what must never happen, and is empty when all is well."""

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    received: int = 0  # dossiers whose press was acknowledged
    settled: int = 0  # tickets that got their answer
    asked: int = 0  # questions that reached the register
    repeated: int = (
        0  # of these, asked again because the fate of the one before was unknown, and recorded as such
    )
    wrong: list[str] = field(default_factory=list)


@dataclass
class Office:
    """The product, its workers apart if it has any, and the register: all real processes, all on one store."""

    store: Store
    sandbox: SandboxProcess
    place: str
    product: ProductProcess
    apart: list[subprocess.Popen[bytes]] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        return {**VARIABLES, **self.changes, "MOTCUA_WORK": self.place}

    def starts_apart(self) -> None:
        """Start one more worker apart."""
        register = {"NPDSANDBOX_PORT": str(urlsplit(self.sandbox.url).port)}
        with (self.store.folder / "work.log").open("ab") as out:
            self.apart.append(
                subprocess.Popen(
                    [MOTCUA, "work"],
                    env=environment(**self.store.variables, **register, **self.variables),
                    stdout=out,
                    stderr=out,
                )
            )

    def starts(self) -> None:
        """Start everything that was killed."""
        if self.product.process.poll() is not None:
            self.product = start_product(self.store, self.sandbox, **self.variables)
        if self.place == "apart":
            self.apart = [process for process in self.apart if process.poll() is None]
            while len(self.apart) < 2:
                self.starts_apart()

    def victims(self) -> dict[str, list[int]]:
        """Return the process ids of what may be killed, by kind."""
        found = {"web worker": self.product.workers(), "server": [self.product.process.pid]}
        if self.place == "apart":
            found["worker apart"] = [process.pid for process in self.apart if process.poll() is None]
        return found

    def kills(self, kind: str, pid: int) -> None:
        """Kill one process, wait until it is gone, and see that there is another."""
        before = set(self.product.workers())
        os.kill(pid, signal.SIGKILL)
        if kind == "web worker":
            eventually(
                lambda: pid not in self.product.workers() and len(self.product.workers()) == len(before),
                "another web worker",
            )
            return
        if kind == "server":
            self.product.process.wait(20)
            # Its workers see that they are orphans; they need not be waited for, and the port must be free again.
            eventually(lambda: not any(map(_is_alive, before)), "the orphans to end")
        for process in self.apart:
            if process.pid == pid:
                process.wait(20)
        self.starts()

    def dies(self) -> None:
        """Kill everything but the register and the database."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.product.process.pid, signal.SIGKILL)
        self.product.process.wait(20)
        for process in self.apart:
            process.kill()
            process.wait(20)
        self.apart.clear()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@contextlib.contextmanager
def office(filled: Store, folder: Path, *, place: str, people: int, **changes: str) -> Iterator[Office]:
    """Open an office with a register that knows so many people, all of whom will bring a dossier.

    Args:
        filled: the store that is copied for it.
        folder: where everything is kept.
        place: where the work that waits is done.
        people: how many.
        changes: further variables of the environment.
    """
    (folder / "register").mkdir(parents=True)
    known = strangers(folder / "register", count=people)
    sandbox = start_sandbox(folder / "register")
    try:
        # A question takes a moment, so that there is one to be killed in.
        sandbox.trouble("delay", seconds=0.2)
        store = filled.copy(folder / "product")
        product = start_product(store, sandbox, **{**VARIABLES, **changes}, MOTCUA_WORK=place)
        strange = [stranger.person for stranger in known]
        opened = Office(store, sandbox, place, product, people=strange, changes=changes)
        try:
            opened.starts()
            yield opened
        finally:
            opened.dies()
    finally:
        sandbox.stop()


class Officer(threading.Thread):
    """Receives one dossier after the other, whatever breaks; presses again when no answer came."""

    def __init__(self, work: Office) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.acknowledged: list[str] = []
        self.failure: BaseException | None = None
        self._is_to_end = threading.Event()
        self._browser = Browser(work.product.url)
        self._browser.log_in(cast.lan)

    def run(self) -> None:
        try:
            while not self._is_to_end.is_set() and self.work.people:
                self.receives_one()
        except BaseException as error:
            self.failure = error
            raise

    def receives_one(self) -> None:
        """Receive one dossier, before or instead of running."""
        self._receives(self.work.people.pop())

    def has_received(self, count: int) -> bool:
        """Say whether so many dossiers were received, or no more will be."""
        return len(self.acknowledged) >= count or not self.is_alive()

    def ends(self) -> None:
        """Finish the dossier at hand."""
        self._is_to_end.set()
        self.join(60)
        assert not self.is_alive()

    def _receives(self, person: Person) -> None:
        # The first question about them finds the register out of order; every later one is answered.
        self.work.sandbox.trouble("fault_500", number=person.number, next=1)
        key = str(uuid.uuid4())
        page = self._stubborn(lambda: self._browser.presses_check(person))
        form = {
            "procedure": re.findall(r'<option value="(\d+)" selected', page.text)[0],
            "full_name": person.full_name,
            "number": person.number,
            "birth_date": person.typed_birth,
            "phone": "0912345678",
            "press_key": key,
            "checked": re.findall(r'name="checked" value="([^"]*)"', page.text)[0],
        }
        if page.outcome() == NOT_CHECKED:
            form |= {"by_hand_reason": "unanswered", "originals_seen": "on"}
        assert page.outcome() in (NOT_CHECKED, SUCCEEDED), FAILED
        saved = self._stubborn(lambda: self._browser.post(_SAVE, form))
        receipt = _RECEIPT.fullmatch(saved.path)
        assert receipt, f"{saved.status} {saved.path}"
        self.acknowledged.append(receipt[1])

    def _stubborn(self, press: Any) -> Seen:
        def once() -> Seen | None:
            self._browser.url = self.work.product.url
            try:
                page: Seen = press()
            except _LOST_CONNECTION:
                return None
            return page if page.status == 200 else None

        page: Seen = eventually(once, "an answer to a press", seconds=60)
        return page


def besiege(work: Office, *, rounds: int, seed: int) -> Toll:
    """Kill one process a round, then let everything be done, and count.

    Args:
        work: open, with its officer's desk free.
        rounds: how many kills.
        seed: decides whom and when.
    """
    toll, chance = Toll(rounds=rounds), random.Random(seed)
    officer = Officer(work)
    officer.start()
    pause = threading.Event()
    for _ in range(rounds):
        enough = len(officer.acknowledged) + _EACH_ROUND
        eventually(lambda: officer.has_received(enough), "dossiers to be received", seconds=120)  # noqa: B023
        pause.wait(chance.uniform(0.0, 0.3))  # the random moment
        kinds = work.victims()
        kind = chance.choice([name for name in _KINDS if kinds.get(name)])
        work.kills(kind, chance.choice(kinds[kind]))
        toll.killed[kind] += 1
    officer.ends()
    work.dies()
    later(work.store, LATER)
    work.starts()
    with contextlib.suppress(AssertionError):  # whoever still waits is counted below
        eventually(lambda: not _waiting(work.store), "every ticket to end", seconds=60 + rounds)
    work.dies()
    _count(toll, work, officer)
    return toll


def later(store: Store, seconds: float) -> None:
    """Let time pass for those who wait; only while no process runs, so that no question is under way."""
    earlier(store, "dossiers_recheck", "not_before", seconds)
    earlier(store, "dossiers_recheckpace", "next_at", seconds)
    # An answered check keeps its moment, and with it its place after those before it.
    earlier(store, "verification_identitycheck", "asked_at", seconds, only="outcome = ''")


def earlier(store: Store, table: str, column: str, seconds: float, *, only: str = "true") -> None:
    """Put the moments in a column so much earlier; only while no process runs."""
    moved = (
        f"{column} - interval '{seconds} seconds'"
        if store.database_url
        # Six digits, as Django writes them: moments are compared as texts.
        else f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{seconds} seconds') || '000'"
    )
    write(store, f"UPDATE {table} SET {column} = {moved} WHERE {only}")


def _waiting(store: Store) -> int:
    ((count,),) = store.rows("SELECT count(*) FROM dossiers_recheck WHERE state = 'waiting'")
    return int(count)


def _count(toll: Toll, work: Office, officer: Officer) -> None:
    rows = work.store.rows
    toll.received = len(officer.acknowledged)
    if officer.failure is not None:
        toll.wrong.append(f"the officer was stopped: {type(officer.failure).__name__} {officer.failure}")
    held = {as_hex(id_) for (id_,) in rows("SELECT id FROM dossiers_dossier WHERE status = 2")}
    lost = [pk for pk in officer.acknowledged if as_hex(pk) not in held]
    toll.wrong += [f"dossier {pk} was acknowledged and is lost" for pk in lost]
    if len(held) != len(set(officer.acknowledged)) or len(set(officer.acknowledged)) != toll.received:
        toll.wrong.append(f"{len(held)} dossiers for {toll.received} acknowledged presses")

    checks = rows(
        "SELECT id, request_id, touch_point, outcome, repeats_id, dossier_id "
        "FROM verification_identitycheck ORDER BY asked_at"
    )
    # Whoever is killed between the head and the body of a request has asked nothing.
    asked = Counter(entry["MaYeuCau"] for entry in work.sandbox.journal() if entry["outcome"] != "SBX.SHORT")
    toll.asked = sum(asked.values())
    recorded = {request_id for _, request_id, *_ in checks}
    toll.wrong += [f"question {id_} has no record" for id_ in asked if id_ not in recorded]
    toll.wrong += [f"question {id_} left {times} times" for id_, times in asked.items() if times > 1]

    of_tickets: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for id_, request_id, touch_point, outcome, repeats, dossier in checks:
        if touch_point == "recheck":
            of_tickets[as_hex(dossier)].append((as_hex(id_), request_id, outcome, as_hex(repeats)))
    for dossier, tries in of_tickets.items():
        for before, after in pairwise(tries):
            is_named = after[3] == before[0]
            toll.repeated += is_named
            if not is_named and before[2] != "unanswered":
                toll.wrong.append(
                    f"ticket of {dossier} was asked again unnoticed after {before[2] or 'no outcome'!r}"
                )
        if tries[-1][2] != "verified":
            toll.wrong.append(f"ticket of {dossier} ended as {tries[-1][2]!r}")

    tickets = rows("SELECT dossier_id, state FROM dossiers_recheck")
    toll.settled = sum(state == "settled" for _, state in tickets)
    toll.wrong += [f"ticket of {as_hex(id_)} is {state}" for id_, state in tickets if state != "settled"]
    toll.wrong += [
        f"ticket of {as_hex(id_)} was never asked" for id_, _ in tickets if as_hex(id_) not in of_tickets
    ]
    unmarked = rows("SELECT count(*) FROM dossiers_dossier WHERE status = 2 AND by_hand_reason <> ''")
    if unmarked != [(0,)]:
        toll.wrong.append(f"{unmarked[0][0]} dossiers still carry the mark of not being checked")


def as_hex(id_: Any) -> str:
    """Return an id as both databases give it, without dashes; empty for none."""
    return str(id_).replace("-", "") if id_ else ""


def main(arguments: list[str]) -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="killing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="how many kills (200)")
    parser.add_argument(
        "--place", choices=["inside", "apart"], default="inside", help="where tickets are worked on"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides whom and when (1)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="motcua-killing-") as name:
        folder = Path(name)
        filled = filled_store(folder / "filled")
        with office(filled, folder, place=given.place, people=200 + 40 * given.rounds) as work:
            toll = besiege(work, rounds=given.rounds, seed=given.seed)
    sys.stdout.write(json.dumps(vars(toll)) + "\n")
    return 1 if toll.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
