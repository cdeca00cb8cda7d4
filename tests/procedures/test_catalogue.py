"""The catalogue: found without accents, and everything that one needs on one page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from motcua.accounts.models import Citizen, Office
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import start_draft
from motcua.procedures.models import Offer, Procedure, ProcedureCase, RequiredDocument
from motcua.procedures.search import fold
from motcua.procedures.service import forget, offered
from tests.people import FIRST_OFFICE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
LEVEL = Procedure.Level.DESK_ONLY


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


def listed(client: Client, **narrowed: str) -> list[Procedure]:
    """Return the procedures on the list's page, in their order."""
    return [one for one, *_ in client.get("/thu-tuc/", narrowed).context["procedures"]]


def test_the_nearest_name_comes_first(client: Client) -> None:
    shown = listed(client, q="khai sinh")

    assert shown[0].code == "1.001193"


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
    assert {one.sector for one, *_ in land.context["procedures"]} == {"Đất đai"}
    assert "3 thủ tục" in land.content.decode()


def test_sectors_and_procedures_stand_in_the_order_of_the_alphabet(client: Client) -> None:
    for place, sector in enumerate(["Ưu đãi", "Bồi thường", "Đường bộ", "Báo chí", "Xây dựng", "Dược"]):
        Procedure.objects.create(code=f"9.00000{place}", name=sector, sector=sector, service_level=LEVEL)
    forget()
    everything = client.get("/thu-tuc/").context

    for sectors in (
        list(everything["sectors"]),
        list(dict.fromkeys(one.sector for one, *_ in everything["procedures"])),
        list(dict.fromkeys(one.sector for one in offered().values())),
    ):
        assert sectors.index("Báo chí") < sectors.index("Bồi thường") < sectors.index("Dược")
        assert sectors.index("Dược") < sectors.index("Đất đai") < sectors.index("Đường bộ")
        assert sectors.index("Đường bộ") < sectors.index("Ưu đãi") < sectors.index("Xây dựng")


def test_a_catalogue_longer_than_a_page_says_so_and_the_nearest_name_is_on_it(client: Client) -> None:
    Procedure.objects.bulk_create(
        Procedure(
            code=f"8.{place:06}",
            name=f"Cấp giấy {place}",
            sector="A",
            service_level=LEVEL,
            search_text=" cap giay",
        )
        for place in range(250)
    )
    nearest = Procedure.objects.create(code="9.000000", name="Cấp giấy", sector="Ý", service_level=LEVEL)
    forget()

    everything = client.get("/thu-tuc/")

    assert "291 thủ tục" in everything.content.decode()
    assert "Dưới đây là 200 thủ tục đầu tiên" in everything.content.decode()
    assert len(everything.context["procedures"]) == 200
    assert listed(client, q="cap giay")[0] == nearest
    assert "đầu tiên" not in client.get("/thu-tuc/", {"q": "khai sinh"}).content.decode()


