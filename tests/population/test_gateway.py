"""The gateway: every reply is one of yes, no, could not ask, not permitted, and never another."""

import contextlib
import json
import logging
from dataclasses import replace

import pytest
import urllib3

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import (
    Barred,
    CouldNotAsk,
    Inquiry,
    NotPermitted,
    RegisterError,
    TouchPoint,
    Trouble,
)
from motcua.population.gateway import Gateway, open_gateway, ping_claim
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

    def post(self, operation, body, *, inquiry, now):
        self.asked.append(body)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, CouldNotAsk):
            raise reply
        return reply


def reply(body: bytes = MATCH, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, urllib3.HTTPHeaderDict({"Content-Type": "text/xml"} | named), body)


def gateway(*replies: Reply | CouldNotAsk) -> Gateway:
    return Gateway(SETTINGS, Way(*replies), now=lambda: 1_795_421_696.0)


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
        (reply(coded("004"), 200, Content_Type="application/json"), Barred.PROCEDURE),
        (reply(coded("005"), 200, Content_Type="application/json"), Barred.OFFICER),
        (reply(coded("005"), 201, Content_Type="application/json"), Barred.OFFICER),
        (reply(coded("01"), 403, Content_Type="application/json"), Barred.CLIENT),
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
        (reply(coded("001"), 400), Trouble.CONFIGURATION),
        (reply(coded("002"), 400), Trouble.CONFIGURATION),
        (reply(coded("003"), 400), Trouble.CONFIGURATION),
        (reply(coded("001"), 200), Trouble.CONFIGURATION),
        (reply(coded("999"), 400), Trouble.FAULT),
        (reply(coded("01"), 400), Trouble.FAULT),
        (reply(b"", 404), Trouble.CONFIGURATION),
        (reply(b"", 503), Trouble.BUSY),
        (reply(b"", 429), Trouble.BUSY),
        (reply(b"{}", 500, X_Road_Error="Server.ClientProxy.NetworkError"), Trouble.SERVER_ERROR),
        (reply(b"", 302, Location="http://127.0.0.1/"), Trouble.UNREADABLE),
        (reply(MATCH, 302), Trouble.UNREADABLE),
        (reply(MATCH, 202), Trouble.UNREADABLE),
        (reply(b"", 204), Trouble.UNREADABLE),
        (reply(golden("cast-an.xml")), Trouble.OTHER_PERSON),
        (reply(MATCH.replace(b"999185000017", b"999185000018")), Trouble.OTHER_PERSON),
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
        ("²", None),
        ("9" * 400, None),
        ("Mon, 23 Nov 2026 08:15:26 +99999999999999999", None),
        ("23 Nov 99999999999999999999 08:15:26", None),
        ("", None),
    ],
)
def test_the_time_to_wait_is_read_as_seconds_or_as_a_date(text, seconds):
    error = error_of(reply(b"", 503, Retry_After=text))
    assert isinstance(error, CouldNotAsk)
    assert error.retry_after == seconds


def test_an_old_number_is_held_against_the_old_number_of_the_record():
    asked = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999000017"), BirthDate(1985))
    assert gateway(reply()).ask(asked, inquiry()).record is not None
    other = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999000018"), BirthDate(1985))
    with pytest.raises(CouldNotAsk) as caught:
        gateway(reply()).ask(other, inquiry())
    assert caught.value.trouble is Trouble.OTHER_PERSON


# --- ping


def test_nobody_can_be_the_person_of_a_ping():
    claim = ping_claim("999193000099")
    assert claim.number.digits == "999193000099"
    assert gateway(reply(NOBODY)).ask(claim, inquiry()).is_confirmed is False


# --- what operators see


