"""Where and of what it was measured."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.stack import ROOT


def where(load_before: tuple[float, float, float]) -> dict[str, Any]:
    """Return moment, commit and machine; ``load_before`` is the load average before the first measurement."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "is_tree_clean": not _git(
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            ".",
            ":!bench/results",
            ":!docs/performance.md",
        ),
        "machine": {
            "processor": models[0] if models else platform.processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "load_average": {"before": load_before, "after": os.getloadavg()},
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def yardstick_cpu_ms() -> float:
    """Time a piece of work that never changes, so that results of a busy or slow machine can be told as such."""
    began = time.process_time()
    text = "".join(chr(97 + place * 7 % 26) for place in range(200_000))
    found = sorted(text[place : place + 5] for place in range(0, 200_000, 5))
    assert len(found) == 40_000
    return round((time.process_time() - began) * 1000, 1)
