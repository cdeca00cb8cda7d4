"""The living office of the demo: what everybody finds there, and that it obeys the same rules as any other."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from motcua.accounts.hours import hours_of
from motcua.accounts.models import User
from motcua.config import demo, province
from motcua.config.province import loading, neighbors, stories
from motcua.config.province.loading import CannotLoad, Made, load
from motcua.config.province.neighbors import Neighbor, Silence
from motcua.dossiers import due_dates, hand_overs, states
from motcua.dossiers.models import CodeCounter, Dossier, HandOver, Step
from motcua.dossiers.time_limits import calendar_of
from motcua.identity.register import CouldNotAsk, Trouble
from motcua.oversight.models import Objection
from motcua.population.memory import records_of
from motcua.reception.filters import Scope
from motcua.verification.models import IdentityCheck
from motcua.verification.registers import use_register
from npdsandbox.cast import write_person
from npdsandbox.people import generate
from tests.conftest import ToldRegister, account_of
from tests.kept_rows import KeptRows
from tests.people import cast
from tests.reception.queues import Looker

_HERE = ZoneInfo("Asia/Ho_Chi_Minh")
WEDNESDAY = datetime(2026, 11, 25, 10, 20, tzinfo=_HERE)
MONDAY_EARLY = datetime(2026, 11, 23, 7, 35, tzinfo=_HERE)
SUNDAY_NIGHT = datetime(2026, 11, 29, 23, 0, tzinfo=_HERE)
AFTER_LUNCH = datetime(2027, 5, 31, 13, 20, tzinfo=_HERE)
HOLIDAY = datetime(2026, 11, 24, 11, 0, tzinfo=_HERE)
# Whose work it is, where they look, and what of it may be empty.
_WORK = [
    ("lan", Scope.RECEIVED, set()),
    ("phuc", Scope.RECEIVED, set()),
    ("ket", Scope.RECEIVED, set()),
    ("khanh", Scope.HELD, set()),
    ("khanh", Scope.MINE, set()),
    ("bao", Scope.HELD, set()),
    ("nga", Scope.RECEIVED, {"Của tôi"}),
    ("oanh", Scope.RECEIVED, {"Của tôi"}),
    ("minh", Scope.RECEIVED, {"Của tôi", "Chờ nhận bàn giao", "Trả kết quả"}),
    ("mo", Scope.MINE, {"Trả kết quả", "Đã xong"}),
]
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@cache
def written() -> list[dict[str, Any]]:
    """Return the people whom the sandbox would list."""
    return [write_person(one) for one in generate(6000) if one.permanent_residence.province == "31"]


class Office:
    """A place in which the province can be loaded, with a register that knows its people."""

    def __init__(self, register: ToldRegister) -> None:
        self.register = register
        register.knows(records_of(written()))

    def load(self, now: datetime, dossiers: int = 0) -> Made:
        """Load the told lives, and everyday ones up to a number."""
        made = load(now=now, dossiers=dossiers, people=self.people, silence=self.silence)
        assert not made.broken
        return made

    @property
    def people(self) -> list[Neighbor]:
        return neighbors.read(written())

    @property
    def silence(self) -> Silence:
        @contextmanager
        def silent(number: str) -> Iterator[None]:
            self.register.trouble = CouldNotAsk(Trouble.SERVER_ERROR)
            yield
            self.register.trouble = None

        return silent


@pytest.fixture
def office(register: ToldRegister, catalogue: None, people: None) -> Office:
    return Office(register)


@pytest.fixture(scope="class")
def lived(kept_rows: dict[str, KeptRows], django_db_blocker: Any) -> Iterator[tuple[Office, Made]]:
    """Load the office of a Wednesday once for several tests, which only look."""
    register = ToldRegister()
    ours = transaction.atomic()
    ours._from_testcase = True  # type: ignore[attr-defined]  # the register is never asked within a transaction
    with django_db_blocker.unblock(), ours, use_register(register):
        for rows in kept_rows.values():
            rows.put_back()  # unless they stand there
        office = Office(register)
        yield office, office.load(WEDNESDAY, dossiers=100)
        transaction.set_rollback(True)


@pytest.fixture
def few_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell a dozen lives only."""
    few = [one for one in stories.told() if one.story in (stories.at_work, stories.submitted, stories.guided)]
    monkeypatch.setattr(stories, "told", lambda: few[:12])


