"""A citizen's dossiers after filing: what has happened, what to do next, withdrawing, the result, the rating."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers import fees, service, steps
from motcua.dossiers.models import Dossier, Fee, Paper, Rating
from motcua.dossiers.results import finish, hand_out
from motcua.dossiers.templatetags.due import due_moment
from motcua.procedures.models import ProcedureCase, RequiredDocument
from motcua.procedures.service import publish
from tests.dossiers.filing import (
    PDF,
    address,
    agree,
    ask_again,
    begin,
    file_it,
    filed,
    give_papers,
    page_of,
    procedure_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]


@pytest.fixture
def received(an_client: Client, officer: User) -> Dossier:
    """Return An's dossier, received by Lan."""
    return service.take_up(dossier=filed(an_client), officer=officer, now=timezone.now())


@pytest.fixture
def decide(leader: User, specialist: User) -> Callable[[Dossier], Dossier]:
    """Return what gives a dossier its result, with a file."""

    def finished(dossier: Dossier) -> Dossier:
        paper = Paper(dossier=dossier, kind=Paper.Kind.RESULT, original_name="ket-qua.pdf")
        paper.media_type, paper.size, paper.sha256 = "application/pdf", len(PDF), sha256(PDF).hexdigest()
        paper.uploaded_at = timezone.now()
        paper.file.save(paper.random_file_name(), ContentFile(PDF), save=False)
        paper.save()
        finish(
            dossier=dossier, is_granted=True, summary="Giấy khai sinh số 12", by=leader, now=timezone.now()
        )
        dossier.refresh_from_db()
        return dossier

    return finished


def result_of(dossier: Dossier) -> Paper:
    """Return the one file of the result."""
    return dossier.papers.get(kind=Paper.Kind.RESULT)


class TestTheDossiersPage:
    """What has happened, in plain words."""

    def test_it_tells_what_happened_at_which_office_and_no_officers_name(
        self, an_client: Client, officer: User, received: Dossier
    ) -> None:
        page = page_of(an_client, received)

        assert "Đã nộp hồ sơ trực tuyến" in page
        assert "Hồ sơ được tiếp nhận" in page
        assert officer.office.name in page
        assert officer.full_name not in page
        assert f"Hẹn trả: 17:00 ngày {timezone.localtime(received.due_at):%d/%m/%Y}" in page
        assert f"Đang ở: {received.holder_office.name}" in page

    def test_who_works_elsewhere_since_takes_no_step_along(
        self,
        an_client: Client,
        second_officer_client: Client,
        officer: User,
        other_officer: User,
        received: Dossier,
    ) -> None:
        there, elsewhere = officer.office, other_officer.office
        assert there is not None
        assert elsewhere is not None
        User.objects.filter(pk=officer.pk).update(office=elsewhere)

        step = page_of(an_client, received).partition("Hồ sơ được tiếp nhận")[2].partition("</li>")[0]
        assert there.name in step
        desk = unescape(second_officer_client.get(f"/mot-cua/ho-so/{received.pk}/").content.decode())
        assert f"{officer.full_name}, {there.name}" in desk
        assert elsewhere.name not in desk

    def test_it_tells_the_reason_of_a_refusal(self, an_client: Client, officer: User) -> None:
        dossier = filed(an_client)
        steps.go(
            dossier=dossier, move="refuse", by=officer, now=timezone.now(), reason="Không thuộc thẩm quyền"
        )

        assert "Lý do: Không thuộc thẩm quyền" in page_of(an_client, dossier)

    def test_it_costs_no_more_than_eight_queries(
        self,
        an_client: Client,
        received: Dossier,
        decide: Callable[[Dossier], Dossier],
        django_assert_max_num_queries: object,
    ) -> None:
        decide(received)
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            assert an_client.get(address(received)).status_code == 200


