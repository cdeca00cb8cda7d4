"""Codes of dossiers: in order, without gaps and without doubles, also when many come at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, Office, User
from motcua.dossiers import service
from motcua.dossiers.codes import next_code, parse_code
from motcua.dossiers.models import CodeCounter, Dossier
from motcua.dossiers.service import Applicant
from motcua.identity.numbers import IdNumber
from tests.conftest import ToldRegister
from tests.dossiers.filing import agree, begin, draft_of, give_papers, procedure_of
from tests.people import FIRST_OFFICE, cast

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


class Broken(RuntimeError):
    """What goes wrong after a dossier got its code."""


def receive(officer: User, now: datetime, *, is_broken: bool = False) -> None:
    """Receive somebody at the officer's desk; broken, the transaction fails after the dossier was written."""
    assert officer.office is not None
    applicant = Applicant(full_name=cast.an.full_name, number=IdNumber(cast.an.number), birth=cast.an.born)
    with transaction.atomic():
        service.receive_at_desk(
            officer=officer,
            office=officer.office,
            procedure=procedure_of(),
            applicant=applicant,
            check=None,
            by_hand_reason="rejected",
            received_documents=[],
            press_key=uuid4(),
            now=now,
        )
        if is_broken:
            raise Broken


def at_desk(code: str) -> User:
    """Return Lan, whose office has this code."""
    Office.objects.filter(code=FIRST_OFFICE).update(code=code)
    return User.objects.select_related("office").get(login="lan")


def numbers_of(office: str, day: date) -> list[int]:
    """Return the numbers that an office gave on a day, in order."""
    start = f"{office}-{day:%y%m%d}-"
    codes = Dossier.objects.filter(code__startswith=start).values_list("code", flat=True)
    return sorted(int(str(code).removeprefix(start)) for code in codes)


NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("office", ["000.00.09.H23", "H23.909"])
def test_fifty_receptions_at_one_moment_get_fifty_codes_without_a_gap(
    catalogue: None, people: None, office: str
) -> None:
    officer = at_desk(office)

    assert at_once(50, lambda: receive(officer, NOON)) == []

    assert numbers_of(office, DAY) == list(range(1, 51))
    assert Dossier.objects.count() == 50
    assert all(parse_code(str(dossier.code)) == dossier.code for dossier in Dossier.objects.all())


@pytest.mark.django_db(transaction=True)
def test_of_fifty_receptions_those_that_fail_in_the_middle_leave_no_gap(
    catalogue: None, people: None
) -> None:
    officer = at_desk("H23.909")
    is_broken = iter([place % 3 == 0 for place in range(50)])

    wrong = at_once(50, lambda: receive(officer, NOON, is_broken=next(is_broken)))

    assert [type(error) for error in wrong] == [Broken] * 17
    assert numbers_of("H23.909", DAY) == list(range(1, 34))
    assert CodeCounter.objects.get().last == 33


@pytest.mark.django_db(transaction=True)
def test_receptions_around_midnight_are_numbered_by_their_own_day(catalogue: None, people: None) -> None:
    officer = at_desk("000.00.09.H23")
    midnight = datetime(2026, 11, 23, 17, tzinfo=UTC)  # here
    moments = iter([midnight + timedelta(seconds=place - 10) for place in range(20)])

    assert at_once(20, lambda: receive(officer, next(moments))) == []

    assert numbers_of("000.00.09.H23", DAY) == list(range(1, 11))
    assert numbers_of("000.00.09.H23", date(2026, 11, 24)) == list(range(1, 11))


@pytest.mark.django_db(transaction=True)
def test_two_offices_at_one_moment_number_for_themselves(catalogue: None, people: None) -> None:
    officers = [at_desk("H23.909"), User.objects.select_related("office").get(login="minh")]
    turns = iter(officers * 10)

    assert at_once(20, lambda: receive(next(turns), NOON)) == []

    for officer in officers:
        assert officer.office is not None
        assert numbers_of(officer.office.code, DAY) == list(range(1, 11))


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
        ("000.\u200b00.\u200b01.\u200bH27-\u200b200101-\u200b0001", "000.00.01.H27-200101-0001"),
        ("\u202aH24.31.01-261123-0001\u202c\ufeff", "H24.31.01-261123-0001"),
        ("G22.99-261123-0001234", "G22.99-261123-0001234"),
        ("H15.50.05.13-261008-0975", "H15.50.05.13-261008-0975"),
        ("000.00.01.H23-261123-12345", "000.00.01.H23-261123-12345"),
        ("H23.101-261123-123456", "H23.101-261123-123456"),
        ("https://dichvucong.example/tra-cuu/?ma=H24.31.01-261123-0001\n", "H24.31.01-261123-0001"),
        ("HTTP://localhost:8000/tra-cuu/?ma=h24.31.01-261123-0001", "H24.31.01-261123-0001"),
        ("https://dichvucong.example/xac-minh/?ma=7K3M-0A1B-2C3D", None),
        ("H24-261123-001", None),
        ("H24-261123-00012345", None),
        ("H24-2611-0001", None),
        ("H24-261123-٠٠٠١", None),
        ("' OR 1=1--", None),
        ("H24-261123-0001" * 20, None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_type_it_and_scanners_read_it_from_a_slip(
    typed: str, code: str | None
) -> None:
    assert parse_code(typed) == code
