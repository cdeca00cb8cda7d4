"""The pages of figures, and the file that can be taken from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from motcua.accounts.access import right_required
from motcua.accounts.offices import known, offices_of_unit
from motcua.accounts.requests import OfficialRequest
from motcua.accounts.rights import Right, may
from motcua.audit import service as audit
from motcua.dossiers.ratings import INDICATORS
from motcua.figures import counting, words
from motcua.figures.charts import columns, kept_and_missed, part_of
from motcua.figures.counting import Flow, share, total
from motcua.figures.exporting import TooManyRows, as_csv, as_workbook, check_size
from motcua.figures.filters import PERIODS, Scope, SliceForm, scope_of
from motcua.figures.reporting import (
    MarksRow,
    Procedures,
    Report,
    Row,
    all_procedures,
    ratings_rows,
    report_of,
)
from motcua.web.templatetags.motcua import whole

_MOST_LINES: Final = 20  # of a table on the page; the rest stands together in one line
_TROUBLE: Final = 20.0  # percent of checks without an answer from which on a chart shows a trouble
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@right_required(Right.SEE_FIGURES)
@require_GET
def figures(request: OfficialRequest) -> HttpResponse:
    """Show what came in, what became of it, what is in hand, and what came of identity checks."""
    now = timezone.now()
    form, procedures, context = _frame(request)
    if form.is_valid():
        report = _report(form, procedures)
        context |= {"report": report, **_shown(report), "words": words, "at": now}
    return render(request, "figures/figures.html", context)


@right_required(Right.SEE_FIGURES)
@require_GET
def ratings(request: OfficialRequest) -> HttpResponse:
    """Show how citizens rated, by indicator, office and procedure; and to leaders what they wrote."""
    form, procedures, context = _frame(request)
    if form.is_valid():
        marks, offices, of_procedures = ratings_rows(counting.ratings_of(form.chosen), procedures=procedures)
        context |= {
            "marks": marks,
            "satisfied": words.percent(marks.satisfied),
            "indicators": [
                (
                    one,
                    words.mean(mean),
                    whole(answers),
                    part_of(share(mean, 2) if mean is not None else None, _points(mean)),
                )
                for one, mean, answers in zip(INDICATORS, marks.means, marks.answers, strict=True)
            ],
            "offices": _marked(offices) if len(offices) > 1 else [],
            "procedures": _marked(of_procedures),
            "left_out": max(0, len(of_procedures) - _MOST_LINES),
            "words": words,
        }
    may_read = may(request.user, Right.READ_COMMENTS) and request.user.office_id is not None
    if may_read:
        context["comments"] = counting.comments_of(offices_of_unit(request.user.office_id or 0))
    context |= {"may_read": may_read, "fewest": counting.FEWEST_RATINGS}
    return render(request, "figures/ratings.html", context)


@right_required(Right.SEE_FIGURES)
@require_POST
def export_figures(request: OfficialRequest) -> HttpResponse:
    """Give the numbers that the page shows as a workbook or as CSV, and record that it was done."""
    form, procedures, _context = _frame(request)
    back = f"{reverse('figures')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return redirect(back)
    report = _report(form, procedures)
    try:
        check_size(report)
    except TooManyRows:
        messages.error(
            request, _("Số liệu quá nhiều dòng cho một tệp. Vui lòng chọn một cơ quan hoặc lĩnh vực.")
        )
        return redirect(back)
    is_csv = request.POST.get("dang") == "csv"
    if is_csv:
        content, kind = as_csv(report, procedures=procedures), "text/csv; charset=utf-8"
    else:
        rated = ratings_rows(counting.ratings_of(form.chosen), procedures=procedures)
        content, kind = as_workbook(report, procedures=procedures, told=form.told(), rated=rated), _SHEET
    period, ending = form.period, "csv" if is_csv else "xlsx"
    office = known(form.office or request.user.office_id or 0)
    audit.record(
        name="figures.exported",
        now=report.made_at,
        actor=request.user,
        office_code=office.code if office else "",
        details={
            "period": f"{period.first:%d/%m/%Y}-{period.last:%d/%m/%Y}", "kind": ending, "rows": len(report.cells)
        },
    )  # fmt: skip
    name = f"so-lieu-{period.first:%Y%m%d}-{period.last:%Y%m%d}.{ending}"
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _report(form: SliceForm, procedures: Procedures) -> Report:
    return report_of(
        form.chosen,
        procedures=procedures,
        office_codes=form.office_codes,
        procedure_codes=form.procedure_codes,
        now=timezone.now(),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of flows as the page shows it."""

    label: str
    code: str
    chart: SafeString
    cells: Sequence[tuple[str, str]]  # heading and number


