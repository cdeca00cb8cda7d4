"""Questions to a running sandbox over both of its façades, and every way to be turned away."""

import base64
import gzip
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.sandbox.callers import (
    AN,
    CONFIRM,
    LOOKUP,
    XROAD_HEADERS,
    XROAD_PATH,
    Reply,
    ask,
    ask_xroad,
    c06_headers,
    envelope,
    send,
)
from tests.sandbox_process import SandboxProcess

XML = {"Content-Type": "application/xml"}


def shouted(headers: dict[str, str]) -> dict[str, str]:
    """Write the hash of a signed call in capitals, as no known client does."""
    user, _, digest = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).partition(b":")
    basic = base64.b64encode(user + b":" + digest.upper()).decode()
    return headers | {"Authorization": f"Basic {basic}"}


def about(number: str, name: str, **birth: str) -> dict[str, str]:
    base = {
        name: value for name, value in AN.items() if name in ("MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo")
    }
    field = "SoCMND" if len(number) == 9 else "SoDinhDanh"
    return {**base, field: number, "HoVaTen": name, **birth}


def test_a_right_question_gets_the_whole_record(sandbox: SandboxProcess) -> None:
    for reply in (ask(sandbox), ask(sandbox, path="/c06"), ask_xroad(sandbox)):
        assert reply.status == 200
        assert reply.headers["Content-Type"] == "text/xml; charset=UTF-8"
        assert reply.found_name == "NGUYỄN VĂN AN"
        assert reply.text("//npd:ThuongTru/npd:MaPhuongXa") == "10525"


@pytest.mark.parametrize(
    ("number", "name", "birth"),
    [
        ("999192000003", "Pha\u0323m Thi\u0323 Thu\u0301y Cu\u0301c", {"NgayThangNam": "19920229"}),
        ("999050000004", "LEDUNG", {"NgayThangNam": "19500817"}),
        ("999050000004", "LEDUNG", {"Nam": "1950"}),
        ("999000005", "Đặng Minh Đức", {"NgayThangNam": "1978-12-01"}),
        ("999195000007", "h mai nie thu", {"Nam": "1995"}),
        ("999000011", "VU THI HOA", {"NgayThangNam": "19720720"}),
        ("999160000014", "them", {"Nam": "1960"}),
    ],
)
def test_the_cast_is_found_however_it_is_written(
    sandbox: SandboxProcess, number: str, name: str, birth: dict[str, str]
) -> None:
    assert ask(sandbox, about(number, name, **birth)).found_name


@pytest.mark.parametrize(
    ("number", "name", "birth"),
    [
        ("999193000099", "LYTHIHANH", "19931212"),
        ("999085000001", "NGUYENVANANH", "19850307"),
        ("999085000001", "NGUYENVANAN", "19850308"),
        ("999040000006", "HOANGVANGIANG", "19400519"),
    ],
)
def test_unknown_wrong_and_deceased_people_get_one_and_the_same_answer(
    sandbox: SandboxProcess, number: str, name: str, birth: str
) -> None:
    reply = ask(sandbox, about(number, name, NgayThangNam=birth))
    assert reply.status == 200
    assert reply.body == ask(sandbox, about("999193000099", "X", NgayThangNam="19931212")).body


def test_the_yes_no_services_answer_in_their_own_form(sandbox: SandboxProcess) -> None:
    count = {**AN, "MaTichHop": "003"}
    assert ask(sandbox, count, operation=CONFIRM).text("//dan:SoLuongCongDan") == "1"
    assert ask(sandbox, {**count, "HoVaTen": "X"}, operation=CONFIRM).text("//dan:SoLuongCongDan") == "0"
    exists = {
        "MaYeuCau": "1",
        "MaDichVu": "033",
        "MaCanBo": "x",
        "SoDinhDanh": AN["SoDinhDanh"],
        "HoVaTen": "Nguyễn Văn An",
    }
    reply = ask(sandbox, exists, operation=CONFIRM + "Request")
    assert reply.text("//dan:KetQuaXacThucResponse/dan:TonTai") == "true"
    assert ask(sandbox, {**exists, "SoCMND": "999000002"}, operation=CONFIRM).text("//dan:TonTai") == "false"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (lambda: {"Authorization": ""}, "SBX.AUTH"),
        (lambda: {"Authorization": "Bearer x"}, "SBX.AUTH"),
        (lambda: {"Authorization": "Basic !!!"}, "SBX.AUTH"),
        (lambda: c06_headers(secret="other"), "SBX.AUTH"),
        (lambda: c06_headers(username="other"), "SBX.AUTH"),
        (lambda: c06_headers(CONFIRM), "SBX.AUTH"),
        (lambda: shouted(c06_headers()), "SBX.AUTH"),
        (lambda: {"Timestamp": ""}, "SBX.TIMESTAMP"),
        (lambda: {"Timestamp": "yesterday"}, "SBX.TIMESTAMP"),
        (lambda: c06_headers(shift=-600), "SBX.TIMESTAMP"),
        (lambda: c06_headers(shift=600), "SBX.TIMESTAMP"),
    ],
)
def test_who_does_not_sign_rightly_is_turned_away(
    sandbox: SandboxProcess, headers: Callable[[], dict[str, str]], code: str
) -> None:
    reply = ask(sandbox, headers=headers())
    assert (reply.status, reply.fault) == (401, code)


