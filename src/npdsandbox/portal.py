"""A stand-in for the national portal: takes messages about dossiers, each once, and tells which ones it misses.

Names and codes of the three messages are public; the envelope, the answers and the token are CHOICES of this project
(docs/national-portal.md). What arrives is kept in the order of its arrival, by dossier.
"""

import datetime as dt
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from npdsandbox import state
from npdsandbox.access import bearer_of
from npdsandbox.answers import Answer, as_json
from npdsandbox.cast import credentials
from npdsandbox.control import for_this_machine
from npdsandbox.delivery import deliver
from npdsandbox.models import PortalMessage
from npdsandbox.reading import BODY_LIMIT
from npdsandbox.refusals import Refusal
from npdsandbox.troubles import Place
from npdsandbox.wrong_answers import broken

SHOWN_DOSSIERS: Final = 50
MOST_TOLD: Final = 20
"""Missing numbers that one answer names."""
STATUSES: Final = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}
Check = Callable[[Any], bool]


class Wrong(ValueError):
    """A message has not the shape it must have; says which field and never its value."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_moment(value: Any) -> bool:
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{14}", value)):
        return False
    try:
        dt.datetime.strptime(value, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the wire has local time
    except ValueError:
        return False
    return True


def _is_moment_or_empty(value: Any) -> bool:
    return value == "" or _is_moment(value)


def _is_status(value: Any) -> bool:
    return isinstance(value, str) and value in {str(code) for code in STATUSES}


def _one_of(*choices: str) -> Check:
    return lambda value: value in choices


def _is_amount(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _list_of(fields: dict[str, Check]) -> Check:
    return lambda value: isinstance(value, list) and all(_is_shaped(item, fields) for item in value)


def _is_shaped(value: Any, fields: dict[str, Check]) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(fields)
        and all(check(value[name]) for name, check in fields.items())
    )


SHAPES: Final[dict[str, dict[str, Check]]] = {
    "DongBoHoSoMC": {
        "MaHoSo": _is_filled,
        "MaTTHC": _is_filled,
        "TenTTHC": _is_filled,
        "MaLinhVuc": _is_text,
        "TenLinhVuc": _is_filled,
        "ChuHoSo": _is_text,
        "LoaiDoiTuong": _one_of("1", "2"),
        "MaDoiTuong": _is_text,
        "ThongTinKhac": _is_text,
        "Email": _is_text,
        "Fax": _is_text,
        "SoDienThoai": _is_text,
        "TrichYeuHoSo": _is_filled,
        "NgayTiepNhan": _is_moment,
        "NgayHenTra": _is_moment_or_empty,
        "TrangThaiHoSo": _is_status,
        "NgayTra": _is_moment_or_empty,
        "ThongTinTra": _is_text,
        "HinhThuc": _one_of("0", "1"),
        "NgayKetThucXuLy": _is_moment_or_empty,
        "DonViXuLy": _is_filled,
        "GhiChu": _is_text,
        "DanhSachLePhi": _list_of(
            {
                "TenPhiLePhi": _is_filled,
                "MaPhiLePhi": _is_text,
                "HinhThucThu": _is_text,
                "Gia": _is_amount,
                "LoaiPhiLePhi": _is_text,
            }
        ),
        "TaiLieuNop": _list_of(
            {
                "TepDinhKemId": _is_filled,
                "TenTepDinhKem": _is_filled,
                "IsDeleted": _one_of("True", "False"),
                "MaThanhPhanHoSo": _is_text,
                "DuongDanTaiTepTin": _is_text,
            }
        ),
        "DanhSachTepDinhKemKhac": _list_of(
            {"TenGiayTo": _is_text, "SoLuong": _is_amount, "LoaiGiayTo": _is_text}
        ),
        "DanhSachHoSoBoSung": _list_of(
            {
                "HoSoBoSungId": _is_filled,
                "NoiDungBoSung": _is_filled,
                "NgayBoSung": _is_moment_or_empty,
                "TrangThaiBoSung": _one_of("0", "1"),
                "NgayHenTraTruoc": _is_moment_or_empty,
                "NgayHenTraMoi": _is_moment_or_empty,
            }
        ),
        "DanhSachGiayToKetQua": _list_of(
            {
                "TenGiayTo": _is_filled,
                "MaThanhPhanHoSo": _is_text,
                "GiayToId": _is_filled,
                "DuongDanTepTinKetQua": _is_text,
            }
        ),
    },
    "DongBoTrangThaiHoSo": {"MaHoSo": _is_filled, "TrangThai": _is_status, "NgayXuLy": _is_moment},
    "CapNhatTienDoHoSoMC": {
        "MaHoSo": _is_filled,
        "NguoiXuLy": _is_filled,
        "ChucDanh": _is_text,
        "ThoiDiemXuLy": _is_moment,
        "PhongBanXuLy": _is_text,
        "NoiDungXuLy": _is_filled,
        "TrangThai": _is_status,
        "NgayBatDau": _is_moment_or_empty,
        "NgayKetThucTheoQuyDinh": _is_moment_or_empty,
    },
}


@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponseBase:
    """Take a message (POST), or say that messages are taken (GET); both need the token."""
    trouble = state.TROUBLES.take(clients=("portal",), at=Place.PORTAL)
    try:
        answer = broken(trouble) or _answer(request)
    except Refusal as refusal:
        wait = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        answer = as_json({"error_code": refusal.code}, status=refusal.status)
        answer.headers.update(wait)
    # What breaks the connection breaks it now, when the message has been taken.
    return deliver(
        Answer(answer.status, answer.body, answer.content_type, answer.headers, trouble),
        request.META.get("gunicorn.socket"),
    )


def _answer(request: HttpRequest) -> Answer:
    token = credentials()["portal"]["token"]
    if not hmac.compare_digest(bearer_of(request.headers).encode(errors="replace"), token.encode()):
        return _refused(401, "the token is missing or unknown")
    if request.method == "GET":
        return as_json({"error_code": "0"})
    body = request.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return _refused(413, "the message is too large")
    try:
        message = _read(body)
    except Wrong as wrong:
        return _refused(422, str(wrong))
    is_repeated = _enter(message)
    if is_repeated is None:
        return _refused(409, "another message of this dossier has this number")
    missing = missing_numbers(_numbers(message.dossier_code))
    return as_json(
        {
            "error_code": "0",
            "DaNhan": [str(message.message_id)],
            "LapLai": is_repeated,
            "Thieu": missing[:MOST_TOLD],
        }
    )


def _refused(status: int, message: str) -> Answer:
    return as_json({"error_code": "1", "message": message}, status=status)


def _read(body: bytes) -> PortalMessage:
    """Read an envelope with one message. Raises Wrong."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Wrong("the body is not JSON") from None
    if not isinstance(said, dict):
        raise Wrong("the body is not an object")
    service = said.get("service")
    if not isinstance(service, str) or service not in SHAPES:
        raise Wrong("service")
    if not _is_filled(said.get("madonvi")):
        raise Wrong("madonvi")
    if service == "DongBoHoSoMC" and said.get("isUpdating") not in ("True", "False"):
        raise Wrong("isUpdating")
    number = said.get("SoThuTu")
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 1_000_000:
        raise Wrong("SoThuTu")
    try:
        message_id = uuid.UUID(said.get("MaThongDiep"))
    except (ValueError, TypeError, AttributeError):
        raise Wrong("MaThongDiep") from None
    rows = said.get("data")
    if not (isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict)):
        raise Wrong("data")
    _insist(rows[0], SHAPES[service])
    return PortalMessage(
        message_id=message_id,
        unit=said["madonvi"][:35],
        dossier_code=rows[0]["MaHoSo"][:60],
        number=number,
        service=service,
        content=json.dumps(rows[0], ensure_ascii=False),
        arrived_at=timezone.now(),
    )


