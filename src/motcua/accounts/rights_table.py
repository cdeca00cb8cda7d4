"""The table of rights as people read it: in the administration pages and in ``docs/rights.md``."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.accounts.rights import RIGHTS, Reach, Right, reach_of

RIGHT_LABELS: Final[dict[Right, Promise]] = {
    Right.SEE_DOSSIERS: _("Xem hồ sơ"),
    Right.ASK_REGISTER: _("Kiểm tra danh tính với CSDLQG về dân cư"),
    Right.RECEIVE: _("Tiếp nhận, từ chối tiếp nhận"),
    Right.ASK_SUPPLEMENT: _("Yêu cầu bổ sung giấy tờ"),
    Right.HAND_OVER: _("Bàn giao hồ sơ"),
    Right.ASSIGN: _("Phân công xử lý"),
    Right.PROCESS: _("Giải quyết hồ sơ"),
    Right.ASK_FEE: _("Yêu cầu nộp phí, lệ phí"),
    Right.TAKE_FEE: _("Thu phí, lệ phí"),
    Right.EXEMPT_FEE: _("Miễn phí, lệ phí"),
    Right.SEE_CLOSINGS: _("Xem sổ thu đã khóa"),
    Right.EXTEND: _("Xin lỗi và hẹn lại ngày trả"),
    Right.STOP: _("Dừng giải quyết"),
    Right.FINISH: _("Duyệt kết quả"),
    Right.HAND_OUT: _("Trả kết quả"),
    Right.WITHDRAW: _("Nhận yêu cầu rút hồ sơ"),
    Right.KEEP_REGISTER: _("Sổ theo dõi hồ sơ"),
    Right.SEE_FIGURES: _("Xem số liệu"),
    Right.READ_COMMENTS: _("Đọc ý kiến đánh giá của công dân"),
    Right.OVERSEE: _("Giám sát việc tra cứu"),
    Right.ADMINISTER: _("Quản trị hệ thống"),
}
REACH_LABELS: Final[dict[Reach, Promise]] = {Reach.OFFICE: _("bộ phận mình"), Reach.UNIT: _("cả cơ quan")}
# Citizens have accounts of the portal and no right of an official.
OFFICIALS: Final = tuple(role for role in User.Role if RIGHTS[role])


def heads() -> list[Promise | str]:
    """Return the roles of officials, as the columns of the table."""
    return [role.label for role in OFFICIALS]


def rows() -> list[tuple[Promise, list[Promise | None]]]:
    """Return a row for each right: its name, and for each role how far it reaches, None where the role has it not."""
    return [(RIGHT_LABELS[right], [_label(RIGHTS[role].get(right)) for role in OFFICIALS]) for right in Right]


def rights_of(user: User) -> list[tuple[Promise, Promise]]:
    """Return what somebody may do, over all of their roles: the right, and how far it reaches."""
    found = ((right, reach_of(user, right)) for right in Right)
    return [(RIGHT_LABELS[right], REACH_LABELS[reach]) for right, reach in found if reach is not None]


def _label(reach: Reach | None) -> Promise | None:
    return REACH_LABELS[reach] if reach else None
