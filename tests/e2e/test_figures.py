"""A leader looks at the figures, chooses, and takes them home as a file."""

from __future__ import annotations

import re
import zipfile

import pytest

from tests.e2e.conftest import Visit
from tests.e2e.test_queue import LONGEST, receives
from tests.people import cast

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_leader_opens_filters_and_exports_the_figures(visitor: Visit, javascript: bool) -> None:
    officer = visitor()
    officer.logs_in(cast.phuc)
    for name in LONGEST:
        receives(officer, name)
    leader = visitor(javascript=javascript)
    leader.logs_in(cast.bao)
    leader.follows("Số liệu")
    leader.sees("Phải giải quyết")
    leader.sees("Theo thủ tục")
    leader.looks_closely("figures")
    leader.follows("Hôm nay")
    leader.is_at(re.compile(r"/mot-cua/so-lieu/\?.*ky=hom-nay"))
    leader.chooses("Hình thức nộp", "Bưu chính công ích")
    leader.presses("Xem")
    leader.is_at(re.compile(r"/mot-cua/so-lieu/\?.*kenh=3"))
    leader.looks_closely("figures-narrowed")
    leader.chooses("Hình thức nộp", "Trực tiếp")
    leader.presses("Xem")
    with leader.page.expect_download() as taken:
        leader.presses("Xuất Excel (XLSX)")
    assert re.fullmatch(r"so-lieu-\d{8}-\d{8}\.xlsx", taken.value.suggested_filename)
    assert zipfile.is_zipfile(taken.value.path())
    leader.types("Từ ngày", "31/02/2026")
    leader.presses("Xem")
    leader.sees("Vui lòng nhập ngày theo dạng ngày/tháng/năm")
    leader.does_not_see("Phải giải quyết")
    leader.looks_closely("figures-wrong")
    leader.follows("Đánh giá của công dân")
    leader.looks_closely("figures-ratings")


def test_the_figures_read_well_in_the_dark(visitor: Visit) -> None:
    leader = visitor(is_dark=True)
    leader.logs_in(cast.bao)
    leader.opens("/mot-cua/so-lieu/?ky=nam-nay")
    leader.sees("Từ 01/01/")
    leader.looks_closely("figures-dark")
