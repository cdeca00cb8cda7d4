"""Finding an office's dossiers by the applicant's or owner's name or number, none of which is in the database in clear.

Of every filed dossier each word of the name is kept as a keyed digest, bound to the office: who has only the database
cannot tell that two offices know the same name. Beginnings of words are not kept: they would give the words away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from motcua.dossiers.codes import parse_code, plain
from motcua.dossiers.models import ApplicantWord, CodeCounter, Dossier, DossierOwner
from motcua.identity.numbers import IdNumber
from motcua.procedures.search import fold
from motcua.sealing import BrokenSeal, digest
from motcua.web.unions import ids_of

_WALKED: Final = 8_000  # dossiers that are gone through for a word; how many more have it does not matter
_FEW: Final = 500  # dossiers that are quickest looked at one by one
# The words of a dossier are written in one statement; so far apart their keys may lie when others write, too.
_NEAR: Final = 10_000
_OPENED: Final = 500  # names that are opened to look for the beginning of a word
_MOST_WORDS: Final = 12  # of what is typed; no name has more
_MOST_DAYS: Final = 300  # on which a number may have been given, the latest first: more than a year's
_LONGEST_CODE: Final = 100
_DAY_DIGITS: Final = 6
# The end of an office's code, a day and a number; or one of the two alone, which are told apart by their length.
_PART_OF_CODE: Final = re.compile(
    r"(?:(?:(?P<office>[A-Z0-9.]{1,45})-)?(?P<day>[0-9]{6})-)?(?P<serial>[0-9]{0,7})"
)


def word_digests(office_id: int, name: str) -> list[int]:
    """Return what is kept of a name's words for one office, each word once, in the order in which they come.

    Args:
        office_id: the office's key.
        name: as on the dossier, or as somebody types it: accents and capitals make no difference.
    """
    words = dict.fromkeys(fold(name).split())
    return [_number(digest("applicant_word", f"{office_id}:{word}")) for word in words]


def write_words(dossier: Dossier) -> None:
    """Let a dossier be found by its applicant's name and by its owner's, who was written before.

    Call it in the transaction that files or receives it.
    """
    owner = getattr(dossier, "owner", None)
    names = f"{dossier.applicant_name} {owner.full_name}" if owner else dossier.applicant_name
    ApplicantWord.objects.bulk_create(
        ApplicantWord(dossier=dossier, digest=word) for word in word_digests(dossier.office_id, names)
    )


def named(*, offices: Collection[int], text: str, most: int, also: Collection[int] = ()) -> list[UUID]:
    """Find dossiers by words of the applicant's name, or of the owner's.

    All words must be there, whole. Where nobody has them all, the last one may be the beginning of a word; then the
    latest names with the words before it are opened and looked at.

    Args:
        offices: keys of the offices that received them.
        text: the words as typed, with or without accents.
        most: how many to return.
        also: keys of other offices; of what they received that counts which ``offices`` hold now.

    Returns:
        Keys of dossiers, those first that were filed or received last.
    """
    words = fold(text).split()[:_MOST_WORDS]
    if not words:
        return []
    of_office = {office: word_digests(office, " ".join(words)) for office in (*offices, *also)}
    known = _known({digest for digests in of_office.values() for digest in digests})
    if found := _with_all(of_office, known, offices, most, "dossier"):
        return [pk for (pk,) in found]
    *whole, begun = words
    if not whole:
        return []
    of_office = {office: word_digests(office, " ".join(whole)) for office in of_office}
    latest = _with_all(
        of_office, known, offices, _OPENED,
        "dossier", "dossier__applicant_name", "dossier__owner__full_name",
    )  # fmt: skip
    return [pk for pk, *names in latest if any(_has_word_like(begun, name) for name in names if name)][:most]


def coded(offices: Collection[str], text: str) -> Q | None:
    """Return what tells the dossiers with a code, as an officer types it.

    A whole code is of any office. Of the offices' own it may be a day and a number (``261123-0099``), with or without
    the end of the office's code before it, a number of any day (``99``), or a day alone.

    Args:
        offices: codes of offices.
        text: what was typed.

    Returns:
        A condition on dossiers; None when the text is nothing of a code.
    """
    typed = parse_code(text) or plain(text[:_LONGEST_CODE])
    parts = _PART_OF_CODE.fullmatch(typed)
    if parts is None:
        return None
    before, day, serial = parts["office"] or "", parts["day"], parts["serial"]
    near = [office for office in offices if office.endswith(before)]
    if day and serial:
        return Q(code__in=[typed, *(f"{office}-{day}-{int(serial):04}" for office in near)])
    if day or len(serial) == _DAY_DIGITS:
        starts = (Q(code__startswith=f"{office}-{day or serial}-") for office in near)
        return reduce(or_, starts, Q(pk__in=[]))
    given = CodeCounter.objects.filter(office_code__in=near, last__gte=int(serial)).order_by("-on")
    days = given.values_list("office_code", "on")[:_MOST_DAYS]
    # Put together by hand: hundreds of strftime take a tenth of the page.
    end = f"{int(serial):04}"
    codes = (f"{office}-{on.year % 100:02}{on.month:02}{on.day:02}-{end}" for office, on in days)
    return Q(code__in=list(codes))


def numbered(dossiers: QuerySet[Dossier, Any], number: IdNumber) -> QuerySet[Dossier, Any]:
    """Return those of some dossiers whose applicant or owner has this number."""
    wanted = digest("number", number.digits)
    # Owners are few: their keys first, so that each half of the question has an index.
    owned = list(DossierOwner.objects.filter(number_digest=wanted).values_list("pk", flat=True))
    return dossiers.filter(Q(applicant_number_digest=wanted) | Q(pk__in=owned))


def _with_all(
    of_office: Mapping[int, list[int]],
    known: Mapping[int, tuple[int, int]],
    offices: Collection[int],
    most: int,
    *fields: str,
) -> list[tuple[Any, ...]]:
    """Return of the dossiers that have all words some fields, latest first.

    Of every office the latest with its rarest word are gone through; where several are as common it is the word typed
    last, mostly the given name.

    Args:
        of_office: the digests of the words, by office.
        known: as ``_known`` counted them.
        offices: of what all others received that counts which these hold now.
        most: how many to return.
        fields: of the word's row.
    """
    parts = []
    for office, digests in of_office.items():
        if all(known[word][0] for word in digests):
            found = _of_one_office(digests, known)
            parts.append(found if office in offices else found.filter(dossier__holder_office__in=offices))
    if not parts:
        return []
    if len(parts) == 1:
        return list(parts[0].values_list(*fields)[:most])
    latest = ApplicantWord.objects.filter(pk__in=ids_of(part[:most] for part in parts))
    return list(latest.order_by("-id").values_list(*fields)[:most])


def _of_one_office(digests: list[int], known: Mapping[int, tuple[int, int]]) -> QuerySet[ApplicantWord]:
    rarest, *others = sorted(digests, key=lambda word: (known[word][0], -digests.index(word)))
    count, oldest = known[rarest]
    # A number and not a query of it: the database must see how little is left to walk through.
    found = ApplicantWord.objects.filter(digest=rarest, id__gte=oldest).order_by("-id")
    for place, word in enumerate(others):
        same = ApplicantWord.objects.filter(digest=word)
        if count > _FEW:
            found = found.filter(dossier__in=same.filter(id__gte=oldest - _NEAR).values("dossier"))
        else:
            # Of an EXISTS PostgreSQL would join all that have the other word.
            one = same.filter(dossier=OuterRef("dossier")).values("id")[:1]
            found = found.alias(**{f"same{place}": Subquery(one)}).filter(**{f"same{place}__isnull": False})
    return found


def _known(digests: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return of each word on how many of the latest dossiers it is, and where these begin; in one statement."""
    table = ApplicantWord._meta.db_table
    latest = f"(SELECT id FROM {table} WHERE digest = %s ORDER BY id DESC LIMIT {_WALKED}) AS latest"  # noqa: S608  # nosec B608 # names and numbers of ours
    each = f"SELECT CAST(%s AS bigint), count(*), min(id) FROM {latest}"  # noqa: S608  # nosec B608 # names and numbers of ours
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join([each] * len(digests)), [word for word in digests for _ in range(2)]
        )
        return {word: (count, oldest or 0) for word, count, oldest in cursor.fetchall()}


def _has_word_like(begun: str, name: Any) -> bool:
    try:
        return any(word.startswith(begun) for word in fold(str(name)).split())
    except BrokenSeal:
        return False


def _number(hexadecimal: str) -> int:
    """Return the first eight bytes of a digest as the database keeps them, a whole number with its sign."""
    return int.from_bytes(bytes.fromhex(hexadecimal[:16]), signed=True)
