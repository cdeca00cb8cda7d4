"""Every list, search and count over full tables, beside the same over ten thousand; and a burst.

``bench.filling`` writes the rows. Every page is asked for over HTTP and timed by itself; its queries are counted in a
process of its own.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from http.client import HTTPResponse
from typing import Any, Final
from urllib.parse import urlencode

from bench import burst, journeys
from bench.browser import Browser, OverHttp
from bench.crowd import somebody
from bench.desk import just_do
from bench.filling import ADMINISTRATOR, LOGINS, RARE_PROCEDURE, RARE_WORD
from bench.load import Stream, drive
from bench.stack import Place, Product, run

SMALL: Final = (10_000, 10_000, 10_000, 10_000)
FULL: Final = tuple(
    int(part) for part in os.environ.get("BENCH_ROWS", "2000000,1000000,10000000,1000000").split(",")
)
_RATE, _SECONDS = 16, 3  # looks a second at each page
_SLOW_RATE, _SLOW_SECONDS = 0.5, 20  # at the figures
_BETWEEN_LOOKS, _MOST_LOOKS = 3.0, 60  # until the product is calm: seconds, times
_CALM: Final = 0.02  # of one processor
_ROW: Final = 20  # requests without a pause between them
_DEEP: Final = 50  # pages down a list
_QUEUE, _FIGURES, _OWN, _OVERSIGHT = (
    "/mot-cua/",
    "/mot-cua/so-lieu/",
    "/ca-nhan/tra-cuu-ve-toi/",
    "/mot-cua/giam-sat/",
)
_REJECTED: Final = _OVERSIGHT + "luot/{}&ket-qua=rejected"
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_NEXT: Final = re.compile(r'href="(\?[^"]+)#danh-sach" rel="next"')
_OLDER: Final = re.compile(r'href="(\?truoc=[^"]+)"')
WHO: Final = LOGINS | {
    "administrator": ADMINISTRATOR, "citizen": somebody(0).number, "citizen of 5,000": somebody(1).number,
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One page that somebody looks at; ``posted`` is what is searched for, ``mark`` what a right answer contains."""

    name: str
    who: str
    address: str
    mark: str
    posted: str = ""


def _queue(name: str, who: str, where: str) -> Look:
    if where.startswith("q="):
        return Look(f"queue: {name}", who, _QUEUE, 'id="tim-thay"', where.removeprefix("q="))
    return Look(f"queue: {name}", who, f"{_QUEUE}?{where}", 'id="danh-sach"')


def _days(day: date, before: int, ago: int = 0) -> str:
    """Return the query of so many days before a day, or before one that is some days ago."""
    first, last = day - timedelta(days=before + ago), day - timedelta(days=ago)
    return f"?tu={first:%d/%m/%Y}&den={last:%d/%m/%Y}"


