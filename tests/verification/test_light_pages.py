"""The pages about the way to the register: for everybody, and for administrators."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from motcua.audit.models import AuditEvent
from motcua.identity.register import TouchPoint, Trouble
from motcua.verification.models import IdentityCheck, LineChoice, LineRow
from motcua.verification.registers import use_register
from motcua.verification.service import Asker, Purpose, check_identity
from tests.conftest import ToldRegister
from tests.people import cast

pytestmark = pytest.mark.django_db
LINES = "/quan-tri/verification/linechoice/"
PAGES = ("/trang-thai/", "/trang-thai/den/")


def heard(*, seconds: float = 0.3, ago: float = 5, **state: Any) -> None:
    """Let the primary line have answered so long ago, in so many seconds."""
    answered_at = timezone.now().timestamp() - ago
    LineRow.objects.update_or_create(
        pk="primary", defaults={"seconds": seconds, "answered_at": answered_at, **state}
    )


def shut(*, ago: float = 600) -> None:
    """Let the primary line have been given up so long ago."""
    began = timezone.now().timestamp() - ago
    heard(ago=ago + 5, failed_at=[began], opened_at=began, next_probe_at=began + 10**6)


def text(page: str) -> str:
    """Return what a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("address", PAGES)
def test_the_state_costs_one_query_and_no_session(
    client: Client, register: ToldRegister, address: str
) -> None:
    heard()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert "trả lời trong 0,3 giây" in answer.content.decode()
    assert len(queries) == 1
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store, private"


def test_the_state_in_an_outage_says_what_to_do_at_each_touch_point(
    client: Client, register: ToldRegister
) -> None:
    shut()
    page = text(client.get("/trang-thai/").content.decode())
    assert re.search(r"Cơ sở dữ liệu quốc gia về dân cư gián đoạn từ \d\d:\d\d", page)
    assert "Hồ sơ vẫn được tiếp nhận" in page
    assert "Vui lòng giữ trang đăng ký mở" in page
    assert "Nhắc tôi khi kiểm tra được" in page
    assert re.search(r"trả lời lần cuối lúc \d\d:\d\d", page)
    assert re.search(r"Cập nhật lúc \d\d:\d\d:\d\d", page)


def test_the_state_tells_nothing_of_how_the_house_is_wired(
    client: Client, register: ToldRegister, settings: Any
) -> None:
    shut()
    page = client.get("/trang-thai/").content.decode()
    for internal in (
        settings.NPD["NPD_URL"],
        "127.0.0.1",
        "primary",
        "standby",
        "Đường chính",
        "c06",
        "NPD_",
    ):
        assert internal not in page


