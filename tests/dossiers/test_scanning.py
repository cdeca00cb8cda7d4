"""Looking for viruses: every file once, in the background; what is infected is opened by nobody any more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from unittest.mock import MagicMock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import Notice, User
from motcua.audit.models import AuditEvent
from motcua.config import work
from motcua.dossiers import results, service
from motcua.dossiers.files import scanning
from motcua.dossiers.files.disk_store import DiskStore
from motcua.dossiers.files.scanning import NotJudged, ScannerAway, scan, scan_next
from motcua.dossiers.models import Dossier, Paper
from tests.dossiers.clamd import SIGNATURE, VIRUS, Clamd
from tests.dossiers.filing import PDF, address, delete_forgotten_files, filed, picture
from tests.dossiers.lives import DIVISION, standing_at
from tests.dossiers.test_previews import drawn_pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]
NOW = timezone.now()
LEASE = timedelta(minutes=2)
INFECTED = PDF + VIRUS + b"\n%%EOF"


@pytest.fixture
def clamd(settings: Settings) -> Iterator[Clamd]:
    """Return a scanner that is there."""
    scanner = Clamd()
    settings.CLAMD_ADDRESS = scanner.address
    yield scanner
    scanner.stop()


def give(client: Client, dossier: Dossier, content: bytes = PDF) -> Paper:
    """Upload one more file and return it."""
    known = set(dossier.papers.values_list("pk", flat=True))
    upload = SimpleUploadedFile("to-khai.pdf", content, "application/pdf")
    client.post(address(dossier, "giay-to/"), {"other": upload})
    return dossier.papers.exclude(pk__in=known).get()


def infect(dossier: Dossier) -> Paper:
    """Have a virus found in a dossier's first paper."""
    Paper.objects.exclude(pk=(paper := dossier.papers.first()).pk).update(scan="clean", scanned_at=NOW)
    with paper.file.storage.open(paper.file.name, "wb") as file:
        file.write(INFECTED)
    assert scan_next(now=NOW)
    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.INFECTED
    return paper


def test_a_clean_file_is_shown_to_the_scanner_once_and_said_to_be_clean(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft)
    assert "Chưa quét mã độc" in an_client.get(address(draft, "giay-to/")).content.decode()

    assert scan_next(now=NOW)
    assert not scan_next(now=NOW)

    paper.refresh_from_db()
    assert (paper.scan, paper.scanned_at) == (Paper.Scan.CLEAN, NOW)
    assert clamd.seen == [PDF]
    assert "Không thấy mã độc" in an_client.get(address(draft, "giay-to/")).content.decode()


def test_without_a_scanner_nothing_is_said_about_viruses(draft: Dossier, an_client: Client) -> None:
    give(an_client, draft)
    assert "mã độc" not in an_client.get(address(draft, "giay-to/")).content.decode()


def test_nobody_waits_for_the_scanner_at_an_upload(clamd: Clamd, draft: Dossier, an_client: Client) -> None:
    clamd.says = lambda line: pytest.fail("it was asked in the request")
    give(an_client, draft)


def test_an_infected_file_is_opened_by_nobody_and_its_giver_is_told(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, INFECTED)

    assert scan_next(now=NOW)

    answer = an_client.get(address(draft, f"giay-to/{paper.pk}/"))
    assert answer.status_code == 403
    assert "Tệp có mã độc, không mở được. Vui lòng quét hoặc chụp lại" in answer.content.decode()
    assert VIRUS not in answer.content
    assert an_client.get(address(draft, f"giay-to/{paper.pk}/?chua-quet=1")).status_code == 403
    page = an_client.get(address(draft, "giay-to/")).content.decode()
    assert "Có mã độc" in page
    assert f'href="{address(draft, f"giay-to/{paper.pk}/")}"' not in page
    assert "mã độc" in Notice.objects.get(user=draft.citizen.user).text
    event = AuditEvent.objects.get(name="dossier.paper_infected")
    assert event.details == {"paper": str(paper.pk), "kind": "given", "signature": SIGNATURE}
    paper.refresh_from_db()
    assert paper.file.storage.exists(paper.file.name)


