"""How often names, peoples and homes occur, for believable people: rough shares, weighted by sex and region.

Shares of surnames, of three and four syllables and the commonest given names follow published tables of names;
the rest is our own estimate. Combinations are drawn by chance: nobody real is meant.
"""

from typing import Final

Weighted = dict[str, float]

# Region of each province (code of July 2025) and its share of people, in tenths of a million.
PROVINCES: Final[dict[str, dict[str, float]]] = {
    "north": {"01": 88, "22": 15, "24": 36, "31": 90, "33": 36, "37": 44},
    "mountain": {"04": 6, "08": 19, "11": 7, "12": 5, "14": 14, "15": 18, "19": 18, "20": 9, "25": 40},
    "central": {"38": 43, "40": 38, "42": 16, "44": 19, "46": 14, "48": 31, "51": 22, "56": 22},
    "highlands": {"52": 36, "66": 33, "68": 39},
    "south": {"75": 45, "79": 140, "80": 33, "82": 44, "86": 43, "91": 50, "92": 42, "96": 26},
}
# Provinces before July 2025 in the same regions.
PROVINCES_BEFORE: Final[dict[str, tuple[str, ...]]] = {
    "north": ("01", "22", "24", "26", "27", "30", "31", "33", "34", "35", "36", "37"),
    "mountain": ("02", "04", "06", "08", "10", "11", "12", "14", "15", "17", "19", "20", "25"),
    "central": ("38", "40", "42", "44", "45", "46", "48", "49", "51", "56", "58"),
    "highlands": ("52", "54", "60", "62", "64", "66", "67", "68"),
    "south": (
        "70", "72", "74", "75", "77", "79", "80", "82", "83", "84", "86", "87", "89", "91", "92", "93", "94",
        "95", "96",
    ),
}  # fmt: skip

