"""A dossier's page: hand-overs, second looks, pages that are out of date, files of the result, forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from motcua.accounts.models import Citizen, User
from motcua.dossiers import hand_overs, papers, states
from motcua.dossiers.fees import ask_fee
from motcua.dossiers.files.reading import ReadPaper
from motcua.dossiers.models import Dossier, DossierOwner, Extension, Fee, Paper, Supplement
from motcua.dossiers.steps import go
from motcua.dossiers.time_limits import closes_on
from motcua.payments.service import take_cash, void
from motcua.procedures.models import Offer
from tests.dossiers.filing import pdf
from tests.dossiers.lives import DIVISION, SECOND_DIVISION, UNIT, place, received, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]


@pytest.fixture(autouse=True)
def _papers_of_their_own(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def as_(people: None) -> Callable[[str], Client]:
    """Return somebody's browser."""

    def browser(login: str) -> Client:
        made = Client()
        made.force_login(User.objects.get(login=login))
        return made

    return browser


def shown(client: Client, dossier: Dossier) -> str:
    """Return the dossier's page, in one line."""
    answer = client.get(reverse("desk_dossier", args=[dossier.pk]))
    assert answer.status_code == 200
    return _text(answer)


def does(client: Client, dossier: Dossier, code: str, **said: object) -> str:
    """Send a step's form, and follow to what is shown then."""
    return _text(client.post(reverse("act", args=[dossier.pk, code]), said, follow=True))


def form_of(client: Client, dossier: Dossier, code: str) -> str:
    """Return the page with a step's form."""
    answer = client.get(reverse("act", args=[dossier.pk, code]))
    assert answer.status_code == 200
    return _text(answer)


def opens(client: Client, address: str) -> bool:
    """Say whether somebody gets a file."""
    answer = client.get(address)
    if answer.status_code == 200:
        assert b"".join(answer.streaming_content)
    return bool(answer.status_code == 200)


def mark(page: str) -> str:
    """Return what a page carries to tell whether it is out of date."""
    found = re.search(r'name="mark" value="([^"]+)"', page)
    assert found
    return found[1]


def _text(answer: HttpResponse) -> str:
    return " ".join(unescape(answer.content.decode()).split())


As = Callable[[str], Client]


