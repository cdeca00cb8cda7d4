"""Every event that may be recorded: name, the sentence that a reader sees, what its details hold, how long it stays.

``docs/audit-events.md`` is written from this list (``motcua configuration``), and a guard fails when it is stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Retention(StrEnum):
    """Classes of events by how long they are kept."""

    SECURITY = "security"
    CHECK = "check"
    DOSSIER = "dossier"
    CHAIN = "chain"


# Counted from the signed moment at which an event was sealed. The law asks for at least 3 months (security) and
# leaves the rest to whom it concerns: 5 and 10 years are this house's choice. What explains the chain stays as long as
# the chain.
LIFETIMES: Final[dict[Retention, timedelta | None]] = {
    Retention.SECURITY: timedelta(days=365),
    Retention.CHECK: timedelta(days=5 * 365 + 2),
    Retention.DOSSIER: timedelta(days=10 * 365 + 3),
    Retention.CHAIN: None,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event; ``fields`` maps each detail that it may carry to the sentence that explains it."""

    name: str
    sentence: Promise
    retention: Retention
    fields: dict[str, Promise]


EVENTS: Final[dict[str, Event]] = {}


def _event(name: str, sentence: Promise, retention: Retention, /, **fields: Promise) -> None:
    EVENTS[name] = Event(name, sentence, retention, fields)


_SECURITY, _CHECK, _DOSSIER, _CHAIN = Retention

_TOUCH_POINT = _("Nơi đặt câu hỏi: tiếp nhận, đăng ký, nộp hồ sơ, kiểm tra lại, vận hành.")
_PROCEDURE = _("Mã thủ tục hành chính.")
_CHECK_ID = _("Mã của lần kiểm tra danh tính.")
_REASON = _("Lý do.")
_OFFICER = _("Mã cán bộ.")
_COUNT = _("Số lượng.")

