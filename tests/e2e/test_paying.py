"""A fee in two browsers: a citizen pays at the bank's page, a cashier takes cash by the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stack, Visit
from tests.e2e.test_desk import both_ways
from tests.people import cast

pytestmark = pytest.mark.browser

_RECEIVES = """
from uuid import uuid4
from django.utils import timezone
from motcua.accounts.models import Citizen, User
from motcua.dossiers import service
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import Applicant
from motcua.identity.numbers import IdNumber
from motcua.procedures.models import Procedure
from motcua.sealing import digest
lan = User.objects.get(login="lan")
made = service.receive_at_desk(
    officer=lan, office=lan.office, procedure=Procedure.objects.get(code="2.000635"), check=None,
    applicant=Applicant(full_name="{name}", number=IdNumber("{number}"), birth="{born}", phone="0912345678"),
    by_hand_reason="foreigner", received_documents=[], press_key=uuid4(), now=timezone.now(),
)
Dossier.objects.filter(pk=made.pk).update(citizen=Citizen.objects.get(number_digest=digest("number", "{number}")))
"""


@both_ways
def test_a_fee_is_paid_at_the_bank_and_another_at_the_till(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    an = cast.an
    act = _RECEIVES.format(name=an.full_name, number=an.number, born=an.born)
    stack.lets_the_office(act)

    citizen = visitor(javascript=javascript)
    citizen.logs_in(an)
    citizen.opens("/ho-so/?loc=can-lam")
    citizen.follows(re.compile("Nộp phí, lệ phí: 8.000 đ cho hồ sơ"))
    citizen.follows("Nộp phí, lệ phí")
    citizen.looks_closely("paying")
    citizen.keeps_for_readers("paying") if javascript else None
    citizen.presses("Thanh toán trực tuyến")
    expect(citizen.page.get_by_role("heading", name="Ngân hàng thử")).to_be_visible()
    assert an.full_name not in citizen.page.content()
    citizen.page.get_by_role("button", name="Thanh toán", exact=True).click()
    citizen.page.get_by_role("link", name="Quay lại cổng dịch vụ công").click()
    at_the_bank = f"asked elsewhere: {stack.sandbox.url}/"
    citizen.complaints[:] = [one for one in citizen.complaints if not one.startswith(at_the_bank)]
    citizen.sees("Đã nộp")
    citizen.sees(re.compile("Biên lai BL-"))

    stack.lets_the_office(act)
    nga = visitor(javascript=javascript)
    nga.logs_in(cast.nga)
    nga.opens("/mot-cua/thu-phi/")
    nga.looks_closely("till")
    code = nga.page.locator("tbody a.code").last.inner_text()
    nga.page.locator("#ma").fill(code)
    nga.page.locator("#ma").press("Enter")
    nga.is_at(re.compile("/mot-cua/thu-phi/ho-so/"))
    nga.looks_closely("fees")
    nga.types("Tiền khách đưa (đồng)", "20.000")
    nga.page.keyboard.press("Enter")
    nga.is_at(re.compile("/mot-cua/thu-phi/bien-lai/"))
    nga.sees(re.compile("Tiền thừa: 12.000 đ"))
    nga.looks_closely("fee-taken")
    nga.keeps_for_readers("fee-taken") if javascript else None
    nga.opens("/mot-cua/thu-phi/khoa-so/")
    nga.looks_closely("till-closing")
