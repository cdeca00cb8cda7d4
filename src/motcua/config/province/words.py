"""What the people of the demo write: results, reasons, notes and opinions. Nobody here exists."""

from __future__ import annotations

from typing import Final

# Code of the procedure: how often it comes among a hundred everyday dossiers, and what comes out.
EVERYDAY: Final[dict[str, tuple[int, str]]] = {
    "2.000815": (21, "Đã chứng thực bản sao từ bản chính, số chứng thực {n}/{y}."),
    "2.000884": (8, "Đã chứng thực chữ ký, số chứng thực {n}/{y}."),
    "2.000908": (2, "Đã cấp bản sao từ sổ gốc, số {n}/{y}."),
    "2.000635": (8, "Đã cấp bản sao trích lục hộ tịch số {n}/{y}."),
    "1.001193": (6, "Đã đăng ký khai sinh, Giấy khai sinh số {n}/{y}."),
    "1.000894": (4, "Đã đăng ký kết hôn, Giấy chứng nhận kết hôn số {n}/{y}."),
    "1.000656": (2, "Đã đăng ký khai tử, Trích lục khai tử số {n}/{y}."),
    "1.004873": (6, "Đã cấp Giấy xác nhận tình trạng hôn nhân số {n}/{y}."),
    "1.004859": (2, "Đã cải chính hộ tịch, Trích lục số {n}/{y}."),
    "2.002516": (1, "Đã cấp văn bản xác nhận thông tin hộ tịch số {n}/{y}."),
    "1.001022": (1, "Đã đăng ký nhận cha, mẹ, con, Trích lục số {n}/{y}."),
    "1.004837": (1, "Đã đăng ký giám hộ, Trích lục số {n}/{y}."),
    "1.004222": (5, "Đã đăng ký thường trú, thông báo số {n}/{y}."),
    "1.004194": (6, "Đã đăng ký tạm trú, thông báo số {n}/{y}."),
    "1.010041": (4, "Đã cấp Giấy xác nhận thông tin về cư trú (CT07) số {n}/{y}."),
    "1.010038": (1, "Đã tách hộ, thông báo số {n}/{y}."),
    "1.012564": (1, "Đã điều chỉnh thông tin theo đề nghị, thông báo số {n}/{y}."),
    "1.012566": (1, "Đã cấp giấy xác nhận số CMND 9 số, số {n}/{y}."),
    "1.001612": (6, "Đã cấp Giấy chứng nhận đăng ký hộ kinh doanh số 23A80{n}."),
    "2.000720": (2, "Đã cấp Giấy chứng nhận đăng ký hộ kinh doanh thay đổi lần 1, số 23A80{n}."),
    "1.001266": (1, "Đã ghi nhận hộ kinh doanh chấm dứt hoạt động, thông báo số {n}/{y}."),
    "1.012783": (2, "Đã cấp đổi giấy chứng nhận quyền sử dụng đất, số vào sổ CH{n}."),
    "1.012784": (1, "Đã tách thửa, hai giấy chứng nhận mới, số vào sổ CH{n}."),
    "1.013831": (2, "Đã xác nhận biến động chuyển quyền, số vào sổ CH{n}."),
    "1.013225": (2, "Đã cấp Giấy phép xây dựng số {n}/GPXD."),
    "1.013227": (1, "Đã gia hạn Giấy phép xây dựng số {n}/GPXD."),
    "1.013274": (2, "Đã cấp phép sử dụng tạm thời vỉa hè số {n}/GP."),
}
_ANY_RESULT: Final = "Đã giải quyết, văn bản số {n}/{y}."
CERTIFIED: Final = frozenset({"2.000815", "2.000884"})

