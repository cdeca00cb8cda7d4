"""Finding an office's dossiers by the applicant's or owner's name or number, none of which is in the database in clear.

Of every filed dossier each word of the name is kept as a keyed digest, bound to the office: who has only the database
cannot tell that two offices know the same name. Beginnings of words are not kept: they would give the words away.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from motcua.dossiers.models import ApplicantWord, Dossier, DossierOwner
from motcua.identity.numbers import IdNumber
from motcua.procedures.search import fold
from motcua.sealing import BrokenSeal, digest

_COUNTED: Final = 5000  # a word on more dossiers than these is a common one; how common does not matter
_WALKED: Final = 20_000  # dossiers with the rarest word that are gone through where all words are common
_OPENED: Final = 500  # names that are opened to look for the beginning of a word


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


def named(*, office_id: int, text: str, most: int) -> list[UUID]:
    """Find an office's dossiers by words of the applicant's name, or of the owner's.

    All words must be there, whole. Where nobody has them all, the last one may be the beginning of a word; then the
    latest names with the words before it are opened and looked at.

    Args:
        office_id: the office's key.
        text: the words as typed, with or without accents.
        most: how many to return.

    Returns:
        Keys of dossiers, those first that were filed or received last.
    """
    words = fold(text).split()
    if not words:
        return []
    if found := _with_all(word_digests(office_id, text), most):
        return found
    *whole, begun = words
    if not whole:
        return []
    latest = _with_all(word_digests(office_id, " ".join(whole)), _OPENED)
    rows = Dossier.objects.filter(pk__in=latest).values_list("pk", "applicant_name", "owner__full_name")
    names = {pk: both for pk, *both in rows}
    return [pk for pk in latest if any(_has_word_like(begun, name) for name in names[pk] if name)][:most]


def numbered(dossiers: QuerySet[Dossier, Any], number: IdNumber) -> QuerySet[Dossier, Any]:
    """Return those of some dossiers whose applicant or owner has this number."""
    wanted = digest("number", number.digits)
    # Owners are few: their keys first, so that each half of the question has an index.
    owned = list(DossierOwner.objects.filter(number_digest=wanted).values_list("pk", flat=True))
    return dossiers.filter(Q(applicant_number_digest=wanted) | Q(pk__in=owned))


def _with_all(digests: list[int], most: int) -> list[UUID]:
    """Return the dossiers that have all words, latest first.

    Those with the rarest word are gone through. Where all are common it is the word typed last, mostly the given name,
    and only its latest dossiers.
    """
    of_word = {word: ApplicantWord.objects.filter(digest=word).order_by("-id") for word in digests}
    counts = {word: of_word[word][:_COUNTED].count() if len(digests) > 1 else 0 for word in digests}
    rarest, *others = sorted(counts, key=lambda word: (counts[word], -digests.index(word)))
    found = of_word[rarest]
    if counts[rarest] == _COUNTED:
        oldest = found.values_list("id", flat=True)[_WALKED - 1 : _WALKED]
        found = found.filter(id__gte=oldest[0]) if oldest else found
    for word in others:
        found = found.filter(Exists(of_word[word].order_by().filter(dossier=OuterRef("dossier"))))
    return list(found.values_list("dossier", flat=True)[:most])


def _has_word_like(begun: str, name: Any) -> bool:
    try:
        return any(word.startswith(begun) for word in fold(str(name)).split())
    except BrokenSeal:
        return False


def _number(hexadecimal: str) -> int:
    """Return the first eight bytes of a digest as the database keeps them, a whole number with its sign."""
    return int.from_bytes(bytes.fromhex(hexadecimal[:16]), signed=True)
