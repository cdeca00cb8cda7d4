"""Forty officers of the crowd, logged in."""

from __future__ import annotations

import time
import uuid
from urllib.parse import urlencode

from bench import journeys
from bench.browser import Browser, OverHttp, Page, path_of
from bench.crowd import officer_login, somebody
from bench.load import Stream, Taken, drive
from bench.stack import OFFICERS

VERIFIED = "Xác thực thành công"
UNANSWERED = "Chưa kiểm tra được"
QUEUE, CATALOGUE = "/mot-cua/", "/thu-tuc/"


class Desk:
    """Officers who check one new person of the crowd after the other, or look at pages that ask nothing."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.next_place = 1000
        self._cookies: list[str] = []
        self._bodies: list[dict[str, str]] = []
        for place in range(OFFICERS):
            carrier = OverHttp(port)
            browser = Browser(carrier)
            journeys.log_in(browser, just_do, officer_login(place))
            page = browser.get("/mot-cua/tiep-nhan/")
            self._bodies.append(
                {**browser.fields(journeys.CHECK_BUTTON), "procedure": journeys.procedure_key(page)}
            )
            self._path = path_of(browser.action(journeys.CHECK_BUTTON))
            self._cookies.append("; ".join(f"{name}={value}" for name, value in carrier.cookies.items()))
            self.carrier = carrier

    def checks(self, rate: float, seconds: float, words: str = VERIFIED) -> Stream:
        """Return checks of new people; ``words`` are those of the outcome that is right."""
        first, self.next_place = self.next_place, self.next_place + round(rate * seconds)
        return Stream(rate, self._check, words.encode(), first)

    def pages(self, rate: float) -> list[Stream]:
        """Return a citizen's and an officer's look at pages that ask the register nothing, each at this rate."""
        return [
            Stream(rate, lambda _: _get(CATALOGUE), b"</html>"),
            Stream(rate, lambda place: _get(QUEUE, self._cookies[place % OFFICERS]), b"</html>"),
        ]

    def load(self, rate: float, seconds: float) -> Taken:
        """Check people at a steady rate."""
        return drive(port=self.port, seconds=seconds, streams=[self.checks(rate, seconds)])[0]

    def check_one(self) -> tuple[float, str]:
        """Let the last officer check the next person without JavaScript; return milliseconds and the page."""
        place, self.next_place = self.next_place, self.next_place + 1
        carrier = OverHttp(self.port)
        carrier.cookies = dict(self.carrier.cookies)
        began = time.monotonic()
        page = carrier.send("POST", self._path, self._said(OFFICERS - 1, place), {})
        return (time.monotonic() - began) * 1000, page.text

    def _said(self, officer: int, place: int) -> dict[str, str]:
        person = somebody(place)
        said = {"full_name": person.full_name, "number": person.number, "birth_date": person.typed_birth}
        return {**self._bodies[officer], **said, "check_key": str(uuid.uuid4())}

    def _check(self, place: int) -> bytes:
        """Return the whole request with which an officer checks the person at a place of the crowd."""
        officer = place % OFFICERS
        body = urlencode(self._said(officer, place)).encode()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nCookie: {self._cookies[officer]}\r\n"
            "HX-Request: true\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def just_do(name: str, step: journeys.Step) -> Page:
    """Do a step of a journey and note nothing."""
    return step()


def _get(path: str, cookies: str = "") -> bytes:
    cookie = f"Cookie: {cookies}\r\n" if cookies else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode()
