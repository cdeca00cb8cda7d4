"""What no honest browser sends: refused, or answered like anything else, and never a crash."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from urllib.error import URLError
from urllib.parse import urlencode

import pytest

from tests.faults.browser import Browser, raw
from tests.faults.conftest import Stack
from tests.people import cast
from tests.product_process import children

PAGES = (
    "/", "/healthz", "/thu-tuc/", "/thu-tuc/1.012564/", "/dang-ky/", "/dang-ky/hoan-tat/", "/dang-nhap/", "/dang-xuat/",
    "/ca-nhan/", "/ca-nhan/chinh-sua/", "/ca-nhan/thong-bao/", "/ho-so/", "/ho-so/bat-dau/1.012564/", "{draft}",
    "{draft}nguoi-nop/", "{draft}giay-to/", "{draft}xem-lai/", "{draft}hoan-tat/", "/tra-cuu/", "/mot-cua/",
    "/mot-cua/tiep-nhan/", "/mot-cua/tiep-nhan/kiem-tra/", "/quan-tri/", "/static/nothing", "/nothing",
)  # fmt: skip
QUERIES = (
    "/thu-tuc/?q=", "/thu-tuc/?linh-vuc=", "/tra-cuu/?ma=", "/dang-nhap/?next=", "/ca-nhan/?next=", "/ho-so/?trang=",
    "/mot-cua/?trang=", "/quan-tri/accounts/user/?q=", "/quan-tri/accounts/user/?role__exact=",
    "/quan-tri/verification/identitycheck/?outcome=", "/quan-tri/audit/auditevent/?name=",
)  # fmt: skip
FORMS = {
    "/dang-nhap/": ("word", "password", "next"),
    "/dang-ky/": ("full_name", "number", "birth_date", "password", "phone", "email", "kept_password"),
    "/ca-nhan/chinh-sua/": ("full_name", "number", "birth_date", "phone", "email", "address", "current_password"),
    "/ho-so/bat-dau/1.012564/": ("office",),
    "{draft}nguoi-nop/": ("phone", "email", "address", "consent"),
    "{draft}giay-to/": ("go_on",),
    "/mot-cua/": ("q",),
    "/mot-cua/tiep-nhan/": (
        "procedure", "full_name", "number", "birth_date", "phone", "permanent_residence", "by_hand_reason", "press_key",
        "checked", "scan", "original", "copy",
    ),
    "/mot-cua/tiep-nhan/kiem-tra/": ("procedure", "full_name", "number", "birth_date", "scan", "warned"),
}  # fmt: skip
NO_TOKEN = "<h1>Phiên làm việc đã hết hạn</h1>"
ODD = (b"a\0b\xff\xfe\xed\xa0\x80", "Ễ\u202e".encode() * 5000, b"9" * 5000)
RIGHT = {
    "full_name": cast.an.full_name,
    "number": cast.an.number,
    "birth_date": cast.an.typed_birth,
    "phone": "0912345678",
    "office": "000.00.01.H23",
    "consent": "2026-11",
    "by_hand_reason": "no_number",
    "press_key": "0e6b7f3a-1111-4111-8111-000000000001",
    "permanent_residence": "Số 1",
}


def cookies(browser: Browser) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)


def statuses(
    stack: Stack, browser: Browser, asked: list[tuple[str, str, bytes]]
) -> dict[tuple[str, str], int]:
    """Send requests and return what came back that is a crash."""
    crashed = {}
    for method, path, body in asked:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        with closing(HTTPConnection("127.0.0.1", stack.product.port, timeout=20)) as connection:
            connection.request(method, path, body or None, {"Cookie": cookies(browser), **kind})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            assert not (body and NO_TOKEN in text), "nothing of the form was looked at"
            if answer.status >= 500:
                crashed[method, f"{path} {body[:60]!r}"] = answer.status
    return crashed


@pytest.fixture
def draft(patient: Stack) -> str:
    """Return the path of An's draft."""
    return patient.visitor(cast.an).starts_filing().removesuffix("nguoi-nop/")


@pytest.mark.parametrize("person", [None, cast.lan, cast.an], ids=["nobody", "officer", "citizen"])
def test_no_method_crashes_a_page(patient: Stack, draft: str, person) -> None:
    asked = [
        (method, path.format(draft=draft), b"")
        for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE")
        for path in PAGES
    ]

    assert statuses(patient, patient.visitor(person), asked) == {}


@pytest.mark.parametrize("login", ["", "phuc", "quantri"])
def test_no_query_crashes_a_page(patient: Stack, login: str) -> None:
    browser = patient.visitor()
    if login:
        browser.log_in_as(login)
    odd = ("%00", "a%00b", "%0%000", "%FF%FE", "%ED%A0%80", "9" * 3000, "-1", "%E2%80%AE", "%0D%0AX-A:%20b")

    assert statuses(patient, browser, [("GET", page + text, b"") for page in QUERIES for text in odd]) == {}