_event("account.registered", _("Công dân đăng ký tài khoản."), _SECURITY)
_event(
    "account.registration_repeated",
    _("Có người đăng ký bằng thông tin của tài khoản đã có."),
    _SECURITY,
)
_event(
    "account.profile_changed",
    _("Công dân cập nhật thông tin cá nhân."),
    _SECURITY,
    changed=_("Tên các mục đã thay đổi, không kèm nội dung."),
)
_event(
    "account.logged_in",
    _("Đăng nhập."),
    _SECURITY,
    second_factor=_("Đã qua xác thực hai bước bằng cách nào."),
)
_event("account.log_in_failed", _("Đăng nhập không thành công."), _SECURITY)
_event(
    "account.log_in_limited",
    _("Đăng nhập bị tạm dừng vì quá số lần sai."),
    _SECURITY,
    scope=_("Giới hạn nào đã đạt: tên đăng nhập hay địa chỉ mạng."),
)
_event(
    "account.second_factor_on",
    _("Bật hoặc làm mới xác thực hai bước."),
    _SECURITY,
    change=_("Bật lần đầu, làm mới, hay tạo lại mã dự phòng."),
)
_event("account.second_factor_off", _("Tắt xác thực hai bước."), _SECURITY)
_event("account.second_factor_asked", _("Mật khẩu đúng, hệ thống hỏi mã xác thực."), _SECURITY)
_event("account.second_factor_failed", _("Mật khẩu đúng nhưng mã xác thực sai."), _SECURITY)
_event("account.password_changed", _("Đổi mật khẩu."), _SECURITY)
_event(
    "account.administered",
    _("Quản trị tạo hoặc thay đổi tài khoản của cán bộ."),
    _CHECK,  # who might ask is asked as long as who did
    act=_("Tạo hay sửa."),
    changed=_("Tên các mục đã thay đổi, không kèm nội dung."),
    roles=_("Các vai trò sau đó."),
    may_query=_("Sau đó được hay không được kiểm tra danh tính số."),
    is_active=_("Sau đó đăng nhập được hay không."),
)
_event("account.logged_out", _("Đăng xuất."), _SECURITY)
_event(
    "account.session_ended",
    _("Phiên làm việc kết thúc vì tài khoản đăng nhập ở nơi khác."),
    _SECURITY,
)
_event(
    "account.put_to_sleep",
    _("Tài khoản tạm ngừng vì lâu ngày không sử dụng."),
    _SECURITY,
)
_event("account.woken", _("Tài khoản được mở lại."), _SECURITY)
_event(
    "check.limited",
    _("Kiểm tra danh tính số bị tạm dừng vì quá số lần."),
    _SECURITY,
    scope=_("Giới hạn nào đã đạt: số định danh, tài khoản, địa chỉ, cán bộ hay toàn cổng."),
    touch_point=_TOUCH_POINT,
)
_event(
    "limit.released",
    _("Phụ trách mở tạm dừng kiểm tra cho cán bộ."),
    _SECURITY,
    reason=_REASON,
    officer=_OFFICER,
)
_event(
    "limit.alarm",
    _("Nhiều lần xác thực thất bại bất thường, có thể có người đang dò."),
    _SECURITY,
    scope=_("Phạm vi bị dò."),
    rate=_("Tỷ lệ lần thất bại, tính bằng phần trăm."),
)
_event(
    "challenge.failed",
    _("Không vượt qua câu hỏi phân biệt người và máy."),
    _SECURITY,
    touch_point=_TOUCH_POINT,
)
_event(
    "keys.rotated",
    _("Dữ liệu cá nhân được mã hóa lại bằng khóa mới."),
    _SECURITY,
    old=_("Tên các khóa cũ, không phải khóa."),
    new=_("Tên khóa mới, không phải khóa."),
    count=_("Số giá trị đã mã hóa lại."),
)
_event(
    "npd.line_chosen",
    _("Chọn đường kết nối tới CSDLQG về dân cư."),
    _SECURITY,
    before=_("Lựa chọn trước."),
    after=_("Lựa chọn mới."),
    operator=_("Tên người vận hành trên máy chủ, khi chọn bằng lệnh."),
)
_event(
    "check.answered",
    _("Có kết quả kiểm tra danh tính số."),
    _CHECK,
    check=_CHECK_ID,
    statement=_("Dấu của bản xác nhận kết quả, không phải nội dung."),
    outcome=_("Kết quả: khớp, không khớp, chưa kiểm tra được, chưa được phép."),
    touch_point=_TOUCH_POINT,
)
_event(
    "check.not_licensed",
    _("Cán bộ hoặc thủ tục chưa được cấp quyền kiểm tra danh tính số."),
    _CHECK,
    barred=_("Ai chưa được cấp quyền: cán bộ, thủ tục hay hệ thống."),
    procedure=_PROCEDURE,
)
_event(
    "check.form_missing",
    _("Kiểm tra danh tính số khi không có biểu mẫu tiếp nhận đang mở, nên không được hỏi."),
    _CHECK,
    procedure=_PROCEDURE,
)
_event(
    "check.lookup",
    _("Cán bộ tra cứu ngoài hồ sơ."),
    _CHECK,
    outcome=_("Kết quả kiểm tra."),
)
_event(
    "check.key_reused",
    _("Một lần bấm nút được gửi lại với nội dung khác, nên bị từ chối."),
    _CHECK,
    check=_CHECK_ID,
    touch_point=_TOUCH_POINT,
)
_event(
    "review.closed",
    _("Phụ trách kết luận về một lượt tra cứu."),
    _CHECK,
    finding=_("Kết luận."),
)
_event(
    "objection.opened",
    _("Công dân phản ánh một lần tra cứu về mình."),
    _CHECK,
    objection=_("Mã của phản ánh."),
    due_on=_("Hạn trả lời."),
)
_event(
    "objection.answered",
    _("Phản ánh của công dân được trả lời."),
    _CHECK,
    objection=_("Mã của phản ánh."),
    is_late=_("Trả lời sau khi đã quá hạn."),
)
_event(
    "history.viewed",
    _("Công dân xem lịch sử tra cứu về mình."),
    _CHECK,
    count=_("Số lần tra cứu đã hiện."),
)
_event(
    "history.printed",
    _("Cán bộ in lịch sử tra cứu theo yêu cầu của công dân."),
    _CHECK,
    count=_("Số lần tra cứu đã in."),
)
_event(
    "export.made",
    _("Trích xuất lượt tra cứu."),
    _CHECK,
    period=_("Ngày đầu và ngày cuối."),
    count=_("Số lượt tra cứu."),
    sha256=_("Mã kiểm tra SHA-256 của tệp."),
    operator=_("Tên người vận hành trên máy chủ, khi trích xuất bằng lệnh."),
)
_event(
    "figures.exported",
    _("Xuất số liệu ra tệp."),
    _CHECK,
    period=_("Ngày đầu và ngày cuối."),
    kind=_("Loại tệp."),
    rows=_("Số dòng chi tiết."),
)
_event(
    "balance.made",
    _("Đối soát lượt tra cứu với hồ sơ."),
    _CHECK,
    differences=_("Số điểm khác nhau."),
)
_event("dossier.submitted", _("Công dân nộp hồ sơ trực tuyến."), _DOSSIER, procedure=_PROCEDURE)
_event("dossier.received", _("Cán bộ tiếp nhận hồ sơ."), _DOSSIER, procedure=_PROCEDURE)
_event(
    "dossier.received_by_hand",
    _("Cán bộ tiếp nhận hồ sơ chưa xác thực danh tính."),
    _DOSSIER,
    procedure=_PROCEDURE,
    reason=_("Vì sao chưa xác thực."),
)
_event(
    "dossier.moved",
    _("Hồ sơ chuyển trạng thái."),
    _DOSSIER,
    move=_("Việc đã làm."),
    origin=_("Mã trạng thái trước; None là chưa có hồ sơ."),
    target=_("Mã trạng thái sau."),
)
_event(
    "dossier.handed_over",
    _("Hồ sơ được bàn giao, nhận bàn giao hoặc trả lại."),
    _DOSSIER,
    act=_("Giao, nhận, trả lại, thu hồi, phân công, nhận xử lý hay thôi xử lý."),
    office=_("Mã bộ phận đến."),
    officer=_OFFICER,
)
_FEE = {
    "kind": _("Phí của thủ tục hay phí phát sinh."),
    "amount": _("Số tiền, đồng."),
}
_RECEIPT = _("Ký hiệu và số của biên lai.")
_event(
    "fee.paid",
    _("Thu phí, lệ phí của hồ sơ."),
    _DOSSIER,
    **_FEE,
    receipt=_RECEIPT,
    method=_("Cách nộp: tiền mặt hay trực tuyến."),
)
_event(
    "fee.exempted",
    _("Miễn phí, lệ phí của hồ sơ."),
    _DOSSIER,
    **_FEE,
    category=_("Đối tượng được miễn."),
)
_event("fee.voided", _("Hủy biên lai thu phí, lệ phí."), _DOSSIER, **_FEE, receipt=_RECEIPT)
_event(
    "fee.refund_due",
    _("Ngân hàng đã nhận tiền nhưng khoản phí không còn phải nộp, hoặc số tiền khác; cần hoàn trả."),
    _DOSSIER,
    **_FEE,
    order=_("Mã lần thanh toán trực tuyến."),
)
_event(
    "fee.refunded",
    _("Ghi nhận đã hoàn trả tiền thanh toán trực tuyến."),
    _DOSSIER,
    **_FEE,
    order=_("Mã lần thanh toán trực tuyến."),
)
_event(
    "till.closed",
    _("Người thu phí khóa sổ một ngày."),
    _DOSSIER,
    day=_("Ngày."),
    expected=_("Tiền mặt theo biên lai, đồng."),
    counted=_("Tiền mặt đếm được, đồng."),
)
_event(
    "dossier.extended",
    _("Hồ sơ được xin lỗi và hẹn lại ngày trả kết quả."),
    _DOSSIER,
    due=_("Ngày hẹn mới."),
)
_event(
    "dossier.supplemented",
    _("Công dân nộp giấy tờ bổ sung."),
    _DOSSIER,
    count=_COUNT,
)
_event(
    "dossier.paper_infected",
    _("Phát hiện mã độc trong một tệp; tệp bị khóa."),
    _DOSSIER,
    paper=_("Mã của tệp."),
    kind=_("Giấy tờ gửi kèm, giấy tờ chứng minh được nộp thay hay kết quả."),
    signature=_("Tên mã độc được phát hiện."),
)
_event(
    "dossier.rated",
    _("Công dân đánh giá việc giải quyết hồ sơ."),
    _DOSSIER,
)
_event(
    "dossier.slip_made",
    _("Lập phiếu theo mẫu của hồ sơ."),
    _DOSSIER,
    slip=_("Số của mẫu."),
    signed=_("Có ký số hay không."),
)
_event("dossier.taken_up", _("Cán bộ nhận hồ sơ nộp trực tuyến."), _DOSSIER)
_event(
    "dossier.rechecked",
    _("Danh tính người nộp hồ sơ đã tiếp nhận được kiểm tra lại."),
    _DOSSIER,
    outcome=_("Kết quả kiểm tra."),
    request=_("Mã yêu cầu gửi CSDLQG về dân cư."),
)
_event(
    "dossier.originals_confirmed",
    _("Cán bộ xác nhận đã xem lại giấy tờ gốc."),
    _DOSSIER,
    reason=_("Vì sao phải xem lại."),
)
_event(
    "catalogue.changed",
    _("Quản trị thay đổi danh mục thủ tục."),
    _SECURITY,
    procedure=_PROCEDURE,
    revision=_("Bản số."),
    act=_("Sửa, nhập từ tệp, xuất ra tệp hay sao chép."),
    count=_COUNT,
)
_event(
    "outbox.sent_again",
    _("Quản trị cho gửi lại một tin đã thôi gửi đến hệ thống khác."),
    _SECURITY,
    topic=_("Hệ thống nhận tin."),
    about=_("Tin về hồ sơ nào."),
)
_event(
    "office.changed",
    _("Quản trị thay đổi cơ quan, giờ làm việc hoặc ngày nghỉ."),
    _SECURITY,
    changed=_("Tên các mục đã thay đổi, không kèm nội dung."),
)
_event(
    "message.changed",
    _("Quản trị thay đổi mẫu thư điện tử, tin nhắn."),
    _SECURITY,
    message=_("Loại tin và kênh."),
    act=_("Sửa, bật hoặc tắt, hay khôi phục mẫu gốc."),
)
_event("backup.made", _("Sao lưu cơ sở dữ liệu và giấy tờ."), _SECURITY, rows=_("Số dòng dữ liệu."))
_event("product.started", _("Hệ thống khởi động."), _SECURITY)
_event(
    "procedures.loaded",
    _("Nạp danh mục thủ tục hành chính."),
    _SECURITY,
    procedures=_("Số thủ tục."),
    documents=_("Số loại giấy tờ."),
)
_event(
    "demo.loaded",
    _("Nạp dữ liệu minh họa."),
    _SECURITY,
    kind=_("Nạp gì: cơ quan, tài khoản hay hồ sơ minh họa."),
    role=_("Vai trò của tài khoản."),
)
_event(
    "retention.run",
    _("Xóa dữ liệu đã hết thời hạn lưu."),
    _CHAIN,
    **{"class": _("Loại dữ liệu."), "count": _COUNT},
)
_event(
    "audit.erased",
    _("Xóa các sự kiện đã hết thời hạn lưu khỏi nhật ký."),
    _CHAIN,
    **{
        "class": _("Nhóm thời hạn lưu của các sự kiện đã xóa."),
        "days": _("Thời hạn lưu, tính bằng ngày từ lúc niêm phong."),
        "count": _("Số sự kiện đã xóa."),
        "ids": _("Số thứ tự của các sự kiện đã xóa."),
    },
)
_event(
    "audit.archived",
    _("Chuyển các sự kiện của một tháng ra tệp lưu trữ."),
    _CHAIN,
    month=_("Tháng."),
    count=_("Số sự kiện đã chuyển."),
    ids=_("Số thứ tự của các sự kiện đã chuyển."),
    files=_(
        "Từng tệp: nhóm thời hạn lưu, tên tệp, số sự kiện, mã kiểm tra SHA-256, thời hạn và ngày cuối phải giữ."
    ),
    operator=_("Tên người vận hành trên máy chủ."),
)
_event(
    "audit.resumed",
    _("Người vận hành cho nhật ký ghi tiếp sau khi cơ sở dữ liệu được khôi phục."),
    _CHAIN,
    reason=_("Lý do, do người vận hành ghi."),
    operator=_("Tên người vận hành trên máy chủ."),
)
_event(
    "audit.exported",
    _("Xuất nhật ký của một khoảng thời gian ra tệp có chữ ký."),
    _CHAIN,
    first=_("Ngày đầu."),
    last=_("Ngày cuối."),
    count=_("Số sự kiện."),
    operator=_("Tên người vận hành trên máy chủ."),
)


def sentence(name: str) -> str:
    """Return the sentence that a reader sees for an event; a name that is no longer declared stands for itself."""
    return str(EVENTS[name].sentence) if name in EVENTS else name


def names_of(retention: Retention) -> list[str]:
    """Return the names of all events of a class."""
    return [event.name for event in EVENTS.values() if event.retention is retention]