def test_a_timestamp_may_be_in_seconds(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, headers=c06_headers(unit="s")).found_name


def test_x_road_headers_come_back(sandbox: SandboxProcess) -> None:
    reply = ask_xroad(sandbox, headers={"X-Road-Id": "our-id-1"})
    assert reply.headers["X-Road-Id"] == "our-id-1"
    assert reply.headers["X-Road-Client"] == "SANDBOX/GOV/HAIPHONG/MOTCUA"
    assert reply.headers["X-Road-Service"] == "SANDBOX/GOV/BCA/CSDLDC/TraCuuThongTinCongDan"
    assert reply.headers["X-Road-Request-Id"]
    assert reply.headers["X-Road-Request-Hash"]
    assert ask_xroad(sandbox).headers["X-Road-Id"]


@pytest.mark.parametrize(
    ("path", "client", "status", "error"),
    [
        (XROAD_PATH + LOOKUP, "SANDBOX/GOV/HANOI/MOTCUA", 500, "Server.ServerProxy.AccessDenied"),
        (XROAD_PATH + LOOKUP, "", 400, "Client.BadRequest"),
        (XROAD_PATH + "Other", XROAD_HEADERS["X-Road-Client"], 500, "Server.ServerProxy.UnknownService"),
        (
            "/r1/SANDBOX/GOV/BCA/OTHER/" + LOOKUP,
            XROAD_HEADERS["X-Road-Client"],
            500,
            "Server.ServerProxy.UnknownService",
        ),
    ],
)
def test_x_road_refuses_in_its_own_form(
    sandbox: SandboxProcess, path: str, client: str, status: int, error: str
) -> None:
    reply = ask(sandbox, path=path, headers={**XROAD_HEADERS, "X-Road-Client": client})
    assert (reply.status, reply.headers["X-Road-Error"]) == (status, error)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert f'"type": "{error}"'.encode() in reply.body


def test_the_api_key_is_needed_until_it_is_switched_off(sandbox: SandboxProcess) -> None:
    assert ask_xroad(sandbox, headers={"ApiKey": "wrong"}).fault == "SBX.AUTH"
    sandbox.switch("xroad_check_api_key", False)
    assert ask_xroad(sandbox, headers={"ApiKey": "wrong"}).found_name


def test_unknown_operations_are_refused(sandbox: SandboxProcess) -> None:
    for reply in (
        ask(sandbox, path="/c06/XoaCongDan"),
        ask(sandbox, operation="XoaCongDan", path="/c06"),
        ask(sandbox, operation=CONFIRM, path=f"/c06/{LOOKUP}", headers=c06_headers(LOOKUP)),
    ):
        assert (reply.status, reply.fault) == (500, "SBX.OPERATION")


def test_a_real_looking_number_is_refused_and_leaves_no_trace(sandbox: SandboxProcess) -> None:
    reply = ask(sandbox, {**AN, "SoDinhDanh": "031085000000"})
    assert (reply.status, reply.fault) == (422, "SBX.SYNTHETIC")
    (entry,) = sandbox.journal()
    assert entry["outcome"] == "SBX.SYNTHETIC"
    assert "031" not in str(entry["number"])
    assert entry["number"] == ""


def test_the_journal_tells_who_asked_and_how_it_ended_without_names(sandbox: SandboxProcess) -> None:
    ask_xroad(sandbox, {**AN, "MaDonVi": "000.00.01.H23"}, headers={"X-Road-Id": "our-id-2"})
    ask(sandbox, {**AN, "HoVaTen": "TENLATHU", "MaCanBo": "031085000000"})
    first, second = sandbox.journal()
    assert first["facade"] == "r1"
    assert first["client"] == "SANDBOX/GOV/HAIPHONG/MOTCUA"
    assert first["xroad_id"] == "our-id-2"
    assert (first["MaYeuCau"], first["MaDVC"], first["MaTichHop"]) == ("H24-1", "VPCP", "037")
    assert (first["MaCanBo"], first["MaDonVi"]) == ("999180000008", "000.00.01.H23")
    assert (first["number"], first["outcome"], first["status"]) == ("999******001", "match", 200)
    assert (second["client"], second["outcome"]) == ("sandbox_hp", "no_match")
    assert second["MaCanBo"] == "031******000"
    assert "TENLATHU" not in str(second)
    assert "999085000001" not in str([first, second])


