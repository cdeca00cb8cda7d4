"""``make scans``: what looks for carelessness: bandit, secrets in the tree, known flaws of packages, the fuzzers.

Bounded in time, and it needs no network: where the service that knows of flaws cannot be reached, that is said, and
nothing is red for it. `tests/known_secrets.json` lists what only looks like a secret, each with what it is; whoever
adds a line there says so too.
"""

# ruff: noqa: T201
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / "tests" / "known_secrets.json"
# What runs at an office; tools of developers are not open to anybody.
LOCKS = ("requirements.lock", "requirements-signing.lock")
# Flaws that do not concern us: the number of each, and why. Empty is how it should be.
CONDONED: dict[str, str] = {}
FUZZ_SECONDS = 10
_BANDIT_SECONDS = 120
_AUDIT_SECONDS = 20  # for each lock
# Tests are full of invented passwords; the guard over the tree looks there for shapes of real ones.
_SEARCHED = ("src", "docs", "bench", "fuzz", ".ci")
_NOT_TEXTS = {".lock", ".tsv", ".png", ".ttf", ".woff2", ".mo", ".pyc"}
_DATA = {"results"}  # measurements, which name commits


def main() -> int:
    """Run every scan, whatever the earlier ones said; return 0 only when none found anything."""
    is_good = True
    for scan in (bandit, secrets, audit, fuzz):
        started = time.monotonic()
        try:
            is_clean = scan()
        except subprocess.TimeoutExpired as late:
            print(f"not done after {late.timeout:.0f} s")
            is_clean = False
        is_good &= is_clean
        print(
            f"{scan.__name__}: {'good' if is_clean else 'FAILED'}, {time.monotonic() - started:.1f} s",
            flush=True,
        )
    return 0 if is_good else 1


def bandit() -> bool:
    """Say whether bandit has nothing to ask; what it asked before has its answer beside the line (``nosec``)."""
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", "src"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=_BANDIT_SECONDS, check=False
    )
    if done.returncode:
        print(done.stdout or done.stderr)
    return done.returncode == 0


def secrets() -> bool:
    """Say whether the tree holds nothing that looks like a secret beyond what is known to be none."""
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    found = looks_like_secrets(searched())
    new = [f"{place}: {kind} ({digest})" for place, kind, digest in found if digest not in known]
    gone = [
        f"{why} ({digest}) stands in {KNOWN.name} and no longer in the tree"
        for digest, why in known.items()
        if digest not in {digest for _place, _kind, digest in found}
    ]
    print(*new, *gone, sep="\n", end="\n" if new or gone else "")
    return not new and not gone


def searched() -> Iterator[Path]:
    """Yield the files in which secrets are looked for."""
    inside = (path for folder in _SEARCHED for path in (ROOT / folder).rglob("*"))
    for path in (*ROOT.iterdir(), *inside):
        if (
            path.is_file()
            and path.name != ".git"
            and path.suffix not in _NOT_TEXTS
            and not _DATA & {*path.parts}
        ):
            yield path


def looks_like_secrets(paths: Iterable[Path]) -> list[tuple[str, str, str]]:
    """Look for secrets, without asking anybody whether they are good.

    Args:
        paths: files of the tree.

    Returns:
        Place (file and line), kind and digest of each.
    """
    with default_settings() as settings:
        settings.filters.pop("detect_secrets.filters.common.is_ignored_due_to_verification_policies", None)
        return [
            (f"{os.path.relpath(path, ROOT)}:{one.line_number}", one.type, one.secret_hash)
            for path in paths
            for one in scan_file(str(path))
        ]


def audit() -> bool:
    """Say whether no package that runs at an office has a known flaw; true as well where nobody could be asked."""
    results = [_audited(lock) for lock in LOCKS]
    return all(results)


def _audited(lock: str) -> bool:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--no-deps", "-r", lock,
               "--format", "json", "--progress-spinner", "off", "--timeout", "5"]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_AUDIT_SECONDS, check=False
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, LookupError, TypeError):
        packages = []
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        print(f"audit: {lock} NOT CHECKED: the service that knows of flaws could not be reached")
        return True
    flaws = [
        f"{lock}: {package['name']} {package['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for package in known
        for flaw in package["vulns"]
        if flaw["id"] not in CONDONED
    ]
    print(f"audit: {lock}: {len(known)} of {len(packages)} packages checked", *flaws, sep="\n")
    return not flaws


def fuzz() -> bool:
    """Say whether every reader holds against some thousand cases: new ones for each commit, the same for the same."""
    command = [sys.executable, "-m", "fuzz", "--blind", f"--seconds={FUZZ_SECONDS}", f"--seed={_seed()}"]
    return subprocess.run(command, cwd=ROOT, timeout=FUZZ_SECONDS * 3 + 60, check=False).returncode == 0


def _seed() -> int:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return int(commit.stdout[:6] or "0", 16)


if __name__ == "__main__":
    raise SystemExit(main())
