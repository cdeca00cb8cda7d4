"""E-mail against a real server: who waits, who is tried again, who is given up, and what the mail looks like."""

from __future__ import annotations

import email
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from motcua.messaging import mail
from motcua.messaging.channels import couriers
from motcua.messaging.kinds import KINDS
from motcua.outbox.models import Parcel, Pause
from motcua.outbox.service import (
    Courier,
    Failed,
    FateUnknown,
    Refused,
    Unreachable,
    Unsendable,
    bring_next,
    put,
)
from tests.messaging.letters import PASSWORD, USER, Post, certificate, load, mail_server
from tests.postgres import free_port

NOW = timezone.now()


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    with mail_server() as server:
        configure(settings, server.port)
        yield server


def configure(settings: Any, port: int, **changes: str) -> None:
    """Lead the product to a mail server."""
    ours = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": port, "MAIL_TLS": "none"}
    settings.MAIL = {
        **settings.MAIL,
        **ours,
        "MAIL_FROM": "Cổng dịch vụ công <khong-tra-loi@cong.example>",
        **changes,
    }


def courier() -> Courier:
    found = mail.courier()
    assert found is not None
    return found


def test_a_mail_is_plain_vietnamese_text_that_asks_for_no_answer(post: Post) -> None:
    told = load()
    courier()(told)
    (taken,) = post.took
    assert post.recipients == ["an@vidu.vn"]
    assert taken["Subject"] == "Hồ sơ H24.31.01-261123-0001 đã có kết quả"
    assert taken["From"] == "Cổng dịch vụ công <khong-tra-loi@cong.example>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Message-ID"] == f"<{told.message_id}@cong.example>"
    assert taken["Date"].datetime.isoformat() == told.content["at"]
    assert taken.get_content_type() == "text/plain"
    assert taken.get_content_charset() == "utf-8"
    assert taken.get_content().replace("\r\n", "\n").strip() == told.content["body"]


def test_every_try_sends_the_same_mail(post: Post) -> None:
    told = load()
    courier()(told)
    courier()(told)
    first, second = post.took
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({"an@vidu.vn": "450 4.2.0 greylisted"}, Failed),
        ({"an@vidu.vn": "421 4.3.2 closing"}, Unreachable),
        ({"an@vidu.vn": "550 5.1.1 no such mailbox"}, Refused),
        ({"DATA": "452 4.3.1 full"}, Failed),
        ({"DATA": "554 5.7.1 looks like spam"}, Refused),
        ({"DATA": "421 4.3.2 closing"}, Unreachable),
        ({"MAIL": "550 5.7.1 not from you"}, Unreachable),
        ({"MAIL": "451 4.3.0 later"}, Unreachable),
    ],
)
def test_what_the_server_says_decides_who_waits(
    post: Post, says: dict[str, str], outcome: type[Exception]
) -> None:
    post.says = says
    with pytest.raises(outcome) as caught:
        courier()(load())
    assert type(caught.value) is outcome
    assert "an@vidu.vn" not in str(caught.value)
    assert post.took == []


@pytest.mark.parametrize("address", ["ân@vidu.vn", "an@vi du\r\nBcc: x@vidu.vn", "an@" + "a" * 70 + ".vn"])
def test_an_address_that_cannot_be_written_to_is_given_up(post: Post, address: str) -> None:
    with pytest.raises(Unsendable):
        courier()(load(to=address))
    assert post.took == []


@pytest.mark.parametrize(
    "code", ["000.00.01.H23-261130-0001", "000.00.12.H23-261130-12345", "H23.1-261130-1"]
)
def test_other_programs_read_subject_and_sender_with_every_blank(settings: Any, code: str) -> None:
    sender = "Cổng dịch vụ công Ủy ban nhân dân tỉnh Hải Dương"
    configure(settings, 25, MAIL_FROM=f"{sender} <khong-tra-loi@cong.example>")
    subjects = [kind.subject.replace("{ma_ho_so}", code) for kind in KINDS.values()]

    for subject in subjects:
        written = mail._message(load(subject=subject))

        assert all(len(line) <= 78 for line in written.split(b"\r\n"))
        seen = email.message_from_bytes(
            written
        )  # by the rules, which drop what stands between two encoded words
        assert read(seen["Subject"]) == subject
        assert read(seen["From"]) == f"{sender} <khong-tra-loi@cong.example>"


