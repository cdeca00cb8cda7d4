"""Files of a result in pieces: by who may add them otherwise, until the result stands, and not by the citizen."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.files.disk_store import DiskStore
from motcua.dossiers.models import Dossier, HandOver, Paper, Upload
from motcua.reception.dossier_views import NOT_HERE
from tests.dossiers.filing import pdf
from tests.dossiers.lives import DIVISION, SECOND_DIVISION, place, standing_at
from tests.dossiers.test_uploads import LONG, looks, sends

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people", "register")]


@pytest.fixture
def dossier() -> Dossier:
    """Return a dossier with which Khánh deals."""
    return standing_at(states.PROCESSING, holder_office=DIVISION)


def as_(login: str) -> Client:
    """Return somebody's browser."""
    browser = Client()
    browser.force_login(User.objects.get(login=login))
    return browser


def starts(browser: Client, dossier: Dossier) -> HttpResponse:
    """Begin a file of the result."""
    said = {"line": "files", "name": "giay-khai-sinh.pdf", "size": len(LONG)}
    return browser.post(reverse("begin_result_upload", args=[dossier.pk]), said)


def test_a_result_comes_in_pieces_and_a_colleague_may_go_on(dossier: Dossier) -> None:
    where = starts(as_("khanh"), dossier).headers["Location"]
    assert sends(as_("khanh"), where, LONG[:700], 0).status_code == 204
    page = as_("bao").get(reverse("result_papers", args=[dossier.pk])).content.decode()
    assert "Chọn lại đúng tệp để tải tiếp" in page

    again = starts(as_("bao"), dossier)
    assert (again.status_code, again.headers["Upload-Offset"]) == (200, "700")
    assert sends(as_("bao"), where, LONG[700:], 700).status_code == 204
    paper = dossier.papers.get()
    assert (paper.kind, paper.original_name) == (Paper.Kind.RESULT, "giay-khai-sinh.pdf")
    page = as_("khanh").post(reverse("result_papers", args=[dossier.pk]), {"given": "1"}, follow=True)
    assert "Đã lưu tệp kết quả" in page.content.decode()


def test_a_store_that_is_away_is_waited_for_once(dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    saving = MagicMock(side_effect=TimeoutError)
    monkeypatch.setattr(DiskStore, "_save", saving)
    files = [pdf("a.pdf"), pdf("b.pdf")]

    page = as_("khanh").post(reverse("result_papers", args=[dossier.pk]), {"files": files}, follow=True)

    assert saving.call_count == 1
    for file in files:
        assert f"{file.name}: Kho giấy tờ đang gián đoạn" in page.content.decode()


def test_a_result_has_only_so_many_files(dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motcua.dossiers.results.MOST_RESULTS", 1)
    files = [pdf("a.pdf"), pdf("b.pdf")]

    page = as_("khanh").post(reverse("result_papers", args=[dossier.pk]), {"files": files}, follow=True)

    assert "b.pdf: Hồ sơ đã có quá nhiều tệp" in page.content.decode()
    assert [paper.original_name for paper in dossier.papers.all()] == ["a.pdf"]


@pytest.mark.parametrize("login", ["lan", "nga", "ket", "oanh", "minh", "mo", "quantri"])
def test_nobody_else_sends_a_piece(dossier: Dossier, login: str) -> None:
    where = starts(as_("khanh"), dossier).headers["Location"]
    other = as_(login)
    for answer in (starts(other, dossier), looks(other, where), sends(other, where, LONG, 0)):
        assert answer.status_code in {403, 404}
    assert other.post(f"{where}bo/").status_code in {403, 404}
    assert Upload.objects.get().received == 0


def test_a_result_that_stands_takes_no_piece(dossier: Dossier) -> None:
    where = starts(as_("khanh"), dossier).headers["Location"]
    Dossier.objects.filter(pk=dossier.pk).update(status=states.FINISHED, finished_at=dossier.received_at)

    answer = sends(as_("khanh"), where, LONG, 0)
    assert answer.status_code in {403, 422}
    assert starts(as_("khanh"), dossier).status_code in {403, 422}
    assert not dossier.papers.exists()


def test_who_gave_the_dossier_on_meanwhile_reads_so_and_not_that_the_session_ended(dossier: Dossier) -> None:
    khanh, now = User.objects.get(login="khanh"), timezone.now()
    where = starts(as_("khanh"), dossier).headers["Location"]
    HandOver.objects.create(
        dossier=dossier,
        from_office=khanh.office,
        from_user=khanh,
        to_office=place(SECOND_DIVISION),
        given_at=now,
        accepted_at=now,
        accepted_by=User.objects.get(login="oanh"),
    )
    Dossier.objects.filter(pk=dossier.pk).update(holder_office=place(SECOND_DIVISION), holder=None)

    for answer in (sends(as_("khanh"), where, LONG, 0), starts(as_("khanh"), dossier)):
        assert (answer.status_code, answer.content.decode()) == (422, NOT_HERE)
    assert not dossier.papers.exists()


def test_an_upload_of_the_result_is_nothing_of_the_citizens(
    an_client: Client, citizen_an: object, dossier: Dossier
) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(citizen=citizen_an)
    where = starts(as_("khanh"), dossier).headers["Location"]
    pk = where.split("/")[-2]
    theirs = reverse("upload", args=[dossier.pk, pk])

    assert looks(an_client, theirs).status_code == 404
    assert sends(an_client, theirs, LONG, 0).status_code == 404
    an_client.post(reverse("cancel_upload", args=[dossier.pk, pk]))
    assert starts(an_client, dossier).status_code == 403
    assert Upload.objects.get().received == 0

    sends(as_("khanh"), where, LONG, 0)
    assert looks(an_client, theirs).status_code == 404


def test_more_files_at_a_time_than_are_taken_are_told_so(dossier: Dossier) -> None:
    page = as_("khanh").post(
        reverse("result_papers", args=[dossier.pk]), {"files": [pdf() for _ in range(21)]}, follow=True
    )

    assert "Nhiều hơn 20 tệp nên chưa được nhận. Vui lòng gửi ít tệp hơn." in page.content.decode()
    assert not dossier.papers.exists()


def test_it_is_given_up_by_a_button(dossier: Dossier) -> None:
    where = starts(as_("khanh"), dossier).headers["Location"]
    assert as_("khanh").post(f"{where}bo/").headers["Location"] == reverse("result_papers", args=[dossier.pk])
    assert not Upload.objects.exists()