def looks(day: date) -> list[Look]:
    """Return every list, search and count of the product."""

    def admin(name: str, where: str, mark: str = 'id="changelist"') -> Look:
        return Look(f"admin: {name}", "administrator", f"/quan-tri/{where}", mark)

    received = "pham-vi=tiep-nhan&muc="
    return [
        *(_queue(f"first page, {role}", role, "") for role in LOGINS),
        _queue("at work, by due date", "officer", f"{received}xu-ly"),
        _queue("at work, newest first", "officer", f"{received}xu-ly&xep=moi"),
        _queue("done, newest first", "officer", f"{received}da-xong"),
        _queue("done, oldest first", "officer", f"{received}da-xong&xep=cu"),
        _queue("one state", "officer", f"{received}da-xong&trang-thai=8"),
        _queue("late", "officer", f"{received}xu-ly&han=qua-han"),
        _queue("due in two days", "officer", f"{received}xu-ly&han=hai-ngay"),
        _queue("a common procedure", "officer", f"{received}da-xong&thu-tuc=1.001193"),
        _queue("a rare procedure", "officer", f"{received}da-xong&thu-tuc={RARE_PROCEDURE}"),
        _queue("a channel", "officer", f"{received}da-xong&kenh=3"),
        _queue("one month long ago", "officer", f"{received}da-xong&tu=2024-03-01&den=2024-03-31"),
        _queue("assigned to nobody", "officer", f"{received}da-xong&can-bo=0"),
        _queue("held by the room, done", "specialist", "pham-vi=dang-giu&muc=da-xong"),
        _queue("held by one person, done", "specialist", "pham-vi=cua-toi&muc=da-xong"),
        _queue("whole unit, at work", "leader", "pham-vi=dang-giu&muc=xu-ly&don-vi=tat-ca"),
        _queue("whole unit, done", "leader", "pham-vi=dang-giu&muc=da-xong&don-vi=tat-ca"),
        _queue("waits to be accepted", "specialist", "pham-vi=ban-giao"),
        _queue("search, code", "officer", "q=000.00.01.H23-250303-0001"),
        _queue("search, number of a day", "officer", "q=0012"),
        _queue("search, day", "officer", "q=250303"),
        _queue("search, citizen's number", "officer", f"q={somebody(7).number}"),
        _queue("search, one common word", "officer", "q=nguyen"),
        _queue("search, two common words", "officer", "q=nguyen anh"),
        _queue("search, three common words", "officer", "q=nguyen van anh"),
        _queue("search, a rare word", "officer", f"q={RARE_WORD}"),
        _queue("search, beginning of a word", "officer", "q=nguyen van ph"),
        _queue("search, nobody", "officer", "q=nguyen khong ai"),
        _queue("search, words, by a room", "specialist", "q=nguyen anh"),
        _queue("search, words, whole unit", "leader", "q=nguyen anh"),
        Look("fees that are owed", "cashier", "/mot-cua/thu-phi/", 'id="chua-thu"'),
        Look("closed days of the till", "supervisor", "/mot-cua/so-thu/", "</main>"),
        Look("register of dossiers", "supervisor", "/mot-cua/so-theo-doi/", "</main>"),
        Look("checks: counted, today", "supervisor", _OVERSIGHT, "</main>"),
        Look("checks: counted, 30 days", "supervisor", f"{_OVERSIGHT}?ky=30-ngay", "</main>"),
        Look("checks: a month's", "supervisor", f"{_OVERSIGHT}luot/{_days(day, 30)}", "</table>"),
        Look("checks: a year's rejected", "supervisor", _REJECTED.format(_days(day, 365)), "</table>"),
        Look("checks: to review", "supervisor", f"{_OVERSIGHT}can-xem/", "</main>"),
        Look("checks: drawn by lot", "supervisor", f"{_OVERSIGHT}can-xem/mau-ngau-nhien/", "</main>"),
        Look("checks: of the whole province, today", "administrator", _OVERSIGHT, "</main>"),
        Look("objections", "supervisor", "/mot-cua/phan-anh/", "</main>"),
        Look("who asked about me, of 40", "citizen", _OWN, "Tiếp nhận trực tiếp"),
        Look("who asked about me, of 5,000", "citizen of 5,000", _OWN, "Tiếp nhận trực tiếp"),
        Look("a citizen's dossiers", "citizen", "/ho-so/", "</main>"),
        Look("a citizen's papers", "citizen", "/ca-nhan/giay-to/", "</main>"),
        Look("a citizen's account and messages", "citizen", "/ca-nhan/", "</main>"),
        Look("procedures", "citizen", "/thu-tuc/?q=xac+nhan", "</main>"),
        admin("events", "audit/auditevent/"),
        admin("events of one name", "audit/auditevent/?name=audit.erased"),
        admin("batches of the log", "audit/auditbatch/"),
        admin("checks", "verification/identitycheck/"),
        admin("checks, unanswered", "verification/identitycheck/?outcome__exact=unanswered"),
        admin("checks, not allowed (none)", "verification/identitycheck/?outcome__exact=not_allowed"),
        admin("checks, one by its id", "verification/identitycheck/?q=O-77"),
        admin("citizens", "accounts/citizen/"),
        admin("officials", "accounts/user/"),
        admin("officials, one", "accounts/user/?q=hd-can-bo"),
        admin("offices", "accounts/office/"),
        admin("messages", "accounts/notice/"),
        admin("parcels", "outbox/parcel/"),
        admin("state of the product", "van-hanh/", "</main>"),
    ]  # fmt: skip


