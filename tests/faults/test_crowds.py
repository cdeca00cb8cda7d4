"""More than can be answered: who comes anew is told to wait, who was let in is answered, and supervisors always are."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from motcua.web.places import PATIENCE
from tests.dossiers.test_previews import bare_pdf
from tests.faults.browser import NOT_CHECKED, Browser
from tests.faults.conftest import UNWATCHED, Stack
from tests.faults.held import SERVE
from tests.people import cast
from tests.product_process import ProductProcess, Store, eventually, start_product
from tests.sandbox_process import start_sandbox

GET = b"GET /thu-tuc/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HELD = GET.replace(b"/thu-tuc/", b"/held")
TOLD_TO_WAIT = "Hiện có rất nhiều người dùng hệ thống"
BODY = b"x" * 4_000_000


@pytest.fixture(scope="module")
def narrow(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductProcess]:
    """Return a product each worker of which has one place."""
    folder = tmp_path_factory.mktemp("narrow")
    sandbox = start_sandbox(folder / "register")
    product = None
    try:
        product = start_product(
            filled.copy(folder / "product"),
            sandbox,
            command=[sys.executable, "-c", SERVE],
            MOTCUA_THREADS="1",
            HELD_UNTIL=str(folder / "until"),
            METRICS_TOKEN="a-token-for-a-monitor-of-the-test",
            **UNWATCHED,
        )
        yield product
    finally:
        if product is not None:
            product.stop()
        sandbox.stop()


class Asked:
    """Requests on their way, one a connection; nobody waits for the answers before they are wanted."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.lines: list[socket.socket] = []

    def ask(self, request: bytes) -> None:
        line = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        line.sendall(request)
        self.lines.append(line)

    def answered(self) -> HTTPResponse | None:
        """Take out the first answer that is there."""
        for line in select.select(self.lines, [], [], 0.05)[0]:
            self.lines.remove(line)
            return read(line)
        return None


def read(line: socket.socket) -> HTTPResponse:
    """Return an answer, read to its end; fails when it is cut off or none."""
    with closing(line):
        answer = HTTPResponse(line)
        answer.begin()
        answer.page = answer.read().decode()  # type: ignore[attr-defined]
    return answer


@contextmanager
def crowd(product: ProductProcess) -> Iterator[Asked]:
    """Crowd the one worker that runs: its place is held while the block lasts, and those in line wait in vain.

    Whoever was let in is answered in the end.
    """
    until = product.store.folder.parent / "until"
    with product.only(product.workers()[0]):
        asked = Asked(product.port)
        try:
            asked.ask(HELD)

            def is_crowded() -> bool:
                asked.ask(GET)
                answer = asked.answered()  # with a page, to whoever came before the place was taken
                assert answer is None or answer.status in {200, 503}
                return answer is not None and answer.status == 503

            eventually(is_crowded, "somebody to be told to wait")
            yield asked
        finally:
            until.touch()
        assert len(asked.lines) >= 2
        assert [read(line).status for line in asked.lines] == [200] * len(asked.lines)
        until.unlink()


def ask(product: ProductProcess, request: bytes) -> HTTPResponse:
    """Ask and wait for the answer."""
    line = socket.create_connection(("127.0.0.1", product.port), timeout=30)
    line.sendall(request)
    return read(line)


def test_who_comes_into_a_crowd_is_told_to_wait_and_the_next_after_it_is_answered(
    narrow: ProductProcess,
) -> None:
    with crowd(narrow):
        answer = ask(narrow, GET)
        assert answer.status == 503
        assert TOLD_TO_WAIT in answer.page
        assert answer.headers["Retry-After"] == answer.headers["Refresh"]
        assert answer.headers["Cache-Control"] == "no-store, private"

    assert ask(narrow, GET).status == 200
    assert "web.crowded told_to_wait=" in narrow.said()


def test_supervisors_are_answered_in_a_crowd(narrow: ProductProcess) -> None:
    with crowd(narrow):
        for path in ("/healthz", "/readyz"):
            assert ask(narrow, GET.replace(b"/thu-tuc/", path.encode())).status == 200
        token = b"/metrics HTTP/1.1\r\nAuthorization: Bearer a-token-for-a-monitor-of-the-test\r\nX:"
        figures = ask(narrow, GET.replace(b"/thu-tuc/", token))
    assert figures.status == 200
    told = figures.page.partition("\nmotcua_http_told_to_wait_total ")[2]
    assert int(told.partition("\n")[0]) >= 1


def test_who_stands_in_line_holds_no_thread(narrow: ProductProcess) -> None:
    # In time a worker has all its threads, for one that has just answered is a moment late for the next request.
    worker = with_fresh_workers(narrow)[0]
    with crowd(narrow) as asked:
        # A slow machine is crowded sooner; with a thread for each of these there would be more than sixteen still.
        assert len(asked.lines) > 8
        assert len(list(Path(f"/proc/{worker}/task").iterdir())) <= 16