class TestTheList:
    """Own dossiers, each with what to do next."""

    def test_each_group_holds_what_belongs_there_and_says_so_when_empty(
        self, an_client: Client, officer: User, decide: Callable[[Dossier], Dossier]
    ) -> None:
        empty = an_client.get("/ho-so/?loc=can-lam").content.decode()
        assert "Hiện không có việc nào chờ ông/bà" in empty
        begin(an_client, "1.000656")
        running = filed(an_client, "1.004222")
        waiting = filed(an_client, "1.004873")
        ask_again(waiting, officer)
        done = filed(an_client, "1.004194")
        steps.go(dossier=done, move="refuse", by=officer, now=timezone.now(), reason="Trùng")

        def codes(group: str) -> set[str]:
            page = an_client.get(f"/ho-so/?loc={group}").content.decode()
            return {str(one.code) for one in (running, waiting, done) if str(one.code) in page}

        for one in (running, waiting, done):
            one.refresh_from_db()
        assert codes("can-lam") == {waiting.code}
        page = an_client.get("/ho-so/?loc=can-lam").content.decode()
        assert re.findall(r'loc=([a-z-]+)" aria-current', page) == ["can-lam"]
        assert codes("dang-giai-quyet") == {running.code}
        assert codes("da-xong") == {done.code}
        assert codes("ban-nhap") == set()
        assert "Làm tiếp" in an_client.get("/ho-so/?loc=ban-nhap").content.decode()
        assert codes("") == codes("khong-co") == {running.code, waiting.code, done.code}

    def test_a_fee_and_a_result_wait_for_the_citizen(
        self,
        an_client: Client,
        received: Dossier,
        specialist: User,
        cashier: User,
        officer: User,
        decide: Callable[[Dossier], Dossier],
    ) -> None:
        now = timezone.now()
        Dossier.objects.filter(pk=received.pk).update(holder_office=specialist.office)
        steps.go(dossier=received, move="ask_fee", by=specialist, now=now, reason="Lệ phí cấp bản sao")
        Fee.objects.create(dossier=received, amount=8000, asked_at=now, asked_by=specialist)
        assert "Nộp phí, lệ phí: 8.000 đ" in an_client.get("/ho-so/?loc=can-lam").content.decode()
        assert "8.000 đ" in page_of(an_client, received)
        Dossier.objects.filter(pk=received.pk).update(holder_office=received.office)
        with transaction.atomic():
            fees.settle(fees.locked_fee(Fee.objects.get().pk), by=cashier, now=now)
        assert "8.000 đ" not in an_client.get("/ho-so/?loc=can-lam").content.decode()

        decide(received)
        assert "Nhận kết quả" in an_client.get("/ho-so/?loc=can-lam").content.decode()


class TestWithdrawing:
    """Taking a dossier back, after a second look."""

    def test_a_look_changes_nothing_and_a_reason_is_needed(
        self, an_client: Client, received: Dossier
    ) -> None:
        assert "không khôi phục được" in page_of(an_client, received, "rut/")
        page = an_client.post(address(received, "rut/"), {"reason": " "})
        assert "Vui lòng viết ngắn gọn" in page.content.decode()
        received.refresh_from_db()
        assert received.status == Dossier.Status.RECEIVED

    def test_with_a_reason_it_is_withdrawn(self, an_client: Client, received: Dossier) -> None:
        due = f"Hẹn trả: {due_moment(received.due_at)}"
        assert due in an_client.get("/ho-so/").content.decode()
        answer = an_client.post(address(received, "rut/"), {"reason": "Tôi nộp nhầm thủ tục"})

        assert due not in an_client.get("/ho-so/").content.decode()
        assert answer.headers["Location"] == address(received)
        received.refresh_from_db()
        assert received.status == Dossier.Status.WITHDRAWN
        page = page_of(an_client, received)
        assert "Lý do: Tôi nộp nhầm thủ tục" in page
        for read in (page, an_client.get("/ho-so/").content.decode()):
            assert "Đã rút theo yêu cầu của công dân" in read
            assert "Công dân yêu cầu rút hồ sơ" not in read
        assert address(received, "rut/") not in page
        again = an_client.post(address(received, "rut/"), {"reason": "Tôi nộp nhầm thủ tục"}, follow=True)
        assert f"Hồ sơ {received.code} đã được rút." in again.content.decode()

    def test_with_a_result_it_is_withdrawn_no_more(
        self, an_client: Client, received: Dossier, decide: Callable[[Dossier], Dossier]
    ) -> None:
        decide(received)
        another = filed(an_client, "1.004222")
        an_client.post(address(another, "rut/"), {"reason": "Tôi nộp nhầm"})

        assert address(received, "rut/") not in page_of(an_client, received)
        assert an_client.get(address(received, "rut/")).headers["Location"] == address(received)
        answer = an_client.post(address(received, "rut/"), {"reason": "Thôi"}, follow=True)
        assert "không rút được nữa" in answer.content.decode()
        received.refresh_from_db()
        assert received.status == Dossier.Status.FINISHED

    def test_nobody_else_withdraws_it(self, binh_client: Client, received: Dossier) -> None:
        assert binh_client.get(address(received, "rut/")).status_code == 404
        assert binh_client.post(address(received, "rut/"), {"reason": "Thôi"}).status_code == 404


