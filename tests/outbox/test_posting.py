"""Posting to another system: bounded in time and size, nothing followed, and each kind of answer told apart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from motcua.outbox import posting
from motcua.outbox.posting import get_json, post_json
from motcua.outbox.service import Failed, Refused, Unreachable
from tests.sandbox_process import make_certificates, start_sandbox

Act = Callable[[BaseHTTPRequestHandler], None]


class Other:
    """A small other system: does with each request as it is told, and keeps what came."""

    def __init__(self) -> None:
        self.act: Act = answer(200, b"{}")
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                other.came.append((self.command, self.path, dict(self.headers), body))
                other.act(self)

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/door"


def answer(status: int, body: bytes = b"", **headers: str) -> Act:
    """Answer with a status, a body and headers."""

    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return act


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.server.shutdown()
    other.server.server_close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each exchange a third of a second."""
    monkeypatch.setattr(posting, "_TOTAL", 0.3)


def test_an_object_arrives_as_json_with_its_headers(other: Other) -> None:
    other.act = answer(201, '{"nói": "được"}'.encode())
    reply = post_json(other.url, {"Tên": "Đặng"}, headers={"Authorization": "Bearer a"})
    ((method, path, headers, body),) = other.came
    assert (method, path, json.loads(body)) == ("POST", "/door", {"Tên": "Đặng"})
    assert headers["Authorization"] == "Bearer a"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert (reply.status, reply.json()) == (201, {"nói": "được"})


def test_asking_sends_no_body(other: Other) -> None:
    get_json(other.url)
    assert [(method, body) for method, _, _, body in other.came] == [("GET", b"")]


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 407, 408, 429, 502, 503, 504])
def test_what_is_no_fault_of_the_parcel_makes_its_topic_wait(other: Other, status: int) -> None:
    other.act = answer(status, Location="/elsewhere")
    with pytest.raises(Unreachable, match=f"status_{status}"):
        post_json(other.url, {})
    assert [path for _, path, _, _ in other.came] == ["/door"], "nothing is followed or repeated"


@pytest.mark.parametrize("status", [500, 501, 505])
def test_an_error_of_theirs_is_tried_again(other: Other, status: int) -> None:
    other.act = answer(status)
    with pytest.raises(Failed, match=f"status_{status}"):
        post_json(other.url, {})
    assert len(other.came) == 1


@pytest.mark.parametrize("status", [400, 405, 409, 413, 422])
def test_what_they_will_not_take_is_refused(other: Other, status: int) -> None:
    other.act = answer(status)
    with pytest.raises(Refused, match=f"status_{status}"):
        post_json(other.url, {})


def test_nobody_listening_is_out_of_reach() -> None:
    with pytest.raises(Unreachable):
        post_json("http://127.0.0.1:9/", {})


@pytest.mark.parametrize("url", ["", "http://", "no address", "ftp://127.0.0.1/"])
def test_an_address_that_is_none_is_out_of_reach(url: str) -> None:
    with pytest.raises(Unreachable):
        post_json(url, {})


@pytest.mark.usefixtures("hurried")
class TestTime:
    """However the other side spends it, the time is over when it is over."""

    def within_a_second(self, url: str, act: Callable[[], object] | None = None) -> None:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            post_json(url, {})
        assert time.monotonic() - began < 1.5

    def test_no_answer_at_all(self, other: Other) -> None:
        other.act = lambda request: time.sleep(3)
        self.within_a_second(other.url)

    def test_an_answer_whose_headers_drip(self, other: Other) -> None:
        def drip(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(60):
                request.wfile.write(b"x")
                time.sleep(0.05)

        other.act = drip
        self.within_a_second(other.url)

    @pytest.mark.parametrize(
        ("header", "piece"),
        [
            ({}, b" "),
            ({"Content-Length": "60"}, b" "),
            ({"Transfer-Encoding": "chunked"}, b"1\r\n \r\n"),
            ({}, b" " * 100),
        ],
    )
    def test_an_answer_whose_body_drips(self, other: Other, header: dict[str, str], piece: bytes) -> None:
        def drip(request: BaseHTTPRequestHandler) -> None:
            request.protocol_version = "HTTP/1.1" if header else "HTTP/1.0"
            request.send_response(200)
            for name, value in header.items():
                request.send_header(name, value)
            request.end_headers()
            for _ in range(60):
                request.wfile.write(piece)
                time.sleep(0.05)

        other.act = drip
        self.within_a_second(other.url)

    def test_a_connection_that_is_used_again_is_not_cut_off_by_the_time_of_an_earlier_answer(
        self, other: Other
    ) -> None:
        ports: list[int] = []

        def act(request: BaseHTTPRequestHandler) -> None:
            ports.append(request.client_address[1])
            answer(200, b"{}")(request)

        other.act = act
        other.server.RequestHandlerClass.protocol_version = "HTTP/1.1"  # type: ignore[attr-defined]
        for _ in range(3):
            assert post_json(other.url, {}).status == 200
            time.sleep(0.2)
        assert len(set(ports)) == 1


@pytest.mark.parametrize("body", [b"x" * 65 * 1024, b"x" * 5_000_000])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(other: Other, body: bytes) -> None:
    other.act = answer(200, body)
    with pytest.raises(Failed, match="answer_too_large"):
        post_json(other.url, {})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b"\xff\xfe"])
def test_an_answer_that_is_no_object_is_unreadable(other: Other, body: bytes) -> None:
    other.act = answer(200, body)
    with pytest.raises(Failed, match="unreadable"):
        post_json(other.url, {}).json()


def test_a_certificate_that_nobody_trusts_is_out_of_reach(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    sandbox = start_sandbox(tmp_path / "state", certificates=certificates)
    try:
        with pytest.raises(Unreachable, match="tls"):
            get_json(f"{sandbox.url}/healthz")
    finally:
        sandbox.stop()