@pytest.mark.parametrize("now", [MONDAY_EARLY, SUNDAY_NIGHT], ids=str)
def test_whoever_comes_finds_dossiers_at_every_point_of_their_way(office: Office, now: datetime) -> None:
    office.load(now)

    are_at_every_point(now)


def are_at_every_point(now: datetime) -> None:
    """See that there are dossiers wherever one can be, and work for everybody."""
    assert set(Dossier.objects.values_list("status", flat=True)) == set(range(11))
    assert set(Dossier.objects.values_list("channel", flat=True)) == set(Dossier.Channel.values)
    for login, scope, empty in _WORK:
        looker = Looker(User.objects.get(login=login))
        looker.sees(f"pham-vi={scope.value}")
        assert {label for label, count in looker.counts().items() if not count} == empty, login
    late = Dossier.objects.filter(status=states.PROCESSING, paused_at=None, due_at__lt=now)
    assert late.count() >= 3
    assert Dossier.objects.filter(by_hand_reason=Dossier.ByHand.UNANSWERED).exists()
    assert Dossier.objects.filter(holder=None, status=states.PROCESSING).exists()
    assert Objection.objects.filter(answered_at=None, due_on__gte=timezone.localdate(now)).exists()
    waiting = HandOver.objects.filter(accepted_at=None, declined_at=None)
    assert {"Bảo", "Kết"} <= {one.to_user.full_name.split()[-1] for one in waiting if one.to_user}


class TestAWednesday:
    """What is there once an office has been loaded on a Wednesday."""

    def test_whoever_comes_finds_dossiers_at_every_point_of_their_way(
        self, lived: tuple[Office, Made]
    ) -> None:
        are_at_every_point(WEDNESDAY)

    def test_the_citizens_of_the_cast_have_something_to_do(self, lived: tuple[Office, Made]) -> None:
        for person, due in ((cast.an, {0, 1, 5, 6, 9, 10}), (cast.binh, {0, 5, 6, 9, 10})):
            citizen = account_of(person)
            assert due <= set(citizen.dossiers.values_list("status", flat=True))
            assert citizen.user.notices.filter(read_at=None).exists()
            client = Client()
            client.force_login(citizen.user)
            assert client.get("/ho-so/").status_code == 200

    def test_due_dates_are_what_the_calendar_says(self, lived: tuple[Office, Made]) -> None:
        paused = Step.objects.filter(move="ask_fee").values("dossier")
        plain = Dossier.objects.exclude(pk__in=paused).filter(term_began_at__isnull=False, extension=None)
        assert plain.count() > 50
        for one in plain.select_related("office"):
            due = due_dates.due_at(
                limit=one.term_limit,
                unit=one.term_unit,
                started_at=one.term_began_at,
                calendar=calendar_of(one.office_id),
                hours=hours_of(one.office.hours),
            )
            assert one.due_at == due
        assert Dossier.objects.filter(extension__isnull=False).count() == 1

    def test_codes_have_no_gaps_and_follow_the_days(self, lived: tuple[Office, Made]) -> None:
        given: dict[str, list[int]] = defaultdict(list)
        for code in Dossier.objects.exclude(code=None).values_list("code", flat=True):
            head, _, number = code.rpartition("-")
            given[head].append(int(number))
        assert len(given) > 20
        assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in given.values())
        assert CodeCounter.objects.count() == len(given)
        for one in Dossier.objects.filter(channel=Dossier.Channel.DESK):
            assert f"-{timezone.localdate(one.created_at):%y%m%d}-" in one.code

    def test_the_register_was_asked_about_everybody_who_is_verified(self, lived: tuple[Office, Made]) -> None:
        office, made = lived
        asked = {inquiry.request_id for inquiry in office.register.inquiries}
        verified = Dossier.objects.filter(identity_check__outcome=IdentityCheck.Outcome.VERIFIED)
        assert verified.count() > 60
        assert set(verified.values_list("identity_check__request_id", flat=True)) <= asked
        assert made.checks == len(asked)


