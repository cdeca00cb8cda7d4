"""The table of rights, written a second time by hand: a right that slips in or out fails here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from motcua.accounts.models import User
from motcua.accounts.rights import RIGHTS, Reach, Right, may, reach_of
from motcua.accounts.rights_table import REACH_LABELS, RIGHT_LABELS, rights_of
from motcua.config import pages

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
exempt_fee      o - - o - o -
see_closings    - - - - - u -
extend          - - u - - - -
stop            - - u - - - -
finish          - - u - - - -
hand_out        o - - - o o -
withdraw        o - - - - o -
keep_register   o - u - - u -
see_figures     - - u - - u u
read_comments   - - u - - - -
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


DESK = "/mot-cua/"
# Log-ins of the cast by role, all of one unit.
LOGINS = {
    "officer": "lan",
    "specialist": "khanh",
    "leader": "bao",
    "cashier": "nga",
    "result_desk": "ket",
    "supervisor": "oanh",
    "administrator": "quantri",
}


def desk_pages(resolver: URLResolver | None = None) -> Iterator[tuple[str, Right | None]]:
    """Yield the address of every page of the desk, about nobody's dossier, with the right that its view names."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from desk_pages(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            address = _address(pattern.name, pattern.pattern.regex.groupindex)
            if address.startswith(DESK):
                yield address, getattr(pattern.callback, "right", None)


def _address(name: str, wanted: object) -> str:
    for pk in (uuid.UUID(int=1), 999_999):
        given = {"pk": pk, "paper_pk": uuid.UUID(int=1), "code": "1.001193"}
        try:
            return reverse(name, kwargs={one: given[one] for one in wanted})  # type: ignore[attr-defined]
        except NoReverseMatch:
            continue
    raise AssertionError(name)


def test_every_page_of_the_desk_asks_for_a_right() -> None:
    found = dict(desk_pages())

    assert len(found) > 15
    assert [address for address, right in found.items() if right is None] == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", HEADS)
def test_a_role_enters_the_pages_of_the_table_and_no_others(
    role: str, people: None, catalogue: None, register: object
) -> None:
    browser = Client()
    browser.force_login(User.objects.get(login=LOGINS[role]))
    allowed = {right for right, one, reach in CELLS if one == role and reach is not None}
    for address, right in desk_pages():
        got, posted = browser.get(address), browser.post(address, {})
        is_refused = 403 in {got.status_code, posted.status_code}
        assert is_refused is (right not in allowed), f"{address} needs {right}"


@pytest.mark.django_db
def test_citizens_and_strangers_enter_no_page_of_the_desk(an_client: Client, client: Client) -> None:
    for address, _right in desk_pages():
        assert an_client.get(address).status_code == 403, address
        assert client.get(address)["Location"].startswith("/dang-nhap/"), address


def test_every_right_and_reach_has_a_name_that_people_read() -> None:
    assert set(RIGHT_LABELS) == set(Right)
    assert set(REACH_LABELS) == set(Reach)
    assert len(set(map(str, RIGHT_LABELS.values()))) == len(Right)


def test_the_page_of_rights_is_fresh_and_says_what_the_table_says() -> None:
    text = Path(pages.__file__).parents[3].joinpath("docs/rights.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    words = {Reach.OFFICE: "bộ phận mình", Reach.UNIT: "cả cơ quan", None: "–"}

    assert text == pages._rights()
    told = {(label, role): cell for label, *cells in lines for role, cell in zip(HEADS, cells, strict=True)}
    assert told == {(str(RIGHT_LABELS[Right(right)]), role): words[reach] for right, role, reach in CELLS}


def test_what_somebody_with_two_roles_may_do_is_told_once() -> None:
    told = [
        (str(right), str(reach)) for right, reach in rights_of(User(role="officer", also_roles=["leader"]))
    ]

    assert ("Xem hồ sơ", "cả cơ quan") in told
    assert ("Tiếp nhận, từ chối tiếp nhận", "bộ phận mình") in told
    assert len(told) == len({right for right, _reach in told})
