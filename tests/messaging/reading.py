"""What people are told outside the portal, read from the mailbox of a trial."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from motcua.config.couriers import couriers
from motcua.messaging.models import Mailbox
from motcua.outbox.models import Parcel
from motcua.outbox.service import bring_next


def delivered(now: datetime | None = None) -> list[Mailbox]:
    """Bring everything that waits for the mailbox, and return all that lies in it, the oldest first."""
    ours = {topic: courier for topic, courier in couriers().items() if topic in ("email", "sms")}
    moment = (now or timezone.now()) + timedelta(seconds=1)
    while bring_next(couriers=ours, now=moment):
        pass
    return list(Mailbox.objects.order_by("id"))


def waiting() -> int:
    """Return how many messages wait to be sent."""
    return Parcel.objects.filter(Parcel.WAITING, topic__in=("email", "sms")).count()