class TestTheResult:
    """How a result reaches the citizen."""

    def test_it_cannot_be_read_before_it_is_one(
        self, an_client: Client, received: Dossier, decide: Callable[[Dossier], Dossier], leader: User
    ) -> None:
        decide(received)
        Dossier.objects.filter(pk=received.pk).update(status=Dossier.Status.PROCESSING)
        file = address(received, f"giay-to/{result_of(received).pk}/")

        assert an_client.get(file).status_code == 404
        assert "ket-qua.pdf" not in page_of(an_client, received)
        Dossier.objects.filter(pk=received.pk).update(status=Dossier.Status.FINISHED)
        opened = an_client.get(file)
        assert b"".join(opened.streaming_content) == PDF

    def test_it_is_collected_online_by_who_chose_so(
        self, an_client: Client, received: Dossier, decide: Callable[[Dossier], Dossier]
    ) -> None:
        an_client.post(address(received, "cach-nhan/"), {"collecting": "online"})
        decide(received)
        assert "Nhận kết quả" in page_of(an_client, received)

        an_client.post(address(received, "nhan-ket-qua/"))

        received.refresh_from_db()
        assert received.status == Dossier.Status.RETURNED
        assert received.result.collected_how == "online"
        assert "ket-qua.pdf" in page_of(an_client, received)
        file = an_client.get(address(received, f"giay-to/{result_of(received).pk}/"))
        assert b"".join(file.streaming_content) == PDF
        again = an_client.post(address(received, "nhan-ket-qua/"), follow=True).content.decode()
        assert "Kết quả của hồ sơ này đã được trả." in again
        assert received.steps.filter(move="hand_out").count() == 1

    @pytest.mark.parametrize(
        ("is_granted", "words"),
        [(True, "Kết quả: Đồng ý giải quyết"), (False, "Kết quả: Không đồng ý giải quyết")],
    )
    def test_the_citizen_reads_yes_or_no_before_the_office_s_own_words(
        self,
        an_client: Client,
        received: Dossier,
        leader: User,
        result_officer: User,
        *,
        is_granted: bool,
        words: str,
    ) -> None:
        told = {"is_granted": is_granted, "summary": "Công văn số 12"}
        finish(dossier=received, by=leader, now=timezone.now(), **told)
        waiting = page_of(an_client, received)
        hand_out(dossier=received, how="desk", by=result_officer, now=timezone.now())

        for page in (waiting, page_of(an_client, received)):
            assert page.index(words) < page.index("Công văn số 12")

    def test_who_collects_at_the_desk_is_told_what_to_bring(
        self,
        an_client: Client,
        citizen_an: Citizen,
        received: Dossier,
        decide: Callable[[Dossier], Dossier],
    ) -> None:
        decide(received)
        page = page_of(an_client, received)

        assert "mẫu số 01" in page
        assert "giấy ủy quyền" in page
        an_client.post(address(received, "nhan-ket-qua/"))
        with pytest.raises(ValueError, match="online"):
            hand_out(dossier=received, how="desk", by=citizen_an.user, now=timezone.now())
        received.refresh_from_db()
        assert received.status == Dossier.Status.FINISHED

    def test_without_a_file_nothing_is_collected_online(
        self, an_client: Client, received: Dossier, leader: User
    ) -> None:
        an_client.post(address(received, "cach-nhan/"), {"collecting": "online"})
        finish(dossier=received, is_granted=True, summary="", by=leader, now=timezone.now())

        an_client.post(address(received, "nhan-ket-qua/"))

        received.refresh_from_db()
        assert received.status == Dossier.Status.FINISHED
        assert "mẫu số 01" in page_of(an_client, received)

    def test_the_way_of_collecting_is_chosen_when_filing_and_until_there_is_a_result(
        self, an_client: Client, officer: User, decide: Callable[[Dossier], Dossier]
    ) -> None:
        dossier = begin(an_client)
        agree(an_client, dossier)
        give_papers(an_client, dossier)
        an_client.post(address(dossier, "xem-lai/"), {"oath": "on", "collecting": "postal"})
        dossier.refresh_from_db()
        assert dossier.collecting == "postal"
        an_client.post(address(dossier, "cach-nhan/"), {"collecting": "online"})
        an_client.post(address(dossier, "cach-nhan/"), {"collecting": "by pigeon"})
        dossier.refresh_from_db()
        assert dossier.collecting == "online"
        service.take_up(dossier=dossier, officer=officer, now=timezone.now())
        decide(dossier)
        an_client.post(address(dossier, "cach-nhan/"), {"collecting": "desk"})
        dossier.refresh_from_db()
        assert dossier.collecting == "online"

    def test_nobody_else_collects_or_reads_it(
        self, binh_client: Client, received: Dossier, decide: Callable[[Dossier], Dossier]
    ) -> None:
        decide(received)

        assert binh_client.post(address(received, "nhan-ket-qua/")).status_code == 404
        assert binh_client.get(address(received, f"giay-to/{result_of(received).pk}/")).status_code == 404


