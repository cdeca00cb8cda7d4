"""The doors through which a page asks the register: ``check_identity`` and ``fetch_citizen``.

What happens in them, in this order:

1. One short transaction: is the line open and not crowded, are tries left; the *intent* is written.
2. No transaction, and no database connection held: the register is asked, and our own match is made.
3. One short transaction: the *outcome* is written, and at the desk the record is kept for the form.

Whatever the page does next, both rows stay: that we asked is provable, and what came back is not lost.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, connection, transaction

from motcua.audit import service as audit
from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.matching import Difference, YearAlone
from motcua.identity.register import Inquiry, TouchPoint, Trouble
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified, verify
from motcua.population.gateway import ping_claim
from motcua.population.line import TROUBLES_OF_THE_LINE, Lane, LineState, lane_of, may_enter
from motcua.sealing import digest
from motcua.verification import budget, line, registers, waiting
from motcua.verification.budget import Limited
from motcua.verification.models import IdentityCheck

__all__ = [
    "Asker",
    "DeskAnswer",
    "Limited",
    "LineStatus",
    "MissingOfficerNumber",
    "Purpose",
    "carries",
    "check_as_operator",
    "check_identity",
    "claim_digest",
    "fetch_citizen",
    "line_status",
    "ping",
    "read_record",
    "spend_record",
]

_log = logging.getLogger("motcua.verification")
_OUTCOME_FIELDS: Final = (
    "answered_at",
    "outcome",
    "reason",
    "matched_by",
    "birth_match",
    "line",
    "register_ids",
)
# Request ids have no digits, so that the filter of the logs never takes part of one for a personal number.
_LETTERS: Final = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")


class MissingOfficerNumber(Exception):
    """The officer has no personal number on file, so the register cannot be told who asks; nothing was asked."""


class OpenTransaction(RuntimeError):
    """The register was about to be asked while a database transaction is open: a mistake in our own code."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the user who is logged in, if any, and how the register is told.

    ``officer_number`` and ``agency`` fall back to ``NPD_PORTAL_OFFICER`` and ``NPD_AGENCY_CODE`` off the desk.
    ``address`` is the network address of the browser; it is kept as a keyed digest only.
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
    """

    text: str
    procedure_code: str = ""
    npd_code: str = ""
    dossier_id: uuid.UUID | None = None
    is_licensed: bool = True


@dataclass(frozen=True, slots=True)
class DeskAnswer:
    """What an officer gets: the check, the record when it was verified, and one hint when it was not."""

    check: IdentityCheck
    record: CitizenRecord | None
    is_accents_hint: bool


@dataclass(frozen=True, slots=True)
class LineStatus:
    """Whether the register can be asked now, and since when it cannot."""

    is_open: bool
    since: datetime | None


def check_identity(
    *,
    claim: IdentityClaim,
    asker: Asker,
    touch_point: TouchPoint,
    purpose: Purpose,
    now: datetime,
) -> IdentityCheck:
    """Ask whether a person is who they say, for a page that may see the verdict and nothing else.

    A year of birth alone agrees only with a record that holds no more than the year.

    Args:
        claim: name, number and birth date as typed, cleaned.
        asker: who asks.
        touch_point: registration or filing.
        purpose: why.
        now: the moment.

    Returns:
        The check, its outcome written.

    Raises:
        Limited: too many wrong tries; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    check, _ = _ask(claim, asker, touch_point, purpose, now, YearAlone.YEAR_ONLY_RECORD)
    return check


