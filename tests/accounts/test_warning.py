"""What concerns the safety of an account reaches its owner outside the portal too, and strangers learn nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen, User
from motcua.accounts.notices import tell_supervisors
from motcua.accounts.second_factor import confirm
from tests.accounts.test_registration import typed
from tests.conftest import ToldRegister
from tests.messaging.reading import delivered, waiting
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]
MAIL = "chinh.chu@vidu.vn"


def test_who_is_registered_again_is_told_at_the_address_of_the_account_once_a_day(
    client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    User.objects.filter(pk=citizen_an.user_id).update(email=MAIL)
    for _ in range(3):
        client.post("/dang-ky/", typed(cast.an, email="ke.la@vidu.vn"))
    (letter,) = delivered()
    assert letter.address == MAIL
    assert letter.subject == "Có người vừa đăng ký bằng thông tin của ông/bà"
    assert letter.body.count("http://") == 1
    assert "/ca-nhan/" in letter.body
    for secret in (cast.an.full_name, cast.an.number, cast.an.typed_birth, "ke.la@vidu.vn"):
        assert secret not in letter.body


def test_an_account_without_an_address_is_told_in_its_inbox_alone(
    client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    User.objects.filter(pk=citizen_an.user_id).update(email="")
    client.post("/dang-ky/", typed(cast.an))
    assert waiting() == 0
    assert citizen_an.user.notices.count() == 1


def test_a_new_account_is_written_to_by_nobody(client: Client, register: ToldRegister) -> None:
    client.post("/dang-ky/", typed(cast.cuc))
    assert waiting() == 0


def test_supervisors_learn_at_their_address_that_an_officer_was_stopped(
    officer: User, supervisor: User
) -> None:
    User.objects.filter(pk=supervisor.pk).update(email="oanh@coquan.example")
    now = timezone.now()
    assert tell_supervisors(officer=officer, now=now) == 1
    assert tell_supervisors(officer=officer, now=now) == 0
    (letter,) = delivered(now)
    assert letter.address == "oanh@coquan.example"
    assert officer.full_name not in letter.body


def test_who_is_tried_with_the_right_password_and_a_wrong_code_is_told(officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(email="lan@coquan.example")
    officer.refresh_from_db()
    now = timezone.now()
    for _ in range(2):
        assert confirm(user=officer, typed="000000", now=now) == ""
    (letter,) = delivered(now)
    assert letter.address == "lan@coquan.example"
    assert "đổi mật khẩu ngay" in letter.body
