"""The one door: ``record``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.audit.models import AuditEvent

# Every event that may be recorded, with the sentence that a reader sees.
EVENTS: Final[dict[str, Promise]] = {
    "account.registered": _("Công dân đăng ký tài khoản"),
    "account.registration_repeated": _("Có người đăng ký bằng thông tin của tài khoản đã có"),
    "account.profile_changed": _("Công dân cập nhật thông tin cá nhân"),
    "account.logged_in": _("Đăng nhập"),
    "account.log_in_failed": _("Đăng nhập không thành công"),
    "account.second_factor_asked": _("Mật khẩu đúng, hệ thống hỏi mã xác thực"),
    "account.second_factor_failed": _("Mật khẩu đúng nhưng mã xác thực sai"),
    "account.second_factor_on": _("Bật hoặc làm mới xác thực hai bước"),
    "account.second_factor_off": _("Tắt xác thực hai bước"),
    "account.session_ended": _("Phiên làm việc kết thúc vì tài khoản đăng nhập ở nơi khác"),
    "account.password_changed": _("Cán bộ đổi mật khẩu"),
    "account.put_to_sleep": _("Tài khoản ngủ vì lâu không đăng nhập"),
    "account.woken": _("Đánh thức tài khoản"),
    "check.answered": _("Có kết quả kiểm tra danh tính số"),
    "check.limited": _("Kiểm tra danh tính số bị tạm dừng vì quá số lần"),
    "check.not_licensed": _("Cán bộ hoặc thủ tục chưa được cấp quyền kiểm tra danh tính số"),
    "check.form_missing": _("Kiểm tra danh tính số khi không có biểu mẫu tiếp nhận đang mở"),
    "check.lookup": _("Cán bộ tra cứu ngoài hồ sơ"),
    "limit.released": _("Phụ trách mở tạm dừng kiểm tra cho cán bộ"),
    "limit.alarm": _("Nhiều lần xác thực thất bại bất thường trên toàn cổng"),
    "review.closed": _("Phụ trách kết luận về một lượt tra cứu"),
    "balance.made": _("Đối soát lượt tra cứu với hồ sơ"),
    "export.made": _("Trích xuất lượt tra cứu"),
    "npd.line_chosen": _("Chọn đường kết nối tới CSDLQG về dân cư"),
    "dossier.submitted": _("Công dân nộp hồ sơ trực tuyến"),
    "dossier.received": _("Cán bộ tiếp nhận hồ sơ"),
    "dossier.received_by_hand": _("Cán bộ tiếp nhận hồ sơ chưa xác thực danh tính"),
    "dossier.taken_up": _("Cán bộ nhận hồ sơ nộp trực tuyến"),
    "dossier.rechecked": _("Danh tính người nộp hồ sơ đã tiếp nhận được kiểm tra lại"),
    "dossier.originals_confirmed": _("Cán bộ xác nhận đã xem lại giấy tờ gốc"),
    "demo.loaded": _("Nạp dữ liệu minh hoạ"),
}


def record(
    *,
    name: str,
    now: datetime,
    actor: AbstractBaseUser | None = None,
    office_code: str = "",
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event, inside the transaction of what it tells about.

    Args:
        name: one of ``EVENTS``.
        now: the moment.
        actor: the user who did it, if one was logged in.
        office_code: the office in whose name it was done.
        subject: what it was done to: a dossier's code or id, or a keyed digest; never a name or a number in clear.
        details: short facts that are not personal.

    Raises:
        KeyError: the event is not in the list.
    """
    EVENTS[name]
    return AuditEvent.objects.create(
        at=now,
        name=name,
        actor_id=actor.pk if actor else None,
        office_code=office_code,
        subject=subject,
        details=details or {},
    )
