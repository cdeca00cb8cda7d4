"""Two languages: Vietnamese until somebody chooses, English on every page then, and Vietnamese in all that stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from motcua.accounts.models import User
from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.payments import service as payments
from tests.attacks.test_requests import every_address
from tests.conftest import ToldRegister
from tests.dossiers.filing import address, begin, filed
from tests.dossiers.lives import standing_at
from tests.people import cast
from tests.web.reading import content_kept, left_in_vietnamese

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

OFFICIALS = ("lan", "khanh", "bao", "nga", "ket", "oanh", "quantri")
ADMINISTRATION = (
    "", "accounts/user/", "accounts/user/add/", "accounts/citizen/", "accounts/office/", "accounts/office/add/",
    "accounts/dayoff/add/", "procedures/procedure/", "procedures/procedure/add/", "procedures/offer/", "audit/auditevent/",
    "outbox/parcel/", "password_change/",
)  # fmt: skip


def in_english(browser: Client) -> Client:
    """Choose English in a browser."""
    assert browser.post("/ngon-ngu/", {"language": "en", "next": "/"}).status_code == 302
    return browser


def logged_in(login: str) -> Client:
    """Return a browser of somebody who reads English."""
    browser = in_english(Client())
    browser.force_login(User.objects.get(login=login))
    return browser


def unread(browser: Client, paths: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Go to pages and yield those that say something in Vietnamese, with what they say."""
    content = content_kept()
    seen = 0
    for path in paths:
        page = browser.get(path)
        if not page.headers.get("Content-Type", "").startswith("text/html") or page.status_code in {302, 405}:
            continue
        seen += 1
        text = page.content.decode()
        assert '<html lang="en"' in text, path
        assert page.headers["Content-Language"] == "en"
        if left := left_in_vietnamese(text, content):
            yield path, left
    assert seen


def test_a_citizen_reads_english_on_every_page(an_client: Client, register: ToldRegister) -> None:
    in_english(an_client)
    draft, there = begin(an_client), filed(an_client, "1.000419")
    pages = {path for dossier in (draft, there) for path in every_address(dossier)}
    assert list(unread(an_client, sorted(pages))) == []


def test_a_stranger_reads_english_on_every_page(register: ToldRegister) -> None:
    assert list(unread(in_english(Client()), every_address())) == []


@pytest.mark.parametrize("login", OFFICIALS)
def test_an_official_reads_english_on_every_page(login: str, register: ToldRegister) -> None:
    pages = {path for status in (1, 2, 4, 5, 6, 9, 10) for path in every_address(standing_at(status))}
    assert list(unread(logged_in(login), sorted(pages))) == []


def test_the_administration_is_in_english() -> None:
    browser = logged_in("quantri")
    assert list(unread(browser, [f"/quan-tri/{one}" for one in ADMINISTRATION])) == []
