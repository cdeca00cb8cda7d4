"""The catalogue as the desks and the list of procedures use it all day."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from motcua.accounts.models import Office, User
from motcua.procedures.models import Offer, Procedure, ProcedureRevision
from motcua.procedures.terms import content_of
from motcua.web.alphabet import alphabetical

# Where rows stand while they change places: two of one procedure never stand in one place.
ASIDE: Final = 15_000
_FRESH: Final = 30  # seconds

# What no page of a dossier shows of its procedure; lists in JSON are costly to read.
UNSHOWN: Final = (
    *("official_name", "audience", "fees", "fee_note", "results", "search_text"),
    *("steps", "conditions", "legal_basis"),
)
# What no desk shows of a procedure.
_UNUSED: Final = (
    *("official_name", "search_text", "results", "authority", "receiving_address", "delegate", "partners"),
    *("related", "steps", "conditions", "legal_basis", "keywords"),
)


class Promise(NamedTuple):
    """What a procedure says now, and the time limit that one office promises in place of it, if it does."""

    revision: ProcedureRevision
    own_limit: int | None


class Catalogue(dict[int, Procedure]):
    """The procedures by key, as one reading of them: whoever makes something of it may keep that under it."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.at_offices: dict[int | None, Catalogue] = {}
        self.promises: dict[tuple[int, int], Promise] = {}


def offered() -> Catalogue:
    """Return the procedures in force with their cases and documents, by key, in the catalogue's order.

    Each process reads them once in half a minute and not at every press of every desk; an administrator's change
    reaches all desks, and the list that citizens search, within that time.
    """
    return _read(int(time.monotonic() // _FRESH))


def in_order(procedures: Iterable[Procedure]) -> list[Procedure]:
    """Return procedures as people look for them: by sector and name, in the order of the alphabet."""
    return sorted(procedures, key=lambda one: (alphabetical(one.sector), alphabetical(one.name)))


def offered_at(office_id: int | None) -> Catalogue:
    """Return what one office offers: the procedures in force without those that it does not receive.

    Args:
        office_id: the office's key; None offers everything.
    """
    everything = offered()
    if office_id not in everything.at_offices:
        refused = Offer.objects.filter(office=office_id, is_offered=False)
        keys = set(refused.values_list("procedure_id", flat=True))
        left = Catalogue((key, one) for key, one in everything.items() if key not in keys)
        everything.at_offices[office_id] = left if keys else everything
    return everything.at_offices[office_id]


def offices_online(procedure: Procedure) -> QuerySet[Office]:
    """Return the desks that take a procedure online: those that did not say otherwise."""
    refusing = Offer.objects.filter(Q(is_offered=False) | Q(takes_online=False), procedure=procedure)
    desks = Office.objects.filter(is_active=True, kind=Office.Kind.DESK)
    return desks.exclude(pk__in=refusing.values("office"))


def promise_of(procedure_id: int, office_id: int) -> Promise:
    """Return what an office promises for a procedure now, as a dossier that is filed or received keeps it.

    Raises:
        ProcedureRevision.DoesNotExist: nobody published the procedure; ``publish`` does.
    """
    offer = Offer.objects.filter(office=office_id, procedure=procedure_id).order_by()
    revisions = ProcedureRevision.objects.filter(procedure=procedure_id).order_by("-number")
    last = revisions.annotate(own_limit=Subquery(offer.values("time_limit")))[:1].get()
    return Promise(last, last.own_limit)


def promise_shown(procedure_id: int, office_id: int) -> Promise:
    """Return the same for a page, as old as what the desks show of the catalogue.

    Raises:
        ProcedureRevision.DoesNotExist: nobody published the procedure; ``publish`` does.
    """
    promises, place = offered().promises, (procedure_id, office_id)
    if place not in promises:
        promises[place] = promise_of(procedure_id, office_id)
    return promises[place]


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


def put_in_order(model: Any, rows: Sequence[Any]) -> None:
    """Write the cases or documents of one procedure in this order, from 1 on.

    Args:
        model: ``ProcedureCase`` or ``RequiredDocument``.
        rows: all of the procedure's, as saved.
    """
    if [row.position for row in rows] == list(range(1, len(rows) + 1)):
        return
    with transaction.atomic():
        model.objects.filter(pk__in=[row.pk for row in rows]).update(position=F("position") + ASIDE)
        for place, row in enumerate(rows, start=1):
            row.position = place
        model.objects.bulk_update(rows, ["position"])


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
    rows = Procedure.objects.filter(is_active=True).defer(*_UNUSED).prefetch_related("cases", "documents")
    return Catalogue((procedure.pk, procedure) for procedure in in_order(rows))
