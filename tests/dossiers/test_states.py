"""The table of moves is the only way of a dossier: every pair of states is tried."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from motcua.dossiers import states
from motcua.dossiers.models import Dossier
from motcua.dossiers.states import MOVES, DecisionBarred, MoveRefused, target_of

# From: the states that may follow, as the national codes have them; None is a dossier that is about to be made.
FOLLOWS: dict[int | None, set[int]] = {
    None: {0, 2, 3, 5},
    0: {1},
    1: {2, 3, 5, 7},
    2: {4, 5, 6, 7, 8, 9},
    3: set(),
    4: {5, 6, 7, 8, 9},
    5: {2, 3, 5, 7, 8},
    6: {4, 7, 8},
    7: set(),
    8: set(),
    9: {4, 10},
    10: set(),
}
EVERY = [None, *range(11)]
SOURCE = Path(states.__file__).parent.parent


@pytest.mark.parametrize("origin", EVERY)
@pytest.mark.parametrize("target", range(11))
def test_a_dossier_goes_only_where_the_table_leads(origin: int | None, target: int) -> None:
    reached = {move.target for move in MOVES.values() if origin in move.origins}

    assert (target in reached) == (target in FOLLOWS[origin])


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: move.name)
@pytest.mark.parametrize("origin", EVERY)
def test_a_move_leads_on_from_its_own_states_and_from_no_other(move: states.Move, origin: int | None) -> None:
    if origin in move.origins:
        assert (
            target_of(move, origin=origin, is_received=move.target != states.REFUSED, reason="Lý do")
            == move.target
        )
    else:
        with pytest.raises(MoveRefused):
            target_of(move, origin=origin, is_received=move.target != states.REFUSED, reason="Lý do")


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: move.name)
def test_who_must_say_why_cannot_leave_it_out(move: states.Move) -> None:
    origin = next(iter(move.origins))
    if move.needs_reason:
        with pytest.raises(MoveRefused):
            target_of(move, origin=origin, reason="  ")
    else:
        assert target_of(move, origin=origin) == move.target


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: move.name)
def test_an_open_identity_holds_back_decisions_and_nothing_else(move: states.Move) -> None:
    origin = next(iter(move.origins))
    if move.target in {states.STOPPED, states.FINISHED, states.RETURNED}:
        with pytest.raises(DecisionBarred):
            target_of(
                move, origin=origin, is_received=move.target != states.REFUSED, is_barred=True, reason="Lý do"
            )
    else:
        assert (
            target_of(
                move, origin=origin, is_received=move.target != states.REFUSED, is_barred=True, reason="Lý do"
            )
            == move.target
        )


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: move.name)
def test_what_was_never_received_is_not_dealt_with(move: states.Move) -> None:
    for origin in move.origins:
        if move.target in {4, 6, 8, 9, 10}:
            with pytest.raises(MoveRefused):
                target_of(move, origin=origin, is_received=False, reason="Lý do")
        else:
            assert target_of(move, origin=origin, is_received=False, reason="Lý do") == move.target


def test_every_move_is_at_somebodys_hand() -> None:
    assert all(move.right is not None or move.is_citizens for move in MOVES.values())


def test_the_states_are_the_national_codes() -> None:
    assert [(status.value, status.label) for status in Dossier.Status][1:] == [
        (1, "Mới đăng ký"),
        (2, "Được tiếp nhận"),
        (3, "Không được tiếp nhận"),
        (4, "Đang xử lý"),
        (5, "Yêu cầu bổ sung giấy tờ"),
        (6, "Yêu cầu thực hiện nghĩa vụ tài chính"),
        (7, "Công dân yêu cầu rút hồ sơ"),
        (8, "Dừng xử lý"),
        (9, "Đã xử lý xong"),
        (10, "Đã trả kết quả"),
    ]


def test_who_reads_of_a_withdrawn_dossier_does_not_think_that_the_wish_still_waits() -> None:
    assert Dossier(status=7).get_status_display() == "Đã rút theo yêu cầu của công dân"
    assert Dossier(status=8).get_status_display() == "Dừng xử lý"


def test_no_code_but_the_one_door_writes_a_status() -> None:
    """Look through the source: an assignment to ``….status`` or ``update(status=…)`` of a dossier is a second door."""
    doors = set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" in path.parts or "verification" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            flat = [one for target in targets for one in getattr(target, "elts", [target])]
            is_assigned = any(isinstance(one, ast.Attribute) and one.attr == "status" for one in flat)
            is_updated = (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in {"update", "create", "bulk_update"}
                and any(word.arg == "status" for word in node.keywords)
            )
            if is_assigned or is_updated:
                doors.add(path.relative_to(SOURCE).as_posix())

    assert doors == {"dossiers/steps.py"}
