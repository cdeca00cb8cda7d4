"""Sealing: what was recorded since the last time becomes a batch of the chain. Events are read, one row is added.

Nothing here is in the way of who records an event: no lock is taken that he would wait for, and the order in which
transactions end does not matter. A row with a low id that appears after its neighbors were sealed goes into a later
batch. Any number of sealers may run; the batch's number decides who was first, and the other one lets it be.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from motcua.audit import chain, heads, reading
from motcua.audit.chain import Header, Span
from motcua.audit.heads import Head
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.reading import Batch, Row
from motcua.audit.recording import is_ours, record
from motcua.audit.standing import CannotSeal, Resumption, lost_batches, standing

_log = logging.getLogger("motcua.audit")
_MOST: Final = (
    1_000  # events a batch: all are in memory at once, and that of a web worker that grew stays grown
)
_MOST_GAPS: Final = 200  # looked into by a quick look; a thorough one looks into all
_LATE: Final = timedelta(minutes=10)  # how long a quick look waits for rows of transactions that end late
LONG_OPEN: Final = timedelta(hours=1)
# A night's balance alone has something sealed each day. What a clock set ahead seals itself proves nothing for so long.
_LEAP: Final = timedelta(days=14)
_PROVES_NOTHING: Final = timedelta(days=3)
_LEAPT: Final = (
    "nothing was sealed between {since:%d/%m/%Y} and three days ago: the last seal before is {days} days old. Is the "
    "clock right? Set it by NTP: by a clock that is ahead all would be erased at once."
)
_TOLD_AGAIN: Final = timedelta(minutes=10)
# What this process remembers: what it told when, which files cannot be written since when, the head that each has.
_told: dict[str, datetime] = {}
_unwritten_since: dict[Path, datetime] = {}
_handed_out: dict[Path, str] = {}


class NothingToResume(Exception):
    """Database and heads agree, so sealing goes on by itself."""


@dataclass(slots=True)
class Sealed:
    """What was sealed: events, batches; ids whose mac is not ours, which stay open; files that could not be written."""

    events: int = 0
    batches: int = 0
    forged: list[int] = field(default_factory=list)
    unwritten: dict[Path, str] = field(default_factory=dict)


def seal(*, now: datetime, is_thorough: bool = False) -> Sealed:
    """Seal what is open, and put the new head where heads are kept.

    Args:
        now: the moment that the batches bear.
        is_thorough: look into every gap between ids that were ever sealed, not only into those of the last minutes.

    Raises:
        CannotSeal: the database is behind its heads, or they are missing.
    """
    last = standing()
    done = Sealed()
    # Read before the events are: what another sealer adds meanwhile takes this batch's number.
    covered, floor = _covered(None if is_thorough else now - _LATE)
    if last is None:
        _make_heads()
    else:
        done.unwritten = _hand_out(last.signed)  # a sealer that died may not have come to it
    for rows in _open(covered, floor, most=None if is_thorough else _MOST_GAPS):
        good, forged = _leaves(rows)
        done.forged += forged
        if good:
            added = _add(good, last, now)
            if added is None:
                break
            last, done.events, done.batches = added, done.events + len(good), done.batches + 1
            done.unwritten = _hand_out(last.signed)
    return done


def resume(*, now: datetime, reason: str, operator: str) -> Batch:
    """Go on after the database was put back on purpose, leaving a signed trace in the chain that stays.

    Args:
        now: the moment.
        reason: why, in an operator's words; nothing personal.
        operator: who, as the machine knows him.

    Raises:
        NothingToResume: nothing keeps the sealer from going on.
    """
    try:
        standing()
    except CannotSeal:
        pass
    else:
        raise NothingToResume
    last, kept = reading.last_batch(), heads.read(settings.AUDIT_HEADS)
    lost = lost_batches(last, kept)
    record(name="audit.resumed", now=now, details={"reason": reason, "operator": operator})
    good, _ = _leaves(reading.events_in(open_spans()))
    note = Resumption(reason, operator, lost, kept.highest.head if kept.highest else "").note()
    number = max(lost[1] if lost else 0, last.header.number if last else 0) + 1
    added = _add(good, last, now, number=number, note=note)
    if added is None:
        raise NothingToResume
    _hand_out(added.signed)
    return added


def open_spans() -> list[Span]:
    """Return all ids that no batch has sealed, as spans in order."""
    covered, floor = _covered(None)
    return [*chain.gaps(covered, floor), (_top(covered, floor) + 1, reading.END)]


def keep_sealed(*, now: datetime) -> None:
    """Seal what is open, as the work that waits does it; when it cannot be done, say so and let everything else go on.

    That is the policy: a log that cannot be sealed is told, more loudly once an event has been open for an hour, and
    never keeps anybody from working. Events stay open meanwhile, each with its mac, and are sealed later.

    Raises:
        DatabaseError: the database is away, which whoever called has to see to.
    """
    try:
        done = seal(now=now)
    except DatabaseError:
        raise
    except CannotSeal as refusal:
        _tell_unsealed(now, str(refusal))
        return
    except Exception as error:
        _log.exception("audit.not_sealed error=%s", type(error).__name__)
        _tell_unsealed(now, "This is a mistake of the product: report it with the lines above.")
        return
    if done.forged:
        _tell(
            now,
            logging.ERROR,
            "audit.forged",
            f"ids={chain.written(chain.spans_of(done.forged))} Run: motcua audit verify",
        )
    for path in [path for path in _unwritten_since if path not in done.unwritten]:
        del _unwritten_since[path]
    for path, why in done.unwritten.items():
        is_long = now - _unwritten_since.setdefault(path, now) >= LONG_OPEN
        _tell(
            now,
            logging.CRITICAL if is_long else logging.ERROR,
            "audit.head_not_written_for_long" if is_long else "audit.head_not_written",
            f"path={path} ({why}) Mend the path, its rights or AUDIT_HEAD_COPY.",
        )


def _tell_unsealed(now: datetime, why: str) -> None:
    _tell(now, logging.ERROR, "audit.not_sealed", why)
    waited = open_for(now)
    if waited >= LONG_OPEN:
        minutes = int(waited.total_seconds() // 60)
        _tell(now, logging.CRITICAL, "audit.not_sealed_for_long", f"minutes={minutes} {why}")


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the log is sealed: the last batch's number and moment, and how long the oldest event after it is open.

    ``trouble`` says why nothing can be sealed and what helps; it is empty while all is well. ``leapt_from`` is that of
    the function.
    """

    number: int
    sealed_at: datetime | None
    open_for: timedelta
    trouble: str = ""
    leapt_from: datetime | None = None


