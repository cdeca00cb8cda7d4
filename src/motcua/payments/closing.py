"""A cashier's day and its end: what should be in the till, what was counted; afterwards nothing of it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from motcua.accounts.models import User
from motcua.accounts.offices import offices_of_unit
from motcua.accounts.rights import Reach, Right, may, reach_of
from motcua.audit.service import record
from motcua.dossiers.steps import NotYours
from motcua.payments.models import DayClosing, Receipt
from motcua.web.days import Period


class NotToday(ValueError):
    """A day is closed that has not come yet."""


class Unexplained(ValueError):
    """What was counted is not what it should be, and nobody says why."""


class CountedAnew(ValueError):
    """A receipt was written or voided after the page was shown."""


@dataclass(frozen=True, slots=True)
class Till:
    """A cashier's day as it stands: their receipts in order, and the cash that they come to, in đồng."""

    day: date
    receipts: list[Receipt]
    cash: int


def till_of(cashier: User, day: date) -> Till:
    """Return a cashier's day."""
    receipts = list(_receipts(cashier, day).select_related("office", "fee__dossier"))
    return Till(day, receipts, sum(one.amount for one in receipts if one.voided_at is None))


def open_days(cashier: User) -> list[date]:
    """Return the days on which a cashier wrote receipts and which are not closed, the first first."""
    moments = Receipt.objects.filter(taken_by=cashier, closing=None).values_list("taken_at", flat=True)
    return sorted({timezone.localdate(at) for at in moments})


def close_day(
    *,
    day: date,
    expected: int,
    written: int,
    counted: int,
    denominations: dict[str, int],
    note: str,
    by: User,
    now: datetime,
) -> DayClosing:
    """Close a cashier's day; the second press returns what the first one closed.

    Args:
        day: today or earlier, local.
        expected: the cash that the page said there should be, in đồng.
        written: how many receipts it showed, voided ones among them.
        counted: the cash that there is, in đồng.
        denominations: value of a note to how many, where they were counted so.
        note: why the two differ, where they do.
        by: the cashier.
        now: the moment.

    Raises:
        steps.NotYours: they take no fees.
        NotToday: the day has not come yet.
        CountedAnew: there are other receipts meanwhile.
        Unexplained: the sums differ and there is no note.
    """
    if not may(by, Right.TAKE_FEE) or by.office is None:
        raise NotYours(Right.TAKE_FEE)
    if day > timezone.localdate(now):
        raise NotToday
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=by.pk)
        before = DayClosing.objects.filter(cashier=by, day=day).first()
        if before is not None:
            return before
        receipts = _receipts(by, day)
        cash = receipts.filter(Receipt.VALID).aggregate(sum=Sum("amount"))["sum"] or 0
        if (cash, receipts.count()) != (expected, written):
            raise CountedAnew
        if counted != cash and not note.strip():
            raise Unexplained
        closed = DayClosing.objects.create(
            office=by.office,
            cashier=by,
            day=day,
            expected=cash,
            counted=counted,
            denominations=denominations,
            has_note=bool(note.strip()),
            note=note.strip(),
            closed_at=now,
        )
        receipts.update(closing=closed)
        record(
            name="till.closed",
            now=now,
            actor=by,
            office_code=by.office.code,
            subject=str(closed.pk),
            details={"day": day.isoformat(), "expected": cash, "counted": counted},
        )
    return closed


def visible_to(supervisor: User) -> QuerySet[DayClosing]:
    """Return the closings of others that somebody may look at, the latest day first."""
    reach, home = reach_of(supervisor, Right.SEE_CLOSINGS), supervisor.office_id
    if reach is None or home is None:
        return DayClosing.objects.none()
    places = [home] if reach is Reach.OFFICE else offices_of_unit(home)
    return DayClosing.objects.filter(office__in=places).select_related("office", "cashier")


def paid_online(office_pk: int, day: date) -> list[Receipt]:
    """Return the receipts of an office for what banks took on a day; no till has that money."""
    begin, end = Period(day, day).moments
    found = Receipt.objects.filter(
        office=office_pk, method=Receipt.Method.ONLINE, taken_at__gte=begin, taken_at__lt=end
    )
    return list(found.select_related("office", "fee__dossier"))


def _receipts(cashier: User, day: date) -> QuerySet[Receipt]:
    begin, end = Period(day, day).moments
    return Receipt.objects.filter(taken_by=cashier, taken_at__gte=begin, taken_at__lt=end)
