"""Trouble on demand: which call goes wrong, and how. Kept in memory; a restart clears it. No Django, no sockets."""

import itertools
import threading
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from npdsandbox.records import SYNTHETIC_PREFIX


class TroubleKind(StrEnum):
    """What can be made to go wrong with an answer."""

    DELAY = "delay"
    NO_ANSWER = "no_answer"
    DRIP = "drip"
    RESET = "reset"
    HALF_BODY = "half_body"
    FAULT_500 = "fault_500"
    UNAVAILABLE_503 = "unavailable_503"
    HTML_200 = "html_200"
    HTML_502 = "html_502"
    REDIRECT_302 = "redirect_302"
    TRUNCATED_XML = "truncated_xml"
    EMPTY_BODY = "empty_body"
    EMPTY_SOAP_BODY = "empty_soap_body"
    OTHER_PERSON = "other_person"
    TWO_RECORDS = "two_records"
    EXTRA_FIELD = "extra_field"
    WRONG_ENCODING = "wrong_encoding"
    QCVN109 = "qcvn109"
    PREFIX_NS2 = "prefix_ns2"
    OVERSIZED = "oversized"
    XROAD_NETWORK_ERROR = "xroad_network_error"
    XROAD_OTHER_ID = "xroad_other_id"
    FAULT_200 = "fault_200"
    UNAUTHORIZED_401 = "unauthorized_401"
    WRONG_TYPES = "wrong_types"
    ERROR_CODE = "error_code"


class Place(StrEnum):
    """Which calls a trouble meets: questions, the calls that fetch a gateway's token, or messages to the portal."""

    QUESTION = "question"
    TOKEN = "token"  # noqa: S105  # nosec B105 # a kind of call
    PORTAL = "portal"


DEFAULT_SECONDS: Final = {
    TroubleKind.DELAY: 3.0, TroubleKind.NO_ANSWER: 120.0, TroubleKind.DRIP: 1.0, TroubleKind.UNAVAILABLE_503: 120.0
}  # fmt: skip
LONGEST_SECONDS: Final = 600.0
MOST_RULES: Final = 200

PERMANENT: Final = {
    "999000000501": (TroubleKind.DELAY, 5.0),
    "999000000502": (TroubleKind.NO_ANSWER, 120.0),
    "999000000503": (TroubleKind.FAULT_500, 0.0),
    "999000000504": (TroubleKind.UNAVAILABLE_503, 30.0),
    "999000000505": (TroubleKind.RESET, 0.0),
    "999000000506": (TroubleKind.HTML_200, 0.0),
    "999000000507": (TroubleKind.TRUNCATED_XML, 0.0),
    "999000000508": (TroubleKind.OTHER_PERSON, 0.0),
    "999000000509": (TroubleKind.TWO_RECORDS, 0.0),
    "999000000510": (TroubleKind.WRONG_ENCODING, 0.0),
    "999000000511": (TroubleKind.EMPTY_BODY, 0.0),
    "999000000512": (TroubleKind.DRIP, 1.0),
    "999000000513": (TroubleKind.QCVN109, 0.0),
}
"""Numbers that are always troubled (CHOICE), for use without the control page; their people are in demo.json."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One rule. Every selector that is set must fit; without any, the rule meets every call."""

    id: int
    kind: TroubleKind
    seconds: float = 0.0
    number: str = ""
    client: str = ""
    next: int | None = None
    at: Place = Place.QUESTION

    def as_json(self) -> dict[str, Any]:
        """Return the rule as the control API shows it."""
        return asdict(self)


class Troubles:
    """The rules in force. The most exact rule wins: a number before a client, a client before everybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Trouble] = []
        self._ids = itertools.count(1)

    def add(self, wish: dict[str, Any]) -> Trouble:
        """Add a rule from its JSON form; raises ValueError that names the wrong field."""
        unknown = set(wish) - {"kind", "seconds", "number", "client", "next", "at"}
        if unknown:
            raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
        try:
            kind = TroubleKind(wish.get("kind", ""))
        except ValueError:
            raise ValueError("kind: one of " + ", ".join(TroubleKind)) from None
        seconds = wish.get("seconds", DEFAULT_SECONDS.get(kind, 0.0))
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 <= seconds <= LONGEST_SECONDS
        ):
            raise ValueError(f"seconds: a number from 0 to {LONGEST_SECONDS:g}")
        number, client, following = wish.get("number", ""), wish.get("client", ""), wish.get("next")
        if not isinstance(number, str) or (
            number
            and not (number.startswith(SYNTHETIC_PREFIX) and number.isdigit() and len(number) in (9, 12))
        ):
            raise ValueError("number: 9 or 12 digits that start with 999")
        if not isinstance(client, str) or len(client) > 100:
            raise ValueError("client: a user name or an X-Road client, up to 100 characters")
        if following is not None and (
            isinstance(following, bool) or not isinstance(following, int) or not 1 <= following <= 1_000_000
        ):
            raise ValueError("next: how many calls, from 1 to 1000000")
        try:
            place = Place(wish.get("at", Place.QUESTION))
        except ValueError:
            raise ValueError("at: one of " + ", ".join(Place)) from None
        if place is not Place.QUESTION and number:
            raise ValueError("number: only a question asks about somebody")
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise ValueError(f"there are {MOST_RULES} rules already; clear some first")
            rule = Trouble(next(self._ids), kind, float(seconds), number, client, following, place)
            self._rules.append(rule)
        return rule

    def all(self) -> list[Trouble]:
        """Return the rules in force, oldest first."""
        with self._lock:
            return list(self._rules)

    def clear(self, rule_id: int | None = None) -> int:
        """Remove one rule, or all, and return how many went."""
        with self._lock:
            before = len(self._rules)
            self._rules = [] if rule_id is None else [rule for rule in self._rules if rule.id != rule_id]
            return before - len(self._rules)

    def take(
        self, *, numbers: tuple[str, ...] = (), clients: tuple[str, ...], at: Place = Place.QUESTION
    ) -> Trouble | None:
        """Return the trouble this call meets, and count it.

        Args:
            numbers: the numbers asked about.
            clients: the names the caller goes by (user name, X-Road client, application, officer's key).
            at: what kind of call it is.
        """
        with self._lock:
            fitting = [
                rule
                for rule in self._rules
                if rule.at is at
                and (not rule.number or rule.number in numbers)
                and (not rule.client or rule.client in clients)
            ]
            if fitting:
                rule = max(fitting, key=lambda rule: (bool(rule.number), bool(rule.client), -rule.id))
                if rule.next is not None:
                    place = self._rules.index(rule)
                    left = replace(rule, next=rule.next - 1)
                    self._rules[place : place + 1] = [left] if left.next else []
                return rule
        for number in numbers:
            if number in PERMANENT:
                kind, seconds = PERMANENT[number]
                return Trouble(0, kind, seconds, number)
        return None
