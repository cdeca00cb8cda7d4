"""Every role at every step in every state, through the real pages: what the two tables allow, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.accounts.rights import RIGHTS, Reach, Right
from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.dossiers.states import MOVES
from motcua.dossiers.steps import NotYours, go
from motcua.reception.actions import ACTIONS
from tests.conftest import account_of, browser_of
from tests.dossiers.lives import DIVISION, standing_at
from tests.people import FIRST_OFFICE, cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

# Where somebody works, as seen from a dossier that the first desk received and its unit's division holds.
DESK, HOLDER, UNIT, ELSEWHERE = "desk", "holder", "unit", "elsewhere"
OFFICIALS = {
    "lan": ("officer", DESK),
    "khanh": ("specialist", HOLDER),
    "bao": ("leader", UNIT),
    "nga": ("cashier", DESK),
    "ket": ("result_desk", DESK),
    "oanh": ("supervisor", DESK),
    "quantri": ("administrator", DESK),
    "minh": ("officer", ELSEWHERE),
    "mo": ("specialist", ELSEWHERE),
}
STATES = range(1, 11)
NEEDS_NO_RECEPTION = {"take_up", "refuse", "ask_supplement", "take_supplement", "withdraw"}
SAID: dict[str, dict[str, Any]] = {
    "hand_out": {"how": "desk", "collected_by": "Nguyễn Văn An"},
    "finish": {"is_granted": "yes", "summary": "Đã cấp giấy khai sinh số 1"},
    "ask_supplement": {"other-0": "Giấy chứng sinh", "reason": "Thiếu giấy chứng sinh"},
    "ask_fee": {"amount": "8000", "reason": "Phí bản sao"},
    "waive_fee": {"exemption": "poor", "reason": "Sổ hộ nghèo"},
}
ON_PAGES = [code for code in MOVES if code in ACTIONS]


def has(login: str, right: Right | None) -> bool:
    """Say, from the table of rights, whether somebody has a right over that dossier."""
    role, where = OFFICIALS[login]
    reach = RIGHTS[role].get(right) if right else None
    return where != ELSEWHERE and (reach is Reach.UNIT or (reach is Reach.OFFICE and where in {DESK, HOLDER}))


def leads_on(code: str, dossier: Dossier) -> bool:
    """Say, from the table of moves, whether a step leads on; what was never received is not dealt with."""
    move = MOVES[code]
    return dossier.status in move.origins and (dossier.received_at is not None or code in NEEDS_NO_RECEPTION)


def official(login: str) -> Client:
    """Return an official's browser."""
    return browser_of(User.objects.get(login=login))


def test_every_move_of_an_official_is_on_the_page() -> None:
    without_page = {"draft", "submit", "receive", "guide_walk_in", "refuse_walk_in"}
    assert {*ON_PAGES} == {*MOVES} - without_page
    assert {code for code, action in ACTIONS.items() if action.is_move} == {*ON_PAGES}


@pytest.mark.one_database
@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("code", ON_PAGES)
def test_a_step_is_taken_by_whom_and_from_where_the_tables_say(code: str, status: int) -> None:
    move, said = MOVES[code], {"reason": "Theo đề nghị", **SAID.get(code, {}), "confirmed": "1"}
    dossier = standing_at(status, holder_office=DIVISION)
    is_way = leads_on(code, dossier)
    for login in OFFICIALS:
        browser = official(login)
        with transaction.atomic():
            answer = browser.post(reverse("act", args=[dossier.pk, code]), said)
            dossier.refresh_from_db()
            if not has(login, Right.SEE_DOSSIERS):
                expected, target = 403 if login == "quantri" else 404, status
            elif not has(login, move.right):
                expected, target = 403, status
            else:
                expected, target = 302, move.target if is_way else status
            assert (answer.status_code, dossier.status) == (expected, target), login
            is_taken = expected == 302 and is_way
            assert dossier.steps.count() == 1 + is_taken
            transaction.set_rollback(True)


@pytest.mark.parametrize("code", ["withdraw", "stop", "finish"])
def test_the_one_door_asks_for_the_right_itself_whatever_a_page_asked_before(code: str) -> None:
    dossier = standing_at(min(MOVES[code].origins), holder_office=DIVISION)
    strangers = [login for login in OFFICIALS if not has(login, MOVES[code].right)]
    for user in (account_of(cast.binh).user, *User.objects.filter(login__in=strangers)):
        with pytest.raises(NotYours):
            go(dossier=dossier, move=code, by=user, now=timezone.now(), reason="Theo đề nghị")
    dossier.refresh_from_db()
    assert (dossier.status, dossier.steps.count()) == (min(MOVES[code].origins), 1)