def fetch_citizen(*, claim: IdentityClaim, asker: Asker, purpose: Purpose, now: datetime) -> DeskAnswer:
    """Ask about the person at the desk and, when verified, get the record that fills the applicant's form.

    The record also waits sealed under the check's id, for half an hour, until ``spend_record``.

    Args:
        claim: what the person says, or what their card says.
        asker: the officer, with the personal number on file, the office's code as agency.
        purpose: the procedure at hand.
        now: the moment.

    Raises:
        MissingOfficerNumber: the officer has no personal number on file.
        Limited: too many wrong tries of this officer; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    if not asker.officer_number or asker.user is None:
        raise MissingOfficerNumber
    check, outcome = _ask(claim, asker, TouchPoint.RECEPTION, purpose, now, YearAlone.ANY_RECORD)
    record = outcome.record if isinstance(outcome, Verified) else None
    is_hint = isinstance(outcome, Rejected) and outcome.differences == {Difference.NAME_ACCENTS}
    return DeskAnswer(check, record, is_hint)


def read_record(
    *, user: AbstractBaseUser, claim: IdentityClaim, procedure_code: str, now: datetime
) -> tuple[IdentityCheck, CitizenRecord] | None:
    """Return the record that waits for this officer's form, with its check; asks nobody.

    Args:
        user: the officer.
        claim: the three things as they now stand in the form.
        procedure_code: what they were asked for.
        now: the moment.

    Returns:
        None when nothing waits: another officer asked, another claim, another procedure, too old, already used.
    """
    kept = waiting.find(
        user=user, claim_digest=claim_digest(claim), procedure_code=procedure_code, now=now
    ).first()
    return (kept.identity_check, waiting.opened(kept)) if kept else None


def spend_record(
    *, user: AbstractBaseUser, claim: IdentityClaim, procedure_code: str, now: datetime
) -> tuple[IdentityCheck, CitizenRecord] | None:
    """Take the record that waits for this officer's form and erase it; call it inside the saving transaction.

    Arguments and result are those of ``read_record``.
    """
    found = waiting.find(user=user, claim_digest=claim_digest(claim), procedure_code=procedure_code, now=now)
    kept = found.select_for_update(of=("self",)).first()
    if kept is None:
        return None
    check, record = kept.identity_check, waiting.opened(kept)
    kept.delete()
    return check, record


def carries(
    *, check: IdentityCheck, claim: IdentityClaim, user: AbstractBaseUser, max_age: timedelta, now: datetime
) -> bool:
    """Say whether an earlier check still vouches: verified, asked by this user, of this very claim, young enough."""
    return (
        check.is_verified
        and check.asked_by_id == user.pk
        and check.answered_at is not None
        and now - check.answered_at <= max_age
        and check.claim_digest == claim_digest(claim)
    )


def claim_digest(claim: IdentityClaim) -> str:
    """Return the keyed digest of a claim; equal for both tone placements of one name."""
    return digest("claim", claim.canonical())


def line_status(*, now: datetime) -> LineStatus:
    """Say whether the register can be asked; starts a probe in the background when one is due. One query."""
    state = line.read()
    since = state.shut_since(now.timestamp())
    if since is None:
        return LineStatus(True, None)
    _probe_if_due(state, now)
    return LineStatus(False, datetime.fromtimestamp(since, UTC))


def ping(*, now: datetime) -> tuple[IdentityCheck, Outcome]:
    """Ask for a person who cannot exist, even while the line is shut; *rejected* is the one good outcome.

    Raises:
        OpenTransaction: a transaction is open.
    """
    claim = ping_claim(settings.NPD["NPD_PING_NUMBER"])
    return _ask(
        claim, Asker(None), TouchPoint.OPERATION, Purpose("vận hành: thăm dò"), now, YearAlone.ANY_RECORD
    )


def check_as_operator(*, claim: IdentityClaim, now: datetime) -> tuple[IdentityCheck, Outcome]:
    """Ask for the configured operator, outside the limits of persons, recorded like any check.

    Raises:
        OpenTransaction: a transaction is open.
    """
    return _ask(claim, Asker(None), TouchPoint.OPERATION, Purpose("vận hành"), now, YearAlone.ANY_RECORD)


def _ask(
    claim: IdentityClaim,
    asker: Asker,
    touch_point: TouchPoint,
    purpose: Purpose,
    now: datetime,
    year_alone: YearAlone,
) -> tuple[IdentityCheck, Outcome]:
    _refuse_open_transaction()
    check = _intent(claim, asker, touch_point, purpose, now)
    inquiry = Inquiry(
        request_id=check.request_id,
        officer=asker.officer_number or settings.NPD["NPD_PORTAL_OFFICER"],
        officer_login=asker.officer_login or "motcua",
        agency=asker.agency or settings.NPD["NPD_AGENCY_CODE"],
        procedure=purpose.npd_code or settings.NPD["NPD_PROCEDURE_CODE"],
        touch_point=touch_point,
    )
    state, refused = _admit(check, touch_point, now)
    if refused is not None:
        return check, refused
    _give_connection_back()
    started = time.monotonic()
    outcome = _asked(claim, inquiry, year_alone)
    answered_at = now + timedelta(seconds=time.monotonic() - started)
    with transaction.atomic():
        _write_outcome(check, outcome, answered_at)
        check.save(update_fields=_OUTCOME_FIELDS)
        if isinstance(outcome, Verified) and outcome.record and touch_point is TouchPoint.RECEPTION:
            waiting.keep(check, outcome.record, answered_at)
    _report(outcome, state, answered_at)
    return check, outcome


def _asked(claim: IdentityClaim, inquiry: Inquiry, year_alone: YearAlone) -> Outcome:
    """Ask, and turn even a mistake of our own client into *unanswered*: a check is never left open by a crash."""
    try:
        return verify(claim=claim, register=registers.register(), inquiry=inquiry, year_alone=year_alone)
    except Exception as error:
        _log.exception("npd.client_failed request=%s error=%s", inquiry.request_id, type(error).__name__)
        return Unanswered(None, Trouble.FATE_UNKNOWN, None, f"our own client failed: {type(error).__name__}")


def _intent(
    claim: IdentityClaim, asker: Asker, touch_point: TouchPoint, purpose: Purpose, now: datetime
) -> IdentityCheck:
    check_id = uuid.uuid4()
    return IdentityCheck(
        id=check_id,
        request_id="MC-" + check_id.hex.translate(_LETTERS),
        touch_point=touch_point.value,
        asked_by_id=asker.user.pk if asker.user else None,
        office_code=asker.office_code,
        purpose=purpose.text,
        procedure_code=purpose.procedure_code,
        dossier_id=purpose.dossier_id,
        number_digest=digest("number", claim.number.digits),
        number_masked=claim.number.masked,
        claim_digest=claim_digest(claim),
        address_digest=digest("address", budget.network_of(asker.address)) if asker.address else "",
        asked_at=now,
    )


def _admit(
    check: IdentityCheck, touch_point: TouchPoint, now: datetime
) -> tuple[LineState, Unanswered | None]:
    """Write the intent if the question may leave; else write it with its outcome, or raise Limited."""
    limits = budget.limits_of(
        touch_point=touch_point,
        number_digest=check.number_digest,
        user_id=check.asked_by_id,
        address_digest=check.address_digest,
    )
    with transaction.atomic():
        state = line.read_in_turn(_turns(check))
        counts = budget.count(limits=limits, now=now, longest_question=line.longest_question())
        exceeded = [limit for limit, tries in zip(limits, counts.tries, strict=True) if tries >= limit.tries]
        refused = None if exceeded else _refused_by_line(state, counts, touch_point, now)
        if refused is not None:
            _write_outcome(check, refused, now)
        if not exceeded:
            check.save(force_insert=True)
    if exceeded:
        _refuse_limited(check, exceeded, now)
    if refused is not None and refused.trouble is Trouble.BREAKER_OPEN:
        _probe_if_due(state, now)
    return state, refused


def _refused_by_line(
    state: LineState, counts: budget.Counts, touch_point: TouchPoint, now: datetime
) -> Unanswered | None:
    if touch_point is TouchPoint.OPERATION:
        return None
    moment = now.timestamp()
    if state.is_shut(moment):
        return Unanswered(
            None, Trouble.BREAKER_OPEN, state.retry_after(moment), "the line is shut after failures"
        )
    lane: Lane = lane_of(touch_point)
    if not may_enter(
        line.policy(), lane, desk_in_flight=counts.desk_in_flight, portal_in_flight=counts.portal_in_flight
    ):
        _log.warning("npd.crowded lane=%s", lane.value)
        return Unanswered(
            None, Trouble.CROWDED, 2.0, "as many questions as NPD_IN_FLIGHT allows are under way"
        )
    return None


def _refuse_limited(check: IdentityCheck, exceeded: list[budget.Limit], now: datetime) -> None:
    longest = line.longest_question()
    until, limit = max(
        ((budget.next_try_at(limit=limit, now=now, longest_question=longest), limit) for limit in exceeded),
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
    raise Limited(scope=limit.scope, tries=limit.tries, until=until)


def _write_outcome(check: IdentityCheck, outcome: Outcome, answered_at: datetime) -> None:
    check.answered_at = answered_at
    if outcome_messages := outcome.messages:
        check.register_ids = [list(pair) for pair in outcome_messages.register_ids]
    match outcome:
        case Verified():
            check.outcome = IdentityCheck.Outcome.VERIFIED
            check.matched_by, check.birth_match = outcome.matched_by.value, outcome.birth_match.value
            check.line = outcome.line
        case Rejected():
            check.outcome, check.line = IdentityCheck.Outcome.REJECTED, outcome.line
        case Unanswered():
            check.outcome, check.reason = IdentityCheck.Outcome.UNANSWERED, outcome.trouble.value
        case NotAllowed():
            check.outcome, check.reason = IdentityCheck.Outcome.NOT_ALLOWED, outcome.barred.value


def _report(outcome: Outcome, seen: LineState, now: datetime) -> None:
    """Tell the line how the question went; an answer writes only when there was something to forget."""
    if isinstance(outcome, Unanswered):
        if outcome.trouble in TROUBLES_OF_THE_LINE:
            line.record_failure(now.timestamp(), outcome.retry_after)
    elif seen != LineState():
        line.record_success()


def _probe_if_due(state: LineState, now: datetime) -> None:
    if state.is_probe_due(now.timestamp()) and line.try_begin_probe(now.timestamp()):
        start_probe()


def start_probe() -> None:
    """Ask the ping's question in a thread of its own, so that nobody waits for a register that hangs."""
    threading.Thread(target=_probe, name="npd-probe", daemon=True).start()


def _probe() -> None:
    try:
        _, outcome = ping(now=datetime.now(UTC))
        _log.info("npd.probed outcome=%s", type(outcome).__name__)
    except DatabaseError:
        # A thread's last words would go past the log's filter; the next probe is due in a moment anyway.
        _log.exception("npd.probe_failed")
    finally:
        connection.close()


def _refuse_open_transaction() -> None:
    if _open_blocks():
        raise OpenTransaction("ask outside, write inside: close the transaction before asking the register")


def _open_blocks() -> list[Any]:
    """List the open transactions, without the one that Django's test cases wrap round themselves."""
    return [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]


def _give_connection_back() -> None:
    """Let other threads use our place in PostgreSQL's pool while we wait for the register."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


def _turns(check: IdentityCheck) -> set[str]:
    """Name what only one question at a time may be admitted about: the number, the asker, the address."""
    asker = digest("asker", str(check.asked_by_id)) if check.asked_by_id is not None else ""
    return {check.number_digest, check.address_digest, asker} - {""}