def test_a_part_of_the_state_comes_without_the_page_round_it(client: Client, register: ToldRegister) -> None:
    part = client.get("/trang-thai/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Cơ sở dữ liệu quốc gia về dân cư: chưa rõ tình trạng kết nối" in part


def test_a_state_is_read_and_never_posted(client: Client) -> None:
    assert [client.post(address).status_code for address in PAGES] == [405, 405]


def test_registration_and_the_portal_lead_to_the_state(client: Client, register: ToldRegister) -> None:
    heard(seconds=4)
    page = client.get("/dang-ky/").content.decode()
    assert "Cơ sở dữ liệu quốc gia về dân cư chậm (trả lời trong 4 giây)" in page
    assert 'href="/trang-thai/"' in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/trang-thai/", "/dang-ky/"])
def test_what_a_question_met_is_the_light_of_every_page(
    client: Client, register: ToldRegister, settings: Any, address: str
) -> None:
    settings.NPD = settings.NPD | {"NPD_BREAKER_FAILURES": 2}
    register.is_down(Trouble.TIMEOUT)
    for _ in range(2):
        check_identity(
            claim=cast.an.claim,
            asker=Asker(None, address="192.0.2.7"),
            touch_point=TouchPoint.REGISTRATION,
            purpose=Purpose("đăng ký tài khoản"),
            now=timezone.now(),
        )
    assert f"gián đoạn từ {timezone.localtime():%H:}" in client.get(address).content.decode()


# ---- administrators


def test_only_administrators_see_the_lines(
    client: Client, officer_client: Client, an_client: Client, register: ToldRegister
) -> None:
    assert client.get(LINES).status_code == 302
    for who in (officer_client, an_client):
        assert who.get(LINES, follow=True).status_code == 403
        assert who.post(LINES, {"mode": "primary", "confirmed": "1"}, follow=True).status_code == 403
    assert not LineChoice.objects.exclude(mode="auto").exists()


def test_the_page_of_the_lines_tells_both(
    administrator_client: Client, register: ToldRegister, settings: Any
) -> None:
    settings.NPD_STANDBY = settings.NPD_STANDBY | {"NPD_TRANSPORT": "lgsp"}
    shut()
    with use_register(register, standby=ToldRegister()):
        page = text(administrator_client.get(LINES).content.decode())
    assert "Đường chính" in page
    assert "Đường dự phòng" in page
    assert "(lgsp)" in page
    assert "Đang ngắt từ" in page
    assert "chưa rõ tình trạng kết nối" in page
    assert "Tự động theo tình trạng đường truyền" in page


def test_a_stand_by_that_is_not_set_up_cannot_be_chosen(
    administrator_client: Client, register: ToldRegister
) -> None:
    page = administrator_client.get(LINES).content.decode()
    assert "NPD_STANDBY_TRANSPORT" in page
    assert 'value="standby"' not in page
    page = administrator_client.post(LINES, {"mode": "standby", "confirmed": "1"}).content.decode()
    assert "errornote" in page
    assert not LineChoice.objects.filter(mode="standby").exists()


def test_a_line_is_chosen_only_after_saying_what_follows(
    administrator_client: Client, register: ToldRegister
) -> None:
    page = administrator_client.post(LINES, {"mode": "primary"}).content.decode()
    assert "Từ lúc này mọi câu hỏi chỉ đi qua đường chính" in page
    assert not LineChoice.objects.filter(mode="primary").exists()
    answer = administrator_client.post(LINES, {"mode": "primary", "confirmed": "1"}, follow=True)
    assert "Đã chọn: Luôn dùng đường chính" in answer.content.decode()
    chosen = LineChoice.objects.get()
    assert (chosen.mode, chosen.chosen_by) == ("primary", "quantri")
    event = AuditEvent.objects.get(name="npd.line_chosen")
    assert event.actor is not None
    assert (event.actor.login, event.details["after"]) == ("quantri", "primary")


def certificate(folder: Path, *, days: float, name: str = "client.pem") -> str:
    """Write a certificate that holds for so many days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sandbox")])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path = folder / name
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(
    ("days", "look", "words"),
    [
        (90.5, "", "✔ còn 90 ngày"),
        (28.5, " due", "⚠ còn 28 ngày"),
        (13.5, " due", "lắp chứng thư mới bên cạnh"),
        (6.5, " urgent", "gấp"),
        (0.5, " urgent", "phải thay trong hôm nay"),
        (-1.5, " urgent", "đã hết hạn"),
    ],
)
def test_a_certificate_is_warned_of_in_words_and_colour(
    administrator_client: Client,
    register: ToldRegister,
    settings: Any,
    tmp_path: Path,
    days: float,
    look: str,
    words: str,
) -> None:
    path = certificate(tmp_path, days=days)
    settings.NPD = settings.NPD | {"NPD_CLIENT_CERT": path, "NPD_CLIENT_KEY": path}
    page = administrator_client.get(LINES).content.decode()
    told = re.search(r'<code>NPD_CLIENT_CERT</code>: <span class="expiry( \w+)?">([^<]*)</span>', page)
    assert told is not None
    assert (told[1] or "") == look
    assert words in told[2]
    assert "abc" in page


@pytest.mark.parametrize(("days", "words"), [(12.5, "còn 12 ngày"), (-0.5, "đang dùng chứng thư kế tiếp")])
def test_a_certificate_whose_next_is_there_troubles_nobody(
    administrator_client: Client,
    register: ToldRegister,
    settings: Any,
    tmp_path: Path,
    days: float,
    words: str,
) -> None:
    old = certificate(tmp_path, days=days)
    new = certificate(tmp_path, days=400, name="next.pem")
    settings.NPD = settings.NPD | {
        "NPD_CLIENT_CERT": old,
        "NPD_CLIENT_KEY": old,
        "NPD_CLIENT_CERT_NEXT": new,
        "NPD_CLIENT_KEY_NEXT": new,
    }
    page = administrator_client.get(LINES).content.decode()
    assert words in page
    assert "⚠" not in page.split("NPD_CLIENT_CERT</code>")[1]


def test_a_file_without_a_certificate_is_told_by_its_variable(
    administrator_client: Client, register: ToldRegister, settings: Any, tmp_path: Path
) -> None:
    path = tmp_path / "empty.pem"
    path.write_text("nothing")
    settings.NPD = settings.NPD | {"NPD_CLIENT_CERT": str(path), "NPD_CLIENT_KEY": str(path)}
    assert "NPD_CLIENT_CERT" in administrator_client.get(LINES).content.decode()


def test_the_list_of_checks_tells_the_line_and_what_was_asked_again(administrator_client: Client) -> None:
    common = {
        "purpose": "x",
        "number_masked": "999•••001",
        "asked_at": timezone.now(),
        "touch_point": "recheck",
    }
    first = IdentityCheck.objects.create(request_id="MC-FIRST", route="primary", **common)
    IdentityCheck.objects.create(request_id="MC-SECOND", route="standby", repeats=first, **common)
    page = administrator_client.get("/quan-tri/verification/identitycheck/").content.decode()
    assert "Đường dự phòng" in page
    assert "Kiểm tra lại hồ sơ đã tiếp nhận" in page
    assert '<td class="field-repeats nowrap">MC-FIRST</td>' in page or ">MC-FIRST</a>" in page
    page = administrator_client.get(
        f"/quan-tri/verification/identitycheck/{first.pk}/change/"
    ).content.decode()
    assert 'name="_save"' not in page
