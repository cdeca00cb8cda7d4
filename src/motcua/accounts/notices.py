"""Messages in the inbox of a citizen or an official; what concerns an account's safety goes out by e-mail too."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from motcua.accounts.models import Notice, User
from motcua.accounts.rights import supervisors_among
from motcua.messaging import service as messaging
from motcua.verification.models import LimitRelease
from motcua.web.languages import in_vietnamese
from motcua.web.requests import number_in

_log = logging.getLogger("motcua.accounts")
STOPPED: Final = gettext_noop(
    "Một cán bộ của đơn vị đang tạm dừng kiểm tra danh tính vì nhiều lần xác thực thất bại liên tiếp. "
    "Vui lòng tìm hiểu, rồi mở lại nếu có lý do."
)
_BETWEEN_ALERTS: Final = timedelta(minutes=10)


def notify(*, user: User, text: str, now: datetime, link: str = "") -> Notice:
    """Leave a message for a citizen or an officer.

    Args:
        user: who shall read it.
        text: what happened and what to do next; no number and no birth date.
        now: the moment.
        link: the page of this site where one goes on, as a path.
    """
    return Notice.objects.create(user=user, text=text, link=link, created_at=now)


def warn(*, user: User, kind: str, text: str, now: datetime, link: str = "") -> None:
    """Leave a message that concerns the safety of an account, and send it to the account's address, if it has one.

    Args:
        user: who shall read it.
        kind: what goes out by e-mail, of ``messaging.kinds.KINDS``.
        text: what stands in the inbox.
        now: the moment.
        link: the page of this site where one goes on, as a path.
    """
    with transaction.atomic():
        notify(user=user, text=text, now=now, link=link)
        words = {"duong_dan": messaging.link(link or reverse("profile"))}
        messaging.send(kind=kind, email=user.email, words=words, now=now)


def warn_once_a_day(*, user: User, kind: str, text: str, now: datetime, link: str = "") -> None:
    """Warn as ``warn`` does, unless the same words were said within a day."""
    if not user.notices.filter(text=text, created_at__gt=now - timedelta(days=1)).exists():
        warn(user=user, kind=kind, text=text, now=now, link=link)


@in_vietnamese()
def tell_supervisors(*, officer: User, now: datetime) -> int:
    """Tell the supervisors of an officer's office, and the log, that the officer was stopped; once for each stop.

    Args:
        officer: who was stopped after too many wrong tries; a supervisor's stop is told to the others.
        now: the moment.

    Returns:
        How many were told; 0 when they know it already, or when there is nobody to tell.
    """
    link = f"{reverse('oversight')}#can-bo-{officer.pk}"
    text = _(STOPPED)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(
            pk=officer.pk
        )  # of two presses at one moment one tells
        released = LimitRelease.objects.filter(officer_id=officer.pk, at__gt=now - _BETWEEN_ALERTS)
        since = released.order_by("-at").values_list("at", flat=True).first() or now - _BETWEEN_ALERTS
        if Notice.objects.filter(link=link, user__office=officer.office_id, created_at__gt=since).exists():
            return 0
        others = User.objects.filter(office=officer.office_id, is_active=True).exclude(pk=officer.pk)
        told = supervisors_among(others)
        for one in told:
            warn(user=one, kind="officer_stopped", text=text, now=now, link=link)
    _log.error("limits.officer_stopped user=%d told=%d", officer.pk, len(told))
    return len(told)


def keys_of(sent: list[str]) -> set[int]:
    """Read the keys of messages that a page sends back, and whatever else is sent there."""
    return {number for key in sent if (number := number_in(key)) is not None}


def read_notices(*, user: User, now: datetime, keys: Collection[int]) -> None:
    """Mark messages of a user as read.

    Args:
        user: whose; nobody marks another's.
        now: the moment.
        keys: which of them: those that the page showed, and none that came since.
    """
    user.notices.filter(read_at=None, pk__in=keys).update(read_at=now)


def erase_read_notices(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the messages that were read ``KEEP_NOTICES_DAYS`` ago.

    Args:
        now: the moment.
        dry_run: only count.

    Returns:
        How many.
    """
    old = Notice.objects.filter(read_at__lt=now - timedelta(days=settings.KEEP_NOTICES_DAYS))
    return old.count() if dry_run else old.delete()[0]
