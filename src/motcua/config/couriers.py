"""Which other systems are told things, and by whom: the parcels of ``outbox`` are brought by these couriers."""

from __future__ import annotations

from motcua.messaging import channels
from motcua.outbox.service import Courier


def couriers() -> dict[str, Courier]:
    """Return a courier for each topic whose system is configured."""
    from motcua.dossiers import store

    return {**channels.couriers(), store.TOPIC: store.delete_forgotten}


def drawers() -> dict[str, Courier]:
    """Return who draws the previews of papers: it is told like another system, and takes seconds of computing."""
    from motcua.dossiers import previews

    return {previews.TOPIC: previews.draw_ordered}
