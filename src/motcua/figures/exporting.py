"""The numbers as a file: a workbook with a sheet for each table, or one table as CSV. No person stands in either."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.dossiers.models import Dossier
from motcua.dossiers.ratings import INDICATORS
from motcua.figures import words
from motcua.figures.counting import Cell, Marks
from motcua.figures.reporting import MarksRow, Procedures, Report, office_words
from motcua.figures.words import Number
from motcua.web.cells import safe

MOST_ROWS: Final = 20_000  # of details
_DAY, _WHOLE, _SHARE, _POINTS = "dd/mm/yyyy", "#,##0", '0.0"%"', "0.00"
_ALL: Final = (*words.BALANCE, *words.OF_THESE)
_SHARES: Final = (words.KEPT_SHARE, words.KEPT_FIRST_SHARE)
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class TooManyRows(ValueError):
    """There are more lines of details than a file may have; a shorter slice has fewer."""


def check_size(report: Report) -> None:
    """Refuse a file that would have more than ``MOST_ROWS`` lines of details.

    Raises:
        TooManyRows: it would.
    """
    if len(report.cells) > MOST_ROWS:
        raise TooManyRows


def as_workbook(
    report: Report,
    *,
    procedures: Procedures,
    told: Sequence[tuple[str, str]],
    rated: tuple[Marks, Sequence[MarksRow], Sequence[MarksRow]],
) -> bytes:
    """Return a workbook (XLSX) with every table, typed cells and a sheet of definitions.

    Args:
        report: the numbers.
        procedures: as ``reporting.all_procedures`` has them.
        told: what was chosen, in words.
        rated: the ratings together, by office and by procedure.
    """
    file = BytesIO()
    book = _Book(file)
    period = report.chosen.period
    total, now = report.total, timezone.localtime(report.made_at).replace(tzinfo=None)
    book.sheet(
        _("Tổng hợp"),
        (_("Mục"), _("Giá trị")),
        [
            (_("Từ ngày"), period.first),
            (_("Đến ngày"), period.last),
            *told,
            (_("Lập lúc"), f"{now:%H:%M %d/%m/%Y}"),
            *((str(one.heading), getattr(total, one.name)) for one in _ALL),
            *((str(one.heading), _Share(getattr(total, one.name))) for one in _SHARES),
            *((str(one.heading), getattr(report.standings, one.name)) for one in words.TURNED_AWAY),
        ],
        widths=(44, 44),
    )
    flows = [*_headings(_ALL), *_headings(_SHARES)]
    for name, heading, rows in (
        (_("Theo cơ quan"), _("Cơ quan"), report.offices),
        (_("Theo thủ tục"), _("Thủ tục"), report.procedures),
        (_("Theo hình thức nộp"), _("Hình thức nộp"), report.channels),
    ):
        lines = [(row.label, row.code, *_numbers(row.flow, _ALL), *_shares(row.flow)) for row in rows]
        lines.append((_("Tổng"), "", *_numbers(total, _ALL), *_shares(total)))
        book.sheet(name, (heading, _("Mã"), *flows), lines)
    book.sheet(
        _("Theo thời gian"),
        (_("Từ ngày"), _("Đến ngày"), _("Tiếp nhận"), _("Có kết quả"), _("Trong đó trễ hẹn")),
        [(one.first, one.last, one.received, one.finished, one.missed) for one in report.points],
        widths=(12, 12, 14, 14, 18),
    )
    book.sheet(
        _("Hiện nay"),
        (_("Trạng thái"), *_headings(words.STANDING)),
        [(label, *_numbers(one, words.STANDING)) for label, one in report.standing_rows],
    )
    checks = (*words.CHECKS, words.LIMITED)
    book.sheet(
        _("Kiểm tra danh tính"),
        (_("Từ ngày"), _("Đến ngày"), *_headings(checks), str(words.WITHOUT_ANSWER.heading)),
        [
            (one.first, one.last, *_numbers(asked.counts, checks), _Share(asked.without_answer))
            for one, asked in zip(report.points, report.checks, strict=True)
        ],
        widths=(12, 12),
    )
    marks, *tables = rated
    book.sheet(
        _("Đánh giá"),
        (
            _("Cơ quan hoặc thủ tục"), _("Mã"), str(words.RATINGS.heading),
            *(f"{one.number}. {one.question}" for one in INDICATORS), str(words.SATISFIED.heading),
        ),
        [
            (row.label, row.code, row.marks.ratings, *map(_Points, row.marks.means), _Share(row.marks.satisfied))
            for row in (MarksRow(_("Tất cả"), "", marks), *tables[0], *tables[1])
        ],
    )  # fmt: skip
    book.sheet(
        _("Chi tiết"),
        (
            _("Cơ quan"), _("Mã cơ quan"), _("Thủ tục"), _("Mã thủ tục"), _("Lĩnh vực"), _("Hình thức nộp"),
            *_headings(_ALL),
        ),
        _details(report.cells, procedures),
    )  # fmt: skip
    told_of = (
        *_ALL, *_SHARES, *words.TURNED_AWAY, *words.STANDING, *checks, words.WITHOUT_ANSWER,
        words.RATINGS, words.MEAN, words.SATISFIED,
    )  # fmt: skip
    book.sheet(
        _("Định nghĩa"),
        (_("Số liệu"), _("Nghĩa")),
        [*((str(one.heading), str(one.meaning)) for one in told_of), *(("", str(one)) for one in words.GENERAL)],
        widths=(32, 110),
    )  # fmt: skip
    book.close()
    return file.getvalue()


def as_csv(report: Report, *, procedures: Procedures) -> bytes:
    """Return the details as CSV: a line for each office, procedure and channel, for a pivot table.

    It is what a spreadsheet in Vietnamese opens with a double click: UTF-8 with a mark, ";" between the cells.

    Args:
        report: the numbers.
        procedures: as ``reporting.all_procedures`` has them.
    """
    period = report.chosen.period
    lines = StringIO()
    writer = csv.writer(lines, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(
        (
            _("Từ ngày"), _("Đến ngày"), _("Cơ quan"), _("Mã cơ quan"), _("Thủ tục"), _("Mã thủ tục"), _("Lĩnh vực"),
            _("Hình thức nộp"), *_headings(_ALL),
        )
    )  # fmt: skip
    days = (f"{period.first:%d/%m/%Y}", f"{period.last:%d/%m/%Y}")
    for line in _details(report.cells, procedures):
        writer.writerow([safe(str(cell)) for cell in (*days, *line)])
    return b"\xef\xbb\xbf" + lines.getvalue().encode()


class _Share(float):
    """A percentage, for the format of its cell; made of None it is no number."""

    def __new__(cls, value: float | None) -> Any:
        return None if value is None else super().__new__(cls, words.rounded(value, 1))


class _Points(float):
    """Points on average, for the format of their cell; made of None they are no number."""

    def __new__(cls, value: float | None) -> Any:
        return None if value is None else super().__new__(cls, words.rounded(value, 2))


class _Book:
    """A workbook, written sheet by sheet and row by row."""

    def __init__(self, file: BytesIO) -> None:
        import xlsxwriter  # 2 MB, which a process that writes no workbook does without

        self._book = xlsxwriter.Workbook(file, _OPTIONS)
        self._book.set_calc_mode("manual")
        self._head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._formats = {
            name: self._book.add_format({"num_format": form})
            for name, form in (("day", _DAY), ("whole", _WHOLE), ("share", _SHARE), ("points", _POINTS))
        }

    def sheet(
        self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()
    ) -> None:
        """Add a sheet with a head that stays in sight."""
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place in range(len(headings)):
            sheet.set_column(
                place, place, widths[place] if place < len(widths) else (40 if not place else 16)
            )
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, self._head)
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                self._write(sheet, line, place, value)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _write(self, sheet: Any, line: int, place: int, value: Any) -> None:
        match value:
            case None:
                pass
            case _Share():
                sheet.write_number(line, place, value, self._formats["share"])
            case _Points():
                sheet.write_number(line, place, value, self._formats["points"])
            case int():
                sheet.write_number(line, place, value, self._formats["whole"])
            case str():
                sheet.write_string(line, place, value)
            case _:
                day = datetime(value.year, value.month, value.day)  # noqa: DTZ001 (a day has no zone)
                sheet.write_datetime(line, place, day, self._formats["day"])


def _headings(numbers: Iterable[Number]) -> list[str]:
    return [str(one.heading) for one in numbers]


def _numbers(holder: Any, numbers: Iterable[Number]) -> list[int]:
    return [getattr(holder, one.name) for one in numbers]


def _shares(flow: Any) -> list[Any]:
    return [_Share(getattr(flow, one.name)) for one in _SHARES]


def _details(cells: Iterable[Cell], procedures: Procedures) -> list[tuple[Any, ...]]:
    channels = dict(Dossier.Channel.choices)
    return [
        (
            *office_words(cell.office), procedures[cell.procedure].name, procedures[cell.procedure].code,
            procedures[cell.procedure].sector, str(channels[cell.channel]), *_numbers(cell.flow, _ALL),
        )
        for cell in cells
    ]  # fmt: skip