@pytest.mark.parametrize(
    ("given", "event"),
    [
        (reply(b"<html/>", Content_Type="text/html"), "npd.alarm trouble=unreadable"),
        (reply(MATCH.replace(b"UTF-8", b"UTF-16")), "npd.alarm trouble=encoding"),
        (reply(b"", 500), "npd.unanswered trouble=server_error"),
        (reply(golden("cast-an.xml")), "npd.alarm trouble=other_person"),
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


def test_the_log_says_whose_settings_were_used(caplog):
    for prefix in ("NPD_", "NPD_STANDBY_"):
        line = Gateway(replace(SETTINGS, prefix=prefix), Way(reply(b"", 500)), now=lambda: 1_795_421_696.0)
        with contextlib.suppress(RegisterError):
            line.ask(THU, inquiry())
        assert f"settings={prefix} request=" in caplog.text


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
        way = open_gateway(settings)
        answer = way.ask(THU, inquiry(TouchPoint.RECEPTION))
    assert answer.record is not None
    assert answer.line == f"{transport}/037"
    assert stub.received[0].line == "POST /r1/A/B/C/D/TraCuuThongTinCongDan HTTP/1.1"
    assert "geheim" not in caplog.text
    assert not any(text in caplog.text for text in PERSONAL)


# --- settings

LGSP = {
    "transport": "lgsp",
    "token_url": "http://a/t",
    "lgsp_access_key": "k",
    "lgsp_secret_key": "geheim",
    "lgsp_app_name": "motcua",
    "lgsp_partner_code": "H00",
}
JSON = {"transport": "lgsp_json"}


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"transport": "smtp"}, "NPD_TRANSPORT"),
        ({"url": "127.0.0.1:8001"}, "NPD_URL"),
        ({"url": "ftp://a/"}, "NPD_URL"),
        ({"url": "http://a:b@c/"}, "NPD_URL"),
        ({"url": "http://a:99999999/"}, "NPD_URL"),
        ({"url": "http://a/ b"}, "NPD_URL"),
        ({"url": "http://npd..example/"}, "NPD_URL"),
        ({"hash_uri": "/x\udcff"}, "NPD_HASH_URI"),
        ({"username": ""}, "NPD_USERNAME"),
        ({"username": "a:b"}, "NPD_USERNAME"),
        ({"secret": ""}, "NPD_SECRET"),
        ({"secret": "geheim\udcff"}, "NPD_SECRET"),
        ({"secret_next": "neu\udcff"}, "NPD_SECRET_NEXT"),
        ({"timestamp_unit": "us"}, "NPD_TIMESTAMP_UNIT"),
        ({"service": "033"}, "NPD_SERVICE"),
        ({"request_style": "1999"}, "NPD_REQUEST_STYLE"),
        ({"name_form": "telex"}, "NPD_NAME_FORM"),
        ({"transport": "xroad"}, "NPD_XROAD_CLIENT"),
        ({"transport": "xroad", "xroad_client": "A/B/C\r\nX: y"}, "NPD_XROAD_CLIENT"),
        ({"transport": "xroad", "xroad_client": "A/B/C", "api_key": "a b"}, "NPD_API_KEY"),
        ({"total_seconds": 0}, "NPD_TOTAL_SECONDS"),
        ({"connect_seconds": 9.0}, "NPD_CONNECT_SECONDS"),
        ({"ca": "/nowhere.pem"}, "NPD_CA"),
        ({"client_key": "/nowhere.pem"}, "NPD_CLIENT_CERT"),
        ({"client_key_next": "/nowhere.pem"}, "NPD_CLIENT_CERT_NEXT"),
        ({"client_cert_next": "/nowhere.pem"}, "NPD_CLIENT_CERT"),
        ({"username_next": "v"}, "NPD_SECRET_NEXT"),
        ({"username_next": "a:b", "secret_next": "t"}, "NPD_USERNAME_NEXT"),
        ({"transport": "xroad", "xroad_client": "A/B/C", "secret": ""}, "NPD_SECRET"),
        (LGSP | {"token_url": ""}, "NPD_TOKEN_URL"),
        (LGSP | {"token_url": "ftp://a/"}, "NPD_TOKEN_URL"),
        (LGSP | {"lgsp_access_key": ""}, "NPD_LGSP_ACCESS_KEY"),
        (LGSP | {"lgsp_secret_key": ""}, "NPD_LGSP_SECRET_KEY"),
        (LGSP | {"lgsp_app_name": ""}, "NPD_LGSP_APP_NAME"),
        (LGSP | {"lgsp_partner_code_cus": "H\udc00"}, "NPD_LGSP_PARTNER_CODE_CUS"),
        (LGSP | {"lgsp_partner_code": ""}, "NPD_LGSP_PARTNER_CODE"),
        (JSON | {"json_style": "dvcm"}, "NPD_JSON_STYLE"),
        (JSON | {"json_style": "dong_thap"}, "NPD_TOKEN_URL"),
        (JSON | {"token_url": "http://a/t"}, "NPD_LGSP_AUTH"),
        (JSON | {"token_url": "http://a/t", "lgsp_auth": "a\r\nX: y"}, "NPD_LGSP_AUTH"),
        (JSON | {"json_style": "dong_thap", "token_url": "http://a/t", "lgsp_auth": "x"}, "NPD_SERVICE"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_its_name(change, variable):
    given = {"transport": "c06", "url": "http://a/", "hash_uri": "/x", "username": "u", "secret": "geheim"}
    with pytest.raises(SettingRefused) as caught:
        RegisterSettings(**(given | change))
    assert caught.value.variable == variable
    assert variable in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("line", ["LGSP", "JSON"])
def test_a_line_needs_only_what_its_transport_uses(line):
    given = {"url": "http://a/", "token_url": "http://a/t", "lgsp_auth": "x"} | globals()[line]
    assert RegisterSettings(**given).username == ""


def test_a_refusal_names_the_variable_of_its_own_line():
    with pytest.raises(SettingRefused) as caught:
        RegisterSettings(**(LGSP | {"url": "", "prefix": "NPD_STANDBY_"}))
    assert caught.value.variable == "NPD_STANDBY_URL"


def test_settings_do_not_show_their_secrets():
    assert "sandbox-secret" not in repr(RegisterSettings(
        transport="c06", url="http://a/", hash_uri="/x", username="u", secret="sandbox-secret-1"
    ))  # fmt: skip
