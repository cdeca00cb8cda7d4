"""Offices as an administrator keeps them: codes, tree, hours and days; and who may have which roles."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts import offices
from motcua.accounts.hours import USUAL, WorkingHours, hours_of, read_spans, written
from motcua.accounts.models import DayChange, Office, User
from motcua.accounts.offices import is_unit_code, offices_of_unit, unit_of
from motcua.accounts.rights import Right
from motcua.audit.models import AuditEvent
from motcua.dossiers.codes import parse_code
from tests.accounts.test_licences import form_of

RING = "Cơ quan không thể thuộc chính nó hoặc đơn vị bên dưới nó"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (USUAL, USUAL),
        ("7h30 - 11h30; 13h00 – 17h00", USUAL),
        ("7.30-11.30,13g00-17g00", USUAL),
        ("07:30-11:30", "07:30-11:30"),
        ("07:00-12:00,12:00-16:00", "07:00-12:00, 12:00-16:00"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, kept: str) -> None:
    assert written(read_spans(typed)) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "sáng", "7-11", "07:30", "11:30-07:30", "07:30-07:30", "07:30-24:00", "07:61-08:00",
        "13:00-17:00, 07:30-11:30", "07:30-12:00, 11:00-17:00", "٠٧:٣٠-١١:٣٠",
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        read_spans(typed)


def test_an_office_that_says_nothing_has_the_usual_hours_and_a_free_weekend() -> None:
    usual = read_spans(USUAL)

    assert hours_of({}).week == (usual,) * 5 + ((), ())
    assert hours_of({"6": "07:30-11:30"}).week[5] == read_spans("07:30-11:30")


def test_no_office_is_closed_on_a_weekday_of_every_week() -> None:
    with pytest.raises(ValueError):
        WorkingHours(((),) + (read_spans(USUAL),) * 6)


@pytest.mark.parametrize(
    "code", ["H24", "H23.101", "H24.31.01", "G22.99", "000.00.01.H23", "000.15.20.G05", "H23.101.A1.02"]
)
def test_a_code_in_either_national_style_is_good_and_makes_codes_that_are_read(code: str) -> None:
    assert is_unit_code(code)
    assert parse_code(f"{code}-261123-0001") == f"{code}-261123-0001"
    assert parse_code(f"{code}-261123-1234567") == f"{code}-261123-1234567"


@pytest.mark.parametrize(
    "code",
    [
        "", "h24", "H2", "24.H", "H24.", "H24..01", "H24 01", "H24-01", "H24.Đ1", "00.00.01.H23", "000.00.01",
        "000.00.01.H23.01", "H24." + ".".join(["1234567890"] * 3), "H24\n", "Ｈ24",
    ],
)  # fmt: skip
def test_what_is_no_national_code_is_refused(code: str) -> None:
    assert not is_unit_code(code)


def filled(office: Office, **other: Any) -> dict[str, Any]:
    """Return an office's page as an administrator sends it."""
    hours = {f"hours_{day}": office.hours.get(str(day), "") for day in range(1, 8)}
    own = {name: getattr(office, name) for name in ("code", "name", "kind", "place", "address", "phone")}
    return {**own, **hours, "parent": office.parent_id or "", "is_active": "on", **other}


def sent(client: Client, office: Office, **other: Any) -> str:
    """Send an office's page; return what comes back, empty when it was saved."""
    answer = client.post(reverse("admin:accounts_office_change", args=[office.pk]), filled(office, **other))
    return "" if answer.status_code == 302 else unescape(answer.content.decode())


@pytest.fixture
def unit(people: None) -> Office:
    """Return Lan's unit."""
    office = Office.objects.get(user__login="lan")
    return Office.objects.get(pk=unit_of(office.pk))


@pytest.fixture
def desk_office(people: None) -> Office:
    """Return Lan's office."""
    return Office.objects.get(user__login="lan")


@pytest.mark.django_db
def test_hours_are_typed_day_by_day_and_every_change_is_an_event(
    administrator_client: Client, administrator: User, desk_office: Office
) -> None:
    assert not sent(
        administrator_client, desk_office, hours_1="7h00-11h00, 13h30-16h30", hours_6="7h30-11h30"
    )

    desk_office.refresh_from_db()
    assert desk_office.hours == {"1": "07:00-11:00, 13:30-16:30", "6": "07:30-11:30"}
    page = administrator_client.get(reverse("admin:accounts_office_change", args=[desk_office.pk]))
    assert 'value="07:00-11:00, 13:30-16:30"' in page.content.decode()
    event = AuditEvent.objects.get(name="office.changed")
    assert event.actor_id == administrator.pk
    assert event.office_code == desk_office.code
    assert event.details == {"changed": ["hours_1", "hours_6"]}


