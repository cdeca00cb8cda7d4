"""Does a question fit a record? Protocol §9.4: our CHOICE, as the real register's rule is unknown. No Django."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from npdsandbox.records import Record

_BARRED: Final = str.maketrans("ĐđɃƀ", "DdBb")
"""Letters whose bar is no mark that could be dropped; that a highland name's Ƀ is found as B is our CHOICE."""


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """Who is asked about. An empty number was not sent; `birth_date` is `yyyy-mm-dd`, `yyyy`, or None (033)."""

    personal_number: str
    old_card_number: str
    full_name: str
    birth_date: str | None


class Finding(StrEnum):
    """What a search ended with; the last three are all told to the caller as "nobody"."""

    MATCH = "match"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    DECEASED = "deceased"


def name_key(name: str) -> str:
    """Return the name as both sides compare it: no accents, Đ as D, upper case, only A–Z and 0–9 (§9.4.2)."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFC", name))
    plain = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    upper = plain.translate(_BARRED).upper()
    return "".join(char for char in upper if char.isascii() and char.isalnum())


def birth_fits(asked: str, known: str, *, refuse_year_only_record: bool = False) -> bool:
    """Compare birth dates, each a whole date `yyyy-mm-dd` or a year `yyyy` (§9.4.3).

    A year in the question needs only the year. A year in the record fits any day of it, unless the switch says
    to refuse a whole date there.
    """
    if len(asked) > 4 and len(known) > 4:
        return asked == known
    if len(asked) > 4 and refuse_year_only_record:
        return False
    return asked[:4] == known[:4]


def find(
    claim: Claim, candidates: Iterable[Record], *, refuse_year_only_record: bool = False
) -> tuple[Finding, Record | None]:
    """Search the candidates for the one person the claim means.

    Args:
        claim: the question; at least one of its numbers is set, and every number set must fit.
        candidates: records that carry one of the claim's numbers.
        refuse_year_only_record: whether a whole date may not match a record that knows only the year.

    Returns:
        What was found, with the record for a match and for a deceased person.
    """
    wanted = name_key(claim.full_name)
    found = [
        record
        for record in candidates
        if (not claim.personal_number or record.personal_number == claim.personal_number)
        and (not claim.old_card_number or record.old_card_number == claim.old_card_number)
        and wanted
        and name_key(record.full_name) == wanted
        and (
            claim.birth_date is None
            or birth_fits(
                claim.birth_date, record.birth_date, refuse_year_only_record=refuse_year_only_record
            )
        )
    ]
    if not found:
        return Finding.NO_MATCH, None
    if len(found) > 1:
        return Finding.AMBIGUOUS, None
    return (Finding.DECEASED if found[0].is_deceased else Finding.MATCH), found[0]
