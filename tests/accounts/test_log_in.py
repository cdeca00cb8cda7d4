"""Logging in: by number, e-mail or officer's word; wrong passwords are counted, and nobody learns who exists."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from motcua.accounts import passwords, service
from motcua.accounts.backends import having_e_mail
from motcua.accounts.models import FailedLogin, User
from motcua.accounts.tries import LoginLimited
from motcua.audit.models import AuditEvent
from tests.conftest import account_of
from tests.people import PASSWORD, Person, cast

NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
SOME = "0f0f0f0f-1111-4222-8333-444444444444"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


@pytest.fixture(autouse=True)
def five_tries(settings: Any) -> None:
    """Stop after the fifth wrong password."""
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_HOUR": 5}


def log_in(word: str, password: str = PASSWORD, *, now: datetime = NOW, address: str = "") -> User | None:
    """Log in without a page."""
    return service.log_in(request=None, word=word, password=password, now=now, address=address)


@pytest.mark.parametrize(
    "word", ["999085000001", " 999 085 000 001 ", "999.085.000.001", "９９９０８５０００００１"]
)
def test_a_citizen_logs_in_by_number_however_it_is_typed(client: Client, word: str) -> None:
    response = client.post("/dang-nhap/", {"word": word, "password": PASSWORD})

    assert response.headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(account_of(cast.an).user_id)


def test_an_official_logs_in_however_a_keyboard_composes_the_word_and_all_ways_have_one_count() -> None:
    User.objects.filter(login="lan").update(login="ngọclan")

    for word in ("ngọclan", "ngo\u0323clan", "ｎｇọｃｌａｎ", " ngọclan "):
        assert log_in(word) is not None
        log_in(word, "wrong", now=NOW + timedelta(minutes=1))
    for word in ("ngọclan", "ngo\u0323clan", "ｎｇọｃｌａｎ", "ｎgọclan"):
        log_in(word, "wrong", now=NOW + timedelta(minutes=2))
    with pytest.raises(LoginLimited):
        log_in("ngọclan", now=NOW + timedelta(minutes=3))


def test_a_citizen_logs_in_by_an_e_mail_that_is_theirs_alone(client: Client) -> None:
    User.objects.filter(citizen=account_of(cast.an)).update(email="an@example.vn")

    assert log_in("AN@example.vn").full_name == cast.an.full_name


def e_mail(person: Person, email: str, *, since: datetime | None) -> User:
    """Let a citizen have an e-mail since a moment, and a password of their own."""
    user = account_of(person).user
    user.email, user.email_since = email, since
    user.set_password(f"mat khau cua {person.id}")
    user.save()
    return user


@pytest.mark.parametrize("since", [NOW - timedelta(days=9), None])
def test_who_writes_anothers_e_mail_down_as_theirs_takes_no_log_in_from_them(since: datetime | None) -> None:
    binh = e_mail(cast.binh, "Chung@example.vn", since=since)
    e_mail(cast.an, "chung@Example.VN", since=NOW)

    assert log_in("chung@example.vn", "mat khau cua binh") == binh
    assert log_in("chung@example.vn", "mat khau cua an") is None


def test_an_e_mail_of_an_account_that_was_switched_off_goes_to_the_next() -> None:
    e_mail(cast.binh, "chung@example.vn", since=NOW - timedelta(days=9))
    User.objects.filter(citizen=account_of(cast.binh)).update(is_active=False)

    assert log_in("chung@example.vn", "mat khau cua an") is None
    an = e_mail(cast.an, "chung@example.vn", since=NOW)
    assert log_in("chung@example.vn", "mat khau cua an") == an


def test_an_e_mail_is_looked_up_by_an_index() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = having_e_mail("an@example.vn").explain()

    assert "user_email" in plan


def test_whose_e_mail_another_account_had_first_is_told_to_try_the_number(client: Client) -> None:
    e_mail(cast.binh, "chung@example.vn", since=NOW - timedelta(days=9))
    e_mail(cast.an, "chung@example.vn", since=NOW)

    page = client.post(
        "/dang-nhap/", {"word": "chung@example.vn", "password": "mat khau cua an"}
    ).content.decode()

    assert "Nếu đã nhập thư điện tử, vui lòng thử bằng số CCCD/CMND" in page
    assert "chỉ tài khoản ghi trước đăng nhập được bằng thư đó" in page


def test_an_e_mail_of_an_officer_is_no_log_in_word() -> None:
    User.objects.filter(login="lan").update(email="lan@example.vn")

    assert log_in("lan@example.vn") is None


@pytest.mark.parametrize(
    ("word", "home"), [("lan", "/mot-cua/"), ("oanh", "/mot-cua/"), ("quantri", "/quan-tri/")]
)
def test_officials_land_on_their_own_page(client: Client, word: str, home: str) -> None:
    response = client.post("/dang-nhap/", {"word": word, "password": PASSWORD})

    assert response.headers["Location"] == home


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/ho-so/", "/ho-so/"),
        ("/thu-tuc/1.001193/?a=b", "/thu-tuc/1.001193/?a=b"),
        ("https://example.com/", "/"),
        ("//example.com/", "/"),
        ("/\\example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("ho-so/", "/"),
        ("/" + "a" * 600, "/"),
    ],
)
def test_one_goes_on_to_a_page_of_this_site_only(client: Client, wanted: str, goes_to: str) -> None:
    response = client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD, "next": wanted})

    assert response.headers["Location"] == goes_to


def test_an_officer_is_not_sent_to_a_citizens_page(client: Client) -> None:
    response = client.post("/dang-nhap/", {"word": "lan", "password": PASSWORD, "next": "/ca-nhan/"})

    assert response.headers["Location"] == "/mot-cua/"


@pytest.mark.parametrize(
    ("word", "wanted", "goes_to"),
    [
        ("quantri", "/mot-cua/giam-sat/?ngay=1", "/mot-cua/giam-sat/?ngay=1"),
        ("quantri", "/mot-cua/phan-anh/7/", "/mot-cua/phan-anh/7/"),
        ("quantri", "/mot-cua/tiep-nhan/", "/quan-tri/"),
        ("lan", f"/ho-so/{SOME}/phieu/01/", None),
        ("lan", f"/bien-lai/{SOME}/", None),
        ("lan", f"/ho-so/{SOME}/xem-lai/", "/mot-cua/"),
        ("lan", "/quan-tri/accounts/user/", "/mot-cua/"),
        ("lan", "/khong-co/", "/mot-cua/"),
    ],
)
def test_officials_go_on_to_the_pages_that_are_theirs(
    client: Client, word: str, wanted: str, goes_to: str | None
) -> None:
    response = client.post("/dang-nhap/", {"word": word, "password": PASSWORD, "next": wanted})

    assert response.headers["Location"] == (goes_to or wanted)


def test_the_session_gets_a_new_key(client: Client) -> None:
    client.get("/dang-nhap/")
    session = client.session
    session["before"] = "1"
    session.save()
    key_before = session.session_key

    client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD})

    assert client.session.session_key != key_before


def test_logging_out_takes_a_button_and_ends_the_session(an_client: Client) -> None:
    assert an_client.get("/dang-xuat/").status_code == 405

    an_client.post("/dang-xuat/")

    assert an_client.get("/ca-nhan/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_give_the_same_page(client: Client) -> None:
    pages = []
    for word in (cast.an.number, cast.hanh.number, "lan", "nobody", "nobody@example.vn"):
        response = client.post("/dang-nhap/", {"word": word, "password": "wrong"})
        pages.append((response.status_code, response.content.decode().replace(f'value="{word}"', "")))

    without_token = {(status, page.split("csrfmiddlewaretoken")[0]) for status, page in pages}
    assert len(without_token) == 1
    assert "Số CCCD/CMND (hoặc thư điện tử, tên đăng nhập) hay mật khẩu chưa đúng" in pages[0][1]


def test_an_unknown_name_costs_a_password_hash_as_a_known_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(passwords, "make_password", lambda text: made.append(text) or make_password(text))

    log_in("nobody", "wrong")
    User.objects.filter(login="lan").update(is_active=False)
    log_in("lan")

    assert len(made) == 2


def test_who_was_switched_off_does_not_get_in() -> None:
    User.objects.filter(login="lan").update(is_active=False)

    assert log_in("lan") is None


def test_the_stored_log_in_of_a_citizen_is_no_log_in_word() -> None:
    assert log_in(account_of(cast.an).user.login) is None


@pytest.mark.parametrize("word", ["999085000001", "lan", "nobody"])
def test_five_wrong_passwords_in_an_hour_stop_even_the_right_one(word: str) -> None:
    for minute in range(5):
        assert log_in(word, "wrong", now=NOW + timedelta(minutes=minute)) is None

    with pytest.raises(LoginLimited) as stopped:
        log_in(word, now=NOW + timedelta(minutes=10))

    assert stopped.value.until == NOW + timedelta(hours=1)


def test_a_stop_ends_when_it_said_and_is_not_prolonged_by_trying() -> None:
    for minute in range(5):
        log_in("lan", "wrong", now=NOW + timedelta(minutes=minute))
    for minute in (10, 20, 59):
        with pytest.raises(LoginLimited):
            log_in("lan", now=NOW + timedelta(minutes=minute))

    assert log_in("lan", now=NOW + timedelta(hours=1)) is not None


def test_a_number_typed_in_many_ways_has_one_count() -> None:
    for word in (
        "999085000001",
        "999 085 000 001",
        "999.085.000.001",
        "９９９０８５０００００１",
        " 999085000001",
    ):
        log_in(word, "wrong")

    with pytest.raises(LoginLimited):
        log_in("999085000001")


def test_the_right_password_forgets_the_wrong_ones() -> None:
    for _ in range(4):
        log_in("lan", "wrong")
    log_in("lan")

    assert not FailedLogin.objects.exists()


def test_one_name_stopped_stops_no_other() -> None:
    for _ in range(5):
        log_in("lan", "wrong")

    assert log_in("minh") is not None


DESK = "198.51.100.7"  # whole offices may share one


@pytest.fixture
def few_from_an_address(settings: Any) -> None:
    """Stop an address after the sixth wrong password."""
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_ADDRESS_HOUR": 6}


def spray(address: str = DESK, *, names: int = 6, now: datetime = NOW) -> None:
    """Try one password at many names."""
    for place in range(names):
        assert log_in(f"name{place}", "wrong", now=now + timedelta(minutes=place), address=address) is None


@pytest.mark.usefixtures("few_from_an_address")
def test_one_password_tried_at_many_names_from_one_address_stops_that_address() -> None:
    spray()

    for word in ("name7", "lan", cast.an.number):
        with pytest.raises(LoginLimited) as stopped:
            log_in(word, now=NOW + timedelta(minutes=10), address=DESK)
        assert stopped.value.is_of_address
        assert (stopped.value.until, stopped.value.tries) == (NOW + timedelta(hours=1), 6)
    assert log_in("lan", now=NOW + timedelta(minutes=10), address="198.51.100.8") is not None
    assert log_in("lan", now=NOW + timedelta(minutes=10)) is not None
    assert log_in("minh", now=NOW + timedelta(hours=1), address=DESK) is not None
    events = AuditEvent.objects.filter(name="account.log_in_limited")
    assert [event.details for event in events] == [{"scope": "address"}] * 3


@pytest.mark.usefixtures("few_from_an_address")
@pytest.mark.parametrize(("other", "is_same"), [("2001:db8:1:2:ffff::9", True), ("2001:db8:1:3::1", False)])
def test_one_line_of_ipv6_is_one_address(other: str, is_same: bool) -> None:
    spray("2001:db8:1:2::1")

    if is_same:
        with pytest.raises(LoginLimited):
            log_in("lan", address=other)
    else:
        assert log_in("lan", address=other) is not None


@pytest.mark.usefixtures("few_from_an_address")
def test_an_office_where_everybody_mistypes_at_first_is_not_stopped() -> None:
    officials = list(User.objects.exclude(role=User.Role.CITIZEN).values_list("login", flat=True))
    assert len(officials) >= 6

    for login in officials:
        for _ in range(4):
            assert log_in(login, "wrong", address=DESK) is None
        assert log_in(login, address=DESK) is not None


@pytest.mark.usefixtures("few_from_an_address")
def test_who_sprays_gets_no_try_back_by_an_own_account_or_when_others_log_in_elsewhere() -> None:
    for word in ("lan", "phuc", "khanh", "nobody"):
        log_in(word, "wrong", address=DESK)
    assert log_in("minh", address=DESK) is not None
    assert log_in("lan", address="198.51.100.8") is not None
    for word in ("nobody2", "nobody3"):
        log_in(word, "wrong", address=DESK)

    with pytest.raises(LoginLimited):
        log_in("minh", address=DESK)
    for _ in range(5):  # of Lan's name no try is counted any more
        log_in("lan", "wrong", address="198.51.100.8")
    with pytest.raises(LoginLimited):
        log_in("lan", address="198.51.100.8")


def test_the_page_of_an_address_says_that_others_may_share_it(client: Client, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_ADDRESS_HOUR": 2}
    for word in ("an", "minh"):
        client.post("/dang-nhap/", {"word": word, "password": "wrong"})

    response = client.post("/dang-nhap/", {"word": "lan", "password": PASSWORD})

    page = response.content.decode()
    assert response.status_code == 429
    assert 3500 < int(response.headers["Retry-After"]) <= 3600
    assert "Từ mạng này đã có 2 lần đăng nhập sai trong một giờ" in page
    assert "Đã thử" not in page


def test_the_page_says_until_when(client: Client) -> None:
    for _ in range(5):
        client.post("/dang-nhap/", {"word": "lan", "password": "wrong"})

    response = client.post("/dang-nhap/", {"word": "lan", "password": PASSWORD})

    assert response.status_code == 429
    assert 3500 < int(response.headers["Retry-After"]) <= 3600
    assert "Tạm dừng đăng nhập" in response.content.decode()


def test_no_name_that_was_typed_is_kept_in_clear(client: Client) -> None:
    log_in(cast.an.number, "wrong")
    client.post("/dang-nhap/", {"word": cast.an.number, "password": PASSWORD})

    kept = str(list(AuditEvent.objects.values())) + str(list(FailedLogin.objects.values()))
    assert cast.an.number not in kept
    assert {"account.log_in_failed", "account.logged_in"} <= set(
        AuditEvent.objects.values_list("name", flat=True)
    )


def test_the_administrators_door_is_the_same_door(client: Client, officer_client: Client) -> None:
    response = client.get("/quan-tri/", follow=True)

    assert response.redirect_chain[-1][0] == "/dang-nhap/?next=/quan-tri/"
    assert officer_client.get("/quan-tri/", follow=True).status_code == 403


def test_no_more_than_two_passwords_are_hashed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, together = threading.Lock(), [0, 0]
    both = threading.Barrier(2)

    def slow(password: str) -> str:
        with lock:
            together[0] += 1
            together[1] = max(together)
        both.wait(timeout=10)
        with lock:
            together[0] -= 1
        return password

    monkeypatch.setattr(passwords, "make_password", slow)
    threads = [threading.Thread(target=passwords.hashed, args=("x",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert together == [0, 2]


def test_tries_at_one_moment_are_counted_before_any_password_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []

    def slow(request: None, *, username: str, password: str) -> None:
        looked_at.append(password)
        if len(looked_at) < 50:
            log_in("lan", "wrong")

    monkeypatch.setattr(service, "authenticate", slow)
    with pytest.raises(LoginLimited):
        log_in("lan", "wrong")

    assert len(looked_at) == 5