def leapt_from(now: datetime) -> datetime | None:
    """Return when the log was last sealed before our clock went on by weeks at once; None while it did not.

    Either it was set wrong, and nothing is to be erased by it, or nobody worked for so long. One query.
    """
    before = AuditBatch.objects.filter(sealed_at__lt=now - _PROVES_NOTHING).order_by("-sealed_at")
    sealed_at = before.values_list("sealed_at", flat=True).first()
    return sealed_at if sealed_at is not None and now - sealed_at > _LEAP else None


def clock_in_doubt(*, now: datetime) -> str:
    """Say why nothing should be erased by this clock, and what helps; nothing where it is not in doubt. One query."""
    since = leapt_from(now)
    return "" if since is None else _LEAPT.format(since=timezone.localtime(since), days=(now - since).days)


def sealing(now: datetime) -> Sealing:
    """Return how far the log is sealed; four queries, and a look at the end of the file of heads."""
    trouble = ""
    try:
        last = standing()
    except CannotSeal as refusal:
        last, trouble = reading.last_batch(), str(refusal)
    open_for = _open_after(last, now)
    if last is None:
        return Sealing(0, None, open_for, trouble)
    try:
        sealed_at = datetime.fromisoformat(last.header.sealed_at)
    except ValueError:  # a hand has written there
        sealed_at = None
    return Sealing(last.header.number, sealed_at, open_for, trouble, leapt_from(now))


def open_for(now: datetime) -> timedelta:
    """Return how long the oldest event after the last batch has been open."""
    return _open_after(reading.last_batch(), now)


def _open_after(last: Batch | None, now: datetime) -> timedelta:
    newer = AuditEvent.objects.filter(id__gt=last.header.reach if last else 0).order_by("id")
    oldest = newer.values_list("at", flat=True).first()
    return now - oldest if oldest else timedelta()


def _tell(now: datetime, level: int, event: str, words: str) -> None:
    """Log something that stays true for a while, but not every few seconds."""
    if event in _told and timedelta() <= now - _told[event] < _TOLD_AGAIN:
        return
    _told[event] = now
    _log.log(level, "%s %s", event, words)


