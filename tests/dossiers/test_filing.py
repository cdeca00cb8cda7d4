"""Filing online: from the account to the code; every answer of the register, and every way back."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen
from motcua.audit.models import AuditEvent
from motcua.dossiers import filing, service
from motcua.dossiers.models import Dossier
from motcua.identity.birth import BirthDate
from motcua.identity.claims import CitizenRecord
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, RegisterError, Trouble
from motcua.procedures.models import Offer, Procedure
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.dossiers.filing import (
    BIRTH_REGISTRATION,
    CONTACT,
    address,
    agree,
    begin,
    delete_forgotten_files,
    draft_of,
    file_it,
    filed,
    give_papers,
    pdf,
    required,
)
from tests.people import FIRST_OFFICE, cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]


def test_a_citizen_files_from_the_account_to_the_code(an_client: Client, citizen_an: Citizen) -> None:
    dossier = begin(an_client)
    first = an_client.get(address(dossier, "nguoi-nop/")).content.decode()
    assert cast.an.full_name in first
    assert "07/03/1985" in first
    assert "999******001" in first
    assert cast.an.number not in first
    assert "Đồng ý và tiếp tục" in first

    assert agree(an_client, dossier).headers["Location"] == address(dossier, "giay-to/")
    assert "Xác thực thành công" in an_client.get(address(dossier, "giay-to/")).content.decode()
    assert give_papers(an_client, dossier).headers["Location"] == address(dossier, "xem-lai/")
    review = an_client.get(address(dossier, "xem-lai/")).content.decode()
    assert "to-khai.pdf" in review
    assert "Tôi xin cam đoan" in review
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "hoan-tat/")

    dossier.refresh_from_db()
    assert dossier.status == Dossier.Status.SUBMITTED
    assert dossier.code == f"{FIRST_OFFICE}-{timezone.localdate():%y%m%d}-0001"
    assert dossier.code in an_client.get(address(dossier, "hoan-tat/")).content.decode()
    assert dossier.applicant_number == cast.an.number
    assert dossier.is_identity_verified
    assert dossier.phone == "0912345678"
    assert AuditEvent.objects.filter(name="dossier.submitted", subject=dossier.code).count() == 1
    assert dossier.code in citizen_an.user.notices.get().text


def test_the_question_says_why_it_is_asked(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)

    check = IdentityCheck.objects.get()
    assert (check.touch_point, check.asked_by, check.procedure_code, check.dossier_id) == (
        "filing",
        citizen_an.user,
        BIRTH_REGISTRATION,
        dossier.pk,
    )


UNANSWERED, REJECTED = "Thông tin đã được giữ lại.", "Xác thực thất bại"
NOT_ALLOWED = "Cổng chưa được phép kiểm tra danh tính cho thủ tục này"
ANSWERS: dict[str, tuple[CitizenRecord | RegisterError, str]] = {
    "no answer in time": (CouldNotAsk(Trouble.TIMEOUT), UNANSWERED),
    "no connection": (CouldNotAsk(Trouble.CONNECTION), UNANSWERED),
    "a server's fault": (CouldNotAsk(Trouble.SERVER_ERROR), UNANSWERED),
    "a busy register": (CouldNotAsk(Trouble.BUSY, retry_after=30), UNANSWERED),
    "an unreadable reply": (CouldNotAsk(Trouble.UNREADABLE), UNANSWERED),
    "two citizens": (CouldNotAsk(Trouble.TWO_CITIZENS), UNANSWERED),
    "the wrong encoding": (CouldNotAsk(Trouble.ENCODING), UNANSWERED),
    "another person's record": (cast.an2.record, UNANSWERED),
    "the officer is barred": (NotPermitted(Barred.OFFICER), NOT_ALLOWED),
    "the procedure is barred": (NotPermitted(Barred.PROCEDURE), NOT_ALLOWED),
    "the client is barred": (NotPermitted(Barred.CLIENT), NOT_ALLOWED),
    "another name": (replace(cast.an.record, full_name="Nguyễn Văn Anh"), REJECTED),
    "other accents": (replace(cast.an.record, full_name="Nguyễn Vân An"), REJECTED),
    "another birth date": (replace(cast.an.record, birth_date=BirthDate(1985, 3, 8)), REJECTED),
    "a death": (replace(cast.an.record, is_deceased=True), REJECTED),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_without_a_yes_there_is_no_way_on_and_nothing_is_lost(
    an_client: Client, register: ToldRegister, case: str
) -> None:
    answer, text = ANSWERS[case]
    register.says(cast.an, answer)
    dossier = begin(an_client)

    response = agree(an_client, dossier)
    page = response.content.decode()

    assert response.status_code == 200
    words = (UNANSWERED, REJECTED, NOT_ALLOWED, "Xác thực thành công")
    assert [word for word in words if word in page] == [text]
    assert ("Thử lại" in page) == (text == UNANSWERED)
    assert CONTACT["address"] in page
    dossier.refresh_from_db()
    assert (dossier.is_draft, dossier.identity_check) == (True, None)
    assert dossier.current_residence == CONTACT["address"]
    assert an_client.get(address(dossier, "giay-to/")).headers["Location"] == address(dossier, "nguoi-nop/")
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")


REASONS = [case for case, (_, text) in ANSWERS.items() if text == REJECTED]


def test_what_a_rejected_citizen_reads_does_not_tell_which_part_was_wrong(
    an_client: Client, register: ToldRegister
) -> None:
    dossier, pages = begin(an_client), set()

    for case in REASONS:
        register.says(cast.an, ANSWERS[case][0])
        page = agree(an_client, dossier).content.decode()
        pages.add(re.sub(r'name="(csrfmiddlewaretoken|press_key)" value="[^"]+"', "", page))
        IdentityCheck.objects.all().delete()  # each is the first try

    assert len(REASONS) > 2
    assert len({re.sub(r"lưu lúc [0-9:/ ]+", "", page) for page in pages}) == 1


def test_after_an_outage_the_same_draft_goes_on(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client)
    register.is_down(Trouble.FAULT)
    agree(an_client, dossier)
    register.is_up()

    assert agree(an_client, dossier).headers["Location"] == address(dossier, "giay-to/")
    assert Dossier.objects.count() == 1


def test_a_press_sent_again_after_its_process_died_is_told_as_not_checked(
    an_client: Client, register: ToldRegister
) -> None:
    dossier, press = begin(an_client), {"press_key": str(uuid.uuid4())}

    def die() -> None:
        raise SystemExit

    register.before_answer = die
    with pytest.raises(SystemExit):
        agree(an_client, dossier, **press)
    register.before_answer = None
    IdentityCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=1))

    page = agree(an_client, dossier, **press).content.decode()

    assert UNANSWERED in page
    assert "Thử lại" in page
    assert "Chưa kiểm tra được: Thông tin người nộp hồ sơ" in page
    assert agree(an_client, dossier).headers["Location"] == address(dossier, "giay-to/")


def test_a_wrong_name_in_the_account_is_a_warning_with_the_way_to_mend_it(
    binh_client: Client, citizen_binh: Citizen
) -> None:
    dossier = begin(binh_client)

    page = agree(binh_client, dossier)
    text = page.content.decode()

    assert page.status_code == 200
    assert "Xác thực thất bại" in text
    assert f"/ca-nhan/chinh-sua/?next={address(dossier, 'nguoi-nop/')}" in text
    assert "1.012564" in text
    assert "Thử lại" not in text
    for step in ("giay-to/", "xem-lai/"):
        assert binh_client.get(address(dossier, step)).headers["Location"] == address(dossier, "nguoi-nop/")
    assert file_it(binh_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")
    dossier.refresh_from_db()
    assert dossier.is_draft


def test_after_the_profile_is_mended_the_same_draft_is_verified(
    binh_client: Client, citizen_binh: Citizen
) -> None:
    dossier = begin(binh_client)
    agree(binh_client, dossier)
    citizen_binh.full_name = cast.binh.full_name
    citizen_binh.save()

    assert cast.binh.full_name in binh_client.get(address(dossier, "nguoi-nop/")).content.decode()
    assert agree(binh_client, dossier).headers["Location"] == address(dossier, "giay-to/")
    dossier.refresh_from_db()
    assert dossier.applicant_name == cast.binh.full_name


@pytest.mark.parametrize("step", ["giay-to/", "xem-lai/"])
def test_a_profile_changed_after_the_check_sends_back_to_the_first_step(
    an_client: Client, citizen_an: Citizen, step: str
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    citizen_an.full_name = "Nguyễn Văn Anh"
    citizen_an.save()

    response = an_client.get(address(dossier, step), follow=True)

    assert response.redirect_chain == [(address(dossier, "nguoi-nop/"), 302)]
    assert "Thông tin cá nhân đã thay đổi" in response.content.decode()
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")
    dossier.refresh_from_db()
    assert dossier.is_draft


def test_a_telephone_changed_in_the_profile_changes_nothing(an_client: Client, citizen_an: Citizen) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    citizen_an.phone = "0987654321"
    citizen_an.save()

    assert an_client.get(address(dossier, "giay-to/")).status_code == 200


def test_a_telephone_added_to_the_profile_fills_what_the_draft_lacks(
    an_client: Client, citizen_an: Citizen
) -> None:
    citizen_an.phone = ""
    citizen_an.save()
    dossier = begin(an_client)
    citizen_an.phone = "0987654321"
    citizen_an.save()

    assert 'value="0987654321"' in an_client.get(address(dossier, "nguoi-nop/")).content.decode()


def test_a_verified_check_is_not_asked_again_for_a_day(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    agree(an_client, dossier, phone="0987654321")

    assert register.asked == 1
    dossier.refresh_from_db()
    assert dossier.phone == "0987654321"


def test_after_a_day_the_register_is_asked_again(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    IdentityCheck.objects.update(answered_at=timezone.now() - timedelta(hours=25))

    response = an_client.get(address(dossier, "giay-to/"), follow=True)
    assert "quá 24 giờ" in response.content.decode()
    agree(an_client, dossier)

    assert register.asked == 2


def test_the_check_of_one_draft_does_not_carry_another(an_client: Client, register: ToldRegister) -> None:
    first, second = begin(an_client), begin(an_client, "1.000656")
    agree(an_client, first)

    assert an_client.get(address(second, "giay-to/")).headers["Location"] == address(second, "nguoi-nop/")


@pytest.mark.parametrize("consent", ["", "false", "2020-01"])
def test_without_agreeing_to_the_present_text_nobody_is_asked(
    an_client: Client, register: ToldRegister, consent: str
) -> None:
    page = agree(an_client, begin(an_client), consent=consent)

    assert page.status_code == 200
    assert "Vui lòng đọc phần đồng ý" in page.content.decode()
    assert register.asked == 0


def test_a_missing_telephone_is_told_and_nobody_is_asked(an_client: Client, register: ToldRegister) -> None:
    page = agree(an_client, begin(an_client), phone="").content.decode()

    assert "Vui lòng nhập số điện thoại." in page
    assert CONTACT["address"] in page
    assert register.asked == 0


def test_too_many_wrong_tries_are_told_with_the_time(binh_client: Client, register: ToldRegister) -> None:
    dossier = begin(binh_client)
    for _ in range(5):
        assert agree(binh_client, dossier).status_code == 200

    page = agree(binh_client, dossier)

    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Tạm dừng kiểm tra" in page.content.decode()
    assert CONTACT["address"] in page.content.decode()
    assert register.asked == 5


def test_a_second_press_files_nothing_more(an_client: Client) -> None:
    dossier = filed(an_client)

    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "hoan-tat/")
    assert an_client.post(address(dossier, "xem-lai/")).headers["Location"] == address(dossier, "hoan-tat/")

    again = Dossier.objects.get()
    assert again.code == dossier.code
    assert AuditEvent.objects.filter(name="dossier.submitted").count() == 1


def test_without_the_oath_nothing_is_filed(an_client: Client) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)

    page = an_client.post(address(dossier, "xem-lai/"))

    assert "Vui lòng đọc và đánh dấu lời cam đoan" in page.content.decode()
    dossier.refresh_from_db()
    assert dossier.is_draft


def test_a_missing_required_paper_is_named(an_client: Client) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)

    page = an_client.post(address(dossier, "giay-to/"), {"go_on": "1"}).content.decode()
    review = an_client.get(address(dossier, "xem-lai/"), follow=True)

    for document in required(dossier):
        assert f"Chưa có giấy tờ bắt buộc: {document.name}" in page
        assert document.name in review.content.decode()
    assert review.redirect_chain == [(address(dossier, "giay-to/"), 302)]
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "giay-to/")
    dossier.refresh_from_db()
    assert dossier.is_draft


def test_beginning_the_same_procedure_again_goes_on_with_the_draft(
    an_client: Client, citizen_an: Citizen
) -> None:
    first = begin(an_client)
    agree(an_client, first, address="Thôn Mẫu Đông")

    assert begin(an_client) == first
    assert "Thôn Mẫu Đông" in an_client.get(address(first, "nguoi-nop/")).content.decode()
    assert draft_of(citizen_an) == first


def test_a_procedure_of_the_desk_alone_cannot_be_begun(an_client: Client) -> None:
    response = an_client.post("/ho-so/bat-dau/2.000815/", {"office": FIRST_OFFICE})

    assert response.headers["Location"] == "/thu-tuc/2.000815/"
    assert not Dossier.objects.exists()


def test_beginning_needs_an_office_that_exists(an_client: Client) -> None:
    response = an_client.post(f"/ho-so/bat-dau/{BIRTH_REGISTRATION}/", {"office": "H99"}, follow=True)

    assert "Vui lòng chọn cơ quan tiếp nhận." in response.content.decode()
    assert not Dossier.objects.exists()


def test_who_is_not_logged_in_comes_back_to_the_procedure(client: Client, people: None) -> None:
    response = client.post(f"/ho-so/bat-dau/{BIRTH_REGISTRATION}/", {"office": FIRST_OFFICE})

    assert response.headers["Location"] == f"/dang-nhap/?next=/thu-tuc/{BIRTH_REGISTRATION}/"


def test_a_filed_dossier_cannot_be_changed(an_client: Client) -> None:
    dossier = filed(an_client)
    paper = dossier.papers.first()

    assert agree(an_client, dossier, phone="0987654321").headers["Location"] == address(dossier)
    an_client.post(address(dossier, "giay-to/"), {"other": pdf("them.pdf")})
    an_client.post(address(dossier, f"giay-to/{paper.pk}/xoa/"))
    for press in (an_client.get, an_client.post):
        assert press(address(dossier, "xoa/")).headers["Location"] == address(dossier)

    dossier.refresh_from_db()
    assert dossier.phone == "0912345678"
    assert dossier.papers.count() == 2


def test_a_filed_dossier_outlives_later_changes_of_the_profile(
    an_client: Client, citizen_an: Citizen
) -> None:
    dossier = filed(an_client)
    citizen_an.full_name = "Nguyễn Văn Anh"
    citizen_an.save()

    page = an_client.get(address(dossier)).content.decode()

    assert cast.an.full_name in page
    assert "Mới đăng ký" in page


@pytest.mark.parametrize("step", ["", "nguoi-nop/", "giay-to/", "xem-lai/", "hoan-tat/"])
def test_another_citizens_dossier_is_as_absent_as_one_that_never_was(
    an_client: Client, binh_client: Client, step: str
) -> None:
    dossier = filed(an_client)
    missing = f"/ho-so/00000000-0000-4000-8000-000000000000/{step}"

    another, never = binh_client.get(address(dossier, step)), binh_client.get(missing)

    assert (another.status_code, another.content) == (404, never.content)
    assert never.status_code == 404
    assert binh_client.post(address(dossier, step)).status_code in {404, 405}


@pytest.mark.parametrize("step", ["xoa/", "giay-to/{paper}/xoa/"])
def test_another_citizens_draft_cannot_be_touched(an_client: Client, binh_client: Client, step: str) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    step = step.format(paper=dossier.papers.first().pk)

    assert binh_client.post(address(dossier, step)).status_code == 404
    assert dossier.papers.count() == 2


def test_an_officer_is_told_that_filing_is_for_citizens(officer_client: Client) -> None:
    assert officer_client.get("/ho-so/").status_code == 403


def test_a_forged_press_is_refused(an_client: Client, citizen_an: Citizen, register: ToldRegister) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(citizen_an.user)

    for step in ("nguoi-nop/", "giay-to/", "xem-lai/", "xoa/"):
        assert strict.post(address(dossier, step), {**CONTACT, "oath": "on"}).status_code == 403
    assert register.asked == 1


def test_pages_of_filing_are_kept_by_no_browser(an_client: Client) -> None:
    response = an_client.get(address(begin(an_client), "nguoi-nop/"))

    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_old_drafts_are_deleted_with_their_files_and_others_stay(
    an_client: Client, paper_folder: Path
) -> None:
    kept, dossier = filed(an_client), begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    now = timezone.now()

    assert service.delete_old_drafts(now=now + timedelta(days=29)) == 0
    assert service.delete_old_drafts(now=now + timedelta(days=31)) == 1
    assert list(Dossier.objects.all()) == [kept]
    delete_forgotten_files(after=timedelta(days=31))
    stored = {path for path in paper_folder.rglob("*") if path.is_file()}
    assert stored == {Path(paper.file.path) for paper in kept.papers.all()}


def test_own_drafts_can_be_deleted(an_client: Client) -> None:
    dossier = begin(an_client)

    assert (
        f'<a class="button quiet" href="{address(dossier, "xoa/")}"'
        in an_client.get("/ho-so/").content.decode()
    )
    asked = an_client.get(address(dossier, "xoa/")).content.decode()
    assert "không khôi phục được" in asked
    assert Dossier.objects.exists()
    assert an_client.post(address(dossier, "xoa/")).headers["Location"] == "/ho-so/"
    assert not Dossier.objects.exists()


def test_a_draft_whose_delete_button_was_pressed_twice_at_a_time_is_deleted(
    an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = begin(an_client)
    lock = filing.locked_draft

    def lock_late(pk: UUID) -> Dossier:
        Dossier.objects.filter(pk=pk).delete()
        return lock(pk)

    monkeypatch.setattr(filing, "locked_draft", lock_late)

    assert an_client.post(address(dossier, "xoa/")).headers["Location"] == "/ho-so/"


def test_who_files_a_draft_that_is_deleted_at_that_moment_reads_so(
    an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    honest = service.choose_collecting

    def late(**given: object) -> None:
        an_client.post(address(dossier, "xoa/"))
        honest(**given)

    monkeypatch.setattr(service, "choose_collecting", late)
    assert file_it(an_client, dossier).headers["Location"] == "/ho-so/"
    assert "bản nháp này đã được xóa ở một trang khác" in an_client.get("/ho-so/").content.decode()


def test_own_dossiers_are_listed_and_nobody_elses(an_client: Client, binh_client: Client) -> None:
    dossier = filed(an_client)
    begin(an_client, "1.000656")

    page = an_client.get("/ho-so/").content.decode()

    assert dossier.code in page
    assert "Bản nháp" in page
    assert "Ông/bà chưa có hồ sơ nào." in binh_client.get("/ho-so/").content.decode()


HOSTILE = ["' OR 1=1--", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", '=HYPERLINK("x")']


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(an_client: Client, text: str) -> None:
    dossier = begin(an_client)
    assert agree(an_client, dossier, address=text).status_code == 302
    give_papers(an_client, dossier)

    page = an_client.get(address(dossier, "xem-lai/")).content.decode()

    dossier.refresh_from_db()
    assert dossier.current_residence == text
    assert "<script>alert" not in page
    assert "49" not in page.split("Nơi ở hiện tại")[1].split("</dd>")[0]


@pytest.mark.parametrize("step", ["nguoi-nop/", "giay-to/", "xem-lai/"])
def test_a_step_costs_no_more_than_eight_queries(
    an_client: Client, step: str, django_assert_max_num_queries: object
) -> None:
    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert an_client.get(address(dossier, step)).status_code == 200


@pytest.mark.parametrize("page", ["/ho-so/", "{dossier}", "{dossier}hoan-tat/", "/tra-cuu/?ma={code}"])
def test_a_page_about_dossiers_costs_no_more_than_eight_queries(
    an_client: Client, page: str, django_assert_max_num_queries: object
) -> None:
    dossier = filed(an_client)
    page = page.format(dossier=address(dossier), code=dossier.code)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert an_client.get(page).status_code == 200


@pytest.mark.parametrize("stopped", ["procedure", "office"])
def test_a_draft_is_not_filed_where_it_is_not_taken_any_more(an_client: Client, stopped: str) -> None:
    draft = begin(an_client)
    agree(an_client, draft)
    give_papers(an_client, draft)
    if stopped == "procedure":
        Procedure.objects.filter(pk=draft.procedure_id).update(is_active=False)
    else:
        Offer.objects.create(office=draft.office, procedure=draft.procedure, takes_online=False)
    assert file_it(an_client, draft).headers["Location"].endswith("/nguoi-nop/")
    draft.refresh_from_db()
    assert draft.is_draft
