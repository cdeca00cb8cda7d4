"""Where a request comes from, whatever its headers say, and when the next one is welcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from motcua.web.requests import client_address, too_many


@pytest.mark.parametrize(
    ("proxies", "connection", "forwarded", "address"),
    [
        ([], "203.0.113.9", "", "203.0.113.9"),
        ([], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.1"], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.1"], "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.1"], "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        (["10.0.0.1"], "10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ([], "::ffff:203.0.113.9", "", "203.0.113.9"),
        (["::1"], "::1", "2001:db8::7", "2001:db8::7"),
        ([], "", "198.51.100.1", ""),
    ],
)
def test_only_a_trusted_proxy_s_word_counts(
    rf: RequestFactory, proxies: list[str], connection: str, forwarded: str, address: str
) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = rf.get("/", REMOTE_ADDR=connection, **headers)
    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_address(request) == address


@pytest.mark.parametrize(
    ("left", "seconds"), [(600.0, "600"), (599.2, "600"), (0.2, "1"), (0.0, "1"), (-5.0, "1")]
)
def test_who_must_wait_is_told_whole_seconds_never_too_few_and_never_none(left: float, seconds: str) -> None:
    now = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
    answer = too_many(HttpResponse(), until=now + timedelta(seconds=left), now=now)

    assert (answer.status_code, answer["Retry-After"]) == (429, seconds)
