"""Two stacks of real processes: one whose line gives up fast, one whose questions may wait for long."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from motcua.identity.names import wire_form
from tests.faults.browser import SUCCEEDED, Browser, Seen
from tests.faults.fault_proxy import FaultProxy
from tests.people import CAST_FILE, WRONG_NAME_OF_BINH, Person, cast
from tests.product_process import (
    ProductProcess,
    Store,
    environment,
    eventually,
    filled_store,
    start_product,
)
from tests.sandbox_process import SandboxProcess, start_sandbox

UNLIMITED = dict.fromkeys(
    (
        "TRIES_NUMBER_HOUR",
        "TRIES_NUMBER_DAY",
        "TRIES_ACCOUNT_HOUR",
        "TRIES_ADDRESS_HOUR",
        "TRIES_OFFICER_10_MINUTES",
        "LOGIN_TRIES_HOUR",
        "LOGIN_TRIES_ADDRESS_HOUR",
    ),
    "100000",
)

UNWATCHED = {"NPD_WATCH_SECONDS": "0"}  # nobody asks but for a person, or because a line is shut


@dataclass
class Stack:
    """The product and the register that it asks."""

    product: ProductProcess
    sandbox: SandboxProcess
    folder: Path
    proxy: FaultProxy | None = None
    people: list[Stranger] = field(default_factory=list)  # whom nobody has asked about yet
    records_waiting: int = 0  # for forms of officers
    step: str = ""  # where An's draft stands, once it is begun
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))
    sessions: dict[str, list[Cookie]] = field(default_factory=dict)
    door: threading.Lock = field(default_factory=threading.Lock)

    def visitor(self, person: Person | None = None) -> Browser:
        """Return somebody's browser; a person's is logged in, always in the same session."""
        browser = Browser(self.product.url)
        with self.door:  # a second log-in at the same moment would end the first one's session
            if person is not None and person.id not in self.sessions:
                browser.log_in(person)
                self.sessions[person.id] = list(browser.jar)
        for cookie in self.sessions[person.id] if person else ():
            browser.jar.set_cookie(cookie)
        return browser

    def at_once(self, press: Any, *arguments: Any) -> Future[Seen]:
        """Press a button without waiting for the answer."""
        return self.pool.submit(press, *arguments)

    def questions(self, person: Person) -> int:
        """Count the questions about somebody that reached the register."""
        return sum(entry["number"] == masked(person.number) for entry in self.sandbox.journal())

    def restart_register(self) -> None:
        """Start the register again where it was, after it died."""
        port = urlsplit(self.sandbox.url).port
        self.sandbox = start_sandbox(self.folder / "register", NPDSANDBOX_PORT=str(port))

    def is_open(self, officer: Browser) -> bool:
        """Say what the desk's page says of the line."""
        light = re.search(r'class="light (\w+)"', officer.get("/mot-cua/tiep-nhan/").text)
        assert light, "the desk shows no light"
        return light[1] != "down"

    def calms_down(self, officer: Browser) -> None:
        """Put the register in order and wait until the line has healed and no failure is remembered."""
        self.sandbox.reset()
        eventually(
            lambda: self.is_open(officer) and officer.presses_check(cast.an).outcome() == SUCCEEDED,
            "the line to heal",
        )

    def outcomes(self, touch_point: str) -> set[str]:
        """Return the outcomes that stand in the product's book for one touch point."""
        question = (
            f"SELECT DISTINCT outcome FROM verification_identitycheck WHERE touch_point = '{touch_point}'"
        )
        return {outcome for (outcome,) in self.product.store.rows(question)}

    def write(self, statement: str) -> None:
        """Change the product's database directly."""
        write(self.product.store, statement)

    def end(self) -> None:
        """Stop everything, and insist that the log is in order."""
        self.sandbox.process.kill()
        self.sandbox.stop()
        if self.proxy is not None:
            self.proxy.end()
        self.pool.shutdown()
        code = self.product.stop()
        said = self.product.said()
        assert code == 0
        assert personal_in(said) == []
        assert "Traceback" not in said


@dataclass(frozen=True)
class Stranger:
    """Somebody whom the generator invented: a person, and where the register says that they live."""

    person: Person
    home: str


