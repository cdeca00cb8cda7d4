"""The port's implementation: message, transport and time put together; whatever goes wrong becomes
an error.

A reply is a "no" only when it is a proper answer that says so. Everything else is *could not ask* or *not
permitted*.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.matching import ABOUT_ANOTHER, is_about
from motcua.identity.numbers import parse_number
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    NotPermitted,
    RegisterError,
    Trouble,
)
from motcua.population.settings import RegisterSettings
from motcua.population.soap import FaultReceived, fault_of
from motcua.population.transports.c06 import C06
from motcua.population.transports.http import Reply, Transport, retry_after
from motcua.population.transports.lgsp import Lgsp
from motcua.population.transports.lgsp_json import LgspJson
from motcua.population.transports.timed import part
from motcua.population.transports.xroad import XRoad
from motcua.population.wire import OPERATIONS, Reading, build_request, read_reply
from motcua.population.wire_json import build_json_request, read_json_reply

_log = logging.getLogger("motcua.population")
_TRANSPORTS: dict[str, Callable[[RegisterSettings], Transport]] = {
    "c06": C06,
    "xroad": XRoad,
    "lgsp": Lgsp,
    "lgsp_json": LgspJson,
}
_MISSING = {  # what a provincial gateway misses in a question (docs/protocol.md §4)
    "001": "the question names no procedure (NPD_PROCEDURE_CODE, or the procedure's own code)",
    "002": "the question names no agency (NPD_AGENCY_CODE, or the office's code)",
    "003": "the question names no officer (NPD_PORTAL_OFFICER, or the officer's code at the gateway)",
}
_LICENCES = {"004": Barred.PROCEDURE, "005": Barred.OFFICER}
_X_ROAD_TYPE = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+){0,5}")


def ping_claim(number: str) -> IdentityClaim:
    """Return a claim about a person who cannot exist, for a number that nobody has (12 or 9 digits).

    The proper answer is "nobody"; a record or a yes means that the number belongs to somebody. Raises NumberRefused.
    """
    return IdentityClaim("Không Có Người Này", parse_number(number), BirthDate(1993, 12, 12))


def open_gateway(settings: RegisterSettings, *, now: Callable[[], float] = time.time) -> Gateway:
    """Return the gateway that these settings describe; opens no connection yet.

    `now` gives epoch seconds. Raises CouldNotAsk(CONFIGURATION) when certificates cannot be loaded.
    """
    return Gateway(settings, _TRANSPORTS[settings.transport](settings), now=now)


class Gateway:
    """A population register behind a wire. Safe to share between threads.

    It asks whenever it is told to: breaker and bound (`line.py`) are kept by the caller, for all processes at once.
    """

    def __init__(self, settings: RegisterSettings, transport: Transport, *, now: Callable[[], float]) -> None:
        self._settings = settings
        self._transport = transport
        self._now = now
        self._operation = OPERATIONS[settings.service]

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        """Ask the register about one claim. Raises CouldNotAsk, NotPermitted; each is logged, without a person."""
        try:
            return self._exchange(claim, inquiry)
        except RegisterError as error:
            part()  # what follows a reply that was no answer could be it, come late
            error.messages = self._named(error.messages or MessageIds(""), inquiry)
            _report(error, inquiry, self._settings)
            raise

    def _exchange(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        question = self._question(claim, inquiry)
        reply = self._transport.post(self._operation, question, inquiry=inquiry, now=self._now)
        messages = self._named(MessageIds("", reply.ids, reply.exchange), inquiry)
        try:
            reading = self._read(reply)
            _refuse_another_person(claim, reading)
        except RegisterError as error:
            error.messages = messages
            raise
        if reading.unknown_elements:
            _log.info(
                "npd.unknown_elements count=%d request=%s", reading.unknown_elements, inquiry.request_id
            )
        return Answer(
            reading.record, reading.is_confirmed, messages, f"{self._transport.name}/{self._settings.service}"
        )

    def _named(self, messages: MessageIds, inquiry: Inquiry) -> MessageIds:
        """Return what is told of an exchange with what only this side knows: the question's id, the way it took."""
        exchange = replace(messages.exchange, transport=self._transport.name)
        return replace(messages, request_id=inquiry.request_id, exchange=exchange)

    def _question(self, claim: IdentityClaim, inquiry: Inquiry) -> bytes:
        settings = self._settings
        if settings.transport == "lgsp_json":
            return build_json_request(
                claim,
                inquiry,
                style=settings.json_style,
                service=settings.service,
                name_form=settings.name_form,
                username=settings.username,
            )
        return build_request(
            claim,
            inquiry,
            service=settings.service,
            style=settings.request_style,
            name_form=settings.name_form,
        )

    def _read(self, reply: Reply) -> Reading:
        content_type = reply.headers.get("Content-Type", "")
        said = _json_error(reply.body)
        is_refused = _platform_code(said) in {*_LICENCES, *_MISSING}  # whatever the status
        if reply.status != 200 or "X-Road-Error" in reply.headers or is_refused:
            raise _error_of(reply, said, content_type, self._now(), self._settings)
        settings, read = self._settings, read_reply
        if settings.transport == "lgsp_json":
            read = partial(read_json_reply, style=settings.json_style)
        try:
            return read(
                reply.body,
                service=settings.service,
                content_type=content_type,
                deceased_statuses=settings.deceased_statuses,
            )
        except FaultReceived as fault:
            raise _error_of_fault(fault) from None


