"""The doors through which a page asks the register: ``check_identity``, ``fetch_citizen``, ``look_up`` and
``recheck_identity``.

How a question is asked and recorded: ``asking``. How many wrong tries there may be: ``limits``; who may not try at
present: ``locks``. Which line it takes: ``line_choice``. How the register answers at present: ``light``.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from motcua.audit import service as audit
from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.matching import YearAlone
from motcua.identity.register import TouchPoint
from motcua.identity.verification import Outcome, Verified
from motcua.verification import asking, challenge, limits, probing, waiting_records, wave
from motcua.verification.asking import (
    AlreadyAsked,
    Asked,
    Asker,
    OpenTransaction,
    PressReused,
    Purpose,
    Question,
    Replayed,
    claim_digest,
)
from motcua.verification.challenge import Challenge
from motcua.verification.counting import PENDING, DayOfChecks, checks_by_day, checks_today
from motcua.verification.keeping import erase_old_checks
from motcua.verification.light import Light, LineFacts, LineStatus, line_status, status_after
from motcua.verification.light import line_facts as lines
from motcua.verification.limits import Limited, network_of
from motcua.verification.line import Mode, longest_question
from motcua.verification.line_choice import NoSuchLine, choice, use_line
from motcua.verification.locks import (
    LimitStanding,
    number_lock,
    officer_limit,
    release_officer,
    stopped_officers,
)
from motcua.verification.models import IdentityCheck, Route
from motcua.verification.probing import ping
from motcua.verification.waiting_records import DESK_CARRIES
from motcua.verification.waiting_records import erase_expired as erase_waiting_records
from motcua.web.connections import give_connection_back
from motcua.web.places import elsewhere

__all__ = [
    "DESK_CARRIES",
    "NO_PRESS",
    "PENDING",
    "AlreadyAsked",
    "Asker",
    "ChallengeNeeded",
    "DayOfChecks",
    "DeskAnswer",
    "Light",
    "LimitStanding",
    "Limited",
    "LineFacts",
    "LineStatus",
    "MissingOfficerNumber",
    "Mode",
    "NoSuchLine",
    "OpenTransaction",
    "Press",
    "PressReused",
    "Purpose",
    "Route",
    "answer_to",
    "carries",
    "check_as_operator",
    "check_identity",
    "checks_by_day",
    "checks_today",
    "choice",
    "claim_digest",
    "erase_old_checks",
    "erase_waiting_records",
    "fetch_citizen",
    "line_status",
    "lines",
    "longest_question",
    "look_up",
    "network_of",
    "number_lock",
    "officer_limit",
    "ping",
    "portal_question",
    "press_of",
    "read_record",
    "recheck_identity",
    "release_officer",
    "spend_record",
    "stopped_officers",
    "use_line",
    "wave_since",
]


class MissingOfficerNumber(Exception):
    """The officer has no personal number on file, so the register cannot be told who asks; nothing was asked."""


class ChallengeNeeded(Exception):
    """A wave of wrong answers lasts, and the portal's own question was not answered rightly; nothing was asked.

    ``is_wrong`` says that it was answered at all.
    """

    def __init__(self, *, is_wrong: bool) -> None:
        super().__init__("the portal's own question comes first")
        self.is_wrong = is_wrong


@dataclass(frozen=True, slots=True, repr=False)
class Press:
    """What came with the press of a button beside what was typed: its key, and the answer to the portal's question.

    One key asks one question; without one, every press asks.
    """

    key: uuid.UUID | None = None
    challenge_token: str = ""
    challenge_answer: str = ""


NO_PRESS: Final = Press()
_LOOKS_FOR_AN_INTENT: Final = 10  # the other press may be about to write it


@dataclass(frozen=True, slots=True)
class DeskAnswer:
    """What an officer gets: the check, the record when it was verified, and one hint when it was not.

    ``line`` is how the register answers, where its answer to this question shows it.
    """

    check: IdentityCheck
    record: CitizenRecord | None
    is_accents_hint: bool
    line: LineStatus | None


def check_identity(
    *,
    claim: IdentityClaim,
    asker: Asker,
    touch_point: TouchPoint,
    purpose: Purpose,
    now: datetime,
    press: Press = NO_PRESS,
) -> IdentityCheck:
    """Ask whether a person is who they say, for a page that may see the verdict and nothing else.

    A year of birth alone agrees only with a record that holds no more than the year. A no takes a whole number of
    ``REJECTED_STEP_SECONDS``, so that its time does not tell what the register found.

    Args:
        claim: name, number and birth date as typed, cleaned.
        asker: who asks.
        touch_point: registration or filing.
        purpose: why.
        now: the moment.
        press: what came with the press of the button.

    Returns:
        The check, its outcome written; the first one's where the same press came twice.

    Raises:
        ChallengeNeeded: a wave of wrong answers lasts, and the portal's question comes first; nothing was asked.
        Limited: too many wrong tries; nothing was asked.
        PressReused: another question was asked by this press; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    began = time.monotonic()
    question = Question(claim, asker, touch_point, purpose, YearAlone.YEAR_ONLY_RECORD, press_key=press.key)
    if wave.is_on(now=now) and not _is_repeated(press) and not _has_passed(press, now):
        if press.challenge_answer:
            audit.record(name="challenge.failed", now=now, details={"touch_point": touch_point.value})
        raise ChallengeNeeded(is_wrong=bool(press.challenge_answer))
    try:
        check = _ask(question, now).check
    except Replayed as replayed:
        return _evened_out(replayed.check)
    if check.is_rejected:
        wave.notice(now=now)
        _even_out(time.monotonic() - began, time.sleep)
    return check


