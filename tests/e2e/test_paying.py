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

_BEGINS = """
from motcua.payments.online import begin
citizen = Citizen.objects.get(number_digest=digest("number", "{number}"))
begin(fee_pk=made.fees.get().pk, by=citizen.user, now=timezone.now())
"""
_CLOSES = """
from datetime import timedelta
from django.utils import timezone
from motcua.accounts.models import User
from motcua.payments.models import DayClosing
nga = User.objects.get(login="nga")
DayClosing.objects.get_or_create(
    cashier=nga, day=timezone.localdate() - timedelta(days=1),
    defaults=dict(office=nga.office, expected=24_000, counted=23_000, has_note=True, note="Trả thừa cho khách",
                  closed_at=timezone.now() - timedelta(days=1)),
)
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
    nga.types("Tiền người nộp đưa (đồng)", "20.000")
    nga.page.keyboard.press("Enter")
    nga.is_at(re.compile("/mot-cua/thu-phi/bien-lai/"))
    nga.sees(re.compile("Tiền thừa: 12.000 đ"))
    nga.looks_closely("fee-taken")
    nga.keeps_for_readers("fee-taken") if javascript else None
    nga.opens("/mot-cua/thu-phi/khoa-so/")
    nga.looks_closely("till-closing")


@both_ways
def test_cash_is_taken_knowingly_while_the_bank_is_silent(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    an = cast.an
    words = {"name": an.full_name, "number": an.number, "born": an.born}
    stack.lets_the_office((_RECEIVES + _BEGINS).format(**words))

    nga = visitor(javascript=javascript)
    nga.logs_in(cast.nga)
    nga.opens("/mot-cua/thu-phi/")
    nga.page.locator("tbody a.code").last.click()
    nga.sees("Đang chờ ngân hàng trả lời")
    nga.looks_closely("fees-waiting")
    nga.page.get_by_label("Đã hỏi người nộp, vẫn thu tiền mặt").check()
    nga.presses("Thu tiền mặt")
    nga.sees(re.compile("Tiền thừa: 0 đ"))


def test_a_supervisor_looks_at_the_closed_days(visitor: Visit, stack: Stack) -> None:
    stack.lets_the_office(_CLOSES)
    oanh = visitor(javascript=True)
    oanh.logs_in(cast.oanh)
    oanh.opens("/mot-cua/")
    oanh.follows("Sổ thu")
    oanh.looks_closely("closings")
    oanh.page.locator("tbody a").first.click()
    oanh.sees("Trả thừa cho khách")
    oanh.looks_closely("closing-seen")
