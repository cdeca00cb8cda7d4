"""Scenarios: our own client over every line that the server offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import parse_number
from motcua.identity.register import Barred
from motcua.population.conformance.exchange import PATIENT, REJECTED, VERIFIED, Group, ask, not_allowed, told
from motcua.population.conformance.scenario import Scenario
from motcua.population.conformance.target import Person, Target
from motcua.population.settings import RegisterSettings

_LINES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("C06", "c06", "c06", {}),
    (
        "C06, kiểu yêu cầu năm 2022, tên có dấu",
        "c06",
        "c06",
        {"request_style": "2022", "name_form": "accented"},
    ),
    ("C06, dịch vụ 003", "c06", "c06", {"service": "003"}),
    ("X-Road", "xroad", "xroad", {}),
    ("LGSP", "lgsp", "lgsp", {}),
    ("JSON kiểu OpenCPS", "lgsp_json", "opencps", {"json_style": "opencps"}),
    ("JSON kiểu Thanh Hóa", "lgsp_json", "thanh_hoa", {"json_style": "thanh_hoa"}),
    ("JSON kiểu Đồng Tháp", "lgsp_json", "dong_thap", {"json_style": "dong_thap", "service": "003"}),
)


def own_scenarios(target: Target) -> Iterator[Scenario]:
    """Yield three questions over every line, and one with wrong credentials."""
    group = Group("Phần mềm của ta qua từng đường của máy chủ")
    people = target.people
    an, absent = people["ordinary"], people["absent"]
    for title, transport, path, more in _LINES:
        for sentence, person, name, expected in (
            ("người đúng cả ba thông tin", an, an.name, VERIFIED),
            ("tên của người khác", an, absent.name, REJECTED),
            ("số không ai có", absent, absent.name, REJECTED),
        ):
            yield group.scenario(
                f"Qua {title}, {sentence}: {expected}",
                expected,
                _asking(target, transport, path, person, name, more),
            )
        wrong = {"secret": "nobody-has-this", "lgsp_secret_key": "nobody-has-this", "lgsp_auth": "nobody"}  # nosec B105 # wrong on purpose
        yield group.scenario(
            f"Qua {title}, thông tin xác thực sai: chưa được phép",
            not_allowed(Barred.CLIENT),
            _asking(target, transport, path, an, an.name, more | wrong),
        )


def _asking(
    target: Target, transport: str, path: str, person: Person, name: str, more: dict[str, Any]
) -> Callable[[], str]:
    def observe() -> str:
        own = target.credentials
        base = target.url.rstrip("/")
        usual: dict[str, Any] = {
            "transport": transport,
            "url": base + target.paths[path],
            "token_url": base + target.paths["lgsp_token" if transport == "lgsp" else "json_token"],
            "total_seconds": PATIENT,
            "connect_seconds": 1.0,
        }
        for field in (
            "hash_uri", "username", "secret", "xroad_client", "api_key", "lgsp_access_key", "lgsp_secret_key",
            "lgsp_app_name", "lgsp_partner_code", "lgsp_partner_code_cus", "lgsp_auth", "client_cert",
            "client_key", "ca",
        ):  # fmt: skip
            usual[field] = own.get(f"NPD_{field.upper()}", "")
        born = BirthDate(*(int(part) for part in person.birth.split("-")))
        claim = IdentityClaim(name, parse_number(person.number), born)
        return told(
            ask(RegisterSettings(**(usual | more)), claim=claim, officer_key=own["NPD_PORTAL_OFFICER_KEY"])
        )

    return observe
