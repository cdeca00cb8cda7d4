"""Residences in codes, written out."""

from __future__ import annotations

import pytest

from motcua.dossiers.residence import compose
from motcua.identity.claims import Address
from tests.people import cast

OF_2025 = "Phường Hải Dương, Thành phố Hải Phòng"
BEFORE = "Phường Trần Hưng Đạo, Thành phố Hải Dương, Tỉnh Hải Dương"


def new(detail: str, commune: str = "10525") -> Address:
    """Return an address as it is since July 2025."""
    return Address("31", "", commune, detail, "VN")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (new("SỐ 1 PHỐ THỬ NGHIỆM"), f"Số 1 phố Thử Nghiệm, {OF_2025}"),
        (new("Số 1 phố Thử Nghiệm"), f"Số 1 phố Thử Nghiệm, {OF_2025}"),
        (new(""), OF_2025),
        (Address("31", "", "", "Thôn Mẫu", "VN"), "Thôn Mẫu, Thành phố Hải Phòng"),
        (Address("30", "288", "10525", "TỔ 5 KHU MẪU TÂY", "VN"), f"Tổ 5 khu Mẫu Tây, {BEFORE}"),
        (Address("30", "", "10525", "Tổ 5", "VN"), f"Tổ 5, {BEFORE}"),
        (Address("31", "288", "10525", "Tổ 5", "VN"), f"Tổ 5, {OF_2025}"),
        (new("SỐ 1 PHỐ THỬ NGHIỆM", "99902"), "Số 1 phố Thử Nghiệm, Thành phố Hải Phòng"),
        (Address("", "", "", "1 Rue Test", "FR"), "1 Rue Test, FR"),
        (Address("", "", "", "", ""), ""),
    ],
)
def test_names_of_units_follow_the_detail(address: Address, text: str) -> None:
    assert compose(address) == text


@pytest.mark.parametrize(
    "detail",
    [
        "Số 1, Phường Hải Dương, Thành phố Hải Phòng",
        "Số 1, P. Hải Dương, TP. Hải Phòng",
        "Số 1, Hải Dương, Hải Phòng",
        "Số 1 Phường Hải Dương Thành phố Hải Phòng",
        "Số 1 - PHƯỜNG HẢI DƯƠNG",
        "Số 1, phuong hai duong, tp hai phong,",
    ],
)
def test_a_unit_that_the_detail_names_is_not_said_twice(detail: str) -> None:
    assert compose(new(detail)) == f"Số 1, {OF_2025}"


def test_a_street_named_like_the_province_stays() -> None:
    assert compose(new("SỐ 5 ĐƯỜNG HẢI PHÒNG")) == f"Số 5 đường Hải Phòng, {OF_2025}"


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ("SỐ 24/3B NGÕ 3, KĐT MẪU II", "Số 24/3B ngõ 3, KĐT Mẫu II"),
        ("TỔ DÂN PHỐ SỐ 3", "Tổ dân phố số 3"),
        ("THÔN THUÝ HOÀ", "Thôn Thuý Hoà"),
        ("BUÔN KRÔNG BUK", "BUÔN KRÔNG BUK"),
        ("Số 1 KHU A", "Số 1 KHU A"),
    ],
)
def test_small_letters_come_back_only_where_every_word_is_plain(detail: str, text: str) -> None:
    assert compose(new(detail)) == f"{text}, {OF_2025}"


def test_nothing_known_is_nothing_written() -> None:
    assert compose(None) == ""


def test_the_casts_residences_have_names() -> None:
    record = cast.an.record
    assert record is not None
    assert compose(record.current_residence).endswith("Phường Lê Thanh Nghị, Thành phố Hải Phòng")


@pytest.mark.parametrize("code", ["001\t01", "\ud800", "0" * 300, "١", "1 2", "-1"])
def test_a_code_that_is_none_names_nothing(code: str) -> None:
    assert compose(Address(code, code, code, "Số 5 phố Huế", "VN")) == "Số 5 phố Huế"
