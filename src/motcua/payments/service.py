"""The doors of the till: cash is taken, a fee is waived, a mistake is voided; each once, with its receipt."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from motcua.accounts.models import Office, User
from motcua.accounts.rights import Right, may
from motcua.audit.service import record
from motcua.dossiers import fees
from motcua.dossiers.access import may_do
from motcua.dossiers.models import Fee
from motcua.dossiers.steps import NotYours
from motcua.payments.models import DayClosing, OnlinePayment, Receipt
from motcua.payments.numbering import next_number

_PAYER_LETTERS = 100


class TooLittle(ValueError):
    """Less was handed over than is owed."""


class DayClosed(ValueError):
    """The cashier has closed this day: nothing of it changes any more."""


class WaitsAtBank(ValueError):
    """The fee has an order of which the bank has not said what became of it: the money may be there already."""


def take_cash(
    *,
    fee_pk: int,
    by: User,
    now: datetime,
    tendered: int | None = None,
    payer: str = "",
    is_despite_bank: bool = False,
) -> Receipt:
    """Take a fee in cash: it is paid, and there is a receipt for it.

    Args:
        fee_pk: which.
        by: who takes it; the receipt is of their office.
        now: the moment.
        tendered: what was handed over, in đồng; left out, just what is owed.
        payer: the name of who pays; left out, the applicant's.
        is_despite_bank: they know that an order of this fee waits for the bank's word, and take the cash all the same.

    Raises:
        steps.NotYours: not at this hand.
        fees.NotOwed: it was paid, waived or cancelled before.
        WaitsAtBank: such an order waits, and they did not say so.
        TooLittle: not enough was handed over.
        DayClosed: the cashier's day is closed.
    """
    with transaction.atomic():
        fee = fees.locked_fee(fee_pk)
        if not may_do(by, Right.TAKE_FEE, fee.dossier) or by.office is None:
            raise NotYours(Right.TAKE_FEE)
        if not fee.is_open:
            raise fees.NotOwed
        if not is_despite_bank and fee.online_payments.filter(OnlinePayment.WAITING).exists():
            raise WaitsAtBank
        paid = fee.amount if tendered is None else tendered
        if paid < fee.amount:
            raise TooLittle
        refuse_closed(by, timezone.localdate(now))
        fees.settle(fee, by=by, now=now)
        return write_receipt(
            fee, office=by.office, method=Receipt.Method.CASH, now=now, by=by, tendered=paid, payer=payer
        )


def write_receipt(
    fee: Fee,
    *,
    office: Office,
    method: str,
    now: datetime,
    by: User | None = None,
    tendered: int | None = None,
    payer: str = "",
) -> Receipt:
    """Write the receipt of a fee that was just settled, in the same transaction.

    Args:
        fee: with its dossier, from ``fees.locked_fee``.
        office: in whose series it is numbered.
        method: a value of ``Receipt.Method``.
        now: the moment.
        by: who took it; None when a bank did.
        tendered: what was handed over in cash, in đồng.
        payer: the name of who paid; left out, the applicant's.
    """
    year = timezone.localdate(now).year
    made = Receipt.objects.create(
        office=office,
        year=year,
        number=next_number(office.pk, year),
        fee=fee,
        amount=fee.amount,
        method=method,
        tendered=tendered,
        payer=(payer.strip() or str(fee.dossier.applicant_name))[:_PAYER_LETTERS],
        taken_at=now,
        taken_by=by,
    )
    _note("fee.paid", fee, by, now, office=office, receipt=f"{made.symbol} {made.said_number}", method=method)
    return made


def exempt(*, fee_pk: int, exemption: str, reason: str, by: User, now: datetime) -> Fee:
    """Let nobody pay a fee.

    Args:
        fee_pk: which.
        exemption: a value of ``Fee.Exemption``.
        reason: in words, such as the paper that was shown.
        by: who received the dossier, or a cashier.
        now: the moment.

    Raises:
        ValueError: no such category, or no reason.
        steps.NotYours: not at this hand.
        fees.NotOwed: it was paid, waived or cancelled before.
    """
    with transaction.atomic():
        fee = fees.locked_fee(fee_pk)
        fees.waive(fee, exemption=exemption, reason=reason, by=by, now=now)
        _note("fee.exempted", fee, by, now, office=fee.dossier.office, category=exemption)
    return fee


def void(*, receipt_pk: UUID, reason: str, by: User, now: datetime) -> Receipt:
    """Void a receipt that was a mistake: the fee is owed again, the number stays used.

    Args:
        receipt_pk: which.
        reason: why.
        by: the cashier who wrote it.
        now: the moment.

    Raises:
        ValueError: no reason.
        steps.NotYours: somebody else's, or no cash.
        fees.NotUndone: the dossier is closed, or another fee is owed in its place.
        DayClosed: the day on which it was written is closed.
    """
    if not reason.strip():
        raise ValueError("a receipt is voided with a reason")
    fee_pk, taker_pk, taken_at = Receipt.objects.values_list("fee_id", "taken_by_id", "taken_at").get(
        pk=receipt_pk
    )
    with transaction.atomic():
        fee = fees.locked_fee(fee_pk)
        if taker_pk != by.pk or not may(by, Right.TAKE_FEE):  # wherever the dossier has gone since
            raise NotYours(Right.TAKE_FEE)
        refuse_closed(
            by, timezone.localdate(taken_at)
        )  # the cashier before the receipt, as ``close_day`` does
        receipt = Receipt.objects.select_for_update(of=("self",)).select_related("office").get(pk=receipt_pk)
        if receipt.voided_at is not None:
            return receipt
        receipt.voided_at, receipt.voided_by, receipt.void_reason = now, by, reason.strip()
        receipt.save(update_fields=["voided_at", "voided_by", "void_reason"])
        fees.owe_again(fee, by=by, now=now)
        said = f"{receipt.symbol} {receipt.said_number}"
        _note("fee.voided", fee, by, now, office=receipt.office, receipt=said)
    return receipt


def note_refund(*, payment_pk: UUID, by: User, now: datetime) -> OnlinePayment:
    """Note that money that came for nothing was given back; the second press changes nothing.

    Args:
        payment_pk: which.
        by: a cashier of the dossier's office.
        now: the moment.

    Raises:
        steps.NotYours: not at this hand.
        ValueError: nothing is to be given back.
    """
    with transaction.atomic():
        fee = fees.locked_fee(OnlinePayment.objects.values_list("fee_id", flat=True).get(pk=payment_pk))
        payment = OnlinePayment.objects.select_for_update().get(pk=payment_pk)
        if not may_do(by, Right.TAKE_FEE, fee.dossier):
            raise NotYours(Right.TAKE_FEE)
        if not payment.refund_amount:
            raise ValueError("nothing is to be given back")
        if payment.refunded_at is None:
            payment.refunded_at, payment.refunded_by = now, by
            payment.save(update_fields=["refunded_at", "refunded_by"])
            _note("fee.refunded", fee, by, now, office=fee.dossier.office, order=str(payment.pk))
    return payment


def refuse_closed(cashier: User, day: date) -> None:
    """Raise DayClosed when a cashier has closed a day; until the transaction ends they cannot close it."""
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=cashier.pk)
    if DayClosing.objects.filter(cashier=cashier, day=day).exists():
        raise DayClosed


def _note(name: str, fee: Fee, by: User | None, now: datetime, *, office: Office, **details: str) -> None:
    record(
        name=name,
        now=now,
        actor=by,
        office_code=office.code,
        subject=str(fee.dossier.code),
        details={"kind": fee.kind, "amount": fee.amount, **details},
    )
