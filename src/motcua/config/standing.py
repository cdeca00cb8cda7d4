"""How the installation stands, looked at once and cheaply: nobody is asked, only our own database and disk are read.

``/metrics``, the operators' page and ``motcua doctor`` all tell what stands here, and call the same things wrong.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone

from motcua.audit.service import Sealing, sealing
from motcua.config import backup, couriers
from motcua.dossiers.models import Paper, Recheck, RecheckPace
from motcua.identity.register import CouldNotAsk
from motcua.outbox import service as outbox
from motcua.verification import certificates
from motcua.verification.certificates import Certificate
from motcua.verification.registers import routes
from motcua.verification.service import LineFacts, lines

MOST_PAPERS: Final = 10_000  # that are counted; more says nothing new
WAITS_LONG: Final = timedelta(minutes=10)  # for whatever the work that waits does by itself
ROOM: Final = 500 * 1024 * 1024  # bytes that should be free
BACKUP_OLD: Final = timedelta(days=2)
REHEARSAL_OLD: Final = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be done by ourselves: how much, since when, and from when on it may be done."""

    count: int = 0
    oldest: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How everything stands at one moment.

    ``papers`` is None where nothing is scanned, ``certificates`` are those of our own files, ``unreadable`` says of
    them what cannot be read.
    """

    at: datetime
    lines: list[LineFacts]
    outbox: list[outbox.Standing]
    topics: frozenset[str]
    rechecks: Queue
    papers: Queue | None
    audit: Sealing
    certificates: list[Certificate]
    unreadable: str
    free: int
    size: int
    backup: backup.Last


@dataclass(frozen=True, slots=True)
class Judgment:
    """Whether one part works, and in the words of ``motcua doctor`` how it stands or what mends it."""

    part: str
    works: bool
    text: str


def look(*, now: datetime) -> Standing:
    """Look at everything; ten queries, one more while later checks wait, and one for each system with parcels to come.

    Raises:
        DatabaseError: the database is away.
    """
    held, unreadable = _certificates(now)
    disk = shutil.disk_usage(settings.STATE)
    return Standing(
        at=now,
        lines=lines(now=now),
        outbox=outbox.standing(),
        topics=frozenset(couriers.couriers()),
        rechecks=_rechecks(),
        papers=_papers(now) if settings.CLAMD_ADDRESS else None,
        audit=sealing(now),
        certificates=held,
        unreadable=unreadable,
        free=disk.free,
        size=disk.total,
        backup=backup.last(),
    )


def judge(standing: Standing) -> dict[str, Judgment]:
    """Say of each part whether it works, by its name."""
    return {part: Judgment(part, works, text) for part, works, text in _judged(standing)}


def _judged(standing: Standing) -> Iterator[tuple[str, bool, str]]:
    yield "line to the register", *_register(standing)
    yield "certificates", *_held(standing)
    yield "background work", *_work(standing)
    yield "outbox", *_outbox(standing)
    yield "audit log", *_audit(standing)
    yield "clock", *_clock(standing)
    yield "disk", *disk(standing.free)
    yield "back-ups", *_backup(standing)


def _register(standing: Standing) -> tuple[bool, str]:
    taken = next((one for one in standing.lines if one.is_taken), None)
    if taken is None or taken.status.is_open:
        return True, f"questions take {taken.route.value if taken else 'no line'}"
    since = taken.status.since
    return (
        False,
        f"no line answers since {_local(since)}: motcua npd lines" if since else "no line",
    )


def _held(standing: Standing) -> tuple[bool, str]:
    if standing.unreadable:
        return False, standing.unreadable
    if over := [one for one in _due(standing) if one.is_over]:
        return False, f"{over[0].expiry.variable}: the certificate is over since {over[0].on:%d/%m/%Y}."
    days = min((one.days for one in standing.certificates), default=None)
    return True, "none is set up" if days is None else f"the first ends in {days} days"


def _due(standing: Standing) -> list[Certificate]:
    """List what must be renewed soon, of all lines."""
    found = []
    for route in {one.route for one in standing.certificates}:
        held = [one for one in standing.certificates if one.route is route]
        found += certificates.to_renew(held, standing.at)
    return found


def _work(standing: Standing) -> tuple[bool, str]:
    """Look for what should have been done by itself: whether somebody works shows only where something waits."""
    now, waiting = standing.at, {}
    if any(one.is_taken and one.status.is_open for one in standing.lines) and standing.rechecks.due:
        waiting["a later check"] = standing.rechecks.due
    dues = [
        one.due
        for one in standing.outbox
        if one.due is not None
        and one.topic in standing.topics
        and one.paused_since is None
        and (one.sending_until is None or one.sending_until <= now)
    ]
    if dues:
        waiting["a parcel for another system"] = min(dues)
    what, since = min(waiting.items(), key=lambda pair: pair[1], default=("", now))
    if not what or since > now:
        return True, "nothing waits"
    if now - since > WAITS_LONG:
        return False, (
            f"{what} is due for {in_words(now - since)}: is motcua serve running, or, with MOTCUA_WORK=apart, "
            "motcua work?"
        )
    return True, f"{what} is due for {in_words(now - since)}"


def _outbox(standing: Standing) -> tuple[bool, str]:
    counts = f"{sum(one.waiting for one in standing.outbox)} wait"
    if given_up := sum(one.given_up for one in standing.outbox):
        counts += f", {given_up} given up"
    if not standing.topics:
        return True, f"no other system is told anything, {counts}"
    paused = [
        (one.paused_since, one)
        for one in standing.outbox
        if one.paused_since and one.topic in standing.topics
    ]
    if paused:
        since, one = min(paused, key=lambda pair: pair[0])
        return False, (
            f"{one.topic} cannot be reached since {_local(since)} ({one.problem}), {counts}. "
            "It is tried again by itself; see the variables of that system."
        )
    return True, f"{', '.join(sorted(standing.topics))}: {counts}"


def _audit(standing: Standing) -> tuple[bool, str]:
    audit = standing.audit
    if audit.trouble:
        return False, audit.trouble
    sealed = f"sealed up to batch {audit.number}" if audit.number else "not sealed yet"
    if audit.open_for > max(WAITS_LONG, 10 * timedelta(seconds=settings.AUDIT_SEAL_SECONDS)):
        waits = in_words(audit.open_for)
        return False, f"{sealed}, events wait for {waits}: is motcua serve (or motcua work) running?"
    return True, sealed


def _clock(standing: Standing) -> tuple[bool, str]:
    since = standing.audit.leapt_from
    if since is None:
        return True, "no leap of weeks"
    return False, (
        f"{in_words(standing.at - since)} ahead of what was sealed before the last three days. Set it by NTP: nothing "
        "is erased or balanced meanwhile. If it is right, that goes on by itself three days after the first seal."
    )


def disk(free: int) -> tuple[bool, str]:
    """Say whether there is room enough on the disk of ``MOTCUA_STATE``, of which so many bytes are free."""
    if free < ROOM:
        return False, f"MOTCUA_STATE: only {free // 1024**2} MB are free. Make room, or use a larger disk."
    return True, f"{free / 1024**3:.1f} GB free"


def _backup(standing: Standing) -> tuple[bool, str]:
    made, rehearsed = standing.backup.made_at, standing.backup.rehearsed_at
    in_production = settings.MOTCUA_MODE == "production"
    if made is None:
        return not in_production, "none was made: motcua backup FOLDER"
    said = f"the last one was made on {_local(made)}"
    if standing.at - made > BACKUP_OLD:
        return False, f"{said}. Make one each day: motcua backup FOLDER"
    if rehearsed is None or standing.at - rehearsed > REHEARSAL_OLD:
        return (
            not in_production,
            f"{said}, and restoring was not rehearsed of late: motcua rehearse_restore FOLDER",
        )
    return True, f"{said}, restoring was rehearsed on {timezone.localtime(rehearsed):%d/%m/%Y}"


def _rechecks() -> Queue:
    waiting = Recheck.objects.filter(state=Recheck.State.WAITING)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("queued_at"), due=Min("not_before"))
    if found["due"] is not None and (turn := RecheckPace.objects.first()):
        # After an outage much is due for long, and is asked about at its pace; somebody works who takes the turns.
        found["due"] = max(found["due"], turn.next_at)
    return Queue(**found)


def _papers(now: datetime) -> Queue:
    """Count the papers that were not scanned; the oldest is of those that wait, not of those clamd could not judge."""
    waiting = Paper.objects.filter(scan=Paper.Scan.NOT_YET).order_by("uploaded_at")[:MOST_PAPERS]
    is_put_off = Q(scanned_at__gt=now + WAITS_LONG)
    oldest = Min("uploaded_at", filter=Q(scanned_at=None) | ~is_put_off)
    return Queue(**waiting.aggregate(count=Count("pk"), oldest=oldest))


def _certificates(now: datetime) -> tuple[list[Certificate], str]:
    held: list[Certificate] = []
    trouble = ""
    for route in routes():
        try:
            held += certificates.ours(route, now)
        except (CouldNotAsk, ValueError) as refusal:  # files or settings of the line; each names its variable
            trouble = trouble or str(getattr(refusal, "detail", "") or refusal)
    return held, trouble


def _local(at: datetime) -> str:
    """Return a moment as the doctor says it, by the clock here like whatever else an operator reads."""
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}"


def in_words(length: timedelta) -> str:
    """Return a length of time as the doctor says it."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
