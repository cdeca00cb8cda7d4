"""``make test``: everything, one part after the other, with a summary at the end.

Style, types and floors; all tests on SQLite; those with a database once more on PostgreSQL; the journeys in a real
browser. Needs Chromium and PostgreSQL from the distribution: on Debian as root it installs them, elsewhere it says what
to install.
"""

# ruff: noqa: T201
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
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
_PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=25"]


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
    parts = [
        _run(Part("style, types, floors"), ["make", "--no-print-directory", "check"], environment),
        _run(Part("scans"), [sys.executable, "tests/scans.py"], environment),
        _tests(Part("tests on SQLite"), [*_PARALLEL, "-m", "not browser"], environment),
    ]
    with ExitStack() as stack:
        url = os.environ.get("DATABASE_URL") or stack.enter_context(private_cluster())
        on_postgres = {**environment, "DATABASE_URL": url}
        parts.append(
            _tests(
                Part("tests with a database, on PostgreSQL"),
                [*_PARALLEL, "-m", "not browser", "--database-only"],
                on_postgres,
            )
        )
    parts.append(
        _tests(Part("journeys in Chromium"), [*_PARALLEL, "-m", "browser", "tests/e2e"], environment)
    )
    return _summary(parts)


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
    print(f"\n=== {part.title}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)
    part.seconds = time.monotonic() - started
    part.is_good = done.returncode == 0
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
