"""A wave of guesses over many addresses and numbers: it is noticed, told, and slowed down; nobody else is hurt."""

from __future__ import annotations

import json
import unicodedata
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.identity.register import TouchPoint
from motcua.sealing import unseal
from motcua.verification import challenge, wave
from motcua.verification.models import IdentityCheck, SpentChallenge, Wave
from motcua.verification.service import Asker, ChallengeNeeded, Press, Purpose, check_identity, fetch_citizen
from tests.accounts.test_registration import typed
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("đăng ký tài khoản")


def ask(place: int, *, now: datetime = NOW, press: Press | None = None) -> IdentityCheck:
    claim = IdentityClaim("Nguyễn Văn Bê", IdNumber(f"9992980{place:05d}"), cast.an.birth_date)
    asker = Asker(None, address=f"10.{place // 250}.{place % 250}.1")
    return check_identity(
        claim=claim,
        asker=asker,
        touch_point=TouchPoint.REGISTRATION,
        purpose=WHY,
        now=now,
        press=press or Press(),
    )


def answered(asked: challenge.Challenge) -> str:
    """Return the right answer, as somebody finds it who reads."""
    numbers = {challenge.in_words(number): number for number in range(10, 100)}
    read = [numbers[words] for words in asked.text.split(": ")[1].rstrip("?").split(", ")]
    if "lớn nhất" in asked.text:
        return str(max(read))
    return str(min(read) if "nhỏ nhất" in asked.text else read[1])


def wave_of(many: int, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "WAVE_TRIES_5_MINUTES": many, "WAVE_PERCENT": 30}
    for place in range(many):
        ask(place, now=NOW + timedelta(seconds=place))


def test_a_thousand_addresses_with_a_thousand_numbers_are_noticed_and_stopped_by_a_question(
    register, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "WAVE_TRIES_5_MINUTES": 30}
    refused = 0

    for place in range(1000):
        try:
            ask(place, now=NOW + timedelta(seconds=place / 10))
        except ChallengeNeeded:
            refused += 1

    assert (register.asked, refused) == (30, 970)
    alarm = AuditEvent.objects.get(name="limit.alarm")
    assert alarm.details == {"scope": "portal", "rate": 100}


def test_an_ordinary_day_with_some_wrong_answers_is_no_wave(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "WAVE_TRIES_5_MINUTES": 5}
    for place in range(20):
        now = NOW + timedelta(seconds=place)
        if place % 4 == 0:
            assert ask(place, now=now).is_rejected
            continue
        right = check_identity(
            claim=cast.an.claim,
            asker=Asker(None, address=f"192.0.2.{place}"),
            touch_point=TouchPoint.REGISTRATION,
            purpose=WHY,
            now=now,
        )
        assert right.is_verified

    assert not Wave.objects.exists()


def test_the_desks_go_on_as_ever_during_a_wave(register, officer, settings) -> None:
    wave_of(6, settings)
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23")

    answer = fetch_citizen(claim=cast.an.claim, asker=asker, purpose=WHY, now=NOW + timedelta(seconds=10))

    assert answer.check.is_verified


def test_whoever_answers_the_question_is_checked_as_ever(register, settings) -> None:
    wave_of(6, settings)
    asked = challenge.ask(now=NOW + timedelta(seconds=10))
    press = Press(None, asked.token, answered(asked))

    assert ask(50, now=NOW + timedelta(seconds=15), press=press).is_rejected


def test_a_button_pressed_twice_in_a_wave_gets_its_one_answer_though_the_question_is_spent(
    register, settings
) -> None:
    wave_of(6, settings)
    asked = challenge.ask(now=NOW)
    press = Press(uuid.uuid4(), asked.token, answered(asked))

    first = ask(50, now=NOW + timedelta(seconds=10), press=press)
    before = register.asked
    again = ask(50, now=NOW + timedelta(seconds=11), press=press)

    assert (again.pk, register.asked) == (first.pk, before)
    assert not AuditEvent.objects.filter(name="challenge.failed").exists()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "typed",
    [
        lambda words: unicodedata.normalize("NFD", words),
        lambda words: words.upper() + ".",
        lambda words: words.replace("-", " "),
        lambda words: f"  {words}  ",
    ],
    ids=["marks apart", "capitals and a stop", "no hyphen", "blanks"],
)
def test_the_right_answer_in_words_counts_however_it_was_typed(
    register, language: str, typed: Callable[[str], str]
) -> None:
    with translation.override(language):
        for _ in range(20):
            asked = challenge.ask(now=NOW)
            sealed = unseal("challenge", urlsafe_b64decode(asked.token))
            words = challenge.in_words(json.loads(sealed)["answer"])
            assert challenge.is_passed(
                token=asked.token, answer=typed(words), now=NOW + timedelta(seconds=5)
            ), words