def test_an_infected_file_does_not_count_as_given(clamd: Clamd, draft: Dossier, an_client: Client) -> None:
    document = service.missing_documents(draft)[0]
    upload = SimpleUploadedFile("to-khai.pdf", INFECTED, "application/pdf")
    an_client.post(address(draft, "giay-to/"), {f"document-{document.pk}": upload})
    assert document not in service.missing_documents(draft)

    scan_next(now=NOW)

    assert document in service.missing_documents(draft)


def test_a_virus_in_a_filed_dossier_is_told_to_the_citizen_and_to_the_desk(
    clamd: Clamd, an_client: Client, officer_client: Client, officer: User
) -> None:
    dossier = filed(an_client)
    paper = infect(dossier)

    answer = officer_client.get(address(dossier, f"giay-to/{paper.pk}/"))

    assert answer.status_code == 403
    assert "Vui lòng đề nghị công dân nộp lại." in answer.content.decode()
    told = Notice.objects.filter(text__contains="mã độc")
    assert told.filter(user=officer).exists()
    assert told.filter(user=dossier.citizen.user).exists()
    assert "Có mã độc" in officer_client.get(f"/mot-cua/ho-so/{dossier.pk}/").content.decode()


def test_an_infected_picture_is_not_even_previewed(clamd: Clamd, draft: Dossier, an_client: Client) -> None:
    paper = give(an_client, draft, picture())
    preview, storage = paper.preview.name, paper.preview.storage
    assert b"".join(an_client.get(address(draft, f"giay-to/{paper.pk}/nho/")).streaming_content)

    infect(draft)
    delete_forgotten_files()

    assert an_client.get(address(draft, f"giay-to/{paper.pk}/nho/")).status_code == 404
    assert not storage.exists(preview)


def test_the_offices_results_are_scanned_too(
    clamd: Clamd, officer: User, specialist: User, leader: User, client: Client
) -> None:
    dossier = standing_at(Dossier.Status.PROCESSING, holder_office=DIVISION, holder=specialist)
    upload = SimpleUploadedFile("to-khai.pdf", INFECTED, "application/pdf")
    paper = results.add_result_paper(dossier=dossier, upload=upload, by=specialist, now=NOW)

    assert scan_next(now=NOW)

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.INFECTED
    assert "tệp kết quả có mã độc" in Notice.objects.get().text
    client.force_login(leader)
    page = client.post(
        f"/mot-cua/ho-so/{dossier.pk}/viec/finish/",
        {"is_granted": "yes", "summary": "Đã cấp", "confirmed": "1"},
    )
    assert "Một tệp kết quả có mã độc, không mở được." in page.content.decode()
    dossier.refresh_from_db()
    assert dossier.status == Dossier.Status.PROCESSING


def test_an_official_is_warned_before_a_pdf_that_was_not_scanned_yet_and_may_go_on(
    clamd: Clamd, an_client: Client, officer_client: Client
) -> None:
    dossier = filed(an_client)
    link = address(dossier, f"giay-to/{dossier.papers.first().pk}/")

    warning = officer_client.get(link)
    assert "chưa quét mã độc" in warning.content.decode()
    assert b"".join(officer_client.get(f"{link}?chua-quet=1").streaming_content) == PDF
    assert b"".join(an_client.get(link).streaming_content) == PDF

    dossier.papers.update(scan="clean", scanned_at=NOW)
    assert b"".join(officer_client.get(link).streaming_content) == PDF


