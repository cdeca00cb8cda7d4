"""The ways in, over real sockets: who we say we are, and what a bad line costs. Time is kept."""

import base64
import gzip
import socket
import threading
import time

import pytest

from motcua.identity.register import CouldNotAsk, Inquiry, TouchPoint, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.transports.c06 import C06, Credentials, signed_headers
from motcua.population.transports.xroad import XRoad
from tests.population.stub_register import (
    Received,
    StubRegister,
    answering,
    dripping,
    golden,
    hanging_up,
    http,
    resetting,
    silent,
)
from tests.product_process import eventually

MATCH = golden("reply-037-match.xml")
CREDENTIALS = Credentials("sandbox_hp", "sandbox-secret-1")
OPERATION = "TraCuuThongTinCongDan"
MOMENT = 1795421696.0
ASKED_BY = Inquiry("H40-1", "canbo01", "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION)


def settings_for(address: str, **changes) -> RegisterSettings:
    given = {
        "transport": "c06",
        "url": address,
        "hash_uri": "/sandbox/csdldc/{operation}",
        "username": "sandbox_hp",
        "secret": "sandbox-secret-1",
        "xroad_client": "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "api_key": "sbx-key-1",
        "connect_seconds": 0.4,
        "total_seconds": 0.5,
    }
    return RegisterSettings(**(given | changes))


def post(stub: StubRegister, **changes):
    return C06(settings_for(stub.url, **changes)).post(
        OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT
    )


def trouble_of(stub: StubRegister, **changes) -> CouldNotAsk:
    started = time.monotonic()
    with pytest.raises(CouldNotAsk) as caught:
        post(stub, **changes)
    assert time.monotonic() - started < 5  # far above 0.5 s, far below a drip's end
    return caught.value


def test_a_reply_that_says_it_is_a_sandbox_s_is_refused_where_the_settings_say_so():
    marked = http(MATCH, X_NPD_Sandbox="sandbox")
    with StubRegister(answering(marked)) as stub:
        assert post(stub).body == MATCH
        refused = trouble_of(stub, refuse_sandbox=True)
    assert refused.trouble is Trouble.CONFIGURATION
    assert "NPD_URL" in refused.detail
    assert not refused.is_unsent
    with StubRegister(answering(http(MATCH))) as stub:
        assert post(stub, refuse_sandbox=True).body == MATCH


# --- who we are


def test_the_hash_equals_the_published_vector():
    headers = signed_headers(settings_for("http://127.0.0.1/"), CREDENTIALS, OPERATION, MOMENT)
    assert headers["Timestamp"] == "1795421696000"
    assert headers["Authorization"] == (
        "Basic c2FuZGJveF9ocDoyNTlmODdlYWRmZTI2MjJjYzgwMTU5MDdiODM5MzVmODg2M2I1MTA5ZDViMzA2NWI3MjA2ZjBjYzFkYzIzYmNi"
    )


def test_seconds_are_sent_and_hashed_where_they_are_set():
    headers = signed_headers(
        settings_for("http://127.0.0.1/", timestamp_unit="s"), CREDENTIALS, OPERATION, MOMENT
    )
    assert headers["Timestamp"] == "1795421696"
    credentials = base64.b64decode(headers["Authorization"].removeprefix("Basic "))
    assert credentials.startswith(b"sandbox_hp:")
    assert len(credentials) == len("sandbox_hp:") + 64


def test_a_question_goes_to_the_path_of_its_operation_with_our_headers():
    with StubRegister(answering(http(MATCH))) as stub:
        reply = post(stub)
    (request,) = stub.received
    assert request.line == f"POST /c06/{OPERATION} HTTP/1.1"
    assert request.headers["content-type"].startswith("application/xml")
    assert request.headers["soapaction"] == '""'
    assert request.headers["accept-encoding"] == "identity"
    assert "x-road-client" not in request.headers
    assert (reply.status, reply.body) == (200, MATCH)


def test_an_address_without_a_place_for_the_operation_is_taken_literally():
    with StubRegister(answering(http(MATCH))) as stub:
        post(stub, url=f"http://127.0.0.1:{stub.port}/adapter/npd?v=1")
    assert stub.received[0].line == "POST /adapter/npd?v=1 HTTP/1.1"


def test_questions_share_one_kept_connection():
    with StubRegister(answering(http(MATCH))) as stub:
        transport = C06(settings_for(stub.url))
        for _ in range(3):
            transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    assert (len(stub.received), stub.connections) == (3, 1)


# --- X-Road


def echoing(**changes: str):
    def behave(connection, request: Received, stub) -> bool:
        headers = {
            "X-Road-Id": request.headers["x-road-id"],
            "X-Road-Client": request.headers["x-road-client"],
            "X-Road-Request-Id": "f92591a3-6bf0-49b1-987b-0dd78c034cc3",
            "X-Road-Request-Hash": "14sEri8SmLNy/DJyTob0ZddA==",
        }
        connection.sendall(http(MATCH, **(headers | changes)))
        return True

    return behave


def post_by_x_road(stub: StubRegister):
    return XRoad(settings_for(stub.url, transport="xroad")).post(
        OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT
    )


def test_x_road_is_told_who_asks_and_each_question_has_an_id_of_its_own():
    with StubRegister(echoing()) as stub:
        ids = [dict(post_by_x_road(stub).ids) for _ in range(2)]
    first, second = (request.headers for request in stub.received)
    assert first["x-road-client"] == "SANDBOX/GOV/HAIPHONG/MOTCUA"
    assert first["apikey"] == "sbx-key-1"
    assert first["authorization"].startswith("Basic ")
    assert first["x-road-id"] != second["x-road-id"]
    assert ids[0]["X-Road-Id"] == first["x-road-id"]
    assert ids[0]["X-Road-Request-Id"] == "f92591a3-6bf0-49b1-987b-0dd78c034cc3"
    assert ids[0]["X-Road-Request-Hash"] == "14sEri8SmLNy/DJyTob0ZddA=="


@pytest.mark.parametrize(
    "wrong",
    [{"X-Road-Id": "6a54fbd6-0000-4000-8000-000000000000"}, {"X-Road-Client": "SANDBOX/GOV/OTHER/MOTCUA"}],
    ids=["id", "client"],
)
def test_an_answer_to_somebody_else_s_question_is_refused(wrong):
    with StubRegister(echoing(**wrong)) as stub, pytest.raises(CouldNotAsk) as caught:
        post_by_x_road(stub)
    assert caught.value.trouble is Trouble.OTHER_PERSON


@pytest.mark.parametrize("behavior", [silent, resetting, answering(http(b"x" * 1_100_000))])
def test_a_question_of_which_no_answer_came_is_known_by_its_id(behavior):
    with StubRegister(behavior) as stub, pytest.raises(CouldNotAsk) as caught:
        post_by_x_road(stub)
    assert caught.value.messages.register_ids == (("X-Road-Id", stub.received[0].headers["x-road-id"]),)


def test_a_question_that_never_left_is_known_by_no_id():
    with StubRegister(echoing()) as stub:
        url = stub.url
    with pytest.raises(CouldNotAsk) as caught:
        XRoad(settings_for(url, transport="xroad")).post(
            OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT
        )
    assert caught.value.messages is None or not caught.value.messages.register_ids


# --- a bad line


@pytest.mark.parametrize(
    "behavior",
    [
        silent,
        dripping(http(MATCH)),
        dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 100),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, pause=0.02),
        dripping(http(MATCH, Content_Length="100000", Content_Type="text/xml")[:200] + MATCH),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 200, pause=0.01),
    ],
    ids=["silence", "all drips", "headers drip", "continues drip", "body drips", "chunks drip"],
)
def test_the_total_time_is_kept_whatever_the_other_side_does(behavior):
    with StubRegister(behavior) as stub:
        error = trouble_of(stub)
    assert error.trouble is Trouble.TIMEOUT
    assert len(stub.received) == 1