def _refuse_another_person(claim: IdentityClaim, reading: Reading) -> None:
    """Refuse a record about another number than asked; here so that it raises the operator's alarm."""
    if reading.record is not None and not is_about(claim.number, reading.record):
        raise CouldNotAsk(Trouble.OTHER_PERSON, detail=ABOUT_ANOTHER)


def _report(error: RegisterError, inquiry: Inquiry, settings: RegisterSettings) -> None:
    """Log why there is no answer; ``settings=`` begins the names of the line's variables."""
    if isinstance(error, NotPermitted):
        level, event = logging.ERROR, f"npd.not_permitted barred={error.barred.value}"
    elif isinstance(error, CouldNotAsk) and error.trouble.is_alarming:
        level, event = logging.ERROR, f"npd.alarm trouble={error.trouble.value}"
    else:
        trouble = error.trouble.value if isinstance(error, CouldNotAsk) else ""
        level, event = logging.WARNING, f"npd.unanswered trouble={trouble}"
    _log.log(
        level,
        "%s settings=%s request=%s detail=%s",
        event,
        settings.prefix,
        inquiry.request_id,
        error.detail,
    )


def _error_of_fault(fault: FaultReceived, status: int = 200) -> CouldNotAsk:
    """A fault that blames the question is a fault of ours; any other is the register's own trouble."""
    trouble = Trouble.FAULT if fault.is_ours else Trouble.SERVER_ERROR
    return CouldNotAsk(trouble, detail=f"HTTP {status}, SOAP fault {fault.label}")


def _error_of(
    reply: Reply, said: Mapping[str, Any], content_type: str, now: float, settings: RegisterSettings
) -> RegisterError:
    """Say what a reply that is no answer means: who is not licensed, or why there is no answer.
    docs/protocol.md §4. `said` is what its body says as JSON.
    """
    status = reply.status
    x_road = reply.headers.get("X-Road-Error", "").strip()
    if x_road:
        detail = f"X-Road {x_road}" if _X_ROAD_TYPE.fullmatch(x_road) else "X-Road error"
        if x_road.startswith("Client.") or "AccessDenied" in x_road:
            return NotPermitted(Barred.CLIENT, detail=detail)
        return CouldNotAsk(Trouble.SERVER_ERROR, detail=detail)
    code = _platform_code(said) or (_adapter_code(said) if status >= 400 else "")
    if licence := _LICENCES.get(code):
        return NotPermitted(licence, detail=f"HTTP {status}, gateway code for an unlicensed {licence.value}")
    if code in _MISSING:
        return CouldNotAsk(
            Trouble.CONFIGURATION, detail=f"HTTP {status}, gateway code {code}: {_MISSING[code]}"
        )
    fault = fault_of(reply.body, content_type) if status >= 400 else None
    detail = f"HTTP {status}" + (f", SOAP fault {fault.label}" if fault else "")
    if status in (401, 403):
        label = fault.label if fault else ""
        barred = Barred.CLIENT
        if status == 403 and label.endswith("SBX.OFFICER"):
            barred = Barred.OFFICER
        elif status == 403 and label.endswith("SBX.SERVICE"):
            barred = Barred.PROCEDURE
        return NotPermitted(barred, detail=detail)
    if status in (429, 503):
        return CouldNotAsk(Trouble.BUSY, detail=detail, retry_after=retry_after(reply, now))
    if status in (404, 405):
        return CouldNotAsk(
            Trouble.CONFIGURATION,
            detail=f"{detail}: nothing answers at {settings.variable('url')} for this operation",
        )
    if status >= 500:
        return _error_of_fault(fault, status) if fault else CouldNotAsk(Trouble.SERVER_ERROR, detail=detail)
    if status >= 400:
        return CouldNotAsk(Trouble.FAULT, detail=detail)
    return CouldNotAsk(Trouble.UNREADABLE, detail=f"{detail}: neither an answer nor an error")


def _json_error(body: bytes) -> dict[str, Any]:
    """Return the JSON error of a provincial gateway; nothing when it is none."""
    if len(body) > 10_000:
        return {}
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {}


def _platform_code(error: Mapping[str, Any]) -> str:
    """Return a platform's code, which may have lost its zeros by becoming a number; an empty text for none."""
    code = error.get("errorCode")
    if isinstance(code, int):
        return str(code).zfill(3)
    return code if isinstance(code, str) else ""


def _adapter_code(error: Mapping[str, Any]) -> str:
    """Return the same as an adapter of Thanh Hóa's kind may say it, whose numbers mean something of their own."""
    code = error.get("error_code")
    return code if isinstance(code, str) and len(code) == 3 else ""
