"""A stolen password is not enough: the second factor of officials, from switching on to a lost telephone."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from motcua.accounts import second_factor
from motcua.accounts.models import User
from motcua.accounts.service import WrongPassword
from motcua.accounts.tries import LoginLimited
from motcua.audit.models import AuditEvent
from tests.conftest import raw
from tests.people import PASSWORD, cast

NOW = datetime(2026, 11, 23, 1, 31, 10, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def code_of(secret: str, at: datetime) -> str:
    """Return what an authenticator shows, by a way of its own."""
    from base64 import b32decode

    return TOTP(b32decode(secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def guarded(user: User, at: datetime = NOW - timedelta(days=1)) -> list[str]:
    """Switch the factor on a day ago; return the recovery codes."""
    codes = second_factor.switch_on(
        user=user, secret=SECRET, code=code_of(SECRET, at), password=PASSWORD, now=at
    )
    assert codes is not None
    return codes


def events(*names: str) -> list[str]:
    """Return the names of events of accounts, oldest first; these alone where some are given."""
    found = (
        AuditEvent.objects.filter(name__startswith="account.").order_by("id").values_list("name", flat=True)
    )
    return [name for name in found if not names or name in names]


def gives_password(browser: Client, word: str = "lan", **more: str) -> Any:
    """Type name and password."""
    return browser.post("/dang-nhap/", {"word": word, "password": PASSWORD, **more})


def gives_code(browser: Client, code: str) -> Any:
    """Type a code."""
    return browser.post("/dang-nhap/ma-xac-thuc/", {"code": code})


def test_whoever_stole_the_password_reaches_nothing_and_is_noticed(officer: User) -> None:
    with time_machine.travel(NOW, tick=False):
        guarded(officer)
        lan, thief = Client(), Client()
        gives_password(lan)
        gives_code(lan, code_of(SECRET, NOW))
        assert lan.get("/mot-cua/").status_code == 200

    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        # The thief knows the password, and has read the code of a moment ago over Lan's shoulder.
        assert gives_password(thief).headers["Location"] == "/dang-nhap/ma-xac-thuc/"
        for page in (
            "/mot-cua/",
            "/mot-cua/tiep-nhan/",
            "/tai-khoan/",
            "/tai-khoan/xac-thuc-hai-buoc/",
            "/ho-so/",
        ):
            assert thief.get(page).headers["Location"].startswith("/dang-nhap/?next="), page
        assert "Mã xác thực chưa đúng" in gives_code(thief, code_of(SECRET, NOW)).content.decode()
        assert "Mã xác thực chưa đúng" in gives_code(thief, "000000").content.decode()
        assert thief.get("/mot-cua/").status_code == 302

        # Lan works on, reads above her list what happened, and the log has it.
        page = lan.get("/mot-cua/").content.decode()
        assert "Có người nhập đúng mật khẩu của ông/bà nhưng sai mã xác thực" in page
        assert page.count("Có người nhập đúng mật khẩu") == 1
    assert events()[-3:] == [
        "account.second_factor_asked",
        "account.second_factor_failed",
        "account.second_factor_failed",
    ]
    assert events("account.logged_in", "account.session_ended") == ["account.logged_in"]


def test_the_right_code_opens_the_page_one_wanted(officer: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        guarded(officer)
        gives_password(client, next="/mot-cua/tiep-nhan/")

        response = gives_code(client, f" {code_of(SECRET, NOW)[:3]} {code_of(SECRET, NOW)[3:]}")

    assert response.headers["Location"] == "/mot-cua/tiep-nhan/"
    logged_in = AuditEvent.objects.get(name="account.logged_in")
    assert (logged_in.actor, logged_in.details) == (officer, {"second_factor": "code"})
    officer.refresh_from_db()
    assert officer.last_login == NOW


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(officer: User, steps: int, is_right: bool) -> None:
    guarded(officer)

    found = second_factor.confirm(user=officer, typed=code_of(SECRET, NOW + steps * HALF_MINUTE), now=NOW)

    assert bool(found) is is_right


def test_no_code_is_good_twice_nor_one_from_before_it(officer: User) -> None:
    guarded(officer)
    assert second_factor.confirm(user=officer, typed=code_of(SECRET, NOW), now=NOW) == "code"

    assert second_factor.confirm(user=officer, typed=code_of(SECRET, NOW), now=NOW) == ""
    assert second_factor.confirm(user=officer, typed=code_of(SECRET, NOW - HALF_MINUTE), now=NOW) == ""
    assert second_factor.confirm(user=officer, typed=code_of(SECRET, NOW + HALF_MINUTE), now=NOW) == "code"


def test_the_code_that_switched_it_on_does_not_log_in(officer: User) -> None:
    guarded(officer, NOW)

    assert second_factor.confirm(user=officer, typed=code_of(SECRET, NOW), now=NOW) == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_type_one_code_at_one_moment_one_gets_in(officer: User) -> None:
    codes = guarded(officer)
    for typed in (code_of(SECRET, NOW), codes[0]):
        found: list[str] = []
        both = threading.Barrier(2)

        def type_it(typed: str = typed, found: list[str] = found, both: threading.Barrier = both) -> None:
            try:
                user = User.objects.get(pk=officer.pk)
                both.wait(timeout=10)
                found.append(second_factor.confirm(user=user, typed=typed, now=NOW))
            finally:
                connection.close()

        threads = [threading.Thread(target=type_it) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)

        assert sorted(map(bool, found)) == [False, True]


def test_a_recovery_code_opens_once(officer: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        codes = guarded(officer)
        gives_password(client)

        page = gives_code(client, codes[3]).headers["Location"]

        assert page == "/mot-cua/"
        assert "Còn lại 9 mã" in client.get(page).content.decode()
        assert AuditEvent.objects.get(name="account.logged_in").details == {"second_factor": "recovery_code"}
        assert second_factor.confirm(user=officer, typed=codes[3], now=NOW) == ""


def test_a_recovery_code_of_one_opens_no_other_account(officer: User, second_officer: User) -> None:
    codes = guarded(officer)
    guarded(second_officer)

    assert second_factor.confirm(user=second_officer, typed=codes[0], now=NOW) == ""


def test_neither_secret_nor_recovery_codes_stand_anywhere_in_clear(officer: User) -> None:
    codes = guarded(officer)

    kept = str(User.objects.filter(pk=officer.pk).values()) + str(list(officer.recovery_codes.values()))
    kept += str(list(AuditEvent.objects.values()))
    assert officer.totp_secret == SECRET
    assert SECRET.encode() not in raw(officer, "totp_secret")
    assert SECRET not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_wrong_codes_are_counted_like_wrong_passwords_and_even_the_right_one_stops(
    settings: Any, officer: User, client: Client
) -> None:
    settings.LIMITS = {**settings.LIMITS, "LOGIN_TRIES_HOUR": 3}
    with time_machine.travel(NOW, tick=False):
        guarded(officer)
        for _ in range(3):
            gives_password(client)  # the right password gives no new tries
            gives_code(client, "000000")

        response = gives_code(client, code_of(SECRET, NOW))

        assert response.status_code == 429
        assert response.headers["Retry-After"] == "3600"
        assert "Đã thử 3 lần" in response.content.decode()
    with pytest.raises(LoginLimited):
        second_factor.confirm(user=officer, typed=code_of(SECRET, NOW), now=NOW + timedelta(minutes=59))
    later = NOW + timedelta(hours=1)
    assert second_factor.confirm(user=officer, typed=code_of(SECRET, later), now=later) == "code"


def test_the_code_must_come_within_five_minutes(officer: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        guarded(officer)
        gives_password(client)
        clock.shift(timedelta(minutes=5))

        response = gives_code(client, code_of(SECRET, NOW + timedelta(minutes=5)))

    assert response.headers["Location"] == "/dang-nhap/"
    assert not events("account.logged_in")


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}])
def test_a_password_that_changed_meanwhile_ends_the_half_way_session(
    officer: User, client: Client, change: dict[str, Any]
) -> None:
    with time_machine.travel(NOW, tick=False):
        guarded(officer)
        gives_password(client)
        User.objects.filter(pk=officer.pk).update(**change)

        assert gives_code(client, code_of(SECRET, NOW)).headers["Location"] == "/dang-nhap/"


def test_who_comes_too_late_with_the_code_reads_so_and_goes_on_after_logging_in(
    officer: User, client: Client
) -> None:
    guarded(officer)
    with time_machine.travel(NOW, tick=False):
        gives_password(client, next="/tai-khoan/")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        client.get("/dang-nhap/ma-xac-thuc/", follow=True)  # as the page itself does before it sends the code
        late = client.post("/dang-nhap/ma-xac-thuc/", {"code": code_of(SECRET, NOW)}, follow=True)

        assert late.redirect_chain[-1][0] == "/dang-nhap/?next=%2Ftai-khoan%2F"
        assert "Lần đăng nhập này đã hết hạn. Vui lòng nhập lại" in late.content.decode()
        assert "Lần đăng nhập này" not in client.get("/dang-nhap/ma-xac-thuc/", follow=True).content.decode()


def test_a_factor_that_is_switched_off_while_its_code_is_asked_for_raises_no_alarm(
    officer: User, administrator: User, client: Client
) -> None:
    guarded(officer)
    gives_password(client)
    second_factor.switch_off(user=User.objects.get(pk=officer.pk), by=administrator, now=NOW)

    assert gives_code(client, "000000").headers["Location"] == "/dang-nhap/"

    assert not officer.notices.exists()
    assert events("account.second_factor_failed") == []
    assert gives_password(client).headers["Location"] == "/mot-cua/"


def test_without_the_password_the_page_for_the_code_is_not_there(client: Client) -> None:
    assert client.get("/dang-nhap/ma-xac-thuc/").headers["Location"] == "/dang-nhap/"
    assert gives_code(client, "123456").headers["Location"] == "/dang-nhap/"


def test_the_administrators_pages_have_no_door_of_their_own(administrator: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        guarded(administrator)
        client.post("/quan-tri/login/", {"username": "quantri", "password": PASSWORD})
        assert client.get("/quan-tri/", follow=True).redirect_chain[-1][0] == "/dang-nhap/?next=/quan-tri/"
        gives_password(client, "quantri", next="/quan-tri/accounts/user/")
        assert client.get("/quan-tri/").status_code == 302

        assert gives_code(client, code_of(SECRET, NOW)).headers["Location"] == "/quan-tri/accounts/user/"
        assert client.get("/quan-tri/").status_code == 200


def test_an_officer_switches_it_on_with_a_first_code_and_the_password(
    officer_client: Client, officer: User
) -> None:
    with time_machine.travel(NOW, tick=False):
        page = officer_client.get("/tai-khoan/xac-thuc-hai-buoc/").content.decode()
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        assert "<svg" in page
        assert len(secret) == 32
        right = {"code": code_of(secret, NOW), "current_password": PASSWORD}

        for wrong, word in (
            ({"code": "000000"}, "Mã chưa đúng"),
            ({"current_password": "wrong"}, "Mật khẩu hiện tại chưa đúng"),
        ):
            said = officer_client.post("/tai-khoan/xac-thuc-hai-buoc/", right | wrong).content.decode()
            assert word in said
            assert "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", said)) == secret
            officer.refresh_from_db()
            assert not officer.has_second_factor

        shown = officer_client.post("/tai-khoan/xac-thuc-hai-buoc/", right).content.decode()

        codes = re.findall(r"<code>(\d{5}-\d{5})</code>", shown)
        assert len(set(codes)) == 10
        officer.refresh_from_db()
        assert second_factor.confirm(user=officer, typed=codes[9], now=NOW) == "recovery_code"
        account = officer_client.get("/tai-khoan/").content.decode()
    assert "Đang bật từ 08:31 23/11/2026. Còn 9 mã dự phòng." in account
    assert not [code for code in codes if code in account]
    assert AuditEvent.objects.get(name="account.second_factor_on").details == {"change": "first"}


def test_another_telephone_takes_the_place_of_the_old_one_and_of_its_codes(officer: User) -> None:
    old_codes = guarded(officer)
    other = second_factor.new_secret()
    with pytest.raises(WrongPassword):
        second_factor.switch_on(user=officer, secret=other, code=code_of(other, NOW), password="x", now=NOW)

    second_factor.switch_on(user=officer, secret=other, code=code_of(other, NOW), password=PASSWORD, now=NOW)

    later = NOW + timedelta(minutes=1)
    assert second_factor.confirm(user=officer, typed=code_of(SECRET, later), now=later) == ""
    assert second_factor.confirm(user=officer, typed=old_codes[0], now=later) == ""
    assert second_factor.confirm(user=officer, typed=code_of(other, later), now=later) == "code"


def test_who_takes_another_telephone_reads_that_the_old_codes_on_paper_are_over(
    officer: User, officer_client: Client
) -> None:
    guarded(officer)
    page = officer_client.get("/tai-khoan/xac-thuc-hai-buoc/").content.decode()
    assert "<title>Đổi điện thoại xác thực |" in page
    secret = "".join(re.findall(r"<span>(\w{4})</span>", page))

    form = {"code": code_of(secret, datetime.now(UTC)), "current_password": PASSWORD}
    page = officer_client.post("/tai-khoan/xac-thuc-hai-buoc/", form).content.decode()

    assert "Điện thoại cũ và các mã dự phòng cũ không dùng được nữa." in page
    assert "Đã bật xác thực hai bước" not in page
    assert len(re.findall(r"<code>(\d{5}-\d{5})</code>", page)) == 10


def test_new_recovery_codes_end_the_old_ones(officer: User, officer_client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        old = guarded(officer)
        assert (
            "chưa đúng"
            in officer_client.post("/tai-khoan/ma-du-phong/", {"current_password": "x"}).content.decode()
        )
        page = officer_client.post("/tai-khoan/ma-du-phong/", {"current_password": PASSWORD}).content.decode()
    new = re.findall(r"<code>(\d{5}-\d{5})</code>", page)

    assert len(new) == 10
    assert second_factor.confirm(user=officer, typed=old[0], now=NOW) == ""
    assert second_factor.confirm(user=officer, typed=new[0], now=NOW) == "recovery_code"


def test_an_administrator_switches_a_lost_factor_off_and_that_is_on_record(
    officer: User, administrator: User, administrator_client: Client, client: Client
) -> None:
    guarded(officer)
    chosen = {"action": "switch_second_factor_off", "_selected_action": [officer.pk]}

    administrator_client.post("/quan-tri/accounts/user/", chosen)

    event = AuditEvent.objects.get(name="account.second_factor_off")
    assert (event.actor, event.subject) == (administrator, f"user:{officer.pk}")
    assert gives_password(client).headers["Location"] == "/mot-cua/"
    assert not officer.recovery_codes.exists()
    officer.refresh_from_db()
    assert (officer.totp_secret, officer.totp_since, officer.totp_step) == ("", None, None)


def test_whoever_sits_at_an_administrators_screen_changes_neither_password_nor_factor_of_theirs(
    administrator: User, officer: User, administrator_client: Client
) -> None:
    for user in (officer, administrator):
        guarded(user)
    chosen = {"action": "switch_second_factor_off", "_selected_action": [officer.pk, administrator.pk]}

    page = administrator_client.post("/quan-tri/accounts/user/", chosen, follow=True).content.decode()
    assert "Xác thực hai bước của chính mình không tắt ở đây" in page
    form = {
        "login": "quantri", "role": "administrator", "full_name": administrator.full_name, "is_active": "on",
        "new_password": "con meo leo cay cau",
    }  # fmt: skip
    page = administrator_client.post(f"/quan-tri/accounts/user/{administrator.pk}/change/", form)
    assert "nơi hệ thống hỏi mật khẩu hiện tại" in page.content.decode()

    for user in (officer, administrator):
        user.refresh_from_db()
        assert user.has_second_factor
        assert user.check_password(PASSWORD)
    assert not AuditEvent.objects.filter(name="account.administered").exists()


def test_the_operator_switches_off_the_factor_of_the_last_administrator(administrator: User) -> None:
    guarded(administrator)

    call_command("second_factor_off", "quantri", verbosity=0)

    administrator.refresh_from_db()
    assert not administrator.has_second_factor
    assert events("account.second_factor_off") == ["account.second_factor_off"]
    with pytest.raises(CommandError, match="quantri"):
        call_command("second_factor_off", "quantri")
    with pytest.raises(CommandError, match="nobody"):
        call_command("second_factor_off", "nobody")


@pytest.mark.parametrize("page", ["/mot-cua/", "/mot-cua/tiep-nhan/", "/mot-cua/tiep-nhan/kiem-tra/"])
def test_where_it_is_required_nothing_comes_before_it(
    settings: Any, officer_client: Client, page: str
) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"

    assert officer_client.get(page).headers["Location"] == "/tai-khoan/xac-thuc-hai-buoc/"
    assert officer_client.post(page).headers["Location"] == "/tai-khoan/xac-thuc-hai-buoc/"
    assert "Cơ quan yêu cầu" in officer_client.get("/tai-khoan/xac-thuc-hai-buoc/").content.decode()


def test_where_it_is_required_administrators_need_it_too(settings: Any, administrator_client: Client) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"

    for page in ("/quan-tri/", "/quan-tri/accounts/user/", "/quan-tri/audit/auditevent/"):
        chain = administrator_client.get(page, follow=True).redirect_chain
        assert chain[-1][0] == "/tai-khoan/xac-thuc-hai-buoc/"


def test_where_it_is_required_who_has_it_works_and_citizens_are_not_asked(
    settings: Any, officer: User, officer_client: Client, an_client: Client
) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"
    guarded(officer)

    assert officer_client.get("/mot-cua/").status_code == 200
    assert an_client.get("/ca-nhan/").status_code == 200


def test_where_it_is_offered_the_list_says_so_calmly(officer: User, officer_client: Client) -> None:
    assert "/tai-khoan/xac-thuc-hai-buoc/" in officer_client.get("/mot-cua/").content.decode()

    guarded(officer)

    assert "/tai-khoan/xac-thuc-hai-buoc/" not in officer_client.get("/mot-cua/").content.decode()


def test_the_address_for_the_telephone_names_account_and_province(officer: User, settings: Any) -> None:
    settings.PROVINCE_NAME = "Tỉnh Mẫu"

    address = second_factor.address_for_phone(officer, SECRET)

    assert address.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in address
    assert "lan" in address
    assert cast.lan.number not in address
