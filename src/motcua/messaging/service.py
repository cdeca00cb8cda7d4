"""Telling somebody outside the portal, and what administrators make of the texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from motcua.audit.service import record
from motcua.messaging.channels import couriers
from motcua.messaging.kinds import CODE, DUE, KINDS, LINK, OFFICE, PHONE, Channel, Kind, default_text
from motcua.messaging.models import Template
from motcua.messaging.wording import cleaned, fill, fitted, problems
from motcua.outbox.service import put
from motcua.web.languages import in_vietnamese

# Who can be told only days later has long looked for themselves; a mail may wait out a long weekend.
_USEFUL: Final = {Channel.EMAIL: timedelta(days=7), Channel.SMS: timedelta(days=3)}
_TRACKING: Final = "/tra-cuu/"
# How the numbers of fixed lines begin, where no SMS arrives and each one is paid for.
_FIXED_LINE: Final = "02"


class TextRefused(ValueError):
    """A text cannot be sent as it is; ``problems`` are sentences for whoever wrote it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the text cannot be sent")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Text:
    """What a kind says by one channel now: its texts, whether it is sent, and whether an administrator changed it."""

    kind: Kind
    channel: Channel
    subject: str
    body: str
    is_active: bool
    changed: Template | None = None

    @property
    def key(self) -> str:
        """Return the name by which a page asks for it."""
        return f"{self.kind.name}-{self.channel.value}"


def send(
    *,
    kind: str,
    now: datetime,
    email: str = "",
    phone: str = "",
    words: Mapping[str, str],
    about: str = "",
) -> int:
    """Write down what somebody is told, by every way that leads to them; call it in the transaction of the cause.

    Args:
        kind: a name of ``kinds.KINDS``.
        now: the moment.
        email: their address; empty when there is none.
        phone: their telephone number, beginning with 0; empty when there is none. To a fixed line nothing is sent.
        words: a value for each placeholder that the kind may use; nothing about a person but the dossier's code.
        about: what it is about; messages about the same thing go one after the other. Empty: in no order.

    Returns:
        How many messages were written.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    addresses = {Channel.EMAIL: email, Channel.SMS: "" if phone.startswith(_FIXED_LINE) else phone}
    open_to = [channel for channel in couriers() if addresses[Channel(channel)]]
    if not open_to:
        return 0
    texts = [text for text in _texts([KINDS[kind]]) if text.is_active and text.channel in open_to]
    for text in texts:
        said = fitted(words, text.channel)
        content = {
            "to": addresses[text.channel],
            "subject": fill(text.subject, said),
            "body": fill(text.body, said),
            "at": now.isoformat(),
        }
        put(
            topic=text.channel.value,
            content=content,
            about=about,
            now=now,
            useless_after=_USEFUL[text.channel],
        )
    return len(texts)


def link(path: str) -> str:
    """Return the whole address of a page of this site, for a message.

    Args:
        path: such as ``/tra-cuu/``; nothing secret in it.
    """
    return settings.SITE_URL.rstrip("/") + path


def texts() -> list[Text]:
    """Return what every kind says by every channel now."""
    return list(_texts(KINDS.values()))


def text_of(key: str) -> Text | None:
    """Return one of them by its key, such as ``finished-sms``; None when there is none."""
    kind, _dash, channel = key.rpartition("-")
    if kind not in KINDS or channel not in Channel.values:
        return None
    return next(text for text in _texts([KINDS[kind]]) if text.channel == channel)


def change_text(
    text: Text, *, subject: str, body: str, is_active: bool, by: Any, now: datetime
) -> Template | None:
    """Let a message say something else from now on, or not be sent.

    Args:
        text: which, as it is now.
        subject: of an e-mail; ignored for an SMS.
        body: the text.
        is_active: whether it is sent at all.
        by: the administrator.
        now: the moment.

    Returns:
        What is kept; None when it is the text that the kind has to begin with.

    Raises:
        TextRefused: nothing was changed.
    """
    subject, body = judged(text, subject=subject, body=body)
    if (subject, body, is_active) == (text.subject, text.body, text.is_active):
        return text.changed
    if (subject, body, is_active) == _default(text.kind, text.channel):
        restore_text(text, by=by, now=now)
        return None
    said = {"subject": subject, "body": body, "is_active": is_active, "changed_at": now, "changed_by": by}
    with transaction.atomic():
        kept, _made = Template.objects.update_or_create(
            kind=text.kind.name, channel=text.channel, defaults=said
        )
        _record(text, "switch" if (subject, body) == (text.subject, text.body) else "change", by, now)
    return kept


def restore_text(text: Text, *, by: Any, now: datetime) -> None:
    """Let a message say again what its kind has to begin with."""
    with transaction.atomic():
        if Template.objects.filter(kind=text.kind.name, channel=text.channel).delete()[0]:
            _record(text, "restore", by, now)


def judged(text: Text, *, subject: str, body: str) -> tuple[str, str]:
    """Return the texts as they would be kept. Raises TextRefused: they cannot be sent."""
    subject, body = "" if text.channel == Channel.SMS else cleaned(subject), cleaned(body)
    if found := problems(text.kind, text.channel, subject, body, link=link(_TRACKING)):
        raise TextRefused(found)
    return subject, body


@in_vietnamese()
def example(text: Text, *, subject: str, body: str) -> tuple[str, str]:
    """Return what somebody would read, with an invented dossier of an invented office."""
    said = fitted(
        {
            CODE: "H24.31.01-261123-0001",
            OFFICE: _("Bộ phận Một cửa phường Mẫu A"),
            DUE: "16:30 30/11/2026",
            LINK: link(f"{_TRACKING}?ma=H24.31.01-261123-0001"),
            PHONE: "0225 3 123 456",
        },
        text.channel,
    )
    return fill(subject, said), fill(body, said)


def _texts(kinds: Iterable[Kind]) -> Iterable[Text]:
    wanted = list(kinds)
    rows = Template.objects.filter(kind__in=[kind.name for kind in wanted]).select_related("changed_by")
    changed = {(row.kind, row.channel): row for row in rows}
    for kind in wanted:
        for channel in Channel:
            row = changed.get((kind.name, channel))
            said = (row.subject, row.body, row.is_active) if row is not None else _default(kind, channel)
            yield Text(kind, channel, *said, changed=row)


def _default(kind: Kind, channel: Channel) -> tuple[str, str, bool]:
    return (*default_text(kind, channel), channel == Channel.EMAIL or kind.is_sms_sent)


def _record(text: Text, act: str, by: Any, now: datetime) -> None:
    record(name="message.changed", now=now, actor=by, details={"message": text.key, "act": act})