@pytest.mark.parametrize(
    "behavior",
    [
        resetting,
        answering(b"", keep=False),
        answering(http(MATCH)[:60], keep=False),
        answering(http(MATCH)[:-50], keep=False),
    ],
    ids=["reset", "closed", "closed in the headers", "closed in the body"],
)
def test_a_connection_lost_after_the_question_left_is_not_asked_twice(behavior):
    with StubRegister(behavior) as stub:
        error = trouble_of(stub)
    assert error.trouble in (Trouble.CONNECTION, Trouble.UNREADABLE)
    assert len(stub.received) == 1


def test_a_refused_connection_is_tried_once_more_and_then_given_up():
    with StubRegister(answering(http(MATCH))) as stub:
        url = stub.url
    started = time.monotonic()
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings_for(url)).post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    assert caught.value.trouble is Trouble.CONNECTION
    assert caught.value.is_unsent
    assert time.monotonic() - started < 5


def test_a_fresh_timestamp_goes_with_a_second_attempt():
    moments = iter([MOMENT, MOMENT + 1, MOMENT + 2])
    with StubRegister(answering(http(MATCH))) as stub:
        url = stub.url
    with pytest.raises(CouldNotAsk):
        C06(settings_for(url)).post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: next(moments))
    assert list(moments) == [MOMENT + 2]


