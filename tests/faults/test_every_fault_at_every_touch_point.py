"""Each way in which a line can fail, met at the desk, at registration and at filing: said as *not checked*, written
down once with its reason, asked once at most, nothing lost; and the next press works when the line does.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.browser import FAILED, NOT_CHECKED
from tests.faults.conftest import Stack, personal_in
from tests.faults.fault_proxy import (
    Fault,
    FaultProxy,
    answering,
    cut,
    dripping,
    endless,
    hanging_up,
    lost,
    silent,
    spoiled,
)
from tests.faults.touch_points import TOUCH_POINTS
from tests.population.stub_register import http

SOON = 20
ALARMING = {"unreadable", "oversized", "encoding", "bad_record", "other_person", "two_citizens"}


@dataclass(frozen=True)
class Case:
    """How the line fails, what stands in the book as the reason, and how often a question arrives whole."""

    begins: Callable[[Stack], object]
    reasons: frozenset[str]
    asked: int = 1


def at_proxy(fault: Fault, *reasons: str) -> Case:
    def begins(stack: Stack) -> None:
        line(stack).fault = fault

    return Case(begins, frozenset(reasons))


def body(spoil: Callable[[bytes], bytes], *reasons: str) -> Case:
    return at_proxy(spoiled(spoil), *reasons)


def at_register(kind: str, *reasons: str) -> Case:
    return Case(lambda stack: stack.sandbox.trouble(kind), frozenset(reasons))


def said(reply: bytes, *reasons: str) -> Case:
    return at_proxy(answering(reply), *reasons)


def line(stack: Stack) -> FaultProxy:
    assert stack.proxy is not None
    return stack.proxy


def after_headers(reply: bytes) -> int:
    return reply.index(b"\r\n\r\n") + 4


def in_headers(reply: bytes) -> int:
    return after_headers(reply) - 20


def in_body(reply: bytes) -> int:
    return (after_headers(reply) + len(reply)) // 2


def start(reply: bytes) -> int:
    return 0


def declared(reply: bytes) -> bytes:
    return reply.partition(b"?>")[2]


def in_envelope(reply: bytes, inserted: bytes) -> bytes:
    """Put something into the Body, before the answer."""
    return re.sub(rb"(<[\w:]*Body[^>]*>)", lambda found: found[1] + inserted, reply, count=1)


def encoded_twice(reply: bytes) -> bytes:
    return reply.decode().encode().decode("latin-1").encode()


BOMB = b"".join(
    [b'<!DOCTYPE a [<!ENTITY a0 "ha">']
    + [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    + [b"]>"]
)
PACKED = zlib.compress(b"0" * 10_000_000, 9)
CHUNKED = {"Transfer_Encoding": "chunked"}
MOVED = {"Location": "http://127.0.0.1:1/elsewhere"}
HTML = {"Content_Type": "text/html"}

FAULTS: dict[str, Case] = {
    # nobody there
    "refused": Case(lambda stack: line(stack).refuses(), frozenset({"connection"}), asked=0),
    "knocks in vain": Case(lambda stack: line(stack).clogs(), frozenset({"timeout"}), asked=0),
    "reset before it was read": Case(lambda stack: line(stack).resets(), frozenset({"connection"}), asked=0),
    # there, but without an answer
    "accepted and silent": at_proxy(silent, "timeout"),
    "a byte a second": at_proxy(dripping(start), "timeout"),
    "a byte a second after the headers": at_proxy(dripping(after_headers), "timeout"),
    "reset after the question": at_proxy(lost, "connection"),
    "closed without a word": at_proxy(hanging_up, "connection"),
    "cut within the headers": at_proxy(cut(in_headers), "connection", "unreadable"),
    "cut after the headers": at_proxy(cut(after_headers), "connection", "unreadable"),
    "cut within the body": at_proxy(cut(in_body), "connection", "unreadable"),
    "silent within the headers": at_proxy(cut(in_headers, is_held=True), "timeout"),
    "silent within the body": at_proxy(cut(in_body, is_held=True), "timeout"),
    "forever to be continued": at_proxy(
        endless(b"HTTP/1.1 100 Continue\r\n\r\n", seconds=0.05), "timeout", "unreadable"
    ),
    "headers without end": at_proxy(
        endless(b"X-More: and more\r\n", first=b"HTTP/1.1 200 OK\r\n"), "unreadable"
    ),
    "a body without end": at_proxy(
        endless(b" " * 60_000, first=b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"), "oversized"
    ),
    "chunks that are none": said(http(b"zz\r\n", **CHUNKED), "unreadable", "connection"),
    "another protocol": said(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "unreadable"),
    # an error instead of an answer
    "500": at_register("fault_500", "server_error"),
    "502 of a bridge": at_register("html_502", "server_error"),
    "503 that names no time": said(http(b"", "503 Busy"), "busy"),
    "503 that names nonsense": said(http(b"", "503 Busy", Retry_After="soon"), "busy"),
    "429": said(http(b"", "429 Slowly"), "busy"),
    "404": said(http(b"", "404 Gone"), "configuration"),
    "elsewhere (302)": said(http(b"", "302 Found", **MOVED), "unreadable"),
    # an answer that is none
    "empty": at_register("empty_body", "unreadable"),
    "nothing (204)": said(b"HTTP/1.1 204 No Content\r\n\r\n", "unreadable"),
    "blanks": body(lambda reply: b" \n ", "unreadable"),
    "an HTML page": at_register("html_200", "unreadable"),
    "an HTML page that says it is XML": body(lambda reply: b"<html><p>x</p></html>", "unreadable"),
    "XML that says it is an HTML page": said(http(b"<a/>", **HTML), "unreadable"),
    "JSON": body(lambda reply: b'{"SoDinhDanh": 1}', "unreadable"),
    "truncated": at_register("truncated_xml", "unreadable", "encoding"),
    "oversized": at_register("oversized", "oversized"),
    "packed": said(http(PACKED, Content_Encoding="deflate"), "unreadable"),
    "deeply nested": body(lambda reply: b"<a>" * 9_000 + b"</a>" * 9_000, "unreadable"),
    "deeply nested in an envelope": body(
        lambda reply: in_envelope(reply, b"<a>" * 70 + b"</a>" * 70), "unreadable"
    ),
    "a hundred thousand attributes": body(
        lambda reply: b"<a " + b" ".join(b'a%d=""' % n for n in range(100_000)) + b"/>", "unreadable"
    ),
    "a DTD": body(
        lambda reply: b'<!DOCTYPE a SYSTEM "file:///etc/hostname">' + declared(reply), "unreadable"
    ),
    "a bomb of entities": body(lambda reply: BOMB + in_envelope(declared(reply), b"&a9;"), "unreadable"),
    "windows-1258": at_register("wrong_encoding", "encoding"),
    "UTF-16": body(lambda reply: declared(reply).decode().encode("utf-16"), "encoding"),
    "encoded twice": body(encoded_twice, "encoding"),
    "letters lost on the way": body(
        lambda reply: re.sub(rb"(?s)<ns1:Ten>.*?</ns1:Ten>", b"<ns1:Ten>NGUY\xef\xbf\xbdN</ns1:Ten>", reply), "encoding"
    ),
    "two citizens": at_register("two_records", "two_citizens"),
    "another person": at_register("other_person", "other_person"),
    "two bodies": body(
        lambda reply: re.sub(rb"(?s)(<(\w+):Body.*</\2:Body>)", rb"\1\1", reply), "unreadable"
    ),
    "two answers in one body": body(lambda reply: in_envelope(reply, b"<a/>"), "unreadable"),
    "a fault and an answer": body(
        lambda reply: in_envelope(
            reply, b'<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><faultcode/></s:Fault>'
        ),
        "server_error",
    ),
    "an answer to another question": body(
        lambda reply: reply.replace(b"CongdanCollection", b"TonTai"), "unreadable"
    ),
    "a record without a number": body(
        lambda reply: re.sub(rb"<\w+:SoDinhDanh>\d+</\w+:SoDinhDanh>", b"", reply, count=1), "bad_record"
    ),
}  # fmt: skip


def book(stack: Stack) -> dict[str, tuple[Any, ...]]:
    question = "SELECT request_id, touch_point, outcome, reason FROM verification_identitycheck"
    return {request_id: rest for request_id, *rest in stack.product.store.rows(question)}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_as_not_checked_at_every_touch_point_and_the_next_press_works(
    shaky: Stack, name: str
) -> None:
    case = FAULTS[name]
    visits = [touch_point(shaky, shaky.people.pop()) for touch_point in TOUCH_POINTS]
    before, alarms = book(shaky), shaky.product.said().count("npd.alarm trouble=")
    arrived = len(line(shaky).questions)

    case.begins(shaky)
    presses = [shaky.at_once(visit.presses) for visit in visits]
    pages = [press.result(SOON) for press in presses]

    written = {request: row for request, row in book(shaky).items() if request not in before}
    assert sorted(point for point, _, _ in written.values()) == ["filing", "reception", "registration"]
    assert {outcome for _, outcome, _ in written.values()} == {"unanswered"}
    assert {reason for _, _, reason in written.values()} <= case.reasons
    assert {request: line(shaky).asked(request) for request in written} == dict.fromkeys(written, case.asked)
    assert len(line(shaky).questions) == arrived + 3 * case.asked, "nothing else was asked or fetched"
    for visit, page in zip(visits, pages, strict=True):
        assert page.status == 200, visit.name
        assert page.outcome() == NOT_CHECKED, visit.name
        assert FAILED not in page.text, visit.name
        assert visit.lost(page) == [], visit.name
    is_alarming = {reason for _, _, reason in written.values()} <= ALARMING | {"configuration"}
    assert shaky.product.said().count("npd.alarm trouble=") == alarms + 3 * is_alarming
    assert personal_in(shaky.product.said()) == []

    line(shaky).heals()
    shaky.sandbox.clear()
    presses = [shaky.at_once(visit.presses_again) for visit in visits]
    for visit, press in zip(visits, presses, strict=True):
        assert visit.is_through(press.result(SOON)), visit.name
    answered = {
        outcome for request, (_, outcome, _) in book(shaky).items() if request not in before | written
    }
    assert answered == {"verified"}


def test_the_search_for_personal_words_in_a_log_finds_them() -> None:
    told = "NGUYEN VAN AN|nguyễn văn an|NGUYENVANAN|999085000001|07/03/1985|19850307"

    assert {"Nguyễn Văn An", "NGUYENVANAN", "NGUYEN VAN AN", "999085000001", "07/03/1985", "19850307"} <= set(
        personal_in(told)
    )
