"""Papers given once and used again: only one's own, copied whole, never one with a virus; and the store of papers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from motcua.accounts.models import User
from motcua.dossiers import paper_reuse, states
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.service import asked_documents, delete_draft, take_up
from motcua.dossiers.supplements import take_supplement
from tests.dossiers.filing import (
    BIRTH,
    PDF,
    address,
    agree,
    ask_again,
    begin,
    filed,
    give_papers,
    pdf,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]

OTHER_PROCEDURE = "1.004873"
NO_MORE = "Tệp này không còn trong kho giấy tờ của ông/bà. Vui lòng chọn tệp khác hoặc tải tệp lên."


@pytest.fixture
def earlier(an_client: Client) -> Paper:
    """Return a paper of a dossier that An filed."""
    dossier = filed(an_client)
    paper = dossier.papers.first()
    paper.original_name = "Giấy chứng sinh.pdf"
    paper.save(update_fields=["original_name"])
    return paper


@pytest.fixture
def draft(an_client: Client, earlier: Paper) -> Dossier:
    """Return An's next draft, at the step of the papers."""
    dossier = begin(an_client, OTHER_PROCEDURE)
    agree(an_client, dossier)
    return dossier


def offers(client: Client, dossier: Dossier, line: str = "other", words: str = "") -> str:
    """Return the page that offers papers."""
    query = urlencode({"muc": line, "q": words})
    return unescape(client.get(f"{reverse('reuse', args=[dossier.pk])}?{query}").content.decode())


def reuses(client: Client, dossier: Dossier, paper: Paper, line: str = "other") -> HttpResponse:
    """Press "Dùng tệp này"."""
    return client.post(reverse("reuse_paper", args=[dossier.pk, paper.pk]), {"muc": line})


def said_to(client: Client, dossier: Dossier, paper: Paper) -> str:
    """Press "Dùng tệp này" and return what the page says that comes then."""
    answer = reuses(client, dossier, paper)
    assert answer.headers["Location"] == address(dossier, "giay-to/")
    return str(next(iter(get_messages(answer.wsgi_request))))


def content_of(paper: Paper) -> bytes:
    """Return what is in the file."""
    with paper.file.open("rb") as file:
        return file.read()


