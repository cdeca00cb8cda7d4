"""Writing parcels down and bringing them: each once as far as one side alone can see to it, and in order.

A worker that is killed after the other side took a parcel and before that was written down sends it again, with the
same ``message_id``; the other side knows it by that. Nothing is lost: a parcel is written in the transaction of its
cause, and waits until it was taken or somebody gave it up.
"""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, DateTimeField, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.transaction import TransactionManagementError

from motcua.outbox.models import Parcel, Pause

_log = logging.getLogger("motcua.outbox")
# Longer than any courier may take.
_LEASE: Final = timedelta(seconds=60)
_MOST_WORKERS: Final = 50
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
# After so many tries in vain, more than half an hour, operators are told of what goes on waiting.
_STUCK_AFTER: Final = 12
# How often something is sent though each try may have been the one that was taken, and how long it rests after the
# first of them; the pause doubles, so that all of them take a day and a half.
_MOST_IN_DOUBT: Final = 12
_FIRST_PAUSE_IN_DOUBT: Final = timedelta(minutes=1)
# For how long an operator's wish to have something sent again is followed, where it is not useful for ever.
_USEFUL_AGAIN: Final = timedelta(days=7)
_NONE: Final[dict[str, Any]] = {
    "waiting": 0,
    "stuck": 0,
    "oldest": None,
    "sending_until": None,
    "given_up": 0,
}


class Unreachable(Exception):
    """The other system is not there, or takes nothing now: all that waits for it goes on waiting.

    The text is a word for the log such as ``timeout``, never what was to be sent.
    """


class Failed(Exception):
    """The system is there and has not taken this parcel, or would know it again; it is tried until it is useless."""


class FateUnknown(Failed):
    """Nobody knows whether this parcel was taken, nor would the system know it again: it is tried a few times only."""


class Refused(Exception):
    """The other system will never take this parcel."""


class Unsendable(Refused):
    """This parcel cannot be put into the other system's words; nobody was asked."""


class Forgotten(Exception):
    """What a parcel said is not kept any more: it cannot be sent again."""


@dataclass(frozen=True, slots=True, repr=False)
class Load:
    """What a courier is given: a parcel's id, what it is about, what it says, and its number where it has one."""

    message_id: uuid.UUID
    about: str
    content: dict[str, Any]
    tries: int
    number: int | None = None


# Brings a load, outside any transaction; raises Unreachable, Failed or Refused. What it returns, if anything, is a
# word that operators read beside the parcel that was taken.
Courier = Callable[[Load], str | None]


def put(
    *,
    topic: str,
    content: dict[str, Any],
    now: datetime,
    about: str = "",
    useless_after: timedelta | None = None,
) -> Parcel:
    """Write a parcel down, in the transaction of its cause.

    Args:
        topic: for which system; the name of a courier.
        content: what is told, as JSON can say it.
        now: the moment.
        about: what it is about; parcels about the same thing are taken in the order of their writing.
        useless_after: how long it is worth sending; for ever when None.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    _insist_on_transaction()
    return Parcel.objects.create(
        topic=topic,
        about=about,
        content=json.dumps(content, ensure_ascii=False),
        made_at=now,
        not_before=now,
        useless_from=None if useless_after is None else now + useless_after,
    )


def last_number(*, topic: str, about: str) -> int:
    """Return the number of the latest parcel of a series, taken or not; 0 when the series has not begun."""
    numbered = Parcel.objects.filter(topic=topic, about=about, number__isnull=False)
    return numbered.order_by("-number").values_list("number", flat=True).first() or 0


def put_series(
    *,
    topic: str,
    about: str,
    after: int,
    contents: Sequence[dict[str, Any]],
    now: datetime,
    useless_after: timedelta | None = None,
) -> None:
    """Write several parcels about one thing in one statement, each with the next number.

    Whoever writes about the thing holds its row, so that two writers never count from the same number; if they did,
    the later one would fail here, and there would be no gap and no double.

    Args:
        topic: for which system.
        about: what they are about; never empty.
        after: the number of the latest one, from ``last_number`` in the same transaction.
        contents: what is told, in its order.
        now: the moment.
        useless_after: how long each is worth sending; for ever when None.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    _insist_on_transaction()
    Parcel.objects.bulk_create(
        Parcel(
            topic=topic,
            about=about,
            number=number,
            content=json.dumps(content, ensure_ascii=False),
            made_at=now,
            not_before=now,
            useless_from=None if useless_after is None else now + useless_after,
        )
        for number, content in enumerate(contents, after + 1)
    )


