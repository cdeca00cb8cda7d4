"""What holds for a dossier from the day it is filed or received: a revision of its procedure, and the terms in it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from motcua.accounts.models import Office
from motcua.dossiers import time_limits
from motcua.dossiers.models import Dossier
from motcua.dossiers.states import Clock
from motcua.procedures.models import Procedure
from motcua.procedures.service import Promise, promise_of, promise_shown
from motcua.procedures.terms import terms_of

AGREED: Final = ("revision", "term_limit", "term_unit", "fee_due")
_CHANNELS: Final = {
    Dossier.Channel.DESK: "direct",
    Dossier.Channel.ONLINE: "online",
    Dossier.Channel.POSTAL: "postal",
}


def agree(dossier: Dossier) -> None:
    """Note on a dossier what its procedure says today; later revisions do not change it. The caller saves.

    Args:
        dossier: with procedure, office, channel and case.
    """
    _note(dossier, promise_of(dossier.procedure_id, dossier.office_id))


def agree_for_page(dossier: Dossier) -> None:
    """Note the same, at most half a minute old, on a dossier that is only shown; what counts is agreed anew.

    Args:
        dossier: with procedure, office, channel and case.
    """
    _note(dossier, promise_shown(dossier.procedure_id, dossier.office_id))


def _note(dossier: Dossier, promise: Promise) -> None:
    revision, own = promise
    channel = _CHANNELS[Dossier.Channel(dossier.channel)]
    terms = terms_of(revision.content, channel=channel, case=dossier.case_key)
    dossier.revision = revision
    dossier.term_limit = terms.limit
    # An office promises less than the law allows, in the procedure's own unit; never more, and never something else.
    if own is not None and terms.limit is not None and terms.unit == revision.content["time_unit"]:
        dossier.term_limit = min(own, terms.limit)
    dossier.term_unit = terms.unit
    dossier.fee_due = terms.fee


def foresee(
    *, procedure: Procedure, office: Office, channel: int, case_key: int | None, now: datetime
) -> Dossier:
    """Return a dossier that nobody saves, with the terms and the due date that it would have if received now.

    Args:
        procedure: what is asked for.
        office: that would receive it.
        channel: a value of ``Dossier.Channel``.
        case_key: the key of the procedure's case; None is the general one.
        now: the moment.
    """
    dossier = Dossier(procedure=procedure, office=office, channel=channel, case_key=case_key)
    agree_for_page(dossier)
    time_limits.turn(dossier, Clock.START, now=now)
    return dossier


def case_name(dossier: Dossier) -> str:
    """Return the name of a dossier's case as its revision has it, empty for the general one."""
    if dossier.case_key is None or dossier.revision is None:
        return ""
    cases = dossier.revision.content.get("cases", ())
    return next((str(case["name"]) for case in cases if case["key"] == dossier.case_key), "")
