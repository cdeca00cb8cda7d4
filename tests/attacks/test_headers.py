"""What every answer tells the browser, and what no answer does."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.guards.test_nothing_secret_in_the_tree import ROOT

PAGES = [
    "/",
    "/dang-nhap/",
    "/dang-ky/",
    "/tra-cuu/",
    "/thu-tuc/",
    "/trang-thai/",
    "/healthz",
    "/khong-co/",
    "/quan-tri/",
]
SCRIPTS = [path for path in (ROOT / "src" / "motcua").rglob("*.js") if "vendor" not in path.parts]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("people")]


def policy(response: HttpResponse) -> dict[str, str]:
    """Return the directives of the Content-Security-Policy."""
    parts = response.headers["Content-Security-Policy"].split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts if part.strip())


@pytest.fixture
def browsers(client: Client, an_client: Client, officer_client: Client) -> list[Client]:
    """Return a stranger's, a citizen's and an officer's browser."""
    return [client, an_client, officer_client]


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_is_read_as_what_it_says_and_framed_by_nobody(browsers: list[Client], page: str) -> None:
    for browser in browsers:
        response = browser.get(page)
        said = policy(response)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert (said["default-src"], said["object-src"], said["base-uri"]) == ("'none'",) * 3
        assert (said["frame-ancestors"], said["script-src"]) == ("'none'", "'self'")
        if response.content:
            assert re.fullmatch(r"text/\w+; charset=utf-8|application/json", response.headers["Content-Type"])


@pytest.mark.parametrize("page", PAGES)
def test_no_other_site_is_let_read_an_answer(browsers: list[Client], page: str) -> None:
    for browser in browsers:
        response = browser.get(page, headers={"origin": "https://ke-la.example"})
        assert [name for name in response.headers if name.lower().startswith("access-control-")] == []
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("page", PAGES)
def test_a_request_is_never_sent_back_to_who_traces_it(client: Client, page: str) -> None:
    response = client.trace(page, headers={"cookie": "sessionid=bi-mat"})
    assert b"bi-mat" not in response.content
    assert response.headers.get("Content-Type") != "message/http"


@pytest.mark.parametrize(
    "folder", ["/static/", "/static/web/", "/papers/", "/.git/config", "/var/", "/static/../settings.py"]
)
def test_no_folder_is_listed_and_no_source_handed_out(client: Client, folder: str) -> None:
    assert client.get(folder).status_code == 404


def test_scripts_of_our_own_keep_nothing_in_the_browser_and_write_no_markup() -> None:
    assert SCRIPTS
    forbidden = re.compile(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|outerHTML|insertAdjacentHTML|eval\(|postMessage"
    )
    assert [(path.name, forbidden.findall(path.read_text("utf-8"))) for path in SCRIPTS] == [
        (path.name, []) for path in SCRIPTS
    ]
