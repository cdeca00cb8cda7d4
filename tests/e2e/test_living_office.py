"""The demo's office, as each of its people finds it: alive, and seen whole on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stack, Visit, running
from tests.people import PASSWORD, Person, cast

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the demo as ``make run`` does, with its office at work."""
    with running(tmp_path_factory.mktemp("living"), dossiers=120) as started:
        yield started


@pytest.mark.parametrize(
    ("who", "pages"),
    [
        (cast.lan, ["/mot-cua/", "/mot-cua/?pham-vi=tiep-nhan&muc=thu-phi", "/mot-cua/so-theo-doi/"]),
        (cast.khanh, ["/mot-cua/", "/mot-cua/?pham-vi=cua-toi&muc=xu-ly"]),
        (cast.nga, ["/mot-cua/", "/mot-cua/thu-phi/"]),
        (cast.oanh, ["/mot-cua/giam-sat/", "/mot-cua/giam-sat/can-xem/", "/mot-cua/phan-anh/"]),
    ],
    ids=["one-stop officer", "specialist", "cashier", "supervisor"],
)
def test_officials_find_an_office_at_work(
    living: Stack, visitor: Visit, who: Person, pages: list[str]
) -> None:
    official = visitor(at=living)
    official.logs_in(who)
    for number, address in enumerate(pages):
        official.opens(address)
        expect(
            official.page.locator("main tbody tr").or_(official.page.locator("main .list li")).first
        ).to_be_visible()
        official.looks_closely(f"living-{who.login}-{number}")


def test_a_leader_sees_what_the_office_did(living: Stack, visitor: Visit) -> None:
    leader = visitor(at=living)
    leader.logs_in(cast.bao)
    leader.opens("/mot-cua/so-lieu/?ky=nam-nay")
    leader.sees("Phải giải quyết")
    leader.looks_closely("living-figures")
    leader.keeps_for_readers("figures")


def test_a_citizen_finds_dossiers_papers_and_what_is_to_do(living: Stack, visitor: Visit) -> None:
    citizen = visitor(at=living)
    citizen.logs_in(cast.an)
    for name, address in (("dossiers", "/ho-so/"), ("papers", "/ca-nhan/giay-to/"), ("profile", "/ca-nhan/")):
        citizen.opens(address)
        citizen.looks_closely(f"living-{name}")
    citizen.opens("/ho-so/?loc=can-lam")
    expect(
        citizen.page.get_by_role("link", name=re.compile("Nộp phí|Bổ sung|Nhận kết quả")).first
    ).to_be_visible()


def test_an_administrator_reads_what_was_told_by_message(living: Stack, visitor: Visit) -> None:
    administrator = visitor(at=living)
    administrator.opens("/dang-nhap/")
    administrator.types("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập", "quantri")
    administrator.types("Mật khẩu", PASSWORD)
    administrator.presses("Đăng nhập")
    administrator.opens("/quan-tri/hop-thu/")
    administrator.sees(re.compile("Tin nhắn SMS gửi đến"))
