"""A citizen objects to a check; a supervisor answers within two working days."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.notices import notify
from motcua.accounts.offices import all_known
from motcua.accounts.recording import office_code
from motcua.accounts.rights import Right, having, may, supervisors_among
from motcua.audit.service import record
from motcua.dossiers.due_dates import Calendar, add_working_days, working_days_between
from motcua.dossiers.time_limits import calendar_of
from motcua.oversight.models import Objection
from motcua.verification.models import IdentityCheck
from motcua.web.languages import in_vietnamese

WORKING_DAYS: Final = 2


class AlreadyAnswered(Exception):
    """Somebody answered the objection before; nothing was written."""


@in_vietnamese()
def open_objection(*, citizen: Citizen, check: IdentityCheck, text: str, now: datetime) -> Objection:
    """Open a case about a check, and tell those who have to answer; a second press finds the first one's case.

    The term begins on the local day of the press, at whatever hour; that day is not counted.

    Args:
        citizen: who objects; whether the check is about them the caller knows.
        check: the check.
        text: what the citizen says, may be empty.
        now: the moment.
    """
    due_on = add_working_days(timezone.localdate(now), WORKING_DAYS, _calendar(check))
    with transaction.atomic():
        objection, is_new = Objection.objects.get_or_create(
            check_made=check, citizen=citizen, defaults={"text": text, "opened_at": now, "due_on": due_on}
        )
        if not is_new:
            return objection
        record(
            name="objection.opened",
            now=now,
            actor=citizen.user,
            office_code=check.office_code,
            subject=str(check.pk),
            details={"objection": objection.pk, "due_on": due_on.isoformat()},
        )
        words = _("Công dân phản ánh một lượt tra cứu. Hạn trả lời: %(due_on)s.")
        for user in _who_answers(check):
            link = reverse("objection", args=[objection.pk])
            notify(user=user, text=words % {"due_on": f"{due_on:%d/%m/%Y}"}, link=link, now=now)
    return objection


def cases_of(user: User) -> QuerySet[Objection]:
    """Return the cases that a user may see and answer.

    A supervisor answers for their own office, and for checks that no office made; an administrator for all. Nobody
    answers for a check of their own.
    """
    cases = Objection.objects.exclude(check_made__asked_by=user)
    if may(user, Right.ADMINISTER):
        return cases
    if not may(user, Right.OVERSEE) or user.office is None:
        return cases.none()
    of_no_office = ~Q(check_made__office_code__in=Office.objects.values("code"))
    return cases.filter(Q(check_made__office_code=user.office.code) | of_no_office)


def count_open(user: User, now: datetime) -> dict[str, int]:
    """Return how many cases of a user are "open", and how many of these "overdue"."""
    overdue = Count("pk", filter=Q(due_on__lt=timezone.localdate(now)))
    return cases_of(user).filter(answered_at=None).aggregate(open=Count("pk"), overdue=overdue)


@in_vietnamese()
def answer_objection(*, objection: Objection, by: User, text: str, now: datetime) -> None:
    """Answer a case, which closes it, and tell the citizen.

    Args:
        objection: one of the cases of ``by``.
        by: who answers.
        text: the answer; the citizen reads it.
        now: the moment.

    Raises:
        AlreadyAnswered: somebody was faster.
    """
    with transaction.atomic():
        case = Objection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        if case.answered_at is not None:
            raise AlreadyAnswered
        case.answer, case.answered_by, case.answered_at = text, by, now
        case.save(update_fields=["answer", "answered_by", "answered_at"])
        record(
            name="objection.answered",
            now=now,
            actor=by,
            office_code=office_code(by),
            subject=str(case.check_made_id),
            details={"objection": case.pk, "is_late": is_overdue(case, now)},
        )
        words = _("Phản ánh của ông/bà về một lượt tra cứu đã được trả lời.")
        link = reverse("object_to_check", args=[case.check_made_id])
        notify(user=case.citizen.user, text=words, link=link, now=now)


def is_overdue(objection: Objection, now: datetime) -> bool:
    """Say whether the term is over, at the moment of the answer or now."""
    return timezone.localdate(objection.answered_at or now) > objection.due_on


def days_left(objection: Objection, now: datetime) -> int:
    """Return how many working days of the term are left, 0 only on its last day; negative when it is over."""
    today = timezone.localdate(now)
    days = working_days_between(today, objection.due_on, _calendar(objection.check_made))
    # A last day that became a day off afterwards is no working day, and not today either.
    return max(days, 1) if today < objection.due_on else days


def _calendar(check: IdentityCheck) -> Calendar:
    """Return the calendar of the office that made a check, with the days that an administrator changed."""
    offices = all_known().values()
    return calendar_of(next((office.pk for office in offices if office.code == check.office_code), None))


def _who_answers(check: IdentityCheck) -> list[User]:
    """List the supervisors of the check's office; where there are none, or no office made it, administrators too."""
    users = User.objects.filter(is_active=True).exclude(pk=check.asked_by_id or 0)
    office = Office.objects.filter(code=check.office_code).first()
    if office is None:
        return having(Right.OVERSEE, users)
    return supervisors_among(users.filter(office=office)) or having(Right.ADMINISTER, users)
