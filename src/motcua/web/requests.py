"""Where a request comes from, what it says, where others find us, and when the next request is welcome."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asks, as text; empty when the server does not know it.

    ``X-Forwarded-For`` is believed only when the connection comes from a proxy of ``MOTCUA_PROXIES``; it is read
    from the right, and the first address that is not such a proxy is the client. What stands left of it anybody
    could have written.
    """
    address = _read(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_trusted(address):
        hop = _read(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address)


def portal_address(request: HttpRequest) -> str:
    """Return how people reach the portal, without a slash at its end, for what is read elsewhere than in this browser.

    An office may come to its desk by a name that nobody at home knows. Where no address is set, it is the one by which
    this request came.
    """
    return settings.PORTAL_ADDRESS or request.build_absolute_uri("/").rstrip("/")


def came_from(request: HttpRequest) -> str:
    """Return the page of ours that a button was pressed on, with its query, as the browser says; "" for any other."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return page._replace(scheme="", netloc="").geturl() if page.netloc == request.get_host() else ""


def number_in(text: str) -> int | None:
    """Read a whole number that a browser sent, such as a row's key; None for anything that no database would take."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def too_many(response: HttpResponse, *, until: datetime, now: datetime) -> HttpResponse:
    """Make an answer 429, with how many whole seconds later it is worth asking again (``Retry-After``); return it."""
    response.status_code = 429
    response["Retry-After"] = str(max(1, ceil((until - now).total_seconds())))
    return response


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES)
