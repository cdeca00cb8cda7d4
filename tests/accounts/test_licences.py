"""Licences as data: who may ask, under which code, and with which key; what an administrator sees of it."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import Citizen, User
from motcua.accounts.service import asker_of
from motcua.procedures.models import Procedure
from tests.conftest import raw

pytestmark = pytest.mark.django_db
KEY = "canbo01:mat-khau-bi-mat"


def form_of(officer: User, **other: Any) -> dict[str, Any]:
    """Return an officer's page as an administrator sends it."""
    return {
        "login": officer.login,
        "role": officer.role,
        "full_name": officer.full_name,
        "office": officer.office_id,
        "is_active": "on",
        "may_query": "on",
        "npd_officer_code": "",
        **other,
    }


def saved(client: Client, officer: User, **other: Any) -> User:
    """Save the page and return the officer as kept."""
    response = client.post(
        reverse("admin:accounts_user_change", args=[officer.pk]), form_of(officer, **other)
    )
    assert response.status_code == 302, response.content.decode()
    return User.objects.get(pk=officer.pk)


def test_the_casts_officers_have_licence_and_key(officer: User) -> None:
    asker = asker_of(officer, "")

    assert (asker.is_licensed, asker.officer_key, asker.officer_code) == (True, "lan:sandbox-pass", "")


def test_a_citizen_asks_through_the_portal_and_needs_no_licence_of_an_officer(citizen_an: Citizen) -> None:
    asker = asker_of(citizen_an.user, "192.0.2.1")

    assert (asker.is_licensed, asker.officer_key, asker.officer_number) == (True, "", "")


def test_the_key_is_kept_sealed_and_never_shown(administrator_client: Client, officer: User) -> None:
    kept = saved(administrator_client, officer, new_gateway_key=KEY, npd_officer_code="MCB-7")

    assert asker_of(kept, "").officer_key == KEY
    assert asker_of(kept, "").officer_code == "MCB-7"
    assert KEY.encode() not in raw(kept, "gateway_key")
    page = unescape(
        administrator_client.get(reverse("admin:accounts_user_change", args=[officer.pk])).content.decode()
    )
    assert "mat-khau-bi-mat" not in page
    assert "Được khai thác CSDLQG về dân cư" in page
    assert KEY not in repr(asker_of(kept, ""))


def test_an_empty_field_keeps_the_key_and_a_tick_removes_it(
    administrator_client: Client, officer: User
) -> None:
    saved(administrator_client, officer, new_gateway_key=KEY)
    assert saved(administrator_client, officer).gateway_key == KEY
    assert saved(administrator_client, officer, forget_gateway_key="on").gateway_key == ""


@pytest.mark.parametrize("typed", ["canbo01", ":mat-khau", "canbo01:"])
def test_a_key_needs_both_halves(administrator_client: Client, officer: User, typed: str) -> None:
    page = administrator_client.post(
        reverse("admin:accounts_user_change", args=[officer.pk]), form_of(officer, new_gateway_key=typed)
    )

    assert "tên:mật-khẩu" in unescape(page.content.decode())
    assert User.objects.get(pk=officer.pk).gateway_key == "lan:sandbox-pass"


def test_without_the_tick_the_officer_may_not_ask(administrator_client: Client, officer: User) -> None:
    response = form_of(officer)
    del response["may_query"]
    administrator_client.post(reverse("admin:accounts_user_change", args=[officer.pk]), response)

    assert not asker_of(User.objects.get(pk=officer.pk), "").is_licensed


def test_every_procedure_of_the_catalogue_may_be_asked_for_and_an_update_changes_no_licence(
    catalogue: None,
) -> None:
    from django.core.management import call_command

    assert not Procedure.objects.filter(may_query=False).exists()
    Procedure.objects.filter(code="1.001193").update(may_query=False)
    call_command("load_procedures", verbosity=0)

    assert not Procedure.objects.get(code="1.001193").may_query
