"""The gateway: every reply is one of yes, no, could not ask, not permitted; the line shuts, and heals by itself."""

import contextlib
import json
import logging

import pytest
import urllib3

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    NotPermitted,
    RegisterError,
    TouchPoint,
    Trouble,
)
from motcua.population.gateway import Gateway, open_gateway, ping_claim
from motcua.population.line import LinePolicy, MemoryLine
from motcua.population.settings import RegisterSettings, SettingRefused
from motcua.population.transports.http import Reply
from tests.population.stub_register import StubRegister, answering, golden, http

THU = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000017"), BirthDate(1985, 3, 7))
PERSONAL = ("999185000017", "999000017", "Đặng", "ĐẶNG", "DANGTHIMAUTHU", "1985", "19850307")
SETTINGS = RegisterSettings(
    transport="c06",
    url="http://127.0.0.1:9/{operation}",
    hash_uri="/x",
    username="u",
    secret="s",
    ping_number="999193000099",
    portal_officer="999080000001",
)
MATCH, NOBODY = golden("reply-037-match.xml"), golden("reply-037-nobody.xml")


def inquiry(touch_point: TouchPoint = TouchPoint.FILING) -> Inquiry:
    return Inquiry("H40-1", "999080000001", "canbo01", "000.00.00.H00", "VPCP", touch_point)


class Way:
    """A transport that answers from memory; an error in the list is raised."""

    name = "c06"

    def __init__(self, *replies: Reply | CouldNotAsk) -> None:
        self.replies = list(replies)
        self.asked: list[bytes] = []

    def post(self, operation, body, *, now):
        self.asked.append(body)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, CouldNotAsk):
            raise reply
        return reply


class Clock:
    def __init__(self) -> None:
        self.time = 1_795_421_696.0

    def __call__(self) -> float:
        return self.time


def reply(body: bytes = MATCH, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, urllib3.HTTPHeaderDict({"Content-Type": "text/xml"} | named), body)


def gateway(*replies: Reply | CouldNotAsk, line=None, clock=None, start_probe=None) -> Gateway:
    return Gateway(
        SETTINGS,
        Way(*replies),
        line or MemoryLine(),
        now=clock or Clock(),
        start_probe=start_probe or (lambda probe: None),
    )


def error_of(*replies: Reply | CouldNotAsk) -> RegisterError:
    with pytest.raises(RegisterError) as caught:
        gateway(*replies).ask(THU, inquiry())
    assert not any(text in str(caught.value) for text in PERSONAL)
    return caught.value


# --- what a reply means


def test_a_record_and_nobody_are_answers():
    assert gateway(reply()).ask(THU, inquiry()).record is not None
    nobody = gateway(reply(NOBODY)).ask(THU, inquiry())
    assert (nobody.record, nobody.is_confirmed, nobody.line) == (None, False, "c06/037")
    assert nobody.messages.request_id == "H40-1"


def fault(code: str, text: str) -> bytes:
    return (
        golden("fault-client.xml")
        .replace(b"soapenv:Client", code.encode())
        .replace(b"SBX.VALIDATION", text.encode())
    )


def coded(code: str) -> bytes:
    return json.dumps({"message": "…", "errorCode": code}).encode()


@pytest.mark.parametrize(
    ("given", "barred"),
    [
        (reply(fault("soapenv:Client", "SBX.AUTH"), 401), Barred.CLIENT),
        (reply(fault("soapenv:Client", "SBX.TIMESTAMP"), 401), Barred.CLIENT),
        (reply(b"", 401), Barred.CLIENT),
        (reply(b"", 403), Barred.CLIENT),
        (reply(b"<html>", 403, Content_Type="text/html"), Barred.CLIENT),
        (reply(fault("soapenv:Client", "SBX.OFFICER"), 403), Barred.OFFICER),
        (reply(fault("soapenv:Client", "SBX.SERVICE"), 403), Barred.PROCEDURE),
        (reply(coded("004"), 400, Content_Type="application/json"), Barred.PROCEDURE),
        (reply(coded("005"), 400, Content_Type="application/json"), Barred.OFFICER),
        (reply(b"{}", 500, X_Road_Error="Server.ServerProxy.AccessDenied"), Barred.CLIENT),
        (reply(b"{}", 400, X_Road_Error="Client.BadRequest"), Barred.CLIENT),
        (reply(b"{}", 200, X_Road_Error="Client.MissingHeader"), Barred.CLIENT),
    ],
)
def test_a_refusal_names_whom_the_register_bars(given, barred):
    error = error_of(given)
    assert isinstance(error, NotPermitted)
    assert error.barred is barred


