"""Dossiers at any point of their lives, for the tests of this folder and of the desk's pages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils import timezone

from motcua.accounts.models import Office, User
from motcua.dossiers import service, states
from motcua.dossiers.models import Dossier, Fee, Result, Supplement
from motcua.dossiers.service import Applicant
from motcua.identity.numbers import IdNumber
from motcua.verification.models import IdentityCheck
from tests.conftest import account_of
from tests.dossiers.filing import procedure_of
from tests.people import FIRST_OFFICE, cast

DIVISION = "H23.101.02"
SECOND_DIVISION = "H23.101.03"
UNIT = "H23.101"
OTHER_DIVISION = "H23.102.02"
RECEIVED_ONCE = {2, 4, 6, 8, 9, 10}


def place(code: str = DIVISION) -> Office:
    """Return an office of the cast."""
    return Office.objects.get(code=code)


def received(officer: User, *, by_hand_reason: str = "foreigner") -> Dossier:
    """Receive a dossier of An at the officer's desk, whose identity nobody could check."""
    applicant = Applicant(
        full_name=cast.an.full_name,
        number=IdNumber(cast.an.number),
        birth=cast.an.born,
        phone="0912345678",
    )
    return service.receive_at_desk(
        officer=officer,
        office=officer.office,
        procedure=procedure_of(),
        applicant=applicant,
        check=None,
        by_hand_reason=by_hand_reason,
        received_documents=[{"name": "Tờ khai", "originals": 1, "copies": 0}],
        press_key=uuid4(),
        now=timezone.now(),
    )


def standing_at(status: int, *, holder_office: str = FIRST_OFFICE, **other: Any) -> Dossier:
    """Return a dossier that stands at a status, with what belongs to it, in the hands of an office."""
    officer = User.objects.get(login="lan")
    dossier, now = received(officer), timezone.now()
    if status == states.SUPPLEMENT:
        asked = [{"name": "Giấy chứng sinh", "note": ""}]
        Supplement.objects.create(
            dossier=dossier, documents=asked, reason="Thiếu", asked_at=now, asked_by=officer
        )
    if status == states.FEE:
        Fee.objects.create(dossier=dossier, amount=8000, asked_at=now, asked_by=officer)
    if status in {states.FINISHED, states.RETURNED}:
        Result.objects.create(dossier=dossier, summary="Đã cấp", made_at=now, made_by=officer)
    values: dict[str, Any] = {"holder_office": place(holder_office), **other}
    if status not in RECEIVED_ONCE:
        values |= {"received_at": None, "received_by": None}
    if status == states.SUBMITTED:
        values |= _filed_online()
    if status in {states.FINISHED, states.RETURNED}:
        values["finished_at"] = now
    if status in states.CLOSED:
        values["closed_at"] = now
    Dossier.objects.filter(pk=dossier.pk).update(**values, status=status)
    dossier.refresh_from_db()
    return dossier


def _filed_online() -> dict[str, Any]:
    citizen, now = account_of(cast.an), timezone.now()
    check = IdentityCheck.objects.create(
        request_id=f"MC-{uuid4().hex[:12]}",
        touch_point="filing",
        asked_by=citizen.user,
        purpose="Nộp hồ sơ",
        number_digest="d",
        number_masked="999******001",
        claim_digest="c",
        asked_at=now,
        answered_at=now,
        outcome="verified",
    )
    return {
        "citizen": citizen,
        "identity_check": check,
        "by_hand_reason": "",
        "has_sworn": True,
        "submitted_at": now,
        "channel": Dossier.Channel.ONLINE,
    }
