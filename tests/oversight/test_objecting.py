"""A citizen objects to a check, a supervisor answers within two working days, and both can see how it stands."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts import offices
from motcua.accounts.models import Citizen, DayChange, Notice, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.due_dates import add_working_days
from motcua.oversight import objecting
from motcua.oversight.models import Objection
from tests.conftest import browser_of
from tests.oversight.conftest import NOW, MakeCheck
from tests.people import FIRST_OFFICE, SECOND_OFFICE, cast

pytestmark = pytest.mark.django_db
CASES = "/mot-cua/phan-anh/"
WORDS = "Tôi không đến cơ quan này."
Open = Callable[..., Objection]


@pytest.fixture
def open_case(citizen_an: Citizen, make_check: MakeCheck) -> Open:
    """Return a maker of An's cases, opened on Friday 27/11/2026 unless told otherwise."""

    def opened(*, now: datetime = NOW, text: str = WORDS, **check: object) -> Objection:
        return objecting.open_objection(citizen=citizen_an, check=make_check(**check), text=text, now=now)

    return opened


def test_an_objection_opens_a_case_with_a_clock_of_two_working_days_and_the_office_is_told(
    an_client: Client, citizen_an: Citizen, officer: User, supervisor: User, make_check: MakeCheck
) -> None:
    check = make_check(asked_by=officer)
    address = reverse("object_to_check", args=[check.pk])
    page = an_client.get(address).content.decode()
    assert "Gửi phản ánh" in page
    assert officer.full_name not in page

    response = an_client.post(address, {"text": WORDS}, follow=True)

    case = Objection.objects.get()
    assert (case.check_made, case.citizen, case.text) == (check, citizen_an, WORDS)
    due = f"{case.due_on:%d/%m/%Y}"
    assert f"chậm nhất ngày {due}" in response.content.decode()
    assert f"chậm nhất ngày {due}" in an_client.get("/ca-nhan/tra-cuu-ve-toi/").content.decode()
    notice = Notice.objects.get(user=supervisor)
    assert notice.link == f"{CASES}{case.pk}/"
    assert due in notice.text
    assert not Notice.objects.filter(user=officer).exists()
    event = AuditEvent.objects.get(name="objection.opened")
    assert (event.actor_id, event.office_code, event.subject) == (
        citizen_an.user_id,
        FIRST_OFFICE,
        str(check.pk),
    )


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (datetime(2026, 11, 27, 2, 30, tzinfo=UTC), date(2026, 12, 1)),  # Friday morning
        (datetime(2026, 11, 27, 16, 59, tzinfo=UTC), date(2026, 12, 1)),  # Friday, 23:59
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), date(2026, 12, 1)),  # Saturday, 00:00
        (datetime(2026, 11, 29, 17, 0, tzinfo=UTC), date(2026, 12, 2)),  # Monday, 00:00
        (datetime(2026, 2, 13, 2, 0, tzinfo=UTC), date(2026, 2, 24)),  # before Tết
        (datetime(2026, 4, 29, 2, 0, tzinfo=UTC), date(2026, 5, 5)),  # before 30/4
    ],
)
def test_the_clock_begins_on_the_local_day_at_whatever_hour(
    open_case: Open, opened: datetime, due: date
) -> None:
    assert open_case(now=opened).due_on == due


def test_days_that_the_administrator_wrote_down_are_no_working_days_of_the_clock(
    open_case: Open, supervisor_client: Client, officer: User
) -> None:
    today = timezone.localdate()
    next_days = [add_working_days(today, place) for place in (1, 2, 3, 4)]
    DayChange.objects.create(on=next_days[0], is_working=False, note="Nghỉ Tết")
    DayChange.objects.create(office=officer.office, on=next_days[1], is_working=False, note="Mất điện")
    offices.forget()

    case = open_case(now=timezone.now(), asked_by=officer)
    of_no_office = open_case(now=timezone.now(), asked_by=None, office_code="")

    assert case.due_on == next_days[3]
    assert of_no_office.due_on == next_days[2]
    for one in (case, of_no_office):
        assert "Còn 2 ngày làm việc" in supervisor_client.get(f"{CASES}{one.pk}/").content.decode()
    assert supervisor_client.get(CASES).content.decode().count("Còn 2 ngày làm việc") == 2