class TestRating:
    """The nine indicators, once a dossier."""

    @pytest.fixture
    def returned(
        self, received: Dossier, decide: Callable[[Dossier], Dossier], result_officer: User
    ) -> Dossier:
        """Return An's dossier, whose result was handed out."""
        decide(received)
        hand_out(dossier=received, how="desk", by=result_officer, now=timezone.now())
        received.refresh_from_db()
        return received

    def test_a_closed_dossier_is_rated_once(self, an_client: Client, returned: Dossier) -> None:
        assert "Đánh giá" in an_client.get("/ho-so/").content.decode()
        page = page_of(an_client, returned, "danh-gia/")
        assert page.count('type="radio"') == 27

        given = {"indicator-1": "2", "indicator-7": "0", "comment": "Cán bộ nên giải thích rõ hơn"}
        assert an_client.post(address(returned, "danh-gia/"), given).headers["Location"] == address(returned)
        again = an_client.post(address(returned, "danh-gia/"), {"indicator-1": "0"}, follow=True)
        assert "Hồ sơ này đã được đánh giá." in again.content.decode()

        rating = Rating.objects.get()
        assert (rating.scores, rating.comment) == ({"1": 2, "7": 0}, "Cán bộ nên giải thích rõ hơn")
        event = AuditEvent.objects.get(name="dossier.rated")
        assert (event.subject, event.details) == (returned.code, {})
        assert address(returned, "danh-gia/") not in page_of(an_client, returned)

    def test_what_was_withdrawn_before_any_office_took_it_is_not_rated(self, an_client: Client) -> None:
        an_filed = filed(an_client)
        an_client.post(address(an_filed, "rut/"), {"reason": "Nộp nhầm"})
        an_filed.refresh_from_db()
        assert an_filed.status == Dossier.Status.WITHDRAWN

        assert address(an_filed, "danh-gia/") not in an_client.get("/ho-so/").content.decode()
        assert address(an_filed, "danh-gia/") not in page_of(an_client, an_filed)
        given = {"indicator-1": "2"}
        assert an_client.post(address(an_filed, "danh-gia/"), given).headers["Location"] == address(an_filed)
        assert not Rating.objects.exists()

    def test_what_was_withdrawn_while_an_office_dealt_with_it_is_rated(
        self, an_client: Client, received: Dossier
    ) -> None:
        an_client.post(address(received, "rut/"), {"reason": "Nộp nhầm"})
        received.refresh_from_db()
        assert received.status == Dossier.Status.WITHDRAWN

        assert address(received, "danh-gia/") in an_client.get("/ho-so/").content.decode()
        assert address(received, "danh-gia/") in page_of(an_client, received)

    def test_a_rating_that_says_nothing_is_not_kept(self, an_client: Client, returned: Dossier) -> None:
        page = an_client.post(address(returned, "danh-gia/"), {"comment": "Tốt"}).content.decode()

        assert "Ông/bà chưa chọn câu trả lời nào" in page
        assert "Tốt" in page
        assert not Rating.objects.exists()

    @pytest.mark.parametrize("given", [{"indicator-1": "3"}, {"indicator-1": "-1"}, {"indicator-12": "2"}])
    def test_points_that_do_not_exist_are_refused(
        self, an_client: Client, returned: Dossier, given: dict[str, str]
    ) -> None:
        assert an_client.post(address(returned, "danh-gia/"), given).status_code == 200
        assert not Rating.objects.exists()

    def test_at_the_desk_nobody_asks_about_the_portal(self, returned: Dossier) -> None:
        returned.channel = Dossier.Channel.DESK

        assert [one.number for one in service.indicators_for(returned)] == list(range(1, 9))

    def test_nobody_rates_what_is_under_way_or_anothers(
        self, an_client: Client, binh_client: Client, citizen_binh: Citizen, received: Dossier
    ) -> None:
        assert an_client.get(address(received, "danh-gia/")).headers["Location"] == address(received)
        an_client.post(address(received, "danh-gia/"), {"indicator-1": "2"})
        assert binh_client.get(address(received, "danh-gia/")).status_code == 404
        with pytest.raises(service.NotRatable):
            service.rate(
                dossier=received, scores={1: 2}, comment="", by=citizen_binh.user, now=timezone.now()
            )
        assert not Rating.objects.exists()


