"""Which page of oversight is for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from motcua.accounts.models import User
from motcua.verification.models import IdentityCheck

pytestmark = pytest.mark.django_db
BASE = "/mot-cua/giam-sat/"
PERIOD = "?tu=01/11/2026&den=30/11/2026"
PAGES = {
    # page: (anonymous, citizen, officer, supervisor, administrator)
    "/mot-cua/tra-cuu-ngoai-ho-so/": (302, 403, 200, 200, 403),
    BASE: (302, 403, 403, 200, 200),
    f"{BASE}luot/{PERIOD}": (302, 403, 403, 200, 200),
    f"{BASE}can-xem/": (302, 403, 403, 200, 200),
    f"{BASE}can-xem/mau-ngau-nhien/": (302, 403, 403, 200, 200),
    f"{BASE}doi-soat/": (302, 403, 403, 200, 200),
    f"{BASE}trich-xuat/": (302, 403, 403, 403, 200),
    "/quan-tri/oversight/checkreview/": (302, 302, 302, 302, 200),
    "/quan-tri/oversight/balance/": (302, 302, 302, 302, 200),
    "/quan-tri/verification/limitrelease/": (302, 302, 302, 302, 200),
}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_for_whom_it_is_for(
    client: Client,
    an_client: Client,
    officer_client: Client,
    supervisor_client: Client,
    administrator_client: Client,
    page: str,
) -> None:
    browsers = (client, an_client, officer_client, supervisor_client, administrator_client)

    assert tuple(browser.get(page).status_code for browser in browsers) == PAGES[page]


def test_a_check_is_shown_to_its_own_offices_supervisor_and_to_administrators_alone(
    supervisor_client: Client,
    other_supervisor_client: Client,
    administrator_client: Client,
    officer_client: Client,
    officer: User,
    asked: Callable[..., IdentityCheck],
) -> None:
    page = f"{BASE}can-xem/{asked(officer, marks='burst').pk}/"
    browsers = (officer_client, supervisor_client, other_supervisor_client, administrator_client)

    assert [browser.get(page).status_code for browser in browsers] == [403, 200, 404, 200]
    assert other_supervisor_client.post(page, {"finding": "justified"}).status_code == 404


def test_lists_hold_the_own_offices_checks_whatever_the_address_says(
    other_supervisor_client: Client, officer: User, asked: Callable[..., IdentityCheck], settings: Any
) -> None:
    settings.REVIEW_SAMPLE_PERCENT = 100
    check = asked(officer, marks="burst")
    asked(officer)
    for page in (
        f"{BASE}luot/{PERIOD}&co-quan={check.office_code}",
        f"{BASE}luot/{PERIOD}&can-bo={officer.pk}",
        f"{BASE}can-xem/",
        f"{BASE}can-xem/mau-ngau-nhien/",
        f"{BASE}?tu=01/11/2026&den=30/11/2026",
    ):
        html = other_supervisor_client.get(page).content.decode()
        assert check.number_masked not in html
        assert officer.full_name not in html


@pytest.mark.parametrize(
    "query",
    ["", "?tu=hom-qua&den=x", "?tu=30/11/2026&den=01/11/2026", f"{PERIOD}&can-bo=1e9", f"{PERIOD}&can-bo=" + "9" * 40]
    + [f"{PERIOD}&sau={after}" for after in ("x", "nan_x", "inf_" + "0" * 32, "1e99_" + "0" * 32, "_")]
    + [f"{PERIOD}&sau={number}_" + "0" * 32 for number in ("9" * 40, "9" * 5000, "-" + "6" * 17, "253402300799999999")],
)  # fmt: skip
def test_an_address_that_says_nonsense_breaks_nothing(supervisor_client: Client, query: str) -> None:
    for page in ("luot/", "can-xem/", "can-xem/mau-ngau-nhien/", ""):
        assert supervisor_client.get(f"{BASE}{page}{query}").status_code in {200, 302}


def test_menus_lead_each_to_their_own_pages(
    officer_client: Client, supervisor_client: Client, administrator_client: Client
) -> None:
    queue = [browser.get("/mot-cua/").content.decode() for browser in (officer_client, supervisor_client)]

    assert [BASE in html for html in queue] == [False, True]
    assert all("/mot-cua/tra-cuu-ngoai-ho-so/" in html for html in queue)
    assert BASE in administrator_client.get("/thu-tuc/").content.decode()


def test_who_must_have_a_second_factor_is_led_to_it_first(
    supervisor_client: Client, administrator_client: Client, officer_client: Client, settings: Any
) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"
    for browser, page in (
        (supervisor_client, BASE),
        (administrator_client, f"{BASE}trich-xuat/"),
        (officer_client, "/mot-cua/tra-cuu-ngoai-ho-so/"),
    ):
        assert browser.get(page).headers["Location"].startswith("/tai-khoan/")
