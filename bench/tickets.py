"""Dossiers received while nobody answered, in bulk: ``python -m bench.tickets COUNT FIRST``.

It writes to the database that the environment names. ``FIRST`` is the place in the crowd of the first applicant. The
tickets are not due for nine minutes; ``release`` makes them due, so that pages can be measured before.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from bench.crowd import officer_login, somebody
from bench.journeys import DESK_PROCEDURE
from bench.ledger import connected
from bench.stack import OFFICERS

_BATCH = 1000


def make_tickets(count: int, first: int) -> None:
    """Write dossiers as the desk does with "Tiếp nhận, xác thực sau", each with its ticket; codes are of yesterday."""
    import django

    django.setup()
    from django.utils import timezone

    from motcua.accounts.models import User
    from motcua.dossiers.models import Dossier, Recheck
    from motcua.dossiers.search import write_words
    from motcua.identity.numbers import IdNumber
    from motcua.procedures.models import Procedure

    now = timezone.now() - timedelta(days=1)
    procedure = Procedure.objects.get(code=DESK_PROCEDURE)
    revision = procedure.revisions.latest("number")
    officers = [
        User.objects.select_related("office").get(login=officer_login(place)) for place in range(OFFICERS)
    ]
    dossiers = []
    for place in range(count):
        person, officer = somebody(first + place), officers[place % OFFICERS]
        assert officer.office is not None
        dossier = Dossier(
            code=f"{officer.office.code}-{timezone.localdate(now):%y%m%d}-{place + 1:05}",
            procedure=procedure,
            revision=revision,
            holder_office=officer.office,
            office=officer.office,
            channel=Dossier.Channel.DESK,
            status=Dossier.Status.RECEIVED,
            by_hand_reason=Dossier.ByHand.UNANSWERED,
            is_decision_barred=True,
            applicant_name=person.full_name,
            applicant_birth=person.birth,
            created_at=now,
            saved_at=now,
            received_at=now,
            received_by=officer,
        )
        dossier.set_applicant_number(IdNumber(person.number))
        dossiers.append(dossier)
    Dossier.objects.bulk_create(dossiers, batch_size=_BATCH)
    for dossier in dossiers:
        write_words(dossier)
    # What lies further ahead than a pause lasts passes for a clock's mistake, and is due.
    later = timezone.now() + timedelta(minutes=9)
    Recheck.objects.bulk_create(
        (
            Recheck(dossier=dossier, officer=dossier.received_by, queued_at=now, not_before=later)
            for dossier in dossiers
        ),
        batch_size=_BATCH,
    )


def release(url: str) -> None:
    """Make all tickets due."""
    with connected(url) as connection:
        connection.execute("UPDATE dossiers_recheck SET not_before = now() WHERE state = 'waiting'")


def waiting(url: str) -> int:
    """Return how many tickets have not been settled."""
    with connected(url) as connection:
        found = connection.execute("SELECT count(*) FROM dossiers_recheck WHERE state = 'waiting'").fetchone()
    assert found is not None
    return int(found[0])


if __name__ == "__main__":
    make_tickets(int(sys.argv[1]), int(sys.argv[2]))
