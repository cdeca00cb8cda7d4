"""A signed copy of a period, which anybody who has the public key can check without this product's database.

The file is JSON lines: what it is, one line an event, and last the signature over the SHA-256 of all lines before it.
Events that were archived are not in it; its first line names the files in which they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from motcua.audit import archives, chain, reading
from motcua.audit.events import sentence
from motcua.audit.recording import record
from motcua.audit.report import Report
from motcua.audit.verifying import verify
from motcua.sealing import public_key, sign, verify_signature

_PURPOSE: Final = "audit-export"


class NotWhole(Exception):
    """The log does not verify, and what is wrong is not signed; ``report`` says what."""

    def __init__(self, report: Report) -> None:
        super().__init__("the log does not verify")
        self.report = report


class BrokenExport(ValueError):
    """A file is no export, was changed, or was signed by somebody else; the text says which."""


def export(*, first: date, last: date, path: Path, now: datetime, operator: str) -> int:
    """Write the events of a period to a file and sign it; that this was done is itself recorded.

    Args:
        first: the first day, as the calendar here has it.
        last: the last day, included.
        path: of the file; one that is there is not written over.
        now: the moment.
        operator: who, as the machine knows him.

    Returns:
        How many events it holds.

    Raises:
        NotWhole: the log does not verify.
        OSError: the file is there already, or cannot be written.
    """
    with path.open("xb") as file:
        path.chmod(0o600)
        report = verify(now=now)
        if not report.is_whole:
            path.unlink()
            raise NotWhole(report)
        digest, count = sha256(), 0
        head = json.loads(report.last.signed.line()) if report.last else None
        period = {"first": first.isoformat(), "last": last.isoformat()}
        about = {"made_at": chain.moment(now), "head": head, "archived": archives.between(first, last)}
        for told in _lines({"motcua audit export": 1, **period, **about}, first, last):
            line = told.encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
        count -= 1
        # Before it is signed: no export that is believed left without a trace.
        record(name="audit.exported", now=now, details={**period, "count": count, "operator": operator})
        file.write(_last_line(digest.hexdigest(), sign(_PURPOSE, digest.hexdigest().encode())))
    return count


def check_export(path: Path, *, key: bytes) -> dict[str, Any]:
    """Check an export with a public key alone.

    Args:
        path: of the file.
        key: the public key (PEM) of who made it, from a source that is trusted.

    Returns:
        Its first line, and ``events``: how many it holds.

    Raises:
        BrokenExport: it is none, was changed, or bears another signature.
        OSError: the file cannot be read.
    """
    digest, count, before, first = sha256(), -1, b"", b""
    with path.open("rb") as file:
        for line in file:
            if before:
                digest.update(before)
                first, count = first or before, count + 1
            before = line
    try:
        told, end = json.loads(first), json.loads(before)
        is_export, signature = told["motcua audit export"] == 1, bytes.fromhex(end["signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        is_export = False
    if not is_export:
        raise BrokenExport("this is no export of an audit log, or its first or last line was changed")
    if before != _last_line(digest.hexdigest(), signature):
        raise BrokenExport("it was changed after it was signed")
    if not verify_signature(key, digest.hexdigest().encode(), signature):
        raise BrokenExport("its signature is not of this key")
    return {**told, "events": count}


def export_key() -> bytes:
    """Return the public key of this installation's exports, as PEM."""
    return public_key(_PURPOSE)


def _last_line(digest: str, signature: bytes) -> bytes:
    return chain.as_json({"sha256": digest, "signature": signature.hex()}).encode() + b"\n"


def _lines(head: dict[str, Any], first: date, last: date) -> Iterator[str]:
    yield chain.as_json(head)
    begin = timezone.make_aware(datetime.combine(first, time.min))
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))
    for row in reading.events_between(begin, end):
        yield chain.as_json({**row.told(), "sentence": sentence(row.name)})
