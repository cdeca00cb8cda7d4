"""The office's list: what waits, what was received, and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import Citizen, Office, User
from motcua.dossiers.agreed_terms import agree
from motcua.dossiers.models import CodeCounter, Dossier, Paper
from motcua.dossiers.search import write_words
from motcua.procedures.models import Procedure, RequiredDocument
from motcua.verification.models import IdentityCheck
from tests.conftest import sealed_long_ago
from tests.people import FIRST_OFFICE, cast
from tests.reception.conftest import BIRTH_REGISTRATION, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(citizen_an: Citizen, catalogue: None) -> Dossier:
    """Return a dossier that An filed online with the first office."""
    now = timezone.now()
    check = IdentityCheck.objects.create(
        request_id="MC-1",
        touch_point="filing",
        asked_by=citizen_an.user,
        purpose="Nộp hồ sơ",
        number_digest="d",
        number_masked="999******001",
        claim_digest="c",
        asked_at=now,
        answered_at=now,
        outcome="verified",
    )
    CodeCounter.objects.create(office_code=FIRST_OFFICE, on=date(2026, 11, 23), last=99)
    dossier = Dossier(
        code="000.00.01.H23-261123-0099",
        procedure=Procedure.objects.get(code=BIRTH_REGISTRATION),
        office=Office.objects.get(code=FIRST_OFFICE),
        channel=Dossier.Channel.ONLINE,
        status=Dossier.Status.SUBMITTED,
        citizen=citizen_an,
        identity_check=check,
        has_sworn=True,
        applicant_name="Nguyễn Văn An",
        created_at=now,
        saved_at=now,
        submitted_at=now,
    )
    dossier.set_applicant_number(citizen_an.number)
    agree(dossier)
    dossier.save()
    write_words(dossier)
    return dossier


def received(desk: Desk, count: int) -> None:
    """Receive dossiers of a newborn."""
    for _ in range(count):
        desk.types(cast.han, number="", birth_date="")
        desk.saves(by_hand_reason="newborn", originals_seen="on", press_key=str(uuid.uuid4()))


def page(client: Client, name: str, *args: object) -> str:
    """Return a page's text."""
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_an_online_dossier_waits_until_it_is_taken_up(
    officer_client: Client, officer: User, filed: Dossier
) -> None:
    assert filed.code in page(officer_client, "queue")
    response = officer_client.post(reverse("take_up", args=[filed.pk]))
    assert response["Location"] == reverse("desk_dossier", args=[filed.pk])
    filed.refresh_from_db()
    assert (filed.status, filed.received_by) == (Dossier.Status.RECEIVED, officer)
    assert "Đã tiếp nhận hồ sơ" in page(officer_client, "desk_dossier", filed.pk)


def test_a_second_press_and_a_slower_colleague_change_nothing(
    officer_client: Client, second_officer_client: Client, officer: User, filed: Dossier
) -> None:
    for client in (officer_client, officer_client, second_officer_client):
        client.post(reverse("take_up", args=[filed.pk]))
    filed.refresh_from_db()
    assert filed.received_by == officer
    assert "cán bộ khác tiếp nhận" in page(second_officer_client, "desk_dossier", filed.pk)


def test_taking_up_needs_a_press(officer_client: Client, filed: Dossier) -> None:
    assert officer_client.get(reverse("take_up", args=[filed.pk])).status_code == 405


@pytest.mark.parametrize("name", ["desk_dossier", "take_up", "receipt"])
def test_another_offices_dossier_looks_like_none(
    officer_client: Client, other_officer_client: Client, filed: Dossier, name: str
) -> None:
    if name == "receipt":
        officer_client.post(reverse("take_up", args=[filed.pk]))
    send = other_officer_client.post if name == "take_up" else other_officer_client.get
    theirs, missing = send(reverse(name, args=[filed.pk])), send(reverse(name, args=[uuid.uuid4()]))
    assert theirs.status_code == missing.status_code == 404
    assert filed.code not in page(other_officer_client, "queue")
    assert "Không có hồ sơ nào" in other_officer_client.post(reverse("queue"), {"q": "0099"}).content.decode()


@pytest.mark.parametrize("name", ["desk_dossier", "take_up"])
def test_a_draft_is_the_citizens_alone(officer_client: Client, filed: Dossier, name: str) -> None:
    Dossier.objects.update(status=Dossier.Status.DRAFT)
    send = officer_client.post if name == "take_up" else officer_client.get
    assert send(reverse(name, args=[filed.pk])).status_code == 404
    assert filed.code not in page(officer_client, "queue")


def test_a_citizen_sees_nothing_of_the_desk(an_client: Client, filed: Dossier) -> None:
    assert an_client.get(reverse("desk_dossier", args=[filed.pk])).status_code == 403
    assert an_client.post(reverse("take_up", args=[filed.pk])).status_code == 403


def test_the_dossier_shows_the_proof_of_identity_and_the_number_masked(
    officer_client: Client, filed: Dossier
) -> None:
    text = page(officer_client, "desk_dossier", filed.pk)
    for said in ("MC-1", "Xác thực thành công", "999******001", "đã xác thực"):
        assert said in text
    assert cast.an.number not in text


def test_there_is_no_receipt_before_the_dossier_is_received(officer_client: Client, filed: Dossier) -> None:
    assert officer_client.get(reverse("receipt", args=[filed.pk])).status_code == 404


