"""How one question is asked and recorded, whichever door it came through.

In this order:

1. One short transaction: which lines are open, is there room, are tries left; the *intent* is written.
2. No transaction, and no database connection held: the register is asked, and our own match is made.
3. One short transaction: the *outcome* is written, and at the desk the record is kept for the form.

A question leaves on one line. Only when certainly nothing of it left may it take the other, once and within the same
time; the intent tells which. Whatever the page does next, both writings stay: that we asked is provable, and what came
back is not lost.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from motcua.audit import service as audit
from motcua.identity.claims import IdentityClaim
from motcua.identity.matching import Difference, YearAlone
from motcua.identity.register import Barred, CouldNotAsk, Inquiry, TouchPoint, Trouble
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified, verify
from motcua.population.line import TROUBLES_OF_THE_LINE, Lane, lane_of, may_enter
from motcua.population.settings import SettingRefused
from motcua.sealing import digest
from motcua.verification import limits, line, line_choice, proofs, registers, waiting_records
from motcua.verification.limits import Limited
from motcua.verification.models import IdentityCheck, Route
from motcua.web import tallies
from motcua.web.connections import give_connection_back
from motcua.web.places import elsewhere
from motcua.web.statements import planned_once

_log = logging.getLogger("motcua.verification")
_OUTCOME_FIELDS: Final = (
    "answered_at",
    "outcome",
    "reason",
    "matched_by",
    "birth_match",
    "line",
    "register_ids",
    "person_digest",
    "request_digest",
    "answer_digest",
    "transport",
    "certificate",
    "signature",
    "key_id",
)
ACCENTS: Final = "accents"  # the reason of a no at the desk where only the name's accents differ
# After these nothing is known of the line: our own client failed, or was never able to ask.
_TELL_NOTHING: Final = frozenset({Trouble.FATE_UNKNOWN, Trouble.CONFIGURATION})
_WORTH_ASKING: Final = 0.5  # seconds that must be left for a second line
LOOK_AGAIN: Final = 0.1  # seconds between two looks whether the first press has its answer
_REPEATED_WITHIN: Final = timedelta(
    minutes=30
)  # at whatever touch point, also where an answer carries longer
# What two presses must have in common to be one.
_OF_A_PRESS: Final = (
    *("touch_point", "asked_by_id", "number_digest", "claim_digest"),
    *("purpose", "procedure_code", "dossier_id", "form_key"),
)
# Questions admitted at one moment, over all processes: there are never so many connections to the database.
_AT_ONE_MOMENT: Final = 100
# Request ids have no digits, so that the filter of the logs never takes part of one for a personal number.
_LETTERS: Final = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")


class AlreadyAsked(Exception):
    """There is a check under this id: somebody else asked this very question, and nothing was asked again."""


class Replayed(Exception):
    """The same press of a button came twice: ``check`` is what the first one asked, and nothing was asked again."""

    def __init__(self, check: IdentityCheck) -> None:
        super().__init__("the same press of a button came twice")
        self.check = check


class PressReused(Exception):
    """A press of a button came twice, the second time with something else typed; nothing was asked."""


class OpenTransaction(RuntimeError):
    """The register was about to be asked while a database transaction is open: a mistake in our own code."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the user who is logged in, if any, and how the register is told.

    The register is told ``officer_code``, or ``officer_number`` where the officer has no code of their own;
    both and ``agency`` fall back to ``NPD_PORTAL_OFFICER`` and ``NPD_AGENCY_CODE`` off the desk. ``officer_key`` is
    "name:password" at a provincial gateway. ``is_licensed`` says whether the officer may ask at all. ``address`` is
    the network address of the browser; it is kept as a keyed digest only.
    """

    user: AbstractBaseUser | None
    officer_number: str = ""
    officer_login: str = ""
    agency: str = ""
    office_code: str = ""
    address: str = ""
    officer_code: str = ""
    officer_key: str = ""
    is_licensed: bool = True

    def __repr__(self) -> str:
        return f"Asker(user={self.user.pk if self.user else None}, office={self.office_code!r})"


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why it is asked: in words, and for which procedure and dossier.

    ``npd_code`` is the procedure's code with the register (MaDVC); ``NPD_PROCEDURE_CODE`` when empty.
    ``is_licensed`` says whether it may be asked for this procedure at all.
    """

    text: str
    procedure_code: str = ""
    npd_code: str = ""
    dossier_id: uuid.UUID | None = None
    is_licensed: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One question, from whichever door."""

    claim: IdentityClaim
    asker: Asker
    touch_point: TouchPoint
    purpose: Purpose
    year_alone: YearAlone
    check_id: uuid.UUID | None = None  # where the caller decides it, so that nobody else can ask the same
    repeats: uuid.UUID | None = None
    route: Route | None = None  # where the operator decides it
    press_key: uuid.UUID | None = None
    form_key: uuid.UUID | None = None
    marks: frozenset[IdentityCheck.Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question, and how the lines stood when it was admitted, if it came so far."""

    check: IdentityCheck
    outcome: Outcome
    lines: line.Lines | None