def fetch_citizen(
    *,
    claim: IdentityClaim,
    asker: Asker,
    purpose: Purpose,
    now: datetime,
    press: Press = NO_PRESS,
    form_key: uuid.UUID | None = None,
    marks: Iterable[IdentityCheck.Mark] = (),
) -> DeskAnswer:
    """Ask about the person at the desk and, when verified, get the record that fills the applicant's form.

    The record also waits sealed under the check's id, for half an hour, until ``spend_record``.

    Args:
        claim: what the person says, or what their card says.
        asker: the officer, with the personal number on file, the office's code as agency.
        purpose: the procedure at hand.
        now: the moment.
        press: what came with the press of the button.
        form_key: the open reception form that the question belongs to.
        marks: why a supervisor should look at it, as far as the caller knows.

    Raises:
        MissingOfficerNumber: the officer has no personal number on file.
        Limited: too many wrong tries of this officer; nothing was asked.
        PressReused: another question was asked by this press; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    question = _officers_question(
        claim, asker, TouchPoint.RECEPTION, purpose, press=press, form_key=form_key, marks=marks
    )
    try:
        asked = _ask(question, now)
    except Replayed as replayed:
        check = replayed.check
        return DeskAnswer(check, waiting_records.of_check(check, now), check.reason == asking.ACCENTS, None)
    record = asked.outcome.record if isinstance(asked.outcome, Verified) else None
    return DeskAnswer(asked.check, record, asked.check.reason == asking.ACCENTS, status_after(asked))


def look_up(
    *,
    claim: IdentityClaim,
    asker: Asker,
    reason: str,
    now: datetime,
    press: Press = NO_PRESS,
    marks: Iterable[IdentityCheck.Mark] = (),
) -> IdentityCheck:
    """Ask about a person for whom no dossier is received; the officer sees the verdict, and a supervisor the reason.

    Args:
        claim: what the person says.
        asker: the officer, with the personal number on file.
        reason: why, in the officer's own words; the person asked about can read it.
        now: the moment.
        press: what came with the press of the button.
        marks: why a supervisor should look at it, beside its being a look-up.

    Raises:
        MissingOfficerNumber: the officer has no personal number on file.
        Limited: too many wrong tries of this officer; nothing was asked.
        PressReused: another question was asked by this press; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    question = _officers_question(claim, asker, TouchPoint.LOOKUP, Purpose(reason), press=press, marks=marks)
    try:
        return _ask(question, now).check
    except Replayed as replayed:
        return replayed.check


def answer_to(
    *, press: Press, claim: IdentityClaim, user: AbstractBaseUser, now: datetime
) -> IdentityCheck | None:
    """Return the check that another press of the same button is waiting for, its outcome known; asks nobody.

    Args:
        press: what came with the press of the button.
        claim: what is claimed.
        user: who pressed.
        now: the moment.

    Returns:
        None when no such press of this user's about this claim is on record, even a moment later.
    """
    if press.key is None:
        return None
    same = IdentityCheck.objects.filter(
        press_key=press.key, asked_by_id=user.pk, claim_digest=claim_digest(claim)
    )
    for _ in range(_LOOKS_FOR_AN_INTENT):
        if first := same.first():
            return _evened_out(asking.replayed(first, now=now))
        give_connection_back()
        with elsewhere():
            time.sleep(asking.LOOK_AGAIN)
    return None


def portal_question(*, now: datetime) -> Challenge | None:
    """Return a question that the portal asks before the register, None while no wave of wrong answers lasts.

    Args:
        now: the moment.
    """
    return challenge.ask(now=now) if wave.is_on(now=now) else None


def wave_since(*, now: datetime) -> datetime | None:
    """Say since when wrong answers come in a wave over the whole portal; None while they do not. One query."""
    return wave.since(now=now)


def press_of(data: Mapping[str, str], *, name: str = "press_key") -> Press:
    """Read what came with the press of a button from a posted form.

    Args:
        data: what was posted.
        name: the field of the press's key; a key that is none counts as missing.
    """
    try:
        key = uuid.UUID(data.get(name, ""))
    except ValueError:
        key = None
    return Press(key, data.get("challenge_token", ""), data.get("challenge_answer", "").strip())


