"""Paying by a bank: one order for a fee at a time, and what the bank says of it, however often and late it says it.

What the browser brings back counts for nothing. An order is paid when the bank has said so in a signed word, told to us
or answered when asked; a question without an answer changes nothing. Whoever is killed between the bank's word and its
being written down loses nothing: the bank is asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers import fees
from motcua.dossiers.access import is_own
from motcua.dossiers.models import Fee
from motcua.dossiers.notifications import tell_citizen
from motcua.dossiers.steps import NotYours
from motcua.outbox.service import Failed, Refused, Unreachable
from motcua.payments import bank
from motcua.payments.bank import Status, Word
from motcua.payments.models import OnlinePayment, Receipt
from motcua.payments.service import write_receipt
from motcua.web.languages import in_vietnamese
from motcua.web.templatetags.motcua import money

_log = logging.getLogger("motcua.payments")
OPEN_FOR: Final = timedelta(minutes=15)
# The bank's clock is not ours, and its last word may be on its way.
_GRACE: Final = timedelta(minutes=2)
_FIRST_QUESTION: Final = timedelta(minutes=1)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=15)
# How long after its end an order is asked about: money may have been taken in the last second and the notice lost.
_LATER_LOOKS: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))
# Longer than a question takes at most (``outbox.posting``): there is never a second one about an order under way.
_BETWEEN_PRESSES: Final = timedelta(seconds=20)
_State = OnlinePayment.State


class NoSuchOrder(LookupError):
    """The bank speaks of an order that we never made."""


def begin(*, fee_pk: int, by: User, now: datetime) -> OnlinePayment:
    """Make an order for a fee; while one waits for the bank's word there is no other, and it is returned again.

    Args:
        fee_pk: which.
        by: the citizen whose dossier it is.
        now: the moment.

    Raises:
        steps.NotYours: somebody else's dossier.
        fees.NotOwed: it was paid, waived or cancelled before.
    """
    with transaction.atomic():
        fee = fees.locked_fee(fee_pk)
        if not is_own(by, fee.dossier):
            raise NotYours("pay")
        if not fee.is_open:
            raise fees.NotOwed
        waiting = fee.online_payments.filter(state=_State.BEGUN).first()
        if waiting is not None:
            return waiting
        return OnlinePayment.objects.create(
            fee=fee,
            amount=fee.amount,
            begun_at=now,
            begun_by=by,
            expires_at=now + OPEN_FOR,
            ask_at=now + _FIRST_QUESTION,
        )


def hear(word: Word, *, now: datetime) -> OnlinePayment:
    """Write down what the bank says of an order; the same word again changes nothing.

    Args:
        word: signed by the bank.
        now: the moment.

    Returns:
        The order as it stands.

    Raises:
        NoSuchOrder: it is none of ours.
    """
    fee_pk = OnlinePayment.objects.filter(pk=word.order).values_list("fee_id", flat=True).first()
    if fee_pk is None:
        raise NoSuchOrder
    with transaction.atomic():
        fee = fees.locked_fee(fee_pk)
        payment = OnlinePayment.objects.select_for_update(of=("self",)).get(pk=word.order)
        if payment.state == _State.PAID:
            return payment
        if word.status is Status.PAID:
            _note_paid(payment, fee, word, now)
        elif payment.state == _State.BEGUN and word.status is Status.CANCELLED:
            _note_end(payment, _State.FAILED, now)
        elif payment.state == _State.BEGUN and now > payment.expires_at + _GRACE:
            _note_end(payment, _State.EXPIRED, now)
        elif payment.state != _State.BEGUN:
            payment.ask_at = _next_look(payment, now)
            payment.save(update_fields=["ask_at"])
    return payment


def ask_about(payment_pk: UUID, *, now: datetime) -> bool:
    """Ask the bank about an order, shortly, because somebody came back from there; not twice within some seconds.

    Args:
        payment_pk: which.
        now: the moment.

    Returns:
        Whether the bank gave an answer to go by.
    """
    waiting = OnlinePayment.objects.filter(pk=payment_pk, state=_State.BEGUN)
    is_mine = waiting.filter(Q(asked_at=None) | Q(asked_at__lte=now - _BETWEEN_PRESSES)).update(asked_at=now)
    return bool(is_mine) and bank.is_configured() and _ask(payment_pk, bank.ask_shortly, now=now) is None


def ask_next(*, now: datetime) -> bool:
    """Ask the bank about one order that waits too long for its word, or that ended and may have been paid after all.

    Args:
        now: the moment.

    Returns:
        Whether there was one.
    """
    if not bank.is_configured():
        return False
    due = OnlinePayment.objects.filter(ask_at__lte=now).order_by("ask_at")
    if not due.exists():  # asked every other second: SQLite's one writer is not taken for nothing
        return False
    with transaction.atomic():
        payment = due.select_for_update(skip_locked=True).first()
        if payment is None:
            return False
        pause = min(_FIRST_PAUSE * 2 ** min(payment.asked, 10), _LONGEST_PAUSE)
        OnlinePayment.objects.filter(pk=payment.pk).update(
            ask_at=now + pause, asked=F("asked") + 1, asked_at=now
        )
    if isinstance(_ask(payment.pk, bank.ask, now=now), Unreachable):
        # Who does not answer about one order answers about none: the others wait as well.
        soon = OnlinePayment.objects.filter(ask_at__lt=now + _FIRST_PAUSE)
        soon.update(ask_at=now + _FIRST_PAUSE)
    return True


def _ask(order: UUID, ask: Callable[[UUID], Word], *, now: datetime) -> Exception | None:
    """Ask and write down the answer; return why there is none."""
    try:
        word = ask(order)
    except (Unreachable, Failed, Refused) as error:
        _log.warning("payments.unanswered order=%s problem=%s", order, error)
        return error
    hear(word, now=now)
    return None


@in_vietnamese()
def _note_paid(payment: OnlinePayment, fee: Fee, word: Word, now: datetime) -> None:
    payment.state, payment.answered_at, payment.bank_reference = _State.PAID, now, word.reference
    payment.ask_at = None
    dossier = fee.dossier
    words = {"code": dossier.code, "amount": money(word.amount)}
    is_told = False
    if word.amount == payment.amount and fee.is_open:
        is_told = fees.settle(fee, by=payment.begun_by, now=now)
        payment.receipt = write_receipt(fee, office=dossier.office, method=Receipt.Method.ONLINE, now=now)
        text = _("Đã nhận %(amount)s phí, lệ phí của hồ sơ %(code)s. Biên lai có ở trang nộp phí của hồ sơ.")
    else:
        payment.refund_amount = word.amount
        record(
            name="fee.refund_due",
            now=now,
            office_code=dossier.office.code,
            subject=str(dossier.code),
            details={"kind": fee.kind, "amount": word.amount, "order": str(payment.pk)},
        )
        _log.warning("payments.refund_due order=%s", payment.pk)
        text = _(
            "Ngân hàng đã nhận %(amount)s cho hồ sơ %(code)s, nhưng khoản này không còn phải nộp hoặc số tiền không "
            "đúng. Cơ quan sẽ hoàn trả; ông/bà không cần làm gì thêm."
        )
    payment.save()
    if not is_told:
        tell_citizen(dossier, text % words, now=now)


def _note_end(payment: OnlinePayment, state: str, now: datetime) -> None:
    payment.state, payment.answered_at = state, now
    payment.ask_at = _next_look(payment, now)
    payment.save(update_fields=["state", "answered_at", "ask_at"])


def _next_look(payment: OnlinePayment, now: datetime) -> datetime | None:
    """Return when the bank is asked again about an order that ended unpaid; None when it was asked often enough."""
    looks = (payment.answered_at + after for after in _LATER_LOOKS if payment.answered_at is not None)
    return next((at for at in looks if at > now), None)
