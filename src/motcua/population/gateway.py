"""The port's implementation: message, transport, time and breaker put together; whatever goes wrong becomes
an error.

A reply is a "no" only when it is a proper answer that says so. Everything else is *could not ask* or *not
permitted*.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    NotPermitted,
    RegisterError,
    TouchPoint,
    Trouble,
)
from motcua.population.line import TROUBLES_OF_THE_LINE, Line, lane_of
from motcua.population.settings import RegisterSettings, SettingRefused
from motcua.population.soap import FaultReceived, fault_of
from motcua.population.transports.c06 import C06
from motcua.population.transports.http import Reply, Transport
from motcua.population.transports.xroad import XRoad
from motcua.population.wire import OPERATIONS, Reading, build_request, read_reply

_log = logging.getLogger("motcua.population")
_TRANSPORTS: dict[str, Callable[[RegisterSettings], Transport]] = {"c06": C06, "xroad": XRoad}
_X_ROAD_TYPE = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+){0,5}")
_LEASE_MARGIN = 5.0  # seconds by which a slot outlives the question's own time
_CROWDED_RETRY = 2.0


def _in_a_thread(probe: Callable[[], None]) -> None:
    threading.Thread(target=probe, name="npd-probe", daemon=True).start()


def ping_claim(number: str) -> IdentityClaim:
    """Return a claim about a person who cannot exist, for a number that nobody has (12 or 9 digits)."""
    return IdentityClaim("Không Có Người Này", parse_number(number), BirthDate(1993, 12, 12))


def open_gateway(
    settings: RegisterSettings,
    line: Line,
    *,
    now: Callable[[], float] = time.time,
    start_probe: Callable[[Callable[[], None]], None] = _in_a_thread,
) -> Gateway:
    """Return the gateway that these settings describe; opens no connection yet.

    `now` gives epoch seconds. `start_probe` is given the probe and must run it without making its caller
    wait. Raises CouldNotAsk(CONFIGURATION) when certificates cannot be loaded.
    """
    return Gateway(
        settings, _TRANSPORTS[settings.transport](settings), line, now=now, start_probe=start_probe
    )


class Gateway:
    """A population register behind a wire."""

    def __init__(
        self,
        settings: RegisterSettings,
        transport: Transport,
        line: Line,
        *,
        now: Callable[[], float],
        start_probe: Callable[[Callable[[], None]], None] = _in_a_thread,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._line = line
        self._now = now
        self._start_probe = start_probe
        self._operation = OPERATIONS[settings.service]

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        """Ask the register about one claim, if the line is open and not crowded. Raises CouldNotAsk,
        NotPermitted.
        """
        now = self._now()
        state = self._line.read(now)
        if state.is_shut(now):
            if state.is_probe_due(now) and self._line.try_begin_probe(now):
                self._start_probe(self.probe)
            raise CouldNotAsk(
                Trouble.BREAKER_OPEN,
                detail="the line to the register is shut after failures; a probe opens it again",
                retry_after=state.retry_after(now),
                messages=MessageIds(inquiry.request_id),
            )
        slot = self._line.acquire(
            lane_of(inquiry.touch_point), now, self._settings.total_seconds + _LEASE_MARGIN
        )
        if slot is None:
            _log.warning("npd.crowded request=%s", inquiry.request_id)
            raise CouldNotAsk(
                Trouble.CROWDED,
                detail="as many questions as allowed are under way",
                retry_after=_CROWDED_RETRY,
                messages=MessageIds(inquiry.request_id),
            )
        try:
            return self._ask_and_report(claim, inquiry)
        finally:
            self._line.release(slot)

    def ping(self, inquiry: Inquiry | None = None) -> Answer:
        """Ask for a person who cannot exist, past breaker and bound, and accept only the proper answer
        "nobody".

        Without an inquiry the configured operator asks. What comes out is reported to the line like any
        question's. Raises CouldNotAsk (CONFIGURATION when the number belongs to somebody), NotPermitted,
        and SettingRefused when no number is configured.
        """
        if not self._settings.ping_number:
            raise SettingRefused("NPD_PING_NUMBER", "9 or 12 digits of a number that nobody has")
        inquiry = inquiry or Inquiry(
            request_id=f"ping-{uuid.uuid4().hex[:32]}",
            officer=self._settings.portal_officer,
            officer_login=self._settings.portal_officer,
            agency=self._settings.agency_code,
            procedure=self._settings.procedure_code,
            touch_point=TouchPoint.OPERATION,
        )
        answer = self._ask_and_report(ping_claim(self._settings.ping_number), inquiry)
        if answer.record is not None or answer.is_confirmed:
            detail = "NPD_PING_NUMBER belongs to somebody: choose a number that nobody has"
            raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, messages=answer.messages)
        return answer

    def probe(self) -> None:
        """Ping so that a shut line may heal; never raises for what the register does."""
        try:
            self.ping()
        except (RegisterError, SettingRefused) as error:
            _log.warning("npd.probe_failed %s", error)
        else:
            _log.info("npd.probe_answered")

    def _ask_and_report(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        try:
            answer = self._exchange(claim, inquiry)
        except CouldNotAsk as error:
            ids = error.messages.register_ids if error.messages else ()
            error.messages = MessageIds(inquiry.request_id, ids)
            level = logging.ERROR if error.trouble.is_alarming else logging.WARNING
            event = "npd.alarm" if error.trouble.is_alarming else "npd.unanswered"
            _log.log(
                level,
                "%s trouble=%s request=%s detail=%s",
                event,
                error.trouble.value,
                inquiry.request_id,
                error.detail,
            )
            if error.trouble in TROUBLES_OF_THE_LINE:
                self._line.record_failure(self._now(), error.retry_after)
            raise
        except NotPermitted as error:
            _log.error(
                "npd.not_permitted barred=%s request=%s detail=%s",
                error.barred.value,
                inquiry.request_id,
                error.detail,
            )
            self._line.record_success(self._now())  # refused, but reached
            raise
        self._line.record_success(self._now())
        return answer

    def _exchange(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        settings = self._settings
        question = build_request(
            claim,
            inquiry,
            service=settings.service,
            style=settings.request_style,
            name_form=settings.name_form,
        )
        reply = self._transport.post(self._operation, question, now=self._now)
        messages = MessageIds(inquiry.request_id, reply.ids)
        try:
            reading = self._read(reply)
        except RegisterError as error:
            error.messages = messages
            raise
        if reading.unknown_elements:
            _log.info(
                "npd.unknown_elements count=%d request=%s", reading.unknown_elements, inquiry.request_id
            )
        return Answer(
            reading.record, reading.is_confirmed, messages, f"{self._transport.name}/{settings.service}"
        )

    def _read(self, reply: Reply) -> Reading:
        content_type = reply.headers.get("Content-Type", "")
        if reply.status == 200 and "X-Road-Error" not in reply.headers:
            try:
                return read_reply(
                    reply.body,
                    service=self._settings.service,
                    content_type=content_type,
                    deceased_statuses=self._settings.deceased_statuses,
                )
            except FaultReceived as fault:
                raise _error_of_fault(fault) from None
        raise _error_of(reply, content_type, self._now())


def _error_of_fault(fault: FaultReceived, status: int = 200) -> CouldNotAsk:
    """A fault that blames the question is a fault of ours; any other is the register's own trouble."""
    trouble = Trouble.FAULT if fault.is_ours else Trouble.SERVER_ERROR
    return CouldNotAsk(trouble, detail=f"HTTP {status}, SOAP fault {fault.label}")


