"""Receiving: who may move a dossier, at the desk and from the queue, and that one press receives one dossier."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.accounts.service import asker_of
from motcua.audit.models import AuditEvent
from motcua.dossiers import service
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import Applicant
from motcua.dossiers.states import MoveRefused
from motcua.identity.numbers import IdNumber
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Purpose, fetch_citizen
from tests.conftest import ToldRegister
from tests.dossiers.filing import begin, filed, procedure_of
from tests.people import FIRST_OFFICE, cast

pytestmark = pytest.mark.django_db
AN = Applicant(
    full_name=cast.an.full_name, number=IdNumber(cast.an.number), birth=cast.an.born, phone="0912345678"
)


def receive(
    officer: User,
    *,
    check: IdentityCheck | None = None,
    reason: str = "",
    key: UUID | None = None,
    applicant: Applicant = AN,
) -> Dossier:
    """Receive a dossier at the officer's desk."""
    return service.receive_at_desk(
        officer=officer,
        office=officer.office,
        procedure=procedure_of(),
        applicant=applicant,
        check=check,
        by_hand_reason=reason,
        received_documents=[{"name": "Tờ khai", "originals": 1, "copies": 0}],
        press_key=key or uuid4(),
        now=timezone.now(),
    )


def verified_check(officer: User) -> IdentityCheck:
    """Ask about An at the desk and return the check."""
    return fetch_citizen(
        claim=cast.an.claim, asker=asker_of(officer, ""), purpose=Purpose("Tiếp nhận"), now=timezone.now()
    ).check


@pytest.mark.usefixtures("catalogue")
class TestAtTheDesk:
    """What ``receive_at_desk`` promises to the desk's pages."""

    def test_a_verified_applicant_is_received_at_once(self, officer: User, register: ToldRegister) -> None:
        dossier = receive(officer, check=verified_check(officer))

        assert dossier.status == Dossier.Status.RECEIVED
        assert dossier.code == f"{FIRST_OFFICE}-{timezone.localdate():%y%m%d}-0001"
        assert Dossier.objects.get().is_identity_verified
        assert dossier.applicant_number == cast.an.number
        assert AuditEvent.objects.get(name="dossier.received").subject == dossier.code

    def test_a_reception_by_hand_says_why_and_is_never_verified(self, officer: User) -> None:
        dossier = receive(officer, reason="newborn", applicant=replace(AN, number=None))

        assert not dossier.is_identity_verified
        assert dossier.applicant_number == ""
        assert AuditEvent.objects.get(name="dossier.received_by_hand").details["reason"] == "newborn"

    @pytest.mark.parametrize("reason", ["", "vì vội"])
    def test_without_a_verified_check_a_known_reason_is_needed(self, officer: User, reason: str) -> None:
        with pytest.raises(ValueError):
            receive(officer, reason=reason)

    def test_a_verified_check_leaves_no_room_for_a_reason(
        self, officer: User, register: ToldRegister
    ) -> None:
        with pytest.raises(ValueError):
            receive(officer, check=verified_check(officer), reason="rejected")

    def test_an_officer_receives_for_no_other_office(self, officer: User, other_officer: User) -> None:
        with pytest.raises(service.NotThisOffice):
            service.receive_at_desk(
                officer=officer,
                office=other_officer.office,
                procedure=procedure_of(),
                applicant=AN,
                check=None,
                by_hand_reason="rejected",
                received_documents=[],
                press_key=uuid4(),
                now=timezone.now(),
            )

    def test_one_press_sent_twice_receives_one_dossier(self, officer: User) -> None:
        key = uuid4()

        assert receive(officer, reason="rejected", key=key) == receive(officer, reason="rejected", key=key)
        assert AuditEvent.objects.filter(name="dossier.received_by_hand").count() == 1

    def test_one_press_cannot_receive_two_people(self, officer: User) -> None:
        key = uuid4()
        receive(officer, reason="rejected", key=key)

        with pytest.raises(service.PressKeyReused):
            receive(officer, reason="rejected", key=key, applicant=replace(AN, full_name="Trần Thị Bình"))

    def test_the_database_itself_refuses_a_reception_without_check_or_reason(self, officer: User) -> None:
        dossier = receive(officer, reason="rejected")

        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=dossier.pk).update(by_hand_reason="")


@pytest.mark.usefixtures("catalogue", "register")
class TestFromTheQueue:
    """What ``take_up`` promises to the desk's pages."""

    def test_an_officer_of_the_office_takes_a_filed_dossier_up(
        self, an_client: Client, citizen_an: Citizen, officer: User
    ) -> None:
        dossier = service.take_up(dossier=filed(an_client), officer=officer, now=timezone.now())

        assert dossier.status == Dossier.Status.RECEIVED
        assert dossier.received_by == officer
        assert AuditEvent.objects.get(name="dossier.taken_up").subject == dossier.code
        assert any("đã tiếp nhận hồ sơ" in notice.text for notice in citizen_an.user.notices.all())
        assert "Được tiếp nhận" in an_client.get(f"/ho-so/{dossier.pk}/").content.decode()

    def test_the_same_officers_second_press_changes_nothing(self, an_client: Client, officer: User) -> None:
        dossier = filed(an_client)
        first = service.take_up(dossier=dossier, officer=officer, now=timezone.now())
        second = service.take_up(dossier=dossier, officer=officer, now=timezone.now())

        assert first.received_at == second.received_at
        assert AuditEvent.objects.filter(name="dossier.taken_up").count() == 1

    def test_the_slower_of_two_officers_is_told(
        self, an_client: Client, officer: User, second_officer: User
    ) -> None:
        dossier = filed(an_client)
        service.take_up(dossier=dossier, officer=officer, now=timezone.now())

        with pytest.raises(service.AlreadyReceived):
            service.take_up(dossier=dossier, officer=second_officer, now=timezone.now())

    def test_an_officer_of_another_office_may_not(self, an_client: Client, other_officer: User) -> None:
        with pytest.raises(service.NotThisOffice):
            service.take_up(dossier=filed(an_client), officer=other_officer, now=timezone.now())

    def test_a_draft_cannot_be_taken_up(self, an_client: Client, officer: User) -> None:
        with pytest.raises(MoveRefused):
            service.take_up(dossier=begin(an_client), officer=officer, now=timezone.now())

    def test_the_database_itself_refuses_a_filing_without_check_and_oath(self, an_client: Client) -> None:
        dossier = begin(an_client)

        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=dossier.pk).update(status=1, code="H24-261123-0001")
