"""Figures as files: opened again cell by cell, harmless in a spreadsheet, without a person, on record."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Office, User
from motcua.audit.models import AuditEvent
from motcua.figures import exporting, words
from tests.conftest import browser_of
from tests.figures.lives import at, lived
from tests.people import FIRST_OFFICE, SECOND_OFFICE
from tests.reception.queues import standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
EXPORT = "/mot-cua/so-lieu/xuat/"
FEBRUARY = "?tu=01/02/2026&den=28/02/2026"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_EPOCH = date(1899, 12, 30)
Sheets = dict[str, list[list[str | float]]]


@pytest.fixture
def february(catalogue: None, people: None) -> None:
    """Put four dossiers on record: one in time, one late, one open at the desk, one at another unit."""
    lived(at("12/02 09:00"), finished=at("13/02 09:00"))
    lived(at("12/02 09:00"), finished=at("26/02 09:00"), channel=2)
    lived(at("12/02 09:00"))
    lived(at("12/02 09:00"), office=SECOND_OFFICE)


def exported(client: Client, kind: str = "xlsx", query: str = FEBRUARY) -> HttpResponse:
    """Press one of the two buttons."""
    answer = client.post(EXPORT + query, {"dang": kind})
    assert answer.status_code == 200
    return answer


def opened(content: bytes) -> Sheets:
    """Read a workbook with nothing but the standard library: sheets by name, each cell a text or a number."""
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert book.testzip() is None
        targets = {
            one.get("Id"): one.get("Target")
            for one in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        }
        names = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        return {
            str(sheet.get("name")): _rows(book.read(f"xl/{targets[sheet.get(_RELATION)]}")) for sheet in names
        }


def _rows(content: bytes) -> list[list[str | float]]:
    root = ElementTree.fromstring(content)
    assert root.find(f".//{_MAIN}f") is None, "a formula"
    assert root.find(f".//{_MAIN}hyperlink") is None, "a link"
    pane = root.find(f".//{_MAIN}pane")
    assert pane is not None
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    rows: list[list[str | float]] = []
    for row in root.iter(f"{_MAIN}row"):
        cells: list[str | float] = []
        for cell in row:
            place = _place(str(cell.get("r")))
            cells += [""] * (place - len(cells))
            text = "".join(cell.itertext())
            cells.append(text if cell.get("t") == "inlineStr" else float(text))
        rows.append(cells)
    return rows


def _place(name: str) -> int:
    place = 0
    for letter in re.sub(r"\d", "", name):
        place = place * 26 + ord(letter) - 64
    return place - 1


@pytest.mark.usefixtures("february")
def test_a_workbook_opened_again_holds_the_numbers_of_the_page(leaders_client: Client) -> None:
    answer = exported(leaders_client)
    sheets = opened(answer.content)

    assert answer["Content-Disposition"] == 'attachment; filename="so-lieu-20260201-20260228.xlsx"'
    assert list(sheets) == [
        "Tổng hợp", "Theo cơ quan", "Theo thủ tục", "Theo hình thức nộp", "Theo thời gian", "Hiện nay",
        "Kiểm tra danh tính", "Đánh giá", "Chi tiết", "Định nghĩa",
    ]  # fmt: skip
    summary = {str(row[0]): row[1] for row in sheets["Tổng hợp"]}
    assert [summary[name] for name in ("Tồn đầu kỳ", "Tiếp nhận", "Trước hạn", "Trễ hạn", "Quá hạn")] == [
        0, 3, 1, 1, 1
    ]  # fmt: skip
    assert summary["Tỷ lệ kịp hẹn"] == 50
    assert _EPOCH + timedelta(days=int(summary["Từ ngày"])) == date(2026, 2, 1)
    head, *lines, total = sheets["Theo hình thức nộp"]
    received = head.index("Tiếp nhận")
    assert {line[0]: line[received] for line in lines} == {"Trực tiếp": 2, "Trực tuyến": 1}
    assert total[received] == 3
    times = sheets["Theo thời gian"]
    assert len(times) == 29
    assert [row[2:] for row in times if row[0] == (date(2026, 2, 12) - _EPOCH).days] == [[3, 0, 0]]


@pytest.mark.usefixtures("february")
def test_every_sheet_of_flows_has_the_same_sum(leaders_client: Client) -> None:
    sheets = opened(exported(leaders_client).content)
    names = [str(one.heading) for one in words.BALANCE]
    sums = []
    for name in ("Theo cơ quan", "Theo thủ tục", "Theo hình thức nộp"):
        head, *lines, total = sheets[name]
        places = [head.index(one) for one in names]
        sums.append([total[place] for place in places])
        assert sums[-1] == [sum(float(line[place]) for line in lines) for place in places]
    head, *lines = sheets["Chi tiết"]
    sums.append([sum(float(line[head.index(one)]) for line in lines) for one in names])
    assert sums[0] == sums[1] == sums[2] == sums[3]


@pytest.mark.usefixtures("february")
def test_days_in_a_workbook_are_dates_and_numbers_are_numbers(leaders_client: Client) -> None:
    with zipfile.ZipFile(BytesIO(exported(leaders_client).content)) as book:
        styles = book.read("xl/styles.xml").decode()

    sheets = opened(exported(leaders_client).content)
    for name in ("Theo thời gian", "Kiểm tra danh tính"):
        head, *lines = sheets[name]
        assert head[:2] == ["Từ ngày", "Đến ngày"]
        assert [_EPOCH + timedelta(days=int(line[0])) for line in lines[:2]] == [
            date(2026, 2, 1),
            date(2026, 2, 2),
        ]
    assert 'formatCode="dd/mm/yyyy"' in styles
    assert 'formatCode="0.0&quot;%&quot;"' in styles


@pytest.mark.usefixtures("february")
def test_a_workbook_says_what_each_of_its_numbers_means(leaders_client: Client) -> None:
    sheets = opened(exported(leaders_client).content)
    explained = {row[0] for row in sheets["Định nghĩa"]}

    for name in ("Theo cơ quan", "Hiện nay", "Kiểm tra danh tính"):
        for heading in sheets[name][0][1 if name == "Hiện nay" else 2 :]:
            assert heading in explained


@pytest.mark.usefixtures("february")
@pytest.mark.parametrize("evil", ['=1+1|"cmd"', "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "https://evil.test/"])
def test_no_name_becomes_a_formula_or_a_link_in_a_file(administrator: User, evil: str) -> None:
    Office.objects.filter(code=FIRST_OFFICE).update(name=evil)
    client = browser_of(administrator)
    sheets = opened(exported(client).content)

    assert evil in [row[0] for row in sheets["Theo cơ quan"]]
    lines = list(csv.reader(StringIO(exported(client, "csv").content.decode("utf-8-sig")), delimiter=";"))
    cells = {line[2] for line in lines[1:]}
    assert (evil if evil.startswith("http") else f"'{evil}") in cells
    assert not any(cell.lstrip()[:1] in set("=+-@＝") for line in lines for cell in line)


@pytest.mark.usefixtures("february")
def test_csv_opens_in_a_vietnamese_spreadsheet(leaders_client: Client) -> None:
    answer = exported(leaders_client, "csv")
    head, *lines = csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"] == 'attachment; filename="so-lieu-20260201-20260228.csv"'
    assert head[:8] == [
        "Từ ngày", "Đến ngày", "Cơ quan", "Mã cơ quan", "Thủ tục", "Mã thủ tục", "Lĩnh vực", "Hình thức nộp"
    ]  # fmt: skip
    assert len(lines) == 2
    assert {line[7] for line in lines} == {"Trực tiếp", "Trực tuyến"}
    assert lines[0][:2] == ["01/02/2026", "28/02/2026"]


@pytest.mark.usefixtures("february")
def test_no_person_and_no_other_unit_is_in_a_file(leaders_client: Client) -> None:
    standing(4, 1)
    book = opened(exported(leaders_client, query="?ky=nam-nay").content)
    text = str(book) + exported(leaders_client, "csv", "?ky=nam-nay").content.decode()

    assert "phường Mẫu A" in text
    for word in ("Nguyễn Văn Mẫu", "999", "xã Mẫu B", SECOND_OFFICE):
        assert word not in text


@pytest.mark.usefixtures("february")
def test_an_export_is_on_record(leaders_client: Client, leader: User) -> None:
    exported(leaders_client)
    event = AuditEvent.objects.get(name="figures.exported")

    assert event.actor_id == leader.pk
    assert event.office_code == leader.office.code
    assert event.details == {"period": "01/02/2026-28/02/2026", "kind": "xlsx", "rows": 2}


@pytest.mark.usefixtures("february")
def test_a_file_that_would_be_too_long_is_refused_with_a_word(
    leaders_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)
    answer = leaders_client.post(EXPORT + FEBRUARY, {"dang": "csv"}, follow=True)

    assert "quá nhiều dòng cho một tệp" in answer.content.decode()
    assert not AuditEvent.objects.filter(name="figures.exported").exists()


def test_a_file_is_asked_for_with_a_button_and_a_right(officer: User, leaders_client: Client) -> None:
    assert leaders_client.get(EXPORT).status_code == 405
    assert browser_of(officer).post(EXPORT, {"dang": "csv"}).status_code == 403


def test_an_empty_period_can_be_exported(leaders_client: Client) -> None:
    today = timezone.localdate()

    assert (
        len(opened(exported(leaders_client, query=f"?tu={today:%d/%m/%Y}&den={today:%d/%m/%Y}").content))
        == 10
    )
