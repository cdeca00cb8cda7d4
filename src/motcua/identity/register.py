"""The port: what the core asks of a population register, and how a register says that it could not answer.

Who fills it (the real one over a wire, a sandbox, a dictionary in memory) is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from motcua.identity.claims import CitizenRecord, IdentityClaim

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{1,40}")


class TouchPoint(StrEnum):
    """Where in the product a question arises."""

    RECEPTION = "reception"
    REGISTRATION = "registration"
    FILING = "filing"
    RECHECK = "recheck"
    LOOKUP = "lookup"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True, repr=False)
class Inquiry:
    """Who asks, for which procedure, and under which id of ours.

    `request_id` is at most 40 of A–Z a–z 0–9 and "-" (else ValueError). `officer` and `officer_login` name
    the asking officer to the register, `agency` the office, `procedure` the register's procedure code, which
    may be empty. `officer_key` is the officer's own "name:password" at a provincial gateway, where there is one.
    `seconds` is all the time that the question may take, where that is less than the register's own.
    """

    request_id: str
    officer: str
    officer_login: str
    agency: str
    procedure: str
    touch_point: TouchPoint
    officer_key: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not _REQUEST_ID.fullmatch(self.request_id):
            raise ValueError("request_id must be 1 to 40 characters of A-Z, a-z, 0-9 and '-'")

    def __repr__(self) -> str:
        return f"Inquiry(request_id={self.request_id!r}, touch_point={self.touch_point.value!r})"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire for one question, as far as it can be told without telling what it said.

    `request_digest` and `answer_digest` are SHA-256 in lower-case hexadecimal over the body that left and the whole
    body that came; empty when nothing left, or no whole body came. `transport` names the way, `certificate` is the
    serial (upper-case hexadecimal) of the certificate that the other side of this very connection showed; both are
    empty where there is none.
    """

    request_digest: str = ""
    answer_digest: str = ""
    transport: str = ""
    certificate: str = ""


NO_EXCHANGE: Final = Exchange()


@dataclass(frozen=True, slots=True)
class MessageIds:
    """How a question is found again on both sides: our id, the register's own as (name, value), and the exchange."""

    request_id: str
    register_ids: tuple[tuple[str, str], ...] = ()
    exchange: Exchange = NO_EXCHANGE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register answered.

    With a record, our own match decides. Without one, `is_confirmed` is the register's word alone (yes/no
    services); no record and not confirmed: the register knows nobody with these three. `line` names the way
    the question took (transport and service), for the proof.
    """

    record: CitizenRecord | None
    is_confirmed: bool
    messages: MessageIds
    line: str


class PopulationRegister(Protocol):
    """A register of the population that can be asked about one claim."""

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        """Ask about one person.

        Raises CouldNotAsk when no usable answer came, NotPermitted when we may not ask.
        """
        ...


class Trouble(StrEnum):
    """Why there is no usable answer."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER_ERROR = "server_error"
    BUSY = "busy"
    FAULT = "fault"
    UNREADABLE = "unreadable"
    OVERSIZED = "oversized"
    ENCODING = "encoding"
    BAD_RECORD = "bad_record"  # a proper answer about one person, whose record cannot be read
    OTHER_PERSON = "other_person"
    TWO_CITIZENS = "two_citizens"
    TLS = "tls"
    BREAKER_OPEN = "breaker_open"
    CROWDED = "crowded"
    CONFIGURATION = "configuration"
    FATE_UNKNOWN = "fate_unknown"

    @property
    def is_alarming(self) -> bool:
        """Whether an operator should look: waiting will not mend it."""
        return self in _ALARMING

    @property
    def is_unusable(self) -> bool:
        """Whether an answer came that cannot be trusted; with any other trouble none came."""
        return self in _UNUSABLE


_UNUSABLE: Final = frozenset(
    {
        Trouble.UNREADABLE,
        Trouble.OVERSIZED,
        Trouble.ENCODING,
        Trouble.BAD_RECORD,
        Trouble.OTHER_PERSON,
        Trouble.TWO_CITIZENS,
    }
)
_ALARMING: Final = _UNUSABLE | {Trouble.TLS, Trouble.CONFIGURATION}


class Barred(StrEnum):
    """Whom the register does not let ask."""

    OFFICER = "officer"
    PROCEDURE = "procedure"
    CLIENT = "client"


class RegisterError(Exception):
    """The root of what a register raises: always one of the two below.

    `detail` is for operators and never personal; `messages` names the question where it got an id.
    """

    def __init__(self, summary: str, *, detail: str, messages: MessageIds | None) -> None:
        super().__init__(f"{summary}: {detail}" if detail else summary)
        self.detail = detail
        self.messages = messages


class CouldNotAsk(RegisterError):
    """No usable answer came; the question is open.

    `retry_after` is in seconds, where the register named it. `is_unsent` is certainty that nothing of the question
    left us, so that it may go another way at once.
    """

    def __init__(
        self,
        trouble: Trouble,
        *,
        detail: str = "",
        retry_after: float | None = None,
        messages: MessageIds | None = None,
        is_unsent: bool = False,
    ) -> None:
        super().__init__(f"could not ask ({trouble.value})", detail=detail, messages=messages)
        self.trouble = trouble
        self.retry_after = retry_after
        self.is_unsent = is_unsent


class NotPermitted(RegisterError):
    """The register refuses the officer, the procedure or the client; asking again will not help.

    `is_unsent` says that our own client refused already and nothing left us, so that nothing was heard of the line.
    """

    def __init__(
        self,
        barred: Barred,
        *,
        detail: str = "",
        messages: MessageIds | None = None,
        is_unsent: bool = False,
    ) -> None:
        super().__init__(f"not permitted ({barred.value})", detail=detail, messages=messages)
        self.barred = barred
        self.is_unsent = is_unsent
