"""Telling about a dossier: its citizen in the inbox, by e-mail and SMS; officials above their queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Citizen, User
from motcua.accounts.notices import notify
from motcua.accounts.rights import Right, having
from motcua.accounts.service import owner_of, owner_of_checked
from motcua.dossiers.models import Dossier
from motcua.messaging import service as messaging
from motcua.verification.models import IdentityCheck
from motcua.web.languages import in_vietnamese
from motcua.web.templatetags.motcua import moment

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
_KINDS_OF_OUTCOMES: Final[dict[str, str]] = {
    _Outcome.VERIFIED: "identity_verified",
    _Outcome.REJECTED: "identity_to_look_at",
}
_NO_DUE_DATE: Final = _("theo thời hạn của thủ tục")
_NO_PHONE: Final = _("xem trên cổng")
# Behind the code: what is told to somebody else of the same dossier.
_BESIDE: Final = " (2)"
_CALL: Final = _("Người nộp không có tài khoản: vui lòng báo theo số điện thoại ghi trên trang hồ sơ.")
_TO_CITIZENS: Final[dict[str, Promise]] = {
    _Outcome.VERIFIED: _(
        "Hồ sơ %(code)s nộp tại %(office)s: danh tính của ông/bà đã được xác thực. Ông/bà không cần làm gì thêm."
    ),
    _Outcome.REJECTED: _(
        "Hồ sơ %(code)s nộp tại %(office)s: thông tin chưa khớp với Cơ sở dữ liệu quốc gia về dân cư. Vui lòng mang "
        "thẻ căn cước và giấy tờ gốc đến %(office)s để xem lại; hồ sơ vẫn được giữ. Nếu ông/bà không nộp hồ sơ này, "
        "vui lòng báo %(office)s."
    ),
}


def tell_citizen(dossier: Dossier, text: str, *, now: datetime, kind: str = "") -> None:
    """Leave a message for the account to which a dossier belongs, where it belongs to one; runs in a transaction.

    Outside the portal the contact that was given with the dossier is told, with an account or without.

    Args:
        dossier: with its citizen and office.
        text: what happened and what to do next, without anything that somebody wrote.
        now: the moment.
        kind: what goes out by e-mail and SMS, of ``messaging.kinds.KINDS``; empty: nothing.
    """
    if dossier.citizen is not None:
        link = reverse("dossier", args=[dossier.pk])
        notify(user=dossier.citizen.user, text=text, link=link, now=now)
    if kind:
        write_outside(dossier, kind, email=dossier.email, phone=dossier.phone, now=now)


@in_vietnamese()
def write_outside(
    dossier: Dossier, kind: str, *, email: str, phone: str = "", now: datetime, is_beside: bool = False
) -> None:
    """Tell somebody about a dossier by e-mail and SMS, with nothing about a person but its code.

    Args:
        dossier: with its office; a draft is told to nobody.
        kind: of ``messaging.kinds.KINDS``.
        email: to whom; empty for none.
        phone: to whom; empty for none.
        now: the moment.
        is_beside: whether it is somebody beside the contact of the dossier, who waits for none of the contact's
            messages: an address that takes nothing would keep theirs back until it is useless.
    """
    if dossier.is_draft or not dossier.code:
        return
    words = {
        "ma_ho_so": dossier.code,
        "co_quan": dossier.office.name,
        "han_tra": moment(dossier.due_at) or _NO_DUE_DATE,
        "duong_dan": messaging.link(f"{reverse('track')}?{urlencode({'ma': dossier.code})}"),
        "dien_thoai": dossier.office.phone or _NO_PHONE,
    }
    messaging.send(
        kind=kind,
        email=email,
        phone=phone,
        words={name: str(said) for name, said in words.items()},
        about=f"{dossier.code}{_BESIDE}" if is_beside else dossier.code,
        now=now,
    )


def tell_officials(dossier: Dossier, people: Iterable[User], text: str, *, now: datetime) -> None:
    """Leave the same message about a dossier for some officials, with the way to its page; runs in a transaction."""
    link = reverse("desk_dossier", args=[dossier.pk])
    for one in people:
        notify(user=one, text=text, link=link, now=now)


@in_vietnamese()
def tell_of_recheck(*, dossier: Dossier, asked_by: User, outcome: str, now: datetime) -> None:
    """Tell the officers concerned, and the owner of the number where there is an account; runs in a transaction.

    Args:
        dossier: as it stands after the answer.
        asked_by: the officer in whose name the register was asked.
        outcome: what came back; *unanswered* when it is not asked again by itself.
        now: the moment.
    """
    words = {"code": dossier.code, "office": dossier.office.name}
    owner = _owner(dossier) if outcome in _TO_CITIZENS else None
    text = str(_TO_OFFICERS[outcome] % words)
    if outcome in _TO_CITIZENS and owner is None:
        text += f" {_CALL}"
    tell_officials(dossier, _officers(dossier, asked_by), text, now=now)
    if owner is not None:
        track = f"{reverse('track')}?{urlencode({'ma': dossier.code})}"
        link = reverse("dossier", args=[dossier.pk]) if dossier.citizen_id == owner.pk else track
        notify(user=owner.user, text=str(_TO_CITIZENS[outcome] % words), link=link, now=now)
    if outcome in _KINDS_OF_OUTCOMES:
        kind = _KINDS_OF_OUTCOMES[outcome]
        write_outside(dossier, kind, email=dossier.email, phone=dossier.phone, now=now)
        # Whoever filed in another's name gave a contact of their own: the number's owner is told at theirs.
        if owner is not None and owner.user.email.casefold() != dossier.email.casefold():
            write_outside(dossier, kind, email=owner.user.email, now=now, is_beside=True)


def _owner(dossier: Dossier) -> Citizen | None:
    """Return who has an account with the applicant's number, and of an old number's holders the one meant."""
    check = dossier.identity_check
    if check is not None and check.number_digest == dossier.applicant_number_digest:
        return owner_of_checked(check=check)
    return owner_of(number_digest=dossier.applicant_number_digest)


def _officers(dossier: Dossier, asked_by: User) -> list[User]:
    """Return who received it and who asked, as far as they still work there; if nobody does, the whole office."""
    there = User.objects.filter(is_active=True, office=dossier.office_id)
    concerned = there.filter(pk__in={asked_by.pk, dossier.received_by_id})
    return having(Right.RECEIVE, concerned) or having(Right.RECEIVE, there)
