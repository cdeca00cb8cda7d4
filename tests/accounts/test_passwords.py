"""What may not stand in a password."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from motcua.accounts.models import Citizen, User
from tests.people import Person, cast


def owner(person: Person) -> User:
    """Return the account that the person is about to have."""
    user = User(full_name=person.full_name, email="nguoi.thu@example.vn")
    citizen = Citizen(user=user, full_name=person.full_name)
    citizen.number, citizen.birth_date = person.claim.number, person.birth_date
    return user


@pytest.mark.parametrize(
    ("person", "password", "reason"),
    [
        (cast.an, "NguyenVanAn-xyz", "password_has_name"),
        (cast.an, "nguyễn cây tre xanh", "password_has_name"),
        (cast.hmai, "h'mai nie thu la toi", "password_has_name"),
        (cast.duc, "minhminhminh-xanh", "password_has_name"),
        (cast.an, "con-meo-1985-xanh", "password_has_birth_year"),
        (cast.dung, "xanh nhu 1950 la cay", "password_has_birth_year"),
        (cast.an, "con meo 000001 xanh", "password_has_number"),
        (cast.an, "nguoi.thu@example", "password_too_similar"),
        (cast.an, "ngan", "password_too_short"),
        (cast.an, "password123", "password_too_common"),
        (cast.an, "matkhau123", "password_too_common"),
        (cast.an, "Việt-Nam-2026", "password_too_common"),
        (cast.an, "739105284617", "password_entirely_numeric"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(person: Person, password: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, owner(person))

    assert reason in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("password", ["con meo leo cay cau", "bàn ghế tủ giường 42", "anh an banh bao xanh"])
def test_a_password_that_only_looks_like_the_owner_is_fine(password: str) -> None:
    validate_password(password, owner(cast.an))


@pytest.mark.parametrize("composed", [True, False])
def test_a_password_is_the_same_however_the_keyboard_composes_it(composed: bool) -> None:
    import unicodedata

    from motcua.accounts.forms import LoginForm

    text = unicodedata.normalize("NFC" if composed else "NFD", "bàn ghế tủ giường")
    form = LoginForm({"word": "lan", "password": text})

    assert form.is_valid()
    assert form.cleaned_data["password"] == unicodedata.normalize("NFC", text)
