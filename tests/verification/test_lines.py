"""Two lines to the register: which one a question takes, and that it is asked once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import Answer, CouldNotAsk, Inquiry, MessageIds, TouchPoint, Trouble
from motcua.identity.verification import Rejected
from motcua.verification import line, probing, registers
from motcua.verification.models import IdentityCheck, Route
from motcua.verification.registers import use_register
from motcua.verification.service import (
    Asker,
    Light,
    Mode,
    NoSuchLine,
    Purpose,
    check_identity,
    line_status,
    lines,
    ping,
    use_line,
)
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
UNSENT = CouldNotAsk(Trouble.CONNECTION, detail="for a test", is_unsent=True)
LOST = CouldNotAsk(Trouble.TIMEOUT, detail="for a test")


class Line:
    """One line's register: answers "nobody", or fails as told; remembers what it was asked."""

    def __init__(self) -> None:
        self.trouble: CouldNotAsk | None = None
        self.inquiries: list[Inquiry] = []
        self.meanwhile: Callable[[], object] | None = None

    @property
    def asked(self) -> int:
        return len(self.inquiries)

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        self.inquiries.append(inquiry)
        if self.meanwhile:
            self.meanwhile()
        if self.trouble:
            raise self.trouble
        return Answer(None, False, MessageIds(inquiry.request_id), "test")


class Pair:
    """Both lines, and the probes that were due over each."""

    def __init__(self) -> None:
        self.primary, self.standby = Line(), Line()
        self.probed: list[str] = []


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    both = Pair()
    monkeypatch.setattr(probing, "start_probe", lambda route: both.probed.append(route.value))
    with use_register(both.primary, standby=both.standby):
        yield both


def ask(after: float = 0.0) -> IdentityCheck:
    return check_identity(
        claim=cast.hanh.claim,
        asker=Asker(None, address=f"192.0.2.{uuid.uuid4().int % 200}"),
        touch_point=TouchPoint.REGISTRATION,
        purpose=Purpose("đăng ký tài khoản"),
        now=NOW + timedelta(seconds=after),
    )


@pytest.fixture(autouse=True)
def _wide_limits(settings) -> None:
    settings.LIMITS = dict.fromkeys(settings.LIMITS, 1000)


def choose(mode: Mode) -> None:
    use_line(mode=mode, by=None, operator="test", now=NOW)


def shut(name: str, pair: Pair) -> None:
    """Let one line fail until nobody is asked over it."""
    for second in range(5):
        line.record_failure(Route(name), NOW.timestamp() - 5 + second, None)


def test_a_question_takes_the_primary_line_and_says_so(pair) -> None:
    assert ask().route == "primary"
    assert (pair.primary.asked, pair.standby.asked) == (1, 0)


def test_while_the_primary_is_shut_the_stand_by_is_asked_and_a_good_probe_brings_the_primary_back(
    pair, caplog
) -> None:
    shut("primary", pair)

    check = ask()

    assert (check.outcome, check.route) == ("rejected", "standby")
    assert (pair.primary.asked, pair.standby.asked) == (0, 1)
    ask(20)
    assert pair.probed == ["primary"]
    assert isinstance(ping(now=NOW + timedelta(seconds=21), route=Route.PRIMARY)[1], Rejected)
    assert ask(22).route == "primary"
    assert [text for text in caplog.messages if text.startswith("npd.line")] == [
        "npd.line_shut route=primary",
        "npd.line_open route=primary",
    ]


def test_of_two_lines_of_which_nothing_is_heard_each_is_probed_in_its_time(pair, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 60.0}
    for after in (0, 1, 60, 61):
        line_status(now=NOW + timedelta(seconds=after))

    assert pair.probed == ["primary", "standby"] * 2


def test_a_register_that_asks_to_be_left_alone_is_left_alone_and_the_stand_by_asked(pair) -> None:
    pair.primary.trouble = CouldNotAsk(Trouble.BUSY, detail="", retry_after=30.0)
    ask()

    assert ask(1).route == "standby"
    pair.primary.trouble = None
    assert ask(32).route == "primary"


def test_a_question_of_which_nothing_left_goes_over_the_other_line_at_once_as_one_check(pair) -> None:
    pair.primary.trouble = UNSENT

    check = ask()

    assert (check.outcome, check.route) == ("rejected", "standby")
    assert IdentityCheck.objects.get().route == "standby"
    assert {inquiry.request_id for inquiry in pair.primary.inquiries + pair.standby.inquiries} == {
        check.request_id
    }


def test_a_question_that_may_have_arrived_is_never_asked_again(pair) -> None:
    pair.primary.trouble = LOST

    check = ask()

    assert (check.outcome, check.reason, check.route) == ("unanswered", "timeout", "primary")
    assert pair.standby.asked == 0


