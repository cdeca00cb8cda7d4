"""By which ways messages go out, what becomes of the mailbox, and which settings are refused."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.utils import timezone

from motcua.config.couriers import couriers
from motcua.messaging import mailbox
from motcua.messaging.checks import messages_can_go_out
from motcua.messaging.kinds import KINDS, Channel
from motcua.messaging.models import Mailbox, Template
from motcua.messaging.service import send
from motcua.outbox.models import Parcel
from tests.messaging.letters import load
from tests.messaging.reading import delivered

NOW = timezone.now()
WORDS = dict.fromkeys(("ma_ho_so", "co_quan", "han_tra", "duong_dan", "dien_thoai"), "x")
BOTH = {"email": "an@vidu.vn", "phone": "0912345678"}


def tell() -> int:
    with transaction.atomic():
        return send(kind="finished", now=NOW, words=WORDS, **BOTH)


@pytest.mark.django_db
def test_in_production_nothing_is_written_where_nothing_is_configured(settings: Any) -> None:
    settings.MOTCUA_MODE = "production"
    assert not {"email", "sms"} & set(couriers())
    assert tell() == 0
    assert not Parcel.objects.exists()


@pytest.mark.django_db
def test_in_production_only_what_is_configured_goes_out(settings: Any) -> None:
    settings.MOTCUA_MODE = "production"
    settings.SMS = {**settings.SMS, "SMS_URL": "https://sms.example/"}
    assert tell() == 1
    assert Parcel.objects.get().topic == "sms"


@pytest.mark.django_db
@pytest.mark.usefixtures("people")
def test_there_is_no_mailbox_in_production_nor_where_everything_really_goes_out(
    settings: Any, administrator_client: Client
) -> None:
    assert administrator_client.get("/quan-tri/hop-thu/").status_code == 200
    settings.SMS = {**settings.SMS, "SMS_URL": "https://sms.example/"}
    assert administrator_client.get("/quan-tri/hop-thu/").status_code == 200
    settings.MAIL = {**settings.MAIL, "MAIL_HOST": "mail.example"}
    assert administrator_client.get("/quan-tri/hop-thu/").status_code == 404
    settings.MAIL = {**settings.MAIL, "MAIL_HOST": ""}
    settings.MOTCUA_MODE = "production"
    settings.OFFICER_SECOND_FACTOR = "offered"
    assert administrator_client.get("/quan-tri/hop-thu/").status_code == 404
    assert "Hộp thư" not in administrator_client.get("/quan-tri/messaging/template/").content.decode()


@pytest.mark.django_db
def test_no_sms_is_written_to_a_fixed_line() -> None:
    with transaction.atomic():
        assert send(kind="finished", now=NOW, words=WORDS, email="an@vidu.vn", phone="02253842111") == 1
    assert Parcel.objects.get().topic == "email"


@pytest.mark.django_db
def test_a_message_is_useless_after_days_and_then_not_sent() -> None:
    assert tell() == 2
    days = {one.topic: one.useless_from - NOW for one in Parcel.objects.all() if one.useless_from}
    assert days == {"email": timedelta(days=7), "sms": timedelta(days=3)}
    assert [one.channel for one in delivered(NOW + timedelta(days=4))] == ["email"]


@pytest.mark.django_db
def test_the_content_of_a_parcel_is_sealed_while_it_waits() -> None:
    tell()
    with transaction.atomic():
        rows = Parcel.objects.all()
        assert {row.content.startswith("{") for row in rows} == {True}
    assert b"an@vidu.vn" not in b"".join(
        one.raw for one in Parcel._base_manager.values_list("content", flat=True)
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_outside_the_transaction_of_its_cause() -> None:
    with pytest.raises(TransactionManagementError):
        send(kind="finished", now=NOW, words=WORDS, email="an@vidu.vn")


@pytest.mark.django_db
@pytest.mark.usefixtures("people")
def test_a_text_that_names_what_is_no_more_stops_no_dossier(administrator: Any) -> None:
    Template.objects.create(
        kind="finished",
        channel="email",
        subject="a{cu}b",
        body="{cu}",
        changed_at=NOW,
        changed_by=administrator,
    )
    assert tell() == 2
    assert next(one for one in delivered(NOW) if one.channel == "email").subject == "ab"


@pytest.mark.django_db
def test_the_mailbox_takes_a_repeated_message_once() -> None:
    told = load()
    for _ in range(2):
        mailbox.courier(Channel.EMAIL)(told)
    assert Mailbox.objects.get().message_id == told.message_id


@pytest.mark.django_db
def test_the_mailbox_keeps_seven_days_and_the_last_few_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MOST", 3)
    for days in (9, 8, 6, 3, 2, 1):
        Mailbox.objects.create(
            message_id=uuid.uuid4(),
            channel="sms",
            address="x",
            body=f"{days}",
            sent_at=NOW - timedelta(days=days),
        )
    assert mailbox.erase_old_messages(now=NOW, dry_run=True) == 3
    assert Mailbox.objects.count() == 6
    assert mailbox.erase_old_messages(now=NOW, dry_run=False) == 3
    assert [one.body for one in Mailbox.objects.order_by("id")] == ["3", "2", "1"]


def test_every_kind_has_a_name_that_a_page_can_ask_for() -> None:
    assert all(name.replace("_", "").isalpha() and name.isascii() for name in KINDS)


GOOD = {"MAIL_HOST": "mail.example", "MAIL_FROM": "Cổng <khong-tra-loi@cong.example>"}


@pytest.mark.parametrize(
    ("mail", "sms", "site", "refused"),
    [
        ({}, {}, "http://localhost:8000", []),
        (GOOD, {"SMS_URL": "https://sms.example"}, "https://cong.example", []),
        (GOOD, {}, "http://cong.example", ["motcua.E040"]),
        (GOOD, {}, "https://localhost", ["motcua.E040"]),
        ({**GOOD, "MAIL_FROM": "khong-tra-loi@localhost"}, {}, "https://cong.example", ["motcua.E041"]),
        ({**GOOD, "MAIL_FROM": "Cổng dịch vụ công"}, {}, "https://cong.example", ["motcua.E041"]),
        ({**GOOD, "MAIL_TLS": "none"}, {}, "https://cong.example", ["motcua.E042"]),
        ({**GOOD, "MAIL_TLS": "none", "MAIL_HOST": "localhost"}, {}, "https://cong.example", []),
        ({}, {"SMS_URL": "http://sms.example"}, "https://cong.example", ["motcua.E044"]),
    ],
)
def test_production_refuses_settings_that_would_lead_astray(
    settings: Any, mail: dict[str, str], sms: dict[str, str], site: str, refused: list[str]
) -> None:
    settings.MOTCUA_MODE = "production"
    settings.MAIL = {**settings.MAIL, **mail}
    settings.SMS = {**settings.SMS, **sms}
    settings.SITE_URL = site
    assert [one.id for one in messages_can_go_out(None)] == refused