def with_fresh_workers(product: ProductProcess) -> list[int]:
    """End the workers and return the process ids of those that follow, in the order of ``workers``."""
    before = product.workers()
    for pid in before:
        os.kill(pid, signal.SIGTERM)

    def followers() -> list[int] | None:
        now = product.workers()
        return now if len(now) == len(before) and not set(now) & set(before) else None

    found: list[int] = eventually(followers, "other workers")
    return found


def test_a_large_form_that_is_refused_has_its_answer_whole(narrow: ProductProcess) -> None:
    head = f"POST /dang-nhap/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with crowd(narrow):
        answer = ask(narrow, head.encode() + BODY)
        assert answer.status == 503
        assert "chưa được nhận" in answer.page
        assert "Refresh" not in answer.headers


def test_who_sends_slowly_into_a_crowd_keeps_nobody_waiting(narrow: ProductProcess) -> None:
    with crowd(narrow), closing(socket.create_connection(("127.0.0.1", narrow.port), timeout=30)) as slow:
        slow.sendall(b"POST /dang-nhap/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nword=")
        silent = socket.create_connection(("127.0.0.1", narrow.port), timeout=30)
        assert ask(narrow, GET).status == 503
        slow.sendall(b"x" * 1000)
        assert read(slow).status == 503
        silent.sendall(GET)
        assert read(silent).status == 503


def test_a_line_that_was_kept_is_refused_like_a_new_one(narrow: ProductProcess) -> None:
    with closing(HTTPConnection("127.0.0.1", narrow.port, timeout=30)) as kept:
        with narrow.only(narrow.workers()[0]):
            kept.request("GET", "/thu-tuc/")
            answer = kept.getresponse()
            answer.read()
            assert answer.status == 200
            assert kept.sock is not None
        with crowd(narrow):
            kept.request("GET", "/thu-tuc/")
            answer = kept.getresponse()
            assert TOLD_TO_WAIT in answer.read().decode()
            assert answer.headers["Connection"] == "close"


def test_a_form_on_a_slow_line_takes_no_place(narrow: ProductProcess) -> None:
    with (
        narrow.only(narrow.workers()[0]),
        closing(socket.create_connection(("127.0.0.1", narrow.port), timeout=30)) as slow,
    ):
        form = ask(narrow, GET.replace(b"/thu-tuc/", b"/dang-nhap/"))
        cookie = form.headers["Set-Cookie"].partition(";")[0]
        head = f"POST /dang-nhap/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: 100\r\n"
        slow.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nword=".encode())

        for _ in range(5):
            assert ask(narrow, GET).status == 200

        slow.sendall(b"x" * 95)
        assert read(slow).status == 403


@pytest.mark.parametrize("way", ["given", "fetched"])
def test_papers_on_slow_lines_take_no_connection_from_others(narrow: ProductProcess, way: str) -> None:
    browser = Browser(narrow.url)
    browser.log_in(cast.an)
    papers = browser.agrees(browser.starts_filing()).path
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    if way == "given":
        request = f"POST {papers} HTTP/1.1\r\nContent-Length: 9999\r\n"
        body = "--limit\r\n"
    else:
        page = browser.uploads(papers, "dai.pdf", bare_pdf(content=b"%" + BODY + BODY))
        paper = re.findall(rf'href="({papers}[^/]+/)"', page.text)[0]
        request, body = f"GET {paper} HTTP/1.1\r\n", ""
    head = (
        f"Host: localhost\r\nCookie: {cookies}\r\nContent-Type: multipart/form-data; boundary=limit\r\n\r\n"
    )
    with narrow.only(narrow.workers()[0]), ExitStack() as lines:
        # A worker has twelve connections to its database.
        for _ in range(14):
            line = lines.enter_context(closing(socket.socket()))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", narrow.port))
            line.sendall(f"{request}{head}{body}".encode())
            assert ask(narrow, GET).status == 200

        began = time.monotonic()
        assert browser.get(papers).status == 200
        assert time.monotonic() - began < 5


def test_a_register_that_hangs_makes_no_crowd(patient: Stack) -> None:
    patient.sandbox.trouble("no_answer", number=cast.cuc.number)
    browser = Browser(patient.product.url)

    with patient.product.only(patient.product.workers()[0]):
        hanging = [patient.at_once(Browser(patient.product.url).registers, cast.cuc) for _ in range(4)]
        eventually(lambda: patient.questions(cast.cuc) == 4, "the questions to hang")
        enough = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < enough:
            assert browser.get("/thu-tuc/").status == 200
        assert not any(page.done() for page in hanging)

    patient.sandbox.process.kill()
    assert {page.result(60).outcome() for page in hanging} == {NOT_CHECKED}
    patient.sandbox.stop()
    patient.restart_register()


def test_in_a_burst_everybody_has_an_answer(narrow: ProductProcess) -> None:
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: ask(narrow, GET), range(600)))

    assert {answer.status for answer in answers} <= {200, 503}
    assert all(TOLD_TO_WAIT in answer.page for answer in answers if answer.status == 503)
    eventually(lambda: ask(narrow, GET).status == 200, "the product to be itself again")
