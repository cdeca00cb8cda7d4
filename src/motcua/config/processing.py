"""The record of processing: every field of every table, whether it is about a person, why it is kept, who sees it.

``docs/processing.md`` is written from here (``motcua configuration``). A guard compares it with the models: a field
that is neither declared personal nor declared otherwise, or is protected otherwise than declared, fails the tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Final

from motcua.config.env import VARIABLES


class Category(StrEnum):
    """What kind of personal data the law calls it."""

    BASIC = "cơ bản"
    SENSITIVE = "nhạy cảm"
    SECRET = "bí mật xác thực"  # noqa: S105  # nosec B105 # a category


class Protection(StrEnum):
    """In which form it stands in the database."""

    SEALED = "mã hóa (AES-256-GCM)"
    DIGEST = "băm có khóa (HMAC-SHA-256)"
    HASHED = "băm chậm (Argon2)"
    FINGERPRINT = "vết không khóa (SHA-256)"
    MASKED = "che bớt"
    CLEAR = "rõ"


@dataclass(frozen=True, slots=True)
class Personal:
    """One field about a person."""

    what: str
    protection: Protection = Protection.CLEAR
    category: Category = Category.BASIC


@dataclass(frozen=True, slots=True)
class Table:
    """One model: whose data, what for, who sees them, for how long; and which of its fields are not about a person."""

    model: str
    whose: str = ""
    purpose: str = ""
    seen_by: str = ""
    kept: str = ""
    personal: dict[str, Personal] = field(default_factory=dict)
    other: str = ""

    @property
    def not_personal(self) -> list[str]:
        """Return the fields that say nothing of a person."""
        return self.other.split()


def _default(name: str) -> str:
    return f"{VARIABLES[name].default}"


_SEALED, _DIGEST, _MASKED = Protection.SEALED, Protection.DIGEST, Protection.MASKED
_SENSITIVE, _SECRET = Category.SENSITIVE, Category.SECRET
_OWN_OFFICE: Final = "cán bộ và phụ trách của cơ quan tiếp nhận hồ sơ; công dân chủ hồ sơ"
_WITH_ACCOUNT: Final = "không tự xóa; chưa có chức năng xóa tài khoản"
_WITH_DOSSIER: Final = (
    f"theo thời hạn lưu trữ của hồ sơ; bản nháp: {_default('KEEP_DRAFTS_DAYS')} ngày (KEEP_DRAFTS_DAYS)"
)
_CHECKS: Final = (
    f"{_default('KEEP_CHECKS_YEARS')} năm (KEEP_CHECKS_YEARS), lâu hơn khi còn hồ sơ hoặc tài khoản dựa vào"
)

TABLES: Final = (
    Table(
        "accounts.User",
        whose="công dân có tài khoản; cán bộ, phụ trách, quản trị",
        purpose="đăng nhập; biết cán bộ nào hỏi CSDLQG về dân cư",
        seen_by="chính chủ; quản trị hệ thống (không xem lại được số và khóa)",
        kept=f"{_WITH_ACCOUNT}; tài khoản cán bộ thôi việc thì khóa lại, vì nhật ký trỏ tới",
        personal={
            "login": Personal("tên đăng nhập; của công dân là số đã băm", _DIGEST),
            "password": Personal("mật khẩu", Protection.HASHED, _SECRET),
            "full_name": Personal("họ và tên", _SEALED),
            "email": Personal("thư điện tử"),
            "officer_digits": Personal("số định danh của cán bộ (MaCanBo)", _SEALED),
            "officer_number_digest": Personal("số định danh của cán bộ, để nhận ra", _DIGEST),
            "npd_officer_code": Personal("mã cán bộ trên CSDLQG về dân cư"),
            "gateway_key": Personal("tài khoản của cán bộ trên nền tảng LGSP", _SEALED, _SECRET),
            "totp_secret": Personal("khóa xác thực hai bước", _SEALED, _SECRET),
            "session_mark": Personal("phiên đăng nhập đang dùng", category=_SECRET),
            "last_login": Personal("lần đăng nhập gần nhất"),
            "asleep_since": Personal("tạm ngừng từ khi nào vì lâu không đăng nhập"),
            "woken_at": Personal("được mở lại lúc nào"),
        },
        other="id is_superuser role also_roles office email_since may_query totp_since totp_step is_active created_at",
    ),
    Table(
        "accounts.RecoveryCode",
        whose="cán bộ, phụ trách, quản trị",
        purpose="đăng nhập khi mất điện thoại xác thực hai bước",
        seen_by="không ai",
        kept="đến khi dùng hoặc đổi mã",
        personal={"code_digest": Personal("mã dự phòng", _DIGEST, _SECRET)},
        other="id user",
    ),
    Table(
        "accounts.Citizen",
        whose="công dân có tài khoản",
        purpose="điền sẵn thông tin người nộp; so với CSDLQG về dân cư khi nộp hồ sơ",
        seen_by="chính chủ; quản trị hệ thống (họ tên, số đã che)",
        kept=_WITH_ACCOUNT,
        personal={
            "full_name": Personal("họ và tên", _SEALED),
            "number_digest": Personal("số CCCD/CMND, để tìm", _DIGEST),
            "number_digits": Personal("số CCCD/CMND", _SEALED),
            "birth": Personal("ngày sinh", _SEALED),
            "phone": Personal("số điện thoại"),
            "email": Personal("thư điện tử"),
            "address": Personal("địa chỉ liên hệ", _SEALED),
        },
        other="id user registration_check updated_at",
    ),
    Table(
        "accounts.Notice",
        whose="công dân có tài khoản; cán bộ",
        purpose="báo tin về hồ sơ; không ghi số và ngày sinh",
        seen_by="người nhận",
        kept=f"{_default('KEEP_NOTICES_DAYS')} ngày sau khi đọc (KEEP_NOTICES_DAYS)",
        personal={"text": Personal("nội dung: mã hồ sơ, cơ quan, kết quả")},
        other="id user link created_at read_at",
    ),
    Table(
        "accounts.FailedLogin",
        whose="người đăng nhập sai",
        purpose="hạn chế dò mật khẩu",
        seen_by="không ai",
        kept="1 giờ",
        personal={
            "login_digest": Personal("tên đăng nhập đã gõ", _DIGEST),
            "address_digest": Personal("địa chỉ mạng", _DIGEST),
        },
        other="id at",
    ),
    Table(
        "dossiers.Dossier",
        whose="người nộp hồ sơ",
        purpose="giải quyết thủ tục hành chính; bản chụp thông tin người nộp khi tiếp nhận, gồm dữ liệu "
        "từ CSDLQG về dân cư",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "applicant_name": Personal("họ và tên", _SEALED),
            "applicant_sex": Personal("giới tính"),
            "applicant_birth": Personal("ngày sinh", _SEALED),
            "applicant_number": Personal("số CCCD/CMND", _SEALED),
            "applicant_number_digest": Personal("số CCCD/CMND, để tìm", _DIGEST),
            "applicant_number_masked": Personal("số CCCD/CMND, để hiển thị", _MASKED),
            "permanent_residence": Personal("nơi thường trú", _SEALED),
            "current_residence": Personal("nơi ở hiện tại", _SEALED),
            "phone": Personal("số điện thoại"),
            "email": Personal("thư điện tử"),
            "by_hand_reason": Personal("lý do chưa xác thực danh tính"),
        },
        other="id code procedure revision case_key office channel term_limit term_unit fee_due term_began_at due_at "
        "paused_at holder_office holder collecting finished_at closed_at "
        "status citizen identity_check is_decision_barred consent_version "
        "consented_at has_sworn received_documents asking_until created_at saved_at submitted_at received_at "
        "received_by press_key",
    ),
    Table(
        "dossiers.DossierOwner",
        whose="chủ hồ sơ, khi người khác nộp thay",
        purpose="giải quyết thủ tục hành chính cho chủ hồ sơ",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "full_name": Personal("họ và tên", _SEALED),
            "birth": Personal("ngày sinh", _SEALED),
            "sex": Personal("giới tính"),
            "number": Personal("số CCCD/CMND", _SEALED),
            "number_digest": Personal("số CCCD/CMND, để tìm", _DIGEST),
            "number_masked": Personal("số CCCD/CMND, để hiển thị", _MASKED),
            "residence": Personal("nơi thường trú", _SEALED),
            "relation": Personal("người nộp là ai của chủ hồ sơ"),
            "without_number": Personal("vì sao chưa có số định danh"),
            "is_by_hand": Personal("cán bộ đã xem giấy tờ gốc"),
        },
        other="dossier identity_check",
    ),
    Table(
        "dossiers.Step",
        whose="người nộp hồ sơ; cán bộ thực hiện",
        purpose="biết ai đã chuyển trạng thái hồ sơ, lúc nào, vì sao",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={"actor": Personal("người thực hiện"), "reason": Personal("lý do", _SEALED)},
        other="id dossier move origin target at office due_at",
    ),
    Table(
        "dossiers.HandOver",
        whose="cán bộ giao, nhận hồ sơ",
        purpose="phiếu kiểm soát quá trình giải quyết hồ sơ (mẫu 06)",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "from_user": Personal("người giao"),
            "to_user": Personal("người được giao"),
            "accepted_by": Personal("người nhận"),
            "declined_by": Personal("người trả lại"),
            "note": Personal("ghi chú", _SEALED),
            "decline_reason": Personal("lý do trả lại", _SEALED),
        },
        other="id dossier from_office to_office given_at accepted_at declined_at",
    ),
    Table(
        "dossiers.Supplement",
        whose="người nộp hồ sơ; cán bộ yêu cầu",
        purpose="phiếu yêu cầu bổ sung, hoàn thiện hồ sơ (mẫu 02)",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={"asked_by": Personal("người yêu cầu"), "reason": Personal("lý do", _SEALED)},
        other="id dossier documents asked_at answered_at closed_at",
    ),
    Table(
        "dossiers.Fee",
        whose="cán bộ yêu cầu, cán bộ thu",
        purpose="thu phí, lệ phí của thủ tục và phát sinh khi giải quyết; miễn theo quy định",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "asked_by": Personal("người yêu cầu"),
            "settled_by": Personal("người thu"),
            "exempted_by": Personal("người miễn"),
            "exemption": Personal("thuộc đối tượng được miễn nào", category=_SENSITIVE),
            "exemption_reason": Personal("lý do miễn", _SEALED, _SENSITIVE),
        },
        other="id dossier kind amount asked_at settled_at exempted_at cancelled_at",
    ),
    Table(
        "payments.Receipt",
        whose="người nộp tiền; người thu",
        purpose="biên lai thu phí, lệ phí",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "payer": Personal("họ và tên người nộp tiền", _SEALED),
            "taken_by": Personal("người thu"),
            "voided_by": Personal("người hủy"),
            "void_reason": Personal("lý do hủy", _SEALED),
        },
        other="id office year number fee amount method tendered taken_at closing voided_at",
    ),
    Table(
        "payments.DayClosing",
        whose="người thu phí",
        purpose="khóa sổ thu tiền trong ngày",
        seen_by="chính người thu phí; phụ trách bộ phận một cửa của cùng cơ quan",
        kept="không xóa",
        personal={"cashier": Personal("người thu"), "note": Personal("giải trình chênh lệch", _SEALED)},
        other="id office day expected counted denominations has_note closed_at",
    ),
    Table(
        "payments.OnlinePayment",
        whose="công dân thanh toán trực tuyến; người ghi hoàn trả",
        purpose="thanh toán phí, lệ phí qua ngân hàng; ngân hàng chỉ được biết mã thanh toán, số tiền, mã hồ sơ",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "begun_by": Personal("người thanh toán"),
            "refunded_by": Personal("người ghi hoàn trả"),
        },
        other="id fee amount state begun_at expires_at ask_at asked_at asked answered_at bank_reference receipt "
        "refund_amount refunded_at",
    ),
    Table(
        "dossiers.Extension",
        whose="người nộp hồ sơ; người hẹn lại",
        purpose="văn bản xin lỗi và đề nghị gia hạn (mẫu 04)",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={"made_by": Personal("người hẹn lại"), "reason": Personal("lý do", _SEALED)},
        other="dossier old_due_at new_due_at made_at",
    ),
    Table(
        "dossiers.Result",
        whose="người nộp hồ sơ; cán bộ",
        purpose="kết quả giải quyết và việc trả kết quả",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "summary": Personal("nội dung kết quả", _SEALED),
            "made_by": Personal("người ghi kết quả"),
            "collected_by": Personal("người nhận kết quả", _SEALED),
        },
        other="dossier is_granted made_at collected_how has_authority",
    ),
    Table(
        "dossiers.Rating",
        whose="người nộp hồ sơ",
        purpose="đánh giá chất lượng giải quyết thủ tục hành chính",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={"scores": Personal("điểm"), "comment": Personal("ý kiến", _SEALED)},
        other="dossier rated_at",
    ),
    Table(
        "dossiers.ApplicantWord",
        whose="người nộp hồ sơ",
        purpose="tìm hồ sơ của cơ quan theo họ tên mà không cần lưu họ tên dạng rõ",
        seen_by="không ai",
        kept="cùng hồ sơ",
        personal={"digest": Personal("từng tiếng của họ tên, theo từng cơ quan", _DIGEST)},
        other="id dossier",
    ),
    Table(
        "dossiers.TrackTry",
        whose="người tra cứu hồ sơ không đăng nhập",
        purpose="hạn chế dò số định danh theo mã hồ sơ",
        seen_by="không ai",
        kept="1 giờ",
        personal={"what": Personal("mã hồ sơ đã gõ, hoặc địa chỉ mạng", _DIGEST)},
        other="id at",
    ),
    Table(
        "dossiers.Paper",
        whose="người nộp hồ sơ",
        purpose="thành phần hồ sơ nộp trực tuyến",
        seen_by=_OWN_OFFICE,
        kept=_WITH_DOSSIER,
        personal={
            "file": Personal("tệp giấy tờ, có thể có ảnh thẻ", category=_SENSITIVE),
            "original_name": Personal("tên tệp do công dân đặt"),
            "sha256": Personal("vết của tệp", Protection.FINGERPRINT),
            "preview": Personal("ảnh xem trước của tệp", category=_SENSITIVE),
        },
        other="id dossier kind document document_name supplement media_type size uploaded_at scan scanned_at "
        "reused_from",
    ),
    Table(
        "dossiers.Upload",
        whose="người nộp hồ sơ",
        purpose="tệp đang tải lên từng phần qua đường truyền chậm",
        seen_by="công dân tải lên",
        kept="đến khi tải xong; bỏ dở: 2 ngày",
        personal={"name": Personal("tên tệp do công dân đặt")},
        other="id dossier kind document supplement line size received begun_at touched_at",
    ),
    Table(
        "dossiers.UploadPiece",
        whose="người nộp hồ sơ",
        purpose="một phần của tệp đang tải lên",
        seen_by="không ai",
        kept="như tệp đang tải lên",
        personal={"content": Personal("một phần của tệp", category=_SENSITIVE)},
        other="id upload offset",
    ),
    Table(
        "messaging.Mailbox",
        whose="người dùng thử",
        purpose="đọc thư điện tử, tin nhắn khi chạy thử mà không gửi đi; không có khi MOTCUA_MODE=production",
        seen_by="quản trị hệ thống",
        kept="7 ngày, nhiều nhất 500 thư",
        personal={
            "address": Personal("địa chỉ thư điện tử hoặc số điện thoại", _SEALED),
            "subject": Personal("tiêu đề: mã hồ sơ"),
            "body": Personal("nội dung: mã hồ sơ, cơ quan, ngày hẹn"),
        },
        other="id message_id channel sent_at",
    ),
    Table(
        "messaging.Template",
        whose="quản trị hệ thống",
        purpose="biết ai đã sửa mẫu tin",
        seen_by="quản trị hệ thống",
        kept="đến khi khôi phục mẫu gốc",
        personal={"changed_by": Personal("người sửa")},
        other="id kind channel subject body is_active changed_at",
    ),
    Table(
        "outbox.Parcel",
        whose="người nộp hồ sơ, chủ hồ sơ",
        purpose="tin chờ gửi các hệ thống khác: thư điện tử, tin nhắn, Cổng dịch vụ công quốc gia",
        seen_by="không ai; quản trị hệ thống thấy loại tin và trở ngại, không thấy nội dung",
        kept=f"nội dung: đến khi gửi xong; dòng ghi nhận: {_default('KEEP_SENT_DAYS')} ngày (KEEP_SENT_DAYS)",
        personal={"content": Personal("nội dung tin, địa chỉ nhận", _SEALED)},
        other="id message_id topic about number made_at not_before useless_from tries tries_in_doubt "
        "leased_until taken_at given_up_at problem",
    ),
    Table("outbox.Pause", other="topic since until failures problem"),
    Table(
        "verification.IdentityCheck",
        whose="người được kiểm tra danh tính; cán bộ tra cứu",
        purpose="bằng chứng ai đã hỏi CSDLQG về dân cư, vì sao, kết quả gì; hạn chế dò số",
        seen_by="phụ trách của cơ quan (mục đích, dấu hiệu, số đã che); công dân (các lượt về chính mình, trên cổng "
        "hoặc trong danh sách in ở quầy); cán bộ của cơ quan tiếp nhận hồ sơ (kết quả); người có mã xác minh (kết quả, "
        "không nêu là ai); quản trị hệ thống",
        kept=_CHECKS,
        personal={
            "number_digest": Personal("số CCCD/CMND, để tìm", _DIGEST, _SENSITIVE),
            "number_masked": Personal("số CCCD/CMND, để hiển thị", _MASKED, _SENSITIVE),
            "claim_digest": Personal("họ tên, số và ngày sinh đã khai", _DIGEST, _SENSITIVE),
            "address_digest": Personal("địa chỉ mạng", _DIGEST, _SENSITIVE),
            "person_digest": Personal("số định danh mà CSDLQG trả lời cho số cũ", _DIGEST, _SENSITIVE),
            "spelling_digest": Personal("thông tin đã khai, từng chữ", _DIGEST, _SENSITIVE),
            "request_digest": Personal("vết của câu hỏi đã gửi", Protection.FINGERPRINT, _SENSITIVE),
            "answer_digest": Personal("vết của câu trả lời", Protection.FINGERPRINT, _SENSITIVE),
            "purpose": Personal("lý do hỏi, có thể do cán bộ ghi", category=_SENSITIVE),
            "marks": Personal("vì sao phụ trách nên xem lại lượt này", category=_SENSITIVE),
            "outcome": Personal("kết quả", category=_SENSITIVE),
            "reason": Personal("nguyên nhân", category=_SENSITIVE),
            "birth_match": Personal("ngày sinh khớp đến đâu", category=_SENSITIVE),
        },
        other="id request_id touch_point asked_by office_code procedure_code dossier_id form_key press_key "
        "replays certificate transport signature key_id route repeats asked_at "
        "answered_at matched_by line register_ids",
    ),
    Table(
        "verification.WaitingRecord",
        whose="người nộp hồ sơ tại bộ phận một cửa đã xác thực thành công",
        purpose="điền biểu mẫu tiếp nhận bằng dữ liệu của CSDLQG về dân cư",
        seen_by="cán bộ đã hỏi",
        kept="đến khi lưu hồ sơ, nhiều nhất 30 phút",
        personal={"said": Personal("toàn bộ câu trả lời của CSDLQG về dân cư", _SEALED, _SENSITIVE)},
        other="identity_check expires_at",
    ),
    Table(
        "verification.LimitRelease",
        whose="cán bộ",
        purpose="biết ai đã cho cán bộ tra cứu tiếp sau nhiều lần sai, vì sao",
        seen_by="phụ trách; quản trị hệ thống",
        kept="không tự xóa",
        personal={
            "officer": Personal("cán bộ"),
            "released_by": Personal("người mở"),
            "reason": Personal("lý do"),
        },
        other="id at",
    ),
    Table(
        "verification.LineChoice",
        whose="người vận hành",
        purpose="biết ai đã chọn đường kết nối",
        seen_by="quản trị hệ thống",
        kept="đến lần chọn sau",
        personal={"chosen_by": Personal("tên đăng nhập của người chọn")},
        other="id mode chosen_at certificates_seen_on",
    ),
    Table(
        "oversight.CheckReview",
        whose="cán bộ; người được kiểm tra danh tính",
        purpose="phụ trách xem lại lượt tra cứu có dấu hiệu bất thường",
        seen_by="phụ trách của cơ quan; quản trị hệ thống",
        kept="cùng lượt tra cứu",
        personal={
            "finding": Personal("kết luận"),
            "note": Personal("ghi chú của phụ trách"),
            "reviewed_by": Personal("người xem"),
        },
        other="check_made reviewed_at",
    ),
    Table(
        "oversight.Objection",
        whose="công dân phản ánh một lượt tra cứu về mình",
        purpose="trả lời phản ánh trong hai ngày làm việc",
        seen_by="công dân phản ánh; phụ trách của cơ quan; quản trị hệ thống",
        kept="cùng lượt tra cứu",
        personal={
            "citizen": Personal("công dân"),
            "text": Personal("nội dung phản ánh"),
            "answer": Personal("trả lời"),
            "answered_by": Personal("người trả lời"),
        },
        other="id check_made opened_at due_on answered_at",
    ),
    Table(
        "audit.AuditEvent",
        whose="người dùng; chủ số được nhắc tới",
        purpose="nhật ký: ai đã làm gì, lúc nào",
        seen_by="quản trị hệ thống",
        kept="1, 5 hoặc 10 năm theo loại sự kiện (docs/audit-events.md), kể cả trong tệp lưu trữ của tháng cũ",
        personal={
            "actor": Personal("người thực hiện"),
            "subject": Personal("mã hồ sơ, hoặc số đã băm", _DIGEST),
            "details": Personal("chi tiết ngắn, không nêu về ai"),
        },
        other="id at name office_code mac",
    ),
    Table(
        "sessions.Session",
        whose="người đang đăng nhập",
        purpose="giữ phiên đăng nhập",
        seen_by="không ai",
        kept="8 giờ",
        personal={"session_data": Personal("khóa của người dùng")},
        other="session_key expire_date",
    ),
    Table(
        "admin.LogEntry",
        whose="quản trị hệ thống; cán bộ",
        purpose="biết quản trị đã sửa gì trong /quan-tri/",
        seen_by="quản trị hệ thống",
        kept="1 năm",
        personal={
            "user": Personal("người sửa"),
            "object_repr": Personal("tên đăng nhập của tài khoản được sửa"),
        },
        other="id action_time content_type object_id action_flag change_message",
    ),
    Table("accounts.Office", other="id code name kind parent hours place address phone is_active"),
    Table("accounts.DayChange", other="id office on is_working note"),
    Table("accounts.User_groups", other="id user group"),
    Table("accounts.User_user_permissions", other="id user permission"),
    Table(
        "audit.AuditBatch",
        other="number count ids leaves root previous head reach sealed_at key signature note",
    ),
    Table("payments.ReceiptCounter", other="id office year last"),
    Table("oversight.Balance", other="id on made_at checks dossiers"),
    Table("oversight.Difference", other="id balance kind office_code check_made dossier"),
    Table("verification.SpentChallenge", other="nonce at"),
    Table("verification.Wave", other="id began_at until"),
    Table("dossiers.CodeCounter", other="id office_code on last"),
    Table(
        "dossiers.Recheck",
        other="dossier officer state queued_at not_before check_id repeats_id tries unusable settled_at",
    ),
    Table(
        "reception.SavedFilter",
        whose="cán bộ, chuyên viên, lãnh đạo",
        purpose="mở lại cách lọc danh sách hồ sơ hay dùng; không ghi gì về công dân",
        seen_by="chính chủ",
        kept="đến khi xóa",
        personal={"name": Personal("tên bộ lọc")},
        other="id user query",
    ),
    Table("dossiers.RecheckPace", other="id next_at gap"),
    Table("dossiers.Reminder", other="dossier created_at sent_at"),
    Table(
        "procedures.Procedure",
        other="id code name official_name sector agency audience time_limit time_unit times time_note fees fee_note "
        "service_level results decision levels kind authority receiving_address delegate partners related steps "
        "conditions legal_basis keywords npd_fields may_be_filed_for_others owner_may_lack_number npd_code may_query "
        "search_text is_active",
    ),
    Table("procedures.ProcedureCase", other="id procedure position name time_limit time_unit times fees"),
    Table(
        "procedures.ProcedureRevision",
        whose="quản trị hệ thống",
        purpose="biết ai đã sửa danh mục thủ tục; hồ sơ giữ bản mà theo đó nó được nhận",
        seen_by="quản trị hệ thống",
        kept="không tự xóa",
        personal={"made_by": Personal("người sửa")},
        other="id procedure number name content made_at",
    ),
    Table(
        "procedures.CatalogueUpload",
        whose="quản trị hệ thống",
        purpose="giữ tệp danh mục từ lúc tải lên đến lúc xác nhận nhập",
        seen_by="quản trị hệ thống đã tải lên",
        kept="đến khi xác nhận, hoặc đến lần tải lên sau",
        personal={"made_by": Personal("người tải lên")},
        other="id made_at content",
    ),
    Table("procedures.Offer", other="id office procedure is_offered takes_online handling_office time_limit"),
    Table(
        "procedures.RequiredDocument",
        other="id procedure case position name kind originals copies is_required when form",
    ),
    Table(
        "verification.LineRow",
        other="name failed_at opened_at next_probe_at paused_until seconds answered_at watched_at",
    ),
)

_OUTSIDE: Final = (
    (
        "Câu hỏi gửi CSDLQG về dân cư",
        "họ tên, số, ngày sinh đã khai; mã cán bộ, cơ quan, thủ tục. Không lưu lại: chỉ giữ mã yêu cầu, kết quả và hai "
        "vết SHA-256 của lần trao đổi (câu hỏi, câu trả lời).",
    ),
    (
        "Tệp giấy tờ và ảnh xem trước (MOTCUA_STATE/papers, hoặc kho S3_BUCKET)",
        "nội dung tệp không được phần mềm mã hóa; ổ đĩa, kho và bản sao lưu phải được mã hóa, kho phải đặt trong nước. "
        "Nơi có máy quét mã độc (CLAMD_ADDRESS), máy quét được xem nội dung từng tệp một lần và không giữ lại.",
    ),
    (
        "Danh sách lượt tra cứu in ở quầy",
        "các lượt về một người, số đã che, không có tên cán bộ; chỉ in khi CSDLQG về dân cư xác nhận đúng người, giao "
        "cho chính người đó.",
    ),
    ("Nhật ký kỹ thuật (stderr)", "họ tên, số và ngày sinh bị che trước khi ghi."),
    (
        "Khóa (MOTCUA_STATE/secret.key, sealing.keys)",
        "nằm ngoài cơ sở dữ liệu; đổi khóa: docs/operations.md, “Keys and their rotation”.",
    ),
)


def page() -> str:
    """Return the text of ``docs/processing.md``."""
    lines = [
        "# Hồ sơ xử lý dữ liệu cá nhân",
        "",
        "Trang này do `motcua configuration` viết từ `src/motcua/config/processing.py`; xin đừng sửa tay. Khi một bảng "
        "có trường mới mà chưa được khai báo ở đó, bộ kiểm thử sẽ báo lỗi.",
        "",
        "Dữ liệu lấy từ CSDLQG về dân cư chỉ có ở hai nơi: bản ghi chờ (mã hóa, xóa khi dùng hoặc sau 30 phút) và bản "
        "chụp thông tin người nộp trong chính hồ sơ đó. Với dịch vụ mặc định (037), CSDLQG về dân cư trả về cả bản ghi "
        "mỗi lần được hỏi. Chỉ khi tiếp nhận tại quầy, bản ghi ấy mới được dùng để điền hồ sơ; khi đăng ký, nộp trực "
        "tuyến, kiểm tra lại và tra cứu ngoài hồ sơ, hệ thống đối chiếu trong bộ nhớ rồi bỏ bản ghi, không lưu, và các "
        "trang chỉ nhận kết quả đúng hay không đúng.",
        "",
        "Họ tên, số và ngày sinh không có ở dạng rõ trong cơ sở dữ liệu. Tìm theo số và theo tiếng của họ tên bằng "
        "giá trị băm có khóa. Lệnh `motcua retention --dry-run` cho biết hôm nay sẽ xóa bao nhiêu.",
    ]
    with_persons = [table for table in TABLES if table.personal]
    for app, tables in groupby(with_persons, key=lambda table: table.model.partition(".")[0]):
        lines += ["", f"## `{app}`"]
        for table in tables:
            lines += [
                "",
                f"### `{table.model}`",
                "",
                f"- Của ai: {table.whose}",
                f"- Mục đích: {table.purpose}",
                f"- Ai xem được: {table.seen_by}",
                f"- Thời hạn: {table.kept}",
                "",
                "| trường | dữ liệu | loại | bảo vệ |",
                "|---|---|---|---|",
                *(
                    f"| `{name}` | {about.what} | {about.category} | {about.protection} |"
                    for name, about in table.personal.items()
                ),
            ]
    lines += ["", "## Ngoài cơ sở dữ liệu", "", "| nơi | dữ liệu |", "|---|---|"]
    lines += [f"| {place} | {what} |" for place, what in _OUTSIDE]
    lines += ["", "## Bảng không có dữ liệu cá nhân", ""]
    lines += [f"- `{table.model}`" for table in TABLES if not table.personal]
    return "\n".join(lines) + "\n"
