"""Files in pieces: taken where they end and nowhere else, by their own citizen, within bounds; a paper once whole."""

from __future__ import annotations

import gzip
import hashlib
import itertools
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.dossiers import uploads
from motcua.dossiers.files import reading
from motcua.dossiers.forms import AnswerForm, PapersForm
from motcua.dossiers.models import Dossier, Paper, Upload, UploadPiece
from motcua.dossiers.paper_lines import paper_lines_of
from motcua.dossiers.service import asked_documents, delete_old_uploads, needs_authority
from tests.dossiers.filing import (
    BIRTH,
    HOUSE,
    address,
    agree,
    ask_again,
    begin,
    file_it,
    for_child,
    give_papers,
    pdf,
    picture,
)
from tests.dossiers.test_previews import ENCRYPTED, bare_pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]

LONG = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"


def starts(
    client: Client,
    dossier: Dossier,
    *,
    line: str = "other",
    name: str = "to.pdf",
    size: int | str = len(LONG),
) -> HttpResponse:
    """Begin a file."""
    return client.post(address(dossier, "tai-len/"), {"line": line, "name": name, "size": size})


def sends(client: Client, where: str, content: bytes, at: int, **headers: str) -> HttpResponse:
    """Send a piece."""
    return client.patch(
        where,
        content,
        content_type="application/offset+octet-stream",
        headers={
            "Content-Type": "application/offset+octet-stream",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(at),
            **headers,
        },
    )


def looks(client: Client, where: str) -> HttpResponse:
    """Ask how much there is."""
    return client.head(where, headers={"Tus-Resumable": "1.0.0"})


def started(client: Client, dossier: Dossier, **options: object) -> str:
    """Begin a file and return where its pieces go."""
    answer = starts(client, dossier, **options)  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.content.decode()
    return answer.headers["Location"]


def kept(dossier: Dossier) -> bytes:
    """Return what is in the one file of a dossier."""
    with dossier.papers.get().file.open("rb") as file:
        return file.read()


