"""A browser without JavaScript: it reads a page's forms and presses their buttons by what stands on them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

File = tuple[str, str, bytes]  # name, media type, content
_SPACE = re.compile(r"\s+")


@dataclass
class Button:
    """A button of a form; its words, and what it adds or changes when it is pressed."""

    words: str = ""
    name: str = ""
    value: str = ""
    action: str = ""
    is_submit: bool = True


@dataclass
class Form:
    """A form as a browser would send it."""

    id: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """What came back."""

    url: str
    status: int
    text: str
    location: str = ""
    method: str = "GET"  # with which it was asked for


class Carrier(Protocol):
    """Takes one request to the product and brings the answer, without following redirects."""

    def send(self, method: str, url: str, data: Mapping[str, str], files: Mapping[str, File]) -> Page:
        """Send it."""
        ...


class OverHttp:
    """Carries requests over one kept connection, with cookies."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, url: str, data: Mapping[str, str], files: Mapping[str, File]) -> Page:
        """Send one request."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = b""
        if method == "POST":
            headers["Content-Type"], body = _encoded(data, files)
        elif data:
            url = f"{url}?{urlencode(data)}"
        self._connection.request(method, url, body=body or None, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, _rest = value.partition(";")
                key, _, content = cookie.partition("=")
                self.cookies[key] = content
        return Page(url, answer.status, text, answer.getheader("Location") or "")


class Browser:
    """Goes from page to page; each step is one request."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.page = Page("/", 0, "")

    def get(self, url: str) -> Page:
        """Open an address; a redirect is left to ``follow``."""
        return self._take(self.carrier.send("GET", url, {}, {}))

    def follow(self) -> Page:
        """Go where the last answer points."""
        if not self.page.location:
            raise AssertionError(
                f"{self.page.url} answered {self.page.status} and leads nowhere: {gist(self.page)}"
            )
        return self.get(self.page.location)

    def press(self, words: str, *, files: Mapping[str, File] | None = None, **filled: str) -> Page:
        """Fill fields of the form that has a button with these words, and press it."""
        form, button = self._button(words)
        data = {**form.fields, **filled}
        if button.name:
            data[button.name] = button.value
        action = urljoin(self.page.url, button.action or form.action or self.page.url)
        page = self.carrier.send(form.method, action, data, files or {})
        return self._take(replace(page, method=form.method))

    def fields(self, words: str) -> dict[str, str]:
        """Return the fields, as they now stand, of the form that has a button with these words."""
        return self._button(words)[0].fields

    def action(self, words: str) -> str:
        """Return the address to which a button sends."""
        form, button = self._button(words)
        return urljoin(self.page.url, button.action or form.action or self.page.url)

    def _button(self, words: str) -> tuple[Form, Button]:
        for form in forms(self.page.text):
            for button in form.buttons:
                if words in button.words:
                    return form, button
        raise AssertionError(
            f"no button “{words}” on {self.page.url} ({self.page.status}): {gist(self.page)}"
        )

    def _take(self, page: Page) -> Page:
        if page.status >= 400:
            raise AssertionError(f"{page.url} answered {page.status}: {gist(page)}")
        self.page = page
        return page


def forms(html: str) -> list[Form]:
    """Return the forms of a page with their fields' present values."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for form_id, name, value in reader.outside:
        for form in reader.forms:
            if form.id == form_id:
                form.fields[name] = value
    for form_id, button in reader.buttons_outside:
        for form in reader.forms:
            if form.id == form_id:
                form.buttons.append(button)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.outside: list[tuple[str, str, str]] = []
        self.buttons_outside: list[tuple[str, Button]] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._select = ("", "")
        self._is_first_option = False
        self._textarea: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        match tag:
            case "form":
                self._form = Form(
                    said.get("id", ""), said.get("action", ""), said.get("method", "get").upper()
                )
                self.forms.append(self._form)
            case "input":
                self._input(said)
            case "button" if said.get("type", "submit") == "submit":
                self._button = Button(
                    "", said.get("name", ""), said.get("value", ""), said.get("formaction", "")
                )
                self._add_button(self._button, said.get("form", ""))
            case "select":
                self._select = (said.get("name", ""), said.get("form", ""))
                self._is_first_option = True
            case "option" if self._select[0] and ("selected" in said or self._is_first_option):
                self._is_first_option = False
                self._put(*self._select, said.get("value", ""))
            case "textarea":
                self._textarea = (said.get("name", ""), said.get("form", ""))
                self._put(*self._textarea, "")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "button":
                self._button = None
            case "select":
                self._select = ("", "")
            case "textarea":
                self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.words = _SPACE.sub(" ", self._button.words + data)
        elif self._textarea is not None:
            self._put(*self._textarea, data.lstrip("\n"))

    def _input(self, said: dict[str, str]) -> None:
        kind, name = said.get("type", "text"), said.get("name", "")
        if kind == "submit":
            self._add_button(Button(said.get("value", ""), name, said.get("value", ""), said.get("formaction", "")),
                             said.get("form", ""))  # fmt: skip
        elif kind in {"checkbox", "radio"}:
            if "checked" in said:
                self._put(name, said.get("form", ""), said.get("value", "on"))
        elif kind not in {"file", "button", "reset"} and "disabled" not in said:
            self._put(name, said.get("form", ""), said.get("value", ""))

    def _put(self, name: str, form_id: str, value: str) -> None:
        if name and form_id:
            self.outside.append((form_id, name, value))
        elif name and self._form is not None:
            self._form.fields[name] = value

    def _add_button(self, button: Button, form_id: str) -> None:
        if form_id:
            self.buttons_outside.append((form_id, button))
        elif self._form is not None:
            self._form.buttons.append(button)


def _encoded(data: Mapping[str, str], files: Mapping[str, File]) -> tuple[str, bytes]:
    if not files:
        return "application/x-www-form-urlencoded", urlencode(data).encode()
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in data.items()
    ]
    for name, (file_name, kind, content) in files.items():
        head = (
            f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: {kind}'
        )
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def gist(page: Page) -> str:
    """Return the words of a page's main part, for a message."""
    main = page.text.partition("<main")[2] or page.text
    text = re.sub(r"<(script|style|select).*?</\1>|<[^>]+>", " ", main, flags=re.DOTALL)
    return _SPACE.sub(" ", text).strip()[:900]


def path_of(url: str) -> str:
    """Return the path of an address."""
    return urlsplit(url).path
