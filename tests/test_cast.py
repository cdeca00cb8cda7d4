"""The stage itself: cast, register and clients are what the other tests believe them to be."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from motcua.accounts.models import Citizen, User
from motcua.identity.register import TouchPoint
from motcua.procedures.models import Procedure
from motcua.verification.service import Asker, Purpose, check_identity
from tests.conftest import ToldRegister
from tests.people import WRONG_NAME_OF_BINH, cast

NOW = datetime(2026, 11, 23, 8, 31, tzinfo=UTC)


def test_everybody_has_a_synthetic_number() -> None:
    assert all(record.personal_number.startswith("999") for record in cast.records)
    assert cast.hanh.record is None


def test_the_account_of_binh_carries_a_wrong_name(citizen_binh: Citizen) -> None:
    assert citizen_binh.full_name == WRONG_NAME_OF_BINH
    assert citizen_binh.number.digits == cast.binh.number


def test_the_officers_work_at_two_offices(officer: User, other_officer: User) -> None:
    assert officer.office != other_officer.office


@pytest.mark.usefixtures("catalogue")
def test_the_catalogue_has_forty_procedures() -> None:
    assert Procedure.objects.count() == 40


def test_a_client_is_logged_in(an_client: Client, citizen_an: Citizen) -> None:
    assert an_client.session["_auth_user_id"] == str(citizen_an.user.pk)


@pytest.mark.django_db
def test_the_register_does_as_it_is_told(register: ToldRegister) -> None:
    def outcome() -> str:
        check = check_identity(
            claim=cast.an.claim,
            asker=Asker(None),
            touch_point=TouchPoint.REGISTRATION,
            purpose=Purpose("thử"),
            now=NOW,
        )
        return check.outcome

    assert outcome() == "verified"
    register.is_down()
    assert outcome() == "unanswered"
    register.is_up()
    register.says(cast.an, cast.an2.record)  # type: ignore[arg-type]
    assert outcome() == "unanswered"
    assert register.asked == 3
