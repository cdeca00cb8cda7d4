"""How the installation stands, in words for administrators: of each part what it is, how it stands, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.config.standing import MOST_PAPERS, Standing, judge
from motcua.verification.service import LineFacts
from motcua.web.templatetags.motcua import moment, whole


@dataclass(frozen=True, slots=True)
class Told:
    """One part as an administrator reads of it."""

    part: str
    name: str | Promise
    works: bool
    stands: str
    to_do: str


def tell(standing: Standing) -> list[Told]:
    """Return a line for each part that ``standing.judge`` knows, in its order."""
    return [
        Told(
            part=judged.part,
            name=_NAMES[judged.part],
            works=judged.works,
            stands=_STANDS[judged.part](standing),
            to_do=str(_("Không phải làm gì.") if judged.works else _TO_DO[judged.part]),
        )
        for judged in judge(standing).values()
    ]


_NAMES: Final[dict[str, Promise]] = {
    "line to the register": gettext_lazy("Đường truyền đến CSDLQG về dân cư"),
    "certificates": gettext_lazy("Chứng thư của các đường truyền"),
    "background work": gettext_lazy("Việc chạy nền: kiểm tra lại danh tính, gửi tin, quét giấy tờ"),
    "outbox": gettext_lazy("Tin gửi đến hệ thống khác"),
    "audit log": gettext_lazy("Niêm phong nhật ký"),
    "clock": gettext_lazy("Đồng hồ của máy chủ"),
    "disk": gettext_lazy("Chỗ trống trên đĩa"),
    "back-ups": gettext_lazy("Sao lưu"),
}
_TO_DO: Final[dict[str, Promise]] = {
    "line to the register": gettext_lazy(
        "Người dân và cán bộ đã được báo; hồ sơ vẫn tiếp nhận được. Vui lòng chạy “motcua npd lines” và làm theo mục "
        "Outage and recovery của tài liệu vận hành."
    ),
    "certificates": gettext_lazy(
        "Vui lòng lắp chứng thư mới rồi khởi động lại, theo mục Certificates của tài liệu vận hành."
    ),
    "background work": gettext_lazy(
        "Vui lòng xem “motcua serve” có đang chạy không; nếu MOTCUA_WORK=apart thì xem cả “motcua work”."
    ),
    "outbox": gettext_lazy(
        "Hệ thống tự gửi lại. Nếu kéo dài, vui lòng chạy “motcua outbox” và làm theo mục Other systems của tài liệu "
        "vận hành."
    ),
    "audit log": gettext_lazy(
        "Vui lòng chạy “motcua audit verify” và làm theo mục The audit log của tài liệu vận hành."
    ),
    "clock": gettext_lazy(
        "Vui lòng chỉnh giờ máy chủ theo NTP. Trong lúc đó không có gì bị xóa hay đối soát. Nếu giờ đúng (máy đã nghỉ "
        "lâu ngày), hệ thống tự làm tiếp sau ba ngày."
    ),
    "disk": gettext_lazy("Vui lòng dọn bớt hoặc mở rộng đĩa của MOTCUA_STATE trước khi đầy."),
    "back-ups": gettext_lazy(
        "Vui lòng chạy “motcua backup” hằng ngày và “motcua rehearse_restore” mỗi quý, theo mục Back-ups của tài liệu "
        "vận hành."
    ),
}


def _line(standing: Standing) -> str:
    return "; ".join(_one_line(one) for one in standing.lines)


def _one_line(line: LineFacts) -> str:
    name = line.route.label
    if not line.status.is_open:
        said = _("%(name)s đang gián đoạn từ %(at)s") % {"name": name, "at": moment(line.status.since)}
    elif line.status.heard_at is None:
        said = _("%(name)s chưa có câu trả lời nào") % {"name": name}
    else:
        said = _("%(name)s trả lời lần cuối lúc %(at)s") % {"name": name, "at": moment(line.status.heard_at)}
    return _("%(said)s (đang dùng)") % {"said": said} if line.is_taken else said


def _certificates(standing: Standing) -> str:
    if standing.unreadable:
        return _("không đọc được: %(why)s") % {"why": standing.unreadable}
    if not standing.certificates:
        return _("không dùng tệp chứng thư nào")
    return "; ".join(
        (
            _("%(variable)s đã hết hạn ngày %(on)s")
            if one.is_over
            else _("%(variable)s còn %(days)s ngày, đến %(on)s")
        )
        % {"variable": one.expiry.variable, "days": one.days, "on": f"{one.on:%d/%m/%Y}"}
        for one in standing.certificates
    )


def _work(standing: Standing) -> str:
    waiting = standing.rechecks
    said = [
        _("%(count)s hồ sơ chờ kiểm tra lại, lâu nhất từ %(at)s")
        % {"count": waiting.count, "at": moment(waiting.oldest)}
        if waiting.count
        else _("không có hồ sơ nào chờ kiểm tra lại")
    ]
    if standing.papers is None:
        said.append(_("chưa bật quét mã độc (CLAMD_ADDRESS)"))
    elif standing.papers.count >= MOST_PAPERS:
        said.append(_("từ %(count)s giấy tờ trở lên chờ quét mã độc") % {"count": MOST_PAPERS})
    else:
        said.append(_("%(count)s giấy tờ chờ quét mã độc") % {"count": standing.papers.count})
    return "; ".join(said)


def _outbox(standing: Standing) -> str:
    said = []
    for one in standing.outbox:
        told = [_("%(count)s tin đang chờ") % {"count": one.waiting}]
        if one.oldest:
            told.append(_("lâu nhất từ %(at)s") % {"at": moment(one.oldest)})
        if one.stuck:
            told.append(_("%(count)s tin gửi nhiều lần chưa được") % {"count": one.stuck})
        if one.given_up:
            told.append(_("%(count)s tin đã thôi gửi") % {"count": one.given_up})
        if one.paused_since:
            told.append(_("gián đoạn từ %(at)s") % {"at": moment(one.paused_since)})
        said.append(f"{one.topic}: {', '.join(told)}")
    return "; ".join(said) or _("không có tin nào đang chờ")


def _audit(standing: Standing) -> str:
    audit = standing.audit
    sealed = (
        _("niêm phong lần cuối lúc %(at)s") % {"at": moment(audit.sealed_at)}
        if audit.sealed_at
        else _("chưa niêm phong lần nào")
    )
    if audit.open_for <= timedelta(seconds=settings.AUDIT_SEAL_SECONDS):
        return sealed
    minutes = int(audit.open_for.total_seconds() // 60)
    return _("%(sealed)s; sự kiện sau đó đã chờ %(minutes)s phút") % {"sealed": sealed, "minutes": minutes}


def _clock(standing: Standing) -> str:
    if standing.audit.leapt_from is None:
        return _("bây giờ là %(at)s") % {"at": moment(standing.at)}
    return _("bây giờ là %(at)s, nhưng trước ba ngày gần đây nhật ký niêm phong lần cuối lúc %(last)s") % {
        "at": moment(standing.at),
        "last": moment(standing.audit.leapt_from),
    }


def _disk(standing: Standing) -> str:
    percent = 100 * standing.free // standing.size if standing.size else 0
    return _("còn %(free)s MB (%(percent)s%%)") % {
        "free": whole(standing.free // 1024**2),
        "percent": percent,
    }


def _backup(standing: Standing) -> str:
    made, rehearsed = standing.backup.made_at, standing.backup.rehearsed_at
    if made is None:
        return _("chưa sao lưu lần nào trên máy này")
    last = _("sao lưu lần cuối lúc %(at)s") % {"at": moment(made)}
    tried = (
        _("thử phục hồi lần cuối lúc %(at)s") % {"at": moment(rehearsed)}
        if rehearsed
        else _("chưa thử phục hồi lần nào")
    )
    return f"{last}; {tried}"


_STANDS: Final[dict[str, Callable[[Standing], str]]] = {
    "line to the register": _line,
    "certificates": _certificates,
    "background work": _work,
    "outbox": _outbox,
    "audit log": _audit,
    "clock": _clock,
    "disk": _disk,
    "back-ups": _backup,
}
