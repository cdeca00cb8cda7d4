"""A citizen's view of who asked about them, over a million checks: ``python -m bench.own_view`` fills the table."""

from __future__ import annotations

import re
import time
from typing import Any

from bench import journeys
from bench.browser import Browser, OverHttp
from bench.crowd import somebody
from bench.desk import just_do
from bench.load import Stream, drive
from bench.stack import Product, run

_CHECKS = 1_000_000
_OF_FIRST, _OF_SECOND = 40, 5_000  # of them, about the first two citizens of the crowd
_RATE, _SECONDS = 4, 30  # looks a second at each page
_DEEP = 125  # pages down the longer list
_ADDRESS = "/ca-nhan/tra-cuu-ve-toi/"
_OLDER = re.compile(r'href="(\?truoc=[^"]+)"')
# What is special to each row; all else is as in the one check that the others are made of. Ten years of checks, every
# tenth by an old number that the register answered with the personal one.
_OF_A_ROW = {
    "id": "gen_random_uuid()",
    "request_id": "%(name)s || '-' || place",
    "number_digest": """CASE WHEN place %% 10 = 0 OR %(digest)s = ''
        THEN encode(sha256(('asked ' || %(name)s || place)::bytea), 'hex') ELSE %(digest)s END""",
    "claim_digest": "encode(sha256(('claim' || place)::bytea), 'hex')",
    "spelling_digest": "substr(md5(place::text), 1, 16)",
    "person_digest": """CASE WHEN place %% 10 > 0 THEN ''
        WHEN %(digest)s = '' THEN encode(sha256(('person' || place)::bytea), 'hex') ELSE %(digest)s END""",
    "outcome": """CASE WHEN place %% 10 = 0 THEN 'verified'
        ELSE (ARRAY['verified', 'rejected', 'unanswered'])[1 + place %% 3] END""",
    "asked_at": "at",
    "answered_at": "at + interval '1 second'",
}
_FILL = """
INSERT INTO verification_identitycheck ({columns}) SELECT {values}
FROM verification_identitycheck AS pattern, generate_series(1, %(checks)s) AS place,
    LATERAL (SELECT now() - interval '3650 days' * (place::float / %(checks)s) - interval '2 days' AS at) AS moments
WHERE pattern.id = %(pattern)s
"""


def measure(product: Product, environment: dict[str, str]) -> dict[str, Any]:
    """Fill the table, then look at the beginning of two citizens' lists and at a page far down the longer one.

    Args:
        product: the running product, with the crowd in it.
        environment: the product's.
    """
    began = time.monotonic()
    run(["-m", "bench.own_view"], environment)
    filled = time.monotonic() - began
    streams = {
        "first": _stream(product, 0, ""),
        "second": _stream(product, 1, ""),
        "deep": _stream(product, 1, _deep_in(product)),
    }
    drive(port=product.port, seconds=3, streams=list(streams.values()))  # warms both workers up
    before = product.cpu_seconds()
    looks = drive(port=product.port, seconds=_SECONDS, streams=list(streams.values()))
    used = product.cpu_seconds() - before
    taken = dict(zip(streams, looks, strict=True))
    return {
        "own_view_checks": _CHECKS,
        "own_view_fill_seconds": round(filled),
        "own_view_p95_ms": round(max(each.percentile(95) for each in taken.values()), 1),
        "own_view_cpu_ms": round(used * 1000 / sum(len(each.latencies) for each in looks), 2),
        "own_view": {
            name: {
                **{f"p{percent}_ms": round(each.percentile(percent), 1) for percent in (50, 95, 99)},
                "wrong": dict(each.wrong),
            }
            for name, each in taken.items()
        },
    }


def fill() -> None:
    """Write the checks: of the first citizen, of the second, and of a million other people."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from motcua.sealing import digest
    from motcua.verification.models import IdentityCheck

    now = timezone.now()
    pattern = IdentityCheck.objects.create(
        request_id="pattern",
        touch_point="reception",
        office_code="000.00.01.H23",
        purpose="Tiếp nhận hồ sơ: Cấp giấy xác nhận tình trạng hôn nhân",
        procedure_code="1.004873",
        number_masked="999******000",
        asked_at=now,
        answered_at=now,
        outcome="verified",
    )
    columns = [field.column for field in IdentityCheck._meta.concrete_fields]
    values = [_OF_A_ROW.get(column, f"pattern.{column}") for column in columns]
    statement = _FILL.format(columns=", ".join(columns), values=", ".join(values))
    others = _CHECKS - _OF_FIRST - _OF_SECOND
    parts = [("O", "", others)] + [
        (name, digest("number", somebody(place).number), checks)
        for name, place, checks in (("A", 0, _OF_FIRST), ("B", 1, _OF_SECOND))
    ]
    with connection.cursor() as cursor:
        for name, of_whom, checks in parts:
            cursor.execute(
                statement, {"name": name, "digest": of_whom, "checks": checks, "pattern": pattern.pk}
            )
        cursor.execute("VACUUM ANALYZE verification_identitycheck")


def _citizen(product: Product, place: int) -> tuple[Browser, str]:
    carrier = OverHttp(product.port)
    browser = Browser(carrier)
    journeys.log_in(browser, just_do, somebody(place).number)
    return browser, "; ".join(f"{name}={value}" for name, value in carrier.cookies.items())


def _stream(product: Product, place: int, where: str) -> Stream:
    _browser, cookies = _citizen(product, place)
    request = f"GET {_ADDRESS}{where} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode()
    return Stream(_RATE, lambda _: request, "Tiếp nhận trực tiếp".encode())


def _deep_in(product: Product) -> str:
    """Turn pages of the longer list, and return the query of the page reached."""
    browser, _cookies = _citizen(product, 1)
    where = ""
    for _ in range(_DEEP):
        found = _OLDER.search(browser.get(_ADDRESS + where).text)
        if found is None:
            raise AssertionError("the longer list ended early")
        where = found[1]
    return where


if __name__ == "__main__":
    fill()