def read(header: str) -> str:
    """Return what a header says, as RFC 2047 has it."""
    return str(make_header(decode_header(re.sub(r"[\r\n]", "", header))))


def test_a_subject_cannot_smuggle_a_header_in(post: Post) -> None:
    with pytest.raises(Unsendable):
        courier()(load(subject="Hồ sơ\nBcc: ai@vidu.vn"))
    assert post.took == []


def test_over_starttls_it_logs_in_where_the_certificate_is_trusted(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(folder=tmp_path) as post:
        configure(settings, post.port, MAIL_TLS="starttls", MAIL_USER=USER, MAIL_PASSWORD=PASSWORD)
        with pytest.raises(Unreachable, match="certificate"):
            courier()(load())
        with pytest.raises(Unreachable, match="SSL_CERT_FILE"):
            mail.probe()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path)))
        courier()(load())
        assert post.was_encrypted == [True]
        assert mail.probe() == "server answers, TLSv1.3, log-in accepted"


def test_a_server_may_speak_tls_from_the_first_byte(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path)))
    with mail_server(folder=tmp_path, implicit=True) as post:
        configure(settings, post.port, MAIL_TLS="tls")
        courier()(load())
        assert len(post.took) == 1
        assert mail.probe() == "server answers, TLSv1.3, no log-in"


def test_a_wrong_password_makes_all_mails_wait_and_says_which_variable_helps(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path)))
    with mail_server(folder=tmp_path) as post:
        configure(settings, post.port, MAIL_TLS="starttls", MAIL_USER=USER, MAIL_PASSWORD="wrong")
        with pytest.raises(Unreachable, match="log_in_refused"):
            courier()(load())
        with pytest.raises(Unreachable, match="MAIL_PASSWORD"):
            mail.probe()
        assert post.took == []


def test_a_server_without_encryption_is_given_nothing_where_encryption_is_asked_for(
    post: Post, settings: Any
) -> None:
    configure(settings, post.port, MAIL_TLS="starttls")
    with pytest.raises(Unreachable, match="no_starttls"):
        courier()(load())
    with pytest.raises(Unreachable, match="MAIL_TLS"):
        mail.probe()


def test_a_server_that_is_not_there_or_is_no_mail_server_makes_all_wait(settings: Any) -> None:
    configure(settings, free_port())
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        courier()(load())
    with pytest.raises(Unreachable, match="MAIL_HOST"):
        mail.probe()
    with talker(b"554 no service here\r\n") as port:
        configure(settings, port)
        with pytest.raises(Unreachable, match="greeting_554"):
            courier()(load())
    with talker(b"421 too busy\r\n") as port:
        configure(settings, port)
        with pytest.raises(Unreachable, match="greeting_421"):
            courier()(load())


def test_a_server_that_drips_its_greeting_is_left_after_the_time_for_one_mail(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "_TOTAL", 0.3)
    with talker(b"220-" + b"x" * 5000, pause=0.02) as port:
        configure(settings, port)
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            courier()(load())
        assert time.monotonic() - begun < 5


def test_a_server_that_hears_a_mail_and_never_answers_is_tried_a_bounded_number_of_times(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "_TAKING", 0.1)
    post.pause = 0.5
    with pytest.raises(FateUnknown, match="fate_unknown"):
        courier()(load())


@pytest.mark.parametrize(
    "says",
    [
        "554 5.7.1 <khong-tra-loi@cong.example>: Sender address rejected: Access denied",
        "553 5.7.1 <khong-tra-loi@cong.example>: Sender address rejected: not owned by user cong",
        "554 5.7.1 <an@vidu.vn>: Relay access denied",
        "554 5.7.1 <cong.example[10.0.0.7]>: Client host rejected: Access denied",
        "550 5.1.8 Bad sender's system address",
        "550 relay not permitted",
        "550 Authentication required",
    ],
)
def test_a_server_that_says_of_a_recipient_what_it_means_of_us_is_no_reason_to_give_a_mail_up(
    post: Post, says: str
) -> None:
    post.says["an@vidu.vn"] = says
    with pytest.raises(Failed, match="not_allowed_55"):
        courier()(load())
    post.says["an@vidu.vn"] = "550 5.1.1 <an@vidu.vn>: Recipient address rejected: User unknown"
    with pytest.raises(Refused, match="recipient_550"):
        courier()(load())


