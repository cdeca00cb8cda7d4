"""The receipt: with the dossier's code, and with the code of its check where there is one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier
from motcua.identity.register import Trouble
from motcua.slips.codes import qr_code
from motcua.verification import proofs
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import Desk

pytestmark = pytest.mark.django_db


def receipt_of(desk: Desk) -> tuple[Dossier, str]:
    dossier = Dossier.objects.select_related("identity_check").get()
    return dossier, desk.client.get(reverse("receipt", args=[dossier.pk])).content.decode()


def test_a_receipt_carries_the_code_of_its_check_and_a_qr_that_leads_to_its_page(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier, receipt = receipt_of(desk)
    assert dossier.identity_check is not None
    code = dossier.identity_check.code

    assert proofs.holds(dossier.identity_check)
    assert code in receipt
    assert qr_code(f"http://testserver/xac-minh/?ma={code}") in receipt
    assert receipt.count('<div class="qr"') == 2
    assert desk.client.get(f"/xac-minh/?ma={code}").status_code == 200


def test_a_receipt_of_a_dossier_whose_person_could_not_be_checked_carries_that_check_s_code(
    desk: Desk, register: ToldRegister
) -> None:
    register.is_down(Trouble.TIMEOUT)
    desk.checks(cast.an)
    desk.saves(by_hand_reason="unanswered", originals_seen="on")
    dossier, receipt = receipt_of(desk)
    assert dossier.identity_check is not None

    assert dossier.identity_check.code in receipt
    assert (
        "Chưa kiểm tra được"
        in desk.client.get(f"/xac-minh/?ma={dossier.identity_check.code}").content.decode()
    )


def test_only_who_receives_is_led_on_to_the_next_reception(
    desk: Desk, register: ToldRegister, cashier: User
) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier, receipt = receipt_of(desk)
    assert "Tiếp nhận hồ sơ tiếp theo" in receipt
    nga = Client()
    nga.force_login(cashier)
    seen = nga.get(reverse("receipt", args=[dossier.pk])).content.decode()
    assert dossier.code is not None
    assert dossier.code in seen
    assert "Tiếp nhận hồ sơ tiếp theo" not in seen


def test_a_receipt_without_a_check_carries_no_code_of_one(desk: Desk, register: ToldRegister) -> None:
    desk.types(cast.han, number="", birth_date="")
    desk.saves(by_hand_reason="newborn", originals_seen="on")
    dossier, receipt = receipt_of(desk)

    assert dossier.identity_check is None
    assert receipt.count('<div class="qr"') == 1
    assert "Xác minh kiểm tra danh tính" not in receipt
    assert desk.client.get(reverse("proof", args=[dossier.pk])).status_code == 404
    assert "/xac-minh/" not in desk.client.get(reverse("desk_dossier", args=[dossier.pk])).content.decode()
