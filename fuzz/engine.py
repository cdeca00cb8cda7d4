"""Running one target: watched for time and memory, guided by coverage where atheris is installed, blind elsewhere."""

from __future__ import annotations

import hashlib
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fuzz.mutating import Mutator
from fuzz.targets import Broken, Target

FOUND = Path(__file__).resolve().parent.parent / "tests" / "fuzzed"


_BUSY = 5  # as slow as that a machine may be on which something else runs too


def run_case(target: Target, data: bytes, *, slack: int = 1) -> None:
    """Run one input; `slack` is how much slower than usual the code may be (instrumented code is).

    Raises Broken, or what the target's code let out.
    """
    memory = _peak()
    started = time.process_time()
    target.run(data)
    spent = time.process_time() - started
    if _peak() - memory > target.megabytes:
        raise Broken(f"more than {target.megabytes} MB for one case")
    allowed = target.milliseconds * slack / 1000
    for _ in range(
        3
    ):  # a collection of garbage or a cold cache may fall on any case, not on the same one four times
        if spent <= allowed:
            return
        started = time.process_time()
        target.run(data)
        spent = time.process_time() - started
    raise Broken(f"{spent * 1000:.0f} ms of processor time, more than {allowed * 1000:.0f}")


def cases(target: Target, seed: int) -> Iterator[bytes]:
    """Yield the seeds of a target and then mutations of them without end, the same ones for the same `seed`."""
    seeds = list(target.seeds())
    yield from seeds
    chance = random.Random(f"{seed}/{target.name}")
    mutator = Mutator(seeds, target.tokens, target.longest, target.reshape)
    while True:
        yield mutator.mutate(chance.choice(seeds), chance)


def run_blind(target: Target, *, seed: int, seconds: float, found: Path = FOUND) -> int:
    """Run cases for so long; return how many. A case that breaks a property is kept, and its error raised."""
    end = time.monotonic() + seconds
    count = 0
    for data in cases(target, seed):
        _run_and_keep(target, data, found, slack=_BUSY)
        count += 1
        if time.monotonic() > end:
            break
    return count


def run_guided(target: Target, *, seed: int, seconds: float, corpus: Path, found: Path = FOUND) -> None:
    """Run cases for so long, keeping those that reach new code, and end the process: atheris never returns."""
    import atheris

    seeds = list(target.seeds())
    mutator = Mutator(seeds, target.tokens, target.longest, target.reshape)
    for data in seeds:
        (corpus / _name(data)).write_bytes(data)

    def mutate(data: bytes, longest: int, given: int) -> bytes:
        chance = random.Random(given)
        if chance.random() < 0.3:
            return atheris.Mutate(data, longest)
        return mutator.mutate(data, chance)[:longest]

    arguments = [
        sys.argv[0], str(corpus), f"-seed={seed}", f"-max_total_time={max(1, round(seconds))}", "-verbosity=0",
        f"-max_len={target.longest}", "-print_final_stats=1", "-rss_limit_mb=2048", "-timeout=30",
        "-artifact_prefix=" + str(corpus.parent) + "/",
    ]  # fmt: skip
    atheris.Setup(arguments, lambda data: _run_and_keep(target, data, found, slack=5), custom_mutator=mutate)
    atheris.Fuzz()


def _run_and_keep(target: Target, data: bytes, found: Path, *, slack: int = 1) -> None:
    try:
        run_case(target, data, slack=slack)
    except BaseException as error:
        folder = found / target.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _name(data)).write_bytes(data)
        error.add_note(f"input kept as {folder / _name(data)}")
        raise


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _peak() -> float:
    """Return the most memory that this process ever had, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
