"""The one way in which an officer asks about somebody without a dossier, for the pages that let them."""

from __future__ import annotations

from datetime import datetime

from motcua.accounts.models import User
from motcua.accounts.notices import tell_supervisors
from motcua.accounts.service import asker_of, marks_of
from motcua.audit import service as audit
from motcua.identity.claims import IdentityClaim
from motcua.verification import service as verification
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Limited, Press


def look_up(
    *, claim: IdentityClaim, officer: User, reason: str, press: Press, address: str, now: datetime
) -> IdentityCheck:
    """Ask about a person, marked for review and told to the log of events; a stopped officer's supervisors are told.

    Args:
        claim: what the person says.
        officer: who asks.
        reason: why; the person asked about can read it.
        press: what came with the press of the button.
        address: the network address of the desk.
        now: the moment.

    Raises:
        verification.service.MissingOfficerNumber: the officer has no personal number on file.
        verification.service.Limited: too many wrong tries of this officer; nothing was asked.
        verification.service.PressReused: another question was asked by this press; nothing was asked.
    """
    try:
        check = verification.look_up(
            claim=claim,
            asker=asker_of(officer, address),
            reason=reason,
            marks=marks_of(number=claim.number, officer=officer),
            press=press,
            now=now,
        )
    except Limited as limit:
        if limit.scope == "officer":
            tell_supervisors(officer=officer, now=now)
        raise
    if check.asked_at == now:  # and not the answer to the same press once more
        audit.record(
            name="check.lookup",
            now=now,
            actor=officer,
            office_code=check.office_code,
            subject=check.request_id,
            details={"outcome": check.outcome},
        )
    return check