def test_a_second_press_finds_the_same_case_and_tells_nobody_again(
    an_client: Client, supervisor: User, make_check: MakeCheck
) -> None:
    address = reverse("object_to_check", args=[make_check().pk])

    an_client.post(address, {"text": WORDS})
    page = an_client.post(address, {"text": "lần hai"}, follow=True).content.decode()

    assert Objection.objects.get().text == WORDS
    assert WORDS in page
    assert "nội dung lần này không được gửi" in page
    assert "Gửi phản ánh" not in page
    assert Notice.objects.filter(user=supervisor).count() == 1


def test_nobody_objects_to_a_check_of_somebody_else_or_one_that_is_not(
    an_client: Client, make_check: MakeCheck
) -> None:
    of_binh = reverse("object_to_check", args=[make_check(cast.binh.number).pk])
    missing = reverse("object_to_check", args=[uuid.uuid4()])

    for address in (of_binh, missing):
        assert an_client.get(address).status_code == 404
        assert an_client.post(address, {"text": WORDS}).status_code == 404
    assert an_client.get(of_binh).content == an_client.get(missing).content
    assert not Objection.objects.exists()


def test_ones_own_check_cannot_be_objected_to(
    an_client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    check = make_check(asked_by=citizen_an.user, touch_point="filing", office_code="")
    address = reverse("object_to_check", args=[check.pk])

    page = an_client.post(address, {"text": WORDS}).content.decode()

    assert "do ông/bà tự thực hiện" in page
    assert not Objection.objects.exists()


def test_a_text_that_is_too_long_is_refused_and_kept_in_the_form(
    an_client: Client, make_check: MakeCheck
) -> None:
    address = reverse("object_to_check", args=[make_check().pk])

    page = an_client.post(address, {"text": "a" * 1001}).content.decode()

    assert "dài quá 1.000 ký tự" in page
    assert "a" * 1001 in page
    assert not Objection.objects.exists()


def test_a_supervisor_sees_the_facts_with_officer_and_marks_answers_and_the_citizen_is_told(
    open_case: Open, officer: User, supervisor: User, supervisor_client: Client, an_client: Client
) -> None:
    case = open_case(asked_by=officer, marks="burst odd_hours")
    page = supervisor_client.get(f"{CASES}{case.pk}/").content.decode()
    for words in (
        officer.full_name,
        "Nhiều lượt",
        "Ngoài giờ",
        WORDS,
        "Không có hồ sơ nào gắn",
        "999******001",
    ):
        assert words in page
    assert cast.an.full_name not in page

    supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "Cán bộ gõ nhầm số.\nĐã nhắc nhở."})

    case.refresh_from_db()
    assert (case.answer, case.answered_by) == ("Cán bộ gõ nhầm số.\nĐã nhắc nhở.", supervisor)
    notice = Notice.objects.get(user=case.citizen.user)
    answered = an_client.get(notice.link).content.decode()
    assert "Cán bộ gõ nhầm số.<br>Đã nhắc nhở." in answered
    assert supervisor.full_name not in answered
    assert "Đã trả lời" in an_client.get("/ca-nhan/tra-cuu-ve-toi/").content.decode()
    event = AuditEvent.objects.get(name="objection.answered")
    assert (event.actor_id, event.subject) == (supervisor.pk, str(case.check_made_id))


