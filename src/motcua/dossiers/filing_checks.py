"""One question to the register about a person in a draft, the filer or the owner; of two presses at once one asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from motcua.accounts.service import owner_warned
from motcua.dossiers.filing_holds import StillAsking, citizen_of, write_draft
from motcua.dossiers.models import Dossier
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import TouchPoint
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Asker, Press, Purpose, answer_to, check_identity

_SECONDS_TO_WRITE: Final = 5


def ask_about(
    claim: IdentityClaim,
    *,
    dossier: Dossier,
    purpose: str,
    end: Callable[[IdentityCheck | None], None],
    asker: Asker,
    press: Press,
    now: datetime,
    said: Mapping[str, Any] | None = None,
) -> IdentityCheck:
    """Ask the register on behalf of a draft; a press that comes while another waits gets the answer of its own first.

    Args:
        claim: what is said of the person.
        dossier: the draft, with its procedure and citizen.
        purpose: what the question is for, in words.
        end: notes what came back, None when nothing did, and that nobody waits any more.
        asker: the citizen who files.
        press: what came with the press of the button.
        now: the moment.
        said: what else was typed, by field of the draft; kept whatever the answer.

    Raises:
        NotADraft: it has been filed.
        StillAsking: another press is still waiting for the register's answer.
        verification.service.Limited, ChallengeNeeded, PressReused: nothing was asked.
    """
    until = now + timedelta(seconds=settings.NPD["NPD_TOTAL_SECONDS"] + _SECONDS_TO_WRITE)
    try:
        write_draft(dossier.pk, free_at=now, asking_until=until, **(said or {}))
    except StillAsking:
        if answered := answer_to(press=press, claim=claim, user=citizen_of(dossier).user, now=now):
            return answered
        raise
    check = None
    is_own = claim.number == citizen_of(dossier).number
    try:
        with nullcontext() if is_own else owner_warned(claim.number, now=now):
            check = check_identity(
                claim=claim,
                asker=asker,
                touch_point=TouchPoint.FILING,
                purpose=Purpose(
                    text=purpose,
                    procedure_code=dossier.procedure.code,
                    npd_code=dossier.procedure.npd_code,
                    dossier_id=dossier.pk,
                    is_licensed=dossier.procedure.may_query,
                ),
                now=now,
                press=press,
            )
    finally:
        end(check)
    return check
