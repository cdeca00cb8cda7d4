"""The table of rights, written a second time by hand: a right that slips in or out fails here."""

from __future__ import annotations

import pytest

from motcua.accounts.models import User
from motcua.accounts.rights import RIGHTS, Reach, Right, may, reach_of

# A row for each right: the roles, in the order of HEADS; o = own office, u = whole unit, - = no.
HEADS = ("officer", "specialist", "leader", "cashier", "result_desk", "supervisor", "administrator")
TABLE = """
see_dossiers    o o u o o u -
ask_register    o - - - - o -
receive         o - - - - o -
ask_supplement  o o - - - o -
hand_over       o o u - - u -
assign          - - u - - u -
process         - o u - - - -
ask_fee         - o - - - - -
take_fee        - - - o - - -
extend          - - u - - - -
stop            - - u - - - -
finish          - - u - - - -
hand_out        o - - - o o -
withdraw        o - - - - o -
keep_register   o - u - - u -
oversee         - - - - - o u
administer      - - - - - - u
"""
CELLS = [
    (right, role, {"o": Reach.OFFICE, "u": Reach.UNIT, "-": None}[cell])
    for right, *cells in map(str.split, TABLE.strip().splitlines())
    for role, cell in zip(HEADS, cells, strict=True)
]


@pytest.mark.parametrize(("right", "role", "reach"), CELLS)
def test_a_role_has_the_rights_of_the_table(right: str, role: str, reach: Reach | None) -> None:
    assert reach_of(User(role=role), Right(right)) is reach


def test_every_right_and_every_role_is_in_the_table() -> None:
    assert {right for right, _, _ in CELLS} == {right.value for right in Right}
    assert set(RIGHTS) == {*HEADS, "citizen"} == set(User.Role.values)


@pytest.mark.parametrize("right", Right)
def test_a_citizen_has_no_right_of_an_official(right: Right) -> None:
    assert not may(User(role="citizen", also_roles=["administrator"]), right)


def test_who_has_two_roles_has_the_rights_of_both() -> None:
    user = User(role="officer", also_roles=["cashier", "leader"])

    assert may(user, Right.TAKE_FEE)
    assert reach_of(user, Right.SEE_DOSSIERS) is Reach.UNIT
    assert reach_of(user, Right.RECEIVE) is Reach.OFFICE