_DEEP_LOOKS: Final = (
    ("page 50, by due date", "officer", "pham-vi=tiep-nhan&muc=xu-ly"),
    ("page 50, done", "officer", "pham-vi=tiep-nhan&muc=da-xong"),
    ("page 50, whole unit, done", "leader", "pham-vi=dang-giu&muc=da-xong&don-vi=tat-ca"),
)


def figures(day: date) -> list[Look]:
    """Return the pages of figures, which add up whatever lies in a period, and have budgets of their own."""

    sums, years = 'class="sum"', 2 * 365
    return [
        Look("one unit, a month", "leader", _FIGURES + _days(day, 30), sums),
        Look("one unit, a month two years ago", "leader", _FIGURES + _days(day, 30, years), sums),
        Look("one unit, a year", "leader", _FIGURES + _days(day, 365), sums),
        Look("one unit, a year, two years ago", "leader", _FIGURES + _days(day, 365, years), sums),
        Look(
            "one unit, one procedure, a year", "leader", f"{_FIGURES}{_days(day, 365)}&thu-tuc=1.001193", sums
        ),
        Look("one unit, ratings, a year", "leader", f"{_FIGURES}danh-gia/{_days(day, 365)}", 'class="big"'),
        Look("whole province, a month", "administrator", _FIGURES + _days(day, 30), sums),
        Look("whole province, a year", "administrator", _FIGURES + _days(day, 365), sums),
    ]


def measured(place: Place) -> dict[str, Any]:
    """Look at every page over ten thousand rows and over full tables, then let a burst come over the full ones."""
    environment = place.environment("ten_thousand")
    with place.product(environment) as product:
        _filled(SMALL, environment, product)
        small = _Looking(product).at(looks(today()), _RATE, _SECONDS)
    environment = place.environment("millions")
    with place.product(environment) as product:
        took = _filled(FULL, environment, product)
        looking = _Looking(product)
        full = looking.at(looks(today()), _RATE, _SECONDS)
        deep = looking.at(looking.deep(), _RATE, _SECONDS)
        counted = looking.at(figures(today()), _SLOW_RATE, _SLOW_SECONDS)
        queries = json.loads(run(["-m", "bench.queries", "looks"], environment))
        memory = product.worker_rss_mb()
        found = burst.let_come(product)
    each = {
        name: {**one, "queries": queries.get(name), **_compared(one, small.get(name))}
        for name, one in {**full, **deep}.items()
    }
    month, year = (
        max(one["p95_ms"] for name, one in counted.items() if name.startswith(f"one unit, {word}"))
        for word in ("a month", "a year")
    )
    return {
        "full_rows": dict(zip(("accounts", "dossiers", "checks", "events"), FULL, strict=True)),
        "full_fill_seconds": took,
        "full_p95_ms": max(one["p95_ms"] for one in each.values()),
        "full_times_ten_thousand": max(one.get("times_small", 0) for one in each.values()),
        **_dearest("full", [one for name, one in each.items() if not name.startswith("admin: ")]),
        **_dearest("full_admin", [one for name, one in each.items() if name.startswith("admin: ")]),
        "full_worker_rss_mb": memory,
        "figures_month_p95_ms": month,
        "figures_year_p95_ms": year,
        **found,
        "full_pages": each,
        "figures_pages": counted,
    }


def _dearest(what: str, pages: list[dict[str, Any]]) -> dict[str, float]:
    return {
        f"{what}_cpu_ms": max(one["cpu_ms"] for one in pages),
        f"{what}_queries": max(one["queries"] or 0 for one in pages),
    }


