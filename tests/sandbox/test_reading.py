"""What the sandbox takes as a question, and what it refuses (protocol §1.4, §8, §9.5)."""

import gzip

import pytest

from npdsandbox.reading import BODY_LIMIT, Question, inflate, read_call, read_question
from npdsandbox.refusals import Refusal
from tests.sandbox.callers import AN, CONFIRM, NS, envelope

GOOD = envelope(AN)


def question(
    fields: dict[str, str], *, operation: str = "TraCuuThongTinCongDan", strict: bool = False
) -> Question:
    return read_question(read_call(envelope(fields, operation=operation)), strict=strict)


def refusal(
    fields: dict[str, str], *, operation: str = "TraCuuThongTinCongDan", strict: bool = False
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        question(fields, operation=operation, strict=strict)
    return caught.value


def without(*names: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in AN.items() if name not in names} | more


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + GOOD,
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">' + GOOD,
        GOOD.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-8"?>' + GOOD.decode().encode("utf-16-le"),
        b'<?xml version="1.0" encoding="UTF-7"?>' + GOOD,
        b'<?xml version="1.0" encoding="windows-1258"?>' + GOOD,
        GOOD.replace(b"NGUYENVANAN", b"\xd0\xc1"),
        GOOD.replace(b"NGUYENVANAN", b"&undefined;"),
        GOOD.replace(NS["soap"].encode(), b"http://www.w3.org/2003/05/soap-envelope"),
        GOOD.replace(b"<soapenv:Body>", b"<soapenv:Body/><soapenv:Body>"),
        GOOD.replace(b"</soapenv:Body>", b"<x/></soapenv:Body>"),
        GOOD.replace(b"NGUYENVANAN", b"<a>" * 70 + b"</a>" * 70),
        GOOD[:-10],
    ],
)
def test_a_body_that_is_no_sound_soap_message_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_call(body)
    assert (caught.value.status, caught.value.code) == (400, "SBX.XML")


def test_bombs_are_refused_unopened() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    nested = f'<!DOCTYPE a [<!ENTITY e0 "aaaaaaaaaa">{entities}]><a>&e9;</a>'.encode()
    deep = b"<a>" * 30_000 + b"</a>" * 30_000
    wide = b"<a " + b" ".join(b"a%d='1'" % n for n in range(24_000)) + b"/>"
    for body in (nested, deep, wide):
        with pytest.raises(Refusal) as caught:
            read_call(body)
        assert caught.value.code == "SBX.XML"


def test_a_body_over_the_limit_is_refused_also_when_it_was_packed() -> None:
    with pytest.raises(Refusal) as caught:
        read_call(GOOD + b" " * BODY_LIMIT)
    assert caught.value.status == 413
    with pytest.raises(Refusal) as caught:
        inflate(gzip.compress(b" " * 50_000_000))
    assert caught.value.status == 413
    assert inflate(gzip.compress(GOOD)) == GOOD


def test_a_packed_body_must_be_whole() -> None:
    for body in (b"no gzip", gzip.compress(GOOD)[:-4], gzip.compress(GOOD) + b"more"):
        with pytest.raises(Refusal) as caught:
            inflate(body)
        assert caught.value.code == "SBX.XML"


def test_a_byte_order_mark_of_utf_8_does_no_harm() -> None:
    assert read_question(read_call(b"\xef\xbb\xbf" + GOOD)).claim.full_name == "NGUYENVANAN"


def test_comments_white_space_and_stray_text_are_passed_over() -> None:
    body = GOOD.replace(b"<soapenv:Header/>", b"<soapenv:Header/> \xc3\xa0 <!-- note --> ").replace(
        b"<soapenv:Body>", b"<soapenv:Body>\n  <!-- note -->"
    )
    assert read_question(read_call(body)).claim.personal_number == "999085000001"
    with pytest.raises(Refusal):
        read_call(body, strict=True)


@pytest.mark.parametrize(
    ("birth", "read"),
    [
        ("<dan:NgayThangNam>19850307</dan:NgayThangNam>", "1985-03-07"),
        ("<dan:NgayThangNam>1985-03-07</dan:NgayThangNam>", "1985-03-07"),
        ("<dan:Nam>1985</dan:Nam>", "1985"),
        ("<dan:Nam>1985</dan:Nam><dan:NgayThangNam/>", "1985"),
        ("1985-03-07", "1985-03-07"),
        ("19850307", "1985-03-07"),
        ("1985", "1985"),
    ],
)
def test_every_known_form_of_a_birth_date_is_read(birth: str, read: str) -> None:
    assert question(without("NgayThangNam", NgayThangNamSinh=birth)).claim.birth_date == read


