"""Whether the time of a no tells what the register found: a number that nobody has against another person's name.

Both are put to the portal's registration in random order, over a register that always takes 100 ms, and compared by
their medians and by a rank test (Mann and Whitney, two-sided, normal approximation with the ties counted).
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.browser import Browser, OverHttp
from bench.crowd import somebody
from bench.stack import place

REGISTER_SECONDS = 0.100
_EACH = 500
_AT_ONE_TIME = 4
_PASSWORD = "ba-con-trau-gam-co-xanh"
_LIMITS = (
    *("TRIES_NUMBER_HOUR", "TRIES_NUMBER_DAY", "TRIES_ADDRESS_HOUR"),
    *("TRIES_SYSTEM_5_MINUTES", "WAVE_TRIES_5_MINUTES"),
)
_UNLIMITED = dict.fromkeys(_LIMITS, "1000000")


def uniform() -> dict[str, Any]:
    """Measure with the default padding, and without any to show what it hides."""
    results: dict[str, Any] = {}
    with place(REGISTER_SECONDS) as here:
        for name, variables in (("padded", {}), ("bare", {"REJECTED_STEP_SECONDS": "0"})):
            environment = here.environment(
                f"uniform_{name}", DJANGO_SETTINGS_MODULE="bench.settings", **_UNLIMITED, **variables
            )
            with here.product(environment) as product:
                results |= {f"uniform_{name}_{key}": value for key, value in _compared(product.port).items()}
    return results


def _compared(port: int) -> dict[str, float]:
    order = [True, False] * _EACH
    random.Random(20_261_127).shuffle(order)
    visitors = [_Visitor(port) for _ in range(_AT_ONE_TIME)]
    with ThreadPoolExecutor(_AT_ONE_TIME) as pool:
        shares = [order[first::_AT_ONE_TIME] for first in range(_AT_ONE_TIME)]
        taken = [
            pair for share in pool.map(lambda one, kinds: one.all(kinds), visitors, shares) for pair in share
        ]
    unknown = [ms for is_known, ms in taken if not is_known]
    other_name = [ms for is_known, ms in taken if is_known]
    return {
        "median_ms": round(statistics.median(unknown), 2),
        "medians_apart_ms": round(abs(statistics.median(unknown) - statistics.median(other_name)), 3),
        "rank_test_p": round(rank_test(unknown, other_name), 4),
    }


class _Visitor:
    """Somebody who presses "Đăng ký" again and again."""

    def __init__(self, port: int) -> None:
        self._carrier = OverHttp(port)
        browser = Browser(self._carrier)
        browser.get("/dang-ky/")
        self._fields = {**browser.fields("Đăng ký"), "password": _PASSWORD, "password_again": _PASSWORD}
        self._fields.pop("press_key")
        self._place = random.Random(port).randrange(100_000)

    def all(self, kinds: Sequence[bool]) -> list[tuple[bool, float]]:
        """Press once for each kind: a number of the crowd's under another name, or a number that nobody has."""
        return [(is_known, self._press(is_known)) for is_known in kinds]

    def _press(self, is_known: bool) -> float:
        self._place += 1
        person = somebody(self._place)
        number = person.number if is_known else f"999085{self._place % 100_000:06}"
        said = {
            **self._fields,
            "full_name": "Nguyễn Thị Ước",
            "number": number,
            "birth_date": person.typed_birth,
            "is_sure": "on",
            "has_read_notice": "on",
        }
        began = time.monotonic()
        page = self._carrier.send("POST", "/dang-ky/", said, {})
        took = (time.monotonic() - began) * 1000
        if "Xác thực thất bại" not in page.text:
            raise AssertionError(f"/dang-ky/ answered {page.status} and did not reject")
        return took


def rank_test(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the probability that two samples of one distribution differ so much in rank."""
    together = sorted([*one, *other])
    first_at: dict[float, int] = {}
    for position, value in enumerate(together, start=1):
        first_at.setdefault(value, position)
    ties = Counter(together)
    rank = {value: first_at[value] + (count - 1) / 2 for value, count in ties.items()}
    n, m, total = len(one), len(other), len(together)
    u = sum(rank[value] for value in one) - n * (n + 1) / 2
    spread = (
        n * m / 12 * (total + 1 - sum(count**3 - count for count in ties.values()) / (total * (total - 1)))
    )
    return math.erfc(abs(u - n * m / 2) / math.sqrt(2 * spread))
