"""The doors through which a page asks the register: ``check_identity``, ``fetch_citizen`` and ``recheck_identity``.

How a question is asked and recorded: ``asking``. Which line it takes: ``choosing``. How the register answers at
present: ``light``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser

from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.matching import Difference, YearAlone
from motcua.identity.register import TouchPoint
from motcua.identity.verification import Outcome, Rejected, Verified
from motcua.verification import asking, probing, waiting
from motcua.verification.asking import (
    AlreadyAsked,
    Asked,
    Asker,
    OpenTransaction,
    Purpose,
    Question,
    claim_digest,
)
from motcua.verification.budget import Limited
from motcua.verification.choosing import NoSuchLine, choice, use_line
from motcua.verification.light import Light, LineFacts, LineStatus, line_status, status_after
from motcua.verification.light import line_facts as lines
from motcua.verification.line import Mode, longest_question
from motcua.verification.models import IdentityCheck, Route
from motcua.verification.probing import ping

__all__ = [
    "AlreadyAsked",
    "Asker",
    "DeskAnswer",
    "Light",
    "Limited",
    "LineFacts",
    "LineStatus",
    "MissingOfficerNumber",
    "Mode",
    "NoSuchLine",
    "OpenTransaction",
    "Purpose",
    "Route",
    "carries",
    "check_as_operator",
    "check_identity",
    "choice",
    "claim_digest",
    "fetch_citizen",
    "line_status",
    "lines",
    "longest_question",
    "ping",
    "read_record",
    "recheck_identity",
    "spend_record",
    "use_line",
]


class MissingOfficerNumber(Exception):
    """The officer has no personal number on file, so the register cannot be told who asks; nothing was asked."""


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
    question = Question(claim, asker, touch_point, purpose, YearAlone.YEAR_ONLY_RECORD)
    return _ask(question, now).check


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
    asked = _ask(Question(claim, asker, TouchPoint.RECEPTION, purpose, YearAlone.ANY_RECORD), now)
    outcome = asked.outcome
    record = outcome.record if isinstance(outcome, Verified) else None
    is_hint = isinstance(outcome, Rejected) and outcome.differences == {Difference.NAME_ACCENTS}
    return DeskAnswer(asked.check, record, is_hint, status_after(asked))


def recheck_identity(
    *,
    claim: IdentityClaim,
    asker: Asker,
    purpose: Purpose,
    check_id: uuid.UUID,
    repeats: uuid.UUID | None,
    now: datetime,
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

    Raises:
        AlreadyAsked: there is a check under this id; nothing was asked.
        OpenTransaction: a transaction is open.
    """
    question = Question(
        claim, asker, TouchPoint.RECHECK, purpose, YearAlone.ANY_RECORD, check_id=check_id, repeats=repeats
    )
    return _ask(question, now).check


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


def check_as_operator(*, claim: IdentityClaim, now: datetime) -> tuple[IdentityCheck, Outcome]:
    """Ask for the configured operator, outside the limits of persons, recorded like any check.

    Raises:
        OpenTransaction: a transaction is open.
    """
    asked = asking.ask(
        Question(claim, Asker(None), TouchPoint.OPERATION, Purpose("vận hành"), YearAlone.ANY_RECORD), now
    )
    return asked.check, asked.outcome


def _ask(question: Question, now: datetime) -> Asked:
    """Ask for a person, and see to the lines on the way."""
    asked = asking.ask(question, now)
    if asked.lines is not None:
        probing.probe_if_due(asked.lines, now, heard=asked.check.route)
    return asked
