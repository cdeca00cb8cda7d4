"""The demo's office, as each of its people finds it: alive, and seen whole on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import USUAL, Stack, Visit, running
from tests.people import PASSWORD, Person, cast

pytestmark = pytest.mark.browser
LONG_NAME = "Nguyễn Phước Quỳnh Thượng Tằng Tôn Nữ Hoàng Diễm Khuê Nguyệt Ánh"
SOLID_NAME = "Ksơrhơbialênhkrănghđơkbuônyăhđơkrơlanblia"
LONG_ADDRESS = "Số 1234/56/78 hẻm 90 ngách 12 ngõ 345 đường Nguyễn Thị Minh Khai nối dài, tổ dân phố 27, " * 3
LONG_MAIL = "nguyenphuocquynhthuongtangtonnuhoangdiemkhue@van-phong-cong-chung-tu-phap.example.com"
LONG_PROCEDURE = "Cấp giấy phép sửa chữa, cải tạo, di dời công trình tín ngưỡng, tôn giáo, tượng đài, " * 4
LONG_OFFICE = (
    "Bộ phận Tiếp nhận và Trả kết quả theo cơ chế một cửa, một cửa liên thông của phường Mẫu A, " * 2
)
LENGTHENED = f"""
from motcua.accounts.models import Citizen, Office, User
from motcua.dossiers.models import Dossier, Paper
from motcua.procedures.models import Procedure, ProcedureRevision, RequiredDocument
Office.objects.filter(kind="desk").update(name={LONG_OFFICE[:150]!r}, address={LONG_ADDRESS!r})
Procedure.objects.update(name={LONG_PROCEDURE[:300]!r})
ProcedureRevision.objects.update(name={LONG_PROCEDURE[:300]!r})
RequiredDocument.objects.update(name={(LONG_PROCEDURE * 2)[:500]!r})
Paper.objects.update(original_name={"bản_quét_giấy_tờ_không_có_dấu_cách_" * 5!r} + ".png")
for number, dossier in enumerate(Dossier.objects.all()):
    dossier.applicant_name = ({LONG_NAME!r}, {SOLID_NAME!r})[number % 2]
    dossier.permanent_residence = dossier.current_residence = {LONG_ADDRESS!r}
    dossier.email = {LONG_MAIL!r}
    dossier.save(update_fields=["applicant_name", "permanent_residence", "current_residence", "email"])
for citizen in Citizen.objects.all():
    citizen.full_name, citizen.address, citizen.email = {LONG_NAME!r}, {LONG_ADDRESS!r}, {LONG_MAIL!r}
    citizen.save(update_fields=["full_name", "address", "email"])
for number, official in enumerate(User.objects.exclude(role=User.Role.CITIZEN)):
    official.full_name = ({LONG_NAME!r}, {SOLID_NAME!r})[number % 2]
    official.save(update_fields=["full_name"])
"""


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the demo as ``make run`` does, with its office at work."""
    with running(tmp_path_factory.mktemp("living"), dossiers=120) as started:
        yield started


@pytest.fixture(scope="module")
def long_names(living: Stack) -> Stack:
    """Give everybody and everything at the living office the longest names that fit."""
    living.lets_the_office(LENGTHENED)
    living.lets_the_register(
        "from npdsandbox.models import Citizen\n"
        f"Citizen.objects.filter(personal_number={cast.nguyen.number!r}).update(full_name={LONG_NAME!r})"
    )
    return living


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


def test_the_figures_on_paper_have_their_bars_and_tables(living: Stack, visitor: Visit) -> None:
    leader = visitor(at=living, is_dark=True)
    leader.logs_in(cast.bao)
    leader.opens("/mot-cua/so-lieu/?ky=nam-nay")
    on_screen = leader.page.locator("main svg rect").filter(visible=True).count()
    assert on_screen

    leader.page.emulate_media(media="print")

    assert leader.page.locator("main svg rect").filter(visible=True).count() == on_screen
    bar = leader.page.locator("main svg .plain").first
    expect(bar).to_have_css("fill", "rgb(11, 87, 208)")  # as by day: the paper is white
    for folded in leader.page.locator("main details table").all():
        expect(folded).to_be_visible()