class TestCases:
    """A procedure with several cases."""

    @pytest.fixture
    def case(self) -> ProcedureCase:
        """Give a procedure two cases, the second with a document, a time limit and a fee of its own; return it."""
        procedure = procedure_of()
        ProcedureCase.objects.create(procedure=procedure, position=1, name="Trong nước")
        abroad = ProcedureCase.objects.create(
            procedure=procedure,
            position=2,
            name="Có yếu tố nước ngoài",
            time_limit=13,
            time_unit="ngày làm việc",
            fees={"online": 75000},
        )
        RequiredDocument.objects.create(
            procedure=procedure, case=abroad, position=90, name="Giấy tờ của nước ngoài"
        )
        publish(keys=[procedure.pk], by=None, now=timezone.now())
        return abroad

    def test_the_case_is_chosen_first_and_decides_papers_time_and_fee(
        self, an_client: Client, case: ProcedureCase, register: object
    ) -> None:
        dossier = begin(an_client)
        page = agree(an_client, dossier).content.decode()
        assert "Vui lòng chọn trường hợp" in page
        assert register.asked == 0  # type: ignore[attr-defined]

        assert agree(an_client, dossier, case=str(case.pk)).headers["Location"] == address(
            dossier, "giay-to/"
        )
        assert "Giấy tờ của nước ngoài" in page_of(an_client, dossier, "giay-to/")
        give_papers(an_client, dossier)
        review = page_of(an_client, dossier, "xem-lai/")
        for words in ("Có yếu tố nước ngoài", "13 ngày làm việc", "75.000 đ"):
            assert words in review
        assert file_it(an_client, dossier).headers["Location"].endswith("/hoan-tat/")
        dossier.refresh_from_db()
        assert (dossier.case_key, dossier.term_limit, dossier.fee_due) == (case.pk, 13, 75000)

    def test_the_papers_of_another_case_are_not_asked_for(
        self, an_client: Client, case: ProcedureCase
    ) -> None:
        dossier = begin(an_client)
        other = case.procedure.cases.exclude(pk=case.pk).get()
        agree(an_client, dossier, case=str(other.pk))

        assert "Giấy tờ của nước ngoài" not in page_of(an_client, dossier, "giay-to/")

    def test_a_case_of_another_procedure_is_none(self, an_client: Client, case: ProcedureCase) -> None:
        dossier = begin(an_client, "1.004222")
        foreign = ProcedureCase.objects.create(procedure=dossier.procedure, position=1, name="Chung")

        page = agree(an_client, dossier, case=str(case.pk)).content.decode()

        assert "Vui lòng chọn lại" in page
        with pytest.raises(ValueError):
            service.choose_case(dossier=dossier, case_key=case.pk, now=timezone.now())
        service.choose_case(dossier=dossier, case_key=foreign.pk, now=timezone.now())

    def test_a_case_that_came_up_meanwhile_holds_the_draft(self, an_client: Client) -> None:
        dossier = begin(an_client)
        agree(an_client, dossier)
        give_papers(an_client, dossier)
        ProcedureCase.objects.create(procedure=dossier.procedure, position=1, name="Trong nước")

        assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")
