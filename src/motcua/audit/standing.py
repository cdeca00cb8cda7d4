"""Where the database stands beside its heads: at them, behind them, elsewhere; and what an operator declared lost."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from django.conf import settings

from motcua.audit import chain, heads, reading
from motcua.audit.chain import Span
from motcua.audit.heads import Head, Heads
from motcua.audit.reading import Batch

RESUME: Final = 'motcua audit resume --reason "..."'


class CannotSeal(Exception):
    """The database is not what the heads outside it say; nothing is sealed over that. The text says what helps."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """Why an operator went on, who that was, the numbers of the batches that were lost, and the last head of these."""

    reason: str
    by: str
    lost: Span | None
    lost_head: str

    def note(self) -> str:
        """Return it as it stands in a batch."""
        return chain.as_json(asdict(self))


def standing() -> Batch | None:
    """Return the last batch if the database stands where the heads outside it say; None before the first batch.

    Raises:
        CannotSeal: it does not.
    """
    # A head is written after its batch: read in this order, a file is never ahead of a database that is all right.
    kept = _own_end()
    last = reading.last_batch()
    if last is None:
        if kept.heads:
            raise CannotSeal(
                f"The database holds no batch, {kept.path} knows batch {kept.heads[-1].header.number}. "
                f"If the database was put back or made anew on purpose: {RESUME}"
            )
        return None
    if trouble := last.signed.trouble():
        raise CannotSeal(
            f"Batch {last.header.number}, the last one, was changed: {trouble}. Run: motcua audit verify"
        )
    if not last.signed.is_of_a_known_key:
        raise CannotSeal(
            f"Batch {last.header.number} was signed with another key. Give back the MOTCUA_SECRET_KEY of then, "
            f"or, if it is gone for good: {RESUME}"
        )
    if not kept.heads:
        kept = _own_end()  # another sealer may have begun between the two looks
    if is_about_to_begin(kept, last):
        return last
    if not kept.heads:
        raise CannotSeal(
            f"{kept.path} is missing or empty, the database holds {last.header.number} batches. Bring the file "
            f"from where the product ran before, or, if it is lost: {RESUME}"
        )
    newest = kept.heads[-1]
    if not is_known(newest) and not is_declared_lost(newest, reading.batches("note <> ''")):
        ends = f"ends with batch {last.header.number}"
        raise CannotSeal(
            f"The database is behind its heads: {kept.path} knows batch {newest.header.number}, the database "
            f"{'another one of this number' if last.header.number >= newest.header.number else ends}. "
            f"Run: motcua audit verify; after a back-up was put back on purpose: {RESUME}"
        )
    return last


def _own_end() -> Heads:
    """Return the end of our file of heads.

    Raises:
        CannotSeal: it cannot be read, or is damaged.
    """
    try:
        kept = heads.read_end(settings.AUDIT_HEADS)
    except OSError as error:
        raise CannotSeal(
            f"{settings.AUDIT_HEADS} cannot be read ({error.strerror}): mend its rights."
        ) from None
    if kept.is_end_bad:
        raise CannotSeal(
            f"The end of {kept.path} is damaged, or not signed by this installation (was MOTCUA_SECRET_KEY changed?). "
            f"Put a good copy there, or: {RESUME}"
        )
    return kept


def is_about_to_begin(kept: Heads, last: Batch) -> bool:
    """Say whether the first batch was written and its head was not yet, so that it is still to be put into the file.

    The file is made, empty, before the first batch is; an empty one beside more batches, and one that is missing, was
    lost.
    """
    is_empty = kept.is_there and not kept.heads and not kept.bad_lines
    header = last.header
    is_first = header.number == 1 and header.previous == chain.NOTHING_BEFORE and not header.note
    return is_empty and is_first and last.signed.is_of_a_known_key and not last.signed.trouble()


def known_head() -> int | None:
    """Return the number of the highest batch that the file of heads knows; needs no database."""
    try:
        highest = heads.read(settings.AUDIT_HEADS).highest
    except OSError:
        return None
    return highest.header.number if highest else None


def last_head() -> str | None:
    """Return the signed head of the last batch as a line for a file of heads; None before the first batch."""
    last = reading.last_batch()
    return last.signed.line() if last else None


def is_known(head: Head) -> bool:
    """Say whether the database holds this very head."""
    return any(one.head == head.head for one in reading.batches("number = %s", [head.header.number]))


def is_declared_lost(head: Head, resumptions: Iterable[Batch]) -> bool:
    """Say whether an operator has declared that a head's batch was lost, in a batch that bears our signature."""
    for one in resumptions:
        found = resumption_of(one)
        if found is None or found.lost is None or not one.signed.is_of_a_known_key:
            continue
        if found.lost[0] <= head.header.number <= found.lost[1] and not one.signed.trouble():
            return True
    return False


def resumption_of(batch: Batch) -> Resumption | None:
    """Return what a batch's note says of a resumption; None if it is none, or a hand has made it unreadable."""
    try:
        note = json.loads(batch.header.note)
        lost = note["lost"] and (int(note["lost"][0]), int(note["lost"][1]))
        return Resumption(str(note["reason"]), str(note["by"]), lost, str(note["lost_head"]))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None


def lost_batches(last: Batch | None, kept: Heads) -> Span | None:
    """Return the first and the last number of the batches that a file knows and the database does not."""
    highest = kept.highest
    if highest is None:
        return None
    there = {one.header.number: one.head for one in reading.batches()}
    resumptions = reading.batches("note <> ''")
    missing = [
        one.header.number
        for one in kept.heads
        if there.get(one.header.number) != one.head and not is_declared_lost(one, resumptions)
    ]
    ends_at = last.header.number if last else 0
    if highest.header.number > ends_at:
        missing.append(ends_at + 1)
    return (min(missing), highest.header.number) if missing else None
