"""The one apology that a dossier may have (mẫu 04): a new due date, with a reason that the citizen reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.accounts.hours import hours_of
from motcua.accounts.models import User
from motcua.accounts.rights import Right
from motcua.audit.service import record
from motcua.dossiers import national_portal, states
from motcua.dossiers.access import may_do
from motcua.dossiers.due_dates import is_open
from motcua.dossiers.models import Dossier, Extension
from motcua.dossiers.notifications import tell_citizen
from motcua.dossiers.steps import NotYours
from motcua.dossiers.time_limits import calendar_of
from motcua.web.languages import in_vietnamese
from motcua.web.templatetags.motcua import moment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

FURTHEST: Final = timedelta(days=366)


class Hindrance(StrEnum):
    """Why a dossier's due date cannot be moved."""

    NOT_RUNNING = "not_running"
    ALREADY = "already"
    NO_REASON = "no_reason"
    NOT_LATER = "not_later"
    CLOSED_THEN = "closed_then"
    TOO_FAR = "too_far"


HINDRANCE_TEXTS: Final[dict[Hindrance, _StrPromise]] = {
    Hindrance.NOT_RUNNING: gettext_lazy("Hồ sơ này không có thời hạn đang tính, nên không hẹn lại được."),
    Hindrance.ALREADY: gettext_lazy("Hồ sơ này đã hẹn lại một lần. Mỗi hồ sơ chỉ được hẹn lại một lần."),
    Hindrance.NO_REASON: gettext_lazy("Vui lòng ghi lý do để công dân biết."),
    Hindrance.NOT_LATER: gettext_lazy(
        "Ngày hẹn mới phải sau ngày hẹn cũ và sau hôm nay. Vui lòng chọn ngày khác."
    ),
    Hindrance.CLOSED_THEN: gettext_lazy(
        "Cơ quan không làm việc vào lúc hẹn mới. Vui lòng chọn ngày làm việc."
    ),
    Hindrance.TOO_FAR: gettext_lazy("Ngày hẹn mới muộn hơn một năm. Vui lòng xem lại ngày."),
}


class ExtensionRefused(ValueError):
    """A due date cannot be moved; ``hindrance`` says why, and ``HINDRANCE_TEXTS`` in words."""

    def __init__(self, hindrance: Hindrance) -> None:
        super().__init__(hindrance.value)
        self.hindrance = hindrance


@in_vietnamese()
def extend(*, dossier: Dossier, new_due_at: datetime, reason: str, by: User, now: datetime) -> Extension:
    """Apologize for a delay and give a new due date, once in a dossier's life (NĐ 61/2018, Điều 19.9).

    The law wants it a day before the due date at the latest. A later one is taken all the same, since the citizen is
    better told late than never; ``Extension.is_late`` marks it.

    Args:
        dossier: one that was received, and whose time limit runs.
        new_due_at: later than the old one and than now, when the receiving office is open.
        reason: why, for the citizen to read.
        by: an official with the right.
        now: the moment.

    Raises:
        steps.NotYours: not at this hand.
        ExtensionRefused: nothing was changed.
    """
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if not may_do(by, Right.EXTEND, fresh):
            raise NotYours("extend")
        old_due_at = fresh.due_at
        hindrance = _hindrance(fresh, new_due_at, reason, now)
        if hindrance is not None or old_due_at is None:
            raise ExtensionRefused(hindrance or Hindrance.NOT_RUNNING)
        extension = Extension.objects.create(
            dossier=fresh,
            old_due_at=old_due_at,
            new_due_at=new_due_at,
            reason=reason.strip(),
            made_at=now,
            made_by=by,
        )
        fresh.due_at, fresh.saved_at = new_due_at, now
        fresh.save(update_fields=["due_at", "saved_at"])
        record(
            name="dossier.extended",
            now=now,
            actor=by,
            office_code=fresh.office.code,
            subject=str(fresh.code),
            details={"due": f"{timezone.localdate(new_due_at):%Y-%m-%d}"},
        )
        tell_citizen(fresh, _told(fresh, extension), kind="extended", now=now)
        act = _("Xin lỗi và hẹn lại ngày trả kết quả")
        national_portal.tell(fresh, act=act, by=by, now=now, is_changed=True)
    return extension


def may_be_extended(dossier: Dossier) -> bool:
    """Say whether a dossier's due date may still be put off at all; who may do so ``dossiers.access`` says."""
    return _standing_hindrance(dossier) is None


def _standing_hindrance(dossier: Dossier) -> Hindrance | None:
    """Return what hinders already, whatever the new date."""
    if dossier.status not in {states.RECEIVED, states.PROCESSING} or dossier.due_at is None:
        return Hindrance.NOT_RUNNING
    return Hindrance.ALREADY if hasattr(dossier, "extension") else None


def _hindrance(dossier: Dossier, new_due_at: datetime, reason: str, now: datetime) -> Hindrance | None:
    standing = _standing_hindrance(dossier)
    if standing is not None or dossier.due_at is None:
        return standing
    if not reason.strip():
        return Hindrance.NO_REASON
    if new_due_at <= max(dossier.due_at, now):
        return Hindrance.NOT_LATER
    if new_due_at > dossier.due_at + FURTHEST:
        return Hindrance.TOO_FAR
    if not is_open(new_due_at, calendar_of(dossier.office_id), hours_of(dossier.office.hours)):
        return Hindrance.CLOSED_THEN
    return None


@in_vietnamese()
def _told(dossier: Dossier, extension: Extension) -> str:
    return _(
        "%(office)s xin lỗi ông/bà: hồ sơ %(code)s chưa có kết quả vào ngày hẹn %(old)s. Hẹn trả kết quả mới: %(due)s. "
        "Vui lòng xem lý do ở trang hồ sơ."
    ) % {
        "office": dossier.office.name,
        "code": dossier.code,
        "old": f"{timezone.localtime(extension.old_due_at):%d/%m/%Y}",
        "due": moment(extension.new_due_at),
    }