@pytest.mark.parametrize("person", [None, cast.lan, cast.an], ids=["nobody", "officer", "citizen"])
def test_no_text_in_a_form_crashes_a_page(patient: Stack, draft: str, person) -> None:
    browser = patient.visitor(person)
    token = browser.token()
    patient.sandbox.trouble("html_200", number=cast.an.number)  # so that An's draft stays where it is
    asked = []
    for path, fields in FORMS.items():
        right = {name: RIGHT[name] for name in fields if name in RIGHT}
        for name in fields:
            for odd in ODD:
                body = urlencode({**right, name: odd, "csrfmiddlewaretoken": token}).encode()
                asked.append(("POST", path.format(draft=draft), body))

    assert statuses(patient, browser, asked) == {}


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", {400}),
        (b"GET / HTTP/1.1\r\nHost: evil.example", {400}),
        (
            b"POST /dang-nhap/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            {400},
        ),
        (b"POST /dang-nhap/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6", {400}),
        (b"GET /thu-tuc/ HTTP/1.1\r\nHost: localhost\r\nSCRIPT_NAME: /evil", {200}),
        (b"GET /mot-cua/ HTTP/1.1\r\nHost: localhost\r\nREMOTE_USER: lan", {302}),
        (b"GET /mot-cua/ HTTP/1.1\r\nHost: localhost\r\nX-Road-UserId: lan", {302}),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: <script>, \x80, 1.2.3.4", {200}),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example", {200}),
        (b'GET /mot-cua/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid="abcdefgh\\000"', {302}),
        (
            b"GET /mot-cua/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8",
            {302},
        ),
        (b"GET /tra-cuu/?ma=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; charset=hex", {200}),
        (
            b"GET /tra-cuu/?ma=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; charset=utf-16",
            {200},
        ),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost", {400, 404}),
        (b"GET //evil.example/ HTTP/1.1\r\nHost: localhost", {404}),
        (b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: localhost", {400, 404}),
    ],
    ids=lambda given: given.decode("latin-1").replace("\r\n", " ")[:70] if isinstance(given, bytes) else "",
)
def test_odd_headers_are_refused_or_of_no_effect(patient: Stack, head: bytes, wanted: set[int]) -> None:
    assert raw(patient.product.port, head + b"\r\n\r\n") in wanted


def test_a_form_of_a_megabyte_is_refused(patient: Stack) -> None:
    browser = patient.visitor(cast.lan)
    browser.get("/mot-cua/tiep-nhan/")
    asked = len(patient.sandbox.journal())
    try:
        assert browser.post("/mot-cua/tiep-nhan/kiem-tra/", {"full_name": "A" * 1_000_000}).status == 400
    except URLError as refused:
        # The answer does not wait for the rest of the form: whoever still sends it finds the line closed.
        if not isinstance(refused.reason, BrokenPipeError | ConnectionResetError):
            raise

    assert len(patient.sandbox.journal()) == asked
    assert browser.get("/mot-cua/tiep-nhan/").status == 200


def test_a_form_without_its_token_is_refused_and_asks_nobody(patient: Stack) -> None:
    browser = patient.visitor(cast.lan)
    asked = len(patient.sandbox.journal())

    page = browser.post("/mot-cua/tiep-nhan/kiem-tra/", {"csrfmiddlewaretoken": "", "number": cast.an.number})

    assert page.status == 403
    assert len(patient.sandbox.journal()) == asked


def test_the_cookie_of_somebody_who_logged_out_opens_nothing(patient: Stack) -> None:
    browser = patient.visitor()
    browser.log_in(cast.phuc)
    kept = cookies(browser)
    browser.get("/mot-cua/")
    browser.post("/dang-xuat/", {})
    thief = HTTPConnection("127.0.0.1", patient.product.port, timeout=20)
    thief.request("GET", "/mot-cua/", headers={"Cookie": kept})
    answer = thief.getresponse()
    answer.read()
    thief.close()

    assert answer.status == 302
    assert answer.headers["Location"].startswith("/dang-nhap/")


def test_a_browser_that_hangs_up_in_the_middle_of_a_form_harms_nobody(patient: Stack) -> None:
    workers = children(patient.product.process.pid)
    head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: 5000\r\n\r\n--b\r\nabc"
    for path in ("/dang-nhap/", "/mot-cua/tiep-nhan/kiem-tra/"):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
            connection = HTTPConnection("127.0.0.1", patient.product.port, timeout=20)
            connection.connect()
            connection.sock.sendall(head.format(path, kind).encode())
            connection.close()

    assert patient.visitor().get("/thu-tuc/").status == 200
    assert patient.product.workers() == workers


def test_an_address_that_names_somebody_leaves_no_number_in_the_server_s_own_log(patient: Stack) -> None:
    number, born = cast.an.number, cast.an.typed_birth
    line = f"GET /thu-tuc/?q={number}&ngay={born} HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"

    assert raw(patient.product.port, line.encode()) == 400
    assert raw(patient.product.port, f"GET /{number}{'a' * 5000} HTTP/1.1\r\n\r\n".encode()) == 414
    assert number not in patient.product.said()
