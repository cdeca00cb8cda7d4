"""Counts the SQL queries of each page, in one process: ``python -m bench.queries`` prints them as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import django
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from bench import journeys
from bench.browser import Browser, File, Page
from bench.crowd import somebody

# Marks of a transaction inside another; they cost a round trip but are counted apart.
_MARKS = ("SAVEPOINT", "RELEASE SAVEPOINT")


class InProcess:
    """Carries requests straight into Django."""

    def __init__(self) -> None:
        self._client = Client(headers={"host": "localhost"})

    def send(self, method: str, url: str, data: Mapping[str, str], files: Mapping[str, File]) -> Page:
        """Send one request."""
        if method == "GET":
            answer = self._client.get(url, dict(data))
        elif files:
            uploads = {
                name: SimpleUploadedFile(file, content, kind) for name, (file, kind, content) in files.items()
            }
            answer = self._client.post(url, {**data, **uploads})
        else:
            answer = self._client.post(url, urlencode(data), content_type="application/x-www-form-urlencoded")
        return Page(url, answer.status_code, answer.content.decode(), answer.headers.get("Location", ""))


class Count:
    """Notes the queries of each step; the most of several runs."""

    def __init__(self) -> None:
        self.most: Counter[str] = Counter()
        self.statements: dict[str, list[str]] = {}

    def __call__(self, name: str, step: journeys.Step) -> Page:
        """Run a step and count."""
        seen: list[str] = []

        def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if not sql.startswith(_MARKS):
                seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            page = step()
        if len(seen) >= self.most[name]:
            self.most[name], self.statements[name] = len(seen), seen
        return page


def main() -> None:
    """Go through every journey and print the counts; ``--sql`` prints the statements to standard error too.

    The first of three turns is not counted: a process that has just begun reads the catalogue, once for all.
    """
    django.setup()
    for turn in range(3):
        if turn < 2:
            count = Count()
        officer, citizen, newcomer = (Browser(InProcess()) for _ in range(3))
        journeys.log_in(officer, count, journeys.first_officer())
        journeys.reception(officer, count, 800_000 + turn)
        journeys.registration(newcomer, count, 810_000 + turn)
        journeys.log_in(citizen, count, somebody(turn).number)
        journeys.profile(citizen, count)
        journeys.catalogue(citizen, count)
        journeys.filing(citizen, count)
        journeys.own_dossiers(citizen, count)
    _print(count)


def of_looks() -> None:
    """Print the counts of every list, search and count (``bench.full``).

    Each is looked at three times and the least counts: twice a minute a page also reads what a process keeps in mind.
    """
    django.setup()
    from bench import full
    from bench.desk import just_do

    least, browsers = Count(), {}
    for who, word in full.WHO.items():
        browsers[who] = Browser(InProcess())
        journeys.log_in(browsers[who], just_do, word)
    for page in full.looks(full.today()):
        browser = browsers[page.who]

        def look(page: full.Look = page, browser: Browser = browser) -> Page:
            if page.posted:
                return browser.carrier.send("POST", page.address, {"q": page.posted}, {})
            return browser.get(page.address)

        counts = [Count() for _ in range(3)]
        for count in counts:
            count(page.name, look)
        least.most[page.name] = min(count.most[page.name] for count in counts)
    _print(least)


def _print(count: Count) -> None:
    if "--sql" in sys.argv:
        for name, statements in count.statements.items():
            print(f"\n{name}", *(f"  {sql[:400]}" for sql in statements), sep="\n", file=sys.stderr)
    print(json.dumps(dict(count.most), ensure_ascii=False))


if __name__ == "__main__":
    of_looks() if "looks" in sys.argv else main()
