"""Names are found by their words, in the own office alone, and neither the words nor whose they are can be read."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from motcua.accounts.models import User
from motcua.dossiers import search
from motcua.dossiers.models import ApplicantWord, Dossier
from motcua.dossiers.search import named, word_digests
from motcua.dossiers.service import Applicant, receive_at_desk
from tests.conftest import ToldRegister, sealed_long_ago
from tests.dossiers.filing import begin, filed, procedure_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(catalogue: None) -> None:
    """Have procedures."""


def received(officer: User, name: str) -> Dossier:
    """Receive a foreigner of this name."""
    assert officer.office is not None
    return receive_at_desk(
        officer=officer, office=officer.office, procedure=procedure_of(), applicant=Applicant(name, None),
        check=None, by_hand_reason="foreigner", received_documents=[], press_key=uuid.uuid4(), now=timezone.now(),
    )  # fmt: skip


def names(officer: User, text: str, most: int = 50) -> list[str]:
    """Return the names that an officer finds, in their order."""
    found = named(offices=[officer.office_id or 0], text=text, most=most)
    return [Dossier.objects.get(pk=pk).applicant_name for pk in found]


def test_all_words_must_be_there_in_whatever_order_and_writing(officer: User) -> None:
    for name in ("Nguyễn Văn An", "Nguyễn Thị Ân", "Trần Văn An", "Đặng Văn Ánh", "H'Mai Niê", "Y Ƀưm Êban"):
        received(officer, name)

    assert names(officer, "nguyen an") == ["Nguyễn Thị Ân", "Nguyễn Văn An"]
    assert names(officer, "AN VĂN NGUYỄN") == ["Nguyễn Văn An"]
    assert names(officer, "đặng") == names(officer, "dang") == ["Đặng Văn Ánh"]
    assert names(officer, "h'mai") == ["H'Mai Niê"]
    assert names(officer, "y bum") == names(officer, "ƀưm êban") == ["Y Ƀưm Êban"]
    assert names(officer, "an an an trần") == ["Trần Văn An"]
    assert names(officer, "nguyen tran") == []
    assert names(officer, "") == names(officer, "…'") == []


def test_the_last_word_may_be_begun_where_nobody_has_it_whole(officer: User) -> None:
    for name in ("Nguyễn Văn Khánh", "Nguyễn Văn Khoa", "Nguyễn Văn Kh", "Nguyễn Thị Khuê"):
        received(officer, name)

    assert names(officer, "van kho") == ["Nguyễn Văn Khoa"]
    assert names(officer, "nguyen van kh") == ["Nguyễn Văn Kh"]
    assert names(officer, "nguyen kha") == ["Nguyễn Văn Khánh"]
    assert names(officer, "kho") == []


def test_a_name_that_no_key_opens_does_not_spoil_the_search(officer: User) -> None:
    broken, _ = received(officer, "Nguyễn Văn Khánh"), received(officer, "Nguyễn Văn Khoa")
    Dossier.objects.filter(pk=broken.pk).update(applicant_name=sealed_long_ago())

    assert names(officer, "van kho") == ["Nguyễn Văn Khoa"]


def test_the_latest_come_first_and_no_more_than_asked_for(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_WALKED", 3)
    monkeypatch.setattr(search, "_FEW", 2)
    for place in range(6):
        received(officer, f"Nguyễn Văn {'An' if place % 2 else 'Bình'}")
    received(officer, "Trần Văn Bình")

    assert names(officer, "van", most=2) == ["Trần Văn Bình", "Nguyễn Văn An"]
    assert names(officer, "nguyen van binh", most=2) == ["Nguyễn Văn Bình"] * 2


@pytest.mark.parametrize("walked", [3, 100])
def test_where_all_words_are_common_the_latest_with_the_last_word_are_gone_through(
    officer: User, monkeypatch: pytest.MonkeyPatch, walked: int
) -> None:
    monkeypatch.setattr(search, "_FEW", 2)
    monkeypatch.setattr(search, "_WALKED", walked)
    for name in ("Nguyễn Văn An", "Nguyễn Thị An", "Trần Văn An", "Lê An", "Nguyễn Văn Bình"):
        received(officer, name)

    assert names(officer, "nguyen an") == ["Nguyễn Thị An", "Nguyễn Văn An"][: 1 if walked == 3 else 2]
    assert names(officer, "nguyen van an") == ["Nguyễn Văn An"]
    assert names(officer, "tran nguyen an") == []


def test_the_words_of_a_dossier_are_written_in_one_statement(officer: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        received(officer, "Nguyễn Thị Minh Khai")

    assert sum("INSERT" in one["sql"] and "applicantword" in one["sql"] for one in asked) == 1


def test_another_office_neither_finds_a_name_nor_keeps_its_words_alike(
    officer: User, other_officer: User
) -> None:
    received(officer, "Nguyễn Văn An")

    assert names(other_officer, "nguyen van an") == []
    assert officer.office_id is not None
    assert other_officer.office_id is not None
    ours, theirs = (word_digests(user.office_id, "Nguyễn Văn An") for user in (officer, other_officer))
    assert set(ours).isdisjoint(theirs)
    received(other_officer, "Trần Văn An")
    assert names(officer, "an") == ["Nguyễn Văn An"]


def test_a_draft_is_found_once_it_is_filed(
    an_client: Any, officer: User, register: ToldRegister, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    begin(an_client, "1.000656")
    assert not ApplicantWord.objects.exists()

    dossier = filed(an_client)

    assert named(offices=[officer.office_id or 0], text="an", most=9) == [dossier.pk]
    assert dossier.words.count() == 3