_EVERYWHERE: Final[Weighted] = {
    "Phan": 4.5, "Đặng": 2.3, "Bùi": 2.2, "Đỗ": 1.6, "Hồ": 1.5, "Ngô": 1.4, "Dương": 1.2, "Lý": 0.6, "Đinh": 0.9,
    "Trịnh": 0.6, "Trương": 1.2, "Đoàn": 0.8, "Lương": 0.7, "Mai": 0.7, "Tạ": 0.4, "Cao": 0.6, "Hà": 0.5, "Lưu": 0.4,
    "Đào": 0.6, "Thái": 0.3, "Tô": 0.3, "Phùng": 0.3, "Châu": 0.2, "Quách": 0.2, "La": 0.1, "Âu": 0.05,
}  # fmt: skip
SURNAMES: Final[dict[str, Weighted]] = {
    "north": {"Nguyễn": 39, "Trần": 10, "Lê": 8, "Phạm": 8, "Hoàng": 4.5, "Vũ": 5.5, **_EVERYWHERE},
    "mountain": {"Nguyễn": 33, "Trần": 8, "Lê": 7, "Phạm": 7, "Hoàng": 7, "Vũ": 4, **_EVERYWHERE},
    "central": {
        "Nguyễn": 37,
        "Trần": 10,
        "Lê": 12,
        "Phạm": 5,
        "Hoàng": 3,
        "Võ": 4,
        "Huỳnh": 3,
        **_EVERYWHERE,
    },
    "highlands": {
        "Nguyễn": 30,
        "Trần": 9,
        "Lê": 9,
        "Phạm": 6,
        "Hoàng": 3,
        "Võ": 3,
        "Huỳnh": 3,
        **_EVERYWHERE,
    },
    "south": {"Nguyễn": 36, "Trần": 11, "Lê": 9, "Phạm": 6, "Võ": 5, "Huỳnh": 6, **_EVERYWHERE},
}
GIVEN: Final[dict[str, Weighted]] = {
    "1": {
        "Tuấn": 5, "Hoàng": 4.5, "Huy": 4.5, "Anh": 4, "Hiếu": 4, "Hùng": 3.8, "Nam": 3.6, "Sơn": 3.4, "Đức": 3.4,
        "Dũng": 3.3, "Minh": 3, "Long": 2.6, "Hải": 2.6, "Thắng": 2.4, "Cường": 2.4, "Trung": 2.3, "Tùng": 2.1,
        "Khánh": 2, "Quân": 2, "Bình": 2, "Phúc": 2, "Tú": 1.8, "Kiên": 1.7, "Thành": 2.5, "Đạt": 2, "Tiến": 1.9,
        "Mạnh": 1.7, "Quang": 1.8, "Việt": 1.5, "Hòa": 1.2, "Lâm": 1.3, "Phong": 1.6, "Vinh": 1.4, "Thịnh": 1.3,
        "Khoa": 1.3, "Bảo": 1.4, "Toàn": 1.2, "Tài": 1.2, "Lộc": 1, "Nghĩa": 1, "Thuý": 0.05, "Đông": 0.6, "Chiến": 0.7,
        "Giang": 0.8, "Hậu": 0.7, "Khôi": 0.8, "Lợi": 0.6, "Nhân": 0.8, "Quý": 0.8, "Sáng": 0.4, "Thuỷ": 0.1, "Út": 0.2,
    },
    "2": {
        "Trang": 5, "Thảo": 4.5, "Linh": 4.5, "Anh": 4.2, "Phương": 4, "Hằng": 3.6, "Huyền": 3.5, "Hiền": 3.3,
        "Hương": 3.3, "Ngọc": 3.2, "Hà": 3, "Lan": 2.6, "Mai": 2.6, "Thu": 2.4, "Nhung": 2.2, "Hoa": 2.2, "Nga": 2.1,
        "Yến": 2.1, "Thủy": 1.4, "Thuỷ": 0.8, "Thúy": 1.2, "Thuý": 0.7, "Vân": 2, "Dung": 1.9, "Oanh": 1.5, "Loan": 1.6,
        "Tuyết": 1.4, "Quỳnh": 2, "My": 1.8, "Nhi": 1.8, "Hân": 1.2, "Châu": 1.1, "Liên": 1.3, "Bích": 0.9, "Hoà": 0.4,
        "Hòa": 0.8, "Xuân": 0.9, "Đào": 0.6, "Cúc": 0.6, "Lý": 0.4, "Thắm": 0.7, "Thơm": 0.5, "Ngân": 1.5, "Trâm": 1.2,
        "Vy": 1.2, "Diệp": 0.7, "Giang": 0.9, "Hạnh": 1.6, "Kiều": 0.5, "Nguyệt": 0.8, "Sen": 0.3, "Út": 0.2,
    },
}  # fmt: skip
MIDDLE: Final[dict[str, Weighted]] = {
    "1": {
        "Văn": 40, "Đình": 5, "Quang": 5, "Minh": 6, "Đức": 6, "Hữu": 5, "Công": 3, "Xuân": 4, "Ngọc": 4, "Trọng": 3,
        "Quốc": 4, "Thanh": 4, "Hoàng": 4, "Anh": 3, "Gia": 2, "Bá": 2, "Duy": 4, "Khắc": 1, "Như": 0.3, "Đăng": 1,
    },
    "2": {
        "Thị": 55, "Ngọc": 7, "Thanh": 6, "Thu": 6, "Phương": 4, "Minh": 4, "Kim": 4, "Hồng": 4, "Khánh": 2, "Diệu": 2,
        "Quỳnh": 2, "Mỹ": 2, "Bảo": 2, "Như": 1, "Tuyết": 1, "Hoài": 1, "Gia": 1,
    },
}  # fmt: skip
SYLLABLES: Final[dict[str, dict[int, float]]] = {"1": {2: 1, 3: 73, 4: 26}, "2": {2: 0.5, 3: 34.5, 4: 65}}

