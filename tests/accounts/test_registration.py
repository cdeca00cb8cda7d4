"""Registering an account: the register's yes makes one, nothing else does, and nobody finds out who has one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, Notice, User
from motcua.audit.models import AuditEvent
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, Trouble
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister, account_of, raw
from tests.people import Person, cast

GOOD_PASSWORD = "con meo leo cay cau"
pytestmark = pytest.mark.django_db


def typed(person: Person, **other: str) -> dict[str, str]:
    """Return the registration form as the person fills it in."""
    form = {
        "full_name": person.full_name,
        "birth_date": person.typed_birth,
        "number": person.number,
        "password": GOOD_PASSWORD,
        "password_again": GOOD_PASSWORD,
        "has_read_notice": "on",
        **other,
    }
    if person.birth_date.is_year_only and "knows_only_year" not in other:
        form["knows_only_year"] = "on"
    return form


def bytes_of(response: object) -> bytes:
    """Return a page without what differs by chance: the token against forged requests, the key of the next press."""
    return re.sub(rb'name="(csrfmiddlewaretoken|press_key)" value="[^"]+"', b"", response.content)


@pytest.mark.parametrize(
    "person", [cast.cuc, cast.dung, cast.hmai, cast.them, cast.nguyen], ids=lambda one: one.id
)
def test_whom_the_register_confirms_gets_an_account_and_logs_in(
    client: Client, register: ToldRegister, person: Person
) -> None:
    response = client.post("/dang-ky/", typed(person), follow=True)

    assert response.redirect_chain == [("/dang-ky/hoan-tat/", 302)]
    assert "Đăng ký thành công" in response.content.decode()
    assert "_auth_user_id" not in client.session
    citizen = Citizen.objects.get()
    assert citizen.claim() == person.claim
    assert citizen.registration_check.is_verified
    assert AuditEvent.objects.filter(name="account.registered", actor=citizen.user).exists()
    entered = client.post("/dang-nhap/", {"word": person.number, "password": GOOD_PASSWORD})
    assert entered.headers["Location"] == "/"


def test_an_old_card_number_is_enough(client: Client, register: ToldRegister) -> None:
    client.post("/dang-ky/", typed(cast.duc, number=cast.duc.old_number))

    assert Citizen.objects.get().number.digits == cast.duc.old_number


NOT_CONFIRMED = {
    "the register knows nobody": (typed(cast.hanh), None),
    "the name is another": (typed(cast.binh, full_name="Trần Thị Bính"), None),
    "the name has no accents": (typed(cast.an, full_name="Nguyen Van An"), None),
    "the name is in another order": (typed(cast.an, full_name="An Văn Nguyễn"), None),
    "the birth date is another": (typed(cast.an, birth_date="08/03/1985"), None),
    "a whole date was typed as the year alone": (
        typed(cast.an, birth_date="1985", knows_only_year="on"),
        None,
    ),
    "the person is dead": (typed(cast.giang), None),
    "the record names another person": (typed(cast.an), replace(cast.an.record, full_name="Nguyễn Văn Anh")),
}


@pytest.mark.parametrize("case", NOT_CONFIRMED)
def test_whom_the_register_does_not_confirm_gets_no_account(
    client: Client, register: ToldRegister, case: str
) -> None:
    form, told = NOT_CONFIRMED[case]
    if told is not None:
        register.says(cast.an, told)

    response = client.post("/dang-ky/", form)
    page = response.content.decode()

    assert response.status_code == 200
    assert page.count("Xác thực thất bại") == 1
    assert page.index("Xác thực thất bại") < page.index('name="full_name"')
    assert 'aria-invalid="true"' not in page
    assert f'value="{form["number"]}"' in page
    assert GOOD_PASSWORD not in page
    assert not User.objects.exists()
    assert IdentityCheck.objects.get().is_rejected


def test_every_kind_of_rejection_is_the_same_page_to_the_byte(client: Client, register: ToldRegister) -> None:
    form = typed(cast.an)
    nobody = replace(cast.an.record, is_deceased=True)
    answers = []
    for told in (
        nobody,
        replace(cast.an.record, full_name="Lê Văn Ân"),
        replace(cast.an.record, birth_date=None),
    ):
        register.says(cast.an, told)
        answers.append(client.post("/dang-ky/", form))
        IdentityCheck.objects.all().delete()  # each is the first try

    assert len({bytes_of(answer) for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


TROUBLES = {
    "it hangs": CouldNotAsk(Trouble.TIMEOUT),
    "it refuses the line": CouldNotAsk(Trouble.CONNECTION),
    "it cannot be read": CouldNotAsk(Trouble.UNREADABLE),
    "it is busy": CouldNotAsk(Trouble.BUSY, retry_after=120.0),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_while_the_register_gives_no_answer_nothing_is_made_and_nothing_is_lost(
    client: Client, register: ToldRegister, case: str
) -> None:
    register.trouble = TROUBLES[case]

    response = client.post("/dang-ky/", typed(cast.cuc, email="cuc@example.vn"))
    page = response.content.decode()

    assert "Chưa kiểm tra được" in page
    assert "Thử lại" in page
    assert "Xác thực thất bại" not in page
    assert 'value="cuc@example.vn"' in page
    assert GOOD_PASSWORD not in page
    assert not User.objects.exists()


@pytest.mark.parametrize("barred", Barred)
def test_without_a_licence_nothing_is_made_or_lost_and_nobody_is_told_to_try_again(
    client: Client, register: ToldRegister, barred: Barred
) -> None:
    register.trouble = NotPermitted(barred)

    page = client.post("/dang-ky/", typed(cast.cuc, email="cuc@example.vn")).content.decode()

    assert "Cổng chưa được phép kiểm tra danh tính." in page
    assert "Vui lòng đến bộ phận một cửa, mang theo thẻ căn cước." in page
    for wrong in ("Thử lại", "gián đoạn", "Xác thực thất bại", GOOD_PASSWORD):
        assert wrong not in page
    assert 'value="cuc@example.vn"' in page
    assert not User.objects.exists()


def test_try_again_needs_no_typing_not_even_of_the_password(client: Client, register: ToldRegister) -> None:
    register.is_down()
    page = client.post("/dang-ky/", typed(cast.cuc)).content.decode()
    assert page.count("Đã được giữ lại; để trống nếu không đổi.") == 2
    kept = re.search(r'name="kept_password" value="([^"]+)"', page)[1]
    register.is_up()

    client.post("/dang-ky/", typed(cast.cuc, password="", password_again="", kept_password=kept))

    entered = client.post("/dang-nhap/", {"word": cast.cuc.number, "password": GOOD_PASSWORD})
    assert entered.status_code == 302


def test_a_password_is_kept_until_the_longest_pause_is_over(
    client: Client, register: ToldRegister, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_DAY": 1}
    now = timezone.now()
    with time_machine.travel(now):
        client.post("/dang-ky/", typed(cast.cuc, full_name="Phạm Thị Thúy Cức"))
        paused = client.post("/dang-ky/", typed(cast.cuc))
        told_at = timezone.now()
    page = paused.content.decode()
    assert page.count("Đã được giữ lại; để trống nếu không đổi.") == 2
    kept = re.search(r'name="kept_password" value="([^"]+)"', page)[1]
    form = typed(cast.cuc, password="", password_again="", kept_password=kept)

    with time_machine.travel(told_at + timedelta(seconds=int(paused.headers["Retry-After"]))):
        assert client.post("/dang-ky/", form).headers["Location"] == "/dang-ky/hoan-tat/"
    with time_machine.travel(now + timedelta(hours=25, minutes=1)):
        assert "Vui lòng nhập mật khẩu." in client.post("/dang-ky/", form).content.decode()


LOST = "Trang không giữ mật khẩu vừa gõ. Vui lòng nhập lại ở cả hai ô."


def test_whose_password_is_not_kept_is_told_to_type_it_again(client: Client, register: ToldRegister) -> None:
    mistaken = client.post("/dang-ky/", typed(cast.cuc, birth_date="30/02/1992")).content.decode()
    rejected = client.post("/dang-ky/", typed(cast.cuc, full_name="Phạm Thị Thúy Cức")).content.decode()
    untyped = client.post("/dang-ky/", typed(cast.cuc, password="", password_again="")).content.decode()

    assert LOST in mistaken
    assert LOST in rejected
    assert LOST not in untyped
    assert LOST not in client.get("/dang-ky/").content.decode()


def test_a_kept_password_outlives_a_mistake_elsewhere_and_gives_way_to_another(
    client: Client, register: ToldRegister
) -> None:
    register.is_down()
    page = client.post("/dang-ky/", typed(cast.cuc)).content.decode()
    kept = re.search(r'name="kept_password" value="([^"]+)"', page)[1]
    register.is_up()
    mistake = {"kept_password": kept, "birth_date": "30/02/1992"}
    same = client.post(
        "/dang-ky/", typed(cast.cuc, password="", password_again="", **mistake)
    ).content.decode()
    other = {"password": "mot cum tu khac", "password_again": "mot cum tu khac"}
    another = client.post("/dang-ky/", typed(cast.cuc, **other, **mistake)).content.decode()

    assert same.count("Đã được giữ lại; để trống nếu không đổi.") == 2
    assert f'name="kept_password" value="{kept}"' in same
    assert kept not in another
    assert LOST in another


def test_a_forged_kept_password_is_none(client: Client, register: ToldRegister) -> None:
    form = typed(cast.cuc, password="", password_again="", kept_password="bWQ1JGZvcmdlZA==")

    response = client.post("/dang-ky/", form)

    assert "Vui lòng nhập mật khẩu." in response.content.decode()
    assert register.asked == 0


def test_somebody_with_an_account_sees_the_same_page_and_the_owner_is_told(
    client: Client, register: ToldRegister, people: None
) -> None:
    password_before = account_of(cast.an).user.password
    taken = client.post("/dang-ky/", typed(cast.an), follow=True)
    new = client.post("/dang-ky/", typed(cast.cuc), follow=True)

    assert taken.redirect_chain == new.redirect_chain
    assert bytes_of(taken) == bytes_of(new)
    owner = account_of(cast.an)
    assert owner.user.password == password_before
    assert Notice.objects.get().user == owner.user
    assert AuditEvent.objects.get(name="account.registration_repeated").subject == owner.number_digest
    refused = client.post("/dang-nhap/", {"word": cast.an.number, "password": GOOD_PASSWORD})
    assert refused.status_code == 200


def test_the_second_holder_of_an_old_number_is_told_and_the_first_is_left_in_peace(
    client: Client, register: ToldRegister
) -> None:
    client.post("/dang-ky/", typed(cast.hoa, number=cast.hoa.old_number))
    hoa = User.objects.get()

    page = client.post("/dang-ky/", typed(cast.hoa2, number=cast.hoa2.old_number)).content.decode()

    assert "Chưa đăng ký được bằng số CMND này. Vui lòng nhập số định danh 12 số" in page
    assert 'name="kept_password"' in page
    assert not Notice.objects.exists()
    assert User.objects.get() == hoa
    assert client.post("/dang-ky/", typed(cast.hoa2)).headers["Location"] == "/dang-ky/hoan-tat/"
    assert User.objects.count() == 2

    again = client.post("/dang-ky/", typed(cast.hoa, number=cast.hoa.old_number))
    assert again.headers["Location"] == "/dang-ky/hoan-tat/"
    assert Notice.objects.get().user == hoa


def test_an_existing_account_costs_as_many_password_hashes_as_a_new_one(
    client: Client, register: ToldRegister, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motcua.accounts import forms

    made = []
    monkeypatch.setattr(forms, "hashed", lambda password: made.append(password) or "!")
    for person in (cast.an, cast.cuc, cast.hanh):
        client.post("/dang-ky/", typed(person))

    assert len(made) == 3


def test_the_register_is_asked_once_and_outside_any_transaction(
    client: Client, register: ToldRegister
) -> None:
    seen = []
    register.before_answer = lambda: seen.append(
        [block for block in connection.atomic_blocks if not block._from_testcase]
    )

    client.post("/dang-ky/", typed(cast.cuc))

    assert seen == [[]]
    assert register.inquiries[0].touch_point == "registration"


INVALID = {
    "full_name": ["", "   ", "a" * 101, "Nguyễn\u202eVăn", "А Н", "😀", "{{7*7}}", "' OR 1=1--", "<script>"],
    "number": ["", "99908500000", "9990850000011", "abc", "٩٩٩٠٨٥٠٠٠٠٠١"],
    "birth_date": [
        "",
        "31/02/1990",
        "29/02/1900",
        "1990-13-01",
        "01/01/2999",
        "01/01/1800",
        "03/1985",
        "00/00/1955",
    ],
    "email": ["an@", "an example.vn", "a" * 300 + "@example.vn"],
    "phone": ["123", "abc", "+1 202 555 0100"],
    "password": ["ngan", "1234567890", "password123"],
    "has_read_notice": [""],
}


@pytest.mark.parametrize(
    ("field", "text"), [(name, text) for name, texts in INVALID.items() for text in texts]
)
def test_what_cannot_be_is_refused_by_its_field_before_anybody_is_asked(
    client: Client, register: ToldRegister, field: str, text: str
) -> None:
    form = typed(cast.an, **{field: text})
    if field == "password":
        form["password_again"] = text
    if field == "has_read_notice":
        del form["has_read_notice"]

    page = client.post("/dang-ky/", form).content.decode()

    assert f'id="id_{field}-error"' in page
    assert register.asked == 0
    assert "<script>" not in page.replace("<script src", "")


def test_the_year_alone_needs_a_tick(client: Client, register: ToldRegister) -> None:
    form = typed(cast.dung)
    del form["knows_only_year"]

    page = client.post("/dang-ky/", form).content.decode()

    assert "vui lòng đánh dấu ô “Giấy tờ chỉ ghi năm sinh”" in page
    assert 'id="id_birth_date-error"' in page
    assert register.asked == 0


def test_two_different_passwords_are_told(client: Client, register: ToldRegister) -> None:
    page = client.post("/dang-ky/", typed(cast.cuc, password_again="con meo leo cay dua")).content.decode()

    assert "chưa giống nhau" in page
    assert register.asked == 0


def test_digits_that_contradict_the_year_warn_softly_and_may_be_overridden(
    client: Client, register: ToldRegister
) -> None:
    form = typed(cast.an, birth_date="07/03/1986")

    warned = client.post("/dang-ky/", form).content.decode()

    assert "Số này ứng với người sinh năm 1985; ông/bà nhập 1986." in warned
    assert register.asked == 0
    kept = re.search(r'name="kept_password" value="([^"]+)"', warned)[1]
    client.post(
        "/dang-ky/", {**form, "is_sure": "on", "password": "", "password_again": "", "kept_password": kept}
    )
    assert register.asked == 1


def test_who_said_that_all_is_right_is_warned_anew_of_something_else(
    client: Client, register: ToldRegister
) -> None:
    form = typed(cast.an, birth_date="07/03/1986")
    warned = client.post("/dang-ky/", form).content.decode()
    sure = {"is_sure": "on", "sure_of": re.search(r'name="sure_of" value="([^"]+)"', warned)[1]}

    rejected = client.post("/dang-ky/", form | sure).content.decode()
    assert register.asked == 1
    assert f'name="sure_of" value="{sure["sure_of"]}"' in rejected

    again = client.post("/dang-ky/", form | sure | {"birth_date": "07/03/1987"}).content.decode()
    assert "Số này ứng với người sinh năm 1985; ông/bà nhập 1987." in again
    assert register.asked == 1
    assert "checked" not in re.search(r'<input[^>]*name="is_sure"[^>]*>', again)[0]


def test_too_many_wrong_tries_are_told_when_to_come_back_and_ask_nobody(
    client: Client, register: ToldRegister, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 2}
    for _ in range(2):
        client.post("/dang-ky/", typed(cast.an, full_name="Nguyễn Văn Ân"))

    response = client.post("/dang-ky/", typed(cast.an))

    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert "Tạm dừng kiểm tra" in response.content.decode()
    assert register.asked == 2
    assert not User.objects.exists()


def test_the_owner_of_a_number_that_is_guessed_at_is_told_once(
    client: Client, register: ToldRegister, citizen_an: Citizen, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 2}
    for _ in range(5):
        client.post("/dang-ky/", typed(cast.an, full_name="Nguyễn Văn Ân"))

    assert "nhiều lần nhập sai" in Notice.objects.get(user=citizen_an.user).text


def test_a_closed_registration_says_where_to_go_and_takes_nothing(
    client: Client, register: ToldRegister, settings: Any
) -> None:
    settings.REGISTRATION_OPEN = False

    shown, posted = client.get("/dang-ky/"), client.post("/dang-ky/", typed(cast.cuc))

    assert "chưa nhận đăng nhập bằng VNeID" in shown.content.decode()
    assert (shown.status_code, posted.status_code) == (200, 403)
    assert register.asked == 0


def test_no_number_and_no_name_stand_in_clear_where_they_need_not(
    client: Client, register: ToldRegister
) -> None:
    client.post("/dang-ky/", typed(cast.cuc))

    user = User.objects.get()
    assert cast.cuc.number not in user.login
    for field in ("number_digits", "full_name", "birth"):
        assert isinstance(getattr(user.citizen, field), str)
        assert getattr(user.citizen, field).encode() not in raw(user.citizen, field)
    assert cast.cuc.number not in str(list(AuditEvent.objects.values()))
    assert cast.cuc.number not in repr(user) + str(user.citizen)


def test_a_form_from_another_site_is_refused(register: ToldRegister) -> None:
    response = Client(enforce_csrf_checks=True).post("/dang-ky/", typed(cast.cuc))

    assert response.status_code == 403
    assert register.asked == 0


def test_an_empty_form_names_every_field_that_is_needed(client: Client, register: ToldRegister) -> None:
    page = client.post("/dang-ky/", {}).content.decode()

    for field in ("full_name", "birth_date", "number", "password", "password_again", "has_read_notice"):
        assert f'id="id_{field}-error"' in page


def test_of_two_registrations_at_one_moment_one_makes_the_account(
    client: Client, register: ToldRegister
) -> None:
    def another_is_faster() -> None:
        register.before_answer = None
        Client().post("/dang-ky/", typed(cast.cuc, password="con cho chay", password_again="con cho chay"))

    register.before_answer = another_is_faster
    response = client.post("/dang-ky/", typed(cast.cuc))

    assert response.headers["Location"] == "/dang-ky/hoan-tat/"
    assert Citizen.objects.count() == User.objects.count() == 1
    assert (
        client.post("/dang-nhap/", {"word": cast.cuc.number, "password": "con cho chay"}).status_code == 302
    )
    assert Notice.objects.count() == 1


def test_every_refusal_of_a_password_speaks_vietnamese_and_says_what_to_do(
    client: Client, register: ToldRegister
) -> None:
    for password in (
        "ngan",
        "password123",
        "739105284617",
        "cuc.thu@example",
        "x" * 129,
        "con\x00meo leo cay",
    ):
        form = typed(cast.cuc, email="cuc.thu@example.vn", password=password, password_again=password)
        errors = client.post("/dang-ky/", form).context["form"].errors["password"]
        assert all("Vui lòng" in error for error in errors)
