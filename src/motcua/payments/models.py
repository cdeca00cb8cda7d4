"""Receipts, the day's closing of a till, and payments through a bank. Money is whole đồng."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.sealing.fields import SealedTextField


class ReceiptCounter(models.Model):
    """The last number that an office gave a receipt in a year; numbers have no gaps and no doubles."""

    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "year"], name="one_receipt_counter_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.office_id} {self.year}"


class DayClosing(models.Model):
    """A cashier's day, closed: what should be in the till and what was counted. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    cashier = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người thu")
    )
    day = models.DateField(_("Ngày"))
    expected = models.PositiveBigIntegerField(_("Tiền mặt theo biên lai (đồng)"))
    counted = models.PositiveBigIntegerField(_("Tiền mặt đếm được (đồng)"))
    denominations = models.JSONField(
        _("Các mệnh giá"), default=dict, blank=True, help_text='Value of a note to how many: {"50000": 3}'
    )
    has_note = models.BooleanField(default=False, editable=False)
    note = SealedTextField(_("Giải trình chênh lệch"), use="closing_note", max_length=1000, blank=True)
    closed_at = models.DateTimeField(_("Khóa sổ lúc"))

    class Meta:
        verbose_name = _("Lần khóa sổ")
        verbose_name_plural = _("Các lần khóa sổ")
        ordering = ("-day",)
        constraints = [
            models.UniqueConstraint(fields=["cashier", "day"], name="one_closing_a_cashier_and_day"),
            models.CheckConstraint(
                name="a_difference_has_a_note",
                condition=models.Q(expected=models.F("counted")) | models.Q(has_note=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cashier_id} {self.day:%d/%m/%Y}"

    @property
    def difference(self) -> int:
        """Return how much more was counted than there should be; negative when some is missing."""
        return self.counted - self.expected


class Receipt(models.Model):
    """A receipt for one fee. One that was a mistake is voided and keeps its number."""

    class Method(models.TextChoices):
        CASH = "cash", _("Tiền mặt")
        ONLINE = "online", _("Trực tuyến")

    VALID = models.Q(voided_at=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(
        "accounts.Office", models.PROTECT, related_name="+", db_index=False, verbose_name=_("Cơ quan thu")
    )
    year = models.PositiveSmallIntegerField(_("Năm"))
    number = models.PositiveIntegerField(_("Số"))
    fee = models.ForeignKey(
        "dossiers.Fee", models.PROTECT, related_name="receipts", verbose_name=_("Khoản phí")
    )
    amount = models.PositiveIntegerField(_("Số tiền (đồng)"))
    method = models.CharField(_("Cách nộp"), max_length=10, choices=Method.choices)
    tendered = models.PositiveIntegerField(_("Tiền người nộp đưa (đồng)"), null=True, blank=True)
    payer = SealedTextField(_("Người nộp tiền"), use="receipt_payer", max_length=100)
    taken_at = models.DateTimeField(_("Thu lúc"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Người thu"),
        help_text="Null when it was paid online",
    )
    closing = models.ForeignKey(
        DayClosing,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("Lần khóa sổ"),
    )
    voided_at = models.DateTimeField(_("Hủy lúc"), null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người hủy"),
    )
    void_reason = SealedTextField(_("Lý do hủy"), use="void_reason", max_length=500, blank=True)

    class Meta:
        verbose_name = _("Biên lai")
        verbose_name_plural = _("Biên lai")
        ordering = ("office", "year", "number")
        indexes = [
            models.Index(fields=["taken_by", "taken_at"], name="receipt_of_cashier"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["office", "year", "number"], name="one_receipt_a_number"),
            models.UniqueConstraint(
                name="one_valid_receipt_a_fee", fields=["fee"], condition=models.Q(voided_at=None)
            ),
            models.CheckConstraint(
                name="receipt_is_for_something", condition=models.Q(amount__gt=0, number__gt=0)
            ),
            models.CheckConstraint(
                name="cash_has_a_taker",
                condition=models.Q(
                    method="cash",
                    taken_by__isnull=False,
                    tendered__isnull=False,
                    tendered__gte=models.F("amount"),
                )
                | models.Q(method="online", taken_by=None, tendered=None, voided_at=None, closing=None),
            ),
            models.CheckConstraint(
                name="voided_by_somebody",
                condition=models.Q(voided_at=None, voided_by=None)
                | models.Q(voided_at__isnull=False, voided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.said_number

    @property
    def said_number(self) -> str:
        """Return the number as a receipt bears it: at least seven digits."""
        return f"{self.number:07d}"

    @property
    def symbol(self) -> str:
        """Return the series in which the number is counted: office and year."""
        return f"BL-{self.office.code}-{self.year}"

    @property
    def change(self) -> int:
        """Return what was given back, in đồng."""
        return (self.tendered or self.amount) - self.amount


class OnlinePayment(models.Model):
    """A citizen sent to the bank with one fee: an order, and what the bank has said of it."""

    class State(models.TextChoices):
        BEGUN = "begun", _("Chờ ngân hàng trả lời")
        PAID = "paid", _("Đã thanh toán")
        FAILED = "failed", _("Không thanh toán")
        EXPIRED = "expired", _("Hết hạn")

    WAITING = models.Q(state=State.BEGUN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fee = models.ForeignKey(
        "dossiers.Fee", models.PROTECT, related_name="online_payments", verbose_name=_("Khoản phí")
    )
    amount = models.PositiveIntegerField(_("Số tiền (đồng)"))
    state = models.CharField(_("Trạng thái"), max_length=10, choices=State.choices, default=State.BEGUN)
    begun_at = models.DateTimeField(_("Bắt đầu lúc"))
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người thanh toán")
    )
    expires_at = models.DateTimeField(_("Hết hạn lúc"), help_text="The bank takes nothing after it")
    ask_at = models.DateTimeField(
        null=True, help_text="The bank is not asked about it earlier; null: not any more"
    )
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the bank was asked last")
    asked = models.PositiveSmallIntegerField(default=0, help_text="Questions to the bank so far")
    answered_at = models.DateTimeField(_("Trả lời lúc"), null=True, blank=True)
    bank_reference = models.CharField(_("Mã giao dịch của ngân hàng"), max_length=60, blank=True)
    receipt = models.OneToOneField(
        Receipt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="online_payment",
        verbose_name=_("Biên lai"),
    )
    refund_amount = models.PositiveIntegerField(
        _("Cần hoàn trả (đồng)"), default=0, help_text="Paid, but nothing was owed, or not this sum"
    )
    refunded_at = models.DateTimeField(_("Hoàn trả lúc"), null=True, blank=True)
    refunded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người ghi hoàn trả"),
    )

    class Meta:
        verbose_name = _("Thanh toán trực tuyến")
        verbose_name_plural = _("Thanh toán trực tuyến")
        ordering = ("begun_at",)
        indexes = [
            models.Index(fields=["ask_at"], name="payment_to_ask", condition=models.Q(ask_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_order_a_fee_at_a_time", fields=["fee"], condition=models.Q(state="begun")
            ),
            models.CheckConstraint(
                name="paid_is_receipted_or_given_back",
                condition=models.Q(state="paid", receipt__isnull=False, refund_amount=0)
                | models.Q(state="paid", receipt=None, refund_amount__gt=0)
                | (~models.Q(state="paid") & models.Q(receipt=None, refund_amount=0)),
            ),
            models.CheckConstraint(
                name="only_what_is_due_is_refunded",
                condition=models.Q(refunded_at=None, refunded_by=None)
                | models.Q(refund_amount__gt=0, refunded_at__isnull=False, refunded_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
