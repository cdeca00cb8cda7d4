"""Officers who receive one dossier after the other whatever breaks: they press again, as people do."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.client import HTTPException

from bench import journeys
from bench.browser import Browser, File, OverHttp, Page
from bench.crowd import officer_login, somebody
from bench.desk import VERIFIED, just_do

_PAUSE, _PATIENCE = 0.1, 60.0  # seconds
_STEP = 10_000  # people for each officer


class Receptions:
    """So many officers at work until the block ends; ``acknowledged`` are the dossiers whose receipts they got."""

    def __init__(self, *, port: int, officers: int, first: int) -> None:
        self._port, self._first = port, first
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=[place], name=f"officer-{place}")
            for place in range(officers)
        ]
        self.acknowledged: list[str] = []
        self.troubles: Counter[str] = Counter()

    def __enter__(self) -> Receptions:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, officer: int) -> None:
        browser = Browser(_Stubborn(self._port, self.troubles))
        journeys.log_in(browser, just_do, officer_login(officer))
        turn = 0
        while not self._is_over.is_set():
            turn += 1
            try:
                self._receive(browser, self._first + officer * _STEP + turn)
            except AssertionError as error:  # a page without the button, or a status over 400
                self.troubles[str(error)[:120]] += 1
                self._is_over.wait(1)

    def _receive(self, browser: Browser, place: int) -> None:
        person = somebody(place)
        page = browser.get("/mot-cua/tiep-nhan/")
        browser.press(
            journeys.CHECK_BUTTON,
            full_name=person.full_name,
            number=person.number,
            birth_date=person.typed_birth,
            procedure=journeys.procedure_key(page),
        )
        if VERIFIED not in browser.page.text:
            self.troubles["not verified"] += 1
            return
        saved = browser.press("Lưu hồ sơ", phone=journeys.PHONE)
        if "/phieu/" in saved.location:
            self.acknowledged.append(saved.location.rpartition("/phieu/")[0].rpartition("/")[2])
        else:
            self.troubles["not saved"] += 1


class _Stubborn:
    """Sends a request again and again, on new connections, until there is an answer that is no crash."""

    def __init__(self, port: int, troubles: Counter[str]) -> None:
        self._port, self._troubles = port, troubles
        self._carrier = OverHttp(port)

    def send(self, method: str, url: str, data: Mapping[str, str], files: Mapping[str, File]) -> Page:
        """Send it until it is answered."""
        give_up_at = time.monotonic() + _PATIENCE
        while True:
            try:
                page = self._carrier.send(method, url, data, files)
                trouble = f"status {page.status}"
                if page.status < 500:
                    return page
            except (OSError, HTTPException) as error:
                trouble = type(error).__name__
            self._troubles[trouble] += 1
            if time.monotonic() > give_up_at:
                raise AssertionError(f"{method} {url}: no answer for a minute, at last {trouble}")
            time.sleep(_PAUSE)
            fresh = OverHttp(self._port)
            fresh.cookies = self._carrier.cookies
            self._carrier = fresh
