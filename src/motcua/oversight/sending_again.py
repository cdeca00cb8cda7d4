"""Having what was given up sent again, by an administrator or at the command line, and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers import national_portal
from motcua.outbox.models import Parcel
from motcua.outbox.service import Forgotten, goes_on_after, send_again


@dataclass(frozen=True, slots=True)
class Again:
    """How many wait again, and how many cannot, because what they said is forgotten."""

    sent: int = 0
    forgotten: int = 0


def send_given_up_again(parcels: QuerySet[Parcel], *, by: User | None, now: datetime) -> Again:
    """Let what was given up of these wait for its courier again, each with its event, all about one thing at once.

    An earlier message that arrives after a later one would leave the national portal with how the dossier once stood.
    There how it stands now goes behind it, in the same transaction.

    Args:
        parcels: any; those that wait or were taken stay as they are.
        by: the administrator; None at the command line.
        now: the moment.
    """
    given_up = parcels.filter(Parcel.GIVEN_UP).defer("content").order_by("topic", "about", "id")
    done = Again()
    for _thing, group in groupby(list(given_up), key=lambda one: (one.topic, one.about or one.message_id)):
        more = _send_thing_again(list(group), by=by, now=now)
        done = Again(done.sent + more.sent, done.forgotten + more.forgotten)
    return done


def _send_thing_again(parcels: list[Parcel], *, by: User | None, now: datetime) -> Again:
    """Do it with parcels of one topic about one thing."""
    sent, forgotten = [], 0
    with transaction.atomic():
        # Its row before its parcels, as everywhere.
        dossier = (
            national_portal.locked(parcels[0].about) if parcels[0].topic == national_portal.TOPIC else None
        )
        for parcel in parcels:
            try:
                is_sent = send_again(parcel, now=now)
            except Forgotten:
                forgotten += 1
                continue
            if is_sent:
                sent.append(parcel)
                record(
                    name="outbox.sent_again",
                    now=now,
                    actor=by,
                    subject=str(parcel.message_id),
                    details={"topic": parcel.topic, "about": parcel.about},
                )
        if dossier is not None and goes_on_after(sent):
            national_portal.tell_as_it_stands(dossier, now=now)
    return Again(len(sent), forgotten)
