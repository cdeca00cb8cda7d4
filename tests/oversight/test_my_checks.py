"""Ai đã tra cứu thông tin của tôi: everything about one's number, and nothing about anybody else's."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.identity.numbers import IdNumber
from motcua.identity.register import TouchPoint
from motcua.oversight import history
from motcua.oversight.history import Place
from motcua.oversight.models import Objection
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Asker, Limited, Purpose, check_identity, look_up, number_lock
from tests.conftest import ToldRegister, account_of
from tests.oversight.conftest import NOW, MakeCheck
from tests.people import FIRST_OFFICE, SECOND_OFFICE, cast

pytestmark = pytest.mark.django_db
ADDRESS = "/ca-nhan/tra-cuu-ve-toi/"
OUTCOMES = {
    "verified": "Xác thực thành công",
    "rejected": "Xác thực thất bại",
    "unanswered": "Chưa kiểm tra được",
    "not_allowed": "Chưa được phép tra cứu",
    "": "Chưa rõ kết quả",
}


def walk(client: Client) -> list[str]:
    """Return the rows of all pages, one after the other, as the reader turns them."""
    rows, address, pages = [], ADDRESS, 0
    while address:
        page = client.get(address).content.decode()
        rows += rows_of(page)
        older = re.search(r'href="(\?truoc=[^"]+)"', page)
        address = ADDRESS + older[1] if older else ""
        pages += 1
        assert pages < 100, "the list does not end"
    return rows


def rows_of(page: str) -> list[str]:
    """Return the rows of a page's table."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [unescape(row) for row in body.split("</tr>") if "<tr>" in row]