def test_the_receipt_of_an_online_dossier_names_the_papers_that_came_and_the_fee_of_its_channel(
    officer_client: Client, officer: User, filed: Dossier
) -> None:
    Dossier.objects.filter(pk=filed.pk).update(fee_due=5000)
    Procedure.objects.update(fees={"online": 7000, "postal": None, "direct": 10000})
    form = RequiredDocument.objects.filter(procedure=filed.procedure).first()
    assert form is not None
    for number, document in enumerate((form, form, None)):
        Paper.objects.create(
            dossier=filed,
            document=document,
            document_name=document.name if document else "",
            file=f"{number}.pdf",
            original_name=f"trang-{number}.pdf",
            media_type="application/pdf",
            size=1000,
            sha256="0" * 64,
            uploaded_at=timezone.now(),
        )
    officer_client.post(reverse("take_up", args=[filed.pk]))
    text = page(officer_client, "receipt", filed.pk)
    assert "5.000 đ" in text
    assert "10.000 đ" not in text
    assert "7.000 đ" not in text
    assert f"{form.name} · trang-0.pdf" in text
    assert f"{form.name} · trang-1.pdf" in text
    assert "trang-2.pdf" in text
    assert "5.000 đ" in page(officer_client, "desk_dossier", filed.pk)


def test_the_receipt_says_what_it_must(desk: Desk, officer: User) -> None:
    desk.checks(cast.an)
    screen = desk.saves()
    dossier = Dossier.objects.get()
    for said in (
        dossier.code, str(officer.office), "Độc lập - Tự do - Hạnh phúc", "NGUYỄN VĂN AN", "999******001",
        "Đăng ký khai sinh", "trong ngày", officer.full_name, "Đã xác thực danh tính", "<svg", "/tra-cuu/",
        "Tiếp nhận hồ sơ tiếp theo", "In giấy tiếp nhận",
    ):  # fmt: skip
        assert str(said) in screen
    assert cast.an.number not in screen
    assert "style=" not in screen


def test_a_dossier_by_hand_is_marked_in_the_list(desk: Desk) -> None:
    received(desk, 1)
    assert "chưa xác thực danh tính" in page(desk.client, "queue")


@pytest.mark.parametrize(
    "sought",
    [
        "0099", "99", "261123-0099", "261123", "h23-261123-0099", "000.00.01.H23–261123-0099", "nguyen van",
        "h23–261123–\u200b0099",
        "VĂN AN", "Nguyễn", "an  nguyen", "van a", "Nguye\u0302\u0303n",
        cast.an.number, " 999 085 000 001 ",
    ],
)  # fmt: skip
def test_a_dossier_is_found_by_code_number_or_words_of_the_name_without_accents(
    officer_client: Client, filed: Dossier, sought: str
) -> None:
    text = officer_client.post(reverse("queue"), {"q": sought}).content.decode()
    assert f"{filed.code}</a>" in text


@pytest.mark.parametrize(
    "sought", ["0100", "tran", "%", "van anh", "…", "ngu", "nguyen van b", "999085000002", "999085000"]
)
def test_what_does_not_fit_is_not_found(officer_client: Client, filed: Dossier, sought: str) -> None:
    text = officer_client.post(reverse("queue"), {"q": sought}).content.decode()
    assert f"{filed.code}</a>" not in text


def test_no_page_of_the_desk_needs_more_than_eight_queries(
    desk: Desk, filed: Dossier, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier = Dossier.objects.get(channel=Dossier.Channel.DESK)
    addresses = [
        reverse("queue"),
        reverse("reception"),
        reverse("receipt", args=[dossier.pk]),
        reverse("desk_dossier", args=[filed.pk]),
    ]
    for address in addresses:
        with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
            assert desk.client.get(address).status_code == 200
    desk.checks(cast.dung)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        desk.client.post(reverse("reception"), {**desk.form, "show_documents": "1"})


def test_a_name_that_no_key_opens_does_not_take_the_list_away(officer_client: Client, filed: Dossier) -> None:
    Dossier.objects.update(applicant_name=sealed_long_ago())

    text = page(officer_client, "queue")

    assert f"{filed.code}</a>" in text
    assert "(không đọc được)" in text


def test_a_page_of_names_is_sealed_and_costs_no_query_more(
    desk: Desk, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    received(desk, 20)
    page(desk.client, "queue")
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        assert page(desk.client, "queue").count(cast.han.full_name) == 20


@pytest.mark.parametrize("name", ["tu", "den"])
def test_a_day_that_is_none_stays_in_the_filter_and_is_told(
    officer_client: Client, filed: Dossier, name: str
) -> None:
    query = {"pham-vi": "tiep-nhan", "muc": "cho-tiep-nhan", name: '31/02/"26'}
    answer = officer_client.get(reverse("queue"), query).content.decode()
    assert filed.code in answer
    assert "Ngày này chưa lọc được" in answer
    assert f'id="{name}" name="{name}"' in answer
    assert 'value="31/02/&quot;26" aria-invalid="true"' in answer
    assert '<details class="filter" open>' in answer
    assert (
        "Ngày này chưa lọc được"
        not in officer_client.get(reverse("queue"), {**query, name: "23/11/2026"}).content.decode()
    )