def test_the_list_is_not_pushed_sideways_where_a_scroll_bar_takes_its_room(
    living: Stack, visitor: Visit
) -> None:
    officer = visitor(
        at=living, width=USUAL - 17
    )  # as on Windows; the browser here draws its bar over the page
    officer.logs_in(cast.lan)
    officer.opens("/mot-cua/?pham-vi=tiep-nhan&muc=da-tiep-nhan&xep=moi")
    wider = "box => box.scrollWidth - box.clientWidth"
    assert officer.page.locator(".table-wrap").evaluate(wider) == 0


def test_a_long_list_on_paper_begins_under_its_title(living: Stack, visitor: Visit) -> None:
    cashier = visitor(at=living)
    cashier.logs_in(cast.nga)
    cashier.opens("/mot-cua/thu-phi/")
    cashier.page.emulate_media(media="print")

    rules = """[getComputedStyle(document.querySelector("main .card:has(table)")).breakInside,
        getComputedStyle(document.querySelector("main h2")).breakAfter]"""
    assert cashier.page.evaluate(rules) == ["auto", "avoid"]


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


def test_the_longest_names_are_read_whole_at_the_desk(long_names: Stack, visitor: Visit) -> None:
    officer = visitor(at=long_names)
    officer.logs_in(cast.lan)
    officer.opens("/mot-cua/tiep-nhan/?thu-tuc=1.001193")
    officer.types("Họ và tên", LONG_NAME)
    officer.types("Số CCCD/CMND", cast.nguyen.number)
    officer.types("Ngày sinh", cast.nguyen.typed_birth)
    officer.presses("Kiểm tra danh tính số")
    officer.sees("Xác thực thành công")
    officer.reads_it_whole("long-desk")
    for name, query in (("received", "tiep-nhan&muc=xu-ly"), ("waiting", "tiep-nhan&muc=cho-tiep-nhan")):
        officer.opens(f"/mot-cua/?pham-vi={query}")
        officer.reads_it_whole(f"long-queue-{name}")
    officer.page.locator("[data-row]").first.click()
    officer.sees("Người nộp hồ sơ")
    officer.reads_it_whole("long-dossier")
    officer.opens("/mot-cua/?pham-vi=tiep-nhan&muc=xu-ly")
    officer.page.locator("[data-row]").first.click()
    officer.follows("Giấy tiếp nhận")
    officer.reads_it_whole("long-receipt")
    officer.page.emulate_media(media="print")
    officer.page.set_viewport_size({"width": 640, "height": 900})  # what A4 leaves between its margins
    tops = "[...document.querySelectorAll('.receipt-head > p')].map((one) => one.offsetTop)"
    agency, motto = officer.page.evaluate(tops)
    assert agency == motto, "the motto stands beside the agency and not under it"


def test_the_longest_names_are_read_whole_by_cashiers_and_citizens(long_names: Stack, visitor: Visit) -> None:
    cashier = visitor(at=long_names)
    cashier.logs_in(cast.nga)
    cashier.opens("/mot-cua/thu-phi/")
    cashier.reads_it_whole("long-till")
    citizen = visitor(at=long_names)
    citizen.logs_in(cast.an)
    for name, address in (("papers", "/ca-nhan/giay-to/"), ("profile", "/ca-nhan/"), ("dossiers", "/ho-so/")):
        citizen.opens(address)
        citizen.reads_it_whole(f"long-{name}")
    citizen.follows(re.compile("Làm tiếp"))
    citizen.sees("Lấy từ tài khoản")
    citizen.reads_it_whole("long-filing")
    citizen.opens("/ho-so/?loc=can-lam")
    citizen.page.locator("main .list h2 a").first.click()
    citizen.sees("Người nộp")
    citizen.reads_it_whole("long-own-dossier")
