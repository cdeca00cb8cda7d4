"""What holds a draft back at its first step: an identity not checked yet, or checked of something else."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Citizen
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, DossierOwner, owner_in
from motcua.verification.service import carries, claim_digest

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DRAFT_CARRIES: Final = timedelta(hours=24)


class Hold(StrEnum):
    """Why a draft may not go on past its first step."""

    UNASKED = "unasked"
    PROFILE_CHANGED = "profile_changed"
    EXPIRED = "expired"
    OWNER_UNASKED = "owner_unasked"
    OWNER_CHANGED = "owner_changed"
    OWNER_EXPIRED = "owner_expired"
    OWNER_NOT_ALLOWED = "owner_not_allowed"
    CASE_OPEN = "case_open"
    NOT_TAKEN = "not_taken"


HOLD_TEXTS: Final[dict[Hold, _StrPromise]] = {
    Hold.UNASKED: _("Vui lòng xem lại thông tin dưới đây và đồng ý kiểm tra danh tính số để đi tiếp."),
    Hold.PROFILE_CHANGED: _(
        "Thông tin cá nhân đã thay đổi sau lần kiểm tra trước. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
    ),
    Hold.EXPIRED: _(
        "Lần kiểm tra danh tính trước đã quá 24 giờ. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
    ),
    Hold.OWNER_UNASKED: _(
        "Thông tin chủ hồ sơ chưa được kiểm tra. Vui lòng xem lại và đồng ý kiểm tra danh tính số để đi tiếp."
    ),
    Hold.OWNER_CHANGED: _(
        "Thông tin chủ hồ sơ đã thay đổi sau lần kiểm tra trước. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
    ),
    Hold.OWNER_EXPIRED: _(
        "Lần kiểm tra danh tính chủ hồ sơ đã quá 24 giờ. Vui lòng xem lại và đồng ý kiểm tra lần nữa."
    ),
    Hold.OWNER_NOT_ALLOWED: _(
        "Thủ tục này nay không nhận hồ sơ nộp thay như đã khai. Vui lòng xem lại phần “Nộp cho ai”."
    ),
    Hold.NOT_TAKEN: _(
        "Nơi nhận đã chọn nay không nhận thủ tục này trực tuyến. Vui lòng nộp tại bộ phận một cửa, hoặc chọn nơi khác "
        "ở trang thủ tục. Bản nháp vẫn được giữ."
    ),
    Hold.CASE_OPEN: _("Thủ tục này có nhiều trường hợp. Vui lòng chọn trường hợp của hồ sơ để đi tiếp."),
}


class Held(Exception):
    """The draft must go back to its first step; ``hold`` says why."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.value)
        self.hold = hold


class StillAsking(Exception):
    """Another press of the same button still waits for the register's answer."""


class NotADraft(ValueError):
    """The dossier has been filed; nothing about it can be changed here."""


def hold_of(*, dossier: Dossier, now: datetime) -> Hold | None:
    """Say why a draft may not go on past its first step; None when it may.

    Args:
        dossier: with its citizen's present profile and, where it is another's, its owner.
        now: the moment.
    """
    hold, owner = hold_of_filer(dossier=dossier, now=now), owner_in(dossier)
    if hold is None and owner is not None:
        hold = hold_of_owner(owner=owner, dossier=dossier, now=now)
    if hold is not None:
        return hold
    cases = [case.pk for case in dossier.procedure.cases.all()]
    return Hold.CASE_OPEN if cases and dossier.case_key not in cases else None


def hold_of_filer(*, dossier: Dossier, now: datetime) -> Hold | None:
    """Say why a draft may not go on with who files it; None when it may.

    Args:
        dossier: with its citizen's present profile.
        now: the moment.
    """
    check, citizen = dossier.identity_check, dossier.citizen
    if check is None or citizen is None:
        return Hold.UNASKED
    claim = citizen.claim()
    if check.claim_digest != claim_digest(claim):
        return Hold.PROFILE_CHANGED
    if not carries(check=check, claim=claim, user=citizen.user, max_age=DRAFT_CARRIES, now=now):
        return Hold.EXPIRED
    return None


def hold_of_owner(*, owner: DossierOwner, dossier: Dossier, now: datetime) -> Hold | None:
    """Say why a draft may not go on with this owner; None when it may.

    Args:
        owner: the person whose dossier it is.
        dossier: the draft, with its procedure and citizen.
        now: the moment.
    """
    procedure = dossier.procedure
    is_allowed = procedure.owner_may_lack_number if owner.without_number else True
    if not (procedure.may_be_filed_for_others and is_allowed):
        return Hold.OWNER_NOT_ALLOWED
    if owner.without_number:
        return None
    check, claim, citizen = owner.identity_check, owner.claim, dossier.citizen
    if check is None or claim is None or citizen is None:
        return Hold.OWNER_UNASKED
    if check.claim_digest != claim_digest(claim):
        return Hold.OWNER_CHANGED
    if not carries(check=check, claim=claim, user=citizen.user, max_age=DRAFT_CARRIES, now=now):
        return Hold.OWNER_EXPIRED
    return None


def locked_draft(pk: UUID) -> Dossier:
    """Return a draft whose row is ours until the transaction ends. Raises NotADraft."""
    draft = Dossier.objects.locked(pk)
    if draft.status != states.DRAFT:
        raise NotADraft
    return draft


def write_draft(pk: UUID, *, free_at: datetime | None = None, **fields: Any) -> None:
    """Write fields of a draft; with ``free_at`` only if no other press waits for the register at that moment.

    Raises NotADraft, StillAsking.
    """
    drafts = Dossier.objects.filter(pk=pk, status=states.DRAFT)
    is_free = Q() if free_at is None else Q(asking_until=None) | Q(asking_until__lte=free_at)
    if not drafts.filter(is_free).update(**fields):
        raise StillAsking if drafts.exists() else NotADraft


def refuse_held(draft: Dossier, now: datetime) -> None:
    """Refuse a draft that must go back to its first step. Raises Held."""
    if (hold := hold_of(dossier=draft, now=now)) is not None:
        raise Held(hold)


def citizen_of(draft: Dossier) -> Citizen:
    """Return whose account a draft belongs to. Raises NotADraft for a dossier of the desk."""
    if draft.citizen is None:
        raise NotADraft
    return draft.citizen


def touch(draft: Dossier, now: datetime) -> None:
    """Note that a draft was worked on."""
    draft.saved_at = now
    draft.save(update_fields=["saved_at"])