def ask(question: Question, now: datetime) -> Asked:
    """Ask, and record that and what was asked.

    Raises:
        Limited: too many wrong tries; nothing was asked.
        AlreadyAsked: there is a check under the question's id; nothing was asked.
        Replayed: this very press was asked about before; nothing was asked.
        PressReused: another question was asked by this press; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    _refuse_open_transaction()
    check = _intent(question, now)
    unlicensed = _unlicensed(question)
    try:
        if unlicensed is not None:
            _write_unlicensed(check, unlicensed, now, question.asker)
            return Asked(check, unlicensed, None)
        lines, ways, refused = _admit(check, question, now)
    except IntegrityError:
        if question.check_id is not None and IdentityCheck.objects.filter(pk=question.check_id).exists():
            raise AlreadyAsked from None
        _refuse_replay(check)
        raise
    if refused is not None:
        return Asked(check, refused, lines)
    give_connection_back()
    return Asked(check, _over(ways, lines, check, question, now), lines)


def _over(
    ways: list[Route], lines: line.Lines, check: IdentityCheck, question: Question, now: datetime
) -> Outcome:
    """Ask over the first line; over the next only while nothing of the question has left and time is left."""
    started = time.monotonic()
    inquiry = _inquiry(check, question)
    for place, route in enumerate(ways, start=1):
        left = registers.question_seconds() - (time.monotonic() - started)
        with elsewhere():
            began = time.monotonic()
            outcome = _asked(route, question, replace(inquiry, seconds=left))
            took, at = time.monotonic() - began, now + timedelta(seconds=time.monotonic() - started)
        tallies.observe(tallies.REGISTER_SECONDS, route.value, seconds=took, ends=tallies.REGISTER)
        is_unsent = isinstance(outcome, Unanswered) and outcome.is_unsent
        left -= took
        if not is_unsent or place == len(ways) or left < _WORTH_ASKING:
            break
        with transaction.atomic():
            check.route = ways[place]
            check.save(update_fields=["route"])
        _report(route, lines, outcome, at, took)
        _log.warning("npd.other_line request=%s route=%s", check.request_id, check.route)
        give_connection_back()
    with planned_once(), transaction.atomic():
        if question.touch_point is TouchPoint.RECEPTION:
            if isinstance(outcome, Verified) and outcome.record:
                waiting_records.keep(check, outcome.record, at)
            elif isinstance(outcome, Rejected):
                waiting_records.drop(check)
        _complete(check, outcome, at, question.asker)
    _report(route, lines, outcome, at, took)
    return outcome


def _asked(route: Route, question: Question, inquiry: Inquiry) -> Outcome:
    """Ask, and turn even a mistake of our own client into *unanswered*: a check is never left open by a crash."""
    try:
        register = registers.register(route)
    except (CouldNotAsk, SettingRefused) as error:  # the line's files changed under us
        detail = error.detail if isinstance(error, CouldNotAsk) else str(error)
        _log.error("npd.line_unusable route=%s detail=%s", route.value, detail)
        return Unanswered(None, Trouble.CONFIGURATION, None, detail, is_unsent=True)
    try:
        return verify(
            claim=question.claim, register=register, inquiry=inquiry, year_alone=question.year_alone
        )
    except Exception as error:
        _log.exception("npd.client_failed request=%s error=%s", inquiry.request_id, type(error).__name__)
        return Unanswered(None, Trouble.FATE_UNKNOWN, None, f"our own client failed: {type(error).__name__}")


def claim_digest(claim: IdentityClaim) -> str:
    """Return the keyed digest of a claim; equal for both tone placements of one name."""
    return digest("claim", claim.canonical())


def _spelling_digest(claim: IdentityClaim) -> str:
    to_the_letter = (claim.full_name, claim.number.digits, claim.birth_date.canonical())
    return digest("spelling", "\n".join(to_the_letter))[:16]


def _intent(question: Question, now: datetime) -> IdentityCheck:
    check_id = question.check_id or uuid.uuid4()
    asker, purpose, number = question.asker, question.purpose, question.claim.number
    return IdentityCheck(
        id=check_id,
        request_id="MC-" + check_id.hex.translate(_LETTERS),
        touch_point=question.touch_point.value,
        asked_by_id=asker.user.pk if asker.user else None,
        office_code=asker.office_code,
        purpose=purpose.text,
        procedure_code=purpose.procedure_code,
        dossier_id=purpose.dossier_id,
        number_digest=digest("number", number.digits),
        number_masked=number.masked,
        claim_digest=claim_digest(question.claim),
        spelling_digest=_spelling_digest(question.claim),
        address_digest=digest("address", limits.network_of(asker.address)) if asker.address else "",
        form_key=question.form_key,
        press_key=question.press_key,
        repeats_id=question.repeats,
        asked_at=now,
    )


def _refuse_replay(check: IdentityCheck) -> None:
    """Look for the check of the same press, wait until its outcome is known, and raise what it makes of this one.

    Raises:
        Replayed: it asked the very same, of late.
        PressReused: it asked something else, or so long ago that its answer vouches for nothing.
    """
    if check.press_key is None:
        return
    first = IdentityCheck.objects.filter(press_key=check.press_key).first()
    if first is None:
        return
    is_other = any(getattr(first, field) != getattr(check, field) for field in _OF_A_PRESS)
    if is_other or check.asked_at - first.asked_at > _REPEATED_WITHIN:
        audit.record(
            name="check.key_reused",
            now=check.asked_at,
            actor=check.asked_by,
            office_code=check.office_code,
            details={"check": first.request_id, "touch_point": check.touch_point},
        )
        raise PressReused
    raise Replayed(replayed(first, now=check.asked_at))


def replayed(first: IdentityCheck, *, now: datetime) -> IdentityCheck:
    """Count one more press of a button that asked already, and return its check once the outcome is known.

    Of a question that is older than any lasts the outcome is never known: nobody waits for it.
    """
    IdentityCheck.objects.filter(pk=first.pk).update(replays=F("replays") + 1)
    longest = line.longest_question()
    patience = time.monotonic() + min(longest, longest - (now - first.asked_at)).total_seconds()
    while not first.outcome and time.monotonic() < patience:
        give_connection_back()
        with elsewhere():
            time.sleep(LOOK_AGAIN)
        first.refresh_from_db()
    return first


def _inquiry(check: IdentityCheck, question: Question) -> Inquiry:
    asker, npd = question.asker, settings.NPD
    officer = asker.officer_code or asker.officer_number
    return Inquiry(
        request_id=check.request_id,
        officer=officer or npd["NPD_PORTAL_OFFICER"],
        officer_login=asker.officer_login or "motcua",
        officer_key=asker.officer_key if officer else npd["NPD_PORTAL_OFFICER_KEY"],
        agency=asker.agency or npd["NPD_AGENCY_CODE"],
        procedure=question.purpose.npd_code or npd["NPD_PROCEDURE_CODE"],
        touch_point=question.touch_point,
    )


def _unlicensed(question: Question) -> NotAllowed | None:
    """Say who lacks a licence by our own lists, the register's codes 005 and 004, before anybody is asked."""
    if question.touch_point is TouchPoint.RECHECK and not question.asker.officer_number:
        return NotAllowed(None, Barred.OFFICER, "the officer has no personal number on file any more")
    if not question.asker.is_licensed:
        return NotAllowed(None, Barred.OFFICER, "by our own list the officer is not licensed")
    if not question.purpose.is_licensed:
        return NotAllowed(None, Barred.PROCEDURE, "by our own list the procedure is not licensed")
    return None


