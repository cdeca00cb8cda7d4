"""What is told of an exchange beside its answer: digests of the very bytes, whatever came of them."""

from __future__ import annotations

import hashlib
import socket

import pytest

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import CouldNotAsk, Exchange, Inquiry, MessageIds, RegisterError, TouchPoint
from motcua.population.gateway import open_gateway
from motcua.population.settings import RegisterSettings
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

MATCH = golden("reply-037-match.xml")
THU = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000017"), BirthDate(1985, 3, 7))
AN = IdentityClaim("Nguyễn Văn An", parse_number("999085000001"), BirthDate(1985, 3, 7))
ASKED_BY = Inquiry(
    "H40-1", "canbo01", "lan", "000.00.00.H00", "VPCP", TouchPoint.RECEPTION, "canbo01:sandbox-pass"
)
TOKEN = b'{"access_token":"tok-1","expires_in":3600}'
JUNK = b"<html>Bad gateway</html>"


def settings_for(url: str, **changes) -> RegisterSettings:
    given = {
        "transport": "c06",
        "url": url,
        "hash_uri": "/sandbox/csdldc/{operation}",
        "username": "sandbox_hp",
        "secret": "sandbox-secret-1",
        "xroad_client": "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "lgsp_access_key": "sbx-access",
        "lgsp_secret_key": "sbx-secret",
        "lgsp_app_name": "motcua",
        "lgsp_partner_code": "000.00.00.H00",
        "lgsp_partner_code_cus": "000.00.00.H00",
        "connect_seconds": 0.4,
        "total_seconds": 0.5,
    }
    return RegisterSettings(**(given | changes))


def exchange(settings: RegisterSettings, claim: IdentityClaim = THU, inquiry: Inquiry = ASKED_BY) -> Exchange:
    """Ask, and return what is told of the exchange, by an answer or by an error."""
    try:
        messages = open_gateway(settings, now=lambda: 1_795_421_696.0).ask(claim, inquiry).messages
    except RegisterError as error:
        messages = error.messages
    assert messages is not None
    assert messages.request_id == inquiry.request_id
    return messages.exchange


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    return (
        head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:99], body[99:])) + b"0\r\n\r\n"
    )


@pytest.mark.parametrize("transport", ["c06", "xroad"])
def test_question_and_answer_are_told_by_their_bytes(transport):
    with StubRegister(answering(http(MATCH))) as stub:
        told = exchange(settings_for(stub.url, transport=transport))
        assert told == Exchange(sha256(stub.received[0].body), sha256(MATCH), transport, "")


def test_each_question_has_a_digest_of_its_own():
    with StubRegister(answering(http(MATCH))) as stub:
        one, other = (exchange(settings_for(stub.url), claim) for claim in (THU, AN))
    assert one.request_digest != other.request_digest


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (chunked(MATCH), MATCH),
        (http(golden("reply-037-nobody.xml")), golden("reply-037-nobody.xml")),
        (http(golden("fault-server.xml"), "500 Oh"), golden("fault-server.xml")),
        (http(golden("fault-client.xml")), golden("fault-client.xml")),
        (http(JUNK), JUNK),
        (http(JUNK, "502 Bad Gateway"), JUNK),
        (http(b"", "503 Busy", Retry_After="7"), b""),
        (http(b"", "401 Unauthorized"), b""),
        (http(golden("cast-an.xml")), golden("cast-an.xml")),
    ],
    ids=["chunks", "nobody", "fault", "our fault", "junk", "bad gateway", "busy", "unknown", "other person"],
)
def test_whatever_whole_body_came_is_told_by_its_digest(reply, body):
    with StubRegister(answering(reply)) as stub:
        told = exchange(settings_for(stub.url))
        assert told == Exchange(sha256(stub.received[0].body), sha256(body), "c06", "")


def test_an_answer_to_somebody_else_s_question_is_kept_as_proof_of_the_mix_up():
    with StubRegister(answering(http(MATCH, X_Road_Id="another"))) as stub:
        told = exchange(settings_for(stub.url, transport="xroad"))
        assert told == Exchange(sha256(stub.received[0].body), sha256(MATCH), "xroad", "")


@pytest.mark.parametrize(
    "no_answer",
    [http(b""), http(b"\r\n"), http(JUNK), http(golden("reply-037-match.xml"), X_Road_Id="another")],
    ids=["empty", "blank", "junk", "another question's"],
)
def test_an_answer_that_comes_after_a_reply_without_one_is_not_the_next_question_s(no_answer):
    def late(connection, request, stub):
        connection.sendall(no_answer)
        stub.stopping.wait(0.2)
        return answering(http(golden("reply-037-nobody.xml")))(connection, request, stub)

    with StubRegister(late, answering(http(MATCH))) as stub:
        gateway = open_gateway(settings_for(stub.url, transport="xroad"), now=lambda: 1_795_421_696.0)
        with pytest.raises(RegisterError):
            gateway.ask(THU, ASKED_BY)
        assert gateway.ask(THU, ASKED_BY).record is not None
        assert stub.connections == 2


