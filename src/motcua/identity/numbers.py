"""Identity numbers: the personal number (12 digits, on the CCCD and the căn cước) and the old card number
(CMND, 9 digits).

The twelve digits are `PPP G YY SSSSSS`: where the birth was registered, century and sex, two digits of the
year, a serial. There is no check digit, so nothing here is a reason to refuse a number: see
`claims.contradictions`. Source: NĐ 137/2015 Art. 13, TT 07/2016/TT-BCA, Luật Căn cước 2023 Art. 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LONGEST_TEXT: Final = 60
# What nobody sees and what comes along with copied digits; marks that turn them round are left, and refused.
UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202d\u2060\u2066\u2068\u2069\ufeff"
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_BETWEEN_DIGITS: Final = re.compile(rf"[\s.{UNSEEN}\u2010-\u2015．－-]+")
_DIGITS: Final = re.compile(r"[0-9]+")

# Codes of the place where a birth was registered. Numbers keep them when provinces merge.
PROVINCES: Final = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "006": "Bắc Kạn",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "011": "Điện Biên",
    "012": "Lai Châu",
    "014": "Sơn La",
    "015": "Yên Bái",
    "017": "Hòa Bình",
    "019": "Thái Nguyên",
    "020": "Lạng Sơn",
    "022": "Quảng Ninh",
    "024": "Bắc Giang",
    "025": "Phú Thọ",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "034": "Thái Bình",
    "035": "Hà Nam",
    "036": "Nam Định",
    "037": "Ninh Bình",
    "038": "Thanh Hóa",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "044": "Quảng Bình",
    "045": "Quảng Trị",
    "046": "Thừa Thiên Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "051": "Quảng Ngãi",
    "052": "Bình Định",
    "054": "Phú Yên",
    "056": "Khánh Hòa",
    "058": "Ninh Thuận",
    "060": "Bình Thuận",
    "062": "Kon Tum",
    "064": "Gia Lai",
    "066": "Đắk Lắk",
    "067": "Đắk Nông",
    "068": "Lâm Đồng",
    "070": "Bình Phước",
    "072": "Tây Ninh",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa - Vũng Tàu",
    "079": "Thành phố Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "083": "Bến Tre",
    "084": "Trà Vinh",
    "086": "Vĩnh Long",
    "087": "Đồng Tháp",
    "089": "An Giang",
    "091": "Kiên Giang",
    "092": "Cần Thơ",
    "093": "Hậu Giang",
    "094": "Sóc Trăng",
    "095": "Bạc Liêu",
    "096": "Cà Mau",
}


class NumberRefused(ValueError):
    """A text that is no identity number; `reason` is one of "empty", "shape" (not only digits), "length" (not
    9 or 12).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"identity number refused: {reason}")
        self.reason = reason


class Sex(StrEnum):
    """Sex as the register keeps it."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """Twelve digits (personal number) or nine (old card number). Raises NumberRefused for anything else."""

    digits: str

    def __post_init__(self) -> None:
        if not _DIGITS.fullmatch(self.digits):
            raise NumberRefused("shape" if self.digits else "empty")
        if len(self.digits) not in (9, 12):
            raise NumberRefused("length")

    def __repr__(self) -> str:
        return f"IdNumber({self.masked})"

    @property
    def is_personal_number(self) -> bool:
        """Whether this is the 12-digit personal number, not an old card number."""
        return len(self.digits) == 12

    @property
    def masked(self) -> str:
        """The number as it may be shown to others: "999******001"."""
        return mask(self.digits)


@dataclass(frozen=True, slots=True, repr=False)
class NumberReading:
    """What the twelve digits say.

    `century` is 19 for the years 1900 to 1999; `province` is None for a code that no province has.
    """

    province_code: str
    province: str | None
    sex: Sex
    century: int
    birth_year: int

    def __repr__(self) -> str:
        return "NumberReading(…)"


def parse_number(text: str) -> IdNumber:
    """Read a typed number: blanks, dots and hyphens between the digits go, full-width digits count as digits.

    Raises NumberRefused: "empty", "shape" for anything but digits, "length" for other than 9 or 12 of them.
    """
    if len(text) > _LONGEST_TEXT:
        raise NumberRefused("length")
    return IdNumber(_BETWEEN_DIGITS.sub("", text.translate(_FULL_WIDTH)))


def mask(digits: str) -> str:
    """Return a number fit for other eyes: the first and last three of 12 digits, the first and last two of 9.

    Anything else, whatever it is, becomes stars only.
    """
    if not _DIGITS.fullmatch(digits) or len(digits) not in (9, 12):
        return "*" * min(len(digits), 12)
    shown = 3 if len(digits) == 12 else 2
    return digits[:shown] + "*" * (len(digits) - 2 * shown) + digits[-shown:]


def read_number(number: IdNumber) -> NumberReading | None:
    """Say what the digits of a personal number tell; None for an old card number, which tells nothing sure."""
    if not number.is_personal_number:
        return None
    province_code, century_and_sex, year = number.digits[:3], int(number.digits[3]), int(number.digits[4:6])
    century = 19 + century_and_sex // 2
    return NumberReading(
        province_code=province_code,
        province=PROVINCES.get(province_code),
        sex=Sex.FEMALE if century_and_sex % 2 else Sex.MALE,
        century=century,
        birth_year=century * 100 + year,
    )