def _write_unlicensed(check: IdentityCheck, unlicensed: NotAllowed, now: datetime, asker: Asker) -> None:
    with transaction.atomic():
        _complete(check, unlicensed, now, asker, is_new=True)
        audit.record(
            name="check.not_licensed",
            now=now,
            actor=asker.user,
            office_code=check.office_code,
            subject=check.number_digest,
            details={"barred": unlicensed.barred.value, "procedure": check.procedure_code},
        )


def _admit(
    check: IdentityCheck, question: Question, now: datetime
) -> tuple[line.Lines, list[Route], Unanswered | None]:
    """Write the intent if the question may leave; else write it with its outcome, or raise Limited."""
    bounds = limits.limits_on(check)
    officer_id = check.asked_by_id if question.touch_point in limits.DESK else None
    with planned_once(), transaction.atomic():
        lines = line.read_in_turn(_turns(check) if bounds else (), now.timestamp())
        counts = limits.count(limits=bounds, now=now, officer_id=officer_id)
        if limits.is_near_system_limit(bounds, counts, within=_AT_ONE_MOMENT):
            line.read_in_turn({digest("turn", limits.SYSTEM)}, now.timestamp())
            counts = limits.count(limits=bounds, now=now, officer_id=officer_id)
        exceeded = limits.exceeded(bounds, counts)
        ways = _ways(lines, question, now)
        refused = None if exceeded else _refused(lines, ways, counts, question.touch_point, now)
        check.marks = _marks(question, counts, now)
        if refused is not None:
            _complete(check, refused, now, question.asker, is_new=True)
        elif not exceeded:
            check.route = ways[0] if ways else ""
            check.save(force_insert=True)
    if exceeded:
        _refuse_replay(check)
        _refuse_limited(check, exceeded, now)
    return lines, ways, refused