def test_a_file_that_the_scanner_cannot_judge_is_tried_again_later_and_stops_no_other(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    large = give(an_client, draft, PDF.replace(b"<<>>", b"<<" + b" " * 50_000 + b">>"))
    small = give(an_client, draft)
    clamd.most = 40_000

    while scan_next(now=NOW):
        pass

    large.refresh_from_db()
    small.refresh_from_db()
    assert (large.scan, small.scan) == (Paper.Scan.NOT_YET, Paper.Scan.CLEAN)
    clamd.most = 1_000_000
    assert not scan_next(now=NOW + timedelta(hours=5))
    assert scan_next(now=NOW + timedelta(hours=7))
    large.refresh_from_db()
    assert large.scan == Paper.Scan.CLEAN


def test_while_the_store_is_away_nothing_is_said_about_a_file_and_it_is_soon_tried_again(
    clamd: Clamd, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = give(an_client, draft)
    with monkeypatch.context() as outage:
        outage.setattr(DiskStore, "_open", MagicMock(side_effect=ConnectionError))
        with pytest.raises(ConnectionError):
            scan_next(now=NOW)
    assert clamd.seen == []

    assert scan_next(now=NOW + timedelta(minutes=2))

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.CLEAN


def test_a_file_that_is_gone_stops_no_other(clamd: Clamd, draft: Dossier, an_client: Client) -> None:
    gone, there = give(an_client, draft), give(an_client, draft)
    gone.file.storage.delete(gone.file.name)

    while scan_next(now=NOW):
        pass

    there.refresh_from_db()
    assert there.scan == Paper.Scan.CLEAN


def hang_up(line: socket.socket) -> None:
    """Say nothing."""


def drip(line: socket.socket) -> None:
    """Say a little, and never the end."""
    line.settimeout(0.02)
    while True:
        line.sendall(b"s")
        with suppress(TimeoutError):
            line.recv(100_000)


def wait(line: socket.socket) -> None:
    """Take everything and answer nothing."""
    while line.recv(100_000):
        pass


def babble(line: socket.socket) -> None:
    """Speak another protocol."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\nstream: OK\0")
    wait(line)


def flood(line: socket.socket) -> None:
    """Say more than anybody wants to know."""
    line.sendall(b"stream: " + b"O" * 100_000)


@pytest.mark.parametrize("says", [hang_up, drip, wait, babble, flood])
def test_a_scanner_that_gives_no_answer_is_waited_for_in_bounds_and_the_file_waits_on(
    says: object, clamd: Clamd, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_TOTAL", 0.3)
    paper = give(an_client, draft)
    clamd.says = says

    with pytest.raises(ScannerAway):
        scan_next(now=NOW)

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.NOT_YET
    clamd.says = None
    assert scan_next(now=NOW)
    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.CLEAN


def test_a_file_at_which_the_scanner_gives_no_answer_stops_no_other(
    clamd: Clamd, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, *others = (give(an_client, draft) for _ in range(3))
    really = scanning.scan

    def dies_of_one(content: bytes) -> str:
        clamd.says = hang_up if Paper.objects.get(pk=poison.pk).scanned_at == NOW + LEASE else None
        return really(content)

    monkeypatch.setattr(scanning, "scan", dies_of_one)
    with pytest.raises(ScannerAway):
        scan_next(now=NOW)

    assert [scan_next(now=NOW) for _ in others] == [True, True]
    assert {Paper.objects.get(pk=other.pk).scan for other in others} == {Paper.Scan.CLEAN}
    with pytest.raises(ScannerAway):
        scan_next(now=NOW)


@pytest.mark.parametrize("address_of", ["closed port", "missing socket"])
def test_a_scanner_that_is_not_there_is_no_reason_to_lose_a_file(
    address_of: str, settings: Settings, draft: Dossier, an_client: Client, tmp_path: object
) -> None:
    paper = give(an_client, draft)
    settings.CLAMD_ADDRESS = ("127.0.0.1", 9) if address_of == "closed port" else f"{tmp_path}/clamd.ctl"

    with pytest.raises(ScannerAway):
        scan_next(now=NOW)
    with pytest.raises(ScannerAway, match="CLAMD_ADDRESS"):
        scanning.probe()

    paper.refresh_from_db()
    assert paper.scanned_at is None


def test_two_workers_do_not_scan_the_same_file(clamd: Clamd, draft: Dossier, an_client: Client) -> None:
    give(an_client, draft)

    assert scanning._claim(NOW) is not None
    assert scanning._claim(NOW) is None


def test_a_file_whose_worker_was_killed_is_taken_up_by_another(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    give(an_client, draft)
    scanning._claim(NOW)

    assert not scan_next(now=NOW + timedelta(minutes=1))
    assert scan_next(now=NOW + timedelta(minutes=3))


def test_who_comes_late_with_an_answer_changes_nothing(
    clamd: Clamd, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = give(an_client, draft)

    def slow(content: bytes) -> str:
        Paper.objects.filter(pk=paper.pk).update(scan="clean", scanned_at=NOW)
        return SIGNATURE

    monkeypatch.setattr(scanning, "scan", slow)
    assert scan_next(now=NOW)

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.CLEAN
    assert not Notice.objects.exists()


def test_the_work_in_the_background_scans_and_draws(
    clamd: Clamd, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_scan_at", 0.0)
    paper = give(an_client, draft, drawn_pdf())

    assert work._look_at_papers() == 0.0
    assert work._look_at_papers() > 0.0

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.CLEAN
    assert paper.preview


def test_the_scanner_is_spoken_to_as_it_wants(clamd: Clamd) -> None:
    assert scan(b"x" * 200_000) == ""
    assert scan(VIRUS) == SIGNATURE
    assert scanning.probe() == "ClamAV 1.4.3/27000"
    clamd.most = 40_000
    with pytest.raises(NotJudged, match="size limit"):
        scan(b"x" * 5_000_000)


def test_what_the_scanner_did_not_look_at_is_neither_clean_nor_infected(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, PDF.replace(b"<<>>", b"<<" + b" " * 50_000 + b">>"))
    clamd.looks_up_to = 40_000

    assert scan_next(now=NOW)

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.NOT_YET
    assert not Notice.objects.exists()


def test_what_the_scanner_cannot_look_into_is_neither_clean_nor_infected(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, PDF.replace(b"<<>>", b"<</Encrypt 1 0 R>>"))

    assert scan_next(now=NOW)

    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.NOT_YET


def test_a_scanner_that_does_not_tell_its_limits_is_shown_no_file_and_not_believed(
    clamd: Clamd, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft)
    clamd.tells_limits = False

    with pytest.raises(ScannerAway, match="AlertExceedsMax"):
        scan_next(now=NOW)
    with pytest.raises(ScannerAway, match="AlertExceedsMax"):
        scanning.probe()

    paper.refresh_from_db()
    assert (paper.scan, paper.scanned_at) == (Paper.Scan.NOT_YET, None)
    assert clamd.seen == []
    clamd.tells_limits = True
    assert scan_next(now=NOW)
    paper.refresh_from_db()
    assert paper.scan == Paper.Scan.CLEAN


def test_the_doctor_says_of_a_scanner_that_hangs_what_to_look_at(
    clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    clamd.says = wait
    monkeypatch.setattr(scanning, "_PROMPT", 0.2)

    with pytest.raises(ScannerAway, match="no answer in time; look at CLAMD_ADDRESS, and whether clamd runs"):
        scanning.probe()


@pytest.mark.parametrize("limit", ["most", "looks_up_to"])
def test_the_doctor_names_a_scanner_that_does_not_look_at_the_largest_paper(clamd: Clamd, limit: str) -> None:
    setattr(clamd, limit, 5_000_000)

    with pytest.raises(ScannerAway, match="PAPER_MAX_MB; raise StreamMaxLength"):
        scanning.probe()
