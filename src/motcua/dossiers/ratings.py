"""How a citizen rates the service: nine indicators, two points, one or none each (TT 01/2018/TT-VPCP, Điều 13, 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers import states
from motcua.dossiers.access import is_own
from motcua.dossiers.models import Dossier, Rating

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

POINTS: Final = (2, 1, 0)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the nine: what is asked, and the three answers, from two points down to none."""

    number: int
    question: _StrPromise
    answers: tuple[Promise, Promise, Promise]
    is_online_only: bool = False


_SATISFIED: Final = (_("Tốt"), _("Bình thường"), _("Chưa tốt"))
INDICATORS: Final = (
    Indicator(
        1,
        _("Tổng thời gian giải quyết so với giấy tiếp nhận hồ sơ và hẹn trả kết quả"),
        (_("Sớm hơn hẹn"), _("Đúng hẹn"), _("Trễ hẹn")),
    ),
    Indicator(
        2,
        _("Thời gian xử lý ở từng cơ quan, bộ phận"),
        (_("Nhanh"), _("Đúng thời gian đã báo"), _("Chậm")),
    ),
    Indicator(
        3,
        _("Số lần phải liên hệ nơi tiếp nhận để hoàn thiện hồ sơ"),
        (_("Một lần hoặc không lần nào"), _("Hai lần"), _("Ba lần trở lên")),
    ),
    Indicator(
        4,
        _("Số cơ quan phải liên hệ để hoàn thiện hồ sơ"),
        (_("Một cơ quan"), _("Hai cơ quan"), _("Ba cơ quan trở lên")),
    ),
    Indicator(5, _("Việc tổ chức tiếp nhận và trả kết quả ở nơi tiếp nhận"), _SATISFIED),
    Indicator(
        6,
        _("Thông tin công khai về thủ tục: giấy tờ, thời hạn, lệ phí"),
        (_("Đầy đủ, dễ hiểu"), _("Có nhưng chưa đủ"), _("Thiếu hoặc sai")),
    ),
    Indicator(7, _("Thái độ của cán bộ"), (_("Lịch sự, tận tình"), _("Bình thường"), _("Chưa đúng mực"))),
    Indicator(
        8,
        _("Việc tiếp thu, giải quyết phản ánh, kiến nghị"),
        (_("Kịp thời, thỏa đáng"), _("Có giải quyết nhưng chậm"), _("Không giải quyết")),
    ),
    Indicator(9, _("Dịch vụ công trực tuyến"), (_("Dễ dùng"), _("Dùng được"), _("Khó dùng")), True),
)


class NotRatable(ValueError):
    """The dossier is still under way, was withdrawn before its reception, or has been rated already."""


def indicators_for(dossier: Dossier) -> list[Indicator]:
    """List the indicators that somebody can speak to who filed in this way."""
    is_online = dossier.channel == Dossier.Channel.ONLINE
    return [one for one in INDICATORS if is_online or not one.is_online_only]


def is_worth_rating(*, status: int, is_received: bool) -> bool:
    """Say whether a dossier has come to an end at an office: what was taken back before, nobody dealt with."""
    return status in states.CLOSED and (is_received or status != states.WITHDRAWN)


def may_be_rated(dossier: Dossier) -> bool:
    """Say whether a dossier has come to its end at an office and nobody has rated it; one query."""
    is_worth_it = is_worth_rating(status=dossier.status, is_received=dossier.is_received)
    return is_worth_it and not Rating.objects.filter(dossier=dossier).exists()


def rate(*, dossier: Dossier, scores: Mapping[int, int], comment: str, by: User, now: datetime) -> Rating:
    """Keep a citizen's rating of the service; once a dossier.

    Args:
        dossier: the citizen's own, closed.
        scores: indicator to points; what is left out was not answered.
        comment: in the citizen's own words, may be empty.
        by: the citizen.
        now: the moment.

    Raises:
        NotRatable: not closed yet, rated already, or another's.
        ValueError: no answer, or one that does not exist.
    """
    known = {one.number for one in indicators_for(dossier)}
    if not scores or not set(scores) <= known or not set(scores.values()) <= set(POINTS):
        raise ValueError("no such answer")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if not is_own(by, fresh) or not may_be_rated(fresh):
            raise NotRatable
        kept = Rating.objects.create(
            dossier=fresh,
            scores={str(number): points for number, points in sorted(scores.items())},
            comment=comment,
            rated_at=now,
        )
        record(
            name="dossier.rated",
            now=now,
            actor=by,
            office_code=fresh.office.code,
            subject=str(fresh.code),
            details={},
        )
    return kept
