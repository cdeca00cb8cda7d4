"""The one table of what people are told outside the portal: each kind, and the words that it has to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """By which way somebody is told; a channel's value is the topic of its parcels."""

    EMAIL = "email", _("Thư điện tử")
    SMS = "sms", _("Tin nhắn SMS")


CODE: Final = "ma_ho_so"
OFFICE: Final = "co_quan"
DUE: Final = "han_tra"
LINK: Final = "duong_dan"
PHONE: Final = "dien_thoai"
# What may stand in a text beside fixed words. Only the code leads to a person, and only those who may know. A
# procedure's name is not among them: "Đăng ký khai tử" on somebody's screen says more than a stranger should know.
PLACEHOLDERS: Final[dict[str, Promise]] = {
    CODE: _("mã hồ sơ"),
    OFFICE: _("tên cơ quan tiếp nhận"),
    DUE: _("ngày hẹn trả kết quả"),
    LINK: _("đường dẫn đến trang tra cứu hoặc trang thông báo"),
    PHONE: _("số điện thoại của cơ quan"),
}
_OF_A_DOSSIER: Final = (CODE, OFFICE, DUE, LINK, PHONE)
_OF_AN_ACCOUNT: Final = (LINK,)


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that people are told: its name, what may stand in its texts, and the texts to begin with.

    ``is_sms_sent``: whether an SMS goes out unless an administrator says otherwise. It costs money, so by itself it
    goes only where somebody must act, must come, or must know at once.
    """

    name: str
    label: Promise
    placeholders: tuple[str, ...]
    subject: str
    mail: str
    sms: str
    is_sms_sent: bool


KINDS: Final[dict[str, Kind]] = {}
_FAREWELL: Final = "Thư này được gửi tự động, vui lòng không trả lời."


def _kind(
    name: str,
    label: Promise,
    subject: str,
    mail: str,
    sms: str,
    *,
    is_sms_sent: bool = False,
    placeholders: tuple[str, ...] = _OF_A_DOSSIER,
) -> None:
    KINDS[name] = Kind(name, label, placeholders, subject, mail, sms, is_sms_sent)


_kind(
    "filed",
    _("Đã nộp hồ sơ"),
    "Đã nộp hồ sơ {ma_ho_so}",
    (
        "Hồ sơ {ma_ho_so} của ông/bà đã được gửi đến {co_quan} và đang chờ tiếp nhận.\n\nTheo dõi hồ sơ: {duong_dan}"
    ),
    "Đã nộp hồ sơ {ma_ho_so}. Tra cứu: {duong_dan}",
)
_kind(
    "received",
    _("Đã tiếp nhận hồ sơ"),
    "Đã tiếp nhận hồ sơ {ma_ho_so}",
    "{co_quan} đã tiếp nhận hồ sơ {ma_ho_so}.\nHẹn trả kết quả: {han_tra}.\n\nTheo dõi hồ sơ: {duong_dan}",
    "Đã tiếp nhận hồ sơ {ma_ho_so}. Hẹn trả kết quả: {han_tra}.",
    is_sms_sent=True,
)
_kind(
    "refused",
    _("Từ chối tiếp nhận hồ sơ"),
    "Hồ sơ {ma_ho_so} không được tiếp nhận",
    (
        "{co_quan} không tiếp nhận hồ sơ {ma_ho_so}. Vui lòng xem lý do ở trang hồ sơ hoặc liên hệ cơ quan.\n\n"
        "Tra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} không được tiếp nhận. Xem lý do: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "supplement_asked",
    _("Yêu cầu bổ sung giấy tờ"),
    "Hồ sơ {ma_ho_so} cần bổ sung giấy tờ",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} cần bổ sung giấy tờ. Vui lòng xem danh sách ở trang hồ sơ và nộp bổ sung; "
        "thời hạn giải quyết được tính lại từ khi bổ sung đủ.\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} cần bổ sung giấy tờ. Xem: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "supplement_taken",
    _("Đã nhận giấy tờ bổ sung"),
    "Đã nhận giấy tờ bổ sung của hồ sơ {ma_ho_so}",
    (
        "{co_quan} đã nhận đủ giấy tờ bổ sung của hồ sơ {ma_ho_so}.\nHẹn trả kết quả: {han_tra}.\n\n"
        "Theo dõi hồ sơ: {duong_dan}"
    ),
    "Đã nhận đủ giấy tờ bổ sung, hồ sơ {ma_ho_so}. Hẹn trả: {han_tra}.",
)
_kind(
    "fee_asked",
    _("Yêu cầu nộp phí, lệ phí"),
    "Hồ sơ {ma_ho_so} cần nộp phí, lệ phí",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} cần nộp phí, lệ phí để được giải quyết tiếp. Vui lòng xem số tiền và cách "
        "nộp ở trang hồ sơ. Cơ quan không yêu cầu chuyển tiền qua thư này.\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} cần nộp phí, lệ phí. Xem: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "fee_taken",
    _("Đã nhận phí, lệ phí"),
    "Đã nhận phí, lệ phí của hồ sơ {ma_ho_so}",
    (
        "Đã nhận phí, lệ phí của hồ sơ {ma_ho_so} nộp tại {co_quan}.\nHẹn trả kết quả: {han_tra}.\n\n"
        "Theo dõi hồ sơ: {duong_dan}"
    ),
    "Đã nhận phí, lệ phí của hồ sơ {ma_ho_so}. Hẹn trả: {han_tra}.",
)
_kind(
    "fee_waived",
    _("Miễn phí, lệ phí"),
    "Hồ sơ {ma_ho_so} được miễn phí, lệ phí",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} được miễn phí, lệ phí.\nHẹn trả kết quả: {han_tra}.\n\n"
        "Theo dõi hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} được miễn phí, lệ phí. Hẹn trả: {han_tra}.",
)
_kind(
    "withdrawn",
    _("Đã rút hồ sơ"),
    "Hồ sơ {ma_ho_so} đã được rút",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} đã được rút theo yêu cầu của ông/bà. Nếu ông/bà không yêu cầu, vui lòng "
        "báo cơ quan.\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} đã được rút theo yêu cầu của ông/bà.",
)
_kind(
    "stopped",
    _("Dừng giải quyết hồ sơ"),
    "Hồ sơ {ma_ho_so} đã dừng giải quyết",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} đã dừng giải quyết. Vui lòng xem lý do ở trang hồ sơ.\n\n"
        "Tra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} đã dừng giải quyết. Xem lý do: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "finished",
    _("Đã có kết quả"),
    "Hồ sơ {ma_ho_so} đã có kết quả",
    (
        "Hồ sơ {ma_ho_so} nộp tại {co_quan} đã có kết quả. Vui lòng xem cách nhận kết quả ở trang hồ sơ.\n\n"
        "Tra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so} đã có kết quả. Xem cách nhận: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "reopened",
    _("Kết quả được xem lại"),
    "Kết quả của hồ sơ {ma_ho_so} được xem lại",
    (
        "Kết quả của hồ sơ {ma_ho_so} nộp tại {co_quan} được xem lại trước khi trả. Vui lòng xem lý do ở trang hồ sơ."
        "\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Kết quả hồ sơ {ma_ho_so} được xem lại trước khi trả. Xem: {duong_dan}",
    is_sms_sent=True,
)
_kind(
    "handed_out",
    _("Đã trả kết quả"),
    "Đã trả kết quả của hồ sơ {ma_ho_so}",
    (
        "Kết quả của hồ sơ {ma_ho_so} nộp tại {co_quan} đã được trả. Nếu ông/bà chưa nhận, vui lòng báo cơ quan.\n\n"
        "Tra cứu hồ sơ: {duong_dan}"
    ),
    "Kết quả của hồ sơ {ma_ho_so} đã được trả.",
)
_kind(
    "extended",
    _("Xin lỗi và hẹn lại ngày trả"),
    "Hẹn lại ngày trả kết quả của hồ sơ {ma_ho_so}",
    (
        "{co_quan} xin lỗi ông/bà: hồ sơ {ma_ho_so} chưa có kết quả đúng ngày hẹn.\nHẹn trả kết quả mới: {han_tra}.\n"
        "Vui lòng xem lý do ở trang hồ sơ.\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Xin lỗi ông/bà: hồ sơ {ma_ho_so} chậm kết quả. Hẹn trả mới: {han_tra}.",
    is_sms_sent=True,
)
_kind(
    "identity_verified",
    _("Danh tính được xác thực sau"),
    "Hồ sơ {ma_ho_so}: danh tính đã được xác thực",
    (
        "Danh tính của người nộp hồ sơ {ma_ho_so} tại {co_quan} đã được xác thực. Ông/bà không cần làm gì thêm.\n\n"
        "Theo dõi hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so}: danh tính đã được xác thực.",
)
_kind(
    "identity_to_look_at",
    _("Danh tính cần xem lại"),
    "Hồ sơ {ma_ho_so}: vui lòng mang giấy tờ gốc đến cơ quan",
    (
        "Thông tin của người nộp hồ sơ {ma_ho_so} tại {co_quan} chưa khớp với Cơ sở dữ liệu quốc gia về dân cư. Vui "
        "lòng mang thẻ căn cước và giấy tờ gốc đến cơ quan để xem lại; hồ sơ vẫn được giữ. Nếu ông/bà không nộp hồ sơ "
        "này, vui lòng báo cơ quan."
        "\n\nTra cứu hồ sơ: {duong_dan}"
    ),
    "Hồ sơ {ma_ho_so}: vui lòng mang giấy tờ gốc đến cơ quan để xem lại.",
    is_sms_sent=True,
)
_kind(
    "registered_again",
    _("Có người đăng ký bằng thông tin của tài khoản"),
    "Có người vừa đăng ký bằng thông tin của ông/bà",
    (
        "Có người vừa đăng ký tài khoản trên cổng dịch vụ công bằng đúng thông tin của ông/bà. Tài khoản của ông/bà "
        "không thay đổi. Nếu không phải ông/bà, vui lòng báo bộ phận một cửa.\n\nXem thông báo: {duong_dan}"
    ),
    "Có người vừa đăng ký bằng thông tin của ông/bà. Xem: {duong_dan}",
    placeholders=_OF_AN_ACCOUNT,
)
_kind(
    "guessed_at",
    _("Có người dò thông tin của chủ tài khoản"),
    "Có người nhiều lần nhập sai thông tin của ông/bà",
    (
        "Có người đã nhiều lần nhập sai thông tin kèm số CCCD/CMND của ông/bà trên cổng dịch vụ công. Việc kiểm tra "
        "trực tuyến số này đang tạm dừng; bộ phận một cửa vẫn tiếp nhận hồ sơ. Nếu không phải ông/bà nhập, vui lòng "
        "báo bộ phận một cửa.\n\nXem thông báo: {duong_dan}"
    ),
    "Có người nhiều lần nhập sai thông tin của ông/bà. Xem: {duong_dan}",
    placeholders=_OF_AN_ACCOUNT,
)
_kind(
    "password_known",
    _("Mật khẩu đúng nhưng mã xác thực sai"),
    "Có người nhập đúng mật khẩu nhưng sai mã xác thực",
    (
        "Có người vừa nhập đúng mật khẩu của ông/bà nhưng sai mã xác thực hai bước. Nếu không phải ông/bà, vui lòng "
        "đổi mật khẩu ngay và báo quản trị hệ thống.\n\nTài khoản: {duong_dan}"
    ),
    "Có người nhập đúng mật khẩu của ông/bà. Nếu không phải ông/bà, vui lòng đổi: {duong_dan}",
    placeholders=_OF_AN_ACCOUNT,
)
_kind(
    "officer_stopped",
    _("Cán bộ của đơn vị bị tạm dừng kiểm tra"),
    "Một cán bộ của đơn vị đang tạm dừng kiểm tra danh tính",
    (
        "Một cán bộ của đơn vị đang tạm dừng kiểm tra danh tính vì nhiều lần xác thực thất bại liên tiếp. Vui lòng tìm "
        "hiểu, rồi mở lại nếu có lý do.\n\nTrang giám sát: {duong_dan}"
    ),
    "Một cán bộ đang tạm dừng kiểm tra danh tính. Xem: {duong_dan}",
    placeholders=_OF_AN_ACCOUNT,
)


def default_text(kind: Kind, channel: str) -> tuple[str, str]:
    """Return the subject, empty for an SMS, and the body that a kind begins with."""
    if channel == Channel.SMS:
        return "", kind.sms
    return kind.subject, f"{kind.mail}\n\n{_FAREWELL}"
