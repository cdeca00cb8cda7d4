"""Lines that hand out tokens: who we say we are, how long a token lives, and what its loss costs. No sleeping."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import Barred, CouldNotAsk, Inquiry, NotPermitted, TouchPoint, Trouble
from motcua.population.gateway import open_gateway
from motcua.population.settings import RegisterSettings
from motcua.population.transports.lgsp import Lgsp, access_token
from motcua.population.transports.lgsp_json import LgspJson
from motcua.population.transports.token import Token, TokenKeeper
from tests.population.stub_register import (
    Behavior,
    Received,
    StubRegister,
    answering,
    dripping,
    golden,
    hanging_up,
    http,
    silent,
)

MATCH = golden("reply-037-match.xml")
MOMENT = 1_795_421_696.0  # 2026-11-23 15:14:56 in Việt Nam
OPERATION = "TraCuuThongTinCongDan"
ASKED_BY = Inquiry(
    "H40-1", "canbo01", "lan", "000.00.00.H00", "VPCP", TouchPoint.RECEPTION, "canbo01:sandbox-pass"
)
THU = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000017"), BirthDate(1985, 3, 7))
TOKEN = b'{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}'


def settings_for(tokens: StubRegister, data: StubRegister, **changes) -> RegisterSettings:
    given = {
        "transport": "lgsp",
        "url": f"http://127.0.0.1:{data.port}/lgsp/{{operation}}",
        "token_url": f"http://127.0.0.1:{tokens.port}/lgsp/token",
        "lgsp_access_key": "sbx-access",
        "lgsp_secret_key": "sbx-secret",
        "lgsp_app_name": "motcua",
        "lgsp_partner_code": "000.00.00.H00",
        "lgsp_partner_code_cus": "000.00.00.H00",
        "lgsp_auth": "sbx-auth",
        "connect_seconds": 2.0,
        "total_seconds": 4.0,
    }
    return RegisterSettings(**(given | changes))


def given(reply: bytes, status: str = "200 OK", **headers: str) -> Behavior:
    return answering(http(reply, status, **({"Content_Type": "application/json"} | headers)))


def numbered(**fields: object) -> Behavior:
    """Give tok-1, tok-2 and so on."""
    count = iter(range(1, 100))

    def behave(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        body = json.dumps({"access_token": f"tok-{next(count)}", "expires_in": 3600} | fields).encode()
        connection.sendall(http(body, Content_Type="application/json"))
        return True

    return behave


def ask(way: Lgsp | LgspJson, *, at: float = MOMENT, inquiry: Inquiry = ASKED_BY):
    return way.post(OPERATION, b"<a/>", inquiry=inquiry, now=lambda: at)


def bearers(stub: StubRegister) -> list[str]:
    return [request.headers["authorization"] for request in stub.received]


# --- who we are


def test_the_header_of_a_platform_equals_the_published_vector():
    with StubRegister(silent) as stub:
        assert access_token(settings_for(stub, stub)) == (
            "eyJBY2Nlc3NLZXkiOiJzYngtYWNjZXNzIiwiU2VjcmV0S2V5Ijoic2J4LXNlY3JldCIsIkFwcE5hbWUiOiJtb3RjdWEiLCJQYXJ0bmVy"
            "Q29kZSI6IjAwMC4wMC4wMC5IMDAiLCJQYXJ0bmVyQ29kZUN1cyI6IjAwMC4wMC4wMC5IMDAifQ=="
        )


def test_a_question_carries_the_token_and_the_officer_s_own_key():
    with StubRegister(given(TOKEN)) as tokens, StubRegister(answering(http(MATCH))) as data:
        reply = ask(Lgsp(settings_for(tokens, data)))
    assert (reply.status, reply.body) == (200, MATCH)
    (call,) = tokens.received
    assert call.line == "POST /lgsp/token HTTP/1.1"
    assert call.body == b"grant_type=client_credentials"
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.headers["accept"] == "application/json"
    assert "authhash" not in call.headers
    (question,) = data.received
    assert question.line == f"POST /lgsp/{OPERATION} HTTP/1.1"
    assert question.headers["authorization"] == "Bearer tok-1"
    assert question.headers["authhash"] == "Y2FuYm8wMTpzYW5kYm94LXBhc3M="
    assert question.headers["lgspaccesstoken"] == call.headers["lgspaccesstoken"]
    assert question.headers["content-type"].startswith("application/xml")


@pytest.mark.parametrize("officer_key", ["", "canbo01", ":sandbox-pass", "canbo01:"])
def test_an_officer_without_a_key_is_refused_before_any_call(officer_key):
    with StubRegister(given(TOKEN)) as tokens, StubRegister(answering(http(MATCH))) as data:
        with pytest.raises(NotPermitted) as caught:
            ask(Lgsp(settings_for(tokens, data)), inquiry=replace(ASKED_BY, officer_key=officer_key))
        assert (tokens.received, data.received) == ([], [])
    assert caught.value.barred is Barred.OFFICER
    assert caught.value.is_unsent
    assert "sandbox-pass" not in str(caught.value)


def test_a_gateway_over_a_platform_names_the_officer_as_the_platform_knows_them():
    with StubRegister(given(TOKEN)) as tokens, StubRegister(answering(http(MATCH))) as data:
        answer = open_gateway(settings_for(tokens, data), now=lambda: MOMENT).ask(THU, ASKED_BY)
    assert answer.line == "lgsp/037"
    assert answer.record is not None
    assert b"MaCanBo>canbo01<" in data.received[0].body


# --- how long a token lives


@pytest.mark.parametrize("style", [Lgsp, LgspJson])
@pytest.mark.parametrize("life", ["1e400", "9" * 400, "-" + "9" * 400, '"' + "9" * 400 + '"'])
def test_a_life_that_no_number_can_hold_is_like_none(style, life):
    body = f'{{"access_token":"tok-1","token":"tok-1","expires_in":{life},"expiryDate":{life}}}'.encode()
    with StubRegister(given(body)) as tokens, StubRegister(answering(http(MATCH))) as data:
        way = style(settings_for(tokens, data))
        assert [ask(way, at=MOMENT + later).status for later in (0, 1, 100)] == [200] * 3
    assert len(tokens.received) == 1


def test_one_token_serves_many_questions():
    with StubRegister(numbered()) as tokens, StubRegister(answering(http(MATCH))) as data:
        way = Lgsp(settings_for(tokens, data))
        for _ in range(3):
            ask(way)
    assert len(tokens.received) == 1
    assert bearers(data) == ["Bearer tok-1"] * 3


@pytest.mark.parametrize(
    ("said", "kept", "over"),
    [
        (3600, 3539, 3541),
        ("3600", 3539, 3541),
        (3600.0, 3539, 3541),
        (20, 9, 11),
        (0, 239, 241),
        (-5, 239, 241),
        (True, 239, 241),
        ("soon", 239, 241),
        (None, 239, 241),
        ([3600], 239, 241),
        (10**9, 86_399, 86_401),
    ],
)
def test_a_token_is_used_until_shortly_before_its_end(said, kept, over):
    with StubRegister(numbered(expires_in=said)) as tokens, StubRegister(answering(http(MATCH))) as data:
        way = Lgsp(settings_for(tokens, data))
        ask(way)
        ask(way, at=MOMENT + kept)
        assert len(tokens.received) == 1
        ask(way, at=MOMENT + over)
    assert len(tokens.received) == 2


@pytest.mark.parametrize(
    ("said", "kept", "over"),
    [
        ("2026-11-23T15:24:56+07:00", 299, 301),
        ("2026-11-23T15:24:56", 299, 301),
        ("2026-11-23 15:24:56", 299, 301),
        ("2026-11-23T08:24:56Z", 299, 301),
        ((MOMENT + 3600) * 1000, 3299, 3301),
        (str(int(MOMENT) + 3600), 3299, 3301),
        ("2026-11-23T15:18:56+07:00", 119, 121),
        ("1999-01-01T00:00:00Z", 149, 151),
        ("tomorrow", 149, 151),
        (None, 149, 151),
        (10**30, 86_399, 86_401),
    ],
)
def test_a_token_with_a_date_is_used_until_five_minutes_before_it(said, kept, over):
    reply = json.dumps({"token": "tok", "refreshToken": "r", "expiryDate": said}).encode()
    with StubRegister(given(reply)) as tokens, StubRegister(given(b"{}")) as data:
        way = LgspJson(
            settings_for(tokens, data, transport="lgsp_json", json_style="dong_thap", service="003")
        )
        ask(way)
        ask(way, at=MOMENT + kept)
        assert len(tokens.received) == 1
        ask(way, at=MOMENT + over)
    assert len(tokens.received) == 2
    assert tokens.received[0].headers["auth"] == "sbx-auth"
    assert tokens.received[0].body == b""
    assert "auth" not in data.received[0].headers
    assert bearers(data) == ["Bearer tok"] * 3


def test_a_token_that_the_gateway_forgot_is_renewed_once_and_the_question_asked_again():
    refusal = answering(http(b"", "401 Unauthorized"))
    with StubRegister(numbered()) as tokens, StubRegister(refusal, answering(http(MATCH))) as data:
        reply = ask(Lgsp(settings_for(tokens, data)))
    assert reply.status == 200
    assert bearers(data) == ["Bearer tok-1", "Bearer tok-2"]


def test_a_new_token_that_is_refused_too_means_that_we_may_not_ask():
    with (
        StubRegister(numbered()) as tokens,
        StubRegister(answering(http(b"", "401 Unauthorized"))) as data,
        pytest.raises(NotPermitted) as caught,
    ):
        open_gateway(settings_for(tokens, data)).ask(THU, ASKED_BY)
    assert caught.value.barred is Barred.CLIENT
    assert (len(tokens.received), len(data.received)) == (2, 2)


def test_a_gateway_that_gives_the_same_refused_token_again_is_not_asked_for_ever():
    with StubRegister(given(TOKEN)) as tokens, StubRegister(answering(http(b"", "401 No"))) as data:
        assert ask(Lgsp(settings_for(tokens, data))).status == 401
    assert (len(tokens.received), len(data.received)) == (2, 2)


# --- no token, no question


@pytest.mark.parametrize(
    ("behavior", "trouble"),
    [
        (silent, Trouble.TIMEOUT),
        (dripping(http(TOKEN)), Trouble.TIMEOUT),
        (hanging_up, Trouble.CONNECTION),
        (given(b"", "503 Busy", Retry_After="7"), Trouble.BUSY),
        (given(b"", "500 Oh"), Trouble.SERVER_ERROR),
        (given(b"", "404 Not Found"), Trouble.CONFIGURATION),
        (given(b'{"error":"unsupported_grant_type"}', "400 Bad"), Trouble.CONFIGURATION),
        (given(b"junk", "400 Bad"), Trouble.CONFIGURATION),
        (given(TOKEN, "302 Found", Location="http://127.0.0.1/"), Trouble.UNREADABLE),
        (given(b""), Trouble.UNREADABLE),
        (given(b"{}"), Trouble.UNREADABLE),
        (given(b"[]"), Trouble.UNREADABLE),
        (given(b'{"access_token":""}'), Trouble.UNREADABLE),
        (given(b'{"access_token":7}'), Trouble.UNREADABLE),
        (given(b'{"access_token":"a b"}'), Trouble.UNREADABLE),
        (given(b'{"access_token":"a\\r\\nX: y"}'), Trouble.UNREADABLE),
        (given(b'{"access_token":"a","access_token":"b"}'), Trouble.UNREADABLE),
        (given(b'{"access_token":"' + b"a" * 9000 + b'"}'), Trouble.UNREADABLE),
        (given(b"<html>sign in</html>", Content_Type="text/html"), Trouble.UNREADABLE),
        (given(b"\xff\xfe{}"), Trouble.ENCODING),
    ],
)
def test_without_a_token_nothing_of_the_question_leaves(behavior, trouble):
    started = time.monotonic()
    with StubRegister(behavior) as tokens, StubRegister(answering(http(MATCH))) as data:
        with pytest.raises(CouldNotAsk) as caught:
            ask(Lgsp(settings_for(tokens, data, total_seconds=1.0, connect_seconds=1.0)))
        assert data.received == []
    assert caught.value.trouble is trouble
    assert caught.value.is_unsent
    assert caught.value.retry_after == (7.0 if trouble is Trouble.BUSY else None)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "behavior",
    [
        given(b"", "401 Unauthorized"),
        given(b"", "403 Forbidden"),
        given(b'{"error":"invalid_client"}', "400 Bad Request"),
    ],
)
def test_a_platform_that_gives_us_no_token_does_not_let_us_ask(behavior):
    with StubRegister(behavior) as tokens, StubRegister(answering(http(MATCH))) as data:
        with pytest.raises(NotPermitted) as caught:
            ask(Lgsp(settings_for(tokens, data, prefix="NPD_STANDBY_")))
        assert data.received == []
    assert caught.value.barred is Barred.CLIENT
    assert "NPD_STANDBY_TOKEN_URL" in caught.value.detail


def test_a_trouble_with_the_second_token_is_not_called_unsent():
    with (
        StubRegister(given(TOKEN), given(b"", "500 Oh")) as tokens,
        StubRegister(answering(http(b"", "401 No"))) as data,
        pytest.raises(CouldNotAsk) as caught,
    ):
        ask(Lgsp(settings_for(tokens, data)))
    assert caught.value.trouble is Trouble.SERVER_ERROR
    assert not caught.value.is_unsent


def test_token_and_question_share_the_time_of_one_question():
    def slow(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        stub.stopping.wait(1.5)
        connection.sendall(http(TOKEN, Content_Type="application/json"))
        return False

    with StubRegister(slow) as tokens, StubRegister(silent) as data:
        started = time.monotonic()
        with pytest.raises(CouldNotAsk) as caught:
            ask(Lgsp(settings_for(tokens, data, total_seconds=3.0)))
        took = time.monotonic() - started
        assert len(data.received) == 1
    assert caught.value.trouble is Trouble.TIMEOUT
    assert not caught.value.is_unsent
    assert took < 4.4  # each for itself would take 4.5


# --- many threads, one token


def test_questions_asked_at_once_fetch_one_token_between_them():
    with StubRegister(numbered()) as tokens, StubRegister(answering(http(MATCH))) as data:
        way = Lgsp(settings_for(tokens, data, total_seconds=5.0))
        with ThreadPoolExecutor(16) as threads:
            replies = list(threads.map(lambda _: ask(way).status, range(32)))
    assert replies == [200] * 32
    assert len(tokens.received) == 1


class Scripted:
    """A fetch that waits for the test: `began` says that it runs, `go` lets it end as `outcome` says."""

    def __init__(self, *outcomes: Token | Exception) -> None:
        self.began, self.go, self.calls = threading.Event(), threading.Event(), 0
        self.outcomes = list(outcomes)

    def __call__(self, deadline, now) -> Token:
        self.calls += 1
        outcome = self.outcomes.pop(0)
        self.began.set()
        assert self.go.wait(10)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def waiting_with(fetch: Scripted, *, threads: int = 4) -> list[object]:
    """Let one thread fetch while others wait for it; return what each got."""
    keeper = TokenKeeper(fetch)

    def get() -> object:
        try:
            return keeper.get(deadline=time.monotonic() + 10, now=lambda: MOMENT)
        except (CouldNotAsk, NotPermitted) as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        first = pool.submit(get)
        assert fetch.began.wait(10)
        others = [pool.submit(get) for _ in range(threads - 1)]
        fetch.go.set()
        return [future.result(10) for future in (first, *others)]


def test_a_failed_fetch_fails_all_who_waited_for_it_each_with_an_error_of_their_own():
    fetch = Scripted(*[CouldNotAsk(Trouble.BUSY, retry_after=7.0) for _ in range(4)])
    errors = waiting_with(fetch)
    assert all(isinstance(error, CouldNotAsk) and error.trouble is Trouble.BUSY for error in errors)
    assert len({id(error) for error in errors}) == 4
    assert {error.retry_after for error in errors if isinstance(error, CouldNotAsk)} == {7.0}


def test_who_has_time_left_when_another_thread_s_time_was_over_fetches_again():
    fetch = Scripted(CouldNotAsk(Trouble.TIMEOUT), Token("tok", MOMENT + 60), Token("tok", MOMENT + 60))
    first, *others = waiting_with(fetch)
    assert isinstance(first, CouldNotAsk)
    assert others == ["tok"] * 3
    assert fetch.calls == 2


def test_who_waits_for_another_thread_s_token_waits_only_for_their_own_time():
    fetch = Scripted(Token("tok", MOMENT + 60))
    keeper = TokenKeeper(fetch)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keeper.get, deadline=time.monotonic() + 10, now=lambda: MOMENT)
        assert fetch.began.wait(10)
        with pytest.raises(CouldNotAsk) as caught:
            keeper.get(deadline=time.monotonic(), now=lambda: MOMENT)
        fetch.go.set()
        assert first.result(10) == "tok"
    assert caught.value.trouble is Trouble.TIMEOUT


# --- an adapter without a token


def test_an_adapter_without_an_address_for_tokens_is_asked_without_one():
    with StubRegister(silent) as tokens, StubRegister(given(b"{}")) as data:
        ask(LgspJson(settings_for(tokens, data, transport="lgsp_json", token_url="")))
    assert tokens.received == []
    assert "authorization" not in data.received[0].headers
    assert data.received[0].headers["content-type"].startswith("application/json")


def test_secrets_stay_out_of_reprs_and_logs(caplog):
    caplog.set_level("DEBUG")
    with StubRegister(given(TOKEN)) as tokens, StubRegister(given(b"", "500 Oh")) as data:
        settings = settings_for(tokens, data)
        with pytest.raises(CouldNotAsk):
            open_gateway(settings).ask(THU, ASKED_BY)
    shown = caplog.text + repr(settings) + repr(ASKED_BY) + repr(Token("tok-1", 0))
    for secret in ("sbx-secret", "sandbox-pass", "tok-1", base64.b64encode(b"canbo01:sandbox-pass").decode()):
        assert not re.search(re.escape(secret), shown)
