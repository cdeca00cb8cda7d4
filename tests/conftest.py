"""Fixtures of all tests: the cast in the database, a register that does as it is told, clients who are logged in."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import BinaryField, Model, Value
from django.test import Client
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from motcua.accounts import offices
from motcua.accounts import service as accounts_service
from motcua.accounts.models import Citizen, User
from motcua.accounts.service import forget_officers
from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.register import Answer, CouldNotAsk, Inquiry, RegisterError, Trouble
from motcua.population.memory import MemoryRegister
from motcua.procedures import service as procedures_service
from motcua.procedures.service import forget
from motcua.reception import listing
from motcua.sealing import digest
from motcua.sealing.fields import Sealed
from motcua.slips import book
from motcua.verification import probing
from motcua.verification.registers import use_register
from tests.kept_rows import KeptRows, Standing, keep
from tests.people import Person, cast

# How long something takes is measured in bench/; a busy machine breaks no property.
settings.register_profile("calm", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")
_FAULTS = Path(__file__).resolve().parent / "faults"
_FIXTURES_OF_ROWS = {"catalogue": "load_procedures", "people": "load_cast"}
_STANDING = pytest.StashKey[Standing]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--database-only``."""
    parser.addoption(
        "--database-only", action="store_true", help="run only the tests that another database could change"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests that another database cannot change, when asked to: without one, or about what pages say.

    Those that start real programs, and wait for them, come first: at the end one process would wait alone.
    """
    items.sort(key=lambda item: _FAULTS not in item.path.parents)
    if not config.getoption("--database-only"):
        return
    chosen = [item for item in items if _depends_on_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave alone what stays until the end: modules and thousands of tests.

    Left to itself it walks through all of them again and again, which took a quarter of the whole run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 5)


def _depends_on_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("one_database") is None and _uses_database(item)


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(
        fixtures & {"db", "transactional_db", "filled"}
    )


class ToldRegister(MemoryRegister):
    """Answers honestly about the cast until told otherwise.

    ``register.trouble = CouldNotAsk(Trouble.TIMEOUT)`` or ``register.is_down()`` troubles every question;
    ``register.says(cast.an, record_or_error)`` changes what is said of one number. ``asked`` counts questions,
    ``claims`` and ``inquiries`` keep them, ``probes`` counts background probes (none is really sent).
    """

    def __init__(self) -> None:
        super().__init__(cast.records)
        self.claims: list[IdentityClaim] = []
        self.inquiries: list[Inquiry] = []
        self.probes = 0
        self.before_answer: Callable[[], object] | None = None
        self._told: dict[str, CitizenRecord | RegisterError] = {}

    def is_down(self, trouble: Trouble = Trouble.TIMEOUT) -> None:
        """Give no usable answer from now on."""
        self.trouble = CouldNotAsk(trouble)

    def is_up(self) -> None:
        """Answer again."""
        self.trouble = None

    def knows(self, records: Iterable[CitizenRecord]) -> None:
        """Keep further people."""
        self._records = (*self._records, *records)

    def says(self, person: Person, answer: CitizenRecord | RegisterError) -> None:
        """Give this record, or raise this error, when asked for the person's number."""
        self._told[person.number] = answer

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        """Answer as told, else honestly."""
        self.claims.append(claim)
        self.inquiries.append(inquiry)
        if self.before_answer is not None:
            self.before_answer()
        told = self._told.get(claim.number.digits)
        if told is None:
            return super().ask(claim, inquiry)
        self.asked += 1
        if isinstance(told, RegisterError):
            raise told
        honest = super().ask(claim, inquiry)
        self.asked -= 1
        return Answer(told, True, honest.messages, honest.line)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldRegister]:
    """Put a register in place that does as it is told."""
    told = ToldRegister()

    def note_probe(route: object) -> None:
        told.probes += 1

    monkeypatch.setattr(probing, "start_probe", note_probe)
    with use_register(told):
        yield told


@pytest.fixture(autouse=True)
def _catalogue_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see the procedures and the officers' numbers of the one before, nor read them twice by the clock."""
    monkeypatch.setattr(procedures_service, "_FRESH", 10**9)
    monkeypatch.setattr(offices, "_FRESH", 10**9)
    monkeypatch.setattr(accounts_service, "_OFFICERS_FRESH", 10**9)
    forget()
    forget_officers()
    offices.forget()
    listing.forget()
    book.forget()


