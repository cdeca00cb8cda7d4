"""A visitor without a browser: the standard library's HTTP, with cookies, forms and their tokens."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.people import PASSWORD, Person

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')
_INPUT = re.compile(r"<input ([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
NEW_PASSWORD = "một câu thật dài 2026"
CHECK = "/mot-cua/tiep-nhan/kiem-tra/"
NOT_CHECKED, FAILED, SUCCEEDED = "Chưa kiểm tra được", "Xác thực thất bại", "Xác thực thành công"


@dataclass(frozen=True)
class Seen:
    """A page as it came."""

    status: int
    path: str
    text: str
    headers: Mapping[str, str]
    body: bytes = b""

    def outcome(self) -> str:
        """Return which of the register's three outcomes the page tells."""
        told = [words for words in (NOT_CHECKED, FAILED, SUCCEEDED) if f"</span> {words}" in self.text]
        assert len(told) == 1, f"{self.status} {self.path} tells {told}"
        return told[0]


class Browser:
    """Somebody's browser; follows redirects, keeps cookies, sends each form's token back."""

    def __init__(self, url: str, *, timeout: float = 30) -> None:
        self.url, self._timeout = url, timeout
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        )
        self._token = ""

    def get(self, path: str) -> Seen:
        """Open a page."""
        return self._open(urllib.request.Request(self.url + path))

    def post(self, path: str, fields: Mapping[str, Any]) -> Seen:
        """Send a form with the token of the page seen last."""
        body = urlencode({"csrfmiddlewaretoken": self._token, **fields}, doseq=True).encode()
        return self._open(urllib.request.Request(self.url + path, data=body))

    def asks(self, method: str, path: str, body: bytes = b"", **headers: str) -> Seen:
        """Ask as a script of the page does, with the token of the page seen last; ``_`` in a name stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._open(
            urllib.request.Request(
                self.url + path,
                data=body if method not in ("GET", "HEAD") else None,
                headers={"X-CSRFToken": self._token, **named},
                method=method,
            )
        )

    def _open(self, request: urllib.request.Request) -> Seen:
        try:
            answer = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
        text = body.decode("utf-8", "replace")
        if token := _TOKEN.search(text):
            self._token = token[1]
        return Seen(answer.status, urlsplit(answer.url).path, text, answer.headers, body)

    def token(self) -> str:
        """Return a form's token that this browser's cookie fits."""
        for path in ("/dang-nhap/", "/ca-nhan/chinh-sua/", "/mot-cua/tiep-nhan/"):
            self.get(path)
        return self._token

    def log_in(self, person: Person) -> None:
        """Log in with the cast's password."""
        self.log_in_as(person.login)

    def log_in_as(self, word: str, password: str = PASSWORD) -> None:
        """Log in by a log-in word."""
        self.get("/dang-nhap/")
        page = self.post("/dang-nhap/", {"word": word, "password": password})
        assert page.status == 200, page.path
        assert page.path != "/dang-nhap/"

    def presses_check(self, person: Person, **typed: str) -> Seen:
        """Press "Kiểm tra danh tính số" at the desk about somebody; `typed` stands in other fields of the form."""
        page = self.get("/mot-cua/tiep-nhan/")
        # A procedure that takes all that the register gives.
        options = re.findall(r'<option value="(\d+)"[^>]*>[^<]*\(1\.004222\)', page.text)
        return self.post(
            CHECK,
            {
                "procedure": options[0],
                "full_name": person.full_name,
                "number": person.number,
                "birth_date": person.typed_birth,
                **_open_form(page.text),
                **typed,
            },
        )

    def starts_filing(self) -> str:
        """Begin a dossier and return the path of its first step."""
        found = re.findall(r'href="(/thu-tuc/[\d.]+/)"', self.get("/thu-tuc/").text)
        for path in found:
            page = self.get(path)
            if office := re.search(r'<option value="(000[^"]+)"', page.text):
                return self.post(f"/ho-so/bat-dau/{path.split('/')[2]}/", {"office": office[1]}).path
        raise AssertionError("no procedure can be filed online")

    def agrees(self, path: str, **typed: str) -> Seen:
        """Press "Đồng ý và tiếp tục"; `typed` stands in the fields of the form."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(self.get(path).text)}
        contact = {"phone": "0912345678", "email": "", "address": "Số 1 phố Thử Nghiệm", **typed}
        return self.post(path, {**hidden, **contact, "csrfmiddlewaretoken": self._token})

    def uploads(self, path: str, name: str, content: bytes) -> Seen:
        """Send one file in the field for other papers."""
        self.get(path)
        parts = (
            ('name="csrfmiddlewaretoken"', self._token.encode()),
            (f'name="other"; filename="{name}"\r\nContent-Type: application/octet-stream', content),
        )
        body = b"".join(
            b"--limit\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
            for head, value in parts
        )
        kind = {"Content-Type": "multipart/form-data; boundary=limit"}
        return self._open(urllib.request.Request(self.url + path, data=body + b"--limit--\r\n", headers=kind))

    def registers(self, person: Person, **typed: str) -> Seen:
        """Press "Đăng ký"; `typed` stands in other fields of the form."""
        self.get("/dang-ky/")
        return self.post(
            "/dang-ky/",
            {
                "full_name": person.full_name,
                "number": person.number,
                "birth_date": person.typed_birth,
                "password": NEW_PASSWORD,
                "password_again": NEW_PASSWORD,
                "has_read_notice": "on",
                **typed,
            },
        )

    def registers_again(self, page: Seen) -> Seen:
        """Press the button again on the page that came, with what stands in it and nothing typed anew."""
        inputs = (dict(_ATTRIBUTE.findall(tag)) for tag in _INPUT.findall(page.text))
        stands = {
            given["name"]: unescape(given.get("value", ""))
            for given in inputs
            if given.get("type") not in ("password", "checkbox", "submit") and "name" in given
        }
        return self.post("/dang-ky/", {"has_read_notice": "on", **stands, "csrfmiddlewaretoken": self._token})


def _open_form(page: str) -> dict[str, str]:
    """Return what a page of the desk carries to show that its form was opened here, and the key of its next press."""
    hidden = {name: unescape(value) for name, value in _HIDDEN.findall(page)}
    return {name: hidden[name] for name in ("press_key", "form_token", "check_key")}


def raw(port: int, request: bytes, *, timeout: float = 15) -> int:
    """Send bytes as they are and return the status that comes back; 0 when the connection is closed instead."""
    import socket

    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(request)
        answer = http.client.HTTPResponse(sock)
        try:
            answer.begin()
            answer.read()
        except (http.client.BadStatusLine, ConnectionResetError):
            return 0
        return answer.status
