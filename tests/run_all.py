"""``make test``: everything, with a summary at the end.

Style, types and floors; all tests on SQLite; those with a database once more on PostgreSQL; the journeys in a real
browser. What waits most, the faults of real programs, runs beside all the rest: the rest steps back for it, so that
nothing there is late, and takes the processor's time that the waiting leaves.

Needs Chromium and PostgreSQL from the distribution: on Debian as root it installs them, elsewhere it says what to
install.
"""

# ruff: noqa: T201
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import chromium, postgres  # noqa: E402

_BROWSER = "chromium-headless-shell"
_FAULTS, _JOURNEYS = "tests/faults", "tests/e2e"
_PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=25"]
# A file stays with one process: starting real programs for a file takes longer than most of its tests.
_PARALLEL = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
_BACK = ["nice", "-n", "19"]
_ON_POSTGRES = [sys.executable, "tests/postgres.py", "--"]


@dataclass
class Part:
    """One part of the run and how it went; `output` is kept only of what runs beside another part."""

    title: str
    seconds: float = 0.0
    is_good: bool = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    output: str = ""


def main() -> int:
    """Run every part, whatever the earlier ones said; return 0 only when all are good."""
    _install_what_is_missing()
    with ThreadPoolExecutor(1) as beside:
        faults = beside.submit(_faults)
        rest = _rest()
        return _summary(rest + faults.result())


def _faults() -> list[Part]:
    return [
        _tests(Part("faults on SQLite"), [], [_FAULTS], is_beside=True),
        _tests(Part("faults on PostgreSQL"), _ON_POSTGRES, ["--database-only", _FAULTS], is_beside=True),
    ]


def _rest() -> list[Part]:
    rest = [*_PARALLEL, "-m", "not browser", f"--ignore={_FAULTS}"]
    return [
        _run(Part("style, types, floors"), [*_BACK, "make", "--no-print-directory", "check"]),
        _run(Part("scans"), [*_BACK, sys.executable, "tests/scans.py"]),
        _tests(Part("tests on SQLite"), _BACK, rest),
        _tests(
            Part("tests with a database, on PostgreSQL"), [*_BACK, *_ON_POSTGRES], ["--database-only", *rest]
        ),
        _tests(Part("journeys in Chromium"), _BACK, [*_PARALLEL, "-m", "browser", _JOURNEYS]),
    ]


def _install_what_is_missing() -> None:
    # A Chromium with windows does as well, only slower.
    missing = _missing(shutil.which(_BROWSER))
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' '.join(missing)} from the distribution …", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        for command in (["apt-get", "update", "-qq"], *([*install, package] for package in missing)):
            subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, check=False)
    if needed := " ".join(_missing(chromium.program())):
        raise SystemExit(
            f"Missing for the tests: {needed}.\n"
            f"On Debian: sudo apt-get install --no-install-recommends {needed}\n"
            "Elsewhere: install Chromium (as the command chromium) and PostgreSQL 15 or newer (initdb on PATH)."
        )


def _missing(browser: str | None) -> list[str]:
    found = {_BROWSER: browser, "postgresql": postgres.programs()}
    return [package for package, where in found.items() if not where]


def _tests(part: Part, before: list[str], arguments: list[str], *, is_beside: bool = False) -> Part:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        _run(part, [*before, *_PYTEST, f"--junit-xml={report}", *arguments], is_beside=is_beside)
        if report.exists():
            suite = ElementTree.parse(report).getroot().find("testsuite")
            count = {
                name: int(suite.get(name, 0)) if suite is not None else 0
                for name in ("tests", "failures", "errors", "skipped")
            }
            part.failed, part.skipped = count["failures"] + count["errors"], count["skipped"]
            part.passed = count["tests"] - part.failed - part.skipped
    part.is_good = part.is_good and part.passed > 0
    return part


def _run(part: Part, command: list[str], *, is_beside: bool = False) -> Part:
    """Run a command; what runs beside others says its piece when it has ended."""
    if not is_beside:
        print(f"\n=== {part.title}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if is_beside else None,
        stderr=subprocess.STDOUT if is_beside else None,
        text=True,
        check=False,
    )
    part.seconds = time.monotonic() - started
    part.is_good = done.returncode == 0
    part.output = done.stdout or ""
    return part


def _summary(parts: list[Part]) -> int:
    for part in parts:
        if part.output:
            print(f"\n=== {part.title}\n{part.output}")
    print("\n=== summary")
    for part in parts:
        counts = f"{part.passed} passed, {part.failed} failed, {part.skipped} skipped" if part.passed else ""
        print(
            f"{'good  ' if part.is_good else 'FAILED'}  {part.seconds:6.1f} s  {part.title:40} {counts}".rstrip()
        )
    passed, failed = sum(part.passed for part in parts), sum(part.failed for part in parts)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if all(part.is_good for part in parts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
