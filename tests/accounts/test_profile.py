"""Thông tin cá nhân: seen, corrected, and back to the dossier."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from motcua.accounts import notices, service
from motcua.accounts.models import Citizen, Notice
from motcua.accounts.service import WrongPassword, confirm_password
from motcua.audit.models import AuditEvent
from motcua.identity.birth import BirthDate
from motcua.identity.register import CouldNotAsk, Trouble
from motcua.verification.service import claim_digest
from tests.conftest import ToldRegister
from tests.people import PASSWORD, Person, cast

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
DRAFT = "/ho-so/7a7c1d3e-0000-4000-8000-000000000001/nguoi-nop/"
pytestmark = pytest.mark.django_db


def typed(person: Person, **other: str) -> dict[str, str]:
    """Return the profile's form as the person fills it in."""
    form = {"full_name": person.full_name, "birth_date": person.typed_birth, "number": person.number}
    return {**form, **other}


def test_a_citizen_sees_what_is_kept_with_the_number_masked(an_client: Client) -> None:
    page = an_client.get("/ca-nhan/").content.decode()

    assert "Nguyễn Văn An" in page
    assert "07/03/1985" in page
    assert "999******001" in page
    assert cast.an.number not in page


def test_a_wrong_name_is_corrected_and_one_is_led_back_to_the_draft(
    binh_client: Client, citizen_binh: Citizen, register: ToldRegister
) -> None:
    digest_before = claim_digest(citizen_binh.claim())
    form_page = binh_client.get("/ca-nhan/chinh-sua/", {"next": DRAFT}).content.decode()
    assert "Cập nhật" in form_page
    assert 'value="Trần Thị Bính"' in form_page

    response = binh_client.post(
        "/ca-nhan/chinh-sua/",
        typed(
            cast.binh,
            next=DRAFT,
            phone="+84 912 345 678",
            email="binh@example.vn",
            current_password=PASSWORD,
        ),
        follow=True,
    )

    page = response.content.decode()
    assert f'href="{DRAFT}"' in page
    assert "Quay lại hồ sơ đang nộp" in page
    citizen_binh.refresh_from_db()
    assert citizen_binh.full_name == "Trần Thị Bình"
    assert citizen_binh.user.full_name == "Trần Thị Bình"
    assert (citizen_binh.phone, citizen_binh.user.email) == ("0912345678", "binh@example.vn")
    assert claim_digest(citizen_binh.claim()) != digest_before
    assert register.asked == 0
    event = AuditEvent.objects.get(name="account.profile_changed")
    assert event.details == {"changed": ["full_name", "phone", "email", "address"]}


@pytest.mark.parametrize(
    "away", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)"]
)
def test_the_way_back_leads_nowhere_else(an_client: Client, away: str) -> None:
    for address in ("/ca-nhan/", "/ca-nhan/chinh-sua/"):
        page = an_client.get(address, {"next": away}).content.decode()
        assert escape(away) not in page


def test_a_birth_year_alone_can_be_kept(an_client: Client, citizen_an: Citizen) -> None:
    an_client.post("/ca-nhan/chinh-sua/", typed(cast.an, birth_date="1985", knows_only_year="on"))

    citizen_an.refresh_from_db()
    assert citizen_an.birth_date == BirthDate(1985)


