"""One call from its headers and bytes to its answer: access, reading, search, writing, and trouble on demand."""

import base64
import datetime as dt
import hashlib
import json
import logging
import re
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from django.db import DatabaseError

from npdsandbox import access, matching, reading, state, writing
from npdsandbox.journal import Entry, masked
from npdsandbox.matching import Finding
from npdsandbox.models import Citizen
from npdsandbox.reading import LOOKUP, Question
from npdsandbox.records import SYNTHETIC_PREFIX, Address, Record
from npdsandbox.refusals import Refusal, XRoadRefusal
from npdsandbox.switches import Switches
from npdsandbox.troubles import Trouble, TroubleKind

_LOG: Final = logging.getLogger("npdsandbox")
XROAD_SERVICE: Final = "SANDBOX/GOV/BCA/CSDLDC"
OVERSIZED_BYTES: Final = 3 * 1024 * 1024
STRANGER: Final = Record(
    "999090000999", "Người Khác Mẫu", "1990-01-01", sex="1",
    permanent_residence=Address("31", "", "10525", "Số 99 phố Giả Định", "VN"),
)  # fmt: skip
"""Whom the troubles "other person" and "two records" bring in."""


@dataclass(frozen=True)
class Call:
    """A request as it came. `operation` is the last part of the path, empty for `POST /c06`."""

    facade: str
    operation: str
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]
    service: str = ""


@dataclass(frozen=True)
class Answer:
    """What goes back, and what the delivery does to it on the way."""

    status: int
    body: bytes
    content_type: str = "text/xml; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None


def answer(call: Call) -> Answer:
    """Answer one call and write it into the journal.

    Never raises for anything the caller sent: what is wrong with a call becomes a fault (protocol §9.5).
    """
    started = time.perf_counter()
    entry = Entry(time=_now().isoformat(timespec="milliseconds"), facade=call.facade)
    body = b""
    try:
        body = call.read_body()
        result = _answer(call, body, entry)
    except Refusal as refusal:
        entry.outcome = refusal.code
        headers = dict(refusal.headers)
        if refusal.retry_after is not None:
            headers["Retry-After"] = str(refusal.retry_after)
        result = Answer(refusal.status, writing.fault(refusal), headers=headers)
    except XRoadRefusal as refused:
        entry.outcome = refused.type
        result = _xroad_error(refused)
    if call.facade == "r1":
        result = _with_xroad_headers(call, body, result, entry)
    entry.status = result.status
    entry.ms = round((time.perf_counter() - started) * 1000, 2)
    state.JOURNAL.write(entry)
    return result


def _answer(call: Call, body: bytes, entry: Entry) -> Answer:
    switches = state.SWITCHES.now
    if switches.maintenance_seconds:
        raise Refusal(
            503, "SBX.MAINTENANCE", "maintenance", retry_after=switches.maintenance_seconds,
            faultcode="soapenv:Server",
        )  # fmt: skip
    element = None
    operation = reading.operation_of(call.operation)
    if not call.operation:
        element = reading.read_call(body, strict=switches.strict)
        operation = reading.read_operation(element)
    if operation is None or (call.facade == "r1" and call.service != XROAD_SERVICE):
        if call.facade == "r1":
            raise XRoadRefusal(500, "Server.ServerProxy.UnknownService", "there is no such service here")
        raise Refusal(500, "SBX.OPERATION", "this operation is not served")
    entry.operation = operation
    clients = _check_access(call, operation, switches)
    entry.client = clients[-1][:100] if clients else ""
    wait = state.RATES.seconds_to_wait(entry.client, switches.rate_per_minute)
    if wait:
        raise Refusal(429, "SBX.RATE", "too many calls in a minute", retry_after=wait)

    if element is None:
        element = reading.read_call(body, strict=switches.strict)
        if reading.read_operation(element) != operation:
            raise Refusal(500, "SBX.OPERATION", "the Body asks for another operation than the address")
    question = reading.read_question(element, strict=switches.strict)
    _note_question(entry, question)
    if switches.licenses:
        if question.officer not in switches.officers:
            raise Refusal(403, "SBX.OFFICER", "this officer may not use the register")
        if question.procedure not in switches.procedures:
            raise Refusal(403, "SBX.SERVICE", "this procedure may not use the register")

    numbers = tuple(
        number for number in (question.claim.personal_number, question.claim.old_card_number) if number
    )
    trouble = state.TROUBLES.take(numbers=numbers, clients=clients)
    if trouble:
        entry.trouble = trouble.kind.value
    finding, record = _search(question, switches)
    entry.outcome = finding.value
    troubled = _troubled(trouble, question, record)
    if troubled is not None:
        return replace(troubled, trouble=trouble)
    if finding is Finding.DECEASED and switches.deceased_answer == "no_match":
        record = None
    return Answer(200, _write(question, record, switches), trouble=trouble)


