"""What Prometheus reads, in its text format: names, meanings, and the figures at one moment.

Labels are words of our own code, codes of offices and names of variables: nothing personal, nothing without bound.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from motcua.config import standing
from motcua.config.standing import Standing
from motcua.identity.register import TouchPoint
from motcua.verification.models import IdentityCheck
from motcua.verification.service import PENDING, checks_today
from motcua.web import tallies

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE: Final = 3000  # milliseconds for each query, on PostgreSQL

Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, its type, and what it says."""

    name: str
    type: str
    meaning: str


def _families(*rows: tuple[str, str, str]) -> dict[str, Family]:
    return {name: Family(f"motcua_{name}", kind, meaning) for name, kind, meaning in rows}


FAMILIES: Final = _families(
    (
        "database_up",
        "gauge",
        "1 while the database answers; without it only figures of this machine are told.",
    ),
    ("part_works", "gauge", "1 while a part works, as motcua doctor and the operators' page say."),
    ("checks_total", "counter", "Checks of identities since midnight, by touch point, office and outcome."),
    ("register_open", "gauge", "1 while questions may take a line to the register."),
    ("register_taken", "gauge", "1 for the line that questions take now."),
    ("register_answer_age_seconds", "gauge", "Seconds since a line gave an answer."),
    (
        "register_seconds",
        "histogram",
        "Time of the register: from a question to its answer, or to giving up.",
    ),
    ("http_requests_total", "counter", "Requests by address and class of status."),
    (
        "http_told_to_wait_total",
        "counter",
        "Requests that were told to wait, because too many were under way.",
    ),
    ("http_own_seconds", "histogram", "Our own time for a request, without waiting for the register."),
    ("outbox_waiting", "gauge", "Parcels that wait for another system."),
    ("outbox_stuck", "gauge", "Parcels that wait and were tried many times in vain."),
    ("outbox_given_up", "gauge", "Parcels that were given up."),
    ("outbox_oldest_seconds", "gauge", "Age of the oldest parcel that waits."),
    ("outbox_paused_seconds", "gauge", "For how long a system is out of reach."),
    ("rechecks_waiting", "gauge", "Dossiers that wait for their later check."),
    ("rechecks_oldest_seconds", "gauge", "Age of the oldest of them."),
    ("papers_unscanned", "gauge", "Papers that the scanner has not seen; at most 10000 are counted."),
    (
        "papers_unscanned_oldest_seconds",
        "gauge",
        "Age of the oldest of them that waits for the scanner, not of one that it could not judge.",
    ),
    ("audit_seal_age_seconds", "gauge", "Seconds since the last batch of the audit log was sealed."),
    ("audit_unsealed_seconds", "gauge", "For how long the oldest event has been open; 0 when all is sealed."),
    ("certificate_days", "gauge", "Whole days left of a certificate in our files; negative when it is over."),
    ("disk_free_bytes", "gauge", "Room on the disk of MOTCUA_STATE."),
    ("disk_size_bytes", "gauge", "Size of that disk."),
    ("backup_age_seconds", "gauge", "Seconds since motcua backup made one on this machine."),
    ("rehearsal_age_seconds", "gauge", "Seconds since motcua rehearse_restore succeeded on this machine."),
    ("process_resident_bytes", "gauge", "Memory of each process of this machine that serves or works."),
)


def text(*, now: datetime) -> str:
    """Return all figures as Prometheus reads them.

    Args:
        now: the moment.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in FAMILIES}
    for name, sample in _all(now):
        samples[name].append(sample)
    return "".join(_written(FAMILIES[name], some) for name, some in samples.items())


def _all(now: datetime) -> Iterator[tuple[str, Sample]]:
    try:
        found = list(_from_the_database(now))
    except DatabaseError:
        found = [("database_up", ("", {}, 0.0))]
    yield from found
    yield from _of_this_machine()


def _from_the_database(now: datetime) -> Iterator[tuple[str, Sample]]:
    """Yield what is true of the whole installation, whichever machine is asked."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_PATIENCE}")
            seen, today = standing.look(now=now), checks_today(now=now)
    else:  # a transaction would take the place of SQLite's one writer
        seen, today = standing.look(now=now), checks_today(now=now)
    yield "database_up", ("", {}, 1.0)
    # A sum over all needs a beginning: what is counted for the first time does not rise from 0 by itself.
    counts: Counter[tuple[str, str, str]] = Counter()
    for place in TouchPoint:
        for outcome in IdentityCheck.Outcome:
            counts[place.value, "", outcome.value or PENDING] = 0
    counts.update(today.counts)
    for (touch_point, office, said), count in sorted(counts.items()):
        labels: Labels = {"touch_point": touch_point, "office": office, "outcome": said}
        yield "checks_total", ("", labels, count)
    for name, labels, value in _gauges(seen):
        yield name, ("", labels, value)


