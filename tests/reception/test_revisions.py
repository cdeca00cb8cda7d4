"""A procedure's revision never changes a dossier that was received before."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier
from motcua.procedures import catalogue_file, importing
from motcua.procedures.models import Procedure, ProcedureCase
from motcua.procedures.service import publish
from motcua.procedures.terms import documents_of, terms_of
from tests.conftest import ToldRegister
from tests.dossiers.filing import filed
from tests.people import cast
from tests.procedures.test_catalogue_file import file_of, row_of
from tests.reception.conftest import RESIDENCE, Desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

AGREED = (
    "revision_id",
    "term_limit",
    "term_unit",
    "fee_due",
    "due_at",
    "term_began_at",
    "received_documents",
)


def text(client: Client, path: str) -> str:
    """Return the words of a page, without what differs at each look."""
    page = client.get(path).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", main)


def change_everything(code: str) -> None:
    """Let an administrator change name, time, fees, cases and documents by a file."""
    row = row_of(code, name="Tên mới", time_limit=30, time_unit="ngày", times={}, results=[])
    row["fee_vnd"] = {"online": 999000, "postal": 999000, "direct": 999000}
    row["cases"] = [{"name": "Trường hợp mới", "time_limit": 60, "time_unit": "ngày"}]
    row["documents"] = [{"name": "Giấy tờ mới"}]
    entries = catalogue_file.read(file_of(row))
    importing.apply(entries, shown=importing.plan(entries).digest, act="import", by=None, now=timezone.now())
    assert Procedure.objects.get(code=code).name == "Tên mới"


def test_a_dossier_of_the_desk_stays_as_it_was_received(desk: Desk, officer_client: Client) -> None:
    desk.choose(RESIDENCE)
    desk.checks(cast.an)
    desk.saves()
    dossier = Dossier.objects.get()
    pages = (f"/mot-cua/ho-so/{dossier.pk}/", f"/mot-cua/ho-so/{dossier.pk}/phieu/")
    before = [text(officer_client, path) for path in pages]
    agreed = {name: getattr(dossier, name) for name in AGREED}
    content = dossier.revision.content
    assert all("7 ngày làm việc" in page and "20.000 đ" in page for page in before)

    change_everything(RESIDENCE)

    dossier = Dossier.objects.get()
    assert {name: getattr(dossier, name) for name in AGREED} == agreed
    assert dossier.revision.content == content
    assert [text(officer_client, path) for path in pages] == before


def test_a_filed_dossier_keeps_what_its_citizen_saw(
    an_client: Client, register: ToldRegister, officer: User
) -> None:
    dossier = filed(an_client)
    pages = (f"/ho-so/{dossier.pk}/", f"/ho-so/{dossier.pk}/hoan-tat/")
    before = [text(an_client, path) for path in pages]
    assert all("Đăng ký khai sinh" in page for page in before)

    change_everything("1.001193")

    assert [text(an_client, path) for path in pages] == before
    assert Dossier.objects.get().term == "trong ngày"


def test_a_dossier_received_after_the_change_is_under_the_new_revision(desk: Desk) -> None:
    change_everything(RESIDENCE)
    desk.choose(RESIDENCE)
    desk.checks(cast.an)
    desk.saves()

    dossier = Dossier.objects.get()
    assert (dossier.revision.number, dossier.term_limit, dossier.fee_due) == (2, 30, 999000)


def test_a_case_that_was_taken_out_still_holds_where_it_was_agreed() -> None:
    building = Procedure.objects.get(code="1.013225")
    case = building.cases.get(name="Nhà ở riêng lẻ")
    agreed = building.revisions.latest("number")
    ProcedureCase.objects.filter(pk=case.pk).delete()
    publish(keys=[building.pk], by=None, now=timezone.now())

    assert terms_of(agreed.content, channel="direct", case=case.pk).limit == 15
    assert len(documents_of(agreed.content, case=case.pk)) == building.documents.count()
    assert terms_of(building.revisions.latest("number").content, channel="direct", case=case.pk).limit == 20


def test_what_says_the_same_is_no_new_revision() -> None:
    birth = Procedure.objects.get(code="1.001193")

    assert publish(keys=[birth.pk], by=None, now=timezone.now()) == []
    birth.npd_code = "X1"
    birth.save()
    assert publish(keys=[birth.pk], by=None, now=timezone.now()) == []