def test_a_kept_connection_that_the_other_side_closed_is_replaced_unseen():
    with StubRegister(answering(http(MATCH), keep=False), answering(http(MATCH))) as stub:
        transport = C06(settings_for(stub.url))
        for _ in range(2):
            assert transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT).status == 200
            eventually(lambda: stub.closed or len(stub.received) == 2, "the stub to close")
    assert (len(stub.received), stub.connections) == (2, 2)


@pytest.mark.parametrize("behavior", [resetting, hanging_up])
def test_a_question_lost_on_a_kept_connection_may_have_been_read_and_is_not_asked_again(behavior):
    with StubRegister(answering(http(MATCH)), behavior) as stub:
        transport = C06(settings_for(stub.url))
        transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
        with pytest.raises(CouldNotAsk) as caught:
            transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    assert caught.value.trouble is Trouble.CONNECTION
    assert not caught.value.is_unsent
    assert not caught.value.is_unsent
    assert len(stub.received) == 2


def test_a_connection_that_idled_for_long_is_not_trusted_again(monkeypatch):
    monkeypatch.setattr("motcua.population.transports.timed._LONGEST_IDLE", 0.0)
    with StubRegister(answering(http(MATCH))) as stub:
        transport = C06(settings_for(stub.url))
        for _ in range(2):
            transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    assert (len(stub.received), stub.connections) == (2, 2)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(status):
    with StubRegister(answering(http(MATCH))) as other:
        elsewhere = f"http://127.0.0.1:{other.port}/"
        with StubRegister(answering(http(b"", status, Location=elsewhere))) as stub:
            assert post(stub).status == int(status[:3])
    assert other.received == []


def test_more_than_a_megabyte_is_refused():
    with StubRegister(answering(http(b"x" * 1_100_000))) as stub:
        assert trouble_of(stub, total_seconds=4.0).trouble is Trouble.OVERSIZED


def test_a_packed_bomb_is_refused_unopened():
    bomb = gzip.compress(b"\0" * 20_000_000)
    with StubRegister(answering(http(bomb, Content_Encoding="gzip"))) as stub:
        assert trouble_of(stub, total_seconds=4.0).trouble is Trouble.UNREADABLE


@pytest.mark.parametrize(
    "junk",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + MATCH,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + MATCH,
    ],
    ids=[
        "another protocol",
        "too many headers",
        "too long a header",
        "a negative chunk",
        "a chunk without end",
    ],
)
def test_what_is_not_http_is_unreadable(junk):
    with StubRegister(answering(junk, keep=False)) as stub:
        assert trouble_of(stub).trouble is Trouble.UNREADABLE


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_what_announces_a_reply_is_not_taken_for_it(status):
    announced = f"HTTP/1.1 {status}\r\nLink: </a.css>\r\n\r\n".encode() * 2
    with StubRegister(answering(announced + http(MATCH))) as stub:
        assert (post(stub).status, post(stub).body) == (200, MATCH)


@pytest.mark.parametrize(
    "status", ["101 Switching Protocols", "204 No Content", "304 Not Modified", "503 Busy"]
)
def test_an_answer_that_comes_after_an_error_is_not_the_next_question_s(status):
    def late(connection, request, stub):
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        stub.stopping.wait(0.2)
        return answering(http(golden("reply-037-nobody.xml")))(connection, request, stub)

    with StubRegister(late, answering(http(MATCH))) as stub:
        transport = C06(settings_for(stub.url))
        first, second = (
            transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT) for _ in range(2)
        )
    assert (first.status, second.body) == (int(status[:3]), MATCH)