def test_the_pages_take_few_queries(client: Client) -> None:
    for page in ("/thu-tuc/?q=khai+sinh", "/thu-tuc/1.001193/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(page)
        assert len(queries) <= 4


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
        (
            {"online": None, "postal": None, "direct": None},
            ["Mọi hình thức: Theo quy định; vui lòng hỏi nơi tiếp nhận"],
        ),
        (
            {"online": 1234567, "postal": None, "direct": 0},
            [
                "Trực tuyến: 1.234.567 đ",
                "Bưu chính công ích: Theo quy định; vui lòng hỏi nơi tiếp nhận",
                "Trực tiếp: Miễn phí",
            ],
        ),
        ({}, ["Mọi hình thức: Theo quy định; vui lòng hỏi nơi tiếp nhận"]),
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


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("refused", ["is_offered", "takes_online"])
def test_only_offices_that_take_it_online_are_offered(client: Client, refused: str) -> None:
    birth = Procedure.objects.get(code="1.001193")
    Offer.objects.create(office=Office.objects.get(code=FIRST_OFFICE), procedure=birth, **{refused: False})

    page = client.get("/thu-tuc/1.001193/").content.decode()

    assert "Bộ phận Một cửa phường Mẫu A" not in page
    assert "Bộ phận Một cửa xã Mẫu B" in page
    assert "Bộ phận Một cửa phường Mẫu A" in client.get("/thu-tuc/1.000894/").content.decode()


@pytest.mark.usefixtures("people")
def test_nobody_begins_online_what_an_office_does_not_take_online(
    an_client: Client, citizen_an: Citizen
) -> None:
    office, birth = Office.objects.get(code=FIRST_OFFICE), Procedure.objects.get(code="1.001193")
    Offer.objects.create(office=office, procedure=birth, takes_online=False)

    answer = an_client.post("/ho-so/bat-dau/1.001193/", {"office": FIRST_OFFICE})

    assert answer["Location"] == "/thu-tuc/1.001193/"
    with pytest.raises(ValueError, match="does not take"):
        start_draft(citizen=citizen_an, procedure=birth, office=office, now=timezone.now())
    assert not Dossier.objects.exists()


@pytest.mark.usefixtures("people")
def test_the_desk_offers_what_its_office_receives(
    officer_client: Client, other_officer_client: Client
) -> None:
    birth = Procedure.objects.get(code="1.001193")
    Offer.objects.create(office=Office.objects.get(code=FIRST_OFFICE), procedure=birth, is_offered=False)

    assert f'<option value="{birth.pk}">' not in officer_client.get("/mot-cua/tiep-nhan/").content.decode()
    assert f'<option value="{birth.pk}">' in other_officer_client.get("/mot-cua/tiep-nhan/").content.decode()


def test_the_page_shows_all_that_the_catalogue_has_and_nothing_empty(client: Client) -> None:
    said = {
        "steps": "Bước 1: chuẩn bị hồ sơ",
        "conditions": "Có chỗ ở hợp pháp",
        "legal_basis": "Luật Cư trú 2020",
        "authority": "Công an phường",
        "receiving_address": "Số 2 đường Hành Chính",
        "delegate": "Công an xã",
        "partners": "Công an tỉnh",
        "related": "Đăng ký tạm trú",
        "kind": "TTHC được luật giao",
        "keywords": "thường trú",
    }
    before = client.get("/thu-tuc/1.004222/").content.decode()
    for label in (
        "Trình tự thực hiện",
        "Yêu cầu, điều kiện",
        "Căn cứ pháp lý",
        "Cơ quan phối hợp",
        "Từ khóa",
    ):
        assert label not in before

    Procedure.objects.filter(code="1.004222").update(**said)

    page = client.get("/thu-tuc/1.004222/").content.decode()
    for text in said.values():
        assert text in page


def test_cases_stand_in_a_table_with_their_own_times_and_fees(client: Client) -> None:
    case = ProcedureCase.objects.get(name="Nhà ở riêng lẻ")
    case.times, case.fees = {"online": 10}, {"online": 75000, "direct": 100000}
    case.save()

    page = client.get("/thu-tuc/1.013225/").content.decode()

    for text in (
        "Nhà ở riêng lẻ",
        "Trực tuyến: 10 ngày",
        "Trực tiếp: 15 ngày",
        "Trực tuyến: 75.000 đ",
        "Bưu chính công ích: Theo quy định; vui lòng hỏi nơi tiếp nhận",
        "Công trình khác",
        "20 ngày",
    ):
        assert text in page


def test_documents_of_a_case_stand_under_its_name(client: Client) -> None:
    case = ProcedureCase.objects.get(name="Nhà ở riêng lẻ")
    document = RequiredDocument.objects.filter(procedure=case.procedure).last()
    RequiredDocument.objects.filter(pk=document.pk).update(case=case)

    page = client.get("/thu-tuc/1.013225/").content.decode()

    assert page.index("Chỉ cho trường hợp: Nhà ở riêng lẻ") < page.index(document.name)


def test_what_is_done_in_a_day_is_said_so(client: Client) -> None:
    page = client.get("/thu-tuc/1.001193/").content.decode()

    assert "1 trong ngày" not in page
    assert "trong ngày" in page
    assert "1 trong ngày" not in client.get("/thu-tuc/").content.decode()


def test_the_level_of_service_narrows_the_list(client: Client) -> None:
    partial = listed(client, **{"muc-do": "một phần"})

    assert {one.code for one in partial} == {"1.014061", "1.014064", "1.013079"}
    assert "40 thủ tục" in client.get("/thu-tuc/", {"muc-do": "x"}).content.decode()
    both = listed(client, **{"muc-do": "trực tiếp", "linh-vuc": "Chứng thực"})
    assert {one.code for one in both} == {"2.000815", "2.000884"}


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
