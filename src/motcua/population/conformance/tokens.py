"""Scenarios: gateways with tokens, and JSON adapters of every style, before our client.

A token that fails is never a no; JSON is believed only where it says so in exactly the form of its style.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.identity.matching import YearAlone
from motcua.identity.register import Barred, Trouble
from motcua.population.conformance.exchange import (
    CLAIM,
    REJECTED,
    SHORT,
    VERIFIED,
    Group,
    asker,
    line,
    not_allowed,
    told,
    unanswered,
)
from motcua.population.conformance.messages import (
    MATCH,
    NAME,
    NOBODY,
    NUMBER,
    citizen,
    collection,
    fault,
    soap,
)
from motcua.population.conformance.replay import Behavior, Received, Replay, http_reply, says_by_path
from motcua.population.conformance.scenario import Scenario

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_UNREADABLE, _FAULT = unanswered(Trouble.UNREADABLE), unanswered(Trouble.FAULT)
_CLIENT = not_allowed(Barred.CLIENT)
_REFUSED = http_reply(b"{}", "401 Unauthorized", _JSON)


def token_scenarios() -> Iterator[Scenario]:
    """Yield all of them."""
    yield from _tokens()
    yield from _styles()


def _json_reply(value: Any, status: str = "200 OK") -> bytes:
    return http_reply(json.dumps(value, ensure_ascii=False).encode(), status, _JSON)


def _json_token(**changes: Any) -> bytes:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return _json_reply({"token": "t1", "refreshToken": "r1", "expiryDate": until} | changes)  # nosec B105 # an invented answer


def _tokens() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước cổng cấp mã truy cập")
    good = {"access_token": "t1", "token_type": "Bearer", "expires_in": 3600}  # nosec B105 # an invented answer
    html = http_reply(b"<html><body>Xin chao</body></html>", headers={"Content-Type": "text/html"})
    for name, token, expected in (
        ("mã tốt", _json_reply(good), VERIFIED),
        ("mã không nói hạn dùng", _json_reply({"access_token": "t1"}), VERIFIED),  # nosec B105 # an invented answer
        ("hạn dùng là văn bản số", _json_reply(good | {"expires_in": "3600"}), VERIFIED),
        ("hạn dùng vô nghĩa", _json_reply(good | {"expires_in": "lau"}), VERIFIED),
        ("hạn dùng âm", _json_reply(good | {"expires_in": -5}), VERIFIED),
        ("trang HTML", html, _UNREADABLE),
        ("thân rỗng", http_reply(b"", headers=_JSON), _UNREADABLE),
        ("JSON không có access_token", _json_reply({"token_type": "Bearer"}), _UNREADABLE),  # nosec B105 # an invented answer
        ("access_token không phải văn bản", _json_reply(good | {"access_token": 5}), _UNREADABLE),  # nosec B105 # an invented answer
        ("access_token chứa xuống dòng", _json_reply(good | {"access_token": "a\r\nX: y"}), _UNREADABLE),  # nosec B105 # an invented answer
        ("JSON là danh sách", _json_reply([good]), _UNREADABLE),
        ("JSON lồng sâu", http_reply(b"[" * 100_000, headers=_JSON), _UNREADABLE),
        ("2 MB", http_reply(b" " * 2_000_000, headers=_JSON), unanswered(Trouble.OVERSIZED)),
        ("401", _REFUSED, _CLIENT),
        ("403", http_reply(b"{}", "403 Forbidden", _JSON), _CLIENT),
        ("404", http_reply(b"", "404 Not Found"), unanswered(Trouble.CONFIGURATION)),
        ("500", http_reply(b"", "500 Internal Server Error"), unanswered(Trouble.SERVER_ERROR)),
        ("503", http_reply(b"", "503 Service Unavailable"), unanswered(Trouble.BUSY)),
        ("chuyển hướng 302", http_reply(b"", "302 Found", {"Location": "/x"}), _UNREADABLE),
    ):
        yield group.asking(
            f"LGSP, gọi mã truy cập được {name}: {expected}",
            says_by_path({"/token": token, "/lgsp/": http_reply(MATCH)}),
            expected,
            transport="lgsp",
        )
    yield group.asking(
        "LGSP, gọi mã truy cập không được trả lời: chưa kiểm tra được",
        _silent_token,
        unanswered(Trouble.TIMEOUT),
        transport="lgsp",
        seconds=SHORT,
    )
    yield group.scenario(
        "LGSP, mã bị từ chối một lần: gọi mã mới và hỏi lại đúng một lần",
        f"{VERIFIED}; 2 lần gọi mã, 2 lần hỏi",
        lambda: _counted(_refusing(1), 1),
    )
    yield group.scenario(
        "LGSP, mã nào cũng bị từ chối: chưa được phép, không hỏi mãi",
        f"{_CLIENT}; 2 lần gọi mã, 2 lần hỏi",
        lambda: _counted(_refusing(99), 1),
    )
    yield group.scenario(
        "LGSP, ba câu hỏi dùng chung một mã truy cập",
        f"{VERIFIED}; 1 lần gọi mã, 3 lần hỏi",
        lambda: _counted(_refusing(0), 3),
    )
    yield group.scenario(
        "LGSP, mã đã hết hạn được gọi lại trước câu hỏi sau",
        f"{VERIFIED}; 2 lần gọi mã, 2 lần hỏi",
        lambda: _counted(_refusing(0, seconds=0.001), 2),
    )
    for code, expected in (("004", not_allowed(Barred.PROCEDURE)), ("005", not_allowed(Barred.OFFICER))):
        refusal = _json_reply({"message": "x", "errorCode": code}, "400 Bad Request")
        yield group.asking(
            f"LGSP, mã lỗi {code} của cổng: {expected}",
            says_by_path({"/token": _json_reply(good), "/lgsp/": refusal}),
            expected,
            transport="lgsp",
        )
    yield group.asking(
        "LGSP, cổng trả lời không có ai: không khớp",
        says_by_path({"/token": _json_reply(good), "/lgsp/": http_reply(NOBODY)}),
        REJECTED,
        transport="lgsp",
    )


def _silent_token(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
    stopping.wait(20.0)


def _refusing(times: int, *, seconds: float = 3600) -> Behavior:
    """Give tokens, and refuse the first so many questions with 401."""
    left = [times]

    def behave(connection: socket.socket, request: Received, stopping: threading.Event) -> None:
        if request.path == "/token":
            token = {"access_token": f"t{time.time_ns()}", "expires_in": seconds}
            connection.sendall(_json_reply(token))
        elif left[0] > 0:
            left[0] -= 1
            connection.sendall(_REFUSED)
        else:
            connection.sendall(http_reply(MATCH))

    return behave


def _counted(behavior: Behavior, questions: int) -> str:
    with Replay(behavior) as server:
        ask_once = asker(line(server.url, transport="lgsp"))
        came = {told(ask_once(CLAIM, YearAlone.ANY_RECORD)) for _ in range(questions)}
        tokens = sum(request.path == "/token" for request in server.received)
        asked = len(server.received) - tokens
    return f"{', '.join(sorted(came))}; {tokens} lần gọi mã, {asked} lần hỏi"


def _styles() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước bộ chuyển JSON")
    record = _as_json()
    nobody: dict[str, Any] = {"Body": {"CongdanCollection": {}}}
    two = {"Body": {"CongdanCollection": {"CongDan": [record, record]}}}
    found = {"Body": {"CongdanCollection": {"CongDan": record}}}
    other = {"Body": {"CongdanCollection": {"CongDan": record | {"SoDinhDanh": "999085000001"}}}}
    cases: tuple[tuple[str, str, Any, str], ...] = (
        ("opencps", "bản ghi", found, VERIFIED),
        ("opencps", "bản ghi trong Envelope", {"Envelope": found}, VERIFIED),
        ("opencps", "CongdanCollection rỗng", nobody, REJECTED),
        ("opencps", "hai công dân", two, unanswered(Trouble.TWO_CITIZENS)),
        ("opencps", "số của người khác", other, unanswered(Trouble.OTHER_PERSON)),
        ("opencps", "đối tượng rỗng", {}, _UNREADABLE),
        ("opencps", "Body là số", {"Body": 5}, _UNREADABLE),
        ("opencps", "thông báo thay cho dữ liệu", {"message": "Không tìm thấy"}, _UNREADABLE),
        ("opencps", "lỗi SOAP", {"Body": {"Fault": {"faultcode": "Server", "faultstring": "x"}}},
         unanswered(Trouble.SERVER_ERROR)),
        ("dong_thap", "data đúng", {"data": True}, VERIFIED),
        ("dong_thap", "data là văn bản true", {"data": "true"}, VERIFIED),
        ("dong_thap", "data sai", {"data": False}, REJECTED),
        ("dong_thap", "data là văn bản false", {"data": "false"}, REJECTED),
        ("dong_thap", "data null", {"data": None}, _UNREADABLE),
        ("dong_thap", "data là 0", {"data": 0}, _UNREADABLE),
        ("dong_thap", "data là chữ khác", {"data": "khong"}, _UNREADABLE),
        ("dong_thap", "không có data", {"message": "OK"}, _UNREADABLE),
        ("thanh_hoa", "bản ghi", {"error_code": 0, "message": MATCH.decode()}, VERIFIED),
        ("thanh_hoa", "không có ai", {"error_code": 0, "message": NOBODY.decode()}, REJECTED),
        ("thanh_hoa", "mã lỗi và thông báo", {"error_code": 5, "message": "Lỗi kết nối"}, _FAULT),
        ("thanh_hoa", "mã lỗi cạnh câu trả lời không có ai", {"error_code": 5, "message": NOBODY.decode()}, _FAULT),
        ("thanh_hoa", "message rỗng", {"error_code": 0, "message": ""}, _UNREADABLE),
        ("thanh_hoa", "message là đối tượng", {"error_code": 0, "message": {}}, _UNREADABLE),
        ("thanh_hoa", "message là HTML", {"error_code": 0, "message": "<html><p>x</html>"}, _UNREADABLE),
        ("thanh_hoa", "message bị cắt", {"error_code": 0, "message": MATCH.decode()[:900]}, _UNREADABLE),
        ("thanh_hoa", "lỗi SOAP", {"error_code": 0, "message": fault("Server").decode()},
         unanswered(Trouble.SERVER_ERROR)),
        ("thanh_hoa", "hai công dân", {"error_code": 0, "message": soap(collection(citizen(), citizen())).decode()},
         unanswered(Trouble.TWO_CITIZENS)),
    )  # fmt: skip
    for style, name, value, expected in cases:
        yield _through(group, style, name, _json_reply(value), expected)
    for style in ("opencps", "dong_thap", "thanh_hoa"):
        for name, reply, expected in (
            ("văn bản không phải JSON", http_reply(b"{khong", headers=_JSON), _UNREADABLE),
            ("danh sách thay cho đối tượng", _json_reply([]), _UNREADABLE),
            ("thân rỗng", http_reply(b"", headers=_JSON), _UNREADABLE),
            ("lồng sâu 100 000 tầng", http_reply(b'{"a":' * 100_000, headers=_JSON), _UNREADABLE),
            ("trang HTML", http_reply(b"<html/>", headers={"Content-Type": "text/html"}), _UNREADABLE),
            ("HTTP 500", _json_reply({}, "500 Internal Server Error"), unanswered(Trouble.SERVER_ERROR)),
        ):
            yield _through(group, style, name, reply, expected)
    yield group.asking(
        "JSON, mã truy cập hết hạn từ lâu vẫn dùng được cho một câu hỏi: khớp",
        says_by_path(
            {"/token": _json_token(expiryDate="2020-01-01T00:00:00Z"), "/lgsp-json": _json_reply(found)}
        ),
        VERIFIED,
        transport="lgsp_json",
        json_style="opencps",
    )


def _through(group: Group, style: str, name: str, reply: bytes, expected: str) -> Scenario:
    return group.asking(
        f"JSON kiểu {style}, {name}: {expected}",
        says_by_path({"/token": _json_token(), "/lgsp-json": reply}),
        expected,
        transport="lgsp_json",
        json_style=style,
        service="003" if style == "dong_thap" else "037",
    )


def _as_json() -> dict[str, Any]:
    place = {
        "MaTinhThanh": "31",
        "MaQuanHuyen": "",
        "MaPhuongXa": "99902",
        "ChiTiet": "SỐ 1",
        "QuocGia": "VN",
    }
    return {
        "SoDinhDanh": NUMBER,
        "SoCMND": "999000017",
        "HoVaTen": {"Ho": "", "ChuDem": "", "Ten": NAME.upper()},
        "GioiTinh": "2",
        "DanToc": "01",
        "NgayThangNamSinh": {"Nam": "1985", "NgayThangNam": "19850307"},
        "QuocTich": "VN",
        "ThuongTru": place,
        "NoiOHienTai": place,
    }
