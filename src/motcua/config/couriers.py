"""Which other systems are told things, and by whom: the parcels of ``outbox`` are brought by these couriers."""

from __future__ import annotations

from motcua.dossiers import national_portal
from motcua.dossiers.files import previews, store
from motcua.messaging import channels
from motcua.outbox.service import Courier


def couriers() -> dict[str, Courier]:
    """Return a courier for each topic whose system is configured."""
    found = {**channels.couriers(), store.TOPIC: store.delete_forgotten}
    if national_portal.is_on():
        found[national_portal.TOPIC] = national_portal.bring
    return found


def drawers() -> dict[str, Courier]:
    """Return who draws the previews of papers: it is told like another system, and takes seconds of computing."""
    return {previews.TOPIC: previews.draw_ordered}