def bring_next(*, couriers: Mapping[str, Courier], now: datetime) -> bool:
    """Take one parcel that is due and have its courier bring it.

    Args:
        couriers: by topic; parcels for others wait.
        now: the moment.

    Returns:
        Whether there was one.
    """
    parcel = _claim(couriers, now)
    if parcel is None:
        return False
    if parcel.useless_from is not None and parcel.useless_from <= now:
        _give_up(parcel, "too_late", now)
        return True
    began = monotonic()

    def back() -> datetime:
        """Return when the courier came back; a pause that began before it left would be over already."""
        return now + timedelta(seconds=monotonic() - began)

    try:
        said = json.loads(parcel.content)
        load = Load(parcel.message_id, parcel.about, said, parcel.tries, parcel.number)
        remark = couriers[parcel.topic](load)
    except Unreachable as error:
        _pause(parcel, str(error), back())
    except Unsendable as error:
        _give_up(parcel, str(error), now)
    except Refused as error:
        _give_up(parcel, str(error), now, has_answered=True)
    except FateUnknown as error:
        _put_back_in_doubt(parcel, str(error), back())
    except Failed as error:
        _put_back(parcel, str(error), back())
    except Exception as error:
        # A mistake of ours with one parcel must not stop the others, nor be lost.
        _log.exception("outbox.mistake topic=%s error=%s", parcel.topic, type(error).__name__)
        _put_back_in_doubt(parcel, type(error).__name__, back())
    else:
        _taken(parcel, remark or "", now)
    return True