@pytest.mark.parametrize("how", ["wrong", "too soon", "too late", "twice", "forged", "empty"])
def test_an_answer_that_is_wrong_early_late_used_or_forged_opens_nothing(
    register, settings, how: str
) -> None:
    wave_of(6, settings)
    asked = challenge.ask(now=NOW)
    token, answer, after = asked.token, answered(asked), timedelta(seconds=10)
    match how:
        case "wrong":
            answer = "7"
        case "too soon":
            after = timedelta(seconds=1)
        case "too late":
            Wave.objects.update(until=NOW + timedelta(hours=2))
            after = timedelta(minutes=31)
        case "twice":
            ask(60, now=NOW + after, press=Press(None, token, answer))
        case "forged":
            token = token[:-8] + "AAAAAAA="
        case "empty":
            token = answer = ""
    before = register.asked

    with pytest.raises(ChallengeNeeded) as needed:
        ask(61, now=NOW + after, press=Press(None, token, answer))

    assert register.asked == before
    assert needed.value.is_wrong == bool(answer)
    assert AuditEvent.objects.filter(name="challenge.failed").exists() == bool(answer)


@pytest.mark.parametrize("token", ["", "abc", "ж", "AAAA" * 20])
def test_a_token_that_is_none_opens_nothing(db: None, token: str) -> None:
    assert not challenge.is_passed(token=token, answer="42", now=NOW)


def test_a_wave_ends_by_itself_and_what_was_spent_is_forgotten(register, settings) -> None:
    wave_of(6, settings)
    asked = challenge.ask(now=NOW)
    ask(60, now=NOW + timedelta(seconds=10), press=Press(None, asked.token, answered(asked)))

    later = NOW + timedelta(hours=1)
    assert not wave.is_on(now=later)
    assert ask(70, now=later).is_rejected
    second = challenge.ask(now=later)
    assert challenge.is_passed(token=second.token, answer=answered(second), now=later + timedelta(seconds=5))
    assert SpentChallenge.objects.count() == 1


def test_an_answer_in_words_is_as_good_as_one_in_digits() -> None:
    assert [challenge.in_words(number) for number in (10, 15, 21, 24, 35, 40, 99)] == [
        *("mười", "mười lăm", "hai mươi mốt", "hai mươi bốn"),
        *("ba mươi lăm", "bốn mươi", "chín mươi chín"),
    ]
    with translation.override("en"):
        assert [challenge.in_words(number) for number in (11, 19, 20, 21, 99)] == [
            *("eleven", "nineteen", "twenty", "twenty-one", "ninety-nine"),
        ]
    for _ in range(30):  # of each of the three questions
        asked = challenge.ask(now=NOW)
        sealed = unseal("challenge", urlsafe_b64decode(asked.token))
        assert json.loads(sealed)["answer"] == int(answered(asked)), asked.text
    words = challenge.in_words(int(answered(asked)))
    assert challenge.is_passed(token=asked.token, answer=f" {words.upper()} ", now=NOW + timedelta(seconds=9))


def test_the_page_of_registration_asks_the_question_and_loses_nothing_typed(
    client: Client, register, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "WAVE_TRIES_5_MINUTES": 1}
    with time_machine.travel(NOW, tick=False):
        client.post("/dang-ky/", typed(cast.hanh))
        plain = client.post("/dang-ky/", typed(cast.cuc)).content.decode()

    assert "Vui lòng trả lời một câu hỏi" in plain
    assert 'name="challenge_answer"' in plain
    assert f'value="{cast.cuc.number}"' in plain
    assert register.asked == 1


def test_whoever_never_met_a_wave_sees_no_question(client: Client, register) -> None:
    assert "challenge_answer" not in client.get("/dang-ky/").content.decode()


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="only SQLite chooses an index by the words of a statement"
)
def test_the_look_for_a_wave_reads_the_portals_index_and_not_the_table(register) -> None:
    ask(1)
    with CaptureQueriesContext(connection) as queries:
        wave.notice(now=NOW)
    (statement,) = [query["sql"] for query in queries if "COUNT" in query["sql"]]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        plan = " ".join(str(row) for row in cursor.fetchall())

    assert "USING COVERING INDEX check_portal" in plan or "USING INDEX check_portal" in plan