def _check_access(call: Call, operation: str, switches: Switches) -> tuple[str, ...]:
    """Return the names the caller goes by, the C06 user name first and the X-Road client last."""
    if call.facade != "r1":
        return (access.check_c06(call.headers, operation=operation, now=time.time()),)
    clients: list[str] = []
    if switches.xroad_check_client:
        clients.append(access.check_xroad_client(call.headers))
    elif client := call.headers.get("X-Road-Client", "").strip():
        clients.append(client)
    if switches.xroad_check_api_key:
        access.check_api_key(call.headers)
    if switches.xroad_check_basic:
        clients.insert(0, access.check_c06(call.headers, operation=operation, now=time.time()))
    return tuple(clients)


def _note_question(entry: Entry, question: Question) -> None:
    entry.MaYeuCau = question.request_id
    entry.MaDVC = question.procedure
    entry.MaTichHop = question.service
    entry.MaDonVi = question.office
    # An officer may go by the own personal number; a real one must not stay here.
    is_real = re.fullmatch(r"[0-9]{9}|[0-9]{12}", question.officer) and not question.officer.startswith(
        SYNTHETIC_PREFIX
    )
    entry.MaCanBo = masked(question.officer) if is_real else question.officer
    entry.number = masked(question.claim.personal_number or question.claim.old_card_number)


def _search(question: Question, switches: Switches) -> tuple[Finding, Record | None]:
    claim = question.claim
    try:
        candidates = Citizen.with_number(
            personal_number=claim.personal_number, old_card_number=claim.old_card_number
        )
    except DatabaseError as error:
        # Its kind alone: a database's words may repeat what was asked.
        _LOG.error("the register's database does not answer: %s", type(error).__name__)
        raise Refusal(
            500, "SBX.DATABASE", "the register's database does not answer", faultcode="soapenv:Server"
        ) from None
    return matching.find(claim, candidates, refuse_year_only_record=switches.year_only_record == "refuse")


def _write(question: Question, record: Record | None, switches: Switches) -> bytes:
    if question.service == "003":
        return writing.count(record is not None)
    if question.service == "033":
        return writing.exists(record is not None, root_name=switches.root_033)
    if record is None:
        return writing.empty_body() if switches.empty_shape == "body" else writing.citizens([])
    status = "SBX.DECEASED" if record.is_deceased and switches.deceased_answer == "with_status" else ""
    return writing.citizens([record], status=status)