def _filled(rows: tuple[int, ...], environment: dict[str, str], product: Product) -> dict[str, float]:
    took: dict[str, float] = json.loads(run(["-m", "bench.filling", *map(str, rows)], environment))
    for _ in range(_MOST_LOOKS):  # what follows from so many rows, such as the log's seals, is no page's time
        before = product.cpu_seconds()
        time.sleep(_BETWEEN_LOOKS)
        if product.cpu_seconds() - before < _CALM * _BETWEEN_LOOKS:
            break
    return took


def _compared(one: dict[str, Any], small: dict[str, Any] | None) -> dict[str, float]:
    if small is None:
        return {}
    return {"small_p95_ms": small["p95_ms"], "times_small": round(one["p95_ms"] / small["p95_ms"], 2)}


def today() -> date:
    """Return the day of this machine."""
    return date.today()  # noqa: DTZ011 (of this machine)


class _Looking:
    """Everybody who looks, logged in once."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._cookies: dict[str, dict[str, str]] = {}
        for who, word in WHO.items():
            carrier = OverHttp(product.port)
            journeys.log_in(Browser(carrier), just_do, word)
            self._cookies[who] = dict(carrier.cookies)

    def at(self, pages: list[Look], rate: float, seconds: float) -> dict[str, dict[str, Any]]:
        """Ask for each page at a rate, one page after the other; return milliseconds and processor time of each."""
        found = {}
        for page in pages:
            stream = self._stream(page, rate)
            drive(port=self._product.port, seconds=max(1, 2 / rate), streams=[stream])  # warms up
            (taken,) = drive(port=self._product.port, seconds=seconds, streams=[stream])
            before = self._product.cpu_seconds()
            self._ask_in_a_row(stream)
            cpu = (self._product.cpu_seconds() - before) * 1000 / _ROW
            found[page.name] = {
                **{f"p{percent}_ms": round(taken.percentile(percent), 1) for percent in (50, 95)},
                "cpu_ms": round(cpu, 1),
                "wrong": dict(taken.wrong),
            }
            print(f"  {page.name:42} {found[page.name]}", flush=True)
        return found

    def _ask_in_a_row(self, stream: Stream) -> None:
        """Ask without a pause, as the journeys do (``bench.pages``), so that processor times can be compared."""
        with socket.create_connection(("127.0.0.1", self._product.port), timeout=30) as line:
            for place in range(_ROW):
                line.sendall(stream.request(place))
                with HTTPResponse(line) as answer:
                    answer.begin()
                    answer.read()

    def deep(self) -> list[Look]:
        """Turn pages of long lists, and return the pages reached."""
        reached = []
        for name, who, where in _DEEP_LOOKS:
            browser = self._browser(who)
            for turned in range(_DEEP):
                found = _NEXT.search(browser.get(f"{_QUEUE}?{where}").text)
                if found is None:
                    raise AssertionError(f"the list ended after {turned} pages: {where}")
                where = unescape(found[1]).removeprefix("?")
            reached.append(_queue(name, who, where))
        browser, where = self._browser("citizen of 5,000"), ""
        for _ in range(_DEEP):
            found = _OLDER.search(browser.get(_OWN + where).text)
            if found is None:
                raise AssertionError("the citizen's list ended early")
            where = unescape(found[1])
        reached.append(
            Look("who asked about me, page 50", "citizen of 5,000", _OWN + where, "Tiếp nhận trực tiếp")
        )
        return reached

    def _browser(self, who: str) -> Browser:
        carrier = OverHttp(self._product.port)
        carrier.cookies = dict(self._cookies[who])
        return Browser(carrier)

    def _stream(self, page: Look, rate: float) -> Stream:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies[page.who].items())
        head = f"Host: localhost\r\nCookie: {cookies}\r\n"
        if not page.posted:
            request = f"GET {page.address} HTTP/1.1\r\n{head}\r\n".encode()
            return Stream(rate, lambda _: request, page.mark.encode())
        token = _TOKEN.search(self._browser(page.who).get(page.address).text)
        assert token is not None
        body = urlencode({"csrfmiddlewaretoken": token[1], "q": page.posted})
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        request = (
            f"POST {page.address} HTTP/1.1\r\n{head}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        return Stream(rate, lambda _: request, page.mark.encode())