@pytest.fixture(scope="session")
def kept_rows(
    django_db_setup: None, django_db_blocker: Any, pytestconfig: pytest.Config
) -> dict[str, KeptRows]:
    """Return what the product's commands load into an empty database."""
    with django_db_blocker.unblock(), transaction.atomic():
        rows = {
            command: keep(lambda command=command: _loads(command)) for command in _FIXTURES_OF_ROWS.values()
        }
        transaction.set_rollback(True)
    pytestconfig.stash[_STANDING] = Standing(rows)
    return rows


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let stand in the database what the test begins with, before a transaction opens for it."""
    standing = item.config.stash.get(_STANDING, None)
    if standing is None or not _uses_database(item):
        return
    fixtures = set(getattr(item, "fixturenames", ()))
    # With keys of its own a test could open nothing of it.
    wanted = (
        set()
        if "keys" in fixtures
        else {_FIXTURES_OF_ROWS[name] for name in fixtures & _FIXTURES_OF_ROWS.keys()}
    )
    with item.config.stash[blocking_manager_key].unblock():
        standing.become(wanted)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Know that a test of several transactions leaves every table empty."""
    yield
    marker = item.get_closest_marker("django_db")
    is_flushed = "transactional_db" in getattr(item, "fixturenames", ()) or (
        marker is not None and marker.kwargs.get("transaction")
    )
    if is_flushed and (standing := item.config.stash.get(_STANDING, None)) is not None:
        standing.were_flushed()


@pytest.fixture
def catalogue(kept_rows: dict[str, KeptRows], db: None, pytestconfig: pytest.Config) -> None:
    """Load the forty procedures, unless they stand there already."""
    _loaded("load_procedures", kept_rows, pytestconfig)


@pytest.fixture
def people(kept_rows: dict[str, KeptRows], db: None, pytestconfig: pytest.Config) -> None:
    """Load offices, officers and citizens' accounts of the cast, unless they stand there already."""
    _loaded("load_cast", kept_rows, pytestconfig)


def _loaded(command: str, kept_rows: dict[str, KeptRows], config: pytest.Config) -> None:
    if command in config.stash[_STANDING].names:
        assert kept_rows[command].is_of_these_keys, (
            "its keys are changed by the fixture `keys`, before its rows"
        )
    elif not kept_rows[command].put_back():
        _loads(command)


@pytest.fixture
def officer(people: None) -> User:
    """Return Lan, officer at the first office."""
    return User.objects.get(login="lan")


@pytest.fixture
def second_officer(people: None) -> User:
    """Return Phúc, the other officer at Lan's office."""
    return User.objects.get(login="phuc")


@pytest.fixture
def other_officer(people: None) -> User:
    """Return Minh, officer at another office."""
    return User.objects.get(login="minh")


@pytest.fixture
def specialist(people: None) -> User:
    """Return Khánh, specialist of a division in Lan's unit."""
    return User.objects.get(login="khanh")


@pytest.fixture
def other_specialist(people: None) -> User:
    """Return Mơ, specialist in Minh's unit."""
    return User.objects.get(login="mo")


@pytest.fixture
def leader(people: None) -> User:
    """Return Bảo, leader of Lan's unit."""
    return User.objects.get(login="bao")


@pytest.fixture
def cashier(people: None) -> User:
    """Return Nga, who takes fees at Lan's office."""
    return User.objects.get(login="nga")


@pytest.fixture
def result_officer(people: None) -> User:
    """Return Kết, who hands out results at Lan's office."""
    return User.objects.get(login="ket")


@pytest.fixture
def supervisor(people: None) -> User:
    """Return Oanh, supervisor of Lan's office."""
    return User.objects.get(login="oanh")


@pytest.fixture
def administrator(people: None) -> User:
    """Return the administrator, who has no personal number on file."""
    return User.objects.get(login="quantri")


def account_of(person: Person) -> Citizen:
    """Return the account with a person's number, whatever name it carries."""
    return Citizen.objects.select_related("user").get(number_digest=digest("number", person.number))


def raw(row: Model, field: str) -> bytes:
    """Return what stands in the database where a row has a sealed field."""
    sealed = type(row)._base_manager.values_list(field, flat=True).get(pk=row.pk)
    return sealed.raw if isinstance(sealed, Sealed) else b""


def sealed_long_ago() -> Value:
    """Return, for an update, a value that no key opens."""
    return Value(b"sealed with another key, long ago", BinaryField())


@pytest.fixture
def citizen_an(people: None) -> Citizen:
    """Return An's account, right in everything."""
    return account_of(cast.an)


@pytest.fixture
def citizen_binh(people: None) -> Citizen:
    """Return Bình's account, which carries a wrong name."""
    return account_of(cast.binh)


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def officer_client(officer: User) -> Client:
    """Return Lan's browser."""
    return browser_of(officer)


@pytest.fixture
def second_officer_client(second_officer: User) -> Client:
    """Return Phúc's browser."""
    return browser_of(second_officer)


@pytest.fixture
def other_officer_client(other_officer: User) -> Client:
    """Return Minh's browser."""
    return browser_of(other_officer)


@pytest.fixture
def administrator_client(administrator: User) -> Client:
    """Return the administrator's browser."""
    return browser_of(administrator)


@pytest.fixture
def an_client(citizen_an: Citizen) -> Client:
    """Return An's browser."""
    return browser_of(citizen_an.user)


@pytest.fixture
def binh_client(citizen_binh: Citizen) -> Client:
    """Return Bình's browser."""
    return browser_of(citizen_binh.user)


def _loads(command: str) -> None:
    call_command(command, verbosity=0, stdout=_Silent())


class _Silent:
    """Takes a command's words and drops them."""

    def write(self, text: str) -> int:
        """Drop it."""
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""
