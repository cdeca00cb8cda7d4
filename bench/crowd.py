"""Synthetic people without end, and their accounts: person number *i* is the same in every process.

``python -m bench.crowd OFFICERS CITIZENS`` makes the accounts in the database that the environment names.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

PASSWORD = "do-toc-do-mot-cua"
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
_MIDDLE = ("Văn", "Minh", "Đức", "Quang", "Hữu")
_GIVEN = ("Anh", "Bình", "Dũng", "Hải", "Khánh", "Long", "Nam", "Phúc", "Sơn", "Tuấn", "Vinh")
_FIRST_SERIAL = 100_000  # the cast has the small ones
_SERIALS = 900_000


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the crowd, as they would type themselves."""

    number: str
    full_name: str
    birth: str

    @property
    def typed_birth(self) -> str:
        """Return the birth date as typed: 07/03/1985."""
        year, month, day = self.birth.split("-")
        return f"{day}/{month}/{year}"


def somebody(place: int) -> Somebody:
    """Return the person at a place of the crowd, 0 to 899,999: all men born in 1985, with the prefix 999."""
    if not 0 <= place < _SERIALS:
        raise ValueError("the crowd has 900,000 people")
    name = (_FAMILY[place % 8], _MIDDLE[place // 8 % 5], _GIVEN[place // 40 % 11])
    birth = f"1985-{place % 12 + 1:02}-{place % 28 + 1:02}"
    return Somebody(f"999085{place + _FIRST_SERIAL:06}", " ".join(name), birth)


def known_by(number: str) -> Somebody | None:
    """Return the person with a number, None when it is not one of the crowd's."""
    if len(number) != 12 or not number.startswith("999085") or int(number[6:]) < _FIRST_SERIAL:
        return None
    return somebody(int(number[6:]) - _FIRST_SERIAL)


def officer_login(place: int) -> str:
    """Return the log-in word of an officer of the crowd."""
    return f"do{place:03}"


def make_accounts(officers: int, citizens: int) -> None:
    """Make officers at the first office, and accounts of the first people of the crowd."""
    import django

    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.db import transaction

    from motcua.accounts.models import Citizen, Office, User, citizen_login
    from motcua.identity.birth import BirthDate
    from motcua.identity.numbers import IdNumber

    password = make_password(PASSWORD)
    with transaction.atomic():
        office, _ = Office.objects.get_or_create(code="000.00.01.H23", defaults={"name": "Bộ phận Một cửa"})
        for place in range(officers):
            user = User(
                login=officer_login(place), role=User.Role.OFFICER, office=office,
                full_name=somebody(place).full_name, password=password,
            )  # fmt: skip
            user.officer_number = somebody(place).number
            user.save()
        for place in range(citizens):
            person = somebody(place)
            number = IdNumber(person.number)
            user = User(login=citizen_login(number), full_name=person.full_name, password=password)
            user.save()
            citizen = Citizen(user=user, full_name=person.full_name)
            citizen.number = number
            citizen.birth_date = BirthDate.of_canonical(person.birth)
            citizen.save()


if __name__ == "__main__":
    make_accounts(int(sys.argv[1]), int(sys.argv[2]))
