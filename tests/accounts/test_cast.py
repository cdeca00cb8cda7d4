"""``motcua load_cast``: the demo's people, made once."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.service import asker_of
from tests.conftest import account_of
from tests.people import FIRST_OFFICE, WRONG_NAME_OF_BINH, cast

pytestmark = pytest.mark.django_db


def test_everybody_is_made_and_a_second_time_changes_nothing(people: None) -> None:
    before = list(User.objects.order_by("id").values())
    Citizen.objects.filter(pk=account_of(cast.binh).pk).update(full_name="Trần Thị Bình")

    call_command("load_cast", stdout=StringIO())

    assert list(User.objects.order_by("id").values()) == before
    assert Office.objects.count() == 7
    assert {citizen.full_name for citizen in Citizen.objects.all()} == {"Nguyễn Văn An", "Trần Thị Bình"}


def test_binhs_account_carries_the_wrong_name(citizen_binh: Citizen) -> None:
    assert citizen_binh.claim() == cast.binh.named(WRONG_NAME_OF_BINH)
    assert citizen_binh.registration_check is None


def test_an_officer_asks_with_the_own_number_for_the_own_office(officer: User) -> None:
    asker = asker_of(officer, "127.0.0.1")

    assert (asker.officer_number, asker.officer_login) == (cast.lan.number, "lan")
    assert (asker.agency, asker.office_code) == (FIRST_OFFICE, FIRST_OFFICE)


def test_for_a_citizen_the_portal_asks(citizen_an: Citizen) -> None:
    asker = asker_of(citizen_an.user, "127.0.0.1")

    assert (asker.user, asker.officer_number, asker.officer_login, asker.agency) == (
        citizen_an.user,
        "",
        "",
        "",
    )


def test_published_passwords_are_not_loaded_beside_a_real_register(settings: Any) -> None:
    settings.NPD = {**settings.NPD, "NPD_URL": "https://npd.example/{operation}"}

    with pytest.raises(CommandError, match="--anyway"):
        call_command("load_cast", stdout=StringIO())

    assert not User.objects.exists()
    call_command("load_cast", "--anyway", stdout=StringIO())
    assert User.objects.exists()