@pytest.mark.django_db
@pytest.mark.parametrize("hours", ["sáng", "11:30-07:30", "07:30-11:30 13:00-17:00"])
def test_hours_that_cannot_be_read_are_told_and_nothing_is_kept(
    administrator_client: Client, desk_office: Office, hours: str
) -> None:
    assert f"Vui lòng ghi giờ như {USUAL}" in sent(administrator_client, desk_office, hours_3=hours)

    desk_office.refresh_from_db()
    assert desk_office.hours == {}
    assert not AuditEvent.objects.filter(name="office.changed").exists()


@pytest.mark.django_db
def test_a_new_office_needs_a_national_code(administrator_client: Client, unit: Office) -> None:
    new = Office(name="Phòng Văn hóa", kind="division", parent=unit)
    page = reverse("admin:accounts_office_add")

    new.code = "PHONG-1"
    assert "QĐ 20/2020/QĐ-TTg" in administrator_client.post(page, filled(new)).content.decode()
    new.code = " h24.31.77 "
    assert administrator_client.post(page, filled(new)).status_code == 302
    assert Office.objects.get(code="H24.31.77").parent == unit


@pytest.mark.django_db
def test_an_office_cannot_hang_below_itself(administrator_client: Client, unit: Office) -> None:
    below = Office.objects.filter(parent=unit).first()
    assert below is not None
    lowest = Office.objects.create(code="H24.99.01", name="Tổ", parent=below)

    for parent in (unit, below, lowest):
        assert RING in sent(administrator_client, unit, parent=parent.pk)
    unit.refresh_from_db()
    assert unit.parent_id is None
    assert not sent(administrator_client, lowest, parent=unit.pk)


@pytest.mark.django_db
def test_a_branch_that_became_too_long_is_refused_and_no_page_breaks(
    administrator_client: Client, unit: Office
) -> None:
    place = unit
    for level in range(1, 10):
        place = Office.objects.create(code=f"H24.98.{level:02d}", name="Cấp", parent=place)
    offices.forget()
    assert unit_of(place.pk) == unit.pk
    another = Office.objects.create(code="H24.97", name="Cơ quan khác")

    assert RING in sent(administrator_client, unit, parent=another.pk)
    assert RING in sent(administrator_client, another, parent=place.pk)


@pytest.mark.django_db
def test_a_moved_office_belongs_to_its_new_unit_at_once(
    administrator_client: Client, unit: Office, django_capture_on_commit_callbacks: Any
) -> None:
    below = Office.objects.filter(parent=unit).first()
    other = Office.objects.create(code="H24.97", name="Cơ quan khác")
    assert below is not None
    assert unit_of(below.pk) == unit.pk

    with django_capture_on_commit_callbacks(execute=True):
        sent(administrator_client, below, parent=other.pk)

    assert unit_of(below.pk) == other.pk
    assert offices_of_unit(other.pk) == [other.pk, below.pk] or below.code < other.code


