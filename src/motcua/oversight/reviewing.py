"""A supervisor's look at checks: those that were marked for it, and a sample of all others that nobody can foresee."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from motcua.accounts.models import User
from motcua.audit import service as audit
from motcua.dossiers.models import Dossier
from motcua.oversight.models import CheckReview
from motcua.oversight.overview import Scope, listed, place_after, within
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck

SAMPLED_FOR: Final = timedelta(days=30)
_LOOKED_THROUGH: Final = 20_000  # checks at most for one page of the sample
_PIECE: Final = 1500  # at two in a hundred enough for a page, mostly
_OUT_OF: Final = 2**32


class OwnCheck(Exception):
    """Nobody decides on a check of their own."""


class AlreadyReviewed(Exception):
    """Somebody else was faster."""


class NoteMissing(Exception):
    """Whatever is not simply justified needs a word of explanation."""


def marked(scope: Scope) -> QuerySet[IdentityCheck]:
    """Return the marked checks that nobody has decided on, newest first; all look-ups are among them."""
    checks = scope.checks().exclude(marks="").filter(review__isnull=True)
    return listed(checks)


def sample(
    scope: Scope, *, now: datetime, after: str = "", size: int = 20
) -> tuple[list[IdentityCheck], str]:
    """Return ordinary questions of the desks that were drawn for a look, newest first; nothing of it is stored.

    Whether a check is drawn hangs on a keyed digest of its id, so it is the same for everybody at any time, and no
    officer can tell which will be.

    Args:
        scope: what may be seen.
        now: the moment; what is older than ``SAMPLED_FOR`` is left alone.
        after: where the page before ended.
        size: how many make a page.

    Returns:
        The checks, and where the next page begins (empty when there is none).
    """
    ordinary = scope.checks().filter(
        marks="",
        touch_point=IdentityCheck.TouchPoint.RECEPTION,
        asked_at__gt=now - SAMPLED_FOR,
        asked_at__lte=now,
        review__isnull=True,
    )
    is_drawn, drawn = lot(), set[UUID]()
    last: UUID | None = None
    is_cut = False
    for place, key in enumerate(_read_on(ordinary.order_by("-asked_at", "-pk"), after)):
        is_cut = last is not None and (len(drawn) == size or place == _LOOKED_THROUGH)
        if is_cut:
            break
        last = key
        if is_drawn(key):
            drawn.add(key)
    shown = listed(scope.checks().filter(pk__in=[*drawn, last]) if last else scope.checks().none())
    by_key = {check.pk: check for check in shown}
    further = place_after(by_key[last]) if last and is_cut else ""
    return [check for check in by_key.values() if check.pk in drawn], further


def _read_on(checks: QuerySet[IdentityCheck], after: str) -> Iterator[UUID]:
    """Yield the keys of checks, newest first, a piece at a time: a page does not fetch a large desk's month."""
    while piece := list(within(checks, after).values_list("pk", flat=True)[:_PIECE]):
        yield from piece
        if len(piece) < _PIECE:
            return
        after = place_after(IdentityCheck.objects.only("asked_at").get(pk=piece[-1]))


def lot() -> Callable[[UUID], bool]:
    """Return what says whether the check with a key belongs to the sample of ``REVIEW_SAMPLE_PERCENT``.

    For one page a thousand keys are drawn from: BLAKE2 has its own use for a key and takes a third of HMAC's time.
    """
    secret = bytes.fromhex(digest("review sample", ""))
    least: float = settings.REVIEW_SAMPLE_PERCENT * _OUT_OF

    def is_drawn(key: UUID) -> bool:
        share = int.from_bytes(blake2b(key.bytes, key=secret, digest_size=4).digest())
        return share * 100 < least

    return is_drawn


def dossier_of(check: IdentityCheck) -> Dossier | None:
    """Return the dossier that came of a check, if one did."""
    came_of = Q(identity_check=check)
    if check.form_key is not None:
        came_of |= Q(press_key=check.form_key)
    return Dossier.objects.filed().filter(came_of).first()


def close(
    *, check: IdentityCheck, finding: CheckReview.Finding, note: str, by: User, now: datetime
) -> CheckReview:
    """Write down what a supervisor found; whether ``by`` may see the check the caller knows.

    Args:
        check: what was looked at.
        finding: what was found.
        note: in words; needed unless the check was justified.
        by: who looked; never who asked.
        now: the moment.

    Raises:
        OwnCheck: ``by`` made this check.
        NoteMissing: it was not simply justified, and nothing is said of it.
        AlreadyReviewed: there is a finding.
    """
    words = " ".join(note.split())[:500]
    if check.asked_by_id == by.pk:
        raise OwnCheck
    if finding != CheckReview.Finding.JUSTIFIED and not words:
        raise NoteMissing
    try:
        with transaction.atomic():
            review = CheckReview(
                check_made=check, finding=finding, note=words, reviewed_by=by, reviewed_at=now
            )
            review.save(force_insert=True)
            audit.record(
                name="review.closed",
                now=now,
                actor=by,
                office_code=check.office_code,
                subject=check.request_id,
                details={"finding": str(finding)},
            )
    except IntegrityError:
        raise AlreadyReviewed from None
    return review
