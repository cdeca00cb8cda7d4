"""``make test``: everything, two parts at a time, with a summary at the end.

Style, types and floors, then all tests on SQLite; beside them the journeys in a real browser, then the tests with a
database once more, on PostgreSQL. Each part keeps to ports, folders and databases of its own, and what it says is
printed in one piece when it ends.

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
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.postgres import private_cluster, programs  # noqa: E402

_PACKAGES = {"chromium": lambda: shutil.which("chromium"), "postgresql": programs}
# A file stays with one process: starting real programs for a file takes longer than most of its tests.
_PARALLEL = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
_SPEAKING, _STOPPED = threading.Lock(), threading.Event()
_PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=5"]


@dataclass
class Part:
    """One part of the run and how it went."""

    title: str
    seconds: float = 0.0
    is_good: bool = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def main() -> int:
    """Run every part, whatever the earlier ones said; return 0 only when all are good."""
    _install_what_is_missing()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with ThreadPoolExecutor(2) as lanes:
        # Journeys and tests of real programs wait much of their time; the other lane uses it.
        first = lanes.submit(_style_and_sqlite, environment)
        second = lanes.submit(_journeys_and_postgres, environment)
        try:
            wait([first, second])
        except KeyboardInterrupt:
            _STOPPED.set()  # the running parts were told by the same Ctrl-C
            raise
    return _summary(first.result() + second.result())


def _style_and_sqlite(environment: dict[str, str]) -> list[Part]:
    return [
        _run(Part("style, types, floors"), ["make", "--no-print-directory", "check"], environment),
        _tests(Part("tests on SQLite"), [*_PARALLEL, "-m", "not browser"], environment),
    ]


def _journeys_and_postgres(environment: dict[str, str]) -> list[Part]:
    journeys = _tests(Part("journeys in Chromium"), ["-m", "browser", "tests/e2e"], environment)
    with ExitStack() as stack:
        url = os.environ.get("DATABASE_URL") or stack.enter_context(private_cluster())
        on_postgres = _tests(
            Part("tests with a database, on PostgreSQL"),
            [*_PARALLEL, "-m", "not browser", "--database-only"],
            {**environment, "DATABASE_URL": url},
        )
    return [journeys, on_postgres]


def _install_what_is_missing() -> None:
    missing = [package for package, find in _PACKAGES.items() if not find()]
    if not missing:
        return
    wanted = " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(
            f"Missing for the tests: {wanted}.\n"
            f"On Debian or Ubuntu: sudo apt-get install --no-install-recommends {wanted}\n"
            "Elsewhere: install Chromium (as the command chromium) and PostgreSQL 15 or newer (initdb on PATH)."
        )
    print(f"Installing {wanted} from the distribution …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], install):
        if subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed; install by hand: {wanted}")


def _tests(part: Part, arguments: list[str], environment: dict[str, str]) -> Part:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        _run(part, [*_PYTEST, f"--junit-xml={report}", *arguments], environment)
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


def _run(part: Part, command: list[str], environment: dict[str, str]) -> Part:
    if _STOPPED.is_set():
        return part
    with _SPEAKING:
        print(f"{part.title}: begins", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
        )
        part.seconds = time.monotonic() - started
        part.is_good = done.returncode == 0
        said.seek(0)
        words = said.read().decode(errors="replace")
    with _SPEAKING:
        print(f"\n=== {part.title}\n{words}", flush=True)
    return part


def _summary(parts: list[Part]) -> int:
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