def seconds_to_next(*, couriers: Mapping[str, Courier], now: datetime) -> float | None:
    """Return how long it is until a parcel may be due; None when none waits for these couriers."""
    pauses = _pauses(couriers, now)
    moments = []
    for topic in couriers:
        # Those that other workers are sending stand at the beginning; behind so many there is one that nobody sends.
        firsts = _deliverable(topic).order_by("not_before").values_list("not_before", "leased_until")
        if dues := [max(due, leased or due) for due, leased in firsts[:_MOST_WORKERS]]:
            moments.append(max(min(dues), pauses.get(topic, now)))
    return max(0.0, (min(moments) - now).total_seconds()) if moments else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one system stands: what waits for it, what was given up, and since when it is out of reach, if it is.

    ``stuck`` of those that wait were tried many times in vain; ``due`` is the first moment before which none of them
    is sent; until ``sending_until`` somebody is sending one.
    """

    topic: str
    waiting: int
    stuck: int
    oldest: datetime | None
    sending_until: datetime | None
    given_up: int
    due: datetime | None = None
    paused_since: datetime | None = None
    next_try: datetime | None = None
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        moments = {"oldest": self.oldest, "paused_since": self.paused_since, "next_try": self.next_try}
        said = {name: at.isoformat(timespec="seconds") if at else None for name, at in moments.items()}
        counts = {"waiting": self.waiting, "stuck": self.stuck, "given_up": self.given_up}
        return {**counts, "problem": self.problem, **said}


def standing() -> list[Standing]:
    """Return how each system stands for which something waits or was given up, or which is out of reach.

    Two queries, and one for each system for which something waits.
    """
    rows = {row["topic"]: row for row in _counted()}
    pauses = {pause.topic: pause for pause in Pause.objects.all()}
    found = []
    for topic in sorted({*rows, *pauses}):
        row = rows.get(topic, _NONE)
        pause = pauses.get(topic)
        told: dict[str, Any] = (
            {}
            if pause is None
            else {"paused_since": pause.since, "next_try": pause.until, "problem": pause.problem}
        )
        counts = {name: row[name] for name in _NONE}
        if row["waiting"]:
            dues = _deliverable(topic).order_by("not_before").values_list("not_before", flat=True)
            told["due"] = dues.first()
        found.append(Standing(topic, **counts, **told))
    return found


def _counted() -> list[dict[str, Any]]:
    """Count what waits and what was given up by topic; one query, over two indexes that hold nothing else."""
    unsaid, never = Value(0), Value(None, DateTimeField())
    waiting = (
        Parcel.objects.filter(Parcel.WAITING)
        .order_by()
        .values("topic")
        .annotate(
            waiting=Count("pk"),
            stuck=Count("pk", filter=Q(tries__gte=_STUCK_AFTER)),
            oldest=Min("made_at"),
            sending_until=Max("leased_until"),
            given_up=unsaid,
        )
    )
    given_up = (
        Parcel.objects.filter(Parcel.GIVEN_UP)
        .order_by()
        .values("topic")
        .annotate(waiting=unsaid, stuck=unsaid, oldest=never, sending_until=never, given_up=Count("pk"))
    )
    rows: dict[str, dict[str, Any]] = {}
    for topic, *facts in waiting.values_list("topic", *_NONE).union(
        given_up.values_list("topic", *_NONE), all=True
    ):
        row = rows.setdefault(topic, {"topic": topic, **_NONE})
        row.update({name: fact for name, fact in zip(_NONE, facts, strict=True) if fact})
    return list(rows.values())


def send_again(parcel: Parcel, *, now: datetime) -> bool:
    """Let a parcel that was given up wait for its courier again; returns whether it had been given up.

    Raises:
        Forgotten: what it said was forgotten since.
    """
    with transaction.atomic():
        kept = Parcel.objects.select_for_update().filter(Parcel.GIVEN_UP, pk=parcel.pk).first()
        if kept is None:
            return False
        if not kept.content:
            raise Forgotten
        kept.given_up_at, kept.problem, kept.tries, kept.tries_in_doubt = None, "", 0, 0
        kept.not_before = now
        kept.useless_from = None if kept.useless_from is None else now + _USEFUL_AGAIN
        kept.save(
            update_fields=[
                *("given_up_at", "problem", "tries", "tries_in_doubt", "not_before", "useless_from"),
            ]
        )
    return True


def goes_on_after(parcels: Sequence[Parcel]) -> bool:
    """Say whether the series of these parcels goes on with others behind the first of them."""
    numbers = [parcel.number for parcel in parcels if parcel.number is not None]
    if not numbers:
        return False
    series = Parcel.objects.filter(topic=parcels[0].topic, about=parcels[0].about, number__gt=min(numbers))
    return series.exclude(number__in=numbers).exists()


def discard_waiting(*, made_before: datetime) -> int:
    """Delete what waits and was made before a moment: a demo's past is told to nobody; returns how many."""
    return Parcel.objects.filter(Parcel.WAITING, made_at__lt=made_before).delete()[0]


def erase_old_parcels(*, now: datetime, dry_run: bool) -> int:
    """Delete, or only count, what was taken or given up longer ago than KEEP_SENT_DAYS; returns how many.

    The latest of a series stays, with nothing in it: from it the next one is counted.
    """
    before = now - timedelta(days=settings.KEEP_SENT_DAYS)
    later = Parcel.objects.filter(
        topic=OuterRef("topic"), about=OuterRef("about"), number__gt=OuterRef("number")
    )
    ended = Parcel.objects.filter(Q(taken_at__lt=before) | Q(given_up_at__lt=before))
    old = ended.filter(Q(number=None) | Exists(later))
    if dry_run:
        return old.count()
    ended.exclude(Q(number=None) | Exists(later)).filter(given_up_at__isnull=False).update(content="")
    return old.delete()[0]


def _insist_on_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("a parcel is written in the transaction of its cause")


def _deliverable(topic: str) -> QuerySet[Parcel]:
    """Return what waits for a system and is the first about its thing.

    One topic at a time, in the order of an index: thousands may wait, and every look must end at the first.
    """
    earlier = Parcel.objects.filter(
        Parcel.WAITING, topic=topic, about=OuterRef("about"), id__lt=OuterRef("id")
    )
    return Parcel.objects.filter(Parcel.WAITING, Q(about="") | ~Exists(earlier), topic=topic)