def _insist(row: dict[str, Any], fields: dict[str, Check]) -> None:
    if unknown := sorted(set(row) - set(fields)):
        raise Wrong(f"unknown field: {unknown[0][:60]}")
    for name, check in fields.items():
        if name not in row:
            raise Wrong(f"missing: {name}")
        if not check(row[name]):
            raise Wrong(name)


def _enter(message: PortalMessage) -> bool | None:
    """Enter a message; return whether it had been entered before, None when its number is another message's."""
    with transaction.atomic():
        known = PortalMessage.objects.select_for_update().filter(message_id=message.message_id).first()
        if known is not None:
            known.repeats += 1
            known.save(update_fields=["repeats"])
            return True
        later = PortalMessage.objects.filter(dossier_code=message.dossier_code, number__gt=message.number)
        message.is_late = later.exists()
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        # Two at the same moment: the same message, or another with its number.
        return True if PortalMessage.objects.filter(message_id=message.message_id).exists() else None
    return False


def _numbers(dossier_code: str) -> list[int]:
    numbers = PortalMessage.objects.filter(dossier_code=dossier_code).order_by("number")
    return list(numbers.values_list("number", flat=True))


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """Return which numbers from 1 to the highest have not come."""
    there = set(numbers)
    return [number for number in range(1, max(there, default=0) + 1) if number not in there]


