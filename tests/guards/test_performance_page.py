"""The page about speed says what the result file says."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.__main__ import RESULTS
from bench.budgets import FIGURES, Figure
from bench.stack import ROOT
from bench.telling import PAGE, page_with


def test_the_figures_of_the_page_are_those_of_the_result_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert page_with(results, page) == page, "run python -m bench table"


def test_every_figure_that_is_explained_is_measured() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    missing = [
        figure.key
        for part, figures in FIGURES.items()
        for figure in figures
        if figure.key not in (results if part == "speed" else results[part])
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("figure", "value", "is_met"),
    [
        (Figure("a", "", most=8), 8, True),
        (Figure("a", "", most=8), 8.1, False),
        (Figure("a", "", most=0), 0, True),
        (Figure("a", "", most=0), 1, False),
        (Figure("a", "", least=200), 118, False),
        (Figure("a", "", least=True), False, False),
        (Figure("a", ""), 5, None),
    ],
)
def test_a_miss_is_called_one(figure: Figure, value: float, is_met: bool | None) -> None:
    assert figure.is_met(value) is is_met


def test_slips_are_measured_with_nothing_set_up() -> None:
    nothing = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    asked = "import json; from bench import slips; print(json.dumps(slips.measured(slips=1, books=(10,))))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, check=True, cwd=ROOT, env=nothing
    )
    measured = json.loads(done.stdout)
    assert measured["slip_kb"] > 0
    assert measured["book_10_mb"] > 0
