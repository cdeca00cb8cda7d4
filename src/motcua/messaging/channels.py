"""By which ways messages go out: what is configured, or in a trial the mailbox; else none."""

from __future__ import annotations

from django.conf import settings

from motcua.messaging import mail, mailbox, sms
from motcua.messaging.kinds import Channel
from motcua.outbox.service import Courier


def couriers() -> dict[str, Courier]:
    """Return who brings the messages of each channel that is open; a channel that is not named here is closed."""
    found: dict[str, Courier] = {}
    for channel, courier in ((Channel.EMAIL, mail.courier()), (Channel.SMS, sms.courier())):
        if courier is not None:
            found[channel.value] = courier
        elif settings.MOTCUA_MODE == "trial":
            found[channel.value] = mailbox.courier(channel)
    return found


def mailbox_is_open() -> bool:
    """Say whether messages of any channel go to the mailbox of a trial."""
    is_missing = mail.courier() is None or sms.courier() is None
    return settings.MOTCUA_MODE == "trial" and is_missing
