"""The register of an office (mẫu 07): every dossier that it received in a year, numbered from 01.

A whole book can be long, and each line takes time and memory to set. So it comes in parts of a bounded number of
lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractMonth, ExtractYear
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.accounts.models import Office
from motcua.dossiers.models import Dossier
from motcua.slips.facts import head_of
from motcua.slips.typesetting import typeset
from motcua.web.days import SETTLED_AFTER
from motcua.web.languages import in_vietnamese
from motcua.web.markup import opened
from motcua.web.templatetags.motcua import moment

LINES: Final = 1000  # of a part
_COLUMNS: Final = (
    *("code", "applicant_name", "permanent_residence", "current_residence", "phone", "by_hand_reason"),
    *("received_at", "due_at", "finished_at", "closed_at", "status", "procedure__name", "revision__name"),
    *("result__collected_by", "owner__full_name"),
)


@dataclass(frozen=True, slots=True)
class BookPart:
    """What of a book is made: an office, a year, a month or the whole year, and which part of that, from 1."""

    office: Office
    year: int
    month: int | None = None
    part: int = 1


def years_of(office: Office, *, today: date) -> list[int]:
    """List the years in which an office received dossiers, the latest first.

    Args:
        office: whose register it is.
        today: what was received in the years before it does not change any more, and is looked up once.
    """
    begin = _begin(today.year)
    # The last move is never before the reception: by it the index begins where the year begins.
    this_year = _received(office.pk).filter(received_at__gte=begin, saved_at__gte=begin).exists()
    return [today.year] * this_year + list(_years_before(office.pk, today.year))


def forget() -> None:
    """Look up years, months and days of before anew."""
    _years_before.cache_clear()
    _counted.cache_clear()


@lru_cache(maxsize=1024)
def _years_before(office_id: int, year: int) -> tuple[int, ...]:
    found = Dossier.objects.filter(office=office_id, received_at__lt=_begin(year))
    years = found.annotate(year=ExtractYear("received_at")).values_list("year", flat=True)
    return tuple(sorted(years.order_by().distinct(), reverse=True))


def months_of(office: Office, year: int, *, now: datetime) -> dict[int, int]:
    """Count what an office received in each month of a year; months without any are left out.

    Args:
        office: whose register it is.
        year: which year.
        now: the moment; what was received in the months and on the days before does not change any more, and is
            counted once.
    """
    settled = timezone.localtime(now - SETTLED_AFTER)
    first, last = _begin(year), _begin(year + 1)
    month = _between(first, _begin(settled.year, settled.month), last)
    day = _between(first, _begin(settled.year, settled.month, settled.day), last)
    # The last move is never before the reception: by it the index begins where the day begins.
    today = _by_month(_of_year(office.pk, year).filter(received_at__gte=day, saved_at__gte=day))
    counts = _counted(office.pk, first, month) + _counted(office.pk, month, day) + today
    return dict(sorted(counts.items()))


def _between(least: datetime, moment: datetime, most: datetime) -> datetime:
    return max(least, min(moment, most))


@lru_cache(maxsize=1024)
def _counted(office_id: int, begin: datetime, end: datetime) -> Counter[int]:
    if begin == end:
        return Counter()
    return _by_month(_received(office_id).filter(received_at__gte=begin, received_at__lt=end))


def _by_month(found: QuerySet[Dossier]) -> Counter[int]:
    months = found.annotate(month=ExtractMonth("received_at")).order_by().values_list("month")
    return Counter(dict(months.annotate(Count("pk"))))


def parts(count: int) -> list[tuple[int, int]]:
    """Return the first and last line of each part of so many lines."""
    return [(start + 1, min(start + LINES, count)) for start in range(0, count, LINES)]


@in_vietnamese()
def make_register(part: BookPart, *, now: datetime) -> bytes:
    """Make a part of an office's register as PDF (A4, landscape), not signed; three queries.

    Args:
        part: which.
        now: the moment.

    Raises:
        LookupError: the part has no line.
        typesetting.NotSet: it could not be set.
    """
    return typeset("07", facts_of_part(part, now=now), now=now)


@in_vietnamese()
def facts_of_part(part: BookPart, *, now: datetime) -> dict[str, Any]:
    """Return what a part of the register says. Raises LookupError when it has no line."""
    rows = _of_year(part.office.pk, part.year)
    before = 0
    if part.month is not None:
        before = rows.filter(received_at__lt=_begin(part.year, part.month)).count()
        rows = rows.filter(received_at__month=part.month)
    start = (part.part - 1) * LINES
    ordered = rows.order_by("received_at", "code").values(*_COLUMNS)
    lines = list(_lines(ordered[start : start + LINES], first=before + start + 1))
    if not lines:
        raise LookupError("no dossier in this part")
    period = (
        _("Năm %(year)s") % {"year": part.year}
        if part.month is None
        else _("Tháng %(month)02d năm %(year)s") % {"month": part.month, "year": part.year}
    )
    return {
        **head_of(part.office, slip="07", subject=period, now=now),
        "period": period,
        "part": _("từ số %(first)s đến số %(last)s") % {"first": lines[0][0], "last": lines[-1][0]},
        "count": len(lines),
        "rows": lines,
    }


def _lines(rows: Any, *, first: int) -> Iterator[list[str]]:
    for place, row in enumerate(rows):
        name = opened(row["applicant_name"])
        owner = opened(row["owner__full_name"] or "")
        is_returned = row["status"] == Dossier.Status.RETURNED
        yield [
            f"{first + place:02}",
            str(row["code"]),
            row["revision__name"] or row["procedure__name"],
            "01",
            f"{name} (chủ hồ sơ: {owner})" if owner else name,
            opened(row["permanent_residence"]) or opened(row["current_residence"]),
            row["phone"],
            moment(row["received_at"]),
            moment(row["due_at"]),
            moment(row["finished_at"]),
            moment(row["closed_at"]) if is_returned else "",
            opened(row["result__collected_by"] or "") if is_returned else "",
            _note(row),
        ]


def _note(row: dict[str, Any]) -> str:
    said = []
    if row["status"] in {Dossier.Status.WITHDRAWN, Dossier.Status.STOPPED, Dossier.Status.REFUSED}:
        said.append(f"{Dossier.Status(row['status']).words} {moment(row['closed_at'])}")
    if row["by_hand_reason"]:
        said.append(_("Chưa xác thực danh tính"))
    return ". ".join(said)


def _received(office_id: int) -> QuerySet[Dossier]:
    return Dossier.objects.filter(office=office_id, received_at__isnull=False)


def _of_year(office_id: int, year: int) -> QuerySet[Dossier]:
    return _received(office_id).filter(received_at__gte=_begin(year), received_at__lt=_begin(year + 1))


def _begin(year: int, month: int = 1, day: int = 1) -> datetime:
    return timezone.make_aware(datetime(year, month, day))  # noqa: DTZ001 (made aware at once)