def _gauges(seen: Standing) -> Iterator[Sample]:
    def age(since: datetime | None) -> float:
        return max(0.0, (seen.at - since).total_seconds()) if since else 0.0

    for judged in standing.judge(seen).values():
        yield "part_works", {"part": judged.part}, judged.works
    for line in seen.lines:
        labels = {"line": line.route.value}
        yield "register_open", labels, line.status.is_open
        yield "register_taken", labels, line.is_taken
        if line.status.heard_at:
            yield "register_answer_age_seconds", labels, age(line.status.heard_at)
    systems = {one.topic: one for one in seen.outbox}
    for topic in sorted(seen.topics | systems.keys()):
        labels, one = {"system": topic}, systems.get(topic)
        yield "outbox_waiting", labels, one.waiting if one else 0
        yield "outbox_stuck", labels, one.stuck if one else 0
        yield "outbox_given_up", labels, one.given_up if one else 0
        yield "outbox_oldest_seconds", labels, age(one.oldest if one else None)
        yield "outbox_paused_seconds", labels, age(one.paused_since if one else None)
    yield "rechecks_waiting", {}, seen.rechecks.count
    yield "rechecks_oldest_seconds", {}, age(seen.rechecks.oldest)
    if seen.papers is not None:
        yield "papers_unscanned", {}, seen.papers.count
        yield "papers_unscanned_oldest_seconds", {}, age(seen.papers.oldest)
    if seen.audit.sealed_at:
        yield "audit_seal_age_seconds", {}, age(seen.audit.sealed_at)
    yield "audit_unsealed_seconds", {}, max(0.0, seen.audit.open_for.total_seconds())
    for held in seen.certificates:
        yield "certificate_days", {"line": held.route.value, "variable": held.expiry.variable}, held.days
    if seen.backup.made_at:
        yield "backup_age_seconds", {}, age(seen.backup.made_at)
    if seen.backup.rehearsed_at:
        yield "rehearsal_age_seconds", {}, age(seen.backup.rehearsed_at)


def _of_this_machine() -> Iterator[tuple[str, Sample]]:
    """Yield what the processes of this machine count for themselves."""
    counts = tallies.total()
    counts[tallies.REQUESTS, "none", "5xx"] += 0  # a beginning for the sum of all addresses
    for (kind, *labels), count in sorted(counts.items()):
        if kind == tallies.REQUESTS and len(labels) == 2:
            yield "http_requests_total", ("", {"route": labels[0], "status": labels[1]}, count)
    yield "http_told_to_wait_total", ("", {}, counts[(tallies.TOLD_TO_WAIT,)])
    for name, kind, label, ends in (
        ("http_own_seconds", tallies.OWN_SECONDS, "route", tallies.OWN),
        ("register_seconds", tallies.REGISTER_SECONDS, "line", tallies.REGISTER),
    ):
        for value in sorted({key[1] for key in counts if key[0] == kind}):
            for sample in _histogram(counts, kind, {label: value}, value, ends):
                yield name, sample
    disk = shutil.disk_usage(settings.STATE)
    yield "disk_free_bytes", ("", {}, disk.free)
    yield "disk_size_bytes", ("", {}, disk.total)
    for process, size in tallies.memory().items():
        yield "process_resident_bytes", ("", {"process": process}, size)


def _histogram(
    counts: Counter[tuple[str, ...]], kind: str, labels: Labels, value: str, ends: tuple[float, ...]
) -> Iterator[Sample]:
    sum_up_to = 0.0
    for end in ends:
        sum_up_to += counts[kind, value, str(end)]
        yield "_bucket", {**labels, "le": f"{end:g}"}, sum_up_to
    sum_up_to += counts[kind, value, "inf"]
    yield "_bucket", {**labels, "le": "+Inf"}, sum_up_to
    yield "_sum", labels, counts[kind, value, "sum"]
    yield "_count", labels, sum_up_to


def _written(family: Family, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {family.name} {family.meaning}", f"# TYPE {family.name} {family.type}"]
    for suffix, labels, value in samples:
        told = ",".join(f'{name}="{_escaped(word)}"' for name, word in labels.items())
        number = int(value) if float(value).is_integer() else repr(float(value))
        lines.append(
            f"{family.name}{suffix}{{{told}}} {number}" if told else f"{family.name}{suffix} {number}"
        )
    return "\n".join(lines) + "\n"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