@pytest.mark.parametrize("login", [one for one in OFFICIALS if has(one, Right.SEE_DOSSIERS)])
@pytest.mark.parametrize("is_barred", [False, True])
def test_a_page_shows_the_steps_that_may_be_taken_and_no_other(login: str, is_barred: bool) -> None:
    browser = official(login)
    for status in STATES:
        if is_barred and status in states.DECISIONS:
            continue
        with transaction.atomic():
            dossier = standing_at(status, holder_office=DIVISION, is_decision_barred=is_barred)
            page = browser.get(reverse("desk_dossier", args=[dossier.pk])).content.decode()
            shown = {code for code in ON_PAGES if reverse("act", args=[dossier.pk, code]) in page}
            assert shown == {
                code
                for code in ON_PAGES
                if leads_on(code, dossier)
                and has(login, MOVES[code].right)
                and not (is_barred and MOVES[code].is_decision)
            }, f"at {status}"
            transaction.set_rollback(True)


@pytest.mark.parametrize("code", ["finish", "stop"])
def test_a_decision_is_refused_in_words_while_the_identity_is_open(code: str) -> None:
    dossier = standing_at(states.PROCESSING, holder_office=DIVISION, is_decision_barred=True)
    browser = official("bao")
    for send in (browser.post, browser.get):
        said = {"reason": "Theo đề nghị", **SAID.get(code, {}), "confirmed": "1"}
        page = send(reverse("act", args=[dossier.pk, code]), said, follow=True).content.decode()
        assert "Chưa được phép ra quyết định về hồ sơ này: danh tính người nộp còn chờ" in page
        assert "Sau đó mới làm được:</a>" not in page
    dossier.refresh_from_db()
    assert dossier.status == states.PROCESSING
    page = browser.get(reverse("desk_dossier", args=[dossier.pk])).content.decode()
    assert "Sau đó mới làm được: Ghi nhận kết quả, Dừng giải quyết." in " ".join(page.split())
    others = official("khanh").get(reverse("desk_dossier", args=[dossier.pk])).content.decode()
    assert "Sau đó mới làm được" not in others


@pytest.mark.parametrize("code", ["khong-co", "draft", "submit", "receive", "guide_walk_in", "1.001193"])
def test_there_is_no_step_of_another_name(officer_client: Client, code: str) -> None:
    dossier = standing_at(states.RECEIVED)
    address = reverse("act", args=[dossier.pk, code])
    assert officer_client.post(address).status_code == officer_client.get(address).status_code == 404


@pytest.mark.parametrize("login", ["minh", "mo"])
@pytest.mark.parametrize("name", ["desk_dossier", "act", "result_papers", "receipt", "take_up", "recheck"])
def test_another_units_officials_find_nothing(login: str, name: str) -> None:
    dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
    browser = official(login)
    address = reverse(name, args=[dossier.pk, "hand_over"] if name == "act" else [dossier.pk])
    answers = {browser.get(address).status_code, browser.post(address).status_code}
    assert answers <= {403, 404, 405}
    assert answers & {403, 404}


@pytest.mark.parametrize("login", OFFICIALS)
def test_the_menu_names_only_what_the_role_may_do(login: str) -> None:
    browser = official(login)
    rights = RIGHTS[OFFICIALS[login][0]]
    page = browser.get(reverse("account")).content.decode()
    menu = page[page.index('<nav class="menu"') : page.index("</nav>")]
    links = {
        "reception": Right.RECEIVE,
        "look_up": Right.ASK_REGISTER,
        "history_print": Right.ASK_REGISTER,
        "closings": Right.SEE_CLOSINGS,
        "figures": Right.SEE_FIGURES,
        "oversight": Right.OVERSEE,
    }
    for name, right in links.items():
        is_there = f'href="{reverse(name)}"' in menu
        assert is_there == (right in rights), name
        is_open = browser.get(reverse(name)).status_code == 200
        assert is_open == (right in rights), name


def test_the_first_desk_is_the_one_of_the_table() -> None:
    assert User.objects.get(login="lan").office.code == FIRST_OFFICE