def test_every_check_about_a_number_appears_once_and_nothing_of_anybody_else(
    an_client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    own, place = set(), 0
    for touch_point in IdentityCheck.TouchPoint.values:
        for outcome in OUTCOMES:
            for is_old in (False, True):
                if is_old and outcome != "verified":
                    continue
                place += 1
                check = make_check(
                    cast.duc.old_number if is_old else cast.an.number,
                    person=cast.an.number if is_old else "",
                    touch_point=touch_point,
                    outcome=outcome,
                    purpose=f"việc {place} của An",
                    office_code=(FIRST_OFFICE, SECOND_OFFICE, "", "000.99.99.H23")[place % 4],
                    asked_at=NOW - timedelta(days=place // 3),  # some at the very same moment
                )
                own.add(check.purpose)
    for person in (cast.binh, cast.duc):
        for outcome in OUTCOMES:
            make_check(person.number, outcome=outcome, purpose="việc của người khác")
    make_check(cast.duc.old_number, person=cast.duc.number, purpose="việc của người khác")
    make_check(cast.duc.old_number, outcome="rejected", purpose="việc của người khác")

    rows = walk(an_client)

    told = re.findall(r"việc \d+ của An", " ".join(rows))
    operations = IdentityCheck.objects.filter(touch_point="operation", purpose__in=own).count()
    assert len(rows) == len(own)
    assert len(told) == len(set(told)) == len(own) - operations
    assert sum("Vận hành: thử kết nối" in row for row in rows) == operations
    assert "người khác" not in " ".join(rows)


def test_checks_of_one_moment_are_neither_lost_nor_doubled_between_two_pages(
    an_client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    for place in range(45):
        old = place % 2 == 1
        make_check(
            cast.duc.old_number if old else cast.an.number,
            person=cast.an.number if old else "",
            purpose=f"việc số {place:02}.",
        )

    told = re.findall(r"việc số \d\d\.", " ".join(walk(an_client)))

    assert sorted(told) == [f"việc số {place:02}." for place in range(45)]


def test_the_newest_come_first(an_client: Client, make_check: MakeCheck) -> None:
    for days in (3, 1, 2):
        make_check(purpose=f"{days} ngày trước", asked_at=NOW - timedelta(days=days))

    told = re.findall(r"\d ngày trước", " ".join(walk(an_client)))

    assert told == ["1 ngày trước", "2 ngày trước", "3 ngày trước"]


def test_checks_from_before_the_account_are_there_and_its_registration_is_ones_own(
    client: Client, register: ToldRegister, people: None, officer: User
) -> None:
    look_up(
        claim=cast.duc.claim,
        asker=Asker(officer, officer_number="999180000008", office_code=FIRST_OFFICE),
        reason="Xác minh theo đơn",
        now=NOW,
    )
    client.post(
        "/dang-ky/",
        {
            "full_name": cast.duc.full_name,
            "number": cast.duc.number,
            "birth_date": cast.duc.typed_birth,
            "password": "con meo leo cay cau",
            "password_again": "con meo leo cay cau",
            "has_read_notice": "on",
            "is_sure": "on",
        },
    )
    client.force_login(account_of(cast.duc).user)

    registration, looked_up = rows_of(client.get(ADDRESS).content.decode())

    assert "Xác minh theo đơn" in looked_up
    assert "Tôi không nhờ việc này" in looked_up
    assert "Đăng ký tài khoản" in registration
    assert "ông/bà tự thực hiện" in registration
    assert "Tôi không nhờ việc này" not in registration


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_is_told_in_its_own_words_and_no_others(
    an_client: Client, make_check: MakeCheck, outcome: str
) -> None:
    make_check(outcome=outcome)

    (row,) = rows_of(an_client.get(ADDRESS).content.decode())

    assert [words for words in OUTCOMES.values() if words in row] == [OUTCOMES[outcome]]


def test_a_row_tells_time_office_purpose_procedure_and_result_and_no_officer(
    an_client: Client, catalogue: None, officer: User, make_check: MakeCheck
) -> None:
    make_check(asked_by=officer, marks="burst lookup", purpose="Nộp hồ sơ", outcome="rejected")

    page = an_client.get(ADDRESS).content.decode()

    (row,) = rows_of(page)
    for words in ("09:30 27/11/2026", "Tiếp nhận trực tiếp", officer.office.name, "Nộp hồ sơ", "1.001193"):
        assert words in row
    assert "khai sinh" in row
    for secret in (officer.full_name, officer.officer_number, "burst", "Nhiều lượt", "ngoài hồ sơ"):
        assert secret not in row
    assert officer.full_name not in page
    assert cast.an.number not in page


def test_what_an_officer_wrote_as_reason_is_text_and_never_markup(
    an_client: Client, make_check: MakeCheck
) -> None:
    make_check(touch_point="lookup", purpose="<script>alert(1)</script>{{7*7}}")

    page = an_client.get(ADDRESS).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_who_looks_at_another_number_sees_their_own_alone(
    an_client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    make_check(purpose="của An")
    of_binh = make_check(cast.binh.number, purpose="của Bình")

    for query in (
        {"so": cast.binh.number},
        {"number": cast.binh.number},
        {"citizen": "2"},
        {"truoc": f"99999999999999999-{of_binh.pk.hex}"},
    ):
        page = an_client.get(ADDRESS, query).content.decode()
        assert "của Bình" not in page


@pytest.mark.parametrize("place", ["abc", "1-2", "9" * 400 + "-" + uuid.uuid4().hex, "-", "1e9-", "١٢-x"])
def test_a_place_that_is_none_begins_at_the_top(an_client: Client, make_check: MakeCheck, place: str) -> None:
    make_check(purpose="của An")

    assert "của An" in an_client.get(ADDRESS, {"truoc": place}).content.decode()


def test_a_page_takes_six_queries_however_long_the_list(
    an_client: Client, catalogue: None, make_check: MakeCheck
) -> None:
    make_check()
    counted = []
    for more in (0, 45):
        for place in range(more):
            make_check(office_code=(FIRST_OFFICE, SECOND_OFFICE)[place % 2])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            an_client.get(ADDRESS)
        counted.append(sum("audit_" not in query["sql"] for query in queries.captured_queries))
    assert counted[0] == counted[1] <= 5, "beside the event of the visit"


def test_a_first_page_leaves_one_event_that_names_nobody_and_the_next_pages_none(
    an_client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    for _ in range(25):
        make_check()

    walk(an_client)

    event = AuditEvent.objects.get(name="history.viewed")
    assert event.actor_id == citizen_an.user_id
    assert event.subject == citizen_an.number_digest
    assert event.details == {"count": 20}


def test_an_empty_list_says_so(an_client: Client) -> None:
    assert "Chưa có lượt tra cứu nào về số của ông/bà." in an_client.get(ADDRESS).content.decode()


def test_a_number_that_is_locked_on_the_portal_is_told_to_its_owner_with_the_hour(
    an_client: Client, binh_client: Client, register: ToldRegister, citizen_an: Citizen
) -> None:
    now = timezone.now()
    assert "tạm dừng" not in an_client.get(ADDRESS).content.decode()
    for place in range(5):
        check_identity(
            claim=cast.an.named("Nguyễn Văn Ân"),
            asker=Asker(None, address=f"192.0.2.{place}"),
            touch_point=TouchPoint.REGISTRATION,
            purpose=Purpose("Đăng ký tài khoản"),
            now=now,
        )
    with pytest.raises(Limited) as refusal:
        check_identity(
            claim=cast.an.claim,
            asker=Asker(None, address="192.0.2.99"),
            touch_point=TouchPoint.REGISTRATION,
            purpose=Purpose("Đăng ký tài khoản"),
            now=now,
        )

    page = an_client.get(ADDRESS).content.decode()

    until = timezone.localtime(refusal.value.until)
    assert "đang tạm dừng kiểm tra trên cổng" in page
    assert f"{until:%H:%M %d/%m/%Y}" in page
    assert "Bộ phận một cửa vẫn tiếp nhận" in page
    assert "đang tạm dừng kiểm tra trên cổng" not in binh_client.get(ADDRESS).content.decode()
    assert number_lock(number_digest=citizen_an.number_digest, now=refusal.value.until) is None


def test_the_owner_of_a_shared_old_number_does_not_see_what_was_answered_about_the_other(
    client: Client, citizen_an: Citizen, make_check: MakeCheck
) -> None:
    assert cast.hoa.old_number == cast.hoa2.old_number
    citizen_an.number = IdNumber(cast.hoa.old_number)
    citizen_an.registration_check = make_check(
        cast.hoa.old_number, person=cast.hoa.number, touch_point="registration", purpose="đăng ký của Hoa"
    )
    citizen_an.save()
    make_check(cast.hoa.number, purpose="Hoa bằng số mới")
    make_check(cast.hoa.old_number, outcome="rejected", purpose="thất bại bằng số cũ")
    make_check(cast.duc.old_number, person=cast.hoa.number, purpose="Hoa bằng số cũ khác")
    of_other = make_check(cast.hoa.old_number, person=cast.hoa2.number, purpose="việc của Hòa")
    client.force_login(citizen_an.user)

    rows = " ".join(walk(client))

    for purpose in ("đăng ký của Hoa", "Hoa bằng số mới", "thất bại bằng số cũ", "Hoa bằng số cũ khác"):
        assert rows.count(purpose) == 1
    assert "việc của Hòa" not in rows
    assert client.get(reverse("object_to_check", args=[of_other.pk])).status_code == 404


def test_the_profile_leads_to_the_list_and_others_are_told_that_it_is_not_theirs(
    an_client: Client, client: Client, officer_client: Client, administrator_client: Client
) -> None:
    assert f'href="{ADDRESS}"' in an_client.get("/ca-nhan/").content.decode()
    assert client.get(ADDRESS).headers["Location"] == f"/dang-nhap/?next={ADDRESS}"
    assert officer_client.get(ADDRESS).status_code == 403
    assert administrator_client.get(ADDRESS).status_code == 403
    assert an_client.get("/mot-cua/nhat-ky-tra-cuu/").status_code == 403


def test_nothing_is_cached_and_nobody_else_can_read_the_page_later(an_client: Client) -> None:
    assert "no-store" in an_client.get(ADDRESS).headers["Cache-Control"]


def test_an_objection_made_by_somebody_else_about_the_same_check_is_not_shown(
    an_client: Client, citizen_binh: Citizen, make_check: MakeCheck
) -> None:
    check = make_check()
    Objection.objects.create(check_made=check, citizen=citizen_binh, opened_at=NOW, due_on=NOW.date())

    (row,) = rows_of(an_client.get(ADDRESS).content.decode())

    assert "Tôi không nhờ việc này" in row
    assert digest("number", cast.an.number) not in row


@pytest.mark.parametrize("place", [None, Place(NOW, uuid.UUID(int=1))], ids=["first page", "later page"])
def test_a_page_is_read_by_the_two_indexes_alone(
    citizen_an: Citizen, make_check: MakeCheck, place: Place | None
) -> None:
    for minutes in range(200):  # of an empty table every index is as good as another
        make_check(f"{999_100_000_000 + minutes}", asked_at=NOW - timedelta(minutes=minutes))
    newest = history._newest(history.subject_of(citizen_an), place, 21)
    is_postgres = connection.vendor == "postgresql"

    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("ANALYZE verification_identitycheck")
            cursor.execute("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise
        cursor.execute(("EXPLAIN " if is_postgres else "EXPLAIN QUERY PLAN ") + newest.sql, newest.params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())

    assert "check_number" in plan
    assert "check_person" in plan
    assert "SCAN verification_identitycheck" not in plan
    assert "Seq Scan" not in plan