def recheck_identity(
    *,
    claim: IdentityClaim,
    asker: Asker,
    purpose: Purpose,
    check_id: uuid.UUID,
    repeats: uuid.UUID | None,
    now: datetime,
    marks: Iterable[IdentityCheck.Mark] = (),
) -> IdentityCheck:
    """Ask later about the person of a dossier that was received while nobody answered; keeps no record.

    Outside the limits of persons, after the desks. A question under one id leaves once, whoever asks, and however
    often: each try has an id of its own, kept by the caller before it asks.

    Args:
        claim: what the dossier says of the person.
        asker: the officer who received it; without a personal number on file the outcome is *not allowed*.
        purpose: the dossier's procedure, and the dossier.
        check_id: id of the check that will be written.
        repeats: id of the earlier check whose fate is unknown (its process died, ``longest_question`` is over).
        now: the moment.
        marks: why a supervisor should look at it.

    Raises:
        AlreadyAsked: there is a check under this id; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    question = Question(
        claim,
        asker,
        TouchPoint.RECHECK,
        purpose,
        YearAlone.ANY_RECORD,
        check_id=check_id,
        repeats=repeats,
        marks=frozenset(marks),
    )
    return _ask(question, now).check


def read_record(
    *, user: AbstractBaseUser, claim: IdentityClaim, procedure_code: str, office_code: str, now: datetime
) -> tuple[IdentityCheck, CitizenRecord] | None:
    """Return the record that waits for this officer's form, with its check; asks nobody.

    Args:
        user: the officer.
        claim: the three things as they now stand in the form.
        procedure_code: what they were asked for.
        office_code: of the office in whose name the officer works now.
        now: the moment.

    Returns:
        None when nothing waits: another officer or office asked, another claim, another procedure, too old, already
        used.
    """
    kept = waiting_records.find(
        user=user,
        claim_digest=claim_digest(claim),
        procedure_code=procedure_code,
        office_code=office_code,
        now=now,
    ).first()
    return (kept.identity_check, waiting_records.opened(kept)) if kept else None


def spend_record(
    *, user: AbstractBaseUser, claim: IdentityClaim, procedure_code: str, office_code: str, now: datetime
) -> tuple[IdentityCheck, CitizenRecord] | None:
    """Take the record that waits for this officer's form and erase it; call it inside the saving transaction.

    Arguments and result are those of ``read_record``.
    """
    found = waiting_records.find(
        user=user,
        claim_digest=claim_digest(claim),
        procedure_code=procedure_code,
        office_code=office_code,
        now=now,
    )
    kept = found.select_for_update(of=("self",)).first()
    if kept is None:
        return None
    check, record = kept.identity_check, waiting_records.opened(kept)
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


def check_as_operator(*, claim: IdentityClaim, now: datetime) -> tuple[IdentityCheck, Outcome]:
    """Ask for the configured operator, outside the limits of persons, recorded like any check.

    Raises:
        OpenTransaction: a transaction is open.
    """
    asked = asking.ask(
        Question(claim, Asker(None), TouchPoint.OPERATION, Purpose("vận hành"), YearAlone.ANY_RECORD), now
    )
    return asked.check, asked.outcome


def _officers_question(
    claim: IdentityClaim,
    asker: Asker,
    touch_point: TouchPoint,
    purpose: Purpose,
    *,
    press: Press,
    marks: Iterable[IdentityCheck.Mark],
    form_key: uuid.UUID | None = None,
) -> Question:
    """Return a question of an officer's own, who must have a number on file. Raises MissingOfficerNumber."""
    if not asker.officer_number or asker.user is None:
        raise MissingOfficerNumber
    return Question(
        claim,
        asker,
        touch_point,
        purpose,
        YearAlone.ANY_RECORD,
        press_key=press.key,
        form_key=form_key,
        marks=frozenset(marks),
    )


def _ask(question: Question, now: datetime) -> Asked:
    """Ask for a person, and see to the lines on the way."""
    asked = asking.ask(question, now)
    if asked.lines is not None:
        probing.probe_if_due(asked.lines, now, heard=asked.check.route)
    check = asked.check
    if check.is_rejected:
        bounds = limits.limits_on(check)
        check.tries_left = limits.left(bounds, limits.count(limits=bounds, now=now))
    return asked


def _is_repeated(press: Press) -> bool:
    """Say whether this press was asked about before: its answer is there, and nobody is asked anything."""
    return press.key is not None and IdentityCheck.objects.filter(press_key=press.key).exists()


def _has_passed(press: Press, now: datetime) -> bool:
    return challenge.is_passed(token=press.challenge_token, answer=press.challenge_answer, now=now)


def _evened_out(replayed: IdentityCheck) -> IdentityCheck:
    """Return the check of a repeated press no sooner than the first press could have had it, counted from that one."""
    if replayed.is_rejected:
        _even_out(time.time() - replayed.asked_at.timestamp(), time.sleep)
    return replayed


def _even_out(took: float, sleep: Callable[[float], None]) -> None:
    """Wait until a whole number of ``REJECTED_STEP_SECONDS`` is over."""
    step: float = settings.REJECTED_STEP_SECONDS
    if step:
        give_connection_back()
        with elsewhere():
            sleep(step - took % step)
