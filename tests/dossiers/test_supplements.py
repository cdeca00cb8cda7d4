"""Papers on request: shown, given one after another, sent once; the office is told."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers import papers, service
from motcua.dossiers.files.disk_store import DiskStore
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.supplements import ask_supplement, take_supplement
from motcua.slips.facts import facts_of
from tests.dossiers.filing import (
    BIRTH,
    HOUSE,
    address,
    ask_again,
    delete_forgotten_files,
    filed,
    page_of,
    pdf,
)
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]


def test_what_is_asked_and_why_is_shown_where_one_looks(an_client: Client, asked: Dossier) -> None:
    for step in ("", "bo-sung/"):
        page = page_of(an_client, asked, step)
        for words in (BIRTH, HOUSE, "bản chụp màu", "Tờ khai thiếu trang hai"):
            assert words in page
    assert f'href="{address(asked, "bo-sung/")}"' in page_of(an_client, asked)
    assert "Bổ sung giấy tờ" in an_client.get("/ho-so/?loc=can-lam").content.decode()


def test_a_receipt_names_what_had_come_in_when_it_was_written_and_nothing_later(
    an_client: Client, officer_client: Client, officer: User
) -> None:
    dossier = service.take_up(dossier=filed(an_client), officer=officer, now=timezone.now())
    ask_again(dossier, officer)

    def receipts() -> list[str]:
        facts = facts_of(
            "01", Dossier.objects.get(pk=dossier.pk), now=timezone.now(), base_url="https://a.vn"
        )
        page = officer_client.get(reverse("receipt", args=[dossier.pk])).content.decode()
        return [str(facts["documents"]), unescape(page)]

    first = receipts()
    assert all("Tờ khai" in one for one in first)
    an_client.post(address(dossier, "bo-sung/"), {"other": pdf("chua-gui.pdf")})
    assert not any("chua-gui.pdf" in one for one in receipts())
    an_client.post(address(dossier, "bo-sung/"), {"item-0": pdf(), "item-1": pdf(), "send": "1"})
    assert dossier.supplements.get().answered_at is not None
    assert not any("chua-gui.pdf" in one for one in receipts())

    take_supplement(dossier=dossier, by=officer, now=timezone.now())
    assert all("chua-gui.pdf" in one for one in receipts())


def test_papers_are_given_and_sent_and_the_officer_takes_them(
    an_client: Client, citizen_an: Citizen, officer: User, second_officer: User, asked: Dossier
) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": [pdf("a.pdf"), pdf("b.pdf")]})
    assert "a.pdf" in page_of(an_client, asked, "bo-sung/")
    answer = an_client.post(address(asked, "bo-sung/"), {"item-1": pdf("c.pdf"), "other": pdf(), "send": "1"})
    assert answer.headers["Location"] == address(asked)

    sent = asked.supplements.get()
    assert sent.answered_at is not None
    assert sorted(sent.papers.values_list("document_name", "original_name")) == [
        ("", "to-khai.pdf"),
        (BIRTH, "a.pdf"),
        (BIRTH, "b.pdf"),
        (HOUSE, "c.pdf"),
    ]
    assert "chờ cán bộ xác nhận" in page_of(an_client, asked)
    event = AuditEvent.objects.get(name="dossier.supplemented")
    assert (event.subject, event.details["count"]) == (asked.code, 4)
    for who in (officer, second_officer):
        assert "đã gửi giấy tờ bổ sung" in who.notices.get().text

    take_supplement(dossier=asked, by=officer, now=timezone.now())
    page = page_of(an_client, asked)
    assert "Được tiếp nhận" in page
    assert "Cơ quan đã nhận đủ giấy tờ bổ sung" in page
    assert "c.pdf" in page


def test_what_has_no_file_is_named_and_nothing_is_sent(an_client: Client, asked: Dossier) -> None:
    page = an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("a.pdf"), "send": "1"}).content.decode()

    assert f"Chưa có tệp cho: {HOUSE}" in page
    assert "a.pdf" in page
    assert asked.supplements.get().answered_at is None


def test_the_rest_may_be_brought_to_the_office(an_client: Client, asked: Dossier) -> None:
    sent = {"item-0": pdf("a.pdf"), "brings_rest": "on", "send": "1"}
    assert an_client.post(address(asked, "bo-sung/"), sent).headers["Location"] == address(asked)
    assert asked.supplements.get().answered_at is not None


def test_an_answer_without_any_file_is_no_answer(an_client: Client, asked: Dossier) -> None:
    page = an_client.post(address(asked, "bo-sung/"), {"brings_rest": "on", "send": "1"}).content.decode()

    assert "ít nhất một tệp" in page
    assert asked.supplements.get().answered_at is None


def test_a_bad_file_is_refused_and_the_good_one_stays(an_client: Client, asked: Dossier) -> None:
    bad = pdf("bản quét.pdf")
    bad.file.seek(0)
    bad.file.write(b"MZ this is a program")
    page = an_client.post(address(asked, "bo-sung/"), {"item-0": bad, "item-1": pdf("c.pdf"), "send": "1"})

    assert "bản quét.pdf: Tệp không phải PDF" in page.content.decode()
    assert [paper.original_name for paper in asked.supplements.get().papers.all()] == ["c.pdf"]
    assert asked.supplements.get().answered_at is None


def test_a_store_that_is_away_is_waited_for_once(
    an_client: Client, asked: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = MagicMock(side_effect=TimeoutError)
    monkeypatch.setattr(DiskStore, "_save", saving)

    page = an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("b.pdf"), "item-1": pdf("c.pdf")})

    assert saving.call_count == 1
    assert page.content.decode().count("pdf: Kho giấy tờ đang gián đoạn nên tệp chưa được lưu.") >= 2


@pytest.mark.django_db(transaction=True)
def test_a_file_can_be_removed_until_it_is_sent(an_client: Client, asked: Dossier) -> None:
    an_client.post(
        address(asked, "bo-sung/"), {"item-0": [pdf("a.pdf"), pdf("b.pdf")], "item-1": pdf("c.pdf")}
    )
    first, second = asked.supplements.get().papers.filter(document_name=BIRTH)
    assert an_client.post(address(asked, f"bo-sung/{first.pk}/xoa/")).status_code == 302
    delete_forgotten_files()
    assert not Paper.objects.filter(pk=first.pk).exists()
    assert not Path(first.file.path).exists()
    an_client.post(address(asked, "bo-sung/"), {"send": "1"})

    an_client.post(address(asked, f"bo-sung/{second.pk}/xoa/"))
    delete_forgotten_files()

    assert Paper.objects.filter(pk=second.pk).exists()
    assert Path(second.file.path).exists()


def test_papers_of_the_dossier_itself_are_not_removed_by_the_way(an_client: Client, asked: Dossier) -> None:
    given = asked.papers.first()
    an_client.post(address(asked, f"bo-sung/{given.pk}/xoa/"))

    assert Paper.objects.filter(pk=given.pk).exists()


def test_what_was_sent_is_sent_once_and_takes_no_more(
    an_client: Client, asked: Dossier, paper_folder: Path
) -> None:
    sent = {"item-0": pdf(), "item-1": pdf(), "send": "1"}
    an_client.post(address(asked, "bo-sung/"), sent)
    before = len(list(paper_folder.rglob("*.pdf")))
    for data in ({"item-0": pdf(), "send": "1"}, {"item-0": pdf()}):
        answer = an_client.post(address(asked, "bo-sung/"), data, follow=True)
        assert "Giấy tờ bổ sung đã được gửi trước đó" in unescape(answer.content.decode())

    assert asked.supplements.get().papers.count() == 2
    assert len(list(paper_folder.rglob("*.pdf"))) == before
    assert AuditEvent.objects.filter(name="dossier.supplemented").count() == 1


def test_who_answers_after_the_papers_came_another_way_reads_that_nothing_more_is_taken(
    an_client: Client, officer: User, asked: Dossier
) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("a.pdf")})
    early = asked.supplements.get().papers.get()
    take_supplement(dossier=asked, by=officer, now=timezone.now())

    for step, data in (
        ("bo-sung/", {"item-1": pdf(), "send": "1"}),
        (f"bo-sung/{early.pk}/xoa/", {}),
    ):
        answer = an_client.post(address(asked, step), data, follow=True)
        assert "Hồ sơ đã sang bước khác nên không nhận thêm tệp" in unescape(answer.content.decode())
    assert asked.supplements.get().papers.get() == early


def test_a_new_request_asks_for_a_new_answer(an_client: Client, officer: User, asked: Dossier) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("a.pdf"), "item-1": pdf(), "send": "1"})
    ask_again(asked, officer)

    assert "Cần ông/bà làm: bổ sung giấy tờ" in page_of(an_client, asked)
    assert "a.pdf" not in page_of(an_client, asked, "bo-sung/")


def hidden_in(page: str) -> dict[str, str]:
    """Return which request a page was made of, as its forms send it."""
    found = re.search(r'name="yeu-cau" value="([0-9]+)"', page)
    assert found is not None
    return {"yeu-cau": found[1]}


def test_a_page_of_an_earlier_request_answers_no_later_one(
    an_client: Client, officer: User, asked: Dossier
) -> None:
    earlier = hidden_in(page_of(an_client, asked, "bo-sung/"))
    documents = [{"name": HOUSE, "note": ""}]
    ask_supplement(dossier=asked, documents=documents, reason="x", by=officer, now=timezone.now())

    sent = {**earlier, "item-0": pdf("chung-sinh.pdf"), "brings_rest": "on", "send": "1"}
    answer = an_client.post(address(asked, "bo-sung/"), sent)
    assert answer.headers["Location"] == address(asked, "bo-sung/")
    assert "Cơ quan vừa thay yêu cầu bổ sung" in page_of(an_client, asked, "bo-sung/")
    begun = {"line": "item-0", "name": "a.pdf", "size": 9}
    where = f"{address(asked, 'tai-len/')}?yeu-cau="
    assert an_client.post(where + earlier["yeu-cau"], begun).status_code == 422
    latest = asked.supplements.get(closed_at=None)
    assert (latest.answered_at, latest.papers.count()) == (None, 0)

    now_read = hidden_in(page_of(an_client, asked, "bo-sung/"))
    assert an_client.post(where + now_read["yeu-cau"], begun).status_code == 201
    an_client.post(address(asked, "bo-sung/"), {**now_read, "item-0": pdf("nha.pdf"), "send": "1"})
    assert asked.supplements.get(closed_at=None).answered_at is not None


@pytest.mark.parametrize("moment", ["read_paper", "send"])
def test_a_request_that_is_replaced_during_the_press_is_not_answered_by_it(
    an_client: Client, officer: User, asked: Dossier, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    place, name = (papers, "read_paper") if moment == "read_paper" else (service, "send_answer")
    honest = getattr(place, name)

    def late(*given: Any, **named: Any) -> Any:
        ask_supplement(
            dossier=asked,
            documents=[{"name": "Giấy khác", "note": ""}],
            reason="x",
            by=officer,
            now=timezone.now(),
        )
        return honest(*given, **named)

    monkeypatch.setattr(place, name, late)
    answer = an_client.post(address(asked, "bo-sung/"), {"item-0": pdf(), "brings_rest": "on", "send": "1"})
    assert answer.headers["Location"] == address(asked, "bo-sung/")
    assert "Cơ quan vừa thay yêu cầu bổ sung" in page_of(an_client, asked, "bo-sung/")
    latest = asked.supplements.get(closed_at=None)
    assert (latest.answered_at, latest.papers.count()) == (None, 0)


@pytest.mark.parametrize("moment", ["before", "read_paper", "send_answer"])
def test_who_answers_while_the_papers_come_over_the_counter_reads_that_nothing_was_taken(
    an_client: Client, officer: User, asked: Dossier, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def take() -> None:
        take_supplement(dossier=asked, by=officer, now=timezone.now())

    if moment == "before":
        take()
    else:
        place = papers if moment == "read_paper" else service
        honest = getattr(place, moment)
        monkeypatch.setattr(place, moment, lambda *given, **named: (take(), honest(*given, **named))[1])
    sent = {"item-0": pdf("muon.pdf"), "brings_rest": "on", "send": "1"}
    page = an_client.post(address(asked, "bo-sung/"), sent, follow=True)
    assert page.redirect_chain == [(address(asked), 302)]
    assert "không nhận thêm tệp ở đây" in page.content.decode()
    assert "Đã gửi giấy tờ bổ sung" not in page.content.decode()


def test_the_second_press_of_one_answer_says_nothing_of_a_dossier_that_went_on(
    an_client: Client, asked: Dossier
) -> None:
    sent = {"item-0": pdf(), "brings_rest": "on", "send": "1"}
    an_client.post(address(asked, "bo-sung/"), sent)
    page = an_client.post(address(asked, "bo-sung/"), {**sent, "item-0": pdf()}, follow=True)
    assert "Đã gửi giấy tờ bổ sung" in page.content.decode()
    assert "không nhận thêm tệp ở đây" not in page.content.decode()


@pytest.mark.parametrize("end", ["another request", "papers over the counter"])
def test_a_file_that_was_never_sent_is_not_shown_as_given(
    an_client: Client, officer: User, asked: Dossier, end: str
) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("quen-gui.pdf")})
    assert "Chưa gửi" not in page_of(an_client, asked)
    if end == "another request":
        ask_again(asked, officer)
    else:
        take_supplement(dossier=asked, by=officer, now=timezone.now())

    _before, _name, after = page_of(an_client, asked).partition("quen-gui.pdf")
    assert "Chưa gửi" in after.partition("</li>")[0]
    assert "cơ quan không có tệp này" in after.partition("</li>")[0]


def test_another_citizen_gives_and_sends_nothing(
    binh_client: Client, citizen_binh: Citizen, asked: Dossier
) -> None:
    assert binh_client.get(address(asked, "bo-sung/")).status_code == 404
    assert binh_client.post(address(asked, "bo-sung/"), {"send": "1"}).status_code == 404
    with pytest.raises(service.NothingAsked):
        service.send_answer(dossier=asked, brings_rest=True, by=citizen_binh.user, now=timezone.now())


def test_where_nothing_is_asked_the_page_leads_to_the_dossier(an_client: Client) -> None:
    dossier = filed(an_client)

    assert an_client.get(address(dossier, "bo-sung/")).headers["Location"] == address(dossier)


def test_a_request_that_is_too_large_is_refused_by_its_length(an_client: Client, asked: Dossier) -> None:
    page = an_client.post(
        address(asked, "bo-sung/"), {"other": pdf()}, headers={"content-length": str(26 * 1024 * 1024)}
    )

    assert page.status_code == 413
    assert address(asked, "bo-sung/") in page.content.decode()


def test_more_files_at_a_time_than_are_taken_are_told_so(an_client: Client, asked: Dossier) -> None:
    page = an_client.post(address(asked, "bo-sung/"), {"other": [pdf() for _ in range(21)]})

    assert page.status_code == 413
    assert "Một lần gửi nhận tối đa 20 tệp" in page.content.decode()


def test_a_forged_press_is_refused(citizen_an: Citizen, asked: Dossier) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(citizen_an.user)

    for step in ("bo-sung/", "rut/", "cach-nhan/", "nhan-ket-qua/", "danh-gia/"):
        assert strict.post(address(asked, step), {"send": "1", "reason": "x"}).status_code == 403


def test_the_message_to_officers_names_nobody(an_client: Client, officer: User, asked: Dossier) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": pdf(), "item-1": pdf(), "send": "1"})

    assert cast.an.full_name not in officer.notices.get().text


@pytest.mark.parametrize("step", ["", "bo-sung/"])
def test_a_page_costs_no_more_than_eight_queries(
    an_client: Client, asked: Dossier, step: str, django_assert_max_num_queries: object
) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": [pdf(), pdf()], "item-1": pdf()})

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert an_client.get(address(asked, step)).status_code == 200


def test_what_is_not_sent_yet_is_nobody_elses(
    an_client: Client, officer: User, officer_client: Client, asked: Dossier
) -> None:
    an_client.post(address(asked, "bo-sung/"), {"item-0": pdf("nham.pdf")})
    paper = Paper.objects.get(original_name="nham.pdf")
    file = reverse("paper", args=[asked.pk, paper.pk])
    desk = reverse("desk_dossier", args=[asked.pk])
    assert "công dân chưa gửi" in unescape(officer_client.get(desk).content.decode())
    assert "nham.pdf" not in officer_client.get(desk).content.decode()
    assert officer_client.get(file).status_code == 404
    assert b"".join(an_client.get(file).streaming_content)

    before = Dossier.objects.get(pk=asked.pk).saved_at
    an_client.post(address(asked, "bo-sung/"), {"brings_rest": "on", "send": "1"})
    if asked.supplements.get().answered_at is None:
        an_client.post(address(asked, "bo-sung/"), {"item-1": pdf("nha.pdf"), "send": "1"})
    page = unescape(officer_client.get(desk).content.decode())
    assert "Công dân đã gửi bổ sung" in page
    assert "nham.pdf" in page
    assert b"".join(officer_client.get(file).streaming_content)
    # An officer's open page is out of date now: what they wanted to do is shown anew.
    assert Dossier.objects.get(pk=asked.pk).saved_at > before