def _marks(question: Question, counts: limits.Counts, now: datetime) -> str:
    """Return why a supervisor should look at a question, as it is kept; hours and bursts are a desk's."""
    marks = set(question.marks)
    if question.touch_point not in limits.DESK:
        return " ".join(sorted(marks))
    local = timezone.localtime(now)
    begin, end = settings.WORK_HOURS
    if not begin <= local.time() < end or local.isoweekday() not in settings.WORK_DAYS:
        marks.add(IdentityCheck.Mark.ODD_HOURS)
    if counts.recent >= settings.LIMITS["BURST_5_MINUTES"]:
        marks.add(IdentityCheck.Mark.BURST)
    if question.touch_point is TouchPoint.LOOKUP:
        marks.add(IdentityCheck.Mark.LOOKUP)
    return " ".join(sorted(marks))


def _ways(lines: line.Lines, question: Question, now: datetime) -> list[Route]:
    """List the lines for a question; an operator's is asked even over a shut one."""
    if question.route is not None:
        return [question.route]
    ways = line_choice.ways(lines, now.timestamp())
    return ways or (
        line_choice.in_use(lines.mode)[:1] if question.touch_point is TouchPoint.OPERATION else []
    )


def _refused(
    lines: line.Lines, ways: list[Route], counts: limits.Counts, touch_point: TouchPoint, now: datetime
) -> Unanswered | None:
    if touch_point is TouchPoint.OPERATION:
        return None
    if not ways:
        wait = line_choice.retry_after(lines, now.timestamp())
        if lines.mode is not line.Mode.AUTO:
            _log.warning("npd.chosen_line_shut mode=%s help='motcua npd use auto'", lines.mode.value)
        return Unanswered(None, Trouble.BREAKER_OPEN, wait, "the line is shut after failures")
    lane: Lane = lane_of(touch_point)
    if not may_enter(
        line.policy(), lane, desk_in_flight=counts.desk_in_flight, portal_in_flight=counts.portal_in_flight
    ):
        _log.warning("npd.crowded lane=%s", lane.value)
        return Unanswered(
            None, Trouble.CROWDED, 2.0, "as many questions as NPD_IN_FLIGHT allows are under way"
        )
    return None


