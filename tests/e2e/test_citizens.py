"""A dossier's whole life as the citizen sees it: papers on request, the result, the rating; and filing for a child."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Stack, Visit, Visitor
from tests.e2e.test_desk import both_ways
from tests.e2e.test_filing import AGREE, PAPER, fills_in_contact, gives_papers_and_reviews, starts
from tests.people import cast

pytestmark = pytest.mark.browser

_OFFICE = """
from hashlib import sha256
from django.core.files.base import ContentFile
from django.utils import timezone
from motcua.accounts.models import User
from motcua.dossiers import results, service, supplements
from motcua.dossiers.models import Dossier, Paper
now = timezone.now()
lan, bao = (User.objects.get(login=login) for login in ("lan", "bao"))
dossier = Dossier.objects.get(code="%s")
"""
_ASKS = """
supplements.ask_supplement(
    dossier=dossier, by=lan, now=now, reason="Tờ khai thiếu trang hai, chưa rõ nơi cư trú của hai bên.",
    documents=[
        {"name": "Tờ khai, đủ hai trang", "note": "ký ở trang cuối"},
        {"name": "Giấy tờ về nơi cư trú", "note": ""},
    ],
)
"""
_FINISHES = """
supplements.take_supplement(dossier=dossier, by=lan, now=now)
paper = Paper(dossier=dossier, kind="result", original_name="giay-xac-nhan.pdf", media_type="application/pdf")
content = b"%%PDF-1.7 result %%%%EOF"
paper.size, paper.sha256, paper.uploaded_at = len(content), sha256(content).hexdigest(), now
paper.file.save(paper.random_file_name(), ContentFile(content), save=False)
paper.save()
results.finish(dossier=dossier, is_granted=True, summary="Giấy xác nhận số 12/2026", by=bao, now=now)
"""


def files(citizen: Visitor) -> str:
    """Swear, file, and return the dossier's code."""
    citizen.ticks(re.compile("Tôi xin cam đoan"))
    citizen.presses("Nộp hồ sơ")
    citizen.is_at(re.compile("/ho-so/.*/hoan-tat/"))
    return citizen.page.locator(".code").first.inner_text()


@both_ways
def test_papers_are_asked_for_sent_and_the_result_is_collected_and_rated(
    visitor: Visit, stack: Stack, javascript: bool
) -> None:
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.an)
    starts(citizen, "1.001022" if javascript else "1.004837")
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    gives_papers_and_reviews(citizen)
    citizen.ticks("Tải về trên cổng")
    code = files(citizen)

    stack.lets_the_office(_OFFICE % code + _ASKS)
    citizen.opens("/ho-so/?loc=can-lam")
    citizen.looks_closely("my-dossiers-to-do")
    citizen.follows(re.compile(f"Bổ sung giấy tờ cho hồ sơ {re.escape(code)}"))
    citizen.sees("Tờ khai thiếu trang hai, chưa rõ nơi cư trú của hai bên.")
    citizen.presses("Gửi bổ sung")
    citizen.sees(re.compile("Chưa gửi. Vui lòng tải lên ít nhất một tệp"))
    citizen.looks_closely("supplement-empty")
    citizen.page.locator("input[type=file]").nth(0).set_input_files(
        [PAPER, PAPER | {"name": "trang-hai.png"}]
    )
    citizen.page.locator("input[type=file]").nth(1).set_input_files([PAPER | {"name": "cu-tru.png"}])
    with citizen.page.expect_navigation():  # where files go up in pieces, the page waits for them first
        citizen.presses("Lưu, gửi sau")
    citizen.sees("trang-hai.png")
    citizen.looks_closely("supplement-given")
    citizen.presses("Gửi bổ sung")
    citizen.sees("Giấy tờ bổ sung đã gửi, chờ cán bộ xác nhận")
    citizen.looks_closely("dossier-supplement-sent")

    stack.lets_the_office(_OFFICE % code + _FINISHES.replace("%%", "%"))
    citizen.page.reload()
    citizen.sees("Cần ông/bà làm: nhận kết quả")
    citizen.looks_closely("dossier-result")
    with citizen.page.expect_download() as waiting:
        citizen.follows("giay-xac-nhan.pdf")
    assert waiting.value.suggested_filename == "giay-xac-nhan.pdf"
    citizen.presses("Nhận kết quả")
    citizen.sees("Kết quả đã trả")
    citizen.looks_closely("dossier-returned")
    citizen.follows("Đánh giá")
    citizen.looks_closely("rate")
    citizen.page.get_by_label("Đúng hẹn").check()
    citizen.page.get_by_label("Lịch sự, tận tình").check()
    citizen.types("Ý kiến thêm", "Cảm ơn cán bộ.")
    citizen.presses("Gửi đánh giá")
    citizen.sees("Cảm ơn ông/bà đã đánh giá.")
    citizen.opens("/ho-so/?loc=da-xong")
    citizen.sees(code)
    citizen.looks_closely("my-dossiers-done")


@both_ways
def test_a_father_files_for_his_child(visitor: Visit, javascript: bool) -> None:
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.an)
    starts(citizen, "1.004194" if javascript else "2.001159")
    fills_in_contact(citizen)
    if javascript:
        citizen.does_not_see("Họ và tên chủ hồ sơ")
    citizen.ticks("Nộp thay người khác")
    citizen.looks_closely("filing-for-other")
    citizen.ticks("Cha, mẹ nộp cho con")
    citizen.presses(AGREE)
    citizen.sees("Vui lòng xem lại các mục sau")
    citizen.looks_closely("filing-for-other-empty")
    citizen.types("Họ và tên chủ hồ sơ", "Nguyễn Gia Hà")
    citizen.types("Ngày sinh chủ hồ sơ", cast.han.typed_birth)
    citizen.types("Số CCCD/CMND chủ hồ sơ", cast.han.number)
    citizen.presses(AGREE)
    citizen.sees("Xác thực thất bại: thông tin chủ hồ sơ")
    citizen.looks_closely("filing-for-other-failure")
    citizen.types("Họ và tên chủ hồ sơ", cast.han.full_name)
    citizen.presses(AGREE)
    gives_papers_and_reviews(citizen)
    citizen.sees(cast.han.full_name)
    citizen.looks_closely("filing-for-other-review")
    files(citizen)
    citizen.follows("Xem hồ sơ")
    citizen.sees("Cha, mẹ nộp cho con")
    citizen.looks_closely("dossier-for-other")


def test_a_dossier_is_withdrawn_after_a_second_look(visitor: Visit) -> None:
    citizen = visitor()
    citizen.logs_in(cast.an)
    starts(citizen, "1.003677")
    fills_in_contact(citizen)
    citizen.presses(AGREE)
    gives_papers_and_reviews(citizen)
    code = files(citizen)
    citizen.follows("Xem hồ sơ")
    citizen.sees("Rút hồ sơ")
    citizen.looks_closely("dossier-filed")
    citizen.follows("Rút hồ sơ")
    citizen.looks_closely("withdraw")
    citizen.types("Lý do rút hồ sơ", "Tôi nộp nhầm thủ tục.")
    citizen.presses("Xác nhận rút hồ sơ")
    citizen.sees(f"Đã rút hồ sơ {code}.")
    citizen.looks_closely("dossier-withdrawn")