# Peoples other than the Kinh: code, region, share of the region's households, and how they are named:
# surnames like everybody's, or a form of the highlands.
PEOPLES: Final[dict[str, dict[str, float]]] = {
    "north": {"01": 97, "06": 1, "02": 1, "14": 0.5, "09": 0.5},
    "mountain": {"01": 52, "02": 13, "03": 9, "06": 9, "07": 7, "08": 6, "09": 4},
    "central": {"01": 92, "03": 3, "06": 3, "17": 1, "26": 1},
    "highlands": {"01": 66, "12": 11, "10": 12, "13": 6, "16": 5},
    "south": {"01": 93, "05": 5.5, "04": 1, "17": 0.5},
}
SURNAMES_OF_PEOPLES: Final[dict[str, Weighted]] = {
    "02": {"Nông": 3, "Hoàng": 3, "Lý": 2, "Triệu": 1, "Bế": 1, "Ma": 2, "Hà": 1, "Nguyễn": 1},
    "03": {"Lò": 4, "Quàng": 2, "Cà": 1, "Lường": 2, "Tòng": 1, "Vi": 2, "Lô": 1},
    "04": {"Trần": 2, "Lâm": 3, "Quách": 2, "Lý": 2, "Châu": 1, "Huỳnh": 1},
    "05": {"Thạch": 4, "Sơn": 3, "Kim": 3, "Danh": 3, "Châu": 1, "Lâm": 1},
    "06": {"Bùi": 5, "Đinh": 3, "Quách": 2, "Hà": 1, "Nguyễn": 1},
    "07": {"Nông": 3, "Hoàng": 2, "Lương": 1, "Mông": 1, "Vi": 1, "Hứa": 1},
    "08": {"Giàng": 4, "Sùng": 3, "Vàng": 3, "Thào": 2, "Mùa": 2, "Lý": 2, "Hạng": 1},
    "09": {"Bàn": 3, "Triệu": 3, "Đặng": 3, "Lý": 2, "Phùng": 1, "Tẩn": 2},
    "14": {"Trương": 2, "Tống": 1, "Từ": 1, "Diệp": 1},
    "16": {"Kơ Să": 1, "Cil": 2, "Lơ Mu": 1, "K'": 3},
    "17": {"Bá": 2, "Đàng": 2, "Quảng": 1, "Thạch": 1, "Lưu": 1},
    "26": {"Alăng": 2, "Zơrâm": 1, "Bríu": 2, "Arất": 1, "Hốih": 1},
    "10": {"Ksor": 3, "Rơ Châm": 3, "Siu": 3, "Kpă": 2, "Rah Lan": 2, "Nay": 1},
    "12": {"Niê": 3, "Mlô": 2, "Êban": 2, "Niê Kđăm": 2, "Byă": 1, "Ayŭn": 1},
    "13": {"Đinh": 5},
}
HIGHLAND_GIVEN: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "08": {
        "1": ("A Pó", "A Sình", "Seo Lử", "A Dơ", "Mí Chá"),
        "2": ("Thị Mỷ", "Thị Dợ", "Thị Pà", "Thị Say"),
    },
    "10": {"1": ("Thit", "Blơ", "Hyin", "Tuin", "Phớt"), "2": ("H'Blêm", "H'Nhan", "H'Yuê", "H'Lai")},
    "12": {"1": ("Y-Thim", "Y Bhem", "Y-Lanh", "Y Wơn"), "2": ("H'Mai", "H'Bia", "H'Lan", "H'Nga", "H Juel")},
    "13": {"1": ("Blưn", "Yơn", "A Bríp", "Hmrơi"), "2": ("Y Blưi", "Y Hơn", "Thị Hlưn")},
    "16": {"1": ("Brếu", "Ha Sinh", "Póh"), "2": ("Ka Thuý", "Ka Rin", "Mỹ Duyên")},
    "26": {"1": ("Bốn", "Nhất", "Tức"), "2": ("Thị Bhi", "Thị Treng")},
}
"""The Ê-đê put the clan last, all others first."""
CLAN_LAST: Final = frozenset({"12"})

RELIGIONS: Final[dict[str, Weighted]] = {
    "north": {"00": 88, "01": 7, "02": 5},
    "mountain": {"00": 90, "01": 3, "02": 4, "08": 3},
    "central": {"00": 84, "01": 9, "02": 7},
    "highlands": {"00": 66, "01": 10, "02": 13, "08": 11},
    "south": {"00": 72, "01": 13, "02": 7, "03": 4, "05": 3, "04": 1},
}
BLOOD_GROUPS: Final[Weighted] = {"00": 72, "01": 6, "02": 8, "03": 2, "04": 12}
HOMES: Final[dict[str, tuple[str, ...]]] = {
    "north": (
        "Thôn Mẫu {n}",
        "Số {m} phố Thử Nghiệm",
        "Số {m} ngõ {n} phố Giả Định",
        "Tổ dân phố số {n}",
        "Khu Mẫu {n}",
    ),
    "mountain": ("Bản Mẫu {n}", "Thôn Mẫu {n}", "Xóm Mẫu {n}", "Số {m} đường Thử Nghiệm", "Tổ {n}"),
    "central": ("Thôn Mẫu {n}", "Xóm {n}", "Số {m} đường Thử Nghiệm", "K{m}/{n} đường Giả Định", "Tổ {n}"),
    "highlands": ("Buôn Mẫu {n}", "Thôn {n}", "Làng Mẫu {n}", "Số {m} đường Thử Nghiệm"),
    "south": ("Ấp Mẫu {n}", "Số {m} đường Thử Nghiệm", "Số {m}/{n} đường Giả Định", "Khu phố {n}", "Ấp {n}"),
}