def _pauses(couriers: Mapping[str, Courier], now: datetime) -> dict[str, datetime]:
    """Return until when which systems are left alone; longer than ever a clock said that has been put back since."""
    pauses = Pause.objects.filter(until__gt=now, until__lte=now + 2 * _LONGEST_PAUSE, topic__in=couriers)
    return dict(pauses.values_list("topic", "until"))


def _claim(couriers: Mapping[str, Courier], now: datetime) -> Parcel | None:
    paused = _pauses(couriers, now)
    # By chance, so that a system with much to be told keeps none of the others waiting.
    topics = random.sample(list(couriers), len(couriers))  # nosec B311 # a turn, not a secret
    for topic in topics:
        if topic not in paused and (parcel := _claim_of(topic, now)) is not None:
            return parcel
    return None


def _claim_of(topic: str, now: datetime) -> Parcel | None:
    is_free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = _deliverable(topic).filter(is_free, not_before__lte=now)
    if not due.exists():  # looked at every other second: SQLite's one writer is not taken for nothing
        return None
    with transaction.atomic():
        parcel = due.order_by("not_before", "id").select_for_update(skip_locked=True).first()
        if parcel is None:
            return None
        parcel.leased_until, parcel.tries = now + _LEASE, parcel.tries + 1
        parcel.save(update_fields=["leased_until", "tries"])
    return parcel


def _taken(parcel: Parcel, remark: str, now: datetime) -> None:
    with transaction.atomic():
        _mine(parcel).update(taken_at=now, content="", leased_until=None, problem=remark[:60])
        Pause.objects.filter(topic=parcel.topic).delete()


def _give_up(parcel: Parcel, problem: str, now: datetime, *, has_answered: bool = False) -> None:
    with transaction.atomic():
        _mine(parcel).update(given_up_at=now, problem=problem[:60], leased_until=None)
        if has_answered:
            Pause.objects.filter(topic=parcel.topic).delete()
    _log.error("outbox.given_up topic=%s id=%s problem=%s", parcel.topic, parcel.message_id, problem)


def _put_back(parcel: Parcel, problem: str, now: datetime) -> None:
    later = now + _rest_after(parcel.tries)
    with transaction.atomic():
        _mine(parcel).update(not_before=later, leased_until=None, problem=problem[:60])
        Pause.objects.filter(topic=parcel.topic).delete()


def _put_back_in_doubt(parcel: Parcel, problem: str, now: datetime) -> None:
    """Let a parcel that may have been taken rest for longer and longer, and give it up after some tries."""
    in_doubt = parcel.tries_in_doubt + 1
    if in_doubt >= _MOST_IN_DOUBT:
        return _give_up(parcel, problem, now)
    later = now + _FIRST_PAUSE_IN_DOUBT * 2 ** (in_doubt - 1)
    _mine(parcel).update(not_before=later, leased_until=None, problem=problem[:60], tries_in_doubt=in_doubt)
    return None


def _rest_after(times: int) -> timedelta:
    """Return how long to wait after so many times in vain."""
    pause: timedelta = _FIRST_PAUSE * 2 ** min(times - 1, 10)
    return min(pause, _LONGEST_PAUSE)


def _pause(parcel: Parcel, problem: str, now: datetime) -> None:
    """Let everything for a system wait, and this try of the parcel not count: it is not its fault.

    Or it is: the next one after the pause is another, for a system may be gone at one parcel alone.
    """
    with transaction.atomic():
        begun = {"since": now, "until": now + _FIRST_PAUSE, "problem": problem[:60]}
        pause, is_new = Pause.objects.select_for_update().get_or_create(topic=parcel.topic, defaults=begun)
        if not is_new:
            pause.failures += 1
            pause.until = now + _rest_after(pause.failures)
            pause.problem = problem[:60]
            pause.save(update_fields=["failures", "until", "problem"])
        _mine(parcel).update(
            not_before=pause.until, leased_until=None, tries=F("tries") - 1, problem=problem[:60]
        )
    _log.warning("outbox.unreachable topic=%s problem=%s failures=%d", parcel.topic, problem, pause.failures)


def _mine(parcel: Parcel) -> QuerySet[Parcel]:
    """Return the parcel's row, as long as this worker's lease on it stands."""
    return Parcel.objects.filter(pk=parcel.pk, leased_until=parcel.leased_until)
