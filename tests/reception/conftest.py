"""Fixtures of the desk: a procedure, and an officer's browser that fills in the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import User
from motcua.procedures.models import Procedure
from tests.people import Person, cast

BIRTH_REGISTRATION = "1.001193"
ANOTHER_PROCEDURE = "2.000815"
RESIDENCE = "1.004222"  # its form needs all that the register may give
PHONE = "0912345678"


class Desk:
    """The form as one officer has it on the screen: what was typed stays, and every answer's hidden fields with it."""

    def __init__(self, officer: User) -> None:
        self.officer, self.client = officer, Client()
        self.client.force_login(officer)
        self.form: dict[str, Any] = {"phone": PHONE}
        self.opens()
        self.choose(BIRTH_REGISTRATION)

    def opens(self) -> None:
        """Open a new reception form for what is typed already."""
        self._shown(self.client.get(reverse("reception")))

    def choose(self, code: str) -> None:
        """Choose a procedure."""
        self.form["procedure"] = Procedure.objects.get(code=code).pk

    def types(self, person: Person, **other: str) -> None:
        """Type the three things about a person; ``full_name``, ``number`` and ``birth_date`` may say otherwise."""
        self.form |= {
            "full_name": person.full_name,
            "number": person.number,
            "birth_date": person.typed_birth,
            **other,
        }

    def checks(self, person: Person | None = None, *, htmx: bool = False, **other: str) -> Screen:
        """Press "Kiểm tra danh tính số", after typing if somebody is named."""
        if person is not None:
            self.types(person, **other)
        headers = {"HX-Request": "true"} if htmx else {}
        return self._shown(self.client.post(reverse("check"), self.form, headers=headers))

    def types_owner(self, person: Person, *, relation: str = "parent", **other: str) -> None:
        """Say for whom one files; ``other`` are fields of the owner and may say otherwise."""
        said = {"full_name": person.full_name, "number": person.number, "birth_date": person.typed_birth}
        self.form |= {"for_other": "1", "owner-relation": relation}
        self.form |= {f"owner-{name}": value for name, value in (said | other).items()}

    def checks_owner(self, person: Person | None = None, *, htmx: bool = False, **other: str) -> Screen:
        """Press "Kiểm tra danh tính chủ hồ sơ", after typing if somebody is named."""
        if person is not None:
            self.types_owner(person, **other)
        headers = {"HX-Request": "true"} if htmx else {}
        return self._shown(self.client.post(reverse("check_owner"), self.form, headers=headers))

    def saves(self, **other: Any) -> Screen:
        """Press "Lưu hồ sơ", and follow to the receipt."""
        self.form |= other
        return self._shown(self.client.post(reverse("reception"), self.form, follow=True))

    def _shown(self, response: HttpResponse) -> Screen:
        screen = Screen(response)
        own = ("checked", "warned", "scan", "check_key")
        for name in (*own, *(f"owner-{name}" for name in own), "press_key", "form_token"):
            if (value := screen.value(name)) is not None:
                self.form[name] = value
        return screen


class Screen:
    """What an answer shows."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.html = unescape(response.content.decode())

    def __contains__(self, text: str) -> bool:
        return text in self.html

    def value(self, name: str) -> str | None:
        """Return what stands in an input, None when there is no such input."""
        found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', self.html)
        return found and found[1]

    @property
    def answers(self) -> list[str]:
        """Return the headings of the answers to the claim; never more than one."""
        return re.findall(r'<h2><span aria-hidden="true">.</span> (.*?)</h2>', self.html)

    @property
    def owner(self) -> Screen:
        """Return the owner's part alone."""
        part = Screen(self.response)
        part.html = re.split(r'id="chu-ho-so"', self.html, maxsplit=1)[1].split('id="thanh-phan"')[0]
        return part

    @property
    def is_receipt(self) -> bool:
        """Say whether the dossier was received."""
        return "Giấy tiếp nhận hồ sơ" in self.html

    @property
    def column(self) -> str:
        """Return the part that the check button swaps, without what differs by chance."""
        html = re.sub(r'name="(press_key|form_token|check_key)" value="[^"]*"', r'name="\1"', self.html)
        shown = html[html.index('<div class="desk-grid" id="kiem-tra">') :]
        return re.split(r'<section class="card[^"]*" id="chu-ho-so"', shown)[0].strip()

    def shows_record_of(self, person: Person) -> bool:
        """Say whether anything of the register's record is on the page that nobody typed."""
        assert person.record is not None
        assert person.record.permanent_residence is not None
        return person.record.full_name in self.html or person.record.permanent_residence.detail in self.html


@pytest.fixture
def desk(officer: User, catalogue: None, register: object) -> Desk:
    """Return Lan's form, birth registration chosen."""
    return Desk(officer)


@pytest.fixture
def desk_of(catalogue: None, register: object) -> Callable[[User], Desk]:
    """Return any officer's form."""
    return Desk


@pytest.fixture
def typed_an() -> dict[str, str]:
    """Return what An says, as fields of the form."""
    return {"full_name": cast.an.full_name, "number": cast.an.number, "birth_date": cast.an.typed_birth}
