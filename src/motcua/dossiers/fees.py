"""What a dossier costs: asked for, settled, waived; and what waits until nothing is owed any more.

The fee of the procedure becomes due when the dossier is received (``steps``). It does not hold up the work, but the
result is not given out while anything is owed. Money itself, and the receipts for it, are the business of ``payments``.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.accounts.rights import Right
from motcua.dossiers import national_portal, states
from motcua.dossiers.access import is_own, may_do
from motcua.dossiers.models import Dossier, Fee
from motcua.dossiers.states import MoveRefused
from motcua.dossiers.steps import NotYours, take_step
from motcua.web.languages import in_vietnamese


class Unpaid(MoveRefused):
    """The result is not given out while something is owed."""


class OwedAlready(MoveRefused):
    """A later fee is owed that nobody waits for any more: its receipt was voided. It is taken or waived first."""


class NotOwed(ValueError):
    """A fee was paid, waived or cancelled before."""


class NotUndone(ValueError):
    """A payment stays as it is: its dossier has been closed, or another fee took its place."""


def sum_of_fees(which: Q) -> Subquery:
    """Return what the fees of a dossier come to, for a query of dossiers: in đồng, None where there is none.

    Args:
        which: of its fees.
    """
    fees = Fee.objects.filter(which, dossier=OuterRef("pk")).order_by().values("dossier")
    return Subquery(fees.annotate(sum=Sum("amount")).values("sum"))


def ask_fee(*, dossier: Dossier, amount: int, reason: str, by: User, now: datetime) -> Fee:
    """Ask for a fee; the time limit stands still until it is paid.

    Args:
        dossier: which; its row is read anew.
        amount: in đồng, more than 0.
        reason: what it is for, for the citizen to read.
        by: an official with the right.
        now: the moment.

    Raises:
        ValueError: the amount is none.
        OwedAlready: another such fee is owed.
        steps.NotYours, states.MoveRefused: nothing was asked.
    """
    if amount <= 0:
        raise ValueError("a fee is more than nothing")
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        if fresh.fees.filter(Fee.OPEN, kind=Fee.Kind.LATER).exists():
            raise OwedAlready("a later fee is owed already")
        fee = Fee(dossier=fresh, amount=amount, asked_at=now, asked_by=by)
        take_step(dossier=fresh, move=states.MOVES["ask_fee"], by=by, now=now, reason=reason, beside=[fee])
    return fee


def locked_fee(pk: int) -> Fee:
    """Return a fee with its dossier, both rows ours until the transaction ends.

    The dossier's row comes first, as everywhere: two that pay the same fee wait for each other and never cross.
    """
    dossier_pk = Fee.objects.values_list("dossier_id", flat=True).get(pk=pk)
    dossier = Dossier.objects.locked(dossier_pk)
    fee = Fee.objects.select_for_update(of=("self",)).get(pk=pk)
    fee.dossier = dossier
    return fee


@in_vietnamese()
def settle(fee: Fee, *, by: User, now: datetime) -> bool:
    """Note that a fee was paid; a dossier that waited for it is dealt with again, and its time limit goes on.

    Call it in a transaction, with the fee from ``locked_fee``.

    Args:
        fee: which.
        by: an official who takes fees there, or the citizen who paid online.
        now: the moment.

    Returns:
        Whether the dossier goes on, which its citizen has been told.

    Raises:
        NotOwed: it was paid, waived or cancelled before.
        steps.NotYours: not at this hand.
    """
    _insist_owed(fee)
    if not (is_own(by, fee.dossier) or may_do(by, Right.TAKE_FEE, fee.dossier)):
        raise NotYours(Right.TAKE_FEE)
    fee.settled_at, fee.settled_by = now, by
    fee.save(update_fields=["settled_at", "settled_by"])
    if _is_waited_for(fee):
        take_step(dossier=fee.dossier, move=states.MOVES["take_fee"], by=by, now=now)
        return True
    _tell(fee, _("Đã thu phí, lệ phí"), by=by, now=now)
    return False


@in_vietnamese()
def waive(fee: Fee, *, exemption: str, reason: str, by: User, now: datetime) -> None:
    """Let nobody pay a fee; a dossier that waited for it is dealt with again.

    Call it in a transaction, with the fee from ``locked_fee``.

    Args:
        fee: which.
        exemption: a value of ``Fee.Exemption``.
        reason: in words, such as the paper that was shown.
        by: an official with the right.
        now: the moment.

    Raises:
        ValueError: no such category, or no reason.
        NotOwed: it was paid, waived or cancelled before.
        steps.NotYours: not at this hand.
    """
    if exemption not in Fee.Exemption.values or not reason.strip():
        raise ValueError("a fee is waived for a category and a reason")
    _insist_owed(fee)
    if not may_do(by, Right.EXEMPT_FEE, fee.dossier):
        raise NotYours(Right.EXEMPT_FEE)
    fee.exempted_at, fee.exempted_by = now, by
    fee.exemption, fee.exemption_reason = exemption, reason.strip()
    fee.save(update_fields=["exempted_at", "exempted_by", "exemption", "exemption_reason"])
    if _is_waited_for(fee):
        take_step(dossier=fee.dossier, move=states.MOVES["waive_fee"], by=by, now=now)
    else:
        _tell(fee, _("Miễn phí, lệ phí"), by=by, now=now)


@in_vietnamese()
def owe_again(fee: Fee, *, by: User, now: datetime) -> None:
    """Let a fee be owed again whose payment was a mistake; the dossier stays where it is.

    Call it in a transaction, with the fee from ``locked_fee``.

    Args:
        fee: which.
        by: who voids the payment.
        now: the moment.

    Raises:
        NotUndone: the dossier is closed, or another fee of the kind is owed meanwhile.
    """
    if fee.dossier.status in states.CLOSED:
        raise NotUndone("closed")
    if fee.dossier.fees.filter(Fee.OPEN, kind=fee.kind).exists():
        raise NotUndone("another")
    fee.settled_at = fee.settled_by = None
    fee.save(update_fields=["settled_at", "settled_by"])
    _tell(fee, _("Hủy biên lai thu phí, lệ phí"), by=by, now=now)


def unpaid(dossier: Dossier) -> int:
    """Return how much is owed for a dossier, in đồng."""
    return sum(dossier.fees.filter(Fee.OPEN).values_list("amount", flat=True))


def refuse_unpaid(dossier: Dossier) -> None:
    """Raise Unpaid when something is owed for a dossier."""
    if unpaid(dossier):
        raise Unpaid("something is owed")


def _tell(fee: Fee, act: str, *, by: User, now: datetime) -> None:
    """Tell the national portal of a fee that changed without a step."""
    national_portal.tell(fee.dossier, act=act, by=by, now=now, is_changed=True)


def _insist_owed(fee: Fee) -> None:
    if not fee.is_open:
        raise NotOwed


def _is_waited_for(fee: Fee) -> bool:
    return fee.kind == Fee.Kind.LATER and fee.dossier.status == states.FEE
