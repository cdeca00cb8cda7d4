"""What processes count is summed over all of them, falls never, and tells of nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from motcua.web import tallies

COUNTS = """
import sys
from django.conf import settings
settings.configure(STATE=sys.argv[1], METRICS_TOKEN="set")
from motcua.web import tallies
for _ in range(1000):
    tallies.add("requests", "home", "2xx")
tallies.observe("own", "home", seconds=0.2, ends=tallies.OWN)
print(*sorted(tallies.memory()), flush=True)
sys.stdin.read()
"""
HOME = ("requests", "home", "2xx")


@pytest.fixture(autouse=True)
def _counted(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STATE = tmp_path
    settings.METRICS_TOKEN = "set"
    monkeypatch.setattr(tallies, "_taken", None)
    monkeypatch.setattr(tallies, "_try_at", 0.0)


@pytest.fixture
def others(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Return three other processes that have counted and live on."""
    started = [_process(tmp_path) for _ in range(3)]
    yield started
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def _process(state: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_counts_of_all_processes_are_summed(others: list[subprocess.Popen[str]]) -> None:
    tallies.add(*HOME)
    assert tallies.total()[HOME] == 3001
    assert tallies.total()["own", "home", "0.25"] == 3
    assert tallies.total()["own", "home", "sum"] == pytest.approx(0.6)


def test_a_sum_does_not_fall_when_a_process_is_killed_and_its_file_is_used_again(
    others: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    others[0].kill()
    others[0].wait()
    assert tallies.total()[HOME] == 3000

    others.append(_process(tmp_path))

    assert tallies.total()[HOME] == 4000
    assert len(list((tmp_path / "tallies").iterdir())) == 3


def test_memory_is_told_of_living_processes_alone(others: list[subprocess.Popen[str]]) -> None:
    assert len(tallies.memory()) == 3
    assert all(1_000_000 < size < 2**33 for size in tallies.memory().values())
    others[1].kill()
    others[1].wait()
    assert len(tallies.memory()) == 2


@pytest.mark.parametrize(("seconds", "end"), [(0.0, "0.1"), (0.1, "0.1"), (0.11, "0.25"), (99.0, "inf")])
def test_a_time_is_counted_in_the_first_class_that_holds_it(seconds: float, end: str) -> None:
    tallies.observe("register", "primary", seconds=seconds, ends=tallies.REGISTER)
    assert tallies.total()["register", "primary", end] == 1


def test_nothing_is_counted_where_nobody_may_read_it(settings: Settings, tmp_path: Path) -> None:
    settings.METRICS_TOKEN = ""
    tallies.add(*HOME)
    tallies.join()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_costs_the_counts_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    said: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr(tallies._log, "warning", lambda *given: said.append(given))
    for _ in range(3):
        tallies.add(*HOME)
    assert said == [("metrics.not_counted problem=%s", "No space left on device")]


def test_there_is_an_end_to_what_can_be_told_apart() -> None:
    for number in range(tallies._MOST_RECORDS + 10):
        tallies.add("requests", str(number), "2xx")
    assert len(tallies.total()) == tallies._MOST_RECORDS


def test_the_files_are_nobody_else_s(tmp_path: Path) -> None:
    tallies.add(*HOME)
    assert (tmp_path / "tallies").stat().st_mode & 0o077 == 0
    assert (tmp_path / "tallies" / "0").stat().st_mode & 0o077 == 0