class TestHandingOver:
    """From the desk to the division, to the leader and back, by the pages alone."""

    def test_the_whole_way(self, as_: As, officer: User, specialist: User) -> None:
        dossier = received(officer)
        Offer.objects.update_or_create(
            office=dossier.office, procedure=dossier.procedure, defaults={"handling_office": place()}
        )
        page = form_of(as_("lan"), dossier, "hand_over")
        assert f'<option value="{place().pk}" selected>' in page
        page = does(as_("lan"), dossier, "hand_over", receiver=place().pk, note="Làm sớm giúp")
        assert "Hồ sơ vẫn ở bộ phận của ông/bà" in page
        assert "đang chờ nhận" in page
        assert "Thu hồi bàn giao" in page
        assert reverse("act", args=[dossier.pk, "accept"]) not in page

        assert "Làm sớm giúp" in shown(as_("khanh"), dossier)
        page = does(as_("khanh"), dossier, "accept")
        assert "Đang xử lý" in page
        assert specialist.full_name in page
        page = form_of(as_("khanh"), dossier, "hand_over")
        leader = User.objects.get(login="bao")
        assert f'<option value="{place(UNIT).pk}" selected>' in page
        does(as_("khanh"), dossier, "hand_over", receiver=f"{place(UNIT).pk}-{leader.pk}", note="")
        does(as_("bao"), dossier, "accept")
        page = does(as_("bao"), dossier, "finish", is_granted="yes", summary="Số 12/2026")
        assert "Đã ghi nhận kết quả" in page
        page = form_of(as_("bao"), dossier, "hand_over")
        assert f'<option value="{dossier.office_id}" selected>' in page
        does(as_("bao"), dossier, "hand_over", receiver=dossier.office_id)
        does(as_("ket"), dossier, "accept")
        does(as_("ket"), dossier, "hand_out", how="desk", collected_by="Nguyễn Văn An", confirmed="1")

        dossier.refresh_from_db()
        assert dossier.status == states.RETURNED
        assert [step.move for step in dossier.steps.all()] == ["receive", "process", "finish", "hand_out"]
        assert dossier.hand_overs.filter(accepted_at=None).count() == 0
        page = shown(as_("lan"), dossier)
        assert "Số 12/2026" in page
        assert "Lúc này không có việc nào của ông/bà" in page

    def test_a_way_that_is_not_in_the_list_is_none(self, as_: As, officer: User) -> None:
        dossier = received(officer)
        for receiver in ("", "0", f"{place('H23.102.02').pk}", "1-1", "abc"):
            page = does(as_("lan"), dossier, "hand_over", receiver=receiver, note="Vẫn còn đây")
            assert "Vui lòng xem lại các mục sau" in page
            assert "Vẫn còn đây" in page
        assert not dossier.hand_overs.exists()

    def test_what_was_declined_says_why(self, as_: As, officer: User) -> None:
        dossier = received(officer)
        does(as_("lan"), dossier, "hand_over", receiver=place().pk)
        assert "Vui lòng điền mục “Lý do”" in does(as_("khanh"), dossier, "decline", reason=" ")
        page = does(as_("khanh"), dossier, "decline", reason="Sai phòng")
        assert "Đã trả lại bên giao." in page
        assert "Danh sách hồ sơ" in page
        assert "Sai phòng" in shown(as_("lan"), dossier)
        assert "ở lần bấm trước" in does(as_("khanh"), dossier, "decline", reason="Sai phòng")
        answer = as_("khanh").get(reverse("desk_dossier", args=[dossier.pk]))
        assert answer.headers["Location"] == reverse("queue")
        assert as_("mo").get(reverse("desk_dossier", args=[dossier.pk])).status_code == 404
        another = reverse("desk_dossier", args=[received(officer).pk])
        assert as_("khanh").get(another).status_code == 404

    @pytest.mark.parametrize("code", ["accept", "decline"])
    def test_who_is_too_late_for_what_was_taken_back_reads_so(
        self, as_: As, officer: User, code: str
    ) -> None:
        dossier = received(officer)
        does(as_("lan"), dossier, "hand_over", receiver=place().pk)
        does(as_("lan"), dossier, "take_back")

        page = does(as_("khanh"), dossier, code, reason="Sai phòng")

        assert "Lượt bàn giao này không còn chờ nhận nữa." in page
        assert "Danh sách hồ sơ" in page

    def test_who_had_it_once_looks_and_does_nothing(self, as_: As, officer: User) -> None:
        dossier = received(officer)
        second = User.objects.create_user("tam", role="specialist", office=place(SECOND_DIVISION))
        does(as_("lan"), dossier, "hand_over", receiver=place().pk)
        does(as_("khanh"), dossier, "accept")
        does(as_("khanh"), dossier, "hand_over", receiver=f"{second.office_id}-{second.pk}")
        does(as_("tam"), dossier, "accept")

        assert "Lúc này không có việc nào của ông/bà" in shown(as_("khanh"), dossier)
        assert "Ông/bà không còn giữ hồ sơ này" in does(
            as_("khanh"), dossier, "hand_over", receiver=place(UNIT).pk
        )
        said = {"reason": "Không còn là việc của tôi", "amount": "1000"}
        answer = as_("khanh").post(reverse("act", args=[dossier.pk, "ask_fee"]), said)
        assert answer.status_code == 403
        dossier.refresh_from_db()
        assert (dossier.holder, dossier.status) == (second, states.PROCESSING)

    def test_who_has_no_right_to_distribute_cannot_assign(
        self, as_: As, officer: User, second_officer: User
    ) -> None:
        dossier = received(officer)
        for login in ("lan", "khanh", "nga", "ket"):
            answer = as_(login).post(
                reverse("act", args=[dossier.pk, "assign"]), {"person": second_officer.pk}
            )
            assert answer.status_code in {403, 404}, login
        page = does(as_("oanh"), dossier, "assign", person=second_officer.pk)
        assert "Đã phân công" in page
        dossier.refresh_from_db()
        assert dossier.holder == second_officer

    def test_a_colleague_who_is_faster_is_told_to_the_slower(self, as_: As, officer: User) -> None:
        dossier = received(officer)
        assert "Ông/bà đang thụ lý hồ sơ này." in does(as_("lan"), dossier, "claim")
        assert "Ông/bà đang thụ lý hồ sơ này." in does(as_("lan"), dossier, "claim")
        assert "đang do người khác thụ lý" in does(as_("phuc"), dossier, "claim")


