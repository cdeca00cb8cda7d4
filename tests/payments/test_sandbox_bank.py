"""The product and the sandbox's bank, written by two hands from one description, pay each other over real sockets."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from motcua.dossiers.models import Fee
from motcua.outbox.service import Unreachable
from motcua.payments import bank, online
from motcua.payments.models import OnlinePayment, Receipt
from tests.sandbox_process import SandboxProcess, start_sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("catalogue", "people"),
]
SECRET = "chung của hai bên"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    sandbox = start_sandbox(tmp_path_factory.mktemp("bank"), NPDSANDBOX_BANK_SECRET=SECRET)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running: SandboxProcess, settings: Settings) -> SandboxProcess:
    """Return a running bank that the product knows."""
    running.reset()
    settings.BANK_URL, settings.BANK_MERCHANT, settings.BANK_SECRET = f"{running.url}/bank", "MAU-A", SECRET
    return running


class Payer:
    """An's browser at the bank; the product stands at a real address, so that it can be told."""

    def __init__(self, fee: Fee, client: Client, live_server: LiveServer, sandbox: SandboxProcess) -> None:
        self.fee, self.client, self.sandbox = fee, client, sandbox
        host = live_server.url.removeprefix("http://")
        answer = client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk}, headers={"Host": host})
        self.way = answer["Location"]
        self.page = self.reads(self.way)

    def reads(self, address: str, data: bytes | None = None) -> str:
        """Open an address as a browser does; return the page."""
        with _DIRECT.open(address, data=data, timeout=30) as answer:
            return answer.read().decode()

    def presses(self, button: str) -> str:
        """Press a button of the bank's page."""
        order = re.search(r'name="order" value="([^"]+)"', self.page)
        said = {"order": order[1] if order else self.payment.pk, "do": button}
        return self.reads(f"{self.sandbox.url}/bank/act", urlencode(said).encode())

    def comes_back(self) -> str:
        """Follow the way back; return the product's page."""
        return self.client.get(f"/ho-so/{self.fee.dossier_id}/thanh-toan/ve/", follow=True).content.decode()

    @property
    def payment(self) -> OnlinePayment:
        """Return the last order as it stands."""
        return OnlinePayment.objects.latest("begun_at")


@pytest.fixture
def payer(
    costly: Callable[..., Fee], an_client: Client, live_server: LiveServer, sandbox: SandboxProcess
) -> Payer:
    """Return An on the bank's page."""
    return Payer(costly(), an_client, live_server, sandbox)


def test_the_bank_shows_sum_and_code_and_no_person(payer: Payer) -> None:
    assert "8.000 đ" in payer.page
    assert str(payer.fee.dossier.code) in payer.page
    assert str(payer.fee.dossier.applicant_name) not in payer.page
    for button in ("Thanh toán", "Hủy", "Trả tiền nhưng không báo", "Báo hai lần"):
        assert f">{button}</button>" in payer.page


def test_paid_the_product_is_told_at_once(payer: Payer) -> None:
    assert "đã thanh toán" in payer.presses("pay")
    assert payer.payment.state == "paid"
    assert payer.payment.bank_reference.startswith("NHT")
    assert "Đã nộp" in payer.comes_back()


def test_told_twice_there_is_one_receipt(payer: Payer) -> None:
    payer.presses("pay_told_twice")
    assert Receipt.objects.get().method == "online"


def test_cancelled_nothing_is_paid(payer: Payer) -> None:
    payer.presses("cancel")
    assert payer.payment.state == "failed"
    assert "không thành công" in payer.comes_back()
    assert not Receipt.objects.exists()


def test_not_told_the_product_asks_when_the_browser_comes_back(payer: Payer) -> None:
    payer.presses("pay_silently")
    assert payer.payment.state == "begun"
    assert "Đã nộp" in payer.comes_back()


def test_not_told_and_nobody_back_the_product_asks_by_itself(payer: Payer) -> None:
    payer.presses("pay_silently")
    assert online.ask_next(now=timezone.now() + timedelta(minutes=2))
    assert payer.payment.state == "paid"


def test_a_page_that_was_opened_and_left_is_not_paid(payer: Payer) -> None:
    assert online.ask_next(now=timezone.now() + timedelta(minutes=5))
    assert payer.payment.state == "begun"
    assert online.ask_next(now=timezone.now() + timedelta(minutes=30))
    assert payer.payment.state == "expired"


def test_pressed_after_it_was_paid_nothing_more_happens(payer: Payer) -> None:
    payer.presses("pay")
    assert "đã thanh toán" in payer.presses("cancel")
    assert payer.payment.state == "paid"


def test_a_sum_that_somebody_changed_on_the_way_is_refused(payer: Payer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        payer.reads(payer.way.replace("amount=8000", "amount=1"))


def test_a_bank_that_is_away_leaves_everything_as_it_is(payer: Payer) -> None:
    payer.presses("pay_silently")
    payer.sandbox.switch("bank", "unavailable")
    assert "Đang chờ ngân hàng trả lời" in payer.comes_back()
    assert online.ask_next(now=timezone.now() + timedelta(minutes=2))
    assert payer.payment.state == "begun"
    with pytest.raises(bank.BankTrouble, match="BANK_URL"):
        bank.probe()
    payer.sandbox.reset()
    assert online.ask_next(now=timezone.now() + timedelta(minutes=20))
    assert payer.payment.state == "paid"


def test_the_probe_knows_a_right_bank_a_wrong_secret_and_nobody(
    sandbox: SandboxProcess, settings: Settings
) -> None:
    assert bank.probe() == "answers, and signs as we do"
    settings.BANK_SECRET = "another"
    with pytest.raises(bank.BankTrouble, match="BANK_SECRET"):
        bank.probe()
    with pytest.raises(Unreachable):
        bank.ask(OnlinePayment().pk)
    settings.BANK_URL = "http://127.0.0.1:9/bank"
    with pytest.raises(Unreachable):
        bank.ask(OnlinePayment().pk)
