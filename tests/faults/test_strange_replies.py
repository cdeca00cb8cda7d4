"""Whatever comes that is no proper answer: nobody is called wrong, nothing is filled, the operator hears of it."""

from __future__ import annotations

import pytest

from tests.faults.browser import NOT_CHECKED, Browser
from tests.faults.conftest import Stack, personal_in
from tests.people import cast

ALARMS = {
    "other_person": "other_person",
    "two_records": "two_citizens",
    "wrong_encoding": "encoding",
    "html_200": "unreadable",
    "oversized": "oversized",
    "truncated_xml": "unreadable",
    "empty_body": "unreadable",
}


def alarms(stack: Stack, trouble: str) -> int:
    return stack.product.said().count(f"npd.alarm trouble={trouble} ")


@pytest.mark.parametrize("kind", ALARMS)
def test_a_strange_reply_is_not_checked_at_the_desk_and_fills_nothing(patient: Stack, kind: str) -> None:
    officer = patient.visitor(cast.lan)
    patient.sandbox.trouble(kind, number=cast.an.number)
    before = alarms(patient, ALARMS[kind])

    page = officer.presses_check(cast.an)

    assert page.outcome() == NOT_CHECKED
    assert "Thử Nghiệm" not in page.text
    assert "Giả Định" not in page.text
    assert "Người Khác Mẫu" not in page.text
    assert alarms(patient, ALARMS[kind]) == before + 1


@pytest.mark.parametrize("kind", ALARMS)
def test_a_strange_reply_is_not_checked_at_filing_and_the_draft_stays_where_it_is(
    patient: Stack, kind: str
) -> None:
    citizen = patient.visitor(cast.an)
    step = citizen.starts_filing()
    patient.sandbox.trouble(kind, number=cast.an.number)
    before = alarms(patient, ALARMS[kind])

    page = citizen.agrees(step)

    assert page.outcome() == NOT_CHECKED
    assert page.path == step
    assert citizen.get(step.replace("nguoi-nop", "giay-to")).path == step
    assert alarms(patient, ALARMS[kind]) == before + 1


def test_a_strange_reply_makes_no_account_and_no_name_reaches_the_log(patient: Stack) -> None:
    patient.sandbox.trouble("two_records", number=cast.cuc.number)

    assert Browser(patient.product.url).registers(cast.cuc).outcome() == NOT_CHECKED

    said = patient.product.said()
    assert "npd.alarm" in said
    assert personal_in(said) == []
    assert patient.outcomes("registration") <= {"", "unanswered", "verified"}


def test_the_search_for_personal_words_in_a_log_finds_them() -> None:
    told = "NGUYEN VAN AN|nguyễn văn an|NGUYENVANAN|999085000001|07/03/1985|19850307"

    assert {"Nguyễn Văn An", "NGUYENVANAN", "NGUYEN VAN AN", "999085000001", "07/03/1985", "19850307"} <= set(
        personal_in(told)
    )
