"""An officer prints, for the person at the desk, who asked about them; that too is a check on record."""

from __future__ import annotations

import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.identity.register import Barred, NotPermitted
from motcua.oversight import print_views
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.oversight.conftest import NOW, MakeCheck
from tests.oversight.test_my_checks import rows_of
from tests.people import Person, cast

pytestmark = pytest.mark.django_db
ADDRESS = "/mot-cua/nhat-ky-tra-cuu/"
HEADING = "Danh sách lượt tra cứu thông tin"


def typed(person: Person, **other: str) -> dict[str, str]:
    """Return the form as the officer fills it in, pressed once."""
    said = {"full_name": person.full_name, "number": person.number, "birth_date": person.typed_birth}
    return {**said, "press_key": str(uuid.uuid4()), **other}


def pressed(client: Client, person: Person, **other: str) -> str:
    """Press the button and return the page."""
    return unescape(client.post(ADDRESS, typed(person, **other)).content.decode())


def test_a_person_who_is_verified_gets_the_whole_list_and_this_check_is_its_first_row(
    officer_client: Client, officer: User, register: ToldRegister, make_check: MakeCheck
) -> None:
    for outcome in ("verified", "rejected", "unanswered", "not_allowed", ""):
        make_check(outcome=outcome, purpose=f"việc “{outcome}”", asked_by=officer)
    make_check(cast.binh.number, purpose="việc của Bình")

    page = pressed(officer_client, cast.an)

    first, *others = rows_of(page)
    assert "In danh sách lượt tra cứu theo yêu cầu của công dân" in first
    assert "Tra cứu ngoài hồ sơ" in first
    assert len(others) == 5
    assert "việc của Bình" not in page
    assert "999******001" in page
    assert officer.office.name in page
    assert "data-print" in page
    article = page.partition("<article")[2]
    for secret in (officer.full_name, cast.an.number, cast.an.full_name, "Nhiều lượt"):
        assert secret not in article
    check = IdentityCheck.objects.get(touch_point="lookup")
    assert (check.asked_by, check.purpose, "lookup" in check.marks) == (officer, print_views.REASON, True)
    assert AuditEvent.objects.filter(name="check.lookup", subject=check.request_id).exists()
    event = AuditEvent.objects.get(name="history.printed")
    assert (event.actor_id, event.subject, event.details) == (
        officer.pk,
        digest("number", cast.an.number),
        {"count": 6},
    )


def test_who_comes_with_an_old_number_gets_the_checks_by_the_new_one_too_and_no_namesakes(
    officer_client: Client, register: ToldRegister, make_check: MakeCheck
) -> None:
    make_check(cast.hoa.number, purpose="bằng số mới")
    make_check(cast.hoa.old_number, person=cast.hoa.number, purpose="bằng số cũ")
    make_check(cast.hoa.old_number, outcome="rejected", purpose="không khớp bằng số cũ")
    make_check(cast.hoa.old_number, person=cast.hoa2.number, purpose="của người trùng số")

    page = pressed(officer_client, cast.hoa, number=cast.hoa.old_number)

    assert HEADING in page
    for purpose in ("bằng số mới", "không khớp bằng số cũ"):
        assert page.count(purpose) == 1
    assert len(rows_of(page)) == 4
    assert "của người trùng số" not in page


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("rejected", "Xác thực thất bại"),
        ("unanswered", "Chưa kiểm tra được"),
        ("not_allowed", "Chưa được phép tra cứu"),
    ],
)
def test_nothing_is_shown_unless_the_register_says_yes(
    officer_client: Client, register: ToldRegister, make_check: MakeCheck, trouble: str, words: str
) -> None:
    make_check(purpose="việc của An")
    if trouble == "unanswered":
        register.is_down()
    if trouble == "not_allowed":
        register.trouble = NotPermitted(Barred.OFFICER, detail="for a test", messages=None)
    name = "Nguyễn Văn Ân" if trouble == "rejected" else cast.an.full_name

    page = pressed(officer_client, cast.an, full_name=name)

    assert words in page
    assert HEADING not in page
    assert "việc của An" not in page
    assert "tiếp nhận ngay" not in page
    assert not AuditEvent.objects.filter(name="history.printed").exists()
    assert IdentityCheck.objects.get(touch_point="lookup").outcome == trouble


def test_too_many_wrong_tries_stop_the_officer_and_show_nothing(
    officer_client: Client, register: ToldRegister, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 2}
    for _ in range(2):
        pressed(officer_client, cast.an, full_name="Nguyễn Văn Ân")

    response = officer_client.post(ADDRESS, typed(cast.an))

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert HEADING not in response.content.decode()
    assert register.asked == 2


def test_an_officer_without_a_number_on_file_asks_nobody(
    officer_client: Client, officer: User, register: ToldRegister
) -> None:
    officer.officer_number = ""
    officer.save()

    page = pressed(officer_client, cast.an)

    assert "chưa có số định danh cá nhân" in page
    assert register.asked == 0
    assert HEADING not in page


def test_what_cannot_be_asked_is_said_to_the_field_and_nobody_is_asked(
    officer_client: Client, register: ToldRegister
) -> None:
    page = pressed(officer_client, cast.an, number="123", birth_date="31/02/1990", full_name="")

    for field in ("full_name", "number", "birth_date"):
        assert f'id="id_{field}-error"' in page
    assert register.asked == 0
    assert not IdentityCheck.objects.exists()


def test_one_press_asks_once_and_a_page_of_yesterday_shows_nothing(
    officer_client: Client, register: ToldRegister
) -> None:
    form = typed(cast.an)
    for _ in range(2):
        assert HEADING in officer_client.post(ADDRESS, form).content.decode()
    assert register.asked == 1
    assert officer_client.post(ADDRESS, {**form, "full_name": "Nguyễn Văn Ân"}).status_code == 409

    check = IdentityCheck.objects.get()
    check.answered_at -= timedelta(minutes=31)
    check.save()
    page = officer_client.post(ADDRESS, form).content.decode()

    assert HEADING not in page
    assert "đã quá 30 phút" in page
    assert form["press_key"] not in page
    assert register.asked == 1


def test_a_list_that_is_cut_says_so(
    officer_client: Client, register: ToldRegister, make_check: MakeCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_views, "MOST", 3)
    for _ in range(3):
        make_check()

    page = pressed(officer_client, cast.an)

    assert len(rows_of(page)) == 3
    assert "ở đây là 3 lượt mới nhất" in page


def test_the_citizens_own_checks_are_marked_and_their_objections_kept_from_the_desk(
    officer_client: Client, register: ToldRegister, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    make_check(asked_by=citizen_an.user, touch_point="filing", office_code="", asked_at=NOW)

    page = pressed(officer_client, cast.an)

    assert page.count("ông/bà tự thực hiện") == 1
    assert "Tôi không nhờ việc này" not in page


def test_only_a_desk_prints(
    client: Client, an_client: Client, administrator_client: Client, supervisor_client: Client
) -> None:
    assert client.get(ADDRESS).status_code == 302
    assert an_client.post(ADDRESS, typed(cast.an)).status_code == 403
    assert administrator_client.get(ADDRESS).status_code == 403
    assert supervisor_client.get(ADDRESS).status_code == 200
    assert not IdentityCheck.objects.exists()
