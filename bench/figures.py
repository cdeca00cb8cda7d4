"""The figures over a million dossiers: ``python -m bench.figures DOSSIERS`` fills the tables.

The dossiers are those of ``bench.queue``; beside them stand as many checks, and a rating of every tenth that is done.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from typing import Any, Final

from bench import queue
from bench.browser import Browser, OverHttp
from bench.crowd import PASSWORD
from bench.load import Stream, Taken, drive
from bench.queue import DOSSIERS, LOGINS, again, logged_in
from bench.stack import Product, run

_RATE, _SECONDS = 0.5, 30  # looks a second at each page
_ADDRESS: Final = "/mot-cua/so-lieu/"
_ADMINISTRATOR: Final = "sl-quan-tri"


def measure(product: Product, environment: dict[str, str]) -> dict[str, Any]:
    """Fill the tables, then look at the pages for the largest unit and for the whole province.

    Args:
        product: the running product, with catalogue and cast in it.
        environment: the product's.
    """
    began = time.monotonic()
    run(["-m", "bench.figures", str(DOSSIERS)], environment)
    filled = time.monotonic() - began
    browsers = {
        role: logged_in(product, login)
        for role, login in (("leader", LOGINS["leader"]), ("all", _ADMINISTRATOR))
    }
    taken: dict[str, Taken] = {}
    cpu: dict[str, float] = {}
    for name, role, where in _pages(date.today()):  # noqa: DTZ011 (of this machine)
        stream = _stream(again(product, browsers[role]), where)
        drive(port=product.port, seconds=2, streams=[stream])  # warms up
        before = product.cpu_seconds()
        (taken[name],) = drive(port=product.port, seconds=_SECONDS, streams=[stream])
        cpu[name] = (product.cpu_seconds() - before) * 1000 / max(1, len(taken[name].latencies))
    month, year = (
        max(each.percentile(95) for name, each in taken.items() if name.startswith(f"one unit, {word}"))
        for word in ("a month", "a year")
    )
    return {
        "figures_dossiers": DOSSIERS,
        "figures_fill_seconds": round(filled),
        "figures_month_p95_ms": round(month, 1),
        "figures_year_p95_ms": round(year, 1),
        "figures_pages": {
            name: {
                **{f"p{percent}_ms": round(each.percentile(percent), 1) for percent in (50, 95)},
                "cpu_ms": round(cpu[name], 1),
                "wrong": dict(each.wrong),
            }
            for name, each in taken.items()
        },
    }


def _pages(today: date) -> list[tuple[str, str, str]]:
    """Return what is looked at: the name of a page, who looks, and what stands in the address."""

    def days(first: date, last: date) -> str:
        return f"?tu={first:%d/%m/%Y}&den={last:%d/%m/%Y}"

    long_ago = today - timedelta(days=2 * 365)
    year = days(today - timedelta(days=365), today)
    past_year = days(long_ago - timedelta(days=365), long_ago)
    return [
        ("one unit, a month", "leader", days(today - timedelta(days=30), today)),
        ("one unit, a month two years ago", "leader", days(long_ago - timedelta(days=30), long_ago)),
        ("one unit, a year", "leader", year),
        ("one unit, a year, two years ago", "leader", past_year),
        ("one unit, one procedure, a year", "leader", f"{year}&thu-tuc=1.001193"),
        ("one unit, ratings, a year", "leader", f"danh-gia/{year}"),
        ("whole province, a month", "all", days(today - timedelta(days=30), today)),
        ("whole province, a year", "all", year),
    ]


def _stream(browser: Browser, where: str) -> Stream:
    assert isinstance(browser.carrier, OverHttp)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.carrier.cookies.items())
    request = f"GET {_ADDRESS}{where} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode()
    return Stream(
        _RATE, lambda _: request, b'class="sum"' if not where.startswith("danh-gia") else b'class="big"'
    )


def fill(dossiers: int) -> None:
    """Write what ``bench.queue`` writes, and checks and ratings beside it."""
    queue.fill(dossiers)
    from django.db import connection

    from motcua.accounts.models import User
    from motcua.verification.models import IdentityCheck

    User.objects.create_superuser(_ADMINISTRATOR, PASSWORD)
    columns = [field.column for field in IdentityCheck._meta.concrete_fields]
    made = {
        "id": "gen_random_uuid()",
        "request_id": "'sl-' || row_number() OVER ()",
        "office_code": "office.code",
        "asked_at": "dossier.created_at",
        "answered_at": "dossier.created_at",
        "outcome": "(ARRAY['verified','verified','verified','rejected','unanswered'])[1 + floor(random() * 5)::int]",
    }
    chosen = ", ".join(made.get(name, f'model."{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO verification_identitycheck ({named}) SELECT {chosen} FROM dossiers_dossier dossier"
            " JOIN accounts_office office ON office.id = dossier.office_id,"
            " (SELECT * FROM verification_identitycheck WHERE press_key IS NULL LIMIT 1) model"
        )
        cursor.execute(
            "INSERT INTO dossiers_rating (dossier_id, scores, comment, rated_at)"
            """ SELECT id, '{"1": 2, "2": 1, "5": 2, "6": 0, "7": 2}', '', closed_at FROM dossiers_dossier"""
            " WHERE status = 10 AND random() < 0.1"
        )
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    fill(int(sys.argv[1]))
