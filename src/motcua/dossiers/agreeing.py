"""What holds for a dossier from the day it is filed or received: a revision of its procedure, and the terms in it."""

from __future__ import annotations

from typing import Final

from motcua.dossiers.models import Dossier
from motcua.procedures.models import Offer
from motcua.procedures.service import revision_of
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
    revision = revision_of(dossier.procedure)
    channel = _CHANNELS[Dossier.Channel(dossier.channel)]
    terms = terms_of(revision.content, channel=channel, case=dossier.case_key)
    shorter = Offer.objects.filter(office=dossier.office, procedure=dossier.procedure).values_list(
        "time_limit"
    )
    own = next((limit for (limit,) in shorter), None)
    dossier.revision = revision
    dossier.term_limit = terms.limit if own is None else own
    dossier.term_unit = terms.unit
    dossier.fee_due = terms.fee
