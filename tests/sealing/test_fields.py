"""A sealed field: a text for the product, noise for the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import FieldError, ValidationError

from motcua.accounts.models import Citizen, User
from motcua.sealing import BrokenSeal
from motcua.sealing.fields import Sealed
from motcua.sealing.keyring import add_key
from tests.conftest import raw, sealed_long_ago
from tests.people import cast
from tests.sealing.conftest import ids

pytestmark = pytest.mark.django_db


def test_a_text_is_read_as_it_was_written(citizen_an: Citizen) -> None:
    for text in ("Nguyễn Văn An", "x" * 100, "", "  ", "a\nb"):
        Citizen.objects.filter(pk=citizen_an.pk).update(full_name=text)
        assert Citizen.objects.get(pk=citizen_an.pk).full_name == text


def test_the_empty_text_is_no_value(officer: User) -> None:
    officer.gateway_key = officer.full_name = ""
    officer.save()

    officer.refresh_from_db()
    assert (officer.gateway_key, officer.full_name) == ("", "")
    assert raw(officer, "gateway_key") == raw(officer, "full_name") == b""
    assert User.objects.filter(pk=officer.pk, gateway_key__isnull=True).exists()


def test_what_was_never_said_is_the_empty_text_before_it_is_saved_too() -> None:
    assert User().officer_number == User(officer_digits=None).officer_number == ""


@pytest.mark.parametrize("lookup", ["", "__contains", "__in", "__gt", "__startswith", "__iexact"])
def test_a_search_by_it_is_refused(lookup: str) -> None:
    value = ["Nguyễn Văn An"] if lookup == "__in" else "Nguyễn Văn An"
    with pytest.raises(FieldError, match="keyed digest"):
        Citizen.objects.filter(**{f"full_name{lookup}": value})
    with pytest.raises(FieldError):
        User.objects.filter(**{f"citizen__birth{lookup}": value})


def test_values_are_opened_when_they_are_looked_at(citizen_an: Citizen) -> None:
    (name,) = Citizen.objects.filter(pk=citizen_an.pk).values_list("full_name", flat=True)

    assert isinstance(name, Sealed)
    assert str(name) == name == cast.an.full_name
    assert cast.an.full_name not in repr(name)
    assert {name} == {cast.an.full_name}


def test_a_value_that_no_key_opens_spoils_nothing_else_and_is_kept(officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(gateway_key=sealed_long_ago())
    broken = raw(officer, "gateway_key")

    lan = User.objects.get(pk=officer.pk)
    assert lan.full_name == cast.lan.full_name
    with pytest.raises(BrokenSeal):
        _ = lan.gateway_key
    lan.save()
    assert raw(officer, "gateway_key") == broken


def test_what_is_saved_unchanged_stays_as_it_is_while_its_key_is_the_newest(
    keys: Path, citizen_an: Citizen
) -> None:
    citizen_an.full_name = cast.an.full_name
    citizen_an.save()
    before = raw(citizen_an, "full_name")
    Citizen.objects.get(pk=citizen_an.pk).save()
    assert raw(citizen_an, "full_name") == before

    loaded = Citizen.objects.get(pk=citizen_an.pk)
    add_key()
    loaded.save()
    assert raw(citizen_an, "full_name")[1:5].hex() == ids(keys)[-1]
    assert Citizen.objects.get(pk=citizen_an.pk).full_name == cast.an.full_name


def test_a_field_that_was_not_fetched_is_fetched_when_it_is_read(citizen_an: Citizen) -> None:
    assert Citizen.objects.defer("full_name").get(pk=citizen_an.pk).full_name == cast.an.full_name
    assert Citizen.objects.only("pk").get(pk=citizen_an.pk).birth == cast.an.born


def test_a_text_that_is_too_long_is_refused_by_its_form() -> None:
    field = User._meta.get_field("full_name").formfield()

    assert field.clean("Nguyễn Văn An") == "Nguyễn Văn An"
    with pytest.raises(ValidationError):
        field.clean("x" * 101)


def test_rows_made_in_bulk_are_sealed_too(people: None) -> None:
    User.objects.bulk_create(User(login=f"u{place}", full_name=cast.hoa.full_name) for place in range(3))
    made = list(User.objects.filter(login__startswith="u"))
    for user in made:
        user.full_name = cast.hanh.full_name
    User.objects.bulk_update(made, ["full_name"])

    assert {user.full_name for user in User.objects.filter(pk__in=[user.pk for user in made])} == {
        cast.hanh.full_name
    }
    assert len({raw(user, "full_name") for user in made}) == 3
