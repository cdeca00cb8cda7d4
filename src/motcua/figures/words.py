"""What every number is called and means, once: for the page, for the files, and for who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.figures.counting import Point


@dataclass(frozen=True, slots=True)
class Number:
    """One number: the attribute that holds it, its heading, and what it means in one line."""

    name: str
    heading: Promise
    meaning: Promise


# Of ``Flow``: what there was to do, and what became of it; both sides have the same sum.
TAKEN_ON: Final = (
    Number("carried", _("Tồn đầu kỳ"), _("Đã tiếp nhận trước kỳ, đến đầu kỳ chưa có kết quả và chưa kết thúc.")),
    Number("received", _("Tiếp nhận"), _("Được tiếp nhận trong kỳ, tính theo lần tiếp nhận đầu tiên.")),
)  # fmt: skip
FINISHED: Final = (
    Number("early", _("Trước hạn"), _("Có kết quả trước ngày hẹn trả; chưa hẹn lại lần nào.")),
    Number("on_day", _("Đúng hạn"), _("Có kết quả trong ngày hẹn trả, không quá giờ hẹn; chưa hẹn lại lần nào.")),
    Number("late", _("Trễ hạn"), _("Có kết quả sau giờ hẹn trả; chưa hẹn lại lần nào.")),
    Number("kept_new", _("Hẹn lại, kịp"), _("Đã xin lỗi, hẹn lại; có kết quả kịp ngày hẹn mới.")),
    Number("late_new", _("Hẹn lại, trễ"), _("Đã xin lỗi, hẹn lại; có kết quả sau cả ngày hẹn mới.")),
    Number("untimed", _("Có kết quả, không hạn"), _("Có kết quả; thủ tục không quy định thời hạn.")),
)  # fmt: skip
ENDED: Final = (
    Number("withdrawn", _("Rút"), _("Công dân rút sau khi đã tiếp nhận.")),
    Number("stopped", _("Dừng"), _("Cơ quan dừng giải quyết.")),
)
OPEN: Final = (
    Number("in_time", _("Trong hạn"), _("Cuối kỳ (kỳ chưa hết thì lúc xem) chưa có kết quả, chưa quá giờ hẹn.")),
    Number("overdue", _("Quá hạn"), _("Cuối kỳ (kỳ chưa hết thì lúc xem) chưa có kết quả, đã quá giờ hẹn.")),
    Number("paused", _("Tạm dừng"), _("Thời hạn tạm dừng: chờ công dân bổ sung giấy tờ hoặc nộp phí, lệ phí.")),
    Number("open_untimed", _("Đang xử lý, không hạn"), _("Chưa có kết quả; không quy định thời hạn.")),
)  # fmt: skip
BALANCE: Final = (*TAKEN_ON, *FINISHED, *ENDED, *OPEN)
OF_THESE: Final = (
    Number(
        "first_kept",
        _("Hẹn lại mà vẫn kịp hẹn đầu"),
        _("Trong số hẹn lại: có kết quả kịp cả ngày hẹn đầu tiên."),
    ),
    Number("extended", _("Đã hẹn lại, đang giải quyết"), _("Trong số đang giải quyết: đã xin lỗi, hẹn lại.")),
)
KEPT_SHARE: Final = Number(
    "kept_share",
    _("Tỷ lệ kịp hẹn"),
    _("Kết quả kịp ngày hẹn sau cùng (trước hạn, đúng hạn, hẹn lại mà kịp) trên số có kết quả và có hạn."),
)
KEPT_FIRST_SHARE: Final = Number(
    "kept_first_share",
    _("Tỷ lệ kịp hẹn đầu"),
    _("Kết quả kịp ngày hẹn đầu tiên trên số có kết quả và có hạn; hẹn lại không làm đẹp tỷ lệ này."),
)
# Of ``Flow``, in the tables by office, procedure and channel: few enough for a screen, and they add up as well.
IN_TABLES: Final = (
    *TAKEN_ON,
    *FINISHED[:5],
    FINISHED[5],
    Number("ended", _("Rút, dừng"), _("Công dân rút hoặc cơ quan dừng giải quyết.")),
    *OPEN,
)
# Of ``Standings``.
TURNED_AWAY: Final = (
    Number("refused", _("Từ chối tiếp nhận"), _("Bị từ chối trong kỳ, chưa từng được tiếp nhận.")),
    Number("withdrawn_before", _("Rút trước khi tiếp nhận"), _("Công dân rút trong kỳ, chưa từng được tiếp nhận.")),
)  # fmt: skip
STANDING: Final = (
    Number("all", _("Số hồ sơ"), _("Đang ở trạng thái này lúc xem, như trong danh sách hồ sơ.")),
    Number("late", _("Quá hạn"), _("Thời hạn đang tính và đã quá giờ hẹn.")),
    Number("today", _("Đến hạn hôm nay"), _("Thời hạn đang tính, hẹn trả hôm nay và chưa quá giờ.")),
)
# Of ``DayOfChecks``.
CHECKS: Final = (
    Number("asked", _("Số lượt"), _("Câu hỏi gửi CSDLQG về dân cư hoặc chưa gửi được; bằng tổng các kết quả.")),
    Number("verified", _("Thành công"), _("Thông tin khớp.")),
    Number("rejected", _("Thất bại"), _("Thông tin chưa khớp.")),
    Number("unanswered", _("Chưa kiểm tra được"), _("CSDLQG về dân cư không trả lời, hoặc đường truyền gián đoạn.")),
    Number("unusable", _("Trả lời không dùng được"), _("Có câu trả lời nhưng không hợp lệ, không tin được.")),
    Number("not_allowed", _("Chưa được phép"), _("Thủ tục, cơ quan hoặc cán bộ chưa được phép tra cứu.")),
    Number("pending", _("Chưa rõ"), _("Đã gửi mà chưa rõ kết quả.")),
)  # fmt: skip
LIMITED: Final = Number(
    "limited",
    _("Bị tạm dừng"),
    _(
        "Lần bấm không được hỏi vì đã thử sai quá nhiều; không tính vào số lượt, không tách được theo thủ tục."
    ),
)
WITHOUT_ANSWER: Final = Number(
    "without_answer",
    _("Tỷ lệ không trả lời"),
    _("Chưa kiểm tra được trên số lượt: cao là CSDLQG về dân cư hoặc đường truyền có sự cố."),
)
RATINGS: Final = Number(
    "ratings", _("Số đánh giá"), _("Mỗi hồ sơ đã kết thúc được công dân đánh giá một lần.")
)
MEAN: Final = Number(
    "mean", _("Điểm"), _("Trung bình của mỗi tiêu chí, từ 0 đến 2 (TT 01/2018/TT-VPCP); không ai trả lời thì để trống.")
)  # fmt: skip
SATISFIED: Final = Number(
    "satisfied", _("Mức độ hài lòng"), _("Tổng điểm đạt được trên tổng điểm tối đa của các câu đã trả lời.")
)
GENERAL: Final = (
    _("Cơ quan là cơ quan tiếp nhận; chọn một cơ quan thì gồm cả các bộ phận trực thuộc."),
    _("Tồn đầu kỳ + tiếp nhận = có kết quả + rút, dừng + đang giải quyết."),
    _(
        "Số của kỳ đã qua tính theo hồ sơ như đang ghi: hồ sơ tạm dừng lúc cuối kỳ mà nay thời hạn đã chạy lại thì "
        "đếm là trong hạn; hồ sơ quá hạn lúc cuối kỳ mà sau đó thời hạn tính lại thì đếm theo hạn mới; kết quả được "
        "giải quyết lại thì chưa tính là có kết quả."
    ),
)


def span(point: Point) -> str:
    """Return a day, or the first and last day of a longer span: 02/11/2026, 02/11–08/11/2026, 28/12/2026–03/01/2027."""
    if point.first == point.last:
        return f"{point.first:%d/%m/%Y}"
    is_one_year = point.first.year == point.last.year
    return f"{point.first:{'%d/%m' if is_one_year else '%d/%m/%Y'}}–{point.last:%d/%m/%Y}"


def short_span(point: Point) -> str:
    """Return where a span begins, or a whole month: 02/11, T11/26."""
    is_month = (point.last - point.first).days > 6
    return f"{point.first:T%m/%y}" if is_month else f"{point.first:%d/%m}"


def rounded(value: float, places: int) -> Decimal:
    """Round as people and spreadsheets do: 6.25 to 6.3, 0.15 to 0.2."""
    return Decimal(repr(value)).quantize(Decimal(10) ** -places, ROUND_HALF_UP)


def percent(value: float | None) -> str:
    """Write a share: 97,5%; "—" where there is none."""
    return "—" if value is None else f"{rounded(value, 1)}%".replace(".", ",")


def mean(value: float | None) -> str:
    """Write points on average: 1,75; "—" where there are none."""
    return "—" if value is None else f"{rounded(value, 2)}".replace(".", ",")