class TestTheWayOfAFile:
    """Begin, piece by piece, whole."""

    def test_a_file_in_pieces_is_a_paper_like_any_other(self, an_client: Client, draft: Dossier) -> None:
        document = asked_documents(draft)[0]
        where = started(an_client, draft, line=f"document-{document.pk}", name="Tờ khai.exe")

        first = sends(an_client, where, LONG[:6000], 0)
        assert (first.status_code, first.headers["Upload-Offset"]) == (204, "6000")
        assert not draft.papers.exists()
        last = sends(an_client, where, LONG[6000:], 6000)
        assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(LONG)))

        paper = draft.papers.get()
        assert kept(draft) == LONG
        assert (paper.document, paper.document_name) == (document, document.name)
        assert (paper.original_name, paper.media_type) == ("Tờ khai.pdf", "application/pdf")
        assert paper.sha256 == hashlib.sha256(LONG).hexdigest()
        assert not Upload.objects.exists()
        assert not UploadPiece.objects.exists()

    def test_every_answer_tells_the_protocol(self, an_client: Client, draft: Dossier) -> None:
        answer = starts(an_client, draft)
        where = answer.headers["Location"]
        for one in (answer, looks(an_client, where), sends(an_client, where, b"x", 7)):
            assert one.headers["Tus-Resumable"] == "1.0.0"
        assert an_client.head(where).status_code == 412
        assert (
            an_client.patch(
                where, b"x", content_type="text/plain", headers={"Tus-Resumable": "1.0.0"}
            ).status_code
            == 415
        )

    @pytest.mark.parametrize("at", [0, 1, 99, 101, 10_000_000])
    def test_a_piece_elsewhere_is_answered_with_the_right_place(
        self, an_client: Client, draft: Dossier, at: int
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:100], 0)

        answer = sends(an_client, where, LONG[at : at + 50] or b"x", at)

        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "100")
        assert looks(an_client, where).headers["Upload-Offset"] == "100"

    @pytest.mark.parametrize("at", ["", "-1", "x", "1e3", "９"])
    def test_a_place_that_is_no_number_is_refused(self, an_client: Client, draft: Dossier, at: str) -> None:
        where = started(an_client, draft)
        answer = sends(an_client, where, b"x", 0, **{"Upload-Offset": at.encode().decode("latin-1")})
        assert answer.status_code == 400

    @tries(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        cuts=st.lists(st.integers(0, len(LONG)), max_size=8), repeats=st.lists(st.integers(0, 9), max_size=5)
    )
    def test_any_cutting_with_any_repeats_gives_the_same_file(
        self, an_client: Client, draft: Dossier, cuts: list[int], repeats: list[int]
    ) -> None:
        Paper.objects.all().delete()
        places = sorted({0, *cuts, len(LONG)})
        where = started(an_client, draft)
        pieces = list(itertools.pairwise(places))
        for number, (start, end) in enumerate(pieces):
            assert sends(an_client, where, LONG[start:end], start).status_code == 204
            for repeat in repeats:
                if repeat < number < len(pieces) - 1:
                    again, its_end = pieces[repeat]
                    assert sends(an_client, where, LONG[again:its_end], again).status_code == 409

        assert kept(draft) == LONG

    def test_the_last_piece_sent_again_is_no_second_paper(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft)
        for _ in range(3):
            assert sends(an_client, where, LONG, 0).status_code == 204
        sends(an_client, where, b"", len(LONG))

        assert draft.papers.count() == 1
        answer = looks(an_client, where)
        assert answer.headers["Upload-Offset"] == answer.headers["Upload-Length"]

    def test_the_same_file_goes_on_where_it_broke_off(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[: len(LONG) // 2], 0)

        again = starts(an_client, draft)
        assert (again.status_code, again.headers["Location"]) == (200, where)
        assert again.headers["Upload-Offset"] == str(len(LONG) // 2)
        for other in ({"name": "khac.pdf"}, {"size": len(LONG) + 1}):
            assert starts(an_client, draft, **other).status_code == 201  # type: ignore[arg-type]

    def test_two_files_of_one_name_and_size_are_not_put_together(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:500], 0)
        other = b"%PDF-1.4\n" + LONG[9:]

        wrong = hashlib.sha256(other[:500]).hexdigest()
        assert sends(an_client, where, other[500:], 500, **{"Upload-Beginning": wrong}).status_code == 460
        right = hashlib.sha256(LONG[:500]).hexdigest()
        assert sends(an_client, where, LONG[500:], 500, **{"Upload-Beginning": right}).status_code == 204
        assert kept(draft) == LONG

    def test_a_page_opened_later_shows_how_far_it_is_and_lets_it_be_given_up(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft, name="Giấy <b>chứng sinh.pdf", size=1000)
        sends(an_client, where, LONG[:400], 0)

        text = an_client.get(address(draft, "giay-to/")).content.decode()
        assert "Đã tải 40%. Chọn lại đúng tệp để tải tiếp." in text
        assert "Giấy &lt;b&gt;chứng sinh.pdf" in text
        give_papers(an_client, draft)
        assert "Còn tệp chưa tải xong" in unescape(an_client.get(address(draft, "xem-lai/")).content.decode())

        assert an_client.post(f"{where}bo/").headers["Location"] == address(draft, "giay-to/")
        assert "Đã tải 40%" not in an_client.get(address(draft, "giay-to/")).content.decode()
        assert looks(an_client, where).status_code == 404
        assert an_client.post(f"{where}bo/").status_code == 302

    def test_another_process_goes_on_without_having_seen_the_beginning(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:5000], 0)
        other = Client()
        other.force_login(User.objects.get(pk=draft.citizen.user_id))
        state = {
            key: value
            for key, value in vars(uploads).items()
            if isinstance(value, dict | list | set) and not key.isupper() and not key.startswith("__")
        }
        assert state == {}, "what is between two pieces stands in the database alone"
        assert looks(other, where).headers["Upload-Offset"] == "5000"
        assert sends(other, where, LONG[5000:], 5000).status_code == 204
        assert kept(draft) == LONG


class TestWhatIsRefused:
    """In words, with the remedy, and with nothing else lost."""

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"size": 0}, "Tệp trống"),
            ({"size": ""}, "Tệp trống"),
            ({"size": "-5"}, "Tệp trống"),
            ({"size": 11 * 1024 * 1024}, "Tệp lớn hơn 10 MB"),
            ({"line": ""}, "Mục này không nhận giấy tờ nữa"),
            ({"line": "document-999999"}, "Mục này không nhận giấy tờ nữa"),
            ({"line": "authority"}, "Mục này không nhận giấy tờ nữa"),
            ({"line": "item-0"}, "Mục này không nhận giấy tờ nữa"),
        ],
    )
    def test_a_file_that_cannot_be_taken_is_not_begun(
        self, an_client: Client, draft: Dossier, options: dict[str, object], words: str
    ) -> None:
        answer = starts(an_client, draft, **options)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Upload.objects.exists()

    def test_more_bytes_than_were_said_are_refused(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft, size=100)
        assert sends(an_client, where, LONG[:101], 0).status_code == 422
        assert looks(an_client, where).headers["Upload-Offset"] == "0"

    def test_a_piece_over_its_size_is_refused_unread(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft, size=1024 * 1024)
        assert sends(an_client, where, b"0" * (256 * 1024 + 1), 0).status_code == 413
        assert sends(an_client, where, b"0" * 256 * 1024, 0).status_code == 204

    def test_what_is_no_paper_is_told_when_it_is_whole_and_is_forgotten(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft, size=4000)
        answer = sends(an_client, where, b"MZ\x90\x00" * 1000, 0)

        assert answer.status_code == 422
        assert "Tệp không phải PDF, JPEG hoặc PNG" in answer.content.decode()
        assert not Upload.objects.exists()
        assert not draft.papers.exists()

    def test_a_pdf_that_asks_for_a_password_is_told_when_it_is_whole_and_is_forgotten(
        self, an_client: Client, draft: Dossier
    ) -> None:
        locked = bare_pdf(trailer=ENCRYPTED)
        answer = sends(an_client, started(an_client, draft, size=len(locked)), locked, 0)

        assert answer.status_code == 422
        assert "Tệp PDF có mật khẩu" in answer.content.decode()
        assert not Upload.objects.exists()

    def test_a_picture_is_drawn_anew_however_it_came(self, an_client: Client, draft: Dossier) -> None:
        hidden = picture((60, 40)) + b"PK\x03\x04<script>alert(1)</script>"
        where = started(an_client, draft, name="anh.png", size=len(hidden))
        sends(an_client, where, hidden, 0)

        assert b"<script>" not in kept(draft)
        assert draft.papers.get().media_type == "image/jpeg"

    def test_while_pictures_are_drawn_the_pieces_wait_and_nothing_is_sent_again(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "_PATIENCE", 0.01)
        drawn = picture()
        where = started(an_client, draft, name="anh.jpg", size=len(drawn))
        with reading._DRAWING:
            assert sends(an_client, where, drawn, 0).status_code == 503
        assert sends(an_client, where, b"", len(drawn)).status_code == 204
        assert draft.papers.count() == 1

    def test_a_dossier_filed_meanwhile_takes_no_piece_and_has_what_it_had(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:1000], 0)
        give_papers(an_client, draft)
        file_it(an_client, draft)
        before = set(draft.papers.values_list("pk", flat=True))

        for answer in (sends(an_client, where, LONG[1000:], 1000), starts(an_client, draft)):
            assert answer.status_code == 422
            assert "Các giấy tờ đã nộp vẫn còn nguyên" in answer.content.decode()
        assert set(draft.papers.values_list("pk", flat=True)) == before
        assert before

    def test_a_dossier_filed_while_the_file_is_read_takes_it_no_more(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        give_papers(an_client, draft)
        where = started(an_client, draft)
        honest = uploads.store

        def late(paper: Paper, upload: InMemoryUploadedFile, **options: object) -> Paper:
            file_it(an_client, draft)
            return honest(paper, upload, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(uploads, "store", late)
        assert sends(an_client, where, LONG, 0).status_code == 422
        draft.refresh_from_db()
        assert not draft.is_draft
        assert not draft.papers.filter(original_name="to.pdf").exists()

    def test_a_draft_deleted_while_the_file_is_read_is_no_more(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        where = started(an_client, draft)
        honest = uploads.store

        def late(paper: Paper, upload: InMemoryUploadedFile, **options: object) -> Paper:
            an_client.post(address(draft, "xoa/"))
            return honest(paper, upload, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(uploads, "store", late)
        assert sends(an_client, where, LONG, 0).status_code == 404

    def test_a_draft_that_must_go_back_says_so_and_keeps_the_pieces(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        Dossier.objects.filter(pk=draft.pk).update(identity_check=None)

        answer = sends(an_client, where, LONG, 0)
        assert answer.status_code == 422
        assert "đồng ý kiểm tra danh tính số" in answer.content.decode()
        assert starts(an_client, draft, name="khac.pdf").status_code == 422
        agree(an_client, draft)
        assert sends(an_client, where, b"", len(LONG)).status_code == 204
        assert kept(draft) == LONG

    def test_another_persons_upload_is_as_absent_as_one_that_never_was(
        self, an_client: Client, binh_client: Client, officer_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:100], 0)
        others = begin(binh_client)
        agree(binh_client, others)
        stolen = where.replace(str(draft.pk), str(others.pk))

        for path in (where, stolen, address(draft, f"tai-len/{uuid4()}/")):
            assert looks(binh_client, path).status_code == 404
            assert sends(binh_client, path, LONG[100:], 100).status_code == 404
        assert starts(binh_client, draft).status_code == 404
        binh_client.post(f"{where}bo/")
        binh_client.post(f"{stolen}bo/")
        assert officer_client.patch(where, b"x").status_code == 403
        assert Client().patch(where, b"x").status_code == 302
        assert looks(an_client, where).headers["Upload-Offset"] == "100"

    def test_no_piece_is_taken_without_the_forms_token(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(User.objects.get(pk=draft.citizen.user_id))

        assert sends(strict, where, LONG, 0).status_code == 403
        assert starts(strict, draft, name="khac.pdf").status_code == 403
        assert strict.post(f"{where}bo/").status_code == 403


class TestTheBounds:
    """Nobody fills the database with what never becomes whole."""

    def test_a_dossier_has_only_so_many_files_on_the_way(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "_MOST_OF_DOSSIER", 2)
        for name in ("một.pdf", "hai.pdf"):
            started(an_client, draft, name=name)
        answer = starts(an_client, draft, name="ba.pdf")
        assert answer.status_code == 422
        assert "quá nhiều tệp tải dở" in answer.content.decode()
        assert starts(an_client, draft, name="hai.pdf").status_code == 200

    def test_a_person_has_only_so_many_files_and_bytes_on_the_way(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        other = begin(an_client, "1.004873")
        agree(an_client, other)
        monkeypatch.setattr(uploads, "_MOST_OF_PERSON", 2)
        started(an_client, draft)
        started(an_client, draft, name="hai.pdf")
        assert starts(an_client, other).status_code == 422

        monkeypatch.setattr(uploads, "_MOST_OF_PERSON", 20)
        settings.PAPER_MAX_BYTES = len(LONG)
        monkeypatch.setattr(uploads, "_MOST_FILES_OF_PERSON", 3)
        started(an_client, draft, name="ba.pdf")
        assert starts(an_client, draft, name="bốn.pdf", size=1).status_code == 422

    def test_a_file_has_only_so_many_pieces(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "_FEW_PIECES", 3)
        where = started(an_client, draft)
        answers = [sends(an_client, where, LONG[at : at + 1], at).status_code for at in range(4)]
        assert answers == [204, 204, 204, 422]

    def test_a_large_file_may_come_in_small_pieces_all_the_way(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "_FEW_PIECES", 3)
        size = 4 * 8 * 1024
        where = started(an_client, draft, size=size)
        answers = [sends(an_client, where, b"x", at).status_code for at in range(5)]
        assert answers == [204, 204, 204, 204, 422]

    def test_what_an_office_has_on_the_way_is_not_counted_against_the_citizen(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "_MOST_OF_PERSON", 1)
        now = timezone.now()
        Upload.objects.create(
            dossier=draft,
            kind=Paper.Kind.RESULT,
            line="files",
            name="ket-qua.pdf",
            size=10,
            begun_at=now,
            touched_at=now,
        )
        started(an_client, draft)
        assert starts(an_client, draft, name="hai.pdf").status_code == 422

    def test_what_broke_off_for_a_line_that_is_asked_no_more_can_be_seen_and_given_up(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft, name="dở dang.pdf")
        sends(an_client, where, LONG[:100], 0)
        Upload.objects.update(line="authority")

        assert "dở dang.pdf" in an_client.get(address(draft, "giay-to/")).content.decode()

        an_client.post(f"{where}bo/")
        assert "dở dang.pdf" not in an_client.get(address(draft, "giay-to/")).content.decode()

    def test_after_two_days_nothing_goes_on_and_all_is_deleted(
        self, an_client: Client, draft: Dossier
    ) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:100], 0)
        now = timezone.now()
        assert delete_old_uploads(now=now + timedelta(hours=47)) == 0
        assert looks(an_client, where).status_code == 200

        Upload.objects.update(touched_at=now - timedelta(hours=49))
        assert looks(an_client, where).status_code == 404
        assert sends(an_client, where, LONG[100:], 100).status_code == 404
        assert "Chọn lại đúng tệp" not in an_client.get(address(draft, "giay-to/")).content.decode()
        assert starts(an_client, draft).status_code == 201
        assert delete_old_uploads(now=now, dry_run=True) == 1
        assert UploadPiece.objects.exists()
        assert delete_old_uploads(now=now) == 1
        assert not UploadPiece.objects.exists()

    def test_a_deleted_draft_takes_its_pieces_with_it(self, an_client: Client, draft: Dossier) -> None:
        where = started(an_client, draft)
        sends(an_client, where, LONG[:100], 0)
        an_client.post(address(draft, "xoa/"))
        assert not UploadPiece.objects.exists()

    def test_a_full_dossier_keeps_the_pieces_until_there_is_room(
        self, an_client: Client, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("motcua.dossiers.papers.MOST_PAPERS", 1)
        an_client.post(address(draft, "giay-to/"), {"other": pdf()})
        where = started(an_client, draft)
        answer = sends(an_client, where, LONG, 0)
        assert answer.status_code == 422
        assert "quá nhiều tệp" in answer.content.decode()

        an_client.post(address(draft, f"giay-to/{draft.papers.get().pk}/xoa/"))
        assert sends(an_client, where, b"", len(LONG)).status_code == 204
        assert kept(draft) == LONG


class TestAnAnswerToARequest:
    """Papers that were asked for come the same way."""

    def test_it_takes_files_in_pieces_for_the_paper_that_was_asked_for(
        self, an_client: Client, asked: Dossier
    ) -> None:
        for line, name in (("item-0", BIRTH), ("item-1", HOUSE), ("other", "")):
            where = started(an_client, asked, line=line)
            sends(an_client, where, LONG[:50], 0)
            page = unescape(an_client.get(address(asked, "bo-sung/")).content.decode())
            assert "Chọn lại đúng tệp để tải tiếp" in page
            sends(an_client, where, LONG[50:], 50)
            paper = asked.papers.get(pk=UUID(where.split("/")[-2]))
            assert (paper.document_name, paper.supplement) == (name, asked.supplements.get())
        assert starts(an_client, asked, line="item-2").status_code == 422

    def test_an_answer_that_was_sent_takes_no_piece(self, an_client: Client, asked: Dossier) -> None:
        where = started(an_client, asked, line="item-0")
        an_client.post(address(asked, "bo-sung/"), {"item-0": pdf(), "item-1": pdf(), "send": "1"})

        assert sends(an_client, where, LONG, 0).status_code == 422
        assert an_client.post(f"{where}bo/").headers["Location"] == address(asked, "bo-sung/")

    def test_a_file_begun_for_one_request_answers_no_later_one(
        self, an_client: Client, officer: User, asked: Dossier
    ) -> None:
        where = started(an_client, asked, line="item-0")
        ask_again(asked, officer)

        assert sends(an_client, where, LONG, 0).status_code == 422
        assert "Chọn lại đúng tệp" not in an_client.get(address(asked, "bo-sung/")).content.decode()
        assert starts(an_client, asked, line="item-0").status_code == 201


def test_what_may_be_given_is_what_the_forms_ask_for(an_client: Client, asked: Dossier) -> None:
    draft = begin(an_client, "1.004873")
    form = PapersForm(asked_documents(draft), needs_authority=needs_authority(draft))
    an = draft.citizen.user
    assert list(paper_lines_of(Dossier.objects.get(pk=draft.pk), an)) == list(form.documents)
    assert list(paper_lines_of(asked, an)) == list(AnswerForm([BIRTH, HOUSE]).items)


def test_the_paper_to_act_for_another_comes_in_pieces_too(an_client: Client) -> None:
    dossier = begin(an_client, "1.004873")
    agree(an_client, dossier, **for_child(relation="guardian"))
    if not needs_authority(Dossier.objects.get(pk=dossier.pk)):
        pytest.fail("the procedure is not filed for others")
    sends(an_client, started(an_client, dossier, line="authority"), LONG, 0)
    assert dossier.papers.get().kind == Paper.Kind.AUTHORITY


def test_the_limits_are_told_before_beside_each_field(an_client: Client, asked: Dossier) -> None:
    draft = begin(an_client, "1.004873")
    agree(an_client, draft)
    for dossier, step in ((draft, "giay-to/"), (asked, "bo-sung/")):
        text = an_client.get(address(dossier, step)).content.decode()
        assert text.count("mỗi tệp tối đa 10 MB") == text.count('type="file"') > 1
        assert text.count(f'data-most="{10 * 1024 * 1024}"') == text.count('type="file"')


def test_unfinished_files_are_nobodys_at_the_office(
    an_client: Client, officer_client: Client, asked: Dossier
) -> None:
    sends(an_client, started(an_client, asked, line="other", name="rieng-tu.pdf"), LONG[:10], 0)
    assert "rieng-tu" not in officer_client.get(f"/mot-cua/ho-so/{asked.pk}/").content.decode()


def test_a_name_of_any_kind_is_kept_as_text(an_client: Client, draft: Dossier) -> None:
    for name in (
        "\0",
        "",
        "..",
        "x/.",
        "a" * 5000,
        "../../etc/passwd",
        "C:\\a.pdf",
        "=HYPERLINK(1).pdf",
        "a\u202e.pdf",
    ):
        where = started(an_client, draft, name=name)
        sends(an_client, where, LONG, 0)
    names = list(draft.papers.values_list("original_name", flat=True))
    assert len(names) == 9
    assert all(name.endswith(".pdf") and "/" not in name and len(name) < 130 for name in names)


def test_the_script_is_small_on_a_slow_line() -> None:
    script = Path(uploads.__file__).parent / "static" / "dossiers" / "uploads.js"
    assert len(gzip.compress(script.read_bytes())) < 6000
