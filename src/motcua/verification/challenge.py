"""A question of the portal's own, asked of everybody while a wave of wrong answers lasts.

In words, so that it needs no picture, no sound, no script and no outside service, and is read aloud like any text. It
stops nobody who sets a program to it; it makes each try cost a page, a few seconds and an answer that is good once, and
so takes from a guesser the thousand tries a minute that the wave was made of.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from motcua.sealing import BrokenSeal, seal, unseal
from motcua.verification.models import SpentChallenge

_USE: Final = "challenge"
_LIVES: Final = timedelta(minutes=30)
_SOONEST: Final = timedelta(seconds=2)  # nobody reads and answers faster
_LONGEST_TOKEN: Final = 400
_ENGLISH_UNITS: Final = (
    "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question in words, and the sealed token that knows its answer."""

    text: str
    token: str


def ask(*, now: datetime) -> Challenge:
    """Make a new question.

    Args:
        now: the moment.
    """
    numbers = _random.sample(range(11, 100), 3)
    text, answer = _random.choice(
        [
            (_("Số nào lớn nhất: %(numbers)s?"), max(numbers)),
            (_("Số nào nhỏ nhất: %(numbers)s?"), min(numbers)),
            (_("Số viết ở giữa, giữa hai số kia, là số nào: %(numbers)s?"), numbers[1]),
        ]
    )
    said = {"answer": answer, "at": now.timestamp(), "nonce": secrets.token_hex(16)}
    token = urlsafe_b64encode(seal(_USE, json.dumps(said))).decode()
    return Challenge(text % {"numbers": ", ".join(in_words(number) for number in numbers)}, token)


def is_passed(*, token: str, answer: str, now: datetime) -> bool:
    """Say whether a question was answered rightly, in time and for the first time; spends it.

    Args:
        token: as ``ask`` gave it.
        answer: as typed: digits or words.
        now: the moment.
    """
    try:
        said = json.loads(unseal(_USE, urlsafe_b64decode(token[:_LONGEST_TOKEN])))
    except (BrokenSeal, ValueError):
        return False
    age = timedelta(seconds=now.timestamp() - said["at"])
    is_right = _plain(answer[:120]) in {str(said["answer"]), _plain(in_words(said["answer"]))}
    if not is_right or not _SOONEST <= age <= _LIVES:
        return False
    try:
        with transaction.atomic():
            SpentChallenge.objects.create(nonce=said["nonce"], at=now)
    except IntegrityError:
        return False
    SpentChallenge.objects.filter(at__lte=now - _LIVES).delete()
    return True


def _plain(answer: str) -> str:
    """Return an answer without what an input method or a telephone adds: marks apart, wide digits, a last stop."""
    said = unicodedata.normalize("NFKC", answer).lower()
    return " ".join(said.replace("-", " ").split()).rstrip(" .")


def in_words(number: int) -> str:
    """Return a number from 10 to 99 in words of the page's language."""
    if get_language() == "en":
        return _in_english(number)
    tens, unit = divmod(number, 10)
    if tens == 1:
        return "mười" if not unit else "mười " + ("lăm" if unit == 5 else _UNITS[unit])
    last = {0: "", 1: " mốt", 4: " bốn", 5: " lăm"}.get(unit, f" {_UNITS[unit]}")
    return f"{_UNITS[tens]} mươi{last}"


def _in_english(number: int) -> str:
    if number < len(_ENGLISH_UNITS):
        return _ENGLISH_UNITS[number]
    tens, unit = divmod(number, 10)
    return "-".join(filter(None, (_ENGLISH_TENS[tens], _ENGLISH_UNITS[unit])))