def _shown(report: Report) -> dict[str, Any]:
    """Return the tables and charts of a report."""
    points, of_total = report.points, report.total
    labels = [words.short_span(one) for one in points]
    return {
        "sides": [
            (_("Phải giải quyết"), whole(of_total.taken_on), _told(words.TAKEN_ON, of_total)),
            (_("Có kết quả"), whole(of_total.finished), _told(words.FINISHED, of_total)),
            (_("Kết thúc không có kết quả"), whole(of_total.ended), _told(words.ENDED, of_total)),
            (_("Đang giải quyết"), whole(of_total.open), _told(words.OPEN, of_total)),
        ],
        "of_these": _told(words.OF_THESE, of_total),
        "shares": [
            (one.heading, words.percent(getattr(of_total, one.name)), one.meaning)
            for one in (words.KEPT_SHARE, words.KEPT_FIRST_SHARE)
        ],
        "received_chart": columns(_("Tiếp nhận"), [one.received for one in points], labels),
        "finished_chart": columns(_("Có kết quả"), [one.finished for one in points], labels),
        "times": [
            (words.span(one), *map(whole, (one.received, one.finished, one.missed))) for one in points
        ],
        "standing": [
            (label, [(str(number.heading), whole(getattr(one, number.name))) for number in words.STANDING])
            for label, one in report.standing_rows
        ],
        "turned_away": _told(words.TURNED_AWAY, report.standings),
        "offices": _lines(report.offices) if len(report.offices) > 1 else [],
        "procedures": _lines(report.procedures),
        "channels": _lines(report.channels),
        "channel_charts": [
            (row.label, part_of(share(row.flow.received, of_total.received), _received_share(row.flow, of_total)))
            for row in report.channels
        ],
        "sum": _line(Row(_("Tổng"), "", of_total)),
        "checks_chart": columns(_("Lượt kiểm tra"), [one.counts.asked for one in report.checks], labels),
        "silence_chart": columns(
            str(words.WITHOUT_ANSWER.heading), [one.without_answer or 0 for one in report.checks], labels,
            is_share=True, alarm=_TROUBLE,
        ),
        "checks": [
            (one.label, _told(_CHECKS, one.counts), words.percent(one.without_answer)) for one in report.checks
        ],
        "checks_sum": _told(_CHECKS, report.checks_total),
        "checks_silence": words.percent(share(report.checks_total.unanswered, report.checks_total.asked)),
    }  # fmt: skip


_CHECKS: Final = (*words.CHECKS, words.LIMITED)


def _told(numbers: Sequence[words.Number], holder: Any) -> list[tuple[Any, str, Any]]:
    """Return numbers as heading, value and meaning."""
    return [(one.heading, whole(getattr(holder, one.name)), one.meaning) for one in numbers]


def _lines(rows: Sequence[Row]) -> list[Line]:
    """Return the lines of a table; many small ones stand together in the last, so that it still adds up."""
    lines = [_line(row) for row in rows[:_MOST_LINES]]
    if rest := rows[_MOST_LINES:]:
        words_of_rest = _("Các dòng còn lại (%(count)d), xem trong tệp xuất") % {"count": len(rest)}
        lines.append(_line(Row(words_of_rest, "", total(row.flow for row in rest))))
    return lines


def _line(row: Row) -> Line:
    flow = row.flow
    return Line(
        row.label,
        row.code,
        kept_and_missed(flow.kept, flow.missed),
        [(str(one.heading), whole(getattr(flow, one.name))) for one in words.IN_TABLES],
    )


def _received_share(flow: Flow, of_total: Flow) -> str:
    return _("%(share)s số tiếp nhận") % {"share": words.percent(share(flow.received, of_total.received))}


def _points(mean: float | None) -> str:
    return _("%(mean)s trên 2 điểm") % {"mean": words.mean(mean)}


def _marked(rows: Sequence[MarksRow]) -> list[tuple[str, str, str, list[str], str]]:
    """Return the lines of a table of ratings."""
    return [
        (
            row.label, row.code, whole(row.marks.ratings), [words.mean(one) for one in row.marks.means],
            words.percent(row.marks.satisfied),
        )
        for row in rows[:_MOST_LINES]
    ]  # fmt: skip


def _frame(request: OfficialRequest) -> tuple[SliceForm, Procedures, dict[str, Any]]:
    """Return the form of an address, the procedures, and what both pages are drawn in."""
    procedures = all_procedures()
    scope: Scope = scope_of(request.user)
    form = SliceForm(request.GET, scope=scope, procedures=procedures, today=timezone.localdate())
    is_desk = request.user.is_officer
    return (
        form,
        procedures,
        {
            "form": form,
            "quick": [(words_, form.query(ky=word), word == form.word) for word, words_ in PERIODS.items()],
            "query": form.query(),
            "layout": "web/desk.html" if is_desk else "web/page.html",
            "is_desk": is_desk,
        },
    )