def strangers(state: Path, count: int = 600) -> list[Stranger]:
    """Fill a register that does not run yet with generated people, and return those who are grown up and alive."""
    subprocess.run(
        [sys.executable, "-m", "npdsandbox", "seed", "--people", str(count)],
        env=environment(NPDSANDBOX_STATE=str(state)),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    chosen = """SELECT personal_number, full_name, birth_date, details FROM npdsandbox_citizen
        WHERE origin = 'generated' AND NOT is_deceased AND birth_date BETWEEN '1960-' AND '2000-'
        AND length(birth_date) = 10 ORDER BY personal_number"""
    with closing(sqlite3.connect(state / "npdsandbox.sqlite3")) as register:
        rows = register.execute(chosen).fetchall()
    found = []
    for number, full_name, born, details in rows:
        home = json.loads(details)[7]  # the permanent residence
        found.append(Stranger(Person("", full_name, number, "", born, None), home[3]))
    return found


def write(store: Store, statement: str) -> None:
    """Change a store's database directly."""
    if store.database_url:
        with psycopg.connect(store.database_url) as postgres:
            postgres.execute(statement)  # type: ignore[call-overload]
        return
    with closing(sqlite3.connect(store.folder / "motcua.sqlite3", timeout=10)) as sqlite, sqlite:
        sqlite.execute(statement)


def masked(number: str) -> str:
    """Return a number as the register's journal shows it."""
    return f"{number[:3]}******{number[-3:]}"


def personal_in(log: str) -> list[str]:
    """List what a log tells of the cast: names with and without accents, numbers, birth dates."""
    people = json.loads(CAST_FILE.read_text(encoding="utf-8"))["citizens"]
    secrets = {WRONG_NAME_OF_BINH, "Người Khác Mẫu", "999090000999"}
    for person in people:
        secrets |= {person["full_name"], person["personal_number"], person["old_card_number"] or ""}
        year, _, rest = str(person["birth_date"] or "").partition("-")
        if rest:
            month, day = rest.split("-")
            secrets |= {f"{year}-{month}-{day}", f"{day}/{month}/{year}", f"{year}{month}{day}"}
    names = {secret for secret in secrets if re.search(r"[^\W\d]", secret)}
    secrets |= {wire_form(name) for name in names} | {_bare(name) for name in names}
    folded = log.casefold()
    return sorted(secret for secret in secrets - {""} if secret.casefold() in folded)


def _bare(name: str) -> str:
    return " ".join(wire_form(word) for word in name.split())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store with procedures and cast, to be copied."""
    return filled_store(tmp_path_factory.mktemp("faults") / "filled")


def _stack(filled: Store, folder: Path, **changes: str) -> Iterator[Stack]:
    sandbox = start_sandbox(folder / "register")
    try:
        product = start_product(filled.copy(folder / "product"), sandbox, **UNLIMITED, **UNWATCHED, **changes)
    except BaseException:
        sandbox.stop()
        raise
    stack = Stack(product, sandbox, folder)
    yield stack
    stack.end()


@pytest.fixture(scope="session")
def running_hasty(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    yield from _stack(
        filled,
        tmp_path_factory.mktemp("hasty"),
        NPD_TOTAL_SECONDS="2",
        NPD_CONNECT_SECONDS="1",
        NPD_BREAKER_FAILURES="2",
        NPD_BREAKER_SECONDS="1",
        NPD_IN_FLIGHT="2",
        NPD_IN_FLIGHT_DESK="1",
        MOTCUA_THREADS="4",
    )


@pytest.fixture
def hasty(running_hasty: Stack) -> Stack:
    """Return the stack whose questions end after two seconds, two failures shut the line, and one place is for the
    portal; its register in order, its line open.
    """
    running_hasty.calms_down(running_hasty.visitor(cast.lan))
    return running_hasty


@pytest.fixture(scope="session")
def running_shaky(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("shaky")
    (folder / "register").mkdir()
    people = strangers(folder / "register")
    sandbox = start_sandbox(folder / "register")
    proxy = FaultProxy(urlsplit(sandbox.url).port or 0)
    stack = None
    try:
        product = start_product(
            filled.copy(folder / "product"),
            sandbox,
            **UNLIMITED,
            **UNWATCHED,
            NPD_URL=f"http://127.0.0.1:{proxy.port}/c06/{{operation}}",
            NPD_TOTAL_SECONDS="2.5",
            NPD_CONNECT_SECONDS="0.7",
            NPD_BREAKER_FAILURES="1000",
            MOTCUA_THREADS="4",
        )
        stack = Stack(product, sandbox, folder, proxy=proxy, people=people)
        yield stack
    finally:
        if stack is None:
            proxy.end()
            sandbox.stop()
        else:
            stack.end()


@pytest.fixture
def shaky(running_shaky: Stack) -> Stack:
    """Return the stack whose line breaks as it is told (``proxy``): questions end after two seconds and a half, and no
    number of failures shuts the line; its line whole, its register in order, whatever other tests did to it.
    """
    running_shaky.proxy.heals()
    running_shaky.proxy.hangs_up()  # else a worker may have kept a connection that has vanished
    running_shaky.sandbox.reset()
    running_shaky.write(
        "UPDATE verification_linerow SET failed_at = '[]', opened_at = NULL, paused_until = 0"
    )
    ((running_shaky.records_waiting,),) = running_shaky.product.store.rows(
        "SELECT count(*) FROM verification_waitingrecord"
    )
    return running_shaky


@pytest.fixture(scope="session")
def running_patient(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    yield from _stack(
        filled,
        tmp_path_factory.mktemp("patient"),
        NPD_TOTAL_SECONDS="40",
        NPD_BREAKER_FAILURES="1000",
        NPD_IN_FLIGHT="6",
        NPD_IN_FLIGHT_DESK="2",
        MOTCUA_THREADS="1",
    )


@pytest.fixture
def patient(running_patient: Stack) -> Stack:
    """Return the stack whose questions may wait for forty seconds and never shut the line; four places are the
    portal's, two the desks', and a worker has one thread beside them.
    """
    running_patient.sandbox.reset()
    return running_patient
