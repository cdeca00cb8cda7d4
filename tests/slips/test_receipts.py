"""The paper of a receipt: what it says, who is given it, and that everybody can read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.dossiers import fees
from motcua.dossiers.models import Dossier, Fee
from motcua.payments import online, service
from motcua.payments.bank import Status, Word
from motcua.payments.models import Receipt
from motcua.slips.receipts import NEIGHBORS, TITLE, make_receipt
from tests.conftest import account_of
from tests.dossiers.lives import standing_at
from tests.people import cast
from tests.slips.conftest import BASE_URL
from tests.slips.reading import alternatives, opened, sizes, squeezed, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

NOW = datetime(2026, 11, 26, 3, 15, tzinfo=UTC)


@pytest.fixture
def fee(officer: User) -> Fee:
    """Return what a dossier of An owes."""
    dossier = standing_at(Dossier.Status.PROCESSING, citizen=account_of(cast.an))
    return Fee.objects.create(
        dossier=dossier, kind="filing", amount=1_005_021, asked_at=NOW, asked_by=officer
    )


def read(receipt: Receipt) -> Receipt:
    return Receipt.objects.select_related(*NEIGHBORS).get(pk=receipt.pk)


def paper(receipt: Receipt) -> bytes:
    return make_receipt(read(receipt), now=NOW, base_url=BASE_URL)


def test_a_receipt_has_its_fields(fee: Fee, cashier: User) -> None:
    made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOW, tendered=2_000_000, payer="Trần Thị Bình")
    pdf = paper(made)
    said = words(pdf)
    for field in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "BỘ PHẬN MỘT CỬA PHƯỜNG MẪU A", TITLE.upper(),
        f"Ký hiệu: BL-{cashier.office.code}-2026", "Số: 0000001", "Mẫu số 01BLP",
        "Họ và tên người nộp tiền: Trần Thị Bình", f"Mã hồ sơ: {fee.dossier.code}",
        "Nội dung thu: Phí, lệ phí của thủ tục", "Đăng ký khai sinh", "Số tiền: 1.005.021 đ",
        "Bằng chữ: Một triệu không trăm linh năm nghìn không trăm hai mươi mốt đồng.",
        "Hình thức thanh toán: Tiền mặt", "10:15 26/11/2026", "NGƯỜI THU TIỀN", str(cashier.full_name),
        "ngày 26 tháng 11 năm 2026",
    ):  # fmt: skip
        assert squeezed(field) in said, field
    assert cast.an.number not in said
    assert "ĐÃHỦY" not in said
    assert sizes(pdf) == {(148, 210)}


def test_a_receipt_is_tagged_for_those_who_do_not_see(fee: Fee, cashier: User) -> None:
    made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOW)
    pdf = paper(made)
    root = opened(pdf).root
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "vi"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].data.replace(b"\n", b"")
    assert str(opened(pdf).trailer["/Info"]["/Title"]) == f"{TITLE} {made.symbol} 0000001"
    assert f"Mã QR mở trang tra cứu hồ sơ {BASE_URL}/tra-cuu/" in alternatives(pdf)


def test_a_voided_receipt_says_so(fee: Fee, cashier: User) -> None:
    made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOW)
    service.void(receipt_pk=made.pk, reason="Nhầm hồ sơ", by=cashier, now=NOW)
    said = words(paper(made))
    assert squeezed("ĐÃ HỦY lúc 10:15 26/11/2026") in said
    assert squeezed("Nhầm hồ sơ") not in said


def test_a_later_fee_says_what_it_was_asked_for(officer: User, specialist: User, cashier: User) -> None:
    dossier = standing_at(Dossier.Status.PROCESSING, holder_office=specialist.office.code)
    asked = fees.ask_fee(dossier=dossier, amount=8000, reason="Phí cấp bản sao", by=specialist, now=NOW)
    Dossier.objects.filter(pk=dossier.pk).update(holder_office=cashier.office)
    made = service.take_cash(fee_pk=asked.pk, by=cashier, now=NOW)
    assert squeezed("Phí, lệ phí phát sinh: Phí cấp bản sao") in words(paper(made))


def test_a_receipt_for_an_online_payment_names_the_banks_reference(fee: Fee) -> None:
    payment = online.begin(fee_pk=fee.pk, by=account_of(cast.an).user, now=NOW)
    online.hear(Word(payment.pk, Status.PAID, fee.amount, "NHT12AB34CD56EF"), now=NOW)
    said = words(paper(Receipt.objects.get()))
    for field in (
        "Hình thức thanh toán: Trực tuyến",
        "NHT12AB34CD56EF",
        "(Thu qua ngân hàng)",
        cast.an.full_name,
    ):
        assert squeezed(field) in said, field


@pytest.mark.parametrize(
    "payer", ['#panic("x")', "$x$ [ ] \\ \"'", '#read("/etc/passwd")', "*b* _c_ `d` <l>"]
)
def test_what_a_payer_is_called_is_data_and_never_a_form(fee: Fee, cashier: User, payer: str) -> None:
    made = service.take_cash(fee_pk=fee.pk, by=cashier, now=NOW, payer=payer)
    assert squeezed(payer) in words(paper(made))


def test_the_citizen_and_the_office_are_given_it_and_nobody_else(
    fee: Fee, cashier: User, an_client: Client, officer_client: Client, other_officer_client: Client
) -> None:
    made = service.take_cash(fee_pk=fee.pk, by=cashier, now=timezone.now())
    address = f"/bien-lai/{made.pk}/"
    stranger = Client()
    stranger.force_login(account_of(cast.binh).user)
    assert Client().get(address)["Location"].startswith("/dang-nhap/")
    assert stranger.get(address).status_code == other_officer_client.get(address).status_code == 404
    for client in (an_client, officer_client):
        answer = client.get(address)
        assert answer["Content-Type"] == "application/pdf"
        assert f'filename="bien-lai-{made.symbol}-0000001.pdf"' in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(name="dossier.slip_made", details__slip="bien-lai").count() == 2
