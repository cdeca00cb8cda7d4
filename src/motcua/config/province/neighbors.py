"""The people of the province: synthetic, and known to the sandbox register, which lists them and can fall silent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber

PROVINCE: Final = "31"  # where the cast lives, too
_MOST: Final = 600
_SECONDS: Final = 10
# Whatever proxy the environment names, loopback is reached directly.
_DIRECT: Final = build_opener(ProxyHandler({}))

# Makes the register give no answer about one number while the block lasts.
Silence = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Somebody of the province, as they say it at a desk."""

    full_name: str
    number: IdNumber
    birth: BirthDate
    sex: str
    home: str
    father_number: str = ""

    @property
    def claim(self) -> IdentityClaim:
        """Return what they say, and say rightly."""
        return IdentityClaim(self.full_name, self.number, self.birth)

    @property
    def surname(self) -> str:
        """Return the family's name."""
        return self.full_name.split(" ", 1)[0]


def read(written: Iterable[Mapping[str, Any]]) -> list[Neighbor]:
    """Read people in the form of cast.json, without those who died."""
    return [
        Neighbor(
            full_name=one["full_name"],
            number=IdNumber(one["personal_number"]),
            birth=BirthDate.of_canonical(one["birth_date"]),
            sex=one["sex"],
            home=one["current_residence"]["detail"],
            father_number=_father(one.get("father")),
        )
        for one in written
        if not one.get("deceased")
    ]


def of_sandbox(port: int) -> list[Neighbor]:
    """Ask the sandbox's control API for people of the province.

    Args:
        port: of the sandbox on this machine.

    Raises:
        URLError: it does not answer.
    """
    answer = _call(port, "GET", f"people?province={PROVINCE}&limit={_MOST}")
    return read(answer["citizens"])


def silence_of_sandbox(port: int) -> Silence:
    """Return what makes the sandbox fail about a number for a while, by its control API."""

    @contextmanager
    def silent(number: str) -> Iterator[None]:
        rule = _call(port, "POST", "trouble", {"kind": "fault_500", "number": number})
        try:
            yield
        finally:
            _call(port, "DELETE", f"trouble/{rule['id']}")

    return silent


def _call(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = Request(f"http://127.0.0.1:{port}/_admin/api/{path}", method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with _DIRECT.open(request, timeout=_SECONDS) as answer:
        if "X-NPD-Sandbox" not in answer.headers:
            raise URLError("not the sandbox register")
        found: dict[str, Any] = json.load(answer)
    return found


def _father(written: Any) -> str:
    return str(written.get("personal_number", "")) if isinstance(written, Mapping) else ""
