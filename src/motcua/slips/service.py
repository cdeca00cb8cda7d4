"""The doors of the slips: which there are, make one, hand one out signed and written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from motcua.accounts.models import Office, User
from motcua.audit.service import record
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Extension, Step, Supplement
from motcua.slips import signing
from motcua.slips.book import BookPart, make_register
from motcua.slips.facts import NEIGHBORS, TITLES, NoSuchSlip, facts_of
from motcua.slips.typesetting import typeset

__all__ = [
    "FOR_CITIZENS",
    "NEIGHBORS",
    "TITLES",
    "BookPart",
    "Made",
    "NoSuchSlip",
    "issue",
    "issue_register",
    "make",
    "signed",
    "slips_of",
]

# The control sheet is the office's own.
FOR_CITIZENS: Final = ("01", "02", "03", "04", "05")


@dataclass(frozen=True, slots=True)
class Made:
    """A slip as it is handed out; ``is_signed`` says whether the office's key has signed it."""

    pdf: bytes
    is_signed: bool


def make(slip: str, dossier: Dossier, *, now: datetime, base_url: str) -> bytes:
    """Make a slip of a dossier as PDF, not signed.

    Args:
        slip: "01" to "06".
        dossier: best read with its ``NEIGHBORS``.
        now: the moment.
        base_url: how the portal is reached from outside, without a slash at its end.

    Raises:
        NoSuchSlip: what the slip would tell has not happened, or the number is none of these.
        typesetting.NotSet: the typesetter failed.
    """
    return typeset(slip, facts_of(slip, dossier, now=now, base_url=base_url), now=now)


def issue(slip: str, dossier: Dossier, *, by: User, now: datetime, base_url: str) -> Made:
    """Make a slip, sign it where the office has a key, and write down that somebody was given it.

    A key that fails leaves the slip unsigned; the log tells the operator.

    Args:
        slip, dossier, now, base_url: see ``make``.
        by: who is given it.

    Raises:
        NoSuchSlip, typesetting.NotSet: see ``make``.
    """
    made = signed(make(slip, dossier, now=now, base_url=base_url), dossier.office, now)
    details = {"slip": slip, "signed": made.is_signed}
    record(
        name="dossier.slip_made",
        now=now,
        actor=by,
        office_code=dossier.office.code,
        subject=str(dossier.code),
        details=details,
    )
    return made


def issue_register(part: BookPart, *, by: User, now: datetime) -> Made:
    """Make a part of an office's register, sign it where the office has a key, and write down who was given it."""
    made = signed(make_register(part, now=now), part.office, now)
    details = {"slip": "07", "signed": made.is_signed}
    record(name="dossier.slip_made", now=now, actor=by, office_code=part.office.code, details=details)
    return made


def slips_of(pk: UUID, *, is_citizens: bool) -> list[str]:
    """List the numbers of the slips that a dossier has, for its citizen or for officials; one query.

    Args:
        pk: the dossier's.
        is_citizens: whether it is the citizen who asks.
    """
    steps = Step.objects.filter(dossier=OuterRef("pk"))
    has_step = {slip: Exists(steps.filter(move__in=states.moves_with(slip))) for slip in ("01", "03", "05")}
    received = Q(received_at__isnull=False)
    found = (
        Dossier.objects.exclude(status=Dossier.Status.DRAFT)
        .filter(pk=pk)
        .values_list(
            Q(has_step["01"]) | received,
            Exists(Supplement.objects.filter(dossier=OuterRef("pk"))),
            has_step["03"],
            Exists(Extension.objects.filter(dossier=OuterRef("pk"))),
            has_step["05"],
            received,
        )
        .first()
    )
    there = [slip for slip, is_there in zip(TITLES, found or (), strict=False) if is_there]
    return [slip for slip in there if slip in FOR_CITIZENS] if is_citizens else there


def signed(pdf: bytes, office: Office, now: datetime) -> Made:
    """Sign a file where the office has a key; one that fails leaves it unsigned."""
    done = signing.sign(pdf, signing.keys_of(office), now=now)
    return Made(pdf, False) if done is None else Made(done, True)
