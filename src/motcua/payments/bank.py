"""The bank's side of paying online: signed words out, signed words in; it is told an order, a sum and a dossier's code.

Every word is a set of named texts with an HMAC-SHA-256 over them, in the order of their names and percent-encoded,
under the secret that we share with the bank. ``kind`` is among them: no word can be taken for one of another kind.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings

from motcua.outbox.posting import TOKEN_REFUSED, get_json
from motcua.outbox.service import Failed, Refused, Unreachable
from motcua.web.places import elsewhere

_NOBODYS: Final = UUID(int=0)
_MOST: Final = 2_000_000_000  # đồng
_LONGEST_REFERENCE: Final = 60
_PATIENCE: Final = 5.0  # seconds that a page waits; the question itself may take longer
_PAGES: Final = 2
# A bank that hangs holds so many pages and no more: the others find no place and do not wait.
_places = threading.BoundedSemaphore(_PAGES)
_askers = ThreadPoolExecutor(_PAGES, thread_name_prefix="bank")


class NotTheirs(ValueError):
    """What came is not a word of the bank to us: unsigned, changed, of another kind, or nonsense."""


class BankTrouble(RuntimeError):
    """The bank cannot be used as it is set up; the text says why and which setting helps."""


class Status(StrEnum):
    """What the bank knows of an order."""

    PAID = "paid"
    CANCELLED = "cancelled"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Word:
    """What the bank says of an order; ``amount`` in đồng, 0 where it knows none."""

    order: UUID
    status: Status
    amount: int
    reference: str


def is_configured() -> bool:
    """Say whether there is a bank at all."""
    return bool(settings.BANK_URL and settings.BANK_MERCHANT and settings.BANK_SECRET)


def origin() -> str:
    """Return scheme and host of the bank, for the browser's rules about where a form may lead."""
    parts = urlsplit(settings.BANK_URL)
    return f"{parts.scheme}://{parts.netloc}"


def way_to(*, order: UUID, amount: int, about: str, back: str, notify: str, until: datetime) -> str:
    """Return the address to which the citizen's browser goes to pay.

    Args:
        order: whose answer we wait for.
        amount: in đồng.
        about: the dossier's code, the only thing that the bank may show beside the sum.
        back: our address to which the browser comes back.
        notify: our address to which the bank tells the outcome.
        until: after it the bank takes nothing.
    """
    said = {
        "kind": "order",
        "merchant": settings.BANK_MERCHANT,
        "order": str(order),
        "amount": str(amount),
        "about": about,
        "back": back,
        "notify": notify,
        "until": until.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return f"{_address('pay')}?{urlencode(_signed(said))}"


def read_notice(body: bytes) -> Word:
    """Read what was posted to us in the bank's name.

    Raises:
        NotTheirs: it is not a signed word about one of our orders.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise NotTheirs("unreadable") from None
    return _read(said, kind="notice")


def ask(order: UUID) -> Word:
    """Ask the bank what became of an order; outside any transaction.

    Raises:
        outbox.service.Unreachable, Failed, Refused: there is no answer to go by.
    """
    said = _signed({"kind": "question", "merchant": settings.BANK_MERCHANT, "order": str(order)})
    with elsewhere():
        answer = get_json(f"{_address('status')}?{urlencode(said)}")
    try:
        word = _read(answer.json(), kind="answer")
    except NotTheirs as error:
        raise Failed(f"answer_{error}") from None
    if word.order != order:
        raise Failed("answer_of_another_order")
    return word


def ask_shortly(order: UUID) -> Word:
    """Ask as ``ask`` does while somebody waits for a page: not for long, and only where few others do.

    Raises:
        outbox.service.Unreachable, Failed, Refused: there is no answer to go by, or none in time, or no place to ask.
    """
    if not _places.acquire(blocking=False):
        raise Unreachable("busy")
    question = _askers.submit(ask, order)
    question.add_done_callback(lambda _: _places.release())
    try:
        return question.result(_PATIENCE)
    except TimeoutError:
        raise Unreachable("timeout") from None


def probe() -> str:
    """Ask the bank about an order that nobody made, and say how it stands.

    Returns:
        A short phrase.

    Raises:
        BankTrouble: it cannot be used; the text names the setting that helps.
    """
    if not is_configured():
        raise BankTrouble("no bank: set BANK_URL, BANK_MERCHANT and BANK_SECRET to let citizens pay online")
    try:
        word = ask(_NOBODYS)
    except (Unreachable, Refused) as error:
        if isinstance(error, Unreachable) and str(error) not in TOKEN_REFUSED:
            raise BankTrouble(f"the bank does not answer ({error}): see whether BANK_URL is right") from None
        raise BankTrouble(f"the bank refuses us ({error}): see BANK_MERCHANT and BANK_SECRET") from None
    except Failed as error:
        raise BankTrouble(
            f"the bank's answer cannot be used ({error}): see BANK_URL and BANK_SECRET"
        ) from None
    if word.status is not Status.UNKNOWN:
        raise BankTrouble("the bank knows an order that nobody made: see BANK_URL")
    return "answers, and signs as we do"


def _address(what: str) -> str:
    return f"{settings.BANK_URL.rstrip('/')}/{what}"


def _signed(said: Mapping[str, str]) -> dict[str, str]:
    return {**said, "signature": _signature(said)}


def _signature(said: Mapping[str, str]) -> str:
    words = urlencode(sorted(said.items())).encode()
    return hmac.new(settings.BANK_SECRET.encode(), words, hashlib.sha256).hexdigest()


def _read(said: Any, *, kind: str) -> Word:
    if not is_configured():
        raise NotTheirs("no_bank")
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise NotTheirs("unreadable")
    told = {name: text for name, text in said.items() if name != "signature"}
    given = str(said.get("signature", ""))
    try:
        is_right = hmac.compare_digest(_signature(told).encode(), given.encode())
    except UnicodeEncodeError:
        raise NotTheirs("unreadable") from None
    if not is_right:
        raise NotTheirs("signature")
    if told.get("kind") != kind or told.get("merchant") != settings.BANK_MERCHANT:
        raise NotTheirs("not_for_us")
    amount, reference = told.get("amount", ""), told.get("reference", "")
    if not (amount.isascii() and amount.isdecimal() and len(amount) < 12 and int(amount) <= _MOST):
        raise NotTheirs("amount")
    try:
        word = Word(UUID(told["order"]), Status(told["status"]), int(amount), reference[:_LONGEST_REFERENCE])
    except (KeyError, ValueError):
        raise NotTheirs("unreadable") from None
    if word.status is Status.PAID and not word.amount:
        raise NotTheirs("amount")
    return word
