"""Scenarios: what a server must refuse, and that a refusal is one: no record, no 2xx, nothing of the question in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from motcua.population.conformance import gateways
from motcua.population.conformance.bending import Calls
from motcua.population.conformance.families import Question, c06_headers
from motcua.population.conformance.readings import QLDC, SOAP, parse, xpath_reading
from motcua.population.conformance.scenario import Mismatch, Scenario
from motcua.population.conformance.target import LOOKUP, Reply, Target

_GROUP = "Máy chủ từ chối điều phải từ chối"
_NOT_THERE = (404, 405)  # nobody answers at that address: no refusal
_REFUSED = tuple(status for status in range(400, 600) if status not in _NOT_THERE)
_MISTAKEN = tuple(status for status in _REFUSED if status < 500)
_BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]>' % b"".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'.encode()
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusal_scenarios(target: Target) -> Iterator[Scenario]:
    """Yield what C06, X-Road and the two gateways must refuse."""
    yield from _c06(target)
    yield from _xroad(target)
    yield from _lgsp(target)
    yield from _json(target)


def _refusal(
    sentence: str, ask: Callable[[], Reply], statuses: tuple[int, ...] = _REFUSED, *, unsaid: str = ""
) -> Scenario:
    told = {_REFUSED: "4xx hoặc 5xx, trừ 404 và 405", _MISTAKEN: "4xx, trừ 404 và 405"}
    expected = f"HTTP {told.get(statuses) or ' hoặc '.join(map(str, statuses))}"
    return Scenario(
        group=_GROUP,
        name=sentence,
        expected=f"{expected}, không có dữ liệu",
        observe=lambda: _is_refused(ask(), statuses, unsaid),
    )


def _is_refused(reply: Reply, statuses: tuple[int, ...], unsaid: str) -> str:
    if reply.status not in statuses:
        raise Mismatch(f"HTTP {reply.status}")
    if b"CongDan" in reply.body and b"SoDinhDanh>" in reply.body:
        raise Mismatch(f"HTTP {reply.status}, nhưng có dữ liệu công dân")
    if unsaid and unsaid.encode() in reply.body:
        raise Mismatch(f"HTTP {reply.status}, nhưng nhắc lại điều đã gửi")
    return f"HTTP {reply.status}, không có dữ liệu"


def _c06(target: Target) -> Iterator[Scenario]:
    calls = Calls(target)
    an = target.people["ordinary"]
    right = calls.fields(an)

    def ask(headers: Mapping[str, str], *, drop: str = "") -> Reply:
        usual = {"Content-Type": "application/xml", **c06_headers(target, LOOKUP), **headers}
        usual.pop(drop, None)
        return target.send("c06", calls.body(right), usual, operation=LOOKUP)

    def shifted(seconds: float) -> Reply:
        return ask(c06_headers(target, LOOKUP, shift=seconds))

    def wrong(changes: dict[str, str | None]) -> Reply:
        return _fault(calls.ask(an, **changes))

    only_401 = (401,)
    for sentence, shift in (("cũ 10 phút", -600), ("sớm 10 phút", 600)):
        yield _refusal(
            f"Timestamp {sentence} bị từ chối",
            partial(shifted, shift),
            only_401,
        )
    yield _refusal("Thiếu Timestamp bị từ chối", lambda: ask({}, drop="Timestamp"), only_401)
    yield _refusal("Timestamp không phải số bị từ chối", lambda: ask({"Timestamp": "hom-nay"}), only_401)
    yield _refusal("Thiếu Authorization bị từ chối", lambda: ask({}, drop="Authorization"), only_401)
    yield _refusal(
        "Authorization không phải base64 bị từ chối", lambda: ask({"Authorization": "Basic %%%"}), only_401
    )
    yield _refusal(
        "Authorization kiểu Bearer ở đường C06 bị từ chối",
        lambda: ask({"Authorization": "Bearer abc"}),
        only_401,
    )
    stranger = replace(target, credentials={**target.credentials, "NPD_USERNAME": "nobody_here"})
    yield _refusal("Tài khoản lạ bị từ chối", lambda: ask(c06_headers(stranger, LOOKUP)), only_401)
    yield _refusal(
        "Mã băm của giờ khác với Timestamp gửi kèm bị từ chối",
        lambda: ask({"Timestamp": str(int(time.time() * 1000) - 5000)}),
        only_401,
    )
    yield _refusal(
        "Thao tác không có trả lời lỗi SOAP",
        lambda: _fault(
            calls.send(calls.body(right, root="KhongCoThaoTacNay"), operation="KhongCoThaoTacNay")
        ),
    )
    yield _refusal(
        "Thân hỏi thao tác khác với địa chỉ trả lời lỗi SOAP",
        lambda: _fault(calls.send(calls.body(right, root="KhongCoThaoTacNay"))),
    )
    for sentence, changes in _WRONG_ELEMENTS:
        yield _refusal(sentence, partial(wrong, changes))
    for sentence, change in _WRONG_BODIES:
        yield _refusal(sentence, partial(calls.bent, an, change=change), _MISTAKEN)
    yield _refusal(
        "Thân không phải SOAP mà là JSON bị từ chối",
        lambda: calls.send(b'{"SoDinhDanh": "1"}', {"Content-Type": "application/json"}),
        _MISTAKEN,
    )
    yield _refusal(
        "Lỗi không nhắc lại số hay tên đã hỏi",
        lambda: _fault(calls.ask(an, SoDinhDanh="12345678X901", HoVaTen="NGUOIBIMAT")),
        unsaid="NGUOIBIMAT",
    )


_WRONG_ELEMENTS: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("Thiếu cả hai số trả lời lỗi SOAP", {"SoDinhDanh": None}),
    ("Thiếu họ tên trả lời lỗi SOAP", {"HoVaTen": None}),
    ("Thiếu ngày sinh trả lời lỗi SOAP", {"NgayThangNamSinh": None}),
    ("Thiếu mã yêu cầu trả lời lỗi SOAP", {"MaYeuCau": None}),
    ("Số định danh 11 chữ số trả lời lỗi SOAP", {"SoDinhDanh": "99908500000"}),
    ("Ngày 30/02 trả lời lỗi SOAP", {"NgayThangNamSinh": "<dan:NgayThangNam>19850230</dan:NgayThangNam>"}),
    (
        "Chỉ tháng và năm trả lời lỗi SOAP",
        {"NgayThangNamSinh": "<dan:NgayThangNam>198503</dan:NgayThangNam>"},
    ),
    (
        "Cả Nam và NgayThangNam trả lời lỗi SOAP",
        {"NgayThangNamSinh": "<dan:Nam>1985</dan:Nam><dan:NgayThangNam>19850307</dan:NgayThangNam>"},
    ),
    ("Mã tích hợp lạ trả lời lỗi SOAP", {"MaTichHop": "999"}),
)
_WRONG_BODIES: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("DTD bị từ chối", lambda body: b"<!DOCTYPE x>" + body),
    (
        "Thực thể trỏ đến tệp bị từ chối, không đọc tệp",
        lambda body: (
            b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + body.replace(b"037", b"&f;")
        ),
    ),
    ("Bom thực thể bị từ chối ngay", lambda body: _BOMB + body.replace(b"037", b"&i;")),
    ("Thân quá lớn (300 kB) bị từ chối", lambda body: body + b" " * 300_000),
    ("Thân không phải UTF-8 bị từ chối", lambda body: body.replace(b"037", b"\xff\xfe")),
    ("Thân UTF-16 bị từ chối", lambda body: body.decode().encode("utf-16")),
    ("XML bị cắt giữa chừng bị từ chối", lambda body: body[: len(body) // 2]),
    ("Thân rỗng bị từ chối", lambda body: b""),
    ("XML không phải phong bì SOAP bị từ chối", lambda body: b"<x/>"),
    (
        "Hai câu hỏi trong một Body bị từ chối",
        lambda body: body.replace(b"</soapenv:Body>", f'<q:x xmlns:q="{QLDC}"/></soapenv:Body>'.encode()),
    ),
    ("Lồng sâu 2000 tầng bị từ chối", lambda body: body.replace(b"037", b"<a>" * 2000 + b"</a>" * 2000)),
)


def _fault(reply: Reply) -> Reply:
    fault = parse(reply.body).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if fault is None or not fault.findtext("faultcode") or not fault.findtext("faultstring"):
        raise Mismatch(f"HTTP {reply.status}, không phải lỗi SOAP 1.1")
    return reply


def _xroad(target: Target) -> Iterator[Scenario]:
    calls = Calls(target)
    an = target.people["ordinary"]
    own = target.credentials

    def ask(headers: Mapping[str, str], operation: str = LOOKUP) -> Reply:
        usual = {
            "Content-Type": "application/xml; charset=utf-8",
            "X-Road-Client": own["NPD_XROAD_CLIENT"],
            "ApiKey": own["NPD_API_KEY"],
            **c06_headers(target, operation),
        }
        return target.send("xroad", calls.body(calls.fields(an)), usual | dict(headers), operation=operation)

    def error(reply: Reply, kind: str) -> Reply:
        told = reply.headers.get("x-road-error", "")
        body = gateways.json_of(reply)
        if not told.startswith(kind) or body.get("type") != told or "message" not in body:
            raise Mismatch(f"HTTP {reply.status}, X-Road-Error {told or 'không có'}"[:200])
        return reply

    def echoed() -> str:
        reply = ask({"X-Road-Id": "conformance-0001"})
        if reply.headers.get("x-road-id") != "conformance-0001":
            raise Mismatch("X-Road-Id không được trả lại")
        if reply.headers.get("x-road-client") != own["NPD_XROAD_CLIENT"]:
            raise Mismatch("X-Road-Client không được trả lại")
        if not xpath_reading(reply).is_found:
            raise Mismatch("không có người này")
        return "cùng X-Road-Id và X-Road-Client"

    yield Scenario(
        group=_GROUP,
        name="X-Road: trả lại đúng X-Road-Id và X-Road-Client đã gửi",
        expected="cùng X-Road-Id và X-Road-Client",
        observe=echoed,
    )
    yield _refusal(
        "X-Road: đơn vị lạ bị từ chối bằng X-Road-Error AccessDenied",
        lambda: error(ask({"X-Road-Client": "NOBODY/GOV/X/Y"}), "Server.ServerProxy.AccessDenied"),
    )
    yield _refusal(
        "X-Road: thiếu X-Road-Client bị từ chối bằng X-Road-Error Client",
        lambda: error(ask({"X-Road-Client": ""}), "Client."),
    )
    yield _refusal(
        "X-Road: dịch vụ lạ bị từ chối bằng X-Road-Error Server",
        lambda: error(ask({}, operation="KhongCoThaoTacNay"), "Server."),
    )
    yield _refusal("X-Road: ApiKey sai bị từ chối", lambda: ask({"ApiKey": "nobody-has-this"}), (401,))


def _question(target: Target) -> Question:
    an = target.people["ordinary"]
    return Question(an.number, an.name, an.birth)


def _lgsp(target: Target) -> Iterator[Scenario]:
    question = _question(target)

    def bearer() -> str:
        return str(gateways.json_of(gateways.lgsp_token(target)).get("access_token", ""))

    def token() -> str:
        reply = gateways.lgsp_token(target)
        found = gateways.json_of(reply)
        if reply.status != 200 or str(found.get("token_type", "")).lower() != "bearer":
            raise Mismatch(f"HTTP {reply.status}, không phải mã Bearer")
        if not isinstance(found.get("expires_in"), int) or found["expires_in"] <= 0:
            raise Mismatch("không có expires_in")
        return "Bearer, expires_in"

    yield Scenario(group=_GROUP, name="LGSP: mã truy cập có loại Bearer và hạn dùng",
                   expected="Bearer, expires_in", observe=token)  # fmt: skip
    yield _refusal("LGSP: mã truy cập lạ bị từ chối",
                   lambda: gateways.lgsp_call(target, question, bearer="nobody-has-this"), (401,))  # fmt: skip
    yield _refusal("LGSP: không có mã truy cập bị từ chối",
                   lambda: gateways.lgsp_call(target, question, bearer=""), (401,))  # fmt: skip
    yield _refusal(
        "LGSP: khóa cán bộ (AuthHash) sai bị từ chối",
        lambda: gateways.lgsp_call(target, question, bearer=bearer(), officer_key="nobody:nothing"),
        (400, 401, 403),
    )


def _json(target: Target) -> Iterator[Scenario]:
    question = _question(target)
    fields = gateways.s5_fields(target, question)

    def bearer() -> str:
        return str(gateways.json_of(gateways.json_token(target)).get("token", ""))

    def token() -> str:
        found = gateways.json_of(gateways.json_token(target))
        missing = [name for name in ("token", "refreshToken", "expiryDate") if not found.get(name)]
        if missing:
            raise Mismatch(f"thiếu {', '.join(missing)}")
        return "token, refreshToken, expiryDate"

    def garbage(path: str) -> Reply:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer()}"}
        return target.send(path, b"{khong phai JSON", headers)

    yield Scenario(group=_GROUP, name="JSON: mã truy cập có token, refreshToken và expiryDate",
                   expected="token, refreshToken, expiryDate", observe=token)  # fmt: skip
    for path in ("opencps", "dong_thap", "thanh_hoa"):
        yield _refusal(
            f"JSON kiểu {path}: mã truy cập lạ bị từ chối",
            partial(gateways.json_call, target, path, fields, bearer="nobody-has-this"),
            (401,),
        )
        yield _refusal(
            f"JSON kiểu {path}: thân không phải JSON bị từ chối",
            partial(garbage, path),
        )