def test_another_number_needs_the_password_and_the_registers_yes(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    form = typed(cast.an, number=cast.an.old_number)

    without = an_client.post("/ca-nhan/chinh-sua/", form).content.decode()
    wrong = an_client.post("/ca-nhan/chinh-sua/", {**form, "current_password": "wrong"}).content.decode()
    assert 'id="id_current_password-error"' in without
    assert 'id="id_current_password-error"' in wrong
    assert register.asked == 0

    response = an_client.post("/ca-nhan/chinh-sua/", {**form, "current_password": PASSWORD})

    assert response.headers["Location"] == "/ca-nhan/"
    citizen_an.refresh_from_db()
    assert citizen_an.number.digits == cast.an.old_number
    assert (
        service.log_in(request=None, word=cast.an.old_number, password=PASSWORD, now=NOW) == citizen_an.user
    )
    assert service.log_in(request=None, word=cast.an.number, password=PASSWORD, now=NOW) is None
    assert an_client.get("/ca-nhan/").status_code == 200


def test_another_e_mail_needs_the_password_for_with_it_one_logs_in(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    before = citizen_an.email
    form = typed(cast.an, email="ke-la@example.vn")

    for wrong in ({}, {"current_password": "wrong"}):
        page = an_client.post("/ca-nhan/chinh-sua/", {**form, **wrong}).content.decode()
        assert 'id="id_current_password-error"' in page
    citizen_an.refresh_from_db()
    assert citizen_an.email == before

    an_client.post("/ca-nhan/chinh-sua/", {**form, "current_password": PASSWORD})

    citizen_an.refresh_from_db()
    assert (citizen_an.email, citizen_an.user.email) == ("ke-la@example.vn", "ke-la@example.vn")
    assert register.asked == 0


def test_an_e_mail_is_had_since_it_was_first_written_down_and_not_since_each_change(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    def written(email: str) -> datetime | None:
        form = typed(cast.an, email=email, current_password=PASSWORD)
        assert an_client.post("/ca-nhan/chinh-sua/", form).status_code == 302
        citizen_an.user.refresh_from_db()
        return citizen_an.user.email_since

    first = written("an@example.vn")
    assert first is not None
    assert written("an@example.vn") == written("An@Example.vn") == first
    assert written("an2@example.vn") > first
    assert written("") is None


def test_a_citizen_takes_another_password_and_every_other_session_ends(citizen_an: Citizen) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD})
    assert 'href="/ca-nhan/mat-khau/"' in here.get("/ca-nhan/").content.decode()
    new = "con meo leo cay"
    typed_in = {"current_password": "wrong", "password": new, "password_again": new}

    assert "Mật khẩu hiện tại chưa đúng" in here.post("/ca-nhan/mat-khau/", typed_in).content.decode()
    weak = {
        **typed_in,
        "current_password": PASSWORD,
        "password": "nguyen1985",
        "password_again": "nguyen1985",
    }
    assert "Đã đổi mật khẩu" not in here.post("/ca-nhan/mat-khau/", weak, follow=True).content.decode()
    right = {**typed_in, "current_password": PASSWORD}
    assert "Đã đổi mật khẩu" in here.post("/ca-nhan/mat-khau/", right, follow=True).content.decode()

    citizen_an.user.refresh_from_db()
    assert citizen_an.user.check_password(new)
    assert here.get("/ca-nhan/").status_code == 200
    assert elsewhere.get("/ca-nhan/").status_code == 302
    assert AuditEvent.objects.get(name="account.password_changed").actor == citizen_an.user


def test_nobody_takes_a_number_that_the_register_does_not_give_them(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    pages = []
    for number in (cast.binh.number, cast.hanh.number):
        form = typed(cast.an, number=number, current_password=PASSWORD, is_sure="on")
        pages.append(an_client.post("/ca-nhan/chinh-sua/", form).content.decode())

    assert all(page.count("Xác thực thất bại") == 1 for page in pages)
    citizen_an.refresh_from_db()
    assert citizen_an.number.digits == cast.an.number


def test_the_owner_of_a_number_that_others_try_to_take_is_told_once(
    an_client: Client, citizen_binh: Citizen, register: ToldRegister, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1}
    form = typed(cast.an, number=cast.binh.number, current_password=PASSWORD, is_sure="on")

    pages = [an_client.post("/ca-nhan/chinh-sua/", form) for _ in range(3)]

    assert [page.status_code for page in pages] == [200, 429, 429]
    assert "nhiều lần nhập sai" in Notice.objects.get(user=citizen_binh.user).text


def test_another_number_is_kept_waiting_while_the_register_gives_no_answer(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    register.trouble = CouldNotAsk(Trouble.TIMEOUT)

    form = typed(cast.an, number=cast.an.old_number, current_password=PASSWORD, phone="0912345678")
    page = an_client.post("/ca-nhan/chinh-sua/", form).content.decode()

    assert "Chưa kiểm tra được" in page
    assert 'value="0912345678"' in page
    citizen_an.refresh_from_db()
    assert (citizen_an.number.digits, citizen_an.phone) == (cast.an.number, "0900000001")


def test_a_number_of_another_account_is_refused_without_saying_why(
    an_client: Client, citizen_an: Citizen, citizen_binh: Citizen, register: ToldRegister
) -> None:
    citizen_binh.number = cast.an2.claim.number
    citizen_binh.save()

    form = typed(cast.an2, current_password=PASSWORD)
    page = an_client.post("/ca-nhan/chinh-sua/", form).content.decode()

    assert "Chưa cập nhật được số này. Vui lòng đến bộ phận một cửa" in page
    citizen_an.refresh_from_db()
    assert citizen_an.number.digits == cast.an.number


def test_wrong_current_passwords_are_counted_too(
    an_client: Client, register: ToldRegister, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_HOUR": 5}
    form = typed(cast.an, number=cast.an.old_number, current_password="wrong")
    for _ in range(5):
        an_client.post("/ca-nhan/chinh-sua/", form)

    response = an_client.post("/ca-nhan/chinh-sua/", {**form, "current_password": PASSWORD})

    assert response.status_code == 429
    assert register.asked == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": cast.an.old_number}, "Để đổi số CCCD/CMND, vui lòng nhập mật khẩu hiện tại"),
        ({"email": "an@example.vn"}, "Để đổi thư điện tử, vui lòng nhập mật khẩu hiện tại"),
    ],
)
def test_what_one_logs_in_with_is_not_changed_without_the_password(
    an_client: Client, citizen_an: Citizen, register: ToldRegister, change: dict[str, str], words: str
) -> None:
    page = an_client.post("/ca-nhan/chinh-sua/", typed(cast.an, **change)).content.decode()
    assert words in page
    assert register.asked == 0


def test_the_right_current_password_is_right_as_often_as_one_likes(
    citizen_an: Citizen, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_HOUR": 2}
    for password in ("wrong", PASSWORD, PASSWORD, PASSWORD):
        with suppress(WrongPassword):
            confirm_password(citizen_an.user, password, timezone.now())


def test_what_was_typed_stays_when_something_else_is_wrong(an_client: Client) -> None:
    page = an_client.post(
        "/ca-nhan/chinh-sua/", typed(cast.an, birth_date="31/02/1985", address="Số 9 phố Thử Nghiệm")
    ).content.decode()

    assert 'value="31/02/1985"' in page
    assert 'value="Số 9 phố Thử Nghiệm"' in page


@pytest.mark.parametrize("wrong", [{"birth_date": "31/02/1985"}, {"number": cast.binh.number}])
def test_who_typed_the_password_and_is_asked_something_else_first_is_told_to_type_it_again(
    an_client: Client, wrong: dict[str, str]
) -> None:
    form = {**typed(cast.an, email="an@example.vn"), **wrong}

    page = an_client.post("/ca-nhan/chinh-sua/", {**form, "current_password": PASSWORD}).content.decode()

    assert "Vui lòng nhập lại mật khẩu, rồi bấm “Cập nhật”." in page


def test_the_inbox_shows_messages_until_they_are_read(an_client: Client, citizen_an: Citizen) -> None:
    notices.notify(user=citizen_an.user, text="<b>Hồ sơ</b> đã được tiếp nhận.", now=NOW)
    page = an_client.get("/ca-nhan/").content.decode()
    assert "&lt;b&gt;Hồ sơ&lt;/b&gt; đã được tiếp nhận." in page
    assert "chưa đọc" in page

    later = notices.notify(user=citizen_an.user, text="Có kết quả.", now=NOW)
    an_client.post("/ca-nhan/thong-bao/", {"notice": re.findall(r'name="notice" value="(\d+)"', page)})

    page = an_client.get("/ca-nhan/").content.decode()
    assert page.count("chưa đọc") == 1  # what came since
    an_client.post("/ca-nhan/thong-bao/", {"notice": [later.pk, "x", "9" * 40]})
    assert "chưa đọc" not in an_client.get("/ca-nhan/").content.decode()


def test_whoever_has_more_unread_messages_than_a_page_shows_comes_to_all_of_them(
    an_client: Client, citizen_an: Citizen
) -> None:
    for place in range(70):
        notices.notify(user=citizen_an.user, text=f"Tin {place}", now=NOW + timedelta(minutes=place))

    for _page in range(2):
        page = an_client.get("/ca-nhan/").content.decode()
        an_client.post("/ca-nhan/thong-bao/", {"notice": re.findall(r'name="notice" value="(\d+)"', page)})

    assert not citizen_an.user.notices.filter(read_at=None).exists()


def test_reading_ones_inbox_reads_nobody_elses(an_client: Client, citizen_binh: Citizen) -> None:
    notice = notices.notify(user=citizen_binh.user, text="Xin chào.", now=NOW)

    an_client.post("/ca-nhan/thong-bao/", {"notice": notice.pk})

    notice.refresh_from_db()
    assert notice.read_at is None


def test_each_password_that_is_missing_is_named(an_client: Client) -> None:
    page = an_client.post("/ca-nhan/mat-khau/", {}).content.decode()
    for words in ("mật khẩu hiện tại", "mật khẩu mới", "lại mật khẩu mới"):
        assert f"Vui lòng nhập {words}." in page
    assert "<title>Cần xem lại: Đổi mật khẩu |" in page
