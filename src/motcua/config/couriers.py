"""Which other systems are told things, and by whom: the parcels of ``outbox`` are brought by these couriers."""

from __future__ import annotations

from motcua.messaging import channels
from motcua.outbox.service import Courier


def couriers() -> dict[str, Courier]:
    """Return a courier for each topic whose system is configured."""
    return {**channels.couriers()}
