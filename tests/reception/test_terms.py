"""Case and channel: the documents, the time limit and the fee that are theirs, on the page and in the dossier."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from motcua.dossiers.models import Dossier
from motcua.procedures.models import Offer, Procedure, ProcedureCase, RequiredDocument
from motcua.procedures.service import forget, publish
from motcua.reception.desk import DocumentRow
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(desk: Desk) -> ProcedureCase:
    """Give birth registration a case with terms and a document of its own."""
    procedure = Procedure.objects.get(code=BIRTH_REGISTRATION)
    made = ProcedureCase.objects.create(
        procedure=procedure,
        position=1,
        name="Có yếu tố nước ngoài",
        time_limit=5,
        time_unit="ngày làm việc",
        fees={"direct": 75_000, "postal": 90_000},
    )
    RequiredDocument.objects.create(
        procedure=procedure, case=made, position=90, name="Bản dịch hộ chiếu", originals=1
    )
    publish(keys=[procedure.pk], by=None, now=timezone.now())
    forget()
    return made


def documents_shown(desk: Desk, **more: object) -> str:
    """Choose again and return the part that is swapped."""
    data = {**desk.form, "show_documents": "1", **more}
    return desk.client.post(reverse("reception"), data, headers={"HX-Request": "true"}).content.decode()


def test_a_case_has_its_own_documents_time_limit_and_fee(desk: Desk, case: ProcedureCase) -> None:
    general, own = documents_shown(desk), documents_shown(desk, case=case.pk)
    assert "Có yếu tố nước ngoài" in general
    assert "Bản dịch hộ chiếu" not in general
    assert "Bản dịch hộ chiếu" in own
    assert "5 ngày làm việc · phí, lệ phí 75.000 đ" in own
    assert "Tờ khai đăng ký khai sinh" in own


def test_papers_by_post_have_the_fee_of_the_post(desk: Desk, case: ProcedureCase) -> None:
    shown = documents_shown(desk, case=case.pk, channel="3")
    assert "phí, lệ phí 90.000 đ" in shown
    desk.checks(cast.an)
    receipt = desk.saves(case=case.pk, channel="3")
    dossier = Dossier.objects.get()
    assert (dossier.channel, dossier.fee_due) == (Dossier.Channel.POSTAL, 90_000)
    assert "Bưu chính công ích" in receipt


def test_a_dossier_is_received_under_its_case_and_the_receipt_says_so(
    desk: Desk, case: ProcedureCase
) -> None:
    desk.checks(cast.an)
    receipt = desk.saves(case=case.pk)
    dossier = Dossier.objects.get()
    assert (dossier.case_key, dossier.term_limit, dossier.fee_due) == (case.pk, 5, 75_000)
    assert dossier.channel == Dossier.Channel.DESK
    assert "Có yếu tố nước ngoài" in receipt
    assert "5 ngày làm việc" in receipt


def test_the_due_date_on_the_page_is_the_dossiers(desk: Desk, case: ProcedureCase) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 3, tzinfo=UTC), tick=False):
        desk.client.force_login(desk.officer)
        desk.opens()
        shown = documents_shown(desk, case=case.pk)
        desk.checks(cast.an)
        desk.saves(case=case.pk)
    due = Dossier.objects.get().due_at
    assert due is not None
    assert f"{timezone.localtime(due):%H:%M %d/%m/%Y}" in shown


@pytest.mark.parametrize(("promised", "words"), [(2, "2 ngày làm việc"), (9, "7 ngày làm việc")])
def test_an_office_promises_less_than_the_law_allows_and_never_more(
    desk: Desk, promised: int, words: str
) -> None:
    desk.choose("1.004222")
    procedure = Procedure.objects.get(code="1.004222")
    Offer.objects.create(office=desk.officer.office, procedure=procedure, time_limit=promised)
    assert words in documents_shown(desk)


def test_an_offices_time_limit_is_not_that_of_a_case_counted_otherwise(desk: Desk) -> None:
    desk.choose("1.004222")
    procedure = Procedure.objects.get(code="1.004222")
    case = ProcedureCase.objects.create(
        procedure=procedure, position=1, name="Khẩn cấp", time_limit=8, time_unit="giờ"
    )
    publish(keys=[procedure.pk], by=None, now=timezone.now())
    forget()
    Offer.objects.create(office=desk.officer.office, procedure=procedure, time_limit=2)
    assert "8 giờ làm việc" in documents_shown(desk, case=case.pk)


@pytest.mark.parametrize("key", ["0", "-1", "x", "99999999999999999999", "' OR 1=1"])
def test_a_case_of_no_or_another_procedure_is_refused(desk: Desk, case: ProcedureCase, key: str) -> None:
    desk.checks(cast.an)
    assert "Trường hợp này không thuộc thủ tục" in desk.saves(case=key)
    desk.choose(ANOTHER_PROCEDURE)
    desk.checks(cast.an)
    assert "Trường hợp này không thuộc thủ tục" in desk.saves(case=case.pk)
    assert not Dossier.objects.exists()


@pytest.mark.parametrize("channel", ["2", "0", "x", "３x"])
def test_nobody_files_online_at_the_desk(desk: Desk, channel: str) -> None:
    desk.checks(cast.an)
    assert "Vui lòng chọn lại hình thức nộp" in desk.saves(channel=channel)
    assert not Dossier.objects.exists()


def test_without_javascript_the_whole_page_shows_the_case(desk: Desk, case: ProcedureCase) -> None:
    data = {**desk.form, "show_documents": "1", "case": case.pk}
    text = desk.client.post(reverse("reception"), data).content.decode()
    assert f'<option value="{case.pk}" selected>' in text
    assert "Bản dịch hộ chiếu" in text


# A paper that stands on no list


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({}, (1, 0)),
        ({"other_originals": "2", "other_copies": "3"}, (2, 3)),
        ({"other_copies": "1"}, (0, 1)),
    ],
)
def test_another_paper_is_kept_with_its_counts(
    desk: Desk, counts: dict[str, str], kept: tuple[int, int]
) -> None:
    desk.checks(cast.an)
    receipt = desk.saves(other_name="Giấy chứng sinh", **counts)
    originals, copies = kept
    assert Dossier.objects.get().received_documents == [
        {"name": "Giấy chứng sinh", "originals": originals, "copies": copies}
    ]
    assert "Giấy chứng sinh" in receipt


@pytest.mark.parametrize(
    "said",
    [
        {"other_originals": "1"},
        {"other_name": "Giấy", "other_originals": "-1"},
        {"other_name": "Giấy", "other_copies": "100"},
        {"other_name": "Giấy", "other_copies": "1e9"},
        {"other_name": "x" * 501},
        {"other_name": "a\x00b"},
    ],
)
def test_nonsense_about_another_paper_is_refused(desk: Desk, said: dict[str, str]) -> None:
    desk.checks(cast.an)
    assert not desk.saves(**said).is_receipt
    assert not Dossier.objects.exists()


def test_counts_are_asked_for_as_text_which_every_browser_sends_as_it_was_typed(desk: Desk) -> None:
    desk.checks(cast.an)
    answer = desk.saves(other_name="Giấy", other_originals="2b")
    assert "Vui lòng nhập số bản từ 0 đến 99." in answer
    assert 'name="other_originals" value="2b"' in answer
    assert 'type="number"' not in answer


# Which procedures stand first


def test_what_an_officer_receives_often_stands_before_all_others(desk: Desk) -> None:
    before = desk.client.get(reverse("reception")).content.decode()
    assert "Hay tiếp nhận" not in before
    desk.checks(cast.an)
    desk.saves()
    forget()  # within half a minute, this happens by itself
    text = desk.client.get(reverse("reception"), {"thu-tuc": BIRTH_REGISTRATION}).content.decode()
    usual = text.split('<optgroup label="Hay tiếp nhận">')[1].split("</optgroup>")[0]
    assert BIRTH_REGISTRATION in usual
    assert ANOTHER_PROCEDURE not in usual
    assert text.split('name="procedure"')[1].split("</select>")[0].count(" selected") == 1


def test_what_the_list_asks_for_in_two_copies_is_noted_as_two_and_nothing_less_than_one() -> None:
    document = RequiredDocument(name="Bản vẽ", originals=2, copies=0)
    rows = [DocumentRow(document, has_original=one, has_copy=one, is_missing=False) for one in (True, False)]
    assert [row.received() for row in rows] == [
        {"name": "Bản vẽ", "originals": 2, "copies": 1},
        {"name": "Bản vẽ", "originals": 0, "copies": 0},
    ]
