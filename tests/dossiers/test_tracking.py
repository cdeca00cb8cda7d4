"""Following a dossier without logging in: code and number together, progress alone, few wrong pairs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import User
from motcua.dossiers import service
from motcua.dossiers.models import Dossier, TrackTry
from motcua.dossiers.supplements import ask_supplement
from tests.conftest import ToldRegister
from tests.dossiers.filing import CONTACT, begin, filed
from tests.dossiers.test_codes import at_once
from tests.dossiers.test_owners import filed_for_child
from tests.people import FIRST_OFFICE, cast
from tests.reception.conftest import Desk, desk_of

__all__ = ["desk_of"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]

MISSING = "Không tìm thấy hồ sơ"


def track(code: object, number: str, client: Client | None = None) -> HttpResponse:
    """Press "Tra cứu"."""
    return (client or Client()).post("/tra-cuu/", {"ma": str(code), "so": number})


def html(response: HttpResponse) -> str:
    """Return a page as text, without what differs on every showing."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", unescape(response.content.decode()))


def test_code_and_number_tell_progress_and_nothing_of_a_person(an_client: Client, officer: User) -> None:
    dossier = filed(an_client)
    service.take_up(dossier=dossier, officer=officer, now=timezone.now())
    dossier.refresh_from_db()

    page = html(track(f" {str(dossier.code).lower()} ", "999 085 000001"))

    assert str(dossier.code) in page
    assert dossier.procedure.name in page
    assert "Được tiếp nhận" in page
    assert "Đã nộp hồ sơ trực tuyến" in page
    assert f"Hẹn trả: 17:00 ngày {timezone.localtime(dossier.due_at):%d/%m/%Y}" in page
    for word in (
        dossier.applicant_name,
        dossier.phone,
        dossier.email,
        CONTACT["address"],
        "1985",
        "999",
        officer.full_name,
    ):
        assert word not in page


def test_reasons_are_not_for_everybody(an_client: Client, officer: User) -> None:
    dossier = filed(an_client)
    ask_supplement(
        dossier=dossier,
        documents=[{"name": "Giấy chứng sinh của bé Hân", "note": ""}],
        reason="Bé Hân sinh tại nhà",
        by=officer,
        now=timezone.now(),
    )

    page = html(track(dossier.code, cast.an.number))

    assert "Cơ quan yêu cầu bổ sung giấy tờ" in page
    assert "Hân" not in page


def test_a_wrong_pair_is_told_the_same_whatever_is_wrong(an_client: Client) -> None:
    dossier = filed(an_client)

    wrong_number = html(track(dossier.code, cast.cuc.number))
    no_such_code = html(track(f"{FIRST_OFFICE}-260101-9999", cast.cuc.number))

    assert MISSING in wrong_number
    assert no_such_code.replace(f"{FIRST_OFFICE}-260101-9999", str(dossier.code)) == wrong_number


def test_a_code_alone_shows_nothing(an_client: Client) -> None:
    dossier = filed(an_client)

    by_address = Client().get("/tra-cuu/", {"ma": dossier.code, "so": cast.an.number}).content.decode()
    without_number = track(dossier.code, "").content.decode()

    assert f'value="{dossier.code}"' in by_address
    assert cast.an.number not in by_address
    assert "Vui lòng nhập số CCCD/CMND" in without_number
    for page in (by_address, without_number):
        assert "Mới đăng ký" not in page
        assert dossier.procedure.name not in page


def test_the_owner_follows_it_by_their_own_number(an_client: Client) -> None:
    dossier = filed_for_child(an_client)

    assert "Mới đăng ký" in html(track(dossier.code, cast.han.number))
    assert "Mới đăng ký" in html(track(dossier.code, cast.an.number))


def test_a_dossier_without_number_is_followed_by_the_telephone_left_at_reception(an_client: Client) -> None:
    dossier = filed(an_client)
    dossier.set_applicant_number(None)
    dossier.save()

    assert "Mới đăng ký" in html(track(dossier.code, "+84 912 345 678"))
    assert MISSING in html(track(dossier.code, "0912345679"))
    assert MISSING in html(track(dossier.code, cast.an.number))


def test_where_there_is_a_number_the_telephone_does_not_do(an_client: Client) -> None:
    dossier = filed(an_client)

    assert MISSING in html(track(dossier.code, CONTACT["phone"]))


def test_a_dossier_without_number_and_telephone_is_followed_by_nobody(an_client: Client) -> None:
    dossier = filed(an_client)
    dossier.set_applicant_number(None)
    dossier.phone = ""
    dossier.save()

    for typed in (cast.an.number, "0912345678", "000000000", "000000000000"):
        assert MISSING in html(track(dossier.code, typed))