def test_what_a_refused_sandbox_answered_is_told_too():
    with StubRegister(answering(http(MATCH, X_NPD_Sandbox="1"))) as stub:
        told = exchange(settings_for(stub.url, refuse_sandbox=True))
        assert told == Exchange(sha256(stub.received[0].body), sha256(MATCH), "c06", "")


@pytest.mark.parametrize(
    "behavior",
    [
        silent,
        resetting,
        hanging_up,
        dripping(http(MATCH)),
        answering(http(MATCH)[:-50], keep=False),
        answering(http(b" " * 1_100_000)),
        answering(http(MATCH, Content_Encoding="gzip")),
    ],
    ids=["silence", "reset", "closed", "drips", "half a body", "too much", "packed"],
)
def test_when_no_whole_body_came_the_question_alone_is_told(behavior):
    with StubRegister(behavior) as stub:
        told = exchange(settings_for(stub.url))
        assert told == Exchange(sha256(stub.received[0].body), "", "c06", "")


def test_when_nothing_left_there_is_no_digest_but_the_way_it_would_have_taken():
    with StubRegister(answering(http(MATCH))) as stub:
        settings = settings_for(stub.url)
    assert exchange(settings) == Exchange(transport="c06")


def test_an_officer_without_a_key_leaves_no_trace_of_a_question():
    inquiry = Inquiry("H40-2", "canbo01", "lan", "000.00.00.H00", "VPCP", TouchPoint.RECEPTION)
    settings = settings_for("http://127.0.0.1:9/", transport="lgsp", token_url="http://127.0.0.1:9/")
    assert exchange(settings, inquiry=inquiry) == Exchange(transport="lgsp")


@pytest.mark.parametrize("refusal", [http(b"", "401 No"), http(b"", "500 Oh"), http(b"junk")])
def test_what_is_exchanged_for_a_token_is_not_the_question_s_exchange(refusal):
    with StubRegister(answering(refusal)) as tokens, StubRegister(answering(http(MATCH))) as data:
        told = exchange(settings_for(data.url, transport="lgsp", token_url=tokens.url))
    assert told == Exchange(transport="lgsp")


def test_the_question_s_own_exchange_is_told_behind_a_token_too():
    given = answering(http(TOKEN, Content_Type="application/json"))
    with StubRegister(given) as tokens, StubRegister(answering(http(MATCH))) as data:
        told = exchange(settings_for(data.url, transport="lgsp", token_url=tokens.url))
        assert told == Exchange(sha256(data.received[0].body), sha256(MATCH), "lgsp", "")


def test_a_question_that_was_refused_with_an_old_token_has_left():
    given = answering(http(TOKEN, Content_Type="application/json"))
    with (
        StubRegister(given, answering(http(b"", "500 Oh"))) as tokens,
        StubRegister(answering(http(JUNK, "401 No"))) as data,
    ):
        told = exchange(settings_for(data.url, transport="lgsp", token_url=tokens.url))
        assert told == Exchange(sha256(data.received[0].body), sha256(JUNK), "lgsp", "")


@pytest.mark.parametrize("transport", ["c06", "lgsp"])
def test_where_the_second_try_cannot_leave_any_more_the_first_has_left(transport):
    def refuses_and_goes_away(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        stub.stopping.set()
        stub._listener.shutdown(socket.SHUT_RDWR)
        connection.sendall(http(JUNK, "401 No"))
        return False

    given = answering(http(TOKEN, Content_Type="application/json"))
    with StubRegister(given) as tokens, StubRegister(refuses_and_goes_away) as data:
        settings = settings_for(
            data.url, transport=transport, token_url=tokens.url, secret_next="sandbox-secret-2"
        )
        with pytest.raises(CouldNotAsk) as caught:
            open_gateway(settings).ask(THU, ASKED_BY)
        told = Exchange(sha256(data.received[0].body), sha256(JUNK), transport, "")
    assert caught.value.messages == MessageIds(ASKED_BY.request_id, exchange=told)
    assert not caught.value.is_unsent


def test_with_a_second_secret_the_last_answer_counts():
    def unknown_first(connection: socket.socket, request: Received, stub: StubRegister) -> bool:
        is_first = len(stub.received) == 1
        connection.sendall(http(JUNK, "401 Unauthorized") if is_first else http(MATCH))
        return True

    with StubRegister(unknown_first) as stub:
        told = exchange(settings_for(stub.url, secret_next="sandbox-secret-2"))
        assert len(stub.received) == 2
    assert told.answer_digest == sha256(MATCH)