def _covered(since: datetime | None) -> tuple[list[Span], int]:
    """Return the sealed ids above a floor, joined, and the floor, below which nothing new is looked for.

    Args:
        since: batches of before are taken as settled; None for none.
    """
    settled = None
    if since is not None:
        older = AuditBatch.objects.filter(sealed_at__lt=since).order_by("-number")
        settled = older.values_list("number", "reach").first()
    if settled is None:
        return _joined(reading.batches()), -reading.END
    return _joined(reading.batches("number > %s", [settled[0]])), settled[1]


def _joined(some: list[Batch]) -> list[Span]:
    return chain.joined(span for one in some for span in one.header.spans)


def _open(covered: list[Span], floor: int, *, most: int | None) -> Iterator[list[Row]]:
    """Yield the open events above the floor, a batch's worth at a time: what came late into gaps, then what is new.

    Args:
        covered: the sealed ids.
        floor: the id below which nothing is looked for.
        most: only the last so many gaps; None for all.
    """
    gaps = chain.gaps(covered, floor)
    late = reading.events_in(gaps if most is None else gaps[-most:])
    while rows := list(islice(late, _MOST)):
        yield rows
    top = _top(covered, floor)
    while rows := reading.events_after(top, limit=_MOST):
        yield rows
        top = rows[-1].pk


def _top(covered: list[Span], floor: int) -> int:
    return max(floor, covered[-1][1] if covered else floor)


def _leaves(rows: Iterable[Row]) -> tuple[dict[int, bytes], list[int]]:
    """Return the leaves of events by their ids, and the ids of those whose mac is not ours."""
    good, forged = {}, []
    for row in rows:
        content = row.content
        if is_ours(row.mac, content):
            good[row.pk] = chain.leaf(row.pk, row.mac, content)
        else:
            forged.append(row.pk)
    return good, forged


def _add(
    good: dict[int, bytes], last: Batch | None, now: datetime, *, number: int = 0, note: str = ""
) -> Batch | None:
    """Write a batch of leaves by their ids, in order; None when another sealer was faster."""
    ids, leaves = list(good), list(good.values())
    header = Header(
        number=number or (last.header.number if last else 0) + 1,
        previous=last.head if last else chain.NOTHING_BEFORE,
        root=chain.root(leaves),
        count=len(ids),
        ids=chain.written(chain.spans_of(ids)),
        reach=max(last.header.reach if last else 0, ids[-1] if ids else 0),
        sealed_at=chain.moment(now),
        note=note,
        key=heads.present_key(),
    )
    head = heads.signed(header)
    facts = {field: getattr(header, field) for field in Header.__slots__} | {"sealed_at": now}
    try:
        with _durable(), transaction.atomic():
            AuditBatch.objects.create(
                **facts, head=head.head, signature=head.signature, leaves=b"".join(leaves)
            )
    except IntegrityError:
        return None
    return Batch(header, head.head, head.signature)


@contextmanager
def _durable() -> Iterator[None]:
    """Have SQLite bring to the disk what is committed inside, and with it all that was committed before.

    Its other commits may be lost in a power cut; a batch must not be, while its head is on the disk.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        (usual,) = cursor.fetchone()
        cursor.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA synchronous={int(usual)}")


def _make_heads() -> None:
    """Make our file of heads before the first batch, so that one that is missing later is known to be lost.

    Raises:
        CannotSeal: it cannot be made.
    """
    try:
        heads.begin(settings.AUDIT_HEADS)
    except OSError as error:
        raise CannotSeal(
            f"{settings.AUDIT_HEADS} cannot be written ({error.strerror}): mend its rights."
        ) from None


def _hand_out(head: Head) -> dict[Path, str]:
    """Put a head at the end of the file of heads and of its copy; return what could not be written, and why."""
    unwritten = {}
    copy = [Path(settings.AUDIT_HEAD_COPY)] if settings.AUDIT_HEAD_COPY else []
    for path in [settings.AUDIT_HEADS, *copy]:
        if _handed_out.get(path) == head.head and path.exists():
            continue
        try:
            heads.append(path, head)
            if path == settings.AUDIT_HEADS:
                heads.shorten(path)
            _handed_out[path] = head.head
        except OSError as error:
            unwritten[path] = error.strerror or type(error).__name__
    return unwritten
