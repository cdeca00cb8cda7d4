"""The catalogue as the desks use it all day."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from motcua.accounts.models import User
from motcua.procedures.models import Procedure, ProcedureRevision
from motcua.procedures.terms import content_of

_FRESH: Final = 30  # seconds


class Catalogue(dict[int, Procedure]):
    """The procedures by key, as one reading of them: whoever makes something of it may keep that under it."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def offered() -> Catalogue:
    """Return the procedures in force with their cases and documents, by key, in the catalogue's order.

    Each process reads them once in half a minute and not at every press of every desk; an administrator's change
    reaches all desks within that time.
    """
    return _read(int(time.monotonic() // _FRESH))


def revision_of(procedure: Procedure) -> ProcedureRevision:
    """Return what a procedure says now, as a dossier that is filed or received keeps it.

    Raises:
        ProcedureRevision.DoesNotExist: nobody published it; ``publish`` does.
    """
    return ProcedureRevision.objects.filter(procedure=procedure).order_by("-number")[:1].get()


def publish(*, keys: Collection[int], by: User | None, now: datetime) -> list[ProcedureRevision]:
    """Keep what some procedures say from now on; of one that says what it said before nothing is written.

    Whoever changes a procedure, its cases or its documents calls this in the same transaction.

    Args:
        keys: of the procedures, as they stand in the database.
        by: who changed them; None for a command.
        now: the moment.

    Returns:
        The new revisions.
    """
    with transaction.atomic():
        changed = Procedure.objects.select_for_update().filter(pk__in=keys).order_by("pk")
        found = list(changed.prefetch_related("cases", "documents"))
        latest = _latest_revisions(keys)
        new = []
        for procedure in found:
            content, last = content_of(procedure), latest.get(procedure.pk)
            if last is None or last.content != content:
                number = last.number + 1 if last else 1
                revision = ProcedureRevision(procedure=procedure, number=number, name=procedure.name)
                revision.content, revision.made_at, revision.made_by = content, now, by
                new.append(revision)
        return ProcedureRevision.objects.bulk_create(new)


def _latest_revisions(keys: Collection[int]) -> dict[int, ProcedureRevision]:
    """Return the last revision of each procedure."""
    later = ProcedureRevision.objects.filter(procedure=OuterRef("procedure"), number__gt=OuterRef("number"))
    last = ProcedureRevision.objects.filter(~Exists(later), procedure__in=keys)
    return {revision.procedure_id: revision for revision in last}


def forget() -> None:
    """Let the next question read the catalogue anew."""
    _read.cache_clear()


@lru_cache(maxsize=1)
def _read(_half_minute: int) -> Catalogue:
    rows = Procedure.objects.filter(is_active=True).defer("official_name", "search_text", "results")
    return Catalogue((procedure.pk, procedure) for procedure in rows.prefetch_related("cases", "documents"))