def _troubled(trouble: Trouble | None, question: Question, record: Record | None) -> Answer | None:
    """Return the wrong answer a trouble wants, or None when it only touches the delivery."""
    if trouble is None:
        return None
    match trouble.kind:
        case TroubleKind.FAULT_500:
            raise Refusal(500, "SBX.FAULT", "a fault on demand", faultcode="soapenv:Server")
        case TroubleKind.UNAVAILABLE_503:
            raise Refusal(
                503, "SBX.UNAVAILABLE", "out of service on demand", retry_after=max(1, round(trouble.seconds)),
                faultcode="soapenv:Server",
            )  # fmt: skip
        case TroubleKind.XROAD_NETWORK_ERROR:
            raise XRoadRefusal(500, "Server.ClientProxy.NetworkError", "could not connect to the service")
        case TroubleKind.HTML_200 | TroubleKind.HTML_502:
            status = 200 if trouble.kind is TroubleKind.HTML_200 else 502
            return Answer(status, _HTML, content_type="text/html; charset=UTF-8")
        case TroubleKind.REDIRECT_302:
            return Answer(302, b"", headers={"Location": "/elsewhere"})
        case TroubleKind.EMPTY_BODY:
            return Answer(200, b"")
        case TroubleKind.EMPTY_SOAP_BODY:
            return Answer(200, writing.empty_body())
        case TroubleKind.WRONG_ENCODING if record is not None and question.operation == LOOKUP:
            return Answer(200, _windows_1258(writing.citizens([record])))
    if question.operation != LOOKUP:
        return None
    asked = record or replace(STRANGER, personal_number=question.claim.personal_number or "999090000998")
    match trouble.kind:
        case TroubleKind.OTHER_PERSON:
            return Answer(200, writing.citizens([STRANGER]))
        case TroubleKind.TWO_RECORDS:
            return Answer(200, writing.citizens([asked, STRANGER]))
        case TroubleKind.QCVN109 if record is not None:
            moment = _now().isoformat(timespec="seconds")
            return Answer(200, writing.citizens_qcvn109([record], moment=moment))
        case TroubleKind.PREFIX_NS2 if record is not None:
            return Answer(200, writing.citizens([record], prefix="ns2"))
        case TroubleKind.EXTRA_FIELD if record is not None:
            return Answer(200, writing.citizens([record], extra=True))
        case TroubleKind.OVERSIZED:
            # White space after the root element is well-formed: only its size is wrong.
            return Answer(200, writing.citizens([asked]) + b" " * OVERSIZED_BYTES)
    return None


_HTML: Final = (
    b"<!DOCTYPE html>\n<html lang='vi'><head><title>SBX</title></head>"
    b"<body><h1>502 Bad Gateway</h1><p>Sandbox: a page on demand.</p></body></html>\n"
)


def _windows_1258(message: bytes) -> bytes:
    """Write the text in windows-1258, though header and declaration still say UTF-8."""
    out = []
    for char in unicodedata.normalize("NFC", message.decode()):
        try:
            out.append(char.encode("cp1258"))
        except UnicodeEncodeError:
            # The code page has the letters with breve, circumflex and horn, and the tones as marks after them.
            parts = unicodedata.normalize("NFD", char)
            tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
            letter = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
            out.append((letter + tones).encode("cp1258"))
    return b"".join(out)


def _xroad_error(refused: XRoadRefusal) -> Answer:
    body = {"type": refused.type, "message": refused.message, "detail": str(uuid.uuid4())}
    return Answer(
        refused.status, json.dumps(body).encode(), content_type="application/json;charset=utf-8",
        headers={"X-Road-Error": refused.type},
    )  # fmt: skip


def _with_xroad_headers(call: Call, body: bytes, result: Answer, entry: Entry) -> Answer:
    """Add the headers a security server puts on an answer; the hash is over the body alone (CHOICE)."""
    sent_id = call.headers.get("X-Road-Id", "").strip()[:200]
    message_id = sent_id or str(uuid.uuid4())
    entry.xroad_id = message_id
    if result.trouble and result.trouble.kind is TroubleKind.XROAD_OTHER_ID:
        message_id = str(uuid.uuid4())
    headers = {
        "X-Road-Client": call.headers.get("X-Road-Client", "").strip()[:200],
        "X-Road-Id": message_id,
        "X-Road-Request-Id": str(uuid.uuid4()),
        "X-Road-Request-Hash": base64.b64encode(hashlib.sha512(body).digest()).decode(),
    }
    if call.service == XROAD_SERVICE and reading.operation_of(call.operation):
        headers["X-Road-Service"] = f"{call.service}/{call.operation}"
    return replace(result, headers=headers | result.headers)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=7)))