class TestPressing:
    """Twice, too late, and what cannot be undone."""

    def test_what_is_final_is_shown_once_more_with_what_the_citizen_will_read(self, as_: As) -> None:
        dossier = standing_at(states.SUBMITTED)
        page = does(as_("lan"), dossier, "refuse", reason="Không thuộc thẩm quyền")
        assert "Việc này không hoàn tác được" in page
        assert f"không tiếp nhận hồ sơ {dossier.code}. Vui lòng xem lý do ở trang hồ sơ." in page
        assert "Không thuộc thẩm quyền" in page
        dossier.refresh_from_db()
        assert dossier.status == states.SUBMITTED

        page = does(as_("lan"), dossier, "refuse", reason="Không thuộc thẩm quyền", edit="1")
        assert "Không thuộc thẩm quyền</textarea>" in page
        does(as_("lan"), dossier, "refuse", reason="Không thuộc thẩm quyền", confirmed="1")
        dossier.refresh_from_db()
        assert dossier.status == states.REFUSED

    @pytest.mark.parametrize(
        ("code", "status", "login"),
        [
            ("stop", states.PROCESSING, "bao"),
            ("withdraw", states.RECEIVED, "lan"),
            ("hand_out", states.FINISHED, "ket"),
        ],
    )
    def test_every_other_final_step_is_shown_once_more(
        self, as_: As, code: str, status: int, login: str
    ) -> None:
        dossier = standing_at(status)
        page = does(as_(login), dossier, code, reason="Lý do", how="desk", collected_by="Nguyễn Văn An")
        assert "Việc này không hoàn tác được" in page
        assert "Người nộp không có tài khoản" in page
        dossier.refresh_from_db()
        assert dossier.status == status

    def test_a_second_press_of_the_same_button_says_that_it_is_done(self, as_: As) -> None:
        dossier = standing_at(states.RECEIVED, holder_office=DIVISION)
        browser = as_("khanh")
        seen = mark(shown(browser, dossier))
        assert "Đã bắt đầu giải quyết." in does(browser, dossier, "process", mark=seen)
        assert "Việc này đã được ghi nhận ở lần bấm trước." in does(browser, dossier, "process", mark=seen)
        assert dossier.steps.filter(move="process").count() == 1

    def test_a_second_press_asks_for_papers_once(self, as_: As) -> None:
        dossier = standing_at(states.RECEIVED)
        browser = as_("lan")
        said = {
            "other-0": "Giấy chứng sinh",
            "reason": "Thiếu",
            "mark": mark(form_of(browser, dossier, "ask_supplement")),
        }
        does(browser, dossier, "ask_supplement", **said)
        assert "đã được ghi nhận ở lần bấm trước" in does(browser, dossier, "ask_supplement", **said)
        assert Supplement.objects.count() == 1

    def test_a_page_that_is_out_of_date_does_nothing_and_loses_no_word(
        self, as_: As, specialist: User
    ) -> None:
        dossier = standing_at(states.RECEIVED, holder_office=DIVISION)
        browser = as_("bao")
        seen = mark(form_of(browser, dossier, "stop"))
        go(dossier=dossier, move="process", by=specialist, now=timezone.now())
        page = does(browser, dossier, "stop", mark=seen, reason="Người nộp vắng mặt", confirmed="1")

        assert "Hồ sơ đã thay đổi sau khi ông/bà mở trang này" in page
        assert "Người nộp vắng mặt</textarea>" in page
        assert mark(page) != seen
        dossier.refresh_from_db()
        assert dossier.status == states.PROCESSING

    def test_a_page_with_a_holder_of_endless_digits_is_read_as_one_without(self, as_: As) -> None:
        dossier = standing_at(states.RECEIVED, holder_office=DIVISION)
        browser = as_("khanh")
        seen = mark(shown(browser, dossier)).rpartition("-")[0] + "-" + "9" * 5000

        assert "Đã bắt đầu giải quyết." in does(browser, dossier, "process", mark=seen)

    def test_what_changed_before_the_second_look_is_told_after_it(self, as_: As, specialist: User) -> None:
        dossier = standing_at(states.RECEIVED, holder_office=DIVISION)
        browser, said = as_("bao"), {"reason": "Người nộp vắng mặt"}
        seen = mark(form_of(browser, dossier, "stop"))
        go(dossier=dossier, move="process", by=specialist, now=timezone.now())

        again = does(browser, dossier, "stop", **said, mark=seen)
        page = does(browser, dossier, "stop", **said, mark=mark(again), confirmed="1")

        assert "Hồ sơ đã thay đổi sau khi ông/bà mở trang này" in page
        dossier.refresh_from_db()
        assert dossier.status == states.PROCESSING
        does(browser, dossier, "stop", **said, mark=mark(page), confirmed="1")
        dossier.refresh_from_db()
        assert dossier.status == states.STOPPED

    @pytest.mark.parametrize("code", ["assign", "release", "hand_over"])
    def test_who_holds_a_dossier_meanwhile_is_told_before_it_is_taken_from_them(
        self, as_: As, specialist: User, code: str
    ) -> None:
        first = User.objects.create_user("tam", role="specialist", office=place(), full_name="Đỗ Thị Tám")
        holder = None if code == "assign" else specialist
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION, holder=holder)
        browser = as_("bao")
        said = {
            "assign": {"person": specialist.pk},
            "release": {},
            "hand_over": {"receiver": dossier.office_id},
        }[code]
        seen = mark(shown(browser, dossier) if code == "release" else form_of(browser, dossier, code))
        Dossier.objects.filter(pk=dossier.pk).update(holder=first)

        page = does(browser, dossier, code, mark=seen, **said)

        assert "hồ sơ đã do Đỗ Thị Tám thụ lý" in page
        dossier.refresh_from_db()
        assert (dossier.holder, dossier.hand_overs.count()) == (first, 0)
        does(browser, dossier, code, mark=mark(page), **said)
        dossier.refresh_from_db()
        assert dossier.holder != first or dossier.hand_overs.exists()

    def test_who_assigns_twice_is_told_of_nobody_else(self, as_: As, specialist: User) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        browser = as_("bao")
        said = {"person": specialist.pk, "mark": mark(form_of(browser, dossier, "assign"))}
        does(browser, dossier, "assign", **said)
        assert "Đã phân công người thụ lý." in does(browser, dossier, "assign", **said)

    def test_a_step_that_is_not_open_any_more_leads_to_the_page_as_it_is(
        self, as_: As, specialist: User
    ) -> None:
        dossier = standing_at(states.RECEIVED, holder_office=DIVISION)
        seen = mark(form_of(as_("lan"), dossier, "withdraw"))
        go(dossier=dossier, move="process", by=specialist, now=timezone.now())
        go(dossier=dossier, move="stop", by=User.objects.get(login="bao"), now=timezone.now(), reason="Hết")
        page = does(as_("lan"), dossier, "withdraw", mark=seen, reason="Người nộp đề nghị", confirmed="1")

        assert "Hồ sơ đã thay đổi" in page
        assert "Dừng xử lý" in page