def test_an_answer_needs_words_and_is_given_once(
    open_case: Open, supervisor: User, supervisor_client: Client
) -> None:
    case = open_case()

    empty = supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "  "}).content.decode()
    assert "Vui lòng viết câu trả lời" in empty
    supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "một"})
    second = supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "hai"}, follow=True).content.decode()

    assert "Phản ánh này đã được trả lời." in second
    case.refresh_from_db()
    assert case.answer == "một"
    assert Notice.objects.filter(user=case.citizen.user).count() == 1


def test_a_supervisor_of_another_office_sees_nothing_of_a_case(
    open_case: Open, supervisor_client: Client, other_supervisor_client: Client, administrator_client: Client
) -> None:
    case = open_case(office_code=SECOND_OFFICE)

    assert supervisor_client.get(f"{CASES}{case.pk}/").status_code == 404
    assert supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "không"}).status_code == 404
    assert f"{CASES}{case.pk}/" not in supervisor_client.get(CASES).content.decode()
    for browser in (other_supervisor_client, administrator_client):
        assert browser.get(f"{CASES}{case.pk}/").status_code == 200
        assert f"{CASES}{case.pk}/" in browser.get(CASES).content.decode()


@pytest.mark.parametrize("office_code", ["", "000.99.99.H23"])
def test_a_case_that_belongs_to_no_office_goes_to_all_supervisors_and_administrators(
    open_case: Open, supervisor: User, other_supervisor: User, administrator: User, office_code: str
) -> None:
    case = open_case(office_code=office_code, touch_point="registration")

    told = set(Notice.objects.exclude(user=case.citizen.user).values_list("user", flat=True))
    assert told == {supervisor.pk, other_supervisor.pk, administrator.pk}
    for user in (supervisor, other_supervisor, administrator):
        assert browser_of(user).get(f"{CASES}{case.pk}/").status_code == 200


def test_nobody_answers_for_a_check_of_their_own(
    open_case: Open, supervisor: User, supervisor_client: Client, administrator: User
) -> None:
    case = open_case(asked_by=supervisor)

    assert supervisor_client.get(f"{CASES}{case.pk}/").status_code == 404
    assert f"{CASES}{case.pk}/" not in supervisor_client.get(CASES).content.decode()
    assert list(Notice.objects.values_list("user", flat=True)) == [administrator.pk]


def test_who_supervises_beside_another_role_is_told_and_answers(
    open_case: Open, second_officer: User, supervisor: User
) -> None:
    User.objects.filter(pk=second_officer.pk).update(also_roles=["supervisor"])
    User.objects.filter(pk=supervisor.pk).update(is_active=False)
    browser = browser_of(second_officer)

    case = open_case()

    assert list(Notice.objects.values_list("user", flat=True)) == [second_officer.pk]
    assert f"{CASES}{case.pk}/" in browser.get(CASES).content.decode()
    browser.post(f"{CASES}{case.pk}/", {"answer": "Đã nhắc nhở."})
    case.refresh_from_db()
    assert case.answered_by == second_officer


def test_who_supervises_beside_another_role_hears_nothing_of_another_office(
    open_case: Open, other_officer: User, supervisor: User
) -> None:
    User.objects.filter(pk=other_officer.pk).update(also_roles=["supervisor"])

    case = open_case()

    assert list(Notice.objects.values_list("user", flat=True)) == [supervisor.pk]
    assert browser_of(other_officer).get(f"{CASES}{case.pk}/").status_code == 404


def test_an_administrator_beside_another_role_answers_where_no_supervisor_is(
    open_case: Open, other_officer: User, supervisor: User, administrator: User
) -> None:
    User.objects.filter(pk=other_officer.pk).update(also_roles=["administrator"])
    other_officer.refresh_from_db()
    User.objects.filter(pk=supervisor.pk).update(is_active=False)

    case = open_case()

    assert set(Notice.objects.values_list("user", flat=True)) == {other_officer.pk, administrator.pk}
    assert case in objecting.cases_of(other_officer)