def _refuse_limited(check: IdentityCheck, exceeded: list[limits.Limit], now: datetime) -> None:
    until, limit = max(
        ((limits.next_try_at(limit=limit, now=now), limit) for limit in exceeded),
        key=lambda pair: pair[0],
    )
    audit.record(
        name="check.limited",
        now=now,
        actor=check.asked_by,
        office_code=check.office_code,
        subject=check.number_digest,
        details={"scope": limit.scope, "touch_point": check.touch_point},
    )
    _log.warning(
        "limits.reached scope=%s touch_point=%s until=%s", limit.scope, check.touch_point, f"{until:%H:%M}"
    )
    raise Limited(scope=limit.scope, tries=limit.tries, until=until)


def _complete(
    check: IdentityCheck, outcome: Outcome, answered_at: datetime, asker: Asker, *, is_new: bool = False
) -> None:
    """Write, sign and log an outcome in the caller's transaction; the log last, for others wait their turn there."""
    _set_outcome(check, outcome, answered_at)
    said = proofs.sign_check(check)
    if is_new:
        check.save(force_insert=True)
    else:
        check.save(update_fields=_OUTCOME_FIELDS)
    proofs.log_check(check, said, by=asker.user)


def _set_outcome(check: IdentityCheck, outcome: Outcome, answered_at: datetime) -> None:
    check.answered_at = answered_at
    if messages := outcome.messages:
        exchange = messages.exchange
        check.register_ids = [list(pair) for pair in messages.register_ids]
        check.request_digest, check.answer_digest = exchange.request_digest, exchange.answer_digest
        check.transport, check.certificate = exchange.transport, exchange.certificate
    match outcome:
        case Verified():
            check.outcome = IdentityCheck.Outcome.VERIFIED
            check.matched_by, check.birth_match = outcome.matched_by.value, outcome.birth_match.value
            check.line = outcome.line
            check.person_digest = _other_number(check, outcome)
        case Rejected():
            check.outcome, check.line = IdentityCheck.Outcome.REJECTED, outcome.line
            is_hint = outcome.differences == {Difference.NAME_ACCENTS}
            if is_hint and check.touch_point == TouchPoint.RECEPTION:
                check.reason = ACCENTS
        case Unanswered():
            check.outcome, check.reason = IdentityCheck.Outcome.UNANSWERED, outcome.trouble.value
        case NotAllowed():
            check.outcome, check.reason = IdentityCheck.Outcome.NOT_ALLOWED, outcome.barred.value


def _other_number(check: IdentityCheck, verified: Verified) -> str:
    """Return the digest of the personal number of somebody who was asked about by another one."""
    number = verified.record.personal_number if verified.record else ""
    found = digest("number", number) if number else ""
    return "" if found == check.number_digest else found


def _report(route: Route, lines: line.Lines, outcome: Outcome, at: datetime, took: float) -> None:
    """Tell the line how the question went."""
    trouble = outcome.trouble if isinstance(outcome, Unanswered) else None
    if isinstance(outcome, Unanswered) and trouble in TROUBLES_OF_THE_LINE:
        moment = at.timestamp()
        line.record_failure(route, moment, outcome.retry_after, began_at=moment - took)
    elif trouble not in _TELL_NOTHING and not (isinstance(outcome, NotAllowed) and outcome.is_unsent):
        line.record_answer(route, lines[route], at.timestamp(), took)


def _refuse_open_transaction() -> None:
    if _open_blocks():
        raise OpenTransaction("ask outside, write inside: close the transaction before asking the register")


def _open_blocks() -> list[Any]:
    """List the open transactions, without the one that Django's test cases wrap round themselves."""
    return [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]


def _turns(check: IdentityCheck) -> set[str]:
    """Name what only one question at a time may be admitted about: the number, the asker, the address."""
    asker = digest("asker", str(check.asked_by_id)) if check.asked_by_id is not None else ""
    return {check.number_digest, check.address_digest, asker} - {""}