def test_an_address_that_swallows_everything_leaves_time_for_the_next(monkeypatch):
    real, full = socket.getaddrinfo, socket.create_server(("127.0.0.1", 0), backlog=0)
    filling = [socket.socket() for _ in range(3)]
    for one in filling:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    with StubRegister(answering(http(MATCH))) as stub:

        def both(host, *rest, **named):
            if host != "npd.invalid":
                return real(host, *rest, **named)
            if named.get("flags"):
                raise socket.gaierror(socket.EAI_NONAME, "no number")
            ports = (full.getsockname()[1], stub.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        started = time.monotonic()
        reply = post(stub, url="http://npd.invalid/", connect_seconds=1.0, total_seconds=4.0)
    assert reply.body == MATCH
    assert time.monotonic() - started < 0.95
    for one in (*filling, full):
        one.close()


def test_a_host_name_without_an_address_is_a_connection_trouble(monkeypatch):
    real = socket.getaddrinfo

    def unknown(host, *rest, **named):
        if host == "npd.invalid" and not named.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings_for("http://npd.invalid/")).post(
            OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT
        )
    assert caught.value.trouble is Trouble.CONNECTION
    assert caught.value.is_unsent


def test_a_name_server_that_never_answers_does_not_hold_the_question(monkeypatch):
    real, release = socket.getaddrinfo, threading.Event()

    def stuck(host, *rest, **named):
        if host == "npd.invalid" and not named.get("flags"):
            release.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    started = time.monotonic()
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings_for("http://npd.invalid/")).post(
            OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT
        )
    release.set()
    assert caught.value.trouble is Trouble.TIMEOUT
    assert caught.value.is_unsent
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "behavior",
    [
        silent,
        resetting,
        hanging_up,
        dripping(http(MATCH)),
        answering(http(b"x" * 1_100_000)),
        answering(b"SSH-2.0-OpenSSH_9.2\r\n", keep=False),
        answering(http(MATCH)[:-50], keep=False),
    ],
    ids=["silence", "reset", "closed", "drip", "oversized", "no http", "cut"],
)
def test_a_question_that_began_to_leave_is_never_called_unsent(behavior):
    with StubRegister(behavior) as stub:
        assert not trouble_of(stub).is_unsent


def test_after_a_question_on_this_thread_the_next_one_may_still_be_unsent():
    with StubRegister(answering(http(MATCH))) as stub:
        transport, url = C06(settings_for(stub.url)), stub.url
        transport.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    with pytest.raises(CouldNotAsk) as caught:
        C06(settings_for(url)).post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
    assert caught.value.is_unsent


# --- a change-over of credentials


def knowing(*secrets: str):
    """Answer only those whose hash is over one of these secrets."""

    def behave(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        settings = settings_for("http://127.0.0.1/")
        known = [
            signed_headers(settings, Credentials("sandbox_hp", secret), OPERATION, MOMENT)["Authorization"]
            for secret in secrets
        ]
        is_known = request.headers["authorization"] in known
        connection.sendall(http(MATCH) if is_known else http(b"", "401 Unauthorized"))
        return True

    return behave


@pytest.mark.parametrize("make", [C06, XRoad])
def test_during_a_change_over_the_next_secret_is_tried_at_once_and_remembered(make):
    with StubRegister(knowing("sandbox-secret-2")) as stub:
        way = make(settings_for(stub.url, secret_next="sandbox-secret-2"))
        for _ in range(3):
            assert way.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT).status == 200
    assert len(stub.received) == 4


def test_a_register_that_goes_back_to_the_first_secret_is_followed():
    with StubRegister(knowing("sandbox-secret-2")) as stub:
        way = C06(settings_for(stub.url, secret_next="sandbox-secret-2"))
        way.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT)
        stub.behaviors[:] = [knowing("sandbox-secret-1")]
        for _ in range(2):
            assert way.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT).status == 200
    assert len(stub.received) == 2 + 2 + 1


def test_when_neither_secret_is_known_the_refusal_stands():
    with StubRegister(knowing("another")) as stub:
        way = C06(settings_for(stub.url, username_next="sandbox_hp2", secret_next="sandbox-secret-2"))
        assert way.post(OPERATION, b"<a/>", inquiry=ASKED_BY, now=lambda: MOMENT).status == 401
    assert len(stub.received) == 2


def test_the_second_try_of_a_change_over_is_not_called_unsent_and_shares_the_time():
    with StubRegister(
        answering(http(b"", "401 Unauthorized", Connection="close"), keep=False), silent
    ) as stub:
        error = trouble_of(stub, secret_next="sandbox-secret-2")
    assert error.trouble is Trouble.TIMEOUT
    assert not error.is_unsent


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "500 Oh", "503 Busy"])
def test_only_a_401_leads_to_the_next_secret(status):
    with StubRegister(answering(http(b"", status))) as stub:
        post(stub, secret_next="sandbox-secret-2")
    assert len(stub.received) == 1
