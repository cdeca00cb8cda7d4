"""Paying by a bank, whatever it says, whoever says it in its name, and however late."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.config import work
from motcua.dossiers import fees, states
from motcua.dossiers.models import Dossier, Fee
from motcua.dossiers.steps import NotYours, go
from motcua.outbox.service import Failed, Refused, Unreachable
from motcua.payments import bank, online, service
from motcua.payments.bank import NotTheirs, Status, Word
from motcua.payments.checks import bank_is_whole
from motcua.payments.models import OnlinePayment, Receipt
from tests.dossiers.test_codes import at_once
from tests.payments.conftest import MERCHANT, SECRET, ToldBank, signed, status_of
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

Costly = Callable[..., Fee]


@pytest.fixture
def begun(costly: Costly, told_bank: ToldBank, citizen_an: Citizen) -> Callable[..., OnlinePayment]:
    """Return how An begins to pay for a dossier."""

    def beginning(**said: object) -> OnlinePayment:
        return online.begin(fee_pk=costly(**said).pk, by=citizen_an.user, now=timezone.now())

    return beginning


Begun = Callable[..., OnlinePayment]


def page_of(client: Client, fee: Fee) -> str:
    return client.get(f"/ho-so/{fee.dossier_id}/thanh-toan/").content.decode()


class TestOnTheWay:
    def test_a_press_leads_to_the_bank_with_order_sum_and_code_alone(
        self, costly: Costly, told_bank: ToldBank, an_client: Client
    ) -> None:
        fee = costly()
        answer = an_client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk})
        parts = urlsplit(answer["Location"])
        said = {name: texts[0] for name, texts in parse_qs(parts.query, strict_parsing=True).items()}
        payment = OnlinePayment.objects.get()
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://bank.example/tt/pay"
        assert said.pop("until")
        signature = said.pop("signature")
        assert said == {
            "kind": "order",
            "merchant": MERCHANT,
            "order": str(payment.pk),
            "amount": "8000",
            "about": fee.dossier.code,
            "back": f"http://testserver/ho-so/{fee.dossier_id}/thanh-toan/ve/",
            "notify": "http://testserver/thanh-toan/bao/",
        }
        until = parse_qs(parts.query)["until"][0]
        assert signature == signed(said | {"until": until})["signature"]
        for personal in (cast.an.full_name, cast.an.number, cast.an.born):
            assert personal not in answer["Location"]

    def test_the_bank_tells_the_outcome_to_the_address_that_is_known_outside(
        self, costly: Costly, told_bank: ToldBank, an_client: Client, settings: Settings
    ) -> None:
        settings.PORTAL_ADDRESS = "https://dichvucong.example"
        fee = costly()
        answer = an_client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk})
        said = parse_qs(urlsplit(answer["Location"]).query)
        assert said["notify"] == ["https://dichvucong.example/thanh-toan/bao/"]
        assert said["back"] == [f"http://testserver/ho-so/{fee.dossier_id}/thanh-toan/ve/"]

    def test_pressed_twice_there_is_one_order(
        self, costly: Costly, told_bank: ToldBank, an_client: Client
    ) -> None:
        fee = costly()
        first, second = (
            an_client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk})["Location"]
            for _ in range(2)
        )
        assert first == second
        assert OnlinePayment.objects.count() == 1

    def test_the_page_lets_the_browser_go_to_the_bank_and_nowhere_else(
        self, costly: Costly, told_bank: ToldBank, an_client: Client
    ) -> None:
        answer = an_client.get(f"/ho-so/{costly().dossier_id}/thanh-toan/")
        assert "form-action 'self' https://bank.example;" in answer["Content-Security-Policy"] + ";"
        assert "bank.example" not in an_client.get("/ho-so/")["Content-Security-Policy"]

    def test_nobody_pays_for_anothers_dossier(
        self, costly: Costly, told_bank: ToldBank, citizen_binh: Citizen, officer: User
    ) -> None:
        fee = costly()
        for user in (citizen_binh.user, officer):
            with pytest.raises(NotYours):
                online.begin(fee_pk=fee.pk, by=user, now=timezone.now())
        client = Client()
        client.force_login(citizen_binh.user)
        for step in ("thanh-toan/", "thanh-toan/ve/"):
            assert client.get(f"/ho-so/{fee.dossier_id}/{step}").status_code == 404
        assert client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk}).status_code == 404
        assert not OnlinePayment.objects.exists()

    def test_a_fee_of_another_dossier_is_not_paid_through_this_one(
        self, costly: Costly, told_bank: ToldBank, an_client: Client
    ) -> None:
        mine, other = costly(), costly()
        an_client.post(f"/ho-so/{mine.dossier_id}/thanh-toan/", {"fee": other.pk})
        assert not OnlinePayment.objects.exists()

    def test_what_is_not_owed_is_not_paid(
        self, costly: Costly, told_bank: ToldBank, an_client: Client
    ) -> None:
        fee = costly()
        Fee.objects.filter(pk=fee.pk).update(cancelled_at=timezone.now())
        page = an_client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk}, follow=True)
        assert "Khoản này không còn phải nộp" in page.content.decode()
        assert not OnlinePayment.objects.exists()

    def test_without_a_bank_the_desk_is_named(self, costly: Costly, an_client: Client) -> None:
        fee = costly()
        page = page_of(an_client, fee)
        assert "Thanh toán trực tuyến" not in page
        assert "Nộp tiền mặt: tại" in page
        assert an_client.post(f"/ho-so/{fee.dossier_id}/thanh-toan/", {"fee": fee.pk}).status_code == 302
        assert not OnlinePayment.objects.exists()

    def test_the_list_and_the_dossier_lead_to_the_payment(self, costly: Costly, an_client: Client) -> None:
        fee = costly()
        assert "Nộp phí, lệ phí: 8.000 đ" in an_client.get("/ho-so/?loc=can-lam").content.decode()
        page = an_client.get(f"/ho-so/{fee.dossier_id}/").content.decode()
        assert "Số tiền: 8.000 đ." in page
        assert f"/ho-so/{fee.dossier_id}/thanh-toan/" in page


class TestWhatTheBankSays:
    def test_paid_there_is_a_receipt_and_the_fee_is_settled(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        payment = begun()
        assert told_bank.tells(payment.pk, 8000).status_code == 200
        payment.refresh_from_db()
        receipt = payment.receipt
        assert receipt is not None
        assert (receipt.method, receipt.taken_by, receipt.amount) == ("online", None, 8000)
        assert receipt.payer == cast.an.full_name
        assert receipt.office == payment.fee.dossier.office
        fee = Fee.objects.get(pk=payment.fee_id)
        assert fee.settled_at is not None
        assert "số 0000001" in page_of(an_client, fee)
        told = [notice.text for notice in fee.dossier.citizen.user.notices.all()]
        assert any(text.startswith("Đã nhận 8.000 đ") for text in told)

    def test_a_later_fee_lets_the_dossier_go_on_and_is_told_once(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        payment = begun(status=states.FEE, kind="later")
        notices = payment.fee.dossier.citizen.user.notices
        before = notices.count()
        told_bank.tells(payment.pk, 8000)
        assert status_of(payment.fee.dossier) == states.PROCESSING
        told = [notice.text for notice in notices.order_by("pk")][before:]
        assert [text.split(" của hồ sơ")[0] for text in told] == ["Đã nhận phí, lệ phí"]

    def test_cancelled_the_fee_is_owed_and_may_be_tried_again(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        payment = begun()
        assert told_bank.tells(payment.pk, 8000, "cancelled").status_code == 200
        payment.refresh_from_db()
        assert payment.state == "failed"
        page = page_of(an_client, payment.fee)
        assert "Lần thanh toán trước không thành công" in page
        assert "Thanh toán trực tuyến" in page
        an_client.post(f"/ho-so/{payment.fee.dossier_id}/thanh-toan/", {"fee": payment.fee_id})
        assert OnlinePayment.objects.filter(state="begun").count() == 1

    def test_told_many_times_it_is_paid_once(self, begun: Begun, told_bank: ToldBank) -> None:
        payment = begun()
        notice = told_bank.notice(payment.pk, 8000)
        assert [told_bank.posts(notice).status_code for _ in range(4)] == [200] * 4
        assert told_bank.tells(payment.pk, 8000).status_code == 200
        assert Receipt.objects.count() == 1
        assert AuditEvent.objects.filter(name="fee.paid").count() == 1

    def test_an_old_word_of_cancelling_does_not_undo_a_payment(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        payment = begun()
        told_bank.tells(payment.pk, 8000)
        told_bank.tells(payment.pk, 8000, "cancelled")
        payment.refresh_from_db()
        assert payment.state == "paid"

    @pytest.mark.parametrize("end", ["cancelled", "expired"])
    def test_paid_after_all_counts(self, begun: Begun, told_bank: ToldBank, end: str) -> None:
        payment = begun()
        if end == "cancelled":
            told_bank.tells(payment.pk, 8000, "cancelled")
        else:
            online.hear(Word(payment.pk, Status.UNKNOWN, 0, ""), now=timezone.now() + timedelta(hours=1))
        told_bank.tells(payment.pk, 8000)
        payment.refresh_from_db()
        assert (payment.state, payment.refund_amount) == ("paid", 0)

    @pytest.mark.parametrize("amount", [7999, 8001, 80_000])
    def test_another_sum_settles_nothing_and_is_to_be_given_back(
        self, begun: Begun, told_bank: ToldBank, cashier_client: Client, amount: int
    ) -> None:
        payment = begun()
        assert told_bank.tells(payment.pk, amount).status_code == 200
        payment.refresh_from_db()
        assert (payment.refund_amount, payment.receipt) == (amount, None)
        assert Fee.objects.get(pk=payment.fee_id).is_open
        assert "Cần hoàn trả" in cashier_client.get("/mot-cua/thu-phi/").content.decode()

    def test_paid_at_the_desk_meanwhile_it_is_to_be_given_back(
        self, begun: Begun, told_bank: ToldBank, cashier: User, cashier_client: Client, an_client: Client
    ) -> None:
        payment = begun()
        service.take_cash(fee_pk=payment.fee_id, by=cashier, now=timezone.now(), is_despite_bank=True)
        told_bank.tells(payment.pk, 8000)
        assert Receipt.objects.count() == 1
        till = cashier_client.get("/mot-cua/thu-phi/").content.decode()
        assert "Cần hoàn trả" in till
        assert "Cơ quan sẽ hoàn trả" in page_of(an_client, payment.fee)
        cashier_client.post(f"/mot-cua/thu-phi/hoan-tra/{payment.pk}/")
        cashier_client.post(f"/mot-cua/thu-phi/hoan-tra/{payment.pk}/")
        payment.refresh_from_db()
        assert payment.refunded_by == cashier
        assert AuditEvent.objects.filter(name="fee.refunded").count() == 1
        assert "Cần hoàn trả" not in cashier_client.get("/mot-cua/thu-phi/").content.decode()
        assert "Cơ quan đã hoàn trả lúc" in page_of(an_client, payment.fee)

    def test_exempted_or_withdrawn_meanwhile_it_is_to_be_given_back(
        self, begun: Begun, told_bank: ToldBank, officer: User
    ) -> None:
        exempted, withdrawn = begun(), begun()
        now = timezone.now()
        service.exempt(fee_pk=exempted.fee_id, exemption="poor", reason="Sổ", by=officer, now=now)
        go(dossier=withdrawn.fee.dossier, move="withdraw", by=officer, now=now, reason="Đổi ý")
        for payment in (exempted, withdrawn):
            told_bank.tells(payment.pk, 8000)
            payment.refresh_from_db()
            assert (payment.state, payment.refund_amount) == ("paid", 8000)
        assert not Receipt.objects.exists()

    def test_another_office_notes_no_refund(
        self, begun: Begun, told_bank: ToldBank, cashier_client: Client, other_officer: User
    ) -> None:
        payment = begun()
        told_bank.tells(payment.pk, 5)
        Dossier.objects.filter(pk=payment.fee.dossier_id).update(
            office=other_officer.office, holder_office=other_officer.office
        )
        assert cashier_client.post(f"/mot-cua/thu-phi/hoan-tra/{payment.pk}/").status_code == 404
        payment.refresh_from_db()
        assert payment.refunded_at is None

    def test_nothing_is_given_back_of_what_was_not_paid_for_nothing(
        self, begun: Begun, cashier_client: Client
    ) -> None:
        payment = begun()
        assert cashier_client.post(f"/mot-cua/thu-phi/hoan-tra/{payment.pk}/").status_code == 404
        payment.refresh_from_db()
        assert payment.refunded_at is None

    def test_an_order_of_nobody_is_answered_so(self, told_bank: ToldBank) -> None:
        assert told_bank.tells(uuid4(), 8000).status_code == 404


class TestCashWhileTheBankIsSilent:
    """The cashier sees that the money may be at the bank already, and takes cash knowingly or not at all."""

    said: ClassVar = {"take": "1", "tendered": "20.000", "payer": "Nguyễn Văn An"}

    def test_the_cashier_sees_it_and_since_when(self, begun: Begun, cashier_client: Client) -> None:
        payment = begun()
        begun_at = datetime(2026, 11, 26, 9, 41, tzinfo=timezone.get_current_timezone())
        OnlinePayment.objects.update(begun_at=begun_at)
        address = f"/mot-cua/thu-phi/ho-so/{payment.fee.dossier_id}/"
        page = cashier_client.get(address).content.decode()
        assert "Đang chờ ngân hàng trả lời" in page
        assert "lúc 09:41 26/11/2026" in page
        OnlinePayment.objects.update(state="failed", answered_at=begun_at)
        page = cashier_client.get(address).content.decode()
        assert "Đang chờ ngân hàng trả lời" not in page
        assert "vẫn thu tiền mặt" not in page

    def test_cash_is_taken_only_with_a_tick(self, begun: Begun, cashier_client: Client) -> None:
        payment = begun()
        address = f"/mot-cua/thu-phi/ho-so/{payment.fee.dossier_id}/"
        said = self.said | {"fee": payment.fee_id}
        page = cashier_client.post(address, said).content.decode()
        assert "Khoản này đang chờ ngân hàng trả lời." in page
        assert 'value="20.000"' in page
        assert not Receipt.objects.exists()
        cashier_client.post(address, said | {"is_despite_bank": "on"})
        assert Receipt.objects.get().tendered == 20_000

    def test_an_order_begun_after_the_form_was_looked_at_is_told(
        self, begun: Begun, cashier_client: Client
    ) -> None:
        payment = begun()
        take_cash = service.take_cash
        with pytest.MonkeyPatch.context() as earlier:

            def take(**said: Any) -> Receipt:
                earlier.undo()
                return take_cash(**said)

            earlier.setattr(OnlinePayment, "WAITING", Q(state="nothing"))
            earlier.setattr(service, "take_cash", take)
            address = f"/mot-cua/thu-phi/ho-so/{payment.fee.dossier_id}/"
            page = cashier_client.post(address, self.said | {"fee": payment.fee_id}, follow=True)
        assert "Chưa thu: người nộp đã mở thanh toán trực tuyến" in page.content.decode()
        assert not Receipt.objects.exists()

    def test_the_dossiers_own_page_takes_none_and_leads_to_its_fees(
        self, begun: Begun, cashier_client: Client
    ) -> None:
        payment = begun(status=states.FEE, kind="later")
        answer = cashier_client.post(f"/mot-cua/ho-so/{payment.fee.dossier_id}/viec/take_fee/")
        assert answer["Location"] == f"/mot-cua/thu-phi/ho-so/{payment.fee.dossier_id}/"
        assert status_of(payment.fee.dossier) == states.FEE
        assert not Receipt.objects.exists()


class TestWhatSomebodySaysInItsName:
    def forgeries(self, told_bank: ToldBank, order: UUID) -> list[dict[str, str]]:
        true = told_bank.notice(order, 8000)
        bare = {name: text for name, text in true.items() if name != "signature"}
        cancelled = told_bank.notice(order, 8000, "cancelled")
        return [
            bare,
            bare | {"signature": ""},
            bare | {"signature": "0" * 64},
            bare | {"signature": "ă" * 64},
            signed(bare, "another secret"),
            signed(bare, ""),
            true | {"amount": "1"},
            true | {"extra": "1"},
            cancelled | {"status": "paid"},
            signed(bare | {"merchant": "AI-DO"}),
            signed(bare | {"kind": "answer"}),
            signed(bare | {"kind": "order"}),
            signed(bare | {"amount": "-8000"}),
            signed(bare | {"amount": "8e3"}),
            signed(bare | {"amount": "0"}),
            signed(bare | {"amount": "8000.0"}),
            signed(bare | {"amount": "٨٠٠٠"}),
            signed(bare | {"status": "PAID"}),
            signed(bare | {"order": "1"}),
        ]

    def test_nothing_forged_pays_anything(self, begun: Begun, told_bank: ToldBank) -> None:
        payment = begun()
        for forged in self.forgeries(told_bank, payment.pk):
            assert told_bank.posts(forged).status_code == 403, forged
        payment.refresh_from_db()
        assert payment.state == "begun"
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"x"',
            b'{"order": 1}',
            b"\xff\xfe",
            b'{"signature": null}',
            b"[" * 5000,
        ],
    )
    def test_nonsense_is_refused(self, told_bank: ToldBank, body: bytes) -> None:
        answer = Client().post("/thanh-toan/bao/", body, content_type="application/json")
        assert answer.status_code == 403

    def test_what_is_too_large_is_not_read(self, told_bank: ToldBank, begun: Begun) -> None:
        said = told_bank.notice(begun().pk, 8000, padding="x" * 9000)
        assert told_bank.posts(said).status_code == 400

    def test_without_a_secret_nothing_is_believed(
        self, begun: Begun, told_bank: ToldBank, settings: Settings
    ) -> None:
        order = begun().pk
        settings.BANK_SECRET = ""
        said = {k: v for k, v in told_bank.notice(order, 8000).items() if k != "signature"}
        assert told_bank.posts(signed(said, "")).status_code == 403

    def test_a_word_of_one_kind_is_not_taken_for_another(self, begun: Begun, told_bank: ToldBank) -> None:
        """What the citizen's own browser carries to the bank is signed by us: it must not come back as the bank's."""
        payment = begun()
        way = bank.way_to(
            order=payment.pk, amount=8000, about="x", back="b", notify="n", until=payment.expires_at
        )
        carried = {name: texts[0] for name, texts in parse_qs(urlsplit(way).query).items()}
        assert told_bank.posts(carried).status_code == 403
        assert told_bank.posts(carried | {"status": "paid"}).status_code == 403

    @pytest.mark.parametrize("query", ["?status=paid", "?order=x&amount=8000&status=paid&signature=0"])
    def test_what_the_browser_brings_back_counts_for_nothing(
        self, begun: Begun, told_bank: ToldBank, an_client: Client, query: str
    ) -> None:
        payment = begun()
        an_client.get(f"/ho-so/{payment.fee.dossier_id}/thanh-toan/ve/{query}")
        payment.refresh_from_db()
        assert payment.state == "begun"
        assert "Đang chờ ngân hàng trả lời" in page_of(an_client, payment.fee)


class TestAsking:
    def test_who_comes_back_sees_what_the_bank_says_when_its_notice_is_lost(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        payment = begun()
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        page = an_client.get(f"/ho-so/{payment.fee.dossier_id}/thanh-toan/ve/", follow=True)
        assert "Đã nộp" in page.content.decode()
        assert Receipt.objects.count() == 1

    def test_who_comes_back_again_and_again_asks_once_in_a_while(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        payment = begun()
        for _ in range(5):
            an_client.get(f"/ho-so/{payment.fee.dossier_id}/thanh-toan/ve/")
        assert told_bank.asked == 1

    def test_an_order_is_not_asked_about_while_a_question_about_it_may_be_under_way(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        payment, now = begun(), timezone.now()
        asked = []
        for seconds in (0, 6, 15, 21):
            online.ask_about(payment.pk, now=now + timedelta(seconds=seconds))
            asked.append(told_bank.asked)
        assert asked == [1, 1, 1, 2]

    def test_a_bank_that_does_not_answer_about_one_order_is_not_asked_about_the_next(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        first = begun()
        fee = Fee.objects.create(
            dossier=first.fee.dossier,
            kind="later",
            amount=5000,
            asked_at=timezone.now(),
            asked_by=first.begun_by,
        )
        online.begin(fee_pk=fee.pk, by=first.begun_by, now=timezone.now())
        told_bank.trouble = Unreachable("timeout")
        an_client.get(f"/ho-so/{first.fee.dossier_id}/thanh-toan/ve/")
        assert told_bank.asked == 1

    def test_a_bank_that_hangs_holds_two_pages_for_a_moment_and_no_more(
        self, begun: Begun, told_bank: ToldBank, an_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bank, "_PATIENCE", 0.05)
        orders, goes_on = [begun() for _ in range(4)], threading.Event()
        told_bank.before_answer = lambda: goes_on.wait(30)
        try:
            for order in orders:
                page = an_client.get(f"/ho-so/{order.fee.dossier_id}/thanh-toan/ve/", follow=True)
                assert "Đang chờ ngân hàng trả lời" in page.content.decode()
        finally:
            goes_on.set()
        assert [bank._places.acquire(timeout=10) for _ in range(2)] == [True, True]
        assert told_bank.asked == 2
        for _ in range(2):
            bank._places.release()
        assert bank.ask_shortly(orders[3].pk).status is Status.UNKNOWN

    def test_a_lost_notice_is_found_out_without_anybody(self, begun: Begun, told_bank: ToldBank) -> None:
        payment = begun()
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        now = timezone.now()
        assert not online.ask_next(now=now)
        assert online.ask_next(now=now + timedelta(minutes=2))
        payment.refresh_from_db()
        assert payment.state == "paid"
        assert not online.ask_next(now=now + timedelta(hours=2))

    @pytest.mark.parametrize(
        "trouble", [Unreachable("timeout"), Failed("status_500"), Failed("unreadable"), Refused("status_401")]
    )
    def test_a_question_without_an_answer_counts_for_nothing(
        self, begun: Begun, told_bank: ToldBank, trouble: Exception
    ) -> None:
        payment = begun()
        told_bank.trouble = trouble
        now = timezone.now()
        for minutes in range(2, 24 * 60, 30):
            online.ask_next(now=now + timedelta(minutes=minutes))
        payment.refresh_from_db()
        assert payment.state == "begun"
        assert told_bank.asked > 10
        assert Fee.objects.get(pk=payment.fee_id).is_open
        told_bank.trouble = None
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert online.ask_next(now=now + timedelta(days=2))
        assert Receipt.objects.count() == 1

    def test_no_second_order_is_made_while_the_fate_of_the_first_is_unknown(
        self, begun: Begun, told_bank: ToldBank, an_client: Client
    ) -> None:
        payment = begun()
        OnlinePayment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
        told_bank.trouble = Unreachable("timeout")
        address = f"/ho-so/{payment.fee.dossier_id}/thanh-toan/"
        answer = an_client.post(address, {"fee": payment.fee_id}, follow=True)
        assert "Đang chờ ngân hàng trả lời" in answer.content.decode()
        assert OnlinePayment.objects.count() == 1

    @pytest.mark.parametrize("word", ["open", "unknown"])
    def test_an_order_ends_when_its_time_is_over_and_the_bank_has_no_money(
        self, begun: Begun, told_bank: ToldBank, an_client: Client, word: str
    ) -> None:
        payment = begun()
        told_bank.knows[str(payment.pk)] = (word, 8000)
        now = timezone.now()
        online.ask_next(now=now + timedelta(minutes=5))
        payment.refresh_from_db()
        assert payment.state == "begun"
        online.ask_next(now=now + timedelta(minutes=30))
        payment.refresh_from_db()
        assert payment.state == "expired"
        assert "đã hết hạn" in page_of(an_client, payment.fee)

    @pytest.mark.parametrize("word", ["open", "cancelled"])
    @pytest.mark.parametrize(
        "after", [timedelta(minutes=11), timedelta(minutes=61), timedelta(days=1, minutes=1)]
    )
    def test_money_that_came_at_the_last_moment_is_found_out_after_the_end(
        self, begun: Begun, told_bank: ToldBank, word: str, after: timedelta
    ) -> None:
        payment = begun()
        end = self.ended(payment, told_bank, word)
        for at in (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)):
            if at + timedelta(minutes=1) < after:
                assert online.ask_next(now=end + at)
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert online.ask_next(now=end + after)
        payment.refresh_from_db()
        assert (payment.state, payment.refund_amount) == ("paid", 0)
        assert Receipt.objects.get().method == "online"
        assert not online.ask_next(now=end + timedelta(days=30))

    def test_money_found_out_after_the_end_is_given_back_where_nothing_is_owed_any_more(
        self, begun: Begun, told_bank: ToldBank, cashier: User, cashier_client: Client
    ) -> None:
        payment = begun()
        end = self.ended(payment, told_bank, "open")
        service.take_cash(fee_pk=payment.fee_id, by=cashier, now=timezone.now(), is_despite_bank=True)
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert online.ask_next(now=end + timedelta(minutes=10))
        assert "Cần hoàn trả" in cashier_client.get("/mot-cua/thu-phi/").content.decode()

    def test_an_order_that_ended_is_asked_about_three_times_more(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        end = self.ended(begun(), told_bank, "open")
        told_bank.asked = 0
        for minutes in range(0, 3 * 24 * 60, 10):
            online.ask_next(now=end + timedelta(minutes=minutes))
        assert told_bank.asked == 3

    def test_a_question_after_the_end_without_an_answer_is_asked_again(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        payment = begun()
        end = self.ended(payment, told_bank, "open")
        told_bank.trouble = Unreachable("timeout")
        for hours in range(1, 72):
            assert online.ask_next(now=end + timedelta(hours=hours))
        told_bank.trouble = None
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert online.ask_next(now=end + timedelta(hours=72))
        assert Receipt.objects.count() == 1

    def ended(self, payment: OnlinePayment, told_bank: ToldBank, word: str) -> datetime:
        """Let an order end without money; return when."""
        told_bank.knows[str(payment.pk)] = (word, 8000)
        end = timezone.now() + timedelta(minutes=30)
        assert online.ask_next(now=end)
        payment.refresh_from_db()
        assert payment.state in ("failed", "expired")
        return end

    def test_the_bank_is_asked_less_and_less_often(self, begun: Begun, told_bank: ToldBank) -> None:
        begun()
        told_bank.trouble = Unreachable("timeout")
        now = timezone.now()
        for minute in range(12 * 60):
            online.ask_next(now=now + timedelta(minutes=minute))
        assert 40 < told_bank.asked < 60

    def test_a_bank_that_is_away_is_asked_about_one_order_and_not_about_all(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        for _ in range(4):
            begun()
        told_bank.trouble = Unreachable("timeout")
        later = timezone.now() + timedelta(minutes=5)
        assert [online.ask_next(now=later) for _ in range(4)] == [True, False, False, False]

    def test_the_work_that_waits_asks_the_bank(self, begun: Begun, told_bank: ToldBank) -> None:
        payment = begun()
        OnlinePayment.objects.update(ask_at=timezone.now())
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert work._bring() < work._IDLE
        payment.refresh_from_db()
        assert payment.state == "paid"

    def test_an_answer_about_another_order_is_none(self, begun: Begun, told_bank: ToldBank) -> None:
        payment, other = begun(), begun()
        told_bank.knows[str(other.pk)] = ("paid", 8000)
        honest = told_bank.answers
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bank, "get_json", lambda url: honest(url.replace(str(payment.pk), str(other.pk))))
            with pytest.raises(Failed):
                bank.ask(payment.pk)

    def test_an_unsigned_answer_is_none(self, begun: Begun, told_bank: ToldBank, settings: Settings) -> None:
        payment = begun()
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        settings.BANK_SECRET = "another"
        with pytest.raises(Failed, match="signature"):
            bank.ask(payment.pk)

    def test_a_word_heard_while_the_question_was_under_way_is_written_once(
        self, begun: Begun, told_bank: ToldBank
    ) -> None:
        payment = begun()
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        told_bank.before_answer = lambda: told_bank.tells(payment.pk, 8000)
        online.ask_next(now=timezone.now() + timedelta(minutes=2))
        assert Receipt.objects.count() == 1

    def test_whoever_dies_between_word_and_receipt_leaves_the_order_to_be_asked_about(
        self, begun: Begun, told_bank: ToldBank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = begun()

        def die(*given: object, **named: object) -> None:
            raise SystemExit

        with monkeypatch.context() as patch, transaction.atomic():
            patch.setattr(online, "tell_citizen", die)
            with pytest.raises(SystemExit):
                online.hear(Word(payment.pk, Status.PAID, 8000, "NH"), now=timezone.now())
        payment.refresh_from_db()
        assert (payment.state, Receipt.objects.count()) == ("begun", 0)
        told_bank.knows[str(payment.pk)] = ("paid", 8000)
        assert online.ask_next(now=timezone.now() + timedelta(minutes=2))
        assert Receipt.objects.get().number == 1


@pytest.mark.django_db(transaction=True)
class TestAtOneMoment:
    def test_the_bank_is_asked_outside_every_transaction(self, begun: Begun, told_bank: ToldBank) -> None:
        begun()
        open_ones: list[bool] = []
        told_bank.before_answer = lambda: open_ones.append(transaction.get_connection().in_atomic_block)
        online.ask_next(now=timezone.now() + timedelta(minutes=2))
        assert open_ones == [False]

    def test_notices_at_one_moment_pay_once(self, begun: Begun, told_bank: ToldBank) -> None:
        payment = begun()
        word = Word(payment.pk, Status.PAID, 8000, "NH")
        assert at_once(8, lambda: online.hear(word, now=timezone.now())) == []
        assert Receipt.objects.count() == 1

    def test_presses_at_one_moment_make_one_order(
        self, costly: Costly, told_bank: ToldBank, citizen_an: Citizen
    ) -> None:
        fee = costly()
        press = lambda: online.begin(fee_pk=fee.pk, by=citizen_an.user, now=timezone.now())  # noqa: E731
        assert at_once(8, press) == []
        assert OnlinePayment.objects.count() == 1

    def test_cash_and_bank_at_one_moment_settle_once_and_the_rest_is_given_back(
        self, begun: Begun, told_bank: ToldBank, cashier: User
    ) -> None:
        payment = begun()
        word = Word(payment.pk, Status.PAID, 8000, "NH")
        ways = iter(
            [
                lambda: online.hear(word, now=timezone.now()),
                lambda: service.take_cash(
                    fee_pk=payment.fee_id, by=cashier, now=timezone.now(), is_despite_bank=True
                ),
            ]
            * 3
        )
        wrong = at_once(6, lambda: next(ways)())
        assert {type(error) for error in wrong} <= {fees.NotOwed}
        payment.refresh_from_db()
        receipt = Receipt.objects.get()
        assert (payment.refund_amount == 8000) == (receipt.method == "cash")


class TestTheProbe:
    def test_a_bank_that_signs_as_we_do_is_fine(self, told_bank: ToldBank) -> None:
        assert bank.probe() == "answers, and signs as we do"

    def test_without_a_bank_the_settings_are_named(self) -> None:
        with pytest.raises(bank.BankTrouble, match="BANK_URL, BANK_MERCHANT and BANK_SECRET"):
            bank.probe()

    @pytest.mark.parametrize(
        ("trouble", "setting"),
        [
            (Unreachable("timeout"), "BANK_URL"),
            (Unreachable("status_401"), "BANK_MERCHANT"),
            (Refused("status_401"), "BANK_MERCHANT"),
            (Failed("x"), "BANK_SECRET"),
        ],
    )
    def test_trouble_names_the_setting_that_helps(
        self, told_bank: ToldBank, trouble: Exception, setting: str
    ) -> None:
        told_bank.trouble = trouble
        with pytest.raises(bank.BankTrouble, match=setting):
            bank.probe()

    def test_another_secret_is_found_out(self, told_bank: ToldBank, settings: Settings) -> None:
        settings.BANK_SECRET = "another"
        with pytest.raises(bank.BankTrouble, match="BANK_SECRET"):
            bank.probe()


def test_without_a_bank_no_notice_is_believed() -> None:
    said = signed(
        {
            "kind": "notice",
            "merchant": MERCHANT,
            "order": str(UUID(int=7)),
            "amount": "8000",
            "status": "paid",
        }
    )
    with pytest.raises(NotTheirs):
        bank.read_notice(json.dumps(said).encode())


def test_the_secret_of_these_tests_is_none_of_the_products(settings: Settings) -> None:
    assert settings.BANK_SECRET != SECRET


class TestTheStart:
    """Half a bank is refused, and in production one that is good for trying only."""

    @pytest.mark.parametrize(
        ("mode", "url", "merchant", "secret", "told"),
        [
            ("trial", "", "", "", []),
            ("trial", "http://127.0.0.1:8001/bank", "MAU-A", "x", []),
            ("trial", "https://bank.example", "", "x" * 32, ["BANK_MERCHANT: not set."]),
            ("trial", "", "MAU-A", "", ["BANK_URL and BANK_SECRET: not set."]),
            ("production", "https://bank.example", "MAU-A", "x" * 32, []),
            (
                "production",
                "http://bank.example",
                "MAU-A",
                "x",
                ["BANK_URL: plain HTTP.", "BANK_SECRET: too short."],
            ),
        ],
    )
    def test_a_bank_is_whole_or_not_there(
        self, settings: Settings, mode: str, url: str, merchant: str, secret: str, told: list[str]
    ) -> None:
        settings.MOTCUA_MODE = mode
        settings.BANK_URL, settings.BANK_MERCHANT, settings.BANK_SECRET = url, merchant, secret
        assert [message.msg for message in bank_is_whole(None)] == told