def _error_of(reply: Reply, content_type: str, now: float) -> RegisterError:
    """Say what a reply that is no answer means: who is not licensed, or why there is no answer.
    docs/protocol.md §4.
    """
    status = reply.status
    x_road = reply.headers.get("X-Road-Error", "").strip()
    if x_road:
        detail = f"X-Road {x_road}" if _X_ROAD_TYPE.fullmatch(x_road) else "X-Road error"
        if x_road.startswith("Client.") or "AccessDenied" in x_road:
            return NotPermitted(Barred.CLIENT, detail=detail)
        return CouldNotAsk(Trouble.SERVER_ERROR, detail=detail)
    licence = {"004": Barred.PROCEDURE, "005": Barred.OFFICER}.get(
        _gateway_code(reply.body) if status >= 400 else ""
    )
    if licence:
        return NotPermitted(licence, detail=f"HTTP {status}, gateway code for an unlicensed {licence.value}")
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
        return CouldNotAsk(Trouble.BUSY, detail=detail, retry_after=_retry_after(reply, now))
    if status in (404, 405):
        return CouldNotAsk(
            Trouble.CONFIGURATION, detail=f"{detail}: nothing answers at NPD_URL for this operation"
        )
    if status >= 500:
        return _error_of_fault(fault, status) if fault else CouldNotAsk(Trouble.SERVER_ERROR, detail=detail)
    if status >= 400:
        return CouldNotAsk(Trouble.FAULT, detail=detail)
    return CouldNotAsk(Trouble.UNREADABLE, detail=f"{detail}: neither an answer nor an error")


def _gateway_code(body: bytes) -> str:
    """Return the code in the JSON error of a provincial gateway, or an empty text."""
    if len(body) > 10_000 or not body.lstrip().startswith(b"{"):
        return ""
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = error.get("errorCode") if isinstance(error, dict) else None
    return str(code).zfill(3) if isinstance(code, (str, int)) else ""


def _retry_after(reply: Reply, now: float) -> float | None:
    """Return the seconds that the reply asks us to wait (given as seconds or as a date), or None."""
    text = reply.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - now)
