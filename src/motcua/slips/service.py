"""The doors of the slips: which there are, make one, hand one out signed and written down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from motcua.accounts.models import Office, User
from motcua.audit.service import record
from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.slips import signing
from motcua.slips.book import BookPart, make_register
from motcua.slips.facts import NEIGHBORS, NoSuchSlip, facts_of
from motcua.slips.typesetting import typeset
from motcua.web.statements import adapted, planned_once

__all__ = [
    "FOR_CITIZENS",
    "NEIGHBORS",
    "Made",
    "NoSuchSlip",
    "issue",
    "issue_register",
    "make",
    "signed",
    "slips_after",
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

    It is written here: the ORM took a fifth of a dossier's page to build it.

    Args:
        pk: the dossier's.
        is_citizens: whether it is the citizen who asks.
    """
    of_dossier = "dossier_id = dossiers_dossier.id"
    text = (
        "SELECT received_at IS NOT NULL,"  # noqa: S608  # nosec B608 # words of ours
        f" EXISTS (SELECT 1 FROM dossiers_supplement WHERE {of_dossier}),"
        f" EXISTS (SELECT 1 FROM dossiers_extension WHERE {of_dossier}),"
        " move FROM dossiers_dossier LEFT JOIN"
        f" (SELECT DISTINCT dossier_id, move FROM dossiers_step WHERE dossier_id = %s) AS step ON {of_dossier}"
        " WHERE dossiers_dossier.id = %s AND status <> %s"
    )
    with planned_once(), connection.cursor() as cursor:
        cursor.execute(text, [adapted(pk), adapted(pk), Dossier.Status.DRAFT])
        found = cursor.fetchall()
    if not found:
        return []
    is_received, has_supplement, has_extension, _move = found[0]
    return slips_after(
        {move for *_said, move in found},
        is_received=is_received,
        has_supplement=has_supplement,
        has_extension=has_extension,
        is_citizens=is_citizens,
    )


def slips_after(
    moves: Collection[str],
    *,
    is_received: bool,
    has_supplement: bool,
    has_extension: bool,
    is_citizens: bool = False,
) -> list[str]:
    """List the numbers of the slips of a dossier of which this is known already.

    Args:
        moves: all that were made with it, a filed one.
        is_received: whether it was received ever.
        has_supplement: whether papers were asked for.
        has_extension: whether its term was extended.
        is_citizens: whether it is the citizen who asks.
    """

    def went(slip: str) -> bool:
        return not set(moves).isdisjoint(states.moves_with(slip))

    there = {
        "01": went("01") or is_received,
        "02": has_supplement,
        "03": went("03"),
        "04": has_extension,
        "05": went("05"),
        "06": is_received and not is_citizens,
    }
    return [slip for slip, is_there in there.items() if is_there]


def signed(pdf: bytes, office: Office, now: datetime) -> Made:
    """Sign a file where the office has a key; one that fails leaves it unsigned."""
    done = signing.sign(pdf, signing.keys_of(office), now=now)
    return Made(pdf, False) if done is None else Made(done, True)