@pytest.mark.parametrize(
    ("given", "trouble"),
    [
        (reply(b"", 500), Trouble.SERVER_ERROR),
        (reply(b"<html>", 502, Content_Type="text/html"), Trouble.SERVER_ERROR),
        (reply(golden("fault-server.xml"), 500), Trouble.SERVER_ERROR),
        (reply(golden("fault-server.xml"), 200), Trouble.SERVER_ERROR),
        (reply(golden("fault-soap12.xml"), 200), Trouble.SERVER_ERROR),
        (reply(golden("fault-client.xml"), 500), Trouble.FAULT),
        (reply(golden("fault-client.xml"), 200), Trouble.FAULT),
        (reply(fault("soapenv:Client", "SBX.SYNTHETIC"), 422), Trouble.FAULT),
        (reply(fault("soapenv:Client", "SBX.XML"), 400), Trouble.FAULT),
        (reply(coded("001"), 400), Trouble.FAULT),
        (reply(b"", 404), Trouble.CONFIGURATION),
        (reply(b"", 503), Trouble.BUSY),
        (reply(b"", 429), Trouble.BUSY),
        (reply(b"{}", 500, X_Road_Error="Server.ClientProxy.NetworkError"), Trouble.SERVER_ERROR),
        (reply(b"", 302, Location="http://127.0.0.1/"), Trouble.UNREADABLE),
        (reply(MATCH, 302), Trouble.UNREADABLE),
        (reply(MATCH, 202), Trouble.UNREADABLE),
        (reply(b"", 204), Trouble.UNREADABLE),
        (reply(b"", 200), Trouble.UNREADABLE),
        (reply(b"<html><p>x</p></html>", 200, Content_Type="text/html"), Trouble.UNREADABLE),
        (reply(MATCH, 500), Trouble.SERVER_ERROR),
    ],
)
def test_whatever_is_no_answer_is_could_not_ask(given, trouble):
    error = error_of(given)
    assert isinstance(error, CouldNotAsk)
    assert error.trouble is trouble
    assert error.messages is not None
    assert error.messages.request_id == "H40-1"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 08:15:26 GMT", 30.0),
        ("soon", None),
        ("-1", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_the_time_to_wait_is_read_as_seconds_or_as_a_date(text, seconds):
    error = error_of(reply(b"", 503, Retry_After=text))
    assert isinstance(error, CouldNotAsk)
    assert error.retry_after == seconds


# --- the line


def unanswered(gateway: Gateway, touch_point: TouchPoint = TouchPoint.FILING) -> Trouble:
    with pytest.raises(CouldNotAsk) as caught:
        gateway.ask(THU, inquiry(touch_point))
    return caught.value.trouble


def test_five_failures_shut_the_line_and_the_sixth_question_never_leaves():
    way = gateway(CouldNotAsk(Trouble.TIMEOUT))
    assert [unanswered(way) for _ in range(7)] == [Trouble.TIMEOUT] * 5 + [Trouble.BREAKER_OPEN] * 2
    assert len(way._transport.asked) == 5


def test_while_the_line_is_shut_one_question_starts_a_probe_behind_everybody_s_back():
    clock, probes = Clock(), []
    way = gateway(*[reply(b"", 500)] * 5, reply(NOBODY), clock=clock, start_probe=probes.append)
    for _ in range(5):
        unanswered(way)
    assert unanswered(way) is Trouble.BREAKER_OPEN
    assert probes == []
    clock.time += 10
    assert [unanswered(way), unanswered(way)] == [Trouble.BREAKER_OPEN] * 2
    assert len(probes) == 1
    probes[0]()
    assert way.ask(THU, inquiry()).record is None
    assert b"999193000099" in way._transport.asked[5]


def test_a_probe_that_fails_leaves_the_line_shut_for_ten_seconds_more(caplog):
    clock, probes = Clock(), []
    way = gateway(CouldNotAsk(Trouble.CONNECTION), clock=clock, start_probe=probes.append)
    for _ in range(5):
        unanswered(way)
    clock.time += 10
    unanswered(way)
    probes.pop()()
    clock.time += 9
    assert unanswered(way) is Trouble.BREAKER_OPEN
    assert probes == []
    clock.time += 1
    unanswered(way)
    assert len(probes) == 1


@pytest.mark.parametrize(
    "harmless",
    [
        reply(fault("soapenv:Client", "SBX.SYNTHETIC"), 422),
        reply(MATCH.replace("Ặ".encode(), b"\xef\xbf\xbd")),
        CouldNotAsk(Trouble.OTHER_PERSON),
        reply(b"", 401),
    ],
    ids=["our fault", "encoding", "other person", "not permitted"],
)
def test_what_one_person_s_question_can_provoke_never_shuts_the_line_for_all(harmless):
    line = MemoryLine()
    way = gateway(harmless, line=line)
    for _ in range(12):
        with pytest.raises(RegisterError):
            way.ask(THU, inquiry())
    assert not line.read(1_795_421_696.0).is_shut(1_795_421_696.0)


def test_a_register_that_asks_for_rest_is_left_alone_and_people_are_told_how_long():
    clock = Clock()
    way = gateway(reply(b"", 503, Retry_After="40"), reply(NOBODY), clock=clock)
    assert unanswered(way) is Trouble.BUSY
    clock.time += 10
    with pytest.raises(CouldNotAsk) as caught:
        way.ask(THU, inquiry())
    assert (caught.value.trouble, caught.value.retry_after) == (Trouble.BREAKER_OPEN, 30.0)
    clock.time += 30
    assert way.ask(THU, inquiry()).record is None


def test_a_crowded_portal_is_told_so_while_the_desk_still_gets_through():
    line = MemoryLine(LinePolicy(slots=2, desk_slots=1))
    way = gateway(reply(), line=line)
    taken = line.acquire("portal", 1_795_421_696.0, 60)
    assert unanswered(way) is Trouble.CROWDED
    assert way.ask(THU, inquiry(TouchPoint.RECEPTION)).record is not None
    line.release(taken)
    assert way.ask(THU, inquiry()).record is not None


def test_every_question_gives_its_slot_back_whatever_came_of_it():
    way = gateway(
        *[reply(), reply(b"", 422), CouldNotAsk(Trouble.TLS), reply(b"", 401)] * 3,
        reply(),
        line=MemoryLine(LinePolicy(slots=1, desk_slots=0)),
    )
    for _ in range(3):
        assert way.ask(THU, inquiry()).record is not None
        assert unanswered(way) is Trouble.FAULT
        assert unanswered(way) is Trouble.TLS
        with pytest.raises(NotPermitted):
            way.ask(THU, inquiry())
    assert way.ask(THU, inquiry()).record is not None


# --- ping


def test_a_ping_accepts_only_the_proper_nobody():
    assert gateway(reply(NOBODY)).ping().is_confirmed is False
    with pytest.raises(CouldNotAsk) as caught:
        gateway(reply()).ping()
    assert caught.value.trouble is Trouble.CONFIGURATION
    with pytest.raises(CouldNotAsk):
        gateway(reply(b"<html/>", Content_Type="text/html")).ping()


def test_a_ping_goes_past_a_shut_line_and_opens_it():
    clock = Clock()
    way = gateway(*[reply(b"", 500)] * 5, reply(NOBODY), clock=clock)
    for _ in range(5):
        unanswered(way)
    assert isinstance(way.ping(), Answer)
    assert way.ask(THU, inquiry()).record is None


def test_nobody_can_be_the_person_of_a_ping():
    assert ping_claim("999193000099").number.digits == "999193000099"


# --- what operators see


@pytest.mark.parametrize(
    ("given", "event"),
    [
        (reply(b"<html/>", Content_Type="text/html"), "npd.alarm trouble=unreadable"),
        (reply(MATCH.replace(b"UTF-8", b"UTF-16")), "npd.alarm trouble=encoding"),
        (reply(b"", 500), "npd.unanswered trouble=server_error"),
        (reply(b"", 403), "npd.not_permitted barred=client"),
        (reply(MATCH.replace(b"<ns1:GioiTinh>", b"<ns1:X/><ns1:GioiTinh>")), "npd.unknown_elements count=1"),
        (
            reply(fault("soapenv:Client", "số 999185000017 của ĐẶNG THỊ MẪU THỬ")),
            "npd.unanswered trouble=fault",
        ),
        (reply(b"", 500, X_Road_Error="Server.999185000017"), "npd.unanswered trouble=server_error"),
    ],
)
def test_every_trouble_is_logged_by_name_and_without_a_person(given, event, caplog):
    caplog.set_level(logging.DEBUG)
    with contextlib.suppress(RegisterError):
        gateway(given).ask(THU, inquiry())
    assert event in caplog.text
    assert "H40-1" in caplog.text
    assert not any(text in caplog.text for text in PERSONAL)


# --- the whole way


@pytest.mark.parametrize("transport", ["c06", "xroad"])
def test_a_gateway_opened_from_settings_asks_over_its_transport(transport, caplog):
    caplog.set_level(logging.DEBUG)
    with StubRegister(answering(http(MATCH))) as stub:
        settings = RegisterSettings(
            transport=transport,
            url=f"http://127.0.0.1:{stub.port}/r1/A/B/C/D/{{operation}}",
            hash_uri="/x",
            username="u",
            secret="geheim",
            xroad_client="A/B/E/F",
        )
        way = open_gateway(settings, MemoryLine())
        answer = way.ask(THU, inquiry(TouchPoint.RECEPTION))
    assert answer.record is not None
    assert answer.line == f"{transport}/037"
    assert stub.received[0].line == "POST /r1/A/B/C/D/TraCuuThongTinCongDan HTTP/1.1"
    assert "geheim" not in caplog.text
    assert not any(text in caplog.text for text in PERSONAL)


# --- settings


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"transport": "smtp"}, "NPD_TRANSPORT"),
        ({"url": "127.0.0.1:8001"}, "NPD_URL"),
        ({"url": "ftp://a/"}, "NPD_URL"),
        ({"url": "http://a:b@c/"}, "NPD_URL"),
        ({"url": "http://a:99999999/"}, "NPD_URL"),
        ({"url": "http://a/ b"}, "NPD_URL"),
        ({"username": ""}, "NPD_USERNAME"),
        ({"username": "a:b"}, "NPD_USERNAME"),
        ({"secret": ""}, "NPD_SECRET"),
        ({"timestamp_unit": "us"}, "NPD_TIMESTAMP_UNIT"),
        ({"service": "033"}, "NPD_SERVICE"),
        ({"request_style": "1999"}, "NPD_REQUEST_STYLE"),
        ({"name_form": "telex"}, "NPD_NAME_FORM"),
        ({"transport": "xroad"}, "NPD_XROAD_CLIENT"),
        ({"transport": "xroad", "xroad_client": "A/B/C\r\nX: y"}, "NPD_XROAD_CLIENT"),
        ({"api_key": "a b"}, "NPD_API_KEY"),
        ({"ping_number": "12"}, "NPD_PING_NUMBER"),
        ({"total_seconds": 0}, "NPD_TOTAL_SECONDS"),
        ({"connect_seconds": 9.0}, "NPD_CONNECT_SECONDS"),
        ({"ca": "/nowhere.pem"}, "NPD_CA"),
        ({"client_key": "/nowhere.pem"}, "NPD_CLIENT_CERT"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_its_name(change, variable):
    given = {"transport": "c06", "url": "http://a/", "hash_uri": "/x", "username": "u", "secret": "geheim"}
    with pytest.raises(SettingRefused) as caught:
        RegisterSettings(**(given | change))
    assert caught.value.variable == variable
    assert variable in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_settings_do_not_show_their_secrets():
    assert "sandbox-secret" not in repr(RegisterSettings(
        transport="c06", url="http://a/", hash_uri="/x", username="u", secret="sandbox-secret-1"
    ))  # fmt: skip
