"""What the national portal (Cổng dịch vụ công quốc gia) is told of dossiers: every change once, and in its order.

Three messages, whose names, fields and codes are public (``docs/national-portal.md`` says where each was read):

- ``DongBoHoSoMC``: the dossier as it stands; the first of each dossier, and again whenever what it says changes;
- ``DongBoTrangThaiHoSo``: the status, whenever it changes;
- ``CapNhatTienDoHoSoMC``: who did what with it, at every step and whenever it changes hands.

The envelope, the message id, the number of a message within its dossier, the header with the token and the shape of
the answer are ours: the real interface was not there to be read, and nothing here claims to be it.

Only what the fields ask for is told. What people wrote as a reason, the numbers of persons, the names of files and
the way to them are not; the code that the portal itself gives to a person is not known here and stays empty.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, DossierOwner, Fee, Paper, Result, Step, Supplement, owner_in
from motcua.dossiers.papers import sent_papers
from motcua.outbox.posting import TOKEN_REFUSED, Answer, get_json, post_json
from motcua.outbox.service import Failed, Load, Refused, Unreachable, last_number, put_series
from motcua.web.languages import in_vietnamese

TOPIC: Final = "portal"
DOSSIER: Final = "DongBoHoSoMC"
STATUS: Final = "DongBoTrangThaiHoSo"
PROGRESS: Final = "CapNhatTienDoHoSoMC"
# The one move that changes nothing of what DongBoHoSoMC says but the status, which has a message of its own.
_ONLY_STATUS: Final = frozenset({"process"})
_SETTLED: Final = frozenset({states.FINISHED, states.RETURNED})
# Longer than any row of holidays. What is given up then holds the dossier's later messages back no more.
_USEFUL: Final = timedelta(days=14)
_ORIGINALS, _COPIES = "Bản chính", "Bản sao"
_log = logging.getLogger("motcua.national")

Message = dict[str, Any]


def is_on() -> bool:
    """Say whether a national portal is configured."""
    return bool(settings.NATIONAL_PORTAL_URL)


@in_vietnamese()
def tell(
    dossier: Dossier,
    *,
    act: str,
    by: User,
    now: datetime,
    step: Step | None = None,
    is_changed: bool = False,
) -> None:
    """Write down what the portal is told of a change, in the change's transaction; nothing where none is configured.

    Call it with the dossier's row locked and once everything about the change is written.

    Args:
        dossier: as it stands after the change.
        act: what was done, in words of ours; never what somebody wrote.
        by: who has done it, or who has the dossier thereby.
        now: the moment.
        step: the step, where one was taken.
        is_changed: whether papers, fees, dates or the result changed although no step was taken.
    """
    if not is_on() or dossier.code is None or dossier.is_draft:
        return
    about = str(dossier.pk)
    after = last_number(topic=TOPIC, about=about)
    messages = []
    if not after or is_changed or (step is not None and step.move not in _ONLY_STATUS):
        said = _as_it_stands(dossier)
        messages.append({"service": DOSSIER, "isUpdating": "True" if after else "False", "data": said})
    if step is not None and step.origin != step.target:
        messages.append({"service": STATUS, "data": status_message(dossier, at=now)})
    said = progress_message(dossier, act=act, by=by, at=now)
    messages.append({"service": PROGRESS, "data": said})
    put_series(topic=TOPIC, about=about, after=after, contents=messages, now=now, useless_after=_USEFUL)


def locked(about: str) -> Dossier | None:
    """Return the dossier of a series of messages, its row ours until the transaction ends; None when it is gone."""
    try:
        return Dossier.objects.locked(UUID(about))
    except (ValueError, Dossier.DoesNotExist):
        return None


@in_vietnamese()
def tell_as_it_stands(dossier: Dossier, *, now: datetime) -> None:
    """Write behind everything else about a dossier how it stands, where something earlier is to arrive late.

    Args:
        dossier: its row locked.
        now: the moment.
    """
    about = str(dossier.pk)
    reached = dossier.steps.exclude(origin=F("target")).order_by("pk").last()
    messages = [
        {"service": DOSSIER, "isUpdating": "True", "data": _as_it_stands(dossier)},
        {"service": STATUS, "data": status_message(dossier, at=reached.at if reached is not None else now)},
    ]
    after = last_number(topic=TOPIC, about=about)
    put_series(topic=TOPIC, about=about, after=after, contents=messages, now=now, useless_after=_USEFUL)


@in_vietnamese()
def dossier_message(
    dossier: Dossier,
    *,
    owner: DossierOwner | None,
    papers: Iterable[Paper],
    fees: Iterable[Fee],
    supplements: Iterable[Supplement],
    steps: Sequence[Step],
    result: Result | None,
) -> Message:
    """Return DongBoHoSoMC: the dossier as it stands.

    Args:
        dossier: with procedure, revision and the office that holds it.
        owner: whose dossier it is, where somebody else filed it.
        papers: all that were given or made and may be seen.
        fees: all that were asked for.
        supplements: all requests for papers.
        steps: those that asked for papers and received them, in their order.
        result: what came out, once that is settled.
    """
    content = dossier.revision.content if dossier.revision is not None else {}
    result_papers = [paper for paper in papers if paper.kind == Paper.Kind.RESULT]
    given = [paper for paper in papers if paper.kind != Paper.Kind.RESULT]
    return {
        "MaHoSo": dossier.code,
        "MaTTHC": dossier.procedure.code,
        "TenTTHC": dossier.procedure_name,
        "MaLinhVuc": "",
        "TenLinhVuc": content.get("sector", dossier.procedure.sector),
        "ChuHoSo": owner.full_name if owner is not None else dossier.applicant_name,
        "LoaiDoiTuong": "1",
        "MaDoiTuong": "",
        "ThongTinKhac": "",
        "Email": dossier.email,
        "Fax": "",
        "SoDienThoai": dossier.phone,
        "TrichYeuHoSo": dossier.procedure_name,
        "NgayTiepNhan": _moment(dossier.received_at or dossier.submitted_at or dossier.created_at),
        "NgayHenTra": _moment(dossier.due_at),
        "TrangThaiHoSo": str(int(dossier.status)),
        "NgayTra": _moment(dossier.closed_at) if dossier.status == states.RETURNED else "",
        "ThongTinTra": _outcome(result),
        "HinhThuc": "1" if dossier.collecting == Dossier.Collecting.POSTAL else "0",
        "NgayKetThucXuLy": _moment(_ended_at(dossier)),
        "DonViXuLy": _place(dossier),
        "GhiChu": "",
        "DanhSachLePhi": [_fee(fee) for fee in fees if fee.cancelled_at is None],
        "TaiLieuNop": [_given(paper) for paper in given],
        "DanhSachTepDinhKemKhac": [_handed_in(one) for one in dossier.received_documents],
        "DanhSachHoSoBoSung": [_supplement(one, steps) for one in supplements],
        "DanhSachGiayToKetQua": [_result_paper(paper) for paper in result_papers] if result else [],
    }


def status_message(dossier: Dossier, *, at: datetime) -> Message:
    """Return DongBoTrangThaiHoSo: which status it has since a moment."""
    return {"MaHoSo": dossier.code, "TrangThai": str(int(dossier.status)), "NgayXuLy": _moment(at)}


@in_vietnamese()
def progress_message(dossier: Dossier, *, act: str, by: User, at: datetime) -> Message:
    """Return CapNhatTienDoHoSoMC: who did what with it, and until when it is due.

    Args:
        dossier: as it stands.
        act: what was done, in words of ours.
        by: who; of a citizen it is said that a citizen did it, and no more.
        at: when.
    """
    return {
        "MaHoSo": dossier.code,
        "NguoiXuLy": _("Công dân") if by.is_citizen else by.full_name,
        "ChucDanh": "" if by.is_citizen else str(by.get_role_display()),
        "ThoiDiemXuLy": _moment(at),
        "PhongBanXuLy": by.office.name if by.office is not None else "",
        "NoiDungXuLy": act,
        "TrangThai": str(int(dossier.status)),
        "NgayBatDau": _moment(at),
        "NgayKetThucTheoQuyDinh": _moment(dossier.due_at),
    }


def bring(load: Load) -> str | None:
    """Bring one message to the portal; a courier of ``outbox``.

    Returns:
        A word for the operator where the portal misses earlier messages of the dossier.

    Raises:
        Unreachable, Failed, Refused: as ``posting.post_json``; Failed also when the portal does not name the message
            among those that it took.
    """
    envelope = {
        "madonvi": settings.NATIONAL_PORTAL_UNIT,
        "MaThongDiep": str(load.message_id),
        "SoThuTu": load.number,
        **load.content,
        "data": [load.content["data"]],
    }
    said = _understood(post_json(settings.NATIONAL_PORTAL_URL, envelope, headers=_headers()))
    taken, missing = said.get("DaNhan"), said.get("Thieu")
    if not isinstance(taken, list) or str(load.message_id) not in taken:
        raise Failed("not_confirmed")
    if not missing or not isinstance(missing, list):
        return None
    first = missing[0] if isinstance(missing[0], int) else "?"
    _log.warning("national.gap id=%s number=%s count=%d", load.message_id, load.number, len(missing))
    return f"gap: {len(missing)} from {first}"


def probe() -> str:
    """Ask the portal whether it is there and knows us, and say what works, as a short phrase.

    Raises:
        RuntimeError: it does not answer, or does not let us in; the text says what is wrong.
    """
    if not is_on():
        return "off: NATIONAL_PORTAL_URL is empty"
    parts = urlsplit(settings.NATIONAL_PORTAL_URL)
    where = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    try:
        _understood(get_json(settings.NATIONAL_PORTAL_URL, headers=_headers()))
    except (Unreachable, Failed, Refused) as error:
        reason = str(error)
        if reason in TOKEN_REFUSED:
            reason = f"NATIONAL_PORTAL_TOKEN is not accepted ({reason})"
        raise RuntimeError(f"the national portal at {where}: {reason}") from None
    return f"takes messages at {where}"


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.NATIONAL_PORTAL_TOKEN}"}


def _understood(answer: Answer) -> dict[str, Any]:
    said = answer.json()
    if str(said.get("error_code", "")) not in {"0", "00"}:
        raise Failed("error_code")
    return said


def _as_it_stands(dossier: Dossier) -> Message:
    """Return DongBoHoSoMC with everything read anew that belongs to the dossier."""
    supplements = list(dossier.supplements.all())
    moves = ("ask_supplement", "guide_walk_in", "take_supplement")
    return dossier_message(
        dossier,
        owner=owner_in(dossier),
        papers=sent_papers(dossier),
        fees=dossier.fees.all(),
        supplements=supplements,
        steps=list(dossier.steps.filter(move__in=moves)) if supplements else [],
        result=Result.objects.filter(dossier=dossier).first() if dossier.status in _SETTLED else None,
    )


def _moment(at: datetime | None) -> str:
    """Write a moment as the wire has it, in local time; empty for none."""
    return "" if at is None else f"{timezone.localtime(at):%Y%m%d%H%M%S}"


def _outcome(result: Result | None) -> str:
    if result is None:
        return ""
    return _("Đồng ý giải quyết") if result.is_granted else _("Không đồng ý giải quyết")


def _ended_at(dossier: Dossier) -> datetime | None:
    """Return when the office was done with it, whether or not it was collected."""
    return dossier.finished_at if dossier.status in _SETTLED else dossier.closed_at


def _place(dossier: Dossier) -> str:
    return (dossier.holder_office or dossier.office).name


def _fee(fee: Fee) -> Message:
    return {
        "TenPhiLePhi": str(fee.get_kind_display()),
        "MaPhiLePhi": "",
        "HinhThucThu": "",
        "Gia": "0" if fee.exempted_at else str(fee.amount),
        "LoaiPhiLePhi": "",
    }


def _given(paper: Paper) -> Message:
    name = paper.document_name or (
        _("Giấy tờ chứng minh được nộp thay") if paper.kind == Paper.Kind.AUTHORITY else _("Giấy tờ khác")
    )
    return {
        "TepDinhKemId": str(paper.pk),
        "TenTepDinhKem": name,
        "IsDeleted": "False",
        "MaThanhPhanHoSo": "",
        "DuongDanTaiTepTin": "",
    }


def _handed_in(document: dict[str, Any]) -> Message:
    """Write one line of the desk's list of what was handed in on paper."""
    originals, copies = int(document.get("originals") or 0), int(document.get("copies") or 0)
    kinds = [word for word, count in ((_ORIGINALS, originals), (_COPIES, copies)) if count]
    return {
        "TenGiayTo": str(document.get("name", "")),
        "SoLuong": str(originals + copies),
        "LoaiGiayTo": ", ".join(kinds),
    }


def _supplement(asked: Supplement, steps: Sequence[Step]) -> Message:
    """Write one request for papers, with the due date before it and the one after it."""
    before = [step.due_at for step in steps if step.move != "take_supplement" and step.at == asked.asked_at]
    after = [step.due_at for step in steps if step.move == "take_supplement" and step.at == asked.closed_at]
    return {
        "HoSoBoSungId": str(asked.pk),
        "NoiDungBoSung": "; ".join(str(one["name"]) for one in asked.documents),
        "NgayBoSung": _moment(asked.answered_at or (asked.closed_at if after else None)),
        "TrangThaiBoSung": "1" if after else "0",
        "NgayHenTraTruoc": _moment(before[0]) if before else "",
        "NgayHenTraMoi": _moment(after[0]) if after else "",
    }


def _result_paper(paper: Paper) -> Message:
    return {
        "TenGiayTo": paper.document_name or _("Kết quả giải quyết"),
        "MaThanhPhanHoSo": "",
        "GiayToId": str(paper.pk),
        "DuongDanTepTinKetQua": "",
    }