class TestForms:
    """What a step asks for."""

    def test_papers_are_chosen_from_the_list_and_written_in_lines(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING)
        first = str(dossier.revision.content["documents"][0]["name"])
        page = form_of(as_("lan"), dossier, "ask_supplement")
        assert first in page
        said = {
            "listed-0": "on",
            "listed-note-0": "Bản rõ hơn",
            "other-1": "Giấy xác nhận",
            "reason": "Tờ khai mờ",
            "lines": "2",
        }
        more = does(as_("lan"), dossier, "ask_supplement", **said, more="1")
        assert 'name="other-4"' in more
        assert 'value="Giấy xác nhận"' in more
        assert "Vui lòng xem lại" not in more
        assert not Supplement.objects.exists()

        does(as_("lan"), dossier, "ask_supplement", **said)
        assert Supplement.objects.get().documents == [
            {"name": first, "note": "Bản rõ hơn"},
            {"name": "Giấy xác nhận", "note": ""},
        ]
        page = shown(as_("lan"), dossier)
        assert f"{first}: Bản rõ hơn" in page

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"reason": "Thiếu"}, "ít nhất một giấy tờ"),
            ({"reason": "", "other-0": "Giấy A"}, "Vui lòng điền mục “Lý do”"),
            ({"reason": "Thiếu", "listed-note-0": "Bản rõ hơn"}, "chưa chọn giấy tờ này"),
            ({"reason": "Thiếu", "other-note-0": "Bản rõ hơn"}, "chưa điền tên giấy tờ"),
            ({"reason": "Thiếu", "lines": "999999"}, "ít nhất một giấy tờ"),
        ],
    )
    def test_a_request_for_papers_that_is_not_whole_is_sent_back(
        self, as_: As, said: dict[str, str], told: str
    ) -> None:
        dossier = standing_at(states.PROCESSING)
        page = does(as_("lan"), dossier, "ask_supplement", **said)
        assert told in page
        assert all(text in page for text in said.values() if text != "999999")
        assert not Supplement.objects.exists()

    @pytest.mark.parametrize("amount", ["", "0", "-5", "năm nghìn", "1.5", "99999999999", "1e9", "50.00"])
    def test_a_fee_is_a_sum_of_money(self, as_: As, amount: str) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        page = does(as_("khanh"), dossier, "ask_fee", amount=amount, reason="Phí bản sao")
        assert "Vui lòng xem lại các mục sau" in page
        assert "Phí bản sao</textarea>" in page
        assert not Fee.objects.exists()

    def test_a_fee_with_a_dot_between_its_thousands_is_meant_so(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        does(as_("khanh"), dossier, "ask_fee", amount="50.000", reason="Phí bản sao")
        assert Fee.objects.get().amount == 50_000

    def test_no_second_later_fee_is_asked_while_one_is_owed_again(
        self, as_: As, specialist: User, cashier: User
    ) -> None:
        dossier, now = standing_at(states.PROCESSING, holder_office=DIVISION), timezone.now()
        fee = ask_fee(dossier=dossier, amount=8000, reason="Phí bản sao", by=specialist, now=now)
        receipt = take_cash(fee_pk=fee.pk, by=cashier, now=now)
        void(receipt_pk=receipt.pk, reason="Nhầm", by=cashier, now=now)
        page = does(as_("khanh"), dossier, "ask_fee", amount="5000", reason="Phí trích lục")
        assert "Vui lòng thu hoặc miễn khoản đó trước" in page
        assert "Phí trích lục</textarea>" in page
        assert dossier.fees.get() == fee

    def test_the_cashier_sees_the_sum_and_takes_it(self, as_: As, specialist: User, cashier: User) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        ask_fee(dossier=dossier, amount=8000, reason="Phí bản sao", by=specialist, now=timezone.now())
        assert "8.000 đ" in shown(as_("nga"), dossier)
        does(as_("nga"), dossier, "take_fee")
        fee = Fee.objects.get()
        assert (fee.settled_by, fee.cancelled_at) == (cashier, None)
        dossier.refresh_from_db()
        assert (dossier.status, dossier.paused_at) == (states.PROCESSING, None)

    def test_the_leader_apologizes_once_for_a_later_day(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        later = dossier.due_at + timedelta(days=14)
        while (new := closes_on(dossier, later.date())) is None:
            later += timedelta(days=1)
        said = {"new_due_on": f"{later:%d/%m/%Y}", "reason": "Chờ xác minh"}
        assert reverse("act", args=[dossier.pk, "extend"]) not in shown(as_("lan"), dossier)
        for wrong in ("", "31/02/2027", "hôm sau", f"{dossier.due_at:%d/%m/%Y}", "01/01/2027"):
            page = does(as_("bao"), dossier, "extend", **said | {"new_due_on": wrong}, confirmed="1")
            assert "Chờ xác minh</textarea>" in page, wrong
        assert "Việc này không hoàn tác được" in does(as_("bao"), dossier, "extend", **said)
        assert not Extension.objects.exists()
        does(as_("bao"), dossier, "extend", **said, confirmed="1")
        assert Extension.objects.get().new_due_at == new
        again = does(as_("bao"), dossier, "extend", **said, confirmed="1")
        assert "Việc này đã được ghi nhận ở lần bấm trước" in again
        assert reverse("act", args=[dossier.pk, "extend"]) not in shown(as_("bao"), dossier)
        for login in ("lan", "khanh", "oanh"):
            answer = as_(login).post(reverse("act", args=[dossier.pk, "extend"]), said)
            assert answer.status_code == 403, login

    def test_a_late_dossier_gets_no_second_look_at_a_day_that_is_over(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        dossier.due_at = timezone.now() - timedelta(days=60)
        dossier.save(update_fields=["due_at"])
        over = dossier.due_at + timedelta(days=14)
        while closes_on(dossier, over.date()) is None:
            over += timedelta(days=1)
        page = does(as_("bao"), dossier, "extend", new_due_on=f"{over:%d/%m/%Y}", reason="Chờ xác minh")
        assert "Ngày hẹn mới phải sau ngày hẹn cũ và sau hôm nay" in page
        assert "Việc này không hoàn tác được" not in page

    def test_nobody_takes_a_result_at_the_desk_without_a_name(self, as_: As) -> None:
        dossier = standing_at(states.FINISHED)
        for said in ({"how": "desk"}, {"how": "postal", "has_authority": "on"}):
            page = does(as_("ket"), dossier, "hand_out", collected_by=" ", confirmed="1", **said)
            assert "Vui lòng điền họ và tên người nhận" in page
        does(
            as_("ket"),
            dossier,
            "hand_out",
            how="desk",
            collected_by="Trần Thị Bình",
            has_authority="on",
            confirmed="1",
        )
        page = shown(as_("ket"), dossier)
        assert "Trần Thị Bình (nhận thay, có giấy ủy quyền)" in page

    def test_what_goes_out_by_post_needs_no_name(self, as_: As) -> None:
        page = does(as_("ket"), standing_at(states.FINISHED), "hand_out", how="postal", confirmed="1")
        assert "Đã trả kết quả." in page


class TestResultFiles:
    """Files of the result: added by who deals with it, seen by the citizen once the result stands."""

    def adds(self, client: Client, dossier: Dossier, *files: SimpleUploadedFile) -> HttpResponse:
        """Upload files of the result."""
        return client.post(reverse("result_papers", args=[dossier.pk]), {"files": list(files)}, follow=True)

    def test_the_citizen_opens_it_only_once_the_result_stands(
        self, as_: As, an_client: Client, citizen_an: Citizen
    ) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION, citizen=citizen_an)
        assert "Đã lưu tệp kết quả" in _text(self.adds(as_("khanh"), dossier, pdf("giay-khai-sinh.pdf")))
        paper = Paper.objects.get(dossier=dossier)
        address = reverse("paper", args=[dossier.pk, paper.pk])
        assert paper.kind == Paper.Kind.RESULT
        assert not opens(an_client, address)
        assert "giay-khai-sinh" not in _text(an_client.get(reverse("dossier", args=[dossier.pk])))
        assert opens(as_("bao"), address)
        assert opens(as_("lan"), address)
        assert not opens(as_("mo"), address)

        does(as_("bao"), dossier, "finish", is_granted="yes", summary="Số 1")
        assert opens(an_client, address)
        does(as_("bao"), dossier, "reopen", reason="Sai tên mẹ")
        assert not opens(an_client, address)

    def test_a_file_is_removed_until_the_result_stands_and_not_after(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        self.adds(as_("khanh"), dossier, pdf("a.pdf"), pdf("b.pdf"))
        first, second = Paper.objects.filter(dossier=dossier)
        as_("bao").post(reverse("remove_result_paper", args=[dossier.pk, first.pk]))
        assert [paper.pk for paper in dossier.papers.all()] == [second.pk]

        does(as_("bao"), dossier, "finish", is_granted="yes", summary="Số 1")
        page = _text(
            as_("bao").post(reverse("remove_result_paper", args=[dossier.pk, second.pk]), follow=True)
        )
        assert "Hồ sơ đã thay đổi" in page
        assert "Hồ sơ đã thay đổi" in _text(self.adds(as_("khanh"), dossier, pdf("c.pdf")))
        assert dossier.papers.count() == 1

    def test_a_citizens_paper_is_not_removed_as_a_result(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        given = Paper.objects.create(
            dossier=dossier, file="x.pdf", original_name="to-khai.pdf", media_type="application/pdf",
            size=1, sha256="0" * 64, uploaded_at=timezone.now(),
        )  # fmt: skip
        as_("khanh").post(reverse("remove_result_paper", args=[dossier.pk, given.pk]))
        assert dossier.papers.count() == 1

    @pytest.mark.parametrize("login", ["lan", "nga", "ket", "oanh", "minh", "mo", "quantri"])
    def test_nobody_else_adds_or_removes_one(self, as_: As, login: str) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        self.adds(as_("khanh"), dossier, pdf())
        paper = dossier.papers.get()
        assert self.adds(as_(login), dossier, pdf()).status_code in {403, 404}
        removing = reverse("remove_result_paper", args=[dossier.pk, paper.pk])
        assert as_(login).post(removing).status_code in {403, 404}
        assert dossier.papers.count() == 1

    def test_who_gave_it_away_while_the_file_was_read_is_told(
        self, as_: As, specialist: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        other = place(SECOND_DIVISION)
        receiver = User.objects.create(login="moi", role="specialist", office=other, full_name="Vũ Văn Mới")
        honest = papers.read_paper

        def slowly(upload: UploadedFile[bytes]) -> ReadPaper:
            now = timezone.now()
            hand_overs.hand_over(dossier=dossier, to_office=other, by=specialist, now=now)
            hand_overs.accept(dossier=dossier, by=receiver, now=now)
            return honest(upload)

        monkeypatch.setattr(papers, "read_paper", slowly)
        answer = self.adds(as_("khanh"), dossier, pdf())
        assert answer.status_code == 403
        assert "không còn giữ hồ sơ này" in _text(answer)
        assert not dossier.papers.exists()

    def test_a_file_that_is_none_is_told_and_the_others_are_kept(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        bad = SimpleUploadedFile("virus.exe", b"MZ" + b"0" * 50)
        page = _text(self.adds(as_("khanh"), dossier, pdf("tot.pdf"), bad))
        assert "virus.exe: Tệp không phải PDF" in page
        assert "tot.pdf" in page
        assert "Vui lòng chọn tệp" in _text(self.adds(as_("khanh"), dossier))

    def test_who_is_about_to_decide_is_told_that_the_files_changed(self, as_: As) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        seen = mark(form_of(as_("bao"), dossier, "finish"))
        self.adds(as_("khanh"), dossier, pdf("moi.pdf"))
        page = does(as_("bao"), dossier, "finish", is_granted="yes", summary="Số 1", mark=seen)
        assert "Hồ sơ đã thay đổi" in page
        assert "moi.pdf" in page
        assert "Số 1</textarea>" in page


class TestThePage:
    """What stands on it."""

    def full(self, specialist: User, officer: User) -> Dossier:
        """Return a dossier to which everything happened that leaves a trace."""
        dossier = received(officer, by_hand_reason="rejected")
        now = timezone.now()
        DossierOwner.objects.create(
            dossier=dossier, relation="parent", full_name="Nguyễn Hân", without_number="newborn"
        )
        hand_overs.hand_over(dossier=dossier, to_office=place(), note="Gấp", by=officer, now=now)
        hand_overs.accept(dossier=dossier, by=specialist, now=now)
        ask_fee(dossier=dossier, amount=8000, reason="Phí bản sao", by=specialist, now=now)
        dossier.refresh_from_db()
        Extension.objects.create(
            dossier=dossier, old_due_at=dossier.due_at, new_due_at=dossier.due_at.replace(year=2027),
            reason="Xin lỗi", made_at=now, made_by=specialist,
        )  # fmt: skip
        hand_overs.hand_over(dossier=dossier, to_office=place(UNIT), note="Trình ký", by=specialist, now=now)
        return dossier

    def test_everything_that_happened_is_told(self, as_: As, specialist: User, officer: User) -> None:
        dossier = self.full(specialist, officer)
        for login in ("lan", "khanh", "bao", "nga"):
            page = shown(as_(login), dossier)
            for said in ("Nguyễn Hân", "Trẻ mới sinh", "8.000 đ", "Phí bản sao", "Gấp", "Trình ký", "2027",
                         officer.full_name, specialist.full_name, "Yêu cầu thực hiện nghĩa vụ tài chính"):  # fmt: skip
                assert said in page, said

    @pytest.mark.parametrize("login", ["lan", "khanh", "bao", "nga", "oanh"])
    def test_no_page_needs_more_than_eight_questions(
        self,
        as_: As,
        specialist: User,
        officer: User,
        login: str,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        dossier = self.full(specialist, officer)
        browser = as_(login)
        pages = [reverse("desk_dossier", args=[dossier.pk])]
        for status in (states.RECEIVED, states.PROCESSING, states.FINISHED):
            Dossier.objects.filter(pk=dossier.pk).update(status=status, finished_at=timezone.now())
            for code in ("hand_over", "assign", "ask_supplement", "ask_fee", "finish", "hand_out"):
                pages = [pages[0], reverse("act", args=[dossier.pk, code])]
                for address in pages:
                    browser.get(address)
                    with django_assert_max_num_queries(8):
                        browser.get(address)

    def test_the_likeliest_step_is_the_main_button(self, as_: As) -> None:
        likeliest = {
            (states.SUBMITTED, "lan"): "Tiếp nhận hồ sơ trực tuyến",
            (states.RECEIVED, "lan"): "Chuyển xử lý",
            (states.SUPPLEMENT, "lan"): "Tiếp nhận giấy tờ bổ sung",
            (states.FEE, "nga"): "Ghi nhận đã thu phí, lệ phí",
            (states.FINISHED, "ket"): "Trả kết quả",
        }
        page = shown(as_("lan"), standing_at(states.RECEIVED))
        assert re.search(r'<a class="button primary" href="[^"]+/viec/hand_over/">', page)
        assert re.search(r'<form method="post" action="[^"]+/viec/claim/"', page)
        for (status, login), label in likeliest.items():
            main = re.findall(r'class="button primary"[^>]*>([^<]+)<', shown(as_(login), standing_at(status)))
            assert main == [label]
        in_division = {
            (states.PROCESSING, "khanh"): "Chuyển xử lý",
            (states.PROCESSING, "bao"): "Ghi nhận kết quả",
        }
        for (status, login), label in in_division.items():
            page = shown(as_(login), standing_at(status, holder_office=DIVISION))
            assert re.findall(r'class="button primary"[^>]*>([^<]+)<', page) == [label]

    def test_only_the_desk_where_people_show_their_papers_notes_that_it_saw_them(self, as_: As) -> None:
        dossier = standing_at(
            states.PROCESSING, holder_office=DIVISION, by_hand_reason="rejected", is_decision_barred=True
        )
        address = reverse("confirm_originals", args=[dossier.pk])
        assert address in shown(as_("lan"), dossier)
        for login in ("khanh", "bao", "nga", "ket"):
            assert address not in shown(as_(login), dossier)
            assert as_(login).post(address).status_code == 403
        dossier.refresh_from_db()
        assert dossier.is_decision_barred