@pytest.mark.parametrize(
    ("birth", "element"),
    [
        ("<dan:NgayThangNam>198503</dan:NgayThangNam>", "NgayThangNam"),
        ("<dan:NgayThangNam>1985-03</dan:NgayThangNam>", "NgayThangNam"),
        ("<dan:NgayThangNam>19850230</dan:NgayThangNam>", "NgayThangNam"),
        ("<dan:NgayThangNam>07/03/1985</dan:NgayThangNam>", "NgayThangNam"),
        ("<dan:Nam>85</dan:Nam>", "Nam"),
        ("<dan:Nam>1985</dan:Nam><dan:NgayThangNam>19850307</dan:NgayThangNam>", "NgayThangNamSinh"),
        ("", "NgayThangNamSinh"),
        ("<dan:Nam>1985</dan:Nam><dan:Nam>1986</dan:Nam>", "Nam"),
        ("<dan:NgayThangNam>19850307</dan:NgayThangNam><dan:NgayThangNam/>", "NgayThangNam"),
        ("<dan:Nam>1985<dan:Nam/></dan:Nam>", "Nam"),
        ("<Nam>1985</Nam>", "NgayThangNamSinh"),
        ('<NgayThangNam xmlns="urn:x">19850307</NgayThangNam>', "NgayThangNamSinh"),
    ],
)
def test_any_other_birth_date_is_refused_by_name(birth: str, element: str) -> None:
    refused = refusal(without("NgayThangNam", NgayThangNamSinh=birth))
    assert (refused.status, refused.code, refused.element) == (500, "SBX.VALIDATION", element)


@pytest.mark.parametrize(
    ("fields", "element"),
    [
        (without("MaYeuCau"), "MaYeuCau"),
        (without(MaYeuCau="x" * 41), "MaYeuCau"),
        (without("MaDVC"), "MaDVC"),
        (without(MaDVC="x" * 21), "MaDVC"),
        (without("MaTichHop"), "MaTichHop"),
        (without(MaTichHop="003"), "MaTichHop"),
        (without(MaDichVu="037"), "MaDichVu"),
        (without("MaCanBo"), "MaCanBo"),
        (without(MaCanBo="x" * 101), "MaCanBo"),
        (without(MaDonVi="x" * 36), "MaDonVi"),
        (without("SoDinhDanh"), "SoDinhDanh"),
        (without(SoDinhDanh="99908500000"), "SoDinhDanh"),
        (without(SoDinhDanh="99908500000x"), "SoDinhDanh"),
        (without(SoDinhDanh="99908500000１"), "SoDinhDanh"),
        (without("SoDinhDanh", SoCMND="99900001"), "SoCMND"),
        (without("HoVaTen"), "HoVaTen"),
        (without(HoVaTen=" "), "HoVaTen"),
        (without(HoVaTen="X" * 101), "HoVaTen"),
        (without(HoVaTen="<dan:Ten>X</dan:Ten>"), "HoVaTen"),
        (without("NgayThangNam"), "NgayThangNamSinh"),
    ],
)
def test_a_wrong_element_is_named_in_the_refusal(fields: dict[str, str], element: str) -> None:
    refused = refusal(fields)
    assert (refused.status, refused.code, refused.element) == (500, "SBX.VALIDATION", element)


def test_an_element_may_not_come_twice() -> None:
    body = GOOD.replace(b"</dan:HoVaTen>", b"</dan:HoVaTen><dan:HoVaTen>X</dan:HoVaTen>")
    with pytest.raises(Refusal) as caught:
        read_question(read_call(body))
    assert caught.value.element == "HoVaTen"


@pytest.mark.parametrize("number", ["001085000000", "031085000000", "085000001999"])
def test_a_number_outside_the_synthetic_range_is_refused_before_all_else(number: str) -> None:
    refused = refusal({"SoDinhDanh": number})
    assert (refused.status, refused.code) == (422, "SBX.SYNTHETIC")
    assert number not in repr(refused)


def test_an_old_number_outside_the_synthetic_range_is_refused_too() -> None:
    assert refusal(without("SoDinhDanh", SoCMND="141850001")).code == "SBX.SYNTHETIC"


def test_extra_elements_and_any_order_are_taken_but_not_in_strict_mode() -> None:
    turned = {"SoThua": "x", **dict(reversed(AN.items()))}
    assert question(turned).claim.personal_number == "999085000001"
    assert refusal(turned, strict=True).code == "SBX.ORDER"


@pytest.mark.parametrize("order", [("MaDonVi", "MaCanBo"), ("MaCanBo", "MaDonVi")])
def test_the_agency_stands_before_or_after_the_officer_even_in_strict_mode(order: tuple[str, str]) -> None:
    values = {"MaDonVi": "000.00.00.H24", "MaCanBo": "canbo01"}
    head = {name: AN[name] for name in ("MaYeuCau", "MaDVC", "MaTichHop")}
    person = {name: AN[name] for name in ("SoDinhDanh", "HoVaTen", "NgayThangNam")}
    read = question(head | {name: values[name] for name in order} | person, strict=True)
    assert (read.officer, read.office) == ("canbo01", "000.00.00.H24")


def test_the_yes_no_services_are_told_apart_by_their_code() -> None:
    count = question(without(MaTichHop="003"), operation=CONFIRM)
    assert (count.service, count.claim.birth_date) == ("003", "1985-03-07")
    exists = question(
        {
            "MaYeuCau": "1", "MaDichVu": "033", "MaCanBo": "VDXP_VPCP", "SoDinhDanh": "999085000001", "SoCMND": "",
            "HoVaTen": "Nguyễn Văn An",
        },
        operation=CONFIRM + "Request",
    )  # fmt: skip
    assert (exists.service, exists.claim.birth_date) == ("033", None)
