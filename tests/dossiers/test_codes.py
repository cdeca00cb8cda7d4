"""Codes of dossiers: in order, without gaps and without doubles, also when many come at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen
from motcua.dossiers import service
from motcua.dossiers.models import CodeCounter, Dossier
from motcua.dossiers.numbering import next_code, parse_code
from tests.conftest import ToldRegister
from tests.dossiers.filing import agree, begin, draft_of, file_it, give_papers
from tests.people import FIRST_OFFICE

DAY = date(2026, 11, 23)


def at_once(many: int, do: Callable[[], None]) -> list[Exception]:
    """Do the same in many threads at one moment and return what went wrong."""
    start, wrong = threading.Barrier(many), []

    def one() -> None:
        try:
            start.wait()
            do()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.django_db
def test_codes_of_a_day_follow_each_other_per_office_and_day() -> None:
    with transaction.atomic():
        codes = [next_code("H24.31.01", DAY), next_code("H24.31.01", DAY), next_code("H24.31.02", DAY)]
        codes.append(next_code("H24.31.01", date(2026, 11, 24)))

    assert codes == [
        "H24.31.01-261123-0001",
        "H24.31.01-261123-0002",
        "H24.31.02-261123-0001",
        "H24.31.01-261124-0001",
    ]


@pytest.mark.django_db
def test_the_ten_thousandth_code_of_a_day_has_five_digits() -> None:
    CodeCounter.objects.create(office_code="H24", on=DAY, last=9999)
    with transaction.atomic():
        assert next_code("H24", DAY) == "H24-261123-10000"


@pytest.mark.django_db(transaction=True)
def test_a_code_outside_the_saving_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        next_code("H24", DAY)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_leaves_no_gap() -> None:
    with transaction.atomic():
        next_code("H24", DAY)
    with transaction.atomic():
        next_code("H24", DAY)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert next_code("H24", DAY) == "H24-261123-0002"


@pytest.mark.django_db(transaction=True)
def test_codes_drawn_at_one_moment_have_no_doubles_and_no_gaps() -> None:
    codes: list[str] = []

    def draw() -> None:
        for _ in range(3):
            with transaction.atomic():
                codes.append(next_code("H24", DAY))

    assert at_once(8, draw) == []
    assert sorted(codes) == [f"H24-261123-{number:04d}" for number in range(1, 25)]


@pytest.mark.django_db(transaction=True)
def test_a_draft_filed_by_many_presses_at_one_moment_is_filed_once(
    catalogue: None, register: ToldRegister, an_client: Client, citizen_an: Citizen
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    draft = draft_of(citizen_an)
    codes: set[str | None] = set()

    def press() -> None:
        codes.add(service.submit(dossier=draft, has_sworn=True, now=timezone.now()).code)

    assert at_once(6, press) == []
    assert codes == {Dossier.objects.get().code}
    assert CodeCounter.objects.get().last == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_at_one_moment_ask_the_register_once(
    catalogue: None, register: ToldRegister, an_client: Client, citizen_an: Citizen
) -> None:
    dossier = begin(an_client)
    others_are_answered = threading.Event()
    register.before_answer = lambda: others_are_answered.wait(20)
    answers: list[str] = []

    def press() -> None:
        browser = Client()
        browser.force_login(citizen_an.user)
        response = agree(browser, dossier)
        answers.append(response.headers.get("Location") or str("Đang kiểm tra" in response.content.decode()))
        if len(answers) == 19:
            others_are_answered.set()

    assert at_once(20, press) == []
    assert register.asked == 1
    assert sorted(answers) == [f"/ho-so/{dossier.pk}/giay-to/"] + ["True"] * 19


@pytest.mark.django_db(transaction=True)
def test_a_press_whose_process_died_does_not_bar_the_next_for_long(
    catalogue: None, register: ToldRegister, an_client: Client
) -> None:
    dossier = begin(an_client)
    Dossier.objects.update(asking_until=timezone.now() + timedelta(seconds=13))
    assert "Đang kiểm tra" in agree(an_client, dossier).content.decode()

    Dossier.objects.update(asking_until=timezone.now() - timedelta(seconds=1))
    assert agree(an_client, dossier).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_beginning_by_many_presses_at_one_moment_makes_one_draft(
    catalogue: None, citizen_an: Citizen
) -> None:
    def press() -> None:
        browser = Client()
        browser.force_login(citizen_an.user)
        begin(browser)

    assert at_once(5, press) == []
    assert Dossier.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("H24.31.01-261123-0001", "H24.31.01-261123-0001"),
        (" h24.31.01 - 261123 - 0001 ", "H24.31.01-261123-0001"),
        ("000.00.01.H27–200101–0001", "000.00.01.H27-200101-0001"),
        ("G22.99-261123-0001234", "G22.99-261123-0001234"),
        ("H15.50.05.13-261008-0975", "H15.50.05.13-261008-0975"),
        ("H24-261123-001", None),
        ("H24-261123-00012345", None),
        ("H24-2611-0001", None),
        ("H24-261123-٠٠٠١", None),
        ("' OR 1=1--", None),
        ("H24-261123-0001" * 20, None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert parse_code(typed) == code


@pytest.mark.django_db
def test_tracking_tells_progress_and_nothing_of_a_person(
    catalogue: None, register: ToldRegister, an_client: Client, citizen_an: Citizen, client: Client
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    file_it(an_client, dossier)
    dossier.refresh_from_db()

    page = client.get("/tra-cuu/", {"ma": f" {str(dossier.code).lower()} "}).content.decode()

    assert str(dossier.code) in page
    assert dossier.procedure.name in page
    assert "Mới đăng ký" in page
    personal = (
        dossier.applicant_name,
        dossier.phone,
        dossier.email,
        dossier.current_residence,
        "1985",
        "999",
    )
    assert [word for word in personal if word in page] == []


@pytest.mark.django_db
@pytest.mark.parametrize("code", [f"{FIRST_OFFICE}-261123-9999", "không phải mã", "H24' OR 1=1--", "\x00"])
def test_an_unknown_code_is_told_kindly(client: Client, code: str) -> None:
    response = client.get("/tra-cuu/", {"ma": code})

    assert response.status_code == 200
    assert "Không tìm thấy hồ sơ" in response.content.decode() or "Vui lòng" in response.content.decode()


@pytest.mark.django_db
def test_a_draft_cannot_be_tracked(
    catalogue: None, an_client: Client, citizen_an: Citizen, client: Client
) -> None:
    dossier = begin(an_client)

    assert "Không tìm thấy hồ sơ" in client.get("/tra-cuu/", {"ma": str(dossier.pk)}).content.decode()
