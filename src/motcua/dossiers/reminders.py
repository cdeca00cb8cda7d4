"""Reminders: a citizen whose draft could not be checked is told once when the register answers again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from motcua.accounts.notices import notify
from motcua.dossiers import states
from motcua.dossiers.filing_holds import NotADraft
from motcua.dossiers.models import Dossier, Reminder
from motcua.verification.service import Light, line_status
from motcua.web.languages import in_vietnamese

_BATCH: Final = 100


def remind(*, dossier: Dossier, now: datetime) -> None:
    """Note that the owner of a draft wants to be told when the register can be asked; a second press changes nothing.

    Args:
        dossier: the draft.
        now: the moment.

    Raises:
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = Dossier.objects.locked(dossier.pk)
        if draft.status != states.DRAFT:
            raise NotADraft
        reminder, _ = Reminder.objects.get_or_create(dossier=draft, defaults={"created_at": now})
        if reminder.sent_at is not None:
            reminder.created_at, reminder.sent_at = now, None
            reminder.save()


@in_vietnamese()
def send_reminders(*, now: datetime) -> int:
    """Tell those who wait, once each, if the register has answered somebody since they asked to be told.

    Who files for a procedure that has no licence waits for that, too.

    Args:
        now: the moment.

    Returns:
        How many were told; at most a hundred at a time.
    """
    unsent = Reminder.objects.filter(sent_at=None)
    if not unsent.exists():
        return 0
    status = line_status(now=now)
    if status.light not in {Light.FINE, Light.SLOW} or status.heard_at is None:
        return 0
    told = 0
    with transaction.atomic():
        due = unsent.filter(created_at__lt=status.heard_at, dossier__procedure__may_query=True)
        waiting = due.order_by("created_at").select_for_update(skip_locked=True, of=("self",))
        for reminder in waiting.select_related("dossier__procedure", "dossier__citizen__user")[:_BATCH]:
            draft = reminder.dossier
            if draft.status == states.DRAFT and draft.citizen is not None:
                notify(
                    user=draft.citizen.user,
                    text=gettext("Đã có thể kiểm tra danh tính số. Mời ông/bà làm tiếp hồ sơ: %(procedure)s.")
                    % {"procedure": draft.procedure.name},
                    link=reverse("applicant_step", args=[draft.pk]),
                    now=now,
                )
                told += 1
            reminder.sent_at = now
            reminder.save(update_fields=["sent_at"])
    return told
