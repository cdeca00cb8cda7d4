"""The mailbox of a trial: what would have been sent, to be read in the browser; no message twice, and not for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from motcua.messaging.kinds import Channel
from motcua.messaging.models import Mailbox
from motcua.outbox.service import Courier, Load

KEPT: Final = timedelta(days=7)
MOST: Final = 500


def courier(channel: Channel) -> Courier:
    """Return what puts a channel's messages into the mailbox."""

    def bring(load: Load) -> None:
        told = load.content
        Mailbox.objects.get_or_create(
            message_id=load.message_id,
            defaults={
                "channel": channel,
                "address": told["to"],
                "subject": told["subject"],
                "body": told["body"],
                "sent_at": datetime.fromisoformat(told["at"]),
            },
        )

    return bring


def erase_old_messages(*, now: datetime, dry_run: bool) -> int:
    """Delete, or only count, what lies in the mailbox for seven days or has 500 newer above it; returns how many."""
    newest = Mailbox.objects.filter(sent_at__gte=now - KEPT).order_by("-id").values_list("id", flat=True)
    old = Mailbox.objects.exclude(pk__in=list(newest[:MOST]))
    return old.count() if dry_run else old.delete()[0]