def test_where_no_server_is_configured_the_probe_says_so() -> None:
    assert "MAIL_HOST" in mail.probe()


class talker:
    """A server that says one thing to whoever comes, byte by byte where it pauses, and then listens."""

    def __init__(self, says: bytes, *, pause: float = 0.0) -> None:
        self._says, self._pause = says, pause
        self._listens = socket.create_server(("127.0.0.1", 0))
        self._is_over = threading.Event()

    def __enter__(self) -> int:
        threading.Thread(target=self._talk, daemon=True).start()
        return int(self._listens.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._listens.close()

    def _talk(self) -> None:
        other, _address = self._listens.accept()
        with other:
            for sign in (
                [self._says[i : i + 1] for i in range(len(self._says))] if self._pause else [self._says]
            ):
                if self._is_over.wait(self._pause):
                    return
                try:
                    other.sendall(sign)
                except OSError:
                    return
            self._is_over.wait(5)


def write(*names: str) -> None:
    with transaction.atomic():
        for name in names:
            content = load(to=f"{name}@vidu.vn").content
            put(topic="email", content=content, about="", now=NOW, useless_after=timedelta(days=7))


def bring(after: timedelta = timedelta()) -> None:
    while bring_next(couriers=couriers(), now=NOW + after):
        pass


@pytest.mark.django_db
def test_an_outage_of_the_server_loses_no_mail_and_all_arrive_when_it_is_back(settings: Any) -> None:
    port = free_port()
    configure(settings, port)
    write("a", "b", "c")
    for minutes in (0, 10, 60, 24 * 60):
        bring(timedelta(minutes=minutes))
    assert Pause.objects.get().topic == "email"
    assert Parcel.objects.filter(Parcel.WAITING).count() == 3
    with mail_server(port) as post:
        bring(timedelta(hours=26))
        assert sorted(post.recipients) == ["a@vidu.vn", "b@vidu.vn", "c@vidu.vn"]
    assert not Pause.objects.exists()
    assert not Parcel.objects.filter(taken_at=None).exists()


@pytest.mark.django_db
def test_one_bad_recipient_stops_no_other_and_a_greylisted_one_arrives_later(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.says = {"a@vidu.vn": "550 5.1.1 unknown", "b@vidu.vn": "451 4.7.1 greylisted"}
    write("a", "b", "c")
    with caplog.at_level(logging.INFO):
        bring()
    assert post.recipients == ["c@vidu.vn"]
    assert Parcel.objects.exclude(given_up_at=None).get().problem == "recipient_550"
    post.says = {}
    bring(timedelta(minutes=5))
    assert post.recipients == ["c@vidu.vn", "b@vidu.vn"]
    assert "vidu.vn" not in caplog.text
    assert set(Parcel.objects.exclude(taken_at=None).values_list("content", flat=True)) == {""}


@pytest.mark.django_db
@pytest.mark.parametrize("says", [{"a@vidu.vn": "451 4.7.1 later"}, {"DATA": "452 4.3.1 full"}])
def test_a_server_that_puts_a_mail_off_for_days_is_given_it_in_the_end(
    post: Post, says: dict[str, str]
) -> None:
    post.says = says
    write("a")
    for hour in range(0, 6 * 24, 6):
        bring(timedelta(hours=hour))
    post.says = {}
    bring(timedelta(hours=6 * 24))
    assert post.recipients == ["a@vidu.vn"]


@pytest.mark.django_db
def test_a_mail_taken_by_a_server_that_then_says_it_closes_comes_again_under_the_same_id(post: Post) -> None:
    post.says = {"DATA": "421 4.3.2 closing", "TAKE": ""}
    write("a")
    bring()
    post.says = {}
    bring(timedelta(minutes=5))
    assert len(post.ids) == 2
    assert len(set(post.ids)) == 1
