"""The paper of a receipt for a fee: what it says, made and signed like every slip."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.dossiers.models import Fee
from motcua.payments.models import Receipt
from motcua.payments.words import amount_in_words
from motcua.slips.codes import qr_code
from motcua.slips.facts import Facts, head_of
from motcua.slips.service import Made, signed
from motcua.slips.typesetting import typeset
from motcua.web.languages import in_vietnamese
from motcua.web.markup import opened
from motcua.web.templatetags.motcua import moment, money

TITLE: Final = "Biên lai thu tiền phí, lệ phí"
# What a reader of a receipt's paper needs beside the receipt's own row.
NEIGHBORS: Final = (
    *("office__parent", "taken_by", "online_payment"),
    *("fee__dossier__procedure", "fee__dossier__revision", "fee__dossier__office", "fee__dossier__citizen"),
)


@in_vietnamese()
def facts_of_receipt(receipt: Receipt, *, base_url: str) -> Facts:
    """Return what the paper of a receipt says.

    Args:
        receipt: with its ``NEIGHBORS``.
        base_url: how the portal is reached from outside, such as ``https://dichvucong.example``.
    """
    dossier = receipt.fee.dossier
    payment = getattr(receipt, "online_payment", None)
    tracking = base_url + reverse("track")
    subject = f"{receipt.symbol} {receipt.said_number}"
    voided = _("lúc %(at)s") % {"at": moment(receipt.voided_at)} if receipt.voided_at else ""
    return {
        **head_of(
            receipt.office, slip=settings.RECEIPT_FORM, title=TITLE, subject=subject, now=receipt.taken_at
        ),
        "symbol": receipt.symbol,
        "number": receipt.said_number,
        "voided": voided,
        "payer": opened(receipt.payer),
        "code": str(dossier.code),
        "content": _content(receipt.fee),
        "procedure": dossier.procedure_name,
        "amount": money(receipt.amount),
        "words": amount_in_words(receipt.amount),
        "method": str(receipt.get_method_display()),
        "taken": moment(receipt.taken_at),
        "reference": payment.bank_reference if payment else "",
        "tracking": tracking,
        "tracking_svg": qr_code(f"{tracking}?{urlencode({'ma': dossier.code})}"),
        "phone": receipt.office.phone,
        "taker": opened(receipt.taken_by.full_name) if receipt.taken_by else "",
        "taker_note": _("(Ký và ghi rõ họ tên)") if receipt.taken_by else _("(Thu qua ngân hàng)"),
    }


def make_receipt(receipt: Receipt, *, now: datetime, base_url: str) -> bytes:
    """Make the paper of a receipt as PDF, not signed. Raises typesetting.NotSet."""
    return typeset("bien-lai", facts_of_receipt(receipt, base_url=base_url), now=now)


def issue_receipt(receipt: Receipt, *, by: User, now: datetime, base_url: str) -> Made:
    """Make the paper of a receipt, sign it where the office has a key, and write down who was given it.

    Args:
        receipt: with its ``NEIGHBORS``.
        by: who is given it.
        now: the moment.
        base_url: see ``facts_of_receipt``.

    Raises:
        typesetting.NotSet: the typesetter failed.
    """
    made = signed(make_receipt(receipt, now=now, base_url=base_url), receipt.office, now)
    record(
        name="dossier.slip_made",
        now=now,
        actor=by,
        office_code=receipt.office.code,
        subject=str(receipt.fee.dossier.code),
        details={"slip": "bien-lai", "signed": made.is_signed},
    )
    return made


def _content(fee: Fee) -> str:
    """Say what was paid for: the kind of the fee, and for a later one what it was asked for."""
    kind = str(fee.get_kind_display())
    if fee.kind != Fee.Kind.LATER:
        return kind
    step = fee.dossier.steps.filter(move="ask_fee", at=fee.asked_at).first()
    return f"{kind}: {opened(step.reason)}" if step else kind
