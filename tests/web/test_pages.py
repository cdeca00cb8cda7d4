"""What all pages share: the home page, errors, headers, how values are written."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from motcua.accounts.models import User
from motcua.identity.birth import BirthDate
from motcua.web.markup import field
from motcua.web.middleware import CompressPages
from motcua.web.templatetags import motcua

MOMENT = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)


@pytest.mark.django_db
def test_the_home_page_begins_with_the_search(client: Client) -> None:
    page = client.get("/").content.decode()
    assert '<form class="search" role="search" action="/thu-tuc/" method="get">' in page
    for address in ("/tra-cuu/", "/dang-nhap/", "/dang-ky/"):
        assert f'href="{address}"' in page


@pytest.mark.django_db
def test_registration_is_not_offered_where_it_is_closed(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.REGISTRATION_OPEN = False
    assert "/dang-ky/" not in client.get("/").content.decode()


def test_each_role_finds_its_own_ways(
    an_client: Client, officer_client: Client, administrator_client: Client
) -> None:
    assert 'href="/ho-so/"' in an_client.get("/").content.decode()
    assert 'href="/mot-cua/tiep-nhan/"' in officer_client.get("/").content.decode()
    assert 'href="/quan-tri/"' in administrator_client.get("/").content.decode()


@pytest.mark.parametrize("role", [User.Role.SPECIALIST, User.Role.CASHIER])
def test_nobody_is_sent_from_home_to_a_page_that_refuses_them(officer: User, role: User.Role) -> None:
    officer.role = role
    officer.save(update_fields=["role"])
    browser = Client()
    browser.force_login(officer)
    ways = re.findall(r'class="way" href="([^"]+)"', browser.get("/").content.decode())
    assert "/mot-cua/" in ways
    assert {address: browser.get(address).status_code for address in ways} == dict.fromkeys(ways, 200)


def test_the_address_of_a_button_opens_as_a_page_that_says_what_to_do(officer_client: Client) -> None:
    answer = officer_client.get("/mot-cua/viec/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Type"].startswith("text/html")
    for words in ("Việc này chưa được thực hiện", "mở lại trang trước", 'href="/"'):
        assert words in answer.content.decode()
    assert officer_client.delete("/").content == b""


@pytest.mark.django_db
def test_a_page_with_something_to_mend_says_so_in_its_title(client: Client) -> None:
    assert "<title>Đăng ký tài khoản |" in client.get("/dang-ky/").content.decode()
    assert "<title>Cần xem lại: Đăng ký tài khoản |" in client.post("/dang-ky/", {}).content.decode()
    missing = client.get("/xac-minh/", {"ma": "7K3M-0A1B-2C3D"}).content.decode()
    assert "<title>Không tìm thấy mã này |" in missing


@pytest.mark.django_db
def test_the_health_answer_says_that_the_database_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_the_health_answer_says_that_the_database_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("999085000001")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "database"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/healthz", "/khong-co/", "/dang-nhap/"])
def test_no_dynamic_answer_is_kept_by_anybody(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_an_address_that_is_not_there_says_what_to_do(client: Client) -> None:
    answer = client.get("/khong-co/")
    assert answer.status_code == 404
    assert "Về trang chủ" in answer.content.decode()


def test_from_an_address_that_is_not_there_people_find_back_to_their_work(
    an_client: Client, officer_client: Client, administrator_client: Client, client: Client
) -> None:
    ways = {
        an_client: "/ho-so/",
        officer_client: "/mot-cua/",
        administrator_client: "/quan-tri/",
        client: "/tra-cuu/",
    }
    for browser, way in ways.items():
        page = browser.get("/khong-co/").content.decode()
        assert f'href="{way}"' in page
        assert [other for other in ways.values() if other != way and f'href="{other}"' in page] == []


def test_who_may_not_do_something_reads_why_and_finds_back(officer_client: Client, an_client: Client) -> None:
    officials = officer_client.get("/ho-so/")
    assert officials.status_code == 403
    assert "Trang này dành cho công dân." in officials.content.decode()
    assert 'href="/mot-cua/"' in officials.content.decode()
    citizens = an_client.get("/mot-cua/tiep-nhan/")
    assert citizens.status_code == 403
    assert "Vai trò của ông/bà không được làm việc này." in citizens.content.decode()


def test_a_form_from_elsewhere_is_refused_politely() -> None:
    answer = Client(enforce_csrf_checks=True).post("/dang-nhap/", {"username": "x"})
    assert answer.status_code == 403
    assert "Phiên làm việc đã hết hạn" in answer.content.decode()
    assert "chưa có gì được lưu hay gửi đi" in answer.content.decode()


def test_who_is_logged_in_is_not_sent_to_log_in_by_an_old_page(officer: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(officer)
    answer = browser.post("/mot-cua/viec/", {})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert 'href="/mot-cua/"' in page
    assert 'href="/dang-nhap/"' not in page


def test_a_foreign_host_name_is_refused_politely(client: Client) -> None:
    answer = client.get("/", headers={"host": "khac.example"})
    assert answer.status_code == 400
    assert "Yêu cầu không hợp lệ" in answer.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_an_error_page_needs_nothing_that_may_be_broken(name: str) -> None:
    assert "<h1>" in render_to_string(f"{name}.html")


@pytest.mark.parametrize(
    ("slots", "words", "role"),
    [
        ({"kind": "verified", "at": MOMENT}, "Xác thực thành công", "status"),
        ({"kind": "rejected"}, "Xác thực thất bại", "alert"),
        ({"kind": "unanswered", "since": MOMENT}, "Chưa kiểm tra được", "alert"),
        ({"kind": "not_allowed"}, "Chưa kiểm tra được", "alert"),
        ({"kind": "not_allowed", "for_officer": True}, "Chưa được phép tra cứu", "alert"),
        ({"kind": "limited", "tries": 5, "until": MOMENT}, "Tạm dừng kiểm tra", "alert"),
        ({"kind": "no_officer_number", "for_officer": True}, "chưa có số định danh", "alert"),
    ],
)
def test_each_outcome_has_its_own_words_and_says_the_next_step(
    slots: dict[str, object], words: str, role: str
) -> None:
    box = render_to_string("verification/outcome.html", slots)
    assert words in box
    assert f'role="{role}"' in box
    assert role == "status" or "Xác thực thành công" not in box
    others = {"Xác thực thành công", "Xác thực thất bại", "Chưa kiểm tra được", "Tạm dừng kiểm tra"} - {words}
    assert not any(other in box for other in others)


@pytest.mark.parametrize("for_officer", [False, True])
def test_who_is_rejected_reads_what_to_look_at_and_how_the_register_is_corrected(for_officer: bool) -> None:
    box = render_to_string("verification/outcome.html", {"kind": "rejected", "for_officer": for_officer})
    for words in (
        "Họ và tên, ngày sinh hoặc số CCCD/CMND",
        "xem lại từng mục, viết họ tên có đủ dấu như trên thẻ",
        f'href="{reverse("procedure", args=["1.012564"])}"',
        "mẫu DC02, 2 ngày làm việc, miễn phí.",
    ):
        assert words in box


@pytest.mark.parametrize(
    ("barred", "whose", "whom"),
    [
        ("officer", "Tài khoản cán bộ chưa được cấp phép", "đăng ký mã cán bộ (MaCanBo)"),
        ("procedure", "Thủ tục này chưa được cấp phép", "đăng ký mã dịch vụ công của thủ tục (MaDVC)"),
        ("client", "Hệ thống của cơ quan chưa được cấp phép", "báo ngay quản trị hệ thống"),
    ],
)
def test_an_officer_reads_whose_licence_is_missing_and_whom_to_call(
    barred: str, whose: str, whom: str
) -> None:
    box = render_to_string(
        "verification/outcome.html", {"kind": "not_allowed", "for_officer": True, "barred": barred}
    )
    for words in (whose, whom, "quản trị hệ thống", "tiếp nhận thủ công"):
        assert words in box


@pytest.mark.parametrize("is_only_here", [False, True])
def test_a_missing_licence_is_told_to_a_citizen_as_none_of_their_making_with_a_way_that_is_open(
    *, is_only_here: bool
) -> None:
    slots = {"kind": "not_allowed", "retry_form_id": "f", "is_only_here": is_only_here}
    box = render_to_string("verification/outcome.html", slots)
    assert "Cổng chưa được phép kiểm tra danh tính" in box
    assert ("cho thủ tục này" in box) != is_only_here
    assert "không phải lỗi của ông/bà và không phải kết luận về ông/bà" in box
    assert "tại bộ phận một cửa" in box or "đến bộ phận một cửa" in box
    assert "thẻ căn cước" in box
    for no_help in ("<button", "gián đoạn", "Thử lại"):
        assert no_help not in box


def test_without_an_answer_a_citizen_in_a_hurry_reads_where_to_go_and_an_officer_does_not() -> None:
    at_the_desk = "Nếu cần gấp, vui lòng đến bộ phận một cửa, mang theo thẻ căn cước."
    assert at_the_desk in render_to_string("verification/outcome.html", {"kind": "unanswered"})
    assert at_the_desk not in render_to_string(
        "verification/outcome.html", {"kind": "unanswered", "for_officer": True}
    )


def test_an_unanswered_question_leads_to_the_state_of_the_system_and_loses_nothing() -> None:
    box = render_to_string("verification/outcome.html", {"kind": "unanswered", "since": MOMENT})
    assert 'href="/trang-thai/" target="_blank" rel="noopener"' in box
    assert "Thông tin đã được giữ lại" in box


def test_one_question_without_an_answer_is_not_called_an_outage() -> None:
    box = render_to_string("verification/outcome.html", {"kind": "unanswered"})
    assert "Lần hỏi này bị gián đoạn" in box
    assert "đang gián đoạn" not in box


def test_a_moment_of_another_day_carries_its_date() -> None:
    with time_machine.travel(MOMENT, tick=False):
        assert motcua.short_moment(MOMENT) == "08:31"
        assert motcua.short_moment(MOMENT - timedelta(days=1)) == "08:31 ngày 22/11/2026"
        assert motcua.short_moment(MOMENT - timedelta(hours=9)) == "23:31 ngày 22/11/2026"
        assert motcua.short_moment(None) == ""


def test_after_the_last_try_a_citizen_reads_where_to_go_and_an_officer_does_not() -> None:
    at_the_desk = "Nếu cần gấp, vui lòng đến bộ phận một cửa, mang theo thẻ căn cước."
    spent = {"kind": "rejected", "tries_left": 0}
    assert at_the_desk in render_to_string("verification/outcome.html", spent)
    assert at_the_desk not in render_to_string("verification/outcome.html", {**spent, "for_officer": True})
    assert at_the_desk not in render_to_string("verification/outcome.html", {**spent, "tries_left": 1})


def test_the_times_of_an_outcome_are_local() -> None:
    assert "lúc 08:31" in render_to_string("verification/outcome.html", {"kind": "verified", "at": MOMENT})
    assert "từ 08:31" in render_to_string(
        "verification/outcome.html", {"kind": "unanswered", "since": MOMENT}
    )
    assert "08:31 23/11/2026" in render_to_string(
        "verification/outcome.html", {"kind": "limited", "until": MOMENT}
    )


def test_a_citizen_is_not_told_who_lacks_a_licence() -> None:
    boxes = {
        render_to_string("verification/outcome.html", {"kind": "not_allowed", "barred": barred})
        for barred in ("officer", "procedure", "client")
    }
    assert len(boxes) == 1


def test_values_are_written_as_people_write_them() -> None:
    assert motcua.birth("1985-03-07") == "07/03/1985"
    assert motcua.birth("1950") == "1950"
    assert motcua.birth(BirthDate(1985, 3, 7)) == "07/03/1985"
    assert motcua.birth("") == ""
    assert motcua.money(1234567) == "1.234.567 đ"
    assert motcua.money(0) == "0 đ"
    assert motcua.whole(1234567) == "1.234.567"
    assert motcua.whole(999) == "999"
    assert motcua.moment(MOMENT) == "08:31 23/11/2026"
    assert motcua.clock(MOMENT) == "08:31"
    assert motcua.moment(None) == motcua.clock(None) == motcua.money(None) == ""


def test_every_control_has_a_label() -> None:
    class Every(forms.Form):
        line = forms.CharField(help_text="giúp")
        lines = forms.CharField(widget=forms.Textarea)
        one = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
        button = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
        many = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
        tick = forms.BooleanField()
        file = forms.FileField()
        secret = forms.CharField(widget=forms.PasswordInput)
        hidden = forms.CharField(widget=forms.HiddenInput)

    form = Every({"one": "b", "button": "a", "many": ["a"], "tick": "on", "hidden": "x"})
    for bound in form:
        markup = field(bound)
        controls = [part for part in markup.split("<") if part.startswith(("input", "select", "textarea"))]
        assert len(controls) == 1
        if bound.name != "hidden":
            identity = controls[0].split('id="')[1].split('"')[0]
            assert f'<label for="{identity}">' in markup
    for name, chosen in (
        ("one", 'value="b" selected'),
        ("button", "checked"),
        ("many", "checked"),
        ("tick", "checked"),
    ):
        assert chosen in field(form[name])


def test_vendored_files_are_the_ones_that_were_reviewed() -> None:
    from hashlib import sha256

    folder = Path(motcua.__file__).parent.parent / "static" / "web" / "vendor"
    rows = [
        line.split(" | ")
        for line in (folder / "VENDORED.md").read_text().splitlines()
        if line.startswith("| ")
    ]
    noted = {row[0].removeprefix("| "): row[3].removesuffix(" |") for row in rows[1:]}
    files = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix in {".js", ".wasm", ".woff2"}
    }
    assert files == noted


@pytest.mark.django_db
def test_a_page_is_sent_compressed_to_browsers_that_can_read_it(client: Client) -> None:
    plain = client.get("/thu-tuc/")
    packed = client.get("/thu-tuc/", headers={"accept-encoding": "gzip, deflate, br"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content).lower().startswith(b"<!doctype html>")
    assert "Accept-Encoding" in packed["Vary"]


@pytest.mark.django_db
def test_the_length_of_a_compressed_page_is_never_quite_the_same(client: Client) -> None:
    pages = [client.get("/dang-ky/", headers={"accept-encoding": "gzip"}) for _ in range(20)]
    assert len({len(page.content) for page in pages}) > 1


def test_a_paper_is_sent_as_it_is(rf: RequestFactory) -> None:
    paper = HttpResponse(b"%PDF-1.7 " * 1000, content_type="application/pdf")
    answer = CompressPages(lambda request: paper)(rf.get("/", headers={"accept-encoding": "gzip"}))
    assert "Content-Encoding" not in answer
    assert answer.content == b"%PDF-1.7 " * 1000
