"""The three places where a person waits for the register's answer, as somebody in front of a browser meets them.

Each knows how its button is pressed, what must not be lost when no answer comes, and how success looks.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from tests.faults.browser import NEW_PASSWORD, SUCCEEDED, Browser, Seen
from tests.faults.conftest import Stack, Stranger
from tests.people import cast

PAPER = b"%PDF-1.4\n%%EOF\n"
PHONE = "0987650123"


class Desk:
    """An officer with a person in front of them, who has typed everything before pressing the check."""

    name = "reception"

    def __init__(self, stack: Stack, stranger: Stranger) -> None:
        self.stack, self.stranger = stack, stranger
        self.browser = stack.visitor(cast.lan)
        self.checked = ""

    def presses(self) -> Seen:
        return self.browser.presses_check(self.stranger.person, phone=PHONE, checked=self.checked)

    def presses_again(self) -> Seen:
        return self.presses()

    def lost(self, page: Seen) -> list[str]:
        person = self.stranger.person
        typed = (person.full_name, person.number, person.typed_birth, PHONE)
        lost = [text for text in typed if f'value="{escape(text)}"' not in page.text]
        if escape(self.stranger.home) in page.text or 'class="locked' in page.text:
            lost.append("the form was filled")
        waiting = self.stack.product.store.rows("SELECT count(*) FROM verification_waitingrecord")
        return lost + ["a record waits"] * (waiting != [(self.stack.records_waiting,)])

    def is_through(self, page: Seen) -> bool:
        self.stack.records_waiting += 1
        return page.outcome() == SUCCEEDED and escape(self.stranger.home) in page.text


class Registration:
    """Somebody without an account."""

    name = "registration"

    def __init__(self, stack: Stack, stranger: Stranger) -> None:
        self.stack, self.stranger = stack, stranger
        self.browser = Browser(stack.product.url)
        self.accounts = self._accounts()
        self.page: Seen | None = None

    def _accounts(self) -> list[tuple[Any, ...]]:
        return self.stack.product.store.rows("SELECT count(*) FROM accounts_user")

    def presses(self) -> Seen:
        self.page = self.browser.registers(self.stranger.person, phone=PHONE, email="thu@example.com")
        return self.page

    def presses_again(self) -> Seen:
        """Press with what stands in the page: even the password need not be typed again."""
        assert self.page is not None
        return self.browser.registers_again(self.page)

    def lost(self, page: Seen) -> list[str]:
        person = self.stranger.person
        typed = (person.full_name, person.number, person.typed_birth, PHONE, "thu@example.com")
        lost = [text for text in typed if f'value="{escape(text)}"' not in page.text]
        if NEW_PASSWORD in page.text:
            lost.append("the password's secrecy")
        return lost + ["an account was made"] * (self._accounts() != self.accounts)

    def is_through(self, page: Seen) -> bool:
        return page.path == "/dang-ky/hoan-tat/" and self._accounts() != self.accounts


class Filing:
    """An with a draft that holds a paper already, and whose last check is too old."""

    name = "filing"

    def __init__(self, stack: Stack, stranger: Stranger) -> None:
        self.stack = stack
        self.browser = stack.visitor(cast.an)
        self.step = stack.step = stack.step or self.browser.starts_filing()
        self.phone = "09" + stranger.person.number[-8:]
        if not self._draft()[1]:
            assert self.browser.agrees(self.step).path == self._papers_step
            assert self.browser.uploads(self._papers_step, "thu.pdf", PAPER).status == 200
        # Too old to count, and not so old that it is kept no longer.
        then = f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d} 00:00:00+00"
        stack.write(
            f"UPDATE verification_identitycheck SET asked_at = '{then}', answered_at = '{then}' "
            "WHERE touch_point = 'filing' AND outcome <> ''"
        )
        self.before = self._draft()
        assert self.before[1:] != (None, 0)

    @property
    def _papers_step(self) -> str:
        return self.step.replace("nguoi-nop", "giay-to")

    def _draft(self) -> tuple[str, Any, int]:
        """Return telephone, check and number of papers of the draft as they stand in the book."""
        wanted = self.step.split("/")[2].replace("-", "")
        rows = self.stack.product.store.rows
        ((phone, check),) = [
            (phone, check)
            for id_, phone, check in rows("SELECT id, phone, identity_check_id FROM dossiers_dossier")
            if str(id_).replace("-", "") == wanted
        ]
        papers = rows("SELECT dossier_id FROM dossiers_paper")
        return phone, check, sum(str(id_).replace("-", "") == wanted for (id_,) in papers)

    def presses(self) -> Seen:
        return self.browser.agrees(self.step, phone=self.phone)

    def presses_again(self) -> Seen:
        return self.presses()

    def lost(self, page: Seen) -> list[str]:
        lost = [] if f'value="{self.phone}"' in page.text else ["the telephone on the page"]
        if self._draft() != (self.phone, *self.before[1:]):
            lost.append(f"something of the draft: {self._draft()[1:]} was {self.before[1:]}")
        if page.path != self.step or self.browser.get(self._papers_step).path != self.step:
            lost.append("the step")
        return lost

    def is_through(self, page: Seen) -> bool:
        return (
            page.path == self._papers_step and "thu.pdf" in page.text and self._draft()[2] == self.before[2]
        )


TOUCH_POINTS = (Desk, Registration, Filing)
