"""Dossiers at the stages that slips tell about."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.dossiers import steps, supplements
from motcua.dossiers.models import Dossier, Extension, HandOver
from motcua.dossiers.service import Applicant, receive_at_desk
from motcua.identity.numbers import IdNumber
from motcua.procedures.models import Procedure
from motcua.slips import service
from tests.dossiers.filing import BIRTH_REGISTRATION
from tests.people import cast
from tests.reception.conftest import desk, desk_of

__all__ = ["desk", "desk_of"]

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
BASE_URL = "https://dichvucong.example"
MISSING = [{"name": "Giấy chứng sinh bản chính", "note": "Bản đã nộp mờ số"}, {"name": "Tờ khai", "note": ""}]
HANDED_IN = [
    {"name": "Tờ khai đăng ký khai sinh", "originals": 1, "copies": 0},
    {"name": "Giấy chứng sinh", "originals": 0, "copies": 2},
]


@pytest.fixture(autouse=True)
def _paper_folder(settings: Settings, tmp_path: Path) -> None:
    """Keep each test's papers in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "papers"


@pytest.fixture
def receive(catalogue: None, officer: User) -> Callable[..., Dossier]:
    """Return how Lan receives a dossier by hand; the applicant's fields may say otherwise."""

    def received(
        *, by: User = officer, now: datetime = NOW, documents: list[dict[str, Any]] = HANDED_IN, **said: Any
    ) -> Dossier:
        common = {
            "full_name": cast.an.full_name,
            "number": IdNumber(cast.an.number),
            "birth": cast.an.born,
            "permanent_residence": "Số 9 phố Thử Nghiệm, phường Mẫu A",
            "phone": "0912345678",
            "email": "an@vidu.vn",
        }
        dossier = receive_at_desk(
            officer=by,
            office=by.office,
            procedure=Procedure.objects.get(code=BIRTH_REGISTRATION),
            applicant=Applicant(**common | said),
            check=None,
            by_hand_reason="foreigner",
            received_documents=documents,
            press_key=uuid.uuid4(),
            now=now,
        )
        return read(dossier)

    return received


@pytest.fixture
def whole_life(receive: Callable[..., Dossier], officer: User, specialist: User, leader: User) -> Dossier:
    """Return a dossier that has every slip but a refusal: handed over, supplemented, put off, stopped."""
    dossier = receive()
    HandOver.objects.create(
        dossier=dossier,
        from_office=officer.office,
        from_user=officer,
        to_office=specialist.office,
        to_user=specialist,
        given_at=NOW + timedelta(minutes=30),
        accepted_at=NOW + timedelta(hours=1),
        accepted_by=specialist,
        note="Chuyển kèm bản giấy",
    )
    supplements.ask_supplement(
        dossier=dossier,
        documents=MISSING,
        reason="Giấy chứng sinh không rõ ngày sinh.",
        by=officer,
        now=NOW + timedelta(hours=2),
    )
    supplements.take_supplement(dossier=dossier, by=officer, now=NOW + timedelta(days=1))
    dossier = read(dossier)
    due = dossier.due_at or NOW + timedelta(days=2)
    Extension.objects.create(
        dossier=dossier,
        old_due_at=due,
        new_due_at=due + timedelta(days=3),
        reason="Đơn vị phối hợp chưa trả lời.",
        made_at=NOW + timedelta(days=1),
        made_by=leader,
    )
    steps.go(
        dossier=dossier,
        move="stop",
        by=leader,
        now=NOW + timedelta(days=2),
        reason="Không bổ sung trong thời hạn.",
    )
    return read(dossier)


def read(dossier: Dossier) -> Dossier:
    """Read a dossier anew, with what its slips need."""
    return Dossier.objects.select_related(*service.NEIGHBORS).get(pk=dossier.pk)


def made(slip: str, dossier: Dossier) -> bytes:
    """Make a slip of a dossier as it stands."""
    return service.make(slip, read(dossier), now=NOW, base_url=BASE_URL)
