"""Fixtures of oversight: supervisors' browsers, and checks that were made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from motcua.accounts.models import Office, User
from motcua.dossiers.agreed_terms import agree
from motcua.dossiers.models import Dossier
from motcua.procedures.models import Procedure
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from tests.people import FIRST_OFFICE, SECOND_OFFICE, Person, cast

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # a Monday, 12:00 in Vietnam
NOW = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)  # a Friday, 09:30 in Vietnam
MakeCheck = Callable[..., IdentityCheck]


@pytest.fixture
def other_supervisor(people: None) -> User:
    """Return the supervisor of Minh's office."""
    office = Office.objects.get(code=SECOND_OFFICE)
    return User.objects.create(
        login="quyen", role=User.Role.SUPERVISOR, full_name="Hồ Thị Quyên", office=office
    )


@pytest.fixture
def supervisor_client(supervisor: User) -> Client:
    """Return Oanh's browser."""
    client = Client()
    client.force_login(supervisor)
    return client


@pytest.fixture
def other_supervisor_client(other_supervisor: User) -> Client:
    """Return the other supervisor's browser."""
    client = Client()
    client.force_login(other_supervisor)
    return client


@pytest.fixture
def asked(people: None) -> Callable[..., IdentityCheck]:
    """Return a way to put a check on record as if it had been asked at the desk."""

    def write(by: User | None, person: Person = cast.an, at: datetime = NOON, **facts: Any) -> IdentityCheck:
        number = person.claim.number
        outcome = facts.pop("outcome", "verified")
        made = {
            "request_id": f"MC-{uuid4().hex}",
            "touch_point": "reception",
            "asked_by": by,
            "office_code": by.office.code if by and by.office else "",
            "purpose": "Tiếp nhận hồ sơ: Đăng ký khai sinh",
            "procedure_code": "1.001193",
            "number_digest": digest("number", number.digits),
            "number_masked": number.masked,
            "claim_digest": digest("claim", person.claim.canonical()),
            "spelling_digest": uuid4().hex[:16],
            "asked_at": at,
            "answered_at": at + timedelta(seconds=1) if outcome else None,
            "outcome": outcome,
        }
        return IdentityCheck.objects.create(**(made | facts))

    return write


@pytest.fixture
def desk_dossier(
    asked: Callable[..., IdentityCheck], officer: User, catalogue: None
) -> Callable[..., Dossier]:
    """Return a way to receive a dossier at Lan's desk; ``check`` and other facts may be given."""

    def receive(person: Person = cast.an, at: datetime = NOON, **facts: Any) -> Dossier:
        key = facts.pop("press_key", None) or uuid4()
        made = {
            "code": f"{FIRST_OFFICE}-{key.hex[:12]}",
            "procedure": Procedure.objects.get(code="1.001193"),
            "office": officer.office,
            "channel": Dossier.Channel.DESK,
            "status": Dossier.Status.RECEIVED,
            "created_at": at,
            "saved_at": at,
            "received_at": at,
            "received_by": officer,
            "press_key": key,
        }
        if "identity_check" not in facts:
            made["identity_check"] = asked(officer, person, at=at, form_key=key)
        dossier = Dossier(**(made | facts))
        dossier.set_applicant_number(person.claim.number)
        agree(dossier)
        dossier.save()
        return dossier

    return receive


@pytest.fixture
def make_check(db: None) -> MakeCheck:
    """Return a way to put a check on record about a number, and about a person who was asked about by an old one."""

    def made(number: str = cast.an.number, *, person: str = "", **said: Any) -> IdentityCheck:
        check_id = uuid4()
        fields: dict[str, Any] = {
            "id": check_id,
            "request_id": f"MC-{check_id.hex}",
            "touch_point": "reception",
            "office_code": FIRST_OFFICE,
            "purpose": "Tiếp nhận hồ sơ: Đăng ký khai sinh",
            "procedure_code": "1.001193",
            "number_digest": digest("number", number),
            "number_masked": f"{number[:3]}******{number[-3:]}",
            "claim_digest": digest("claim", number),
            "person_digest": digest("number", person) if person else "",
            "asked_at": NOW,
            "outcome": "verified",
            **said,
        }
        if fields["outcome"]:
            fields.setdefault("answered_at", fields["asked_at"])
        return IdentityCheck.objects.create(**fields)

    return made