BABIES: Final = {
    "male": ("Gia Bảo", "Minh Khang", "Đức Anh", "Nhật Minh", "Hoàng Phúc"),
    "female": ("Bảo Ngọc", "Khánh An", "Thùy Dương", "Minh Châu", "Tuệ Nhi"),
}
NOTES: Final = (
    "Chuyển phòng chuyên môn giải quyết theo quy định.",
    "Hồ sơ đủ thành phần, đề nghị xem xét giải quyết.",
    "Công dân có hẹn lấy sớm, nhờ đồng chí xem trước.",
    "",
    "",
)
TO_SIGN: Final = "Trình lãnh đạo ký."
TO_HAND_OUT: Final = "Đã có kết quả, chuyển quầy trả công dân."
FOR_PAPERS: Final = (
    (
        "Giấy tờ chứng minh chỗ ở hợp pháp",
        "Bản sao kèm bản chính để đối chiếu",
        "Hồ sơ chưa có giấy tờ chứng minh chỗ ở hợp pháp. Đề nghị ông/bà bổ sung để có căn cứ giải quyết.",
    ),
    (
        "Bản vẽ mặt bằng vị trí, tỷ lệ 1/200",
        "Có chữ ký của người lập",
        "Bản vẽ kèm theo chưa thể hiện ranh giới thửa đất. Đề nghị ông/bà nộp lại bản vẽ đã chỉnh sửa.",
    ),
    (
        "Hợp đồng thuê địa điểm kinh doanh",
        "Còn hiệu lực",
        "Địa điểm kinh doanh ghi trong đơn là nhà thuê nhưng chưa có hợp đồng. Đề nghị ông/bà bổ sung.",
    ),
    (
        "Giấy xác nhận tình trạng hôn nhân",
        "Cấp trong vòng 6 tháng",
        "Giấy xác nhận đã nộp quá thời hạn sử dụng. Đề nghị ông/bà nộp bản mới.",
    ),
)
NOT_OURS: Final = (
    "Hồ sơ thuộc thẩm quyền của cơ quan cấp tỉnh. "
    "Đề nghị ông/bà nộp tại Trung tâm Phục vụ hành chính công của tỉnh."
)
NO_GROUNDS: Final = "Thửa đất đang có tranh chấp đã được Tòa án thụ lý nên chưa đủ điều kiện tiếp nhận hồ sơ."
STOPS: Final = (
    "Công dân không bổ sung giấy tờ trong thời hạn đã thông báo.",
    "Phát hiện hồ sơ trùng với hồ sơ khác đang được giải quyết; dừng theo đề nghị của người nộp.",
)
WITHDRAWALS: Final = (
    "Tôi nhập nhầm thông tin, xin rút để nộp lại.",
    "Gia đình thay đổi kế hoạch nên tôi xin rút hồ sơ.",
)
FEES: Final = (
    (120_000, "Phí thẩm định bản vẽ kèm theo hồ sơ."),
    (50_000, "Lệ phí cấp giấy chứng nhận, tính theo mức thu của Hội đồng nhân dân tỉnh."),
    (200_000, "Phí sử dụng tạm thời vỉa hè cho 20 ngày."),
)
POOR: Final = "Đã xem giấy chứng nhận hộ nghèo năm 2026."
APOLOGY: Final = (
    "Cần lấy ý kiến của cơ quan thuế về nghĩa vụ tài chính của thửa đất, chưa có trả lời. "
    "Chúng tôi xin lỗi ông/bà về sự chậm trễ này."
)
DECLINED: Final = "Thiếu bản chính giấy phép đã cấp, đề nghị quầy liên hệ công dân rồi chuyển lại."
REOPENED: Final = "Kết quả ghi sai tên đường, cần in lại trước khi trả công dân."
NOT_GRANTED: Final = "Không đủ điều kiện cấp phép: vị trí đề nghị nằm trong hành lang an toàn giao thông."
LOOKED_UP: Final = "Công dân hỏi vì sao tài khoản không nộp được hồ sơ, nhờ kiểm tra thông tin đã khai."
OBJECTION: Final = "Hôm đó tôi không đến phường. Nhờ cơ quan cho biết vì sao tra cứu thông tin của tôi."

# Points, and what somebody wrote beside them.
OPINIONS: Final = (
    (2, "Cán bộ hướng dẫn rất tận tình, trả kết quả trước hẹn. Cảm ơn phường."),
    (2, "Nộp ở nhà, nhận kết quả qua mạng, không phải đi lại lần nào."),
    (2, ""),
    (2, "Nhanh gọn."),
    (1, "Được việc nhưng phải chờ ở quầy hơi lâu vào buổi sáng thứ Hai."),
    (1, ""),
    (0, "Hẹn lại một lần mà không ai gọi báo trước."),
)


def result_of(code: str, number: int, year: int) -> str:
    """Return what came out of a procedure, in words."""
    return EVERYDAY.get(code, (0, _ANY_RESULT))[1].format(n=number, y=year)
