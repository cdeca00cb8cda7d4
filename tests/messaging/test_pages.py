"""The administrators' pages: what a message says is seen before it is kept, and the beginning is never lost."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.messaging.kinds import KINDS, Channel
from motcua.messaging.models import Mailbox, Template
from motcua.messaging.service import send
from tests.messaging.reading import delivered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]
LIST = "/quan-tri/messaging/template/"
MAIL = f"{LIST}finished-email/sua/"
SMS = f"{LIST}finished-sms/sua/"
WORDS = {
    "ma_ho_so": "H24.31.01-261123-0001",
    "co_quan": "Bộ phận Một cửa phường Mẫu A",
    "han_tra": "16:30 30/11/2026",
    "duong_dan": "https://cong.example/tra-cuu/?ma=H24.31.01-261123-0001",
    "dien_thoai": "0225 3 123 456",
}


def tell(kind: str = "finished", **to: str) -> list[Mailbox]:
    """Tell somebody, and return all that lies in the mailbox."""
    with transaction.atomic():
        send(
            kind=kind,
            now=timezone.now(),
            words=WORDS,
            **(to or {"email": "an@vidu.vn", "phone": "0912345678"}),
        )
    return delivered()


def page(client: Client, path: str, **posted: str) -> str:
    """Return what a page says; follows where a post leads."""
    answer = client.post(path, posted, follow=True) if posted else client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_list_shows_every_message_by_every_channel_and_whether_it_is_sent(
    administrator_client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        text = page(administrator_client, LIST)
    for kind in KINDS.values():
        for channel in Channel:
            assert f"{LIST}{kind.name}-{channel.value}/sua/" in text
    assert "Hộp thư thử nghiệm" in text


def test_what_an_administrator_writes_is_what_people_read_from_then_on(
    administrator_client: Client, administrator: User
) -> None:
    said = {
        "subject": "Kết quả {ma_ho_so}",
        "body": "Mời ông/bà đến {co_quan}.",
        "is_active": "on",
        "save": "1",
    }
    assert "Đã lưu mẫu tin." in page(administrator_client, MAIL, **said)
    letter = next(one for one in tell() if one.channel == "email")
    assert letter.subject == "Kết quả H24.31.01-261123-0001"
    assert letter.body == "Mời ông/bà đến Bộ phận Một cửa phường Mẫu A."
    event = AuditEvent.objects.get(name="message.changed")
    assert event.actor == administrator
    assert event.details == {"message": "finished-email", "act": "change"}


def test_who_saves_an_old_page_of_a_message_takes_back_nothing_unseen(administrator_client: Client) -> None:
    early = administrator_client.get(MAIL).context["form"].mark
    said = {"subject": "Kết quả", "is_active": "on", "save": "1"}
    page(administrator_client, MAIL, **said, body="Mời đến {co_quan}.", as_shown=early)

    refused = administrator_client.post(MAIL, said | {"body": "Mời ông/bà đến.", "as_shown": early})

    assert "người khác đã sửa: lời của tin." in unescape(refused.content.decode())
    assert "Mời ông/bà đến." in unescape(refused.content.decode())
    assert Template.objects.get().body == "Mời đến {co_quan}."
    knowing = {"body": "Mời ông/bà đến.", "as_shown": refused.context["form"].mark}
    assert "Đã lưu mẫu tin." in page(administrator_client, MAIL, **said, **knowing)


def test_letters_in_pieces_are_kept_composed(administrator_client: Client) -> None:
    page(administrator_client, SMS, body="Co\u0301 kết quả\r\n{ma_ho_so} ", is_active="on", save="1")
    assert Template.objects.get().body == "Có kết quả\n{ma_ho_so}"


def test_a_message_that_is_switched_off_is_not_sent_and_the_other_channel_goes_on(
    administrator_client: Client,
) -> None:
    body = page_body(administrator_client, SMS)
    page(administrator_client, SMS, body=body, save="1")
    assert [one.channel for one in tell()] == ["email"]
    assert AuditEvent.objects.get(name="message.changed").details["act"] == "switch"


def page_body(client: Client, path: str) -> str:
    form = client.get(path).context["form"]
    return str(form.initial["body"])


def test_the_text_to_begin_with_can_be_had_back(administrator_client: Client) -> None:
    assert "Khôi phục mẫu gốc" not in page(administrator_client, SMS)
    first = page_body(administrator_client, SMS)
    assert "Khôi phục mẫu gốc" in page(administrator_client, SMS, body="Có kết quả", is_active="on", save="1")
    assert "Đã khôi phục mẫu gốc." in page(administrator_client, SMS, restore="1")
    assert page_body(administrator_client, SMS) == first
    assert not Template.objects.exists()
    acts = (
        AuditEvent.objects.filter(name="message.changed")
        .order_by("id")
        .values_list("details__act", flat=True)
    )
    assert list(acts) == ["change", "restore"]


def test_writing_the_beginning_again_by_hand_counts_as_having_it_back(administrator_client: Client) -> None:
    first = page_body(administrator_client, SMS)
    page(administrator_client, SMS, body="Có kết quả", is_active="on", save="1")
    page(administrator_client, SMS, body=first, is_active="on", save="1")
    assert not Template.objects.exists()


def test_saving_what_stands_there_changes_nothing(administrator_client: Client) -> None:
    page(administrator_client, SMS, body=page_body(administrator_client, SMS), is_active="on", save="1")
    assert not Template.objects.exists()
    assert not AuditEvent.objects.filter(name="message.changed").exists()


@pytest.mark.parametrize(
    ("path", "posted", "says"),
    [
        (MAIL, {"subject": "Chào {ho_ten}", "body": "Có kết quả"}, "Không có ô {ho_ten}"),
        (MAIL, {"subject": "Tin\nBcc: ai@vidu.vn", "body": "Có kết quả"}, "một dòng"),
        (SMS, {"body": "Hồ sơ đã có kết quả. " * 8}, "đoạn"),
        (SMS, {"body": "Có kết quả <script>alert(1)</script> {x}"}, "Không có ô {x}"),
    ],
)
def test_what_must_not_be_sent_is_not_kept_and_the_typed_text_stays(
    administrator_client: Client, path: str, posted: dict[str, str], says: str
) -> None:
    answer = administrator_client.post(path, {**posted, "is_active": "on", "save": "1"})
    assert says in unescape(answer.content.decode())
    assert b"<script>alert" not in answer.content
    assert posted["body"].split()[0] in unescape(answer.content.decode())
    assert not Template.objects.exists()


def test_the_preview_shows_an_invented_dossier_and_counts_the_segments_without_keeping_anything(
    administrator_client: Client,
) -> None:
    text = page(administrator_client, SMS, body="Hồ sơ {ma_ho_so}: " + "ă" * 60, is_active="on", preview="1")
    assert "Hồ sơ H24.31.01-261123-0001: ăăă" in text
    assert "89 ký tự, 2 đoạn tin nhắn (tối đa 2)" in text
    assert not Template.objects.exists()


def test_while_one_types_the_preview_alone_is_answered(administrator_client: Client) -> None:
    answer = administrator_client.post(SMS, {"body": "Có {ho_ten}"}, headers={"HX-Request": "true"})
    text = unescape(answer.content.decode())
    assert text.strip().startswith('<section id="xem-truoc"')
    assert "Không có ô {ho_ten}" in text
    assert "<html" not in text


@pytest.mark.parametrize("path", [LIST, MAIL, "/quan-tri/hop-thu/"])
def test_only_administrators_see_and_change_texts(
    client: Client, officer_client: Client, supervisor: User, path: str
) -> None:
    overseer = Client()
    overseer.force_login(supervisor)
    for browser in (client, officer_client, overseer):
        for answer in (browser.get(path, follow=True), browser.post(path, {"restore": "1"}, follow=True)):
            assert answer.status_code == 403 or answer.redirect_chain[-1][0].startswith("/dang-nhap/")


@pytest.mark.parametrize("code", ["finished-fax", "unknown-email", "finished", "-", "finished-email-sms"])
def test_a_message_that_does_not_exist_is_not_found(administrator_client: Client, code: str) -> None:
    assert administrator_client.get(f"{LIST}{code}/sua/").status_code == 404


def test_the_mailbox_shows_what_was_told_the_newest_first(
    administrator_client: Client, django_assert_max_num_queries: Any
) -> None:
    tell("filed", email="an@vidu.vn")
    tell("finished", phone="0912345678")
    with django_assert_max_num_queries(8):
        text = page(administrator_client, "/quan-tri/hop-thu/")
    assert text.index("0912345678") < text.index("an@vidu.vn")
    assert 'href="https://cong.example/tra-cuu/?ma=H24.31.01-261123-0001"' in text


def test_a_text_in_the_mailbox_is_text_and_no_markup(administrator_client: Client) -> None:
    Template.objects.create(
        kind="filed", channel="email", subject="<b>a</b>", body="<script>x</script>", changed_at=timezone.now(),
        changed_by=User.objects.get(login="quantri"),
    )  # fmt: skip
    tell("filed", email="an@vidu.vn")
    raw = administrator_client.get("/quan-tri/hop-thu/").content.decode()
    assert "<script>x" not in raw
    assert "<b>a" not in raw