def test_a_shared_old_number_that_fits_two_is_nobody_and_the_journal_knows_why(
    sandbox: SandboxProcess,
) -> None:
    fields = {
        "MaYeuCau": "1",
        "MaDichVu": "033",
        "MaCanBo": "x",
        "SoCMND": "999000011",
        "HoVaTen": "VU THI HOA",
    }
    assert ask(sandbox, fields, operation=CONFIRM + "Request").text("//dan:TonTai") == "false"
    assert sandbox.journal()[-1]["outcome"] == "ambiguous"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "text/xml",
        "text/xml; charset=utf-8",
        "application/xml;charset=UTF-8",
        'text/xml; charset="utf8"',
    ],
)
def test_every_usual_content_type_is_taken(sandbox: SandboxProcess, content_type: str) -> None:
    assert ask(sandbox, headers={"Content-Type": content_type, "SOAPAction": '"anything"'}).found_name


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "text/xml; charset=windows-1258"])
def test_other_content_types_are_refused(sandbox: SandboxProcess, content_type: str) -> None:
    reply = ask(sandbox, headers={"Content-Type": content_type})
    assert (reply.status, reply.fault) == (400, "SBX.XML")


def test_packed_and_chunked_bodies_are_read_and_held_to_the_same_limit(sandbox: SandboxProcess) -> None:
    headers = {**XML, **c06_headers()}
    assert send(
        sandbox, gzip.compress(envelope(AN)), headers={**headers, "Content-Encoding": "gzip"}
    ).found_name
    assert send(sandbox, iter([envelope(AN)[:100], envelope(AN)[100:]]), headers=headers).found_name
    bomb = gzip.compress(b" " * 100_000_000)
    reply = send(sandbox, bomb, headers={**headers, "Content-Encoding": "gzip"})
    assert (reply.status, reply.fault) == (413, "SBX.SIZE")


def test_a_body_that_ends_too_early_is_the_beginning_of_a_question_and_no_question(
    sandbox: SandboxProcess,
) -> None:
    sandbox.reset()
    head = {**XML, **c06_headers(), "Host": "localhost", "Content-Length": str(len(envelope(AN)))}
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as caller:
        lines = [
            f"POST /c06/{CONFIRM} HTTP/1.1",
            *(f"{name}: {value}" for name, value in head.items()),
            "",
            "",
        ]
        caller.sendall("\r\n".join(lines).encode())
        caller.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(caller)
        answer.begin()
        assert (answer.status, b"SBX.SHORT" in answer.read()) == (400, True)
    (entry,) = sandbox.journal()
    assert (entry["outcome"], entry["MaYeuCau"]) == ("SBX.SHORT", "")


@pytest.mark.parametrize("chunks", [b"-5\r\nab", b"zz\r\n", b"5\r\nabcdefg\r\n", b"5\r\nab"])
def test_chunks_that_are_none_are_refused_and_told_in_the_journal(
    sandbox: SandboxProcess, chunks: bytes
) -> None:
    sandbox.reset()
    head = {**XML, **c06_headers(), "Host": "localhost", "Transfer-Encoding": "chunked"}
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as caller:
        lines = [
            f"POST /c06/{LOOKUP} HTTP/1.1",
            *(f"{name}: {value}" for name, value in head.items()),
            "",
            "",
        ]
        caller.sendall("\r\n".join(lines).encode() + chunks)
        caller.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(caller)
        answer.begin()
        assert (answer.status, b"SBX.SHORT" in answer.read()) == (400, True)
    assert [entry["outcome"] for entry in sandbox.journal()] == ["SBX.SHORT"]


def test_an_endless_body_is_cut_off_and_the_sandbox_lives_on(sandbox: SandboxProcess) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1_000_000

    try:
        refused: Reply | None = send(sandbox, endless(), headers={**XML, **c06_headers()})
    except (BrokenPipeError, ConnectionResetError):
        refused = None
    assert refused is None or refused.status == 413
    assert ask(sandbox).found_name


def test_strict_mode_wants_the_order_of_the_protocol(sandbox: SandboxProcess) -> None:
    turned = dict(reversed(AN.items()))
    assert ask(sandbox, turned).found_name
    sandbox.switch("strict", True)
    assert ask(sandbox, turned).fault == "SBX.ORDER"
    assert ask(sandbox).found_name


