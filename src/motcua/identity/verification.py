"""The whole question: ask the register, compare its answer with the claim, and say which of four things came
out.

The four are never confused: only *Verified* is a yes, only *Rejected* is a no, and a question that could not
be asked, or whose answer cannot be trusted, is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from motcua.identity.claims import CitizenRecord, IdentityClaim
from motcua.identity.matching import ABOUT_ANOTHER, Difference, YearAlone, differences, is_about
from motcua.identity.names import NameRefused
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    NotPermitted,
    PopulationRegister,
    Trouble,
)


class MatchedBy(StrEnum):
    """Whose match it was: ours over the record, or the register's word alone."""

    RECORD = "record"
    REGISTER_ALONE = "register_alone"


class BirthMatch(StrEnum):
    """On how much of the date of birth the match rests."""

    WHOLE_DATE = "whole_date"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Verified:
    """The person is who they say."""

    messages: MessageIds
    line: str
    matched_by: MatchedBy
    birth_match: BirthMatch
    record: CitizenRecord | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The person is not who they say; no `differences` when the register itself knew nobody with these
    three.
    """

    messages: MessageIds
    line: str
    differences: frozenset[Difference]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The question is open: neither yes nor no. `retry_after` is in seconds; `detail` is for operators.

    `is_unsent` is certainty that nothing of the question left us, so that it may go another way at once.
    """

    messages: MessageIds | None
    trouble: Trouble
    retry_after: float | None
    detail: str
    is_unsent: bool = False


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The register does not let us ask: the officer, the procedure or the client lacks a licence.

    `is_unsent` says that nobody was asked: it was known before.
    """

    messages: MessageIds | None
    barred: Barred
    detail: str
    is_unsent: bool = False


Outcome = Verified | Rejected | Unanswered | NotAllowed


def verify(
    *, claim: IdentityClaim, register: PopulationRegister, inquiry: Inquiry, year_alone: YearAlone
) -> Outcome:
    """Ask the register about a claim and judge its answer.

    `year_alone` says with which records a birth year typed alone agrees (the desk's rule or the portal's).
    Never raises for what a register does wrong: that is *Unanswered* or *NotAllowed*.
    """
    try:
        answer = register.ask(claim, inquiry)
    except CouldNotAsk as error:
        return Unanswered(error.messages, error.trouble, error.retry_after, error.detail, error.is_unsent)
    except NotPermitted as error:
        return NotAllowed(error.messages, error.barred, error.detail, error.is_unsent)
    if answer.record is not None:
        return _judge_record(claim, answer, answer.record, year_alone)
    return _judge_word(claim, answer, year_alone)


def _judge_record(
    claim: IdentityClaim, answer: Answer, record: CitizenRecord, year_alone: YearAlone
) -> Outcome:
    if not is_about(claim.number, record):
        return Unanswered(answer.messages, Trouble.OTHER_PERSON, None, ABOUT_ANOTHER)
    try:
        found = differences(claim, record, year_alone=year_alone)
    except NameRefused as error:
        detail = f"the name on the record cannot be read ({error.reason})"
        return Unanswered(answer.messages, Trouble.UNREADABLE, None, detail)
    if found:
        return Rejected(answer.messages, answer.line, found)
    is_year_match = claim.birth_date.is_year_only or record.birth_date != claim.birth_date
    birth_match = BirthMatch.YEAR if is_year_match else BirthMatch.WHOLE_DATE
    return Verified(answer.messages, answer.line, MatchedBy.RECORD, birth_match, record)


def _judge_word(claim: IdentityClaim, answer: Answer, year_alone: YearAlone) -> Outcome:
    if not answer.is_confirmed:
        return Rejected(answer.messages, answer.line, frozenset())
    if not claim.birth_date.is_year_only:
        return Verified(answer.messages, answer.line, MatchedBy.REGISTER_ALONE, BirthMatch.WHOLE_DATE, None)
    if year_alone is YearAlone.YEAR_ONLY_RECORD:
        # A bare yes does not tell whether the record holds more than the year: the portal's rule is not met.
        return Rejected(answer.messages, answer.line, frozenset({Difference.BIRTH_DATE}))
    return Verified(answer.messages, answer.line, MatchedBy.REGISTER_ALONE, BirthMatch.YEAR, None)