class TestUsingAgain:
    """The stored file is copied to another dossier."""

    def test_a_paper_is_copied_without_asking_for_its_bytes(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        document = asked_documents(draft)[0]
        assert reverse("reuse", args=[draft.pk]) in an_client.get(address(draft, "giay-to/")).content.decode()
        assert "Giấy chứng sinh.pdf" in offers(an_client, draft, f"document-{document.pk}")

        answer = reuses(an_client, draft, earlier, f"document-{document.pk}")

        assert answer.headers["Location"] == address(draft, "giay-to/")
        copy = draft.papers.get()
        assert (copy.document, copy.document_name) == (document, document.name)
        assert (copy.reused_from, copy.sha256, copy.size) == (earlier, earlier.sha256, earlier.size)
        assert (copy.original_name, copy.media_type) == (earlier.original_name, earlier.media_type)
        assert copy.file.name != earlier.file.name
        assert content_of(copy) == content_of(earlier) == PDF
        assert "Đã dùng lại tệp" in unescape(an_client.get(address(draft, "giay-to/")).content.decode())

    def test_each_dossier_keeps_its_own_copy(self, an_client: Client, earlier: Paper, draft: Dossier) -> None:
        reuses(an_client, draft, earlier)
        delete_papers_of(draft)
        assert content_of(earlier) == PDF

        again = begin(an_client, OTHER_PROCEDURE)
        agree(an_client, again)
        reuses(an_client, again, earlier)
        Path(earlier.file.path).unlink()
        earlier.delete()
        copy = again.papers.get()
        assert content_of(copy) == PDF
        assert copy.reused_from is None

    def test_pressed_twice_it_is_there_once(self, an_client: Client, earlier: Paper, draft: Dossier) -> None:
        for _ in range(2):
            assert reuses(an_client, draft, earlier).status_code == 302
        assert draft.papers.count() == 1
        assert "đã có ở mục" in unescape(an_client.get(address(draft, "giay-to/")).content.decode())

    def test_two_files_stand_at_one_place(self, an_client: Client, earlier: Paper, draft: Dossier) -> None:
        other = filed(an_client, "1.004222").papers.first()
        content = PDF + b"\n"
        other.file.save("khac", ContentFile(content), save=False)
        other.sha256, other.size = sha256(content).hexdigest(), len(content)
        other.save()
        for paper in (earlier, other):
            reuses(an_client, draft, paper)
        assert {one.reused_from for one in draft.papers.all()} == {earlier, other}

    def test_a_request_for_papers_is_answered_with_an_earlier_one(
        self, an_client: Client, officer: User, earlier: Paper
    ) -> None:
        asked = earlier.dossier
        ask_again(asked, officer)
        assert BIRTH in offers(an_client, asked, "item-0")

        answer = reuses(an_client, asked, earlier, "item-0")
        assert answer.headers["Location"] == address(asked, "bo-sung/")
        copy = asked.supplements.get().papers.get()
        assert (copy.document_name, copy.reused_from) == (BIRTH, earlier)

    @pytest.mark.parametrize(
        ("end", "says"),
        [
            (ask_again, "Cơ quan vừa thay yêu cầu bổ sung"),
            (
                lambda asked, officer: take_supplement(dossier=asked, by=officer, now=timezone.now()),
                "không nhận thêm tệp ở đây",
            ),
        ],
        ids=["another request", "papers over the counter"],
    )
    def test_a_page_of_an_earlier_request_copies_nothing_to_a_later_one(
        self,
        an_client: Client,
        officer: User,
        earlier: Paper,
        end: Callable[[Dossier, User], object],
        says: str,
    ) -> None:
        asked = earlier.dossier
        ask_again(asked, officer)
        found = re.search(r'name="yeu-cau" value="([0-9]+)"', offers(an_client, asked, "item-0"))
        assert found is not None
        end(asked, officer)

        where = reverse("reuse_paper", args=[asked.pk, earlier.pk])
        answer = an_client.post(where, {"muc": "item-0", "yeu-cau": found[1]}, follow=True)
        assert says in answer.content.decode()
        assert not asked.papers.filter(reused_from=earlier).exists()

    def test_what_the_scanner_said_goes_with_the_copy(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        seen_at = timezone.now() - timedelta(days=1)
        Paper.objects.filter(pk=earlier.pk).update(scan=Paper.Scan.CLEAN, scanned_at=seen_at)
        reuses(an_client, draft, earlier)
        copy = draft.papers.get()
        assert (copy.scan, copy.scanned_at) == (Paper.Scan.CLEAN, seen_at)

    def test_what_was_not_scanned_is_not_said_to_be(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        reuses(an_client, draft, earlier)
        assert draft.papers.get().scan == Paper.Scan.NOT_YET


class TestWhatIsNotUsedAgain:
    """Not another's, not an infected one, not a damaged one, and not where nothing may be given."""

    def test_another_persons_paper_is_as_absent_as_one_that_never_was(
        self, an_client: Client, binh_client: Client, officer_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        others = begin(binh_client)
        agree(binh_client, others)

        assert said_to(binh_client, others, earlier) == NO_MORE
        assert reuses(binh_client, draft, earlier).status_code == 404
        assert reuses(officer_client, draft, earlier).status_code == 403
        assert earlier.original_name not in offers(binh_client, others)
        assert earlier.original_name not in unescape(binh_client.get("/ca-nhan/giay-to/").content.decode())
        assert not others.papers.exists()

    def test_one_with_a_virus_is_not_offered_and_not_copied(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        Paper.objects.filter(pk=earlier.pk).update(scan=Paper.Scan.INFECTED, scanned_at=timezone.now())
        assert earlier.original_name not in offers(an_client, draft)
        assert said_to(an_client, draft, earlier) == NO_MORE

    def test_one_that_was_taken_out_on_another_page_is_said_to_be_there_no_more(
        self, an_client: Client, draft: Dossier
    ) -> None:
        an_client.post(address(draft, "giay-to/"), {"other": pdf()})
        paper = draft.papers.get()
        an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))

        assert said_to(an_client, draft, paper) == NO_MORE

    def test_a_virus_found_while_the_file_is_copied_stops_the_copy(
        self,
        an_client: Client,
        earlier: Paper,
        draft: Dossier,
        paper_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        honest = paper_reuse.keep
        before = sorted(paper_folder.rglob("*.pdf"))

        def found(*given: object, **named: object) -> Paper:
            Paper.objects.filter(pk=earlier.pk).update(scan=Paper.Scan.INFECTED, scanned_at=timezone.now())
            return honest(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(paper_reuse, "keep", found)
        assert said_to(an_client, draft, earlier) == NO_MORE
        assert not draft.papers.exists()
        assert sorted(paper_folder.rglob("*.pdf")) == before

    def test_a_draft_deleted_while_the_file_is_copied_is_no_more(
        self, an_client: Client, earlier: Paper, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        honest = paper_reuse.keep

        def late(*given: object, **named: object) -> Paper:
            delete_draft(dossier=draft, now=timezone.now())
            return honest(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(paper_reuse, "keep", late)
        assert reuses(an_client, draft, earlier).status_code == 404

    @pytest.mark.parametrize("damage", ["gone", "changed"])
    def test_a_damaged_file_is_not_spread(
        self, an_client: Client, earlier: Paper, draft: Dossier, damage: str
    ) -> None:
        stored = Path(earlier.file.path)
        stored.unlink() if damage == "gone" else stored.write_bytes(PDF + b"more")

        assert reuses(an_client, draft, earlier).status_code == 302
        assert not draft.papers.exists()
        page = unescape(an_client.get(address(draft, "giay-to/")).content.decode())
        assert "Vui lòng tải lên lại giấy tờ này" in page

    @pytest.mark.parametrize("line", ["", "authority", "document-999999", "item-0"])
    def test_a_line_that_is_not_asked_for_takes_nothing(
        self, an_client: Client, earlier: Paper, draft: Dossier, line: str
    ) -> None:
        assert reuses(an_client, draft, earlier, line).status_code == 302
        answer = an_client.get(f"{reverse('reuse', args=[draft.pk])}?muc={line}")
        assert answer.headers["Location"] == address(draft, "giay-to/")
        assert not draft.papers.exists()

    def test_a_filed_dossier_takes_nothing(self, an_client: Client, earlier: Paper) -> None:
        count = earlier.dossier.papers.count()
        assert reuses(an_client, earlier.dossier, earlier).status_code == 302
        assert an_client.get(reverse("reuse", args=[earlier.dossier_id])).status_code == 302
        assert earlier.dossier.papers.count() == count

    def test_a_draft_that_must_go_back_takes_nothing(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        Dossier.objects.filter(pk=draft.pk).update(identity_check=None)
        assert reuses(an_client, draft, earlier).headers["Location"] == address(draft, "nguoi-nop/")
        assert not draft.papers.exists()

    def test_a_full_dossier_takes_nothing_and_says_so(
        self, an_client: Client, earlier: Paper, draft: Dossier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("motcua.dossiers.papers.MOST_PAPERS", 0)
        reuses(an_client, draft, earlier)
        assert "quá nhiều tệp" in unescape(an_client.get(address(draft, "giay-to/")).content.decode())
        assert not draft.papers.exists()


class TestWhatIsOffered:
    """Newest first, each file once, found by its name."""

    def test_a_result_is_offered_once_it_was_collected(
        self, an_client: Client, officer: User, earlier: Paper, draft: Dossier
    ) -> None:
        dossier = take_up(dossier=earlier.dossier, officer=officer, now=timezone.now())
        result = Paper(dossier=dossier, kind=Paper.Kind.RESULT, original_name="ket-qua.pdf")
        result.media_type, result.size, result.sha256 = "application/pdf", len(PDF), "0" * 64
        result.uploaded_at = timezone.now()
        result.save()
        now = timezone.now()
        for status, is_offered in (
            (states.PROCESSING, False),
            (states.FINISHED, False),
            (states.RETURNED, True),
        ):
            moments = {"finished_at": now, "closed_at": now if is_offered else None}
            Dossier.objects.filter(pk=dossier.pk).update(status=status, **moments)
            assert (f"Kết quả hồ sơ {dossier.code}" in offers(an_client, draft)) is is_offered
            if not is_offered:
                assert said_to(an_client, draft, result) == NO_MORE

    @pytest.mark.parametrize("words", ["giay chung", "GIẤY CHỨNG", "chứng sinh .pdf", "khai sinh"])
    def test_it_is_found_by_its_words_with_or_without_accents(
        self, an_client: Client, earlier: Paper, draft: Dossier, words: str
    ) -> None:
        assert "Giấy chứng sinh.pdf" in offers(an_client, draft, words=words)

    def test_other_words_find_nothing_and_it_is_said(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        page = offers(an_client, draft, words="hộ chiếu")
        assert "Giấy chứng sinh.pdf" not in page
        assert "Không có giấy tờ nào có chữ “hộ chiếu”" in page

    def test_no_more_than_fifty_are_offered_the_newest_first(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        many(earlier.dossier, 60)
        page = offers(an_client, draft)
        assert page.count(">Dùng tệp này</button>") == 50
        assert page.index("tệp 59.pdf") < page.index("tệp 58.pdf")
        assert "Giấy chứng sinh.pdf" not in page
        assert "Giấy chứng sinh.pdf" in offers(an_client, draft, words="chung sinh")

    def test_the_page_costs_no_more_than_eight_queries(
        self, an_client: Client, earlier: Paper, draft: Dossier, django_assert_max_num_queries: object
    ) -> None:
        many(earlier.dossier, 60)
        for path in ("/ca-nhan/giay-to/", f"{reverse('reuse', args=[draft.pk])}?muc=other"):
            with django_assert_max_num_queries(8):  # type: ignore[operator]
                assert an_client.get(path).status_code == 200


class TestTheStoreOfPapers:
    """All that one gave, with where it was used."""

    def test_it_is_in_the_menu_and_says_in_words_that_it_is_empty(self, binh_client: Client) -> None:
        assert 'href="/ca-nhan/giay-to/"' in binh_client.get("/ho-so/").content.decode()
        assert "Chưa có giấy tờ nào" in binh_client.get("/ca-nhan/giay-to/").content.decode()

    def test_a_file_stands_there_once_with_every_dossier_that_has_it(
        self, an_client: Client, earlier: Paper, draft: Dossier
    ) -> None:
        Paper.objects.exclude(pk=earlier.pk).delete()
        reuses(an_client, draft, earlier)

        page = unescape(an_client.get("/ca-nhan/giay-to/").content.decode())
        assert page.count(">Giấy chứng sinh.pdf</a>") == 1
        assert earlier.dossier.code in page
        assert f"bản nháp {draft.procedure.name}" in page
        opened = an_client.get(reverse("paper", args=[draft.pk, draft.papers.get().pk]))
        assert b"".join(opened.streaming_content) == PDF

    def test_it_has_pages(self, an_client: Client, earlier: Paper) -> None:
        many(earlier.dossier, 25)
        first = unescape(an_client.get("/ca-nhan/giay-to/?q=tệp").content.decode())
        assert "Trang 1/2" in first
        assert "trang=2" in first
        assert "tệp 0.pdf" in unescape(an_client.get("/ca-nhan/giay-to/?q=tệp&trang=2").content.decode())

    def test_one_with_a_virus_is_named_and_cannot_be_opened_there(
        self, an_client: Client, earlier: Paper
    ) -> None:
        Paper.objects.update(scan=Paper.Scan.INFECTED, scanned_at=timezone.now())
        page = an_client.get("/ca-nhan/giay-to/").content.decode()
        assert "Có mã độc" in page
        assert reverse("paper", args=[earlier.dossier_id, earlier.pk]) not in page

    def test_officials_have_none(self, officer_client: Client) -> None:
        assert officer_client.get("/ca-nhan/giay-to/").status_code == 403


def many(dossier: Dossier, count: int) -> None:
    """Let a dossier have so many papers, one newer than the other."""
    now = timezone.now()
    Paper.objects.bulk_create(
        Paper(
            dossier=dossier,
            original_name=f"tệp {number}.pdf",
            media_type="application/pdf",
            size=1,
            sha256=f"{number:064}",
            uploaded_at=now + timedelta(seconds=number),
        )
        for number in range(count)
    )


def delete_papers_of(draft: Dossier) -> None:
    """Delete a draft with its papers."""
    delete_draft(dossier=draft, now=timezone.now())


def test_what_was_given_for_another_person_stays_the_filers(
    an_client: Client, binh_client: Client, draft: Dossier
) -> None:
    an_client.post(address(draft, "giay-to/"), {"other": pdf("của-con.pdf")})
    give_papers(an_client, draft)
    assert "của-con.pdf" in unescape(an_client.get("/ca-nhan/giay-to/").content.decode())
    assert "của-con.pdf" not in unescape(binh_client.get("/ca-nhan/giay-to/").content.decode())
