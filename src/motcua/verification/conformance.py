"""The command ``motcua npd conformance``: runs the scenarios, signs what came out, and checks such a report again.

Needs neither database nor a started product; the signature's key comes from the product's secret.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils import timezone

from motcua.population.conformance import scenarios
from motcua.population.conformance.page import page
from motcua.population.conformance.scenario import Result, run_scenarios
from motcua.population.conformance.target import TargetRefused, examine, unreachable
from motcua.sealing import public_key, sign, verify_signature

_PURPOSE: Final = "conformance report"
_REPORT, _SIGNATURE, _KEY, _PAGE = "report.json", "report.sig", "report.pub.pem", "report.html"
_SOURCE: Final = Path(__file__).resolve().parents[3]


class Writer(Protocol):
    """Where a command's words go: Django's OutputWrapper, or an open text file."""

    def write(self, text: str, /) -> Any:
        """Write a text."""


def run(
    *,
    url: str,
    as_json: bool,
    folder: Path | None,
    stdout: Writer,
    people: Path | None = None,
    stderr: Writer = sys.stderr,
) -> int:
    """Run every scenario against a server and our own client, and write a signed report.

    Args:
        url: the server's address, without the paths of its façades.
        as_json: print one JSON object of names and results, and nothing else, on `stdout`.
        folder: where the report goes; ``MOTCUA_STATE/conformance`` when None.
        stdout: where the results are printed.
        people: a JSON file with other people, paths or credentials than the sandbox's (docs/conformance.md).
        stderr: where refusals are told.

    Returns:
        0 when all passed, 1 when some did not, 2 when nothing could be run or the report could not be written.
    """
    began = timezone.localtime()
    try:
        target = examine(url, credentials=settings.NPD, file=people)
        if why := unreachable(target):
            stderr.write(f"--url: nothing answers at {url} ({why}). What is asked of it will fail.\n")
        with _quiet():
            results = run_scenarios(scenarios(target))
    except TargetRefused as refusal:
        stderr.write(f"{refusal}\n")
        return 2
    folder = folder or settings.STATE / "conformance"
    if as_json:
        stdout.write(
            json.dumps({"scenarios": [_told(result) for result in results]}, ensure_ascii=False) + "\n"
        )
    else:
        _print(results, stdout)
    try:
        _write(folder, url, began.isoformat(timespec="seconds"), results)
    except OSError as error:
        stderr.write(f"--report: {folder} cannot be written to ({error.strerror}). Name another folder.\n")
        return 2
    if not as_json:
        stdout.write(f"Signed report: {folder / _PAGE}\n")
    return 0 if all(result.passed for result in results) else 1


def verify_report(folder: Path, *, stdout: Writer, stderr: Writer = sys.stderr) -> int:
    """Check a report's signature and its page.

    Returns:
        0 when this installation signed it and nothing was changed; 1 when something was changed; 2 when it is whole,
        but signed with a key that is not this installation's, whose digest is printed for comparison.
    """
    try:
        report, shown = (folder / _REPORT).read_bytes(), (folder / _PAGE).read_bytes()
        signature, key = (folder / _SIGNATURE).read_bytes(), (folder / _KEY).read_bytes()
    except OSError as error:
        stderr.write(f"--verify: {error.filename} cannot be read ({error.strerror}).\n")
        return 1
    if not verify_signature(key, report, signature):
        stderr.write(f"--verify: {_REPORT} was changed, or {_SIGNATURE} and {_KEY} are not its own.\n")
        return 1
    facts = json.loads(report)
    if facts["page_sha256"] != hashlib.sha256(shown).hexdigest():
        stderr.write(f"--verify: {_PAGE} was changed; {_REPORT} was not.\n")
        return 1
    passed, total = facts["totals"]["passed"], facts["totals"]["all"]
    stdout.write(
        f"{facts['at']}, {facts['url']}: {passed} of {total} scenarios passed. The report is unchanged.\n"
    )
    if key != public_key(_PURPOSE):
        digest = hashlib.sha256(key).hexdigest()
        stderr.write(
            f"It was signed by another installation. Compare the SHA-256 of its {_KEY}, {digest}, with theirs.\n"
        )
        return 2
    stdout.write("It was signed by this installation.\n")
    return 0


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"name": result.name, "passed": result.passed}
    return told if result.passed else told | {"why": f"mong đợi: {result.expected}; thấy: {result.observed}"}


def _print(results: Sequence[Result], stdout: Writer) -> None:
    for title, group in groupby(results, key=lambda result: result.group):
        members = list(group)
        stdout.write(f"\n{title}: {sum(result.passed for result in members)}/{len(members)}\n")
        for result in members:
            stdout.write(f"  {'✔' if result.passed else '✘'} {result.name}\n")
            if not result.passed:
                stdout.write(f"      mong đợi: {result.expected}\n      thấy: {result.observed}\n")
    stdout.write(f"\n{sum(result.passed for result in results)} of {len(results)} scenarios passed.\n")


def _write(folder: Path, url: str, at: str, results: Sequence[Result]) -> None:
    passed = sum(result.passed for result in results)
    versions = {"motcua": _version("motcua"), "python": platform.python_version()}
    commit = _commit()
    runs = f"motcua {versions['motcua']}, Python {versions['python']}"
    facts = {
        "Máy chủ": url,
        "Lúc": datetime.fromisoformat(at).strftime("%d/%m/%Y %H:%M:%S"),
        "Kết quả": f"{passed} trong {len(results)} tình huống đạt",
        "Phiên bản": f"{runs}, {commit[:12]}" if commit else runs,
        "SHA-256 của khóa ký": hashlib.sha256(public_key(_PURPOSE)).hexdigest(),
    }
    shown = page(facts, results).encode()
    report = {
        "what": "motcua npd conformance",
        "at": at,
        "url": url,
        "versions": versions,
        "commit": commit,
        "totals": {"all": len(results), "passed": passed},
        "page_sha256": hashlib.sha256(shown).hexdigest(),
        "scenarios": [asdict(result) for result in results],
    }
    data = json.dumps(report, ensure_ascii=False, indent=1).encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        (_REPORT, data),
        (_SIGNATURE, sign(_PURPOSE, data)),
        (_KEY, public_key(_PURPOSE)),
        (_PAGE, shown),
    ):
        (folder / name).write_bytes(content)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _commit() -> str | None:
    """Return the commit of the source that runs, where it runs from a checkout."""
    git = _SOURCE / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text(encoding="ascii").strip()
        packed = (git / "packed-refs").read_text(encoding="ascii").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except (OSError, ValueError):
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's log still while it is given hundreds of wrong answers on purpose."""
    log = logging.getLogger("motcua.population")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)
