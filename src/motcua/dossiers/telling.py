"""What officers and citizens are told when the register, asked later, has answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.accounts.rights import Right, may
from motcua.accounts.service import notify, owner_of
from motcua.dossiers.models import Dossier
from motcua.verification.models import IdentityCheck

_Outcome = IdentityCheck.Outcome
_TO_OFFICERS: Final[dict[str, Promise]] = {
    _Outcome.VERIFIED: _("Hồ sơ %(code)s: danh tính người nộp đã được xác thực."),
    _Outcome.REJECTED: _(
        "Hồ sơ %(code)s: xác thực thất bại. Vui lòng mời người nộp mang giấy tờ gốc đến để xem lại, rồi ghi nhận trên "
        "trang hồ sơ."
    ),
    _Outcome.NOT_ALLOWED: _(
        "Hồ sơ %(code)s: chưa được phép tra cứu nên danh tính chưa kiểm tra được. Vui lòng liên hệ quản trị hệ thống, "
        "hoặc ghi nhận đã xem lại giấy tờ gốc trên trang hồ sơ."
    ),
    _Outcome.UNANSWERED: _(
        "Hồ sơ %(code)s: nhiều lần không nhận được câu trả lời dùng được từ CSDLQG về dân cư. Vui lòng kiểm tra lại, "
        "hoặc ghi nhận đã xem lại giấy tờ gốc trên trang hồ sơ."
    ),
}
_CALL: Final = _("Người nộp không có tài khoản: vui lòng báo theo số điện thoại ghi trên trang hồ sơ.")
_TO_CITIZENS: Final[dict[str, Promise]] = {
    _Outcome.VERIFIED: _(
        "Hồ sơ %(code)s nộp tại %(office)s: danh tính của ông/bà đã được xác thực. Ông/bà không cần làm gì thêm."
    ),
    _Outcome.REJECTED: _(
        "Hồ sơ %(code)s nộp tại %(office)s: thông tin chưa khớp với CSDLQG về dân cư. Vui lòng mang thẻ và giấy tờ gốc "
        "đến %(office)s để xem lại; hồ sơ vẫn được giữ. Nếu ông/bà không nộp hồ sơ này, vui lòng báo %(office)s."
    ),
}


def tell_citizen(dossier: Dossier, text: str, *, now: datetime) -> None:
    """Leave a message for the account to which a dossier belongs, where it belongs to one; runs in a transaction.

    Args:
        dossier: with its citizen.
        text: what happened and what to do next, without anything that somebody wrote.
        now: the moment.
    """
    if dossier.citizen is not None:
        link = reverse("dossier", args=[dossier.pk])
        notify(user=dossier.citizen.user, text=text, link=link, now=now)


def tell_officials(dossier: Dossier, people: Iterable[User], text: str, *, now: datetime) -> None:
    """Leave the same message about a dossier for some officials, with the way to its page; runs in a transaction."""
    link = reverse("desk_dossier", args=[dossier.pk])
    for one in people:
        notify(user=one, text=text, link=link, now=now)


def tell_of_recheck(*, dossier: Dossier, asked_by: User, outcome: str, now: datetime) -> None:
    """Tell the officers concerned, and the owner of the number where there is an account; runs in a transaction.

    Args:
        dossier: as it stands after the answer.
        asked_by: the officer in whose name the register was asked.
        outcome: what came back; *unanswered* when it is not asked again by itself.
        now: the moment.
    """
    words = {"code": dossier.code, "office": dossier.office.name}
    owner = owner_of(number_digest=dossier.applicant_number_digest) if outcome in _TO_CITIZENS else None
    text = str(_TO_OFFICERS[outcome] % words)
    if outcome in _TO_CITIZENS and owner is None:
        text += f" {_CALL}"
    tell_officials(dossier, _officers(dossier, asked_by), text, now=now)
    if owner is not None:
        link = f"{reverse('track')}?{urlencode({'ma': dossier.code})}"
        notify(user=owner.user, text=str(_TO_CITIZENS[outcome] % words), link=link, now=now)


def _officers(dossier: Dossier, asked_by: User) -> list[User]:
    """Return who received it and who asked, as far as they still work there; if nobody does, the whole office."""
    there = User.objects.filter(is_active=True, office=dossier.office_id)
    desk = [one for one in there.exclude(role=User.Role.CITIZEN) if may(one, Right.RECEIVE)]
    return [one for one in desk if one.pk in {asked_by.pk, dossier.received_by_id}] or desk
