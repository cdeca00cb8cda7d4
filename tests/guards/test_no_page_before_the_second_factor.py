"""Where a second factor is required, no page that asks for a log-in opens without it, whoever adds one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OWN_ACCOUNT = "/tai-khoan/"
SWITCHING_ON = "/tai-khoan/xac-thuc-hai-buoc/"


def addresses(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """List every address of the product that takes no argument."""
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path)
        elif isinstance(entry, URLPattern) and not set("<(^$") & set(path):
            yield path


@pytest.mark.django_db
@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("who", ["officer", "administrator"])
def test_what_nobody_may_see_without_a_log_in_officials_may_not_see_without_the_factor(
    settings: Any, officer_client: Client, administrator_client: Client, who: str
) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"
    browser = {"officer": officer_client, "administrator": administrator_client}[who]
    looked_at = 0
    for path in addresses(get_resolver()):
        if path.startswith(OWN_ACCOUNT) or path in {"/dang-nhap/", "/dang-xuat/"}:
            continue
        asked = Client().get(path)
        if (
            asked.status_code != 302
            or "/dang-nhap/" not in Client().get(path, follow=True).redirect_chain[-1][0]
        ):
            continue
        looked_at += 1
        answer = browser.get(path, follow=True)
        led_on = bool(answer.redirect_chain) and answer.redirect_chain[-1][0] == SWITCHING_ON
        assert led_on or answer.status_code in {403, 404, 405}, path
    assert looked_at > 10