def test_nobody_can_be_told_by_an_empty_body(sandbox: SandboxProcess) -> None:
    sandbox.switch("empty_shape", "body")
    reply = ask(sandbox, {**AN, "HoVaTen": "X"})
    assert reply.status == 200
    assert reply.text("//npd:CongdanCollection") is None


def test_the_deceased_can_be_shown_with_or_without_their_status(sandbox: SandboxProcess) -> None:
    giang = about("999040000006", "HOANGVANGIANG", Nam="1940")
    sandbox.switch("deceased_answer", "with_status")
    assert ask(sandbox, giang).text("//npd:TrangThai") == "SBX.DECEASED"
    sandbox.switch("deceased_answer", "without_status")
    reply = ask(sandbox, giang)
    assert reply.found_name == "HOÀNG VĂN GIANG"
    assert reply.text("//npd:TrangThai") is None


def test_a_whole_date_can_be_refused_where_only_the_year_is_known(sandbox: SandboxProcess) -> None:
    sandbox.switch("year_only_record", "refuse")
    assert not ask(sandbox, about("999050000004", "LEDUNG", NgayThangNam="19500817")).found_name
    assert ask(sandbox, about("999050000004", "LEDUNG", Nam="1950")).found_name


@pytest.mark.parametrize("root", ["KetQuaXacThuc", "XacThucThongTinCongDanResponse"])
def test_the_033_answer_has_its_other_roots(sandbox: SandboxProcess, root: str) -> None:
    sandbox.switch("root_033", root)
    reply = ask(sandbox, {**AN, "MaTichHop": "033"}, operation=CONFIRM)
    assert reply.text(f"//dan:{root}/dan:TonTai") == "true"


def test_officers_and_procedures_need_a_license_once_that_is_switched_on(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, {**AN, "MaCanBo": "any e-mail@example.vn", "MaDVC": ""}).found_name
    sandbox.switch("licenses", True)
    assert ask(sandbox).found_name
    reply = ask(sandbox, {**AN, "MaCanBo": "999075000009"})
    assert (reply.status, reply.fault) == (403, "SBX.OFFICER")
    reply = ask(sandbox, {**AN, "MaDVC": "G15-TP110"})
    assert (reply.status, reply.fault) == (403, "SBX.SERVICE")
    sandbox.switch("procedures", ["G15-TP110"])
    assert ask(sandbox, {**AN, "MaDVC": "G15-TP110"}).found_name


def test_too_many_calls_are_told_when_to_come_again(sandbox: SandboxProcess) -> None:
    sandbox.switch("rate_per_minute", 2)
    assert [ask(sandbox).status for _ in range(3)] == [200, 200, 429]
    reply = ask(sandbox)
    assert reply.fault == "SBX.RATE"
    assert 1 <= int(reply.headers["Retry-After"]) <= 60


def test_maintenance_turns_everybody_away(sandbox: SandboxProcess) -> None:
    sandbox.switch("maintenance_seconds", 120)
    reply = ask(sandbox)
    assert (reply.status, reply.fault, reply.headers["Retry-After"]) == (503, "SBX.MAINTENANCE", "120")


def test_health_and_every_page_say_that_this_is_not_the_register(sandbox: SandboxProcess) -> None:
    health = send(sandbox, b"", path="/healthz", method="GET", headers={})
    assert health.status == 200
    assert b'"environment": "sandbox"' in health.body
    for path, status in (("/", 200), ("/_admin/", 200), ("/elsewhere", 404)):
        reply = send(sandbox, b"", path=path, method="GET", headers={})
        assert reply.status == status
        assert b"this is not the National Population Database" in reply.body


@pytest.mark.parametrize(
    "path",
    ["/c06/" + LOOKUP, XROAD_PATH + LOOKUP, "/lgsp/" + LOOKUP, "/lgsp/token", "/lgsp-json/opencps",
     "/lgsp-json/api/v1/Authentication/Token", "/elsewhere"],
)  # fmt: skip
@pytest.mark.parametrize("body", [envelope(AN), b"{}", b"nothing at all"])
def test_no_reply_comes_without_the_mark_that_a_production_refuses(
    sandbox: SandboxProcess, path: str, body: bytes
) -> None:
    for headers in ({}, {**c06_headers(), **XROAD_HEADERS}):
        reply = send(sandbox, body, path=path, headers=headers)
        assert "not the National Population Database" in reply.headers["X-NPD-Sandbox"]


def test_a_path_with_strange_characters_is_just_an_unknown_service(sandbox: SandboxProcess) -> None:
    reply = ask(sandbox, path=XROAD_PATH + "A%0d%0aX-Other:%201", headers=XROAD_HEADERS)
    assert (reply.status, reply.headers["X-Road-Error"]) == (500, "Server.ServerProxy.UnknownService")
    assert reply.headers["X-Other"] is None