@pytest.mark.parametrize("code", ["không phải mã", "H24' OR 1=1--", "\x00", "x" * 500])
def test_what_cannot_be_a_code_is_told_kindly(client: Client, code: str) -> None:
    response = track(code, cast.an.number, client)

    assert response.status_code == 200
    assert "Vui lòng xem lại" in html(response)
    assert not TrackTry.objects.exists()


def test_a_draft_cannot_be_followed(an_client: Client, client: Client) -> None:
    dossier = begin(an_client)

    assert "Mã hồ sơ chưa đúng dạng" in html(track(dossier.pk, cast.an.number))


@pytest.mark.parametrize("is_there", [True, False])
def test_wrong_numbers_for_one_code_are_few_whether_or_not_it_exists(
    an_client: Client, settings: Settings, is_there: bool
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRACK_TRIES_HOUR": 3}
    code = filed(an_client).code if is_there else f"{FIRST_OFFICE}-260101-9999"
    for place in range(3):
        client = Client(REMOTE_ADDR=f"192.0.2.{place}")
        assert track(code, cast.cuc.number, client).status_code == 200

    limited = track(code, cast.an.number, Client(REMOTE_ADDR="192.0.2.9"))

    assert limited.status_code == 429
    assert 0 < int(limited.headers["Retry-After"]) <= 3601
    assert "Có thể thử lại lúc" in html(limited)
    assert "Mới đăng ký" not in html(limited)


def test_wrong_pairs_from_one_address_are_few(an_client: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_ADDRESS_HOUR": 3}
    dossier = filed(an_client)
    for place in range(3):
        track(f"{FIRST_OFFICE}-260101-999{place}", cast.an.number)

    assert track(dossier.code, cast.an.number).status_code == 429
    assert track(dossier.code, cast.an.number, Client(REMOTE_ADDR="192.0.2.1")).status_code == 200


def test_right_pairs_count_for_nothing_and_forgive_nothing(an_client: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_ADDRESS_HOUR": 3}
    dossier = filed(an_client)
    for _ in range(5):
        assert "Mới đăng ký" in html(track(dossier.code, cast.an.number))
    for place in range(3):
        track(f"{FIRST_OFFICE}-260101-999{place}", cast.an.number)
        if place < 2:
            assert track(dossier.code, cast.an.number).status_code == 200

    assert track(dossier.code, cast.an.number).status_code == 429


def test_after_an_hour_one_may_try_again(an_client: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRACK_TRIES_HOUR": 1}
    dossier = filed(an_client)
    track(dossier.code, cast.cuc.number)
    assert track(dossier.code, cast.an.number).status_code == 429
    TrackTry.objects.update(at=timezone.now() - timedelta(hours=1, seconds=1))

    assert track(dossier.code, cast.an.number).status_code == 200
    assert service.erase_old_tries(now=timezone.now(), dry_run=True) == 2
    assert service.erase_old_tries(now=timezone.now()) == 2


def test_nothing_kept_of_a_try_tells_code_or_number(an_client: Client) -> None:
    dossier = filed(an_client)
    track(dossier.code, cast.cuc.number)

    kept = " ".join(TrackTry.objects.values_list("what", flat=True))
    assert str(dossier.code) not in kept
    assert cast.cuc.number not in kept


@pytest.mark.django_db(transaction=True)
def test_twenty_tries_at_one_moment_are_twenty_tries(an_client: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRACK_TRIES_HOUR": 5, "TRIES_ADDRESS_HOUR": 100}
    dossier, answered = filed(an_client), []

    def one_try() -> None:
        answered.append(track(dossier.code, cast.cuc.number).status_code)

    assert at_once(12, one_try) == []
    assert len(answered) == 12
    assert answered.count(200) <= 5


def test_a_person_received_at_the_desk_finds_the_dossier_in_their_account(
    desk_of: Callable[[User], Desk], officer: User, an_client: Client, register: ToldRegister
) -> None:
    desk = desk_of(officer)
    desk.checks(cast.an)
    assert desk.saves().is_receipt

    dossier = Dossier.objects.get()
    assert str(dossier.code) in an_client.get("/ho-so/").content.decode()
    assert an_client.get(f"/ho-so/{dossier.pk}/").status_code == 200


def test_following_costs_no_more_than_eight_queries(
    an_client: Client, client: Client, django_assert_max_num_queries: object
) -> None:
    dossier = filed(an_client)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert track(dossier.code, cast.an.number, client).status_code == 200