@require_GET
@for_this_machine
def page(request: HttpRequest) -> HttpResponse:
    """Show the dossiers that were told of last, each with its messages, doubles and gaps."""
    latest = PortalMessage.objects.order_by("-id").values_list("dossier_code", flat=True)[:2000]
    codes = list(dict.fromkeys(latest))[:SHOWN_DOSSIERS]
    rows = PortalMessage.objects.filter(dossier_code__in=codes).order_by("dossier_code", "id")
    found = {code: _shown(list(group)) for code, group in groupby(rows, key=lambda row: row.dossier_code)}
    context = {
        "dossiers": [(code, found[code]) for code in codes],
        "total": PortalMessage.objects.count(),
        "troubles": [rule for rule in state.TROUBLES.all() if rule.at is Place.PORTAL],
    }
    return render(request, "npdsandbox/portal.html", context)


def _shown(messages: list[PortalMessage]) -> dict[str, Any]:
    # What arrived last counts, whatever its number: so it is at a portal that knows no numbers.
    said = json.loads(messages[-1].content)
    code = int(said.get("TrangThai") or said.get("TrangThaiHoSo"))
    return {
        "status": f"{code} · {STATUSES[code]}",
        "missing": missing_numbers(message.number for message in messages),
        "doubles": sum(message.repeats for message in messages),
        "messages": [_line(message) for message in messages],
    }


def _line(message: PortalMessage) -> dict[str, Any]:
    said = json.loads(message.content)
    code = int(said.get("TrangThai") or said.get("TrangThaiHoSo"))
    what = said.get("NoiDungXuLy") or said.get("TenTTHC") or ""
    return {"row": message, "status": f"{code} · {STATUSES[code]}", "what": what}


@require_POST
@for_this_machine
def forget(request: HttpRequest) -> HttpResponse:
    """Forget every message."""
    PortalMessage.objects.all().delete()
    return HttpResponseRedirect("/_admin/cong-quoc-gia/")


@require_http_methods(["GET", "DELETE"])
@for_this_machine
def api(request: HttpRequest) -> HttpResponse:
    """Show every message in the order of arrival (GET), or forget them (DELETE)."""
    if request.method == "DELETE":
        return JsonResponse({"forgotten": PortalMessage.objects.all().delete()[0]})
    messages = [
        {
            "id": str(message.message_id),
            "dossier": message.dossier_code,
            "number": message.number,
            "service": message.service,
            "repeats": message.repeats,
            "is_late": message.is_late,
            "data": json.loads(message.content),
        }
        for message in PortalMessage.objects.order_by("id").iterator()
    ]
    return JsonResponse({"messages": messages})
