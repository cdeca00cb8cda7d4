"""Which checks were made about a person, newest first, in the words in which that person may read them.

Nothing is left out and nothing is counted: every page is read straight from the two indexes in which the checks of one
number, and of one person asked about by an old number, stand in their order.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from motcua.accounts.models import Citizen, Office
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck
from motcua.web.moments import moment_of, number_of

if TYPE_CHECKING:
    from django.utils.functional import Promise

A_PAGE: Final = 20
TouchPoint = IdentityCheck.TouchPoint
_DIGITS_OF_OLD: Final = 9
# What a row shows. Who asked is fetched as a key alone, to tell a citizen's own checks.
_SHOWN: Final = ("asked_at", "touch_point", "office_code", "purpose", "procedure_code", "outcome", "asked_by")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose checks: the digest of a number and, where that is an old one, of the personal number behind it.

    An old number may have been given to two people; what the register said of the other one is theirs to see.
    """

    number: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list was read: to this check."""

    asked_at: datetime
    check_id: uuid.UUID

    def as_text(self) -> str:
        """Return the place as it stands in an address."""
        return f"{number_of(self.asked_at)}-{self.check_id.hex}"


@dataclass(frozen=True, slots=True)
class Row:
    """One check in words; ``due_on`` and ``answered_at`` are those of the citizen's objection, if there is one."""

    check_id: uuid.UUID
    at: datetime
    touch_point: str
    office: str
    purpose: str
    procedure: str
    outcome: str
    outcome_words: str | Promise
    is_own: bool
    due_on: date | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the list goes on; None at its end."""

    rows: list[Row]
    older: Place | None


def subject_of(citizen: Citizen) -> Subject:
    """Return under which digests the checks about a citizen stand."""
    if len(citizen.number.digits) != _DIGITS_OF_OLD:
        return Subject(citizen.number_digest)
    own = IdentityCheck.objects.filter(
        Q(pk=citizen.registration_check_id) | Q(asked_by=citizen.user_id),
        number_digest=citizen.number_digest,
        outcome=IdentityCheck.Outcome.VERIFIED,
    ).exclude(person_digest="")
    person = own.order_by("-asked_at").values_list("person_digest", flat=True).first()
    return Subject(citizen.number_digest, person or "")


def subject_of_check(check: IdentityCheck) -> Subject:
    """Return under which digests the checks about the person of a verified check stand."""
    return Subject(check.number_digest, check.person_digest)


def place_of(text: str) -> Place | None:
    """Read a place from an address; None when it is none."""
    moment, _dash, check_id = text.partition("-")
    try:
        return Place(moment_of(int(moment)), uuid.UUID(check_id))
    except (ValueError, OverflowError):
        return None


def page_of(
    subject: Subject, *, citizen: Citizen | None, after: Place | None = None, size: int = A_PAGE
) -> Page:
    """Return the next checks about somebody, newest first, in one statement.

    Args:
        subject: whose.
        citizen: their account, if they have one: their own checks are told apart, and their objections shown.
        after: how far the list was read; None at its beginning.
        size: how many.
    """
    newest = IdentityCheck.objects.filter(pk__in=_newest(subject, after, size + 1))
    found = list(_shown(newest, citizen).order_by("-asked_at", "-pk")[: size + 1])
    shown = found[:size]
    older = Place(shown[-1].asked_at, shown[-1].pk) if len(found) > size else None
    return Page([_row(check, citizen) for check in shown], older)


def row_of(subject: Subject, *, citizen: Citizen, check_id: uuid.UUID) -> Row | None:
    """Return one check about somebody; None when there is none of this id, or it is about somebody else."""
    about = IdentityCheck.objects.filter(reduce(or_, _branches(subject)), pk=check_id)
    check = _shown(about, citizen).first()
    return _row(check, citizen) if check else None


def _branches(subject: Subject) -> list[Q]:
    """Return the parts of the list, each in the order of one index; no check is in two of them."""
    number, person = subject.number, subject.person
    has_person = ~Q(person_digest="")  # as the partial index has it
    if not person:
        return [Q(number_digest=number), has_person & Q(person_digest=number) & ~Q(number_digest=number)]
    return [
        Q(number_digest=number, person_digest__in=["", person]),
        Q(number_digest=person),
        has_person & Q(person_digest=person) & ~Q(number_digest__in=[number, person]),
    ]


def _newest(subject: Subject, after: Place | None, size: int) -> RawSQL:
    """Return the ids of the newest checks: of each part no more than fill a page, then put together.

    The ORM writes no limit inside a union for SQLite, and both databases read an OR without any index.
    """
    read = (
        Q()
        if after is None
        else Q(asked_at__lte=after.asked_at) & (Q(asked_at__lt=after.asked_at) | Q(pk__lt=after.check_id))
    )
    statements: list[str] = []
    values: list[Any] = []
    for place, branch in enumerate(_branches(subject)):
        part = IdentityCheck.objects.filter(branch, read).order_by("-asked_at", "-pk")[:size]
        statement, of_part = part.values("id").query.sql_with_params()
        statements.append(f"SELECT id FROM ({statement}) AS part{place}")  # noqa: S608  # nosec B608 # values travel apart
        values += of_part
    return RawSQL(" UNION ALL ".join(statements), values)  # noqa: S611  # nosec B611 # values travel apart


def _shown(checks: QuerySet[IdentityCheck], citizen: Citizen | None) -> QuerySet[IdentityCheck, Any]:
    offices = Office.objects.filter(code=OuterRef("office_code")).values("name")
    procedures = Procedure.objects.filter(code=OuterRef("procedure_code")).values("name")
    shown = checks.only(*_SHOWN).annotate(office_name=Subquery(offices), procedure_name=Subquery(procedures))
    return shown.annotate(
        objection=FilteredRelation("objections", condition=Q(objections__citizen=citizen)),
        due_on=F("objection__due_on"),
        objection_answered_at=F("objection__answered_at"),
    )


def _row(check: Any, citizen: Citizen | None) -> Row:
    return Row(
        check_id=check.pk,
        at=check.asked_at,
        touch_point=check.get_touch_point_display(),
        office=office_words(check, check.office_name),
        purpose=_purpose(check),
        procedure=procedure_words(check, check.procedure_name),
        outcome=check.outcome,
        outcome_words=IdentityCheck.Outcome(check.outcome).label,
        is_own=citizen is not None and is_own(check, citizen),
        due_on=check.due_on,
        answered_at=check.objection_answered_at,
    )


def is_own(check: IdentityCheck, citizen: Citizen) -> bool:
    """Say whether a citizen made a check themselves; when registering nobody is logged in yet."""
    return check.asked_by_id == citizen.user_id or check.pk == citizen.registration_check_id


def office_words(check: IdentityCheck, name: str | None) -> str:
    """Return who asked, never a person: the office, the portal, or who runs the system.

    Args:
        check: the check.
        name: of the office with the check's code, if there is one still.
    """
    if name:
        return name
    if check.office_code:
        return _("Cơ quan mã %(code)s") % {"code": check.office_code}
    if check.touch_point == TouchPoint.OPERATION:
        return _("Đơn vị vận hành hệ thống")
    return _("Cổng dịch vụ công")


def procedure_words(check: IdentityCheck, name: str | None) -> str:
    """Return the procedure for which it was asked, empty when there was none; a name is not said twice."""
    if not check.procedure_code:
        return ""
    if not name or name in check.purpose:
        return _("Thủ tục %(code)s") % {"code": check.procedure_code}
    return _("Thủ tục %(code)s: %(name)s") % {"code": check.procedure_code, "name": name}


def _purpose(check: IdentityCheck) -> str:
    if check.touch_point == TouchPoint.OPERATION:
        return _("Vận hành: thử kết nối với CSDLQG về dân cư")
    return check.purpose
