"""What a crowd is told."""

from __future__ import annotations

import email
import hashlib
import re
from base64 import b64encode
from email.message import Message

import pytest
from django.test import Client
from pytest_django import Settings

from motcua.config.crowding import refusals
from tests.faults.browser import FAILED, SUCCEEDED


def told(method: bytes) -> tuple[str, Message, str]:
    """Return the first line, the headers and the page of a refusal."""
    head, _, page = refusals()(method).partition(b"\r\n\r\n")
    line, _, headers = head.decode("ascii").partition("\r\n")
    return line, email.message_from_string(headers), page.decode()


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"PATCH", b"\xff"])
def test_a_crowd_is_told_to_wait_and_to_keep_nothing(method: bytes) -> None:
    line, headers, page = told(method)

    assert line == "HTTP/1.1 503 Service Unavailable"
    assert 5 <= int(headers["Retry-After"]) <= 12
    assert headers["Connection"] == "close"
    assert headers["Cache-Control"] == "no-store, private"
    assert page or method == b"HEAD"
    assert int(headers["Content-Length"]) == len(page.encode()) or method == b"HEAD"


def test_a_page_that_was_asked_for_is_asked_for_again_by_itself() -> None:
    _, headers, page = told(b"GET")

    assert headers["Refresh"] == headers["Retry-After"]
    assert "trang sẽ tự thử lại" in page
    assert '<p lang="en">The page you need could not be opened yet.' in page


def test_what_was_sent_is_told_as_not_received_and_not_sent_again_by_itself() -> None:
    _, headers, page = told(b"POST")

    assert "Refresh" not in headers
    assert "chưa được nhận" in page
    assert "gửi lại" in page
    assert '<p lang="en">What you just sent was not received' in page


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_refusal_says_nothing_of_anybodys_identity(method: bytes) -> None:
    page = told(method)[2]

    assert FAILED not in page
    assert SUCCEEDED not in page


def test_not_all_come_again_at_one_moment() -> None:
    refusal = refusals()

    assert len({refusal(b"GET") for _ in range(8)}) == 8


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_refusal_needs_nothing_else_and_its_policy_lets_nothing_else_in(method: bytes) -> None:
    _, headers, page = told(method)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["data:,"]
    assert "<script" not in page
    assert (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        in (headers["Content-Security-Policy"])
    )


@pytest.mark.django_db
@pytest.mark.parametrize("hsts", [0, 31_536_000])
def test_a_refusal_carries_what_every_page_carries(client: Client, settings: Settings, hsts: int) -> None:
    settings.SECURE_HSTS_SECONDS = hsts
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    page = client.get("/thu-tuc/", secure=True)
    own = {"Content-Security-Policy", "Content-Length", "Vary", "Set-Cookie"}

    headers = told(b"GET")[1]

    wanted = {name: value for name, value in page.headers.items() if name not in own}
    assert {name: headers[name] for name in wanted} == wanted
    assert "Strict-Transport-Security" in wanted or not hsts