@pytest.mark.parametrize("now", [HOLIDAY, AFTER_LUNCH], ids=str)
def test_every_step_is_one_of_the_table_in_office_hours_and_not_in_the_future(
    office: Office, now: datetime
) -> None:
    office.load(now)

    desk = User.objects.get(login="lan").office
    assert desk is not None
    ways: dict[Any, list[Step]] = defaultdict(list)
    for step in Step.objects.select_related("dossier"):
        ways[step.dossier_id].append(step)
        assert step.at <= now
        assert due_dates.is_open(step.at, calendar_of(desk.pk), hours_of(desk.hours))
    for steps in ways.values():
        was_received = False
        for before, step in pairwise([None, *steps]):
            origin = before.target if before else (0 if step.move == "submit" else None)
            assert step.origin == origin
            assert states.leads_on(states.MOVES[step.move], origin=origin, is_received=was_received)
            assert before is None or before.at <= step.at
            was_received |= step.target == states.RECEIVED
        assert steps[-1].target == steps[-1].dossier.status


@pytest.mark.usefixtures("few_lives")
def test_a_second_loading_adds_nothing_on_whatever_day(office: Office) -> None:
    office.load(WEDNESDAY)
    before = (Dossier.objects.count(), Step.objects.count(), IdentityCheck.objects.count())

    again = office.load(WEDNESDAY + timedelta(days=5))

    assert (Dossier.objects.count(), Step.objects.count(), IdentityCheck.objects.count()) == before
    assert str(again) == "already there, nothing added"


@pytest.mark.usefixtures("few_lives")
def test_a_loading_that_was_interrupted_is_started_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_pressed() -> None:
        if office.register.asked == 5:
            raise KeyboardInterrupt

    office.register.before_answer = is_pressed
    with pytest.raises(KeyboardInterrupt):
        office.load(WEDNESDAY)
    assert not loading.is_there()
    begun = Dossier.objects.count()
    office.register.before_answer = None

    office.load(WEDNESDAY)

    assert 0 < begun < Dossier.objects.count()
    assert loading.is_there()
    keys = list(Dossier.objects.exclude(press_key=None).values_list("press_key", flat=True))
    assert len(keys) == len(set(keys))


@pytest.mark.usefixtures("few_lives")
def test_a_life_that_a_service_refuses_keeps_nobody_from_the_demo(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(**given: Any) -> None:
        raise ValueError("stricter than before")

    monkeypatch.setattr(hand_overs, "accept", refuses)

    made = load(now=WEDNESDAY, dossiers=0, people=office.people, silence=office.silence)

    assert 0 < made.broken < made.lives
    assert "ended early" in str(made)
    assert loading.is_there()


def test_nothing_is_made_up_in_production_or_beside_a_real_register(office: Office, settings: Any) -> None:
    npd = settings.NPD
    settings.NPD = npd | {"NPD_URL": "https://npd.example/c06"}
    with pytest.raises(CannotLoad, match="NPD_URL"):
        office.load(WEDNESDAY)
    settings.NPD, settings.MOTCUA_MODE = npd, "production"
    with pytest.raises(CannotLoad, match="MOTCUA_MODE"):
        office.load(WEDNESDAY)
    with pytest.raises(CannotLoad, match="MOTCUA_MODE"):
        loading.load_from_sandbox(now=WEDNESDAY, dossiers=1)

    assert not Dossier.objects.exists()


def test_without_people_it_says_what_to_run(office: Office) -> None:
    with pytest.raises(CannotLoad, match="npdsandbox seed"):
        load(now=WEDNESDAY, dossiers=0, people=office.people[:10], silence=office.silence)


def test_the_demo_and_the_command_have_the_same_size() -> None:
    assert province.USUAL >= 200
    parser = argparse.ArgumentParser()
    demo.declare(parser)
    assert parser.parse_args([]).dossiers == province.USUAL
