"""The catalogue: found without accents, and everything that one needs on one page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.procedures.models import Procedure, RequiredDocument
from motcua.procedures.search import fold

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def found(text: str) -> set[str]:
    """Return the codes of what a search finds."""
    return set(Procedure.objects.search(text).values_list("code", flat=True))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("khai sinh", "1.001193"),
        ("KHAI SINH", "1.001193"),
        ("Đăng ký khai sinh", "1.001193"),
        ("dang ky khai sinh", "1.001193"),
        ("sinh khai", "1.001193"),
        ("  đăng   ký, khai-sinh ", "1.001193"),
        ("đăng ký khai sinh", "1.001193"),
        ("1.001193", "1.001193"),
        ("1.012564", "1.012564"),
        ("ket hon", "1.000894"),
        ("thuong tru", "1.004222"),
        ("ho tich ket hon", "1.000894"),
    ],
)
def test_a_procedure_is_found_with_or_without_accents(text: str, code: str) -> None:
    assert code in found(text)


def test_the_nearest_name_comes_first(client: Client) -> None:
    shown = client.get("/thu-tuc/", {"q": "khai sinh"}).context["procedures"]

    assert shown[0]["code"] == "1.001193"


def test_every_word_must_occur() -> None:
    assert found("khai sinh ket hon") == set()
    assert found("khai sinh") < found("khai")


def test_a_word_counts_from_its_beginning() -> None:
    assert "1.001193" in found("kha si")
    assert "1.001193" not in found("hai inh")


@pytest.mark.parametrize(
    "text", ["%", "_", "'", '" OR 1=1 --', "\x00", "{{7*7}}", "a" * 10_000, "a " * 5_000, "�"]
)
def test_odd_searches_find_nothing_or_everything_and_break_nothing(client: Client, text: str) -> None:
    response = client.get("/thu-tuc/", {"q": text})

    assert response.status_code == 200
    assert client.get("/thu-tuc/", {"linh-vuc": text}).status_code == 200
    assert "49" not in response.content.decode().split('role="status"')[1][:100]


def test_a_search_that_finds_nothing_says_what_to_do(client: Client) -> None:
    page = client.get("/thu-tuc/", {"q": "phi thuyền"}).content.decode()

    assert "0 thủ tục" in page
    assert "Chưa tìm thấy thủ tục nào" in page


def test_a_search_word_is_shown_as_text(client: Client) -> None:
    page = client.get("/thu-tuc/", {"q": "<script>alert(1)</script>"}).content.decode()

    assert "<script>alert" not in page


def test_all_forty_are_listed_and_a_sector_narrows_them(client: Client) -> None:
    everything = client.get("/thu-tuc/")
    land = client.get("/thu-tuc/", {"linh-vuc": "Đất đai"})

    assert "40 thủ tục" in everything.content.decode()
    assert {procedure["sector"] for procedure in land.context["procedures"]} == {"Đất đai"}
    assert "3 thủ tục" in land.content.decode()


def test_the_pages_take_few_queries(client: Client) -> None:
    for page in ("/thu-tuc/?q=khai+sinh", "/thu-tuc/1.001193/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(page)
        assert len(queries) <= 3


def test_the_page_of_a_procedure_tells_what_one_needs(client: Client) -> None:
    page = client.get("/thu-tuc/1.012564/").content.decode()

    assert "2 ngày làm việc" in page
    assert "Miễn phí" in page
    for document in RequiredDocument.objects.filter(procedure__code="1.012564"):
        assert document.name in page


@pytest.mark.parametrize(
    ("fees", "shown"),
    [
        ({"online": 0, "postal": 0, "direct": 0}, ["Mọi hình thức: Miễn phí"]),
        ({"online": None, "postal": None, "direct": None}, ["Mọi hình thức: Theo quy định"]),
        (
            {"online": 1234567, "postal": None, "direct": 0},
            ["Trực tuyến: 1.234.567 đ", "Bưu chính công ích: Theo quy định", "Trực tiếp: Miễn phí"],
        ),
        ({}, ["Mọi hình thức: Theo quy định"]),
    ],
)
def test_fees_are_shown_by_channel(client: Client, fees: dict[str, Any], shown: list[str]) -> None:
    Procedure.objects.filter(code="1.001193").update(fees=fees)

    page = client.get("/thu-tuc/1.001193/").content.decode()

    for line in shown:
        assert line in page


@pytest.mark.usefixtures("people")
def test_an_online_procedure_has_the_button_and_the_offices(client: Client) -> None:
    page = client.get("/thu-tuc/1.001193/").content.decode()

    assert 'action="/ho-so/bat-dau/1.001193/"' in page
    assert "Nộp hồ sơ trực tuyến" in page
    assert "Bộ phận Một cửa phường Mẫu A" in page


def test_a_procedure_for_the_desk_says_so_and_has_no_button(client: Client) -> None:
    desk_only = Procedure.objects.filter(service_level=Procedure.Level.DESK_ONLY).first()

    page = client.get(f"/thu-tuc/{desk_only.code}/").content.decode()

    assert "nộp trực tiếp tại bộ phận một cửa" in page
    assert "Nộp hồ sơ trực tuyến" not in page


def test_a_procedure_out_of_force_is_neither_listed_nor_shown(client: Client) -> None:
    Procedure.objects.filter(code="1.001193").update(is_active=False)

    assert "1.001193" not in found("khai sinh")
    assert client.get("/thu-tuc/1.001193/").status_code == 404


def test_an_unknown_code_is_not_found(client: Client) -> None:
    for code in ("9.999999", "%00", "a" * 21, "'"):
        assert client.get(f"/thu-tuc/{code}/").status_code == 404


def test_a_renamed_procedure_is_found_by_its_new_name() -> None:
    procedure = Procedure.objects.get(code="1.001193")
    procedure.name = "Ghi tên trẻ mới sinh"
    procedure.save()

    assert "1.001193" in found("ghi ten tre")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đăng ký, khai-sinh", "dang ky khai sinh"),
        ("1.012564.", "1.012564"),
        ("Ở ẩn Ưu", "o an uu"),
        ("", ""),
        ("...", ""),
    ],
)
def test_fold_keeps_words_and_codes(text: str, folded: str) -> None:
    assert fold(text) == folded
