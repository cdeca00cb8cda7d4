"""The till: cash, receipts without gaps, exemptions, what is voided, and the day's end after which nothing changes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.dossiers import intake, results, states, steps
from motcua.dossiers.fees import NotOwed, NotUndone, Unpaid, ask_fee, unpaid
from motcua.dossiers.models import Dossier, Fee, Paper
from motcua.dossiers.steps import NotYours
from motcua.payments import closing, service
from motcua.payments.forms import ClosingForm, MoneyField
from motcua.payments.models import DayClosing, OnlinePayment, Receipt
from motcua.payments.numbering import next_number
from motcua.procedures.models import Procedure
from motcua.procedures.service import forget, publish
from tests.conftest import ToldRegister, browser_of, raw
from tests.dossiers.filing import PDF, filed
from tests.dossiers.lives import received
from tests.dossiers.test_codes import at_once
from tests.payments.conftest import status_of
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

Costly = Callable[..., Fee]
# As the product gets a moment, in UTC; here it is a day later than in Greenwich.
NOON = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def cost(**fees: int) -> None:
    """Give the procedures of these tests a fee by channel."""
    Procedure.objects.update(fees=fees)
    publish(keys=list(Procedure.objects.values_list("pk", flat=True)), by=None, now=timezone.now())
    forget()


class TestWhatADossierCosts:
    def test_a_dossier_received_at_the_desk_owes_what_was_agreed(self, officer: User) -> None:
        cost(direct=8000, online=5000)
        dossier = received(officer)
        fee = dossier.fees.get()
        assert (fee.kind, fee.amount, fee.asked_at, fee.is_open) == (
            "filing",
            8000,
            dossier.received_at,
            True,
        )
        assert dossier.fee_due == 8000

    def test_one_filed_online_owes_the_fee_of_its_channel_once_it_is_taken_up(
        self, an_client: Client, officer: User, register: ToldRegister
    ) -> None:
        cost(direct=8000, online=5000)
        dossier = filed(an_client)
        assert not dossier.fees.exists()
        intake.take_up(dossier=dossier, officer=officer, now=timezone.now())
        intake.take_up(dossier=dossier, officer=officer, now=timezone.now())
        assert list(dossier.fees.values_list("kind", "amount")) == [("filing", 5000)]

    def test_what_is_free_owes_nothing(self, officer: User) -> None:
        cost(direct=0)
        assert not received(officer).fees.exists()

    def test_the_fee_does_not_hold_up_the_work(self, costly: Costly, specialist: User, leader: User) -> None:
        dossier = costly(status=states.RECEIVED).dossier
        Dossier.objects.filter(pk=dossier.pk).update(holder_office=specialist.office)
        now = timezone.now()
        steps.go(dossier=dossier, move="process", by=specialist, now=now)
        results.finish(dossier=dossier, is_granted=True, summary="Đã cấp", by=leader, now=now)
        assert status_of(dossier) == states.FINISHED

    def test_the_result_waits_for_the_money(self, costly: Costly, officer: User, cashier: User) -> None:
        fee = costly(status=states.FINISHED)
        now = timezone.now()
        with pytest.raises(Unpaid):
            results.hand_out(dossier=fee.dossier, how="desk", by=officer, now=now)
        service.take_cash(fee_pk=fee.pk, by=cashier, now=now)
        results.hand_out(dossier=fee.dossier, how="desk", by=officer, now=now)
        assert status_of(fee.dossier) == states.RETURNED

    def test_the_citizen_reads_no_result_that_is_not_paid_for(
        self,
        costly: Costly,
        cashier: User,
        officer: User,
        an_client: Client,
        settings: Settings,
        tmp_path: Path,
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        fee = costly(status=states.FINISHED)
        Dossier.objects.filter(pk=fee.dossier_id).update(collecting="online")
        paper = Paper(dossier=fee.dossier, kind=Paper.Kind.RESULT, original_name="ket-qua.pdf")
        paper.media_type, paper.size, paper.sha256 = "application/pdf", len(PDF), sha256(PDF).hexdigest()
        paper.uploaded_at = timezone.now()
        paper.file.save(paper.random_file_name(), ContentFile(PDF), save=False)
        paper.save()
        page, file = f"/ho-so/{fee.dossier_id}/", f"/ho-so/{fee.dossier_id}/giay-to/{paper.pk}/"

        assert "ket-qua.pdf" not in an_client.get(page).content.decode()
        assert an_client.get(file).status_code == 404
        told = an_client.post(f"{page}nhan-ket-qua/", follow=True).content.decode()
        assert "Kết quả nhận được khi đã nộp đủ phí, lệ phí." in told
        assert status_of(fee.dossier) == states.FINISHED

        service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
        assert "ket-qua.pdf" in an_client.get(page).content.decode()
        assert b"".join(an_client.get(file).streaming_content) == PDF

    def test_an_exempted_dossier_gets_its_result(self, costly: Costly, officer: User) -> None:
        fee = costly(status=states.FINISHED)
        now = timezone.now()
        service.exempt(fee_pk=fee.pk, exemption="poor", reason="Sổ hộ nghèo", by=officer, now=now)
        results.hand_out(dossier=fee.dossier, how="desk", by=officer, now=now)
        assert status_of(fee.dossier) == states.RETURNED

    def test_the_desk_sees_what_is_owed_and_does_not_hand_out(
        self, costly: Costly, officer_client: Client
    ) -> None:
        dossier = costly(status=states.FINISHED).dossier
        page = officer_client.get(f"/mot-cua/ho-so/{dossier.pk}/").content.decode()
        assert "Chưa thu 8.000 đ" in page
        assert "/viec/hand_out/" not in page
        said = {"how": "desk", "collected_by": "Nguyễn Văn An", "confirmed": "1"}
        told = officer_client.post(f"/mot-cua/ho-so/{dossier.pk}/viec/hand_out/", said, follow=True)
        assert "Chưa trả được kết quả: phí, lệ phí" in told.content.decode()
        assert status_of(dossier) == states.FINISHED

    def test_a_fee_of_a_withdrawn_dossier_is_not_owed_and_not_taken(
        self, costly: Costly, officer: User, cashier: User
    ) -> None:
        fee = costly()
        now = timezone.now()
        steps.go(dossier=fee.dossier, move="withdraw", by=officer, now=now, reason="Đổi ý")
        fee.refresh_from_db()
        assert fee.cancelled_at == now
        with pytest.raises(NotOwed):
            service.take_cash(fee_pk=fee.pk, by=cashier, now=now)
        with pytest.raises(NotOwed):
            service.exempt(fee_pk=fee.pk, exemption="poor", reason="Sổ", by=cashier, now=now)
        assert not Receipt.objects.exists()

    def test_an_exempted_dossier_can_be_closed(self, costly: Costly, officer: User) -> None:
        fee = costly()
        now = timezone.now()
        service.exempt(fee_pk=fee.pk, exemption="child", reason="Trẻ em", by=officer, now=now)
        steps.go(dossier=fee.dossier, move="withdraw", by=officer, now=now, reason="Đổi ý")
        fee.refresh_from_db()
        assert (fee.exempted_at, fee.cancelled_at) == (now, None)


class TestCash:
    def test_cash_settles_the_fee_and_makes_a_receipt(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON, tendered=20_000)
        fee.refresh_from_db()
        assert (fee.settled_at, fee.settled_by) == (NOON, cashier)
        assert (made.amount, made.change, made.method, made.taken_by) == (8000, 12_000, "cash", cashier)
        assert (made.symbol, made.said_number) == (f"BL-{cashier.office.code}-2026", "0000001")
        assert made.payer == cast.an.full_name
        assert cast.an.full_name.encode() not in raw(made, "payer")

    def test_a_later_fee_lets_the_dossier_go_on(self, costly: Costly, cashier: User) -> None:
        fee = costly(status=states.FEE, kind="later")
        service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        assert status_of(fee.dossier) == states.PROCESSING
        assert fee.dossier.steps.last().move == "take_fee"

    def test_a_filing_fee_does_not_end_the_wait_for_a_later_one(self, costly: Costly, cashier: User) -> None:
        fee = costly(status=states.FEE, kind="later")
        filing = Fee.objects.create(
            dossier=fee.dossier, kind="filing", amount=5000, asked_at=NOON, asked_by=cashier
        )
        service.take_cash(fee_pk=filing.pk, by=cashier, now=NOON)
        assert status_of(fee.dossier) == states.FEE
        assert unpaid(fee.dossier) == 8000

    def test_too_little_is_not_taken(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        with pytest.raises(service.TooLittle):
            service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON, tendered=7999)
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize("login", ["lan", "khanh", "bao", "ket", "oanh", "minh", "quantri"])
    def test_nobody_else_takes_money(self, costly: Costly, login: str) -> None:
        fee = costly()
        with pytest.raises(NotYours):
            service.take_cash(fee_pk=fee.pk, by=User.objects.get(login=login), now=NOON)
        assert not Receipt.objects.exists()

    def test_an_officer_of_a_small_office_takes_money_with_the_second_role(
        self, costly: Costly, officer: User
    ) -> None:
        officer.also_roles = ["cashier"]
        officer.save(update_fields=["also_roles"])
        assert service.take_cash(fee_pk=costly().pk, by=officer, now=NOON).taken_by == officer

    def test_a_second_press_takes_nothing_and_shows_the_receipt(
        self, costly: Costly, cashier_client: Client
    ) -> None:
        fee = costly()
        address = f"/mot-cua/thu-phi/ho-so/{fee.dossier_id}/"
        said = {"fee": fee.pk, "take": "1", "tendered": "10.000", "payer": "Nguyễn Văn An"}
        page = cashier_client.post(address, said, follow=True).content.decode()
        assert "Đã thu 8.000 đ. Tiền thừa: 2.000 đ." in page
        again = cashier_client.post(address, said, follow=True).content.decode()
        assert "đã được ông/bà thu ở lần bấm trước" in again
        assert Receipt.objects.count() == 1

    @pytest.mark.parametrize(
        ("tendered", "told"),
        [
            ("5000", "Còn thiếu 3.000 đ"),
            ("năm nghìn", "bằng chữ số"),
            ("-1", "âm"),
            ("1.5", "bằng chữ số"),
            ("8000.00", "bằng chữ số"),
            ("50.0000", "bằng chữ số"),
            ("8000.", "bằng chữ số"),
            ("8.000.00", "bằng chữ số"),
        ],
    )
    def test_a_wrong_sum_comes_back_with_what_was_typed(
        self, costly: Costly, cashier_client: Client, tendered: str, told: str
    ) -> None:
        fee = costly()
        said = {"fee": fee.pk, "take": "1", "tendered": tendered, "payer": "An"}
        page = cashier_client.post(f"/mot-cua/thu-phi/ho-so/{fee.dossier_id}/", said).content.decode()
        assert told in page
        assert f'value="{tendered}"' in page
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "read"), [("50.000", 50_000), ("50 000 đ", 50_000), ("50000đồng", 50_000), ("0", 0)]
    )
    def test_a_sum_is_read_as_people_write_it(self, typed: str, read: int) -> None:
        assert MoneyField().clean(typed) == read

    def test_a_fee_of_another_dossier_is_not_taken_on_this_page(
        self, costly: Costly, cashier_client: Client
    ) -> None:
        first, second = costly(), costly()
        said = {"fee": second.pk, "take": "1", "tendered": "", "payer": "An"}
        answer = cashier_client.post(f"/mot-cua/thu-phi/ho-so/{first.dossier_id}/", said)
        assert answer.status_code == 404
        assert not Receipt.objects.exists()

    def test_the_largest_fee_that_the_catalogue_allows_is_taken_and_its_day_closed(
        self, costly: Costly, cashier_client: Client
    ) -> None:
        fee = costly(amount=2_000_000_000)
        said = {"fee": fee.pk, "take": "1", "tendered": "2.000.000.000", "payer": "An"}
        page = cashier_client.post(f"/mot-cua/thu-phi/ho-so/{fee.dossier_id}/", said, follow=True)
        assert "Đã thu 2.000.000.000 đ" in page.content.decode()
        shown = {"expected": "2000000000", "written": "1", "counted": "2.000.000.000"}
        cashier_client.post("/mot-cua/thu-phi/khoa-so/", shown)
        assert DayClosing.objects.get().counted == 2_000_000_000

    def test_a_code_that_is_scanned_leads_to_its_fees(self, costly: Costly, cashier_client: Client) -> None:
        dossier = costly().dossier
        on_the_slip = f"http://testserver/tra-cuu/?ma={dossier.code}"
        for scanned in (f" {str(dossier.code).lower()} ", on_the_slip):
            answer = cashier_client.get("/mot-cua/thu-phi/", {"ma": scanned})
            assert answer["Location"] == f"/mot-cua/thu-phi/ho-so/{dossier.pk}/"

    @pytest.mark.parametrize("typed", ["H23-261126-9999", "khong phai ma", "999085000001", "x" * 500])
    def test_a_code_of_nobody_is_told(self, cashier_client: Client, typed: str) -> None:
        page = cashier_client.get("/mot-cua/thu-phi/", {"ma": typed}).content.decode()
        assert "Không có hồ sơ nào của bộ phận với mã này" in page

    def test_the_till_lists_what_is_owed_at_this_office_alone(
        self, costly: Costly, cashier_client: Client, other_officer: User
    ) -> None:
        mine, other = costly(), costly()
        Dossier.objects.filter(pk=other.dossier_id).update(
            office=other_officer.office, holder_office=other_officer.office
        )
        page = cashier_client.get("/mot-cua/thu-phi/").content.decode()
        assert str(mine.dossier.code) in page
        assert str(other.dossier.code) not in page
        assert cashier_client.get(f"/mot-cua/thu-phi/ho-so/{other.dossier_id}/").status_code == 404

    def test_no_page_of_the_till_needs_more_than_eight_questions(
        self,
        costly: Costly,
        cashier_client: Client,
        cashier: User,
        django_assert_max_num_queries: Callable[..., object],
    ) -> None:
        fees = [costly() for _ in range(4)]
        made = [service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now()) for fee in fees[:3]]
        for address in (
            "/mot-cua/thu-phi/",
            f"/mot-cua/thu-phi/ho-so/{fees[0].dossier_id}/",
            f"/mot-cua/thu-phi/ho-so/{fees[3].dossier_id}/",
            f"/mot-cua/thu-phi/bien-lai/{made[0].pk}/",
            "/mot-cua/thu-phi/khoa-so/",
        ):
            with django_assert_max_num_queries(8):
                assert cashier_client.get(address).status_code == 200


class TestNumbers:
    def test_they_follow_each_other_per_office_and_year(self, officer: User, other_officer: User) -> None:
        with transaction.atomic():
            one, other = officer.office_id, other_officer.office_id
            drawn = [
                next_number(pk, year) for pk, year in ((one, 2026), (one, 2026), (other, 2026), (one, 2027))
            ]
        assert drawn == [1, 2, 1, 1]

    def test_the_year_is_the_local_one(self, costly: Costly, cashier: User) -> None:
        # 00:30 on 1 January in Vietnam is still December in Greenwich.
        at = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=at)
        assert (made.year, made.number) == (2027, 1)

    def test_a_refused_payment_leaves_no_gap(self, costly: Costly, cashier: User) -> None:
        first, broken, last = costly(), costly(), costly()
        service.take_cash(fee_pk=first.pk, by=cashier, now=NOON)
        with transaction.atomic():
            service.take_cash(fee_pk=broken.pk, by=cashier, now=NOON)
            transaction.set_rollback(True)
        assert service.take_cash(fee_pk=last.pk, by=cashier, now=NOON).number == 2

    def test_a_voided_receipt_keeps_its_number(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        first = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        service.void(receipt_pk=first.pk, reason="Nhầm hồ sơ", by=cashier, now=NOON)
        assert service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON).number == 2
        assert list(fee.receipts.values_list("number", flat=True)) == [1, 2]


def close_noon(cashier: User) -> None:
    """Close the day of ``NOON`` with what its receipts come to, however often that changes meanwhile."""
    while True:
        seen = closing.till_of(cashier, TODAY)
        with suppress(closing.CountedAnew):
            closing.close_day(
                day=TODAY,
                expected=seen.cash,
                written=len(seen.receipts),
                counted=seen.cash,
                denominations={},
                note="",
                by=cashier,
                now=NOON,
            )
            return


@pytest.mark.django_db(transaction=True)
class TestAtOneMoment:
    def test_fifty_receipts_have_fifty_numbers_without_a_gap(self, costly: Costly, cashier: User) -> None:
        fees = iter([costly() for _ in range(50)])
        now = timezone.now()

        def take() -> None:
            service.take_cash(fee_pk=next(fees).pk, by=cashier, now=now)

        assert at_once(50, take) == []
        assert sorted(Receipt.objects.values_list("number", flat=True)) == list(range(1, 51))

    def test_a_number_outside_the_saving_transaction_is_refused(self, cashier: User) -> None:
        with pytest.raises(TransactionManagementError):
            next_number(cashier.office_id, 2026)

    def test_one_fee_is_taken_once_by_whoever_presses(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        wrong = at_once(8, lambda: service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON))
        assert [type(error) for error in wrong] == [NotOwed] * 7
        assert Receipt.objects.count() == 1

    def test_a_fee_is_either_taken_or_exempted(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        ways = iter(
            [
                lambda: service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON),
                lambda: service.exempt(fee_pk=fee.pk, exemption="poor", reason="Sổ", by=cashier, now=NOON),
            ]
            * 4
        )
        assert len(at_once(8, lambda: next(ways)())) == 7
        fee.refresh_from_db()
        assert Receipt.objects.count() == (fee.settled_at is not None) == (fee.exempted_at is None)

    def test_what_is_taken_while_a_day_is_closed_is_in_it_or_not_taken(
        self, costly: Costly, cashier: User
    ) -> None:
        fees = [costly() for _ in range(6)]
        jobs: list[Callable[[], object]] = [
            lambda pk=fee.pk: service.take_cash(fee_pk=pk, by=cashier, now=NOON) for fee in fees
        ]

        queue = iter([*jobs[:3], lambda: close_noon(cashier), *jobs[3:], lambda: close_noon(cashier)])
        wrong = at_once(8, lambda: next(queue)())
        assert {type(error) for error in wrong} <= {service.DayClosed}
        closed = DayClosing.objects.get()
        assert Receipt.objects.count() == 6 - len(wrong)
        assert not Receipt.objects.filter(closing=None).exists()
        assert closed.expected == sum(closed.receipts.values_list("amount", flat=True))

    def test_what_is_voided_while_a_day_is_closed_is_not_in_its_sum_or_not_voided(
        self, costly: Costly, cashier: User
    ) -> None:
        made = [service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON) for _ in range(6)]
        jobs: list[Callable[[], object]] = [
            lambda pk=one.pk: service.void(receipt_pk=pk, reason="Nhầm", by=cashier, now=NOON) for one in made
        ]

        queue = iter([*jobs[:3], lambda: close_noon(cashier), *jobs[3:], lambda: close_noon(cashier)])
        wrong = at_once(8, lambda: next(queue)())
        assert {type(error) for error in wrong} <= {service.DayClosed}
        closed = DayClosing.objects.get()
        valid = closed.receipts.filter(Receipt.VALID)
        assert (closed.receipts.count(), valid.count()) == (6, len(wrong))
        assert closed.expected == sum(valid.values_list("amount", flat=True))

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: nothing crosses")
    def test_voiding_and_closing_do_not_cross(
        self, costly: Costly, cashier: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        is_voiding, is_closing = threading.Event(), threading.Event()
        refuse_closed, receipts_of = service.refuse_closed, closing._receipts

        def before_the_cashier(*given: Any) -> None:
            is_voiding.set()
            assert is_closing.wait(10)
            refuse_closed(*given)

        def with_the_cashier(*given: Any) -> Any:
            if connection.in_atomic_block:  # till_of has no transaction, close_day has, and the cashier
                is_closing.set()
            return receipts_of(*given)

        def close() -> None:
            assert is_voiding.wait(10)
            close_noon(cashier)

        monkeypatch.setattr(service, "refuse_closed", before_the_cashier)
        monkeypatch.setattr(closing, "_receipts", with_the_cashier)
        void = lambda: service.void(receipt_pk=made.pk, reason="Nhầm", by=cashier, now=NOON)  # noqa: E731
        ways = iter([void, close])
        wrong = at_once(2, lambda: next(ways)())
        assert [type(error) for error in wrong] == [service.DayClosed]
        assert DayClosing.objects.get().expected == 8000


class TestExemptions:
    @pytest.mark.parametrize("login", ["lan", "nga", "oanh"])
    def test_who_receives_and_who_takes_money_may_exempt(self, costly: Costly, login: str) -> None:
        fee, user = costly(), User.objects.get(login=login)
        service.exempt(fee_pk=fee.pk, exemption="disabled", reason="Đã xem giấy", by=user, now=NOON)
        fee.refresh_from_db()
        assert (fee.exempted_by, fee.exemption, fee.exemption_reason) == (user, "disabled", "Đã xem giấy")
        event = AuditEvent.objects.get(name="fee.exempted")
        assert event.details == {"kind": "filing", "amount": 8000, "category": "disabled"}
        assert "Đã xem giấy".encode() not in raw(fee, "exemption_reason")

    @pytest.mark.parametrize("login", ["khanh", "bao", "ket", "minh", "quantri"])
    def test_nobody_else_exempts(self, costly: Costly, login: str) -> None:
        fee = costly()
        with pytest.raises(NotYours):
            service.exempt(
                fee_pk=fee.pk, exemption="poor", reason="Sổ", by=User.objects.get(login=login), now=NOON
            )

    @pytest.mark.parametrize(("exemption", "reason"), [("", "Sổ"), ("rich", "Sổ"), ("poor", " ")])
    def test_an_exemption_names_category_and_reason(
        self, costly: Costly, officer: User, exemption: str, reason: str
    ) -> None:
        fee = costly()
        with pytest.raises(ValueError):
            service.exempt(fee_pk=fee.pk, exemption=exemption, reason=reason, by=officer, now=NOON)
        fee.refresh_from_db()
        assert fee.is_open

    def test_a_later_fee_that_is_exempted_lets_the_dossier_go_on(self, costly: Costly, officer: User) -> None:
        fee = costly(status=states.FEE, kind="later")
        service.exempt(fee_pk=fee.pk, exemption="elderly", reason="Căn cước", by=officer, now=NOON)
        assert status_of(fee.dossier) == states.PROCESSING
        assert fee.dossier.steps.last().move == "waive_fee"

    def test_an_officer_exempts_on_the_page_and_takes_no_money_there(
        self, costly: Costly, officer_client: Client
    ) -> None:
        fee = costly()
        address = f"/mot-cua/thu-phi/ho-so/{fee.dossier_id}/"
        page = officer_client.get(address).content.decode()
        assert "Miễn khoản này" in page
        assert "Thu tiền mặt" not in page
        cash = {"fee": fee.pk, "take": "1", "tendered": "8000", "payer": "An"}
        assert officer_client.post(address, cash).status_code == 403
        said = {"fee": fee.pk, "exempt": "1", "exemption": "poor", "reason": "Sổ hộ nghèo"}
        page = officer_client.post(address, said, follow=True).content.decode()
        assert "Hộ nghèo, cận nghèo" in page
        assert "Sổ hộ nghèo" in page


class TestVoiding:
    def test_a_mistake_is_voided_and_the_fee_is_owed_again(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        fee = costly()
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
        page = cashier_client.post(f"/mot-cua/thu-phi/bien-lai/{made.pk}/", {"reason": "Nhầm"}, follow=True)
        assert "Biên lai đã hủy" in page.content.decode()
        made.refresh_from_db()
        fee.refresh_from_db()
        assert (made.voided_by, made.void_reason) == (cashier, "Nhầm")
        assert fee.is_open
        assert closing.till_of(cashier, timezone.localdate()).cash == 0

    def test_a_page_on_which_a_receipt_is_voided_again_does_not_say_that_the_fee_is_owed(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        fee = costly()
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
        service.void(receipt_pk=made.pk, reason="Nhầm", by=cashier, now=timezone.now())
        service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
        page = cashier_client.post(f"/mot-cua/thu-phi/bien-lai/{made.pk}/", {"reason": "Nhầm"}, follow=True)
        assert "Biên lai này đã được hủy trước đó." in page.content.decode()
        assert "Khoản phí, lệ phí lại phải nộp" not in page.content.decode()

    def test_a_reason_is_needed(self, costly: Costly, cashier: User, cashier_client: Client) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        cashier_client.post(f"/mot-cua/thu-phi/bien-lai/{made.pk}/", {"reason": " "})
        with pytest.raises(ValueError, match="reason"):
            service.void(receipt_pk=made.pk, reason=" ", by=cashier, now=timezone.now())
        made.refresh_from_db()
        assert made.voided_at is None

    def test_another_cashier_does_not_void_it(self, costly: Costly, cashier: User, officer: User) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        User.objects.filter(pk=officer.pk).update(also_roles=["cashier"])
        with pytest.raises(NotYours):
            service.void(receipt_pk=made.pk, reason="Nhầm", by=User.objects.get(pk=officer.pk), now=NOON)

    def test_who_wrote_it_voids_it_though_the_dossier_has_gone_to_another_office(
        self, costly: Costly, cashier: User, cashier_client: Client, specialist: User
    ) -> None:
        fee = costly()
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
        Dossier.objects.filter(pk=fee.dossier_id).update(
            office=specialist.office, holder_office=specialist.office
        )
        address = f"/mot-cua/thu-phi/bien-lai/{made.pk}/"
        assert address in cashier_client.get("/mot-cua/thu-phi/khoa-so/").content.decode()
        page = cashier_client.get(address).content.decode()
        assert "Hủy biên lai viết nhầm" in page
        links = re.findall(r'href="(/[^"#?]*)"', page.partition("<h1>")[2])
        assert [link for link in links if cashier_client.get(link).status_code >= 400] == []
        cashier_client.post(address, {"reason": "Nhầm"})
        made.refresh_from_db()
        assert made.voided_by == cashier

    def test_the_receipt_of_a_dossier_that_is_over_stays(
        self, costly: Costly, cashier: User, officer: User
    ) -> None:
        fee = costly(status=states.FINISHED)
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        results.hand_out(dossier=fee.dossier, how="desk", by=officer, now=NOON)
        with pytest.raises(NotUndone):
            service.void(receipt_pk=made.pk, reason="Nhầm", by=cashier, now=NOON)
        made.refresh_from_db()
        assert made.voided_at is None

    def test_no_second_later_fee_is_owed_through_it(
        self, costly: Costly, cashier: User, specialist: User
    ) -> None:
        fee = costly(status=states.FEE, kind="later")
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        Dossier.objects.filter(pk=fee.dossier_id).update(holder_office=specialist.office)
        ask_fee(dossier=fee.dossier, amount=1000, reason="Bản sao", by=specialist, now=NOON)
        with pytest.raises(NotUndone):
            service.void(receipt_pk=made.pk, reason="Nhầm", by=cashier, now=NOON)
        with pytest.raises(ValueError, match="more than nothing"):
            ask_fee(dossier=fee.dossier, amount=0, reason="Bản sao", by=specialist, now=NOON)

    def test_a_page_on_which_nothing_can_be_voided_says_why(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        fee = costly()
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        address = f"/mot-cua/thu-phi/bien-lai/{made.pk}/"

        def pressed() -> str:
            return cashier_client.post(address, {"reason": "Nhầm"}, follow=True).content.decode()

        Dossier.objects.filter(pk=fee.dossier_id).update(status=states.STOPPED, closed_at=NOON)
        assert "Không hủy được: hồ sơ đã kết thúc" in pressed()
        close_noon(cashier)
        assert "đã khóa sổ ngày này" in pressed()
        made.refresh_from_db()
        assert made.voided_at is None

    def test_a_colleague_sees_it_and_does_not_void_it_and_another_office_has_no_such_receipt(
        self, costly: Costly, cashier: User
    ) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        address = f"/mot-cua/thu-phi/bien-lai/{made.pk}/"
        User.objects.filter(login__in=["phuc", "minh"]).update(also_roles=["cashier"])
        phuc, minh = (browser_of(User.objects.get(login=login)) for login in ("phuc", "minh"))

        assert "Hủy biên lai viết nhầm" not in phuc.get(address).content.decode()
        assert [one.post(address, {"reason": "Nhầm"}).status_code for one in (phuc, minh)] == [403, 404]
        assert [one.get(address).status_code for one in (phuc, minh)] == [200, 404]


class TestTheDaysEnd:
    def test_on_a_closed_day_no_page_takes_cash_and_each_says_why(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        fee = costly(status=states.FEE, kind="later")
        service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        self.close(cashier, counted=8000, day=timezone.localdate(), now=timezone.now())
        cash = {"fee": fee.pk, "take": "1", "tendered": "8000", "payer": "An"}
        for address, said in (
            (f"/mot-cua/thu-phi/ho-so/{fee.dossier_id}/", cash),
            (reverse("act", args=[fee.dossier_id, "take_fee"]), {}),
        ):
            page = cashier_client.post(address, said, follow=True).content.decode()
            assert "Ông/bà đã khóa sổ" in page
        assert Receipt.objects.count() == 1

    def close(
        self,
        cashier: User,
        *,
        counted: int,
        note: str = "",
        expected: int = 8000,
        written: int = 1,
        day: date = TODAY,
        now: datetime = NOON,
    ) -> DayClosing:
        return closing.close_day(
            day=day,
            expected=expected,
            written=written,
            counted=counted,
            denominations={},
            note=note,
            by=cashier,
            now=now,
        )

    def test_a_closed_day_holds_its_receipts(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        voided = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        service.void(receipt_pk=voided.pk, reason="Nhầm", by=cashier, now=NOON)
        made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        yesterday = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON - timedelta(days=1))
        closed = self.close(cashier, counted=8000, written=2)
        assert (closed.expected, closed.difference) == (8000, 0)
        assert set(closed.receipts.all()) == {voided, made}
        assert closing.open_days(cashier) == [timezone.localdate(yesterday.taken_at)]
        assert closing.open_days(User.objects.get(login="lan")) == []

    def test_nothing_of_a_closed_day_changes(self, costly: Costly, cashier: User) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        self.close(cashier, counted=8000)
        with pytest.raises(service.DayClosed):
            service.void(receipt_pk=made.pk, reason="Nhầm", by=cashier, now=NOON + timedelta(days=1))
        with pytest.raises(service.DayClosed):
            service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON + timedelta(hours=3))
        service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON + timedelta(days=1))

    def test_a_day_is_closed_once(self, costly: Costly, cashier: User) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        first = self.close(cashier, counted=8000)
        assert self.close(cashier, counted=7000, note="Thiếu") == first
        with pytest.raises(IntegrityError), transaction.atomic():
            DayClosing.objects.create(
                office=cashier.office, cashier=cashier, day=first.day, expected=0, counted=0, closed_at=NOON
            )

    def test_a_difference_is_explained(self, costly: Costly, cashier: User) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        with pytest.raises(closing.Unexplained):
            self.close(cashier, counted=7000)
        assert self.close(cashier, counted=7000, note="Trả thừa cho khách").difference == -1000

    def test_receipts_that_the_page_did_not_show_are_not_closed(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        first = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        with pytest.raises(closing.CountedAnew):
            self.close(cashier, counted=0, expected=0, written=0)
        service.void(receipt_pk=first.pk, reason="Nhầm", by=cashier, now=NOON)
        service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        with pytest.raises(closing.CountedAnew):  # the same sum, of other receipts
            self.close(cashier, counted=8000, written=1)

    def test_a_receipt_of_another_tab_joins_no_closing_unseen(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        now, address = timezone.now(), "/mot-cua/thu-phi/khoa-so/"
        service.take_cash(fee_pk=costly().pk, by=cashier, now=now)
        shown = self.hidden(cashier_client.get(address).content.decode())
        service.take_cash(fee_pk=costly(amount=5000).pk, by=cashier, now=now)

        said = {"counted": "12.000", "note": "Trả thừa cho khách"}
        page = cashier_client.post(address, shown | said).content.decode()
        assert not DayClosing.objects.exists()
        assert "lúc đó 1 biên lai, tiền mặt 8.000 đ; bây giờ 2 biên lai, tiền mặt 13.000 đ" in page
        assert 'value="12.000"' in page
        assert "Trả thừa cho khách" in page
        cashier_client.post(address, self.hidden(page) | said)
        assert DayClosing.objects.get().difference == -1000

    def test_a_form_of_which_nothing_can_be_read_is_refused(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        said = dict.fromkeys(ClosingForm(till=closing.till_of(cashier, timezone.localdate())).fields, "\0")

        page = cashier_client.post("/mot-cua/thu-phi/khoa-so/", said).content.decode()

        assert "lúc đó 0 biên lai, tiền mặt 0 đ; bây giờ 1 biên lai, tiền mặt 8.000 đ" in page
        assert not DayClosing.objects.exists()

    def test_a_receipt_written_while_the_button_is_pressed_joins_no_closing_unseen(
        self, costly: Costly, cashier: User, cashier_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        late, close_day = costly(amount=5000), closing.close_day

        def close(**said: Any) -> DayClosing:
            service.take_cash(fee_pk=late.pk, by=cashier, now=timezone.now())
            return close_day(**said)

        monkeypatch.setattr(closing, "close_day", close)
        said = {"expected": "8000", "written": "1", "counted": "8000"}
        page = cashier_client.post("/mot-cua/thu-phi/khoa-so/", said).content.decode()
        assert not DayClosing.objects.exists()
        assert "lúc đó 1 biên lai, tiền mặt 8.000 đ; bây giờ 2 biên lai, tiền mặt 13.000 đ" in page
        assert self.hidden(page) == {"expected": "13000", "written": "2"}

    def test_notes_that_were_counted_stay_in_sight_until_the_day_is_closed(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        address, unfolded = "/mot-cua/thu-phi/khoa-so/", "<details open><summary>Đếm theo mệnh giá"
        page = cashier_client.get(address).content.decode()
        assert unfolded not in page
        for counted in ("2", "2,0"):
            said = self.hidden(page) | {"counted": "", "note_5000": counted}
            assert unfolded in cashier_client.post(address, said).content.decode()

    def test_a_closed_day_lists_its_notes_from_the_largest_on(
        self, cashier: User, cashier_client: Client
    ) -> None:
        self.close(cashier, counted=0, expected=0, written=0)
        DayClosing.objects.update(denominations={"2000": 1, "500000": 1, "20000": 1})
        closed = DayClosing.objects.get()
        page = cashier_client.get(f"/mot-cua/thu-phi/khoa-so/{closed.pk}/").content.decode()
        table = page.partition("Theo mệnh giá")[2]
        assert re.findall(r'"Mệnh giá">([0-9.]+) đ', table) == ["500.000", "20.000", "2.000"]

    def test_a_page_opened_before_midnight_closes_its_own_day(
        self, cashier_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, midnight = "/mot-cua/thu-phi/khoa-so/", datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: midnight - timedelta(minutes=2))
        page = cashier_client.get(address).content.decode()
        to = re.search(r'<form method="post"(?: action="([^"]*)")?', page.partition("</h1>")[2])
        assert to is not None
        monkeypatch.setattr(timezone, "now", lambda: midnight + timedelta(minutes=1))
        cashier_client.post(f"{address}{to[1] or ''}", self.hidden(page) | {"counted": "0"})
        assert DayClosing.objects.get().day == date(2026, 11, 25)

    @staticmethod
    def hidden(page: str) -> dict[str, str]:
        """Return what the closing's page carries unseen."""
        return dict(re.findall(r'<input type="hidden" name="(expected|written)" value="([0-9]+)">', page))

    def test_tomorrow_is_not_closed(self, cashier: User) -> None:
        with pytest.raises(closing.NotToday):
            self.close(cashier, counted=0, expected=0, written=0, day=TODAY + timedelta(days=1))

    def test_who_takes_no_fees_closes_no_till(self, officer: User) -> None:
        with pytest.raises(NotYours):
            self.close(officer, counted=0, expected=0, written=0)

    def test_the_page_counts_notes_and_prints_the_day(
        self, costly: Costly, cashier: User, cashier_client: Client
    ) -> None:
        made = service.take_cash(fee_pk=costly(amount=72_000).pk, by=cashier, now=timezone.now())
        page = cashier_client.get("/mot-cua/thu-phi/khoa-so/").content.decode()
        assert "72.000 đ" in page
        said = {"counted": "", "note_50000": "1", "note_20000": "1", "note_2000": "1", "note": ""}
        said |= self.hidden(page)
        page = cashier_client.post("/mot-cua/thu-phi/khoa-so/", said, follow=True).content.decode()
        assert "Bảng kê thu tiền ngày" in page
        assert made.said_number in page
        closed = DayClosing.objects.get()
        assert closed.denominations == {"50000": 1, "20000": 1, "2000": 1}
        assert closed.counted == 72_000
        assert cashier_client.get("/mot-cua/thu-phi/khoa-so/")["Location"].endswith(f"{closed.pk}/")

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"counted": ""}, "Vui lòng đếm tiền mặt"),
            ({"counted": "7000"}, "Có chênh lệch. Vui lòng giải trình."),
            ({"counted": "8000", "note_5000": "1"}, "cộng lại là 5.000 đ"),
            ({"counted": "500.00", "note": "Thiếu"}, "bằng chữ số"),
            ({"counted": "", "note_1000": "8.0", "note": "Thiếu"}, "Vui lòng ghi số tờ bằng chữ số"),
            ({"counted": "8000", "note_5000": "-1"}, "Vui lòng xem lại các mục sau"),
        ],
    )
    def test_a_wrong_count_comes_back(
        self, costly: Costly, cashier: User, cashier_client: Client, said: dict[str, str], told: str
    ) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=timezone.now())
        shown = {"expected": "8000", "written": "1"}
        assert told in cashier_client.post("/mot-cua/thu-phi/khoa-so/", shown | said).content.decode()
        assert not DayClosing.objects.exists()

    @pytest.mark.parametrize("day", ["2999-01-01", "9999-12-31", "0001-01-01", "hom-nay", "2026-13-01"])
    def test_a_day_that_cannot_be_closed_has_no_page(self, cashier_client: Client, day: str) -> None:
        assert cashier_client.get("/mot-cua/thu-phi/khoa-so/", {"ngay": day}).status_code == 404

    def test_a_supervisor_sees_the_days_of_the_unit_and_their_receipts(
        self, costly: Costly, cashier: User, supervisor: User
    ) -> None:
        made = service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        closed = self.close(cashier, counted=7000, note="Trả thừa cho khách")
        client = Client()
        client.force_login(supervisor)
        page = client.get("/mot-cua/so-thu/").content.decode()
        for told in ("26/11/2026", cashier.full_name, "8.000 đ", "7.000 đ", f"/mot-cua/so-thu/{closed.pk}/"):
            assert told in page
        page = client.get(f"/mot-cua/so-thu/{closed.pk}/").content.decode()
        for told in (made.said_number, str(made.fee.dossier.code), "Trả thừa cho khách"):
            assert told in page
        assert "/bien-lai/" not in page  # receipts are opened by who takes money
        assert client.get(f"/mot-cua/thu-phi/khoa-so/{closed.pk}/").status_code == 403

    def test_another_units_supervisor_sees_none_of_them(
        self, costly: Costly, cashier: User, other_officer: User
    ) -> None:
        service.take_cash(fee_pk=costly().pk, by=cashier, now=NOON)
        closed = self.close(cashier, counted=8000)
        User.objects.filter(pk=other_officer.pk).update(role="supervisor")
        client = Client()
        client.force_login(User.objects.get(pk=other_officer.pk))
        assert cashier.full_name not in client.get("/mot-cua/so-thu/").content.decode()
        assert client.get(f"/mot-cua/so-thu/{closed.pk}/").status_code == 404

    def test_the_list_of_closed_days_needs_no_question_for_each(
        self, supervisor: User, cashier: User, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        for number in range(25):
            day = date(2026, 11, 1) + timedelta(days=number)
            DayClosing.objects.create(
                office=cashier.office, cashier=cashier, day=day, expected=0, counted=0, closed_at=NOON
            )
        client = Client()
        client.force_login(supervisor)
        with django_assert_max_num_queries(8):
            page = client.get("/mot-cua/so-thu/").content.decode()
        assert "25/11/2026" in page
        assert "Trang 1/2" in page
        assert "01/11/2026" in client.get("/mot-cua/so-thu/?trang=2").content.decode()

    def test_another_cashiers_day_is_not_shown(self, officer: User, cashier_client: Client) -> None:
        closed = DayClosing.objects.create(
            office=officer.office,
            cashier=officer,
            day=date(2026, 11, 1),
            expected=0,
            counted=0,
            closed_at=NOON,
        )
        assert cashier_client.get(f"/mot-cua/thu-phi/khoa-so/{closed.pk}/").status_code == 404


class TestWhatTheDatabaseRefuses:
    def receipt(self, fee: Fee, by: User, **other: object) -> Receipt:
        said = {
            "office": by.office,
            "year": 2026,
            "number": 1,
            "fee": fee,
            "amount": 8000,
            "method": "cash",
            "tendered": 8000,
            "payer": "An",
            "taken_at": NOON,
            "taken_by": by,
        }
        return Receipt.objects.create(**said | other)

    def test_a_second_valid_receipt_of_a_fee(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        self.receipt(fee, cashier)
        with pytest.raises(IntegrityError), transaction.atomic():
            self.receipt(fee, cashier, number=2)

    def test_a_number_twice(self, costly: Costly, cashier: User) -> None:
        self.receipt(costly(), cashier)
        with pytest.raises(IntegrityError), transaction.atomic():
            self.receipt(costly(), cashier)

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": 0},
            {"number": 0},
            {"tendered": 7999},
            {"tendered": None},
            {"taken_by": None},
            {"method": "online"},
            {"voided_at": NOON},
        ],
    )
    def test_a_receipt_that_contradicts_itself(
        self, costly: Costly, cashier: User, other: dict[str, object]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            self.receipt(costly(), cashier, **other)

    def test_an_end_beside_another(self, costly: Costly, cashier: User) -> None:
        fee = costly()
        service.take_cash(fee_pk=fee.pk, by=cashier, now=NOON)
        for end in ({"exempted_at": NOON, "exemption": "poor"}, {"cancelled_at": NOON}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Fee.objects.filter(pk=fee.pk).update(**end)

    def test_a_difference_without_a_note(self, cashier: User) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            DayClosing.objects.create(
                office=cashier.office, cashier=cashier, day=TODAY, expected=1, counted=0, closed_at=NOON
            )

    @pytest.mark.parametrize(
        "other", [{"state": "paid"}, {"state": "begun", "refund_amount": 5}, {"refunded_at": NOON}]
    )
    def test_an_order_that_contradicts_itself(
        self, costly: Costly, cashier: User, other: dict[str, object]
    ) -> None:
        said = {"begun_at": NOON, "begun_by": cashier, "expires_at": NOON, "ask_at": NOON, "id": uuid4()}
        with pytest.raises(IntegrityError), transaction.atomic():
            OnlinePayment.objects.create(fee=costly(), amount=8000, **said | other)