@pytest.mark.django_db
def test_a_day_off_is_written_down_once_and_changed_by_events_only(
    administrator_client: Client, desk_office: Office, django_capture_on_commit_callbacks: Any
) -> None:
    page = reverse("admin:accounts_daychange_add")
    typed = {"office": desk_office.pk, "on": "2026-12-31", "note": "Kiểm kê"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = administrator_client.post(page, typed, follow=True)
    assert "Ngày hẹn đã ghi trên phiếu không đổi" in answer.content.decode()
    assert offices.day_changes(desk_office.pk) == {date(2026, 12, 31): False}
    assert "Ngày này đã được ghi" in administrator_client.post(page, typed).content.decode()

    for_all = {**typed, "office": "", "is_working": "on"}
    assert administrator_client.post(page, for_all).status_code == 302
    assert "Ngày này đã được ghi" in administrator_client.post(page, for_all).content.decode()

    change = DayChange.objects.get(office=desk_office)
    with django_capture_on_commit_callbacks(execute=True):
        administrator_client.post(
            reverse("admin:accounts_daychange_changelist"),
            {"action": "delete_selected", "_selected_action": [change.pk], "post": "yes"},
        )
    assert offices.day_changes(desk_office.pk) == {date(2026, 12, 31): True}
    events = AuditEvent.objects.filter(name="office.changed").order_by("pk")
    assert [event.office_code for event in events] == [desk_office.code, "", desk_office.code]
    assert all(event.details == {"changed": ["days"]} for event in events)


@pytest.mark.django_db
@pytest.mark.parametrize("year", ["9" * 26, "99999", "0", "abc"])
def test_an_address_of_a_year_that_never_comes_leads_to_the_list(
    administrator_client: Client, year: str
) -> None:
    answer = administrator_client.get(
        reverse("admin:accounts_daychange_changelist"), {"on__year": year}, follow=True
    )
    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_day_of_last_year_typed_for_the_next_is_told(administrator_client: Client) -> None:
    page = reverse("admin:accounts_daychange_add")
    for on, is_over in ((timezone.localdate() - timedelta(days=300), True), (timezone.localdate(), False)):
        typed = {"office": "", "on": f"{on:%d/%m/%Y}", "note": "Nghỉ Tết"}
        said = administrator_client.post(page, typed, follow=True).content.decode()
        assert (f"Ngày {on:%d/%m/%Y} đã qua" in said) is is_over
        assert ("Hồ sơ tiếp nhận từ bây giờ tính theo ngày này" in said) is not is_over


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["lan", "bao", "oanh"])
def test_nobody_but_an_administrator_changes_offices_or_days(people: None, login: str) -> None:
    browser = Client()
    browser.force_login(User.objects.get(login=login))
    before = list(Office.objects.values())
    for name in ("office", "daychange"):
        answer = browser.post(
            reverse(f"admin:accounts_{name}_add"), {"code": "H24.97", "name": "Cơ quan khác"}
        )
        assert answer.status_code in {302, 403}
    assert list(Office.objects.values()) == before
    assert not DayChange.objects.exists()


def kept(client: Client, user: User, **other: Any) -> str:
    """Send an official's page; return what comes back, empty when it was saved."""
    answer = client.post(reverse("admin:accounts_user_change", args=[user.pk]), form_of(user, **other))
    return "" if answer.status_code == 302 else unescape(answer.content.decode())


@pytest.mark.django_db
def test_an_official_has_further_roles_and_the_page_tells_what_they_allow(
    administrator_client: Client, officer: User
) -> None:
    assert not kept(administrator_client, officer, also_roles=["cashier", "officer"])

    officer.refresh_from_db()
    assert officer.roles == ["officer", "cashier"]
    page = administrator_client.get(reverse("admin:accounts_user_change", args=[officer.pk]))
    assert "<li>Thu phí, lệ phí (bộ phận mình)</li>" in page.content.decode()
    assert "Duyệt kết quả" not in page.content.decode()
    assert reverse("admin:accounts_rights") in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("beside", ["citizen", "administrator", "king"])
def test_no_official_is_a_citizen_or_administrator_beside(
    administrator_client: Client, officer: User, beside: str
) -> None:
    assert kept(administrator_client, officer, also_roles=[beside])
    officer.refresh_from_db()
    assert officer.roles == ["officer"]


@pytest.mark.django_db
def test_an_administrator_handles_no_dossiers_beside(
    administrator_client: Client, administrator: User
) -> None:
    refusal = kept(administrator_client, administrator, office="", also_roles=["officer"])

    assert "Quản trị hệ thống không kiêm nhiệm việc hồ sơ" in refusal
    administrator.refresh_from_db()
    assert administrator.roles == ["administrator"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["officer", "specialist", "leader", "cashier", "result_desk", "supervisor"])
def test_whoever_handles_dossiers_works_at_an_office(
    administrator_client: Client, officer: User, role: str
) -> None:
    assert "Cán bộ phải thuộc một cơ quan" in kept(administrator_client, officer, role=role, office="")
    assert not kept(administrator_client, officer, role=role)


@pytest.mark.django_db
def test_administrators_read_the_one_table_of_rights(
    administrator_client: Client, officer_client: Client
) -> None:
    page = administrator_client.get(reverse("admin:accounts_rights"))

    assert page.status_code == 200
    assert "Xin lỗi và hẹn lại ngày trả" in page.content.decode()
    table = page.content.decode().partition('class="module results"')[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + len(Right)
    assert officer_client.get(reverse("admin:accounts_rights")).status_code == 302
