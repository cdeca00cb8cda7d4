"""Inputs that broke a property once, and the first mutations of each target, always the same ones."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import pytest

from fuzz.engine import FOUND, cases, run_blind, run_case
from fuzz.reshaping import reshape_json, reshape_xml
from fuzz.targets import TARGETS, Broken, Target

# The picture library says so where a camera wrote nonsense beside a picture; what is refused is another matter.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
BY_NAME = {target.name: target for target in TARGETS}
SLOW_MACHINE = 10
CASES = 1500
# The library of pictures says so when a camera's notes are nonsense; the picture is kept all the same.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def test_inputs_that_were_found_break_nothing_any_more() -> None:
    for kept in sorted(path for path in FOUND.glob("*/*") if path.parent.name in BY_NAME):
        try:
            run_case(BY_NAME[kept.parent.name], kept.read_bytes(), slack=SLOW_MACHINE)
        except Exception as error:
            error.add_note(f"input {kept}")
            raise


def test_every_found_input_belongs_to_a_target() -> None:
    assert {path.name for path in FOUND.iterdir() if path.is_dir()} <= set(BY_NAME)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_first_mutations_break_no_property(target: Target) -> None:
    for data in islice(cases(target, seed=1), CASES):
        run_case(target, data, slack=SLOW_MACHINE)


def test_a_case_that_grows_is_not_let_grow_on() -> None:
    hundred = json.dumps({"a": [{"b": "c"}] * 1500})
    for number in range(300):
        reshaped = reshape_json(hundred.encode(), b'{"a": 1}', random.Random(number))
        assert len(reshaped) < 200 * len(hundred)
    elements = "<a>" + "<b><c/></b>" * 1500 + "</a>"
    assert {
        reshape_xml(elements.encode(), b"<a/>", random.Random(number)).count(b"<b>") for number in range(50)
    } == {1500}


def test_a_reshaped_value_never_holds_itself() -> None:
    small = b'{"error_code": "", "message": "x"}'
    for number in range(20_000):  # json refuses what holds itself
        assert reshape_json(small, small, random.Random(number))


def test_the_same_seed_gives_the_same_cases() -> None:
    target = BY_NAME["reply_xml"]
    first, second = (list(islice(cases(target, seed=7), 200)) for _ in range(2))
    assert first == second
    assert first != list(islice(cases(target, seed=8), 200))
    assert max(map(len, first)) <= target.longest


def test_a_case_that_breaks_a_property_is_kept(tmp_path: Path) -> None:
    def refuse(data: bytes) -> None:
        if b"Ten" in data:
            raise Broken("never Ten")

    target = Target("broken", refuse, lambda: [b"<a/>", b"<Ten/>"])
    with pytest.raises(Broken):
        run_blind(target, seed=1, seconds=5, found=tmp_path)
    assert [path.read_bytes() for path in tmp_path.glob("broken/*")] == [b"<Ten/>"]


def test_a_case_that_takes_too_long_is_broken() -> None:
    def count(data: bytes) -> None:
        sum(range(5_000_000))

    with pytest.raises(Broken, match="processor time"):
        run_case(Target("slow", count, list, milliseconds=1), b"")
