"""Fuzz every target for its share of the time; 1 when a property does not hold, with the input in ``tests/fuzzed``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_MOST_MEMORY = 4 * 1024**3


def main() -> int:
    """Run all targets, each in a process of its own, or one of them in this process (``--inside``)."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets; all when none is named")
    parser.add_argument("--seconds", type=float, default=60, help="over all targets")
    parser.add_argument(
        "--seed", type=int, default=None, help="for the same cases again (blind; guided: nearly)"
    )
    parser.add_argument(
        "--blind", action="store_true", help="without coverage, also where atheris is installed"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    is_guided = not options.blind and importlib.util.find_spec("atheris") is not None
    if options.inside:
        return _inside(options.names[0], options.seed, options.seconds, is_guided=is_guided)

    from fuzz.targets import TARGETS

    known = [target.name for target in TARGETS]
    names = options.names or known
    if unknown := set(names) - set(known):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    seed = int(time.time()) % 1_000_000 if options.seed is None else options.seed
    print(f"seed {seed}, {'guided by coverage' if is_guided else 'blind'}", flush=True)
    broken = 0
    for name in names:
        command = [sys.executable, "-m", "fuzz", name, "--inside", f"--seed={seed}",
                   f"--seconds={options.seconds / len(names)}", *(["--blind"] if options.blind else [])]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        counted = re.search(r"(?:number_of_executed_units:|cases) +(\d+)", done.stdout + done.stderr)
        print(
            f"{name:18} {counted[1] if counted else '?':>9} cases  {'BROKEN' if done.returncode else 'holds'}"
        )
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", flush=True)
        broken += bool(done.returncode)
    return 1 if broken else 0


def _inside(name: str, seed: int, seconds: float, *, is_guided: bool) -> int:
    if is_guided:
        import atheris

        with atheris.instrument_imports(include=["motcua", "npdsandbox"]):
            import fuzz.targets  # noqa: F401
    from fuzz import engine
    from fuzz.targets import TARGETS

    target = next(one for one in TARGETS if one.name == name)
    if is_guided:
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus"
            corpus.mkdir()
            engine.run_guided(target, seed=seed, seconds=seconds, corpus=corpus)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, hard))  # a case that eats memory ends itself alone
    print("cases", engine.run_blind(target, seed=seed, seconds=seconds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
