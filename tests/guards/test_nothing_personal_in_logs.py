"""Whatever happens on whatever page, the log names nobody."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from motcua.identity.names import wire_form
from motcua.identity.register import CouldNotAsk, Trouble
from motcua.web import logs
from tests.conftest import ToldRegister
from tests.people import cast

pytestmark = pytest.mark.django_db

MAIL = "an.rieng@example.vn"
PHONE = "0912345678"
PASSWORD = "con meo leo cay cau"
LOGGERS = ("", "django", "django.db.backends", "django.request", "django.security", "motcua")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return everything that the product's own handler would write, down to the last detail."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.PersonalDataFilter())
    handler.setFormatter(logs.OneLineFormatter())
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
    connection.force_debug_cursor = True
    yield stream
    connection.force_debug_cursor = False
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.removeHandler(handler)
        logger.setLevel(level)


def claim(**changes: str) -> dict[str, str]:
    """Return what An types, everywhere."""
    an = {"full_name": cast.an.full_name, "number": cast.an.number, "birth_date": cast.an.typed_birth}
    contact = {"phone": PHONE, "email": MAIL, "password": PASSWORD, "password_again": PASSWORD}
    return an | contact | {"has_read_notice": "on", "is_sure": "on"} | changes


def assert_names_nobody(log: io.StringIO) -> None:
    """Compare the log with every form of what An typed."""
    text = log.getvalue()
    assert text, "nothing was logged, so nothing was shown"
    digits = "".join(sign for sign in text if sign.isdigit() or sign.isspace())
    for secret in (
        cast.an.full_name,
        cast.an.full_name.upper(),
        wire_form(cast.an.full_name),
        MAIL,
        PHONE,
        PASSWORD,
    ):
        assert secret not in text
    for secret in (cast.an.number, cast.an.old_number):
        assert not secret or secret not in digits
    for secret in (cast.an.typed_birth, cast.an.birth_date.canonical(), "07031985"):
        assert secret not in text


def test_a_registration_is_not_told(client: Client, register: ToldRegister, log: io.StringIO) -> None:
    client.post("/dang-ky/", claim())
    assert register.asked == 1
    assert_names_nobody(log)


def test_a_rejected_and_an_unanswered_registration_are_not_told(
    client: Client, register: ToldRegister, log: io.StringIO
) -> None:
    client.post("/dang-ky/", claim(full_name="Nguyễn Văn Anh"))
    register.trouble = CouldNotAsk(Trouble.OTHER_PERSON, detail="another number than asked")
    client.post("/dang-ky/", claim())
    assert_names_nobody(log)
    assert "Văn Anh" not in log.getvalue()


def test_a_wrong_password_is_not_told(client: Client, people: None, log: io.StringIO) -> None:
    client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD})
    assert_names_nobody(log)


def test_a_check_at_the_desk_is_not_told(
    officer_client: Client, catalogue: None, register: ToldRegister, log: io.StringIO
) -> None:
    officer_client.post("/mot-cua/tiep-nhan/kiem-tra/", claim(procedure="1"))
    assert_names_nobody(log)


def test_a_look_up_without_a_dossier_is_not_told(
    officer_client: Client, register: ToldRegister, log: io.StringIO
) -> None:
    page = "/mot-cua/tra-cuu-ngoai-ho-so/"
    officer_client.post(page, claim(reason="Xác minh người làm chứng"))
    assert register.asked == 1
    officer_client.post(page, claim(reason=f"Xem số {cast.an.number}"))
    assert_names_nobody(log)


def test_a_crash_inside_the_question_is_not_told(
    client: Client, register: ToldRegister, log: io.StringIO
) -> None:
    def crash() -> None:
        raise RuntimeError(f"{cast.an.full_name} {cast.an.number} {cast.an.typed_birth}")

    register.before_answer = crash
    client.raise_request_exception = False
    client.post("/dang-ky/", claim())
    assert_names_nobody(log)
    assert "RuntimeError" in log.getvalue()


def test_an_address_with_somebody_in_it_is_not_told(client: Client, log: io.StringIO) -> None:
    client.get(f"/khong-co/{cast.an.number}/?ten={cast.an.full_name}")
    client.get("/", headers={"host": f"{cast.an.number}.example"})
    assert_names_nobody(log)
    assert "Not Found: /khong-co/[number]/" in log.getvalue()
