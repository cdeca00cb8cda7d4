"""Scenarios: statuses, gateways' errors and broken connections before our client.

None of them may become a no, and none may be asked twice.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

from motcua.identity.matching import YearAlone
from motcua.identity.register import Barred, Trouble
from motcua.identity.verification import Unanswered
from motcua.population.conformance.exchange import (
    CLAIM,
    SHORT,
    VERIFIED,
    Group,
    ask,
    asker,
    line,
    not_allowed,
    told,
    unanswered,
)
from motcua.population.conformance.messages import MATCH, NOBODY, fault, fault_12
from motcua.population.conformance.replay import (
    Replay,
    drips,
    http_reply,
    resets,
    says,
    says_and_hangs,
    silent,
)
from motcua.population.conformance.scenario import Mismatch, Scenario

_SERVER_ERROR, _FAULT = unanswered(Trouble.SERVER_ERROR), unanswered(Trouble.FAULT)
_UNREADABLE, _BUSY = unanswered(Trouble.UNREADABLE), unanswered(Trouble.BUSY)
_CONFIGURATION = unanswered(Trouble.CONFIGURATION)
_TIMEOUT, _CONNECTION = unanswered(Trouble.TIMEOUT), unanswered(Trouble.CONNECTION)
_CLIENT = not_allowed(Barred.CLIENT)


def breakdown_scenarios() -> Iterator[Scenario]:
    """Yield all of them."""
    yield from _faults()
    yield from _statuses()
    yield from _gateway_codes()
    yield from _xroad()
    yield from _connections()


def _faults() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước lỗi SOAP")
    for status in ("200 OK", "500 Internal Server Error"):
        for code, body, expected in (
            ("Server", fault("Server"), _SERVER_ERROR),
            ("Client", fault("Client"), _FAULT),
            ("mã lạ", fault("Khac"), _SERVER_ERROR),
            ("SOAP 1.2 Receiver", fault_12("Receiver"), _SERVER_ERROR),
            ("SOAP 1.2 Sender", fault_12("Sender"), _FAULT),
        ):
            yield group.asking(
                f"Lỗi SOAP {code} với {status[:3]}: chưa kiểm tra được",
                says(http_reply(body, status)),
                expected,
            )
    beside = MATCH.replace(b"</soapenv:Header", b"</x").replace(
        b"<soapenv:Header/>", b"<soapenv:Header><soapenv:Fault/></soapenv:Header>"
    )
    yield group.asking(
        "Lỗi SOAP nằm cạnh một bản ghi: chưa kiểm tra được", says(http_reply(beside)), _SERVER_ERROR
    )


def _statuses() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước mã trạng thái HTTP")
    for status, expected in (
        ("201 Created", _UNREADABLE),
        ("204 No Content", _UNREADABLE),
        ("206 Partial Content", _UNREADABLE),
        ("301 Moved Permanently", _UNREADABLE),
        ("302 Found", _UNREADABLE),
        ("307 Temporary Redirect", _UNREADABLE),
        ("400 Bad Request", _FAULT),
        ("401 Unauthorized", _CLIENT),
        ("403 Forbidden", _CLIENT),
        ("404 Not Found", _CONFIGURATION),
        ("405 Method Not Allowed", _CONFIGURATION),
        ("413 Payload Too Large", _FAULT),
        ("429 Too Many Requests", _BUSY),
        ("500 Internal Server Error", _SERVER_ERROR),
        ("502 Bad Gateway", _SERVER_ERROR),
        ("503 Service Unavailable", _BUSY),
        ("504 Gateway Timeout", _SERVER_ERROR),
    ):
        # The body is a proper "nobody": only the status says that it is no answer.
        body = b"" if status.startswith("204") else NOBODY
        headers = {"Location": "/elsewhere"} if status.startswith("3") else {}
        yield group.asking(
            f"HTTP {status}, dù thân là câu trả lời không có ai: {expected}",
            says(http_reply(body, status, headers)),
            expected,
        )
    page = b"<html><body>Bad Gateway</body></html>"
    yield group.asking(
        "Trang HTML với 502: chưa kiểm tra được",
        says(http_reply(page, "502 Bad Gateway", {"Content-Type": "text/html"})),
        _SERVER_ERROR,
    )
    for status in ("429 Too Many Requests", "503 Service Unavailable"):
        yield _retry_after(group, status, "giây", lambda: "7", 7)
        yield _retry_after(group, status, "ngày giờ", lambda: formatdate(time.time() + 60, usegmt=True), 60)
        yield _retry_after(group, status, "chữ vô nghĩa", lambda: "lat-nua", None)


def _retry_after(
    group: Group, status: str, form: str, header: Callable[[], str], seconds: float | None
) -> Scenario:
    wanted = f"chờ {seconds} giây" if seconds else "không nói chờ bao lâu"

    def observe() -> str:
        with Replay(says(http_reply(b"", status, {"Retry-After": header()}))) as server:
            outcome = ask(line(server.url))
        if not isinstance(outcome, Unanswered):
            raise Mismatch(told(outcome))
        came = outcome.retry_after
        is_right = came is None if seconds is None else came is not None and abs(came - seconds) < 5
        return f"{told(outcome)}, {wanted if is_right else f'chờ {came}'}"

    return group.scenario(
        f"HTTP {status[:3]} với Retry-After là {form}: {wanted}", f"{_BUSY}, {wanted}", observe
    )


def _gateway_codes() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước mã lỗi của cổng tích hợp")
    officer, procedure = not_allowed(Barred.OFFICER), not_allowed(Barred.PROCEDURE)
    for code, status, expected in (
        ("004", "400 Bad Request", procedure),
        ("005", "400 Bad Request", officer),
        (4, "400 Bad Request", procedure),
        ("005", "403 Forbidden", officer),
        ("001", "400 Bad Request", _CONFIGURATION),
        ("002", "400 Bad Request", _CONFIGURATION),
        ("003", "400 Bad Request", _CONFIGURATION),
        ("999", "500 Internal Server Error", _SERVER_ERROR),
        (None, "400 Bad Request", _FAULT),
    ):
        body = json.dumps({"message": "lỗi", "errorCode": code}).encode()
        kind = {"Content-Type": "application/json"}
        yield group.asking(
            f"Mã lỗi {json.dumps(code)} với HTTP {status[:3]}: {expected}",
            says(http_reply(body, status, kind)),
            expected,
        )


def _xroad() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước X-Road")

    def error(kind: str) -> bytes:
        body = json.dumps({"type": kind, "message": "lỗi", "detail": "x"}).encode()
        return http_reply(
            body, "500 Internal Server Error", {"X-Road-Error": kind, "Content-Type": "application/json"}
        )

    for kind, expected in (
        ("Client.BadRequest", _CLIENT),
        ("Server.ServerProxy.AccessDenied", _CLIENT),
        ("Server.ClientProxy.NetworkError", _SERVER_ERROR),
        ("Server.ServerProxy.ServiceFailed.HttpError", _SERVER_ERROR),
        ("Server.ServerProxy.UnknownService", _SERVER_ERROR),
        ("<script>", _SERVER_ERROR),
    ):
        yield group.asking(f"X-Road-Error {kind}: {expected}", says(error(kind)), expected, transport="xroad")
    other = unanswered(Trouble.OTHER_PERSON)
    for name, headers, expected in (
        ("không có tiêu đề X-Road nào trong trả lời", {}, VERIFIED),
        ("X-Road-Id của câu hỏi khác", {"X-Road-Id": "5d6c1c2e-another"}, other),
        ("X-Road-Client của đơn vị khác", {"X-Road-Client": "SANDBOX/GOV/OTHER/X"}, other),
        ("X-Road-Error trên một trả lời 200", {"X-Road-Error": "Server.ServerProxy.X"}, _SERVER_ERROR),
    ):
        yield group.asking(
            f"X-Road, {name}: {expected}",
            says(http_reply(MATCH, headers=headers)),
            expected,
            transport="xroad",
        )


def _connections() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước đường truyền hỏng")
    head, _, body = http_reply(NOBODY).partition(b"\r\n\r\n")
    half = head + b"\r\n\r\n" + body[: len(body) // 2]
    two_lengths = head + b"\r\nContent-Length: 5\r\n\r\n" + body
    short: dict[str, Any] = {"seconds": SHORT}
    for name, behavior, expected, settings in (
        ("nhận rồi im lặng", silent, _TIMEOUT, short),
        ("nhỏ từng byte", drips(http_reply(NOBODY)), _TIMEOUT, short),
        ("gửi đầu trả lời rồi im lặng", says_and_hangs(head + b"\r\n\r\n"), _TIMEOUT, short),
        ("gửi nửa thân rồi im lặng", says_and_hangs(half), _TIMEOUT, short),
        ("gửi nửa dòng đầu rồi im lặng", says_and_hangs(b"HTTP/1."), _TIMEOUT, short),
        ("đóng ngay không trả lời", says(b""), _CONNECTION, {}),
        ("cắt đứt (RST) không trả lời", resets(), _CONNECTION, {}),
        ("cắt đứt (RST) giữa thân", resets(half), _CONNECTION, {}),
        ("đóng giữa các tiêu đề", says(head[: len(head) // 2]), _UNREADABLE, {}),
        ("đóng sau các tiêu đề", says(head + b"\r\n\r\n"), _UNREADABLE, {}),
        ("đóng giữa thân", says(half), _UNREADABLE, {}),
        ("dòng trạng thái vô nghĩa", says(b"XIN CHAO\r\n\r\n"), _UNREADABLE, {}),
        ("Content-Length vô nghĩa", says(head.replace(b"Content-Length: ", b"Content-Length: x") + b"\r\n\r\n"),
         _UNREADABLE, {}),
        ("chunked bị cắt", says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<x"), _UNREADABLE, {}),
        ("gửi hai Content-Length trái nhau", says(two_lengths), _UNREADABLE, {}),
        ("tiêu đề dài 100 000 ký tự", says(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"), _UNREADABLE, {}),
    ):  # fmt: skip
        yield group.scenario(
            f"Máy chủ {name}: chưa kiểm tra được", expected, _broken(behavior, expected, settings)
        )
    yield group.scenario("Cổng không ai nghe: chưa kiểm tra được", _CONNECTION, _refused_port)
    yield group.scenario("Tên máy không có địa chỉ: chưa kiểm tra được", _CONNECTION, _no_such_host)
    yield group.scenario("Máy chủ không nói TLS: chưa kiểm tra được", unanswered(Trouble.TLS), _no_tls)
    yield group.scenario(
        "Kết nối giữ lại đã bị bên kia đóng: câu hỏi sau vẫn có trả lời", f"{VERIFIED}, {VERIFIED}", _stale
    )


def _broken(behavior: Any, expected: str, settings: dict[str, Any]) -> Callable[[], str]:
    def observe() -> str:
        with Replay(behavior) as server:
            outcome = told(ask(line(server.url, **settings)))
            if len(server.received) > 1:
                raise Mismatch(f"{outcome}, nhưng đã hỏi {len(server.received)} lần")
        # A connection torn down is told as an end or as an error by different systems: both are no answer.
        alike = (_CONNECTION, _UNREADABLE)
        return expected if expected in alike and outcome in alike else outcome

    return observe


def _refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return told(ask(line(f"http://127.0.0.1:{port}")))


def _no_such_host() -> str:
    outcome = told(ask(line("http://no-such-host.invalid", seconds=3.0)))
    # Without a name server the look-up ends with the time; with one it ends at once. Nothing left us in either case.
    return _CONNECTION if outcome == _TIMEOUT else outcome


def _no_tls() -> str:
    with Replay(says(http_reply(NOBODY))) as server:
        return told(ask(line(server.url.replace("http://", "https://"))))


def _stale() -> str:
    # The reply promises to keep the connection, and the server closes it all the same.
    with Replay(says(http_reply(MATCH, headers={"Connection": ""}))) as server:
        ask_once = asker(line(server.url))
        first = told(ask_once(CLAIM, YearAlone.ANY_RECORD))
        server.settle()
        return f"{first}, {told(ask_once(CLAIM, YearAlone.ANY_RECORD))}"
