"""One call from its bytes to its answer, whatever façade it came through: journal, licenses, search, trouble."""

import datetime as dt
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import DatabaseError

from npdsandbox import matching, state, writing
from npdsandbox.answers import Answer, as_json, xroad_error
from npdsandbox.journal import Entry, masked
from npdsandbox.matching import Finding
from npdsandbox.models import Citizen
from npdsandbox.reading import Question
from npdsandbox.records import SYNTHETIC_PREFIX, Record
from npdsandbox.refusals import Refusal, XRoadRefusal
from npdsandbox.settings import TLS_CLIENTS
from npdsandbox.switches import Switches
from npdsandbox.troubles import Place, TroubleKind
from npdsandbox.wrong_answers import broken, spoiled, wrong_record

_LOG: Final = logging.getLogger("npdsandbox")


@dataclass(frozen=True)
class Call:
    """A request as it came.

    `operation` is the last part of the path, empty for `POST /c06`; `service` the provider in an X-Road path;
    `certificate` the organization and common name in the caller's certificate, empty without one.
    """

    operation: str
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]
    service: str = ""
    certificate: tuple[str, ...] = ()


def _as_it_is(call: Call, body: bytes, result: Answer, entry: Entry) -> Answer:
    return result


@dataclass(frozen=True)
class Facade:
    """One way to the register.

    `handle` answers a call and notes in the entry what it learns, `refuse` writes a refusal in the façade's own
    shape, `finish` adds what every answer of it carries.
    """

    name: str
    handle: Callable[[Call, bytes, Entry, Switches], Answer]
    refuse: Callable[[Refusal], Answer]
    finish: Callable[[Call, bytes, Answer, Entry], Answer] = _as_it_is


def answer(call: Call, facade: Facade) -> Answer:
    """Answer one call and write it into the journal.

    Never raises for anything the caller sent: what is wrong with a call becomes a refusal (protocol §9.5).
    """
    started = time.perf_counter()
    entry = Entry(
        time=_now().isoformat(timespec="milliseconds"), facade=facade.name,
        certificate=" / ".join(call.certificate),
    )  # fmt: skip
    body = b""
    try:
        _check_certificate(call)
        body = call.read_body()
        switches = state.SWITCHES.now
        if switches.maintenance_seconds:
            raise Refusal(
                503, "SBX.MAINTENANCE", "maintenance", retry_after=switches.maintenance_seconds,
                faultcode="soapenv:Server",
            )  # fmt: skip
        result = spoiled(facade.handle(call, body, entry, switches))
    except Refusal as refusal:
        entry.outcome = refusal.code
        written = xroad_error(refusal) if isinstance(refusal, XRoadRefusal) else facade.refuse(refusal)
        wait = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        result = replace(written, headers=written.headers | refusal.headers | wait)
    result = facade.finish(call, body, result, entry)
    entry.status = result.status
    entry.ms = round((time.perf_counter() - started) * 1000, 2)
    state.JOURNAL.write(entry)
    return result


def _check_certificate(call: Call) -> None:
    if TLS_CLIENTS and not set(TLS_CLIENTS) & set(call.certificate):
        raise Refusal(403, "SBX.CERTIFICATE", "the certificate is of another organization")


def admit(clients: tuple[str, ...], entry: Entry, switches: Switches) -> None:
    """Note who calls (the last name is the client's own) and refuse whoever calls too often."""
    entry.client = clients[-1][:100] if clients else ""
    wait = state.RATES.seconds_to_wait(entry.client, switches.rate_per_minute)
    if wait:
        raise Refusal(429, "SBX.RATE", "too many calls in a minute", retry_after=wait)


def ask(question: Question, clients: tuple[str, ...], entry: Entry, switches: Switches) -> Answer:
    """Put a question to the register and return its SOAP answer.

    Args:
        question: the question, checked.
        clients: every name the caller goes by, for troubles.
        entry: the journal's entry, completed here.
        switches: the switches in force.

    Raises:
        Refusal: officer or procedure not licensed, a trouble that is a fault, or no database.
    """
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
    troubled = broken(trouble) or wrong_record(
        trouble, question, record, moment=_now().isoformat(timespec="seconds")
    )
    if troubled is not None:
        return replace(troubled, trouble=trouble)
    if finding is Finding.DECEASED and switches.deceased_answer == "no_match":
        record = None
    return Answer(200, _write(question, record, switches), trouble=trouble)


def give_token(fields: dict[str, Any], clients: tuple[str, ...], entry: Entry) -> Answer:
    """Answer a call for a token with these JSON fields, or with the trouble that meets such calls."""
    entry.operation, entry.outcome = "token", "token"
    entry.client = clients[-1][:100]
    trouble = state.TROUBLES.take(clients=clients, at=Place.TOKEN)
    if trouble:
        entry.trouble = trouble.kind.value
        if trouble.kind is TroubleKind.WRONG_TYPES:
            fields = dict.fromkeys(fields, 17)
    return replace(broken(trouble) or as_json(fields), trouble=trouble)


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


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=7)))