def test_cases_are_for_supervisors_and_administrators(
    open_case: Open, client: Client, an_client: Client, officer_client: Client, administrator_client: Client
) -> None:
    case = open_case()
    for address in (CASES, f"{CASES}{case.pk}/"):
        assert client.get(address).status_code == 302
        assert an_client.get(address).status_code == 403
        assert officer_client.get(address).status_code == 403
        assert administrator_client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("working_days", "words", "is_loud"),
    [
        (0, "Hạn cuối: hôm nay", False),
        (1, "Còn 1 ngày làm việc, đến", False),
        (2, "Còn 2 ngày làm việc, đến", False),
        (-1, "QUÁ HẠN (hạn", True),
        (-30, "QUÁ HẠN (hạn", True),
    ],
)
def test_the_days_that_are_left_are_told_and_an_overdue_case_loudly(
    open_case: Open,
    supervisor_client: Client,
    an_client: Client,
    working_days: int,
    words: str,
    is_loud: bool,
) -> None:
    today = timezone.localdate()
    due_on = (
        add_working_days(today, working_days) if working_days >= 0 else today + timedelta(days=working_days)
    )
    case = open_case()
    Objection.objects.filter(pk=case.pk).update(due_on=due_on)

    listed = supervisor_client.get(CASES).content.decode()
    shown = supervisor_client.get(f"{CASES}{case.pk}/").content.decode()
    own = an_client.get(reverse("object_to_check", args=[case.check_made_id])).content.decode()
    row = an_client.get("/ca-nhan/tra-cuu-ve-toi/").content.decode()

    for page in (listed, shown):
        assert words in page
        assert working_days == 0 or f"{due_on:%d/%m/%Y}" in page
    assert ("1 phản ánh đã quá hạn trả lời" in listed) is is_loud
    overview = supervisor_client.get("/mot-cua/giam-sat/").content.decode()
    assert ("1 phản ánh của công dân đã quá hạn trả lời" in overview) is is_loud
    assert ("1 phản ánh của công dân chờ trả lời" in overview) is not is_loud
    assert ("Đã quá hạn trả lời" in own) is is_loud
    assert ("Quá hạn trả lời" in row) is is_loud


def test_a_last_day_that_became_a_day_off_is_not_told_as_today_before_it_comes(
    open_case: Open, supervisor_client: Client
) -> None:
    case = open_case()  # due on Tuesday, 1 December, of which the office learns later that it is shut
    DayChange.objects.create(on=date(2026, 12, 1), is_working=False, note="Bão")
    offices.forget()

    with time_machine.travel(datetime(2026, 11, 30, 2, 0, tzinfo=UTC), tick=False):
        supervisor_client.force_login(User.objects.get(login="oanh"))
        page = supervisor_client.get(f"{CASES}{case.pk}/").content.decode()

    assert "Còn 1 ngày làm việc, đến 01/12/2026" in page
    assert "Hạn cuối: hôm nay" not in page


def test_open_cases_come_by_their_term_and_before_answered_ones(
    open_case: Open, supervisor: User, supervisor_client: Client
) -> None:
    late, soon, done = (open_case(text=text) for text in ("muộn", "sớm", "xong"))
    Objection.objects.filter(pk=late.pk).update(due_on=date(2026, 12, 8))
    objecting.answer_objection(objection=done, by=supervisor, text="xong", now=NOW)

    page = supervisor_client.get(CASES).content.decode()

    places = [page.index(f"{CASES}{case.pk}/") for case in (soon, late, done)]
    assert places == sorted(places)


def test_nothing_that_anybody_writes_becomes_markup(
    open_case: Open, supervisor_client: Client, an_client: Client
) -> None:
    case = open_case(text="<script>alert(1)</script>", purpose="<img src=x onerror=alert(1)>")
    supervisor_client.post(f"{CASES}{case.pk}/", {"answer": "<b>đậm</b>"})

    for page in (
        supervisor_client.get(f"{CASES}{case.pk}/").content.decode(),
        an_client.get(reverse("object_to_check", args=[case.check_made_id])).content.decode(),
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>đậm</b>" not in page