def test_the_second_line_gets_only_the_time_that_is_left(pair, settings) -> None:
    pair.primary.trouble = UNSENT

    ask()

    whole, rest = pair.primary.inquiries[0].seconds, pair.standby.inquiries[0].seconds
    assert rest < whole < settings.NPD["NPD_TOTAL_SECONDS"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_line_whose_files_are_gone_lets_the_question_take_the_other(
    pair, settings, tmp_path, monkeypatch, is_there
) -> None:
    bad = tmp_path / "no-certificate.pem"
    if is_there:
        bad.write_text("nothing", encoding="ascii")
    settings.NPD = {**settings.NPD, "NPD_URL": "https://npd.example/", "NPD_CA": str(bad)}
    monkeypatch.setitem(registers._in_place, Route.PRIMARY, None)
    registers._configured.cache_clear()

    check = ask()

    assert (check.outcome, check.route) == ("rejected", "standby")


def test_without_time_left_the_second_line_is_not_asked(pair, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_TOTAL_SECONDS": 0.4}
    pair.primary.trouble = UNSENT

    assert ask().outcome == "unanswered"
    assert pair.standby.asked == 0


def test_when_both_lines_are_shut_nobody_waits_and_both_are_probed(pair) -> None:
    shut("primary", pair)
    shut("standby", pair)

    check = ask(10)

    assert (check.reason, check.route) == ("breaker_open", "")
    assert pair.probed == ["primary", "standby"]
    assert pair.primary.asked + pair.standby.asked == 0


def test_the_hand_is_honored_even_when_the_chosen_line_is_down(pair) -> None:
    choose(Mode.STANDBY)
    assert ask().route == "standby"

    shut("standby", pair)
    assert ask().reason == "breaker_open"
    assert pair.primary.asked == 0
    assert not line_status(now=NOW).is_open

    choose(Mode.AUTO)
    assert ask().route == "primary"


def test_by_hand_even_an_unsent_question_stays_on_the_chosen_line(pair) -> None:
    choose(Mode.PRIMARY)
    pair.primary.trouble = UNSENT

    assert ask().outcome == "unanswered"
    assert pair.standby.asked == 0


def test_a_switch_changes_nothing_for_the_question_under_way(pair) -> None:
    pair.primary.meanwhile = lambda: choose(Mode.STANDBY)

    check = ask()

    assert (check.outcome, check.route) == ("rejected", "primary")
    assert pair.standby.asked == 0
    assert ask().route == "standby"


def test_the_choice_is_recorded_with_who_and_when(pair, administrator) -> None:
    choice = use_line(mode=Mode.STANDBY, by=administrator, now=NOW)

    assert (choice.mode, choice.chosen_by, choice.chosen_at) == ("standby", "quantri", NOW)
    event = AuditEvent.objects.get(name="npd.line_chosen")
    assert (event.actor, event.details) == (administrator, {"before": "auto", "after": "standby"})


def test_a_stand_by_that_is_not_set_up_cannot_be_chosen(register) -> None:
    with pytest.raises(NoSuchLine):
        choose(Mode.STANDBY)


def test_a_chosen_stand_by_that_was_taken_away_does_not_stop_the_questions(register, pair) -> None:
    choose(Mode.STANDBY)

    with use_register(register):
        assert ask().route == "primary"


def test_the_light_is_that_of_the_line_which_questions_take(pair) -> None:
    assert line_status(now=NOW).light is Light.UNKNOWN
    ask()
    assert line_status(now=NOW).light is Light.FINE

    shut("primary", pair)
    assert line_status(now=NOW).light is Light.UNKNOWN
    ask()
    assert line_status(now=NOW).light is Light.FINE
    assert [facts.status.light for facts in lines(now=NOW)] == [Light.DOWN, Light.FINE]
    assert [facts.is_taken for facts in lines(now=NOW)] == [False, True]


def test_an_idle_stand_by_is_probed_so_that_its_health_is_known(pair, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 60}

    ask()
    assert pair.probed == ["standby"]
    ask(30)
    ask(59)
    assert pair.probed == ["standby"]
    ask(61)
    assert pair.probed == ["standby", "standby"]


def test_both_lines_and_the_choice_are_read_in_one_query(pair) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        line_status(now=NOW)
    assert len(queries) == 1


def test_a_check_over_two_lines_costs_no_more_queries_than_over_one(pair, register) -> None:
    def count() -> int:
        ask()
        with CaptureQueriesContext(connection) as queries:
            ask(0.5)
        return len(queries)

    over_two = count()
    with use_register(register):
        assert over_two == count()


@pytest.mark.django_db(transaction=True)
def test_switching_to_and_fro_under_load_neither_loses_nor_doubles_a_question(pair) -> None:
    """Twenty ask while an operator switches: every question leaves on exactly one line, the one on its record."""
    start = threading.Barrier(21)
    checks: list[IdentityCheck] = []

    def one() -> None:
        try:
            start.wait(10)
            checks.append(ask())
        finally:
            connection.close()

    def switch() -> None:
        try:
            start.wait(10)
            for _ in range(5):
                choose(Mode.STANDBY)
                choose(Mode.PRIMARY)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(20)] + [threading.Thread(target=switch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(checks) == 20
    assert {check.outcome for check in checks} == {"rejected"}
    for route, asked in (("primary", pair.primary), ("standby", pair.standby)):
        assert sorted(inquiry.request_id for inquiry in asked.inquiries) == sorted(
            check.request_id for check in checks if check.route == route
        )
