"""The rows of tables of checks, made here and not in templates: fifty of them cost a template more than all the rest.

The titles stand in the cells too: on a phone a row is a card, and the table's head is not seen. They are filled in
first, the cells of each row then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from motcua.verification.models import IdentityCheck
from motcua.web.addresses import addresses
from motcua.web.markup import filled, filled_each
from motcua.web.templatetags.motcua import moment

if TYPE_CHECKING:
    from django.utils.functional import Promise
    from django.utils.safestring import SafeString

    from motcua.oversight.history import Row as HistoryRow
    from motcua.oversight.overview import Row as FiguresRow
    from motcua.oversight.supervisor_views import Shown

_FIGURES: Final = """<tr>
      <th scope="row">{{}}{{}}</th>
      <td class="amount" data-title="{}"><a href="{}?{{}}">{{}}</a></td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
      <td class="amount" data-title="{}">{{}}</td>
    </tr>"""
_CHECK: Final = """<tr>
      <th scope="row" class="nowrap">{{}}</th>
      <td data-title="{}">{{}}{{}}</td>
      <td data-title="{}"><span lang="vi">{{}}</span> <small class="muted">{{}}</small></td>
      <td class="nowrap" data-title="{}">{{}}</td>
      <td data-title="{}">{{}}</td>
      <td{{}}>{{}}</td>
      <td class="nowrap"><a href="{{}}">{}<span class="visually-hidden"> {{}}</span></a></td>
    </tr>"""
_OF_A_PERSON: Final = """<tr>
    <th scope="row" class="nowrap">{{}}</th>
    <td data-title="{}">{{}}<br><span class="small muted">{{}}</span></td>
    <td data-title="{}"><span lang="vi">{{}}</span>{{}}{{}}</td>
    <td data-title="{}">{{}}</td>
    {{}}
  </tr>"""
_TONES: Final = {
    IdentityCheck.Outcome.VERIFIED.value: "verified",
    IdentityCheck.Outcome.REJECTED.value: "rejected",
    IdentityCheck.Outcome.PENDING.value: "unverified",
    IdentityCheck.Outcome.UNANSWERED.value: "waiting",
}


def badge(outcome: str) -> SafeString:
    """Return the outcome of a check, as a badge."""
    words = IdentityCheck.Outcome(outcome).label
    return filled('<span class="badge {}">{}</span>', _TONES.get(outcome, ""), words)


def figures(rows: Iterable[FiguresRow]) -> SafeString:
    """Return a line of figures for each officer, office or procedure, with ways to the checks behind them."""
    behind = reverse("oversight_checks")
    pattern = filled(
        _FIGURES,
        _("Số lượt"), behind, _("Thành công"), _("Thất bại"), _("Tỷ lệ thất bại"), _("Chưa kiểm tra được"),
        _("Chưa được phép"), _("Chưa rõ"), _("Ngoài hồ sơ"),
    )  # fmt: skip

    def linked(count: int, query: str, more: str) -> object:
        return filled('<a href="{}?{}&amp;{}">{}</a>', behind, query, more, count) if count else 0

    return filled_each(
        "\n",
        pattern,
        (
            (
                row.label,
                filled(' <small class="muted">{}</small>', row.note)
                if row.note and row.note != row.label
                else "",
                row.query, row.figures.asked, row.figures.verified,
                linked(row.figures.rejected, row.query, "ket-qua=rejected"),
                row.figures.rejected_share or "—", row.figures.unanswered, row.figures.not_allowed,
                linked(row.figures.pending, row.query, "ket-qua=pending"),
                linked(row.figures.look_ups, row.query, "diem=lookup"),
            )
            for row in rows
        ),
    )  # fmt: skip


def checks(found: Iterable[Shown], *, is_desk: bool, is_for_review: bool) -> SafeString:
    """Return the lines of checks.

    Args:
        found: the checks.
        is_desk: all are of one office, which is not named.
        is_for_review: the reader is to decide on them.
    """
    shown_at = addresses("review_check")
    badges = {outcome: badge(outcome) for outcome in IdentityCheck.Outcome.values}
    points = dict(IdentityCheck.TouchPoint.choices)
    marked = filled(' data-title="{}"', _("Dấu hiệu"))
    pattern = filled(
        _CHECK,
        _("Người tra cứu"), _("Mục đích"), _("Số CCCD/CMND"), _("Kết quả"),
        _("Xem xét") if is_for_review else _("Chi tiết"),
    )  # fmt: skip

    def cells(one: Shown) -> tuple[object, ...]:
        check, at = one.check, moment(one.check.asked_at)
        return (
            at, one.asked_by, "" if is_desk else filled(' <small class="muted">{}</small>', one.office),
            check.purpose, points.get(check.touch_point, check.touch_point), check.number_masked,
            badges[check.outcome], marked if check.marks else "", "; ".join(map(str, check.marked_as)),
            shown_at(check.pk), at,
        )  # fmt: skip

    return filled_each("\n    ", pattern, map(cells, found))


def of_person(rows: Iterable[HistoryRow], *, today: date | None) -> SafeString:
    """Return the lines of the checks about one person.

    Args:
        rows: the checks.
        today: for what is answered late; None on paper, which has no column for objections.
    """
    object_at = addresses("object_to_check")
    badges = {outcome: badge(outcome) for outcome in IdentityCheck.Outcome.values}
    own = filled('<br><span class="small"><strong>{}</strong></span>', _("ông/bà tự thực hiện"))
    pattern = filled(_OF_A_PERSON, _("Nơi hỏi"), _("Mục đích"), _("Kết quả"))
    objection = filled('<td data-title="{}">{{}}</td>', _("Phản ánh"))
    object_to = filled(
        '<a class="button small" href="{{}}">{}<span class="visually-hidden"> ({{}})</span></a>',
        _("Tôi không nhờ việc này"),
    )

    def objected(row: HistoryRow) -> SafeString | str:
        if today is None:
            return ""
        if row.is_own:
            return filled("<td></td>")
        address = object_at(row.check_id)
        said: str | Promise
        if row.answered_at:
            said = _("Đã trả lời")
        elif row.due_on is None:
            return filled(objection, filled(object_to, address, moment(row.at)))
        elif row.due_on < today:
            said = _("Quá hạn trả lời")
        else:
            said = _("Đã gửi; trả lời chậm nhất ngày %(due)s") % {"due": f"{row.due_on:%d/%m/%Y}"}
        return filled(objection, filled('<a href="{}">{}</a>', address, said))

    return filled_each(
        "\n  ",
        pattern,
        (
            (
                moment(row.at), row.office, row.touch_point, row.purpose,
                filled('<br><span class="small muted">{}</span>', row.procedure) if row.procedure else "",
                own if row.is_own else "", badges[row.outcome], objected(row),
            )
            for row in rows
        ),
    )  # fmt: skip
