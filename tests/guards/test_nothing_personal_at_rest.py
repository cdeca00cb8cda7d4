"""Whoever gets hold of the database alone reads no name, no number and no birth date in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import Citizen, FailedLogin, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import ApplicantWord, Dossier
from motcua.dossiers.service import run_next_recheck
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck, WaitingRecord
from motcua.verification.service import erase_waiting_records
from tests.accounts.test_registration import typed
from tests.at_rest import found, kept_sealed, told
from tests.conftest import ToldRegister
from tests.dossiers.filing import filed
from tests.people import PASSWORD, cast
from tests.reception.conftest import Desk, desk_of

__all__ = ["desk_of"]

pytestmark = pytest.mark.django_db
PEOPLE = (cast.an, cast.binh, cast.cuc, cast.dung, cast.duc, cast.hanh, cast.lan, cast.minh, cast.hoa)


def test_after_a_day_at_the_desk_and_on_the_portal_nothing_is_readable(
    client: Client,
    officer: User,
    an_client: Client,
    binh_client: Client,
    administrator_client: Client,
    desk_of: Callable[[User], Desk],
    register: ToldRegister,
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    settings.MEDIA_ROOT = tmp_path
    desk_of(officer).checks(cast.hoa)  # the record waits
    desk = desk_of(officer)
    desk.checks(cast.duc)
    assert desk.saves().is_receipt
    by_hand = desk_of(officer)
    by_hand.checks(cast.hanh)
    assert by_hand.saves(by_hand_reason="rejected", originals_seen="on").is_receipt
    register.is_down()
    later = desk_of(officer)
    later.checks(cast.an)
    assert later.saves(by_hand_reason="unanswered", originals_seen="on").is_receipt
    register.is_up()
    client.post("/dang-ky/", typed(cast.cuc))
    client.post("/dang-ky/", typed(cast.dung))
    client.post("/dang-ky/", typed(cast.an))  # has an account: a notice
    client.post("/dang-nhap/", {"word": cast.cuc.number, "password": "wrong password"})
    client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD})
    binh_client.post(
        "/ca-nhan/chinh-sua/",
        {"full_name": cast.binh.full_name, **claim(), "email": "b@vidu.vn", "current_password": PASSWORD},
    )
    filed(an_client)
    filed(binh_client)
    ticket = Dossier.objects.get(by_hand_reason="unanswered").recheck
    assert run_next_recheck(now=ticket.not_before)
    change_lan(administrator_client, officer)

    for model in (User, Citizen, Dossier, ApplicantWord, IdentityCheck, WaitingRecord, AuditEvent, Session):
        assert model.objects.exists(), model
    assert LogEntry.objects.exists()
    assert FailedLogin.objects.exists()
    assert Dossier.objects.count() == 5
    assert found(told(*PEOPLE)) == []
    assert found({"residence": [home.detail for home in homes()]}) == []


def test_the_look_finds_what_stands_in_clear(citizen_an: Citizen) -> None:
    User.objects.filter(citizen=citizen_an).update(email="NGUYEN VAN AN@vidu.vn")
    Citizen.objects.filter(pk=citizen_an.pk).update(phone=cast.binh.number)
    AuditEvent.objects.create(at=citizen_an.updated_at, name="x", details={"who": cast.cuc.full_name})

    assert found(told(cast.an, cast.binh, cast.cuc)) == [
        "an in accounts_user.email",
        "binh in accounts_citizen.phone",
        "cuc in audit_auditevent.details",
    ]


def test_what_the_register_said_is_in_the_waiting_record_and_then_in_the_one_dossier_alone(
    client: Client, officer: User, binh_client: Client, desk_of: Callable[[User], Desk], register: ToldRegister,
    settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path
    Citizen.objects.update(address="")  # theirs, typed by themselves; in the cast it is the register's
    said = {person.id: person.record.permanent_residence.detail for person in (cast.an, cast.cuc, cast.binh)}
    desk = desk_of(officer)
    desk.checks(cast.an)
    assert kept_sealed(*said.values()) == ["WaitingRecord.said"]
    assert desk.saves().is_receipt
    assert not WaitingRecord.objects.exists()
    assert kept_sealed(*said.values()) == ["Dossier.permanent_residence"]

    client.post("/dang-ky/", typed(cast.cuc))
    binh_client.post("/ca-nhan/chinh-sua/", {"full_name": cast.binh.full_name, **claim()})
    filed(binh_client)
    assert Citizen.objects.get(number_digest=digest("number", cast.cuc.number)).registration_check.is_verified
    assert kept_sealed(said["cuc"], said["binh"]) == []

    later = desk_of(officer)
    later.checks(cast.cuc)
    assert WaitingRecord.objects.count() == 1
    assert erase_waiting_records(now=timezone.now() + timedelta(minutes=30), dry_run=False) == 1
    assert kept_sealed(said["cuc"]) == []


def claim() -> dict[str, str]:
    """Return Bình's number and birth date as they are typed."""
    return {"number": cast.binh.number, "birth_date": cast.binh.typed_birth}


def homes() -> list[object]:
    """Return where the people live, as the register says it."""
    return [person.record.permanent_residence for person in PEOPLE if person.record]


def change_lan(administrator_client: Client, officer: User) -> None:
    """Change something about Lan under /quan-tri/, which Django writes into its journal."""
    form = {
        "login": officer.login,
        "role": officer.role,
        "full_name": officer.full_name,
        "office": officer.office_id,
        "is_active": "on",
        "may_query": "on",
        "npd_officer_code": "MCB-7",
    }
    response = administrator_client.post(f"/quan-tri/accounts/user/{officer.pk}/change/", form)
    assert response.status_code == 302
