"""One question of our own client to a server that misbehaves, and what the client made of it, in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.matching import YearAlone
from motcua.identity.numbers import parse_number
from motcua.identity.register import Barred, Inquiry, TouchPoint, Trouble
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified, verify
from motcua.population.conformance.messages import NAME, NUMBER
from motcua.population.conformance.replay import Behavior, Replay
from motcua.population.conformance.scenario import Mismatch, Scenario
from motcua.population.gateway import open_gateway
from motcua.population.settings import RegisterSettings

PATIENT, SHORT = 8.0, 0.6  # seconds: for servers that answer, and for those that do not
_LATE = 2.0  # seconds over its time that a client may be found late by on a busy machine
VERIFIED, REJECTED = "khớp", "không khớp"
CLAIM = IdentityClaim(NAME, parse_number(NUMBER), BirthDate(1985, 3, 7))
_INQUIRY = Inquiry(
    request_id="H23-20261123-CONFORMANCE",
    officer="999180000008",
    officer_login="conformance",
    agency="000.00.00.H23",
    procedure="VPCP",
    touch_point=TouchPoint.OPERATION,
    officer_key="canbo01:sandbox-pass",
)
_WORDS = {
    Trouble.TIMEOUT: "quá thời gian",
    Trouble.CONNECTION: "không nối được",
    Trouble.SERVER_ERROR: "máy chủ lỗi",
    Trouble.BUSY: "máy chủ bận",
    Trouble.FAULT: "câu hỏi bị coi là sai",
    Trouble.UNREADABLE: "không đọc được",
    Trouble.OVERSIZED: "quá lớn",
    Trouble.ENCODING: "sai bảng mã",
    Trouble.BAD_RECORD: "bản ghi không đọc được",
    Trouble.OTHER_PERSON: "trả lời về người khác",
    Trouble.TWO_CITIZENS: "hai công dân",
    Trouble.TLS: "TLS",
    Trouble.CONFIGURATION: "cấu hình",
}
_BARRED = {Barred.CLIENT: "hệ thống", Barred.OFFICER: "cán bộ", Barred.PROCEDURE: "thủ tục"}


def unanswered(trouble: Trouble) -> str:
    """Say that no answer came, and why."""
    return f"chưa kiểm tra được ({_WORDS.get(trouble, trouble.value)})"


def not_allowed(barred: Barred) -> str:
    """Say that we may not ask, and who."""
    return f"chưa được phép ({_BARRED[barred]})"


def told(outcome: Outcome) -> str:
    """Say an outcome in the words that scenarios expect."""
    match outcome:
        case Verified():
            return VERIFIED
        case Rejected():
            return REJECTED
        case Unanswered():
            return unanswered(outcome.trouble)
        case NotAllowed():
            return not_allowed(outcome.barred)


def line(url: str, *, transport: str = "c06", seconds: float = PATIENT, **more: Any) -> RegisterSettings:
    """Return the settings of a line to a server at `url`, whose paths are those of the sandbox."""
    paths = {
        "c06": "/c06/{operation}",
        "xroad": "/r1/SANDBOX/GOV/BCA/CSDLDC/{operation}",
        "lgsp": "/lgsp/{operation}",
        "lgsp_json": "/lgsp-json/data",
    }
    usual: dict[str, Any] = {
        "transport": transport,
        "url": url + paths[transport],
        "hash_uri": "/sandbox/csdldc/{operation}",
        "username": "sandbox_hp",
        "secret": "unused",  # nosec B105 # nobody is asked
        "xroad_client": "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "api_key": "unused",
        "token_url": url + "/token",
        "lgsp_access_key": "unused",
        "lgsp_secret_key": "unused",  # nosec B105 # nobody is asked
        "lgsp_app_name": "motcua",
        "lgsp_partner_code": "000.00.00.H00",
        "lgsp_partner_code_cus": "000.00.00.H00",
        "lgsp_auth": "unused",
        "connect_seconds": min(1.0, seconds),
        "total_seconds": seconds,
    }
    return RegisterSettings(**(usual | more))


def ask(
    settings: RegisterSettings,
    *,
    claim: IdentityClaim = CLAIM,
    year_alone: YearAlone = YearAlone.ANY_RECORD,
    officer_key: str = _INQUIRY.officer_key,
) -> Outcome:
    """Ask once, and check that the client kept to its time. Raises Mismatch."""
    return asker(settings, officer_key)(claim, year_alone)


def asker(
    settings: RegisterSettings, officer_key: str = _INQUIRY.officer_key
) -> Callable[[IdentityClaim, YearAlone], Outcome]:
    """Return a way to ask several times over one gateway, with its connections and its token kept."""
    gateway = open_gateway(settings)

    def ask_once(claim: IdentityClaim, year_alone: YearAlone) -> Outcome:
        started = time.monotonic()
        inquiry = replace(_INQUIRY, request_id=f"CONFORMANCE-{time.time_ns()}", officer_key=officer_key)
        outcome = verify(claim=claim, register=gateway, inquiry=inquiry, year_alone=year_alone)
        late = time.monotonic() - started - settings.total_seconds
        if late > _LATE:
            raise Mismatch(f"{told(outcome)}, nhưng trễ {late:.1f} giây")
        return outcome

    return ask_once


class Group:
    """Scenarios of one group of our client."""

    def __init__(self, title: str) -> None:
        self.title = title

    def scenario(self, name: str, expected: str, observe: Callable[[], str]) -> Scenario:
        """Return a scenario whose observation must be the very words expected."""

        def check() -> str:
            observed = observe()
            if observed != expected:
                raise Mismatch(observed)
            return observed

        return Scenario(group=self.title, name=name, expected=expected, observe=check)

    def asking(
        self,
        name: str,
        behavior: Behavior,
        expected: str,
        *,
        claim: IdentityClaim = CLAIM,
        year_alone: YearAlone = YearAlone.ANY_RECORD,
        **settings: Any,
    ) -> Scenario:
        """Return a scenario of one question to a server of this behavior, which may be asked only once."""

        def observe() -> str:
            with Replay(behavior) as server:
                outcome = ask(line(server.url, **settings), claim=claim, year_alone=year_alone)
                if len(questions := [one for one in server.received if one.path != "/token"]) > 1:
                    raise Mismatch(f"{told(outcome)}, nhưng đã hỏi {len(questions)} lần")
                return told(outcome)

        return self.scenario(name, expected, observe)
